"""What draws of calls of `keras.ops` are made of: tensors, axes, and the table that each function registers in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.keras.layer_harness import Tensor
from tests.keras.operation_harness import OpCase

NUMBERS = [
    *"float32 float32 float32 float16 bfloat16 float64".split(),
    *"int32 int32 int64 int16 int8 uint8 uint16 uint32 bool".split(),
]
FLOATS = "float32 float32 float16 float64".split()
WHOLE = "int32 int64 uint8 int8".split()

sizes = st.sampled_from((1, 2, 3, 4, 5, 6, 8, 12, None, 0))
known = st.sampled_from((1, 2, 3, 4, 6, 8))
numbers = st.sampled_from((0, 1, -2, 0.5, True, 3.0))


def shapes(
    low: int = 0, high: int = 4, dims: st.SearchStrategy[Any] = sizes
) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(dims, min_size=low, max_size=high).map(tuple)


def tensors(
    low: int = 0, high: int = 4, dtypes: list[str] = NUMBERS, dims: Any = sizes
) -> st.SearchStrategy[Tensor]:
    return st.builds(Tensor, shapes(low, high, dims), st.sampled_from(dtypes))


@st.composite
def related(draw: st.DrawFn, x: Tensor, dtypes: list[str] = NUMBERS) -> Tensor:
    """A tensor whose shape mostly stretches over another's."""
    shape = list(x.shape)[draw(st.integers(0, len(x.shape))) :]
    shape = [draw(st.sampled_from((dim, dim, 1, None))) for dim in shape]
    if draw(st.integers(0, 9)) == 0:
        shape = list(draw(shapes()))
    elif draw(st.integers(0, 5)) == 0:
        shape.insert(0, draw(sizes))
    return Tensor(tuple(shape), draw(st.sampled_from(dtypes)))


def axis(x: Tensor) -> st.SearchStrategy[int]:
    rank = max(len(x.shape), 1)
    return st.integers(-rank, rank - 1) if x.shape else st.integers(-1, 0)


def axes(x: Tensor) -> st.SearchStrategy[Any]:
    """One axis, several, None, and now and then one that is not there."""
    rank = len(x.shape)
    several = st.lists(st.integers(0, max(rank - 1, 0)), unique=True, max_size=rank).map(tuple)
    return st.one_of(axis(x), axis(x), several, st.none(), st.integers(-rank - 1, rank))


optional_bool = st.booleans()


def given_some(draw: Callable[..., Any], **strategies: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Draw named arguments, each left out half of the time."""
    return {k: draw(s) for k, s in strategies.items() if draw(st.booleans())}


CASES: dict[str, Callable[..., st.SearchStrategy[OpCase]]] = {}


def case(
    *names: str,
) -> Callable[[Callable[[st.DrawFn, str], OpCase]], Callable[[st.DrawFn, str], OpCase]]:
    """Register how calls of these functions are drawn."""

    def register(drawing: Callable[[st.DrawFn, str], OpCase]) -> Callable[[st.DrawFn, str], OpCase]:
        strategy = st.composite(drawing)
        for name in names:
            assert name not in CASES, name
            CASES[name] = strategy
        return drawing

    return register


@st.composite
def varied(draw: st.DrawFn, case: OpCase) -> OpCase:
    """The same call with one size of a tensor replaced, mostly by an unknown one, or a tensor by lists of numbers."""
    count = _tensors_in((case.positional, case.named))
    if not count or draw(st.booleans()):
        return case
    chosen = draw(st.integers(0, count - 1))
    change = draw(st.sampled_from(("size", "size", "size", "size", "rank", "data")))
    new = draw(st.sampled_from((None, None, None, 1, 2, 3, 5)))
    place = draw(st.integers(0, 4))
    seen = 0

    def changed(value: Any) -> Any:
        nonlocal seen
        if isinstance(value, Tensor):
            seen += 1
            return _other(value, change, new, place) if seen == chosen + 1 else value
        if isinstance(value, (list, tuple)):
            return type(value)(changed(item) for item in value)
        return value

    positional = tuple(changed(v) for v in case.positional)
    return OpCase(case.function, positional, {k: changed(v) for k, v in case.named.items()})


#: What no argument expects, or few.
ODD: tuple[Any, ...] = (
    None, "a", 2.5, True, (), {"a": 1}, -1, 0, 10**12, float("nan"), float("inf"), (None,), ("a",), ((1, 2), (3,)),
    Tensor((None, 3), "float32"), Tensor((), "int32"), Tensor((None, 3), "string"),
)  # fmt: skip


@st.composite
def odd(draw: st.DrawFn, case: OpCase) -> OpCase:
    """The same call with one argument replaced by something else altogether."""
    positional, named = list(case.positional), dict(case.named)
    places: list[Any] = [*range(len(positional)), *named]
    if places:
        place, value = draw(st.sampled_from(places)), draw(st.sampled_from(ODD))
        if isinstance(place, int):
            positional[place] = value
        else:
            named[place] = value
    return OpCase(case.function, tuple(positional), named)


def _other(x: Tensor, change: str, new: int | None, place: int) -> Any:
    if change == "data" and None not in x.shape:
        return _lists(x.shape, 1 if "int" in x.dtype else 0.5)
    if change == "rank":
        shape = x.shape[1:] if place % 2 else (*x.shape, new)
    else:
        shape = tuple(
            new if i == place % max(len(x.shape), 1) else d for i, d in enumerate(x.shape)
        )
    return Tensor(shape, x.dtype)


def _lists(shape: tuple[int, ...], item: float) -> Any:
    return [_lists(shape[1:], item) for _ in range(shape[0])] if shape else item


def _tensors_in(value: Any) -> int:
    if isinstance(value, Tensor):
        return 1
    if isinstance(value, dict):
        return sum(map(_tensors_in, value.values()))
    return sum(map(_tensors_in, value)) if isinstance(value, (list, tuple)) else 0
