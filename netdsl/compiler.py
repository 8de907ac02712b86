"""The pipeline: source text in, diagnostics, graphs and Python out.

    source -> syntax tree -> linked units -> graphs -> findings -> Python

`compile_source` is what the command line, the Python API and the tests call. It raises for no spec.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence, Sized
from dataclasses import field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from netdsl.analyse import experiments, verification
from netdsl.analyse.advice import advise
from netdsl.analyse.advice.view import Surroundings, View
from netdsl.analyse.declarations import unused_names
from netdsl.analyse.many_axes import too_many_axes
from netdsl.analyse.releases import check_releases
from netdsl.analyse.reloading import not_found_again
from netdsl.analyse.selection import Selection, select
from netdsl.analyse.sizes import check_sizes
from netdsl.analyse.structure import check_structure, deepest_chain
from netdsl.catalog.versions import Releases
from netdsl.collector import collector_paused
from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.not_text import not_text
from netdsl.diagnostics.sink import Diagnostics, in_order
from netdsl.diagnostics.spared import if_it_works
from netdsl.elaborate.elaborator import Elaboration, elaborate
from netdsl.elaborate.files.linking import Loader, Unit, link
from netdsl.elaborate.files.loading import loader_beside, read_file
from netdsl.elaborate.scope.hyperparameters import (
    Hyperparameters,
    Settings,
    own_models,
    unreached_setting,
)
from netdsl.fixes import verify_fixes
from netdsl.foreign import Foreign, Plain
from netdsl.graph import Graph
from netdsl.record import record
from netdsl.source import SourceFile, Span
from netdsl.stack import on_own_stack
from netdsl.target import Api as Api
from netdsl.value import Document
from netdsl.version import __version__

if TYPE_CHECKING:
    from netdsl.elaborate.training.experiment import Experiment
    from netdsl.elaborate.training.plan import TrainPlan
    from netdsl.picture.costs import Costs
    from netdsl.picture.picture import Direction, Form, Theme


@record(eq=False)
class CompiledModel:
    """One model of a compiled file."""

    net: Graph
    file_name: str
    diagnostics: tuple[Diagnostic, ...] = ()

    def __repr__(self) -> str:
        return f"<CompiledModel {self.name} of {self.file_name}>"

    @property
    def name(self) -> str:
        return self.net.name

    @property
    @on_own_stack
    def graph(self) -> Foreign:
        """A networkx.MultiDiGraph: a node per layer application, an edge per tensor."""
        return self.net.as_networkx()

    def verify(self) -> None:
        """Prove the graph with networkx, once; raises BrokenGraph, which is a mistake of netdsl's own."""
        with collector_paused():
            verification.verify(self.net)

    @on_own_stack
    def summary(self) -> Document:
        """The dict that `netdsl summary --format json` prints."""
        from netdsl.diagnostics.json import as_dict
        from netdsl.report.summary import summary_dict

        self.verify()
        told = [as_dict(d) for d in self.diagnostics if d.severity != "advice"]
        return summary_dict(self.net, self.file_name) | {"diagnostics": told}

    @on_own_stack
    def picture(
        self,
        *,
        depth: int | None = None,
        theme: Theme = "light",
        direction: Direction = "down",
        costs: Costs | None = None,
        form: Form = "auto",
    ) -> str:
        """The SVG that `netdsl graph` draws."""
        from netdsl.picture.picture import Options, svg_of

        self.verify()
        return svg_of(self.net, Options(depth, theme, direction, costs, form))

    @property
    def layers(self) -> list[Document]:
        return list(self.summary()["layers"])

    @property
    def inputs(self) -> list[Document]:
        return list(self.summary()["inputs"])

    @property
    def outputs(self) -> list[Document]:
        return list(self.summary()["outputs"])

    @property
    def totals(self) -> Document:
        return dict(self.summary()["totals"])


