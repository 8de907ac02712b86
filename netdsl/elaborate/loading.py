"""Reads imported files from disk, and looks for the one that was meant where there is none."""

from __future__ import annotations

import errno
import os
import stat
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from netdsl.diagnostics.suggest import closest

#: What a spec may weigh at most; a device or a runaway file ends here.
MAX_BYTES = 16 * 1024 * 1024

#: How much of a folder is looked through for a file that may have been meant.
MOST_ENTRIES = 2_000


class NoSuchSpec(FileNotFoundError):
    """There is no file at an import's path; `near` is the path of one that may have been meant."""

    def __init__(self, path: str, near: str | None) -> None:
        super().__init__(errno.ENOENT, os.strerror(errno.ENOENT), path)
        self.near = near


def load(path: str) -> str:
    """Give the text of a file that is imported; raises OSError (NoSuchSpec where there is none) or UnicodeDecodeError.

    Regular files alone are read: a pipe or a device would keep the compiler waiting.
    """
    try:
        is_regular = stat.S_ISREG(os.stat(path).st_mode)
    except FileNotFoundError:
        raise NoSuchSpec(path, _spec_nearby(Path(path))) from None
    if not is_regular:
        raise OSError(0, "Not a regular file")
    with open(path, "rb") as stream:
        return read_text(stream)


def read_text(stream: BinaryIO) -> str:
    """Read a spec, without a byte order mark; raises OSError where it is too large, or UnicodeDecodeError."""
    content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise OSError(0, f"larger than {MAX_BYTES >> 20} MiB")
    return content.decode("utf-8").removeprefix("\ufeff")


def reason_of(error: Exception) -> str:
    """Say in a few words why the system refused."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _spec_nearby(missing: Path) -> str | None:
    """Give the one file of this name in a folder nearby, or one with a near name."""
    folder, name = missing.parent, missing.name
    if folder.is_dir():
        entries = _entries(folder)
        near = closest(missing.stem, [e.stem for e in entries if e.suffix == ".net"])
        found = [entry / name for entry in entries]
        otherwise = [folder / f"{near}.net"]
    else:
        near = closest(folder.name, [e.name for e in _entries(folder.parent) if e.is_dir()])
        found, otherwise = [folder.parent / name], [folder.parent / str(near) / name]
    existing = [p for p in found if p.is_file()] or [p for p in otherwise if near and p.is_file()]
    return existing[0].as_posix() if len(existing) == 1 else None


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(islice(folder.iterdir(), MOST_ENTRIES))
    except OSError:
        return []
