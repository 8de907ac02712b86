"""Fixes that are known to work: each is applied to a copy and the copy compiled before anybody is told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, apply_edits
from netdsl.source import SourceFile

#: Gives the diagnostics of a text that takes the place of a file's; None where enough has been tried.
Recompile = Callable[[SourceFile], Iterable[Diagnostic] | None]

MOST_TRIED = 12
SYNTAX = "N01"  # the codes of what the parser cannot read


def verify_fixes(
    file: SourceFile,
    diagnostics: tuple[Diagnostic, ...],
    recompile: Recompile,
) -> tuple[Diagnostic, ...]:
    """Keep the fixes that work and drop the others; so many are tried, from the top of the file."""
    left = MOST_TRIED
    result: list[Diagnostic] = []
    for diagnostic in diagnostics:
        if diagnostic.fix is None:
            result.append(diagnostic)
            continue
        kept = replace(diagnostic, fix=None)
        for fix in (diagnostic.fix, *diagnostic.fix.otherwise):
            if left <= 0 or any(edit.span.file is not file for edit in fix.edits):
                continue
            left -= 1
            tried = _tried(file, diagnostic, fix, diagnostics, recompile)
            if tried is not None and (kept.fix is None or _leaves_none(tried)):
                kept = tried
            if _leaves_none(kept):
                break
        result.append(kept)
    return _without_echoes(tuple(result))


def _leaves_none(diagnostic: Diagnostic) -> bool:
    """Tell whether its fix leaves a spec without errors; one that does is likelier meant than one before it."""
    return diagnostic.fix is not None and diagnostic.fix.checked == "all"


def _without_echoes(found: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """Drop the errors that came of another one: mending that one alone leaves a spec without any."""
    errors = [d for d in found if d.severity == "error"]
    cause = next(filter(_leaves_none, errors), None)
    if cause is None or len(errors) == 1:
        return found
    return tuple(d for d in found if d is cause or d.severity != "error")


def _tried(
    file: SourceFile,
    diagnostic: Diagnostic,
    fix: Fix,
    diagnostics: tuple[Diagnostic, ...],
    recompile: Recompile,
) -> Diagnostic | None:
    """Give the diagnostic with the fix marked as checked; None where the fix does not help."""
    changed = SourceFile(file.name, apply_edits(file.text, fix.edits))
    found = recompile(changed)
    if found is None:
        return None
    after = tuple(found)
    before_counts, after_counts = Counter(map(_key, diagnostics)), Counter(map(_key, after))
    gone = after_counts[_key(diagnostic)] < before_counts[_key(diagnostic)]
    # Advice may come and go with a fix. Mistakes may not come, but for those that a broken statement hid; and
    # an error hides every warning, for what has no complete graph is not searched for branches that lead nowhere.
    blamed = ("error",) if diagnostic.severity == "error" else ("error", "warning")
    brought = _mistakes(after, blamed) - _mistakes(diagnostics, blamed)
    if brought - _mistakes(_hidden(diagnostic, fix, after), blamed) or not gone:
        return None
    remains = any(d.severity == "error" for d in after)
    told = fix.told or diagnostic
    checked = replace(fix, checked="this" if remains else "all", otherwise=(), told=None)
    return replace(told, fix=checked, help=fix.text or told.help)


def _hidden(
    diagnostic: Diagnostic, fix: Fix, after: tuple[Diagnostic, ...]
) -> Iterator[Diagnostic]:
    """Give the mistakes apart from a change that could not be seen before: a broken statement is left out."""
    if not fix.safe or not diagnostic.code.startswith(SYNTAX):
        return
    places = _changed_places(fix)
    for found in after:
        span = found.primary.span
        if any(span.start <= end and start <= span.end for start, end in places):
            continue
        between = span.file.text[places[-1][1] : span.start]  # the parser may only have got further
        if not found.code.startswith(SYNTAX) or between.strip():
            yield found


def _changed_places(fix: Fix) -> list[tuple[int, int]]:
    """Give where the texts of a fix stand once it is applied, from the top of the file."""
    places, moved = [], 0
    for edit in sorted(fix.edits, key=lambda e: e.span.start):
        start = edit.span.start + moved
        places.append((start, start + len(edit.text)))
        moved += len(edit.text) - (edit.span.end - edit.span.start)
    return places


def _key(diagnostic: Diagnostic) -> tuple[str, str]:
    """What an error is, apart from its numbers: another fix upstream may change those and no more."""
    return diagnostic.code, diagnostic.title


def _mistakes(
    diagnostics: Iterable[Diagnostic], severities: tuple[str, ...]
) -> Counter[tuple[str, str]]:
    """Count what is of one of these severities."""
    return Counter(_key(d) for d in diagnostics if d.severity in severities)


def apply_safe_fixes(file: SourceFile, diagnostics: Iterable[Diagnostic]) -> tuple[str, int]:
    """Give the text with the checked, safe fixes applied, and how many there were.

    A fix is applied as a whole or not at all: of two that touch the same place the second waits for another round.
    """
    applied: list[Fix] = []
    for diagnostic in diagnostics:
        fix = diagnostic.fix
        if fix is None or not fix.safe or not fix.checked:
            continue
        if not any(_touch(edit, other) for edit in fix.edits for f in applied for other in f.edits):
            applied.append(fix)
    return apply_edits(file.text, [edit for fix in applied for edit in fix.edits]), len(applied)


def _touch(left: Edit, right: Edit) -> bool:
    """Tell whether two edits overlap, or would put text in the same place."""
    first, second = left.span, right.span
    overlap = first.start < second.end and second.start < first.end
    return overlap or first.start == second.start
