"""The order of a body: statements that may stand in any order, sorted so that each follows what it uses.

`arrange` first splits a chain at each `as` of its top level (`a = x -> f() as p -> g()` is `p = x -> f()` and
`a = p -> g()`), so that only a real cycle is one, then sorts. Both elaboration and emission read its result.
"""

from __future__ import annotations

import heapq
from dataclasses import field
from functools import cached_property
from itertools import pairwise
from typing import TypeAlias

from netdsl.record import mutable, record
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import free_names, gathered_names, names_after_as


@record(eq=False)
class Step:
    """One statement with the names it defines and the names (of this body) it uses.

    `part_of` is the statement as it was written, where a chain was split. `fills` are the lists that it adds to by
    `as *name`; `completes` those of them that it reads, once it has added all that it adds.
    """

    statement: tree.BodyStatement
    defines: dict[str, Span]
    uses: dict[str, tree.Name]
    part_of: tree.BodyStatement
    fills: dict[str, Span] = field(default_factory=dict)
    completes: frozenset[str] = frozenset()


@mutable
class Arrangement:
    """A body in order. `cycles` are paths of names, each closing on itself; their steps are left out.

    `twice` are (name, first place, second place) of names bound more than once; the first binding stands. `mixed` are
    such names too, of which one place fills a list and the other names something else. `gathered` are the lists that
    are filled by `as *name`, with the steps that fill them in the order of the text. `in_braces` tells the statements
    of a loop or condition from the body of a block.
    """

    steps: list[Step] = field(default_factory=list)
    inputs: list[tree.Input] = field(default_factory=list)
    given: list[tree.Input | tree.Inputs] = field(default_factory=list)  # with a model's groups
    outputs: list[tree.Output] = field(default_factory=list)
    cycles: list[list[tuple[str, Span]]] = field(default_factory=list)
    stuck: list[Step] = field(default_factory=list)
    twice: list[tuple[str, Span, Span]] = field(default_factory=list)
    mixed: list[tuple[str, Span, Span]] = field(default_factory=list)
    gathered: dict[str, list[Step]] = field(default_factory=dict)
    in_braces: bool = False

    @cached_property
    def unread(self) -> list[tuple[str, Span, bool]]:
        """Give the tensors that no statement reads: the name, its place, and whether it is one of several."""
        read = {name for step in self.steps for name in step.uses}
        return [
            (name, place, _is_one_of_several(step.statement))
            for step in self.steps
            if isinstance(step.statement, (tree.Bind, tree.WeightDecl))
            for name, place in step.defines.items()
            if name not in read
        ]

    @cached_property
    def rearranged(self) -> frozenset[str]:
        """Give the lists whose parts come in another order than that of the text, in which they stand in the list."""
        fillers: dict[str, list[Step]] = {}
        for step in self.steps:
            for name in step.fills:
                fillers.setdefault(name, []).append(step)
        return frozenset(name for name, found in fillers.items() if not _in_text_order(found))


def _is_one_of_several(statement: tree.BodyStatement) -> bool:
    return isinstance(statement, tree.Bind) and isinstance(statement.target, tree.TuplePattern)


def _in_text_order(steps: list[Step]) -> bool:
    starts = [step.statement.span.start for step in steps]
    return all(before <= after for before, after in pairwise(starts))


def split_at_as(
    statement: tree.BodyStatement, *, in_braces: bool = False
) -> list[tree.BodyStatement]:
    """Cut a binding or output after each `as` of its top-level chain, but the last stage's.

    In braces the `as` stays in the piece too: it also names the tensor around them.
    """
    if not isinstance(statement, (tree.Bind, tree.Output)) or not isinstance(
        statement.value, tree.Pipe
    ):
        return [statement]
    stages = statement.value.stages
    pieces: list[tree.BodyStatement] = []
    current: list[tree.Expr] = []
    for stage in stages:
        if _is_cut(stage) and stage is not stages[-1]:
            assert isinstance(stage, tree.As)
            current.append(stage if in_braces else stage.stage)
            pieces.append(
                tree.Bind(stage.span, tree.NamePattern(stage.name_span, stage.name), _join(current))
            )
            current = [tree.Name(stage.name_span, stage.name)]
        else:
            current.append(stage)
    if not pieces:
        return [statement]
    value = _join(current)
    if isinstance(statement, tree.Bind):
        pieces.append(tree.Bind(statement.span, statement.target, value))
    else:
        pieces.append(tree.Output(statement.span, statement.name, value, statement.name_span))
    return pieces


def _is_cut(stage: tree.Expr) -> bool:
    return isinstance(stage, tree.As) and stage.name != "_" and not stage.gathers


def _join(stages: list[tree.Expr]) -> tree.Expr:
    if len(stages) == 1:
        return stages[0]
    return tree.Pipe(stages[0].span.to(stages[-1].span), tuple(stages))


