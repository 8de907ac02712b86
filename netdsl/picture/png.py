"""A drawing as PNG, drawn by resvg, which is an extra."""

from __future__ import annotations

import math
from importlib import import_module

from netdsl.picture.measure import FONTS

#: The font that the package brings, so that every machine draws the same.
FAMILY = "Netdsl Sans"
SCALE = 2.0

#: With more pixels than these, which take half a gigabyte, a picture is drawn at a smaller scale.
MOST_PIXELS = 64_000_000


class MissingExtra(Exception):
    """The package that draws PNG is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "resvg-py is needed for PNG and is not installed: pip install 'netdsl[png]'"
        )


def scale_of(width: float, height: float) -> float:
    """Tell at how many times its size a picture is drawn."""
    return min(SCALE, math.sqrt(MOST_PIXELS / (width * height)))


def as_png(svg: str, scale: float = SCALE) -> bytes:
    """Draw an SVG as PNG; raises MissingExtra where resvg is not installed."""
    try:
        resvg = import_module("resvg_py")
    except ModuleNotFoundError as error:
        raise MissingExtra from error
    fonts = [str(FONTS / f"NetdslSans-{weight}.ttf") for weight in ("Regular", "Bold")]
    drawn = resvg.svg_to_bytes(
        svg_string=svg,
        zoom=scale,
        dpi=96,
        skip_system_fonts=True,
        font_files=fonts,
        font_family=FAMILY,
        sans_serif_family=FAMILY,
    )
    return bytes(drawn)
