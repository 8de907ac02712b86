"""`netdsl fmt`: what it writes, prints and leaves alone."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.cases import GOOD, run

pytest.importorskip("netdsl.format.printer")

CROOKED = "model   Tiny( classes:int=10 ){input x:[8]   # eight\noutput y=x->Dense( classes )}"


@pytest.fixture
def crooked(folder: Path) -> Path:
    path = folder / "crooked.net"
    path.write_text(CROOKED, "utf-8")
    return path


def test_a_file_is_laid_out_in_place(crooked: Path) -> None:
    assert run("fmt", "crooked.net").exit_code == 0
    text = crooked.read_text("utf-8")
    assert text != CROOKED
    assert "# eight" in text
    assert run("fmt", "crooked.net", "--check").exit_code == 0


def test_standard_input_is_printed(folder: Path, crooked: Path) -> None:
    printed = run("fmt", "-", stdin=CROOKED).stdout
    run("fmt", "crooked.net")
    assert printed == crooked.read_text("utf-8")


@pytest.mark.parametrize("option", ["--check", "--diff"])
def test_looking_writes_nothing(option: str, crooked: Path) -> None:
    run("fmt", "crooked.net", option)
    assert crooked.read_text("utf-8") == CROOKED


def test_check_tells_a_difference_by_its_status(crooked: Path) -> None:
    result = run("fmt", "crooked.net", "--check")
    assert result.exit_code == 1
    assert "crooked.net" in result.stderr
    assert run("fmt", "crooked.net", "--diff").exit_code == 0
    assert run("fmt", "crooked.net", "--diff", "--check").exit_code == 1


def test_a_diff_can_be_applied(folder: Path, crooked: Path) -> None:
    patch = run("fmt", "crooked.net", "--diff").stdout
    subprocess.run(["patch", "-s", "crooked.net"], input=patch, text=True, check=True)
    assert run("fmt", "crooked.net", "--check").exit_code == 0


def test_a_file_that_is_laid_out_is_not_written(folder: Path) -> None:
    run("fmt", "good.net")
    before = (folder / "good.net").stat().st_mtime_ns
    run("fmt", "good.net")
    assert (folder / "good.net").stat().st_mtime_ns == before


def test_what_does_not_parse_is_left_alone(folder: Path) -> None:
    text = GOOD.replace("->", "- >", 1)
    (folder / "broken.net").write_text(text, "utf-8")
    result = run("fmt", "broken.net")
    assert result.exit_code == 1
    assert "N01" in result.stderr
    assert (folder / "broken.net").read_text("utf-8") == text


def test_a_file_that_is_not_there_is_told_of() -> None:
    assert run("fmt", "missing.net").exit_code == 2


def test_a_folder_stands_for_the_specs_in_it(folder: Path, crooked: Path) -> None:
    for name in ("inner/deep/a.net", "inner/.hidden/b.net", "inner/c.txt"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CROOKED, "utf-8")
    assert run("fmt", "inner").exit_code == 0
    assert run("fmt", "inner", "inner/deep/a.net", "--check").exit_code == 0
    assert (folder / "inner/.hidden/b.net").read_text("utf-8") == CROOKED
    assert (folder / "inner/c.txt").read_text("utf-8") == CROOKED
    assert "crooked.net" in run("fmt", ".", "--check").stderr


def test_a_folder_without_a_spec_is_told_of(folder: Path) -> None:
    (folder / "empty").mkdir()
    for command in ("fmt", "check"):
        result = run(command, "empty")
        assert result.exit_code == 2
        assert "holds no `.net` file" in result.stderr


def test_line_endings_are_of_one_kind_inside_strings_too(folder: Path) -> None:
    path = folder / "windows.net"
    path.write_bytes(b'"""A\r\nB."""\r\nlet a = 1 # one\r\nlet b = """c\r\nd"""\r\n')
    assert run("fmt", "windows.net").exit_code == 0
    assert b"\r" not in path.read_bytes()
    assert run("fmt", "windows.net", "--check").exit_code == 0


def test_a_file_that_may_only_be_read_is_left_alone(
    crooked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crooked.chmod(0o444)
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and allowed(path, mode))
    result = run("fmt", "crooked.net")
    assert result.exit_code == 2
    assert "N0904" in result.stderr
    assert "Permission denied" in result.stderr
    assert crooked.read_text("utf-8") == CROOKED
