"""One call of a function of `keras.ops`, as its rule sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from functools import cached_property
from typing import Any, TypeAlias

from netdsl.catalog.argument_types import (
    ANY,
    AXES,
    BOOLEAN,
    INTEGER,
    TEXT,
    ArgumentType,
    choice,
    optional,
)
from netdsl.catalog.binding import bind_arguments
from netdsl.catalog.kind import Inference, Refusal
from netdsl.catalog.operations.promotion import meet
from netdsl.catalog.reference_types import DTYPE
from netdsl.catalog.signature import Signature, signature
from netdsl.catalog.spell import spell
from netdsl.diagnostics.problems.arguments import WrongArgument
from netdsl.diagnostics.problems.shapes import WrongDtype, WrongRank, WrongValue
from netdsl.record import record
from netdsl.tensor import Demand, Dim, Shape, TensorSpec, Verdict, spell_shape
from netdsl.value import Arguments, Value

#: The types of arguments by their name, in every function that takes one of that name.
ARGUMENT_TYPES: Mapping[str, ArgumentType] = {
    "keepdims": BOOLEAN,
    "dtype": DTYPE,
    "axis": optional(AXES),
    "data_format": optional(choice("channels_last", "channels_first")),
    "padding": choice("valid", "same", folds=True),
    "indexing": choice("xy", "ij"),
    "subscripts": TEXT,
    "pattern": TEXT,
    "axis1": INTEGER,
    "axis2": INTEGER,
    "offset": INTEGER,
}

#: Where a name means something else.
OTHERWISE: Mapping[tuple[str, str], ArgumentType] = {
    ("batch_normalization", "offset"): ANY,
    ("fold", "padding"): ANY,
    ("unfold", "padding"): ANY,
}


@record
class OpCall:
    """One call of a function: tensors among the arguments are `TensorSpec`s, lists of them tuples.

    `call.axis` is an argument by its name, whichever way it was given, or its default.
    """

    function: str
    positional: tuple[Value, ...]
    named: Mapping[str, Value]
    demands: list[Demand] = field(default_factory=list)

    @cached_property
    def arguments(self) -> Arguments:
        """Every argument by name, bound as Keras binds them; the first thing wrong is refused."""
        facts = signature("op", self.function)
        if facts is None:  # a form of the language and not a function: x[:, 0]
            return {"x": self.positional[0], "key": self.positional[1]}
        bound = bind_arguments(facts, _types(facts), self.positional, self.named)
        for problem in bound.problems:
            raise Refusal(
                problem.problem, problem.label, blames=problem.argument, help=problem.help
            )
        return bound.arguments

    def __getattr__(self, name: str) -> Any:  # of the argument's own type, which the rule knows
        if not name.startswith("_"):
            arguments = object.__getattribute__(self, "arguments")
            if name in arguments:
                return arguments[name]
        raise AttributeError(name)

    @cached_property
    def first(self) -> TensorSpec:
        """The tensor that the function works on: its first argument, whatever it is called."""
        return self.tensor(next(iter(self.arguments)))

    def tensor(self, name: str, *, rank: int | None = None, min_rank: int = 0) -> TensorSpec:
        """Give an argument that must be a tensor, and refuse another rank."""
        value = self.arguments[name]
        if not isinstance(value, TensorSpec):
            raise Refusal(
                WrongArgument, f"`{name}` takes a tensor, this is {spell_value(value)}", blames=name
            )
        return self.ranked(value, name, rank=rank, min_rank=min_rank)

    def ranked(
        self, value: TensorSpec, name: str = "", *, rank: int | None = None, min_rank: int = 0
    ) -> TensorSpec:
        """Refuse a tensor of another rank."""
        wanted = f"{rank}" if rank is not None else f"at least {min_rank}"
        if value.rank < min_rank or (rank is not None and value.rank != rank):
            raise Refusal(
                WrongRank,
                f"needs rank {wanted}, {spell_shape(value.shape)} has rank {value.rank}",
                blames=name or None,
            )
        return value

    def numeric(self, name: str) -> TensorSpec:
        """Give a tensor of numbers."""
        return no_string(self.tensor(name), name)

    def tensors(self, name: str) -> tuple[TensorSpec, ...]:
        """Give an argument that is a list of tensors."""
        value = self.arguments[name]
        if isinstance(value, tuple) and value:
            listed = tuple(x for x in value if isinstance(x, TensorSpec))
            if len(listed) == len(value):
                return listed
        shown = "a tensor" if isinstance(value, TensorSpec) else spell_value(value)
        raise Refusal(
            WrongArgument, f"`{name}` takes a list of tensors, this is {shown}", blames=name
        )

    def operand(self, name: str) -> TensorSpec:
        """Give a tensor, or a number as a scalar whose dtype is `int`, `float` or `bool`."""
        return as_operand(self.arguments[name], name)

    def data(self, name: str) -> TensorSpec:
        """Give a tensor, a number, or lists of numbers, which Keras makes an array of."""
        value = self.arguments[name]
        if isinstance(value, (tuple, list)):
            return array_of(value, name)
        return as_operand(value, name)

    def holds(self, verdict: Verdict) -> bool:
        """Turn a verdict into a yes or no; one that depends on a size is recorded and counts as yes."""
        if isinstance(verdict, Demand):
            self.demands.append(verdict)
            return True
        return verdict


def as_operand(value: Value, name: str) -> TensorSpec:
    """Bring a tensor or a number to one form."""
    if isinstance(value, TensorSpec):
        return no_string(value, name)
    if isinstance(value, (bool, int, float)):
        return TensorSpec((), type(value).__name__)
    raise Refusal(
        WrongArgument,
        f"`{name}` takes a tensor or a number, this is {spell_value(value)}",
        blames=name,
    )


def array_of(value: Value, name: str) -> TensorSpec:
    """Measure an array of written numbers: [[1, 2], [3, 4]] -> int32(2, 2)."""
    kinds: set[str] = set()
    shape = _measured(value, name, kinds)
    return TensorSpec(shape, meet(*(kinds or {"float"})))


def _measured(value: Value, name: str, kinds: set[str]) -> Shape:
    if isinstance(value, (tuple, list)):
        inner = {_measured(item, name, kinds) for item in value}
        if len(inner) > 1:
            raise Refusal(WrongValue, "the lists are of different lengths", blames=name)
        return (len(value), *(inner.pop() if inner else ()))
    if not isinstance(value, (bool, int, float)):
        raise Refusal(
            WrongArgument,
            f"`{name}` takes numbers, lists of numbers or a tensor, this is {spell_value(value)}",
            blames=name,
        )
    kinds.add(type(value).__name__)
    return ()


def no_string(x: TensorSpec, name: str = "") -> TensorSpec:
    """Refuse strings where a function computes; Keras fails only when it is run."""
    if x.dtype == "string":
        raise Refusal(
            WrongDtype, f"{x} arrives, and the function computes with numbers", blames=name or None
        )
    return x


def joined_dtype(*operands: TensorSpec) -> str:
    """Give the dtype in which operands meet."""
    return meet(*(x.dtype for x in operands))


def spell_value(value: Value) -> str:
    """Name a plain value for people."""
    match value:
        case None:
            return "`None`"
        case str():
            return "a string"
        case bool() | int() | float():
            return f"{value!r}"
        case list() | tuple():
            return "a list"
        case _:
            return f"`{spell(value)}`"


def gives(shape: Iterable[Dim], dtype: str, macs: Dim = 0, *, sparse: bool = False) -> Inference:
    """Give the usual result: one tensor."""
    return Inference(TensorSpec(tuple(shape), dtype, sparse), macs=macs)


def gives_several(shapes: Iterable[Shape], *dtypes: str) -> Inference:
    """Give several tensors, of one dtype or of one each."""
    listed = list(shapes)
    kinds = dtypes * len(listed) if len(dtypes) == 1 else dtypes
    return Inference(tuple(TensorSpec(s, d) for s, d in zip(listed, kinds, strict=True)))


def _types(facts: Signature) -> Mapping[str, ArgumentType]:
    last = facts.name.rpartition(".")[2]
    return {
        name: OTHERWISE.get((last, name), ARGUMENT_TYPES.get(name, ANY)) for name in facts.names
    }


OpRule: TypeAlias = Callable[[OpCall], Inference]
