"""Loops in Python: `repeat` and `for` as `for`, forks over values and comprehensions as comprehensions.

A turn's number is part of the names of the layers inside. Where the spec has it at hand (`enumerate`, `range`) that is
used; else the loop gets an index, and only if a name asks for it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field
from itertools import chain, count

from netdsl.emit.calls import iterable
from netdsl.emit.kinds import VALUE, Kind, ListOf, Parts, Piece, alike, element, member
from netdsl.emit.named import append, name_in_turn, start_lists
from netdsl.emit.names import Loop
from netdsl.emit.pieces import listed, sequence
from netdsl.emit.python import code
from netdsl.emit.python.layout_statements import names_in
from netdsl.emit.python.spelling import kept_name
from netdsl.emit.several import (
    assigned,
    count_of,
    elements_of,
    leaving,
    variables_for,
    words_of,
)
from netdsl.emit.writer import Promised, Writer
from netdsl.record import mutable, record
from netdsl.syntax import tree
from netdsl.syntax.walk import asked, pattern_names, reads_arriving

INDICES = ("n", "k", "m", "turn", "index")


def _counters() -> Iterator[str]:
    """Give what a counter may be called, best first."""
    yield from INDICES
    yield from (f"turn{number}" for number in count(2))


@record
class Carried:
    """What a loop carries in variables: what they are called, and the statement that takes them apart."""

    words: list[str]
    unpacking: tree.Bind | None


@mutable
class Opened:
    """A loop's parts while its body is written."""

    target: ast.expr
    source: ast.expr
    loop: Loop
    index: str | None  # a variable of the loop's own, in use if `loop.used`

    @property
    def needs_enumerate(self) -> bool:
        return self.loop.used and self.index is not None

    def head(self) -> tuple[ast.expr, ast.expr]:
        """Give the target and what the loop goes over, numbered where a name needs the number."""
        target, source = _values_alone(self.target, self.source)
        if not self.needs_enumerate:
            return target, source
        assert self.index is not None
        if isinstance(target, ast.Name) and target.id == "_" and is_range(source):
            return code.name(self.index), source
        pair = code.tuple_of([code.name(self.index), target])
        return pair, code.call("enumerate", [source])


def _values_alone(target: ast.expr, source: ast.expr) -> tuple[ast.expr, ast.expr]:
    """Write `for x in group.values()` where the names of a group's inputs are thrown away."""
    match target, source:
        case (
            ast.Tuple(elts=[ast.Name(id="_"), value]),
            ast.Call(func=ast.Attribute(value=group, attr="items"), args=[]),
        ):
            return value, code.call(code.attribute(group, "values"))
    return target, source


