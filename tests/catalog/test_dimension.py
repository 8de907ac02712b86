"""Arithmetic on symbolic sizes: right at every number, in one form, and no longer than its limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netdsl.catalog.operations.indexing import sliced
from netdsl.dimension import LONGEST, TOO_LONG
from netdsl.tensor import (
    Demand,
    Dim,
    Sym,
    at_least,
    ceil_div,
    divides,
    equal,
    maximum,
    minimum,
    product,
    substitute,
    sum_of,
)
from tests.work import calls, grows_in_proportion

H, W = Sym.variable("H"), Sym.variable("W")

bound = st.none() | st.integers(-6, 6)
Step = tuple[Callable[[Any], Any], Callable[[int], int]]


def _cut(part: slice) -> Step:
    return lambda d: sliced(part, d), lambda n: len(range(*part.indices(n)))


def _both(step: Callable[[Any], Any]) -> Step:
    return step, step


steps = st.one_of(
    st.builds(slice, bound, bound, st.sampled_from([None, 1, 2, 3])).map(_cut),
    st.integers(0, 5).map(lambda n: _both(lambda d: d + n)),
    st.integers(1, 4).map(lambda n: _both(lambda d: d // n)),
    st.integers(1, 3).map(lambda n: _both(lambda d: d * n)),
    st.integers(1, 3).map(lambda n: (lambda d: ceil_div(d, n), lambda v: -(-v // n))),
    st.integers(0, 6).map(lambda n: (lambda d: maximum(d, n), lambda v: max(v, n))),
    st.integers(0, 6).map(lambda n: (lambda d: minimum(d, n), lambda v: min(v, n))),
    st.integers(0, 3).map(lambda n: (lambda d: d + maximum(d - n, 0), lambda v: v + max(v - n, 0))),
)


@given(st.lists(steps, max_size=6), st.integers(1, 40))
def test_what_is_known_of_a_size_holds_at_every_number(taken: list[Step], number: int) -> None:
    size: Any = H
    value = number
    for symbolic, plain in taken:
        size, value = symbolic(size), plain(value)
    assert substitute(size, {"H": number}) == value
    if isinstance(size, Sym):
        least, most = size.bounds
        assert least is None or least <= value
        assert most is None or most >= value
        assert eval(str(size), {"H": number}) == value


def _slices(part: slice, count: int) -> Dim:
    size: Dim = H
    for _ in range(count):
        size = sliced(part, size)
    return size


FORMS = [
    (_slices(slice(1, None), 400), "max(H - 400, 0)"),
    (_slices(slice(None, -1), 400), "max(H - 400, 0)"),
    (_slices(slice(1, -1), 400), "max(H - 800, 0)"),
    (_slices(slice(None, 5), 3), "min(H, 5)"),
    (_slices(slice(-5, None), 3), "min(H, 5)"),
    (_slices(slice(1, None, 2), 5), "H // 32"),
    (sliced(slice(None, 3), sliced(slice(None, 5), H)), "min(H, 3)"),
    (sliced(slice(2, 5), H), "max(min(H - 2, 3), 0)"),
    (maximum(maximum(H, 4) - 1, 0), "max(H - 1, 3)"),
    (minimum(maximum(H, 2), 5), "max(min(H, 5), 2)"),
    (maximum(H, W) // 2, "max(H // 2, W // 2)"),
    (maximum(H - 1, 0), "H - 1"),
    (maximum(W, maximum(W, H)), "max(H, W)"),
    ((H // 2) * (H // W), "((H) // (W)) * (H // 2)"),
]


@pytest.mark.parametrize(("size", "form"), FORMS, ids=[form for _, form in FORMS])
def test_size_is_brought_into_one_form(size: Dim, form: str) -> None:
    assert str(size) == form


def _grown(step: Callable[[Any, int], Any], start: Dim = H, times: int = 100) -> Dim:
    size = start
    for turn in range(times):
        size = step(size, turn)
    return size


GROWING: dict[str, Callable[[], Dim]] = {
    "squares": lambda: _grown(lambda d, _: d * d),
    "squares of a sum": lambda: _grown(lambda d, _: (d + 1) * d),
    "quotients of sums": lambda: _grown(lambda d, n: (d + 1) // (H + n)),
    "remainders": lambda: _grown(lambda d, n: (d + W + 1) % (d + n)),
    "halves that are trebled": lambda: _grown(lambda d, _: d // 2 * 3 + 1),
    "a sum with its own part": lambda: _grown(lambda d, n: d + maximum(d - W, n)),
    "coefficients": lambda: _grown(lambda d, _: d * 10**30),
    "divisors": lambda: _grown(lambda d, _: d // 10**30),
    "many names": lambda: sum_of(Sym.variable(f"size_{i}") for i in range(1000)),
    "a product of sums": lambda: product(H + Sym.variable(f"W{i}") for i in range(50)),
    "a long name": lambda: Sym.variable("H" * 10_000) + 1,
    "many alternatives": lambda: _grown(lambda d, n: maximum(d, Sym.variable(f"W{n}"))),
}


@pytest.mark.parametrize("made", GROWING.values(), ids=GROWING.keys())
def test_size_that_grows_without_end_is_too_long(made: Callable[[], Dim]) -> None:
    assert made() is TOO_LONG


def test_sum_of_a_hundred_unlike_sizes_is_known() -> None:
    size = sum_of(Sym.variable(f"T{i}") for i in range(100))
    assert isinstance(size, Sym)
    assert substitute(size, {f"T{i}": i + 1 for i in range(100)}) == 5050
    assert len(str(size)) < LONGEST


def test_size_that_stands_in_others_again_and_again_is_gone_through_once() -> None:
    def work(count: int) -> int:
        return calls(lambda: _grown(lambda d, _: d + maximum(d - 1, 0), times=count))

    assert grows_in_proportion(work, 20, 8)


def test_what_a_net_demands_is_kept_where_the_difference_is_too_long_to_write() -> None:
    left = sum_of(Sym.variable(f"S{i}") for i in range(150))
    right = sum_of(Sym.variable(f"T{i}") for i in range(150))
    assert isinstance(equal(left, right), Demand)
    assert isinstance(divides(7, left), Demand)


def test_size_that_is_always_large_enough_demands_nothing() -> None:
    assert at_least(2 * H + W, 3) is True
    assert isinstance(at_least(2 * H + W, 4), Demand)
