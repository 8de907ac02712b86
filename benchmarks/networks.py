"""Measure networks of the zoo: the generated module against keras.applications, and what each file costs netdsl.

See README.md beside this file. Nothing is downloaded: the weights are drawn.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

#: The spec of a network that keras.applications has too, by its name there.
NETWORKS = {
    "ResNet50": "resnet50",
    "MobileNetV2": "mobilenet_v2",
    "EfficientNetB0": "efficientnet",
}

WORK = ("build", "step", "inference")

Work = Callable[[], object]


def ratios(rounds: int, ours: Work, theirs: Work) -> tuple[float, float, float]:
    """Do both in turns; give our seconds, and the ratios of seconds and of processor time, all as medians."""
    rows = []
    for number in range(rounds):
        both = [(0, ours), (1, theirs)]
        taken = {place: spent(work) for place, work in (both if number % 2 else both[::-1])}
        (own, own_work), (other, other_work) = taken[0], taken[1]
        rows.append((own, own / other, own_work / other_work))
    own, share, work = map(statistics.median, zip(*rows, strict=True))
    return own, share, work


def spent(work: Work) -> tuple[float, float]:
    """Give the seconds that work takes, and the time of all processors."""
    gc.collect()
    start, worked = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - worked


def against_applications(rounds: int, batch: int) -> None:
    """Build, train and ask the network of the module and that of keras.applications, in one process."""
    import numpy as np
    from tensorflow import keras

    import netdsl

    print(f"{'network':<18}" + "".join(f"{w:>14}{'of Keras':>20}" for w in WORK))
    generator = np.random.default_rng(0)
    for name, spec in NETWORKS.items():
        scope: dict[str, Any] = {}
        source = netdsl.compile_file(ROOT / f"specs/{spec}.net").source
        exec(compile(source, spec, "exec"), scope)
        ours = scope[name]
        theirs = partial(getattr(keras.applications, name), weights=None)
        models = [ours(), theirs()]  # what Keras loads when it first builds is loaded
        found = [ratios(rounds, ours, theirs)]
        x = generator.random((batch, *models[0].input_shape[1:]), "float32")
        y = generator.integers(0, 1000, batch)
        for model in models:
            model.compile(keras.optimizers.SGD(1e-3), "sparse_categorical_crossentropy")
            model.train_on_batch(x, y), model.predict_on_batch(x)  # traced
        found.append(ratios(rounds, *(partial(m.train_on_batch, x, y) for m in models)))
        found.append(ratios(rounds, *(partial(m.predict_on_batch, x) for m in models)))
        told = (f"{s * 1e3:>11.0f} ms{wall:>7.2f}x ({work:.2f}x work)" for s, wall, work in found)
        print(f"{name:<18}" + "".join(told), flush=True)
        del models, model
        keras.backend.clear_session()


def processor_seconds(command: Sequence[str]) -> float:
    """Run a command to its end and give the time that processors worked on it: other load hardly changes it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as installed software runs
    subprocess.run(command, check=True, cwd=ROOT, env=environment, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def files(rounds: int) -> None:
    """A cold compile and a cold picture of every file, against a cold check of it, and that against start-up."""
    netdsl = [sys.executable, "-m", "netdsl"]
    specs = sorted((ROOT / "specs").glob("*.net"))
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate([specs[0], *specs]):  # once more: bytecode is made
            commands = [
                [*netdsl, "layers", "Dense"],
                [*netdsl, "check", str(path)],
                [*netdsl, "compile", str(path), "-o", f"{folder}/{path.stem}.py", "--force"],
                [*netdsl, "graph", str(path), "-o", f"{folder}/{path.stem}.svg"],
            ]
            turns = [[processor_seconds(command) for command in commands] for _ in range(rounds)]
            starting, check, write, draw = map(statistics.median, zip(*turns, strict=True))
            if number:
                found[path.stem] = [check / starting, write / check, draw / check]
                _row(path.stem, found[path.stem])
            else:
                print(f"{'file':<24}{'check':>22}{'compile':>16}{'graph':>16}")
    _row("median", [statistics.median(column) for column in zip(*found.values(), strict=True)])


def _row(name: str, figures: Sequence[float]) -> None:
    check, write, draw = figures
    print(f"{name:<24}{check:>11.1f}x start-up{write:>9.2f}x check{draw:>9.2f}x check", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="of building, steps and answers")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--only", choices=["keras", "files"], help="one of the two tables")
    given = parser.parse_args()
    if given.only != "files":
        against_applications(given.rounds, given.batch)
    if given.only != "keras":
        files(max(1, given.rounds // 3))


if __name__ == "__main__":
    main()
