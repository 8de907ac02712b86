"""What was likely meant by a value that an argument does not take: `"10"` for `10`, `50` for a rate of `0.5`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from netdsl.catalog.argument_types import ArgumentMismatch, ArgumentType
from netdsl.catalog.kind import Identifier
from netdsl.catalog.spell import spell
from netdsl.value import Value

Listed: TypeAlias = list[Value] | tuple[Value, ...]

_SWITCHES = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}
_LARGE = 2**31
_LEAST_PERCENT = 10  # 5 may be 5 % and one half
_LONGEST = 20  # characters of a string that may be a number


def likely_meant(kind: ArgumentType, value: Value, argument: str) -> str | None:
    """Spell the first neighbour of a refused value that its type accepts; None where there is none."""
    if argument == "padding" and isinstance(value, int) and not isinstance(value, bool):
        value = "same" if value else "valid"  # a padding counted in pixels
    if argument == "axis" and value in ("channels", "channel", "features", "last"):
        value = -1
    if isinstance(value, (list, tuple)) and argument == "dims":
        value = _without_batch(value)
    if isinstance(value, (list, tuple)) and argument == "target_shape":
        value = _what_is_left(value)
    for candidate in (value, *_neighbours(value)):
        try:
            kind.accept(candidate)
        except ArgumentMismatch:
            continue
        return spell(candidate)
    return None


def _what_is_left(value: Listed) -> Listed:
    """`(None, 512)`: one size that is not known is what is left, `(-1, 512)`; the first of two is the batch."""
    sizes = value[1:] if list(value).count(None) > 1 and value[0] is None else value
    return tuple(-1 if size is None else size for size in sizes)


def _without_batch(value: Listed) -> Listed:
    """`(None, 784)` without the batch, which is implied; axes that count it, `(0, 2, 1)`, counted from 1."""
    if value and value[0] is None:
        return tuple(value[1:])
    axes = [item for item in value if isinstance(item, int)]
    if 0 not in axes or len(axes) < len(value):
        return value
    return tuple(axes[1:]) if axes[0] == 0 and len(axes) > 2 else tuple(i + 1 for i in axes)


def _neighbours(value: Value) -> Iterator[Value]:
    match value:
        case str() if len(value) <= _LONGEST:
            yield from _read(value)
        case bool():
            return
        case int():
            yield from _around(value)
        case float() if abs(value) < _LARGE:
            if value < 0 and value != -1:
                yield -value
            if abs(value) >= 1:  # a share is no count: half an image is not one pixel
                yield max(1, round(value))
        case Identifier(name) if name.isidentifier():
            yield name
        case list() | tuple() if value and all(item == value[0] for item in value):
            yield value[0]


def _read(text: str) -> Iterator[Value]:
    """Read a number or a switch that was put in quotes."""
    word = text.strip().lower()
    if word in _SWITCHES:
        yield _SWITCHES[word]
    for read in (int, float):
        try:
            yield read(word)
        except ValueError:
            continue
    if re.fullmatch(r"[(\[]?\s*-?\d+(\s*[,x]\s*-?\d+)+\s*[)\]]?", word):
        yield tuple(map(int, re.findall(r"-?\d+", word)))  # sizes in quotes


def _around(value: int) -> Iterator[Value]:
    """A share in percent, a minus sign too many, a size in place of a tuple of one."""
    if value < -1:  # -1 is what others write for "any"
        yield -value
    if _LEAST_PERCENT <= value <= 100:
        yield value / 100
    yield (value,)
    if value in (0, 1):  # of 64 nobody says whether
        yield bool(value)
