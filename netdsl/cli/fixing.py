"""`netdsl check --fix`: applies the fixes that are checked and safe, file by file, until none is left."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from netdsl.catalog.versions import Releases
from netdsl.cli.configuration import configuration_for
from netdsl.cli.files import is_stream, read_spec, write_result
from netdsl.cli.output import Findings
from netdsl.compiler import compile_source
from netdsl.elaborate.files.loading import loader_beside
from netdsl.fixes import apply_safe_fixes
from netdsl.source import SourceFile

MOST_ROUNDS = 10  # a fix may bring the next one to light, and never an endless row of them


def fix_files(
    paths: Sequence[str], findings: Findings, keras: Releases | None = None
) -> dict[str, int]:
    """Mend each file in place and give the number of changes by path; standard input is left alone."""
    changed: dict[str, int] = {}
    for path in dict.fromkeys(paths):
        file = read_spec(path) if not is_stream(path) else None
        if isinstance(file, SourceFile):
            asked = (
                keras or configuration_for(path, lambda _: None).keras
            )  # what is wrong there is told later
            count = _fix_file(path, file, asked, findings)
            if count:
                changed[path] = count
    return changed


def _fix_file(path: str, file: SourceFile, asked: Releases | None, findings: Findings) -> int:
    total = 0
    text, read = file.text, loader_beside(file.name)
    for _ in range(MOST_ROUNDS):
        current = SourceFile(file.name, text)
        found = compile_source(current, read, releases=asked).diagnostics
        mended, count = apply_safe_fixes(current, found)
        if not count or mended == text:
            break
        text, total = mended, total + count
    if total:
        failure = write_result(Path(path), text)
        if failure is not None:
            findings.fail(failure)
            return 0
    return total
