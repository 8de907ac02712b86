"""Spells literals: strings in double quotes where that needs no escape, everything else as it was written."""

from __future__ import annotations

import re

from netdsl.syntax.literals import split_quotes

_ESCAPE = re.compile(r"\\[\s\S]")


def spell_string(text: str) -> str:
    """Spell one string literal, prefix and quotes included."""
    prefix, quotes = split_quotes(text)
    body = text[len(prefix) + len(quotes) : len(text) - len(quotes)]
    prefix = prefix.replace("u", "")
    prefix = "rf" if prefix == "fr" else prefix
    if quotes[0] == "'" and _fits_double_quotes(body, is_formatted="f" in prefix):
        quotes = '"' * len(quotes)
        if "r" not in prefix:
            body = _ESCAPE.sub(lambda match: "'" if match[0] == "\\'" else match[0], body)
    return f"{prefix}{quotes}{body}{quotes}"


def _fits_double_quotes(body: str, *, is_formatted: bool) -> bool:
    """Tell whether a body means the same between double quotes; an f-string's holes may hold strings."""
    return '"' not in body and not (is_formatted and "'" in body)


def spell_docstring(text: str) -> str:
    """Spell a docstring: between three double quotes, where that needs no escape."""
    spelled = spell_string(text)
    prefix, quotes = split_quotes(spelled)
    body = spelled[len(prefix) + len(quotes) : len(spelled) - len(quotes)]
    if quotes == '"' and "\\" not in body:
        return f'{prefix}"""{body}"""'
    return spelled


def spell_number(text: str) -> str:
    """Spell a number in lower case, but for the digits of a hexadecimal one."""
    lowered = text.lower()
    if lowered.startswith("0x"):
        return "0x" + text[2:].upper()
    return lowered
