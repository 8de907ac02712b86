"""What an expression is known to be before it is evaluated: a value, a tensor, several of them, a layer object.

Emission reads syntax, so it has to tell tensors from values by where they come from: inputs, bindings and stages
give tensors, parameters and `let` give values. A `Piece` is a bit of Python with its kind.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeAlias

from netdsl.catalog.kind import LayerKind
from netdsl.emit.python import code
from netdsl.record import record
from netdsl.syntax import tree

if TYPE_CHECKING:
    from netdsl.elaborate.files.linking import Symbol
    from netdsl.emit.shared import SharedStages


@record
class Value:
    """A plain value."""


@record
class Tensor:
    """One tensor (or what a layer returns and nothing more is known of)."""


@record
class ListOf:
    """A list of any length with elements of one kind."""

    item: Kind


@record
class Parts:
    """A list or tuple of known elements; `names` for outputs, `by_key` where Python holds them in a dict.

    `others` are further names for them, of what stands there where a loop has no turn or another arm is taken.
    `in_pairs` tells a group of inputs, which a loop goes over by name and tensor.
    """

    items: tuple[Kind, ...]
    names: tuple[str | None, ...] = ()
    by_key: bool = False
    others: tuple[str | None, ...] = ()
    in_pairs: bool = False

    def place(self, name: str) -> int | None:
        """Give the number of an output by its name."""
        for names in (self.names, self.others):
            if name in names:
                return names.index(name)
        return None


@record(eq=False)
class LayerObject:
    """A name bound by `layer name = …`; `positional` and `only_lists` are how it takes several tensors.

    `trainable` is what to set on it each time it has been called, where Keras's constructor would not reach inside.
    `model` is the model that it is, whose inputs may be given by name; `stages` what it stands for where that is no
    object, and `as_value` where a list holds it and `trainable` could not be told apart.
    """

    positional: bool = False
    result: Kind | None = None
    trainable: ast.expr | None = None
    only_lists: bool = False
    model: Symbol | None = None
    stages: SharedStages | None = None
    as_value: SharedStages | None = None


@record(eq=False)
class LayerFactory:
    """A parameter of type `layer`: called, it gives a new layer; `shaped`, it is told what arrives there.

    Where it is `applied` behind an arrow it takes the name of the stage.
    """

    shaped: bool = False
    applied: bool = False


@record(eq=False)
class Inlined:
    """A `let` that names a layer: the expression is written out at each use, as each use is a new layer."""

    expr: tree.Expr


Kind: TypeAlias = Value | Tensor | ListOf | Parts | LayerObject | LayerFactory | Inlined

VALUE = Value()
TENSOR = Tensor()


@record
class Piece:
    """Python code and what it is."""

    code: ast.expr
    kind: Kind

    @property
    def is_name(self) -> bool:
        return isinstance(self.code, ast.Name)


def ways_in(definition: LayerKind | None) -> tuple[bool, bool]:
    """Say how a layer takes several tensors: whether one by one, and whether in lists alone."""
    if definition is None:
        return False, False
    return definition.takes == "positional", "inputs" in definition.list_arguments


def is_tensorial(kind: Kind) -> bool:
    """Tell whether a kind is a tensor or holds tensors only."""
    match kind:
        case Tensor():
            return True
        case ListOf(item):
            return is_tensorial(item)
        case Parts(items):
            return bool(items) and all(map(is_tensorial, items))
        case _:
            return False


def is_several(kind: Kind) -> bool:
    """Tell whether Python holds several things where this kind stands."""
    return isinstance(kind, (ListOf, Parts))


def element(kind: Kind) -> Kind:
    """Give the kind of what a loop over this takes one after the other."""
    match kind:
        case ListOf(item):
            return item
        case Parts(items) if items:
            return items[0]
        case Tensor():
            return TENSOR
        case _:
            return VALUE


def joined_kind(kinds: list[Kind]) -> Kind:
    """Give the kind of a list that holds elements of these kinds in some number."""
    tensorial = [kind for kind in kinds if kind != VALUE]
    return ListOf(tensorial[0]) if tensorial else VALUE


def member(kind: Kind, index: int) -> Kind:
    """Give the kind of one element by position."""
    if isinstance(kind, Parts) and -len(kind.items) <= index < len(kind.items):
        return kind.items[index]
    return element(kind)


def alike(first: Kind, second: Kind) -> Kind:
    """Give the kind of what is one or the other when the code runs; outputs keep the names that either has."""
    if not isinstance(first, Parts) or not isinstance(second, Parts) or first == second:
        return second
    if len(first.items) != len(second.items):
        return second
    others = first.names if second.names else ()
    return Parts(second.items, second.names or first.names, second.by_key, others)


def may_be_tuple(piece: Piece) -> bool:
    """Tell whether a piece is a list that is written out: what is added to it may be a parameter, and so a tuple."""
    return isinstance(piece.code, (ast.List, ast.ListComp))


def concatenated(left: Piece, right: Piece) -> Piece:
    """Join lists by spreading them: a parameter's default is a tuple, and a list does not add to one."""
    items: list[ast.expr] = []
    for side in (left, right):
        items += side.code.elts if isinstance(side.code, ast.List) else [code.starred(side.code)]
    kind: Kind = VALUE
    if isinstance(left.kind, Parts) and isinstance(right.kind, Parts):
        kind = Parts(left.kind.items + right.kind.items)
    elif is_several(left.kind) or is_several(right.kind):
        kind = joined_kind([element(left.kind), element(right.kind)])
    return Piece(code.list_of(items), kind)
