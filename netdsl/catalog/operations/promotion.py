"""The dtype that an operation on several dtypes gives, by Keras's type promotion.

Dtypes form a lattice: each may turn into those above it, and several meet in the lowest dtype above all of
them. Python's numbers are weak: `1` and `0.5` take the dtype of the tensor that they meet where it can hold them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from netdsl.catalog.kind import FLOAT_DTYPES, Refusal
from netdsl.diagnostics.problems.shapes import WrongDtype

FLOATX = "float32"

#: What each dtype may become at the next step; `int` and `float` stand for Python's numbers.
ABOVE: Mapping[str, tuple[str, ...]] = {
    "bool": ("int",),
    "int": ("uint8", "int8", "complex64"),
    "uint8": ("int16", "uint16"),
    "uint16": ("int32", "uint32"),
    "uint32": ("int64", "uint64"),
    "uint64": ("float",),
    "int8": ("int16",),
    "int16": ("int32",),
    "int32": ("int64",),
    "int64": ("float",),
    "float": ("bfloat16", "float16"),
    "bfloat16": ("float32",),
    "float16": ("float32",),
    "float32": ("float64", "complex64"),
    "float64": ("complex128",),
    "complex64": ("complex128",),
    "complex128": (),
}

#: What a Python number is where only such numbers meet, and what it is in the lattice.
WEAK: Mapping[str, str] = {"int": "int64", "float": "float32"}

#: Keras keeps to 32 bits here, whatever meets.
NARROWED: Mapping[str, str] = {"uint64": "uint32", "complex128": "complex64"}


@cache
def _bounds(dtype: str) -> frozenset[str]:
    """Give a dtype and all that it may become."""
    return frozenset({dtype}).union(*(_bounds(above) for above in ABOVE[dtype]))


def meet(*dtypes: str) -> str:
    """Give the dtype in which several meet: int32, float16 -> float16; int64, int -> int64; int, int -> int32."""
    for dtype in dtypes:
        if dtype.startswith("float8"):
            raise Refusal(
                WrongDtype,
                f"{dtype} turns into no other dtype by itself",
                help="cast it with `ops.cast`",
            )
    strong = {WEAK.get(dtype, dtype) for dtype in dtypes}
    if all(dtype in WEAK for dtype in dtypes):
        return "int32" if _lowest(strong) == "int64" else FLOATX
    if len(strong) == 1:
        return _narrow(strong.pop())
    found = _lowest(set(dtypes))
    return _narrow({"int": "int32", "float": FLOATX}.get(found, found))


def _narrow(dtype: str) -> str:
    return NARROWED.get(dtype, dtype)


def _lowest(dtypes: set[str]) -> str:
    for dtype in dtypes:
        if dtype not in ABOVE:
            raise Refusal(
                WrongDtype,
                f"{dtype} does not mix with {', '.join(sorted(dtypes - {dtype})) or 'numbers'}",
            )
    shared = frozenset.intersection(*(_bounds(dtype) for dtype in dtypes))
    lowest = (shared & dtypes) or {d for d in shared if shared <= _bounds(d)}
    if len(lowest) != 1:
        raise Refusal(WrongDtype, f"nothing holds both {' and '.join(sorted(dtypes))}")
    return next(iter(lowest))


def is_integer(dtype: str) -> bool:
    """Tell whether a dtype counts in whole numbers, truth values included."""
    return dtype == "bool" or "int" in dtype


def is_float(dtype: str) -> bool:
    return dtype in FLOAT_DTYPES


def same(dtype: str) -> str:
    """Leave it: relu, abs, sort."""
    return dtype


def as_float(dtype: str) -> str:
    """Bring whole numbers to floats: sin, sqrt, log."""
    return FLOATX if dtype == "int64" else meet(dtype, "float")


def with_float(dtype: str) -> str:
    """Meet Python's floats: var, erfc."""
    return meet(dtype, "float")


def whole_to_float(dtype: str) -> str:
    """Turn whole numbers into float32 and leave the rest: exp, std."""
    return FLOATX if is_integer(dtype) else dtype


def wide_float(dtype: str) -> str:
    """Turn 64 bits into float64, and all but half floats into float32: deg2rad."""
    if dtype in ("int64", "float64"):
        return "float64"
    return dtype if dtype in ("bfloat16", "float16") else FLOATX


def small_to_float(dtype: str) -> str:
    """Turn whole numbers of up to 32 bits into float32, and int64 into float64: cbrt."""
    if dtype == "int64":
        return "float64"
    return FLOATX if is_integer(dtype) and dtype not in ("uint64",) else dtype


def no_bool(dtype: str) -> str:
    """Count truth values as int32: clip, square, cumsum."""
    return "int32" if dtype == "bool" else dtype


def summed(dtype: str) -> str:
    """Add small whole numbers up in 32 bits: sum, prod, trace."""
    if dtype in ("bool", "int8", "int16"):
        return "int32"
    return "uint32" if dtype in ("uint8", "uint16") else dtype


def always(dtype: str) -> str:
    return dtype
