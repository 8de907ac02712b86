"""Makes the folder of a run, and writes files into it whole or not at all."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from netdsl.compiler import Compiled
from netdsl.foreign import Plain
from netdsl.source import SourceFile

RUNS = "runs"
STAMP = "%Y-%m-%d_%H%M%S"

SPEC, ENVIRONMENT, METRICS = "spec", "environment.json", "metrics.json"
MODEL, HISTORY, CLASSES, STATE = "model.keras", "history.csv", "classes.json", "state"


class FolderTaken(Exception):
    """The folder that a run was to go to is there already, and something is in it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"`{folder}` is there already, and is not empty")
        self.folder = folder


def new_folder(name: str, out: str | None, root: Path = Path(RUNS)) -> Path:
    """Make the folder of a new run: `out`, or one named for the time in `runs/NAME`.

    Raises FolderTaken where `out` holds something, OSError where it cannot be made.
    """
    if out is not None:
        folder = Path(out)
        check_free(folder)
        folder.mkdir(parents=True, exist_ok=True)
        _try_to_write(folder)
        return folder
    stamp = datetime.now().strftime(STAMP)
    for number in range(1, 1000):
        folder = root / name / (stamp if number == 1 else f"{stamp}_{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            if not folder.is_dir():
                raise
            continue  # another run began in the same second
        return folder
    raise FolderTaken(folder)


def check_free(folder: Path) -> None:
    """Raise FolderTaken where a folder holds something, OSError where it cannot be made or written into."""
    if folder.is_dir() and any(folder.iterdir()):
        raise FolderTaken(folder)
    check_writable(folder)


def check_writable(folder: Path) -> None:
    """Raise OSError where a folder, which need not be there yet, cannot be made or written into."""
    above = folder
    while not above.exists() and above != above.parent:
        above = above.parent
    if not above.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(above))
    _try_to_write(above)


def _try_to_write(folder: Path) -> None:
    """Raise OSError where nothing can be written into a folder, before an hour of training."""
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))


def write_text(path: Path, text: str) -> None:
    """Write a file beside its place, then put it there."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file beside its place, then put it there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.tmp")
    try:
        with open(beside, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def write_json(path: Path, data: Plain) -> None:
    """Write JSON; what is no number in it (NaN) is null."""
    write_text(path, json.dumps(_finite(data), indent=2, ensure_ascii=False) + "\n")


def _finite(data: Plain) -> Plain:
    if isinstance(data, float) and (data != data or data in (float("inf"), float("-inf"))):
        return None
    if isinstance(data, Mapping):
        return {str(key): _finite(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_finite(value) for value in data]
    return data


def keep_spec(folder: Path, compiled: Compiled) -> str:
    """Copy a spec and what it imports, each at its place to the others; give the spec's own path in there."""
    files = {_absolute(file.name): file.text for file in own_files(compiled)}
    root = os.path.commonpath([os.path.dirname(path) for path in files])
    for path, text in files.items():
        write_text(folder / SPEC / os.path.relpath(path, root), text)
    return os.path.relpath(_absolute(compiled.file.name), root)


def own_files(compiled: Compiled) -> list[SourceFile]:
    """Give the files of a spec, itself first, but for those of the library, which ship with netdsl."""
    imported = [f for f in compiled.unit.all_modules() if not f.name.startswith("std/")]
    return [compiled.file, *(file for file in imported if file is not compiled.file)]


def _absolute(name: str) -> str:
    plain = "stdin.net" if name.startswith("<") else name
    return os.path.normpath(os.path.abspath(plain))