def is_range(node: ast.expr) -> bool:
    """Tell whether a loop's source is `range(n)`, whose turns are their own numbers."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "range"
        and len(node.args) == 1
    )


@contextmanager
def _opened(
    w: Writer,
    node: tree.Node,
    pattern: tree.Pattern | None,
    source: Piece,
    known: ast.expr | None = None,
) -> Iterator[Opened]:
    """Open the scope of one turn: its variables, its index (`known` where something else counts the turns)."""
    taken: list[str] = []
    bindings: dict[str, Piece] = {}
    target: ast.expr = code.name("_")
    if pattern is not None:
        target = _target(w, pattern, element(source.kind), bindings, taken)
    known = known or _known_index(w, pattern, source.code, target, taken)
    index = None
    if known is None:
        index = w.names.first_free(name for name in _counters() if name not in w.words)
        taken.append(index)
        known = code.name(index)
    loop = Loop(node, known)
    opened = Opened(target, source.code, loop, index)
    with w.within(w.scope.inner(bindings, loop)):
        yield opened
    w.names.release(*taken)


def _target(
    w: Writer, pattern: tree.Pattern, kind: Kind, bindings: dict[str, Piece], taken: list[str]
) -> ast.expr:
    if isinstance(pattern, tree.NamePattern):
        if pattern.id == "_":
            return code.name("_")
        variable = kept_name(pattern.id)
        if variable not in w.later:  # what a later statement puts there is none of the loop's
            variable = w.names.take(variable)
            taken.append(variable)
        bindings[pattern.id] = Piece(code.name(variable), kind)
        return code.name(variable)
    parts = [
        _target(w, part, member(kind, number), bindings, taken)
        for number, part in enumerate(pattern.parts)
    ]
    return code.tuple_of(parts)


def _known_index(
    w: Writer, pattern: tree.Pattern | None, source: ast.expr, target: ast.expr, taken: list[str]
) -> ast.expr | None:
    """Find the number of the turn among what the loop binds anyway: `enumerate(…)` and `range(…)` have it."""
    if not isinstance(source, ast.Call) or not isinstance(source.func, ast.Name):
        return None
    if source.keywords and source.func.id != "enumerate":
        return None
    if source.func.id == "enumerate" and isinstance(target, ast.Tuple) and len(target.elts) == 2:
        first = _enumerate_start(source)
        if isinstance(target.elts[0], ast.Name):
            if target.elts[0].id == "_":
                return None
            return _minus(target.elts[0], first)
    if source.func.id == "range" and isinstance(target, ast.Name) and target.id != "_":
        if len(source.args) == 1:
            return target
        if len(source.args) == 2:
            return _minus(target, source.args[0])
    return None


def _enumerate_start(source: ast.Call) -> ast.expr:
    named = [k.value for k in source.keywords if k.arg == "start"]
    return source.args[1] if len(source.args) > 1 else named[0] if named else code.constant(0)


def _minus(variable: ast.expr, first: ast.expr) -> ast.expr:
    if isinstance(first, ast.Constant) and first.value == 0:
        return variable
    return ast.BinOp(variable, ast.Sub(), first)


def loop_stage(w: Writer, stage: tree.Repeat | tree.For, current: Piece | None, flow: str) -> Piece:
    """Write `repeat n { chain }` and `for pattern in values { chain }`: a tensor goes through turn after turn.

    Where none arrives, the chain begins with one in its only turn.
    """
    if current is not None and (carried := carried_by(w, stage, current)) is not None:
        return _carrying_loop(w, stage, carried, current, flow)
    given, first = current, len(w.out)
    stays = given is not None and given.is_name and not w.is_temporary(given)
    if current is not None:
        current = w.assign(flow, listed(current))
        w.drop_temporaries()
        w.scope.arriving = current
    begun = len(w.out)
    pattern, source = _head(w, stage)
    stays = stays and len(w.out) == begun  # nothing that was written reads the variable
    start_lists(w, stage)
    outer, w.promised = w.promised, w.promised._replace(targets=())
    with _opened(w, stage, pattern, source) as opened, w.block() as body:
        own = name_in_turn(w, stage)
        result = (
            w.flowing(stage.body, flow) if current is None else w.run(stage.body, current, flow)
        )
        result = w.passed_on(listed(result), flow)
        w.names.release(*own)
    w.promised = outer
    if not body:  # whatever the turns, what arrives leaves: in the variable that has it
        if stays:
            del w.out[first:begun]
        return (given if stays else current) or result
    target, over = _read_alone(*opened.head(), names_in(body))
    loop = w.making and w.making.make_turns_before(target, over, body, w.out)
    w.emit(loop or ast.For(_without_unused(target, body), over, body, []))
    kind = result.kind if current is None else alike(current.kind, result.kind)
    return Piece(code.name(flow), kind)


def _head(w: Writer, stage: tree.Repeat | tree.For) -> tuple[tree.Pattern | None, Piece]:
    """Give what a loop binds in each turn, and what it goes over."""
    if isinstance(stage, tree.Repeat):
        return None, Piece(code.call("range", [w.value(stage.count)]), VALUE)
    source = iterable(w, stage.iterable)
    return stage.target, source if source.kind == VALUE else Piece(sequence(source), source.kind)


def _carries(stage: tree.Repeat | tree.For) -> tree.Bind | None:
    """Give the statement `a, b = _` of a loop's braces, if nothing else in the loop reads what arrives."""
    if not isinstance(stage.body, tree.Statements) or any(map(reads_arriving, asked(stage))):
        return None
    found: tree.Bind | None = None
    for statement in stage.body.statements:
        if found is None and _unpacks(statement):
            assert isinstance(statement, tree.Bind)
            found = statement
        elif reads_arriving(statement):
            return None
    return found


