"""`netdsl check`: formats, exit status, standard input, several files, `--set` and `--at`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.cases import WRONG, run


def findings(*arguments: str, stdin: str | None = None) -> list[dict[str, Any]]:
    return list(json.loads(run("check", *arguments, "--format", "json", stdin=stdin).stdout))


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["good.net"], 0),
        (["wrong.net"], 1),
        (["good.net", "wrong.net"], 1),
        (["missing.net"], 2),
        (["wrong.net", "missing.net"], 2),
        ([], 2),
        (["good.net", "--format", "xml"], 2),
        (["good.net", "--set", "classes=3"], 0),
        (["good.net", "--set", "clases=3"], 2),
        (["good.net", "--set", "classes"], 2),
        (["symbolic.net", "--at", "H=8,W=8"], 0),
        (["symbolic.net", "--at", "H=9,W=8"], 1),
        (["symbolic.net", "--at", "Q=9"], 2),
        (["symbolic.net", "--at", "H=0"], 2),
        (["good.net", "--device", "t4"], 0),
        (["good.net", "--device", "toaster"], 2),
        (["good.net", "--ignore", "N06,N07"], 0),
        (["good.net", "--select", "everything"], 2),
    ],
)
def test_the_exit_status_says_who_is_wrong(arguments: list[str], status: int) -> None:
    assert run("check", *arguments).exit_code == status


@pytest.mark.parametrize("format_", ["json", "sarif", "github"])
@pytest.mark.parametrize("file", ["wrong.net", "missing.net", "binary.net"])
def test_a_machine_format_is_the_result(format_: str, file: str, folder: Path) -> None:
    (folder / "binary.net").write_bytes(b"model \xff")
    result = run("check", file, "--format", format_)
    assert file in result.stdout
    assert result.stderr == ""


def test_text_goes_to_standard_error() -> None:
    result = run("check", "wrong.net")
    assert result.stdout == ""
    assert result.stderr.endswith("1 error\n")


@pytest.mark.parametrize("format_", ["text", "github"])
def test_a_clean_spec_prints_nothing(format_: str) -> None:
    assert run("check", "good.net", "--format", format_).output == ""


def test_a_clean_spec_is_an_empty_list() -> None:
    assert findings("good.net") == []


def test_json_tells_all_that_the_contract_names() -> None:
    (found,) = findings("wrong.net")
    assert found["code"] == "N0301"
    assert found["severity"] == "error"
    assert "activatoin" in found["message"]
    assert (found["file"], found["line"], found["column"]) == ("wrong.net", 3, 30)
    assert (found["end_line"], found["end_column"]) == (3, 40)
    assert "activation" in found["help"]
    assert found["related"] == []
    assert "fix" in found


def test_columns_count_characters() -> None:
    text = WRONG.replace("Dense(4", 'Dense(4, name="日本😀"')
    (found,) = findings("-", stdin=text)
    line = text.splitlines()[2]
    assert found["column"] == line.index("activatoin") + 1


def test_standard_input_is_a_file_of_its_own_name() -> None:
    (found,) = findings("-", stdin=WRONG)
    assert found["file"] == "<stdin>"


def test_an_import_from_standard_input_is_relative_to_the_folder() -> None:
    Path("part.net").write_text("block part(n: int) = Dense(n)\n", "utf-8")
    text = 'from "part.net" import part\nmodel M { input x: [4] output y = x -> part(3) }\n'
    assert run("check", "-", stdin=text).exit_code == 0


def test_findings_come_in_order_of_files_and_places() -> None:
    Path("two.net").write_text(
        "model M {\n    input x: [4]\n    a = no -> Dense(2)\n    output y = nope -> Dense(3)\n}\n",
        "utf-8",
    )
    found = [(item["file"], item["line"]) for item in findings("two.net", "wrong.net")]
    assert found == [("two.net", 3), ("two.net", 4), ("wrong.net", 3)]


def test_a_shared_import_is_told_of_once() -> None:
    Path("part.net").write_text("block part() = Dense(nothing)\n", "utf-8")
    for name in ("a.net", "b.net"):
        Path(name).write_text(
            'from "part.net" import part\nmodel M { input x: [4] output y = x -> part() }\n',
            "utf-8",
        )
    places = [(item["file"], item["line"], item["column"]) for item in findings("a.net", "b.net")]
    assert len(places) == len(set(places)) == 1


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_byte_order_mark_and_line_endings_change_no_place(ending: str, folder: Path) -> None:
    text = "\ufeff" + WRONG.replace("\n", ending)
    (folder / "marked.net").write_bytes(text.encode("utf-8"))
    (found,) = findings("marked.net")
    assert (found["line"], found["column"]) == (3, 30)


@pytest.mark.parametrize(
    ("name", "code"), [("missing.net", "N0901"), ("empty", "N0901"), ("latin.net", "N0902")]
)
def test_what_cannot_be_read_has_a_code(name: str, code: str, folder: Path) -> None:
    (folder / "empty").mkdir()
    (folder / "latin.net").write_bytes("# é".encode("latin-1"))
    (found,) = findings(name)
    assert (found["code"], found["line"], found["column"]) == (code, 1, 1)


def test_an_empty_file_is_a_valid_one(folder: Path) -> None:
    (folder / "empty.net").write_text("", "utf-8")
    assert run("check", "empty.net").exit_code == 0


@pytest.mark.parametrize(
    "value", ["10", "2 * 5", "-(-10)"], ids=["a number", "arithmetic", "signs"]
)
def test_a_setting_is_a_value_of_the_language(value: str) -> None:
    result = run("summary", "good.net", "--set", f"classes={value}", "--format", "json")
    assert json.loads(result.stdout)["hyperparameters"]["classes"] == 10


@pytest.mark.parametrize("value", ["tanh", '"tanh"', "keras.activations.tanh"])
def test_a_setting_may_be_an_identifier(value: str) -> None:
    assert run("check", "good.net", "--set", f"act={value}").exit_code == 0


@pytest.mark.parametrize(
    "value", ["", "1 2", "flowers/train.csv", "1\nlet y = 2", "image -> ReLU()", "ten", "a.b"]
)
def test_what_is_no_value_is_refused(value: str) -> None:
    result = run("check", "good.net", "--set", f"classes={value}")
    assert result.exit_code == 2
    assert "N0906" in result.stderr


def test_a_setting_of_the_wrong_type_is_an_error_of_the_spec() -> None:
    assert run("check", "good.net", "--set", 'classes="ten"').exit_code == 1


def test_a_misspelled_setting_is_told_of_with_a_suggestion() -> None:
    (found,) = findings("good.net", "--set", "clases=3")
    assert found["code"] == "N0905"
    assert "`classes`" in found["help"]


def test_github_commands_escape_what_would_end_them() -> None:
    Path("a,b:c.net").write_text(WRONG, "utf-8")
    line = run("check", "a,b:c.net", "--format", "github").stdout.splitlines()[0]
    assert line.startswith(
        "::error file=a%2Cb%3Ac.net,line=3,endLine=3,col=30,endColumn=40,title=N0301"
    )
    assert "%0Ahelp: " in line


@pytest.mark.parametrize("value", ["10**10**10", "[0]*10**9", "'a'*10**9"])
def test_value_of_a_setting_has_limits_too(value: str) -> None:
    result = run("check", "good.net", "--set", f"classes={value}")
    assert result.exit_code == 2
    assert "N0906" in result.stderr


def test_settings_nested_too_deep_are_told(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("a = " + "[" * 100_000)
    assert "N0909" in run("check", "good.net").stderr
