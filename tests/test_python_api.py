"""What Python programs hold on to: `compile_file`, `compile_text` and what they give."""

from __future__ import annotations

from pathlib import Path

import pytest

import netdsl
from tests.cli.cases import run

GOOD = """\
model Good(classes: int = 3) {
    input x: [4]
    output y = x -> Dense(classes)
}
"""


def test_a_hyperparameter_of_no_model_is_an_error() -> None:
    compiled = netdsl.compile_text(GOOD, clases=10)
    assert not compiled.ok
    (found,) = compiled.diagnostics
    assert found.code == "N0905"
    assert found.help == "did you mean `classes`?"


def test_a_file_that_is_not_text_is_an_error_of_the_spec(tmp_path: Path) -> None:
    path = tmp_path / "model.net"
    path.write_bytes(b"model \xff")
    compiled = netdsl.compile_file(path)
    assert not compiled.ok
    assert [d.code for d in compiled.diagnostics] == ["N0902"]
    assert compiled.models == ()


def test_a_file_that_is_not_there_raises_as_open_does(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        netdsl.compile_file(tmp_path / "none.net")


def test_the_summary_of_a_wrong_spec_says_what_is_wrong() -> None:
    compiled = netdsl.compile_text(GOOD.replace("(classes)", "(classes, units=3)"))
    told = compiled.model().summary()["diagnostics"]
    assert [d["code"] for d in told] == [d.code for d in compiled.diagnostics]


def test_what_is_shown_of_a_result_fits_a_line() -> None:
    compiled = netdsl.compile_text(GOOD, name="good.net")
    assert repr(compiled) == "<Compiled good.net, ok: Good>"
    assert repr(compiled.model()) == "<CompiledModel Good of good.net>"
    wrong = netdsl.compile_text(GOOD + "model Good {}")
    assert len(repr(wrong.diagnostics[0])) < 800


def test_a_folder_is_refused_as_a_file_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for command in ("compile", "summary"):
        result = run(command, ".")
        assert result.exit_code == 2, command
        assert "N0901" in result.stderr, command


def test_a_spec_compared_with_itself_is_the_same_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("good.net").write_text(GOOD, "utf-8")
    assert run("diff", "good.net", "good.net").stdout == "the same network\n"
    assert run("breaking", "good.net", "good.net").exit_code == 0


def test_the_header_names_every_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    spec = "model M(widths: list = [1]) {\n input x: [4]\n output y = x -> Dense(widths[0])\n}\n"
    Path("m.net").write_text(spec, "utf-8")
    run("compile", "m.net", "--set", "widths=(4, 5)")
    assert "from m.net with widths=[4, 5] (sha256" in Path("m.py").read_text("utf-8")
    assert run("compile", "m.net").exit_code == 0  # the file is known as netdsl's own


def test_two_uses_of_a_function_of_ops_can_be_told_apart() -> None:
    compiled = netdsl.compile_text(
        "model M {\n input x: [4]\n a = x * 2.0\n b = x * 3.0\n output y = [a, b] -> Concatenate()\n}"
    )
    layers = {layer["name"]: layer for layer in compiled.model().layers}
    assert layers["y"]["inputs"] == ["ops.multiply", "ops.multiply_1"]
    assert len(layers) == 4
