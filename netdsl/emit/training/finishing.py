"""The text that the templates gave, as parts of a module: its imports, its names, each definition once."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from netdsl.emit.program import Part
from netdsl.emit.python.renaming import renamed
from netdsl.emit.python.spelling import unique
from netdsl.emit.python.tidy import tidy
from netdsl.emit.training.joining import PUBLIC
from netdsl.emit.training.words import OWN, Words
from netdsl.record import record

#: What is imported under which name.
_IMPORTS = {
    **{name: f"import {name}" for name in (
        "atexit", "collections", "contextlib", "csv", "functools", "glob", "json", "math", "os", "shutil", "tempfile",
        "zipfile",
    )},
    "Path": "from pathlib import Path",
    "NamedTuple": "from typing import NamedTuple",
    "jax": "import jax",
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "tf": "import tensorflow as tf",
    "ParquetFile": "from pyarrow.parquet import ParquetFile",
}  # fmt: skip
_STANDARD = frozenset(list(_IMPORTS)[:14])


@record(eq=False)
class TrainingCode:
    """What the `train` blocks of a file add to its module."""

    constants: tuple[Part, ...] = ()
    functions: tuple[Part, ...] = ()
    end: tuple[Part, ...] = ()
    standard: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()  # names of the module's head that it uses
    before_keras: str = ""  # a statement that is to run before Keras is imported


def finished(words: Words, constants: str, text: str, end: str) -> TrainingCode:
    """Lay the text out, drop what stands twice, and give it names that the module has not got."""
    whole = ast.parse(f"{constants}\n{text}\n{end}")
    own = list(dict.fromkeys([*_defined(whole), *_IMPORTS]))
    taken = set(words.taken) | _of_the_spec(whole)
    names: dict[str, str] = {}
    for name in own:
        if name in taken and name not in PUBLIC:
            names[name] = unique(f"{name}_", taken | set(own))
            taken.add(names[name])
    used = {n.id for n in ast.walk(whole) if isinstance(n, ast.Name)}
    imports = {
        name: _imported(line, name, names.get(name, name))
        for name, line in _IMPORTS.items()
        if name in used
    }
    for node in ast.walk(whole):
        if isinstance(node, ast.Name) and node.id.startswith("load_") and node.id not in own:
            imports[node.id] = f"from sklearn.datasets import {node.id}"
    texts = [_settled(renamed(part, names)) for part in (constants, text, end)]
    parts = [tuple(_parts(part)) for part in texts]
    return TrainingCode(
        parts[0],
        parts[1],
        parts[2],
        tuple(line for name, line in imports.items() if name in _STANDARD),
        tuple(line for name, line in imports.items() if name not in _STANDARD),
        frozenset(used & {"keras", "layers"}),
    )


def _of_the_spec(node: ast.AST) -> set[str]:
    """Give the names in a text that are the spec's own."""
    found = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    found |= {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
    return {name.removeprefix(OWN) for name in found if name.startswith(OWN)}


def _settled(text: str) -> str:
    """Take the mark from names of the spec; variables of a function that uses one of the same name give way."""
    lines = text.split("\n")
    for node in ast.parse(text).body:
        clashing = _bound(node) & _of_the_spec(node)
        if clashing:
            first, last = node.lineno - 1, node.end_lineno or 0
            names = {name: f"{name}_" for name in clashing}
            lines[first:last] = renamed("\n".join(lines[first:last]), names).split("\n")
    return re.sub(rf"\b{OWN}", "", "\n".join(lines))


def _bound(node: ast.AST) -> set[str]:
    """Give the names that a function gives to what is its own; arguments by name are the caller's."""
    inside = [n for n in ast.walk(node) if n is not node]
    stored = (n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    defined = (n.name for n in inside if isinstance(n, ast.FunctionDef))
    by_name = {a.arg for a in node.args.kwonlyargs} if isinstance(node, ast.FunctionDef) else set()
    return {*stored, *defined, *(n.arg for n in inside if isinstance(n, ast.arg))} - by_name


def _defined(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id


def _imported(line: str, name: str, here: str) -> str:
    return line if here == name else f"{line.removesuffix(f' as {name}')} as {here}"


def _parts(text: str) -> Iterator[Part]:
    """Cut a text into its definitions, each once, and what stands between them."""
    text = tidy(text)
    lines = text.split("\n")
    seen: set[str] = set()
    plain: list[str] = []
    for node in ast.parse(text).body:
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(d.lineno for d in decorators)])
        found = "\n".join(lines[first - 1 : node.end_lineno])
        if isinstance(node, ast.Assign):
            plain.append(found)
        elif found not in seen:
            if plain:
                yield Part("\n".join(plain))
                plain = []
            seen.add(found)
            yield Part(found, True)
    if plain:
        yield Part("\n".join(plain))
