"""The default output: a Python module with the structure of the spec, a function for each block and model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from netdsl.elaborate.files.linking import Unit
from netdsl.elaborate.scope.hyperparameters import Hyperparameters
from netdsl.elaborate.training.plan import TrainPlan
from netdsl.emit.header import header, sign
from netdsl.emit.module import ModuleWriter
from netdsl.emit.program import Program, import_lines, parts_of, render
from netdsl.emit.python.layout_statements import names_in
from netdsl.emit.registration import registrations
from netdsl.emit.training import compile_functions, with_extern_functions
from netdsl.graph import Graph
from netdsl.value import Value

Api = Literal["tf.keras", "keras"]

KERAS_IMPORTS: Mapping[str, str] = {
    "tf.keras": "from tensorflow import keras",
    "keras": "import keras",
}

#: Frames that Keras takes for each step of a graph's depth, with room to spare.
FRAMES_A_STEP = 4


def emit_structured(
    unit: Unit,
    models: Mapping[str, Graph],
    *,
    api: Api,
    settings: Mapping[str, Value],
    hyperparameters: Hyperparameters,
    version: str,
    training: Sequence[TrainPlan] = (),
) -> str:
    """Write a linked file as a Python module; what was set from outside becomes the defaults of its parameters."""
    module = ModuleWriter(unit, models, hyperparameters)
    module.write_all()
    constants, functions = module.constants(), module.functions()
    found, name_of = with_extern_functions(module.imports(), training)
    functions = [*functions, *compile_functions(training, name_of)]
    used = names_in([*constants, *functions])
    registered = registrations(found, module.registered, module.classes)
    text = header(unit.file, unit.module.docstring, settings, version)
    helped = module.needs_shared_layers or module.needs_deep_model
    needs_keras = bool(used & {"keras", "layers", "ops"}) or bool(registered) or helped
    deepest = max((g.deepest for g in models.values()), default=0)
    return sign(
        render(
            Program(
                text,
                _imports(used, module, found, KERAS_IMPORTS[api] if needs_keras else ""),
                preamble(used | ({"ops"} if "tied" in used else set())),
                (*registered, *parts_of(constants), *parts_of(functions)),
                needs_deep_model=module.needs_deep_model,
                needs_shared_layers=module.needs_shared_layers,
                needs_once=module.needs_once,
                needs_tied="tied" in used,
                needs_fresh="fresh" in used,
                needs_network="network" in used,
                needs_as_layer="as_layer" in used,
                recursion_limit=recursion_limit(deepest),
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


def _imports(
    used: set[str],
    module: ModuleWriter,
    found: Sequence[tuple[str, str, str]],
    keras_line: str,
) -> tuple[tuple[str, ...], ...]:
    standard = [f"import {name}" for name in ("itertools", "math") if name in used]
    standard += ["import sys"] if module.needs_deep_model else []
    others = import_lines(found, keras_line)
    return tuple(tuple(group) for group in (standard, others) if group)
