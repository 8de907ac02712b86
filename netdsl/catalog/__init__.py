"""The catalogue of Keras layers: `layer_kind("Conv2D")` gives everything netdsl knows of one.

Facts come from `signatures.json`, judgement from the `KINDS` tuple that each file in `layers/` ends in. A file is
imported when a layer of it is asked for: `layers/index.json`, which `python -m netdsl.catalog.index` writes from the
`KINDS` themselves, tells where each stands. A layer that is not in it yet is found by looking through all files.
"""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from netdsl.catalog import layers
from netdsl.catalog.kind import LayerKind, Role
from netdsl.catalog.signature import names_and_aliases

#: The merge layer that an operator between two tensors stands for.
MERGE_LAYERS: Mapping[str, str] = {"+": "Add", "-": "Subtract", "*": "Multiply"}

INDEX = Path(layers.__path__[0]) / "index.json"


@cache
def _kinds_of(file: str) -> Mapping[str, LayerKind]:
    module = import_module(f"{layers.__name__}.{file}")
    return {kind.name: kind for kind in getattr(module, "KINDS", ())}


def kinds_by_file() -> dict[str, list[str]]:
    """Give the layers that each file declares, file after file."""
    files = [found.name for found in pkgutil.iter_modules(layers.__path__)]
    return {file: list(_kinds_of(file)) for file in files if _kinds_of(file)}


@cache
def layer_kinds() -> Mapping[str, LayerKind]:
    """Give every layer kind by its own name, family file after family file."""
    return {
        name: _kinds_of(file)[name] for file, names in kinds_by_file().items() for name in names
    }


@cache
def _index() -> Mapping[str, str]:
    written: dict[str, list[str]] = json.loads(INDEX.read_text("utf-8")) if INDEX.is_file() else {}
    return {name: file for file, names in written.items() for name in names}


@cache
def layer_kind(name: str) -> LayerKind | None:
    """Look a layer up by name or alias (`MaxPool2D`); None where there is none."""
    own = names_and_aliases("layer").get(name, name)
    file = _index().get(own)
    found = _kinds_of(file).get(own) if file is not None else None
    return found or layer_kinds().get(own)


def has_role(name: str, *roles: Role) -> bool:
    """Tell whether a name, or an operator between tensors, is that of a layer with one of these roles."""
    own = MERGE_LAYERS.get(name, name)
    found = layer_kind(own) if own in names_and_aliases("layer") else None
    return found is not None and found.is_a(*roles)
