"""`netdsl compile`: where results go, what is kept, what `--check` compares."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.cli.cases import GOOD, WRONG, run


def test_the_result_lies_beside_the_spec(folder: Path) -> None:
    (folder / "nets").mkdir()
    (folder / "nets" / "tiny.net").write_text(GOOD, "utf-8")
    assert run("compile", "nets/tiny.net").exit_code == 0
    ast.parse((folder / "nets" / "tiny.py").read_text("utf-8"))


def test_a_dash_prints(folder: Path) -> None:
    result = run("compile", "good.net", "-o", "-")
    ast.parse(result.stdout)
    assert not (folder / "good.py").exists()


def test_standard_input_is_printed(folder: Path) -> None:
    result = run("compile", "-", stdin=GOOD)
    ast.parse(result.stdout)
    assert not list(folder.glob("*.py"))


@pytest.mark.parametrize("arguments", [["-"], ["good.net", "-o", "-"]])
def test_a_check_that_has_no_file_to_compare_with_is_refused(arguments: list[str]) -> None:
    result = run("compile", *arguments, "--check", stdin=GOOD)
    assert result.exit_code == 2
    assert "-o" in result.stderr


def test_the_same_spec_gives_the_same_bytes(folder: Path) -> None:
    run("compile", "good.net")
    assert (folder / "good.py").read_text("utf-8") == run("compile", "good.net", "-o", "-").stdout


def test_several_specs_go_into_a_folder(folder: Path) -> None:
    (folder / "out").mkdir()
    assert run("compile", "good.net", "symbolic.net", "-o", "out").exit_code == 0
    assert {path.name for path in (folder / "out").iterdir()} == {"good.py", "symbolic.py"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["good.net", "symbolic.net", "-o", "one.py"],
        ["good.net", "-o", "good.net"],
        ["good.net", "-o", "symbolic.net", "symbolic.net"],
    ],
)
def test_specs_are_never_written_over(arguments: list[str], folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert run("compile", *arguments, "--force").exit_code == 2
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_nothing_is_written_for_a_wrong_spec(folder: Path) -> None:
    assert run("compile", "wrong.net").exit_code == 1
    assert not (folder / "wrong.py").exists()


def test_the_right_specs_are_written_beside_wrong_ones(folder: Path) -> None:
    assert run("compile", "good.net", "wrong.net").exit_code == 1
    assert (folder / "good.py").exists()


def test_a_command_line_that_is_wrong_writes_nothing(folder: Path) -> None:
    assert run("compile", "good.net", "--set", "clases=3").exit_code == 2
    assert not (folder / "good.py").exists()


def test_a_setting_reaches_the_code() -> None:
    plain, given = (
        run("compile", "good.net", "-o", "-", *more).stdout
        for more in ([], ["--set", "classes=37"])
    )
    assert "37" in given
    assert "37" not in plain.split('"""')[-1]


@pytest.mark.parametrize(("api", "line"), [("keras", "import keras"), ("tf.keras", "keras")])
def test_the_api_decides_the_import(api: str, line: str) -> None:
    text = run("compile", "good.net", "-o", "-", "--api", api).stdout
    assert line in text
    assert ("tensorflow" in text) == (api == "tf.keras")


def test_flat_code_is_another_text() -> None:
    flat = run("compile", "good.net", "-o", "-", "--flat").stdout
    ast.parse(flat)
    assert flat != run("compile", "good.net", "-o", "-").stdout


class TestCheck:
    def test_a_missing_file_is_a_difference(self, folder: Path) -> None:
        result = run("compile", "good.net", "--check")
        assert result.exit_code == 1
        assert "missing" in result.stderr
        assert not (folder / "good.py").exists()

    def test_a_fresh_file_is_none(self) -> None:
        run("compile", "good.net")
        assert run("compile", "good.net", "--check").exit_code == 0

    def test_a_changed_spec_is_one(self, folder: Path) -> None:
        run("compile", "good.net")
        before = (folder / "good.py").read_bytes()
        (folder / "good.net").write_text(GOOD.replace("8, 3", "16, 3"), "utf-8")
        assert run("compile", "good.net", "--check").exit_code == 1
        assert (folder / "good.py").read_bytes() == before

    def test_a_wrong_spec_is_an_error(self, folder: Path) -> None:
        (folder / "good.net").write_text(WRONG, "utf-8")
        assert run("compile", "good.net", "--check").exit_code == 1


class TestWhatAPersonWrote:
    def test_is_kept(self, folder: Path) -> None:
        (folder / "good.py").write_text("print('mine')\n", "utf-8")
        result = run("compile", "good.net")
        assert result.exit_code == 2
        assert "N0903" in result.stderr
        assert "netdsl did not make it" in result.stderr
        assert (folder / "good.py").read_text("utf-8") == "print('mine')\n"

    def test_is_kept_where_it_is_an_edit(self, folder: Path) -> None:
        run("compile", "good.net")
        edited = (folder / "good.py").read_text("utf-8") + "\n# a note\n"
        (folder / "good.py").write_text(edited, "utf-8")
        result = run("compile", "good.net", "--set", "classes=3")
        assert result.exit_code == 2
        assert "edited" in result.stderr
        assert (folder / "good.py").read_text("utf-8") == edited

    def test_is_written_over_by_force(self, folder: Path) -> None:
        (folder / "good.py").write_bytes(b"\xff not even text")
        assert run("compile", "good.net", "--force").exit_code == 0
        ast.parse((folder / "good.py").read_text("utf-8"))

    def test_is_not_what_netdsl_wrote(self, folder: Path) -> None:
        run("compile", "good.net")
        assert run("compile", "good.net", "--set", "classes=3").exit_code == 0
        assert "3" in (folder / "good.py").read_text("utf-8")

    def test_is_found_by_check_too(self, folder: Path) -> None:
        run("compile", "good.net")
        (folder / "good.py").write_text("edited", "utf-8")
        assert run("compile", "good.net", "--check").exit_code == 1


def test_a_device_may_be_the_result() -> None:
    assert run("compile", "good.net", "-o", "/dev/null").exit_code == 0


def test_a_result_that_cannot_be_written_is_told_of() -> None:
    result = run("compile", "good.net", "-o", "no/folder/good.py")
    assert result.exit_code == 2
    assert "N0904" in result.stderr
