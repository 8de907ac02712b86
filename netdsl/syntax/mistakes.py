"""Takes the parser past a mistake: reports it, leaves the broken statement out, and sets it before the next one."""

from __future__ import annotations

from dataclasses import replace

from netdsl.diagnostics.diagnostic import Diagnostic, Label, first_that_helps
from netdsl.diagnostics.problems.syntax import (
    ForeignComment,
    ForeignOperator,
    MisplacedStatement,
    MissingArrow,
    PythonStatement,
    StrayBracket,
    UnclosedBracket,
    UnexpectedToken,
    UnknownCharacter,
)
from netdsl.diagnostics.sink import Diagnostics
from netdsl.syntax.build import Builder, Faulty
from netdsl.syntax.errors import explain
from netdsl.syntax.nearby import SearchBudget, proposals
from netdsl.syntax.reading import Reading
from netdsl.syntax.recovery import (
    SETTINGS,
    TOP,
    Brackets,
    Resumption,
    begins_statement,
    resume_after,
)
from netdsl.syntax.repair import MOST_READ, can_be_read, repaired, ways
from netdsl.syntax.stop import Stop
from netdsl.syntax.tokens import Tokens

# A file with more mistakes than this is no spec: reading it to its end would only take time.
_MOST_MISTAKES = 200
# In so many broken statements a sign is looked for that would mend them; with more, there is no knowing what does.
_MOST_SEARCHED = 4


