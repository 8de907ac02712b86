"""Layer names from where a stage stands: one plan per body, read by elaboration and by emission alike.

A stage's base is its explicit `name=`, the name after `as`, or its kind in snake case; the only stage of a statement
has the name that this binds (`skip`), several begin with it (`stem_conv2d`, `stem_re_lu`). Equal bases are numbered in
source order, and the indices of the loops around a stage follow its base (`residual_0_1`). Bases are chosen so that no
two different places can ever spell the same name: a base that other names grow from (a block's use, a stage in a loop)
is never the beginning of another base.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import field
from functools import cache

from netdsl.graph import Hold
from netdsl.record import mutable, record
from netdsl.syntax import tree
from netdsl.syntax.walk import (
    arms,
    asked,
    begins_with,
    free_names,
    is_of_ops,
    names_of_turns,
    turns,
    walk,
)

OPERATOR_BASES = {"+": "add", "-": "subtract", "*": "multiply"}


@cache
def snake_case(name: str) -> str:
    """Spell a class name as Keras does: Conv2D -> conv2d, MaxPooling2D -> max_pooling2d, ReLU -> re_lu."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


@record
class StageName:
    """Where a stage's name comes from. With `explicit` the expression gives the base when it is evaluated.

    `loops` are the loops around the stage whose index is part of the name, outermost first.
    """

    base: str
    explicit: tree.Expr | None
    loops: tuple[tree.Node, ...]
    hold: Hold = "given"

    def within(self, around: Hold) -> Hold:
        """Give the hold of this name where it begins with the name of what is around it, whose hold is `around`."""
        own: Hold = "place" if self.loops else self.hold
        return min(own, around, key=("place", "given", "kind").index)


@mutable
class NamePlan:
    """The names of the stages of one body, by the identity of the syntax node."""

    stages: dict[int, StageName] = field(default_factory=dict)
    loops: dict[int, int] = field(default_factory=dict)  # loop node -> how many loops are around it
    applied: set[str] = field(default_factory=set)  # parameters of type `layer` that are stages

    def of(self, stage: tree.Node) -> StageName | None:
        return self.stages.get(id(stage))


@mutable
class _Occurrence:
    node: tree.Node
    base: str
    explicit: tree.Expr | None
    loops: tuple[tree.Node, ...]
    expands: bool
    hold: Hold = "kind"
    # A name after `as`, or that of a statement in braces, wins over the statement's around it.
    has_own: bool = False
    is_network: bool = False  # a model, or a network of Keras


@record
class _Joined(tree.Node):
    """An operator whose operands have been visited: it is numbered after them, as it is computed."""

    operator: tree.Binary


def plan_names(
    node: tree.Block | tree.Model,
    declared: Callable[[str], tree.Node | None],
    operations: AbstractSet[str] = frozenset(),
) -> NamePlan:
    """Name every stage of a block or model; `declared` gives what a called name is (names grow from blocks).

    `operations` are names that operations of `keras.ops` may get in a model: a layer there has a number beside them.
    """
    collector = _Collector(declared)
    collector.makers = {p.name for p in node.parameters if p.type == "layer"}
    body = node.body
    if isinstance(body, tree.Body):
        collector.shared = {s.name for s in body.statements if isinstance(s, tree.LayerDecl)}
        for statement in body.statements:
            collector.statement(statement)
    else:
        collector.chain(body, ())
    occurrences = collector.occurrences
    _number(occurrences, operations | collector.keys)
    plan = NamePlan()
    for item in occurrences:
        plan.stages[id(item.node)] = StageName(item.base, item.explicit, item.loops, item.hold)
    plan.loops = collector.depths
    plan.applied = collector.applied
    return plan


