"""The arrow binds last, everywhere an expression stands; and `_` is what arrives at the expression it is read in."""

from __future__ import annotations

import pytest

from netdsl.diagnostics.diagnostic import apply_edits
from tests.emit.stand_in import graph_of as run_source
from tests.language.front_door import compiled, graph_of, kinds, spelled

NET = "model M(a: bool = True) {{ input x: [8]  input z: [8]  output y = {} }}"

#: An operation where a chain begins: what it comes to, layers and functions in order.
OPERATIONS = [
    ("x -> repeat 2 { (_ -> Dense(8)) + _ -> ReLU() }", ["Dense", "Add", "ReLU"] * 2),
    ("x -> for n in [8, 8] { (_ -> Dense(n)) * _ }", ["Dense", "Multiply"] * 2),
    ("if a { (x + z) -> Dense(3) }", ["Add", "Dense"]),
    ("if not a { x } else { x + z -> Dense(3) }", ["Add", "Dense"]),
    ("x -> if a { _ * 2.0 + _ -> ReLU() } else { _ }", ["ops.multiply", "Add", "ReLU"]),
    ("x -> if a { -_ -> Dense(8) }", ["ops.negative", "Dense"]),
    ("x -> [_ * 2.0, _ + z -> Dense(8)] -> Add()", ["ops.multiply", "Add", "Dense", "Add"]),
    ("x -> [for n in [8, 8] { _ * 2.0 -> Dense(n) }] -> Add()", ["ops.multiply", "Dense"] * 2 + ["Add"]),
    ("x -> (_ * 2.0)", ["ops.multiply"]),
    ("x -> (_ + z) -> ReLU()", ["Add", "ReLU"]),
    ("x -> (_ * 2.0 as twice) -> ReLU()", ["ops.multiply", "ReLU"]),
    ("x -> ((_ -> Dense(8)) - _ if a else _)", ["Dense", "Subtract"]),
    ("x + z -> ReLU()", ["Add", "ReLU"]),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), OPERATIONS, ids=lambda value: str(value)[:50])
def test_an_operation_may_begin_a_chain(value: str, expected: list[str]) -> None:
    text = NET.format(value)
    if "z" not in value:
        text = text.replace("input z: [8]", "")
    assert kinds(graph_of(text)) == expected


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("block twice = _ * 2.0 + _ -> ReLU()", ["ops.multiply", "Add", "ReLU"]),
        ("block twice = (_ -> Dense(8)) + _", ["Dense", "Add"]),
        ("block twice = -_", ["ops.negative"]),
        ("block twice = _ + _ as sum -> [_, sum] -> Maximum()", ["Add", "Maximum"]),
    ],
)
def test_an_operation_may_begin_a_block(declared: str, expected: list[str]) -> None:
    net = "\nmodel M { input x: [8]  output y = x -> twice() }"
    assert kinds(graph_of(declared + net)) == expected


#: What is refused: where the mistake is, and the spec once the offered fix is applied.
REFUSED = [
    ("x -> Dense(8) + x", "+", "(x -> Dense(8)) + x"),
    ("x -> Dense(8) + x as t", "+", "(x -> Dense(8)) + x as t"),
    ("(x) -> (Dense(8)) + x -> ReLU()", "+", "((x) -> (Dense(8))) + x -> ReLU()"),
    ("(x -> (_ + x) * x)", "*", "((x -> (_ + x)) * x)"),
    ("x -> -Dense(8)", "-Dense(8)", "-(x -> Dense(8))"),
    ("x -> -Dense(8) + x", "+", "-(x -> Dense(8)) + x"),
    ("x -> Dense(8) ** 2", "**", "(x -> Dense(8)) ** 2"),
    ("((x)) -> (Dense(8)) + ((ReLU()))", "+", "((x)) -> [(Dense(8)), ((ReLU()))] -> Add()"),
    ("x -> (Dense(8) + Dense(8))", "Dense(8)", "x -> ([Dense(8), Dense(8)] -> Add())"),
    ("x -> repeat 2 { Dense(8) -> ReLU() + _ }", "+", "x -> repeat 2 { (_ -> Dense(8) -> ReLU()) + _ }"),
    ("x -> repeat 2 { Dense(8) - 1 -> ReLU() }", "Dense(8)", "x -> repeat 2 { (_ -> Dense(8)) - 1 -> ReLU() }"),
    ("x -> if not a { _ -> ReLU() + 1 }", "+", "x -> if not a { (_ -> ReLU()) + 1 }"),
    ("x -> if not a { Dense(8) / 2 }", "Dense(8)", "x -> if not a { (_ -> Dense(8)) / 2 }"),
    ("x -> [Dense(8) -> ReLU() * 2.0, _] -> Add()", "*", "x -> [(_ -> Dense(8) -> ReLU()) * 2.0, _] -> Add()"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "place", "mended"), REFUSED, ids=lambda value: value[:40])
