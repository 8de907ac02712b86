"""Loops over values: comprehensions, what a `for` goes over, and patterns that take values apart."""

from __future__ import annotations

from collections.abc import Iterator

from netdsl.diagnostics.problems import structure as problems
from netdsl.elaborate import evaluate as ev
from netdsl.elaborate.arguments.held_layers import check_turn
from netdsl.elaborate.layers.origins import input_labels
from netdsl.elaborate.remedies import unpacking
from netdsl.elaborate.scope import values
from netdsl.elaborate.scope.entities import (
    POISON,
    InputGroup,
    NamedOutputs,
    NotTaken,
    Tensor,
    is_poisoned,
    is_tensorial,
    spell_entity,
)
from netdsl.elaborate.scope.frame import Frame
from netdsl.elaborate.scope.limits import TURN_STEPS, Crowds, check_items
from netdsl.syntax import tree
from netdsl.syntax.walk import names_after_as
from netdsl.tensor import Sym
from netdsl.value import Value


class _Unknown(Exception):
    """What a comprehension goes over is not known: neither is what comes of it."""


def comprehension(expr: tree.Comprehension, frame: Frame) -> Value:
    """Give a list; POISON where it goes over what is not known."""
    try:
        return _list(expr, frame)
    except _Unknown:
        return POISON


def _list(expr: tree.Comprehension, frame: Frame) -> list[Value]:
    result: list[Value] = []
    unnamed = predefine(expr, frame)
    for turn in _clauses(expr, expr.clauses, frame):
        turn.variables.update(unnamed)
        result.append(ev.evaluate(expr.element, turn))
        check_items(len(result))
    return result


def dict_comprehension(expr: tree.DictComprehension, frame: Frame) -> Value:
    """Give a dict; POISON where it goes over what is not known."""
    try:
        return _dict(expr, frame)
    except _Unknown:
        return POISON


def _dict(expr: tree.DictComprehension, frame: Frame) -> Value:
    result: dict[Value, Value] = {}
    crowds = Crowds()
    unnamed = predefine(expr, frame)
    for turn in _clauses(expr, expr.clauses, frame):
        turn.variables.update(unnamed)
        key = ev.value_of(expr.key, turn)
        if not ev.is_key(key, expr.key.span, crowds, frame):
            return POISON
        result[key] = ev.evaluate(expr.value, turn)
        check_items(len(result))
    return result


def clauses(loop: tree.Node, written: tuple[tree.Clause, ...], frame: Frame) -> list[Frame] | None:
    """Give a frame for each turn of the clauses of a comprehension; None where they go over what is not known."""
    try:
        return list(_clauses(loop, written, frame))
    except _Unknown:
        return None


def _clauses(loop: tree.Node, clauses: tuple[tree.Clause, ...], frame: Frame) -> Iterator[Frame]:
    """Give a frame for each turn of the clauses, numbered for the names of stages inside."""

    def turns(depth: int, outer: Frame) -> Iterator[Frame]:
        if depth == len(clauses):
            yield outer
            return
        clause = clauses[depth]
        items = _iterable(clause.iterable, outer)
        if items is None:
            raise _Unknown
        for item in items:
            inner = outer.inner(match_pattern(clause.target, item, outer))
            if _holds(clause, inner):
                yield from turns(depth + 1, inner)

    for count, inner in enumerate(turns(0, frame)):
        inner.begin(loop, count)
        frame.session.budget.step(TURN_STEPS)
        yield inner


def _holds(clause: tree.Clause, frame: Frame) -> bool:
    for condition in clause.conditions:
        decided = ev.condition(condition, frame)
        if decided is None:
            raise _Unknown
        if not decided:
            return False
    return True


def iterable(expr: tree.Expr, frame: Frame) -> list[Value]:
    """Evaluate what a loop goes over; an empty list after reporting."""
    return _iterable(expr, frame) or []


