"""Cells: parts with several tensors on the way that recur, and runs of them that carry several tensors on.

The rows of a body are cut into statements at every tensor that is called by name. What leads to a statement alone is
its cone: tensors of it are called nowhere else. Cones that are alike, as far as they are, become a block whose body has
statements. Statements that follow one another in the same way, each from those one and two before, become a loop that
hands several tensors on:

x, before = [stem2, stem1] -> repeat 5 {
    x, before = _
    output x -> normal(168)(before=before)
    output x
}
"""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from netdsl.importer import cost
from netdsl.importer.fold import MOST_PARAMETERS, Line, Program
from netdsl.importer.terms import (
    ARRIVING,
    ENTERING,
    Block,
    Branch,
    Item,
    Join,
    Leaf,
    Repeat,
    Shapes,
    Side,
    Use,
    argument_name,
    defined_in,
    referred_in,
    renamed,
    taps_at,
    walk,
)
from netdsl.importer.unify import Counter, Unified, unify
from netdsl.importer.waists import parts_between
from netdsl.record import record

#: How many statements a cone may have, tensors that go in besides the one that arrives, and rounds there may be.
MOST_STATEMENTS, MOST_TAKEN, MOST_ROUNDS = 40, 3, 40

#: What must be saved for a block of statements to be worth it.
LEAST = 12


@dataclass(eq=False)
class Statement:
    """A piece of a row up to a tensor with a name; `goes_on` where it was the rest of the row before it."""

    source: int | None
    row: list[Item]
    goes_on: bool = False
    main: int | None = (
        None  # what arrived at the join that it begins with, which has it by name now
    )
    defined: tuple[int, ...] = field(init=False)
    taken: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.defined = tuple(defined_in(self.row))
        own = set(self.defined)
        source = () if self.source is None else (self.source,)
        self.taken = (*source, *(tap for tap in referred_in(self.row) if tap not in own))

    @property
    def end(self) -> int | None:
        """Give the tensor that the row leads to; a loop that leaves several has none."""
        return self.row[-1].tap


def find_cells(program: Program, *, closed: bool = False) -> bool:
    """Make blocks of cones that recur; tells whether there were any.

    With `closed` of those alone that begin at one tensor through which all before them goes.
    """
    statements = cut(program, behind_joins=closed)
    found = _Cells(program, statements)
    is_changed = False
    for _ in range(MOST_ROUNDS):
        if not found.take_best(closed=closed):
            break
        is_changed = True
    if is_changed:
        program.lines = joined(found.statements, program)
    return is_changed


def cut(program: Program, *, behind_joins: bool = False) -> list[Statement]:
    """Cut rows behind every tensor that is called by name, and behind what calls for one; or behind all that joins."""
    references = program.references()
    found: list[Statement] = []
    for line in program.lines:
        source, start = line.source, 0
        for end, item in enumerate(line.row, start=1):
            is_called = item.tap is not None and references[item.tap] > 0
            is_join = behind_joins and isinstance(item, Join)
            if end < len(line.row) and not is_called and not is_join and not referred_in([item]):
                continue
            if end < len(line.row) and item.tap is None:
                item.tap = program.new_tap()
            found.append(_statement(source, line.row[start:end], goes_on=start > 0))
            source, start = item.tap, end
    return found


def _statement(source: int | None, row: list[Item], *, goes_on: bool) -> Statement:
    """Make a statement; a join that it begins with calls all its tensors by name, so that none is before the others."""
    first = row[0]
    if not isinstance(first, Join) or source is None or first.leaf.kind[0] == "op":
        return Statement(source, row, goes_on)
    branches = [Branch(source if b.source == ARRIVING else b.source, b.row) for b in first.branches]
    return Statement(None, [Join(branches, first.leaf, first.tap), *row[1:]], goes_on, source)


def _with_main(statement: Statement) -> Statement:
    """Give a statement as it was before its join called all by name."""
    first, main = statement.row[0], statement.main
    if main is None or not isinstance(first, Join):
        return statement
    branches = [Branch(ARRIVING if b.source == main else b.source, b.row) for b in first.branches]
    row = [Join(branches, first.leaf, first.tap), *statement.row[1:]]
    return Statement(main, row, statement.goes_on)


