"""What changed in how a network is trained: settings as they are in force, hyperparameters, what may be tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netdsl.catalog.kind import BoundLayer, ExternFunction, ObjectValue
from netdsl.catalog.signature import Family, identifiers, signature
from netdsl.catalog.spell import spell
from netdsl.compare.changes import Change
from netdsl.elaborate.scope.entities import Tried
from netdsl.elaborate.training.experiment import Experiment, Hyperparameter, Made
from netdsl.value import Value

#: What holds where a setting is left out, so that writing it out is no change.
_UNSET: Mapping[str, Value] = {
    "epochs": 1, "batch_size": 32, "validation_split": 0, "test_split": 0, "precision": "float32",
    "jit_compile": "auto", "steps_per_execution": 1, "memory_growth": True, "metrics": [], "callbacks": [],
}  # fmt: skip

_FAMILIES: Mapping[str, Family] = {
    "optimizer": "optimizer",
    "loss": "loss",
    "metrics": "metric",
    "callbacks": "callback",
}


def compare_training(before: Experiment | None, after: Experiment | None) -> list[Change]:
    """Give every difference between two ways to train a network; none where they come to the same."""
    if before is None or after is None:
        if after is not None:
            return [Change("added", "training", after.model)]
        return [] if before is None else [Change("removed", "training", before.model)]
    return [*_settings(before, after), *_hyperparameters(before, after)]


def _settings(before: Experiment, after: Experiment) -> Iterator[Change]:
    for name in dict.fromkeys([*before.settings, *after.settings]):
        old, new = (_in_force(experiment, name) for experiment in (before, after))
        if old == new:
            continue
        if old is None:
            yield Change("added", "setting", name, (new or "",))
        elif new is None:
            yield Change("removed", "setting", name, (old,))
        else:
            yield Change("changed", "setting", name, (f"{old} -> {new}",))


def _in_force(experiment: Experiment, name: str) -> str | None:
    """Spell what a setting comes to, all arguments of objects filled in; None where nothing holds."""
    setting = experiment.settings.get(name)
    if setting is None:
        return _spelled(_UNSET[name], None) if name in _UNSET else None
    return _spelled(setting.value, _FAMILIES.get(name))


def _spelled(value: Value, family: Family | None) -> str:
    match value:
        case Made():
            named = (f"{key}={_spelled(one, None)}" for key, one in value.arguments.items())
            return f"{value.kind}({', '.join(named)})"
        case ObjectValue():
            return _object(value.family, value.name, value.arguments)
        case ExternFunction():
            return value.name
        case BoundLayer(kind="Sequential"):
            layers = value.arguments["layers"]
            assert isinstance(layers, (list, tuple))
            return " -> ".join(_spelled(layer, None) for layer in layers)
        case BoundLayer():
            named = (f"{key}={_spelled(one, None)}" for key, one in value.written.items())
            return f"{value.kind}({', '.join(named)})"
        case str() if family is not None and value in identifiers(family):
            found = identifiers(family)[value]
            return _object(family, found, {}) if found[0].isupper() else found
        case list() | tuple():
            return f"[{', '.join(_spelled(item, family) for item in value)}]"
        case dict():
            pairs = (f"{spell(key)}: {_spelled(one, family)}" for key, one in value.items())
            return f"{{{', '.join(pairs)}}}"
        case _:
            return spell(value)


def _object(family: str, kind: str, written: Mapping[str, Value]) -> str:
    """Spell an object with what differs from its defaults."""
    facts = signature(family, kind)
    usual = {p.name: p.default for p in facts.parameters} if facts is not None else {}
    shown = {
        key: _spelled(one, None)
        for key, one in written.items()
        if key not in usual
        or one != usual[key]
        or isinstance(one, bool) != isinstance(usual[key], bool)
    }
    return f"{kind}({', '.join(f'{key}={one}' for key, one in shown.items())})"


def _hyperparameters(before: Experiment, after: Experiment) -> Iterator[Change]:
    old = {h.name: h for h in before.hyperparameters}
    new = {h.name: h for h in after.hyperparameters}
    for name, one in old.items():
        if name not in new:
            yield Change("removed", "hyperparameter", name, (_described(one),))
    for name, one in new.items():
        if name not in old:
            yield Change("added", "hyperparameter", name, (_described(one),))
        elif _described(old[name]) != _described(one):
            yield Change(
                "changed",
                "hyperparameter",
                name,
                (f"{_described(old[name])} -> {_described(one)}",),
            )


def _described(one: Hyperparameter) -> str:
    return _spelled(one.value, None) + (f" {_tried(one.tried)}" if one.tried is not None else "")


def _tried(tried: Tried) -> str:
    inside = ", ".join(_spelled(value, None) for value in tried.values)
    return f"in [{inside}]" if tried.kind == "choices" else f"in ({inside})"
