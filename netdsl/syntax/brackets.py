"""Recognises brackets that nothing closes, and brackets that close nothing."""

from __future__ import annotations

from netdsl.diagnostics.diagnostic import Diagnostic, Label
from netdsl.diagnostics.problems import syntax as problems
from netdsl.syntax.recovery import (
    CLOSERS,
    ONLY_TOP_WORDS,
    OPENERS,
    TOP,
    begins_statement,
    indentation,
)
from netdsl.syntax.stop import Stop
from netdsl.syntax.table import END


def nested_declaration(stop: Stop) -> Diagnostic | None:
    """`model B { … }` inside the braces of another: most likely the brace before was forgotten."""
    began, tokens = stop.began, stop.tokens
    if stop.where == TOP or tokens.kinds[began] not in ONLY_TOP_WORDS:
        return None
    if not begins_statement(tokens, began, TOP) or stop.index > began + 1:
        return None
    word = tokens.text(began)
    brace = stop.body_brace
    if brace is not None and tokens.column(began) <= indentation(tokens, brace):
        return _unclosed(
            stop, _likely_unclosed(stop, brace), began, "the next declaration begins here"
        )
    return problems.MisplacedStatement.at(
        tokens.span(began),
        "inside a body",
        help=f"declare the `{word}` at top level, outside all braces",
        word=word,
    )


def stray_bracket(stop: Stop) -> Diagnostic | None:
    """A closing bracket that fits no open one."""
    kind = stop.kind
    if kind not in CLOSERS:
        return None
    waiting = stop.open_brackets
    if waiting and stop.tokens.kinds[waiting[-1]] == CLOSERS[kind]:
        return None
    if waiting and kind == "}":
        return _unclosed(stop, waiting[-1], stop.index, "closes what is around it")
    if waiting:
        opener = stop.tokens.kinds[waiting[-1]]
        related = [Label(stop.tokens.span(waiting[-1]), f"`{opener}` is open")]
        return problems.StrayBracket.at(
            stop.span,
            f"`{OPENERS[opener]}` is expected first",
            related=related,
            help=f"close `{opener}` with `{OPENERS[opener]}`",
            fix=stop.replace(stop.index, OPENERS[opener], safe=False),
            bracket=kind,
        )
    if kind == "}" and (stop.where != TOP or stop.index > stop.began):
        return None
    return problems.StrayBracket.at(
        stop.span,
        "no bracket of its kind is open",
        related=last_brace(stop) if kind == "}" else [],
        help=f"leave the `{kind}` away",
        fix=stop.replace(stop.index, ""),
        bracket=kind,
    )


def unclosed_bracket(stop: Stop) -> Diagnostic | None:
    """The next statement, or the end of the file, while a bracket waits for its partner."""
    if stop.kind == END:
        if stop.open_brackets:
            return _unclosed(stop, stop.open_brackets[-1], stop.index, "the file ends here")
        if stop.where != TOP and stop.body_brace is not None:
            return _unclosed(
                stop, _likely_unclosed(stop, stop.body_brace), stop.index, "the file ends here"
            )
        return None
    place = stop.resume if stop.began < stop.resume <= stop.index else stop.next_statement
    if place is None or stop.tokens.kinds[place] in CLOSERS:
        return None
    waiting = stop.open_at(place)
    if not waiting:
        return None
    return _unclosed(stop, waiting[-1], place, "the next statement begins here")


def unclosed_head(stop: Stop) -> Diagnostic | None:
    """`model M(classes { … }`: the body begins before the parameters end."""
    if (
        stop.kind != "{"
        or stop.opener != "call"
        or stop.tokens.kinds[stop.began] not in ONLY_TOP_WORDS
    ):
        return None
    return _unclosed(stop, stop.open_brackets[-1], stop.index, "the body begins here")


def _likely_unclosed(stop: Stop, brace: int) -> int:
    """Give the brace that was forgotten, judging by indentation.

    Where a brace's partner stands further out than its own line, it is more likely the partner of the one around it.
    """
    tokens = stop.tokens
    for opener in range(brace + 1, stop.index):
        closer = stop.brackets.partner.get(opener)
        if tokens.kinds[opener] != "{" or closer is None or not tokens.is_first_on_line(closer):
            continue
        if tokens.column(closer) < indentation(tokens, opener):
            return opener
    return brace


def _unclosed(stop: Stop, opener: int, place: int, what: str) -> Diagnostic:
    bracket = stop.tokens.kinds[opener]
    closer = OPENERS[bracket]
    last = place - 1 if bracket == "{" else _end_of_arguments(stop, opener, place)
    fix = stop.append(last, "\n}" if bracket == "{" else closer, safe=False)
    return problems.UnclosedBracket.at(
        stop.tokens.span(opener),
        f"a `{closer}` is missing",
        related=[Label(stop.tokens.span(place), what)],
        help=f"close it with `{closer}`",
        fix=fix,
        bracket=bracket,
    )


def _end_of_arguments(stop: Stop, opener: int, place: int) -> int:
    """Guess the last token that an open bracket was to hold: all up to the next stage, or to the next statement."""
    tokens = stop.tokens
    for index in range(opener + 1, place):
        if tokens.kinds[index] == "->" and tokens.is_first_on_line(index):
            return index - 1
    return place - 1


def last_brace(stop: Stop) -> list[Label]:
    """Point at the brace that ended the body, where the statement follows one directly."""
    index = stop.began - 1
    if index < 0 or stop.tokens.kinds[index] != "}":
        return []
    return [Label(stop.tokens.span(index), "the body before ends here")]
