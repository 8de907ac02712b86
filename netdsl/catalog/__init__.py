"""The catalogue of Keras layers: `layer_kind("Conv2D")` gives everything netdsl knows of one.

Facts come from `signatures.json`, judgement from the `KINDS` tuple that each file in `layers/` ends in.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module

from netdsl.catalog import layers
from netdsl.catalog.kind import LayerKind
from netdsl.catalog.signature import names_and_aliases


@cache
def layer_kinds() -> Mapping[str, LayerKind]:
    """Give every layer kind by its own name, family file after family file."""
    modules = (
        import_module(f"{layers.__name__}.{found.name}")
        for found in pkgutil.iter_modules(layers.__path__)
    )
    return {kind.name: kind for module in modules for kind in getattr(module, "KINDS", ())}


def layer_kind(name: str) -> LayerKind | None:
    """Look a layer up by name or alias (`MaxPool2D`); None where there is none."""
    return layer_kinds().get(names_and_aliases("layer").get(name, name))
