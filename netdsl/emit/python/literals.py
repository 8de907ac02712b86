"""How constants are spelled: numbers as they were written, strings in double quotes, f-strings."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable


def spell_constant(node: ast.Constant) -> str:
    """Spell a number, string, True, False, None or `...`; a number keeps the text it was written as."""
    value = node.value
    if isinstance(value, str):
        return quote(value)
    written = getattr(node, "text", "")
    if written:
        return normal_number(written)
    if value is ...:
        return "..."
    return _short(repr(value)) if isinstance(value, float) else repr(value)


def normal_number(text: str) -> str:
    """Spell a number as formatters do: `0XfF` -> `0xFF`, `1E-3` -> `1e-3`, `.5` -> `0.5`, `1.` -> `1.0`."""
    text = text.lower()
    if text[:2] in ("0x", "0b", "0o"):
        return text[:2] + (text[2:].upper() if text[1] == "x" else text[2:])
    text = re.sub(r"^\.", "0.", text)
    text = re.sub(r"\.(?=e|$)", ".0", text)
    return text.replace("e+", "e")


def quote(text: str, *, inside_fstring: bool = False) -> str:
    """Quote a string: double quotes, unless single ones need fewer backslashes."""
    mark = "'" if text.count('"') > text.count("'") else '"'
    if inside_fstring:
        mark = "'"
    return mark + escape(text, mark) + mark


def escape(text: str, mark: str) -> str:
    """Escape what may not stand in a string literal, so that it ends as the data it was."""
    if text.isascii() and text.isprintable() and "\\" not in text and mark not in text:
        return text  # as nearly every name is
    return "".join(_escape_char(char, mark) for char in text)


def _escape_char(char: str, mark: str) -> str:
    if char in ("\\", mark):
        return "\\" + char
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char)
    if named is not None:
        return named
    if char == " " or char.isprintable():
        return char
    code = ord(char)
    return (
        f"\\x{code:02x}"
        if code < 0x100
        else f"\\u{code:04x}"
        if code < 0x10000
        else f"\\U{code:08x}"
    )


def fits_between_braces(text: str) -> bool:
    """Tell whether the oldest Python reads a text between the braces of an f-string in double quotes."""
    return not (set(text) & set('"\\\n') or "#" in re.sub("'[^']*'", "", text))


def spell_fstring(node: ast.JoinedStr, spell: Callable[[ast.expr], str]) -> str:
    """Spell an f-string in double quotes; strings inside its braces take single ones."""
    return 'f"' + "".join(_fstring_part(part, spell) for part in node.values) + '"'


def _fstring_part(part: ast.expr, spell: Callable[[ast.expr], str]) -> str:
    if isinstance(part, ast.Constant):
        text = escape(str(part.value), '"')
        return text.replace("{", "{{").replace("}", "}}")
    assert isinstance(part, ast.FormattedValue)
    inside = _requoted(part.value, spell)
    assert fits_between_braces(inside), f"no f-string of an older Python holds {inside}"
    if inside.startswith("{"):
        inside = " " + inside
    conversion = f"!{chr(part.conversion)}" if part.conversion > 0 else ""
    spec = ""
    if isinstance(part.format_spec, ast.JoinedStr):
        spec = ":" + "".join(_fstring_part(p, spell) for p in part.format_spec.values)
    return "{" + inside + conversion + spec + "}"


class _SingleQuoted(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, str):
            return ast.Name(quote(node.value, inside_fstring=True))
        return node


def _requoted(node: ast.expr, spell: Callable[[ast.expr], str]) -> str:
    if not any(isinstance(n, ast.Constant) and isinstance(n.value, str) for n in ast.walk(node)):
        return spell(node)
    return spell(_SingleQuoted().visit(copy.deepcopy(node)))


def _short(spelled: str) -> str:
    """Spell a number as people do: `1e-5`, which Python itself writes `1e-05`."""
    digits, e, exponent = spelled.partition("e")
    return f"{digits}e{int(exponent)}" if e else spelled
