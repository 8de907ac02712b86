"""Two versions of a spec on the command line: two files, or one file and an earlier state of it in git."""

from __future__ import annotations

import io
import os
import posixpath
import subprocess
from collections.abc import Sequence

from netdsl.cli.compiling import CompiledFile, compile_files, has_model
from netdsl.cli.output import Findings
from netdsl.compiler import Compiled, compile_source
from netdsl.diagnostics.problems import files as problems
from netdsl.elaborate.files.loading import read_text, reason_of
from netdsl.elaborate.training.experiment import Experiment
from netdsl.graph import Graph
from netdsl.record import record
from netdsl.source import SourceFile, Span


@record
class Versions:
    """The two graphs, how to call them in the output, and how each is trained."""

    before: Graph
    after: Graph
    before_name: str
    after_name: str
    trained_before: Experiment | None = None
    trained_after: Experiment | None = None


def read_versions(
    paths: Sequence[str],
    against: str | None,
    model: str | None,
    settings: Sequence[str],
    findings: Findings,
) -> Versions | None:
    """Compile both versions and pick the model of each; None after reporting."""
    if against is not None:
        return _with_git(paths, against, model, settings, findings)
    if len(paths) != 2:
        findings.fail(
            problems.WrongVersions.at(
                _nowhere(paths),
                f"{len(paths)} given",
                help="give two specs, or one and `--against git:REF`",
            )
        )
        return None
    done = {
        item.path: item for item in compile_files(paths, findings, settings=settings, model=model)
    }
    if len(done) != len(set(paths)) or not all(
        has_model(i, model, findings) for i in done.values()
    ):
        return None
    before, after = (done[path].compiled for path in paths)
    return _versions(before, after, paths[0], paths[1], model)


def _versions(
    before: Compiled, after: Compiled, before_name: str, after_name: str, model: str | None
) -> Versions | None:
    if not before.ok or not after.ok:
        return None
    old, new = before.model(model), after.model(model)
    old.verify()
    new.verify()
    trained = [
        next((e for e in compiled.experiments if e.model == name), None)
        for compiled, name in ((before, old.name), (after, new.name))
    ]
    return Versions(old.net, new.net, before_name, after_name, *trained)


def _with_git(
    paths: Sequence[str],
    against: str,
    model: str | None,
    settings: Sequence[str],
    findings: Findings,
) -> Versions | None:
    scheme, _, reference = against.partition(":")
    if scheme != "git" or not reference or len(paths) != 1 or reference.startswith("-"):
        findings.fail(
            problems.WrongVersions.at(
                _nowhere(paths),
                f"`--against {against}` with {len(paths)} spec{'s' * (len(paths) != 1)}",
                help="write `--against git:REF` with one spec, such as `--against git:main`",
            )
        )
        return None
    done = compile_files(paths, findings, settings=settings, model=model)
    if len(done) != 1 or not has_model(done[0], model, findings):
        return None
    earlier = _compile_at(reference, paths[0], done[0].compiled, findings)
    if earlier is None:
        return None
    findings.report(d for d in earlier.compiled.diagnostics if d.severity == "error")
    if not has_model(earlier, model, findings):
        return None
    return _versions(
        earlier.compiled, done[0].compiled, f"{paths[0]} at {reference}", paths[0], model
    )


def _compile_at(
    reference: str, path: str, now: Compiled, findings: Findings
) -> CompiledFile | None:
    folder = os.path.dirname(os.path.realpath(path))

    def load(name: str) -> str:
        relative = posixpath.relpath(os.path.realpath(name), folder)
        return _show(reference, relative, folder)

    try:
        text = load(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = f"git: {error}" if isinstance(error, NotInGit) else reason_of(error)
        findings.fail(
            problems.WrongVersions.at(_nowhere([path]), reason, help="is the file committed there?")
        )
        return None
    file = SourceFile(f"{reference}:{path}", text)

    def load_imported(name: str) -> str:
        return load(name.removeprefix(f"{reference}:"))

    compiled = compile_source(file, load_imported, settings=now.settings)
    return CompiledFile(path, file, compiled)


class NotInGit(OSError):
    """Git does not give the file, and says why."""


def _show(reference: str, relative: str, folder: str) -> str:
    """Read a file as it was; the reference is an argument of git and never goes through a shell."""
    command = ["git", "show", f"{reference}:./{relative}"]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=60,
        )
    except FileNotFoundError as error:
        raise NotInGit("there is no `git` to ask") from error
    except subprocess.TimeoutExpired as error:
        raise NotInGit("it did not answer within a minute") from error
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise NotInGit(lines[0] if lines else "it gave no reason")
    return read_text(io.BytesIO(done.stdout))


def _nowhere(paths: Sequence[str]) -> Span:
    return Span(SourceFile(paths[0] if paths else "netdsl", ""), 0, 0)
