"""Bodies: statements in any order, cycles, names bound twice, what leads nowhere; a block and its hand expansion."""

from __future__ import annotations

import itertools

import pytest

from netdsl import compile_text
from tests.language.front_door import codes, compiled, graph_of, spelled, structure

STATEMENTS = [
    "input x: [8]",
    "let n = 4",
    "a = x -> Dense(n)",
    "layer d = Dense(2)",
    "b, c = [a -> d, x -> Dense(2)]",
    "output b + c",
]


def test_statements_may_stand_in_any_order() -> None:
    expected = sorted(map(str, structure(graph_of(f"model M {{ {' '.join(STATEMENTS)} }}"))))
    for number, order in enumerate(itertools.permutations(STATEMENTS)):
        if number % 29 == 0:
            assert len(structure(graph_of(f"model M {{ {' '.join(order)} }}"))) == len(expected)


CYCLES = [
    ("two tensors", "a = b -> Dense(8) b = a -> Dense(8) output a", ["a", "b"]),
    ("one tensor", "a = a -> Dense(8) output a", ["a"]),
    ("through a fork", "a = [x, b] -> Add() b = a -> Dense(8) output b", ["a", "b"]),
    ("constants", "let p = q let q = p output x -> Dense(p)", ["p", "q"]),
    ("through an output", "output a = b -> Dense(8) b = a -> Dense(8)", ["a", "b"]),
    (
        "through a call-time argument",
        "a = x -> LSTM(8)(initial_state=b) b = a -> Dense(8) output b",
        ["a", "b"],
    ),
    ("three", "a = c -> Dense(8) b = a -> Dense(8) c = b -> Dense(8) output c", ["a", "b", "c"]),
]


@pytest.mark.parametrize(
    ("statements", "names"), [c[1:] for c in CYCLES], ids=[c[0] for c in CYCLES]
)
def test_cycle_is_refused_and_names_its_path(statements: str, names: list[str]) -> None:
    result = compiled(f"model M {{ input x: [8] {statements} }}")
    found = [d for d in result.diagnostics if d.severity == "error"]
    assert [d.code for d in found] == ["N0401"], spelled(result)
    assert all(name in found[0].message for name in names)
    assert " -> " in found[0].message


TWICE = [
    "a = x -> Dense(1) a = x -> Dense(2) output a",
    "x = x -> Dense(1) output x",
    "let n = 1 let n = 2 output x -> Dense(n)",
    "layer d = Dense(1) d = x -> Dense(2) output d",
    "a, a = [x, x] output a",
    "a = x -> Dense(8) as b b = x -> Dense(8) output a + b",
    "input x: [9] output x",
    "output a = x -> Dense(1) output a = x -> Dense(2)",
]


@pytest.mark.parametrize("statements", TWICE)
def test_name_bound_twice_is_refused(statements: str) -> None:
    found = codes(f"model M {{ input x: [8] {statements} }}")
    assert "N0202" in found


@pytest.mark.parametrize(
    "text",
    ["let a = 1\nlet a = 2", "block a() = ReLU()\nlet a = 1", "fn a() = 1\nmodel a { input x: [1] output x }",
     "model A { input x: [1] output x }\nmodel A { input x: [1] output x }", "block a(n, n) = Dense(n)",
     "fn f(a, a) = a"],
)  # fmt: skip
def test_declaration_bound_twice_is_refused(text: str) -> None:
    assert codes(text) in (
        ["N0202"],
        ["N0121"],
    )  # N0121 is what Python itself would say of parameters


def test_name_of_a_body_may_hide_one_of_the_file() -> None:
    assert compiled(
        "let a = 1\nblock d() = ReLU()\nmodel M { input x: [8] a = x -> Dense(1) d = a -> d() output d }"
    ).diagnostics


