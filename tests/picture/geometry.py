"""What holds of every picture, checked on where its boxes, lines and texts are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from netdsl.picture.cells import HEAD, is_bare
from netdsl.picture.draw import flatten
from netdsl.picture.drawing import Text
from netdsl.picture.joints import Track
from netdsl.picture.picture import Picture

Rect = tuple[float, float, float, float]
Point = tuple[float, float]

NEAR = 0.01


def faults(picture: Picture) -> list[str]:
    """Give what is wrong with a picture."""
    seen = _Seen(picture)
    return [
        *seen.overlaps(),
        *seen.crossed(),
        *seen.loose_ends(),
        *seen.unjoined(),
        *seen.texts(),
        *seen.on_one_another(),
        *seen.named(),
    ]


class _Seen:
    def __init__(self, picture: Picture) -> None:
        self.opened, shape = picture.composed
        self.is_down = picture.style.is_down
        placed = flatten(shape, self.is_down)
        self.boxes = picture.cells.boxes
        self.rects: dict[int, Rect] = {n: (x, y, x + w, y + h) for n, x, y, w, h in placed.boxes}
        self.tracks = placed.tracks
        self.chips = [(c.net, (c.u, c.v, c.u + c.across, c.v + c.along)) for c in placed.chips]
        self.lines = [t for t in self.tracks if not any(_leaves(t, *chip) for chip in self.chips)]
        self.drawing = picture.drawing
        self.nested = picture.nested

    def is_open(self, number: int) -> bool:
        return (not self.boxes[number].is_leaf and number in self.opened) or not number

    def name(self, number: int) -> str:
        box = self.boxes[number]
        return f"{number} {box.lines[0].name if box.lines else ''}"

    def overlaps(self) -> Iterator[str]:
        """No two boxes of a region overlap, and each is inside the one around it."""
        for number in self.rects:
            if not self.is_open(number):
                continue
            children = [c.number for c in self.boxes[number].children]
            for at, one in enumerate(children):
                if not _inside(self.rects[one], self.rects[number]):
                    yield f"{self.name(one)} is not inside {self.name(number)}"
                for two in children[at + 1 :]:
                    if _overlap(self.rects[one], self.rects[two]):
                        yield f"{self.name(one)} and {self.name(two)} overlap"

    def crossed(self) -> Iterator[str]:
        """No line passes through a closed box, nor through the head of an open one."""
        for number, (x0, y0, x1, y1) in self.rects.items():
            box = self.boxes[number]
            if not self.is_open(number):
                shut = (x0, y0, x1, y1)
            elif is_bare(box):
                continue
            else:
                shut = (x0, y0, x1, y0 + HEAD)
            for track in self.tracks:
                for a, b in pairwise(track.points):
                    if _overlap(
                        (min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])), shut
                    ):
                        yield f"a line of {track.net} crosses {self.name(number)}"

    def loose_ends(self) -> Iterator[str]:
        """Every arrow ends at the edge of a box that reads the tensor."""
        for track in self.tracks:
            if track.arrow and not any(
                track.net in (*self.boxes[n].ins, *self.boxes[n].tags)
                and self._at(track.points[-1], n)
                for n in self.rects
            ):
                yield f"an arrow of {track.net} ends nowhere"

    def unjoined(self) -> Iterator[str]:
        """Every box that shows and reads a tensor is joined to what gives it, by lines and through heads."""
        for net in sorted({track.net for track in self.lines}):
            points = self._joined(net)
            ends = [n for n, r in self.rects.items() if net in self.boxes[n].ins]
            starts = [n for n, r in self.rects.items() if net in self.boxes[n].outs]
            roots = {p for n in starts for p in points if self._at(p, n)}
            groups = {points[p] for p in roots}
            if len(groups) != 1:
                yield f"{net} leaves in {len(groups)} pieces"
            for number in ends:
                at = [points[p] for p in points if self._at(p, number)]
                if not groups & set(at):
                    yield f"{net} does not reach {self.name(number)}"
        drawn = {track.net for track in self.lines}
        for number in self.rects:
            for net in self.boxes[number].ins:
                if net not in drawn:
                    yield f"{net} is not drawn to {self.name(number)}"

    def _at(self, point: Point, number: int) -> bool:
        """Tell whether a line that begins or ends here does so at a box, or at the sheets behind it."""
        return _on_edge(point, self.rects[number]) or _on_edge(point, self._with_sheets(number))

    def _with_sheets(self, number: int) -> Rect:
        x0, y0, x1, y1 = self.rects[number]
        more = 6.0 if self.boxes[number].times > 1 else 0.0
        return (x0, y0, x1, y1 + more) if self.is_down else (x0, y0, x1 + more, y1)

    def _joined(self, net: int) -> dict[Point, int]:
        """Number the pieces that the lines of a tensor hang together in, by their corners."""
        segments = [(a, b) for t in self.lines if t.net == net for a, b in pairwise(t.points)]
        points = sorted({p for segment in segments for p in segment})
        group = {p: at for at, p in enumerate(points)}

        def find(at: int, of: list[int]) -> int:
            while of[at] != at:
                at = of[at]
            return at

        of = list(range(len(points)))
        for a, b in segments:
            for p in points:
                if _on_segment(p, a, b):
                    of[find(group[p], of)] = find(group[a], of)
        for number, (x0, y0, x1, _) in self.rects.items():
            if self.is_down and self.is_open(number) and not is_bare(self.boxes[number]):
                over = [
                    p for p in points if abs(p[1] - y0) < NEAR and x0 - NEAR <= p[0] <= x1 + NEAR
                ]
                for p in over:
                    for q in points:
                        if abs(q[0] - p[0]) < NEAR and abs(q[1] - y0 - HEAD) < NEAR:
                            of[find(group[p], of)] = find(group[q], of)
        return {p: find(group[p], of) for p in points}

    def named(self) -> Iterator[str]:
        """What comes by name to a box that shows has an arrow; a name is on no box, no line and no other name."""
        for number in self.rects:
            for net in () if self.is_open(number) else self.boxes[number].tags:
                leaving = [
                    t for t in self.tracks for c in self.chips if _leaves(t, *c) and c[0] == net
                ]
                if not any(self._at(t.points[-1], number) for t in leaving):
                    yield f"{net} does not come by name to {self.name(number)}"
        wide, high = self.drawing.width, self.drawing.height
        for at, (net, rect) in enumerate(self.chips):
            x0, y0, x1, y1 = rect
            if x0 < 0 or y0 < 0 or x1 > wide or y1 > high:
                yield f"the name of {net} is outside"
            for number, other in self.rects.items():
                head = other[1] + (0 if is_bare(self.boxes[number]) else HEAD)
                if _overlap(rect, (*other[:3], head) if self.is_open(number) else other):
                    yield f"the name of {net} is on {self.name(number)}"
            for other_net, other in self.chips[at + 1 :]:
                if _overlap(rect, other):
                    yield f"the names of {net} and {other_net} overlap"
            for track in self.tracks:
                for p, q in pairwise(track.points):
                    if _overlap(_around(p, q), rect):
                        yield f"the name of {net} is crossed by a line of {track.net}"

    def texts(self) -> Iterator[str]:
        """Every text is inside the picture; what is written beside a line is on no closed box."""
        wide, high = self.drawing.width, self.drawing.height
        for mark in self.drawing.marks:
            if not isinstance(mark, Text):
                continue
            start = {"start": 0.0, "middle": mark.width / 2, "end": mark.width}[mark.anchor]
            x0, x1 = mark.x - start, mark.x - start + mark.width
            y0, y1 = mark.y - 0.7 * mark.size, mark.y
            if x0 < 0 or y0 < 0 or x1 > wide or y1 > high:
                yield f"{mark.text!r} is outside"
            if mark.role != "shape":
                continue
            for number, rect in self.rects.items():
                if not self.is_open(number) and _overlap((x0, y0, x1, y1), rect):
                    yield f"{mark.text!r} is on {self.name(number)}"
            for track in self.tracks:
                for a, b in pairwise(track.points):
                    if _overlap(_around(a, b), (x0, y0, x1, y1)):
                        yield f"{mark.text!r} is crossed by a line of {track.net}"

    def on_one_another(self) -> Iterator[str]:
        """Two tensors have lines of their own, unless both end in the same place, or lead to one and nowhere else."""
        along: dict[tuple[int, float], list[tuple[float, float, int, Point, Point]]] = {}
        for track in self.tracks:
            for a, b in pairwise(track.points):
                axis = 0 if a[0] == b[0] else 1
                low, high = sorted((a[1 - axis], b[1 - axis]))
                row = along.setdefault((axis, round(a[axis], 3)), [])
                row.append((low, high, track.net, track.points[-1], b))
        for pieces in along.values():
            for at, (low, high, net, end, on) in enumerate(pieces):
                for low2, high2, other, end2, on2 in pieces[at + 1 :]:
                    if net == other or end == end2 or min(high, high2) - max(low, low2) <= 0.5:
                        continue
                    ends = self._leads_to(net, on)
                    if len(ends) != 1 or ends != self._leads_to(other, on2):
                        yield f"lines of {net} and {other} lie on one another"

    def _leads_to(self, net: int, point: Point) -> set[Point]:
        """Give where the lines of a tensor end that lead on from a point."""
        segments = [(a, b, t) for t in self.tracks if t.net == net for a, b in pairwise(t.points)]
        found: set[Point] = set()
        seen: set[Point] = set()
        pending = [point]
        while pending:
            at = pending.pop()
            if at in seen:
                continue
            seen.add(at)
            for a, b, track in segments:
                if _on_segment(at, a, b) and not _near(at, b):
                    pending.append(b)
                elif _near(at, b) and track.arrow and _near(b, track.points[-1]):
                    found.add((round(b[0], 2), round(b[1], 2)))
        return found


def _near(one: Point, two: Point) -> bool:
    return abs(one[0] - two[0]) < NEAR and abs(one[1] - two[1]) < NEAR


def _leaves(track: Track, net: int, rect: Rect) -> bool:
    """Tell whether a line begins at a name that stands in place of one."""
    return track.net == net and _on_edge(track.points[0], rect)


def _around(a: Point, b: Point) -> Rect:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])


def _inside(inner: Rect, outer: Rect) -> bool:
    return (
        inner[0] >= outer[0] - NEAR
        and inner[1] >= outer[1] - NEAR
        and inner[2] <= outer[2] + NEAR
        and inner[3] <= outer[3] + NEAR
    )


def _overlap(one: Rect, two: Rect) -> bool:
    return (
        one[0] < two[2] - NEAR
        and two[0] < one[2] - NEAR
        and one[1] < two[3] - NEAR
        and two[1] < one[3] - NEAR
    )


def _on_edge(point: Point, rect: Rect) -> bool:
    x, y = point
    x0, y0, x1, y1 = rect
    across = x0 - NEAR <= x <= x1 + NEAR
    along = y0 - NEAR <= y <= y1 + NEAR
    return (across and min(abs(y - y0), abs(y - y1)) < NEAR) or (
        along and min(abs(x - x0), abs(x - x1)) < NEAR
    )


def _on_segment(point: Point, a: Point, b: Point) -> bool:
    x, y = point
    return (
        min(a[0], b[0]) - NEAR <= x <= max(a[0], b[0]) + NEAR
        and min(a[1], b[1]) - NEAR <= y <= max(a[1], b[1]) + NEAR
    )
