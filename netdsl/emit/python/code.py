"""Small makers of Python syntax trees, so that emission reads like the code it writes."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from keyword import iskeyword
from types import EllipsisType

from netdsl.catalog.kind import Identifier, ObjectValue
from netdsl.catalog.signature import FAMILY_MODULES
from netdsl.value import Value


def name(identifier: str) -> ast.Name:
    return ast.Name(identifier, ast.Load())


def constant(value: float | str | EllipsisType | None) -> ast.Constant:
    return ast.Constant(value)


def number(value: float, text: str) -> ast.Constant:
    """Give a number that is spelled as it was written: `1e-3` and `10_000` stay."""
    node = ast.Constant(value)
    node.text = text  # type: ignore[attr-defined]
    return node


def attribute(value: ast.expr, *names: str) -> ast.expr:
    for part in names:
        value = ast.Attribute(value, part, ast.Load())
    return value


def dotted(path: str) -> ast.expr:
    """Give a path such as `keras.layers.Dense` as an expression."""
    first, *rest = path.split(".")
    return attribute(name(first), *rest)


#: Arguments by name; one without a name is `**mapping`.
Keywords = list[tuple[str | None, ast.expr]]


def call(
    function: ast.expr | str,
    args: Iterable[ast.expr] = (),
    keywords: Iterable[tuple[str | None, ast.expr]] = (),
) -> ast.Call:
    target = dotted(function) if isinstance(function, str) else function
    return ast.Call(target, list(args), [ast.keyword(k, v) for k, v in keywords])


def placed(
    spelled: Iterable[tuple[str, str | None, ast.expr]],
) -> tuple[list[ast.expr], Keywords]:
    """Sort arguments, each with its star ("", "*" or "**") and its name, into those by place and those by name."""
    args: list[ast.expr] = []
    keywords: Keywords = []
    for star, identifier, value in spelled:
        if star == "*":
            args.append(starred(value))
        elif star == "**":
            keywords += spread_keywords(value)
        elif identifier is None:
            args.append(value)
        else:
            keywords.append((identifier, value))
    return args, keywords


def spread_keywords(mapping: ast.expr) -> Keywords:
    """Give what `**mapping` adds to a call; a dict that is written out becomes arguments."""
    if isinstance(mapping, ast.Dict):
        keys = [k.value if isinstance(k, ast.Constant) else None for k in mapping.keys]
        names = [k for k in keys if isinstance(k, str) and k.isidentifier() and not iskeyword(k)]
        if len(names) == len(keys):
            return list(zip(names, mapping.values, strict=True))
    return [(None, mapping)]


def list_of(items: Iterable[ast.expr]) -> ast.List:
    return ast.List(list(items), ast.Load())


def tuple_of(items: Iterable[ast.expr]) -> ast.Tuple:
    return ast.Tuple(list(items), ast.Load())


def subscript(value: ast.expr, index: ast.expr) -> ast.Subscript:
    return ast.Subscript(value, index, ast.Load())


def starred(value: ast.expr) -> ast.Starred:
    return ast.Starred(value, ast.Load())


def assign(target: str | ast.expr, value: ast.expr, comment: str = "") -> ast.Assign:
    node = ast.Assign([name(target) if isinstance(target, str) else target], value)
    node.comment = comment  # type: ignore[attr-defined]
    return node


def put_above(statement: ast.stmt, comment: Sequence[str]) -> None:
    """Put the lines of a comment above a statement and those that stand there: what is around comes last."""
    if comment:
        statement.above = [*comment, *comment_above(statement)]  # type: ignore[attr-defined]


def comment_above(statement: ast.stmt) -> Sequence[str]:
    found: Sequence[str] = getattr(statement, "above", ())
    return found


def in_place_of(old: ast.stmt, new: ast.stmt) -> ast.stmt:
    """Give a statement that another one is now, under the comment of that."""
    put_above(new, comment_above(old))
    return new


def where_none(variable: str, binding: ast.stmt) -> ast.If:
    """`if hidden is None: hidden = 4 * width`."""
    test = ast.Compare(name(variable), [ast.Is()], [constant(None)])
    return ast.If(test, [binding], [])


def freezes(variable: str, trainable: ast.expr) -> ast.stmt:
    """Freeze a layer and all in it where it is not to train; layers in it that are frozen anyhow stay so."""
    frozen = assign(attribute(name(variable), "trainable"), constant(False))
    if isinstance(trainable, ast.Constant) and not trainable.value:
        return frozen
    return ast.If(ast.UnaryOp(ast.Not(), trainable), [frozen], [])


class Later(ast.Pass):
    """A place in a function where statements are put that turn out to be needed when what follows is written."""

    def __init__(self) -> None:
        super().__init__()
        self.statements: list[ast.stmt] = []


def settled(statements: Iterable[ast.stmt]) -> list[ast.stmt]:
    """Put in place what was left for later."""
    found: list[ast.stmt] = []
    for statement in statements:
        put = statement.statements if isinstance(statement, Later) else [statement]
        if isinstance(statement, Later) and put:
            in_place_of(statement, put[0])
        found += put
    return found


def expression(value: ast.expr) -> ast.Expr:
    return ast.Expr(value)


def returns(value: ast.expr) -> ast.Return:
    return ast.Return(value)


def docstring(text: str) -> ast.Expr:
    return ast.Expr(ast.Constant(text))


def function(
    identifier: str,
    parameters: Sequence[tuple[str, ast.expr | None]],
    body: Sequence[ast.stmt],
    keyword_only: Sequence[tuple[str, ast.expr]] = (),
) -> ast.FunctionDef:
    """Give the definition `def identifier(parameters, *, keyword_only): body`.

    A parameter without a default that follows one with a default goes by name only, as Python asks.
    """
    positional: list[tuple[str, ast.expr | None]] = []
    by_name: list[tuple[str, ast.expr | None]] = []
    for parameter in parameters:
        optional_before = any(default is not None for _, default in positional)
        late = by_name or (optional_before and parameter[1] is None)
        (by_name if late else positional).append(parameter)
    by_name.extend(keyword_only)
    arguments = ast.arguments(
        posonlyargs=[],
        args=[ast.arg(p) for p, _ in positional],
        defaults=[default for _, default in positional if default is not None],
        kwonlyargs=[ast.arg(p) for p, _ in by_name],
        kw_defaults=[default for _, default in by_name],
    )
    return ast.FunctionDef(identifier, arguments, list(body) or [ast.Pass()], [])


def layer_name(identifier: str) -> ast.Name:
    """Give the variable of a layer: a call of it applies the layer."""
    node = name(identifier)
    node.is_layer = True  # type: ignore[attr-defined]
    return node


def applies_layer(node: ast.expr) -> bool:
    """Tell whether it is `layers.Dense(3)(x)`, or `dense(x)` where `dense` is a layer."""
    if not isinstance(node, ast.Call):
        return False
    return isinstance(node.func, ast.Call) or getattr(node.func, "is_layer", False)


def is_name(node: ast.expr, identifier: str | None = None) -> bool:
    return isinstance(node, ast.Name) and identifier in (None, node.id)


def literal(value: Value, *, frozen: bool = False) -> ast.expr:
    """Spell an evaluated value; `frozen` makes lists tuples, for a parameter's default."""
    match value:
        case Identifier():
            return ast.Constant(value.name) if "." not in value.name else dotted(value.name)
        case float() if value != value or value in (float("inf"), float("-inf")):
            return call("float", [constant(str(value))])
        case bool() | int() | float() | str() | EllipsisType() | None:
            return constant(value)
        case list() if not frozen:
            return list_of(literal(item) for item in value)
        case list() | tuple():
            return tuple_of(literal(item, frozen=frozen) for item in value)
        case dict():
            return ast.Dict([literal(k) for k in value], [literal(v) for v in value.values()])
        case ObjectValue(family, kind, arguments):
            path = f"keras.{FAMILY_MODULES[family]}.{kind}"
            return call(path, (), [(k, literal(v)) for k, v in arguments.items()])
        case _:
            raise TypeError(f"no literal for {value!r}")
