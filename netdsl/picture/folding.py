"""Which boxes are open: down to a depth, or as many as fit a page.

Where everything does not fit, boxes that are like one that is open already are closed, then deeper ones, so that each
kind of block is shown once.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from netdsl.picture.boxes import Box
from netdsl.picture.cells import Cells, names_all
from netdsl.picture.columns import in_columns
from netdsl.picture.compose import Composer
from netdsl.picture.shapes import Shape, Style
from netdsl.picture.terms import Item, Row, Term, main_series
from netdsl.picture.ushape import u_shape

PAGE = (1050.0, 1450.0)  # a page, with the type of pictures at half its size there
MOST_TRIED = 40  # blocks that are opened one after the other, to see whether they fit
FEWEST_SHOWN = 7  # with fewer there is nothing to see, and a larger picture is better
LONGER = 1.3  # of a page, where otherwise no block would be open
MOST_SHOWN = 400  # of more boxes it is not tried whether they fit


def compose(cells: Cells, opened: frozenset[int], style: Style) -> Shape:
    """Put the picture together with some boxes open."""
    root = cells.nested.root
    opened |= {root.number}
    u = cells.u

    def own(term: Term) -> Shape | None:
        is_u = u is not None and term is main_series(cells.cells[root.number].term)
        return u_shape(u, cells.cells, opened, style) if is_u and u is not None else None

    return Composer(cells.cells, opened, style, own).shape(Item(root.number))


def wrapped(cells: Cells, opened: frozenset[int], style: Style, shape: Shape) -> Shape:
    """Set a picture that is far longer than a page in columns, where that can be."""
    root = cells.cells[cells.nested.root.number]
    term = main_series(root.term)
    if term is None or cells.u is not None:
        return shape
    _, _, inner = shape.parts[0]
    if isinstance(root.term, Row):
        _, _, inner = inner.parts[root.term.main]
    columns = in_columns(term, inner, cells.cells, opened | {root.number}, style, PAGE)
    if columns is None:
        return shape

    def own(part: Term) -> Shape | None:
        return columns if part is term else None

    return Composer(cells.cells, opened | {root.number}, style, own).shape(Item(root.number))


def down_to(root: Box, depth: int) -> frozenset[int]:
    """Give the boxes that are open where blocks are shown to a depth."""
    return frozenset(b.number for b in root.within() if not b.is_leaf and b.depth <= depth)


def fitting(cells: Cells, style: Style) -> tuple[frozenset[int], Shape]:
    """Open as many boxes as fit a page."""
    found: tuple[frozenset[int], Shape] | None = None
    root = cells.nested.root
    for opened in _candidates(root):
        if found is not None and _shown(root, opened) < FEWEST_SHOWN:
            break
        shape = compose(cells, opened, style)
        found = opened, shape
        if fits(shape):
            return _opened_further(cells, opened, shape, style)
    assert found is not None
    return found


def _opened_further(
    cells: Cells, opened: frozenset[int], shape: Shape, style: Style
) -> tuple[frozenset[int], Shape]:
    """Open one block after the other of which none like it is open, as long as everything fits. In a U, turns that name
    all that is in them stay closed: one that is open draws both arms apart."""
    root = cells.nested.root
    alike = _shapes_of(root)
    known = {alike[number] for number in opened}
    waiting = [box for box in _shown_boxes(root, opened) if box.number not in opened]
    if cells.u is not None:
        known |= {alike[box.number] for box in root.within() if names_all(box)}
    is_shut = all(
        box is root or box.role == "turn" or box.number not in opened
        for box in _shown_boxes(root, opened)
    )
    for _ in range(MOST_TRIED):
        box = next(
            (b for b in waiting if b.children and not b.single and alike[b.number] not in known),
            None,
        )
        if box is None:
            break
        waiting.remove(box)
        known.add(alike[box.number])
        tried = compose(cells, opened | {box.number}, style)
        if fits(tried, LONGER if is_shut else 1.0):
            opened, shape, is_shut = opened | {box.number}, tried, False
            waiting = [*waiting, *box.children]
    return opened, shape


def fits(shape: Shape, longer: float = 1.0) -> bool:
    across, along = PAGE
    return shape.left + shape.right <= across and shape.length <= longer * along


def _candidates(root: Box) -> Iterator[frozenset[int]]:
    deepest = max((box.depth for box in root.within() if not box.is_leaf), default=0)
    alike, plain = _shapes_of(root), _plain(root)
    seen: set[frozenset[int]] = set()
    for depth in range(deepest, -1, -1):
        for only_first in (False, True):
            shut = frozenset() if depth == deepest and not seen else plain
            opened = _opened(root, depth, alike if only_first else None, shut)
            if opened not in seen and (depth == 0 or _shown(root, opened) <= MOST_SHOWN):
                seen.add(opened)
                yield opened


def _opened(
    root: Box, depth: int, alike: dict[int, Hashable] | None, shut: frozenset[int]
) -> frozenset[int]:
    """Open boxes to a depth but for some; with `alike` only the first of those that look the same."""
    found: set[int] = set()
    known: set[Hashable] = set()
    pending = [root]
    while pending:
        box = pending.pop()
        if box.is_leaf or box.depth > depth:
            continue
        if alike is not None and box is not root:
            if alike[box.number] in known:
                continue
            known.add(alike[box.number])
        if depth and (box.single is not None or box.number in shut):
            continue  # closed it says as much, or enough
        found.add(box.number)
        pending += reversed(box.children)
    for box in [*root.within()][
        ::-1
    ]:  # a block that shows one closed block tells no more than when it is closed
        only = box.children[0] if len(box.children) == 1 else None
        if only is not None and box is not root and not only.is_leaf and only.number not in found:
            found.discard(box.number)
    return frozenset(found)


def _plain(root: Box) -> frozenset[int]:
    """Give the blocks in which nothing is learned, where elsewhere something is: they are opened last."""
    learns: set[int] = set()
    for box in [*root.within()][::-1]:
        own = any(atom.node.operation.weights for atom in box.atoms)
        if own or any(child.number in learns for child in box.children):
            learns.add(box.number)
    if root.number not in learns:
        return frozenset()
    return frozenset(
        b.number for b in root.within() if b.role == "block" and b.number not in learns
    )


def _shown(root: Box, opened: frozenset[int]) -> int:
    return sum(1 for _ in _shown_boxes(root, opened))


def _shown_boxes(root: Box, opened: frozenset[int]) -> Iterator[Box]:
    pending = [root]
    while pending:
        box = pending.pop()
        yield box
        if box.number in opened:
            pending += reversed(box.children)


def _shapes_of(root: Box) -> dict[int, Hashable]:
    """Describe each box so that those of one block that are built alike, whatever their numbers, are equal."""
    found: dict[int, Hashable] = {}
    known: dict[Hashable, int] = {}
    for box in [*root.within()][::-1]:
        name = box.lines[0].name if box.lines else ""
        inner = tuple(found[child.number] for child in box.children)
        key = (box.role, name, len(box.lines), len(box.ins), inner)
        found[box.number] = known.setdefault(key, len(known))
    return found