def _unpacks(statement: tree.BodyStatement) -> bool:
    if not isinstance(statement, tree.Bind) or not isinstance(statement.value, tree.Arriving):
        return False
    target = statement.target
    if not isinstance(target, tree.TuplePattern):
        return False
    names = [part.id for part in target.parts if isinstance(part, tree.NamePattern)]
    return len(names) == len(target.parts) == len(set(names)) and "_" not in names


def carried_by(w: Writer, stage: tree.Expr, current: Piece) -> Carried | None:
    """Say how a loop carries several tensors from turn to turn, each in a variable; None where it does not.

    Its braces take them apart, or it gets and gives a known number of them.
    """
    if not isinstance(stage, (tree.Repeat, tree.For)):
        return None
    unpacking = _carries(stage)
    if unpacking is not None:
        return Carried(pattern_names(unpacking.target), unpacking)
    count = count_of(current.kind)
    if count is None or isinstance(stage.body, tree.Statements) or leaving(w, stage.body) != count:
        return None
    if any(map(reads_arriving, asked(stage))):
        return None
    return Carried(words_of(w, stage.body), None)


def _carrying_loop(
    w: Writer, stage: tree.Repeat | tree.For, carried: Carried, current: Piece, flow: str
) -> Piece:
    """Write a loop that carries several tensors from turn to turn, each in the variable that its braces name."""
    current = listed(current)
    w.drop_temporaries()
    pattern, source = _head(w, stage)
    variables = _carried_in(w, carried, current, flow)
    targets = [code.name(v) for v in variables]
    start_lists(w, stage)
    place = len(w.out)
    kinds = [member(current.kind, number) for number in range(len(targets))]
    kind = Parts(tuple(kinds))
    outer, kept = w.promised, {flow, *w.promised.targets, *w.promised.variables.values()}
    with _opened(w, stage, pattern, source) as opened, w.block() as body:
        w.scope.arriving = Piece(code.list_of(targets), kind)
        if carried.unpacking is None:
            known = dict(zip(carried.words, variables, strict=False))
            w.promised = Promised(flow, known, tuple(variables))
        else:
            each = zip(carried.words, targets, kinds, strict=True)
            w.scope.bindings |= {name: Piece(target, kind) for name, target, kind in each}
            w.carried.add(id(carried.unpacking))
        result = listed(w.run(stage.body, w.scope.arriving, flow))
        w.promised = outer
    given = elements_of(result, len(targets))
    if given is None:  # each turn takes apart what the one before has given
        given, arriving = result.code, code.name(flow)
        w.out[place:place] = (
            [code.assign(flow, current.code)] if not code.is_name(current.code, flow) else []
        )
        body.insert(0, code.assign(code.tuple_of(targets), arriving))
        body.append(code.assign(flow, given))
        leaves = Piece(code.name(flow), alike(current.kind, result.kind))
    else:
        begin = elements_of(current, len(targets)) or current.code
        w.out[place:place] = assigned(targets, begin)
        body += assigned(targets, given)
        names = result.kind.names if isinstance(result.kind, Parts) else ()
        leaves = Piece(code.list_of(targets), Parts(tuple(kinds), names))
    w.lend(*(v for v in variables if v not in kept))
    target, over = _read_alone(*opened.head(), names_in(body))
    w.emit(ast.For(_without_unused(target, body), over, body or [ast.Pass()], []))
    return leaves


def _carried_in(w: Writer, carried: Carried, current: Piece, flow: str) -> list[str]:
    """Give each tensor that a loop carries its variable: the one that flows, where that is called so."""
    if carried.unpacking is None:
        return variables_for(w, carried.words, current, flow)
    promised = w.promised.variables if w.promised.flow == flow else {}
    spelled = [kept_name(n) for n in carried.words]
    return [
        promised.get(n) or (flow if own == flow else w.names.take(own))
        for n, own in zip(carried.words, spelled, strict=True)
    ]


def _without_unused(target: ast.expr, body: list[ast.stmt]) -> ast.expr:
    """Write `_` for a lone loop variable that nothing reads."""
    if isinstance(target, ast.Name):
        used = {n.id for s in body for n in ast.walk(s) if isinstance(n, ast.Name)}
        return target if target.id in used else code.name("_")
    return target


