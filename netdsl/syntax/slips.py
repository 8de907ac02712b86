"""Recognises slips of the hand: a sign left out or written twice, a word in a chain with its letters mixed up.

Each rule knows one slip and gives a diagnostic with the change that mends it, or None.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label, first_that_helps
from netdsl.diagnostics.problems import syntax as problems
from netdsl.diagnostics.suggest import closest, edit_distance
from netdsl.source import Span
from netdsl.syntax.faults import shorten
from netdsl.syntax.grammar import END, stage_words
from netdsl.syntax.recovery import (
    BODY,
    BODY_WORDS,
    CLOSERS,
    OPENERS,
    TOP_WORDS,
    begins_statement,
    is_name,
)
from netdsl.syntax.stop import Stop, unexpected
from netdsl.syntax.tokens import HARD_WORDS, TYPE_WORDS, Tokens

_VALUES = frozenset({"NUMBER", "STRING", "FSTRING", "True", "False", "None", "NAME", "[", "-"})
_WORDS = re.compile(r"[A-Za-z_]\w*")
_HEADS = frozenset({"model", "block", "train"})


def misspelled_stage(stop: Stop) -> Diagnostic | None:
    """Recognise `x -> reptat 3 { … }`, `x -> fro n in [1, 2] { … }`: a word that begins a stage, mixed up."""
    tokens, kinds = stop.tokens, stop.tokens.kinds
    for index in (stop.index - 1, stop.began - 1):
        if index < 2 or kinds[index] != "NAME" or kinds[index - 1] not in ("->", "{", "[", "else"):
            continue
        if tokens.is_first_on_line(index + 1):
            continue
        word = tokens.text(index)
        near = _near(word, stage_words())
        if near is not None and _stage_follows(stop, index + 1, near):
            label, fix = "no stage begins with this word", stop.replace(index, near)
            return unexpected(stop, index, label, f"did you mean `{near}`?", fix)
    return None


def _near(word: str, words: tuple[str, ...]) -> str | None:
    """Give the word meant by one slip: short words are near to too much else for more."""
    lowered = word.lower()
    if len(lowered) > 4:
        return closest(lowered, words)
    return next((w for w in words if edit_distance(lowered, w, 1) <= 1), None)


def _stage_follows(stop: Stop, index: int, word: str) -> bool:
    """Tell whether what follows goes on as such a stage does: `… in`, or a value and a brace."""
    kinds, end = stop.tokens.kinds, index
    while kinds[end] != END and (end == index or not stop.tokens.is_first_on_line(end)):
        end += 1
    return ("in" if word == "for" else "{") in kinds[index:end]


def misspelled_inner_word(stop: Stop) -> Diagnostic | None:
    """Recognise `-> Dense(4) sa code`, `extern fn f rom "m"`: a word inside a statement, mixed up."""
    tokens = stop.tokens
    for index in (stop.index, stop.began):
        if index == 0 or tokens.kinds[index] != "NAME" or tokens.is_first_on_line(index):
            continue
        if index == stop.began and (stop.index > index + 1 or stop.before is None):
            continue
        known = ("as",) if index == stop.began else _words(stop)
        near = _near(tokens.text(index), known)
        if near is None or tokens.text(index) == near or _is_type(tokens, index):
            continue
        if near == "as" and not (is_name(stop.following(index + 1 - stop.index))):
            continue
        label, fix = f"`{near}` is expected here", stop.replace(index, near)
        return unexpected(stop, index, label, f"did you mean `{near}`?", fix)
    return None


def _words(stop: Stop) -> tuple[str, ...]:
    """Give the words that could stand here; where a name or a value could, none is sure to have been meant."""
    if stop.accepted & {"NAME", "NUMBER"}:
        return ()
    words = stop.accepted - TOP_WORDS - BODY_WORDS | stop.accepted & {"from"}
    return tuple(sorted(w for w in words if w.isidentifier() and w.islower()))


def _is_type(tokens: Tokens, index: int) -> bool:
    """Tell whether a word is the type of a parameter, which is near to `in`: `units: int [32, 64]`, `units int`."""
    return tokens.text(index) in TYPE_WORDS and tokens.kinds[index - 1] in (":", "NAME")


def equals_of_argument(stop: Stop) -> Diagnostic | None:
    """Recognise `Conv2D(8, 3, padding"same")`, `block f(n int)`: the sign between a name and what belongs to it."""
    tokens, index = stop.tokens, stop.index
    if stop.opener != "call" or not is_name(stop.previous) or index < 2:
        return None
    if stop.previous in HARD_WORDS or tokens.kinds[index - 2] not in ("(", ",", ":"):
        return None
    if tokens.kinds[index - 2] == ":" and ("=" not in stop.accepted or stop.kind not in _VALUES):
        return None
    head = stop.open_brackets[-1] - 2
    if head >= 0 and tokens.kinds[head] in ("block", "model", "train", "fn"):
        if stop.kind == "[" and stop.previous_text in TYPE_WORDS:
            end = tokens.span(stop.brackets.partner.get(index, index)).end
            label, place = "a type is one word here", Span(tokens.file, stop.gap.start, end)
            fix = Fix((Edit(place, ""),), safe=True)
            return unexpected(stop, index, label, f"write `{stop.previous_text}` alone", fix)
        if stop.previous in TYPE_WORDS or tokens.kinds[index - 2] == ":":
            label, fix = "`=` is expected before it", stop.insert(index, "= ")
            return unexpected(stop, index, label, "write `=` before the default", fix)
        if stop.text not in TYPE_WORDS:
            return None
        label, fix = "`:` is expected before it", stop.append(index - 1, ":")
        return unexpected(stop, index, label, f"write `{stop.previous_text}: {stop.text}`", fix)
    if stop.kind not in ("STRING", "NUMBER", "True", "False", "None") or "," not in stop.accepted:
        return None
    written = f"{stop.previous_text}={shorten(stop.text)}"
    label, gap = "`=` is expected before it", Span(tokens.file, stop.gap.start, stop.span.start)
    fix = Fix((Edit(gap, "="),), safe=True)
    return unexpected(stop, index, label, f"write `{written}`", fix)


def equals_of_statement(stop: Stop) -> Diagnostic | None:
    """Recognise `output probs x -> Dense(4)`, `main x -> Dense(4)`: a name, and its tensor without the sign between."""
    tokens, kinds = stop.tokens, stop.tokens.kinds
    if stop.where != BODY:
        return None
    name = stop.index - 1
    if stop.index == stop.began + 1 and stop.before is not None:
        is_output = kinds[stop.before] == "output" and stop.before == stop.began - 2
        if is_output and not tokens.is_first_on_line(stop.began) and stop.kind == "->":
            name = stop.began - 1
    if name == stop.index - 1 and (
        name != stop.began or not tokens.is_first_on_line(name) or kinds[name] != "NAME"
    ):
        return None
    place = name + 1
    if kinds[place] != "NAME" or kinds[place + 1] not in ("->", "(", "+", "*", "-", "/", "["):
        return None
    if tokens.is_first_on_line(place):
        return None
    text = f"{tokens.text(name)} = {tokens.text(place)}"
    label, fix = "`=` is expected before it", stop.insert(place, "= ")
    return unexpected(stop, place, label, f"write `{shorten(text)} …`", fix)


def comma_between_names(stop: Stop) -> Diagnostic | None:
    """Recognise `a b = x -> split()`: two names for two tensors, without the comma between."""
    is_second = stop.index == stop.began + 1 and is_name(stop.previous) and is_name(stop.kind)
    if stop.where != BODY or not is_second or stop.following() not in ("=", ","):
        return None
    return problems.MissingComma.at(
        stop.span,
        f"`{shorten(stop.text)}` follows `{shorten(stop.previous_text)}` directly",
        help="write `,` between the two",
        fix=stop.append(stop.index - 1, ","),
    )


def sign_twice(stop: Stop) -> Diagnostic | None:
    """Recognise `Dense(4,, activation=relu)`, `n:: int`, `f((3)` where the second opens nothing."""
    if _is_brace_twice(stop):
        second = stop.open_brackets[-1]
        return unexpected(
            stop, second, "a second `{`", "leave one `{` away", stop.replace(second, "")
        )
    if stop.kind not in (",", ":", "{", "=", "(") or stop.previous != stop.kind:
        return None
    label, fix = f"a second `{stop.kind}`", stop.replace(stop.index, "")
    return unexpected(stop, stop.index, label, f"leave one `{stop.kind}` away", fix)


def _is_brace_twice(stop: Stop) -> bool:
    """`repeat 3 {{ Dense(4) -> …`, where the second one begins a dict."""
    if stop.opener != "{" or ":" not in stop.accepted or stop.kind not in ("->", "as", "}", "NAME"):
        return False
    first = stop.open_brackets[-1] - 1
    return (
        stop.tokens.kinds[first] == "{" and stop.tokens.ends[first] == stop.tokens.starts[first + 1]
    )


def comma_at_end(stop: Stop) -> Diagnostic | None:
    """Recognise `output y = x -> Dense(4),` at the end of a line, and then the next statement."""
    if stop.kind != "," or stop.open_brackets or stop.where != BODY:
        return None
    following, tokens = stop.index + 1, stop.tokens
    is_end = tokens.kinds[following] in ("}", END)
    if not is_end and not (
        tokens.is_first_on_line(following) and begins_statement(tokens, following, stop.where)
    ):
        return None
    fix = stop.replace(stop.index, "")
    return unexpected(
        stop, stop.index, "nothing stands between statements", "leave the `,` out", fix
    )


def sign_for_arrow(stop: Stop) -> Diagnostic | None:
    """Recognise `x > repeat 2 { … }`, `x . _`: another sign where a stage begins that no other sign takes."""
    if stop.previous in (">", "-") and stop.kind in stage_words():
        index = stop.index - 1
    elif (
        stop.kind == "."
        and "->" in stop.accepted
        and (
            stop.following() in (*stage_words(), "_", "[")
            or stop.tokens.is_first_on_line(stop.index)
        )
    ):
        index = stop.index
    else:
        return None
    return problems.OtherArrow.at(
        stop.tokens.span(index),
        "not an arrow here",
        help="write `->`",
        fix=stop.replace(index, "->"),
        written=stop.tokens.text(index),
    )


def declared_as_in_python(stop: Stop) -> Diagnostic | None:
    """Recognise `class Net(…) {`, `def block(…) {`: only the word is Python's."""
    tokens, began = stop.tokens, stop.began
    word = {"class": "model", "def": "block"}.get(tokens.text(began))
    if word is None or stop.where == BODY or stop.index - began > 1:
        return None
    index = began + 2
    if not is_name(tokens.kinds[began + 1]) or tokens.kinds[index] not in ("(", "{"):
        return None
    if tokens.kinds[index] == "(":
        index = stop.brackets.partner.get(index, index) + 1
    if tokens.kinds[index] != "{" and (word == "model" or tokens.kinds[index] != "="):
        return None
    return problems.PythonStatement.at(
        tokens.span(began),
        "a statement of Python",
        help=f"write `{word} {shorten(tokens.text(began + 1))}`",
        fix=stop.replace(began, word),
        word=tokens.text(began),
    )


