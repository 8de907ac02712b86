"""Writing: whole or not at all, with the permissions that were there."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import netdsl
from netdsl.cli.files import write_result, write_whole
from netdsl.elaborate.files import loading
from netdsl.elaborate.files.loading import NoSuchSpec, load
from tests.cli.cases import run


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.suffix == ".tmp"]


def test_an_interrupted_write_leaves_the_old_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = folder / "out.py"
    target.write_text("old", "utf-8")

    def interrupt(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_whole(target, "new" * 100_000)
    assert target.read_text("utf-8") == "old"
    assert leftovers(folder) == []


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755])
def test_permissions_are_kept(folder: Path, mode: int) -> None:
    target = folder / "out.py"
    target.write_text("old", "utf-8")
    target.chmod(mode)
    write_whole(target, "new")
    assert stat.S_IMODE(target.stat().st_mode) == mode


def test_a_new_file_gets_the_usual_permissions(folder: Path) -> None:
    (folder / "usual").touch()
    write_whole(folder / "out.py", "new")
    assert (folder / "out.py").stat().st_mode == (folder / "usual").stat().st_mode


def test_a_link_stays_a_link(folder: Path) -> None:
    (folder / "real.py").write_text("old", "utf-8")
    (folder / "link.py").symlink_to("real.py")
    write_whole(folder / "link.py", "new")
    assert (folder / "link.py").is_symlink()
    assert (folder / "real.py").read_text("utf-8") == "new"


def test_line_endings_are_written_as_they_are(folder: Path) -> None:
    write_whole(folder / "out.py", "a\nb\n")
    assert (folder / "out.py").read_bytes() == b"a\nb\n"


@pytest.mark.parametrize("path", ["no/such/folder/out.py", "."])
def test_what_cannot_be_written_is_a_diagnostic(folder: Path, path: str) -> None:
    refused = write_result(Path(path), "text")
    assert refused is not None
    assert refused.code == "N0904"


def test_a_device_is_written_to(folder: Path) -> None:
    assert write_result(Path(os.devnull), "text") is None
    assert not Path(os.devnull).is_file()


def test_an_import_reads_regular_files_alone(folder: Path) -> None:
    os.mkfifo(folder / "pipe.net")
    with pytest.raises(OSError, match="regular"):
        load("pipe.net")


def test_a_file_without_end_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "MAX_BYTES", 1024)
    (folder / "large.net").write_text("#" * 2000, "utf-8")
    with pytest.raises(OSError, match="larger"):
        load("large.net")


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("parts/convs.net", "parts/conv.net"),
        ("part/conv.net", "parts/conv.net"),
        ("conv.net", "parts/conv.net"),
        ("parts/deep/conv.net", "parts/conv.net"),
        ("parts/attention.net", None),
        ("elsewhere/attention.net", None),
        ("twice.net", None),
    ],
)
def test_a_path_that_is_not_there_may_have_meant_another(
    folder: Path, path: str, near: str | None
) -> None:
    for name in ("parts/conv.net", "parts/dense.net", "parts/twice.net", "other/twice.net"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("", "utf-8")
    with pytest.raises(NoSuchSpec) as raised:
        load(path)
    assert raised.value.near == near


def test_a_folder_is_read_once_for_all_the_imports_that_are_not_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(200):
        (folder / f"part{number}.net").write_text("", "utf-8")
    imports = "".join(f'from "parts{n}.net" import a{n}\n' for n in range(300))
    (folder / "spec.net").write_text(imports, "utf-8")
    read: list[str] = []

    def noted(path: str) -> Any:
        read.append(str(path))
        return scandir(path)

    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", noted)
    found = netdsl.compile_file("spec.net").diagnostics
    assert [d.code for d in found] == ["N0205"] * 300
    assert found[0].help == 'did you mean `"part0.net"`?'
    assert len(read) == 1


def test_what_a_file_imports_counts_when_its_fixes_are_tried(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "large.net").write_text("let a = 1\n" + "# nothing\n" * 40_000, "utf-8")
    mistakes = "".join(f"output y{i} = x -> Dens({i + 1})\n" for i in range(40))
    text = f'from "large.net" import a\nmodel M {{ input x: [8]\n{mistakes} }}'
    (folder / "spec.net").write_text(text, "utf-8")
    read: list[str] = []

    def noted(path: str, **options: Any) -> str:
        read.append(path)
        return original(path, **options)

    original = loading.read_file
    monkeypatch.setattr(loading, "read_file", noted)
    assert len(netdsl.compile_file("spec.net").diagnostics) == 40
    assert len(read) < 4


# -- what else a path may lead to ----------------------------------------------------------------

FORMATS = ("text", "json", "github", "sarif")


@pytest.fixture
def link_out(folder: Path) -> str:
    """A project with a link out of it, to a file that holds a secret."""
    (folder / "secret").write_text("TOKEN=hunter2\0SHELL=/bin/sh", "utf-8")
    (folder / "secret.net").write_text("TOKEN=hunter2", "utf-8")
    (folder / "project").mkdir()
    return "project"


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(
    ("link", "target", "path"),
    [
        ("a.net", "../secret", "a.net"),
        ("a.net", "../secret.net", "a.net"),
        ("a.net", "/proc/self/environ", "a.net"),
        ("a.net", "b.net", "a.net"),
        ("up", "..", "up/secret.net"),
    ],
)
def test_an_import_through_a_link_out_of_the_project_shows_nothing_of_it(
    folder: Path, link_out: str, link: str, target: str, path: str, format_: str
) -> None:
    (folder / link_out / link).symlink_to(target)
    (folder / link_out / "b.net").symlink_to("../secret.net")
    (folder / link_out / "main.net").write_text(f'from "{path}" import TOKEN\n', "utf-8")
    result = run("check", f"{link_out}/main.net", "--format", format_)
    assert result.exit_code == 1
    assert "is a link to no" in result.output
    assert "hunter2" not in result.output
    assert "PATH" not in result.output


def test_the_python_api_shows_nothing_beyond_a_link(folder: Path, link_out: str) -> None:
    (folder / link_out / "a.net").symlink_to("../secret.net")
    (folder / link_out / "main.net").write_text('from "a.net" import TOKEN\n', "utf-8")
    compiled = netdsl.compile_file(folder / link_out / "main.net")
    assert [d.code for d in compiled.diagnostics] == ["N0205"]


@pytest.mark.parametrize("mark", ["pyproject.toml", ".git"])
def test_a_link_within_the_project_is_followed(folder: Path, link_out: str, mark: str) -> None:
    (folder / mark).mkdir()
    (folder / "shared.net").write_text("let width = 4\n", "utf-8")
    (folder / link_out / "a.net").symlink_to("../shared.net")
    (folder / link_out / "main.net").write_text(
        'from "a.net" import width\nmodel M { input x: [3] output x -> Dense(width) }\n', "utf-8"
    )
    assert run("check", "--ignore", "N06", f"{link_out}/main.net").exit_code == 0


def test_imports_of_a_spec_that_is_itself_reached_through_a_link_are_read(folder: Path) -> None:
    (folder / "real").mkdir()
    (folder / "real" / "part.net").write_text("let width = 4\n", "utf-8")
    (folder / "real" / "main.net").write_text('from "part.net" import width\n', "utf-8")
    (folder / "linked").symlink_to("real")
    assert run("check", "linked/main.net").exit_code == 0
    assert run("check", "real/../linked/main.net").exit_code == 0


@pytest.mark.parametrize("command", ["check", "fmt"])
def test_a_folder_is_not_left_through_a_link(folder: Path, link_out: str, command: str) -> None:
    (folder / link_out / "a.net").symlink_to("../secret.net")
    (folder / link_out / "good.net").write_text((folder / "good.net").read_text(), "utf-8")
    result = run(command, link_out)
    assert result.exit_code == 2
    assert "it is a link out of the folder" in result.stderr
    assert "hunter2" not in result.output
    assert (folder / "secret.net").read_text() == "TOKEN=hunter2"


@pytest.mark.parametrize("command", ["check", "fmt"])
def test_what_is_no_file_in_a_folder_is_told_of(folder: Path, command: str) -> None:
    (folder / "specs").mkdir()
    (folder / "specs" / "gone.net").symlink_to("nothing.net")
    os.mkfifo("specs/pipe.net")
    result = run(command, "specs")
    assert result.exit_code == 2
    assert "No such file" in result.stderr
    assert "Not a regular file" in result.stderr


@pytest.mark.parametrize("command", ["check", "fmt", "summary", "compile", "diff", "breaking"])
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (os.mkfifo, "Not a regular file"),
        (lambda path: os.symlink(path, path), "Too many levels of symbolic links"),
        (os.mkdir, "directory"),
    ],
)
def test_what_is_no_file_is_told_of_and_not_waited_for(
    folder: Path, command: str, make: Callable[[str], None], reason: str
) -> None:
    make("odd")
    others = ("good.net",) if command in ("diff", "breaking") else ()
    result = run(command, "odd", *others)
    assert result.exit_code == 2
    assert "N0901" in result.stderr
    assert reason in result.stderr or "the folder holds no" in result.stderr


def test_the_python_api_does_not_wait_for_a_pipe(folder: Path) -> None:
    os.mkfifo("pipe.net")
    with pytest.raises(OSError, match="regular"):
        netdsl.compile_file("pipe.net")


@pytest.mark.parametrize("length", [250, 251, 252, 255])
def test_the_longest_names_are_written(folder: Path, length: int) -> None:
    name = "a" * (length - 3) + ".py"
    assert run("compile", "good.net", "-o", name).exit_code == 0
    assert (folder / name).is_file()
    assert leftovers(folder) == []


def loop(path: str) -> str:
    os.symlink(path, path)
    return path


def pipe(path: str) -> str:
    os.mkfifo(path)
    return path


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (lambda: loop("out.py"), "Too many levels of symbolic links"),
        (lambda: loop("folder") + "/out.py", "Too many levels of symbolic links"),
        (lambda: pipe("out.py"), "nothing reads from the pipe"),
        (lambda: "a" * 256, "File name too long"),
        (lambda: "good.net/out.py", "Not a directory"),
        (lambda: "/dev/fd/77", "it is closed"),
        (lambda: "none/", "There is no folder"),
        (lambda: "", "-o takes a file"),
    ],
)
def test_where_nothing_can_be_written_is_told_with_the_reason(
    folder: Path, output: Callable[[], str], reason: str
) -> None:
    before = set(os.listdir())
    target = output()
    result = run("compile", "good.net", "-o", target)
    assert result.exit_code == 2
    assert reason in result.stderr
    assert set(os.listdir()) - before <= {target.split("/")[0]}


@pytest.mark.parametrize(
    "command", [("breaking", "good.net", "good.net", "--carry"), ("explain", "--markdown")]
)
def test_other_results_that_cannot_be_written_are_told_of(
    folder: Path, command: tuple[str, ...]
) -> None:
    result = run(*command, loop("out"))
    assert result.exit_code == 2
    assert "internal error" not in result.stderr
    assert "N0904" in result.stderr


def test_a_pipe_that_is_read_is_written_to(folder: Path) -> None:
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    assert run("compile", "good.net", "-o", "pipe").exit_code == 0
    assert os.read(reader, 1 << 16).startswith(b'"""Made by netdsl')
    os.close(reader)


def test_an_open_file_is_read_and_written_by_its_number(folder: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, (folder / "good.net").read_bytes())
    os.close(writer)
    target = os.open("out.py", os.O_WRONLY | os.O_CREAT)
    assert run("compile", f"/dev/fd/{reader}", "-o", f"/dev/fd/{target}").exit_code == 0
    os.close(reader)
    os.close(target)
    assert (folder / "out.py").read_text().startswith('"""Made by netdsl')


def test_a_large_file_that_is_no_result_is_not_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netdsl.cli.files.LARGEST_MADE", 1000)
    (folder / "good.py").write_text("#" * 2000)
    monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail("it was read"))
    assert "N0903" in run("compile", "good.net").stderr
