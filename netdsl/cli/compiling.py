"""Compiles the files of a command line: what `compile`, `check` and `summary` share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netdsl.cli.files import load, read_spec, whole
from netdsl.cli.output import Findings
from netdsl.diagnostics.problems import files as problems
from netdsl.source import SourceFile
from netdsl.syntax import tree

if TYPE_CHECKING:
    from netdsl.compiler import Compiled

SET_HELP = "A hyperparameter's value, written as in a spec; may be repeated."


@dataclass(frozen=True, slots=True)
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
) -> list[CompiledFile]:
    """Compile each file that can be read; everything found goes to `findings`."""
    given = _settings(settings, findings)
    plain = {name: value for name, (value, _) in given.items()}
    done = []
    for path in dict.fromkeys(paths):
        file = read_spec(path)
        if isinstance(file, SourceFile):
            done.append(_compile(path, file, findings, plain))
        else:
            findings.fail(file)
    if given and done and not findings.failed:
        _check_settings(given, done, findings)
    return done


def _compile(
    path: str, file: SourceFile, findings: Findings, settings: dict[str, Any]
) -> CompiledFile:
    from netdsl.compiler import compile_source

    compiled = compile_source(file, load, settings=settings)
    findings.report(compiled.diagnostics)
    return CompiledFile(path, file, compiled)


def _settings(written: Sequence[str], findings: Findings) -> dict[str, Any]:
    if not written:
        return {}
    from netdsl.cli.settings import read_settings

    return read_settings(written, findings.fail)


def _check_settings(
    given: dict[str, Any], done: Iterable[CompiledFile], findings: Findings
) -> None:
    from netdsl.cli.settings import unknown_setting

    unknown = set(given).intersection(*(item.compiled.unused_settings for item in done))
    parameters = {
        statement.name: [parameter.name for parameter in statement.parameters]
        for item in done
        for statement in item.compiled.unit.module.statements
        if isinstance(statement, tree.Model)
    }
    for name in given:
        if name in unknown:
            findings.fail(unknown_setting(name, given[name][1], parameters))


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
