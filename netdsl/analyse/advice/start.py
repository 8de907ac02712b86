"""Advice on where training starts: initial weights that let all numbers vanish or explode through the depth."""

from __future__ import annotations

import math
from collections.abc import Iterable

from netdsl.analyse.advice import Rule
from netdsl.analyse.advice.view import View, activation, argument, at, initializer, uses
from netdsl.analyse.variance import Carried, carried, share_beyond
from netdsl.catalog.activations import ACTIVATIONS
from netdsl.catalog.kind import ObjectValue
from netdsl.diagnostics.diagnostic import Diagnostic, Label
from netdsl.diagnostics.problems import advice as problems
from netdsl.graph import Node

#: What is left of the mean square after so many layers at least, and what it has become.
_LEAST, _FEWEST, _MOST = 1e-3, 3, 100.0

#: Beyond this a saturating activation has hardly any slope: 0.07 for tanh.
_FLAT = 2.0

_FACTS = {facts.name: facts for facts in ACTIVATIONS}


def initial_variance(view: View) -> Iterable[Diagnostic]:
    """Report the run of layers whose initial weights change the mean square most, by a thousandth or a hundredfold."""
    normalized = view.once(absorbed)
    ends = [
        run
        for number, run in carried(view).items()
        if run.last.id == number and number not in normalized and _is_told(view, run)
    ]
    if ends:
        worst = max(ends, key=lambda run: (abs(math.log(_size(run))), run.count))
        yield _diagnostic(worst)


def absorbed(view: View) -> set[int]:
    """Give the nodes whose size a normalization takes away: on the way to it nothing saturates, so all only scales."""
    found: set[int] = set()
    for node in reversed(view.nodes):
        after = view.only_consumer(node)
        if after is None or _saturates(node) or _saturates(after):
            continue
        if after.is_a("normalization") or after.id in found:
            found.add(node.id)
    return found


def _saturates(node: Node) -> bool:
    facts = _FACTS.get(activation(node)) if node.operation.family == "layer" else None
    return facts is not None and facts.saturates


def _size(run: Carried) -> float:
    """Give what a mean square of 1 has become, before the activation where that bounds it."""
    return run.before if run.before > 1 else max(run.after, 1e-300)


def _is_told(view: View, run: Carried) -> bool:
    if run.before >= _MOST:
        return True
    # A head that starts near 0 is an old trick, and no run.
    return run.after <= _LEAST and run.count >= _FEWEST and run.last.id not in view.output_nodes


def _diagnostic(run: Carried) -> Diagnostic:
    last, explodes = run.last, run.before >= _MOST
    own = activation(last)
    count = f"{run.count} layers" if run.count > 1 else f"`{last.kind}`"
    size = run.before if explodes else run.after
    where = f"before the `{own}` here" if explodes and own != "linear" else "here"
    evidence = f"a mean square of 1 at the first of them is {_shown(size)} {where}"
    if run.count == 1:
        evidence = f"numbers of a mean square of 1 have one of {_shown(size)} {where}"
    else:
        each = size ** (1 / run.count)
        evidence += f": each layer {'multiplies' if explodes else 'leaves'} {'it by ' if explodes else ''}{each:.3g}"
        evidence += "" if explodes else " of it"
    facts = _FACTS.get(own)
    if explodes and facts is not None and facts.saturates:
        evidence += f", and `{own}` is flat for {share_beyond(_FLAT, size):.0%} of the units"
    begins = [Label(at(run.first), "the first of them")] if at(run.first) != at(last) else []
    return problems.InitialVariance.at(
        at(last),
        evidence,
        change="explode" if explodes else "vanish",
        count=count,
        related=(*begins, *uses(last)),
        help=_help(last, own),
    )


def _shown(size: float) -> str:
    return (
        f"{size:,.0f}"
        if 10 <= size < 1e6
        else f"{size:.1e}"
        if size < 0.01 or size >= 1e6
        else f"{size:.2g}"
    )


def _help(node: Node, own: str) -> str:
    facts = _FACTS.get(own)
    better = facts.initializer if facts is not None and facts.initializer else "glorot_uniform"
    value = argument(node, "kernel_initializer")
    written = str(value) if isinstance(value, ObjectValue) else value
    through = f" through `{own}`" if own != "linear" else ""
    name = written or initializer(node)
    return (
        f"use `kernel_initializer={better}` in place of `{name}`: it keeps the size of numbers{through}; "
        "or put a normalization between"
    )


RULES: tuple[Rule, ...] = (initial_variance,)
