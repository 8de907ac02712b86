"""The syntax tree of a `.net` file: what was written, nothing resolved.

Frozen dataclasses with tuples inside. Every node carries the `span` it was read from; spans take no part in
equality, so two layouts of one program are equal trees. There is one grammar of expressions for values, tensors
and chains: what an `Expr` is (a number, a tensor, a stage) is decided by elaboration.

Comments are not in the tree: `Module.comments` keeps them in order with their offsets for the formatter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias, Union

from netdsl.source import SourceFile, Span


@dataclass(frozen=True, slots=True)
class Node:
    """The base of all nodes."""

    span: Span = field(compare=False, repr=False)


# -- expressions --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number, a string, True, False or None. `text` is how it was written (`1_000`, `0x10`, `'a'`)."""

    value: int | float | str | bool | None
    text: str = field(compare=False, default="")


@dataclass(frozen=True, slots=True)
class FString(Node):
    """An f-string: strings and expressions in turn; a part may have a format spec (`{rate:.2f}`) or conversion."""

    parts: tuple[Union[str, FormattedPart], ...]
    text: str = field(compare=False, default="")


@dataclass(frozen=True, slots=True)
class FormattedPart(Node):
    value: Expr
    conversion: str = ""  # "", "r", "s" or "a"
    format_spec: str = ""


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A name, dotted parts apart: `keras.activations.relu` is Attribute(Attribute(Name)). """

    id: str


@dataclass(frozen=True, slots=True)
class Arriving(Node):
    """`_`: the tensor that arrives (in an unpacking: discard)."""


@dataclass(frozen=True, slots=True)
class ListExpr(Node):
    """`[a, b]`: a list of values or tensors, or, after an arrow, a fork."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class TupleExpr(Node):
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class DictExpr(Node):
    items: tuple[tuple[Expr, Expr], ...]


@dataclass(frozen=True, slots=True)
class Starred(Node):
    """`*skips` inside a list or among arguments."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Clause(Node):
    """`for pattern in iterable if cond …` of a comprehension."""

    target: Pattern
    iterable: Expr
    conditions: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Comprehension(Node):
    """`[element for … in …]`, or with parentheses (`bracket` "(") a generator argument."""

    element: Expr
    clauses: tuple[Clause, ...]
    bracket: str = "["  # "[" or "("


@dataclass(frozen=True, slots=True)
class DictComprehension(Node):
    key: Expr
    value: Expr
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Unary(Node):
    op: str  # "-", "+", "not"
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """`left op right` with one of + - * / // % ** and, or. Left-nested for a run of equal precedence."""

    op: str
    left: Expr
    right: Expr
    op_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`first < a <= b`: `ops` and `operands` in pairs. Ops: == != < <= > >= in, not in, is, is not."""

    first: Expr
    ops: tuple[str, ...]
    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Conditional(Node):
    """`then if condition else otherwise`."""

    condition: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class Attribute(Node):
    value: Expr
    name: str
    name_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Subscript(Node):
    value: Expr
    index: Expr  # an expression, a Slice, or a TupleExpr of them


@dataclass(frozen=True, slots=True)
class Slice(Node):
    start: Expr | None
    stop: Expr | None
    step: Expr | None


@dataclass(frozen=True, slots=True)
class Argument(Node):
    """One argument of a call: positional (`name` is None), named, or spread (`star` "*" or "**")."""

    name: str | None
    value: Expr
    star: str = ""
    name_span: Span | None = field(compare=False, repr=False, default=None)


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`function(arguments)`; a second pair of parentheses is a Call whose function is a Call."""

    function: Expr
    arguments: tuple[Argument, ...]


# -- chains -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pipe(Node):
    """`a -> b -> c`: two stages or more, in order. What the first is (a tensor or a stage) the context tells.

    A Pipe in parentheses stays a stage of its own: `x -> (a -> b)` has two stages.
    """

    stages: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Repeat(Node):
    """`repeat count { chain }`."""

    count: Expr
    body: Expr


@dataclass(frozen=True, slots=True)
class For(Node):
    """`for pattern in iterable { chain }`, as a stage, or inside a list as a fork over values."""

    target: Pattern
    iterable: Expr
    body: Expr


@dataclass(frozen=True, slots=True)
class If(Node):
    """`if cond { chain } else …`; `otherwise` is None, a chain, or another If (`else if`)."""

    condition: Expr
    then: Expr
    otherwise: Expr | None


@dataclass(frozen=True, slots=True)
class As(Node):
    """`stage as name`."""

    stage: Expr
    name: str
    name_span: Span = field(compare=False, repr=False)


Expr: TypeAlias = Union[
    Literal,
    FString,
    Name,
    Arriving,
    ListExpr,
    TupleExpr,
    DictExpr,
    Starred,
    Comprehension,
    DictComprehension,
    Unary,
    Binary,
    Compare,
    Conditional,
    Attribute,
    Subscript,
    Slice,
    Call,
    Pipe,
    Repeat,
    For,
    If,
    As,
]


