"""Every diagnostic code there is: the `Problem` classes of all files in `problems/`, by code."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from netdsl.diagnostics import problems
from netdsl.diagnostics.problem import Problem


@cache
def all_problems() -> Mapping[str, type[Problem]]:
    """Give the classes in order of their codes; a code declared twice is a mistake in netdsl."""
    found: dict[str, type[Problem]] = {}
    for module in pkgutil.iter_modules(problems.__path__, problems.__name__ + "."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, Problem) and value.code:
                earlier = found.setdefault(value.code, value)
                assert earlier is value, f"{value.code} is declared twice"
    return dict(sorted(found.items()))
