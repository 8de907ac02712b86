"""A generated module is Python that the oldest supported version reads: anything else is a mistake of ours."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from netdsl.emit.python.literals import fits_between_braces

#: The oldest Python that runs netdsl, and that reads what it writes.
OLDEST = (3, 11)


def assert_python(source: str) -> None:
    """Raise SyntaxError or AssertionError where a module cannot be run by the oldest Python.

    A newer Python is asked for the older one's grammar, and what it lets through between the braces of an f-string is
    looked at by itself.
    """
    try:
        compile(source, "<generated>", "exec", dont_inherit=True)
    except (
        RecursionError
    ):  # who calls lets Python go less deep than a long sum nests; it may not where the module runs
        return
    if sys.version_info[:2] > OLDEST:
        tree = ast.parse(source, feature_version=OLDEST)
        for text in between_braces(source, tree) if 'f"' in source else ():
            assert fits_between_braces(text), f"no f-string of an older Python holds {text}"


def between_braces(source: str, tree: ast.AST) -> Iterator[str]:
    """Give what stands between the braces of f-strings."""
    lines = source.encode().split(b"\n")
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue):
            value = node.value
            assert value.end_lineno is not None
            part = lines[value.lineno - 1 : value.end_lineno]
            last = part[-1][: value.end_col_offset]
            yield b"\n".join([*part[:-1], last])[value.col_offset :].decode()
