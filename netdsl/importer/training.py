"""The `train` block of a model that was compiled: its optimizer, its loss, its metrics, and how it runs."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from netdsl.catalog.kind import ExternFunction, ObjectValue
from netdsl.catalog.signature import identifiers
from netdsl.importer.errors import CannotImport, not_sayable
from netdsl.importer.network import Given, Json, Made
from netdsl.importer.objects import Custom, decode
from netdsl.importer.spell import Speller

#: Settings that are written where they are not as Keras has them by itself.
SWITCHES: Mapping[str, Given] = {
    "jit_compile": ("auto", None, False),
    "steps_per_execution": (1, None),
}


def train_block(config: Mapping[str, Json], model: str, speller: Speller) -> str:
    """Write the settings of `model.compile`; empty where there are none, or a spec cannot say them."""
    if not config.get("optimizer") and not config.get("loss"):
        return ""
    try:
        settings = [
            f"{name} = {_spell(_rounded(decode(config[name], _no_layer)), name, speller)}"
            for name in ("optimizer", "loss", "loss_weights", "metrics")
            if config.get(name)
        ]
    except CannotImport:
        return ""
    settings += [
        f"{name} = {speller.value(config[name])}"
        for name, usual in SWITCHES.items()
        if name in config and config[name] not in usual
    ]
    return "\n".join([f"train {model} {{", *(f"    {line}" for line in settings), "}"])


def _no_layer(value: Mapping[str, Json]) -> Made:
    raise not_sayable(str(value.get("class_name")), "a layer is no setting")


def _spell(value: Given, setting: str, speller: Speller) -> str:
    if isinstance(value, Mapping):
        pairs = (f'"{k}": {_spell(v, setting, speller)}' for k, v in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, tuple):
        return f"[{', '.join(_spell(item, setting, speller) for item in value)}]"
    if isinstance(value, str):
        family = {"metrics": "metric", "loss": "loss", "optimizer": "optimizer"}.get(setting)
        is_name = family is not None and value in (
            *identifiers(family),
            "accuracy",
            "acc",
            "crossentropy",
        )
        return value if is_name and value.isidentifier() else speller.value(value)
    if isinstance(value, (Custom, ExternFunction)) and isinstance(value, Custom):
        raise not_sayable(value.kind, "it is no object of Keras's own")
    return speller.value(value)


def _rounded(value: Given) -> Given:
    """Bring back what a number was before Keras kept it as a float32: 3e-4, not 0.0003000000142492354."""
    if isinstance(value, ObjectValue):
        given = {
            k: _rounded(v)
            for k, v in value.arguments.items()
            if not (k == "dtype" and v == "float32")
        }
        return ObjectValue(value.family, value.kind, given)
    if isinstance(value, (list, tuple)):
        return tuple(_rounded(item) for item in value)
    if isinstance(value, Mapping):
        return {name: _rounded(item) for name, item in value.items()}
    return shortest(value) if isinstance(value, float) else value


def shortest(value: float) -> float:
    """Give the shortest number that is the same float32, where the value is one exactly."""
    try:
        packed = struct.pack("f", value)
    except OverflowError:
        return value
    if struct.unpack("f", packed)[0] != value:
        return value
    for digits in range(1, 9):
        short = float(f"{value:.{digits}g}")
        if struct.pack("f", short) == packed:
            return short
    return value
