"""Bodies in the braces of `repeat`, `for` and `if`, and lists that `as *name` fills."""

from __future__ import annotations

from typing import Any

import pytest

from netdsl.compiler import compile_text
from tests.language.front_door import (
    compiled,
    feeders,
    graph_of,
    kinds,
    layers,
    names,
    shape,
    spelled,
    units,
)


def model(statements: str, before: str = "", sizes: str = "[8]") -> str:
    return f"{before}\nmodel M(deep: bool = True) {{ input x: {sizes}\n {statements} }}"


#: What the layers of a body come to.
BODIES: list[tuple[str, str, list[Any], tuple[int, ...]]] = [
    (
        "a residual loop",
        "output x -> repeat 2 { h = _ -> Dense(8)  output [_, h] -> Add() }",
        ["Dense", "Add"] * 2,
        (8,),
    ),
    ("an output alone", "output x -> repeat 2 { output _ -> Dense(3) }", ["Dense"] * 2, (3,)),
    (
        "statements in any order",
        "output x -> repeat 1 { output g -> Dense(2)  g = h -> Dense(3)  h = _ -> Dense(4) }",
        ["Dense"] * 3,
        (2,),
    ),
    (
        "a constant and a function",
        "output x -> for n in [1, 2] { let k = twice(n)  fn twice(v) = 2 * v  output _ -> Dense(k) }",
        ["Dense"] * 2,
        (4,),
    ),
    (
        "the chosen branch",
        "output x -> if deep { a = _ -> Dense(3)  output [a, a -> Dense(4)] -> Concatenate() } else { ReLU() }",
        ["Dense", "Dense", "Concatenate"],
        (7,),
    ),
    (
        "a branch not taken",
        "output x -> if not deep { a = _ -> Dense(3)  output a } else { output _ -> ReLU() }",
        ["ReLU"],
        (8,),
    ),
    ("no turn", "output x -> repeat 0 { h = _ -> Dense(3)  output h }", [], (8,)),
    (
        "branches of a fork",
        "output x -> [for n in [1, 2] { h = _ -> Dense(n)  output h -> Dense(n + 2) }] -> Concatenate()",
        ["Dense"] * 4 + ["Concatenate"],
        (7,),
    ),
    (
        "bodies in bodies",
        "output x -> repeat 2 { h = _ -> repeat 2 { h = _ -> Dense(8)  output _ + h }  output h -> ReLU() }",
        ["Dense", "Add", "Dense", "Add", "ReLU"] * 2,
        (8,),
    ),
    (
        "nothing arrives",
        "output repeat 1 { h = x -> Dense(3)  output h -> Dense(4) }",
        ["Dense"] * 2,
        (4,),
    ),
    (
        "defaults of its own",
        "output x -> repeat 1 { defaults Dense(activation=relu)  output _ -> Dense(4) }",
        ["Dense"],
        (4,),
    ),
]


@pytest.mark.parametrize(
    ("statements", "expected", "last"), [b[1:] for b in BODIES], ids=[b[0] for b in BODIES]
)
def test_a_body_in_braces(statements: str, expected: list[str], last: tuple[int, ...]) -> None:
    graph = graph_of(model(statements))
    assert (kinds(graph), shape(graph)) == (expected, last)


def test_several_outputs_are_a_list_for_the_next_turn() -> None:
    graph = graph_of(
        model(
            "output [x, x] -> repeat 2 { a, b = _  output a -> Dense(8)  output a + b } -> Concatenate()"
        )
    )
    assert kinds(graph) == ["Dense", "Add", "Dense", "Add", "Concatenate"]
    assert feeders(graph, layers(graph)[3]) == ["dense_0", "add_0"]


def test_named_outputs_are_taken_by_name() -> None:
    graph = graph_of(
        model(
            "y = x -> repeat 1 { output a = _ -> Dense(1)  output b = _ -> Dense(2) }"
            " output [y.b, y.a, y.b] -> Concatenate()"
        )
    )
    assert shape(graph) == (5,)


