"""Sizes: numbers, names, unknowns, and what arithmetic on them is known to be."""

from __future__ import annotations

import pytest

from tests.language.front_door import blamed, codes, compiled, dense_model, graph_of, shape

TYPES = [
    ("input x: [8]", (8,), "float32"), ("input x: float32[8]", (8,), "float32"), ("input x: int32[T]", ("T",), "int32"),
    ("input x: [?, H, W, 3]", ("?", "H", "W", 3), "float32"), ("input x: string[1]", (1,), "string"),
    ("input x: float32[]", (), "float32"), ("input x: [2 * 4, 3]", (8, 3), "float32"), ("input x: bool[4]",
     (4,), "bool"),
    ("input x: float16[4]", (4,), "float16"), ("input x: int64[100](sparse=True)", (100,), "int64"),
    ("let n = 5 input x: [n, n + 1]", (5, 6), "float32"), ("input x: [T, 2 * T]", ("T", "2 * T"), "float32"),
    ("input x: uint8[28, 28]", (28, 28), "uint8"), ("input x: [None, 3]", ("?", 3), "float32"),
    ("input x: [*[2, 3], 4]", (2, 3, 4), "float32"), ("input x: [0, 4]", (0, 4), "float32"),
]  # fmt: skip


@pytest.mark.parametrize(("declaration", "sizes", "dtype"), TYPES)
def test_input_has_the_type_that_it_says(
    declaration: str, sizes: tuple[object, ...], dtype: str
) -> None:
    graph = graph_of(f"model M {{ {declaration} output x }}")
    assert shape(graph) == sizes
    assert graph.spec(next(iter(graph.outputs.values()))).dtype == dtype


WRONG_TYPES = [
    ("a negative size", "input x: [«-1»]"), ("a fraction", "input x: [«2.5»]"),
    ("a text", 'input x: [«"a"»]'), ("an unknown dtype", "input x: «flaot32»[8]"),
    ("an unknown option", "input x: [8](«spares=True»)"), ("an option of another type", 'input x: [8](sparse=«"yes"»)'),
]  # fmt: skip


@pytest.mark.parametrize(
    "declaration", [w[1] for w in WRONG_TYPES], ids=[w[0] for w in WRONG_TYPES]
)
def test_input_type_that_cannot_be_is_refused_at_its_place(declaration: str) -> None:
    code, blames, place = blamed(f"model M {{ {declaration} output x }}")
    assert code == "N0419"
    assert blames in place or place in blames


CARRIED = [
    ("[T, 8]", "x -> Conv1D(4, 3, padding=\"same\")", ("T", 4)),
    ("[T, 8]", "x -> Conv1D(4, 3)", ("T - 2", 4)),
    ("[T, 8]", "x -> MaxPooling1D(2)", ("T // 2", 8)),
    ("[T, 8]", "x -> UpSampling1D(3)", ("3 * T", 8)),
    ("[T, 8]", "x -> ZeroPadding1D(2)", ("T + 4", 8)),
    ("[H, W, 3]", "x -> MaxPooling2D(2)", ("H // 2", "W // 2", 3)),
    ("[T, 8]", "[x, x] -> Concatenate(axis=1)", ("2 * T", 8)),
    ("[T, 8]", "x -> LSTM(4, return_sequences=True)", ("T", 4)),
    ("[T, 8]", "x -> GlobalAveragePooling1D()", (8,)),
    ("[T, 8]", "x -> MaxPooling1D(2) -> UpSampling1D(2)", ("2 * (T // 2)", 8)),
    ("[?, 8]", "x -> Conv1D(4, 3)", ("?", 4)),
    ("[T, 8]", "x + x", ("T", 8)),
    ("[T, 8]", "[x -> Conv1D(8, 3, padding=\"same\"), x] -> Add()", ("T", 8)),
    ("[T, 8]", "x -> Cropping1D((1, 1)) -> ZeroPadding1D((1, 1))", ("T", 8)),
]  # fmt: skip


@pytest.mark.parametrize(("inputs", "chain", "expected"), CARRIED)
def test_symbolic_size_is_carried_through_arithmetic(
    inputs: str, chain: str, expected: tuple[object, ...]
) -> None:
    assert shape(graph_of(dense_model(chain, inputs=f"input x: {inputs}"))) == expected


MEETING = [
    ("[T]", "T - 2", "[x, x -> Conv1D(8, 3)] -> «Add()»", ("T", "T - 2")),
    ("half", "T // 2", "[x, x -> MaxPooling1D(2)] -> «Add()»", ("T", "T // 2")),
]