def _defines(statement: tree.BodyStatement) -> dict[str, Span]:
    match statement:
        case (
            tree.Input(_, name) | tree.Inputs(_, name) | tree.Let(_, name) | tree.Function(_, name)
        ):
            return {name: statement.name_span}
        case tree.LayerDecl(_, name) | tree.WeightDecl(_, name):
            return {name: statement.name_span}
        case tree.Bind(_, target, value):
            own = {n.id: n.span for n in _pattern_nodes(target) if n.id != "_"}
            return own | _as_names(value)
        case tree.Output(_, name, value):
            own = {name: statement.name_span} if name and statement.name_span else {}
            return own | _as_names(value)
        case _:
            return {}


def _repeated(statement: tree.BodyStatement) -> list[tuple[str, Span, Span]]:
    """Give the names that one statement binds twice: `a, a = pair`, `h = x -> repeat 2 { Dense(8) as h }`."""
    first: dict[str, Span] = {}
    found = []
    if isinstance(statement, tree.Bind):
        for node in _pattern_nodes(statement.target):
            if node.id in first and node.id != "_":
                found.append((node.id, first[node.id], node.span))
            first.setdefault(node.id, node.span)
    elif isinstance(statement, tree.Output) and statement.name and statement.name_span:
        first[statement.name] = statement.name_span
    if first and isinstance(statement, (tree.Bind, tree.Output)):
        value = statement.value
        last = value.stages[-1] if isinstance(value, tree.Pipe) else value
        for name, mark in names_after_as(value).items():
            if name in first and mark is not last:  # `h = x -> Dense(8) as h` says the same twice
                found.append((name, first[name], mark.name_span))
    return found


def _pattern_nodes(pattern: tree.Pattern) -> list[tree.NamePattern]:
    if isinstance(pattern, tree.NamePattern):
        return [pattern]
    return [n for part in pattern.parts for n in _pattern_nodes(part)]


def _as_names(value: tree.Expr) -> dict[str, Span]:
    return {name: node.name_span for name, node in names_after_as(value).items() if name != "_"}


def _uses(statement: tree.BodyStatement) -> dict[str, tree.Name]:
    match statement:
        case tree.Function(_, _, parameters, value):
            own = {p.name for p in parameters}
            return {n: node for n, node in free_names(value).items() if n not in own}
        case tree.Input(_, _, None) | tree.Defaults():
            return {}
        case _:
            return free_names(statement)


def arrange(body: tree.Body | tree.Statements) -> Arrangement:
    """Sort a body's statements so that each comes after what it uses; ties keep source order.

    Statements in braces fill no list of their own: what they add to is a list of the body around them.
    """
    result = Arrangement(in_braces=isinstance(body, tree.Statements))
    steps: list[Step] = []
    owner: dict[str, int] = {}
    places: dict[str, Span] = {}
    for written in body.statements:
        for statement in split_at_as(written, in_braces=result.in_braces):
            defines = _defines(statement)
            result.twice.extend(_repeated(statement))
            for name, place in list(defines.items()):
                if name in owner:
                    result.twice.append((name, places[name], place))
                else:
                    owner[name], places[name] = len(steps), place
            uses = _uses(statement)
            fills = _fills(statement)
            own = frozenset(n for n in fills if n in uses and _is_read_behind(n, statement))
            steps.append(Step(statement, defines, uses, written, fills, own))
            for name in () if result.in_braces else fills:
                result.gathered.setdefault(name, []).append(steps[-1])
        if isinstance(written, tree.Input):
            result.inputs.append(written)
        if isinstance(written, (tree.Input, tree.Inputs)):
            result.given.append(written)
        elif isinstance(written, tree.Output):
            result.outputs.append(written)
    for name, fillers in result.gathered.items():
        if name in places:
            result.mixed.append((name, fillers[0].fills[name], places[name]))
    _sort(steps, owner, result)
    return result


def _fills(statement: tree.BodyStatement) -> dict[str, Span]:
    if not isinstance(statement, (tree.Bind, tree.Output)):
        return {}
    found = gathered_names(statement.value)
    return {name: marks[0].name_span for name, marks in found.items() if name != "_"}


def _is_read_behind(name: str, statement: tree.BodyStatement) -> bool:
    """Tell whether a chain reads a list only in stages behind those that add to it."""
    value = getattr(statement, "value", None)
    return value is not None and is_read_behind(name, value)


def is_read_behind(name: str, value: tree.Expr) -> bool:
    """Tell whether a chain reads the list that its stages fill by `as *name` only in later stages."""
    if not isinstance(value, tree.Pipe):
        return False
    last = max((n for n, s in enumerate(value.stages) if name in gathered_names(s)), default=-1)
    return all(name not in free_names(stage) for stage in value.stages[: last + 1])


