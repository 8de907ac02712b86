"""Reads what is inside a literal: the value of a number, the text of a string, the parts of an f-string.

Everything here is plain computation on text; a literal that cannot be read gives a `Flaw`, which says what is
wrong and where, as an offset into the text that was given.
"""

from __future__ import annotations

import math
import re
import unicodedata
from typing import NamedTuple

_SIMPLE_ESCAPES = {
    "\n": "",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}
_ESCAPE = re.compile(
    r"\\(?:N\{(?P<name>[^{}]*)\}|x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})"
    r"|(?P<octal>[0-7]{1,3})|(?P<char>[\s\S]))"
)
#: A character by its name. No name has a brace in it, so that of many which are not closed each is soon given up.
NAMED = re.compile(r"\\N\{[^{}]*\}")
# Python refuses to read a longer decimal number unless asked to (sys.set_int_max_str_digits).
_MOST_DIGITS = 4300


class Flaw(NamedTuple):
    """What is wrong in a literal, and between which offsets."""

    reason: str
    start: int
    end: int


class _Flawed(Exception):
    """Ends the reading of a string at its first flaw."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.reason)
        self.flaw = flaw


def read_number(text: str) -> int | float | Flaw:
    """Give the value of a number as Python writes it: `1_000`, `0x1F`, `1e-3`."""
    plain = text.replace("_", "")
    if plain[:2].lower() in ("0x", "0b", "0o"):
        if len(plain) > _MOST_DIGITS:
            return Flaw(f"has {len(plain) - 2} digits, more than {_MOST_DIGITS}", 0, len(text))
        return int(plain, 0)
    if not plain.isdigit():
        value = float(plain)
        return Flaw("is beyond the largest float", 0, len(text)) if math.isinf(value) else value
    if len(plain) > _MOST_DIGITS:
        return Flaw(f"has {len(plain)} digits, more than Python's {_MOST_DIGITS}", 0, len(text))
    if plain.startswith("0") and plain.strip("0"):
        return Flaw("begins with a zero", 0, len(text))
    return int(plain)


def split_quotes(text: str) -> tuple[str, str]:
    """Give the prefix of a string literal, in lower case, and its opening quotes."""
    prefix = text[: min(i for i in (text.find('"'), text.find("'")) if i >= 0)]
    rest = text[len(prefix) :]
    quotes = rest[:3] if rest[:3] in ('"""', "'''") else rest[:1]
    return prefix.lower(), quotes


def read_string(text: str) -> str | Flaw:
    """Give the value of a string literal, prefix and quotes included in `text`."""
    prefix, quotes = split_quotes(text)
    start = len(prefix) + len(quotes)
    body = text[start : len(text) - len(quotes)]
    if "r" in prefix:
        return body.replace("\r\n", "\n")
    value = decode_escapes(body)
    if isinstance(value, Flaw):
        return Flaw(value.reason, value.start + start, value.end + start)
    return value


def decode_escapes(body: str) -> str | Flaw:
    """Replace Python's backslash escapes by what they stand for."""
    body = body.replace("\r\n", "\n") if "\r\n" in body else body
    if "\\" not in body:
        return body

    def replace(match: re.Match[str]) -> str:
        value = _escaped(match)
        if isinstance(value, Flaw):
            raise _Flawed(value)
        return value

    try:
        return _ESCAPE.sub(replace, body)
    except _Flawed as found:
        return found.flaw


def _escaped(match: re.Match[str]) -> str | Flaw:
    text = match.group()
    kind = match.lastgroup
    if kind == "char":
        char = match["char"]
        if char in "xuUN":
            return Flaw(
                f"`\\{char}` is not followed by a character's number or name", *match.span()
            )
        return _SIMPLE_ESCAPES.get(char, text)
    if kind == "octal":
        return chr(int(match["octal"], 8))
    if kind == "name":
        try:
            return unicodedata.lookup(match["name"])
        except KeyError:
            return Flaw(f"Unicode has no character named `{match['name']}`", *match.span())
    number = int(text[2:], 16)
    if number > 0x10FFFF:
        return Flaw(f"`{text}` is beyond the last character of Unicode", *match.span())
    return chr(number)
