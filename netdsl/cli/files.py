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
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePath

from netdsl.cli.streams import descriptor
from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.not_text import not_text
from netdsl.diagnostics.problems import files as problems
from netdsl.elaborate.files.loading import is_within, read_file, read_text, reason_of
from netdsl.source import SourceFile, Span

STDIN = "<stdin>"

#: Nothing that netdsl writes is larger; such a file is not read to see whether it did.
LARGEST_MADE = 256 * 1024 * 1024


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
        inside = sorted(_specs_in(path, report), key=lambda spec: PurePath(spec).parts)
        found.update(dict.fromkeys(inside))
        if not inside:
            report(_unreadable(path, "the folder holds no `.net` file"))
    return tuple(found)


def _specs_in(folder: str, report: Callable[[Diagnostic], None]) -> Iterator[str]:
    """Give the specs in a folder; a link out of it is told of, as it is not the folder's to be written to."""

    def unread(error: OSError) -> None:
        report(_unreadable(str(error.filename), reason_of(error)))

    real = os.path.realpath(folder)
    for place, folders, files in os.walk(folder, onerror=unread):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            path = os.path.join(place, name)
            if not name.endswith(".net") or name.startswith("."):
                continue
            if os.path.islink(path) and not is_within(os.path.realpath(path), real):
                report(_unreadable(path, "it is a link out of the folder"))
            else:  # what is no file there is told of where it is read
                yield os.path.normpath(path)


def read_spec(path: str) -> SourceFile | Diagnostic:
    """Read a file of the command line, or say why it can't be read."""
    name = spec_name(path)
    try:
        return SourceFile(name, _text_of(path))
    except UnicodeDecodeError as error:
        return not_text(SourceFile(name, ""), error)
    except (OSError, ValueError) as error:
        return _unreadable(path, reason_of(error))


def _text_of(path: str) -> str:
    number = 0 if path == "-" else descriptor(path)
    if number is None:
        return read_file(path)
    if number == 0:
        return read_text(sys.stdin.buffer)
    with os.fdopen(os.dup(number), "rb") as stream:
        return read_text(stream)


def _unreadable(path: str, reason: str) -> Diagnostic:
    name = spec_name(path)
    return problems.UnreadableFile.at(whole(name), reason, name=name)


def is_stream(path: str) -> bool:
    """Tell whether a path stands for an open file of this process: standard input, or a shell's `<(…)`."""
    return path == "-" or descriptor(path) is not None


def whole(name: str) -> Span:
    """Give a place that stands for a file as a whole."""
    return Span(SourceFile(name, ""), 0, 0)


def read_text_or_none(path: Path) -> str | None:
    """Give what a file holds, None where there is nothing to lose: no file, or a device such as `/dev/null`."""
    if descriptor(str(path)) is not None:
        return None
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    if found.st_size > LARGEST_MADE:
        return ""
    return path.read_bytes().decode("utf-8", "surrogateescape")


def write_whole(path: Path, text: str | bytes) -> None:
    """Write a file so that it is either as before or complete, with the permissions it had.

    The text goes to a new file in the same folder, which then takes the place of the old one. A link stays a
    link, and what is no regular file (`/dev/stdout`, a pipe) is written to directly.
    """
    data = text.encode("utf-8") if isinstance(text, str) else text
    number = descriptor(str(path))
    if number is not None:
        _write_all(os.dup(number), data)
        return
    try:
        found = os.stat(path)
    except FileNotFoundError:
        _replace(path, data, _usual_mode())
        return
    if not stat.S_ISREG(found.st_mode):
        _write_all(_opened(path, found.st_mode), data)
    elif not os.access(path, os.W_OK):  # a new file in its place would go round that
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    else:
        _replace(path, data, stat.S_IMODE(found.st_mode))


def _replace(path: Path, data: bytes, mode: int) -> None:
    """Write a new file beside a path, and put it in its place."""
    target = os.path.realpath(path)
    temporary = os.path.join(os.path.dirname(target), f".netdsl-{os.urandom(8).hex()}.tmp")
    try:  # from before the file is there, as a signal may come at any time
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _opened(path: Path, mode: int) -> int:
    """Open a device or a pipe for writing; a pipe that nothing reads would keep us waiting."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError as error:
        if error.errno == errno.ENXIO and stat.S_ISFIFO(mode):
            raise OSError(error.errno, "nothing reads from the pipe") from error
        raise
    os.set_blocking(handle, True)
    return handle


def _write_all(handle: int, data: bytes) -> None:
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)


def _usual_mode() -> int:
    """Give the permissions that a new file gets."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def write_result(path: Path, text: str | bytes) -> Diagnostic | None:
    """Write a file, or say why it can't be written."""
    try:
        write_whole(path, text)
    except OSError as error:
        return unwritable(path.as_posix(), error)
    return None


def unwritable(name: str, error: OSError) -> Diagnostic:
    """Say why a file can't be written."""
    return problems.UnwritableFile.at(whole(name), reason_of(error), name=name)