def _sort(steps: list[Step], owner: dict[str, int], result: Arrangement) -> None:
    """Kahn's algorithm with a heap, so that ties keep source order; assertions go last."""
    waits = _waits(steps, owner, result.gathered)
    followers: dict[int, list[int]] = {}
    for number, needed in enumerate(waits):
        for other in needed:
            followers.setdefault(other, []).append(number)

    def rank(number: int) -> tuple[bool, int]:
        is_last = number < len(steps) and isinstance(steps[number].statement, tree.Assert)
        return (is_last, number)

    ready = [rank(n) for n, needed in enumerate(waits) if not needed]
    heapq.heapify(ready)
    left = [dict(needed) for needed in waits]
    done: set[int] = set()
    while ready:
        _, number = heapq.heappop(ready)
        done.add(number)
        if number < len(steps):
            result.steps.append(steps[number])
        for follower in followers.get(number, ()):
            del left[follower][number]
            if not left[follower]:
                heapq.heappush(ready, rank(follower))
    stuck = [n for n in range(len(waits)) if n not in done]
    result.stuck = [steps[n] for n in stuck if n < len(steps)]
    result.cycles = _cycles(waits, stuck)


#: What a step waits for: the step, and the name for whose sake; none where a list waits for what fills it.
Waits: TypeAlias = dict[int, tree.Name | None]


def _waits(
    steps: list[Step], owner: dict[str, int], gathered: dict[str, list[Step]]
) -> list[Waits]:
    """Give what each step waits for. Behind the steps each list has a place, which waits for all that fill it."""
    places = {name: len(steps) + n for n, name in enumerate(gathered)}
    known = {**places, **owner}
    waits: list[Waits] = []
    lists: dict[str, Waits] = {name: {} for name in gathered}
    completing: dict[str, int] = {}
    for number, step in enumerate(steps):
        is_own = _is_own_as(step)
        needed: Waits = {}
        for name, node in step.uses.items():
            last = gathered[name][-1] if name in gathered and name not in owner else None
            if name in step.completes and last is step:
                completing[name] = number
            elif name in known and not (is_own and known[name] == number):
                needed.setdefault(known[name], node)
        waits.append(needed)
        for name in step.fills.keys() & lists.keys():
            lists[name][number] = None
    for name, number in completing.items():  # it fills and reads: once all others have filled
        others = [other for other in lists[name] if other != number]
        waits[number] |= {o: steps[number].uses[name] for o in others if o not in waits[number]}
    return [*waits, *lists.values()]


def _is_own_as(step: Step) -> bool:
    """True where a statement uses a name that an `as` inside it gives, which is no cycle."""
    value = getattr(step.statement, "value", None)
    if value is None:
        return False
    inner = names_after_as(value)
    own = set(step.defines) - set(inner)
    return not any(name in own for name in step.uses)


def _cycles(waits: list[Waits], stuck: list[int]) -> list[list[tuple[str, Span]]]:
    """Give the shortest cycle through the first of the steps that wait for one another, for each such group."""
    if not stuck:
        return []  # as nearly always: networkx takes its time to load
    import networkx

    waiting = networkx.DiGraph()
    for number in reversed(stuck):
        for other, node in reversed(waits[number].items()):
            waiting.add_edge(number, other, use=node)  # the first use is shown
    cycles: list[list[tuple[str, Span]]] = []
    for group in sorted(networkx.strongly_connected_components(waiting), key=min):
        first, again = min(group), (min(group), "again")
        waiting.add_edges_from(
            (n, again, data) for n, _, data in waiting.in_edges(first, data=True)
        )
        if again in waiting and (len(group) > 1 or waiting.has_edge(first, first)):
            path = networkx.shortest_path(waiting, first, again)
            uses = [waiting.edges[edge]["use"] for edge in pairwise(path)]
            cycles.append([(node.id, node.span) for node in uses if node is not None])
    return cycles


def in_order(constants: list[tree.Let]) -> list[tree.Let]:
    """Sort constants so that each follows those that its value names, without recursing; circles stay as they stand."""
    by_name = {constant.name: constant for constant in constants}
    needed = {
        name: [n for n in free_names(constant.value) if n in by_name]
        for name, constant in by_name.items()
    }
    ordered: dict[str, tree.Let] = {}
    opened: set[str] = set()
    for root in by_name:
        pending = [root]
        while pending:
            name = pending[-1]
            waiting = [n for n in needed[name] if n not in ordered and n not in opened]
            if name not in opened and waiting:
                opened.add(name)
                pending.extend(reversed(waiting))
            else:
                ordered.setdefault(name, by_name[name])
                pending.pop()
    return list(ordered.values())
