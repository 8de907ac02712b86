"""Reads imported files from disk, and looks for the one that was meant where there is none."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from netdsl.diagnostics.suggest import closest

#: What a spec may weigh at most; a device or a runaway file ends here.
MAX_BYTES = 16 * 1024 * 1024

#: How much of a folder is looked through for a file that may have been meant.
MOST_ENTRIES = 2_000

#: For so many imports that are not there one is looked for that may have been meant.
MOST_SOUGHT = 20


#: What the folder of a project holds.
PROJECT_MARKS = ("pyproject.toml", ".git")


class NoSuchSpec(FileNotFoundError):
    """There is no file at an import's path."""

    def __init__(self, path: str, folders: Folders) -> None:
        super().__init__(errno.ENOENT, os.strerror(errno.ENOENT), path)
        self._path, self._folders = path, folders

    @property
    def near(self) -> str | None:
        """The path of one that may have been meant, looked for when it is asked for."""
        return self._folders.spec_near(self._path)


class Folders:
    """What folders hold, each read once for all the imports that lead there and find nothing."""

    def __init__(self) -> None:
        self._entries: dict[Path, list[os.DirEntry[str]]] = {}
        self._found: dict[str, str | None] = {}

    def spec_near(self, path: str) -> str | None:
        """Give the path of the spec that was meant by one that is not there; of many such, no more are looked for."""
        if path not in self._found and len(self._found) < MOST_SOUGHT:
            self._found[path] = self._spec_near(Path(path))
        return self._found.get(path)

    def _spec_near(self, missing: Path) -> str | None:
        """Give the one file of this name in a folder nearby, or one with a near name."""
        folder, name = missing.parent, missing.name
        if folder.is_dir():
            entries = self._in(folder)
            specs = [e.name.removesuffix(".net") for e in entries if e.name.endswith(".net")]
            near = closest(missing.stem, specs)
            found = [folder / e.name / name for e in entries if e.is_dir()]
            otherwise = [folder / f"{near}.net"]
        else:
            near = closest(folder.name, [e.name for e in self._in(folder.parent) if e.is_dir()])
            found, otherwise = [folder.parent / name], [folder.parent / str(near) / name]
        existing = [p for p in found if p.is_file()]
        existing = existing or [p for p in otherwise if near and p.is_file()]
        return existing[0].as_posix() if len(existing) == 1 else None

    def _in(self, folder: Path) -> list[os.DirEntry[str]]:
        if folder not in self._entries:
            try:
                with os.scandir(folder) as entries:
                    found = sorted(islice(entries, MOST_ENTRIES), key=lambda e: e.name)
            except OSError:
                found = []
            self._entries[folder] = found
        return self._entries[folder]


def loader_beside(name: str) -> Callable[[str], str]:
    """Give what reads the imports of a file, and of the files that it imports."""
    return partial(load, root=name, folders=Folders())


def load(path: str, root: str = "", folders: Folders | None = None) -> str:
    """Give the text of a file that is imported; raises OSError (NoSuchSpec where there is none) or UnicodeDecodeError.

    A link is followed within the project of the file `root`, the one that is compiled: what lies beyond is not for
    the spec to show.
    """
    try:
        os.stat(path)
    except FileNotFoundError:
        raise NoSuchSpec(path, folders or Folders()) from None
    target = os.path.realpath(path)
    if not _stays_within(path, target, os.path.dirname(root or path)):
        raise OSError(0, "it is a link to no `.net` file of this project")
    return read_file(target, regular=True)


def read_file(path: str, *, regular: bool = False) -> str:
    """Read a spec; raises OSError or UnicodeDecodeError.

    What could keep the compiler waiting for somebody to write to it is refused: a named pipe, a terminal. `regular`
    refuses every device.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    mode = os.fstat(handle).st_mode
    if stat.S_ISDIR(mode):
        os.close(handle)
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    with open(handle, "rb") as stream:
        if not stat.S_ISREG(mode) and (regular or not stat.S_ISCHR(mode) or os.isatty(handle)):
            raise OSError(0, "Not a regular file")
        return read_text(stream)


def is_within(path: str, folder: str) -> bool:
    """Tell whether a real path lies in a real folder."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _stays_within(path: str, target: str, folder: str) -> bool:
    """Tell whether the file at a path is where the path says, or a link led to a spec of the same project."""
    real = os.path.realpath(folder or ".")
    if target == os.path.normpath(os.path.join(real, os.path.relpath(path, folder or "."))):
        return True
    return target.endswith(".net") and is_within(target, project_of(real))


def project_of(folder: str) -> str:
    """Give the nearest folder from here up that is marked as a project's; this one where there is none."""
    above = folder
    while not any(os.path.lexists(os.path.join(above, mark)) for mark in PROJECT_MARKS):
        parent = os.path.dirname(above)
        if parent == above:
            return folder
        above = parent
    return above


def read_text(stream: BinaryIO) -> str:
    """Read a spec, without a byte order mark; raises OSError where it is too large, or UnicodeDecodeError."""
    content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise OSError(0, f"larger than {MAX_BYTES >> 20} MiB")
    return content.decode("utf-8").removeprefix("\ufeff")


def reason_of(error: Exception) -> str:
    """Say in a few words why the system refused."""
    if isinstance(error, OSError) and error.errno == errno.EBADF:
        return "it is closed"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
