"""What the composer knows and makes: boxes with their sizes, and parts that have been put together.

Two directions only, along the flow (v) and across it (u); each part has its own zero on its axis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from netdsl.picture.joints import Track
from netdsl.picture.terms import Term
from netdsl.record import mutable, record

GAP = 18.0  # between columns
LANE = 14.0  # beside what a lane passes
PORT = 16.0  # between two ports of a box
PAD = 12.0  # inside a box
NEARLY, TALL = (
    16.0,
    150.0,
)  # a column that is nearly as long as its row, or far shorter than a long one, begins with it
UNDER = 14.0  # for what is written beside a line, where it begins
TAG = 15.0  # the height of a name in place of a line
TAG_GAP, TAG_NEXT = 12.0, 3.0  # to the box that reads it, to the next


@record
class Label:
    """What is written beside a tensor where it begins."""

    text: str
    width: float


@record(eq=False)
class Cell:
    """What the composer knows of a box: its size when closed, its head, its tensors, and what is in it."""

    number: int
    across: float
    along: float
    head: float  # how far the head reaches into an open box
    least: float  # how wide it must be when open, for its head
    ins: tuple[int, ...]
    outs: tuple[int, ...]
    labels: Mapping[int, Label]
    joins: bool = False
    stack: float = 0.0  # how far the sheets behind a repeat look out
    term: Term | None = None
    tags: tuple[tuple[int, Label], ...] = ()  # tensors that come by name


@record
class Style:
    """What depends on the direction: whether heads lie across the flow, and labels take room along it.

    `turned` parts are drawn upside down, their flow going up: what stays as it is (heads, sheets, labels) is on the
    other side of the flow there.
    """

    is_down: bool = True
    turned: bool = False


@record
class Chip:
    """A name in place of a line, in its frame."""

    net: int
    u: float
    v: float
    across: float
    along: float
    label: Label


@record
class Port:
    """Where a tensor goes in or out; `ends` tells that the line ends there, with an arrow."""

    net: int
    u: float
    ends: bool = False


@mutable
class Shape:
    """A part that has been put together: how far it reaches on both sides of its axis, and along the flow."""

    left: float
    right: float
    length: float
    tops: list[Port] = field(default_factory=list)
    bots: list[Port] = field(default_factory=list)
    enters: float = 0.0  # where its flow begins and ends, for those who align it
    leaves: float = 0.0
    parts: list[tuple[float, float, Shape]] = field(default_factory=list)
    tracks: list[Track] = field(default_factory=list)
    box: int = -1
    rect: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)  # u, v, across, along
    sides: bool = False  # a line may come in from the side
    notes: list[tuple[int, float, float, Label, bool]] = field(default_factory=list)
    wants: dict[int, float] = field(default_factory=dict)  # where each tensor would best come in
    chips: list[Chip] = field(default_factory=list)
