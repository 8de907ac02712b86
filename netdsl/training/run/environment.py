"""Where and how a run came about: versions, devices, the seed, the command, the commit, marks of its data."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from netdsl.elaborate.training.experiment import DataSource, Experiment
from netdsl.foreign import Plain
from netdsl.version import __version__

PACKAGES = ("keras", "tensorflow", "jax", "torch", "numpy")

#: So many bytes at each end of a file go into its mark, with its size.
MARKED = 64 * 1024

#: Of a folder so many files are marked, by name and size.
MOST_FILES = 200_000


def describe_versions() -> dict[str, Plain]:
    """Give the versions of what the numbers depend on."""
    found: dict[str, Plain] = {"netdsl": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found | {"platform": platform.platform()}


def devices(backend: str) -> list[str]:
    """Name the devices that the backend computes on."""
    if backend == "jax":
        import jax

        return [str(device) for device in jax.devices()]
    import tensorflow

    return [
        d.name.removeprefix("/physical_device:") for d in tensorflow.config.list_physical_devices()
    ]


def commit(folder: str) -> str | None:
    """Give the git commit of the spec's folder, with `+` where something was changed since."""
    place = folder or "."
    head = _git(place, "rev-parse", "HEAD")
    if not head:
        return None
    changed = _git(place, "status", "--porcelain", "--untracked-files=no")
    return f"{head}+" if changed else head


def _git(folder: str, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", folder, *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=20,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def marks(experiment: Experiment) -> dict[str, str]:
    """Give a mark of each file or folder of data, which is another where its content is."""
    found: dict[str, str] = {}
    for source in (experiment.data, experiment.validation, experiment.test):
        if source is None:
            continue
        for written, path in _paths(source, experiment.folder):
            found[written] = _mark(path)
    return found


def _paths(source: DataSource, folder: str) -> Iterator[tuple[str, Path]]:
    import glob

    written = source.arguments.get("path")
    for name in written if isinstance(written, (list, tuple)) else [written]:
        if not isinstance(name, str) or source.kind == "dataset":
            continue
        path = Path(folder, name)
        if path.exists() or not glob.has_magic(name):
            yield name, path
        else:
            yield from (
                (f, Path(folder, f)) for f in sorted(glob.glob(name, root_dir=folder or None))
            )


def _mark(path: Path) -> str:
    digest = hashlib.sha256()
    if path.is_dir():
        for count, (name, size) in enumerate(_inside(path)):
            digest.update(f"{name}\0{size}\n".encode())
            if count >= MOST_FILES:
                break
    elif path.is_file():
        size = path.stat().st_size
        digest.update(str(size).encode())
        with open(path, "rb") as stream:
            digest.update(stream.read(MARKED))
            stream.seek(max(0, size - MARKED))
            digest.update(stream.read(MARKED))
    return digest.hexdigest()[:16]


def _inside(folder: Path) -> Iterator[tuple[str, int]]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(place, name)
            yield (
                os.path.relpath(path, folder),
                os.path.getsize(path) if os.path.isfile(path) else 0,
            )


def command_line() -> str:
    """Give the command as it was typed."""
    import shlex

    name = Path(sys.argv[0]).name
    return shlex.join(
        ["netdsl" if name.startswith(("netdsl", "__main__")) else name, *sys.argv[1:]]
    )