def joined(statements: list[Statement], program: Program) -> list[Line]:
    """Put pieces together to rows again: where one alone begins at a tensor, or was the rest of the row before."""
    statements = list(map(_with_main, statements))
    after: dict[int, list[Statement]] = {}
    for statement in statements:
        if statement.source is not None:
            after.setdefault(statement.source, []).append(statement)
    ends = {s.end: s for s in statements if s.end is not None}
    next_of: dict[int, Statement] = {}
    for tap, several in after.items():
        rest = several if len(several) == 1 else [s for s in several if s.goes_on][:1]
        if rest and tap in ends:
            next_of[tap] = rest[0]
    inner = {id(statement) for statement in next_of.values()}
    outputs = set(program.outputs)
    whole: list[Statement] = []
    for statement in statements:
        if id(statement) in inner:
            continue
        row = list(statement.row)
        at = statement
        while at.end in next_of:
            at = next_of[at.end]
            row += at.row
        whole.append(Statement(statement.source, row))
    lines = program.lines = [Line(s.source, s.row) for s in ordered(whole)]
    references = program.references()
    for line in lines:
        for item in line.row[:-1]:
            if item.tap is not None and not references[item.tap] and item.tap not in outputs:
                item.tap = None
    return lines


def makers_of(statements: Sequence[Statement]) -> dict[int, Statement]:
    """Give the statement that makes each tensor with a name."""
    return {tap: statement for statement in statements for tap in statement.defined}


def users_of(
    statements: Sequence[Statement], program: Program
) -> dict[int, list[Statement | None]]:
    """Give the statements that take each tensor with a name; None where something else does."""
    found: dict[int, list[Statement | None]] = {}
    for statement in statements:
        for tap in statement.taken:
            found.setdefault(tap, []).append(statement)
    others = (tap for block in program.blocks for tap in referred_in(block.row))
    for tap in (*program.outputs, *others):
        found.setdefault(tap, []).append(None)
    return found


@record(eq=False)
class Cone:
    """Statements that lead to the first of them alone, in the order in which it calls for them; how they are tied."""

    statements: tuple[Statement, ...]
    taken: tuple[int, ...]  # from outside, in the order in which they are met

    @property
    def items(self) -> list[Item]:
        return [item for statement in self.statements for item in statement.row]


@record(eq=False)
class Alike:
    """Cones that are alike, and what making a block of them saves."""

    cones: list[Cone]
    saving: int


