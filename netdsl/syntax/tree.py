"""The syntax tree of a `.net` file: what was written, nothing resolved.

Frozen dataclasses with tuples inside. Every node carries the `span` it was read from; spans take no part in
equality, so two layouts of one program are equal trees. There is one grammar of expressions for values, tensors
and chains: what an `Expr` is (a number, a tensor, a stage) is decided by elaboration.
Comments are not in the tree: `Module.comments` keeps them in order with their offsets for the formatter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import EllipsisType
from typing import TypeAlias

from netdsl.record import record
from netdsl.source import SourceFile, Span


@record
class Node:
    """The base of all nodes."""

    span: Span = field(compare=False, repr=False)


@record
class Stage(Node):
    """The base of what stands in chains alone; what walks, names or checks stages reads the parts of their fields."""


@record
class Braced(Stage):
    """A stage that holds chains in braces."""


#: The parts that fields play: `ARM` gets what arrives at the node, and what it gives leaves the node; `TURN` is
#: carried out once for each turn of a loop, and knows the names that the loop binds.
ARM: Mapping[str, bool] = {"arm": True}
TURN: Mapping[str, bool] = {"turn": True}
ARM_OF_EACH_TURN: Mapping[str, bool] = {**ARM, **TURN}


@record
class Literal(Node):
    """A number, a string, True, False, None, or the `...` of an index; `text` is how it was written (`1_000`)."""

    value: int | float | str | bool | EllipsisType | None
    text: str = field(compare=False, default="")


@record
class FString(Node):
    """An f-string: strings and expressions in turn; a part may have a format spec (`{rate:.2f}`) or conversion."""

    parts: tuple[str | FormattedPart, ...]
    text: str = field(compare=False, default="")


@record
class FormattedPart(Node):
    value: Expr
    conversion: str = ""  # "", "r", "s" or "a"
    format_spec: str = ""


@record
class Name(Node):
    """A name, dotted parts apart: `keras.activations.relu` is Attribute(Attribute(Name))."""

    id: str


@record
class Arriving(Node):
    """`_`: the tensor that arrives (in an unpacking: discard)."""


@record
class ListExpr(Node):
    """`[a, b]`: a list of values or tensors, or, after an arrow, a fork."""

    items: tuple[Expr, ...]


@record
class TupleExpr(Node):
    items: tuple[Expr, ...]


@record
class DictExpr(Node):
    items: tuple[tuple[Expr, Expr], ...]


@record
class Starred(Node):
    """`*skips` inside a list or among arguments."""

    value: Expr


@record
class Clause(Node):
    """`for pattern in iterable if cond …` of a comprehension."""

    target: Pattern
    iterable: Expr
    conditions: tuple[Expr, ...] = ()


@record
class Comprehension(Node):
    """`[element for … in …]`, or with parentheses (`bracket` "(") a generator argument."""

    element: Expr = field(metadata=TURN)
    clauses: tuple[Clause, ...]
    bracket: str = "["  # "[" or "("


@record
class DictComprehension(Node):
    key: Expr = field(metadata=TURN)
    value: Expr = field(metadata=TURN)
    clauses: tuple[Clause, ...]


@record
class Unary(Node):
    op: str  # "-", "+", "not"
    operand: Expr


@record
class Binary(Node):
    """`left op right` with one of + - * / // % @ ** and, or. Left-nested for a run of equal precedence."""

    op: str
    left: Expr
    right: Expr
    op_span: Span = field(compare=False, repr=False)


@record
class Compare(Node):
    """`first < a <= b`: `ops` and `operands` in pairs. Ops: == != < <= > >= in, not in, is, is not."""

    first: Expr
    ops: tuple[str, ...]
    operands: tuple[Expr, ...]


@record
class Conditional(Node):
    """`then if condition else otherwise`."""

    condition: Expr
    then: Expr = field(metadata=ARM)
    otherwise: Expr = field(metadata=ARM)


@record
class Attribute(Node):
    value: Expr
    name: str
    name_span: Span = field(compare=False, repr=False)


@record
class Subscript(Node):
    value: Expr
    index: Expr  # an expression, a Slice, or a TupleExpr of them


@record
class Slice(Node):
    start: Expr | None
    stop: Expr | None
    step: Expr | None


@record
class Argument(Node):
    """One argument of a call: positional (`name` is None), named, or spread (`star` "*" or "**")."""

    name: str | None
    value: Expr
    star: str = ""
    name_span: Span | None = field(compare=False, repr=False, default=None)


