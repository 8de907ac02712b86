"""A run's model, made again: the spec in the folder is compiled anew, and only weights are read from the model's file.

A folder may come from a stranger. Its Python is never imported; functions of the user's own, which its spec may name,
run only where that is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zipfile import BadZipFile

from netdsl.catalog.kind import BoundLayer, ExternFunction, ObjectValue
from netdsl.compiler import Api, Compiled, compile_source
from netdsl.elaborate.files.loading import load as load_spec
from netdsl.elaborate.files.loading import read_file
from netdsl.elaborate.scope.hyperparameters import Settings
from netdsl.elaborate.training.experiment import Experiment
from netdsl.extras import BACKENDS
from netdsl.foreign import Foreign, Plain
from netdsl.graph import Graph, Node, inner_graphs
from netdsl.record import record
from netdsl.source import SourceFile
from netdsl.training.folder.reading import Recorded
from netdsl.training.run.loading import Module, choose_backend, load_module
from netdsl.training.run.overrides import with_settings, without

#: What is of no use any more: how the work was shared out, for the machine may be another now and one device does, and
#: the weights that training began with, which may be gone since.
OF_TRAINING = ("distribute", "start_from")


class NotRevived(Exception):
    """The model of a run cannot be made again; says why."""


class NotTrusted(NotRevived):
    """The spec names functions of the user's own, and nobody said that they may run."""


@record(eq=False)
class Revived:
    """A run with its spec compiled anew."""

    run: Recorded
    compiled: Compiled
    experiment: Experiment


def compile_run(run: Recorded, settings: dict[str, Plain], model: str | None = None) -> Revived:
    """Compile the spec of a run at the hyperparameters that it had.

    The file goes by the name that it had when it was trained, where that is still there: paths of data are relative
    to it. Its text, and that of what it imports, is the run's own.
    """
    kept = run.spec
    name = run.text("spec") if os.path.isdir(os.path.dirname(run.text("spec"))) else str(kept)
    beside = os.path.dirname(os.path.abspath(name))

    def load(path: str) -> str:
        own = kept.parent / os.path.relpath(os.path.abspath(path), beside)
        return load_spec(str(own), str(kept))

    file = SourceFile(name, read_file(str(kept), regular=True))
    compiled = compile_source(file, load, settings=Settings(settings, None))
    errors = [d for d in compiled.diagnostics if d.severity == "error"]
    if errors:
        raise NotRevived(f"the spec in `{run.folder}` no longer compiles: {errors[0].message}")
    try:
        experiment = compiled.experiment(model or run.model or None)
    except LookupError as error:
        raise NotRevived(str(error)) from error
    overrides = run.environment.get("overrides")
    numbers = overrides.items() if isinstance(overrides, dict) else ()
    given = {str(k): v for k, v in numbers if isinstance(v, int) and k in ("epochs", "batch_size")}
    compiled = without(
        with_settings(compiled, experiment.model, given), experiment.model, OF_TRAINING
    )
    return Revived(run, compiled, compiled.experiment(experiment.model))


def load_run(revived: Revived, *, trust: bool) -> Module:
    """Load the module that the spec of a run gives; raises NotTrusted where it would run code of the user's own."""
    own = sorted(set(own_code(revived.experiment)))
    if own and not trust:
        raise NotTrusted(
            f"the spec of `{revived.run.folder}` runs code of its own, {', '.join(f'`{name}`' for name in own)}: "
            "say --trust where you know it"
        )
    backend = revived.run.text("backend") or None
    choose_backend(backend if backend in BACKENDS else None)
    api: Api = "keras" if revived.run.text("api") == "keras" else "tf.keras"
    name = revived.run.text("name") or "spec"
    model = revived.experiment.model
    return load_module(revived.compiled, model, api, name, imports_beside=trust and bool(own))


