"""Hyperparameters of `train` blocks, and what may be tried for those of blocks, models and training."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

import netdsl
from netdsl.cli.commands import netdsl as command
from netdsl.diagnostics.diagnostic import Diagnostic


def told(text: str, severity: str = "error", **hyperparameters: object) -> list[Diagnostic]:
    found = netdsl.compile_text(text, **hyperparameters).diagnostics
    return [d for d in found if d.severity == severity]


def net(parameter: str) -> str:
    return (
        f"model Net({parameter}) {{ input x: [8]  output y = x -> Dense(4) -> Dropout(a * 0.0) }}"
    )


@pytest.mark.parametrize(
    "parameter",
    [
        "a: int in [1, 2] = 2",
        "a: int in (1, 4) = 4",
        "a: int in range(0, 9, 3) = 6",
        "a: int in [n * n for n in [1, 2, 3]] = 9",
        "a: float in (1e-4, 1e-2) = 1e-4",
        "a: float in [0.1, 1] = 1",
        "a in [1, 2] = 1",
        "a: bool in [True, False] = True",
        "a: int = 1, b: str in ['same', 'valid'] = 'same'",
        "a: int = 1, b: activation in [relu, gelu] = gelu",
        "a: int = 1, b: list in [[1, 2], [3]] = (1, 2)",
        "a: int = 1, b: any in [None, 3] = None",
    ],
)
def test_a_member_is_taken(parameter: str) -> None:
    assert told(net(parameter)) == []


@pytest.mark.parametrize(
    ("parameter", "code", "place", "label"),
    [
        ("a: int in [1, 2] = 3", "N0311", "3", "`a` is `3`, and the choices are `1`, `2`"),
        ("a: int in (1, 4) = 5", "N0311", "5", "`a` is `5`, outside 1 to 4"),
        ("a: float in (0.1, 1) = 0.09", "N0311", "0.09", "outside 0.1 to 1"),
        ("a in [1, 2] = True", "N0311", "True", "and the choices are `1`, `2`"),
        ("a: int in [1, 'b'] = 1", "N0305", "'b'", "takes a whole number, this is a string"),
        ("a: int in [1, 2.5] = 1", "N0305", "2.5", "takes a whole number, this is `2.5`"),
        ("a: int in (0.5, 2) = 1", "N0305", "0.5", "takes a whole number, this is `0.5`"),
        ("a: int in [1, 2, 1] = 1", "N0312", "1", "this choice stands here twice"),
        ("a: int in [] = 1", "N0312", "[]", "it is empty"),
        ("a: int in range(1000) = 1", "N0312", "range(1000)", "1,000 choices are more than …"),
        ("a: int in 3 = 3", "N0312", "3", "this is a whole number"),
        ("a: int in (1, 2, 3) = 1", "N0312", "(1, 2, 3)", "a range has two ends, and this has 3"),
        ("a: float in (3, 1) = 2", "N0312", "(3, 1)", "and 3 is above 1"),
        ("a: float in (3, 3) = 3", "N0312", "(3, 3)", "both ends of the range are the same number"),
        ("a in (1, 'b') = 1", "N0312", "'b'", "an end of a range is a number, this is a string"),
        ("a: int = 1, b: str in ('x', 'y') = 'x'", "N0312", "('x', 'y')", "a range is of numbers"),
        ("a: int in [1, nn] = 1", "N0201", "nn", ""),
        ("a: int = 2 in [1, 2]", "N0312", "2 in [1, 2]", "stands before the default"),
    ],
)
def test_what_is_outside_or_malformed_is_told(
    parameter: str, code: str, place: str, label: str
) -> None:
    (found,) = told(net(parameter))
    assert (found.code, found.primary.span.text) == (code, place)
    assert label.rstrip("…") in found.message
    assert found.help or code == "N0201"


def test_a_block_and_a_model_are_held_to_it_at_each_use() -> None:
    text = """block b(n: int in [8, 16]) = Dense(n)
