"""Loops that carry several tensors: statements that follow one another, each from what those before it gave.

x, before = [stem2, stem1] -> repeat 5 {
    x, before = _
    output x -> normal(168)(before=before)
    output x
}
"""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.importer import cost
from netdsl.importer.cells import Statement, cut, joined, users_of
from netdsl.importer.fold import MOST_COLUMNS, Program
from netdsl.importer.network import Given
from netdsl.importer.terms import Carry, Item, Leaf, Shapes, renamed, walk
from netdsl.importer.unify import Counter, unify
from netdsl.record import record

#: How many turns a loop has at least, and how far back a turn may look.
FEWEST, FURTHEST = 3, 3


@record(eq=False)
class Run:
    """Statements that follow one another; `start` are the tensors before the first, the newest first; `back` tells of
    each tensor that a turn takes how many turns ago it was given, 0 for one from outside."""

    turns: list[Statement]
    start: tuple[int, ...]
    back: tuple[int, ...]


def carry_tensors(program: Program) -> bool:
    """Make loops of runs that carry several tensors; tells whether there were any."""
    statements = cut(program)
    is_changed = False
    while (run := _longest(statements, program)) is not None:
        made = _loop(run, program)
        at = next(n for n, s in enumerate(statements) if s is run.turns[-1])
        statements[at] = Statement(None, [made])
        gone = set(map(id, run.turns))
        statements = [s for s in statements if id(s) not in gone]
        is_changed = True
    if is_changed:
        program.lines = joined(statements, program)
    return is_changed


def _longest(statements: list[Statement], program: Program) -> Run | None:
    shapes = Shapes()
    marks = {id(s): shapes.of_row(s.row) for s in statements if _may_turn(s)}
    users = users_of(statements, program)
    best: Run | None = None
    for first in statements:
        for place in range(len(first.taken)) if id(first) in marks else ():
            turns = _chain(first, place, marks, statements)
            for start in range(len(turns) - FEWEST + 1):
                if best is not None and len(turns) - start <= len(best.turns):
                    break
                run = _tied(turns[start:], users)
                if run is not None and (best is None or len(run.turns) > len(best.turns)):
                    best = run
    return best


def _may_turn(statement: Statement) -> bool:
    """Tell whether a statement takes several tensors, one of them through the arrow, and gives one."""
    return (
        statement.source is not None
        and statement.end is not None
        and len(statement.taken) > 1
        and statement.defined == (statement.end,)
        and not any(
            isinstance(i, Carry) or (isinstance(i, Leaf) and i.kind[0] == "shared")
            for i in walk(statement.row)
        )
    )


def _chain(
    first: Statement, place: int, marks: dict[int, int], statements: list[Statement]
) -> list[Statement]:
    """Give statements that are alike, each of which takes in one place what the one before it gives."""
    found = [first]
    while True:
        after = [
            s
            for s in statements
            if marks.get(id(s)) == marks[id(first)] and s.taken[place] == found[-1].end
        ]
        if len(after) != 1 or after[0] in found:
            return found
        found += after


def _tied(turns: list[Statement], users: dict[int, list[Statement | None]]) -> Run | None:
    """Say how turns take from one another; as many of them as do it in the same way."""
    for count in range(len(turns), FEWEST - 1, -1):
        run = _as_run(turns[:count])
        if run is not None and _is_closed(run, users):
            return run
    return None


def _as_run(turns: list[Statement]) -> Run | None:
    ends = [turn.end for turn in turns]
    start: dict[int, int] = {}
    back: list[int] = []
    for place in range(len(turns[0].taken)):
        column = [turn.taken[place] for turn in turns]
        if len(set(column)) == 1:
            back.append(0)
            continue
        far = next((d for d in range(1, FURTHEST + 1) if column[d:] == ends[: len(ends) - d]), 0)
        if not far:
            return None
        for turn in range(far):  # what it takes before the first has given anything
            if start.setdefault(far - turn, column[turn]) != column[turn]:
                return None
        back.append(far)
    most = max(back)
    if most < 2 or sorted(start) != list(range(1, most + 1)):
        return None
    return Run(turns, tuple(start[d] for d in range(1, most + 1)), tuple(back))


def _is_closed(run: Run, users: dict[int, list[Statement | None]]) -> bool:
    """Tell whether only turns take what turns give, but for what the last leaves; and the loop says less than they."""
    inside = set(map(id, run.turns))
    for turn in run.turns[: -len(run.start)]:
        assert turn.end is not None
        if any(user is None or id(user) not in inside for user in users.get(turn.end, ())):
            return False
    unified = unify([turn.row for turn in run.turns], Counter(), MOST_COLUMNS)
    if unified is None:
        return False
    before = sum(cost.of_row(turn.row) + 2 for turn in run.turns)
    cells = sum(cost.of_value(v) + 1 for column in unified.values for v in column)
    return before > 18 + 5 * len(run.start) + cost.of_row(run.turns[0].row) + cells


def _loop(run: Run, program: Program) -> Carry:
    """Make the loop."""
    unified = unify([turn.row for turn in run.turns], program.counter, MOST_COLUMNS)
    assert unified is not None
    first = run.turns[0]
    state = tuple(program.new_tap() for _ in run.start)
    fresh = {tap: state[far - 1] for tap, far in zip(first.taken, run.back, strict=True) if far}
    row: list[Item] = renamed(first.row, fresh, iter(unified.slots))
    row[-1].tap = None
    arguments: dict[str, Given] = {"count": len(run.turns)}
    if unified.parameters:
        arguments = {"rows": tuple(zip(*unified.values, strict=True))}
    ends: Sequence[int | None] = [turn.end for turn in run.turns]
    results = tuple(reversed(ends[-len(run.start) :]))
    begins = fresh.get(first.taken[0], first.taken[0])
    return Carry(run.start, state, begins, row, arguments, unified.parameters, results)


__all__ = ["carry_tensors"]
