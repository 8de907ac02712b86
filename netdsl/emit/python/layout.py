"""How an expression is laid out: from Python's own `ast` to a document of breaks and groups.

In goes an expression tree, out comes a document whose printing is what `ruff format` would leave. Parentheses are put
where precedence needs them, so a tree can be built without thinking of them. The level says what stands
around an expression: nothing (`None`), brackets (`INSIDE`), or parentheses that appear if it breaks (a `Marker`).
"""

from __future__ import annotations

import ast
from typing import Final, Literal, TypeAlias

from netdsl.emit.python.document import (
    SOFT,
    SPACE,
    BestFit,
    Document,
    Element,
    FitsExpanded,
    Group,
    IfBreaks,
    Indent,
    Marker,
    Printer,
)
from netdsl.emit.python.literals import spell_constant, spell_fstring
from netdsl.stack import deep

INSIDE: Final = "inside"
Level: TypeAlias = Marker | Literal["inside"] | None

_BINARY = {
    ast.Add: ("+", 10), ast.Sub: ("-", 10), ast.Mult: ("*", 11), ast.MatMult: ("@", 11),
    ast.Div: ("/", 11), ast.FloorDiv: ("//", 11), ast.Mod: ("%", 11), ast.Pow: ("**", 13),
    ast.BitOr: ("|", 6), ast.BitXor: ("^", 7), ast.BitAnd: ("&", 8), ast.LShift: ("<<", 9),
    ast.RShift: (">>", 9),
}  # fmt: skip
_COMPARE = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not",
}  # fmt: skip
_UNARY = {ast.USub: "-", ast.UAdd: "+", ast.Invert: "~", ast.Not: "not "}
_CONDITIONAL, _OR, _AND, _NOT, _COMPARISON, _BIT_OR, _UNARY_LEVEL, _POWER, _ATOM = (
    1, 2, 3, 4, 5, 6, 12, 13, 20,
)  # fmt: skip

#: An operand, or an operator with its precedence, of a flattened chain.
_Part: TypeAlias = ast.expr | tuple[str, int]


def precedence(node: ast.expr) -> int:
    """Say how tightly an expression binds; brackets and names bind tightest."""
    match node:
        case ast.Name() | ast.Call() | ast.Attribute():
            return _ATOM
        case ast.Constant(value=value):
            is_number = isinstance(value, (int, float))
            return _UNARY_LEVEL if is_number and repr(value).startswith("-") else _ATOM
        case ast.Lambda():
            return 0
        case ast.IfExp():
            return _CONDITIONAL
        case ast.BoolOp(op=op):
            return _OR if isinstance(op, ast.Or) else _AND
        case ast.UnaryOp(op=op):
            return _NOT if isinstance(op, ast.Not) else _UNARY_LEVEL
        case ast.Compare():
            return _COMPARISON
        case ast.BinOp(op=op):
            return _BINARY[type(op)][1]
        case _:
            return _ATOM


def lay_out(node: ast.expr, level: Level, at_least: int = 0) -> Document:
    """Lay an expression out, in parentheses where it binds less tightly than its place asks."""
    if precedence(node) < at_least:
        return _bracketed("(", _bare(node, INSIDE), ")", level)
    return _bare(node, level)


def parenthesized_if_it_helps(node: ast.expr, *, even_names: bool = False) -> Document:
    """Lay out the expression of a statement: `return …`, `x = …`, `if …:`."""
    need = _need(node)
    if even_names and isinstance(node, (ast.Call, ast.Subscript)):
        need = "if broken"
    if need == "never":
        return _bare(node, None)
    if need == "best fit" and not even_names:
        marker = Marker()
        return (BestFit(_bare(node, marker), marker),)
    if _can_omit(node):
        marker = Marker()
        content = (SOFT, _bare(node, marker))
        inner: Document = (
            IfBreaks(("(",)),
            Indent(content, only_if=marker),
            SOFT,
            IfBreaks((")",)),
        )
        return (Group(inner, marker=marker),)
    return parenthesized_if_broken(_bare(node, INSIDE))


def parenthesized_if_broken(content: Document) -> Document:
    """Put parentheses round what does not fit on its line."""
    return (Group((IfBreaks(("(",)), Indent((SOFT, content)), SOFT, IfBreaks((")",)))),)


def bracketed_items(left: str, items: list[Document], right: str, level: Level) -> Document:
    """Lay out comma-separated items: on one line, or a line each."""
    if not items:
        return (left, right)
    return _bracketed(left, comma_separated(items), right, level)


def comma_separated(items: list[Document], *, always_comma: bool = False) -> Document:
    """Join items; a trailing comma follows where they stand on a line each."""
    parts: list[Element | Document] = []
    for index, item in enumerate(items):
        parts += (",", SPACE, *item) if index else item
    if len(items) > 1 or always_comma:
        parts.append((IfBreaks((",",)),))
    return tuple(parts)


