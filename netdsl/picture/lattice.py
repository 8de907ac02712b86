"""The shape of a grid: rows one below the other, columns with one axis each, lanes down beside the columns.

    Grid, shapes of its parts -> Shape

Every line is straight but where it turns between two rows. A lane stands to the left of its column, and comes into a
closed box there from the side: into the first of a series too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field

from netdsl.picture.joints import Joint, Pin, Track, moved, route
from netdsl.picture.shapes import GAP, LANE, Port, Shape
from netdsl.picture.terms import Grid, GridLane, Series, Term
from netdsl.record import mutable

FAR = 1_000.0  # between two columns, as long as their places are not known
WAY = 8.0  # beside the axis


@mutable
class _Laid:
    """A grid that is put together: its parts by row and column, where the columns and the lanes stand."""

    grid: Grid
    rows: list[dict[int, Shape]]
    axes: list[float] = field(default_factory=list)
    lanes: list[float] = field(default_factory=list)

    def axis(self, row: int, column: int) -> float:
        return self.axes[column] - self.rows[row][column].enters


def lattice(grid: Grid, shape_of: Callable[[Term, Mapping[int, float]], Shape]) -> Shape:
    """Put a grid together; `shape_of` gives the shape of a part, told where what comes to it is."""
    laid = _Laid(grid, _rows(grid, shape_of))
    _place(laid)
    whole = Shape(0.0, 0.0, 0.0)
    _stack(laid, whole)
    parts = [(u, shape) for u, _, shape in whole.parts]
    whole.left = max(*(shape.left - u for u, shape in parts), *(-u for u in laid.lanes), 0.0)
    whole.right = max(*(shape.right + u for u, shape in parts), *laid.lanes, 0.0)
    first, last = min(laid.rows[0]), min(laid.rows[-1])
    whole.enters = laid.axes[first]
    whole.leaves = laid.axis(len(laid.rows) - 1, last) + laid.rows[-1][last].leaves
    return whole


def _rows(
    grid: Grid, shape_of: Callable[[Term, Mapping[int, float]], Shape]
) -> list[dict[int, Shape]]:
    """Shape the parts of each row; where something comes from is known by its column, left or right, and what comes
    from the side is not counted."""
    rows: list[dict[int, Shape]] = []
    above: dict[int, float] = {}
    for at, row in enumerate(grid.rows):
        far = {lane.net: lane.column for lane in grid.lanes if at in lane.stops}
        shapes: dict[int, Shape] = {}
        for column, term in row:
            came = {net: FAR * (c - column) - FAR / 2 for net, c in far.items() if c != column}
            came |= {net: u - FAR * column for net, u in above.items()}
            shapes[column] = shape_of(term, came)
            under = rows[-1].get(column) if rows else None
            if under is not None:
                _make_way(term, shapes[column], came, {port.net for port in under.bots})
        rows.append(shapes)
        above = {p.net: FAR * c + p.u for c, shape in shapes.items() for p in shape.bots}
    return rows


def _place(laid: _Laid) -> None:
    """Give each lane its place beside its column, shorter ones inside, and each column its axis."""
    grid, rows = laid.grid, laid.rows
    last = len(rows) - 1
    offsets = [0.0] * len(grid.lanes)
    edge = 0.0
    for column in range(grid.columns):
        shapes = [row.get(column) for row in rows]
        reach = [s.left + s.enters if s is not None else 0.0 for s in shapes]
        spans = {
            at: (lane.start + 1, min(lane.stops[-1] - 1, last))
            for at, lane in enumerate(grid.lanes)
            if lane.column == column
        }
        free = [s is None for s in shapes]
        for lanes in _in_order(grid.lanes, spans):
            begin, end = min(spans[at][0] for at in lanes), max(spans[at][1] for at in lanes)
            straight = _straight(grid.lanes[lanes[0]], shapes) if len(lanes) == 1 else None
            if straight is not None and all(free[begin : end + 2]):
                offsets[lanes[0]] = straight
                free[begin : end + 2] = [False] * len(free[begin : end + 2])
                continue
            place = max(reach[begin : end + 2]) + LANE
            reach[begin : end + 2] = [place] * len(reach[begin : end + 2])
            for at in lanes:
                offsets[at] = place
        axis = edge + max(reach) + (GAP if column else 0.0)
        laid.axes.append(axis)
        edge = axis + max((s.right - s.enters for s in shapes if s is not None), default=0.0)
    first = laid.axes[min(rows[0])]
    laid.axes = [axis - first for axis in laid.axes]
    laid.lanes = [laid.axes[lane.column] - offsets[at] for at, lane in enumerate(grid.lanes)]


def _in_order(
    lanes: Sequence[GridLane], spans: Mapping[int, tuple[int, int]]
) -> Iterable[list[int]]:
    """Give lanes by the rows that they pass, fewer first; those of a bus are one."""
    together: dict[tuple[int, int], list[int]] = {}
    for at in sorted(spans, key=lambda at: (spans[at][1] - spans[at][0], spans[at][0], at)):
        bus = lanes[at].bus
        together.setdefault((bus, -1 if bus >= 0 else at), []).append(at)
    return together.values()


def _straight(lane: GridLane, shapes: Sequence[Shape | None]) -> float | None:
    """Give how far to the left of its column a lane is that goes straight down from what gives its tensor there."""
    source = shapes[lane.start] if lane.start >= 0 else None
    ports = [] if source is None else [p for p in source.bots if p.net == lane.net]
    return source.enters - ports[0].u if source is not None and ports else None


def _stack(laid: _Laid, whole: Shape) -> None:
    """Set the rows one below the other with the lines between them."""
    grid, rows = laid.grid, laid.rows
    reached = [0.0] * len(grid.lanes)
    v = 0.0
    for at, row in enumerate(rows):
        beside = {column: _beside(laid, at, column) for column in row}
        if at:
            routed = route(_joint(laid, at, beside))
            whole.tracks += moved(routed.tracks, 0.0, v)
            aside = {lane for lanes in beside.values() for lane in lanes}
            for lane in range(len(grid.lanes)):
                begins, stops = grid.lanes[lane].start == at - 1, at in grid.lanes[lane].stops
                if stops and lane not in aside:
                    _draw(laid, lane, reached, v, whole)
                if begins or (stops and lane not in aside):
                    reached[lane] = v + routed.length
            v += routed.length
        else:
            _enter(laid, whole)
        length = max(shape.length for shape in row.values())
        for column, shape in row.items():
            u = laid.axis(at, column)
            whole.parts.append((u, v, shape))
            whole.tracks += [
                Track(p.net, ((p.u + u, v + shape.length), (p.u + u, v + length)))
                for p in shape.bots
                if length > shape.length
            ]
            du, dv, first = _entrance(laid, at, column)
            _come_in(laid, beside[column], reached, whole, (u + du, v + dv, first), at)
        v += length
    whole.length = v
    _leave(laid, reached, whole)


def _enter(laid: _Laid, whole: Shape) -> None:
    """Tell where tensors come to the first row, and to lanes from outside."""
    for column, shape in laid.rows[0].items():
        u = laid.axis(0, column)
        whole.tops += [Port(p.net, p.u + u, p.ends) for p in shape.tops]
        for net, at in shape.wants.items():
            whole.wants.setdefault(net, at + u)
    for lane, u in zip(laid.grid.lanes, laid.lanes, strict=True):
        if lane.start < 0:
            whole.tops.append(Port(lane.net, u))
            whole.wants.setdefault(lane.net, u)


def _leave(laid: _Laid, reached: list[float], whole: Shape) -> None:
    """Tell where tensors leave the last row, and lanes."""
    last = len(laid.rows) - 1
    for column, shape in laid.rows[last].items():
        whole.bots += [Port(p.net, p.u + laid.axis(last, column)) for p in shape.bots]
    for at, lane in enumerate(laid.grid.lanes):
        if lane.stops[-1] == len(laid.rows):
            _draw(laid, at, reached, whole.length, whole)
            whole.bots.append(Port(lane.net, laid.lanes[at]))


def _beside(laid: _Laid, row: int, column: int) -> list[int]:
    """Give the lanes that come into a closed box from its left side, shorter ones first: those of its column."""
    _, _, shape = _entrance(laid, row, column)
    if not shape.sides or shape.chips or not row:
        return []
    above = {p.net for other in laid.rows[row - 1].values() for p in other.bots}
    read = {port.net for port in shape.tops}
    found = [
        at
        for at, lane in enumerate(laid.grid.lanes)
        if lane.column == column
        and row in lane.stops
        and lane.net in read - above
        and not _is_read_elsewhere(laid, lane, row, column)
    ]
    room = int(shape.rect[3] // 8)
    places = {laid.lanes[at] for at in found}
    return sorted(found, key=lambda at: -laid.lanes[at]) if len(places) <= room else []


def _entrance(laid: _Laid, row: int, column: int) -> tuple[float, float, Shape]:
    term = next(term for c, term in laid.grid.rows[row] if c == column)
    return entrance(term, laid.rows[row][column])


def entrance(term: Term, shape: Shape) -> tuple[float, float, Shape]:
    """Give what lines come to in a part, and its place there: the first of a series."""
    return shape.parts[0] if isinstance(term, Series) and shape.box < 0 else (0.0, 0.0, shape)


def _make_way(term: Term, shape: Shape, came: Mapping[int, float], under: AbstractSet[int]) -> None:
    """Let what comes from other columns come in beside the axis, where the part above gives something else: two tensors
    that change columns would else lie on one another. An open box stands beside the axis itself."""
    if len(shape.tops) != 1 or shape.tops[0].net in under or shape.tops[0].net not in came:
        return
    port = shape.tops[0]
    way = WAY if came[port.net] > 0 else -WAY
    if entrance(term, shape)[2].sides:
        shape.tops = [Port(port.net, port.u + way, port.ends)]
    else:
        shape.enters -= way


def _is_read_elsewhere(laid: _Laid, lane: GridLane, row: int, column: int) -> bool:
    """Tell whether another box of a row reads the tensor of a lane, which then turns above both."""
    others = (shape for c, shape in laid.rows[row].items() if c != column)
    return any(port.net == lane.net for shape in others for port in shape.tops)


def _joint(laid: _Laid, row: int, beside: Mapping[int, Sequence[int]]) -> Joint:
    """Collect what comes from the row above and goes on below."""
    joint = Joint(laid.lanes)
    for column, shape in laid.rows[row - 1].items():
        for port in shape.bots:
            joint.above(port.net, Pin(port.u + laid.axis(row - 1, column)))
    aside = {lane for lanes in beside.values() for lane in lanes}
    for at, lane in enumerate(laid.grid.lanes):
        u = laid.lanes[at]
        if row in lane.stops and at not in aside:
            joint.above(lane.net, Pin(u))
            if lane.stops[-1] > row:
                joint.below(lane.net, Pin(u))
        elif lane.start == row - 1:
            joint.below(lane.net, Pin(u))
    for column, shape in laid.rows[row].items():
        from_side = {laid.grid.lanes[lane].net for lane in beside[column]}
        for port in shape.tops:
            if port.net not in from_side:
                joint.below(port.net, Pin(port.u + laid.axis(row, column), port.ends))
    return joint


def _draw(laid: _Laid, lane: int, reached: list[float], v: float, whole: Shape) -> None:
    """Draw a lane from where it was left to here."""
    if v > reached[lane]:
        points = ((laid.lanes[lane], reached[lane]), (laid.lanes[lane], v))
        whole.tracks.append(Track(laid.grid.lanes[lane].net, points))
        reached[lane] = v


def _come_in(
    laid: _Laid,
    beside: Sequence[int],
    reached: list[float],
    whole: Shape,
    placed: tuple[float, float, Shape],
    row: int,
) -> None:
    """Let lanes come in at the left side of a box, the outer ones below the inner ones."""
    axis, v, shape = placed
    u, top, _, along = shape.rect
    places = sorted({laid.lanes[lane] for lane in beside}, reverse=True)
    for lane in beside:
        net, x = laid.grid.lanes[lane].net, laid.lanes[lane]
        height = v + top + along * (places.index(x) + 1) / (len(places) + 1)
        points = ((x, reached[lane]), (x, height), (axis + u, height))
        whole.tracks.append(Track(net, points, True))
        if laid.grid.lanes[lane].stops[-1] > row:
            reached[lane] = height
