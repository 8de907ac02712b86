"""What is known of a name of the catalogue besides its arguments: what it does, what it is for, what to watch for.

Layers and activations say it in their own declarations. A function is told of as the class of its name is:
`mean_squared_error` as `MeanSquaredError`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from netdsl.catalog.callback_facts import CALLBACKS, DATASETS
from netdsl.catalog.loss_facts import LOSSES
from netdsl.catalog.metric_facts import METRICS
from netdsl.catalog.objects import OBJECTS, ObjectFacts
from netdsl.catalog.optimizer_facts import OPTIMIZERS, SCHEDULES
from netdsl.catalog.signature import Family
from netdsl.catalog.training_facts import ENGINES, SHIPPED, SOURCES, STARTS


def known(family: Family, name: str) -> ObjectFacts | None:
    """Give what is known of an object, None of a layer, an activation or a function of `ops`."""
    table = _tables().get(family, {})
    return table.get(name) or table.get(_folded(name))


def named_class(family: Family, name: str) -> str | None:
    """Give the class that a function of losses or metrics belongs to."""
    found = known(family, name)
    return found.name if found is not None and found.name != name else None


@cache
def _tables() -> Mapping[Family, Mapping[str, ObjectFacts]]:
    losses = _table(LOSSES)
    return {
        **OBJECTS,
        "loss": losses,
        "metric": {**losses, **_table(METRICS)},  # `keras.metrics` has the functions of losses too
        "optimizer": _table(OPTIMIZERS),
        "schedule": _table(SCHEDULES),
        "callback": _table(CALLBACKS),
        "dataset": _table((*DATASETS, *SHIPPED)),
        "source": _table(SOURCES),
        "engine": _table(ENGINES),
        "start": _table(STARTS),
    }


def _table(facts: Iterable[ObjectFacts]) -> dict[str, ObjectFacts]:
    by_name = {entry.name: entry for entry in facts}
    return {_folded(name): entry for name, entry in by_name.items()} | by_name


def _folded(name: str) -> str:
    """Give a name without its capitals and underscores, in which a class and its function are the same."""
    return re.sub(r"_", "", name).lower()