def _bracketed(left: str, content: Document, right: str, level: Level) -> Document:
    group = Group((left, Indent((SOFT, content)), SOFT, right))
    return (FitsExpanded((group,), level),) if isinstance(level, Marker) else (group,)


@deep
def _bare(node: ast.expr, level: Level) -> Document:
    match node:
        case ast.Name(id=name):
            return (name,)
        case ast.Constant():
            return (spell_constant(node),)
        case ast.JoinedStr():
            return (spell_fstring(node, flat),)
        case ast.Attribute(value=value, attr=attr):
            return _joined(*lay_out(value, level, _ATOM), "." + attr)
        case ast.Call():
            return _call(node, level)
        case ast.Subscript(value=value, slice=index):
            inside = _bracketed("[", _index(index), "]", level)
            return (lay_out(value, level, _ATOM), inside)
        case ast.Starred(value=value):
            return ("*", lay_out(value, level, _BIT_OR))
        case ast.UnaryOp(op=op, operand=operand):
            return (_UNARY[type(op)], lay_out(operand, level, _unary_operand(node)))
        case ast.BinOp() | ast.Compare() | ast.BoolOp():
            return _grouped(_operation(_flatten(node), level), level)
        case ast.IfExp():
            return _grouped(_conditional(node, level), level)
        case ast.YieldFrom(value=value):
            return ("yield from ", lay_out(value, level))
        case ast.Yield(value=value):
            return ("yield",) if value is None else ("yield ", lay_out(value, level))
        case ast.Lambda(args=args, body=body):
            rest = [f"*{args.vararg.arg}"] if args.vararg is not None else []
            plain = [a.arg for a in args.args[: len(args.args) - len(args.defaults)]]
            late = zip(args.args[len(plain) :], args.defaults, strict=True)
            given = [f"{a.arg}={flat(default)}" for a, default in late]
            names = ", ".join([*plain, *given, *rest])
            return (f"lambda {names}: " if names else "lambda: ", lay_out(body, level))
        case _:
            return _display(node, level)


def _joined(*parts: Element | Document) -> Document:
    """Make one text of texts, which most documents are: there is less to print."""
    texts = [part for part in parts if isinstance(part, str)]
    return ("".join(texts),) if len(texts) == len(parts) else parts


def _display(node: ast.expr, level: Level) -> Document:
    match node:
        case ast.List(elts=items):
            return bracketed_items("[", [lay_out(i, INSIDE) for i in items], "]", level)
        case ast.Tuple(elts=[only]):
            return _bracketed("(", (Group((lay_out(only, INSIDE), ",")),), ")", level)
        case ast.Tuple(elts=items):
            return bracketed_items("(", [lay_out(i, INSIDE) for i in items], ")", level)
        case ast.Dict(keys=keys, values=values):
            pairs = [_pair(k, v) for k, v in zip(keys, values, strict=True)]
            return bracketed_items("{", pairs, "}", level)
        case ast.ListComp(elt=element, generators=generators):
            return _bracketed("[", _comprehension(element, generators), "]", level)
        case ast.GeneratorExp(elt=element, generators=generators):
            return _bracketed("(", _comprehension(element, generators), ")", level)
        case ast.DictComp(key=key, value=value, generators=generators):
            head = _pair(key, value)
            return _bracketed("{", (Group((Group(head), *_clauses(generators))),), "}", level)
        case _:
            raise TypeError(f"no layout for {type(node).__name__}")


def _pair(key: ast.expr | None, value: ast.expr) -> Document:
    if key is None:
        return ("**", lay_out(value, INSIDE, _BIT_OR))
    return (lay_out(key, INSIDE), ": ", lay_out(value, INSIDE))


def _call(node: ast.Call, level: Level) -> Document:
    return (lay_out(node.func, level, _ATOM), _arguments(node, level))


def _arguments(node: ast.Call, level: Level) -> Document:
    """Lay out what stands in the parentheses of a call, and these."""
    if len(node.args) == 1 and not node.keywords and isinstance(node.args[0], ast.GeneratorExp):
        only = node.args[0]
        content = _comprehension(only.elt, only.generators)
        return _bracketed("(", (Group((content,)),), ")", level)
    items = [lay_out(argument, INSIDE) for argument in node.args]
    items += [_keyword(keyword) for keyword in node.keywords]
    if not items:
        return ("()",)
    return _bracketed("(", (Group(comma_separated(items)),), ")", level)


def _keyword(keyword: ast.keyword) -> Document:
    if keyword.arg is None:
        return ("**", lay_out(keyword.value, INSIDE, _BIT_OR))
    return _joined(keyword.arg, "=", *lay_out(keyword.value, INSIDE))


