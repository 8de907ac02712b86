"""The default output: a Python module with the structure of the spec, a function for each block and model."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from netdsl.catalog.versions import Releases
from netdsl.elaborate.files.linking import Unit
from netdsl.elaborate.scope.hyperparameters import Hyperparameters
from netdsl.elaborate.training.experiment import Experiment, Hyperparameter
from netdsl.emit.declarations import model_functions
from netdsl.emit.header import header, sign, stem_of
from netdsl.emit.kinds import VALUE, Piece
from netdsl.emit.module import ModuleWriter
from netdsl.emit.names import Locals
from netdsl.emit.opening import KERAS_IMPORTS, grouped, preamble, recursion_limit
from netdsl.emit.parameters import default_of
from netdsl.emit.precision import computes_in_less
from netdsl.emit.program import Program, import_lines, parts_of, render
from netdsl.emit.python import code
from netdsl.emit.python.layout_statements import names_in
from netdsl.emit.python.own_names import MODULES, OwnNames, settle, spelled_out
from netdsl.emit.python.spelling import kept_name
from netdsl.emit.registration import registrations
from netdsl.emit.training import TrainingCode, Words, Written, write_training
from netdsl.emit.writer import Writer
from netdsl.graph import Graph
from netdsl.syntax import tree
from netdsl.syntax.walk import uses_others
from netdsl.target import Api
from netdsl.value import Value


def emit_structured(
    unit: Unit,
    models: Mapping[str, Graph],
    *,
    api: Api,
    settings: Mapping[str, Value],
    hyperparameters: Hyperparameters,
    version: str,
    training: Sequence[Experiment] = (),
    data_folder: str = "",
    releases: Releases | None = None,
) -> str:
    """Write a linked file as a Python module; what was set from outside becomes the defaults of its parameters."""
    in_less = [e.model for e in training if computes_in_less(e)]
    module = ModuleWriter(unit, models, hyperparameters, in_less, releases)
    module.write_all()
    in_models = set(module.registered)
    trained = write_training(_words(module, hyperparameters, api, data_folder), training)
    module.registered -= _makers_of_data(training) - in_models
    constants, functions = module.constants(), module.functions()
    found = module.imports()
    own = settle([*constants, *functions], [here for _, _, here in found])
    own.modules |= MODULES & trained.needs
    used = names_in([*constants, *functions]) | trained.needs
    registered = registrations(found, module.registered, module.classes)
    text = header(unit.file, unit.module.docstring, settings, version)
    needs_keras = "keras" in used or bool(registered) or own.needs_keras
    deepest = max((g.deepest for g in models.values()), default=0)
    return sign(
        render(
            Program(
                text,
                _imports(used, own, found, KERAS_IMPORTS[api] if needs_keras else "", trained),
                preamble(own),
                (
                    *registered,
                    *trained.constants,
                    *parts_of(constants),
                    *parts_of(functions),
                    *trained.functions,
                    *trained.end,
                ),
                own=own,
                recursion_limit=recursion_limit(deepest),
            )
        )
    )


def _makers_of_data(training: Sequence[Experiment]) -> set[str]:
    """Name the functions that give data, which no saved model refers to."""
    sources = (source for e in training for source in (e.data, e.validation, e.test))
    return {s.function.name for s in sources if s is not None and s.function is not None}


def _imports(
    used: set[str],
    own: OwnNames,
    found: Sequence[tuple[str, str, str]],
    keras_line: str,
    trained: TrainingCode,
) -> tuple[tuple[str, ...], ...]:
    standard = [f"import {name}" for name in ("functools", "itertools", "math") if name in used]
    standard += ["import sys"] if "deep_model" in own.helpers else []
    others = [*import_lines(found, keras_line), *trained.others]
    return grouped([*standard, *trained.standard], others, trained.before_keras)


def _words(
    module: ModuleWriter, hyperparameters: Hyperparameters, api: Api, data_folder: str
) -> Words:
    """Tell how the settings of `train` blocks are spelled: as they are written, in terms of hyperparameters."""
    unit = module.unit

    def writer(experiment: Experiment) -> Writer:
        scope = module.root(unit).inner()
        for h in experiment.hyperparameters:
            scope.bindings[h.name] = Piece(code.name(kept_name(h.name)), VALUE)
        return Writer(module, unit, scope, Locals(()))

    def taken(experiment: Experiment) -> frozenset[str]:
        return module.taken | {h.name for h in experiment.hyperparameters}

    def value(experiment: Experiment, expr: tree.Expr) -> ast.expr:
        return spelled_out(writer(experiment).value(expr), taken(experiment))

    def default(experiment: Experiment, hyperparameter: Hyperparameter) -> ast.expr | None:
        reached = hyperparameters.reached.get(f"train {experiment.model}", {})
        declared = [h.parameter for h in experiment.hyperparameters]
        if uses_others(hyperparameter.parameter, declared):
            return code.literal(hyperparameter.value, frozen=True)
        w = writer(experiment)
        found = default_of(w, hyperparameter.parameter, declared, dict(reached))
        return None if found is None else spelled_out(found, taken(experiment))

    return Words(
        model_functions(unit).__getitem__,
        Written(value, default),
        lambda function: function.name,
        stem_of(unit.file),
        api == "tf.keras",
        module.taken,
        data_folder,
    )
