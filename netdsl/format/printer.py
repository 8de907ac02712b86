"""`netdsl fmt`: the one layout of a file.

The layout has no options. Comments stay where they belong, writing it twice is the same as writing it once, and the
syntax tree does not change.
"""

from __future__ import annotations

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.sink import Diagnostics
from netdsl.format.comments import Comments
from netdsl.format.layout import write
from netdsl.format.statements import Statements
from netdsl.source import SourceFile
from netdsl.stack import on_own_stack
from netdsl.syntax import tree
from netdsl.syntax.parse import parse
from netdsl.syntax.tokens import tokenize


class Unreadable(Exception):
    """A file that has syntax errors, and so no layout; `diagnostics` says which."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__(diagnostics[0].message)
        self.diagnostics = diagnostics


@on_own_stack
def format_source(file: SourceFile) -> str:
    """Lay a file out; raises `Unreadable` for one with syntax errors."""
    sink = Diagnostics()
    module = parse(file, sink)
    if sink.has_errors:
        raise Unreadable(sink.sorted())
    return format_module(module)


@on_own_stack
def format_module(module: tree.Module) -> str:
    """Lay out a file that was read without mistakes."""
    comments = Comments(module.file, module.comments)
    text = write(Statements(tokenize(module.file), comments).module(module))
    # a string over several lines means the same with either line ending; the rest has one already
    text = text.replace("\r\n", "\n")
    return f"{text}\n" if text else ""
