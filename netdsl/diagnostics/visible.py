"""Text as a terminal shows it: tabs, wide and combining characters, and control characters made visible.

`show` turns a piece of source into what is printed, with the terminal column of each of its characters, so that
carets stand under what they mean. Nothing that a spec holds reaches a terminal as a control sequence.
"""

from __future__ import annotations

import unicodedata

from netdsl.record import record

TAB_WIDTH = 4

#: Characters that turn the direction of the text around them; shown by number, as they can hide what a line does.
_BIDI = frozenset(
    map(chr, (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
)


@record
class Shown:
    """A printed line; `columns[i]` is where source character `i` starts, the last entry where the line ends."""

    text: str
    columns: tuple[int, ...]


def show(text: str) -> Shown:
    """Make a line printable: a tab becomes four spaces, an escape character ␛."""
    pieces, columns, column = [], [], 0
    for char in text:
        columns.append(column)
        piece = printable(char)
        pieces.append(piece)
        column += text_width(piece)
    columns.append(column)
    return Shown("".join(pieces), tuple(columns))


def printable(char: str) -> str:
    """Spell one character so that a terminal shows it and does not obey it."""
    code = ord(char)
    if char == "\t":
        return " " * TAB_WIDTH
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if char in _BIDI or 0x80 <= code < 0xA0 or 0xD800 <= code < 0xE000 or code in (0x2028, 0x2029):
        return f"<U+{code:04X}>"
    return char


def clean(text: str) -> str:
    """Make a message printable; line breaks stay."""
    return "".join(char if char == "\n" else printable(char) for char in text)


def text_width(text: str) -> int:
    """Count the terminal cells of a printable text: CJK and emoji take two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(map(_cells, text))


def _cells(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