def test_a_layer_in_braces_is_one_in_each_turn() -> None:
    graph = graph_of(
        model("output x -> repeat 2 { layer twice = Dense(8)  output _ -> twice -> twice }")
    )
    assert names(graph) == ["twice_0", "twice_0", "twice_1", "twice_1"]


def test_names_are_own_and_hide_those_around() -> None:
    graph = graph_of(
        model(
            "h = x -> Dense(3) output [h, x -> repeat 2 { h = _ -> Dense(8)  output h }] -> Concatenate()"
        )
    )
    assert units(graph) == [3, 8, 8]
    assert shape(graph) == (11,)


def test_a_name_after_as_is_the_tensor_inside_and_the_list_outside() -> None:
    graph = graph_of(
        model(
            "y = x -> repeat 2 { h = _ -> Dense(8) as wide -> ReLU()  output [h, wide] -> Add() }"
            " output [y, *wide] -> Concatenate()"
        )
    )
    assert shape(graph) == (24,)
    first = next(node for node in layers(graph) if node.kind == "Add")
    assert feeders(graph, first)[1] == "wide_0"


def test_so_it_is_in_a_chain() -> None:
    graph = graph_of(
        model(
            "y = x -> repeat 2 { Dense(8) as d -> ReLU() -> [_, d] -> Add() } output [y, *d] -> Concatenate()"
        )
    )
    assert kinds(graph) == ["Dense", "ReLU", "Add"] * 2 + ["Concatenate"]
    assert shape(graph) == (24,)


def test_in_a_turn_it_is_the_list_of_a_loop_inside() -> None:
    text = "y = x -> repeat 2 { repeat 3 { Dense(8) as d } -> [_, *d] -> Add() } output [y, *d] -> Concatenate()"
    graph = graph_of(model(text))
    assert len(layers(graph)[3].inputs) == 4
    assert shape(graph) == (8 * 7,)


# -- lists that are filled from several places ----------------------------------------------------

#: Where tensors are named, and the widths of those in the list, in order.
GATHERED: list[tuple[str, str, list[int]]] = [
    ("one place", "y = x -> Dense(1) as *s", [1]),
    ("several in a chain", "y = x -> Dense(1) as *s -> Dense(2) -> Dense(3) as *s", [1, 3]),
    ("a loop", "y = x -> for n in [1, 2, 3] { Dense(n) as *s }", [1, 2, 3]),
    (
        "places in a loop: turn after turn",
        "y = x -> Dense(9) as *s -> for n in [1, 2] { Dense(n) as *s -> Dense(n + 4) as *s }",
        [9, 1, 5, 2, 6],
    ),
    (
        "statements of a loop",
        "y = x -> for n in [1, 2] { h = _ -> Dense(n) as *s  output h -> Dense(n + 4) as *s }",
        [1, 5, 2, 6],
    ),
    ("two statements", "a = x -> Dense(1) as *s  y = a -> Dense(2) as *s", [1, 2]),
    (
        "statements in the order of the text",
        "y = a -> Dense(2) as *s  a = x -> Dense(1) as *s",
        [2, 1],
    ),
    (
        "those in braces too",
        "y = x -> repeat 1 { output h -> Dense(2) as *s  h = _ -> Dense(1) as *s } -> Dense(3) as *s",
        [2, 1, 3],
    ),
    ("a branch that is taken", "y = x -> if deep { Dense(1) as *s } -> Dense(2) as *s", [1, 2]),
    ("a branch that is not", "y = x -> if not deep { Dense(1) as *s } -> Dense(2) as *s", [2]),
    ("nothing met", "y = x -> if not deep { Dense(1) as *s }", []),
    ("no turn", "y = x -> repeat 0 { Dense(1) as *s }", []),
    ("branches of a fork", "y = x -> [Dense(1) as *s, Dense(2) as *s] -> Concatenate()", [1, 2]),
]


@pytest.mark.parametrize(
    ("statements", "expected"), [g[1:] for g in GATHERED], ids=[g[0] for g in GATHERED]
)
def test_a_list_is_filled_in_the_order_of_the_text_and_then_of_the_turns(
    statements: str, expected: list[int]
) -> None:
    graph = graph_of(model(f"{statements}\n output [y, x, *s] -> Concatenate()"))
    joined = layers(graph)[-1]
    assert [graph.spec(ref).shape[-1] for ref in joined.inputs][2:] == expected


