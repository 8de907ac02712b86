"""What the commands on `train` blocks share: finding the block, and saying what is missing."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from netdsl.catalog.versions import Releases
from netdsl.cli.compiling import CompiledFile, compile_files
from netdsl.cli.files import STDIN
from netdsl.cli.output import Findings, tell

if TYPE_CHECKING:
    from netdsl.compiler import Compiled
    from netdsl.elaborate.training.experiment import Experiment
    from netdsl.foreign import Plain
    from netdsl.training.grid import Compile

#: What to paste into a spec that says nothing of training.
BLOCK = """\
train {model} {{
    data = {data}
    optimizer = Adam(1e-3)
    loss = {loss}
    metrics = [{metric}]
    epochs = 10
    batch_size = 32
    validation_split = 0.2
}}
"""


def compile_experiment(
    file: str,
    settings: Sequence[str],
    model: str | None,
    findings: Findings,
    keras: Releases | None = None,
) -> tuple[CompiledFile, Experiment] | int:
    """Compile a file and find the `train` block that is meant, or give the exit status after saying why not."""
    compiled = compile_files([file], findings, settings=settings, model=model, keras=keras)
    if not compiled or findings.status:
        return findings.finish() or 1
    item = compiled[0]
    trained = [experiment.model for experiment in item.compiled.experiments]
    if not trained:
        findings.finish()
        tell(_to_paste(item))
        return 1
    if model is None and len(trained) > 1:
        findings.finish()
        each = ", ".join(f"`--model {name}`" for name in trained)
        tell(f"{item.file.name} trains several models; say which: {each}\n")
        return 2
    if model is not None and model not in trained:
        findings.finish()
        each = ", ".join(f"`{name}`" for name in trained)
        tell(f"{item.file.name} has no `train` block for `{model}`; it trains {each}\n")
        return 2
    return item, item.compiled.experiment(model)


def _to_paste(item: CompiledFile) -> str:
    """Write a `train` block for the file's last model, to be pasted."""
    if not item.compiled.models:
        return f"{item.file.name} has no model to train\n"
    name = item.compiled.models[-1]
    graph = item.compiled.graphs[name]
    outputs = [graph.spec(ref) for ref in graph.outputs.values()]
    last = outputs[0].shape[-1] if outputs and outputs[0].rank > 1 else 1
    ends = _activation(item, name)
    loss, metric = "mse", "mae"
    if ends == "softmax":
        loss, metric = "sparse_categorical_crossentropy", "accuracy"
    elif ends == "sigmoid":
        loss, metric = "binary_crossentropy", "accuracy"
    pictures = graph.nodes[graph.inputs[0]].flat_outputs[0].rank == 4 if graph.inputs else False
    data = 'image_folder("pictures")' if pictures and last != 1 else 'npz("data.npz")'
    block = BLOCK.format(model=name, data=data, loss=loss, metric=metric)
    return f"{item.file.name} has no `train` block. One to paste:\n\n{block}"


def _activation(item: CompiledFile, name: str) -> str:
    from netdsl.analyse.advice.ends import end_of

    graph = item.compiled.graphs[name]
    ref = next(iter(graph.outputs.values()), None)
    return "" if ref is None else end_of(graph, ref).activation


def stem_of(file: str) -> str:
    """Give the name that runs of a spec go by: `digits` for `specs/digits.net`."""
    return PurePath(file).stem if file != "-" else "stdin"


def verbosity() -> int | str:
    """Say how Keras is to show its progress: by bars on a terminal, not at all in a pipe or where nobody looks.

    Its bars are coloured: where no colour is wanted it writes a line for each epoch.
    """
    if not sys.stdout.isatty() or os.environ.get("CI"):
        return 0
    return 2 if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else 1


def resumed_settings(
    file: str, out: str | None
) -> tuple[Path, tuple[str, ...], dict[str, int]] | int:
    """Find the run to go on with, and what was set for it; the exit status where there is none."""
    from netdsl.training.folder.making import RUNS, STATE
    from netdsl.training.folder.reading import NoRun, newest_unfinished, run_at

    try:
        if out is not None:
            found = run_at(out)
        else:
            spec = os.path.realpath(file) if file != "-" else STDIN
            newest = newest_unfinished(Path(RUNS, stem_of(file)), spec)
            if newest is None:
                raise NoRun(f"there is no unfinished run of {file} in `{RUNS}/{stem_of(file)}`")
            found = newest
        if not (found.folder / STATE).is_dir():
            raise NoRun(f"no epoch of the run in `{found.folder}` was whole: begin anew")
    except NoRun as error:
        tell(f"netdsl: {error}\n")
        return 2
    written = found.environment.get("set")
    overrides = found.environment.get("overrides")
    settings = [s for s in written if isinstance(s, str)] if isinstance(written, list) else []
    numbers = overrides.items() if isinstance(overrides, dict) else ()
    return found.folder, tuple(settings), {str(k): v for k, v in numbers if isinstance(v, int)}


def compiler_of(item: CompiledFile, model: str | None) -> Compile:
    """Give what compiles the file again at other hyperparameters, beside those that were set."""
    from netdsl.compiler import compile_source
    from netdsl.elaborate.files.loading import loader_beside
    from netdsl.elaborate.scope.hyperparameters import Settings

    given = item.compiled.settings.values

    def compile_at(values: Mapping[str, Plain]) -> Compiled:
        settings = Settings({**given, **values}, model)
        load, asked = loader_beside(item.file.name), item.compiled.releases
        return compile_source(item.file, load, settings=settings, releases=asked)

    return compile_at
