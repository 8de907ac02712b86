"""`netdsl compile`: writes a spec as Keras code."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netdsl.catalog.versions import Releases
from netdsl.cli.compiling import SET_HELP, compile_files
from netdsl.cli.configuration import keras_option
from netdsl.cli.files import is_stream, read_text_or_none, unwritable, whole, write_result
from netdsl.cli.output import Findings, tell, write_source
from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.problems import files as problems
from netdsl.record import record

if TYPE_CHECKING:
    from netdsl.compiler import Api


@record
class Writing:
    """How the results are to be written."""

    check: bool
    force: bool


@click.command("compile")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "-o", "--output", metavar="OUT", help="Write here: a file, a folder, or `-` to print."
)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help=SET_HELP)
@click.option("--flat", is_flag=True, help="Write the elaborated graph, a line a layer.")
@click.option(
    "--api",
    type=click.Choice(["tf.keras", "keras"]),
    help="What the code imports; `keras` runs on TensorFlow, JAX and PyTorch.  [default: tf.keras, or keras where "
    "devices share the work by keras.distribution]",
)
@keras_option
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a file is out of date.")
@click.option("--force", is_flag=True, help="Write over a file that was edited since.")
def command(
    files: tuple[str, ...],
    output: str | None,
    settings: tuple[str, ...],
    flat: bool,
    api: Api | None,
    keras: Releases | None,
    check: bool,
    force: bool,
) -> int:
    """Write each spec as readable Keras code, `FILE.py` beside it.

    Nothing is written for a spec with errors. A file that was edited since netdsl wrote it is kept.
    """
    targets = plan_targets(files, output)
    if check and any(target is None or is_stream(str(target)) for target in targets.values()):
        raise click.UsageError("--check compares with a file on disk; name it with -o.")
    findings = Findings()
    compiled = compile_files(files, findings, settings=settings, keras=keras)
    out_of_date = False
    for item in compiled if not findings.failed else []:
        wrong = item.compiled.other_engines(api) if item.compiled.ok else ()
        findings.report(wrong)
        if item.compiled.ok and not wrong:
            text = item.compiled.emit(api=api, flat=flat, target=targets[item.path])
            out_of_date |= put(targets[item.path], text, findings, Writing(check, force))
    return max(findings.finish(), int(out_of_date))


def plan_targets(files: tuple[str, ...], output: str | None) -> dict[str, Path | None]:
    """Say where each result goes, None for standard output."""
    if output == "":
        raise click.UsageError("-o takes a file, a folder, or `-` to print.")
    if output is None:
        targets = {file: None if is_stream(file) else _beside(Path(file)) for file in files}
    elif output == "-":
        targets = dict.fromkeys(files)
    elif output.endswith("/") and not os.path.isdir(output):
        raise click.UsageError(f"There is no folder `{output}`.")
    elif os.path.isdir(output):
        targets = {file: Path(output, Path(_stem(file)).stem + ".py") for file in files}
    else:
        targets = dict.fromkeys(files, Path(output))
    _refuse_clashes(targets)
    return targets


def _beside(spec: Path) -> Path:
    """Give the file next to a spec; `.` has no name to change, and is refused when it is read."""
    return spec.with_suffix(".py") if spec.name else spec / "spec.py"


def _stem(file: str) -> str:
    return "stdin" if is_stream(file) else file


def _refuse_clashes(targets: dict[str, Path | None]) -> None:
    """Two specs never share a file, and no spec is written over."""
    sources = {os.path.realpath(file) for file in targets if not is_stream(file)}
    seen: dict[str, str] = {}
    for file, target in targets.items():
        if target is None or is_stream(str(target)):
            continue
        real = os.path.realpath(target)
        if real in sources:
            raise click.UsageError(f"`{target}` is a spec; give the result another name with -o.")
        other = seen.setdefault(real, file)
        if other != file:
            raise click.UsageError(f"`{other}` and `{file}` would both be written to `{target}`.")


def put(target: Path | None, text: str, findings: Findings, writing: Writing) -> bool:
    """Write one result (or compare it, under `--check`); True where the file on disk is out of date."""
    if target is None:
        if not writing.check:
            write_source(text)
        return False
    try:
        before = read_text_or_none(target)
    except OSError as error:
        findings.fail(unwritable(target.as_posix(), error))
        return False
    if before == text:
        return False
    if writing.check:
        tell(f"{target} is {'missing' if before is None else 'out of date'}\n")
        return True
    if before is not None and not writing.force and not _is_replaceable(before):
        findings.fail(_edited(target, before))
        return False
    refused = write_result(target, text)
    if refused is not None:
        findings.fail(refused)
    return False


def _is_replaceable(text: str) -> bool:
    from netdsl.emit.header import is_untouched

    return is_untouched(text)


def _edited(target: Path, text: str) -> Diagnostic:
    """Say why a file is kept."""
    from netdsl.emit.header import spec_digest

    made = spec_digest(text) is not None
    return problems.WouldOverwrite.at(
        whole(target.as_posix()),
        "it was edited after netdsl wrote it" if made else "netdsl did not make it",
        name=target.as_posix(),
        help="write elsewhere with `-o OUT`, or write over it with `--force`",
    )