model Base(n: int in (1, 4) = 2) { input x: [8]  output y = x -> b(8) -> b(9) -> Dense(n) }
model Small = Base(5)
"""
    assert [(d.code, d.line, d.column) for d in told(text)] == [
        ("N0311", 2, 76),
        ("N0311", 3, 20),
    ]


def test_a_function_takes_any_value() -> None:
    (found,) = told("fn f(a in [1, 2]) = a")
    assert (found.code, found.column) == ("N0420", 11)


TRAINED = """model Net(width: int in [8, 16] = 8) {
    input x: [8]
    output y = x -> Dense(width) -> Dense(1)
}
train Net(lr: float in (1e-4, 1e-2) = 1e-3, width: int = 16) {
    optimizer = Adam(lr)
    loss = mse
}
"""


@pytest.mark.parametrize(
    ("name", "value", "lines"),
    [("lr", 0.1, [5]), ("width", 9, [1]), ("lr", "a", [5]), ("width", 8, []), ("lr", 1e-2, [])],
)
def test_what_is_set_from_outside_is_held_to_it(name: str, value: object, lines: list[int]) -> None:
    assert [d.line for d in told(TRAINED, **{name: value})] == lines


def test_what_a_block_hands_on_is_told_where_it_stands_in_the_block() -> None:
    (found,) = told(TRAINED.replace("width: int = 16", "width: int = 12"))
    assert (found.code, found.line, found.primary.span.text) == ("N0311", 5, "12")
    (found,) = told(TRAINED.replace("width: int = 16", "width: int in [16, 12] = 16"))
    assert (found.code, found.line, found.primary.span.text) == ("N0311", 5, "[16, 12]")
    (found,) = told(TRAINED.replace("width: int = 16", "width: str = 'a'"))
    assert (found.code, found.line, found.primary.span.text) == ("N0305", 5, "'a'")


def test_what_may_be_tried_is_that_of_the_block_or_else_that_of_the_model() -> None:
    experiment = netdsl.compile_text(TRAINED).experiment()
    tried = {h.name: h.tried and (h.tried.kind, h.tried.values) for h in experiment.hyperparameters}
    assert tried == {"lr": ("range", (1e-4, 1e-2)), "width": ("choices", (8, 16))}


def test_a_hyperparameter_without_a_default_needs_a_value_from_outside() -> None:
    text = TRAINED.replace(" = 1e-3", "")
    (found,) = told(text)
    assert (found.code, found.line, found.column) == ("N0812", 5, 11)
    assert netdsl.compile_text(text, lr=5e-3).experiment().value("optimizer").arguments == {
        "learning_rate": 5e-3
    }


def test_one_that_nothing_reads_is_told() -> None:
    text = TRAINED.replace("lr: float", "rate: float = 1, half = rate / 2, lr: float")
    assert [(d.code, d.primary.span.text) for d in told(text, "warning")] == [("N0211", "half")]


def test_a_setting_of_no_model_names_those_that_the_training_has() -> None:
    (found,) = told(TRAINED, lrr=1)
    assert "`Net` has `width`, `lr`" in found.message
    assert found.help == "did you mean `lr`?"


def test_it_is_kept_by_the_formatter_and_leaves_no_trace_in_python() -> None:
    once = CliRunner().invoke(command, ["fmt", "-"], input=TRAINED).stdout
    assert once == TRAINED.replace("}\ntrain", "}\n\ntrain")
    untried = TRAINED.replace(" in [8, 16]", "").replace(" in (1e-4, 1e-2)", "")
    source, plain = (netdsl.compile_text(text).source for text in (TRAINED, untried))
    assert source.partition('"""\n')[2] == plain.partition('"""\n')[2]


def test_a_model_is_checked_and_advised_on_as_it_is_trained() -> None:
    """At the model's own default all is well; at the block's, classes have no unit and two layers one name."""
    text = """model Net(classes: int = 10, twice: bool = False) {
    input x: [28, 28]
    f = x -> Flatten() -> Dense(8, activation=relu, name="a")
    g = f -> if twice { Dense(8, activation=relu, name="a") }
    output y = g -> Dense(classes, activation=softmax)
}
train Net(classes: int = 4, twice: bool = TWICE) {
    data = dataset("mnist")
    optimizer = adam
    loss = sparse_categorical_crossentropy
}
"""
    once = text.replace("TWICE", "False")
    assert [d.code for d in told(once, "warning")] == ["N0614"]
    assert told(once, "warning", classes=10) == []
    assert [d.code for d in told(text.replace("TWICE", "True"))] == ["N0404"]
