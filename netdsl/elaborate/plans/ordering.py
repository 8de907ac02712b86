"""The order of a body: statements that may stand in any order, sorted so that each follows what it uses.

`arrange` first splits a chain at each `as` of its top level (`a = x -> f() as p -> g()` is `p = x -> f()` and
`a = p -> g()`), so that only a real cycle is one, then sorts. Both elaboration and emission read its result.
"""

from __future__ import annotations

import heapq
from dataclasses import field
from functools import cached_property
from itertools import pairwise

from netdsl.record import mutable, record
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import free_names, names_after_as


@record(eq=False)
class Step:
    """One statement with the names it defines and the names (of this body) it uses.

    `part_of` is the statement as it was written, where a chain was split.
    """

    statement: tree.BodyStatement
    defines: dict[str, Span]
    uses: dict[str, tree.Name]
    part_of: tree.BodyStatement


@mutable
class Arrangement:
    """A body in order. `cycles` are paths of names, each closing on itself; their steps are left out.

    `twice` are (name, first place, second place) of names bound more than once; the first binding stands.
    """

    steps: list[Step] = field(default_factory=list)
    inputs: list[tree.Input] = field(default_factory=list)
    outputs: list[tree.Output] = field(default_factory=list)
    cycles: list[list[tuple[str, Span]]] = field(default_factory=list)
    stuck: list[Step] = field(default_factory=list)
    twice: list[tuple[str, Span, Span]] = field(default_factory=list)

    @cached_property
    def unread(self) -> list[tuple[str, Span, bool]]:
        """Give the tensors that no statement reads: the name, its place, and whether it is one of several."""
        read = {name for step in self.steps for name in step.uses}
        return [
            (name, place, isinstance(step.statement.target, tree.TuplePattern))
            for step in self.steps
            if isinstance(step.statement, tree.Bind)
            for name, place in step.defines.items()
            if name not in read
        ]


def split_at_as(statement: tree.BodyStatement) -> list[tree.BodyStatement]:
    """Cut a binding or output after each `as` of its top-level chain, but the last stage's."""
    if not isinstance(statement, (tree.Bind, tree.Output)) or not isinstance(
        statement.value, tree.Pipe
    ):
        return [statement]
    stages = statement.value.stages
    pieces: list[tree.BodyStatement] = []
    current: list[tree.Expr] = []
    for stage in stages:
        if isinstance(stage, tree.As) and stage is not stages[-1] and stage.name != "_":
            current.append(stage.stage)
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


def _join(stages: list[tree.Expr]) -> tree.Expr:
    if len(stages) == 1:
        return stages[0]
    return tree.Pipe(stages[0].span.to(stages[-1].span), tuple(stages))


def _defines(statement: tree.BodyStatement) -> dict[str, Span]:
    match statement:
        case tree.Input(_, name) | tree.Let(_, name) | tree.Function(_, name):
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
    """Give the names that one pattern binds twice: `a, a = pair`."""
    if not isinstance(statement, tree.Bind) or isinstance(statement.target, tree.NamePattern):
        return []
    first: dict[str, Span] = {}
    found = []
    for node in _pattern_nodes(statement.target):
        if node.id in first and node.id != "_":
            found.append((node.id, first[node.id], node.span))
        first.setdefault(node.id, node.span)
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


def arrange(body: tree.Body) -> Arrangement:
    """Sort a body's statements so that each comes after what it uses; ties keep source order."""
    result = Arrangement()
    steps: list[Step] = []
    owner: dict[str, int] = {}
    places: dict[str, Span] = {}
    for written in body.statements:
        for statement in split_at_as(written):
            defines = _defines(statement)
            result.twice.extend(_repeated(statement))
            for name, place in list(defines.items()):
                if name in owner:
                    result.twice.append((name, places[name], place))
                else:
                    owner[name], places[name] = len(steps), place
            steps.append(Step(statement, defines, _uses(statement), written))
        if isinstance(written, tree.Input):
            result.inputs.append(written)
        elif isinstance(written, tree.Output):
            result.outputs.append(written)
    _sort(steps, owner, result)
    return result


def _sort(steps: list[Step], owner: dict[str, int], result: Arrangement) -> None:
    """Kahn's algorithm with a heap, so that ties keep source order; assertions go last."""
    waits: list[set[int]] = []
    followers: dict[int, list[int]] = {}
    for number, step in enumerate(steps):
        needed = {owner[name] for name in step.uses if name in owner}
        if _is_own_as(step):
            needed.discard(number)
        waits.append(needed)
        for other in needed:
            followers.setdefault(other, []).append(number)

    def rank(number: int) -> tuple[bool, int]:
        return (isinstance(steps[number].statement, tree.Assert), number)

    ready = [rank(n) for n, needed in enumerate(waits) if not needed]
    heapq.heapify(ready)
    done: set[int] = set()
    while ready:
        _, number = heapq.heappop(ready)
        done.add(number)
        result.steps.append(steps[number])
        for follower in followers.get(number, ()):
            waits[follower].discard(number)
            if not waits[follower]:
                heapq.heappush(ready, rank(follower))
    left = [n for n in range(len(steps)) if n not in done]
    result.stuck = [steps[n] for n in left]
    result.cycles = _cycles(steps, owner, left)


def _is_own_as(step: Step) -> bool:
    """True where a statement uses a name that an `as` inside it gives, which is no cycle."""
    value = getattr(step.statement, "value", None)
    if value is None:
        return False
    inner = names_after_as(value)
    own = set(step.defines) - set(inner)
    return not any(name in own for name in step.uses)


def _cycles(
    steps: list[Step], owner: dict[str, int], left: list[int]
) -> list[list[tuple[str, Span]]]:
    """Give the shortest cycle through the first of the steps that wait for one another, for each such group."""
    if not left:
        return []  # as nearly always: networkx takes its time to load
    import networkx

    waiting = networkx.DiGraph()
    for number in reversed(left):
        for name, node in reversed(steps[number].uses.items()):
            other = owner.get(name)
            if other is not None and not (other == number and _is_own_as(steps[number])):
                waiting.add_edge(number, other, use=(name, node.span))  # the first use is shown
    cycles: list[list[tuple[str, Span]]] = []
    for group in sorted(networkx.strongly_connected_components(waiting), key=min):
        first, again = min(group), (min(group), "again")
        waiting.add_edges_from(
            (n, again, data) for n, _, data in waiting.in_edges(first, data=True)
        )
        if again in waiting and (len(group) > 1 or waiting.has_edge(first, first)):
            path = networkx.shortest_path(waiting, first, again)
            cycles.append([waiting.edges[edge]["use"] for edge in pairwise(path)])
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