def test_a_list_is_read_behind_what_fills_it_in_the_same_chain() -> None:
    graph = graph_of(model("output x -> repeat 2 { Dense(8) as *s } -> [_, *s] -> Concatenate()"))
    assert shape(graph) == (24,)


def test_each_use_of_a_block_has_a_list_of_its_own() -> None:
    block = (
        "block b { input u  v = u -> repeat 2 { Dense(8) as *s }  output [v, *s] -> Concatenate() }"
    )
    chain = "block c = Dense(8) as *s -> Dense(8) as *s -> [_, *s] -> Concatenate()"
    graph = graph_of(model("output x -> b() -> b() -> c() -> c()", f"{block}\n{chain}"))
    assert [len(n.inputs) for n in layers(graph) if n.kind == "Concatenate"] == [3, 3, 3, 3]


# -- mistakes ------------------------------------------------------------------------------------

MISTAKES = [
    ("no output", "output x -> repeat 2 { h = _ -> Dense(8) }", "N0409"),
    ("an input", "output x -> repeat 2 { input h  output h -> Dense(8) }", "N0123"),
    (
        "one name for both",
        "y = x -> Dense(8) as s -> Dense(8) as *s output [y, *s] -> Add()",
        "N0202",
    ),
    (
        "read in the loop that fills it",
        "output x -> repeat 2 { [_, *s] -> Add() -> Dense(8) as *s }",
        "N0401",
    ),
    (
        "read in a statement of it",
        "output x -> repeat 2 { a = _ -> Dense(8) as *s  output [a, *s] -> Add() }",
        "N0401",
    ),
    (
        "each waits for the other",
        "a = x -> [_, *s] -> Add() -> Dense(8) as *s  output [a -> Dense(8) as *s, *s] -> Add()",
        "N0401",
    ),
    ("a list and what gives it", "h = x -> repeat 2 { Dense(8) as h } output h", "N0202"),
    (
        "in braces too",
        "output x -> repeat 2 { h = _ -> repeat 2 { Dense(8) as h }  output h }",
        "N0202",
    ),
    ("an output and a list", "output h = x -> repeat 2 { Dense(8) as h }", "N0202"),
    ("a name that needs itself", "output x -> repeat 2 { h = h -> Dense(8)  output h }", "N0401"),
]


@pytest.mark.parametrize(
    ("statements", "code"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES]
)
def test_a_mistake_is_told_once(statements: str, code: str) -> None:
    result = compiled(model(statements))
    assert [d.code for d in result.diagnostics] == [code], spelled(result)


def test_what_braces_name_and_never_read_is_told() -> None:
    text = model(
        "output x -> repeat 2 { let k = 3  let j = 8  layer l = Dense(8)  output _ -> Dense(j) }"
    )
    unused = [d for d in compile_text(text).diagnostics if d.code == "N0211"]
    assert [d.primary.span.text for d in unused] == ["deep", "k", "l"]


@pytest.mark.parametrize("name", ["as one", "as *sums"])
def test_a_function_without_an_arrow_is_a_source_though_its_tensor_is_named(name: str) -> None:
    """What arrives at the braces goes into `ops.sum` where the statement says so, and only there."""
    statement = f"kept = ops.sum(m, axis=-1) {name}"
    text = f"_ = x -> repeat 2 {{ m = _ -> Dense(8)  {statement}  output m }}"
    output = f"output {name[3:].strip('*')} -> Concatenate()"
    graph = graph_of(model(f"{text}  {output}", sizes="[4, 8]"))
    assert kinds(graph) == ["Dense", "ops.sum", "Dense", "ops.sum", "Concatenate"]
    assert shape(graph) == (8,)


def test_what_arrives_is_given_to_such_a_source_by_its_place() -> None:
    graph = graph_of(model("output x -> repeat 2 { h = ops.add(_, 1.0) as *all  output h }"))
    assert kinds(graph) == ["ops.add"] * 2