def _index(index: ast.expr) -> Document:
    if isinstance(index, ast.Tuple) and len(index.elts) > 1:
        return comma_separated([_slice_or_value(item) for item in index.elts])
    if isinstance(index, ast.Tuple) and index.elts and isinstance(index.elts[0], ast.Slice):
        return (_slice_or_value(index.elts[0]), ",")
    return _slice_or_value(index)


def _slice_or_value(node: ast.expr) -> Document:
    if not isinstance(node, ast.Slice):
        return lay_out(node, INSIDE)
    simple = all(_is_simple_bound(p) for p in (node.lower, node.upper, node.step))
    space = "" if simple else " "
    parts: list[Document] = []
    if node.lower is not None:
        parts.append((lay_out(node.lower, INSIDE), space))
    parts.append((":",))
    if node.upper is not None:
        parts.append((space, lay_out(node.upper, INSIDE)))
    if node.step is not None:
        parts.append((space if node.upper is not None else "", ":", space))
        parts.append(lay_out(node.step, INSIDE))
    return tuple(parts)


def _is_simple_bound(node: ast.expr | None) -> bool:
    if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
        return _is_simple_bound(node.operand)
    return node is None or isinstance(node, (ast.Name, ast.Constant))


def _comprehension(element: ast.expr, generators: list[ast.comprehension]) -> Document:
    return (Group((Group(lay_out(element, INSIDE)), *_clauses(generators))),)


def _clauses(generators: list[ast.comprehension]) -> list[Document]:
    clauses: list[Document] = []
    for generator in generators:
        iterable = lay_out(generator.iter, INSIDE, _OR)
        clauses.append((SPACE, "for ", target(generator.target), " in ", iterable))
        clauses.extend((SPACE, "if ", lay_out(test, INSIDE, _OR)) for test in generator.ifs)
    return clauses


def target(node: ast.expr) -> Document:
    """Lay out what is assigned to; the outermost tuple has no parentheses."""
    if isinstance(node, ast.Tuple) and len(node.elts) > 1:
        items = [lay_out(item, INSIDE) for item in node.elts]
        return tuple(part for item in items for part in (", ", item))[1:]
    return lay_out(node, None)


def _grouped(content: Document, level: Level) -> Document:
    if level is None:
        return content
    return (Group(content, only_if=level if isinstance(level, Marker) else None),)


def _break(level: Level, *, space: bool) -> Document:
    """A place to break that exists only inside brackets, or where the optional parentheses appear."""
    line = SPACE if space else SOFT
    flat_text: Document = (" ",) if space else ()
    if level is None:
        return flat_text
    return (IfBreaks((line,), flat_text, of=level),) if isinstance(level, Marker) else (line,)


def _flatten(node: ast.expr) -> list[_Part]:
    """Write nested operators as operand, operator, operand…, as far as no parentheses are needed."""
    parts: list[_Part] = []
    stack: list[_Part | tuple[ast.expr, int]] = [node]
    while stack:
        item = stack.pop()
        match item:
            case ast.BinOp(left=left, op=op, right=right):
                symbol, level = _BINARY[type(op)]
                is_power = isinstance(op, ast.Pow)
                right = _operand(right, _UNARY_LEVEL if is_power else level + 1)
                left = _operand(left, level + 1 if is_power else level)
                stack += [right, (symbol, level), left]
            case ast.BoolOp(op=op, values=values):
                word, level = ("or", _OR) if isinstance(op, ast.Or) else ("and", _AND)
                for index, value in enumerate(reversed(values)):
                    if index:
                        stack.append((word, _OR))
                    stack.append(_operand(value, level + 1))
            case ast.Compare(left=left, ops=ops, comparators=others):
                for sign, other in zip(reversed(ops), reversed(others), strict=True):
                    stack.append(_operand(other, _BIT_OR))
                    stack.append((_COMPARE[type(sign)], _COMPARISON))
                stack.append(_operand(left, _BIT_OR))
            case _:
                parts.append(item)  # type: ignore[arg-type]
    return parts


class _Parenthesized(ast.expr):
    """An operand that needs parentheses: it is not flattened into the chain around it."""

    def __init__(self, inner: ast.expr) -> None:
        super().__init__()
        self.inner = inner


def _unary_operand(node: ast.UnaryOp) -> int:
    """`-x**2` binds as Python says and is written `-(x**2)` all the same."""
    is_power = isinstance(node.operand, ast.BinOp) and isinstance(node.operand.op, ast.Pow)
    return _ATOM if is_power else precedence(node)


def _operand(node: ast.expr, at_least: int) -> ast.expr:
    return _Parenthesized(node) if precedence(node) < at_least else node


def _is_simple_power(node: _Part) -> bool:
    if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
        return _is_simple_power(node.operand)
    if isinstance(node, ast.Attribute):
        return _is_simple_power(node.value)
    return isinstance(node, ast.Name) or (
        isinstance(node, ast.Constant) and not isinstance(node.value, str)
    )


