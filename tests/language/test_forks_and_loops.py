"""Forks, loops, conditions and names after `as`."""

from __future__ import annotations

import pytest

from tests.language.front_door import (
    blamed,
    compiled,
    dense_model,
    feeders,
    graph_of,
    kinds,
    layers,
    shape,
    units,
)

#: What the layers of a chain come to: the units of each, or the kind where it is no Dense.
CHAINS = [
    # forks
    ("a fork", "x -> [Dense(1), Dense(2)] -> Concatenate()", [1, 2, "Concatenate"], (3,)),
    ("a fork with what arrives", "x -> [_, Dense(8)] -> Add()", [8, "Add"], (8,)),
    ("a fork of chains", "x -> [Dense(1) -> Dense(2), Dense(3)] -> Concatenate()", [1, 2, 3, "Concatenate"], (5,)),
    ("a fork within a fork", "x -> [[Dense(1), Dense(1)] -> Add(), Dense(2)] -> Concatenate()",
     [1, 1, "Add", 2, "Concatenate"], (3,)),
    ("a fork for each value", "x -> [for n in [1, 2, 3] { Dense(n) }] -> Concatenate()", [1, 2, 3,
     "Concatenate"], (6,)),
    ("a fork for each value among others", "x -> [_, for n in [1, 2] { Dense(n) }, Dense(3)] -> Concatenate()",
     [1, 2, 3, "Concatenate"], (14,)),
    ("a comprehension as a fork", "[x -> Dense(n) for n in [1, 2]] -> Concatenate()", [1, 2, "Concatenate"], (3,)),
    ("a spread list", "x -> Dense(4) -> [_, *[x, x]] -> Concatenate()", [4, "Concatenate"], (20,)),
    ("a branch from a named tensor", "x -> Dense(4) -> [_, x -> Dense(5)] -> Concatenate()", [4, 5,
     "Concatenate"], (9,)),
    ("a branch that is a named tensor", "x -> Dense(4) -> [_, x] -> Concatenate()", [4, "Concatenate"], (12,)),
    ("a branch of arithmetic", "x -> Dense(8) -> [_ + x, x] -> Concatenate()", [8, "Add", "Concatenate"], (16,)),
    ("a branch that is a call of ops", "x -> [_, ops.relu() -> Dense(3)] -> Concatenate()",
     ["ops.relu", 3, "Concatenate"], (11,)),
    ("a call of ops in parentheses", "x -> [Dense(5), (ops.square(x)) -> Dense(3)] -> Concatenate()",
     [5, "ops.square", 3, "Concatenate"], (8,)),
    ("one that names what arrives", "x -> Dense(4) -> [_, (ops.matmul(_, ops.ones((4, 3))))] -> Concatenate()",
     [4, "ops.ones", "ops.matmul", "Concatenate"], (7,)),
    ("one in a loop of branches", "x -> [for n in [2, 3] { (ops.abs(x)) -> Dense(n) }] -> Concatenate()",
     ["ops.abs", 2, "ops.abs", 3, "Concatenate"], (5,)),
    ("one under a condition", "x -> [_, if True { (ops.abs(x)) } else { Dense(3) }] -> Concatenate()", ["ops.abs",
     "Concatenate"], (16,)),
    ("one that is no branch", "x -> Dense(4) -> (ops.relu()) -> Dense(3)", [4, "ops.relu", 3], (3,)),
    ("a fork of one", "x -> [Dense(3)] -> Concatenate()", [3, "Concatenate"], (3,)),
    ("a list at the start", "[x, x -> Dense(8)] -> Add()", [8, "Add"], (8,)),
    ("a fork of a list", "[x, x] -> [Add(), Multiply()] -> Concatenate()", ["Add", "Multiply", "Concatenate"], (16,)),
    ("a list passed on", "[x, x] -> _ -> Add()", ["Add"], (8,)),
    # repeat
    ("repeat", "x -> repeat 3 { Dense(8) }", [8, 8, 8], (8,)),
    ("repeat nothing", "x -> repeat 0 { Dense(3) } -> Dense(5)", [5], (5,)),
    ("repeat a chain", "x -> repeat 2 { Dense(3) -> Dense(4) }", [3, 4, 3, 4], (4,)),
    ("repeat a repeat", "x -> repeat 2 { repeat 2 { Dense(3) } -> Dense(4) }", [3, 3, 4, 3, 3, 4], (4,)),
    ("repeat a residual", "x -> repeat 2 { [_, Dense(8)] -> Add() }", [8, "Add", 8, "Add"], (8,)),
    ("repeat a computed number of times", "x -> repeat 1 + 1 { Dense(3) }", [3, 3], (3,)),
    ("repeat at the start of a branch", "x -> [repeat 2 { Dense(8) }, _] -> Add()", [8, 8, "Add"], (8,)),
    # for
    ("for", "x -> for n in [3, 4] { Dense(n) }", [3, 4], (4,)),
    ("for over nothing", "x -> for n in [] { Dense(n) } -> Dense(5)", [5], (5,)),
    ("for with a pattern", "x -> for i, (a, b) in enumerate([(3, 4), (5, 6)]) { Dense(a * (i + 1)) -> Dense(b) }",
     [3, 4, 10, 6], (6,)),
    ("for with a discarded value", "x -> for _, n in [(1, 2), (3, 4)] { Dense(n) }", [2, 4], (4,)),
    ("for over a range", "x -> for n in range(1, 4) { Dense(n) }", [1, 2, 3], (3,)),
    ("for over a dict", 'x -> for k in {"a": 1, "bc": 2} { Dense(len(k)) }', [1, 2], (2,)),
    ("for in for", "x -> for i in [1, 2] { for j in [3, 4] { Dense(i * j) } }", [3, 4, 6, 8], (8,)),
    ("for over a comprehension", "x -> for n in [2 * i for i in range(1, 3)] { Dense(n) }", [2, 4], (4,)),
    ("for over tensors", "x -> for t in [x, x] { [_, t] -> Add() }", ["Add", "Add"], (8,)),
    # if
    ("if that holds", "x -> if 1 < 2 { Dense(3) } -> Dense(4)", [3, 4], (4,)),
    ("if that does not", "x -> if 1 > 2 { Dense(3) } -> Dense(4)", [4], (4,)),
    ("else", "x -> if False { Dense(3) } else { Dense(4) }", [4], (4,)),
    ("else if", "x -> if False { Dense(3) } else if True { Dense(4) } else { Dense(5) }", [4], (4,)),
    ("no else after else if", "x -> if False { Dense(3) } else if False { Dense(4) } -> Dense(6)", [6], (6,)),
    ("if in a loop", "x -> for i in range(3) { Dense(i + 1) -> if i < 2 { ReLU() } }", [1, "ReLU", 2, "ReLU", 3], (3,)),
    ("if in a fork", "x -> [_, if True { Dense(8) }] -> Add()", [8, "Add"], (8,)),
    ("if at the start", "if True { x } else { x -> Dense(1) }", [], (8,)),
    ("a condition as in Python", "x -> (Dense(3) if True else Dense(4))", [3], (3,)),
    # groups and underscore
    ("a group", "x -> (Dense(3) -> Dense(4))", [3, 4], (4,)),
    ("a group of a tensor", "(x -> Dense(3)) -> Dense(4)", [3, 4], (4,)),
    ("underscore", "x -> _ -> Dense(3)", [3], (3,)),
    ("nothing but what arrives", "x -> _", [], (8,)),
    ("arithmetic", "x + x - x * x", ["Add", "Multiply", "Subtract"], (8,)),
    ("arithmetic before an arrow", "x + x -> Dense(3)", ["Add", 3], (3,)),
    ("a group round arithmetic", "(x + x) -> Dense(3)", ["Add", 3], (3,)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("chain", "expected", "end"), [c[1:] for c in CHAINS], ids=[c[0] for c in CHAINS]
)
def test_chain_is_the_layers_that_it_says(
    chain: str, expected: list[object], end: tuple[int, ...]
) -> None:
    graph = graph_of(dense_model(chain))
    assert [
        n.operation.bound["units"] if n.kind == "Dense" else n.kind for n in layers(graph)
    ] == expected
    assert shape(graph) == end


def test_large_fork_keeps_its_order() -> None:
    graph = graph_of(dense_model("x -> [for n in range(1, 40) { Dense(n) }] -> Concatenate()"))
    assert units(graph) == list(range(1, 40))
    assert [graph.nodes[r.node].operation.bound["units"] for r in layers(graph)[-1].inputs] == list(
        range(1, 40)
    )


MISTAKES = [
    ("an operator after an arrow", "N0108", "x -> Dense(8) «+» x"),
    ("a layer without a tensor", "N0405", "«Dense(8)»"),
    ("a call as in Python", "N0405", "«Dense(8)(x)»"),
    ("a layer without parentheses", "N0406", "x -> «ReLU»"),
    ("an unknown layer", "N0207", "x -> «Dens»(8)"),
    ("an unknown tensor", "N0201", "«z» -> Dense(8)"),
    ("a value as a stage", "N0407", "x -> «5»"),
    ("a text as a stage", "N0407", 'x -> «"relu"»'),
    ("a named tensor after an arrow", "N0407", "x -> Dense(4) -> «x»"),
    ("a negative count", "N0416", "x -> repeat «-1» { Dense(8) }"),
    ("a fraction as a count", "N0416", "x -> repeat «1.5» { Dense(8) }"),
    ("a truth as a count", "N0416", "x -> repeat «True» { Dense(8) }"),
    ("a text as a count", "N0416", 'x -> repeat «"2"» { Dense(8) }'),
    ("a loop over a number", "N0416", "x -> for i in «3» { Dense(8) }"),
    ("too few names in a pattern", "N0410", "x -> for «a, b» in [(1, 2, 3)] { Dense(a) }"),
    ("a name beyond its loop", "N0201", "x -> for i in [1] { Dense(i) } -> Dense(«i»)"),
    ("a list where one tensor is taken", "N0502", "x -> [_, _] -> «Dense(8)»"),
    ("an empty fork", "N0408", "x -> «[]» -> Dense(8)"),
    ("a spread of what is no list", "N0416", "x -> [«*5»] -> Add()"),
    ("nothing arriving", "N0408", "«_» -> Dense(8)"),
    ("a tensor as a hyperparameter", "N0420", "x -> Dense(«x»)"),
    ("an arrow after a value", "N0408", "«5» -> Dense(8)"),
    ("a layer among operands", "N0405", "x + «Dense(8)»"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "chain"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_wrong_stage_is_refused_at_its_place(code: str, chain: str) -> None:
    found, blames, place = blamed(dense_model(chain))
    assert (found, blames) == (code, place)


@pytest.mark.parametrize("op", ["+", "-", "*"])
def test_operator_after_an_arrow_says_to_write_parentheses(op: str) -> None:
    found = compiled(dense_model(f"x -> Dense(8) {op} x")).diagnostics
    assert f") {op}" in found[0].help


@pytest.mark.parametrize(
    ("chain", "meant"),
    [
        ("x -> Dense(8) + x", "(x -> Dense(8)) + x"),
        ("x -> Dense(8) + x + x", "(x -> Dense(8)) + x + x"),
        ("x -> Dense(8) + x -> ReLU()", "(x -> Dense(8)) + x -> ReLU()"),
        ("x -> Dense(4) + x -> Dense(4)", "(x -> Dense(4)) + (x -> Dense(4))"),
        ("x -> Dense(4) * Dense(4)", "x -> [Dense(4), Dense(4)] -> Multiply()"),
        ("x -> Dense(4) - Dense(4) -> ReLU()", "x -> [Dense(4), Dense(4)] -> Subtract() -> ReLU()"),
    ],
)
def test_parentheses_go_where_the_spec_then_compiles(chain: str, meant: str) -> None:
    (found,) = compiled(dense_model(chain)).diagnostics
    assert found.help == f"write `{meant}`"
    assert found.fix is not None
    assert found.fix.checked == "all"
    assert not found.fix.safe  # where they go is the person's choice


# -- as -----------------------------------------------------------------------------------------

AS = [
    ("for a skip", "output x -> Dense(8) as s -> Dense(8) -> [_, s] -> Add()"),
    ("for arithmetic", "d = x -> Dense(8) as s -> Dense(8) output d + s"),
    ("before it is given", "output s + d d = x -> Dense(8) as s -> Dense(8)"),
    ("of a group", "d = x -> (Dense(8)) as s -> Dense(8) output d + s"),
    ("in a branch", "d = x -> [Dense(8) as s -> Dense(8), x] -> Add() output d + s"),
]


@pytest.mark.parametrize("statements", [a[1] for a in AS], ids=[a[0] for a in AS])
def test_name_after_as_is_the_tensor_there(statements: str) -> None:
    graph = graph_of(f"model M {{ input x: [8] {statements} }}")
    last = layers(graph)[-1]
    assert last.kind == "Add"
    assert "s" in feeders(graph, last)


LISTS = [
    ("a list in order", "x -> for n in [3, 4, 5] { Dense(n) as s }", "*s", [3, 4, 5]),
    ("one by number", "x -> for n in [3, 4, 5] { Dense(n) as s }", "s[1], s[-1]", [4, 5]),
    ("a part", "x -> for n in [3, 4, 5] { Dense(n) as s }", "*s[1:]", [4, 5]),
    ("backwards", "x -> repeat 3 { Dense(_.shape[-1] + 1) as s }", "*s[::-1]", [11, 10, 9]),
    (
        "of nested loops",
        "x -> for i in [1, 2] { for j in [3, 4] { Dense(i * j) as s } }",
        "*s",
        [3, 4, 6, 8],
    ),
    (
        "only where the branch is taken",
        "x -> for n in [3, 4, 5] { Dense(n) -> if n != 4 { ReLU() as s } }",
        "*s",
        [3, 5],
    ),
]


@pytest.mark.parametrize(
    ("chain", "taken", "expected"), [a[1:] for a in LISTS], ids=[a[0] for a in LISTS]
)
def test_name_after_as_in_a_loop_is_the_list(chain: str, taken: str, expected: list[int]) -> None:
    graph = graph_of(f"model M {{ input x: [8] y = {chain} output [{taken}, y] -> Concatenate() }}")
    joined = layers(graph)[-1]
    assert [graph.spec(ref).shape[-1] for ref in joined.inputs][:-1] == expected


def test_list_of_a_loop_without_turns_is_empty() -> None:
    text = "model M { input x: [8] y = x -> repeat 0 { Dense(3) as s } output [y, x, *s] -> Concatenate() }"
    assert shape(graph_of(text)) == (16,)


def test_list_of_a_loop_is_spread_into_a_fork() -> None:
    loop = "x -> repeat 3 { Dense(4) as s } -> Dense(2)"
    text = f"model M {{ input x: [8] y = {loop} output y -> [_, *s] -> Concatenate() }}"
    assert shape(graph_of(text)) == (2 + 3 * 4,)


def test_lists_of_tensors_are_zipped() -> None:
    text = """model M { input x: [8]
        down = x -> for n in [8, 8] { Dense(n) as level -> Dense(n) }
        output down -> for n, skip in zip([8, 8], level[::-1]) { [_, skip] -> Add() -> Dense(n) } }"""
    assert kinds(graph_of(text)) == ["Dense"] * 4 + ["Add", "Dense"] * 2


def test_name_of_a_branch_that_is_not_taken_is_refused_where_it_is_used() -> None:
    text = "model M { input x: [8] d = x -> if False { Dense(8) as s } output d + «s» }"
    code, blames, place = blamed(text)
    assert (code, blames) == ("N0415", place)


def test_as_may_end_an_output() -> None:
    graph = graph_of("model M { input x: [8] output x -> Dense(3) as probs }")
    assert list(graph.outputs) == ["probs"]
