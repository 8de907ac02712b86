"""Text of Python laid out anew: each statement as `ruff format` leaves it, comments and blank lines as they stand.

Templates are written for how they read; what is filled in makes a line longer than it may be, or shorter.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Sequence

from netdsl.emit.python.layout_statements import format_statements

_SIMPLE = (ast.Assign, ast.Return, ast.Expr)


def tidy(text: str) -> str:
    """Lay the statements of a module out; comments stay, and so does what has one inside."""
    lines = text.split("\n")
    for first, last, laid_out in sorted(_edits(text, tuple(lines)), reverse=True):
        lines[first - 1 : last] = laid_out
    return "\n".join(lines)


def _edits(text: str, lines: Sequence[str]) -> Iterator[tuple[int, int, list[str]]]:
    """Give the lines of each statement, from the first to the last, and what is to stand there."""
    commented = {
        token.start[0]
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
    }
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, _SIMPLE) and not _is_text(node):
            first, last = node.lineno, node.end_lineno or node.lineno
            if commented.isdisjoint(range(first, last + 1)):
                yield first, last, _laid_out(node, lines)
        elif isinstance(node, ast.FunctionDef):
            head = ast.FunctionDef(node.name, node.args, [ast.Pass()], [])
            _keep_numbers(head.args, lines)
            laid_out = format_statements([head], node.col_offset).split("\n")
            yield node.lineno, node.body[0].lineno - 1, laid_out[:-2]


def _is_text(node: ast.stmt) -> bool:
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _laid_out(node: ast.stmt, lines: Sequence[str]) -> list[str]:
    _keep_numbers(node, lines)
    return format_statements([node], node.col_offset).rstrip("\n").split("\n")


def _keep_numbers(node: ast.AST, lines: Sequence[str]) -> None:
    """Let `1e-3` and `10_000` stay as they are written."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and type(part.value) in (int, float):
            line = lines[part.lineno - 1].encode()
            part.text = line[part.col_offset : part.end_col_offset].decode()  # type: ignore[attr-defined]
