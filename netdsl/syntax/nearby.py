"""Finds the one sign that, written, left out or exchanged, lets a broken statement be read.

The rules of `errors.py` know what people mean by what they write; where a bracket, a comma or an arrow is simply
missing, the place of it is found by trying. What can be read is a proposal: `netdsl/fixes.py` compiles it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from netdsl.catalog.signature import families_of
from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from netdsl.diagnostics.problems import syntax as problems
from netdsl.record import mutable
from netdsl.source import SourceFile, Span
from netdsl.syntax.faults import shorten
from netdsl.syntax.grammar import END
from netdsl.syntax.reading import Reading
from netdsl.syntax.recovery import CLOSERS, OPENERS, is_name
from netdsl.syntax.stop import Stop
from netdsl.syntax.tokens import Tokens, tokenize

#: Signs that are written where none stands, the likeliest to be forgotten first.
_SIGNS = (",", ")", "(", "]", "[", "->", "=", "}", "{", ":")
MOST_PROPOSED = 6  # proposals for a statement that are handed on to be compiled
_LONGEST = 400  # words and signs of a statement, characters of a line
_LARGEST = 200_000  # characters of a file that is read again for each proposal inside a word
_MOST_INSIDE = 4  # proposals that split a word, or put a quote to it

_LINE = re.compile(r"[^\n]*")
_WORD = re.compile(r"[A-Za-z_]\w*")
_QUOTED = re.compile(r"[\w./-]+")


@mutable
class SearchBudget:
    """How many words and signs are read in a file to find what is missing, and split anew to look inside words."""

    left: int = 25_000
    left_inside: int = 12_000


class Change(NamedTuple):
    """`sign` is written before a token, or in place of it; an empty one leaves the token out."""

    token: int
    sign: str
    replaces: bool


class _Search:
    """The search in one statement, from the token `first` up to where reading goes on."""

    def __init__(self, reading: Reading, stop: Stop, first: int, budget: SearchBudget) -> None:
        self.budget = budget
        self.reading = reading
        self.stop = stop
        self.first = first
        self.tokens = stop.tokens
        self.end = min(max(stop.resume, stop.index + 1), len(self.tokens.kinds) - 1)

    def changes(self) -> Iterator[Change]:
        """Give each change of one sign after which the statement, and what begins the next, can be read."""
        states, shifts = self.reading.states_of_list(), self.reading.shifts
        signs = tokenize(SourceFile("", " ".join(_SIGNS)))
        for index in range(self.first, self.stop.index + 1):
            kind = self.tokens.kinds[index]
            is_sign = kind in _SIGNS
            # Without an arrow, what it leads to would be missing.
            if (
                is_sign
                and kind != "->"
                and index > self.first
                and self._reads(list(states), index + 1)
            ):
                yield Change(index, "", True)
            for number, sign in enumerate(_SIGNS) if index > self.first else ():
                trial = list(states)
                if sign == kind or not shifts(trial, signs, number):
                    continue
                if self._reads(list(trial), index):
                    yield Change(index, sign, False)
                if is_sign and self._reads(trial, index + 1):
                    yield Change(index, sign, True)
            if self.budget.left < 0 or not shifts(states, self.tokens, index):
                return

    def reads_text(self, edit: Edit) -> bool:
        """Tell whether the statement can be read once a text stands inside it."""
        if self.budget.left_inside < 0:
            return False
        text, tokens = self.tokens.file.text, self.tokens
        changed = SourceFile("", text[: edit.span.start] + edit.text + text[edit.span.end :])
        last = tokens.ends[self.end] + len(edit.text)
        trial = tokenize(changed, tokens.starts[self.first], last)
        states = self.reading.states_of_list()
        kinds = trial.kinds[:-1] if tokens.kinds[self.end] != END else trial.kinds
        self.budget.left_inside -= len(kinds)
        return all(self.reading.shifts(states, trial, index) for index in range(len(kinds)))

    def _reads(self, states: list[int], index: int) -> bool:
        for place in range(index, self.end + 1):
            self.budget.left -= 1
            if self.budget.left < 0 or not self.reading.shifts(states, self.tokens, place):
                return False
        return True


def proposals(reading: Reading, stop: Stop, budget: SearchBudget) -> list[Fix]:
    """Propose changes of one sign, the likeliest first; each says in `told` what mistake it mends."""
    first = _first_concerned(reading, stop)
    if stop.index - first > _LONGEST or stop.resume - first > 2 * _LONGEST:
        return []
    search = _Search(reading, stop, first, budget)
    found = sorted(search.changes(), key=lambda c: _cost(c, stop))
    fixes = (_fix(change, stop) for change in found)
    inside = (fix for fix in within_words(stop) if search.reads_text(fix.edits[0]))
    return [*islice(inside, _MOST_INSIDE), *{fix.edits: fix for fix in fixes}.values()][
        :MOST_PROPOSED
    ]


def _first_concerned(reading: Reading, stop: Stop) -> int:
    """Give the token from which on a sign may be missing: the beginning of the broken statement, or of one before it.

    What is broken may be a part of that: it ends at once, or begins on the same line, as `value=x)` does in
    `x -> Attention()value=x)`.
    """
    tokens, first = stop.tokens, stop.began
    if stop.before is not None and stop.index - first <= 2:
        first = stop.before
    for statement in reversed(reading.value if stop.before is not None else ()):
        if tokens.is_first_on_line(first):
            break
        first = min(first, tokens.index_at(statement.span.start))
    return first


def within_words(stop: Stop) -> Iterator[Fix]:
    """Propose a sign inside a word of the line, or a quote at an end of one: `conva, 1)`, `monitor=val_auc"`."""
    file = stop.tokens.file
    begin = file.text.rfind("\n", 0, stop.span.start) + 1
    line = _LINE.match(file.text, begin)
    assert line is not None
    if len(line.group()) > _LONGEST or len(file.text) > _LARGEST:
        return
    known = frozenset(_WORD.findall(file.text))
    quote = next((q for q in "\"'" if line.group().count(q) % 2), None)
    words = _QUOTED.finditer(file.text, begin, line.end()) if quote else ()
    for word in sorted(words, key=lambda word: not _touches(word, quote or "")):
        for place in word.span():
            help_ = f"write `{quote}{word.group()}{quote}`"
            told = problems.MalformedString.at(
                Span(file, *word.span()), "a quote is missing", help=help_
            )
            yield Fix((Edit(Span(file, place, place), quote or ""),), told=told)
    for word in _WORD.finditer(file.text, begin, line.end()):
        yield from _split_word(Span(file, *word.span()), known)


def _touches(word: re.Match[str], quote: str) -> bool:
    return quote in word.string[max(0, word.start() - 1) : word.end() + 1]


def _split_word(span: Span, known: frozenset[str]) -> Iterator[Fix]:
    """`conva` -> `conv(a`, `Dense7` -> `Dense(7`, `decay_steps10_000` -> `decay_steps=10_000`."""
    word = span.text
    for cut in range(len(word) - 1, 1, -1):
        left, right = word[:cut], word[cut:]
        if not (right[0].isdigit() and right.replace("_", "").isdigit()) and right not in known:
            continue
        if right.isidentifier() and left not in known and not families_of(left):
            continue
        for sign in "(", "=":
            label = f"a `{sign}` is missing in it"
            told = problems.UnexpectedToken.at(
                span, label, help=f"write `{left}{sign}{right}`", found=shorten(word)
            )
            place = Span(span.file, span.start + cut, span.start + cut)
            yield Fix((Edit(place, sign),), told=told)


def _cost(change: Change, stop: Stop) -> tuple[int, int, int]:
    """Weigh a change: brackets are forgotten more often than doubled, and mostly where something begins or ends."""
    kinds, index = stop.tokens.kinds, change.token
    before, at = kinds[index - 1], kinds[index]
    if change.replaces:
        return (3 if change.sign else 2), 0, stop.index - index
    if change.sign in OPENERS:
        closer = _closer(change, stop.tokens)
        if closer is not None and closer in stop.brackets.partner:
            return 1, 1, stop.index - index
        is_call = change.sign == "(" and is_name(before)
        begins = is_call or before in ("=", "->", "in", ":", ",", "output", "(", "[")
        return int(not begins), 0, stop.index - index
    opener = _opener(change, stop.tokens) if change.sign in CLOSERS else None
    if opener is None:
        return 0, 0, stop.index - index
    if opener in stop.brackets.partner:
        return 1, 1, index - opener
    is_end = at in ("->", "{", "in", END) or stop.tokens.is_first_on_line(index)
    is_end |= at == "," and stop.tokens.is_first_on_line(index + 1)
    is_far = any(stop.tokens.is_first_on_line(i) for i in range(opener + 1, index))
    return (0 if is_end or at == "," else 1), int(is_far) + int(not is_end), index - opener


def _fix(change: Change, stop: Stop) -> Fix:
    tokens, index, sign = stop.tokens, change.token, change.sign
    span = tokens.span(index)
    if change.replaces:
        edit = Edit(span, sign)
    elif sign in CLOSERS or sign in (",", ":"):
        edit = Edit(stop.after(index - 1), sign)
    elif sign in ("->", "="):
        gap = Span(tokens.file, tokens.ends[index - 1], span.start)
        lead = "" if sign == "=" and stop.open_at(index) else " "
        is_line = tokens.is_first_on_line(index)
        edit = (
            Edit(Span(span.file, span.start, span.start), f"{sign} ")
            if is_line
            else Edit(gap, lead + sign + lead)
        )
    else:
        edit = Edit(Span(span.file, span.start, span.start), sign)
    fix = Fix((edit,))
    return Fix((edit,), told=_diagnostic(change, stop, fix))


def _diagnostic(change: Change, stop: Stop, fix: Fix) -> Diagnostic:
    """Word the mistake that a change mends, as the rules do that know it by its looks."""
    tokens, index, sign = stop.tokens, change.token, change.sign
    span, text, before = (
        tokens.span(index),
        shorten(tokens.text(index)),
        shorten(tokens.text(index - 1)),
    )
    if change.replaces:
        label, help_ = ("one sign too many", f"leave the `{text}` away")
        if sign:
            label, help_ = (f"`{sign}` is expected here", f"write `{sign}`")
        return problems.UnexpectedToken.at(span, label, help=help_, found=text)
    if sign == ",":
        return problems.MissingComma.at(
            span, f"`{text}` follows `{before}` directly", help="write `,` between the two"
        )
    if sign == "->":
        return problems.MissingArrow.at(
            span, "a stage without an arrow before it", help="write `->` before it"
        )
    if sign in CLOSERS and (opener := _opener(change, tokens)) is not None:
        help_ = f"close it with `{sign}`, behind `{before}`"
        return problems.UnclosedBracket.at(
            tokens.span(opener), f"a `{sign}` is missing", help=help_, bracket=CLOSERS[sign]
        )
    if sign in OPENERS and (closer := _closer(change, tokens)) is not None:
        return problems.StrayBracket.at(
            tokens.span(closer),
            f"its `{sign}` is missing",
            related=[Label(span, f"a `{sign}` is expected before this")],
            help=f"write `{sign}` before `{text}`",
            bracket=OPENERS[sign],
        )
    return problems.UnexpectedToken.at(
        span,
        f"`{sign}` is expected before it",
        help=f"write `{sign}` between `{before}` and `{text}`",
        found=text,
    )


def _opener(change: Change, tokens: Tokens) -> int | None:
    """Find the bracket that a closing one before a token would close."""
    depth = 0
    for index in range(change.token - 1, -1, -1):
        kind = tokens.kinds[index]
        if kind in OPENERS and depth == 0:
            return index if kind == CLOSERS[change.sign] else None
        depth += (kind in CLOSERS) - (kind in OPENERS)
    return None


def _closer(change: Change, tokens: Tokens) -> int | None:
    """Find the bracket that would close an opening one before a token."""
    depth = 0
    for index in range(change.token, len(tokens.kinds)):
        kind = tokens.kinds[index]
        if kind in CLOSERS and depth == 0:
            return index if kind == OPENERS[change.sign] else None
        depth += (kind in OPENERS) - (kind in CLOSERS)
    return None
