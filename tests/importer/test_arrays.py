"""Arrays of numbers in calls: written by what makes them, the same numbers again, or refused with the layer named."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from netdsl.importer.arrays import Array, array_uses, same_array, shape_of
from netdsl.importer.elaborated import elaborated
from netdsl.importer.errors import CannotImport
from netdsl.importer.imported import imported
from netdsl.importer.products import factors_of
from netdsl.importer.sequences import spell_number, spell_sequence
from netdsl.importer.sources import read_value
from netdsl.tensor import single
from tests.importer.test_hostile import layer, model

TABLE = tuple(tuple(j - i + 2 for j in range(3)) for i in range(3))

#: A table of two values, drawn.
DRAWN = ("#######...##.##..#.###.#", "#..##..#.######..#.#..##", ".######.#.#..#.##...####")

#: Lists, and how they are written.
WRITTEN: list[tuple[tuple[Any, ...], str]] = [
    ((1, 2, 4), "[1, 2, 4]"),
    ((3, 1, 4, 1, 5, 9, 2, 6), "[3, 1, 4, 1, 5, 9, 2, 6]"),
    (tuple(range(50)), "range(50)"),
    (tuple(range(40, -1, -2)), "range(40, -1, -2)"),
    (tuple(range(9, -1, -1)), "range(9, -1, -1)"),
    ((0,) * 49 + (1,) * 4 + (2,) * 3, "[0] * 49 + [1] * 4 + [2, 2, 2]"),
    ((0.5,) * 64, "[0.5] * 64"),
    ((0.0, single(1.5707963267948966)) * 16, "[0.0, pi / 2] * 16"),
    (
        tuple(n - o + 6 for o in range(7) for n in range(7)),
        "[j - i + 6 for i in range(7) for j in range(7)]",
    ),
    (
        tuple(100 * i + 10 * j + k for i in range(3) for j in range(4) for k in range(5)),
        "[100 * i + 10 * j + k for i in range(3) for j in range(4) for k in range(5)]",
    ),
    (
        tuple(single(10_000 ** (-i / 16)) for i in range(16) for _ in range(2)),
        "[10_000 ** (-i / 16) for i in range(16) for _ in range(2)]",
    ),
    (tuple(2.0**i for i in range(24)), "[2.0 ** i for i in range(24)]"),
    (tuple(single(2.0**-i) for i in range(24)), "[2.0 ** (-i) for i in range(24)]"),
    (tuple(i for i in range(12) for _ in range(4)), "[i for i in range(12) for _ in range(4)]"),
    (tuple(single(n / 32) for n in range(33)), "[i / 32 for i in range(33)]"),
    (tuple(single(n / 10) for n in (3, 1, 2)), "[0.3, 0.1, 0.2]"),
    (tuple(2**i for i in range(12)), "[2 ** i for i in range(12)]"),
    (tuple(64 * 2**i for i in range(16)), "[64 * 2 ** i for i in range(16)]"),
    (
        (*[2**i for i in range(10)] * 2, *[2**i for i in range(8)]),
        "([2 ** i for i in range(10)] * 3)[:-2]",
    ),
    (tuple(0.2 * i / 55 for i in range(5, 11)), "[0.2 * i / 55 for i in range(5, 11)]"),
    (
        tuple(tuple(int(mark == "#") for mark in row) for row in zip(*DRAWN, strict=True)),
        f'[[1 if mark == "#" else 0 for mark in marks] for marks in zip(*["{DRAWN[0]}", "{DRAWN[1]}", "{DRAWN[2]}"])]',
    ),
    (((1, 2), (3, 4)), "[[1, 2], [3, 4]]"),
    (((1.0, 2.0),) * 8, "[[1.0, 2.0]] * 8"),
    (
        tuple(tuple(p == q for q in (0, 0, 1, 1, 0)) for p in (0, 0, 1, 1, 0)),
        "[[p == q for q in row] for row in [[0, 0, 1, 1, 0]] for p in row]",
    ),
    (
        tuple(
            tuple(tuple(p == q for q in row) for p in row)
            for row in [(0,) * 7] * 7 + [(0, 0, 0, 0, 1, 1, 1)]
        ),
        "[[[p == q for q in row] for p in row] for row in [[0] * 7] * 7 + [[0] * 4 + [1, 1, 1]]]",
    ),
    (TABLE, "[[j - i + 2 for j in range(3)] for i in range(3)]"),
    (
        tuple(tuple(j <= i for j in range(8)) for i in range(8)),
        "[[j <= i for j in range(8)] for i in range(8)]",
    ),
    (
        tuple(tuple(0.0 if j < i else -1e9 for j in range(8)) for i in range(8)),
        "[[0.0 if j < i else -1e9 for j in range(8)] for i in range(8)]",
    ),
    (
        tuple(tuple(range(5 * i, 5 * i + 5)) for i in range(4)),
        "[[5 * i + j for j in range(5)] for i in range(4)]",
    ),
]


def test_fractions_that_are_held_exactly_are_parts_of_what_they_go_up_to() -> None:
    """Rates of layers that are left out: few of them too, as each is long."""
    rates = [0.2 * i / 55 for i in range(1, 6)]
    assert spell_sequence(rates, spell_number) == "[0.2 * i / 55 for i in range(1, 6)]"
    assert spell_sequence([0.1, 0.2, 0.3], spell_number) is None
    assert spell_sequence([*rates[:4], rates[4] + 1e-9], spell_number) is None


def made(text: str) -> Any:
    """Give what a spec makes of a list."""
    found = elaborated(f"model M {{ input x: [1] output y = x * ops.size(ops.array({text})) }}")
    assert found.error is None
    return found.graphs["M"].nodes[1].positional[0]


@pytest.mark.parametrize(("values", "text"), WRITTEN, ids=[text for _, text in WRITTEN])
def test_a_list_is_written_by_what_makes_it_and_is_the_same(
    values: tuple[Any, ...], text: str
) -> None:
    number = values
    while isinstance(number, tuple):
        number = number[0]
    dtype = {bool: "bool", int: "int32", float: "float32"}[type(number)]
    array = Array(values, dtype)
    assert array.text == text
    assert same_array(array, made(text))
    assert (
        not same_array(Array((*values[:-1], values[0]), dtype), made(text))
        or values[-1] == values[0]
    )


def test_whole_numbers_truths_and_fractions_are_told_apart() -> None:
    assert spell_sequence((1,) * 8, spell_number) == "[1] * 8"
    assert spell_sequence((1.0,) * 8, spell_number) == "[1.0] * 8"
    assert spell_sequence((True,) * 8, spell_number) == "[True] * 8"


def array(value: Any, dtype: str = "float32", form: str = "__tensor__") -> dict[str, Any]:
    return {"class_name": form, "config": {"value": value, "dtype": dtype}}


def multiplied(value: dict[str, Any]) -> Any:
    """Give a model that multiplies eight numbers by an array."""
    made = layer("scaled", "x", kind="Multiply", module="keras.src.ops.numpy")
    made["config"] = {"name": "scaled"}
    args = made["inbound_nodes"][0]["args"]
    args[0]["config"] |= {"shape": [None, 8], "dtype": "float32"}
    args.append(value)
    first = layer("x")
    first["config"]["batch_shape"] = [None, 8]
    return model(first, made, output="scaled")


@pytest.mark.parametrize("form", ["__tensor__", "__numpy__"])
@pytest.mark.parametrize("flat", [True, False])
def test_an_array_stands_where_the_function_is(form: str, flat: bool) -> None:
    value = multiplied(array([single(2.0**-n) for n in range(8)], form=form))
    found = imported(read_value(value, "m"), "m", flat=flat)
    assert "ops.array([1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125])" in found.text
    assert found.comparison.is_equal
    if not flat:
        assert "x * ops.array(" in found.text


def test_another_dtype_is_said() -> None:
    value = multiplied(array([1.0, 2.0] * 4, "float16"))
    found = imported(read_value(value, "m"), "m")
    assert 'x * ops.array([1.0, 2.0] * 4, dtype="float16")' in found.text


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (array([float("inf")] * 8), "infinite"),
        (array(["a"] * 8, "string"), "none of numbers"),
        (
            array([[n * n % 4093 for n in range(4000)]] * 2 + [[1] * 4000], "int32"),
            "follow no rule",
        ),
    ],
)
def test_an_array_that_no_spec_has_is_refused_with_the_layer_named(
    value: dict[str, Any], why: str
) -> None:
    with pytest.raises(CannotImport, match=f"`scaled` .*{why}"):
        read_value(multiplied(value), "m")


def test_shapes_of_lists_in_lists() -> None:
    assert shape_of(TABLE) == (3, 3)
    assert shape_of((1, 2)) == (2,)


def mask(rows: int, size: int) -> tuple[bool, ...]:
    """Tell of any two places of the windows of a moved map whether they were neighbours before."""
    end = rows * size
    part = [0 if i < end - size else 1 if i < end - size // 2 else 2 for i in range(end)]
    windows, places = list(product(range(rows), repeat=2)), list(product(range(size), repeat=2))
    return tuple(
        part[size * r + i] == part[size * r + k] and part[size * c + j] == part[size * c + m]
        for r, c in windows
        for i, j in places
        for k, m in places
    )


def test_a_large_mask_is_the_conjunction_of_small_ones_or_refused() -> None:
    values = mask(4, 5)
    shape = (4, 4, 1, 5, 5, 5, 5)
    factors = factors_of(values, shape)
    assert [factor.axes for factor in factors] == [(0, 3, 5), (1, 4, 6)]
    uses = array_uses("where", nested(values, shape), "bool", 7)
    functions = [use.made.kind for use in uses]
    assert functions == ["array", "reshape", "array", "reshape", "logical_and"]
    first, second = (
        {tuple(i): v for i, v in cells(use.keywords["x"])} for use in (uses[0], uses[2])
    )
    for (r, c, _, i, j, k, m), value in cells(Array(nested(values, shape), "bool")):
        assert value == (first[r, i, k] and second[c, j, m])
    odd = list(values)
    odd[1] = not odd[1]
    assert len(factors_of(odd, shape)) == 1
    with pytest.raises(CannotImport, match=r"`where` cannot be written .* 10,000 numbers"):
        array_uses("where", nested(tuple(odd), shape), "bool", 7)


def nested(values: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[Any, ...]:
    for size in reversed(shape[1:]):
        values = tuple(values[start : start + size] for start in range(0, len(values), size))
    return values


def cells(array: Array) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Give each number of an array, with where it stands."""
    for index in product(*map(range, shape_of(array.values))):
        value: Any = array.values
        for place in index:
            value = value[place]
        yield index, value