def _read_alone(target: ast.expr, over: ast.expr, read: set[str]) -> tuple[ast.expr, ast.expr]:
    """Go over the values of a dict, or its keys, where nothing reads the other of each pair."""
    match target, over:
        case ast.Tuple(elts=[index, inner]), ast.Call(func=ast.Name(id="enumerate"), args=[pairs]):
            inner, pairs = _read_alone(inner, pairs, read)
            return code.tuple_of([index, inner]), code.call("enumerate", [pairs])
        case (
            ast.Tuple(elts=[ast.Name() as key, ast.Name() as value]),
            ast.Call(func=ast.Attribute(value=pairs, attr="items"), args=[]),
        ):
            if key.id not in read:
                return value, code.call(code.attribute(pairs, "values"))
            if value.id not in read:
                return key, pairs
    return target, over


def fork_loop(
    w: Writer, loop: tree.For, arriving: Piece | None, variable: str | None = None
) -> Piece:
    """Write `[for pattern in values { chain }]`: a branch for each value; a list that a loop fills is `variable`."""
    source = iterable(w, loop.iterable)
    source = Piece(sequence(source), source.kind)
    start_lists(w, loop)
    w.note_sources(loop.body)
    collected = variable or w.temporary("branches")
    with (
        _opened(w, loop, loop.target, source) as opened,
        w.block() as body,
        w.flow("branch", "inner", "part") as flow,
    ):
        own = name_in_turn(w, loop)
        result = (
            w.flowing(loop.body, flow) if arriving is None else w.branch(loop.body, arriving, flow)
        )
        result = _on_a_line(w, body, result, flow)
        w.names.release(*own)
    piece = _collected(w, [opened], [], body, result, collected)
    if isinstance(piece.code, ast.ListComp) and variable is None:
        w.names.release(collected)  # no loop fills it: the next stage may have the name
    return piece


@mutable
class _Element:
    """The element of a comprehension while it is written: where it is collected, and what it takes."""

    variable: str
    is_own: bool  # the variable is not the caller's
    counted: bool = False  # the turns are numbered by how much is collected
    clauses: Clauses = field(default_factory=lambda: Clauses([], []))
    body: list[ast.stmt] = field(default_factory=list)


@contextmanager
def _element(
    w: Writer, expr: tree.Comprehension | tree.DictComprehension, variable: str | None, word: str
) -> Iterator[tuple[_Element, str]]:
    """Open the clauses of a comprehension; its element flows through the variable that is given beside it."""
    start_lists(w, expr)
    made = _Element(variable or w.temporary(word), variable is None)
    turns = code.call("len", [code.name(made.variable)]) if _skips_turns(expr.clauses) else None
    with (
        open_clauses(w, expr, expr.clauses, turns) as made.clauses,
        w.block() as made.body,
        w.flow("branch", "inner", "part") as flow,
    ):
        own = name_in_turn(w, expr)
        yield made, flow
        w.names.release(*own)
    made.counted = turns is not None and any(o.loop.used for o in made.clauses.opened)


def comprehension(w: Writer, expr: tree.Comprehension, variable: str | None = None) -> Piece:
    """Write `[element for … in …]`: a comprehension, or a loop where the element takes several statements."""
    with _element(w, expr, variable, "branches") as (made, flow):
        result = w.flowing(expr.element, flow)
        result = _on_a_line(w, made.body, result, flow)
    if not made.body and expr.bracket == "(" and not made.counted:
        generators = made.clauses.generators()
        return Piece(ast.GeneratorExp(result.code, generators), _list_kind(result.kind))
    opened, conditions = made.clauses.opened, made.clauses.conditions
    piece = _collected(
        w, opened, conditions, made.body, result, made.variable, as_loop=made.counted
    )
    if isinstance(piece.code, ast.ListComp) and made.is_own:
        w.names.release(made.variable)
    return piece


