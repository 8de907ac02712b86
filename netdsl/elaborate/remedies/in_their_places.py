"""Tensors of a call that are all given by name, what arrives among them: `x -> attend(query=m, value=_)`.

What arrives goes first, unless `_` stands by position: `x -> attend(m, _)`.
"""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.elaborate.scope.entities import Given, short
from netdsl.source import Span


def by_position(given: Sequence[Given], names: Sequence[str]) -> Fix | None:
    """Give the tensors in the order of `names`, up to the last `_`, and the rest by name."""
    texts = {item.name: item.span.text for item in given if item.name is not None}
    arriving = [names.index(n) for n, text in texts.items() if text == "_" and n in names]
    if not arriving or len(texts) < len(given) or any(i.name_span is None for i in given):
        return None
    placed = names[: max(arriving) + 1]
    if not all(name in texts for name in placed):
        return None
    first, last = given[0], given[-1]
    assert first.name_span is not None
    rest = [f"{name}={text}" for name, text in texts.items() if name not in placed]
    text = ", ".join([*(texts[name] for name in placed), *rest])
    place = Span(first.span.file, first.name_span.start, last.span.end)
    return Fix((Edit(place, text),), text=f"write what arrives in its place: `({short(text)})`")