@record(eq=False)
class Compiled:
    """What compiling a file gave; `ok` is False where there is an error, and nothing is then emitted."""

    unit: Unit
    diagnostics: tuple[Diagnostic, ...]
    graphs: Mapping[str, Graph]
    settings: Settings = field(default_factory=Settings)
    hyperparameters: Hyperparameters = field(default_factory=Hyperparameters)
    training: tuple[TrainPlan, ...] = ()
    releases: Releases | None = None  # of Keras, that the code is to run on

    def __repr__(self) -> str:
        state = "ok" if self.ok else "with errors"
        return f"<Compiled {self.file.name}, {state}: {', '.join(self.models) or 'no model'}>"

    @property
    def file(self) -> SourceFile:
        return self.unit.file

    @property
    def ok(self) -> bool:
        return not _has_errors(self.diagnostics)

    @property
    def unused_settings(self) -> tuple[str, ...]:
        """The names of the hyperparameters that were given and reached no model."""
        return self.hyperparameters.unused(self.settings)

    @property
    def models(self) -> tuple[str, ...]:
        return tuple(self.graphs)

    def model(self, name: str | None = None) -> CompiledModel:
        """Give a model by its name, or the last of the file; raises LookupError where there is none."""
        if name is None:
            if not self.graphs:
                raise LookupError(f"{self.file.name} has no model that could be made")
            name = list(self.graphs)[-1]
        if name not in self.graphs:
            known = ", ".join(self.graphs) or "no model"
            raise LookupError(f"{self.file.name} has no model {name!r}: it has {known}")
        return CompiledModel(self.graphs[name], self.file.name, self.diagnostics)

    @cached_property
    def experiments(self) -> tuple[Experiment, ...]:
        """The `train` blocks of the file, in order, each with the model that it trains."""
        found = (experiments.experiment_of(plan) for plan in self.training)
        return tuple(experiment for experiment in found if experiment is not None)

    def experiment(self, model: str | None = None) -> Experiment:
        """Give the training of a model by the model's name, or the last of the file; raises LookupError for none."""
        found = {experiment.model: experiment for experiment in self.experiments}
        if not found:
            raise LookupError(f"{self.file.name} has no `train` block that could be read")
        name = list(found)[-1] if model is None else model
        if name not in found:
            raise LookupError(f"{self.file.name} trains no {name!r}: it trains {', '.join(found)}")
        return found[name]

    def other_engines(self, api: Api | None) -> tuple[Diagnostic, ...]:
        """What does not run on an API that was asked for."""
        found = (experiments.other_engine(e, api, None) for e in self.experiments)
        return tuple(diagnostic for diagnostic in found if diagnostic is not None)

    @on_own_stack
    def emit(
        self,
        api: Api | None = None,
        *,
        flat: bool = False,
        training: bool = True,
        target: str | os.PathLike[str] | None = None,
    ) -> str:
        """Write the generated Python; raises ValueError where the spec has errors, or does not run on this API.

        Without an API it is `tf.keras`, or `keras` where devices share the work by `keras.distribution`. Without
        `training` it has the models alone, and imports nothing that only data and training need. `target` is the file
        that it is written to: paths of data are relative to the spec, wherever the module lies.
        """
        if not self.ok:
            raise ValueError(f"{self.file.name} has errors, so there is no Python for it")
        wrong = self.other_engines(api)
        if wrong:
            raise ValueError(f"{wrong[0].message}; {wrong[0].help}")
        api = api or ("keras" if any(e.backend == "jax" for e in self.experiments) else "tf.keras")
        with collector_paused():
            for graph in self.graphs.values():
                verification.verify(graph)
            found = self.experiments if training else ()
            return self._written(api, found, _way_to_data(self.file.name, target), flat=flat)

    def _written(
        self, api: Api, trained: Sequence[Experiment], data_folder: str, *, flat: bool
    ) -> str:
        if flat:
            from netdsl.emit.flat import emit_flat

            return emit_flat(
                self.unit,
                self.graphs,
                api=api,
                version=__version__,
                training=trained,
                data_folder=data_folder,
                releases=self.releases,
            )
        from netdsl.emit.structured import emit_structured

        return emit_structured(
            self.unit,
            self.graphs,
            api=api,
            settings=self.settings.values,
            hyperparameters=self.hyperparameters,
            version=__version__,
            training=trained,
            data_folder=data_folder,
            releases=self.releases,
        )

    @cached_property
    def source(self) -> str:
        """The generated Python, which keeps the spec's structure."""
        return self.emit()

    @cached_property
    def flat_source(self) -> str:
        """The generated Python of the elaborated graph, a line a layer."""
        return self.emit(flat=True)

    def build(self, name: str | None = None, *, flat: bool = False) -> Foreign:
        """Run the generated source, written for the Keras that is installed, and give the live keras.Model."""
        from netdsl.building import build_model, installed_releases

        written = replace(self, releases=installed_releases())
        return build_model(written, self.model(name).name, flat=flat)