def _operation(parts: list[_Part], level: Level) -> Document:
    """Break before the operators that bind least, all or none; what binds tighter stays together."""
    if len(parts) == 1:
        (only,) = parts
        if isinstance(only, _Parenthesized):
            return _bracketed("(", _bare(only.inner, INSIDE), ")", level)
        return _bare(only, level)  # type: ignore[arg-type]
    loosest = min(part[1] for part in parts if isinstance(part, tuple))
    result: list[Document] = []
    run: list[_Part] = []
    for index, part in enumerate(parts):
        if isinstance(part, tuple) and part[1] == loosest:
            result.append(_run(run, level))
            symbol = part[0]
            hugs = symbol == "**" and all(map(_is_simple_power, parts[index - 1 : index + 2 : 2]))
            result.append(_break(level, space=not hugs))
            result.append((symbol,) if hugs else (symbol, " "))
            run = []
        else:
            run.append(part)
    result.append(_run(run, level))
    return tuple(result)


def _run(run: list[_Part], level: Level) -> Document:
    inside = _operation(run, level)
    return inside if len(run) == 1 else _grouped(inside, level)


def _conditional(node: ast.IfExp, level: Level) -> Document:
    otherwise: Document
    if isinstance(node.orelse, ast.IfExp):
        otherwise = _conditional(node.orelse, level)
    else:
        otherwise = _grouped(lay_out(node.orelse, level, _CONDITIONAL), level)
    return (
        lay_out(node.body, level, _OR),
        _break(level, space=True),
        "if ",
        lay_out(node.test, level, _OR),
        _break(level, space=True),
        "else ",
        otherwise,
    )


def _need(node: ast.expr) -> Literal["never", "best fit", "if broken"]:
    """Say when parentheses are put round a statement's expression."""
    match node:
        case ast.BinOp() | ast.BoolOp() | ast.Compare() | ast.IfExp() | ast.Lambda():
            return "if broken"
        case ast.UnaryOp(operand=operand):
            bare = precedence(operand) >= _unary_operand(node)
            return "if broken" if bare else "never"
        case ast.Call(func=inner) | ast.Subscript(value=inner):
            need = _need(inner)
            return "never" if need == "best fit" else need
        case ast.Attribute(value=inner):
            return "best fit" if isinstance(inner, ast.Name) else _need(inner)
        case ast.Name() | ast.Constant() | ast.JoinedStr():
            length = len(flat(node))
            return "best fit" if 5 < length <= 84 else "never"
        case _:
            return "never"


def _can_omit(node: ast.expr) -> bool:
    """Tell whether breaking inside the brackets at the ends reads better than parentheses round it all."""
    if isinstance(node, ast.IfExp):
        return False
    starts_with_operator = isinstance(node, ast.UnaryOp)
    while isinstance(node, ast.UnaryOp):
        node = _operand(node.operand, _unary_operand(node))
    parts = _flatten(node)
    operators = [part for part in parts if isinstance(part, tuple)]
    operands = [part for part in parts if not isinstance(part, tuple)]
    loosest = min((op[1] for op in operators), default=_ATOM)
    if sum(op[1] == loosest for op in operators) > 1:
        return False
    if not any(_has_brackets(p, or_empty=True) or _inner_brackets(p) for p in operands):
        return False
    if not operators or _ends_in_brackets(operands[-1]):
        return True
    return not starts_with_operator and _has_brackets(_leftmost(operands[0]))


def _ends_in_brackets(node: ast.expr) -> bool:
    while isinstance(node, ast.UnaryOp):
        if precedence(node.operand) < _unary_operand(node):
            return True
        node = node.operand
    return _has_brackets(node)


def _leftmost(node: ast.expr) -> ast.expr:
    while isinstance(node, (ast.Call, ast.Attribute, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node


def _inner_brackets(node: ast.expr) -> bool:
    while isinstance(node, (ast.Attribute, ast.UnaryOp)):
        node = node.value if isinstance(node, ast.Attribute) else node.operand
        if _has_brackets(node, or_empty=True) or isinstance(node, ast.Subscript):
            return True
    return isinstance(node, ast.Subscript)


def _has_brackets(node: ast.expr, *, or_empty: bool = False) -> bool:
    match node:
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return or_empty or bool(items)
        case ast.Dict(keys=keys):
            return or_empty or bool(keys)
        case ast.Call(args=args, keywords=keywords):
            return or_empty or bool(args or keywords)
        case ast.ListComp() | ast.DictComp() | ast.GeneratorExp() | _Parenthesized():
            return True
        case _:
            return False


def flat(node: ast.expr) -> str:
    """Spell an expression on one line, however long."""
    return Printer(width=1_000_000_000).print(lay_out(node, None))