def missing_brace(stop: Stop) -> Diagnostic | None:
    """Recognise `model Net(n: int = 3)`, and then its body and the `}` of it."""
    if "{" not in stop.accepted or stop.kind in (END, "}", ":", "(", "="):
        return None
    tokens, kinds = stop.tokens, stop.tokens.kinds
    is_head = kinds[stop.began] in _HEADS
    stages = [i for i in range(stop.began, stop.index) if kinds[i] in (*stage_words(), "else")]
    if not (is_head or stages) or not _has_brace_without_partner(stop):
        return None
    head = stop.began if is_head else stages[-1]
    before = Span(tokens.file, tokens.starts[head], tokens.ends[stop.index - 1]).text
    is_short = shorten(before) == before
    fix = stop.append(stop.index - 1, " {")
    return problems.UnexpectedToken.at(
        tokens.span(stop.index) if tokens.kinds[stop.index] != "STRING" else stop.gap,
        "`{` is expected before this",
        related=[Label(tokens.span(_brace_without_partner(stop)), "this `}` has no partner")],
        help=f"write `{before} {{`" if is_short else "open the body with `{`",
        fix=fix,
        found=shorten(stop.text),
    )


def _brace_without_partner(stop: Stop) -> int:
    kinds, partner = stop.tokens.kinds, stop.brackets.partner
    rest = range(stop.index, len(kinds))
    return next((i for i in rest if kinds[i] == "}" and i not in partner), 0)