@record
class Call(Node):
    """`function(arguments)`; a second pair of parentheses is a Call whose function is a Call."""

    function: Expr
    arguments: tuple[Argument, ...]
    alone: bool = (
        False  # of `ops`, in parentheses of its own: as a branch of a fork it gets nothing
    )


@record
class Pipe(Node):
    """`a -> b -> c`: two stages or more; in parentheses it stays one of its own: `x -> (a -> b)` has two stages."""

    stages: tuple[Expr, ...]


@record
class Repeat(Braced):
    """`repeat count { chain }`."""

    count: Expr
    body: Expr = field(metadata=ARM_OF_EACH_TURN)


@record
class For(Braced):
    """`for pattern in iterable { chain }`, as a stage, or inside a list as a fork over values."""

    target: Pattern
    iterable: Expr
    body: Expr = field(metadata=ARM_OF_EACH_TURN)


@record
class If(Braced):
    """`if cond { chain } else …`; `otherwise` is None, a chain, or another If (`else if`)."""

    condition: Expr
    then: Expr = field(metadata=ARM)
    otherwise: Expr | None = field(metadata=ARM)


@record
class As(Stage):
    """`stage as name`; `gathers` for `stage as *name`, one of the places that a list is filled from."""

    stage: Expr = field(metadata=ARM)
    name: str
    name_span: Span = field(compare=False, repr=False)
    gathers: bool = False


@record
class Statements(Stage):
    """`{ h = _ -> Dense(8)  output [_, h] -> Add() }`: a body in the braces of a stage.

    `_` is what arrives, the outputs are what leaves, and the names are its own each time that it is carried out.
    """

    statements: tuple[BodyStatement, ...]


Expr: TypeAlias = (
    Literal
    | FString
    | Name
    | Arriving
    | ListExpr
    | TupleExpr
    | DictExpr
    | Starred
    | Comprehension
    | DictComprehension
    | Unary
    | Binary
    | Compare
    | Conditional
    | Attribute
    | Subscript
    | Slice
    | Call
    | Pipe
    | Repeat
    | For
    | If
    | As
    | Statements
)


@record
class NamePattern(Node):
    """One name of a pattern; `_` discards."""

    id: str


@record
class TuplePattern(Node):
    """`i, (a, b)`: parts in order."""

    parts: tuple[Pattern, ...]


Pattern: TypeAlias = NamePattern | TuplePattern


@record
class TensorType(Node):
    """`float32[224, 224, 3](sparse=True)`. `dtype` is None where it was left out; a dimension `?` is Arriving."""

    dtype: str | None
    dims: tuple[Expr, ...]
    options: tuple[Argument, ...] = ()
    dtype_span: Span | None = field(compare=False, repr=False, default=None)


@record
class Parameter(Node):
    """`name: type in [1, 2] = default`; `type` is one of the words of language.md, None where left out.

    `tried` is what may be tried for it: a list of choices, or a pair of the ends of a range.
    """

    name: str
    type: str | None
    default: Expr | None
    name_span: Span = field(compare=False, repr=False)
    type_span: Span | None = field(compare=False, repr=False, default=None)
    tried: Expr | None = None


@record
class ImportedName(Node):
    """`name` or `name as alias`."""

    name: str
    alias: str | None


@record
class Import(Node):
    """`from "file.net" import a, b as c` (`path`), or `from std.vision import …` (`module`)."""

    path: str | None
    module: str | None
    names: tuple[ImportedName, ...]
    source_span: Span = field(compare=False, repr=False)


@record
class Let(Node):
    name: str
    value: Expr
    name_span: Span = field(compare=False, repr=False)


@record
class Function(Node):
    """`fn name(a, b=1) = value`."""

    name: str
    parameters: tuple[Parameter, ...]
    value: Expr
    name_span: Span = field(compare=False, repr=False)


@record
class Defaults(Node):
    """`defaults Layer(arg=value, …)`, or of several: `defaults Conv2D, MaxPooling2D(…)`."""

    layers: tuple[Name, ...]
    arguments: tuple[Argument, ...]


@record
class Body(Node):
    """`{ … }` of a block or model."""

    docstring: str | None
    statements: tuple[BodyStatement, ...]


@record
class Block(Node):
    """`block name(params) = chain` (`body` is an expression) or `block name(params) { … }`."""

    name: str
    parameters: tuple[Parameter, ...]
    body: Expr | Body
    name_span: Span = field(compare=False, repr=False)


@record
class Model(Node):
    name: str
    parameters: tuple[Parameter, ...]
    body: Body
    name_span: Span = field(compare=False, repr=False)


@record
class SpecialisedModel(Node):
    """`model Name = Other(args)`."""

    name: str
    value: Expr
    name_span: Span = field(compare=False, repr=False)


