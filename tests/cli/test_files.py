"""Writing: whole or not at all, with the permissions that were there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from netdsl.cli.files import write_result, write_whole
from netdsl.elaborate import loading
from netdsl.elaborate.loading import NoSuchSpec, load


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
