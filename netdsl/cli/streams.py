"""The three standard streams as they may be found: closed, full, of a narrow encoding, of a reader that went away.

`prepare` makes them usable, `write` and `write_bytes` write all of a text or raise `CannotWrite`, and `finish` leaves
nothing that could fail when the interpreter ends.
"""

from __future__ import annotations

import errno
import os
import re
import select
import sys
from contextlib import suppress
from typing import IO

from netdsl.elaborate.files.loading import reason_of

#: Paths that stand for an open file of this process: `/dev/stdout`, and `/dev/fd/63` of a shell's `<(…)`.
_DESCRIPTOR = re.compile(r"/dev/std(in|out|err)|/(?:dev|proc/self)/fd/(\d{1,6})")
_NUMBERS = {"in": 0, "out": 1, "err": 2}


class CannotWrite(Exception):
    """A standard stream cannot be written to; `is_output` tells which of the two it is."""

    def __init__(self, *, is_output: bool, error: OSError) -> None:
        super().__init__(reason_of(error))
        self.is_output = is_output
        self.is_closed = error.errno == errno.EBADF


def descriptor(path: str) -> int | None:
    """Give the number of the open file that a path stands for, None for any other path."""
    match = _DESCRIPTOR.fullmatch(os.path.normpath(path))
    if match is None:
        return None
    return _NUMBERS[match[1]] if match[1] else int(match[2])


def prepare() -> None:
    """Put something in the place of closed streams, and let no character fail to be written."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, _closed(number))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _closed(number: int) -> IO[str]:
    """Give a stream that refuses as a closed one does; its number is taken, so that no file of ours gets it."""
    handle = os.open(os.devnull, os.O_RDONLY if number else os.O_WRONLY)
    if handle != number:
        os.dup2(handle, number)
        os.close(handle)
    return open(number, "w" if number else "r", encoding="utf-8", closefd=False)


def write(stream: IO[str], text: str) -> None:
    """Write a text; characters that the stream's encoding lacks are spelled out."""
    if not text:
        return
    encoding = getattr(stream, "encoding", None) or "utf-8"
    _write(stream, text.encode(encoding, "backslashreplace"), text)


def write_bytes(stream: IO[str], data: bytes) -> None:
    """Write what is encoded already, such as a generated file."""
    _write(stream, data, None)


def _write(stream: IO[str], data: bytes, text: str | None) -> None:
    is_output = stream is not sys.stderr
    try:
        _send(stream, data, text)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CannotWrite(is_output=is_output, error=error) from error


def _send(stream: IO[str], data: bytes, text: str | None) -> None:
    """Write all of it, also where the other end takes it by pieces and does not wait."""
    try:
        handle = stream.fileno()
    except (OSError, ValueError, AttributeError):  # a stream in memory, as tests have
        _write_to_memory(stream, data, text)
        return
    stream.flush()
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(handle, rest) :]
        except BlockingIOError:
            select.select([], [handle], [])


def _write_to_memory(stream: IO[str], data: bytes, text: str | None) -> None:
    binary = getattr(stream, "buffer", None)
    if text is None and binary is not None:
        stream.flush()
        binary.write(data)
    else:
        stream.write(data.decode("utf-8") if text is None else text)
    stream.flush()


def finish() -> None:
    """Flush both streams; one that fails is pointed at nothing, so that its last flush does not fail again."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)
