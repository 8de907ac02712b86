"""`train` blocks as experiments: what was read of each, with the inputs and outputs of its model."""

from __future__ import annotations

import os
from collections.abc import Iterator

from netdsl.analyse.advice.ends import end_of
from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.problems import training as problems
from netdsl.diagnostics.problems.names import UnusedName
from netdsl.elaborate.training.experiment import Experiment, Port, Setting, Strategy
from netdsl.elaborate.training.lacking import lacking_on
from netdsl.elaborate.training.losses import loss_of
from netdsl.elaborate.training.plan import TrainPlan
from netdsl.graph import Graph, Ref
from netdsl.syntax.walk import free_names
from netdsl.value import Value


def experiment_of(plan: TrainPlan) -> Experiment | None:
    """Give a block as an experiment; None where its model could not be made."""
    graph = plan.graph
    if graph is None or not graph.complete:
        return None
    declared = {h.name for h in plan.hyperparameters if h.is_of_block}
    settings = {
        name: Setting(name, value, plan.spans[name], plan.trees[name], _used(plan, name, declared))
        for name, value in plan.settings.items()
    }
    losses = loss_of(plan, graph)
    return Experiment(
        plan.model,
        plan.span,
        graph,
        settings,
        tuple(plan.hyperparameters),
        tuple(_input(graph, number) for number in graph.inputs),
        tuple(_output(graph, name, ref, losses.get(name)) for name, ref in graph.outputs.items()),
        _folder(plan.span.file.name),
        plan.docstring,
    )


def other_engine(experiment: Experiment, api: str | None, backend: str | None) -> Diagnostic | None:
    """Report an API or a backend that was asked for and that a block does not run on: by its strategy or its inputs."""
    needed, setting = experiment.backend, experiment.settings.get("distribute")
    if backend is not None and (
        found := lacking_on(experiment.graph, backend, f"--backend {backend}")
    ):
        return found
    if needed is None or setting is None or not isinstance(setting.value, Strategy):
        return None
    asked = f"--api {api}" if needed == "jax" and api == "tf.keras" else ""
    asked = f"--backend {backend}" if backend not in (None, needed) else asked
    if not asked:
        return None
    module, name = (
        ("keras.distribution, on JAX", "JAX")
        if needed == "jax"
        else ("tf.distribute", "TensorFlow")
    )
    return problems.OtherEngine.at(
        setting.span,
        f"it is of {module}, and `{asked}` asks for another",
        name=setting.value.kind,
        backend=name,
        help=f"leave `{asked}` out, or share the work by `{_OTHERS[needed]}`",
    )


#: What shares the work on the other backend.
_OTHERS = {"jax": "distribute = MirroredStrategy()", "tensorflow": "distribute = DataParallel()"}


def unused_hyperparameters(plan: TrainPlan) -> Iterator[Diagnostic]:
    """Give a diagnostic for each hyperparameter of a block that no setting reads and that its model has not."""
    written = [*plan.trees.values()]
    written += [h.parameter.default for h in plan.hyperparameters if h.parameter.default]
    read = {name for expr in written for name in free_names(expr)}
    for hyperparameter in plan.hyperparameters:
        name = hyperparameter.name
        if not hyperparameter.reaches_model and name not in read and not name.startswith("_"):
            yield UnusedName.at(
                hyperparameter.parameter.name_span,
                f"no setting reads it, and `{plan.model}` has no such hyperparameter",
                name=name,
                help="use it or leave it out",
            )


def _used(plan: TrainPlan, name: str, declared: set[str]) -> tuple[str, ...]:
    named = declared & set(free_names(plan.trees[name]))
    return tuple(h.name for h in plan.hyperparameters if h.name in named)


def _input(graph: Graph, number: int) -> Port:
    node = graph.nodes[number]
    return Port(node.name, graph.spec(Ref(number)), node.name, node.origin.span)


def _output(graph: Graph, name: str, ref: Ref, loss: Value) -> Port:
    node = graph.nodes[ref.node]
    return Port(
        name,
        graph.spec(ref),
        node.name,
        node.origin.span,
        end_of(graph, ref).activation,
        loss,
    )


def _folder(file_name: str) -> str:
    """Give the folder of a spec; standard input stands in the current one."""
    return "" if file_name.startswith("<") else os.path.dirname(file_name)