class _Cells:
    """Looks for cones among the statements of a program, and makes blocks of them."""

    def __init__(self, program: Program, statements: list[Statement]) -> None:
        self.program, self.statements = program, statements
        self._shapes = Shapes()

    def take_best(self, *, closed: bool) -> bool:
        """Make a block of the cones that save the most; False where none saves enough."""
        self._note()
        candidates = self._between_waists() if closed else self._candidates()
        found = max(candidates, key=lambda alike: alike.saving, default=None)
        if found is None or found.saving < LEAST:
            return False
        self._make(found)
        return True

    def _note(self) -> None:
        self._maker = makers_of(self.statements)
        self._users = users_of(self.statements, self.program)
        self._marks = {id(s): self._shapes.of_row(s.row) for s in self.statements}

    def _candidates(self) -> Iterator[Alike]:
        ends: dict[int, list[Statement]] = {}
        for statement in self.statements:
            if statement.end is not None and not _is_shared(statement.row):
                ends.setdefault(self._marks[id(statement)], []).append(statement)
        for several in ends.values():
            if len(several) < 2:
                continue
            groups: dict[object, list[Statement]] = {}
            for end in several:
                groups.setdefault(self._signature(self._cone(end)), []).append(end)
            tried = [self._extended(g, several) for g in groups.values() if len(g) > 1]
            tried += [several] if len(groups) > 1 else []
            for group in tried:
                alike = self._alike(group)
                if alike is not None:
                    yield alike

    def _between_waists(self) -> Iterator[Alike]:
        """Give parts that are alike, each from one tensor, through which all before it goes, to another."""
        groups: dict[object, list[list[Statement]]] = {}
        for part in parts_between(ordered(self.statements), self._maker):
            if any(_is_shared(s.row) for s in part) or not all(
                self._is_closed(s, part) for s in part[1:]
            ):
                continue
            cone = self._ordered({id(s): s for s in part})
            groups.setdefault(self._signature({id(s): s for s in cone}), []).append(cone)
        for several in groups.values():
            cones = [
                Cone(tuple(part), tuple(dict.fromkeys(self._ties(part)[1])))
                for part in _apart(several)
            ]
            alike = self._measured(cones) if len(cones) > 1 else None
            if alike is not None:
                yield alike

    def _extended(self, group: list[Statement], several: list[Statement]) -> list[Statement]:
        """Add to ends whose cones are alike those whose cone is so as far, and goes on after that."""
        wanted = len(self._settled(group[:2])[0])
        more = [
            end
            for end in several
            if end not in group and len(self._settled([group[0], end])[0]) == wanted
        ]
        return [*group, *more]

    def _cone(self, end: Statement) -> dict[int, Statement]:
        """Give the statements, by their identity, that nothing calls but the cone itself."""
        found = {id(end): end}
        is_growing = True
        while is_growing and len(found) < MOST_STATEMENTS:
            is_growing = False
            for statement in list(found.values()):
                for tap in statement.taken:
                    maker = self._maker.get(tap)
                    if maker is None or id(maker) in found or _is_shared(maker.row):
                        continue
                    users = [user for own in maker.defined for user in self._users.get(own, ())]
                    if all(user is not None and id(user) in found for user in users):
                        found[id(maker)] = maker
                        is_growing = True
        return found

    def _signature(self, cone: Mapping[int, Statement]) -> object:
        ordered = self._ordered(cone)
        ties, outside = self._ties(ordered)
        first = {tap: number for number, tap in reversed(list(enumerate(outside)))}
        return (
            tuple(self._marks[id(s)] for s in ordered),
            ties,
            tuple(first[tap] for tap in outside),
        )

    def _ordered(self, cone: Mapping[int, Statement]) -> list[Statement]:
        """Give the statements of a cone as they are called for, the end first."""
        first = next(iter(cone.values()))
        found: dict[int, Statement] = {}
        pending = [first]
        while pending:
            statement = pending.pop()
            if id(statement) in found:
                continue
            found[id(statement)] = statement
            makers = (self._maker.get(tap) for tap in statement.taken)
            pending += [m for m in makers if m is not None and id(m) in cone][::-1]
        return list(found.values())

    def _ties(self, ordered: Sequence[Statement]) -> tuple[tuple[object, ...], tuple[int, ...]]:
        """Tell where each statement takes its tensors from: a place in the cone, or outside; and those from there."""
        places = {
            tap: (number, place)
            for number, statement in enumerate(ordered)
            for place, tap in enumerate(taps_at(statement.row))
            if tap is not None
        }
        outside: list[int] = []
        found: list[object] = []
        for statement in ordered:
            taken = (*statement.taken, *_own(statement))
            outside += [tap for tap in taken if tap not in places]
            ties = (places.get(tap, "outside") for tap in taken)
            found.append((statement.source is None, *ties))
        return tuple(found), tuple(outside)

    def _alike(self, ends: list[Statement]) -> Alike | None:
        """Follow cones from their ends as long as they are alike, and say what a block of them saves."""
        orders = _apart(self._settled(ends))
        ties = [self._ties(order) for order in orders]
        if len(orders) < 2 or len({tie for tie, _ in ties}) > 1:
            return None
        columns = dict.fromkeys(zip(*(outside for _, outside in ties), strict=True))
        cones = [
            Cone(tuple(order), tuple(column[number] for column in columns))
            for number, order in enumerate(orders)
        ]
        return self._measured(cones)

    def _settled(self, ends: list[Statement]) -> list[list[Statement]]:
        """Give what cones have in common, such that nothing in it is called from outside."""
        found = [self._cone(end) for end in ends]
        while True:
            orders = self._followed(ends, found)
            leaks = {
                number
                for order in orders
                for number, statement in enumerate(order)
                if number and not self._is_closed(statement, order)
            }
            if not leaks:
                return orders
            for cone, order in zip(found, orders, strict=True):
                for number in leaks:
                    cone.pop(id(order[number]), None)

    def _followed(
        self, ends: list[Statement], cones: list[dict[int, Statement]]
    ) -> list[list[Statement]]:
        """Walk several cones in lockstep; gives the statements of each that all have in the same place."""
        found: list[dict[int, Statement]] = [{} for _ in ends]
        pending = [tuple(ends)]
        while pending:
            several = pending.pop()
            known = [id(s) in mine for s, mine in zip(several, found, strict=True)]
            marks = {self._marks[id(s)] for s in several}
            if any(known) or len(marks) > 1 or len({len(s.taken) for s in several}) > 1:
                continue
            for statement, mine in zip(several, found, strict=True):
                mine[id(statement)] = statement
            for taps in list(zip(*(s.taken for s in several), strict=True))[::-1]:
                makers = [self._maker.get(tap) for tap in taps]
                inside = [
                    maker
                    for maker, cone in zip(makers, cones, strict=True)
                    if maker is not None and id(maker) in cone
                ]
                if len(inside) == len(ends):
                    pending.append(tuple(inside))
        return [list(mine.values()) for mine in found]

    def _is_closed(self, statement: Statement, order: Sequence[Statement]) -> bool:
        inside = set(map(id, order))
        users = (user for tap in statement.defined for user in self._users.get(tap, ()))
        return all(user is not None and id(user) in inside for user in users)

    def _measured(self, cones: list[Cone]) -> Alike | None:
        cones = sorted(cones, key=lambda cone: len(set(cone.taken)) < len(cone.taken))
        first = cones[0]  # what goes in is told apart in it
        if len(set(first.taken)) < len(first.taken):
            return None
        is_small = len(first.statements) == 1 and len(first.items) < 2
        ends = [cone.statements[0].defined for cone in cones]
        leaks = any(
            self._users.get(tap) and tap != cone.statements[0].end
            and any(u is None or id(u) not in set(map(id, cone.statements)) for u in self._users[tap])
            for cone, defined in zip(cones, ends, strict=True)
            for tap in defined
        )  # fmt: skip
        if len(cones) < 2 or is_small or leaks or not 0 < len(first.taken) <= MOST_TAKEN:
            return None
        if _main_of(first) is None:
            return None
        unified = unify([cone.items for cone in cones], Counter(), MOST_PARAMETERS, is_closed=True)
        if unified is None:
            return None
        before = sum(cost.of_row(cone.items) + 2 * len(cone.statements) for cone in cones)
        body = cost.of_row(first.items) + 3 * len(first.statements) + 4 * len(first.taken)
        cells = sum(cost.of_value(v) + 1 for column in unified.values for v in column)
        head = 6 + 4 * len(unified.parameters)
        calls = len(cones) * (6 + 4 * (len(first.taken) - 1)) + cells
        return Alike(cones, before - body - head - calls)

    def _make(self, alike: Alike) -> None:
        program = self.program
        cones = alike.cones
        unified = unify(
            [cone.items for cone in cones], program.counter, MOST_PARAMETERS, is_closed=True
        )
        assert unified is not None
        main = _main_of(cones[0])
        assert main is not None
        place = _entering(cones[0], main)
        block = self._block(cones[0], unified, main, place)
        for number, cone in enumerate(cones):
            values = [column[number] for column in unified.values]
            given = {argument_name(p): v for p, v in zip(unified.parameters, values, strict=True)}
            taken = tuple(tap for at, tap in enumerate(cone.taken) if at != place)
            use = Use(block, given, taken, cone.statements[0].end)
            gone = set(map(id, cone.statements))
            goes_on = any(s.goes_on for s in cone.statements if s.source == cone.taken[place])
            at = next(n for n, s in enumerate(self.statements) if s is cone.statements[0])
            self.statements[at] = Statement(cone.taken[place], [use], goes_on=goes_on)
            self.statements = [s for s in self.statements if id(s) not in gone]
        self.statements = ordered(self.statements)

    def _block(self, cone: Cone, unified: Unified, main: list[Statement], place: int) -> Block:
        """Make the block: what leads from the tensor that arrives to the end is its row, the rest stands beside."""
        program = self.program
        own = [tap for statement in cone.statements for tap in statement.defined]
        fresh = {tap: program.new_tap() for tap in (*own, *cone.taken)}
        fresh[cone.taken[place]] = ENTERING
        slots = iter(unified.slots)
        rows = {id(s): renamed(s.row, fresh, slots) for s in cone.statements}
        sides: list[Item] = []
        for statement in ordered([s for s in cone.statements if s not in main]):
            row = rows[id(statement)]
            source = None if statement.source is None else fresh[statement.source]
            tap, row[-1].tap = row[-1].tap, None
            sides.append(Side(source, row, tap))
        through = [item for statement in main for item in rows[id(statement)]]
        through[-1].tap = None
        sides = _joined_sides(sides, through)
        _take_what_arrives(through[0])
        body = _with_sides_inside(sides, through)
        _drop_unused(body)
        taken = tuple(fresh[tap] for at, tap in enumerate(cone.taken) if at != place)
        block = Block(len(program.blocks), body, unified.parameters, {}, taken)
        used = [program.blocks.index(i.block) for i in walk(body) if isinstance(i, Use)]
        program.blocks.insert(max(used, default=-1) + 1, block)
        return block


