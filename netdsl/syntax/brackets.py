"""Recognises brackets that nothing closes, and brackets that close nothing."""

from __future__ import annotations

from dataclasses import replace

from netdsl.catalog import has_role
from netdsl.diagnostics.diagnostic import Diagnostic, Fix, Label, first_that_helps
from netdsl.diagnostics.problems import syntax as problems
from netdsl.source import Span
from netdsl.syntax.grammar import END
from netdsl.syntax.recovery import (
    CLOSERS,
    ONLY_TOP_WORDS,
    OPENERS,
    TOP,
    begins_statement,
    indentation,
    is_name,
)
from netdsl.syntax.stop import Stop

# Behind these a value may go on where a bracket ends.
_OPERATORS = frozenset({"+", "*", "/", "//", "**", "%", "@", "==", "<", ">", "<=", ">="})


def nested_declaration(stop: Stop) -> Diagnostic | None:
    """Recognise `model B { … }` inside the braces of another: most likely the brace before was forgotten."""
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
    """Recognise a closing bracket that fits no open one."""
    kind = stop.kind
    if kind not in CLOSERS:
        return None
    waiting = stop.open_brackets
    if waiting and stop.tokens.kinds[waiting[-1]] == CLOSERS[kind]:
        return None
    around = [stop.tokens.kinds[i] for i in waiting[:-1]]
    if waiting and (kind == "}" or CLOSERS[kind] in around):
        found = _unclosed(stop, waiting[-1], stop.index, "closes what is around it")
        if kind == "}" or found.fix is None:
            return found
        instead = stop.replace(stop.index, OPENERS[stop.tokens.kinds[waiting[-1]]])
        return replace(found, fix=first_that_helps([found.fix, *found.fix.otherwise, instead]))
    if waiting:
        opener = stop.tokens.kinds[waiting[-1]]
        related = [Label(stop.tokens.span(waiting[-1]), f"`{opener}` is open")]
        return problems.StrayBracket.at(
            stop.span,
            f"`{OPENERS[opener]}` is expected first",
            related=related,
            help=f"close `{opener}` with `{OPENERS[opener]}`",
            fix=_other_closer(stop, opener),
            bracket=kind,
        )
    if kind == "}" and (stop.where != TOP or stop.index > stop.began):
        return None
    return problems.StrayBracket.at(
        stop.span,
        "no bracket of its kind is open",
        related=last_brace(stop) if kind == "}" else [],
        help=f"leave the `{kind}` away",
        fix=first_that_helps([stop.replace(stop.index, ""), _opened_before(stop)]),
        bracket=kind,
    )


def _opened_before(stop: Stop) -> Fix | None:
    """`Reshape(7, 7, 64))`: the bracket that it closes, right behind the one of the call."""
    opener = stop.brackets.partner.get(stop.index - 1)
    if stop.kind == "}" or opener is None or stop.previous != ")":
        return None
    bracket, span = CLOSERS[stop.kind], stop.tokens.span(opener)
    inside = Span(span.file, span.start, stop.span.end).text
    shown = f": `{inside[0]}{bracket}{inside[1:]}`" if len(inside) < 40 else ""
    fix = stop.append(opener, bracket, safe=False)
    return replace(fix, text=f"write the `{bracket}` that it closes{shown}")


def _other_closer(stop: Stop, opener: str) -> Fix | None:
    """The closing bracket that is expected in place of this one; or this one left out, where it is written twice."""
    is_double = stop.previous == stop.kind and stop.touches
    left_out = stop.replace(stop.index, "", safe=is_double)
    fits_none = all(stop.tokens.kinds[i] != CLOSERS[stop.kind] for i in stop.open_brackets)
    instead = stop.replace(stop.index, OPENERS[opener], safe=fits_none)
    return first_that_helps([left_out, instead] if is_double else [instead, left_out])


def arguments_never_closed(stop: Stop) -> Diagnostic | None:
    """Recognise `x -> Flatten(`, and on the next line `-> Dense(4)`: the arrow finds no value before it."""
    if stop.kind != "->" or stop.opener != "call" or stop.previous not in ("(", ","):
        return None
    opener = stop.open_brackets[-1]
    return _unclosed(stop, opener, stop.index, "the next stage begins here")


def unclosed_bracket(stop: Stop) -> Diagnostic | None:
    """Recognise the next statement, or the end of the file, while a bracket waits for its partner."""
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
    """Recognise `model M(classes { … }`: the body begins before the parameters end."""
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
    is_sure = bracket != "{" and _is_sure(stop, opener, last, place)
    if bracket == "[":
        last, is_sure = _end_of_fork(stop, opener, last)
    fix: Fix | None = stop.append(last, "\n}" if bracket == "{" else closer, safe=is_sure)
    arrow = _first_arrow(stop, opener, last) if bracket == "(" and is_sure else None
    if arrow is not None:
        fix = first_that_helps([stop.append(arrow - 1, closer), fix])
    if bracket == "(" and stop.tokens.ends[opener - 1] == stop.tokens.starts[opener]:
        inner = opener - 1 if stop.tokens.kinds[opener - 1] == "(" else opener
        if stop.tokens.kinds[inner + 1] == "(" and inner + 1 in (opener, opener + 1):
            is_empty = stop.tokens.kinds[inner + 2] == ")"
            fix = first_that_helps([stop.replace(opener, "", safe=is_empty), fix])
    return problems.UnclosedBracket.at(
        stop.tokens.span(opener),
        f"a `{closer}` is missing",
        related=[Label(stop.tokens.span(place), what)],
        help=f"close it with `{closer}`",
        fix=fix,
        bracket=bracket,
    )


def _is_sure(stop: Stop, opener: int, last: int, place: int) -> bool:
    """Tell whether a bracket can only have been meant to end at the end of its line, the next one being another's."""
    tokens = stop.tokens
    inside = range(opener + 1, last + 1)
    is_call = is_name(tokens.kinds[opener - 1]) and tokens.kinds[opener + 1] != "("
    if not is_call or any(
        tokens.is_first_on_line(i) or tokens.kinds[i] in _OPERATORS for i in inside
    ):
        return False
    return last + 1 >= place or tokens.is_first_on_line(last + 1)


def _first_arrow(stop: Stop, opener: int, last: int) -> int | None:
    """Give the first arrow, or `as`, behind arguments that are no chain: `Dense(4 -> ReLU()`."""
    kinds, depth = stop.tokens.kinds, 0
    for index in range(opener + 1, last + 1):
        depth += (kinds[index] in OPENERS) - (kinds[index] in CLOSERS)
        if kinds[index] in ("->", "as") and depth == 0 and index > opener + 1:
            return index
    return None


def _end_of_fork(stop: Stop, opener: int, last: int) -> tuple[int, bool]:
    """Guess the last token of the branches of a fork: what stands before the layer that joins them."""
    tokens = stop.tokens
    for index in range(opener + 1, last + 1):
        if tokens.kinds[index] == "->" and has_role(
            tokens.text(index + 1), "merging", "contraction"
        ):
            return index - 1, True
    return last, False


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
