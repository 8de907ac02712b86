"""Reads specs and writes results: bounded reads, whole writes or none.

What can't be read or written becomes a diagnostic with a code of its own (N09); nothing here raises for it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import posixpath
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path, PurePath

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.problems import files as problems
from netdsl.elaborate.loading import read_text, reason_of
from netdsl.source import SourceFile, Span

STDIN = "<stdin>"


def spec_name(path: str) -> str:
    """Give the name that a file has in diagnostics: `./a.net` is `a.net`, `-` is `<stdin>`."""
    return STDIN if path == "-" else posixpath.normpath(PurePath(path).as_posix())


def specs_at(paths: Iterable[str], report: Callable[[Diagnostic], None]) -> tuple[str, ...]:
    """Give each path once; for a folder all specs in it, but for those in folders whose names begin with a dot."""
    found: dict[str, None] = {}
    for path in paths:
        if path == "-" or not os.path.isdir(path):
            found[path] = None
            continue
        inside = [str(spec) for spec in sorted(Path(path).rglob("*.net")) if _is_listed(spec, path)]
        found.update(dict.fromkeys(inside))
        if not inside:
            name = spec_name(path)
            report(
                problems.UnreadableFile.at(
                    whole(name), "the folder holds no `.net` file", name=name
                )
            )
    return tuple(found)


def _is_listed(spec: Path, folder: str) -> bool:
    parts = spec.relative_to(folder).parts
    return spec.is_file() and not any(part.startswith(".") for part in parts)


def read_spec(path: str) -> SourceFile | Diagnostic:
    """Read a file of the command line, or say why it can't be read."""
    name = spec_name(path)
    try:
        if path == "-":
            return SourceFile(name, read_text(sys.stdin.buffer))
        with open(path, "rb") as stream:
            return SourceFile(name, read_text(stream))
    except UnicodeDecodeError as error:
        return problems.not_text(SourceFile(name, ""), error)
    except (OSError, ValueError) as error:
        return problems.UnreadableFile.at(whole(name), reason_of(error), name=name)


def whole(name: str) -> Span:
    """Give a place that stands for a file as a whole."""
    return Span(SourceFile(name, ""), 0, 0)


def read_text_or_none(path: Path) -> str | None:
    """Give what a file holds, None where there is nothing to lose: no file, or a device such as `/dev/null`."""
    if path.exists() and not path.is_file():
        return None
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is either as before or complete, with the permissions it had.

    The text goes to a new file in the same folder, which then takes the place of the old one. A link stays a
    link, and what is no regular file (`/dev/stdout`) is written to directly.
    """
    target = Path(os.path.realpath(path))
    data = text.encode("utf-8")
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    if target.exists() and not os.access(
        target, os.W_OK
    ):  # a new file in its place would go round that
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    handle, temporary = tempfile.mkstemp(
        prefix=f".{target.name}.", suffix=".tmp", dir=target.parent
    )
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, _mode(target))
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _mode(target: Path) -> int:
    """Give the permissions of a file, those that a new one gets where there is none."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def write_result(path: Path, text: str) -> Diagnostic | None:
    """Write a file, or say why it can't be written."""
    try:
        write_whole(path, text)
    except OSError as error:
        name = path.as_posix()
        return problems.UnwritableFile.at(whole(name), reason_of(error), name=name)
    return None