def test_a_fix_puts_parentheses_that_balance(value: str, place: str, mended: str) -> None:
    text = "model M(a: bool = True) {{ input x: [8]  output y = {} }}".format
    result = compiled(text(value))
    (found,) = result.diagnostics
    assert found.primary.span.text == place, spelled(result)
    assert found.fix is not None
    assert apply_edits(text(value), found.fix.edits) == text(mended)
    assert compiled(text(mended)).ok


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("_ -> Dense(3)", "N0408"),  # nothing arrives at a model's statement
        ("(x -> Dense(8)) + _", "N0408"),  # what went through the chain before is gone with it
        ("[x -> Dense(8), _] -> Add()", "N0408"),
        ("if not a { _ -> Dense(3) } else { x }", "N0408"),  # in a branch that is not taken too
        ("if not a { Dense(3) } else { x }", "N0405"),
        ("[x, if not a { x }] -> Add()", "N0408"),
        ("([x, if not a { x }] -> Add()) as t", "N0408"),
        ("(repeat 0 { x }) as t", "N0408"),
        ("if not a { x }", "N0408"),  # no branch is left, and nothing arrives
        ("repeat 0 { x }", "N0408"),
        ("for n in [] { x -> Dense(n) }", "N0408"),
        ("x -> (x + x) -> Dense(3)", "N0407"),  # what arrives would be lost
        ("x -> if a { (x + x) -> Dense(3) }", "N0407"),
    ],
)
def test_what_arrives_is_not_what_arrived_elsewhere(value: str, code: str) -> None:
    text = f"model M(a: bool = True) {{ input x: [8]  _ = x -> Dense(8)  output y = {value} }}"
    assert [d.code for d in compiled(text).diagnostics if d.severity == "error"] == [code]


@pytest.mark.parametrize(
    ("library", "code"),
    [
        ("block b = pi()()", "N0420"),
        ("block b { y = _ if pi > 3 else 2.0  output y }", "N0408"),
        ("block b { output ops.relu(_) }", "N0408"),
        ("fn f(n) = _", "N0408"),
        ("fn f(n) = repeat n { Dense(n) }", "N0407"),
        ("fn f(n) = if n > 1 { 2 } else { 3 }", "N0407"),
        ("fn f(n) = n as m", "N0407"),
        ("block b { input x  n = x -> repeat n { ReLU() }  output n }", "N0401"),
        ("block b { input x  a = x -> ReLU()  a = x -> Dense(3)  output a }", "N0202"),
        ("block b { input x  fn f(n) = [n -> Dense(2), repeat n { _ }]  output x }", "N0407"),
    ],
)
def test_what_nothing_uses_is_looked_at_too(library: str, code: str) -> None:
    """A file without a model is a library: its blocks and functions are written all the same."""
    assert [d.code for d in compiled(library).diagnostics] == [code]


def test_a_function_may_give_a_chain_of_layers() -> None:
    library = "fn stem(n) = Dense(n) -> ReLU()\n"
    assert not compiled(library).diagnostics
    net = "model M { input x: [4, 8]  output x -> TimeDistributed(stem(3)) }"
    assert kinds(graph_of(library + net)) == ["TimeDistributed"]


#: Names after `as` in a chain that is shared, or a block by itself: of its own, at each use.
NAMED = [
    ("layer l = Dense(8) as t -> [ReLU(), t] -> Add()", "l -> l", ["Dense", "ReLU", "Add"] * 2),
    ("layer l = repeat 2 { Dense(8) as t } -> [ReLU(), *t] -> Add()", "l", ["Dense", "Dense", "ReLU", "Add"]),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "chain", "expected"), NAMED)
def test_a_name_in_a_shared_chain_is_its_own(
    declared: str, chain: str, expected: list[str]
) -> None:
    text = f"model M {{ input x: [8]  {declared}  output y = x -> {chain} }}"
    assert kinds(graph_of(text)) == expected
    result = compiled(text)
    sources = [result.emit("keras", flat=flat) for flat in (False, True)]
    assert run_source(sources[0], "M") == run_source(sources[1], "M")


def test_a_name_of_a_branch_that_is_not_taken_is_told_in_a_block_of_one_chain() -> None:
    block = "block b(a: bool = False) = ReLU() -> if a { Dense(8) as t } -> [_, t] -> Add()\n"
    text = block + "model M { input x: [8]  output x -> b() }"
    assert [d.code for d in compiled(text).diagnostics] == ["N0415"]
