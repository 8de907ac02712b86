"""What is not installed: the packages of the extras, imported where they are used, and the command that brings them."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from netdsl.foreign import Foreign

#: What Keras trains on.
BACKENDS = ("tensorflow", "jax", "torch")

#: Which extra brings a package, by its name in an import.
EXTRAS = {
    "keras": "train", "tensorflow": "train", "sklearn": "train", "pandas": "train", "pyarrow": "train",
    "numpy": "train", "PIL": "train", "matplotlib": "train",
    "optuna": "sweep",
    "onnx": "export", "onnxruntime": "export", "tf2onnx": "export", "ai_edge_litert": "export",
    "jax": "jax", "torch": "torch",
}  # fmt: skip

#: What a package is called where it is installed, if not as in an import.
_CALLED = {"PIL": "pillow", "sklearn": "scikit-learn", "ai_edge_litert": "ai-edge-litert"}

#: How lines begin that tell nothing: what is told before a logger is there, and information.
_CHATTER = (b"WARNING: All log messages before absl", b"I0000 ")


class CannotCompute(Exception):
    """What is needed to compute is not there; says how to get it."""


class UnknownBackend(CannotCompute):
    """Keras is asked for a backend that does not train."""

    def __init__(self, asked: str) -> None:
        super().__init__(
            f"KERAS_BACKEND is `{asked}`: {', '.join(BACKENDS[:-1])} and {BACKENDS[-1]} train"
        )


class MissingExtra(CannotCompute):
    """A package of an extra is not installed; `extra` is the one that brings it."""

    def __init__(self, package: str, why: str = "") -> None:
        self.package = _CALLED.get(package, package)
        self.extra = EXTRAS.get(package, "train")
        purpose = f" {why}" if why else ""
        super().__init__(
            f"{self.package} is needed{purpose} and is not installed: "
            f"pip install 'netdsl[{self.extra}]'"
        )


def needed(module: str, why: str = "") -> Foreign:
    """Import a module of an extra; raises MissingExtra where its package is not installed."""
    package = module.partition(".")[0]
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing != package and missing not in EXTRAS:
            raise
        raise MissingExtra(missing, why) from error


@contextmanager
def without_chatter() -> Iterator[None]:
    """Leave out what TensorFlow says of itself while it is loaded, but for warnings and errors of substance."""
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # standard error is closed
        yield
        return
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            said.seek(0)
            lines = said.read().splitlines(keepends=True)
            os.write(2, b"".join(line for line in lines if not line.startswith(_CHATTER)))
