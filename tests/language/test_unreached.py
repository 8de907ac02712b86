"""What no use runs is checked for what is wrong whatever the values are, and for nothing else."""

from __future__ import annotations

import pytest

from tests.language.front_door import codes, compiled, graph_of, spelled

BRANCH = """\
fn half(n) = n // 2
block join() {{ input a input b output [a, b] -> Add() }}
model Two {{ input a: [8] input b: [8] output [a, b] -> Add() }}
block tree(n: int) = if n > 1 {{ tree(n - 1) -> tree(n - 1) }} else {{ Dense(8) }}
block b(rates: list = [], n: int = 1, kind: str = "plain") = Dense(3) -> if n > 1 {{ {stage} }}
model M {{
    input x: [8]
    output y = x -> b()
}}
"""

WRONG = [
    ("Dens(3)", "N0207"),
    ("nonsense(n)", "N0207"),
    ("relu()", "N0207"),
    ("Adam()", "N0207"),
    ("Dense", "N0406"),
    ("b", "N0406"),
    ("3", "N0407"),
    ("Dense(q)", "N0201"),
    ("Dense(3, activation=reluu)", "N0308"),
    ("Dense(unts=3)", "N0301"),
    ("ReLU(1, 0.1, 0.2, 0.3)", "N0303"),
    ("LayerNormalization() -> Dense()", "N0304"),
    ("Dropout(1.5)", "N0306"),
    ("b(width=3)", "N0301"),
    ("for rate in rates { Dense(rat) }", "N0201"),
    ("repeat n { Dens(3) }", "N0207"),
    ("repeat m { Dense(3) }", "N0201"),
    ("if kid == 3 { Dense(3) }", "N0201"),
    ("[_, Dens(3)] -> Add()", "N0207"),
    ("Dense(3, kernel_initializer=HeNorml())", "N0201"),
    ("Dense(3)(mask=_, nope=_)", "N0301"),
    ("LSTM(3)(initial_stat=_)", "N0301"),
    ("join()(nope=_)", "N0414"),
    ("Two()(nope=_)", "N0414"),
]


@pytest.mark.parametrize(("stage", "code"), WRONG, ids=[stage for stage, _ in WRONG])
def test_a_branch_that_is_not_taken_is_checked(stage: str, code: str) -> None:
    assert codes(BRANCH.format(stage=stage)) == [code]


RIGHT = [
    "Dense(8 // (n - 1))",
    "Dense(max([rate for rate in rates]))",
    "[for rate in rates { Dense(rate) }] -> Concatenate()",
    "Conv1D(8, kernel_size=[rate for rate in rates])",
    "Dense(half(n))",
    "Dense(rates[3])",
    'Dense({"wide": 8}[kind])',
    "Dense(3) as h -> Dense(4) -> [_, h] -> Concatenate()",
    "Reshape((n, -1))",
    "Conv2D(3, 3)",
    "b(n=n - 1)",
    'Activation(kind) -> Dense(3, name=f"{kind}_{n}")',
    "(_ + n) -> Dense(3)",
    "Dense(_.shape[-1])",
    "if _.shape[-1] > 6 { Dense(3) }",
    "repeat _.shape[-1] // 4 { Dense(3) }",
    "(ops.abs())",
    "(ReLU() -> ops.abs()) -> (ops.abs()) -> Dense(3)",
    "tree(60)",
    "tree(60) -> Dense(10 ** 9 ** 9)",
]


@pytest.mark.parametrize("stage", RIGHT)
def test_what_follows_from_values_is_not_told_of_a_branch_that_is_not_taken(stage: str) -> None:
    result = compiled(BRANCH.format(stage=stage))
    assert not result.diagnostics, spelled(result)
    assert "def b(" in result.emit()


def test_a_block_that_nothing_uses_is_checked() -> None:
    model = "model M { input x: [8] output y = x -> Dense(2) }\n"
    assert codes("block b(n: int) { input x output y = x -> Dens(n) }\n" + model) == ["N0207"]
    assert codes("block b(n: int) { input x: [H] output y = x -> Dense(n + H) }\n" + model) == []


def test_a_loop_without_a_turn_is_checked() -> None:
    text = "model M {{ input x: [8] output y = x -> repeat 0 {{ {} }} -> Dense(2) }}"
    assert codes(text.format("Dense(unts=3)")) == ["N0301"]
    assert len(graph_of(text.format("Dense(3)")).nodes) == 2


def test_a_mistake_that_is_met_is_told_first() -> None:
    text = "block b(n: int = 1) = Dense(3) -> if n > 1 { Dens(3) }\n"
    met = text + "model M { input x: [8] output y = x -> b() -> Dense(unts=3) }"
    assert codes(met) == ["N0301"]


def test_what_an_imported_file_does_not_run_is_checked_there() -> None:
    files = {"parts.net": "block b(n: int = 1) = Dense(3) -> if n > 1 { Dens(3) }"}
    text = 'from "parts.net" import b\nmodel M { input x: [8] output y = x -> b() }'
    (found,) = compiled(text, files).diagnostics
    assert (found.code, found.file) == ("N0207", "parts.net")


def test_what_is_not_used_of_an_imported_file_is_its_own_concern() -> None:
    files = {"parts.net": "block b() = Dense(3)\nblock c() {\n input x\n output x -> Dens(3)\n}"}
    graph_of('from "parts.net" import b\nmodel M { input x: [8] output y = x -> b() }', files)


@pytest.mark.parametrize("used", ["block", "model"])
@pytest.mark.parametrize(
    "given", ["", "(a=z)", "(b=z)", "(c=z)", "(z)", "(a=z, b=z)", "(b=z, c=z)", "(a=z, b=z, c=z)"]
)
def test_use_that_is_not_run_is_written_whatever_arrives_at_it(used: str, given: str) -> None:
    """It may be several tensors, so that one name is enough for what takes three."""
    sizes = ": [8]" if used == "model" else ""
    name = "Three" if used == "model" else "three"
    head = f"{used} {name}" + "()" * (used == "block")
    inputs = " ".join(f"input {n}{sizes}" for n in "abc")
    stage = f"{name}(){given.replace('z', '_')}"
    result = compiled(
        f"{head} {{ {inputs} output [a, b, c] -> Add() }}\n"
        f"block over(n: int = 1) = Dense(8) -> if n > 1 {{ {stage} }}\n"
        "model M { input x: [8] output x -> over() }\n"
    )
    assert result.ok, spelled(result)
    assert "if n > 1:" in result.source
