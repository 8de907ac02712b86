"""Reads what a Keras wheel offers from its sources, without importing it: names, arguments, defaults, strings.

An old Keras need not run on today's Python to be read. What it makes public says so itself, by `@keras_export` before
a class or a function; arguments are those of its `__init__`, and where that hands `**kwargs` on, those of the classes
above it. `Offer` is one public name; `read_wheel` gives all of them, by family and name.
"""

from __future__ import annotations

import ast
import re
import zipfile
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from netdsl.catalog.versions import REQUIRED
from netdsl.record import mutable, record

Definition: TypeAlias = ast.ClassDef | ast.FunctionDef

#: Where Keras makes a family public; the longer beginnings first.
ROOMS: Mapping[str, str] = {
    "keras.optimizers.schedules.": "schedule",
    "keras.layers.": "layer",
    "keras.activations.": "activation",
    "keras.initializers.": "initializer",
    "keras.regularizers.": "regularizer",
    "keras.constraints.": "constraint",
    "keras.losses.": "loss",
    "keras.metrics.": "metric",
    "keras.optimizers.": "optimizer",
    "keras.callbacks.": "callback",
    "keras.ops.": "op",
    "keras.applications.": "application",
}


@record
class Offer:
    """One public name. `parameters` are in order, with their defaults as Keras writes them."""

    parameters: Mapping[str, str]
    positional: tuple[str, ...]
    call: Mapping[str, str]
    strings: frozenset[str]  # of the file that defines it, and of those of the classes above it


@mutable
class Module:
    """One file: its definitions, and where the names that it imports come from."""

    path: str
    tree: ast.Module

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        return {n.name: n for n in self.tree.body if isinstance(n, ast.ClassDef | ast.FunctionDef)}

    @cached_property
    def imports(self) -> dict[str, tuple[str, str]]:
        found = (n for n in ast.walk(self.tree) if isinstance(n, ast.ImportFrom) and n.module)
        return {a.asname or a.name: (n.module or "", a.name) for n in found for a in n.names}

    @cached_property
    def strings(self) -> frozenset[str]:
        """Give the strings that code may compare with; documentation is long, and none of them."""
        values = (n.value for n in ast.walk(self.tree) if isinstance(n, ast.Constant))
        return frozenset(v for v in values if isinstance(v, str) and len(v) < 40)


@mutable
class Wheel:
    """The sources of one version."""

    version: str
    modules: Mapping[str, Module]

    def offers(self) -> dict[str, dict[str, Offer]]:
        """Give everything public, by family and name."""
        found: dict[str, dict[str, Offer]] = {}
        for module in self.modules.values():
            for definition in module.definitions.values():
                places = [place for name in exports(definition) if (place := place_of(name))]
                offer = self._offer(module, definition) if places else None
                for family, name in places:
                    if offer is not None:
                        found.setdefault(family, {})[name] = offer
        return found

    def constant(self, name: str) -> tuple[str, ...]:
        """Give a tuple of strings that some file keeps under a name; empty where none does."""
        for module in self.modules.values():
            for node in module.tree.body:
                match node:
                    case ast.Assign([ast.Name(id)], value) if id == name:
                        strings = (n.value for n in ast.walk(value) if isinstance(n, ast.Constant))
                        return tuple(s for s in strings if isinstance(s, str))
        return ()

    def _offer(self, module: Module, definition: Definition) -> Offer:
        if isinstance(definition, ast.FunctionDef):
            own, positional = parameters_of(definition)
            own |= dict.fromkeys(popped(definition), "None")
            return Offer(own, positional, {}, module.strings)
        taken, positional = self._taken(module, definition)
        call = self._method("call", module, definition)
        called = {} if call is None else parameters_of(call)[0]
        strings = [m.strings for m, _ in self._line(module, definition)]
        return Offer(taken, positional, called, frozenset().union(*strings))

    def _taken(
        self, module: Module, definition: ast.ClassDef
    ) -> tuple[dict[str, str], tuple[str, ...]]:
        """Give what a class takes, by its own `__init__` and by those that its `**kwargs` reach."""
        own: dict[str, str] = {}
        positional: tuple[str, ...] | None = None
        for _, cls in self._line(module, definition):
            init = function_of(cls, "__init__")
            if init is None:
                continue
            parameters, order = parameters_of(init)
            positional = order if positional is None else positional
            own = {**dict.fromkeys(popped(init), "None"), **parameters, **own}
            if init.args.kwarg is None:
                break
        return own, positional or ()

    def _line(
        self, module: Module, definition: ast.ClassDef
    ) -> Iterator[tuple[Module, ast.ClassDef]]:
        """Give a class and those above it, nearest first."""
        seen: set[tuple[str, str]] = set()
        pending: list[tuple[Module, Definition]] = [(module, definition)]
        while pending:
            where, cls = pending.pop(0)
            if isinstance(cls, ast.FunctionDef) or (where.path, cls.name) in seen:
                continue
            seen.add((where.path, cls.name))
            yield where, cls
            pending += [f for base in cls.bases if (f := self._find(where, base)) is not None]

    def _find(self, module: Module, base: ast.expr) -> tuple[Module, Definition] | None:
        match base:
            case ast.Name(id):
                return self._named(module, id)
            case ast.Attribute(ast.Name(id), attribute) if id in module.imports:
                origin, name = module.imports[id]
                inner = self.modules.get(f"{origin}.{name}")
                return None if inner is None else self._named(inner, attribute)
        return None

    def _named(self, module: Module, name: str, depth: int = 0) -> tuple[Module, Definition] | None:
        if name in module.definitions:
            return module, module.definitions[name]
        origin, meant = module.imports.get(name, ("", ""))
        inner = self.modules.get(origin)
        return None if inner is None or depth > 4 else self._named(inner, meant, depth + 1)

    def _method(
        self, name: str, module: Module, definition: ast.ClassDef
    ) -> ast.FunctionDef | None:
        found = (function_of(cls, name) for _, cls in self._line(module, definition))
        return next((f for f in found if f is not None), None)


