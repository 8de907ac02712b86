"""`netdsl.train`: a run from Python."""

from __future__ import annotations

from pathlib import Path

from netdsl.analyse.experiments import other_engine
from netdsl.catalog.spell import spell
from netdsl.compiler import Api, Compiled, compile_file
from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.render import render_all
from netdsl.foreign import Plain
from netdsl.training.checks import check_data
from netdsl.training.folder.making import new_folder
from netdsl.training.folder.reading import run_at
from netdsl.training.run.loading import ready_to_train
from netdsl.training.run.overrides import with_settings
from netdsl.training.run.resuming import changes_since
from netdsl.training.run.running import Outcome, Request, run


class NotTrained(ValueError):
    """The spec or its data is wrong, or the run that is to be gone on with has changed; `diagnostics` says what."""

    def __init__(self, text: str, diagnostics: tuple[Diagnostic, ...] = ()) -> None:
        super().__init__(text)
        self.diagnostics = diagnostics


def train(
    spec: str | Path,
    *,
    model: str | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    api: Api | None = None,
    backend: str | None = None,
    verbose: int | str = "auto",
    **hyperparameters: Plain,
) -> Outcome:
    """Train as the `train` block of a spec says, and give `history`, `metrics`, `folder` and `model`.

    Raises NotTrained where the spec or its data is wrong, and OSError where a file cannot be read or written.
    """
    compiled = compile_file(spec, **hyperparameters)
    _raise_errors(compiled.diagnostics)
    given = {"epochs": epochs, "batch_size": batch_size}
    overrides = {name: value for name, value in given.items() if value is not None}
    compiled = _with_block(compiled, model, overrides)
    experiment = compiled.experiment(model)
    found: list[Diagnostic] = []
    checked = check_data(experiment, found.append)
    _raise_errors(tuple(found))
    wrong = other_engine(experiment, api, backend)
    _raise_errors(() if wrong is None else (wrong,))
    chosen = ready_to_train(backend or experiment.backend)
    name = Path(spec).stem
    request = Request(
        compiled, experiment, name, api or ("tf.keras" if chosen == "tensorflow" else "keras"), chosen,
        tuple(checked.classes) if checked.classes else None,
        tuple(f"{key}={spell(value)}" for key, value in hyperparameters.items()), overrides, verbose,
    )  # fmt: skip
    if not resume:
        return run(request, new_folder(name, None if out is None else str(out)))
    if out is None:
        raise NotTrained("`resume` goes on in a folder: give it by `out`")
    folder = run_at(str(out)).folder
    changed = changes_since(request, folder)
    if changed:
        raise NotTrained("since the run began something has changed:\n" + "\n".join(changed))
    return run(request, folder, resume=True)


def _with_block(compiled: Compiled, model: str | None, overrides: dict[str, int]) -> Compiled:
    """Give the file with the settings that were given anew; raises NotTrained where no one `train` block is meant."""
    trained = [experiment.model for experiment in compiled.experiments]
    if not trained:
        raise NotTrained(f"{compiled.file.name} has no `train` block")
    if model is None and len(trained) > 1:
        raise NotTrained(f"{compiled.file.name} trains {', '.join(trained)}: say which by `model`")
    return with_settings(compiled, model or trained[0], overrides)


def _raise_errors(diagnostics: tuple[Diagnostic, ...]) -> None:
    errors = tuple(d for d in diagnostics if d.severity == "error")
    if errors:
        raise NotTrained(render_all(list(errors), color=False), errors)
