"""What a picture is made of, as every format draws it: rectangles, lines with round corners, texts.

A colour is named by what it is for ("line", "text", "convolution"), and a theme says which it is.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from netdsl.picture.measure import Weight
from netdsl.record import record

Anchor = Literal["start", "middle", "end"]
TextRole = Literal["name", "title", "shape", "mark"]


@record
class Rect:
    """A rectangle; `box` is the number of the box that it is the outline of, -1 for what is only drawn.

    `flat` tells that only its upper corners are round.
    """

    x: float
    y: float
    width: float
    height: float
    radius: float
    fill: str
    stroke: str
    box: int = -1
    flat: bool = False


@record
class Path:
    """A line through points, its corners round, with an arrow at its end."""

    points: tuple[tuple[float, float], ...]
    arrow: bool
    stroke: str = "line"
    net: int = -1


@record
class Text:
    """A text on its base line; `width` is how wide it is."""

    x: float
    y: float
    text: str
    size: float
    weight: Weight
    fill: str
    width: float
    anchor: Anchor = "start"
    role: TextRole = "name"


Mark: TypeAlias = Rect | Path | Text


@record
class Drawing:
    """Everything to draw, in order, and how large the picture is."""

    name: str
    width: float
    height: float
    marks: tuple[Mark, ...]
    description: str = ""
