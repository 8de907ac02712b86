"""Walking syntax trees without recursion: children, all nodes below, and the names that an expression uses."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from functools import cache
from itertools import takewhile
from typing import Any, cast

from netdsl.source import Span
from netdsl.syntax import tree

_AS = re.compile(r"\bas\b")


#: Annotations of fields that hold no nodes.
_PLAIN = frozenset({"str", "int", "float", "bool", "EllipsisType", "None", "tuple"})


@cache
def _child_fields(node_type: type[tree.Node]) -> tuple[str, ...]:
    """Give the fields of a kind of node in which other nodes may stand."""
    skipped = {"span", "file", "comments"}
    return tuple(
        f.name
        for f in fields(node_type)
        if f.name not in skipped
        and not f.name.endswith("_span")
        and not _PLAIN.issuperset(re.findall(r"\w+", str(f.type)))
    )


#: The fields that play a part, by the kind of node.
_ARMS: dict[type[tree.Node], tuple[str, ...]] = {}
_TURNS: dict[type[tree.Node], tuple[str, ...]] = {}


def _playing(
    part: str, known: dict[type[tree.Node], tuple[str, ...]], node: tree.Node
) -> tuple[str, ...]:
    kind = type(node)
    if kind not in known:
        known[kind] = tuple(f.name for f in fields(kind) if part in f.metadata)
    return known[kind]


def arms(node: tree.Node) -> list[tree.Expr]:
    """Give the parts that get what arrives at a node, one of which gives what leaves it: the branches of an `if`."""
    names = _playing("arm", _ARMS, node)
    return [part for name in names if (part := getattr(node, name)) is not None]


def turns(node: tree.Node) -> list[tree.Expr]:
    """Give the parts that are carried out once for each turn: what stands in the braces of a `repeat`."""
    return [getattr(node, name) for name in _playing("turn", _TURNS, node)]


def asked(node: tree.Node) -> list[tree.Expr]:
    """Give the values that decide which arms are carried out, and how often: a condition, a count, a loop's list."""
    inside = arms(node)
    beside = [child for child in children(node) if not any(child is arm for arm in inside)]
    values = [part for part in beside if not isinstance(part, _PATTERNS)]
    return cast("list[tree.Expr]", values) if inside else []


def names_of_turns(node: tree.Node) -> list[str]:
    """Give the names that a loop binds anew in each turn."""
    parts = [part.target if isinstance(part, tree.Clause) else part for part in children(node)]
    patterns = [part for part in parts if isinstance(part, _PATTERNS)]
    return [name for pattern in patterns for name in pattern_names(pattern)]


