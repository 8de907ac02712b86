"""Says in words what could stand at a place, from the kinds of token that the parser would take there."""

from __future__ import annotations

from collections.abc import Set

from netdsl.syntax.grammar import END

_SIGNS = (
    ":",
    "=",
    ",",
    ")",
    "]",
    "}",
    "{",
    "(",
    "[",
    "in",
    "else",
    "import",
    "layer",
    "fn",
    "weights",
    "from",
    "->",
)
_STATEMENT_WORDS = ("output", "model")
# An expression that is complete may always go on with these; they are named where nothing else could follow.
_CONTINUATIONS = frozenset({"->", "(", "[", "as", "in"})
_STATEMENT_SIGNS = frozenset({"from", "layer", "fn"})


def in_words(accepted: Set[str], previous: str, end: str = "the end of the file") -> str:
    """Give `a value`, or "`,` or `)`": at most four things, the likeliest first; `end` is what the text ends in."""
    if "NUMBER" in accepted:
        return "a stage" if previous == "->" else "a value"
    begins_statement = any(word in accepted for word in _STATEMENT_WORDS)
    signs = [sign for sign in _SIGNS if sign in accepted]
    if begins_statement:
        signs = [sign for sign in signs if sign not in _STATEMENT_SIGNS]
    if "**" in accepted:
        others = [sign for sign in signs if sign not in _CONTINUATIONS]
        signs = others or (["->"] if not begins_statement else [])
    words = [_word(accepted)] if _word(accepted) else []
    words += [f"`{sign}`" for sign in signs]
    if begins_statement:
        words.append("the next statement")
    elif END in accepted:
        words.append(end)
    return _joined(words[:4]) or "something else"


def _word(accepted: Set[str]) -> str:
    if "STRING" in accepted:
        return "a string"
    is_name = "NAME" in accepted and not any(word in accepted for word in _STATEMENT_WORDS)
    return "a name" if is_name else ""


def _joined(words: list[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + " or " + words[-1]
