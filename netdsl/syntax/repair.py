"""Reads a broken statement as it was most likely meant, so that one slip does not hide what is declared behind it.

A fix of signs and words of the language is carried out on the tokens alone: the text and every place in it stay.
Where the statement can then be read, up to the next one, reading goes on with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.source import SourceFile
from netdsl.syntax.grammar import load_grammar, stage_words
from netdsl.syntax.reading import Reading
from netdsl.syntax.recovery import BODY_WORDS, TOP_WORDS
from netdsl.syntax.tokens import HARD_WORDS, Tokens, tokenize

#: Words and signs that are read over again, in all, for the sake of repairs.
MOST_READ = 400_000
# How far behind the mistake a statement must make sense that goes on for longer, as one with a body does.
_FAR_ENOUGH = 8
# Words that are read by their kind alone; of values, names and operators the text is read, which a repair leaves.
_PLAIN_WORDS = TOP_WORDS | BODY_WORDS | {"else", "in", "as", "import"}


def repaired(tokens: Tokens, fix: Fix) -> Tokens | None:
    """Give the tokens with a fix carried out; None where it touches names or values, or parts of tokens."""
    result = Tokens(tokens.file)
    result.comments, position = tokens.comments, 0
    for edit in sorted(fix.edits, key=lambda e: e.span.start):
        new = _signs(edit.text)
        first = position
        while tokens.ends[first] <= edit.span.start and first < len(tokens.kinds) - 1:
            first += 1
        last = first
        while tokens.starts[last] < edit.span.end and last < len(tokens.kinds) - 1:
            last += 1
        is_whole = first == last or (
            edit.span.start <= tokens.starts[first] and tokens.ends[last - 1] <= edit.span.end
        )
        if not is_whole or any(map(_is_read_by_text, new)):
            return None
        _copy(tokens, result, position, first)
        for kind in new:
            result.add(kind, *_place(edit))
        position = last
    _copy(tokens, result, position, len(tokens.kinds))
    return result


def _is_read_by_text(kind: str) -> bool:
    if kind in _PLAIN_WORDS or kind in stage_words():
        return False
    return kind.startswith("!") or kind in HARD_WORDS or kind in load_grammar().valued


@lru_cache(maxsize=64)  # a change that is made many times over is read once
def _signs(text: str) -> tuple[str, ...]:
    return tuple(tokenize(SourceFile("", text)).kinds[:-1])


def _place(edit: Edit) -> tuple[int, int]:
    return edit.span.start, edit.span.end


def _copy(source: Tokens, target: Tokens, first: int, last: int) -> None:
    target.kinds += source.kinds[first:last]
    target.starts += source.starts[first:last]
    target.ends += source.ends[first:last]


def ways(fix: Fix | None) -> Iterator[Fix]:
    """Give a fix and those to be tried after it, where they are sure to keep what was meant."""
    if fix is not None:
        yield from (way for way in (fix, *fix.otherwise) if way.safe)


def can_be_read(reading: Reading, tokens: Tokens, first: int, stopped: int, resume: int) -> bool:
    """Tell whether the statement from token `first` makes sense up to the offset `resume`, or well past `stopped`."""
    states, beyond = reading.states_of_list(), 0
    for index in range(first, len(tokens.kinds)):
        if not reading.shifts(states, tokens, index):
            return False
        beyond += tokens.starts[index] > stopped
        if tokens.starts[index] >= resume or beyond >= _FAR_ENOUGH:
            return True
    return True