def _way_to_data(spec: str, target: str | os.PathLike[str] | None) -> str:
    """Give the way from the folder of a module to that of its spec, "" where they lie side by side."""
    if target is None:
        return ""
    there = os.path.dirname(os.path.abspath(spec)) if os.path.exists(spec) else os.getcwd()
    try:
        way = os.path.relpath(there, os.path.dirname(os.path.abspath(target)))
    except ValueError:  # another drive
        way = there
    return "" if way == "." else way.replace(os.sep, "/")


@on_own_stack
def compile_source(
    file: SourceFile,
    loader: Loader,
    *,
    settings: Settings | Mapping[str, Plain] | None = None,
    sizes: Mapping[str, int] | None = None,
    selection: Selection | None = None,
    surroundings: Surroundings | None = None,
    releases: Releases | None = None,
) -> Compiled:
    """Compile one file; `loader` gives the text of the files it imports, by path.

    `settings` gives values of hyperparameters. `sizes` puts numbers for symbolic dimensions of the models' inputs, to
    try a net at them; `selection` says which warnings and advice are wanted, `surroundings` what advice about a device
    is to assume; `releases` are those of Keras that the code is to run on, that of the catalogue where none are said.
    """
    selection, surroundings = selection or Selection(), surroundings or Surroundings()
    settings = settings if isinstance(settings, Settings) else Settings(settings or {})
    unit, elaboration, found = _compile_once(file, loader, settings, sizes or {}, releases)
    advised = not _has_errors(found)
    if advised:
        found = (*found, *_advice(elaboration, surroundings))
    else:  # first things first
        found = tuple(d for d in found if d.severity != "advice")
    found = tuple(select(in_order(found), unit.all_modules(), selection, unit.library()))

    left = NODES_TRIED if _effort(elaboration, found) < NODES_TRIED else 0

    def recompile(changed: SourceFile) -> tuple[Diagnostic, ...] | None:
        tried = if_it_works(lambda: [compiled_again(changed)])
        return tried[0] if tried else None

    def compiled_again(changed: SourceFile) -> tuple[Diagnostic, ...] | None:
        nonlocal left
        if left <= 0:
            return None
        unit, elaboration, after = _compile_once(changed, loader, settings, sizes or {}, releases)
        left -= _effort(elaboration, after)
        if advised and not _has_errors(after):  # advice that an error hid is no fault of a fix
            after = (*after, *_advice(elaboration, surroundings))
        return tuple(select(after, unit.all_modules(), selection, unit.library()))

    return Compiled(
        unit,
        verify_fixes(file, found, recompile),
        elaboration.graphs,
        settings,
        elaboration.hyperparameters,
        tuple(elaboration.training),
        releases,
    )


def _has_errors(found: Iterable[Diagnostic]) -> bool:
    return any(d.severity == "error" for d in found)