class Mistakes:
    """The mistakes of one file so far."""

    def __init__(self, tokens: Tokens, builder: Builder, diagnostics: Diagnostics) -> None:
        self._tokens = tokens
        self._brackets = Brackets(tokens)
        self._builder = builder
        self._diagnostics = diagnostics
        self._count = 0
        self.has_left_out = False  # a statement that could not be read
        self._read = 0  # words and signs, for repairs
        self._search = SearchBudget()
        self._mended: set[int] = set()  # where a fix of an earlier mistake makes a change too

    def in_string(self, reading: Reading) -> Diagnostic:
        """Give the diagnostic of a mistake in the hole of an f-string."""
        tokens = reading.tokens
        stop = Stop(
            tokens,
            Brackets(tokens),
            reading.index,
            began=0,
            where="",
            accepted=reading.accepted(),
            resume=len(tokens.kinds) - 1,
            is_too_deep=reading.is_too_deep,
            is_in_string=True,
        )
        return explain(stop)

    def pass_over(self, reading: Reading) -> None:
        """Report the token that does not fit, and set the reading behind the broken statement."""
        stopped, is_too_deep = reading.index, reading.is_too_deep
        accepted = reading.accepted()
        if not self._overran(reading):
            reading.complete_statement()
        where, offset = reading.unwind()
        self._builder.forget_after(offset)
        began = self._tokens.index_at(offset)
        resumption = self._resumption(reading, where, began, stopped)
        statements = reading.value
        before = self._tokens.index_at(statements[-1].span.start) if statements else None
        stop = Stop(
            self._tokens,
            self._brackets,
            stopped,
            began,
            where,
            accepted,
            resumption.token,
            before,
            is_too_deep,
            in_braces=reading.is_in_braces,
        )
        diagnostic = self._report(stop, reading)
        first = began
        if statements and diagnostic.code == UnclosedBracket.code:
            if (
                statements[-1].span.start
                <= diagnostic.primary.span.start
                < stop.tokens.starts[began]
            ):
                statements.pop()  # it ran on to where another bracket ends
                self.has_left_out = True
        elif statements and _was_made_before(stop, diagnostic):
            first = self._tokens.index_at(statements.pop().span.start)
        if self._repairs(reading, stop, diagnostic, first):
            return
        self.has_left_out = True
        if reading.is_in_braces:
            statements.append(Faulty(stop.span, ()))
        reading.index = resumption.token
        if resumption.closes:
            reading.close()

    def _repairs(self, reading: Reading, stop: Stop, diagnostic: Diagnostic, first: int) -> bool:
        """Set the reading before the broken statement as it was most likely meant, where that can be read."""
        tokens, offset = self._tokens, self._tokens.starts[first]
        resume = tokens.starts[stop.resume]
        for fix in ways(diagnostic.fix):
            self._read += len(tokens.kinds)
            if self._read > MOST_READ or self._count >= _MOST_MISTAKES:
                return False
            changed = repaired(tokens, fix)
            if changed is None or min(e.span.start for e in fix.edits) < offset:
                continue
            again = changed.index_at(offset)
            if can_be_read(reading, changed, again, stop.span.start, resume):
                self._builder.forget_after(offset)
                self._tokens = reading.tokens = changed
                self._brackets = Brackets(changed)
                reading.index = again
                return True
        return False

    def _resumption(self, reading: Reading, where: str, began: int, stopped: int) -> Resumption:
        self._count += 1
        if self._count == _MOST_MISTAKES:
            return Resumption(len(self._tokens.kinds) - 1, closes=where != TOP)
        margin = self._tokens.column(self._tokens.index_at(reading.declaration_offset()))
        return resume_after(self._tokens, self._brackets, where, began, stopped, margin)

    def _overran(self, reading: Reading) -> bool:
        """Tell whether the beginning of the next statement was read as the end of this one: `a = b +`, `c = d`."""
        last = reading.index - 1
        if last < 0 or not self._tokens.is_first_on_line(last):
            return False
        where, offset = reading.innermost_statement()
        return offset < self._tokens.starts[last] and begins_statement(self._tokens, last, where)

    def _report(self, stop: Stop, reading: Reading) -> Diagnostic:
        """Report a mistake, where no fix of one before mends it too."""
        diagnostic = explain(stop)
        is_told = diagnostic.code == PythonStatement.code  # no sign makes netdsl of it: `print(x)`
        if self._count <= _MOST_SEARCHED and not stop.is_too_deep and not is_told:
            fixes = [diagnostic.fix, *(diagnostic.fix.otherwise if diagnostic.fix else ())]
            fix = first_that_helps([*fixes, *proposals(reading, stop, self._search)])
            diagnostic = replace(diagnostic, fix=fix)
        is_mended = diagnostic.primary.span.start in self._mended
        if diagnostic.fix is not None:
            self._mended.update(edit.span.start for edit in diagnostic.fix.edits)
        if self._count == _MOST_MISTAKES:
            note = f"reading stops here, after {_MOST_MISTAKES} mistakes"
            diagnostic = diagnostic.with_related(Label(stop.span, note))
        if not is_mended:
            self._diagnostics.report(diagnostic)
        return diagnostic


def _was_made_before(stop: Stop, diagnostic: Diagnostic) -> bool:
    """Tell whether a mistake found at the start of a statement was made in the one before, which it spoils too."""
    place, began = diagnostic.primary.span.start, stop.tokens.starts[stop.began]
    match diagnostic.code:
        case MissingArrow.code:
            return place <= began
        case ForeignComment.code:
            return place < began
        case MisplacedStatement.code:  # `y = x -> weight w: [8]`
            return place < began and _is_on_line(stop)
        case UnknownCharacter.code:  # `Den<zero width space>se(3)`
            return stop.index == stop.began and stop.touches
        case UnexpectedToken.code | ForeignOperator.code:
            is_comma = stop.kind == "," and stop.where == SETTINGS
            is_at_start = stop.index == stop.began and stop.goes_on and not is_comma
            return is_at_start or place < began or (place == began and _is_on_line(stop))
        case StrayBracket.code:
            return stop.index == stop.began and stop.before is not None and stop.kind != "}"
    return False


def _is_on_line(stop: Stop) -> bool:
    """Tell whether it is a statement that begins behind another on its line: `output y x -> Dense(4)`."""
    on_line = not stop.tokens.is_first_on_line(stop.began)
    return on_line and stop.before is not None and stop.tokens.kinds[stop.began - 1] != "}"
