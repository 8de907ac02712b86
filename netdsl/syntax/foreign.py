"""Words tokens that are no netdsl: characters, strings, numbers and operators of other languages."""

from __future__ import annotations

import re
import unicodedata

from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netdsl.diagnostics.problems.syntax import (
    ForeignComment,
    ForeignOperator,
    MalformedNumber,
    MalformedString,
    OtherArrow,
    Semicolon,
    UnclosedString,
    UnknownCharacter,
)
from netdsl.source import Span
from netdsl.syntax.faults import shorten
from netdsl.syntax.literals import split_quotes
from netdsl.syntax.stop import Stop

_ARROWS = frozenset({"=>", "|>", "-->", "→", "⟶"})
_SPELLED = {"&&": "and", "||": "or", "===": "==", "!==": "!=", "!": "not ", "<>": "!="}
_LOOKALIKES = {
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "‘": "'",
    "’": "'",
    "–": "-",
    "—": "-",
    "−": "-",
    "×": "*",
    "·": "*",
    "÷": "/",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "≡": "==",
    "…": "...",
}
_VALUES = "write the values out, or use `range(…)`"
_QUOTES = {"“": "”", "”": "”", "„": "”", "«": "»", "‘": "’", "’": "’"}


def explain_foreign(stop: Stop) -> Diagnostic | None:
    """Give the diagnostic of a token whose kind begins with `!`, and of `...`."""
    match stop.kind:
        case "!open_string" | "!open_long_string":
            return _open_string(stop)
        case "!bytes":
            return MalformedString.at(
                stop.span,
                "byte strings are no values of netdsl",
                help=f"leave the `{stop.text}` away",
                fix=stop.replace(stop.index, "", safe=False),
            )
        case "!number":
            return _number(stop)
        case "!name":
            return UnknownCharacter.at(
                stop.span,
                f"`{shorten(stop.text)}` is no name",
                help="write a name with letters, digits and `_`",
            )
        case "!foreign":
            return _operator(stop)
        case _ if stop.text == "...":
            return _dots(stop)
        case "!character":
            return _character(stop)
    return None


def _open_string(stop: Stop) -> Diagnostic:
    prefix, quotes = split_quotes(stop.text)
    start = stop.span.start
    opener = Span(stop.tokens.file, start, start + len(prefix) + len(quotes))
    if len(quotes) == 3:
        return UnclosedString.at(
            opener, "the file ends before the string does", help=f"close it with `{quotes}`"
        )
    return UnclosedString.at(
        opener,
        "the line ends before the string does",
        help=f"close it with `{quotes}` on the same line, or open it with `{quotes * 3}`",
        fix=_closing_quote(stop, opener, quotes),
    )


def _closing_quote(stop: Stop, opener: Span, quote: str) -> Fix | None:
    """Close a string behind its word: `padding="same)`, `padding="same')`."""
    word = re.match(r"[\w./-]*", stop.span.text[opener.end - opener.start :])
    if word is None or not word.group():
        return None
    end = opener.end + word.end()
    other = "'" if quote == '"' else '"'
    wrong = stop.span.file.text[end : end + 1] == other
    shown = f"{quote}{word.group()}{quote}"
    return Fix((Edit(Span(opener.file, end, end + wrong), quote),), text=f"close it: `{shown}`")


def _number(stop: Stop) -> Diagnostic:
    text = stop.text
    if re.fullmatch(r"\d+(x\d+)+", text):
        sizes = text.replace("x", ", ")
        fix = stop.replace(stop.index, sizes)
        help_text = f"write `{sizes}`"
        label = "sizes stand apart by commas"
        return MalformedNumber.at(stop.span, label, help=help_text, fix=fix, text=shorten(text))
    name = re.fullmatch(r"(\d+)_?([^\W\d_]{2,}\w*)", text)
    if name is not None:
        return _name_with_digits(stop, f"{name[2]}{name[1]}")
    is_digits = text.replace("_", "").isdigit()
    reason = "digits end in the middle of a word"
    if is_digits or "_" in text:
        reason = "underscores stand between digits, one at a time"
    elif text.count(".") > 1:
        reason = "a number has one decimal point"
    return MalformedNumber.at(
        stop.span,
        reason,
        help="write numbers as in Python; a name begins with a letter or `_`",
        text=shorten(text),
    )


def _name_with_digits(stop: Stop, other: str) -> Diagnostic:
    """`2nd = …`: a name that begins with digits, to be changed wherever it is used."""
    tokens = stop.tokens
    same = [
        i
        for i, kind in enumerate(tokens.kinds)
        if kind == "!number" and tokens.text(i) == stop.text
    ]
    return MalformedNumber.at(
        stop.span,
        "a name begins with a letter or `_`",
        help=f"write `{other}`",
        fix=Fix(tuple(Edit(tokens.span(i), other) for i in same), safe=True),
        text=shorten(stop.text),
    )


