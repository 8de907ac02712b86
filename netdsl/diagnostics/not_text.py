"""The diagnostic of a file whose bytes are no text in UTF-8, which the command line and the compiler both report."""

from __future__ import annotations

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.problems.files import NotText
from netdsl.source import SourceFile, Span


def not_text(file: SourceFile, error: UnicodeDecodeError) -> Diagnostic:
    """Report the first byte that is no UTF-8, of the file as a whole."""
    reason = f"byte {error.start} is 0x{error.object[error.start]:02x}"
    return NotText.at(Span(file, 0, 0), reason, name=file.name)