def read_wheel(path: Path) -> Wheel:
    """Read a wheel; its version is that of its name."""
    modules: dict[str, Module] = {}
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if name.startswith("keras/src/") and name.endswith(".py") and "_test" not in name:
                dotted = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
                modules[dotted] = Module(dotted, ast.parse(archive.read(name)))
    return Wheel(path.name.split("-")[1], modules)


def exports(definition: Definition) -> list[str]:
    """Give the names under which `@keras_export` makes a definition public."""
    found: list[str] = []
    for decorator in definition.decorator_list:
        match decorator:
            case ast.Call(ast.Name("keras_export"), [paths, *_]):
                constants = (n.value for n in ast.walk(paths) if isinstance(n, ast.Constant))
                found += [value for value in constants if isinstance(value, str)]
    return found


def place_of(path: str) -> tuple[str, str] | None:
    """Give the family and the name of `keras.layers.Dense`; None for what specs cannot name."""
    if path.startswith("keras.datasets.") and path.endswith(".load_data"):
        return "dataset", path.split(".")[2]
    for room, family in ROOMS.items():
        if path.startswith(room):
            name = path.removeprefix(room)
            inner = "." in name and family != "op"
            return None if inner or name in ("get", "serialize", "deserialize") else (family, name)
    return None


def function_of(definition: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    """Give a method that a class defines itself."""
    return next(
        (n for n in definition.body if isinstance(n, ast.FunctionDef) and n.name == name), None
    )


def parameters_of(function: ast.FunctionDef) -> tuple[dict[str, str], tuple[str, ...]]:
    """Give the parameters with their defaults, and the names of those that go by position."""
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args]
    missing = [None] * (len(plain) - len(arguments.defaults))
    defaults = [*missing, *arguments.defaults]
    pairs = [*zip(plain, defaults, strict=True)]
    pairs += zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    found = {a.arg: REQUIRED if d is None else ast.unparse(d) for a, d in pairs if a.arg != "self"}
    order = tuple(a.arg for a in plain if a.arg != "self")
    return found, order


def popped(function: ast.FunctionDef) -> set[str]:
    """Find what is taken out of `**kwargs` by hand."""
    found: set[str] = set()
    for node in ast.walk(function):
        match node:
            case ast.Call(
                ast.Attribute(ast.Name("kwargs"), "pop" | "get"), [ast.Constant(str(name)), *_]
            ):
                found.add(name)
    return {name for name in found if re.fullmatch(r"\w+", name)}
