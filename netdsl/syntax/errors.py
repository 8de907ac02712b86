"""Words a syntax error: what stands at a place, what could have, and what was most likely meant."""

from __future__ import annotations

from dataclasses import dataclass

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.problems.syntax import UnexpectedToken
from netdsl.syntax.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the parser stopped: at token `index`, in a statement that began at token `began` of the list `where`."""

    tokens: Tokens
    index: int
    began: int
    where: str
    accepted: frozenset[str]


def explain(stop: Stop) -> Diagnostic:
    """Give the diagnostic of a token that does not fit."""
    found = stop.tokens.text(stop.index) or "the end of the file"
    return UnexpectedToken.at(stop.tokens.span(stop.index), "unexpected", found=found)
