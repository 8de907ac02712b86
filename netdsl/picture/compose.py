"""From terms and sizes to places: a composer that puts parts together from the inside out.

    Term, sizes -> Layout

It knows two directions only, along the flow (v) and across it (u); each part has its own zero on its axis. The page of
`page.js` does the same, step for step, when a box is opened there: a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from netdsl.picture.joints import Joint, Pin, Routed, Track, moved, route
from netdsl.picture.lattice import lattice
from netdsl.picture.shapes import (
    GAP,
    LANE,
    NEARLY,
    PAD,
    PORT,
    TAG,
    TAG_GAP,
    TAG_NEXT,
    TALL,
    UNDER,
    Cell,
    Chip,
    Port,
    Shape,
    Style,
)
from netdsl.picture.terms import Grid, Item, Row, Series, Term, Wire
from netdsl.stack import deep


class Composer:
    """Puts a picture together; `cells` are its boxes and `opened` the numbers of those that show what is in them."""

    def __init__(
        self,
        cells: Mapping[int, Cell],
        opened: frozenset[int],
        style: Style,
        own: Callable[[Term], Shape | None] = lambda term: None,
    ) -> None:
        self.cells = cells
        self.opened = opened
        self.style = style
        self.own = own  # gives the shape of what is put together in a way of its own

    @deep
    def shape(self, term: Term, above: Mapping[int, float] | None = None) -> Shape:
        """Put a term together; `above` tells where what comes to it leaves the part before."""
        match term:
            case Item(number):
                cell = self.cells[number]
                is_open = cell.term is not None and number in self.opened
                return self._open(cell) if is_open else self._closed(cell, above or {})
            case Wire(net):
                return Shape(0.0, 0.0, 0.0, [Port(net, 0.0)], [Port(net, 0.0)], wants={net: 0.0})
            case Row():
                return self._row(term, above or {})
            case Grid():
                return lattice(term, self.shape)
            case Series():
                return self.own(term) or self._series(term, above or {})

    def _closed(self, cell: Cell, above: Mapping[int, float]) -> Shape:
        half = cell.across / 2
        shape = Shape(half, half, cell.along + cell.stack, box=cell.number)
        self._add_sheets(cell, shape)
        shape.rect = (-half, cell.stack if self.style.turned else 0.0, cell.across, cell.along)
        shape.sides = True
        shape.tops = [Port(net, u, True) for net, u in _entries(cell, above, half)]
        shape.wants = {port.net: port.u for port in shape.tops}
        spread = _spread(len(cell.outs), half)
        self._below(cell, shape, [Port(net, at * spread) for at, net in enumerate(cell.outs)])
        if cell.tags:
            self._add_tags(cell, shape)
        return shape

    def _add_tags(self, cell: Cell, shape: Shape) -> None:
        """Write what comes by name before the box: one below the other, or side by side where the flow goes across."""
        u, v, _, along = shape.rect
        end = u - TAG_GAP - (cell.stack if self.style.turned else 0.0)
        if not self.style.is_down:
            wide = sum(label.width for _, label in cell.tags) + TAG_NEXT * (len(cell.tags) - 1)
            at = v + (along - wide) / 2
            for net, label in cell.tags:
                shape.chips.append(Chip(net, end - TAG, at, TAG, label.width, label))
                points = ((end, at + label.width / 2), (u, at + label.width / 2))
                shape.tracks.append(Track(net, points, True))
                at += label.width + TAG_NEXT
            shape.left = max(shape.left, TAG - end)
            return
        at = v + (along - TAG * len(cell.tags) - TAG_NEXT * (len(cell.tags) - 1)) / 2
        for net, label in cell.tags:
            shape.chips.append(Chip(net, end - label.width, at, label.width, TAG, label))
            points = ((end, at + TAG / 2), (u, at + TAG / 2))
            shape.tracks.append(Track(net, points, True))
            shape.left = max(shape.left, label.width - end)
            at += TAG + TAG_NEXT

    def _add_sheets(self, cell: Cell, shape: Shape) -> None:
        if self.style.turned:
            shape.left += cell.stack
        else:
            shape.right += cell.stack

    def _below(self, cell: Cell, shape: Shape, ports: list[Port]) -> None:
        """Let tensors leave a box, with what is written beside them."""
        shape.bots = ports
        end = shape.length
        told = [(port, cell.labels[port.net]) for port in ports if port.net in cell.labels]
        if not told:
            return
        room = UNDER
        if not self.style.is_down:
            room = max(label.width for _, label in told) + 8
        shape.length += room
        for port, label in told:
            is_before = len(ports) > 1 and port is ports[0] and self.style.is_down
            shape.notes.append((port.net, port.u, end, label, is_before))
            if self.style.is_down and is_before != self.style.turned:
                shape.left = max(shape.left, label.width + 4 - port.u)
            elif self.style.is_down:
                shape.right = max(shape.right, port.u + 4 + label.width)
        for port in ports:
            shape.tracks.append(Track(port.net, ((port.u, end), (port.u, end + room))))

    def _open(self, cell: Cell) -> Shape:
        """Draw a box around what is in it, with a port for each tensor at its edge."""
        assert cell.term is not None
        inner = self.shape(cell.term)
        turned = self.style.turned
        head = cell.head if self.style.is_down and not turned else 0.0
        foot = cell.head if self.style.is_down and turned else 0.0
        ports, routed = self._entry(cell.ins, inner)
        length = max(routed.length, PAD) if ports else PAD
        edges = [port.u for port in ports] + [port.u for port in inner.bots]
        left = max([inner.left, *(-u for u in edges)]) + PAD
        right = max([inner.right, *edges]) + PAD
        missing = cell.least - left - right
        if missing > 0 and self.style.is_down:
            left, right = left + missing / 2, right + missing / 2
        if not self.style.is_down and turned:
            right += cell.head
        elif not self.style.is_down:
            left += cell.head
        low = cell.stack if turned else 0.0
        begin = head + low + length  # of what is inside
        end = begin + inner.length + PAD + foot
        end = max(end, 0.0 if self.style.is_down else cell.least + low)
        whole = end if turned else end + cell.stack
        shape = Shape(left, right, whole, box=cell.number)
        self._add_sheets(cell, shape)
        shape.rect = (-left, low, left + right, end - low)
        shape.parts = [(0.0, begin, inner)]
        shape.tracks = moved(routed.tracks, 0.0, begin - routed.length)
        if turned:
            head = 0.0
        shape.tracks += [
            Track(p.net, ((p.u, head), (p.u, begin - routed.length)))
            for p in ports
            if begin - routed.length > head
        ]
        shape.tracks += [
            Track(p.net, ((p.u, begin + inner.length), (p.u, whole - foot)))
            for p in inner.bots
            if p.net in cell.outs
        ]
        shape.tops = [Port(port.net, port.u, not turned) for port in ports]
        shape.wants = {port.net: port.u for port in ports}
        shape.enters = ports[0].u if ports else inner.enters
        shape.leaves = inner.leaves
        self._below(cell, shape, [Port(p.net, p.u) for p in inner.bots if p.net in cell.outs])
        return shape

    def _entry(self, nets: Sequence[int], inner: Shape) -> tuple[list[Port], Routed]:
        """Give where tensors come in, and their lines from there to where they are read."""
        ports = self._ports(nets, inner)
        joint = Joint()
        for port in ports:
            joint.above(port.net, Pin(port.u))
        for port in inner.tops:
            joint.below(port.net, Pin(port.u, port.ends))
        return ports, route(joint)

    def entered(self, series: Series, above: Mapping[int, float] | None = None) -> Shape:
        """Put a series together that stands for itself: what is read by several of its parts comes in once."""
        inner = self.shape(series, above)
        nets = [*dict.fromkeys(port.net for port in inner.tops)]
        if len(nets) == len(inner.tops):
            return inner
        ports, routed = self._entry(nets, inner)
        left = max([inner.left, *(-port.u for port in ports)])
        right = max([inner.right, *(port.u for port in ports)])
        whole = Shape(left, right, routed.length + inner.length, ports, inner.bots)
        whole.parts = [(0.0, routed.length, inner)]
        whole.tracks = [*routed.tracks]
        whole.wants = {port.net: port.u for port in ports}
        whole.enters, whole.leaves = inner.enters, inner.leaves
        return whole

    def _ports(self, nets: Sequence[int], inner: Shape) -> list[Port]:
        """Put the ports of a box where its tensors are read, and apart."""
        placed = sorted((inner.wants.get(net, 0.0), at, net) for at, net in enumerate(nets))
        ports: dict[int, Port] = {}
        last: float | None = None
        for u, at, net in placed:
            last = u if last is None else max(u, last + PORT)
            ports[at] = Port(net, last)
        return [ports[at] for at in range(len(nets))]

    def _row(self, row: Row, above: Mapping[int, float]) -> Shape:
        """Put columns side by side, each aligned along the flow as the row says."""
        shapes = [self.shape(part, above) for part in row.parts]
        length = max(shape.length for shape in shapes)
        axes = _axes(row, shapes, above)
        whole = Shape(0.0, 0.0, length)
        whole.left = max(shape.left - u for u, shape in zip(axes, shapes, strict=True))
        whole.right = max(shape.right + u for u, shape in zip(axes, shapes, strict=True))
        for u, align, shape in zip(axes, row.aligned, shapes, strict=True):
            spare = length - shape.length
            v = 0.0 if align == "start" else spare if align == "end" else spare / 2
            if align == "middle" and (
                spare < NEARLY or (spare > 2 * shape.length and length > TALL)
            ):
                v = 0.0
            whole.parts.append((u, v, shape))
            for port in shape.tops:
                whole.tops.append(Port(port.net, port.u + u, port.ends and v == 0))
                if v > 0:
                    points = ((port.u + u, 0.0), (port.u + u, v))
                    whole.tracks.append(Track(port.net, points, port.ends))
            for port in shape.bots:
                whole.bots.append(Port(port.net, port.u + u))
                if spare > v:
                    points = ((port.u + u, v + shape.length), (port.u + u, length))
                    whole.tracks.append(Track(port.net, points))
        whole.wants = _wants(row, axes, shapes)
        return whole

    def _series(self, series: Series, before: Mapping[int, float]) -> Shape:
        """Put parts one after the other, then lanes beside them, then the lines between two parts."""
        shapes: list[Shape] = []
        axes: list[float] = []
        for part in series.parts:
            above = {p.net: p.u + axes[-1] for p in shapes[-1].bots} if shapes else before
            shape = self.shape(part, above)
            axes.append(_axis(shape, shapes[-1], axes[-1], part) if shapes else 0.0)
            shapes.append(shape)
        reach = [shape.right + u for u, shape in zip(axes, shapes, strict=True)]
        lanes = _lanes(series, reach, _outs(shapes, axes))
        whole = Shape(0.0, 0.0, 0.0)
        whole.left = max(shape.left - u for u, shape in zip(axes, shapes, strict=True))
        whole.right = max(reach)
        whole.enters = shapes[0].enters
        whole.leaves = shapes[-1].leaves + axes[-1]
        _stack(series, shapes, axes, lanes, whole)
        return whole


def _wants(row: Row, axes: Sequence[float], shapes: Sequence[Shape]) -> dict[int, float]:
    """What several columns read best comes in between them, or above the main one."""
    found: dict[int, list[float]] = {}
    for u, shape in zip(axes, shapes, strict=True):
        for net, at in shape.wants.items():
            found.setdefault(net, []).append(at + u)
    middle = {net: (min(at) + max(at)) / 2 for net, at in found.items()}
    if row.main < 0:
        return middle
    main = {net: at + axes[row.main] for net, at in shapes[row.main].wants.items()}
    return middle | main


def _entries(cell: Cell, above: Mapping[int, float], half: float) -> list[tuple[int, float]]:
    """Give where tensors enter a closed box: the first on its axis and others beside, or all in the order in which they
    come from above; in one place where the box joins them."""
    if cell.joins:
        return [(net, 0.0) for net in cell.ins]
    spread = _spread(len(cell.ins), half)
    coming = [(above[net], net) for net in cell.ins if net in above]
    if len(coming) < 2:
        order = [net for _, net in coming] + [net for net in cell.ins if net not in above]
        return [(net, at * spread) for at, net in enumerate(order)]
    order = [net for _, net in sorted(coming)] + [net for net in cell.ins if net not in above]
    spread = min(spread, (2 * half - 12) / len(order))
    return [(net, (at - (len(coming) - 1) / 2) * spread) for at, net in enumerate(order)]


def _spread(count: int, half: float) -> float:
    """Give the distance between the ports of a closed box: the first is on its axis, the others beside it."""
    return min(PORT, (half - 6) / (count - 1)) if count > 1 else 0.0


def _axis(shape: Shape, before: Shape, axis: float, part: Term) -> float:
    """Align a part with the one before: by the tensor between them, or by the flow where there are several."""
    if isinstance(part, Row) and part.follows:
        return 0.0
    nets = {port.net for port in shape.tops}
    shared = [port for port in before.bots if port.net in nets]
    if len({port.net for port in shared}) == 1:
        return axis + shared[0].u - shape.wants[shared[0].net]
    return axis + before.leaves - shape.enters


def _axes(row: Row, shapes: Sequence[Shape], above: Mapping[int, float]) -> list[float]:
    """Give the axis of each column."""
    places = [0.0]
    for one, two in pairwise(shapes):
        places.append(places[-1] + one.right + GAP + two.left)
    if row.main >= 0:
        return [place - places[row.main] for place in places]
    if row.follows:
        return _near(shapes, above, places)
    middle = (places[0] - shapes[0].left + places[-1] + shapes[-1].right) / 2
    return [place - middle for place in places]


def _near(
    shapes: Sequence[Shape], above: Mapping[int, float], places: Sequence[float]
) -> list[float]:
    """Put each column as near as may be to below what leads to it, in order and apart.

    What is wanted, less the place in a packed row, must not decrease: neighbours that would are set to their mean.
    """
    middle = (places[0] + places[-1]) / 2
    wanted: list[float] = []
    for shape, place in zip(shapes, places, strict=True):
        known = [above[p.net] - p.u for p in shape.tops if p.net in above]
        wanted.append(sum(known) / len(known) - place if known else -middle)
    groups: list[list[float]] = []  # mean, count
    for want in wanted:
        groups.append([want, 1.0])
        while len(groups) > 1 and groups[-2][0] > groups[-1][0]:
            mean, count = groups.pop()
            total = groups[-1][0] * groups[-1][1] + mean * count
            groups[-1][1] += count
            groups[-1][0] = total / groups[-1][1]
    shifts = [mean for mean, count in groups for _ in range(int(count))]
    return [place + shift for place, shift in zip(places, shifts, strict=True)]


def _outs(shapes: Sequence[Shape], axes: Sequence[float]) -> list[dict[int, float]]:
    """Tell where tensors leave each part."""
    return [
        {port.net: port.u + axis for port in shape.bots}
        for axis, shape in zip(axes, shapes, strict=True)
    ]


def _lanes(series: Series, reach: list[float], outs: Sequence[Mapping[int, float]]) -> list[float]:
    """Give each lane its place beside what it passes: shorter ones inside, then what comes from farther inside.
    With them `reach` grows."""
    last = len(reach) - 1
    spans = [(lane.start + 1, min(lane.stops[-1], last)) for lane in series.lanes]
    sources = [
        outs[lane.start].get(lane.net, 0.0) if lane.start >= 0 else 0.0 for lane in series.lanes
    ]
    places = [0.0] * len(spans)
    order = [(end - begin, begin, sources[at], at) for at, (begin, end) in enumerate(spans)]
    for _, begin, _, at in sorted(order):
        place = max(reach[begin : spans[at][1] + 1]) + LANE
        places[at] = place
        for part in range(begin, spans[at][1] + 1):
            reach[part] = place
    return places


def _stack(
    series: Series,
    shapes: Sequence[Shape],
    axes: Sequence[float],
    lanes: Sequence[float],
    whole: Shape,
) -> None:
    """Set the parts one after the other with the lines between them."""
    starts: dict[int, list[int]] = {}
    stops: dict[int, list[int]] = {}
    for at, one in enumerate(series.lanes):
        starts.setdefault(one.start, []).append(at)
        for stop in one.stops:
            stops.setdefault(stop, []).append(at)
    reached = [0.0] * len(lanes)  # how far each lane is drawn
    whole.tops = [Port(p.net, p.u + axes[0], p.ends) for p in shapes[0].tops]
    whole.tops += [Port(series.lanes[at].net, lanes[at]) for at in starts.get(-1, ())]
    whole.wants = {series.lanes[at].net: lanes[at] for at in starts.get(-1, ())}
    whole.wants |= {net: u + axes[0] for net, u in shapes[0].wants.items()}
    v = 0.0
    for at, shape in enumerate(shapes):
        beside: list[int] = []
        if at:
            beside = _beside(series, shape, stops.get(at, []), at, shapes[at - 1])
            joint = _joint(series, at, shapes, axes, lanes, starts, stops, beside)
            routed = route(joint)
            whole.tracks += moved(routed.tracks, 0.0, v)
            for begun in starts.get(at - 1, ()):
                reached[begun] = v + routed.length
            for lane in stops.get(at, ()):
                if lane not in beside:
                    _draw_lane(series, lane, lanes, reached, v, whole)
                    reached[lane] = v + routed.length
            v += routed.length
        whole.parts.append((axes[at], v, shape))
        for number, lane in enumerate(sorted(beside, key=lambda lane: lanes[lane])):
            _come_in(series, lane, lanes, reached, whole, (axes[at], v, shape), number, len(beside))
        v += shape.length
    whole.length = v
    whole.bots = [Port(p.net, p.u + axes[-1]) for p in shapes[-1].bots]
    for at in stops.get(len(shapes), ()):
        _draw_lane(series, at, lanes, reached, v, whole)
        whole.bots.append(Port(series.lanes[at].net, lanes[at]))
    whole.right = max([whole.right, *lanes])


def _beside(
    series: Series, shape: Shape, stopping: Sequence[int], at: int, before: Shape
) -> list[int]:
    """Tell which lanes come in from the side: into a closed box, where they end and nothing else brings the same."""
    if not shape.sides:
        return []
    brought = {port.net for port in before.bots}
    found = [
        lane
        for lane in stopping
        if series.lanes[lane].stops[-1] == at and series.lanes[lane].net not in brought
    ]
    room = int(shape.rect[3] // 10)
    return found if len(found) <= room and len(found) < len(shape.tops) else []


def _joint(
    series: Series,
    at: int,
    shapes: Sequence[Shape],
    axes: Sequence[float],
    lanes: Sequence[float],
    starts: Mapping[int, Sequence[int]],
    stops: Mapping[int, Sequence[int]],
    beside: Sequence[int],
) -> Joint:
    """Collect what comes from above and goes on below, between two parts."""
    joint = Joint(lanes)
    for port in shapes[at - 1].bots:
        joint.above(port.net, Pin(port.u + axes[at - 1]))
    for lane in stops.get(at, ()):
        if lane not in beside:
            net, u = series.lanes[lane].net, lanes[lane]
            joint.above(net, Pin(u))
            if series.lanes[lane].stops[-1] > at:
                joint.below(net, Pin(u))
    for lane in starts.get(at - 1, ()):
        joint.below(series.lanes[lane].net, Pin(lanes[lane]))
    from_side = {series.lanes[lane].net for lane in beside}
    for port in shapes[at].tops:
        if port.net not in from_side:
            joint.below(port.net, Pin(port.u + axes[at], port.ends))
    return joint


def _draw_lane(
    series: Series, at: int, lanes: Sequence[float], reached: list[float], v: float, whole: Shape
) -> None:
    """Draw a lane from where it was left to here."""
    if v > reached[at]:
        points = ((lanes[at], reached[at]), (lanes[at], v))
        whole.tracks.append(Track(series.lanes[at].net, points))


def _come_in(
    series: Series,
    lane: int,
    lanes: Sequence[float],
    reached: list[float],
    whole: Shape,
    placed: tuple[float, float, Shape],
    number: int,
    count: int,
) -> None:
    """Let a lane end at the side of a box, the outer ones below the inner ones."""
    axis, v, shape = placed
    u, top, across, along = shape.rect
    height = v + top + along * (number + 1) / (count + 1)
    side = axis + u + across
    points = ((lanes[lane], reached[lane]), (lanes[lane], height), (side, height))
    whole.tracks.append(Track(series.lanes[lane].net, points, True))
