"""What a name or an expression may stand for while a spec is elaborated, besides plain values.

Plain values are Python's own: numbers, strings, lists, tuples, dicts, None. Beside them stand tensors, things
that make or apply layers, and `POISON`, the value of whatever was reported already: it travels in silence, so
that one mistake gives one diagnostic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from typing import TYPE_CHECKING, Literal, TypeGuard

from netdsl.catalog.kind import (
    UNRESOLVED,
    BoundLayer,
    ExternFunction,
    LayerKind,
    Structure,
    Unresolved,
)
from netdsl.elaborate.files.linking import Symbol
from netdsl.graph import Operation, Ref
from netdsl.record import mutable, record
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.tensor import Sym, TensorSpec
from netdsl.value import Entity, Value

if TYPE_CHECKING:
    from netdsl.elaborate.scope.frame import Frame


#: The value of an expression whose mistake has been reported; arguments take it without another word.
Poison = Unresolved
POISON = UNRESOLVED


class AlreadyTold(Exception):
    """Raised where a layer inside another fails, and the mistake has been reported where it stands."""


@record
class Tensor(Entity):
    """A tensor of the graph under construction."""

    ref: Ref
    spec: TensorSpec

    def __str__(self) -> str:
        return "a tensor"


class NamedOutputs(tuple[Value, ...]):
    """Several outputs of a block or model, in order, each also reached by its name."""

    names: tuple[str | None, ...]

    @staticmethod
    def of(values: list[Value], names: list[str | None]) -> NamedOutputs:
        outputs = NamedOutputs(values)
        outputs.names = tuple(names)
        return outputs

    def by_name(self, name: str) -> Value:
        """Give one output, or raise KeyError."""
        if name not in self.names:
            raise KeyError(name)
        return self[self.names.index(name)]


class InputGroup(NamedOutputs):
    """The tensors of `inputs features: {…}`, by their names: a loop goes over pairs of both."""

    @property
    def pairs(self) -> list[tuple[Value, ...]]:
        return list(zip(self.names, self, strict=True))


@record
class KindRef(Entity):
    """A layer class of Keras, by the name it was written with."""

    name: str
    definition: LayerKind | None  # None where the catalogue has a signature but no rule

    def __str__(self) -> str:
        return self.name


@record(eq=False)
class BlockRef(Entity):
    symbol: Symbol

    def __str__(self) -> str:
        return self.symbol.name


@record(eq=False)
class ModelRef(Entity):
    """A model, by its declaration."""

    symbol: Symbol

    def __str__(self) -> str:
        return self.symbol.name


@record(eq=False)
class ExternLayerRef(Entity):
    symbol: Symbol

    def __str__(self) -> str:
        return self.symbol.name


@record(eq=False)
class ExternObjectRef(Entity):
    """A class of the user's own, of what Keras takes configured: `extern regularizer Name() from "module"`."""

    symbol: Symbol

    def __str__(self) -> str:
        return self.symbol.name


@record(eq=False)
class FunctionValue(Entity):
    """A `fn`, with the frame that its free names are looked up in."""

    node: tree.Function
    home: Frame

    def __str__(self) -> str:
        return self.node.name


@mutable
class SharedLayer(Entity):
    """`layer name = chain`: operations are made at the first use and found again, by name, at each later one."""

    node: tree.LayerDecl
    home: Frame
    operations: dict[str, Operation] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.node.name


#: What makes a layer, or several, each time it is called.
MAKERS = (KindRef, BlockRef, ModelRef, ExternLayerRef)

#: What is applied by its own name, where it is declared: no value that a block could be given.
APPLIED_BY_NAME = (*MAKERS, SharedLayer)


@record(eq=False)
class NotTaken(Entity):
    """Stands for a name after `as` until its stage is run, which may be in a branch that is not taken.

    `in_turn` where it is a turn of a loop that the name has not been given in.
    """

    name: str
    in_turn: bool = False

    def __str__(self) -> str:
        return self.name


@record(eq=False)
class BuiltinFunction(Entity):
    """A function over values that every spec may call, or one that only assertions have."""

    name: str

    def __str__(self) -> str:
        return self.name


@record(eq=False)
class ModelFact(Entity):
    """`params`, `macs` or `memory` in an assertion, where it is called: `memory(batch=64)`, `params(ResNet50)`."""

    name: str
    compute: Callable[[tree.Call, Frame], Value]

    def __str__(self) -> str:
        return self.name


_PLAIN = frozenset({int, float, bool, str, type(None)})


def _is_plain(items: Iterable[object]) -> bool:
    """Tell whether nothing but numbers and texts stands in a list, as in all that are long."""
    return _PLAIN.issuperset(map(type, items))


