"""`assert`: facts about shapes, sizes and costs, with both numbers where they fail."""

from __future__ import annotations

import pytest

import netdsl
from tests.language.front_door import blamed, codes, compiled, graph_of

MODEL = "model M(n: int = 3) {{ input x: [8] y = x -> Dense(n) output y -> Dense(1) {} }}"

#: What the model at n = 3 has: (8 + 1) * 3 + (3 + 1) * 1 parameters.
HELD = [
    "assert params == 31", "assert params < 32", "assert params >= 31 and params < 1e6", "assert macs == 8 * 3 + 3",
    "assert y.shape == (None, 3)", "assert y.shape[-1] == n", "assert y.shape[1:] == (3,)",
    'assert y.dtype == "float32"',
    "assert 30 < params < 40", "assert params == 9 * n + (n + 1)", "assert n % 3 == 0",
    "assert memory(batch=64) < 1 * MiB",
    "assert memory() < memory(batch=2)", "assert memory(batch=1) < 8 * GiB", "assert not params > 100",
    "assert n in [3, 5]", "assert trainable_params == params",
    'assert n == 3, "three"', "assert params != 30 or n == 4", "assert len(x.shape) == 2",
]  # fmt: skip


@pytest.mark.parametrize("statement", HELD)
def test_fact_that_holds_says_nothing(statement: str) -> None:
    graph_of(MODEL.format(statement))


FAILED = [
    ("assert «params == 30»", ["31"]),
    ("assert «params < 20»", ["31"]),
    ("assert «y.shape[-1] == n + 1»", ["3", "4"]),
    ("assert «macs < 10»", ["27"]),
    ('assert «n > 5», "at least six"', ["3", "at least six"]),
    ("assert «params == 10 * n»", ["31", "30"]),
    ("assert «y.shape == (None, 4)»", ["(None, 3)", "(None, 4)"]),
    ("assert «memory(batch=64) < 1 * KiB»", ["1,024"]),
    ("assert «params > 1_000 and n == 3»", ["31"]),
    ("assert «False»", []),
]


@pytest.mark.parametrize(("statement", "numbers"), FAILED)
def test_fact_that_fails_is_an_error_with_both_numbers(statement: str, numbers: list[str]) -> None:
    text = MODEL.format(statement)
    code, blames, place = blamed(text)
    assert (code, blames) == ("N0411", place)
    message = compiled(text.replace("«", "").replace("»", "")).diagnostics[0].message
    assert all(number in message for number in numbers)


UNCOUNTED = [
    ("[?, 8]", "Dense(3)", "macs", "a size that is not known"),
    ("[?, 8]", "Dense(3)", "memory(batch=2)", "a size that is not known"),
    ("[8]", "Own()", "params", "only the class knows the weights of `y`"),
    ("[8]", "Own()", "memory()", "only the class knows the weights of `y`"),
    ("[2, 8]", "TimeDistributed(Own())", "params", "only the class knows the weights of `y`"),
]


@pytest.mark.parametrize(("size", "stage", "fact", "why"), UNCOUNTED)
@pytest.mark.parametrize("comparison", ["< 100", "== 3", "!= 3"])
def test_fact_that_nobody_can_count_decides_nothing(
    size: str, stage: str, fact: str, why: str, comparison: str
) -> None:
    before = 'extern layer Own(): [d] -> [d] weights ? from "my.layers"\n'
    body = f"input x: {size} output y = x -> {stage}"
    outside = fact.replace("(", "(M, ").replace(", )", ")") if "(" in fact else f"{fact}(M)"
    for text in (
        f"{before}model M {{ {body} assert {fact} {comparison} }}",
        f"{before}model M {{ {body} }} assert {outside} {comparison}",
    ):
        (found,) = compiled(text).diagnostics
        assert found.code == "N0416"
        assert why in found.message
    assert compiled(f"{before}model M {{ {body} assert x.shape[-1] == 8 }}").ok


def test_fact_is_checked_at_the_hyperparameters_the_model_is_made_at() -> None:
    text = MODEL.format("assert params < 40")
    assert compiled(text).ok
    assert [d.code for d in compiled(text, n=10).diagnostics] == ["N0411"]