def _has_brace_without_partner(stop: Stop) -> bool:
    """Tell whether a `}` further on has no partner."""
    return _brace_without_partner(stop) > 0


def opener_left_out(stop: Stop) -> Diagnostic | None:
    """Recognise `x -> ReLU) -> Dense(4)`, `x -> Conv2D8, 3)`, `input x: 8, 8, 3]`: a bracket that closes nothing."""
    tokens, closer = stop.tokens, _closes_nothing(stop)
    if closer is None or (tokens.kinds[closer - 1] in CLOSERS and closer == stop.index):
        return None
    kind = tokens.kinds[closer]
    place, fix = stop.index, None
    if kind == ")":
        place = stop.index - 1
        fix = first_that_helps(_bracket_within_name(stop, place, closer))
    elif "[" in stop.accepted or stop.previous in ("=", "(", ",", ":"):
        fix = stop.insert(stop.index, "[")
    else:
        is_behind = stop.index == stop.began and stop.before is not None
        start = stop.before if is_behind and stop.before is not None else stop.began
        first = max((i for i in range(start, stop.index) if tokens.kinds[i] == "="), default=None)
        fix = None if first is None else stop.insert(first + 1, "[")
    opener = CLOSERS[kind]
    return problems.StrayBracket.at(
        tokens.span(closer),
        f"its `{opener}` is missing",
        related=[Label(tokens.span(place), "this does not fit then")]
        if place != closer - 1
        else [],
        help=f"write the `{opener}` that it closes, or leave it away",
        fix=fix,
        bracket=kind,
    )


