"""Folding: rows that recur become blocks, runs become loops, as long as that makes the spec shorter.

Each round looks for runs of equal windows and for windows that recur anywhere, estimates what each would save, and
takes the best. A window is compared by the shapes of its items and by where the tensors that it calls by name are from.
"""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from netdsl.catalog import has_role
from netdsl.catalog.kind import Role
from netdsl.importer import cost
from netdsl.importer.network import Given
from netdsl.importer.terms import (
    ENTERING,
    Block,
    Item,
    Join,
    Leaf,
    Parameter,
    Repeat,
    Shapes,
    Side,
    Use,
    all_rows,
    argument_name,
    defined_in,
    referred_in,
    renamed,
    rows_in,
    slots_of,
    taps_at,
    walk,
)
from netdsl.importer.unify import Counter, Unified, unify
from netdsl.record import record

LONGEST_PERIOD, LONGEST_WINDOW = 60, 40

#: How many windows of a round are looked at closely, the most promising first; and after how many rounds it ends.
MOST_TRIED, MOST_ROUNDS = 24, 400

#: How many parameters a block may have, and columns the table of a loop.
MOST_PARAMETERS, MOST_COLUMNS = 8, 5

#: What must be saved for a step to be worth it.
LEAST_BLOCK, LEAST_LOOP = 10, 1


@dataclass(eq=False)
class Line:
    """A row of a body: the tap or input that it begins at (None for a source), and what it is called."""

    source: int | None
    row: list[Item]


@dataclass(eq=False)
class Program:
    """The bodies of a spec while it is folded: lines of the model, and the blocks, each before those that use it."""

    lines: list[Line]
    blocks: list[Block] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    shared: dict[object, list[Item]] = field(
        default_factory=dict
    )  # layers that are used several times
    shared_names: dict[object, str] = field(default_factory=dict)
    next_tap: int = 0
    counter: Counter = field(default_factory=Counter)

    def rows(self) -> Iterator[tuple[list[Item], int | None, Block | None]]:
        """Give every row: with the tap at which it begins, where it has one, and the block that it is part of."""
        for line in self.lines:
            for row in all_rows(line.row):
                yield row, line.source if row is line.row else None, None
        for chain in self.shared.values():
            for row in all_rows(chain):
                yield row, None, None
        for block in self.blocks:
            for row in all_rows(block.row):
                yield row, ENTERING if row is block.row else None, block

    def bodies(self) -> Iterator[list[Item]]:
        """Give the rows that lie in no other."""
        yield from (line.row for line in self.lines)
        yield from self.shared.values()
        yield from (block.row for block in self.blocks)

    def references(self) -> Counts[int]:
        """Count how often each tap is called by name."""
        found = Counts(self.outputs)
        found.update(line.source for line in self.lines if line.source is not None)
        for line in self.lines:
            found.update(referred_in(line.row))
        for block in self.blocks:
            found.update(referred_in(block.row))
        return found

    def new_tap(self) -> int:
        self.next_tap += 1
        return self.next_tap - 1


@record(eq=False)
class Window:
    """Some items of a row, one after the other; `entering` is the tap of what arrives at the first."""

    row: list[Item]
    start: int
    length: int
    entering: int | None
    block: Block | None

    @property
    def items(self) -> list[Item]:
        return self.row[self.start : self.start + self.length]


@record(eq=False)
class Links:
    """How a window is tied to the rest: the taps it defines, those it takes, how that looks from inside."""

    defined: tuple[int, ...]
    taken: tuple[int, ...]
    leaks: tuple[int, ...]  # taps that are called by name outside, but for that of the last item
    signature: tuple[Given, ...]
    is_plain: bool  # nothing in it is called by name inside
    enters: bool  # what arrives is called by name


def links_of(window: Window, references: Counts[int]) -> Links:
    items = window.items
    defined = defined_in(items)
    last = items[-1].tap
    inside = {tap: place for place, tap in enumerate(defined)}
    taken: list[int] = []
    signature: list[Given] = []
    internal: Counts[int] = Counts()
    enters = False
    for tap in _sources(items):
        if tap == ENTERING or (window.entering is not None and tap == window.entering):
            signature.append("entering")
            enters = True
        elif tap in inside:
            internal[tap] += 1
            signature.append(("inside", _place_of(tap, items)))
        else:
            if tap not in taken:
                taken.append(tap)
            signature.append(("taken", taken.index(tap)))
    leaks = tuple(t for t in defined if t != last and references[t] > internal[t])
    return Links(tuple(defined), tuple(taken), leaks, tuple(signature), not internal, enters)


