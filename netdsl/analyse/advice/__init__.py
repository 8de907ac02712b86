"""Advice: what an expert would say of a network that is legal. One rule is one function of a `View`.

Each file here holds the rules of one group of guidance and ends in a `RULES` tuple; the codes and their
explanations are in `diagnostics/problems/advice.py` (N06) and `gpu.py` (N07).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib import import_module
from typing import TypeAlias

from netdsl.analyse.advice.view import View
from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.spared import if_it_works
from netdsl.source import Span

Rule: TypeAlias = Callable[[View], Iterable[Diagnostic]]

GROUPS = (
    "outputs", "measures", "monitors", "depth", "weights", "seeds", "start", "shapes", "channels", "sequences",
    "structure", "data", "pixels", "idle", "gpu",
)  # fmt: skip


def rules() -> Iterator[Rule]:
    """Give every rule, group after group."""
    for group in GROUPS:
        yield from import_module(f"netdsl.analyse.advice.{group}").RULES


def advise(view: View) -> Iterator[Diagnostic]:
    """Give all advice on a model, one of a kind for a place; `selection.py` decides what of it is shown.

    A layer that a block makes many times is told of once, at its first use. A rule that fails gives nothing.
    """
    told: set[tuple[str, Span]] = set()
    for rule in rules():
        for diagnostic in if_it_works(partial(rule, view)):
            key = (diagnostic.code, diagnostic.primary.span)
            if key not in told:
                told.add(key)
                yield diagnostic
