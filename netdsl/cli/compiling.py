"""Compiles the files of a command line: what `compile`, `check` and `summary` share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netdsl.catalog.versions import Releases
from netdsl.cli.configuration import Configuration, configuration_for
from netdsl.cli.files import read_spec, whole
from netdsl.cli.output import Findings
from netdsl.diagnostics.problems import files as problems
from netdsl.elaborate.files.loading import loader_beside
from netdsl.record import record
from netdsl.source import SourceFile
from netdsl.syntax import tree
from netdsl.syntax.walk import walk

if TYPE_CHECKING:
    from netdsl.cli.settings import Given
    from netdsl.compiler import Compiled

SET_HELP = "A hyperparameter's value, written as in a spec; may be repeated."
AT_HELP = "Put numbers for symbolic dimensions of the inputs, and see what comes of it."


@record
class CompiledFile:
    """A file of the command line with what came of it; `path` is as it was typed."""

    path: str
    file: SourceFile
    compiled: Compiled


def compile_files(
    paths: Sequence[str],
    findings: Findings,
    *,
    settings: Sequence[str] = (),
    sizes: Sequence[str] = (),
    advice: Configuration | None = None,
    model: str | None = None,
    keras: Releases | None = None,
) -> list[CompiledFile]:
    """Compile each file that can be read; what is found goes to `findings`, advice only where it is wanted.

    Settings are for `model` alone, where one is named. `keras` are the releases that the code is to run on, those of
    the project where none are said.
    """
    given = _read_options(settings, sizes, findings)
    done = []
    for path in dict.fromkeys(paths):
        file = read_spec(path)
        if isinstance(file, SourceFile):
            own = advice or Configuration(keras=keras)
            wanted = configuration_for(path, findings.fail).under(own)
            compiled = _compile(file, given, wanted, model)
            done.append(CompiledFile(path, file, compiled))
            findings.report(d for d in compiled.diagnostics if advice or d.severity != "advice")
        else:
            findings.fail(file)
    if done and not findings.failed:
        _check_options(given, done, model, findings)
    return done


def _read_options(settings: Sequence[str], sizes: Sequence[str], findings: Findings) -> Given:
    from netdsl.cli.settings import Given, read_settings, read_sizes

    return Given(read_settings(settings, findings.fail), read_sizes(sizes, findings.fail))


def _compile(file: SourceFile, given: Given, wanted: Configuration, model: str | None) -> Compiled:
    from netdsl.analyse.advice.view import Surroundings
    from netdsl.analyse.selection import Selection
    from netdsl.compiler import compile_source
    from netdsl.elaborate.scope.hyperparameters import Settings

    settings = Settings({name: value for name, (value, _) in given.settings.items()}, model)
    sizes = {name: size for name, (size, _) in given.sizes.items()}
    return compile_source(
        file,
        loader_beside(file.name),
        settings=settings,
        sizes=sizes,
        selection=Selection(wanted.select, wanted.ignore),
        surroundings=Surroundings(wanted.device, wanted.batch, wanted.usual_batch),
        releases=wanted.keras,
    )


def _check_options(
    given: Given, done: Sequence[CompiledFile], wanted: str | None, findings: Findings
) -> None:
    """Report a setting that reaches no model, and a size of a dimension that no input has."""
    from netdsl.cli.settings import unknown_size
    from netdsl.elaborate.scope.hyperparameters import own_models, unreached_setting

    models = [m for i in done for m in own_models(i.compiled.unit, i.compiled.hyperparameters)]
    named = [model for model in models if wanted in (None, model.name)]
    for name, (_, span) in given.settings.items():
        if named and all(name in item.compiled.unused_settings for item in done):
            findings.fail(unreached_setting(name, span, named))
    dimensions = sorted({name for model in models for name in symbolic_dimensions(model.node)})
    for name, (_, span) in given.sizes.items():
        if name not in dimensions:
            findings.fail(unknown_size(name, span, dimensions))


def symbolic_dimensions(model: tree.Model) -> set[str]:
    """Give the names that a model's inputs use as dimensions: `H` and `W` for [H, W, 3]."""
    inputs = [s for s in model.body.statements if isinstance(s, tree.Input) and s.type is not None]
    dims = [dim for s in inputs if s.type is not None for dim in s.type.dims]
    names = {node.id for dim in dims for node in walk(dim) if isinstance(node, tree.Name)}
    return names - {parameter.name for parameter in model.parameters}


def has_model(item: CompiledFile, name: str | None, findings: Findings) -> bool:
    """Tell whether a file declares the model asked for, any at all without a name; report where it does not."""
    models = item.compiled.models
    if name in models or (name is None and models):
        return True
    if not item.compiled.ok:
        return False  # what is wrong with it has been reported, the model may be what could not be read
    declared = ", ".join(f"`{model}`" for model in models)
    findings.fail(
        problems.UnknownModel.at(
            whole(item.file.name),
            f"it declares {declared}" if declared else "it declares no model",
            name=name or "model",
        )
    )
    return False
