"""Hands Lark's parser the words of a file, one after the other, as it asks for them.

The words of the language that Python does not reserve (`input`, `layer`, `weights`…) are words only where the grammar
asks for them, and names anywhere else. So what a word is depends on the state of the parser, as with Lark's own
contextual lexer; unlike there, a word that begins a statement on a line of its own is never taken for a name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lark.lexer import Lexer, LexerState, Token

from netdsl.source import SourceFile, Span

if TYPE_CHECKING:
    from netdsl.syntax.reading import Reading


class Word(Token):
    """A word of a file as Lark's parser takes it. Its text is its kind, its value the place where it stands."""

    __slots__ = ("file",)

    file: SourceFile
    line = column = end_line = end_column = (
        None  # worked out of the offset where somebody wants to know
    )

    @property
    def value(self) -> Span:
        return Span(self.file, self.start_pos, self.end_pos)  # type: ignore[arg-type]


def word(name: str, kind: str, file: SourceFile, start: int, end: int) -> Word:
    """Make a word that the grammar calls by a name; Lark's own way takes three times as long."""
    made = str.__new__(Word, kind)
    made.type, made.file, made.start_pos, made.end_pos = name, file, start, end
    return made


class TooDeep(Exception):
    """More levels are open than the passes that recurse are to follow."""


class WordLexer(Lexer):
    """Feeds the parser from the words of a `Reading`, which stands where Lark keeps the text."""

    __future_interface__ = 2  # hand over the states of lexer and parser

    def __init__(self, conf: object) -> None:
        pass

    # Lark gives the state of the parser no type.
    def lex(self, lexer_state: LexerState, parser_state: Any) -> Iterator[Token]:
        reading: Reading = lexer_state.text  # type: ignore[assignment]
        table, states = parser_state.parse_conf.states, parser_state.state_stack
        kinds, starts, ends = reading.tokens.kinds, reading.tokens.starts, reading.tokens.ends
        terminals, file = reading.grammar.terminals, reading.tokens.file
        for index in range(reading.index, len(kinds) - 1):
            kind = kinds[index]
            reading.index = index
            name = terminals.get(kind, kind)
            if name not in table[states[-1]]:
                is_name = reading.may_be_name(index)
            else:
                is_name = kinds[index - 1] == "{" and reading.is_name_here(index, states[-1])
            name = "NAME" if is_name else name
            if len(states) > reading.UNCHECKED_HEIGHT:
                reading.check_depth(kind)
            yield word(name, kind, file, starts[index], ends[index])
        reading.index = len(kinds) - 1