@pytest.mark.parametrize(("chain", "both"), [m[2:] for m in MEETING], ids=[m[1] for m in MEETING])
def test_sizes_that_cannot_be_equal_are_refused_with_both_written_out(
    chain: str, both: tuple[str, str]
) -> None:
    text = dense_model(chain, inputs="input x: [T, 8]")
    code, blames, place = blamed(text)
    assert blames == place
    assert code in ("N0503", "N0540")
    message = compiled(text.replace("«", "").replace("»", "")).diagnostics[0].message
    assert all(size in message for size in both)


def test_size_is_equal_to_itself_wherever_it_occurs() -> None:
    inputs = "input x: [T, 8] input z: [T, 8]"
    assert shape(graph_of(dense_model("x + z", inputs=inputs))) == ("T", 8)


def test_two_sizes_may_be_asked_to_be_equal() -> None:
    graph = graph_of(dense_model("x + z", inputs="input x: [S, 8] input z: [T, 8]"))
    assert [str(demand) for demand, _ in graph.demands] in (["S == T"], ["T == S"])


NUMBERS_NEEDED = [
    ("an argument", "x -> Dense(«T»)", ("N0309", "N0417")),
    ("a condition", "x -> if «T > 3» { Dense(1) }", ("N0417",)),
    ("a count", "x -> repeat «T» { Dense(8) }", ("N0417",)),
    ("a loop", "x -> for i in range(«T») { Dense(8) }", ("N0417",)),
    ("a shape in a condition", "x -> if «x.shape[1] == 5» { Dense(1) }", ("N0417",)),
    ("a text", 'x -> Dense(1, name=f"d{«T»}")', ("N0417",)),
    ("a division", "x -> Dense(8 «/» T)", ("N0417",)),
]


@pytest.mark.parametrize(
    ("chain", "allowed"), [n[1:] for n in NUMBERS_NEEDED], ids=[n[0] for n in NUMBERS_NEEDED]
)
def test_symbolic_size_where_a_number_is_needed_is_refused_by_name(
    chain: str, allowed: tuple[str, ...]
) -> None:
    text = dense_model(chain, inputs="input x: [T, 8]")
    code, _, _ = blamed(text)
    assert code in allowed
    assert "T" in compiled(text.replace("«", "").replace("»", "")).diagnostics[0].message


DECIDED = [
    ("x.shape[-1] == 8", True), ("x.shape[-1] != 8", False), ("x.shape[1] is None", False),
    ("x.shape[0] is None", True),
    ("x.shape == (None, T, 8)", True), ("len(x.shape) == 3", True), ("T == T", True), ("T + 1 > T", True),
    ("2 * T == T + T", True), ("x.shape[1:] == (T, 8)", True), ('x.dtype == "float32"', True), ("T - 1 >= T", False),
    ("x.shape[2] // 2 == 4", True), ("x.shape[-1] % 3 == 2", True), ("8 in x.shape", True),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "expected"), DECIDED)
def test_condition_on_shapes_is_decided_where_it_can_be(condition: str, expected: bool) -> None:
    text = dense_model(
        f"x -> if {condition} {{ Dense(1) }} else {{ Dense(2) }}", inputs="input x: [T, 8]"
    )
    assert shape(graph_of(text)) == ("T", 1 if expected else 2)


ARRIVING = [
    ("x -> Dense(16) -> if _.shape[-1] == 16 { Dense(1) } else { Dense(2) }", (1,)),
    ("x -> Dense(16) -> Dense(_.shape[-1] // 2)", (8,)),
    ("x -> Dense(6) -> repeat _.shape[-1] // 2 { Dense(3) }", (3,)),
    ('x -> if _.dtype == "float32" { Dense(5) }', (5,)),
    ("x -> repeat 3 { Dense(_.shape[-1] - 1) }", (5,)),
]


@pytest.mark.parametrize(("chain", "expected"), ARRIVING)
def test_shape_of_what_arrives_is_a_value(chain: str, expected: tuple[int, ...]) -> None:
    assert shape(graph_of(dense_model(chain))) == expected


def test_demand_of_a_net_is_in_the_least_words() -> None:
    text = dense_model("x -> Cropping1D((3, 0))", inputs="input x: [T, 8]")
    assert not codes(text)
    assert str(graph_of(text).demands[0][0]) in ("T >= 4", "T - 3 >= 1")


def test_demands_of_a_net_are_kept() -> None:
    text = dense_model(
        "x -> MaxPooling2D(2) -> MaxPooling2D(2) -> Conv2D(1, 3)", inputs="input x: [H, 64, 3]"
    )
    graph = graph_of(text)
    sizes = [h for h in range(1, 40) if all(d.holds({"H": h}) for d, _ in graph.demands)]
    assert sizes == [h for h in range(1, 40) if h // 2 // 2 >= 3]