def _iterable(expr: tree.Expr, frame: Frame) -> list[Value] | None:
    value = ev.value_of(expr, frame)
    if is_poisoned(value) and not isinstance(value, (list, tuple)):
        return None
    if isinstance(value, InputGroup):
        return [*value.pairs]
    if isinstance(value, (list, tuple)):
        check_items(len(value))
        return list(value)
    if isinstance(value, dict):
        return list(value)
    if isinstance(value, Sym):
        problem = values.ValueProblem("a loop needs a list", value)
        ev.report_value_problem(problem, expr.span, frame)
    else:
        help_ = f"write `range({expr.span.text})`" if isinstance(value, int) else ""
        frame.report(
            problems.Uncomputable.at(
                expr.span, f"a loop goes over a list, this is {spell_entity(value)}", help=help_
            )
        )
    return None


def turn(loop: tree.For, index: int, item: Value, unnamed: dict[str, Value], frame: Frame) -> Frame:
    """Open the scope of one turn of a loop over stages; `unnamed` are its names after `as`."""
    bound = match_pattern(loop.target, item, frame)
    if index == 0:
        check_turn(loop, bound, frame)
    return frame.turn(loop, index, {**unnamed, **bound})


def _groups(count: int, value: Value) -> str:
    """`for (units, rate) in [64, 32]`: each turn takes as many values as there are names."""
    if is_tensorial(value):
        return ""
    if isinstance(value, str) and count == 2:
        return "a loop over a dict has its keys: `for key in d`, and `d[key]`, or `[(key, d[key]) for key in d]`"
    group = ", ".join(["…"] * count)
    return f"go over groups of {count}: `[({group}), ({group})]`"


def match_pattern(pattern: tree.Pattern, value: Value, frame: Frame) -> dict[str, Value]:
    """Bind the names of a pattern to the parts of a value."""
    bound: dict[str, Value] = {}
    stack = [(pattern, value)]
    while stack:
        part, item = stack.pop()
        if isinstance(part, tree.NamePattern):
            if part.id != "_":
                bound[part.id] = item
            elif isinstance(item, Tensor) and frame.body is not None:
                frame.body.graph.discarded.add(item.ref.node)
            continue
        elements = _elements(part, item, frame)
        stack.extend(zip(part.parts, elements, strict=True))
    return bound


def _elements(pattern: tree.TuplePattern, value: Value, frame: Frame) -> list[Value]:
    count = len(pattern.parts)
    if isinstance(value, (list, tuple)) and len(value) == count:
        return list(value)
    if not is_poisoned(value):
        came = spell_entity(value)
        if isinstance(value, (list, tuple)):
            what = "tensors" if is_tensorial(value) else "values"
            came = f"{len(value)} {what}"
        names = [n for n in value.names if n] if isinstance(value, NamedOutputs) else []
        fix = unpacking.change_names(pattern, value) if is_tensorial(value) and not names else None
        fix = fix or unpacking.more_names(pattern, value, frame)
        help_ = fix.text if fix else _groups(count, value)
        frame.report(
            problems.WrongUnpacking.at(
                pattern.span,
                f"{count} names for {came}",
                related=input_labels(value, frame, pattern.span) if frame.body else (),
                help=f"they are {', '.join(f'`{n}`' for n in names)}" if names else help_,
                fix=fix,
            )
        )
    return [POISON] * count


def predefine(loop: tree.Node, frame: Frame) -> dict[str, Value]:
    """Bind each name after `as` in a loop to a list, which stays empty where the loop has no turn.

    Gives what each turn begins with: the same names, which nothing has been given in it.
    """
    names = [name for name in names_after_as(loop) if name != "_"]
    for scope, _ in frame.scopes() if names else ():
        for name in names:
            if not isinstance(scope.variables.get(name), list):
                scope.variables[name] = []
    return {name: NotTaken(name, in_turn=True) for name in names}
