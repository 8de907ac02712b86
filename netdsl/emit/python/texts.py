"""Texts that are put together: f-strings that the oldest Python can read, sums of strings where there is no such.

Before Python 3.12 nothing between the braces of an f-string may hold a backslash or the f-string's own quotes, and so
no other f-string. What is text anyway is text here: `f"{'a'}{f'b{n}'}"` is `f"ab{n}"`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from netdsl.emit.python import code, simplify
from netdsl.emit.python.literals import fits_between_braces, quote

_CONVERSIONS = {"r": "repr", "a": "ascii", "s": "str"}


def joined(parts: Iterable[ast.expr]) -> ast.expr:
    """Join texts and what is shown in them; a plain string where nothing is to be filled in."""
    pieces: list[ast.expr] = []
    for piece in _pieces(parts):
        last = pieces[-1] if pieces else None
        if isinstance(piece, ast.Constant) and isinstance(last, ast.Constant):
            pieces[-1] = code.constant(f"{last.value!s}{piece.value!s}")
        else:
            pieces.append(piece)
    if not pieces:
        return code.constant("")
    result, *rest = _runs(pieces)
    for run in rest:
        result = ast.BinOp(result, ast.Add(), run)
    return result


def _pieces(parts: Iterable[ast.expr]) -> Iterator[ast.expr]:
    """Give strings and fields, without texts inside texts."""
    for part in parts:
        match part:
            case ast.JoinedStr(values=values):
                yield from _pieces(values)
            case ast.Constant(value=value):
                yield code.constant(str(value))
            case ast.FormattedValue(value=inner, conversion=-1 | 115, format_spec=None) if _is_text(
                inner
            ):
                yield from _pieces([inner])
            case ast.FormattedValue():
                yield part
            case ast.BinOp() if _is_text(part):
                yield from _pieces(_terms(part))
            case _:
                yield _field(part)


def _terms(node: ast.expr) -> list[ast.expr]:
    """Give the terms of a sum, from the left."""
    terms: list[ast.expr] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        terms.append(node.right)
        node = node.left
    return [node, *reversed(terms)]


def _field(node: ast.expr) -> ast.expr:
    """Make a field of what stood outside of an f-string by itself: `str(x)`, `repr(x)`, `format(x, ">3")`."""
    match node:
        case ast.Call(
            func=ast.Name(id="format"),
            args=[inner, ast.Constant(value=str()) as spec],
            keywords=[],
        ):
            return simplify.field(inner, -1, ast.JoinedStr([spec]))
    return simplify.field(node, -1, None)


def _is_text(node: ast.expr) -> bool:
    """Tell what is text whatever its values: a string, an f-string, a sum with one of them."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return any(map(_is_text, _terms(node)))
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _runs(pieces: list[ast.expr]) -> Iterator[ast.expr]:
    """Give one f-string, or several terms where a field has to stand outside of them."""
    run: list[ast.expr] = []
    for piece in pieces:
        if isinstance(piece, ast.FormattedValue) and not _fits(piece):
            if run:
                yield _formatted(run)
            yield _called(piece)
            run = []
        else:
            run.append(piece)
    if run:
        yield _formatted(run)


def _formatted(run: list[ast.expr]) -> ast.expr:
    return run[0] if len(run) == 1 and isinstance(run[0], ast.Constant) else ast.JoinedStr(run)


def _fits(field: ast.FormattedValue) -> bool:
    """Tell whether a field may stand between braces."""
    spec = field.format_spec
    if isinstance(spec, ast.JoinedStr) and not all(
        isinstance(part, ast.Constant) and not set(str(part.value)) & set('"\\\n{}')
        for part in spec.values
    ):
        return False
    return all(_fits_inside(node) for node in ast.walk(field.value))


def _fits_inside(node: ast.AST) -> bool:
    match node:
        case ast.JoinedStr():
            return False
        case ast.Constant(value=str() as text):
            return fits_between_braces(quote(text, inside_fstring=True))
    return True


def _called(field: ast.FormattedValue) -> ast.expr:
    """Spell a field without an f-string: `str(x)`, `repr(x)`, `format(x, ">3")`."""
    shown = _CONVERSIONS.get(chr(field.conversion), "") if field.conversion > 0 else ""
    inner = code.call(shown, [field.value]) if shown else field.value
    if isinstance(field.format_spec, ast.JoinedStr):
        return code.call("format", [inner, *field.format_spec.values])
    return inner if shown else code.call("str", [inner])
