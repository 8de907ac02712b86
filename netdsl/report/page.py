"""Markdown on a terminal: the pages of `netdsl explain` in colour."""

from __future__ import annotations

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown
from rich.padding import Padding
from rich.syntax import Syntax
from rich.text import Text

WIDEST = 100


class _LeftHeading(Heading):
    """A heading at the left margin, bold."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self.text.justify = "left"
        self.text.stylize("bold")
        yield from ([self.text] if self.tag == "h1" else [Text(), self.text])


class _PlainCode(CodeBlock):
    """An example, indented, in the terminal's own background."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lexer = "javascript" if self.lexer_name == "net" else self.lexer_name
        code = Syntax(str(self.text).rstrip(), lexer, theme="ansi_dark", background_color="default")
        yield Padding(code, (0, 0, 0, 4))


class _Page(Markdown):
    elements = Markdown.elements | {
        "heading_open": _LeftHeading,
        "fence": _PlainCode,
    }


def print_markdown(text: str, console: Console) -> None:
    """Print a page, at most a hundred columns wide."""
    console.print(_Page(text), width=min(console.width, WIDEST))