UNUSED = [
    ("a branch that leads nowhere", "a = x -> Dense(1) output x -> Dense(2)", ["N0402"]),
    (
        "an output that `_` discards",
        "a, _ = [x -> Dense(1), x -> Dense(2)] output a",
        [],
    ),
    (
        "a state that `_` discards",
        "s, _, c = x -> Reshape((1, -1)) -> LSTM(3, return_state=True) output s output c",
        [],
    ),
    ("the end of a longer branch", "a = x -> Dense(1) -> Dense(2) output x -> Dense(3)", ["N0402"]),
    ("an input that nothing uses", "input z: [3] output x -> Dense(2)", ["N0403"]),
    (
        "an input that only leads nowhere",
        "input z: [3] a = z -> Dense(1) output x -> Dense(2)",
        ["N0402", "N0403"],
    ),
    ("a discarded output", "_ = x -> Dense(1) output x -> Dense(2)", ["N0402"]),
    ("nothing", "a = x -> Dense(1) output a", []),
    (
        "an output of several that is not used",
        "a, b = [x -> Dense(1), x -> Dense(2)] output a",
        ["N0402"],
    ),
    (
        "a state that is not used",
        "a, h = x -> Reshape((2, 4)) -> GRU(3, return_state=True) output a",
        [],
    ),
]


@pytest.mark.parametrize(
    ("statements", "expected"), [u[1:] for u in UNUSED], ids=[u[0] for u in UNUSED]
)
def test_what_keras_accepts_in_silence_is_warned_of(statements: str, expected: list[str]) -> None:
    result = compiled(f"model M {{ input x: [8] {statements} }}")
    assert result.ok
    assert sorted(d.code for d in result.diagnostics) == expected


SEVERAL = """model M { input x: [8]
  a = x -> Dens(1)
  b = x -> Dense(units=widht)
  c = [x, x -> Dense(3)] -> Add()
  d = x -> Conv2D(4, 3)
  output a + b + c + d }"""


def test_several_mistakes_are_reported_in_one_run() -> None:
    assert codes(SEVERAL) == ["N0207", "N0201", "N0503", "N0501"]


def test_what_depends_on_a_mistake_is_not_blamed() -> None:
    text = "model M { input x: [8] a = x -> Dens(1) b = a -> Conv2D(3, 3) -> Dense(units=2) output [a, b] -> Add() }"
    assert codes(text) == ["N0207"]


@pytest.mark.parametrize(
    "text",
    ["block b(n) = = Dense(n)\nmodel M { input x: [8] output x -> b(3) }",
     "let n = = 3\nmodel M { input x: [8] output x -> Dense(n) }",
     "model M { input x: [8] y = x -> -> Dense(3) output y }",
     "model M { input x: [8] y = x -> Dense(3 output y -> Dense(1) }"],
)  # fmt: skip
def test_what_the_parser_could_not_read_is_not_missed_again(text: str) -> None:
    assert all(code.startswith("N01") for code in codes(text))


def test_let_names_no_tensor_and_a_tensor_needs_no_let() -> None:
    assert codes("model M { input x: [8] let a = x -> Dense(1) output a }") == ["N0420"]
    assert codes("model M { input x: [8] n = 5 output x -> Dense(n) }") == ["N0408"]


# -- blocks against their hand expansion --------------------------------------------------------

EXPANSIONS = [
    ("a block", "block b(n) = Dense(n) -> ReLU()", "x -> b(3) -> b(4)",
     "x -> Dense(3) -> ReLU() -> Dense(4) -> ReLU()"),
    ("a residual block", "block r(n) { input x output [x -> Dense(n), x] -> Add() -> ReLU() }", "x -> r(8)",
     "x -> [Dense(8), _] -> Add() -> ReLU()"),
    ("a block in a block", "block a(n) = Dense(n)\nblock b(n) = a(n) -> a(2 * n)", "x -> b(3)",
     "x -> Dense(3) -> Dense(6)"),
    ("a block in a loop", "block b(n) = Dense(n)", "x -> for n in [1, 2, 3] { b(n) }",
     "x -> Dense(1) -> Dense(2) -> Dense(3)"),
    ("repeat", "", "x -> repeat 4 { Dense(3) }", "x -> Dense(3) -> Dense(3) -> Dense(3) -> Dense(3)"),
    ("for", "", "x -> for n in [3, 4] { Dense(n) -> ReLU() }", "x -> Dense(3) -> ReLU() -> Dense(4) -> ReLU()"),
    ("a fork for each", "", "x -> [for n in [1, 2] { Dense(n) }] -> Concatenate()",
     "x -> [Dense(1), Dense(2)] -> Concatenate()"),
    ("if", "", "x -> if x.shape[-1] == 8 { Dense(3) } else { Dense(4) }", "x -> Dense(3)"),
    ("defaults", "defaults Dense(activation=relu)", "x -> Dense(3)", "x -> Dense(3, activation=relu)"),
    ("recursion", "block r(n) = Dense(n) -> if n > 1 { r(n - 1) }", "x -> r(3)",
     "x -> Dense(3) -> Dense(2) -> Dense(1)"),
    ("arithmetic", "", "x + x", "[x, x] -> Add()"),
    ("a group", "", "x -> (Dense(3) -> (Dense(4)))", "x -> Dense(3) -> Dense(4)"),
    ("two inputs", "block m { input a input b output [a -> Dense(2), b -> Dense(2)] -> Add() }", "[x, x] -> m()",
     "[x -> Dense(2), x -> Dense(2)] -> Add()"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "short", "long"), [e[1:] for e in EXPANSIONS], ids=[e[0] for e in EXPANSIONS]
)
def test_block_and_its_hand_expansion_give_equal_graphs(before: str, short: str, long: str) -> None:
    by_hand = graph_of(f"model M {{ input x: [8] output y = {long} }}")
    assert structure(
        graph_of(f"{before}\nmodel M {{ input x: [8] output y = {short} }}")
    ) == structure(by_hand)