class _Collector:
    """Walks a body in source order and notes each stage that will need a name."""

    def __init__(self, declared: Callable[[str], tree.Node | None]) -> None:
        self._declared = declared
        self.shared: set[str] = set()  # what `layer` statements declare: its uses make nothing
        self.applied: set[str] = set()
        self.makers: set[str] = set()  # parameters that make layers, where they stand as stages
        self.keys: set[str] = set()  # names of inputs that groups spell out
        self.occurrences: list[_Occurrence] = []
        self.depths: dict[int, int] = {}

    def _is_block(self, name: str) -> bool:
        return isinstance(self._declared(name), tree.Block)

    def statement(self, statement: tree.BodyStatement, loops: tuple[tree.Node, ...] = ()) -> None:
        match statement:
            case tree.Bind(_, tree.NamePattern(_, name), value) if name != "_":
                self._named(name, value, loops)
            case tree.LayerDecl(_, name, value):
                self._named(name, value, loops, models=True)
            case tree.WeightDecl():
                self._weight(statement, loops)
            case tree.Inputs(_, _, tree.InputTable(_, pairs)):
                keys = (p.key.value for p in pairs if isinstance(p.key, tree.Literal))
                self.keys.update(key for key in keys if isinstance(key, str))
            case tree.Bind(_, _, value):
                self.chain(value, loops)
            case tree.Let(
                _, name, tree.DictExpr() | tree.DictComprehension() | tree.Conditional() as value
            ):
                self._named(name, value, loops)
            case tree.Output(_, name, value):
                first = len(self.occurrences)
                self.chain(value, loops)
                if name is not None and len(self.occurrences) > first:
                    self._name_last(value, name)
            case _:
                pass

    def _weight(self, statement: tree.WeightDecl, loops: tuple[tree.Node, ...]) -> None:
        """A weight is called after its name, unless `name=` says otherwise."""
        options = statement.type.options if statement.type is not None else ()
        self._note(statement, None, statement.name, loops, _given_name(options))
        self.occurrences[-1].hold = "given"

    def _in_braces(self, node: tree.Statements, loops: tuple[tree.Node, ...]) -> None:
        """Visit statements in braces: what a name of theirs stands for is called after that, in each turn around."""
        outer = self.shared
        own = {s.name for s in node.statements if isinstance(s, tree.LayerDecl)}
        self.shared = outer | own if own else outer
        for statement in node.statements:
            first = len(self.occurrences)
            self.statement(statement, loops)
            if _names_one(statement):
                for item in self.occurrences[first:]:
                    item.has_own = True
        self.shared = outer

    def _named(
        self,
        name: str,
        value: tree.Expr,
        loops: tuple[tree.Node, ...],
        *,
        models: bool = False,
    ) -> None:
        """The stages of `name = chain` are called after the name, unless they say otherwise.

        A model keeps its own: its name says what it is for, that of the tensor only what leaves it.
        """
        first = len(self.occurrences)
        self.chain(value, loops)
        added = self.occurrences[first:]
        named = [i for i in added if i.explicit is None and not i.has_own]
        if not models:
            named = [item for item in named if not item.is_network]
        for item in named:
            if len(named) > 1:
                item.base = f"{name}_{item.base}"
            else:
                item.base, item.hold = name, "given"

    def _name_last(self, value: tree.Expr, name: str) -> None:
        last = value.stages[-1] if isinstance(value, tree.Pipe) else value
        if isinstance(last, tree.Call) and isinstance(last.function, tree.Call):
            last = last.function  # `Kind(…)(…)`: the layer is made in the first parentheses
        for item in reversed(self.occurrences):  # it was met last
            if item.node is last:
                if item.explicit is None and not item.has_own and not item.is_network:
                    item.base, item.hold, item.has_own = name, "place", True
                break

    def chain(self, root: tree.Expr, loops: tuple[tree.Node, ...]) -> None:
        """Visit an expression without recursing: a stack of (node, loops, name after `as`)."""
        stack: list[tuple[tree.Node, tuple[tree.Node, ...], str | None]] = [(root, loops, None)]
        while stack:
            node, around, given = stack.pop()
            stack.extend(reversed(self._visit(node, around, given)))

    def _visit(
        self, node: tree.Node, loops: tuple[tree.Node, ...], given: str | None
    ) -> list[tuple[tree.Node, tuple[tree.Node, ...], str | None]]:
        match node:
            case tree.Pipe(_, stages):
                return [(s, loops, given if s is stages[-1] else None) for s in stages]
            case tree.As(_, stage, name):
                return [(stage, loops, given if node.gathers else name)]
            case tree.ListExpr(_, items) | tree.TupleExpr(_, items):
                return [(item, loops, None) for item in items]
            case tree.Starred(_, value):
                return [(value, loops, None)]
            case tree.DictExpr(_, pairs):
                return [(v, loops, None) for _, v in pairs if _applies(v)]
            case tree.DictComprehension(_, _, value) if not _applies(value):
                return []
            case tree.Statements():
                self._in_braces(node, loops)
                return []
            case (
                tree.Stage() | tree.Conditional() | tree.Comprehension() | tree.DictComprehension()
            ):
                if not turns(node):
                    return [(arm, loops, given) for arm in arms(node)]
                turn = self._enter(node, loops)
                chains = (part for part in asked(node) if _holds_chain(part))
                return [
                    *((c, loops, None) for c in chains),
                    *((t, turn, None) for t in turns(node)),
                ]
            case tree.Binary(_, op, left, right):
                joins = op in OPERATOR_BASES and not _is_number(left) and not _is_number(right)
                self_after = [(_Joined(node.span, node), loops, given)] if joins else []
                return [(left, loops, None), (right, loops, None), *self_after]
            case _Joined(_, joined):
                self._note(joined, given, OPERATOR_BASES[joined.op], loops, None)
                return []
            case tree.Unary(_, _, operand):
                return [(operand, loops, None)]
            case tree.Compare(_, first, _, operands):
                return [(part, loops, None) for part in (first, *operands)]
            case tree.Subscript(_, value, _) | tree.Attribute(_, value, _):
                return [(value, loops, None)]
            case tree.Call():
                return self._visit_call(node, loops, given)
            case tree.Name(_, identifier) if identifier in self.makers:
                self.applied.add(identifier)
                self._note(node, given, snake_case(identifier) or "layer", loops, None)
                return []
            case _:
                return []

    def _enter(self, loop: tree.Node, loops: tuple[tree.Node, ...]) -> tuple[tree.Node, ...]:
        self.depths[id(loop)] = len(loops)
        return (*loops, loop)

    def _visit_call(
        self, node: tree.Call, loops: tuple[tree.Node, ...], given: str | None
    ) -> list[tuple[tree.Node, tuple[tree.Node, ...], str | None]]:
        """A stage `Kind(…)` or `Kind(…)(…)`; call-time arguments may hold chains of their own."""
        inner: list[tree.Argument] = []
        target = node.function
        maker = node
        if isinstance(target, tree.Call):
            inner = list(node.arguments)
            maker, target = target, target.function
        if isinstance(target, tree.Name) and target.id in self.shared:
            return [(a.value, loops, None) for a in node.arguments]
        is_op = is_of_ops(target)
        is_shared = isinstance(target, tree.Name) and target.id[:1].islower() and not inner
        if is_op or (is_shared and not self._is_block(_root(target))):
            inner = list(node.arguments)
        if not is_op:
            called = self._declared(target.id) if isinstance(target, tree.Name) else None
            explicit = None if declares(called, "name") else _explicit_name(maker)
            self._note(maker, given, _kind_base(target), loops, explicit)
        return [(a.value, loops, None) for a in inner]

    def _note(
        self,
        node: tree.Node,
        given: str | None,
        base: str,
        loops: tuple[tree.Node, ...],
        explicit: tree.Expr | None,
    ) -> None:
        expands = bool(loops)
        hold: Hold = "kind" if explicit is None and given is None else "given"
        if isinstance(node, tree.Call):
            target = node.function
            expands |= isinstance(target, tree.Name) and self._is_block(target.id)
        if isinstance(explicit, tree.Literal):
            base = str(explicit.value)
        elif explicit is not None:
            loops = _unmentioned(loops, explicit)
        elif given is not None:
            base = given
        has_own = explicit is None and given is not None
        self.occurrences.append(
            _Occurrence(node, base, explicit, loops, expands, hold, has_own, self._is_network(node))
        )

    def _is_network(self, node: tree.Node) -> bool:
        """Tell whether a stage is a whole model of its own."""
        target = node.function if isinstance(node, tree.Call) else None
        if isinstance(target, tree.Attribute):
            return _root(target) == "applications"
        models = (tree.Model, tree.SpecialisedModel)
        return isinstance(target, tree.Name) and isinstance(self._declared(target.id), models)