def _closes_nothing(stop: Stop) -> int | None:
    """Give a closing bracket without a partner, here or further on in the line."""
    tokens, depth = stop.tokens, 0
    if stop.open_brackets and tokens.kinds[stop.open_brackets[-1]] in ("(", "["):
        return None
    for index in range(stop.index, len(tokens.kinds) - 1):
        is_further = index > stop.index and tokens.is_first_on_line(index)
        if is_further and (
            stop.kind != "," or index >= stop.resume
        ):  # branches may take many lines
            return None
        kind = tokens.kinds[index]
        depth += (kind in OPENERS) - (kind in CLOSERS)
        if depth < 0:
            return index if kind != "}" and index not in stop.brackets.partner else None
    return None


def _bracket_within_name(stop: Stop, name: int, closer: int) -> Iterator[Fix | None]:
    """Put a bracket at the end of a name, or where the name of a layer ends and its first argument begins."""
    tokens = stop.tokens
    text, start = tokens.text(name), tokens.starts[name]
    words = set(_WORDS.findall(tokens.file.text)) - {text}
    if not is_name(tokens.kinds[name]):
        return
    if closer == name + 1:
        yield stop.append(name, "(", safe=text[-1].isalpha() and text[0].isupper())
    for cut in range(len(text) - 1, 1, -1):
        if text[cut:].isdigit() or text[cut:] in words:
            place, shown = Span(tokens.file, start + cut, start + cut), shorten(text[cut:])
            yield Fix((Edit(place, "("),), text=f"write `{shorten(text[:cut])}({shown}`")


RULES = (
    misspelled_stage,
    misspelled_inner_word,
    equals_of_argument,
    sign_twice,
    comma_at_end,
    sign_for_arrow,
    declared_as_in_python,
    missing_brace,
    opener_left_out,
)
