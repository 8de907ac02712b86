"""Files that a command makes and a person goes on with: what is there already is kept."""

from __future__ import annotations

from pathlib import Path

from netdsl.cli.files import read_text_or_none, unwritable, whole, write_result
from netdsl.cli.output import Findings
from netdsl.diagnostics.problems import files as problems


def put(target: Path, text: str, findings: Findings, *, force: bool) -> bool:
    """Write a file; one that is there and says something else is kept, unless it is to be written over."""
    return put_all({target: text}, findings, force=force)


def put_all(files: dict[Path, str], findings: Findings, *, force: bool) -> bool:
    """Write files, all or, where one is in the way, none."""
    for target, text in files.items():
        try:
            before = read_text_or_none(target)
        except OSError as error:
            findings.fail(unwritable(target.as_posix(), error))
            return False
        if before is not None and before != text and not force:
            place, name = whole(target.as_posix()), target.as_posix()
            help_ = "write elsewhere with `-o OUT`, or write over it with `--force`"
            findings.fail(
                problems.WouldOverwrite.at(place, "another file is there", name=name, help=help_)
            )
            return False
    for target, text in files.items():
        refused = write_result(target, text)
        if refused is not None:
            findings.fail(refused)
            return False
    return True