def own_code(experiment: Experiment) -> Iterator[str]:
    """Name the functions and classes of the user's own that an experiment runs."""
    for source in (experiment.data, experiment.validation, experiment.test):
        if source is not None and source.function is not None:
            yield source.function.name
    for setting in experiment.settings.values():
        yield from _named_in(setting.value)
    pending: list[Graph] = [experiment.graph]
    seen: set[int] = set()
    while pending:
        graph = pending.pop()
        if id(graph) in seen:
            continue
        seen.add(id(graph))
        for operation in graph.operations():
            if operation.module:
                yield operation.kind
            yield from _named_in(operation.bound)
        pending.extend(inner_graphs(graph))


def _named_in(value: object) -> Iterator[str]:
    pending = [value]
    while pending:
        found = pending.pop()
        if isinstance(found, ExternFunction):
            yield found.name
        elif isinstance(found, BoundLayer):
            if found.module:
                yield str(found.kind)
            pending.extend(found.arguments.values())
        elif isinstance(found, ObjectValue):
            if found.module:
                yield found.name
            pending.extend(found.arguments.values())
        elif isinstance(found, dict):
            pending.extend(found.values())
        elif isinstance(found, (list, tuple)):
            pending.extend(found)


def revive(revived: Revived, module: Module) -> Foreign:
    """Make the model of a run, compiled, with the weights that it was saved with."""
    path = revived.run.model_file
    if not path.is_file():
        raise NotRevived(
            f"`{revived.run.folder}` holds no {path.name}: the run did not come to its end"
        )
    try:
        return _with_what_was_learned(path, revived, module)
    except (ValueError, TypeError, OSError, KeyError, BadZipFile) as error:
        reason = " ".join(str(error).split())[:300]
        raise NotRevived(f"`{path}` is not the model of its spec: {reason}") from error


def _with_what_was_learned(path: Path, revived: Revived, module: Module) -> Foreign:
    import keras

    if _is_read_whole(revived.experiment.graph):
        # By Keras's own loader, which runs no code in safe mode.
        try:
            model = keras.saving.load_model(path, compile=False, safe_mode=True)
        except (ValueError, TypeError, OSError) as error:
            reason = " ".join(str(error).split())[:300]
            raise NotRevived(f"Keras does not read `{path}`: {reason}") from error
        module.compile_model(model)
        return model
    model = module.make_model()
    model.optimizer.build(model.trainable_variables)  # else its numbers are skipped, with a warning
    model.load_weights(path)
    return model


def _is_read_whole(graph: Graph) -> bool:
    """Tell whether a model is more than what its spec makes: weights are not all that a layer of it has learned.

    Or making it fetches weights, which are written over at once.
    """
    return any(
        _learns(node) or node.operation.bound.get("weights") == "imagenet" for node in graph.nodes
    ) or any(_is_read_whole(inner) for inner in inner_graphs(graph))


def _learns(node: Node) -> bool:
    definition = node.operation.definition
    learns = definition.learns if definition is not None else None
    return learns is not None and learns(node.operation.bound)


def with_data(revived: Revived, path: Path) -> Revived:
    """Give a run other data of the same kind: the source of its spec with another path, and nothing set apart of it."""
    from netdsl.elaborate.training.experiment import DataSource
    from netdsl.syntax import tree

    plans = []
    for plan in revived.compiled.training:
        source = plan.settings.get("data")
        if plan.model != revived.experiment.model or not isinstance(source, DataSource):
            plans.append(plan)
            continue
        where = str(path.resolve())
        arguments = {**source.arguments, "path": where}
        written = plan.trees["data"]
        assert isinstance(written, tree.Call)
        first, *others = written.arguments
        changed = replace(
            written, arguments=(replace(first, value=tree.Literal(first.span, where)), *others)
        )
        left_out = ("validation", "test", "validation_split", "test_split", "steps_per_epoch")
        plans.append(
            replace(
                plan,
                settings={
                    **{k: v for k, v in plan.settings.items() if k not in left_out},
                    "data": DataSource(source.kind, arguments, source.places, source.span),
                },
                trees={
                    **{k: v for k, v in plan.trees.items() if k not in left_out},
                    "data": changed,
                },
            )
        )
    compiled = replace(revived.compiled, training=tuple(plans))
    return Revived(revived.run, compiled, compiled.experiment(revived.experiment.model))
