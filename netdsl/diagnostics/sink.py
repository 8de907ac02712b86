"""Where passes report: a `Diagnostics` collects, drops exact repeats, and sorts by place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from netdsl.diagnostics.diagnostic import Diagnostic


class Diagnostics:
    """Collects diagnostics; reporting never raises, so a pass goes on past a mistake."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str, int, int, str], Diagnostic] = {}

    def report(self, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic; one code at one place with one message is kept once."""
        span = diagnostic.primary.span
        key = (diagnostic.code, span.file.name, span.start, span.end, diagnostic.message)
        self._seen.setdefault(key, diagnostic)

    def forget(self, is_moot: Callable[[Diagnostic], bool]) -> None:
        """Drop what a later finding has made moot."""
        self._seen = {key: d for key, d in self._seen.items() if not is_moot(d)}

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.sorted())

    def __len__(self) -> int:
        return len(self._seen)

    @property
    def has_errors(self) -> bool:
        return any(d.severity == "error" for d in self._seen.values())

    def sorted(self) -> list[Diagnostic]:
        """Give all of them by file (first seen first), then position, then code."""
        return in_order(self._seen.values())


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sort by file (first seen first), then position, then code."""
    found = list(diagnostics)
    order: dict[str, int] = {}
    for diagnostic in found:
        order.setdefault(diagnostic.file, len(order))
    return sorted(
        found,
        key=lambda d: (order[d.file], d.primary.span.start, d.primary.span.end, d.code),
    )
