"""Optional parts: what one variant of a unit has and another has not becomes `if project { … }`, and the two one block.

People write the first cell of a stack, which projects its shortcut, as the same block as the others. So where two
windows with a join are alike but for some stages that one of them lacks, both get these as an optional part, present or
absent, and are made a block of. What an absent part would be given follows from what the rest of its window is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from netdsl.catalog import has_role
from netdsl.elaborate.plans.naming import snake_case
from netdsl.importer import cost
from netdsl.importer.fold import Folder, Program, Recurring, Window, links_of
from netdsl.importer.network import Given
from netdsl.importer.terms import (
    ENTERING,
    Block,
    Item,
    Join,
    Leaf,
    Optional,
    Parameter,
    Repeat,
    Shapes,
    Side,
    Use,
    all_rows,
    argument_name,
    holds_parameter,
    renamed,
    slots_in,
    slots_of,
    walk,
)

#: Stages of a window, windows that are looked at, and merges of one program.
LONGEST, MOST_WINDOWS, MOST_MERGES = 8, 120, 6

#: What the variants have in common must cost so many tokens.
LEAST_COMMON = 10


class Place(NamedTuple):
    """Where an optional part stands: the way to its row, as items and branches, and the items of it there."""

    way: tuple[tuple[int, int], ...]
    start: int
    end: int


def merge_variants(program: Program, folder: Folder) -> bool:
    """Make one block of variants that differ by an optional part, wherever there are any; tells whether there were."""
    merges = 0
    while merges < MOST_MERGES and _merge_one(program, folder):
        merges += 1
    if merges:
        _inline_what_is_used_once(program)
    return bool(merges)


def _inline_what_is_used_once(program: Program) -> None:
    """Put the row of a block in the place of its only use, and of all if it only uses another block."""
    for block in reversed(program.blocks):
        uses = [
            (row, at)
            for row, _, _ in program.rows()
            for at, item in enumerate(row)
            if isinstance(item, Use) and item.block is block
        ]
        if not uses:  # those that there were are in blocks that were merged
            program.blocks.remove(block)
            continue
        only_calls = len(block.row) == 1 and isinstance(block.row[0], Use)
        if not (len(uses) == 1 or only_calls) or not _is_plain(block):
            continue
        for row, at in sorted(uses, key=lambda use: -use[1]):
            use = row[at]
            assert isinstance(use, Use)
            given = {p.id: use.arguments[argument_name(p)] for p in block.parameters}
            slots = [
                {name: _given(value, given) for name, value in slot.items()}
                for slot in slots_of(block.row)
            ]
            taken = dict(zip(block.taken, use.taken, strict=True))
            inside = renamed(block.row, taken, iter(slots))
            inside[-1].tap = use.tap
            row[at : at + 1] = inside
        program.blocks.remove(block)


def _is_plain(block: Block) -> bool:
    """Tell whether nothing in a block calls what arrives, and no tensor of its own, by name."""
    for item in walk(block.row):
        if isinstance(item, Side) or item.tap is not None:
            return False
        if isinstance(item, Join) and any(b.source == ENTERING for b in item.branches):
            return False
        if isinstance(item, Leaf) and any(s.tap == ENTERING for s in slots_in(item.named)):
            return False
        if isinstance(item, Use) and ENTERING in item.taken:
            return False
    return True


def _given(value: Given, given: Mapping[int, Given]) -> Given:
    """Put what a use gives in place of parameters."""
    if isinstance(value, Parameter) and value.id in given:
        found = given[value.id]
        if isinstance(found, Parameter):
            factor, divisor = found.factor * value.factor, found.divisor * value.divisor
            return Parameter(found.id, factor, divisor)
        return (
            found if value.factor == value.divisor == 1 else found * value.factor // value.divisor
        )
    if isinstance(value, tuple):
        return tuple(_given(item, given) for item in value)
    return value


def _merge_one(program: Program, folder: Folder) -> bool:
    shapes = Shapes()
    windows = list(_windows(program))
    if len(windows) > MOST_WINDOWS:
        return False
    best: tuple[int, Window, Window, Place] | None = None
    for fuller in windows:
        for barer in windows:
            if fuller is barer or _overlap(fuller, barer):
                continue
            place = _difference(fuller.items, barer.items, shapes)
            if place is None or not _may_differ(fuller, barer, place, program):
                continue
            if barer.block in _blocks_used(fuller.items):  # it would be made of itself
                continue
            common = cost.of_row(barer.items)
            part = cost.of_row(_part(fuller.items, place))
            if common >= max(LEAST_COMMON, part) and (best is None or common > best[0]):
                best = (common, fuller, barer, place)
    if best is None:
        return False
    _, fuller, barer, place = best
    with_part = _alike(fuller, windows, shapes, [barer])
    without = _alike(barer, windows, shapes, with_part)
    used = _blocks_used(fuller.items)
    without = [window for window in without if window.block not in used]
    _merge(folder, with_part, without, place)
    return True


def _blocks_used(items: list[Item]) -> list[Block]:
    """Give the blocks that a row uses, those that they use too."""
    found: list[Block] = []
    pending = [items]
    while pending:
        for item in walk(pending.pop()):
            if isinstance(item, Use) and item.block not in found:
                found.append(item.block)
                pending.append(item.block.row)
    return found


def _windows(program: Program) -> Iterator[Window]:
    """Give the windows that may be a unit: with a join, and no side; a branch of a join is none by itself."""
    joins = (i for row in program.bodies() for i in walk(row) if isinstance(i, Join))
    inside = {id(row) for join in joins for branch in join.branches for row in all_rows(branch.row)}
    for row, entering, block in program.rows():
        for start in range(0 if id(row) not in inside else len(row), len(row)):
            arriving = entering if start == 0 else row[start - 1].tap
            for length in range(1, min(LONGEST, len(row) - start) + 1):
                items = row[start : start + length]
                if isinstance(items[-1], Repeat | Optional) or isinstance(row[start], Side):
                    break
                if any(isinstance(item, Join) for item in items):
                    yield Window(row, start, length, arriving, block)


def _overlap(one: Window, other: Window) -> bool:
    if one.row is other.row:
        return one.start < other.start + other.length and other.start < one.start + one.length
    inside = (inner for item in one.items for inner in walk([item]))
    rows = [row for item in inside for row in _rows(item)]
    others = [row for item in other.items for inner in walk([item]) for row in _rows(inner)]
    return any(row is other.row for row in rows) or any(row is one.row for row in others)


def _rows(item: Item) -> list[list[Item]]:
    if isinstance(item, Join):
        return [branch.row for branch in item.branches]
    return [item.row] if isinstance(item, (Side, Repeat, Optional)) else []


def _difference(fuller: list[Item], barer: list[Item], shapes: Shapes) -> Place | None:
    """Give the place of the stages that one row has and the other has not; None where they differ otherwise."""
    shorter = min(len(fuller), len(barer))
    start = 0
    while start < shorter and shapes.of(fuller[start]) == shapes.of(barer[start]):
        start += 1
    behind = 0
    while behind < shorter - start and shapes.of(fuller[-1 - behind]) == shapes.of(
        barer[-1 - behind]
    ):
        behind += 1
    end, other_end = len(fuller) - behind, len(barer) - behind
    if start == other_end and start < end:
        return Place((), start, end)
    if end - start != 1 or other_end - start != 1:
        return None
    one, other = fuller[start], barer[start]
    if not isinstance(one, Join) or not isinstance(other, Join):
        return None
    return _in_join(one, other, start, shapes)


def _in_join(one: Join, other: Join, at: int, shapes: Shapes) -> Place | None:
    """Look for the place in the one branch of two joins that differs."""
    if shapes.of(one.leaf) != shapes.of(other.leaf) or len(one.branches) != len(other.branches):
        return None
    unlike = [
        number
        for number, (a, b) in enumerate(zip(one.branches, other.branches, strict=True))
        if min(a.source, 0) != min(b.source, 0) or shapes.of_row(a.row) != shapes.of_row(b.row)
    ]
    if len(unlike) != 1:
        return None
    (number,) = unlike
    a, b = one.branches[number], other.branches[number]
    if a.source != b.source:
        return None
    found = _difference(a.row, b.row, shapes)
    return None if found is None else Place(((at, number), *found.way), found.start, found.end)


def _part(items: list[Item], place: Place) -> list[Item]:
    return _row_at(items, place)[place.start : place.end]


def _row_at(items: list[Item], place: Place) -> list[Item]:
    row = items
    for at, number in place.way:
        join = row[at]
        assert isinstance(join, Join)
        row = join.branches[number].row
    return row


def _may_differ(fuller: Window, barer: Window, place: Place, program: Program) -> bool:
    """Tell whether the windows are tied to the rest in one way, and the part is tied to nothing but what arrives."""
    part = _part(fuller.items, place)
    plain = all(
        isinstance(item, (Leaf, Use))
        and item.tap is None
        and not (isinstance(item, Leaf) and (item.named or item.kind[0] in ("shared", "take")))
        and not (isinstance(item, Use) and item.taken)
        for item in part
    )
    if not plain or (not place.way and not _keeps_join(fuller, place)):
        return False
    references = program.references()
    one, other = links_of(fuller, references), links_of(barer, references)
    return (
        one.signature == other.signature
        and not one.leaks
        and not other.leaks
        and len(one.taken) < 3
        and (fuller.entering is None) == (barer.entering is None)
    )


def _keeps_join(window: Window, place: Place) -> bool:
    """Tell whether a join stands outside the part."""
    items = window.items
    return any(isinstance(i, Join) for i in (*items[: place.start], *items[place.end :]))


def _alike(
    window: Window, windows: list[Window], shapes: Shapes, others: list[Window]
) -> list[Window]:
    """Give a window with all of its shape, none over another, nor over those of the other shape."""
    wanted = [shapes.of(item) for item in window.items]
    found = [window]
    for other in windows:
        if [shapes.of(item) for item in other.items] == wanted and not any(
            other is known or _overlap(other, known) for known in (*found, *others)
        ):
            found.append(other)
    return found


def _merge(folder: Folder, fuller: list[Window], barer: list[Window], place: Place) -> None:
    """Put the part, present or absent, in all windows, and make a block of them."""
    first = fuller[0]
    part = _part(first.items, place)
    outside = _outside(first.items, place)
    made: list[tuple[Window, list[Item]]] = []
    for window in fuller:
        items = _with_part(window.items, place, _part(window.items, place), True)
        made.append((window, items))
    for window in barer:
        slots = _transferred(part, outside, slots_of(window.items))
        mine = renamed(part, {}, iter(_in_scope(slots, window, folder.program)))
        bare = Place(place.way, place.start, place.start)
        made.append((window, _with_part(window.items, bare, mine, False)))
    windows = folder.replaced(made)
    folder.make_block(Recurring(windows, 0))


def _outside(items: list[Item], place: Place) -> list[Mapping[str, Given]]:
    """Give the slots of a window without those of its part."""
    return slots_of(_with_part(items, place, [], None))


def _with_part(
    items: list[Item], place: Place, part: list[Item], is_there: bool | None
) -> list[Item]:
    """Copy a row with an optional part in the place of what stands there; none where it is not said whether it is."""
    if not place.way:
        optional: list[Item] = [] if is_there is None else [Optional(part, {"when": is_there})]
        return [*items[: place.start], *optional, *items[place.end :]]
    (at, number), *rest = place.way
    join = items[at]
    assert isinstance(join, Join)
    branches = list(join.branches)
    inner = Place(tuple(rest), place.start, place.end)
    branches[number] = branches[number].with_row(
        _with_part(branches[number].row, inner, part, is_there)
    )
    return [*items[:at], Join(branches, join.leaf, join.tap), *items[at + 1 :]]


def _transferred(
    part: list[Item], outside: list[Mapping[str, Given]], other: list[Mapping[str, Given]]
) -> list[Mapping[str, Given]]:
    """Give what the part would be given in another window: what is as a value of the rest is as that is there."""
    pairs = [
        (value, theirs[name])
        for mine, theirs in zip(outside, other, strict=True)
        for name, value in mine.items()
        if name in theirs
    ]
    return [{name: _moved(value, pairs) for name, value in slot.items()} for slot in slots_of(part)]


def _in_scope(
    slots: list[Mapping[str, Given]], window: Window, program: Program
) -> list[Mapping[str, Given]]:
    """Put a value in the place of parameters that do not reach a window: the part is absent there, so any will do."""
    reach = _parameters_at(window, program)
    given = {p: value for p, value in _some_values(program) if p not in reach}
    return [{name: _given(value, given) for name, value in slot.items()} for slot in slots]


def _parameters_at(window: Window, program: Program) -> set[int]:
    """Give the parameters of the block, and the variables of the loops, that a window is in."""
    found = {p.id for p in window.block.parameters} if window.block is not None else set()
    for item in (item for body in program.bodies() for item in walk(body)):
        if isinstance(item, Repeat) and any(row is window.row for row in all_rows(item.row)):
            found |= {column.id for column in item.columns}
    return found


def _some_values(program: Program) -> Iterator[tuple[int, Given]]:
    """Give a value of each parameter and variable, where one is given that is none itself."""
    for item in (item for body in program.bodies() for item in walk(body)):
        if isinstance(item, Use):
            given = [(p.id, item.arguments[argument_name(p)]) for p in item.block.parameters]
        elif isinstance(item, Repeat) and isinstance(rows := item.arguments.get("rows"), tuple):
            given = [(c.id, rows[0][place]) for place, c in enumerate(item.columns)]
        else:
            given = []
        yield from (one for one in given if not holds_parameter(one[1]))


def _moved(value: Given, pairs: list[tuple[Given, Given]]) -> Given:
    """Give a value as it is elsewhere, if it is made of one of some pairs."""
    for mine, theirs in pairs:
        if repr(mine) == repr(value):
            return theirs
    for mine, theirs in pairs:
        times = _times(value, mine)
        if times is not None and isinstance(theirs, (int, Parameter)) and theirs is not True:
            return _multiple(theirs, times)
    return value


def _times(value: Given, base: Given) -> int | None:
    if isinstance(value, Parameter) and isinstance(base, Parameter):
        is_one = value.id == base.id and value.divisor == base.divisor == 1
        return value.factor // base.factor if is_one and value.factor % base.factor == 0 else None
    plain = all(isinstance(v, int) and not isinstance(v, bool) for v in (value, base))
    return value // base if plain and base > 1 and value % base == 0 else None


def _multiple(base: Given, times: int) -> Given:
    if isinstance(base, Parameter):
        return Parameter(base.id, base.factor * times, base.divisor)
    return base * times


def part_name(row: list[Item], parameter: Parameter) -> str | None:
    """Name what says whether a part is there: `project` where it is a branch of its own, else after its first layer."""
    for item in walk(row):
        branches = item.branches if isinstance(item, Join) else []
        for branch in branches:
            if len(branch.row) == 1 and _is_when(branch.row[0], parameter):
                kinds = [i.made.kind for i in walk(branch.row) if isinstance(i, Leaf)]
                if not any(has_role(kind, "pooling") for kind in kinds):
                    return "project"
        if isinstance(item, Optional) and _is_when(item, parameter):
            return _kind_of(item)
    return None


def _kind_of(part: Optional) -> str:
    """Say what a part is, by its first layer or block."""
    kinds = [item.made.kind for item in walk(part.row) if isinstance(item, Leaf)]
    if kinds and has_role(kinds[0], "pooling"):
        return "pool"
    if len(part.row) == 1 and kinds and has_role(kinds[0], "activation"):
        return "activate"
    uses = [item.block.name for item in part.row if isinstance(item, Use)]
    named = [*(name for name in uses if name), *map(snake_case, kinds)]
    return f"with_{named[0]}" if named else "more"


def _is_when(item: Item, parameter: Parameter) -> bool:
    when = item.arguments.get("when") if isinstance(item, Optional) else None
    return isinstance(when, Parameter) and when.id == parameter.id


__all__ = ["merge_variants", "part_name"]