def test_comments_and_line_ends_are_white_space() -> None:
    text = "# first\r\nmodel M { # here\r\n input x: [8]\n\n output\n x\n -> # there\n Dense(\n 1,\n )\n }\n# last"
    assert structure(graph_of(text)) == structure(
        graph_of("model M { input x: [8] output x -> Dense(1) }")
    )


#: What leads nowhere, where that is said (the text of the place), and the name that is told.
ONCE = [
    ("h = x -> Dense(16) -> act() -> act() output x -> Dense(3)", [("h", "h")]),
    ("h = x -> [for n in [1, 2, 3, 4] { act() }] output x -> Dense(3)", [("h", "h")]),
    ("h = x -> repeat 3 { [Dense(8), act()] -> Add() } output x -> Dense(3)", [("h", "h")]),
    ("a, b = x -> [act(), act()] output a", [("b", "b")]),
    ("a = x -> act() b = a -> act() c = b -> act() output x -> Dense(3)", [("c", "c")]),
    ("output x -> inner(3) -> inner(3) -> Dense(3)", [("left", "left")]),
    ("output x -> repeat 2 { inner(2) } -> Dense(3)", [("left", "left")]),
    ("pair = x -> two() output pair.p", [("two()", "q")]),
    ("output (x -> two())[1] -> Dense(3)", [("two()", "p")]),
    ("output [x -> repeat 3 { act() }, x -> act() as kept][1] -> Dense(3)", [("act()", "act")]),
    ("_ = x -> act() output x -> Dense(3)", [("act()", "act")]),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "told"), ONCE)
def test_what_leads_nowhere_is_told_once_where_it_is_named(
    statements: str, told: list[tuple[str, str]]
) -> None:
    blocks = (
        "block act = Dense(8) -> ReLU()\n"
        "block inner(n) { input x  left = x -> repeat n { act() }  output x -> act() }\n"
        "block two { input x  output p = x -> Dense(3)  output q = x -> Dense(4) }\n"
    )
    result = compiled(blocks + f"model M {{ input x: [8] {statements} }}")
    found = [(d.primary.span.text, d.title.split("`")[1]) for d in result.diagnostics]
    assert found == told
    assert {d.code for d in result.diagnostics} == {"N0402"}


def test_the_word_let_of_a_tensor_is_taken_out_where_it_stands() -> None:
    text = (
        "model M { input x: [8]\n let y = # let me see\n x -> Dense(4)\n output z = y -> Dense(2) }"
    )
    found = next(d for d in compile_text(text).diagnostics if d.severity == "error")
    assert found.fix is not None
    (edit,) = found.fix.edits
    assert (edit.span.text, edit.span.first.line) == ("let ", 2)
    assert edit.span.start == text.index("let y")


def test_a_cycle_is_shown_by_its_shortest_way_each_group_once() -> None:
    found = compile_text(
        "model M { input x: [8]\n"
        "a = b -> Dense(1)\nb = c + a -> Dense(2)\nc = d -> Dense(2)\nd = a + c -> Dense(3)\n"
        "e = e -> Dense(1)\nf = a -> Dense(1)\noutput f }"
    ).diagnostics
    labels = [d.primary.text for d in found]
    assert labels == ["the cycle is a -> b -> a", "the cycle is e -> e"]