def _joined_sides(sides: list[Item], through: list[Item]) -> list[Item]:
    """Let a row beside the main one go on in the row that alone begins at what it gives."""
    found: list[Side] = [side for side in sides if isinstance(side, Side)]
    while True:
        references = Counts(referred_in([*found, *through]))
        pair = next(
            (
                (one, other)
                for other in found
                for one in found
                if one.tap is not None and other.source == one.tap and references[one.tap] == 1
            ),
            None,
        )
        if pair is None:
            return [*found]
        one, other = pair
        joined = Side(one.source, [*one.row, *other.row], other.tap)
        found = [joined if side is other else side for side in found if side is not one]


def _take_what_arrives(first: Item) -> None:
    """Let the join that a block begins with take what arrives as it does in a row, and not by its name."""
    if isinstance(first, Join) and first.leaf.kind[0] != "op":
        for branch in first.branches:
            branch.source = ARRIVING if branch.source == ENTERING else branch.source


def _own(statement: Statement) -> Iterator[int]:
    """Give the tensors of its own that a statement calls by name."""
    own = set(statement.defined)
    yield from (tap for tap in referred_in(statement.row) if tap in own)


def _is_shared(row: list[Item]) -> bool:
    return any(isinstance(item, Leaf) and item.kind[0] == "shared" for item in walk(row))