def _sources(items: list[Item]) -> list[int]:
    found: list[int] = []
    for item in walk(items):
        if isinstance(item, Side) and item.source == ENTERING:
            found.append(ENTERING)
        elif isinstance(item, Join):
            found += [b.source for b in item.branches if b.source == ENTERING]
    return found + referred_in(items)


def _place_of(tap: int, items: list[Item]) -> int:
    return taps_at(items).index(tap)


class Folder:
    """Folds one program in place."""

    def __init__(
        self, program: Program, *, depth: int | None = None, exact_first: bool = True
    ) -> None:
        self.program = program
        self._depth = depth
        self._exact_first = exact_first
        self._shapes = Shapes()
        self._known: dict[int, tuple[Item, int]] = {}
        self._same: dict[int, tuple[Item, int]] = {}
        self._marks: dict[tuple[int, str], int] = {}
        self._costs: dict[int, tuple[Item, int]] = {}
        self._references = program.references()
        self._known_needs: dict[int, set[int]] = {}

    def run(self) -> None:
        for _ in range(MOST_ROUNDS):
            if not (self._exact_first and self._exact_run()) and not self._best():
                break

    def _shape(self, item: Item) -> int:
        known = self._known.get(id(item))
        if known is None:
            known = self._known[id(item)] = (item, self._shapes.of(item))
        return known[1]

    def _cost(self, items: list[Item]) -> int:
        return sum(self._cost_of(item) for item in items)

    def _cost_of(self, item: Item) -> int:
        known = self._costs.get(id(item))
        if known is None:
            known = self._costs[id(item)] = (item, cost.of_item(item))
        return known[1]

    def _put(self, row: list[Item], start: int, end: int, item: Item) -> None:
        """Put an item in the place of others; what holds the row has another shape and cost now."""
        self._known_needs = {}
        self._references.subtract(referred_in(row[start:end]))
        row[start:end] = [item]
        self._references.update(referred_in([item]))
        bodies = list(self.program.bodies())
        if any(body is row for body in bodies):  # nothing holds it
            return
        for body in bodies:
            for holder in _holders(body, row):
                for table in (self._known, self._same, self._costs):
                    table.pop(id(holder), None)

    def _exact_run(self) -> bool:
        """Fold runs of windows that are the same in all: of each row the one that saves the most."""
        best: dict[int, Run] = {}
        for run in self._runs(self._exact):
            key = id(run.turns[0].row)
            if (
                run.is_exact
                and run.is_worth_it
                and (key not in best or run.saving > best[key].saving)
            ):
                best[key] = run
        gone: set[int] = set()  # rows inside turns that are folded away
        for run in sorted(best.values(), key=lambda run: -run.saving):
            if id(run.turns[0].row) in gone:
                continue
            inner = [
                id(row) for turn in run.turns for item in turn.items for row in _rows_below(item)
            ]
            if any(id(other.turns[0].row) in inner for other in best.values()):
                gone.update(inner)
            self._loop(run)
        return bool(best)

    def _runs(self, likeness: Callable[[Item], int]) -> Iterator[Run]:
        """Give the runs of every row, of items that are alike; one of a period is none of twice that."""
        references = self._references
        for row, entering, block in list(self.program.rows()):
            if len(row) < 2 or begins_by_itself(row[0]):
                continue
            marks = [likeness(item) for item in row]
            known: list[tuple[int, int, int]] = []
            for period in range(1, min(LONGEST_PERIOD, len(row) // 2) + 1):
                for start, count, slack in _repetitions(marks, period):
                    end = start + count * period + slack
                    if any(period % p == 0 and s <= start and end <= e for s, e, p in known):
                        continue
                    known.append((start, end, period))
                    for shift in range(min(slack, period - 1) + 1):
                        window = Window(row, start + shift, period, entering, block)
                        run = self._run(window, count, references)
                        if run is not None:
                            yield run
                        if run is None or not run.is_worth_it:
                            yield from self._stretches(window, count, references)

    def _stretches(self, first: Window, count: int, references: Counts[int]) -> Iterator[Run]:
        """Give the runs inside one whose turns differ in too much: as long as one value alone goes on changing."""
        period = first.length
        turns = [
            slots_of(first.row[start : start + period])
            for start in range(first.start, first.start + count * period, period)
        ]
        for start, end in _alike_but_for_one(turns):
            at = first.start + start * period
            window = Window(first.row, at, period, first.entering, first.block)
            run = self._run(window, end - start, references)
            if run is not None:
                yield run

    def _exact(self, item: Item) -> int:
        """Give a number for an item, the same for those that are the same but for their taps."""
        known = self._same.get(id(item))
        if known is None:
            key = (self._shape(item), repr(slots_of([item])))
            known = self._same[id(item)] = (item, self._marks.setdefault(key, len(self._marks)))
        return known[1]

    def _run(self, first: Window, count: int, references: Counts[int]) -> Run | None:
        """Give the run that begins with a window, as long as its turns are alike."""
        if count < 2 or isinstance(first.items[0], Side) or isinstance(first.items[-1], Side):
            return None
        turns: list[Window] = []
        wanted: Links | None = None
        before: set[int] = set()  # tensors of earlier turns, which no later one may call by name
        for number in range(count):
            start = first.start + number * first.length
            entering = first.entering if start == 0 else first.row[start - 1].tap
            window = Window(first.row, start, first.length, entering, first.block)
            found = links_of(window, references)
            if (
                found.enters
                or not found.is_plain
                or _has_side(window.items)
                or _has_list(window.items)
                or not before.isdisjoint(found.taken)
            ):
                break
            before.update(found.defined)
            if wanted is not None and found.signature != wanted.signature:
                break
            wanted = wanted or found
            turns.append(window)
        if len(turns) < 2 or wanted is None or (wanted.taken and self._is_circular(turns)):
            return None
        return self._measured(turns, wanted)

    def _is_circular(self, turns: list[Window]) -> bool:
        """Tell whether a turn takes what is made of what an earlier one gives: such a loop would wait for itself."""
        needs = self._known_needs = self._known_needs or self._needs()
        given = {tap for turn in turns for tap in defined_in(turn.items)}
        pending = [tap for turn in turns for tap in links_of(turn, self._references).taken]
        met: set[int] = set()
        while pending:
            tap = pending.pop()
            if tap in given:
                return True
            if tap not in met:
                met.add(tap)
                pending += needs.get(tap, ())
        return False

    def _needs(self) -> dict[int, set[int]]:
        """Give for each tensor with a name those that stand before it in its row, and those that the row calls."""
        found: dict[int, set[int]] = {}
        for line in self.program.lines:
            before = set() if line.source is None else {line.source}
            for item in line.row:
                before |= set(referred_in([item]))
                for tap in defined_in([item]):
                    found[tap] = set(before)
                before |= set(defined_in([item]))
        return found

    def _measured(self, turns: list[Window], links: Links) -> Run | None:
        unified = unify([turn.items for turn in turns], Counter(), MOST_COLUMNS)
        if unified is None:
            return None
        before = sum(self._cost(turn.items) for turn in turns)
        columns = len(unified.parameters) + len(links.taken)
        cells = cost.of_rows(tuple(zip(*unified.values, strict=True))) - 2 if unified.values else 0
        after = (
            self._cost(turns[0].items)
            + 6
            + columns
            + cells
            + (len(turns) * (columns + 2) if columns > 1 else 2)
        )
        after += 2 * (len(links.taken) + _multiples(unified))
        return Run(turns, unified, links, before - after - _oddness(turns[0].items))

    def _loop(self, run: Run) -> None:
        program, first = self.program, run.turns[0]
        unified = unify([turn.items for turn in run.turns], program.counter, MOST_COLUMNS)
        assert unified is not None
        references = self._references
        taps = [taps_at(turn.items) for turn in run.turns]
        fresh: dict[int, int] = {}
        lists: dict[int, tuple[int, ...]] = {}
        last = run.turns[-1].items[-1].tap
        for place, tap in enumerate(taps[0]):
            turns = [one[place] for one in taps]
            if not any(t is not None and references[t] for t in turns):
                continue
            is_end = place == len(taps[0]) - 1 - _after_last(first.items)
            if is_end and not any(t is not None and references[t] for t in turns[:-1]):
                continue
            tap = program.new_tap() if tap is None else tap
            _tap_at(first.items, place, tap)
            fresh[tap] = program.new_tap()
            lists[fresh[tap]] = tuple(program.new_tap() if t is None else t for t in turns)
            if is_end:
                last = None
        links = [links_of(turn, references) for turn in run.turns]
        taken: list[tuple[int, tuple[int, ...]]] = []
        for place, tap in enumerate(links[0].taken):
            mine = tuple(link.taken[place] for link in links)
            if len(set(mine)) > 1:
                fresh[tap] = program.new_tap()
                taken.append((fresh[tap], mine))
        body = renamed(first.items, fresh, iter(unified.slots))
        _drop_taps(body, set(lists))
        arguments: dict[str, Given] = {"count": len(run.turns)}
        if unified.parameters:
            arguments = {"rows": tuple(zip(*unified.values, strict=True))}
        made = Repeat(body, arguments, unified.parameters, last, lists, taken)
        self._references.update(list(lists))  # a list is called by name, turn by turn
        self._put(first.row, first.start, first.start + first.length * len(run.turns), made)

    def _best(self) -> bool:
        """Take the step that saves the most; False where none saves enough."""
        runs = (run for run in self._runs(self._shape) if run.is_worth_it)
        run = max(runs, key=lambda run: run.saving, default=None)
        block = self._best_block()
        if (
            block is not None
            and block.saving >= LEAST_BLOCK
            and (run is None or block.saving >= run.saving)
        ):
            self.make_block(block)
            return True
        if run is not None:
            self._loop(run)
            return True
        return False

    def _best_block(self) -> Recurring | None:
        references = self._references
        best: Recurring | None = None
        candidates = sorted(self._recurring(), key=lambda found: -found[0])
        for bound, windows in candidates[:MOST_TRIED]:
            if best is not None and bound <= best.saving:
                break
            found = self._recurs(windows, references)
            if found is not None and (best is None or found.saving > best.saving):
                best = found
        return best

    def _recurring(self) -> Iterator[tuple[int, list[Window]]]:
        """Give windows that recur, by their shapes, with a bound on what they may save."""
        groups: dict[Given, list[Window]] = {}
        numbers: dict[tuple[int, int], int] = {}
        for row, entering, block in self.program.rows():
            shapes = [self._shape(item) for item in row]
            costs = [self._cost_of(item) for item in row]
            for start in range(len(row)):
                if start == 0 and begins_by_itself(row[0]):
                    continue
                key, total = -1, 0
                arriving = entering if start == 0 else row[start - 1].tap
                for length in range(1, min(LONGEST_WINDOW, len(row) - start) + 1):
                    if isinstance(row[start + length - 1], Side):
                        break
                    shape = shapes[start + length - 1]
                    key = numbers.setdefault((key, shape), len(numbers))
                    total += costs[start + length - 1]
                    if length > 1 or isinstance(row[start], Join):
                        groups.setdefault(key, []).append(
                            Window(row, start, length, arriving, block)
                        )
        for windows in groups.values():
            if len(windows) > 1:
                apart = _apart(windows)
                total = self._cost(apart[0].items) * (len(apart) - 1)
                if len(apart) > 1 and total > LEAST_BLOCK:
                    yield total, apart

    def _recurs(self, windows: list[Window], references: Counts[int]) -> Recurring | None:
        """Look at windows closely: the largest group that is tied to the rest in one way, and what it saves."""
        groups: dict[Given, list[tuple[Window, Links]]] = {}
        for window in windows:
            items = window.items
            if isinstance(items[-1], Side) or not _may_be_block(items) or self._is_too_deep(items):
                continue
            links = links_of(window, references)
            if not links.leaks and len(links.taken) < 3:
                groups.setdefault(links.signature, []).append((window, links))
        found = max(groups.values(), key=len, default=[])
        if len(found) < 2:
            return None
        chosen = [window for window, _ in found]
        unified = unify([w.items for w in chosen], Counter(), MOST_PARAMETERS, is_closed=True)
        if unified is None or _counts_parts(unified):
            return None
        links = found[0][1]
        is_body = bool(links.taken) or links.enters or _has_side(chosen[0].items)
        before = sum(self._cost(w.items) for w in chosen)
        head = 4 + 4 * len(unified.parameters) + (8 + 4 * len(links.taken) if is_body else 0)
        calls = sum(4 + 4 * len(links.taken) for _ in chosen)
        calls += sum(cost.of_value(v) + 1 for column in unified.values for v in column)
        body = self._cost(chosen[0].items) + 2 * _multiples(unified)
        return Recurring(chosen, before - head - calls - body - _oddness(chosen[0].items))

    def _is_too_deep(self, items: list[Item]) -> bool:
        if self._depth is None:
            return False
        return _depth_of(items) >= self._depth

    def replaced(self, windows: list[tuple[Window, list[Item]]]) -> list[Window]:
        """Put other items in the place of those of windows; gives the windows that these are then."""
        made: list[Window] = []
        done: list[tuple[Window, list[Item]]] = []
        for window, items in sorted(windows, key=lambda one: one[0].start):
            row = window.row
            moved = sum(
                one.length - before.length
                for one, (before, _) in zip(made, done, strict=True)
                if before.row is row
            )
            start = window.start + moved
            row[start : start + window.length] = items
            done.append((window, items))
            made.append(Window(row, start, len(items), window.entering, window.block))
        for table in (self._known, self._same, self._costs, self._known_needs):
            table.clear()
        return made

    def make_block(self, found: Recurring) -> None:
        program = self.program
        references = self._references
        first = found.windows[0]
        unified = unify(
            [w.items for w in found.windows], program.counter, MOST_PARAMETERS, is_closed=True
        )
        assert unified is not None
        links = [links_of(window, references) for window in found.windows]
        fresh = {tap: program.new_tap() for tap in (*links[0].defined, *links[0].taken)}
        if first.entering is not None and first.entering >= 0:
            fresh[first.entering] = ENTERING
        body = renamed(first.items, fresh, iter(unified.slots))
        body[-1].tap = None
        _drop_taps(body, set(referred_in(body)))
        taken = tuple(fresh[tap] for tap in links[0].taken)
        block = Block(len(program.blocks), body, unified.parameters, {}, taken)
        place = _place_for(block, program.blocks)
        program.blocks.insert(place, block)
        self._references.update(referred_in(body))
        self._references.update(tap for i in walk(body) if isinstance(i, Repeat) for tap in i.lists)
        values = list(zip(*unified.values, strict=True)) or [()] * len(links)
        uses = list(zip(found.windows, links, values, strict=True))
        for window, link, row in sorted(uses, key=lambda use: -use[0].start):
            given = {argument_name(p): v for p, v in zip(unified.parameters, row, strict=True)}
            use = Use(block, given, link.taken, window.items[-1].tap)
            self._put(window.row, window.start, window.start + window.length, use)


@record(eq=False)
class Run:
    """Windows that follow one another and are alike."""

    turns: list[Window]
    unified: Unified
    links: Links
    saving: int

    @property
    def is_worth_it(self) -> bool:
        """A table is read column by column: each must save something."""
        columns = len(self.unified.parameters) + len(self.links.taken)
        few = 6 if columns and len(self.turns) * self.turns[0].length < 4 else 0
        return self.saving >= LEAST_LOOP + few + (3 * columns if columns > 1 else 0)

    @property
    def is_exact(self) -> bool:
        return not self.unified.parameters and not self.links.taken


@record(eq=False)
class Recurring:
    """Windows that are alike, and what making a block of them saves."""

    windows: list[Window]
    saving: int


def _repetitions(shapes: list[int], period: int) -> Iterator[tuple[int, int, int]]:
    """Give the longest stretches that repeat after a period: where they start, how often, how many items are over."""
    start, size = 0, len(shapes)
    while start + 2 * period <= size:
        end = start
        while end + period < size and shapes[end] == shapes[end + period]:
            end += 1
        if end - start >= period:
            yield start, (end - start) // period + 1, (end - start) % period
            start = end
        start = max(start + 1, end)


#: How many turns that are alike but for one value are a loop in a longer run.
FEWEST_ALIKE = 3


def _alike_but_for_one(turns: Sequence[list[Mapping[str, Given]]]) -> Iterator[tuple[int, int]]:
    """Give the stretches of turns in which at most one value changes: where they start and end."""
    values = [
        {(place, name): repr(v) for place, slot in enumerate(turn) for name, v in slot.items()}
        for turn in turns
    ]
    start = 0
    while start < len(values):
        end, changing = start + 1, set[tuple[int, str]]()
        while end < len(values):
            one, other = values[end - 1], values[end]
            met = {k for k in one.keys() | other.keys() if one.get(k) != other.get(k)}
            if len(changing | met) > 1:
                break
            changing |= met
            end += 1
        if FEWEST_ALIKE <= end - start < len(values):
            yield start, end
        start = end


def _rows_below(item: Item) -> Iterator[list[Item]]:
    """Give the rows in an item, those in them too."""
    for row in rows_in(item):
        yield from all_rows(row)


def _holders(body: list[Item], row: list[Item]) -> list[Item]:
    """Give the items of a body in which a row lies, the outermost first; none where it is not there."""
    for item in body:
        for inner in rows_in(item):
            if inner is row:
                return [item]
            found = _holders(inner, row)
            if found:
                return [item, *found]
    return []


def _apart(windows: list[Window]) -> list[Window]:
    """Give windows that do not overlap, from the first on."""
    found: list[Window] = []
    ends: dict[int, int] = {}
    for window in windows:
        if window.start >= ends.get(id(window.row), 0):
            found.append(window)
            ends[id(window.row)] = window.start + window.length
    return found


def _has_side(items: list[Item]) -> bool:
    return any(isinstance(item, Side) for item in walk(items))


def _has_list(items: list[Item]) -> bool:
    """Tell whether a loop in a window gives a list: it would be a list of lists outside another loop."""
    return any(isinstance(item, Repeat) and item.lists for item in walk(items))


def _may_be_block(items: list[Item]) -> bool:
    """Tell whether nothing in a window is a layer that is used elsewhere too."""
    return not any(isinstance(item, Leaf) and item.kind[0] == "shared" for item in walk(items))


def begins_by_itself(item: Item) -> bool:
    """Tell whether nothing arrives at an item: it is a weight, an array, a function of tensors with names."""
    return isinstance(item, Leaf) and (
        item.kind[0] == "weight" or (item.kind[0] == "op" and not item.kind[2])
    )


def _depth_of(items: Iterable[Item]) -> int:
    return max(
        (1 + _depth_of(item.block.row) for item in walk(list(items)) if isinstance(item, Use)),
        default=0,
    )


def _drop_taps(row: list[Item], kept: set[int]) -> None:
    for item in walk(row):
        if item.tap is not None and item.tap not in kept:
            item.tap = None


def _oddness(items: list[Item]) -> int:
    """Say how odd it would be to begin here: what normalizes, activates or pools goes with what comes before."""
    first = items[0]
    if isinstance(first, Leaf) and first.made.family == "layer":
        roles: tuple[Role, ...] = ("batch_normalization", "activation", "dropout")
        return 3 if first.kind[0] == "layer" and has_role(first.made.kind, *roles) else 0
    return 2 if isinstance(first, Join) and not any(b.row for b in first.branches) else 0


def _counts_parts(unified: Unified) -> bool:
    """Tell whether a parameter says nothing but which part of a tensor is taken: a loop in a fork counts those."""
    pairs = [
        (name.startswith("key"), value.id)
        for slot in unified.slots
        for name, value in slot.items()
        if isinstance(value, Parameter)
    ]
    return not {i for is_index, i in pairs if is_index} <= {
        i for is_index, i in pairs if not is_index
    }


def _multiples(unified: Unified) -> int:
    """Count the places that are filled with a multiple of a parameter."""
    values = (value for slot in unified.slots for value in slot.values())
    return sum(
        isinstance(value, Parameter) and value.factor * value.divisor != 1 for value in values
    )


def _after_last(items: list[Item]) -> int:
    """Give how many places come after that of the last item itself: those of what is in it."""
    return len(taps_at(items[-1:])) - 1


def _tap_at(items: list[Item], place: int, tap: int) -> None:
    """Give the item at a place a tap, where it has none."""
    at = 0
    for item in walk(items):
        if at == place and item.tap is None:
            item.tap = tap
        at += 1 + (sum(map(len, item.lists.values())) if isinstance(item, Repeat) else 0)


def _place_for(block: Block, blocks: list[Block]) -> int:
    """Find the place of a block: after those that it uses."""
    used = [blocks.index(item.block) for item in walk(block.row) if isinstance(item, Use)]
    return max(used, default=-1) + 1


__all__ = ["Folder", "Line", "Parameter", "Program", "begins_by_itself"]