def dict_comprehension(
    w: Writer, expr: tree.DictComprehension, variable: str | None = None
) -> Piece:
    """Write `{key: value for … in …}`: a comprehension, or a loop where the value takes several statements."""
    with _element(w, expr, variable, "entries") as (made, flow):
        key = w.value(expr.key)
        result = _on_a_line(w, made.body, w.flowing(expr.value, flow), flow)
    if not made.body and not made.counted:
        w.names.release(*[made.variable] * made.is_own)
        return Piece(ast.DictComp(key, result.code, made.clauses.generators()), VALUE)
    entries = code.name(made.variable)
    w.emit(code.assign(made.variable, ast.Dict([], [])))
    made.body.append(code.assign(code.subscript(entries, key), result.code))
    _close(w, made.clauses.opened, made.clauses.conditions, made.body)
    return Piece(entries, VALUE)


def _on_a_line(w: Writer, body: list[ast.stmt], result: Piece, flow: str) -> Piece:
    """In a loop of several statements the last application has a line too, before the result is collected."""
    return w.passed_on(result, flow) if body and code.applies_layer(result.code) else result


def _skips_turns(clauses: tuple[tree.Clause, ...]) -> bool:
    """Tell whether the turns of a comprehension are not those of one loop: several clauses, or a condition."""
    return len(clauses) > 1 or any(clause.conditions for clause in clauses)


def _list_kind(kind: Kind) -> Kind:
    return VALUE if kind == VALUE else ListOf(kind)


def _collected(
    w: Writer,
    opened: list[Opened],
    conditions: list[list[ast.expr]],
    body: list[ast.stmt],
    result: Piece,
    collected: str,
    *,
    as_loop: bool = False,
) -> Piece:
    """Close loops that collect their results in a list."""
    conditions = conditions or [[] for _ in opened]
    if not body and not as_loop:
        parts = [result.code, *(o.source for o in opened[1:]), *chain.from_iterable(conditions)]
        read = names_in(parts)
        generators = [_generator(o, c, read) for o, c in zip(opened, conditions, strict=True)]
        return Piece(ast.ListComp(result.code, generators), _list_kind(result.kind))
    w.emit(code.assign(collected, code.list_of([])))
    body.append(append(code.name(collected), result.code))
    _close(w, opened, conditions, body)
    found = code.name(collected)
    found.is_list = True  # type: ignore[attr-defined]
    return Piece(found, _list_kind(result.kind))


def _close(
    w: Writer, opened: list[Opened], conditions: list[list[ast.expr]], body: list[ast.stmt]
) -> None:
    """Put what is done in each turn between the heads of its loops and their conditions."""
    statements = body
    for one, tests in reversed(list(zip(opened, conditions, strict=True))):
        for test in reversed(tests):
            statements = [ast.If(test, statements, [])]
        target, over = _read_alone(*one.head(), names_in(statements))
        statements = [ast.For(target, over, statements, [])]
    w.out.extend(statements)


def _generator(
    opened: Opened, conditions: list[ast.expr], read: set[str] | None = None
) -> ast.comprehension:
    target, over = opened.head()
    if read is not None:
        target, over = _read_alone(target, over, read)
    return ast.comprehension(target, over, conditions, 0)


@mutable
class Clauses:
    """The clauses of a comprehension while its element is written."""

    opened: list[Opened]
    conditions: list[list[ast.expr]]

    def generators(self) -> list[ast.comprehension]:
        return [_generator(o, c) for o, c in zip(self.opened, self.conditions, strict=True)]


@contextmanager
def open_clauses(
    w: Writer,
    node: tree.Node,
    clauses: tuple[tree.Clause, ...],
    known: ast.expr | None = None,
) -> Iterator[Clauses]:
    """Open the scopes of a comprehension's clauses; its turns are counted over all of them together."""
    made = Clauses([], [])

    @contextmanager
    def rest(remaining: tuple[tree.Clause, ...]) -> Iterator[None]:
        if not remaining:
            yield
            return
        clause = remaining[0]
        source = iterable(w, clause.iterable)
        source = Piece(sequence(source), source.kind)
        with _opened(w, node, clause.target, source, known) as opened:
            made.opened.append(opened)
            made.conditions.append([w.value(test) for test in clause.conditions])
            with rest(remaining[1:]):
                yield

    with rest(clauses):
        yield made
