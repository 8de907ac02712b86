"""A picture of a model, from its graph to a file of any format."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from typing import Literal

from netdsl.graph import Graph
from netdsl.picture.cells import Cells, measure, scale_of
from netdsl.picture.costs import Costs, costs_of, shades
from netdsl.picture.costs import spell as spell_cost
from netdsl.picture.draw import draw
from netdsl.picture.drawing import Drawing
from netdsl.picture.folding import compose, down_to, fits, fitting, wrapped
from netdsl.picture.inputs import join_inputs, order_inputs
from netdsl.picture.levels import find_u
from netdsl.picture.nest import Nested, nest
from netdsl.picture.network import lay_flat
from netdsl.picture.periods import group_periods
from netdsl.picture.repeats import join_repeats
from netdsl.picture.seen import seen_boxes
from netdsl.picture.shapes import Shape, Style
from netdsl.picture.stick import add_outputs, connect, count, mark_shared, simplify, stick
from netdsl.picture.svg import as_svg
from netdsl.picture.tags import tag
from netdsl.picture.terms import main_series
from netdsl.picture.themes import colours
from netdsl.picture.ushape import u_shape
from netdsl.record import record
from netdsl.tensor import Dim

Theme = Literal["light", "dark", "print"]
Direction = Literal["down", "right"]
Form = Literal["auto", "line", "u"]


@record
class Options:
    """How a picture is drawn.

    Without a `depth`, as many blocks are open as fit a page; of itself, skips that nest make it a U.
    """

    depth: int | None = None
    theme: Theme = "light"
    direction: Direction = "down"
    costs: Costs | None = None
    form: Form = "auto"


def boxes_of(graph: Graph, *, loosely: bool = False, flat: bool = False) -> Nested:
    """Give the boxes of a model; `loosely` joins turns of loops whose arguments differ, `flat` layers that repeat
    themselves without a loop."""
    nested = nest(lay_flat(graph))
    if flat:
        group_periods(nested)
    join_repeats(nested, loosely=loosely)
    join_inputs(nested)
    simplify(nested)
    stick(nested)
    mark_shared(nested)
    add_outputs(nested)
    connect(nested)
    tag(nested)
    count(nested)
    return nested


class Picture:
    """A model's picture; each step is made when it is asked for."""

    def __init__(self, graph: Graph, options: Options | None = None) -> None:
        self.graph = graph
        self.options = options or Options()
        self.style = Style(self.options.direction == "down")
        self.nested = boxes_of(graph)
        for flat in (False, True):
            if self.options.depth is None and not fits(self.in_line[1]):
                self.nested = boxes_of(graph, loosely=True, flat=flat)
                for made in ("costs", "cells", "in_line"):
                    self.__dict__.pop(made, None)

    @cached_property
    def costs(self) -> Mapping[int, Dim]:
        """What each box costs, where that is asked for."""
        return costs_of(self.nested, self.options.costs) if self.options.costs else {}

    @cached_property
    def cells(self) -> Cells:
        told: dict[int, str] = {}
        if self.options.costs is not None:
            told = {at: spell_cost(cost, self.options.costs) for at, cost in self.costs.items()}
        cells = measure(self.nested, told, is_down=self.style.is_down)
        order_inputs(cells, self.style)
        if self.options.form != "line":
            series = main_series(cells.cells[self.nested.root.number].term)
            u = find_u(series, partial(scale_of, self.nested))
            if u is not None and u_shape(u, cells.cells, frozenset(), self.style) is not None:
                cells.u = u
        return cells

    @cached_property
    def in_line(self) -> tuple[frozenset[int], Shape]:
        """The boxes that are open, and everything at its place, before a long line is set in columns."""
        if self.options.depth is None:
            return fitting(self.cells, self.style)
        opened = down_to(self.nested.root, self.options.depth)
        return opened, compose(self.cells, opened, self.style)

    @cached_property
    def composed(self) -> tuple[frozenset[int], Shape]:
        """The boxes that are open, and everything at its place."""
        opened, shape = self.in_line
        if self.options.form != "line":
            shape = wrapped(self.cells, opened, self.style, shape)
        return opened, shape

    @property
    def is_u(self) -> bool:
        """Whether it is drawn as a U."""
        return self.cells.u is not None

    @property
    def colours(self) -> Mapping[str, str]:
        return colours(self.options.theme)

    @cached_property
    def drawing(self) -> Drawing:
        opened, shape = self.composed
        tints: Mapping[int, str] = {}
        if self.costs:
            closed = [b for b in seen_boxes(self.nested.root, opened) if b.number not in opened]
            shown = [b.number for b in closed if b.role not in ("root", "input", "output", "tag")]
            tints = shades(self.costs, shown, self.options.theme, self.colours)
        return draw(self.cells, shape, opened, is_down=self.style.is_down, shades=tints)

    def svg(self) -> str:
        return as_svg(self.drawing, self.colours)


def svg_of(graph: Graph, options: Options | None = None) -> str:
    """Give the SVG of a model's picture."""
    return Picture(graph, options).svg()