def _applies(value: tree.Expr) -> bool:
    """Tell whether an element of a dict may be a tensor that layers are applied to: layers by themselves are none."""
    first = next(begins_with(value))
    if isinstance(first, tree.ListExpr):
        return all(_applies(item) for item in first.items)
    return not isinstance(first, tree.Call) or is_of_ops(first.function)


def _names_one(statement: tree.BodyStatement) -> bool:
    """Tell whether a statement gives what it makes a name of its own."""
    if isinstance(statement, tree.Bind):
        return isinstance(statement.target, tree.NamePattern) and statement.target.id != "_"
    return isinstance(statement, (tree.LayerDecl, tree.WeightDecl))


def _holds_chain(node: tree.Node) -> bool:
    return any(isinstance(n, tree.Pipe) for n in walk(node))


def _is_number(node: tree.Expr) -> bool:
    while isinstance(node, tree.Unary):
        node = node.operand
    return isinstance(node, tree.Literal)


def _root(node: tree.Expr) -> str:
    while isinstance(node, tree.Attribute):
        node = node.value
    return node.id if isinstance(node, tree.Name) else ""


def _kind_base(target: tree.Expr) -> str:
    if isinstance(target, tree.Name):
        return snake_case(target.id) or "layer"
    if isinstance(target, tree.Attribute):  # a network of Keras, which says `resnet50` itself
        return target.name.lower() or "layer"
    return "layer"


