"""`--set`: which models a setting reaches, and what is said of one that reaches none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import netdsl
from tests.cli.cases import run

SPEC = """model Net(width: float = 1.0, classes: int = 10) {
    input x: [32, H]
    output probs = x -> Dense(int(32 * width)) -> ReLU() -> Flatten() -> Dense(classes)
}

model Wide = Net(width=2.0)

assert params(Wide) > 0
"""


@pytest.fixture
def spec(folder: Path) -> str:
    (folder / "net.net").write_text(SPEC.replace("[32, H]", "[32, 8]"), "utf-8")
    (folder / "open.net").write_text(SPEC.replace("[32, H]", "[32, H, 4]"), "utf-8")
    (folder / "wide.net").write_text(
        'from "net.net" import Net\nmodel Wide = Net(width=2.0)\n', "utf-8"
    )
    return "net.net"


def widths(*arguments: str) -> list[float]:
    shown = json.loads(run("summary", *arguments, "--format", "json").stdout)
    return [shown["hyperparameters"]["width"]]


def test_what_a_model_fixes_stays(spec: str) -> None:
    assert widths(spec, "--set", "width=1.5") == [2.0]
    assert widths(spec, "--set", "width=1.5", "--model", "Net") == [1.5]


def test_the_model_that_is_named_is_reached_also_where_it_fixes(spec: str) -> None:
    assert widths(spec, "--set", "width=1.5", "--model", "Wide") == [1.5]


def test_two_versions_are_compared_at_what_is_set_of_the_named_model(spec: str) -> None:
    result = run("diff", "wide.net", spec, "--model", "Wide", "--set", "width=1.5")
    assert (result.exit_code, result.stdout) == (0, "the same network\n")


@pytest.mark.parametrize("command", ["check", "summary", "compile"])
def test_a_setting_that_every_model_fixes_is_told_with_its_place(spec: str, command: str) -> None:
    result = run(command, "wide.net", "--set", "width=1.5")
    assert result.exit_code == 2
    assert "error[N0910]" in result.stderr
    assert "Net(width=2.0)" in result.stderr


def test_a_setting_of_another_model_than_the_one_named_is_told(spec: str) -> None:
    (Path(spec)).write_text(
        Path(spec).read_text() + "model Other { input y: [3] output y -> ReLU() }"
    )
    result = run("summary", spec, "--model", "Other", "--set", "width=1.5")
    assert result.exit_code == 2
    assert "`Other` has none" in result.stderr


def test_a_model_that_is_not_there_is_told_and_not_its_settings(spec: str) -> None:
    result = run("summary", spec, "--model", "Wid", "--set", "width=1.5")
    assert result.exit_code == 2
    assert "N0908" in result.stderr
    assert "N0905" not in result.stderr


def test_sizes_reach_a_model_that_is_made_from_an_imported_one(spec: str, folder: Path) -> None:
    (folder / "wide.net").write_text(
        'from "open.net" import Net\nmodel Wide = Net(width=2.0)\n', "utf-8"
    )
    assert run("check", "wide.net", "--at", "H=8").exit_code == 0


def test_keywords_of_python_reach_what_a_model_leaves_open(spec: str) -> None:
    compiled = netdsl.compile_file(spec, width=1.5, classes=7)
    assert compiled.ok
    assert compiled.model("Net").net.hyperparameters == {"width": 1.5, "classes": 7}
    assert compiled.model("Wide").net.hyperparameters == {"width": 2.0, "classes": 7}


def test_a_keyword_that_every_model_fixes_is_an_error(spec: str) -> None:
    compiled = netdsl.compile_file("wide.net", width=1.5)
    assert not compiled.ok
    assert [d.code for d in compiled.diagnostics] == ["N0910"]