def _advice(elaboration: Elaboration, surroundings: Surroundings) -> tuple[Diagnostic, ...]:
    found = Diagnostics()
    for diagnostic in if_it_works(lambda: unused_names(elaboration.unit.module)):
        found.report(diagnostic)
    for training in elaboration.training:
        for diagnostic in experiments.unused_hyperparameters(training):
            found.report(diagnostic)
    plans = {training.model: training for training in elaboration.training}
    for name, own in elaboration.graphs.items():
        plan = plans.get(name)
        graph = own if plan is None or plan.graph is None else plan.graph  # as it is trained
        if graph.complete:
            view = View(graph, plan, surroundings)
            for diagnostic in if_it_works(partial(advise, view)):
                found.report(diagnostic)
    return tuple(found)


#: How many layers may be compiled again, in all, to try fixes, what one takes of work and of text, and how many of
#: them a mistake takes, which is worded each time.
NODES_TRIED = 10_000
STEPS_OF_A_LAYER = 20
TEXT_OF_A_LAYER = 30
LAYERS_OF_A_MISTAKE = 10


def _effort(elaboration: Elaboration, found: Sized) -> int:
    """Say how much a compilation took, as a number of layers; what is imported is read again each time."""
    read = sum(len(file.text) for file in elaboration.unit.all_modules())
    text = read // TEXT_OF_A_LAYER
    return elaboration.steps // STEPS_OF_A_LAYER + text + len(found) * LAYERS_OF_A_MISTAKE + 1


def _compile_once(
    file: SourceFile,
    loader: Loader,
    settings: Settings,
    sizes: Mapping[str, int],
    releases: Releases | None,
) -> tuple[Unit, Elaboration, tuple[Diagnostic, ...]]:
    diagnostics = Diagnostics()
    with collector_paused():
        unit = link(file, loader, diagnostics)
        elaboration = elaborate(unit, diagnostics, settings, sizes, releases)
        _analyse(elaboration, diagnostics, releases)
    return unit, elaboration, tuple(diagnostics)


def _analyse(elaboration: Elaboration, diagnostics: Diagnostics, releases: Releases | None) -> None:
    trained = [plan.graph for plan in elaboration.training if plan.graph is not None]
    for graph in {id(graph): graph for graph in (*elaboration.graphs.values(), *trained)}.values():
        graph.deepest = deepest_chain(graph)
        if graph.complete and not elaboration.unit.is_broken:
            check_structure(graph, diagnostics.report)
            for found in (*not_found_again(graph), *too_many_axes(graph)):
                diagnostics.report(found)
            check_sizes(graph, diagnostics.report)
        if releases is not None:
            check_releases(graph, releases, diagnostics.report)


def compile_file(path: str | Path, **hyperparameters: Plain) -> Compiled:
    """Compile a `.net` file at the given hyperparameters; raises OSError where it cannot be read."""
    try:
        file = SourceFile(str(path), read_file(os.fspath(path)))
    except UnicodeDecodeError as error:
        file = SourceFile(str(path), "")
        return _also(compile_source(file, loader_beside(file.name)), [not_text(file, error)])
    return _compile_with(file, hyperparameters)


def compile_text(text: str, *, name: str = "spec.net", **hyperparameters: Plain) -> Compiled:
    """Compile a spec given as text; imports are looked up relative to `name`."""
    return _compile_with(SourceFile(name, text), hyperparameters)


def _compile_with(file: SourceFile, hyperparameters: Mapping[str, Plain]) -> Compiled:
    """Compile at hyperparameters that come from Python: one that reaches no model is an error."""
    compiled = compile_source(file, loader_beside(file.name), settings=hyperparameters)
    start, models = Span(file, 0, 0), own_models(compiled.unit, compiled.hyperparameters)
    unknown = [unreached_setting(n, start, models) for n in compiled.unused_settings]
    return _also(compiled, unknown) if unknown else compiled


def _also(compiled: Compiled, found: Iterable[Diagnostic]) -> Compiled:
    return replace(compiled, diagnostics=(*found, *compiled.diagnostics))