# -- patterns -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NamePattern(Node):
    """One name of a pattern; `_` discards."""

    id: str


@dataclass(frozen=True, slots=True)
class TuplePattern(Node):
    """`i, (a, b)`: parts in order."""

    parts: tuple[Pattern, ...]


Pattern: TypeAlias = Union[NamePattern, TuplePattern]


# -- types and parameters -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TensorType(Node):
    """`float32[224, 224, 3](sparse=True)`. `dtype` is None where it was left out; a dimension `?` is Arriving."""

    dtype: str | None
    dims: tuple[Expr, ...]
    options: tuple[Argument, ...] = ()
    dtype_span: Span | None = field(compare=False, repr=False, default=None)


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    """`name: type = default`; `type` is one of the words of language.md, None where left out."""

    name: str
    type: str | None
    default: Expr | None
    name_span: Span = field(compare=False, repr=False)
    type_span: Span | None = field(compare=False, repr=False, default=None)


# -- statements ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ImportedName(Node):
    """`name` or `name as alias`."""

    name: str
    alias: str | None


@dataclass(frozen=True, slots=True)
class Import(Node):
    """`from "file.net" import a, b as c` (`path`), or `from std.vision import …` (`module`)."""

    path: str | None
    module: str | None
    names: tuple[ImportedName, ...]
    source_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Let(Node):
    name: str
    value: Expr
    name_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Function(Node):
    """`fn name(a, b=1) = value`."""

    name: str
    parameters: tuple[Parameter, ...]
    value: Expr
    name_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Defaults(Node):
    """`defaults Layer(arg=value, …)`."""

    layer: str
    arguments: tuple[Argument, ...]
    layer_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Body(Node):
    """`{ … }` of a block or model."""

    docstring: str | None
    statements: tuple[BodyStatement, ...]


@dataclass(frozen=True, slots=True)
class Block(Node):
    """`block name(params) = chain` (`body` is an expression) or `block name(params) { … }`."""

    name: str
    parameters: tuple[Parameter, ...]
    body: Expr | Body
    name_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Model(Node):
    name: str
    parameters: tuple[Parameter, ...]
    body: Body
    name_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class SpecialisedModel(Node):
    """`model Name = Other(args)`."""

    name: str
    value: Expr
    name_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Setting(Node):
    """`name = expression` of a train block."""

    name: str
    value: Expr
    name_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Train(Node):
    model: str
    settings: tuple[Setting, ...]
    model_span: Span = field(compare=False, repr=False)
    docstring: str | None = None


@dataclass(frozen=True, slots=True)
class ExternLayer(Node):
    """`extern layer Name(params): [h, w, c] -> [h // 2, …] weights […] from "package.module"`."""

    name: str
    parameters: tuple[Parameter, ...]
    inputs: tuple[TensorType, ...]
    outputs: tuple[TensorType, ...]
    weights: tuple[TensorType, ...]
    module: str
    name_span: Span = field(compare=False, repr=False)
    module_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ExternFn(Node):
    """`extern fn name from "package.module"`."""

    name: str
    module: str
    name_span: Span = field(compare=False, repr=False)
    module_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Assert(Node):
    condition: Expr
    message: Expr | None = None


@dataclass(frozen=True, slots=True)
class Input(Node):
    """`input name: type`; in a block the type may be left out."""

    name: str
    type: TensorType | None
    name_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LayerDecl(Node):
    """`layer name = chain`."""

    name: str
    value: Expr
    name_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Bind(Node):
    """`name = tensor` or `a, b = tensor` (`target` a TuplePattern)."""

    target: Pattern
    value: Expr


@dataclass(frozen=True, slots=True)
class Output(Node):
    """`output tensor` (`name` None) or `output name = tensor`."""

    name: str | None
    value: Expr
    name_span: Span | None = field(compare=False, repr=False, default=None)


BodyStatement: TypeAlias = Union[
    Input, Let, Function, Defaults, Assert, LayerDecl, Bind, Output
]
TopStatement: TypeAlias = Union[
    Import,
    Let,
    Function,
    Defaults,
    Block,
    Model,
    SpecialisedModel,
    Train,
    ExternLayer,
    ExternFn,
    Assert,
]


@dataclass(frozen=True, slots=True)
class Comment:
    """`# text` with the offset of its `#`; `text` has no line ending."""

    start: int
    text: str


@dataclass(frozen=True, slots=True)
class Module(Node):
    """A whole file. Statements that could not be read are left out and reported."""

    file: SourceFile = field(compare=False, repr=False)
    docstring: str | None = None
    statements: tuple[TopStatement, ...] = ()
    comments: tuple[Comment, ...] = field(compare=False, default=())