def _apart(orders: list[list[Statement]]) -> list[list[Statement]]:
    """Give those that have no statement in common, from the first on."""
    met: set[int] = set()
    found: list[list[Statement]] = []
    for order in orders:
        mine = set(map(id, order))
        if not met & mine:
            met |= mine
            found.append(order)
    return found


def _main_of(cone: Cone) -> list[Statement] | None:
    """Give the statements that lead to the end, one from the other; None where nothing arrives."""
    ends = {s.end: s for s in cone.statements if s.end is not None}
    found = [cone.statements[0]]
    while found[0].source in ends:
        found.insert(0, ends[found[0].source])
    return found if cone.taken else None


def _entering(cone: Cone, main: list[Statement]) -> int:
    """Tell which tensor from outside arrives: that of the main row, or the one that goes the longest way to the end."""
    if main[0].source is not None:
        return cone.taken.index(main[0].source)
    length: dict[int, int] = {}
    way: dict[int, int] = {}
    for statement in reversed(ordered(list(cone.statements))):
        mine = len(statement.row) + max(
            (length.get(tap, 0) for tap in statement.defined), default=0
        )
        for tap in statement.taken:
            length[tap] = max(length.get(tap, 0), mine)
            if tap in cone.taken:
                way[tap] = length[tap]
    return max(range(len(cone.taken)), key=lambda place: way[cone.taken[place]])


def _with_sides_inside(sides: list[Item], through: list[Item]) -> list[Item]:
    """Write what one branch alone begins with where that branch is, and not beside the row."""
    left = list(sides)
    while True:
        body = [*left, *through]
        references = Counts(referred_in(body))
        branches = [b for item in walk(body) if isinstance(item, Join) for b in item.branches]
        found = next(
            (
                (side, branch)
                for side in left
                for branch in branches
                if isinstance(side, Side) and side.source is not None
                if branch.source == side.tap and references[branch.source] == 1
            ),
            None,
        )
        if found is None:
            return body
        side, branch = found
        assert side.source is not None
        left.remove(side)
        branch.source, branch.row = side.source, [*side.row, *branch.row]


def _drop_unused(body: list[Item]) -> None:
    references = Counts(referred_in(body))
    for item in walk(body):
        lists = isinstance(item, Repeat) and bool(item.lists)
        if (
            item.tap is not None
            and not references[item.tap]
            and not isinstance(item, Side)
            and not lists
        ):
            item.tap = None


def ordered(statements: list[Statement]) -> list[Statement]:
    """Order statements so that each comes after those that it takes from, as near to them as they stood."""
    maker = {tap: s for s in statements for tap in s.defined}
    found: dict[int, Statement] = {}
    entered: set[int] = set()  # rows may call tensors of one another
    for last in statements:
        pending = [(last, False)]
        while pending:
            statement, is_ready = pending.pop()
            if is_ready:
                found[id(statement)] = statement
            if id(statement) in entered:
                continue
            entered.add(id(statement))
            pending.append((statement, True))
            makers = (maker.get(tap) for tap in statement.taken)
            pending += [(m, False) for m in makers if m is not None and id(m) not in found][::-1]
    return list(found.values())


__all__ = ["Statement", "cut", "find_cells", "joined", "makers_of", "users_of"]
