"""The default output: a Python module with the structure of the spec, a function for each block and model."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, Literal

from netdsl.elaborate.linking import Unit
from netdsl.emit import code
from netdsl.emit.header import header, sign
from netdsl.emit.layout_statements import format_statements, names_in
from netdsl.emit.module import ModuleWriter
from netdsl.emit.program import Part, Program, import_lines, parts_of, render
from netdsl.graph import Graph

Api = Literal["tf.keras", "keras"]

KERAS_IMPORTS: Mapping[str, str] = {"tf.keras": "from tensorflow import keras", "keras": "import keras"}

#: Frames that Keras takes for each step of a graph's depth, with room to spare.
FRAMES_A_STEP = 4


def emit_structured(
    unit: Unit,
    models: Mapping[str, Graph],
    *,
    api: Api,
    settings: Mapping[str, Any],
    version: str,
) -> str:
    """Write a linked file as a Python module; `settings` become the defaults of its parameters."""
    module = ModuleWriter(unit, models, settings)
    module.write_all()
    constants, functions = module.constants(), module.functions()
    used = names_in([*constants, *functions])
    registrations = _registrations(module)
    text = header(unit.file, unit.module.docstring, settings, version)
    helped = module.needs_shared_layers or module.needs_deep_model
    needs_keras = bool(used & {"keras", "layers", "ops"}) or bool(registrations) or helped
    deepest = max((g.deepest for g in models.values()), default=0)
    return sign(
        render(
            Program(
                text,
                _imports(used, module, KERAS_IMPORTS[api] if needs_keras else ""),
                preamble(used),
                (*registrations, *parts_of(constants), *parts_of(functions)),
                module.needs_deep_model,
                module.needs_shared_layers,
                module.needs_once,
                recursion_limit(deepest),
            )
        )
    )


def recursion_limit(deepest: int) -> str:
    """Give a limit under which Keras goes through a graph of this depth, as it is written."""
    limit = 10_000
    while limit < deepest * FRAMES_A_STEP:
        limit *= 10
    return f"{limit:_}"


def preamble(used: set[str]) -> tuple[str, ...]:
    """Give the short names of Keras's modules that the code uses."""
    return tuple(f"{name} = keras.{name}" for name in ("layers", "ops") if name in used)


def _imports(used: set[str], module: ModuleWriter, keras_line: str) -> tuple[tuple[str, ...], ...]:
    standard = ["import math"] if "math" in used else []
    standard += ["import sys"] if module.needs_deep_model else []
    others = import_lines(module.imports(), keras_line)
    return tuple(tuple(group) for group in (standard, others) if group)


def _registrations(module: ModuleWriter) -> tuple[Part, ...]:
    """Register the user's functions, so that a saved model that holds one is read back."""
    statements: list[ast.stmt] = []
    for package, _, here in module.imports():
        if here in module.registered:
            register = code.call(
                "keras.saving.register_keras_serializable",
                (),
                [("package", code.constant(package))],
            )
            statements.append(code.expression(code.call(register, [code.name(here)])))
    return (Part(format_statements(statements).rstrip("\n")),) if statements else ()
