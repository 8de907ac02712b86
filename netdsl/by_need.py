"""Modules that most runs do without, loaded when something of theirs is asked for.

A package that holds such modules says so in its `__init__`: `from package import module` then gives a stand-in, and no
importer has to put its import inside a function. What is imported out of a module by name loads it at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any


class ModuleByNeed:
    """Stands for a module until it is loaded, and for its importers afterwards."""

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def __getattr__(self, name: str) -> Any:  # whatever the module has
        return getattr(import_module(self._path), name)


def modules_by_need(package: str, names: Iterable[str]) -> dict[str, ModuleByNeed]:
    """Give stand-ins for modules of a package, by their names in it."""
    return {name: ModuleByNeed(f"{package}.{name}") for name in names}
