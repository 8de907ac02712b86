"""Reads recorded Keras verdicts (`NETDSL_ORACLE`, or `../shared/oracle` beside the repository) as values to bind."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from netdsl.catalog import layer_kind
from netdsl.catalog.binding import bind_arguments
from netdsl.catalog.kind import BoundLayer, Call, Identifier, Inference, ObjectValue
from netdsl.catalog.signature import families_of, signature
from netdsl.tensor import TensorSpec

ROOT = Path(__file__).resolve().parents[2]
NOT_ARGUMENTS = {"registered_name", "build_config"}


class Unsayable(Exception):
    """A recorded value that no spec could say: a custom class, a Python function."""


def folder() -> Path:
    return Path(os.environ.get("NETDSL_ORACLE", ROOT.parent / "shared" / "oracle"))


@cache
def load(name: str) -> list[dict[str, Any]]:
    """Give the cases of one file, which all who ask share; none where it is not there."""
    path = folder() / f"{name}.json"
    if not path.exists():
        return []
    content = json.loads(path.read_text(encoding="utf-8"))
    return content.get("cases") or content.get("errors") or content.get("rows") or []


def value(recorded: Any) -> Any:
    """Turn a recorded value into what the elaborator would pass."""
    if isinstance(recorded, list):
        return [value(item) for item in recorded]
    if not isinstance(recorded, dict):
        return recorded
    if "__keras__" in recorded:
        return value(recorded["__keras__"])
    if "__array__" in recorded:
        array = recorded["__array__"]
        return value(array["values"] if isinstance(array, dict) and "values" in array else array)
    if "__function__" in recorded:
        if not recorded["__function__"].startswith("keras.activations."):
            raise Unsayable(recorded["__function__"])
        return Identifier(recorded["__function__"])
    if "class_name" in recorded:
        return configured(recorded)
    return {key: value(item) for key, item in recorded.items()}


def configured(recorded: dict[str, Any]) -> Any:
    """Turn a serialized Keras object into an identifier, an object or a layer."""
    name, config = recorded["class_name"], recorded["config"]
    if recorded.get("custom_class") or recorded.get("registered_name"):
        raise Unsayable(name)
    if name == "DTypePolicy":
        return config["name"]
    if name == "function":
        return Identifier(str(config))
    if not isinstance(config, dict):
        raise Unsayable(name)
    arguments = {k: value(v) for k, v in config.items() if k not in NOT_ARGUMENTS}
    module = str(recorded.get("module", ""))
    if "layers" in module or families_of(name) == ("layer",):
        return layer(name, arguments)
    families = [f for f in families_of(name) if f != "layer"]
    if not families:
        raise Unsayable(name)
    return ObjectValue(families[0], name, arguments)


def layer(name: str, arguments: dict[str, Any]) -> BoundLayer:
    """Bind a layer that stands as an argument; its `infer` runs the kind's rule."""
    found, kind = signature("layer", name), layer_kind(name)
    if found is None or kind is None:
        raise Unsayable(name)
    written = {k: v for k, v in arguments.items() if found.parameter(k)}
    bound = bind_arguments(found, kind.arguments, (), written)

    def infer(inputs: tuple[TensorSpec, ...], **call_arguments: Any) -> Inference:
        is_list = len(inputs) > 1
        return kind.rule(Call(kind, bound.arguments, tuple(inputs), is_list, call_arguments))

    return BoundLayer(name, bound.arguments, infer, bound.written, kind)


Construction = tuple[str, dict[str, Any], dict[str, Any]]


@cache
def constructions(*names: str) -> list[Construction]:
    """Give (layer, arguments, case) for each recorded case that a spec can say."""
    return [made for name in names for case in load(name) if (made := _construction(case))]


def _construction(case: dict[str, Any]) -> Construction | None:
    if case.get("init_kwargs") is None or signature("layer", case["layer"]) is None:
        return None
    try:
        return case["layer"], value(case["init_kwargs"]), case
    except Unsayable:
        return None
