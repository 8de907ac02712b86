"""Which functions of `keras.ops` hand whole numbers on, and which make them: for the sizes of tables of vectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from netdsl.tensor import UNKNOWN, Dim, TensorSpec
from netdsl.value import Arguments

#: Functions that move, copy, join or cast numbers, and give none that did not arrive (0 apart).
PASSING = frozenset(
    "broadcast_to cast concatenate copy diag expand_dims flip getitem moveaxis pad ravel repeat reshape roll slice "
    "squeeze stack stop_gradient swapaxes take tile transpose".split()
)


def _places(arguments: Arguments) -> Dim | None:
    """`argmax` numbers the places of an axis."""
    x, axis = arguments["x"], arguments["axis"]
    if not isinstance(x, TensorSpec) or not isinstance(axis, int) or not -x.rank <= axis < x.rank:
        return None
    return x.shape[axis] if isinstance(x.shape[axis], int) else UNKNOWN


def _counted(arguments: Arguments) -> Dim | None:
    """`arange(50)` counts from 0 to 49, `arange(1, 6)` to 5."""
    start, stop, step = (arguments[name] for name in ("start", "stop", "step"))
    low, high = (0, start) if stop is None else (start, stop)
    if not all(isinstance(n, int) for n in (low, high)) or (step or 1) != 1 or low < 0:
        return None
    return int(high) if high > low else None


def _remainders(arguments: Arguments) -> Dim | None:
    """`x % 10` is below 10."""
    divisor = arguments["x2"]
    return divisor if isinstance(divisor, int) and divisor > 0 else None


def _clipped(arguments: Arguments) -> Dim | None:
    """`clip(x, 0, 9)` is below 10."""
    low, high = arguments["x_min"], arguments["x_max"]
    fits = isinstance(low, int) and isinstance(high, int) and 0 <= low <= high
    return high + 1 if fits else None


#: Functions that make numbers from 0 on, and how many there may be.
COUNTING: Mapping[str, Callable[[Arguments], Dim | None]] = {
    "argmax": _places,
    "argmin": _places,
    "arange": _counted,
    "mod": _remainders,
    "clip": _clipped,
}
