"""Hyperparameters given from outside that no model of the file has: `--set clases=10`, `compile_file(…, clases=10)`."""

from __future__ import annotations

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.problems import files as problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate.linking import Unit
from netdsl.source import Span
from netdsl.syntax import tree


def own_models(unit: Unit) -> list[tree.Model]:
    """Give the models that a file itself writes out, in order."""
    return [s for s in unit.module.statements if isinstance(s, tree.Model)]


def unknown_hyperparameter(name: str, span: Span, models: list[tree.Model]) -> Diagnostic:
    """Say that none of these models has such a hyperparameter, and which they have."""
    near = closest(name, dict.fromkeys(p.name for model in models for p in model.parameters))
    offers = [
        f"`{model.name}` has " + (", ".join(f"`{p.name}`" for p in model.parameters) or "none")
        for model in models
    ]
    return problems.UnknownHyperparameter.at(
        span,
        "; ".join(offers) or "there is no model",
        name=name,
        help=f"did you mean `{near}`?" if near else "",
    )