def _parts(value: object) -> Iterator[tree.Node]:
    if isinstance(value, tree.Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _parts(item)


_MANY = 8  # parts of a node that are gone through to find the one that a place lies in
_HOLD_TEXTS = (tree.FString, tree.Compare)  # beside the nodes in a row
_PATTERNS = (tree.NamePattern, tree.TuplePattern)
_LEAVES = (tree.Name, tree.Literal, tree.Arriving, tree.NamePattern)


def _fields_below(node: tree.Node) -> tuple[str, ...]:
    kind: Any = type(node)  # a class is hashable, and its type does not say so
    return _child_fields(kind)


def children(node: tree.Node) -> list[tree.Node]:
    """Give the nodes directly below, in source order of the fields."""
    found: list[tree.Node] = []
    if isinstance(node, _LEAVES):
        return found
    for name in _fields_below(node):
        value = getattr(node, name)
        if isinstance(value, tree.Node):
            found.append(value)
        elif isinstance(value, tuple):
            found.extend(_parts(value))
    return found


def walk(node: tree.Node) -> Iterator[tree.Node]:
    """Give the node and all below it, each before what is below it."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(children(current)))


def bodies_in(body: tree.Body | tree.Expr) -> list[tree.Body | tree.Statements]:
    """Give the body of a declaration, if it has one, and the statements in braces anywhere inside it."""
    return [n for n in walk(body) if isinstance(n, (tree.Body, tree.Statements))]


def makes_weight(node: tree.Node) -> bool:
    """Tell whether a `weight` statement stands in a node."""
    return any(isinstance(n, tree.WeightDecl) for n in walk(node))


def written_names(root: tree.Node) -> Iterator[tuple[str, Span]]:
    """Give each name that is written in a tree, bound or used, with its place."""
    for node in walk(root):
        match node:
            case tree.Name() | tree.NamePattern():
                yield node.id, node.span
            case tree.ImportedName(span, name, alias):
                yield name, Span(span.file, span.start, span.start + len(name))
                if alias is not None:
                    yield alias, Span(span.file, span.end - len(alias), span.end)
            case tree.Train():
                yield node.model, node.model_span
            case _:
                own, place = getattr(node, "name", None), getattr(node, "name_span", None)
                if own is not None and place is not None:
                    yield own, place


def nodes_around(root: tree.Node, place: Span) -> list[tree.Node]:
    """Give the nodes that a place lies in, from `root` inwards; none where it lies in another file."""
    around: list[tree.Node] = []
    inner: tree.Node | None = root if root.span.file is place.file else None
    while inner is not None:
        around.append(inner)
        below = (c for c in _below(inner, place) if c.span.start <= place.start)
        inner = next((c for c in below if place.end <= c.span.end), None)
    return around


def _below(node: tree.Node, place: Span) -> Sequence[tree.Node]:
    """Give the nodes directly below that a place may lie in; of many in a row only the one that begins before it."""
    fields = [getattr(node, name) for name in _fields_below(node)]
    is_wide = any(isinstance(row, tuple) and len(row) > _MANY for row in fields)
    if not is_wide or isinstance(node, _HOLD_TEXTS):
        return children(node)
    return [part for row in fields for part in _parts(_beside(row, place))]


def _beside(row: object, place: Span) -> object:
    """Take out of a row what begins last before a place: a statement, an item, the pair of a dict."""
    if not isinstance(row, tuple):
        return row
    number = bisect_right(row, place.start, key=lambda i: next(_parts(i)).span.start)
    return row[max(0, number - 1) : number]


def way_to(root: tree.Node, target: tree.Node) -> list[tree.Node]:
    """Give the nodes from one down to another that stands below it, both among them; none where it does not."""
    around = nodes_around(root, target.span)
    number = next((n for n, node in enumerate(around) if node is target), None)
    return [] if number is None else around[: number + 1]


def stage_before(stage: tree.Expr, module: tree.Module) -> tree.Expr | None:
    """Give the stage that hands its tensors to another, which may have a name or call-time arguments."""
    inner: tree.Node = stage
    for node in reversed(way_to(module, stage)[:-1]):
        match node:
            case tree.Pipe(_, stages):
                number = next(i for i, item in enumerate(stages) if item is inner)
                return stages[number - 1] if number else None
            case tree.As() | tree.Call():
                inner = node
            case _:
                return None
    return None


def begins_with(item: tree.Expr) -> Iterator[tree.Expr]:
    """Give the expressions that a branch of a fork, or a chain, may begin with, under conditions too."""
    pending = [item]
    while pending:
        node = pending.pop()
        match node:
            case tree.Pipe(_, stages):
                pending.append(stages[0])
            case _:
                inner = [] if turns(node) else arms(node)
                pending += inner
                if not inner:
                    yield node


def is_of_ops(function: tree.Expr) -> bool:
    """Tell whether an expression is a function of Keras, such as `ops.abs` or `ops.image.resize`."""
    while isinstance(function, tree.Attribute):
        function = function.value
        if isinstance(function, tree.Name):
            return function.id == "ops"
    return False


def names_a_source(expr: tree.Expr) -> bool:
    """Tell whether an expression is `ops.f(…) as name`, which without an arrow gets nothing but its arguments."""
    return (
        isinstance(expr, tree.As)
        and isinstance(expr.stage, tree.Call)
        and is_of_ops(expr.stage.function)
    )


def heads(root: tree.Node) -> Iterator[tree.Node]:
    """Give the nodes of an expression that get what arrives at it as a whole: none behind an arrow inside it."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, tree.LayerDecl):
            continue  # where it is used, something arrives
        if isinstance(node, tree.TensorType):
            stack.extend(node.options)  # a size that is not known is written `?`
        else:
            stack.extend([node.stages[0]] if isinstance(node, tree.Pipe) else children(node))


def first_name(expr: tree.Expr) -> str | None:
    """Give the name that an expression begins with as it is written, if it begins with one."""
    node: tree.Node | None = expr
    while node is not None and not isinstance(node, tree.Name):
        match node:
            case tree.Pipe(_, (first, *_)):
                node = first
            case tree.As(_, inner) | tree.Attribute(_, inner) | tree.Subscript(_, inner):
                node = inner
            case tree.Call(_, inner) | tree.Compare(_, inner) | tree.Binary(_, _, inner):
                node = inner
            case tree.Conditional():
                node = node.then
            case _:
                node = None
    return None if node is None else node.id


def arriving_in(root: tree.Node) -> Iterator[tree.Arriving]:
    """Give each `_` that stands for what arrives at an expression as a whole: not behind an arrow inside it."""
    return (node for node in heads(root) if isinstance(node, tree.Arriving))


def reads_arriving(root: tree.Node) -> bool:
    """Tell whether `_` stands in an expression for what arrives at it as a whole."""
    return next(arriving_in(root), None) is not None


def pattern_names(pattern: tree.Pattern) -> list[str]:
    """Give the names that a pattern binds, in order: `i, (a, _)` -> ["i", "a"]."""
    return [n.id for n in walk(pattern) if isinstance(n, tree.NamePattern) and n.id != "_"]


def uses_others(parameter: tree.Parameter, declared: Iterable[tree.Parameter]) -> bool:
    """Tell whether it is a default that is worked out of the parameters before it: `hidden: int = 4 * width`."""
    if parameter.default is None or isinstance(parameter.default, tree.Literal):
        return False
    used = free_names(parameter.default)
    return any(p.name in used for p in takewhile(lambda p: p is not parameter, declared))


def free_names(node: tree.Node) -> dict[str, tree.Name]:
    """Give the names an expression uses and does not bind itself, each with its first use.

    Loop variables are bound in their body only; a name after `as` is not a use.
    """
    found: dict[str, tree.Name] = {}
    stack: list[tuple[tree.Node, frozenset[str]]] = [(node, frozenset())]
    while stack:
        current, bound = stack.pop()
        if isinstance(current, tree.Name):
            if current.id not in bound:
                found.setdefault(current.id, current)
            continue
        stack.extend(reversed(_scoped_children(current, bound)))
    return found


def _scoped_children(
    node: tree.Node, bound: frozenset[str]
) -> list[tuple[tree.Node, frozenset[str]]]:
    if isinstance(node, tree.Statements):
        inner = bound.union(names_in_braces(node))
        return [(child, inner) for child in children(node)]
    repeated = turns(node)
    if not repeated:
        return [(child, bound) for child in children(node)]
    inner = bound.union(names_after_as(node))
    if isinstance(node, (tree.Comprehension, tree.DictComprehension, tree.InputComprehension)):
        return _clause_children(node.clauses, repeated, inner)
    inner = inner.union(names_of_turns(node))
    return [(c, inner if any(c is part for part in repeated) else bound) for c in children(node)]


def statement_names(statement: tree.BodyStatement) -> list[str]:
    """Give the names that a statement of a body binds by itself, those after `as` left out."""
    match statement:
        case tree.Bind(_, target):
            return pattern_names(target)
        case tree.Defaults() | tree.Assert() | tree.Output(_, None):
            return []
        case _:
            return [statement.name] if statement.name else []


def names_in_braces(node: tree.Statements) -> list[str]:
    """Give the names that statements in braces have for themselves, each time that they are carried out."""
    own = [name for statement in node.statements for name in statement_names(statement)]
    return [*own, *names_after_as(node)]


def _clause_children(
    clauses: tuple[tree.Clause, ...], results: Sequence[tree.Node], bound: frozenset[str]
) -> list[tuple[tree.Node, frozenset[str]]]:
    found: list[tuple[tree.Node, frozenset[str]]] = []
    for clause in clauses:
        found.append((clause.iterable, bound))
        bound = bound | frozenset(pattern_names(clause.target))
        found.extend((condition, bound) for condition in clause.conditions)
    found.extend((result, bound) for result in results)
    return found


def _after_as(node: tree.Node) -> Iterator[tree.As]:
    if _AS.search(node.span.text) is None:  # nearly every expression, told without walking it
        return iter(())
    return (n for n in walk(node) if isinstance(n, tree.As))


def names_after_as(node: tree.Node) -> dict[str, tree.As]:
    """Give the names that `as` binds anywhere inside an expression."""
    return {n.name: n for n in _after_as(node) if not n.gathers}


def gathered_names(node: tree.Node) -> dict[str, list[tree.As]]:
    """Give the lists that `as *name` adds to anywhere inside an expression, with the places in order of the text."""
    found: dict[str, list[tree.As]] = {}
    for place in _after_as(node):
        if place.gathers:
            found.setdefault(place.name, []).append(place)
    return found
