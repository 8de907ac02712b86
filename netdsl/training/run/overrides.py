"""Settings that a command gives anew: `--epochs 5` is as if the `train` block said `epochs = 5`."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace

from netdsl.compiler import Compiled
from netdsl.elaborate.training.plan import TrainPlan
from netdsl.syntax import tree


def with_settings(compiled: Compiled, model: str, settings: Mapping[str, int]) -> Compiled:
    """Give a compiled file in which the `train` block of a model has these settings."""
    if not settings:
        return compiled
    plans = tuple(
        _changed(plan, settings) if plan.model == model else plan for plan in compiled.training
    )
    return replace(compiled, training=plans)


def without(compiled: Compiled, model: str, names: Container[str]) -> Compiled:
    """Give a compiled file in which the `train` block of a model does not say these settings."""
    plans = tuple(
        _left_out(plan, names) if plan.model == model else plan for plan in compiled.training
    )
    return replace(compiled, training=plans)


def _left_out(plan: TrainPlan, names: Container[str]) -> TrainPlan:
    settings = {name: value for name, value in plan.settings.items() if name not in names}
    trees = {name: value for name, value in plan.trees.items() if name not in names}
    return replace(plan, settings=settings, trees=trees)


def _changed(plan: TrainPlan, settings: Mapping[str, int]) -> TrainPlan:
    places = {name: plan.spans.get(name, plan.span) for name in settings}
    trees = {name: tree.Literal(places[name], value) for name, value in settings.items()}
    return replace(
        plan,
        settings={**plan.settings, **settings},
        spans={**plan.spans, **places},
        trees={**plan.trees, **trees},
    )
