"""Generated training modules as files that are imported or run by themselves, and small data to train on."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import numpy

import netdsl

_NUMBERS = count()

#: A classifier of four numbers into three classes, and what most trainings say.
CLASSIFIER = """
model Net {
    input x: [4]
    output kind = x -> Dense(8, activation=relu) -> Dropout(0.1) -> Dense(3, activation=softmax)
}
"""
SETTINGS = "optimizer = Adam(1e-2)\n epochs = 2\n batch_size = 16\n seed = 3\n"
CLASSES = "loss = sparse_categorical_crossentropy\n metrics = [accuracy]\n" + SETTINGS


def classes(rows: int = 90) -> tuple[Any, Any]:
    """Give rows of four numbers that tell three classes apart, in no order."""
    generator = numpy.random.default_rng(0)
    labels = generator.permutation(numpy.arange(rows) % 3)
    return (generator.normal(size=(rows, 4)) + labels[:, None]).astype("float32"), labels


def source_of(spec: str, folder: Path, api: str = "tf.keras", *, flat: bool = False) -> str:
    compiled = netdsl.compile_text(spec, name=str(folder / "net.net"))
    assert compiled.ok, [d.message for d in compiled.diagnostics]
    return compiled.emit(api, flat=flat)  # type: ignore[arg-type]


def module_of(spec: str, folder: Path, **options: Any) -> Any:
    """Write a spec's module into a folder, and import it."""
    path = folder / "net.py"
    path.write_text(source_of(spec, folder, **options), "utf-8")
    name = f"generated_net{next(_NUMBERS)}"
    found = importlib.util.spec_from_file_location(name, path)
    assert found is not None
    assert found.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def trained(module: Any, **options: Any) -> tuple[Any, Any, dict[str, list[float]]]:
    """Make the model, load the data and fit."""
    model, data = module.make_model(), module.load_data()
    history = module.fit(model, data, verbose=0, **options).history
    return model, data, history


def run_python(code: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run some Python by itself, in a folder where no netdsl can be imported."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(folder)}
    quiet["KERAS_BACKEND"] = "tensorflow"  # whatever a module that ran here has asked for
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=os.environ | quiet | environment,
        capture_output=True,
        text=True,
        check=False,
    )
