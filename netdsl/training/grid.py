"""The grid of what a spec says may be tried: its members with parameters, cost and memory, without TensorFlow."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import prod

from netdsl.compiler import Compiled
from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.elaborate.training.experiment import Experiment, Hyperparameter
from netdsl.foreign import Plain
from netdsl.record import record

#: More members than this are not listed: the first so many are, and that is said.
MOST_MEMBERS = 500

Compile = Callable[[Mapping[str, Plain]], Compiled]


@record(eq=False)
class Member:
    """One choice of each hyperparameter, with what comes of it; `problem` is what makes it illegal."""

    values: Mapping[str, Plain]
    parameters: int | None = None
    macs: int | None = None
    memory: int | None = None
    problem: Diagnostic | None = None

    @property
    def is_legal(self) -> bool:
        return self.problem is None


def tried(experiment: Experiment) -> list[Hyperparameter]:
    """Give the hyperparameters of which the spec says what may be tried."""
    return [h for h in experiment.hyperparameters if h.tried is not None]


def values_of(hyperparameter: Hyperparameter) -> list[Plain]:
    """Give the choices of a hyperparameter; of a range its ends and the default."""
    assert hyperparameter.tried is not None
    values: list[Plain] = list(hyperparameter.tried.values)
    if hyperparameter.tried.kind == "range":
        values = sorted(dict.fromkeys([*values, hyperparameter.value]))
    return values


def size_of(hyperparameters: Sequence[Hyperparameter]) -> int:
    """Count the members of a grid."""
    return prod(len(values_of(h)) for h in hyperparameters)


def members(experiment: Experiment, compile_at: Compile) -> Iterator[Member]:
    """Compile each member of the grid in turn."""
    hyperparameters = tried(experiment)
    names = [h.name for h in hyperparameters]
    for values in itertools.product(*map(values_of, hyperparameters)):
        yield member_at(dict(zip(names, values, strict=True)), experiment.model, compile_at)


def member_at(values: Mapping[str, Plain], model: str, compile_at: Compile) -> Member:
    """Compile one member."""
    from netdsl.analyse.memory import Setup, training_memory
    from netdsl.report.summary import totals_dict

    compiled = compile_at(values)
    first = next((d for d in compiled.diagnostics if d.severity == "error"), None)
    if first is not None:
        return Member(values, problem=first)
    experiment = compiled.experiment(model)
    totals = totals_dict(experiment.graph)
    precision = experiment.value("precision", "float32")
    setup = Setup(str(precision), experiment.value("optimizer", "rmsprop"))
    memory = training_memory(experiment.graph, setup).at(experiment.batch_size)
    return Member(values, totals["parameters"], totals["macs"], memory)