def tensors_in(value: Value) -> Iterator[Tensor]:
    """Give the tensors of a (nested) list, in order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)) and not _is_plain(value):
        for item in value:
            yield from tensors_in(item)


def makers_in(value: Value) -> Iterator[Value]:
    """Give the classes, blocks and models inside a value that were not called, in order."""
    if isinstance(value, MAKERS):
        yield value
    elif isinstance(value, (list, tuple)) and not _is_plain(value):
        for item in value:
            yield from makers_in(item)


def is_layer(thing: Value) -> bool:
    """Tell whether a thing is a layer that is not applied, or makes one."""
    return isinstance(thing, (BoundLayer, *APPLIED_BY_NAME))


#: What neither is a value nor a tensor.
_THINGS = (*APPLIED_BY_NAME, ExternObjectRef, FunctionValue, BuiltinFunction, BoundLayer, ModelFact)


def thing_in(value: Value) -> Value:
    """Give the first thing in a value, nested or not, that is neither plain nor a tensor; None where there is none."""
    if isinstance(value, _THINGS):
        return value
    if not isinstance(value, (list, tuple, dict)):
        return None
    parts = value.values() if isinstance(value, dict) else value
    if _is_plain(parts):
        return None
    return next((found for part in parts if (found := thing_in(part)) is not None), None)


def is_tensorial(value: Value) -> bool:
    """Tell whether a value is a tensor or a list with nothing but tensors in it."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(is_tensorial(item) for item in value)
    return isinstance(value, (Tensor, Poison))


def is_poisoned(value: Value) -> bool:
    """Tell whether a value is, or holds, something that was reported already."""
    if isinstance(value, (list, tuple)):
        return not _is_plain(value) and any(is_poisoned(item) for item in value)
    return isinstance(value, Poison)


def refs_of(value: Value) -> Value:
    """Turn tensors inside a value into the references that a graph keeps."""
    if isinstance(value, Tensor):
        return value.ref
    if isinstance(value, (list, tuple)):
        return [refs_of(item) for item in value]
    if isinstance(value, dict):
        return {key: refs_of(item) for key, item in value.items()}
    return value


def specs_of(value: Value) -> Value:
    """Turn tensors inside a value into their types, lists into tuples."""
    if isinstance(value, Tensor):
        return value.spec
    if isinstance(value, (list, tuple)):
        return tuple(specs_of(item) for item in value)
    if isinstance(value, dict):
        return {key: specs_of(item) for key, item in value.items()}
    return value


def structure_of(value: Value) -> Structure:
    """Give the types of the tensors that leave a chain, nested as these are."""
    if isinstance(value, (list, tuple)):
        return tuple(structure_of(item) for item in value)
    assert isinstance(value, Tensor)
    return value.spec


def spell_entity(value: Value) -> str:
    """Name what a value is, for people."""
    from netdsl.elaborate.scope.values import spell_type

    match value:
        case Tensor():
            return "a tensor"
        case KindRef() | ExternLayerRef():
            return "a layer class"
        case ExternObjectRef():
            return "a class that is not made: it takes parentheses"
        case BlockRef():
            return "a block"
        case ModelRef():
            return "a model"
        case SharedLayer() | BoundLayer():
            return "a layer"
        case ModelFact(name):
            return f"`{name}` of no model"
        case ExternFunction():
            return "a function of Python"
        case FunctionValue() | BuiltinFunction():
            return "a function"
        case NamedOutputs():
            return "several tensors"
        case list() | tuple() if value and is_tensorial(value):
            return "several tensors"
        case _:
            return spell_type(value)


def short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else line[:37] + "…"


@record(eq=False)
class Tried:
    """What may be tried for a hyperparameter: `in [32, 64]` are choices, `in (1e-4, 1e-2)` a range with both ends."""

    kind: Literal["choices", "range"]
    values: tuple[Value, ...]
    span: Span

    def holds(self, value: Value) -> bool:
        """Tell whether a value may be tried; one that is not a number yet is no value outside."""
        if isinstance(value, Sym):
            return True
        if self.kind == "choices":
            return any(_same(value, choice) for choice in self.values)
        low, high = self.values
        return _is_number(value) and _is_number(low) and _is_number(high) and low <= value <= high


def _is_number(value: Value) -> TypeGuard[int | float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _same(value: Value, choice: Value) -> bool:
    """Tell whether two values are one: a list and a tuple of the same are, True and 1 are not."""
    if isinstance(value, (list, tuple)) and isinstance(choice, (list, tuple)):
        return len(value) == len(choice) and all(map(_same, value, choice))
    return isinstance(value, bool) == isinstance(choice, bool) and bool(value == choice)


@record
class Given:
    """One evaluated argument and where it was written."""

    name: str | None
    value: Value
    span: Span
    name_span: Span | None = None