def test_fact_is_checked_for_each_model_made_of_another() -> None:
    text = MODEL.format("assert params < 40") + "\nmodel Big = M(n=10)"
    assert codes(text) == ["N0411"]


def test_fact_of_a_block_counts_what_is_in_the_block() -> None:
    block = "block b(n) { input x output y = x -> Dense(n) assert params == 9 * n assert y.shape[-1] == n }\n"
    assert codes(block + "model M { input x: [8] output x -> Dense(8) -> b(3) -> Dense(1) }") == []
    assert codes(block + "model M { input x: [9] output x -> b(3) }") == ["N0411"]


TOP = [
    ("assert params(M) == 31", True), ("assert params(M) < 10", False), ("assert macs(M) == 27", True),
    ("assert memory(M, batch=64) < 1 * GiB", True), ("assert params(Big) == 101", True),
    ("assert params(Big) == 1", False),
    ("assert params(M()) == 31", True), ("assert params(Big(n=3)) == params(M)", True),
    ("assert memory(M(n=10), batch=64) == memory(Big, batch=64)", True), ("assert params(M()) == 30", False),
    ("assert params(Big) > params(M)", True),
    ("assert trainable_params(M()) == 31", True), ("assert 2 * 2 == 4", True), ("assert 2 * 2 == 5", False),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "holds"), TOP)
def test_fact_at_top_level_names_its_model(statement: str, holds: bool) -> None:
    text = MODEL.format("") + "\nmodel Big = M(n=10)\n" + statement
    assert codes(text) == ([] if holds else ["N0411"])


def test_fact_of_a_use_holds_whatever_is_set() -> None:
    text = MODEL.format("") + "\nmodel Big = M(n=10)\n"
    both = text + "assert params(M()) == 31\nassert params(Big()) == 101"
    assert netdsl.compile_text(both, n=20).ok
    assert not netdsl.compile_text(text + "assert params(M) == 31", n=20).ok


def test_fact_counts_apart_what_trains() -> None:
    """Neither statistics train, nor what is frozen, alone or with the model around it."""
    inner = "model A { input x: [4] output y = x -> Dense(2) -> BatchNormalization() -> Dense(3, trainable=False)"
    outer = "model B { input x: [4] output y = x -> A(trainable=False) -> Dense(1)"
    text = f"{inner} assert trainable_params == 14 }}\n{outer} assert trainable_params == 4 }}\n"
    assert codes(text + "assert params(A) == 27\nassert trainable_params(A()) == 14") == []


def test_fact_may_stand_before_its_model() -> None:
    assert codes("assert params(M) == 31\n" + MODEL.format("")) == []


WRONG = [
    ("assert params(Nothing) < 5", "N0210"),
    ("assert params < 5", None),
    ("assert memory(M, batches=3) < 5", "N0301"),
    ("assert params(M, trainable=True) < 5", "N0301"),
    ("assert macs(M(), 3) == 27", "N0301"),
    ("assert params(Nothing()) < 5", "N0210"),
    ("assert params(M(m=3)) < 5", "N0301"),
    ("assert params(M(n=None)) < 5", None),
    ("assert speed(M) < 5", None),
]


@pytest.mark.parametrize(("statement", "code"), WRONG)
def test_fact_that_cannot_be_told_is_refused(statement: str, code: str | None) -> None:
    found = codes(MODEL.format("") + "\n" + statement)
    assert len(found) == 1
    assert code is None or found == [code]


def test_totals_count_what_the_outputs_depend_on() -> None:
    text = "model M { input x: [8] dead = x -> Dense(100) output x -> Dense(1) assert params == 9 }"
    assert codes(text) == ["N0402"]


def test_weights_of_shared_layers_and_models_count_once() -> None:
    inner = "model I { input x: [8] output x -> Dense(8) }\n"
    text = (
        inner
        + "model M { input x: [8] layer d = Dense(8) layer i = I() output x -> d -> d -> i -> i assert params == 144 }"
    )
    assert codes(text) == []


def test_macs_of_a_net_without_a_fixed_size_are_symbolic() -> None:
    text = "model M { input x: [T, 8] output x -> Dense(3) assert macs == 24 * T }"
    assert codes(text) == []
