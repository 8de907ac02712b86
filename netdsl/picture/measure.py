"""How wide a text is, from the widths of the shipped font's letters, which are those of Arial and Helvetica."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

FONTS = Path(__file__).resolve().parent / "fonts"

Weight = Literal["Regular", "Bold"]

#: The width, in thousandths of the size, of a letter that the font has not: a wide one.
OTHER = 1000


@cache
def letters(weight: Weight) -> Mapping[str, tuple[int, int]]:
    """Give, for each letter, its number in the font and its width in thousandths of the size."""
    table = json.loads((FONTS / "widths.json").read_text("utf-8"))
    return {letter: (glyph, width) for letter, (glyph, width) in table[weight].items()}


@cache
def _widths(weight: Weight) -> Mapping[str, int]:
    return {letter: width for letter, (_, width) in letters(weight).items()}


def width(text: str, size: float, weight: Weight = "Regular") -> float:
    """Measure a text."""
    widths = _widths(weight)
    return sum(widths.get(letter, OTHER) for letter in text) * size / 1000