def declares(node: tree.Node | None, argument: str) -> bool:
    """Tell whether a block or model has a hyperparameter of that name: `name=` then sets it, and names no stage."""
    is_own = isinstance(node, (tree.Block, tree.Model))
    return is_own and any(p.name == argument for p in node.parameters)  # type: ignore[union-attr]


def _explicit_name(call: tree.Call) -> tree.Expr | None:
    return _given_name(call.arguments)


def _given_name(arguments: Iterable[tree.Argument]) -> tree.Expr | None:
    for argument in arguments:
        if argument.name == "name" and not (
            isinstance(argument.value, tree.Literal) and argument.value.value is None
        ):
            return argument.value
    return None


def _unmentioned(loops: tuple[tree.Node, ...], name: tree.Expr) -> tuple[tree.Node, ...]:
    """Leave out the loops whose variables the explicit name spells itself."""
    used = set(free_names(name))
    kept = []
    for loop in loops:
        if used.isdisjoint(names_of_turns(loop)):
            kept.append(loop)
    return tuple(kept)


def _numbered(base: str, number: int) -> str:
    return f"{base}_{number}" if base[-1:].isdigit() else f"{base}{number}"


def _number(occurrences: list[_Occurrence], operations: AbstractSet[str]) -> None:
    """Make the bases unique and free of clashes between what grows from one and another."""
    counts = Counter(item.base for item in occurrences if item.explicit is None)
    fixed = {item.base for item in occurrences if item.explicit is not None}
    numbers: Counter[str] = Counter()
    automatic = [item for item in occurrences if item.explicit is None]

    def is_numbered(base: str) -> bool:
        return counts[base] > 1 or base in operations or base in fixed

    # `x2 = …` beside the second stage of `x = …`: the name that somebody wrote is kept.
    taken = fixed | {item.base for item in automatic if not is_numbered(item.base)}
    for item in automatic:
        base = item.base
        if is_numbered(base):
            numbers[base] += 1
            while _numbered(base, numbers[base]) in taken:
                numbers[base] += 1
            item.base = _numbered(base, numbers[base])
            item.hold = "place"
        taken.add(item.base)
    _separate(automatic, {item.base for item in occurrences})


def _separate(items: Iterable[_Occurrence], bases: set[str]) -> None:
    """Number each name to which parts are added, where another name begins with it, so that the two stay apart.

    `conv`, a block whose layers are `conv_1`, `conv_relu`…, becomes `conv1` where a layer is called `conv_bn`.
    """
    prefixes: Counter[str] = Counter()
    for base in bases:
        parts = base.split("_")
        for end in range(1, len(parts)):
            prefixes["_".join(parts[:end])] += 1
    for item in items:
        if not item.expands or not prefixes[item.base]:
            continue
        number = 1
        while prefixes[_numbered(item.base, number)] or _numbered(item.base, number) in bases:
            number += 1
        item.base, item.hold = _numbered(item.base, number), "place"
        bases.add(item.base)
