"""What the template prints: an emitted module as strings that are spelled already."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from netdsl.catalog.weight_statement import PACKAGE
from netdsl.emit.python.layout_statements import format_statements
from netdsl.emit.python.oldest import assert_python
from netdsl.emit.python.own_names import OwnNames
from netdsl.record import record
from netdsl.resources import resource_dir


@record
class Part:
    """A stretch of the module between blank lines; two of them round a definition."""

    text: str
    is_definition: bool = False
    stands_apart: bool = False  # two blank lines before it


@record
class Program:
    docstring: str
    imports: tuple[tuple[str, ...], ...] = ()
    preamble: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    own: OwnNames = field(default_factory=OwnNames)
    recursion_limit: str = ""
    registry: str = PACKAGE  # where the module's own layer is registered with Keras


def render(program: Program) -> str:
    """Lay a program out as a Python file."""
    source = _template().render(program=_spaced(program))
    assert_python(source)
    return source


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(resource_dir("templates")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    return environment.get_template("model.py.jinja")


def _spaced(program: Program) -> Program:
    """Set a part apart where it, or what is before it, is a definition."""
    after_definition = bool(program.own.helpers)
    parts: list[Part] = []
    for part in program.parts:
        parts.append(replace(part, stands_apart=part.is_definition or after_definition))
        after_definition = part.is_definition
    return replace(program, parts=tuple(parts))


def parts_of(statements: Sequence[ast.stmt]) -> list[Part]:
    """Turn statements into parts: each definition by itself, constants together."""
    parts: list[Part] = []
    plain: list[ast.stmt] = []
    for statement in statements:
        if isinstance(statement, ast.FunctionDef):
            if plain:
                parts.append(Part(_text(plain)))
                plain = []
            parts.append(Part(_text([statement]), True))
        else:
            plain.append(statement)
    return [*parts, Part(_text(plain))] if plain else parts


def _text(statements: Sequence[ast.stmt]) -> str:
    return format_statements(statements).rstrip("\n")


def import_lines(found: Sequence[tuple[str, str, str]], keras_line: str) -> tuple[str, ...]:
    """Write the imports of other packages, sorted: `import` before `from`, one line a module."""
    by_module: dict[str, list[ast.alias]] = {}
    for module, there, here in found:
        by_module.setdefault(module, []).append(ast.alias(there, None if there == here else here))
    lines = [
        _text([ast.ImportFrom(module, sorted(names, key=lambda a: a.name), 0)])
        for module, names in by_module.items()
    ]
    lines += [keras_line] if keras_line else []
    return sorted_imports(lines)


def sorted_imports(lines: Iterable[str]) -> tuple[str, ...]:
    """Sort lines of imports, each once: `import` before `from`, then by module."""
    return tuple(
        sorted(set(lines), key=lambda line: (not line.startswith("import "), line.split()[1]))
    )
