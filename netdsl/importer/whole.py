"""Lists that are what arrives: `LSTM(8, return_state=True) -> [_[0], _[1], _[2]] -> Concatenate()` without the list.

A layer that gives several tensors hands all of them on where nothing is said, so a fork that takes each in its order
says nothing. Whether it takes all of them, whoever asks proves afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netdsl.importer.rewriting import edited, parsed, rewritten
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import walk


def without_whole_lists(text: str, is_equal: Callable[[str], bool]) -> str:
    """Leave out the forks that take what arrives tensor by tensor, as long as it stays the same network."""
    return rewritten(text, _changed, is_equal)


def _changed(text: str) -> Iterator[str]:
    return (_without(text, span) for span in _lists(parsed(text)))


def _without(text: str, span: Span) -> str:
    """Leave out a stage, with the arrow before it."""
    before = text[: span.start].rstrip()
    start = Span(span.file, len(before.removesuffix("->").rstrip()), span.end)
    return edited(text, [(start, "")])


def _lists(module: tree.Module) -> Iterator[Span]:
    for pipe in walk(module):
        if isinstance(pipe, tree.Pipe):
            for stage in pipe.stages[1:-1]:
                if isinstance(stage, tree.ListExpr) and _takes_each(stage):
                    yield stage.span


def _takes_each(fork: tree.ListExpr) -> bool:
    """Tell whether the branches of a fork are `_[0]`, `_[1]` and so on, and nothing else."""
    places = [_place(item) for item in fork.items]
    return len(places) > 1 and places == list(range(len(places)))


def _place(branch: tree.Node) -> int | None:
    text = "".join(branch.span.text.split()).removeprefix("_->")
    inside = text.removeprefix("_[").removesuffix("]")
    return int(inside) if text == f"_[{inside}]" and inside.isdecimal() else None


__all__ = ["without_whole_lists"]