def _operator(stop: Stop) -> Diagnostic:
    text, span = stop.text, stop.span
    if text in _ARROWS:
        return _other_arrow(stop)
    if text.startswith("/*"):
        opener = Span(span.file, span.start, span.start + 2)
        label = "there are no comments between `/*` and `*/`"
        return ForeignComment.at(opener, label, help="begin each line of it with `#`")
    if text in _SPELLED:
        return _spelled(stop, _SPELLED[text])
    if text == ">>" and stop.following(2) == "(":  # `x >> Dense(4)`
        return _other_arrow(stop)
    if text == ":=" and not stop.open_brackets:
        reason, fix = "a name is bound by `=`", stop.replace(stop.index, "=")
        return ForeignOperator.at(span, reason, help="write `=`", fix=fix, written=text)
    if text.endswith("=") and stop.previous == "NAME":
        return _changes_a_name(stop)
    reason, help_text = _why_foreign(text)
    return ForeignOperator.at(span, reason, help=help_text, written=shorten(text))


def _other_arrow(stop: Stop) -> Diagnostic:
    fix = _all_of_statement(stop, "->")
    return OtherArrow.at(
        stop.span, "not an arrow here", help="write `->`", fix=fix, written=stop.text
    )


def _all_of_statement(stop: Stop, text: str) -> Fix:
    """Replace the token, and its like in the rest of the statement."""
    tokens = stop.tokens
    last = max(stop.resume, stop.index + 1)
    same = [i for i in range(stop.index, last) if tokens.text(i) == stop.text]
    return Fix(tuple(Edit(tokens.span(i), text) for i in same), safe=True)


def _spelled(stop: Stop, word: str) -> Diagnostic:
    fix = stop.replace(stop.index, word)
    return ForeignOperator.at(
        stop.span,
        "another language's operator",
        help=f"write `{word.strip()}`",
        fix=fix,
        written=stop.text,
    )


def _dots(stop: Stop) -> Diagnostic:
    """Explain `...` outside an index."""
    label = "it stands for axes between square brackets, `x[..., 0]`, and nowhere else"
    return ForeignOperator.at(stop.span, label, help=_VALUES, written=stop.text)


def _changes_a_name(stop: Stop) -> Diagnostic:
    """`h += x`"""
    name, operator = stop.tokens.text(stop.index - 1), stop.text[:-1]
    return ForeignOperator.at(
        stop.span,
        "a name is bound once and never changed",
        help=f"give the result a name of its own, `{name}2 = {name} {operator} …`, and use that from here on",
        written=shorten(stop.text),
    )


def _why_foreign(text: str) -> tuple[str, str]:
    if text == ":=":
        return "a name is bound by a statement of its own", "write `name = …` on a line of its own"
    if text == "..":
        return "there is no such operator", _VALUES
    if text in ("<<", ">>"):
        return "there are no operators on bits", "write `* 2 ** n` or `// 2 ** n`"
    return "a name is bound once and never changed", "give the result a name of its own: `name = …`"


def _character(stop: Stop) -> Diagnostic:
    char = stop.text
    if char == ";":
        fix = stop.replace(stop.index, "")
        return Semicolon.at(
            stop.span, "nothing stands between statements", help="leave the `;` away", fix=fix
        )
    if char == "!":
        return _spelled(stop, _SPELLED[char])
    if char == "\\":
        return UnknownCharacter.at(
            stop.span,
            "a backslash outside a string",
            help="leave it away: a line end ends nothing, so no line needs to be continued",
            fix=stop.replace(stop.index, ""),
        )
    if char == "^" and "NUMBER" in (stop.previous, stop.following()):
        fix = stop.replace(stop.index, "**")
        label = "a power is written otherwise"
        return ForeignOperator.at(stop.span, label, help="write `**`", fix=fix, written=char)
    if char == "|" and stop.following(2) == "(":  # `x | Dense(4)`, as in a shell
        return _other_arrow(stop)
    if char in "|&^~":
        return ForeignOperator.at(
            stop.span,
            "there are no operators on bits",
            help="write `and`, `or`, `not` for conditions; combine tensors with a merge layer",
            written=char,
        )
    return _unknown(stop, char)


def _unknown(stop: Stop, char: str) -> Diagnostic:
    name = unicodedata.name(
        char, "a control character" if ord(char) < 32 else "no character of Unicode"
    )
    label = f"U+{ord(char):04X}, {name.lower()}"
    plain = _LOOKALIKES.get(char) or unicodedata.normalize("NFKC", char)
    if char.isspace() or unicodedata.category(char) in ("Cf", "Zs"):
        fix = stop.replace(stop.index, " " if char.isspace() else "")
        help_text = "write a plain space" if char.isspace() else "delete it"
        return UnknownCharacter.at(stop.span, label, help=help_text, fix=fix)
    if not plain.isascii() or not plain.isprintable() or plain == char:
        return UnknownCharacter.at(
            stop.span, label, help="delete it, or put it in a string or a comment"
        )
    return UnknownCharacter.at(
        stop.span, label, help=f"write `{plain}`", fix=_lookalike_fix(stop, char, plain)
    )


def _lookalike_fix(stop: Stop, char: str, plain: str) -> Fix:
    """Replace a look-alike; a curly quote together with the one that closes it."""
    span = stop.span
    edits = [Edit(span, plain)]
    closing = _QUOTES.get(char)
    if closing:
        line_end = span.file.text.find("\n", span.end)
        end = len(span.file.text) if line_end < 0 else line_end
        partner = span.file.text.find(closing, span.end, end)
        if partner >= 0:
            edits.append(Edit(Span(span.file, partner, partner + 1), plain))
    return Fix(tuple(edits), safe=True)
