"""What stops an import: a diagnostic, raised where it is found."""

from __future__ import annotations

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.problems import importing as problems
from netdsl.source import SourceFile, Span


class CannotImport(ValueError):
    """The model cannot be imported; `diagnostic` says which layer is to blame, and why."""

    def __init__(self, diagnostic: Diagnostic, *, is_of_file: bool = False) -> None:
        super().__init__(f"{diagnostic.title}: {diagnostic.primary.text}")
        self.diagnostic = diagnostic
        self.is_of_file = is_of_file  # it cannot be read at all, which is another exit status


def unreadable(source: str, why: str, help: str = "") -> CannotImport:
    """Say that a source is no model that can be read."""
    found = problems.NoModel.at(_place(source), _cut(why), name=source, help=help)
    return CannotImport(found, is_of_file=True)


def not_sayable(layer: str, why: str, help: str = "") -> CannotImport:
    """Say that a layer cannot be written in a spec."""
    return CannotImport(
        problems.NotSayable.at(_place("model"), _cut(why), name=_cut(layer), help=help)
    )


def not_run(source: str, why: str, help: str = "") -> CannotImport:
    """Say that the Python which a source names does not give a model."""
    found = problems.NoModelMade.at(_place(source), _cut(why), name=source, help=help)
    return CannotImport(found, is_of_file=True)


def differs(source: str, why: str) -> CannotImport:
    """Say that the spec that was made is not the model."""
    return CannotImport(problems.ImportDiffers.at(_place(source), _cut(why), name=source))


#: So many letters of what a file says are shown; a name may have a hundred thousand.
MOST_LETTERS = 400


def _cut(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…"


def _place(name: str) -> Span:
    return Span(SourceFile(name, ""), 0, 0)