@record
class Setting(Node):
    """`name = expression` of a train block."""

    name: str
    value: Expr
    name_span: Span = field(compare=False, repr=False)


@record
class Train(Node):
    """`train Name(params) { settings }`."""

    model: str
    settings: tuple[Setting, ...]
    model_span: Span = field(compare=False, repr=False)
    docstring: str | None = None
    parameters: tuple[Parameter, ...] = ()


@record
class ExternLayer(Node):
    """`extern layer Name(params): [h, w, c] -> [h // 2, …] weights […] from "package.module"`.

    `weights` is Arriving where `?` is written: only the class knows them.
    """

    name: str
    parameters: tuple[Parameter, ...]
    inputs: tuple[TensorType, ...]
    outputs: tuple[TensorType, ...]
    weights: tuple[TensorType, ...] | Arriving
    module: str
    name_span: Span = field(compare=False, repr=False)
    module_span: Span = field(compare=False, repr=False)


@record
class ExternFn(Node):
    """`extern fn name from "package.module"`."""

    name: str
    module: str
    name_span: Span = field(compare=False, repr=False)
    module_span: Span = field(compare=False, repr=False)


@record
class ExternObject(Node):
    """`extern regularizer Name(params) from "package.module"`; `family` is the word before the name."""

    family: str
    name: str
    parameters: tuple[Parameter, ...]
    module: str
    family_span: Span = field(compare=False, repr=False)
    name_span: Span = field(compare=False, repr=False)
    module_span: Span = field(compare=False, repr=False)


@record
class Assert(Node):
    condition: Expr
    message: Expr | None = None


@record
class Input(Node):
    """`input name: type`; in a block the type may be left out."""

    name: str
    type: TensorType | None
    name_span: Span = field(compare=False, repr=False)


@record
class TypeChoice(Node):
    """`string[1] if name in words else [1]`: one type or another, for an input of a group."""

    condition: Expr
    then: TensorType
    otherwise: InputType


InputType: TypeAlias = TensorType | TypeChoice


@record
class InputPair(Node):
    """`"class-of-worker": string[1]` in a group of inputs."""

    key: Expr
    type: InputType


@record
class InputTable(Node):
    """`{"age": [1], "class-of-worker": string[1]}`."""

    pairs: tuple[InputPair, ...]


@record
class InputComprehension(Node):
    """`{name: [1] for name in columns}`."""

    pair: InputPair = field(metadata=TURN)
    clauses: tuple[Clause, ...]


@record
class Inputs(Node):
    """`inputs name: {…}`: a group of inputs by their names."""

    name: str
    group: InputTable | InputComprehension
    name_span: Span = field(compare=False, repr=False)


@record
class LayerDecl(Node):
    """`layer name = chain`."""

    name: str
    value: Expr
    name_span: Span = field(compare=False, repr=False)


@record
class WeightDecl(Node):
    """`weight name: type = initializer`: a tensor that is learned. The initializer may be left out."""

    name: str
    type: TensorType | None
    value: Expr | None
    name_span: Span = field(compare=False, repr=False)


@record
class Bind(Node):
    """`name = tensor` or `a, b = tensor` (`target` a TuplePattern)."""

    target: Pattern
    value: Expr


@record
class Output(Node):
    """`output tensor` (`name` None) or `output name = tensor`; `output [a, b]` are several in order."""

    name: str | None
    value: Expr
    name_span: Span | None = field(compare=False, repr=False, default=None)

    @property
    def elements(self) -> tuple[Expr, ...]:
        """What a list without a name is written of; empty where it is none."""
        if self.name is not None:
            return ()
        if isinstance(self.value, ListExpr):
            return self.value.items
        return (self.value,) if isinstance(self.value, Comprehension) else ()


BodyStatement: TypeAlias = (
    Input | Inputs | Let | Function | Defaults | Assert | LayerDecl | WeightDecl | Bind | Output
)
TopStatement: TypeAlias = (
    Import
    | Let
    | Function
    | Defaults
    | Block
    | Model
    | SpecialisedModel
    | Train
    | ExternLayer
    | ExternFn
    | ExternObject
    | Assert
)


@record
class Comment:
    """`# text` with the offset of its `#`; `text` has no line ending."""

    start: int
    text: str


@record
class Module(Node):
    """A whole file; it lacks statements where some could not be read, which are reported."""

    file: SourceFile = field(compare=False, repr=False)
    docstring: str | None = None
    statements: tuple[TopStatement, ...] = ()
    comments: tuple[Comment, ...] = field(compare=False, default=())
    lacks_statements: bool = field(compare=False, default=False)
