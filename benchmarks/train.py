"""Measure training: the generated module against the `fit` of a tutorial, and its input pipeline against the step.

Run as it stands, with a GPU or without; see README.md beside this file.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import netdsl
from netdsl.analyse.costs import totals
from netdsl.training.run.loading import Module, load_module

ROOT = Path(__file__).resolve().parent.parent

#: A step goes forward once and backward twice as far; a multiply-accumulate is two operations.
OPERATIONS_PER_MAC = 3 * 2

TRAIN = """
train {model} {{
    data = {data}
    optimizer = SGD(0.01, momentum=0.9)
    loss = sparse_categorical_crossentropy
    metrics = [accuracy]
    batch_size = {batch}
    {more}
}}
"""

SMALL = """
model Small {{
    input image: [28, 28, 1]
    output probs = image -> Conv2D(16, 3, activation=relu) -> MaxPooling2D() -> Conv2D(32, 3, activation=relu)
        -> GlobalAveragePooling2D() -> Dense(10, activation=softmax)
}}
"""

TABLE = """
model Table {{
    input x: [20]
    output y = x -> Dense(256, activation=relu) -> Dense(256, activation=relu) -> Dense(3, activation=softmax)
}}
"""


@dataclass
class Case:
    """A network with made data: its spec, samples and labels, and what the train block adds."""

    name: str
    spec: str
    x: np.ndarray
    y: np.ndarray
    batch: int
    more: str = ""


def cases(on_gpu: bool, few: bool) -> Iterator[Case]:
    """Give what is measured: on a GPU the networks that people train there, without one what fits a processor.

    `few` samples in small batches show that all of it runs.
    """
    generator = np.random.default_rng(0)
    bfloat16 = "precision = mixed_bfloat16"
    settings = {
        "float32": "",
        "mixed_bfloat16": bfloat16,
        "mixed_bfloat16, jit": f"{bfloat16}\n    jit_compile = True",
    }
    if not on_gpu:
        x = generator.random((4096, 28, 28, 1), "float32")
        yield Case("small CNN, float32", SMALL, x, generator.integers(0, 10, 4096), 32)
        x = generator.random((16384, 20), "float32")
        yield Case("table, float32", TABLE, x, generator.integers(0, 3, 16384), 64)
        return
    resnet = (ROOT / "specs/resnet50.net").read_text("utf-8").replace("{", "{{").replace("}", "}}")
    # No more than is held in memory; on a processor bfloat16 is slow.
    count, batch, size = (4, 2, 32) if few else (768, 128, 224)
    resnet = resnet.replace("[224, 224, 3]", f"[{size}, {size}, 3]")
    resnet = resnet.replace("(7, 7, 2048)", f"({size // 32}, {size // 32}, 2048)")
    pictures = generator.random((count, size, size, 3), "float32")
    labels = generator.integers(0, 1000, count)
    for name, more in settings.items():
        yield Case(f"ResNet-50, {name}", resnet, pictures, labels, batch, more)
    text = (ROOT / "specs/text_transformer.net").read_text("utf-8")
    for old, new in (("width: int = 128", "width: int = 512"), ("heads: int = 4", "heads: int = 8"),
                     ("hidden: int = 512", "hidden: int = 2048"), ("depth: int = 2", "depth: int = 6")):  # fmt: skip
        text = text.replace(old, new)
    text = text.replace("{", "{{").replace("}", "}}")
    count = 4 if few else 8192
    words = generator.integers(0, 20_000, (count, 200)).astype("int32")
    labels = generator.integers(0, 2, count)
    for name, more in settings.items():
        yield Case(f"transformer, {name}", text, words, labels, batch, more)


def load(case: Case, folder: Path) -> tuple[Module, netdsl.Compiled]:
    """Write a case's data and spec, and load the module that the spec gives."""
    np.savez(folder / "data.npz", x=case.x, y=case.y)
    for imported in (ROOT / "specs").glob("*.net"):
        shutil.copy(imported, folder)
    path, text = folder / "case.net", case.spec.format()
    model = netdsl.compile_text(text, name=str(path)).models[-1]
    block = TRAIN.format(model=model, data='npz("data.npz")', batch=case.batch, more=case.more)
    path.write_text(text + block)
    compiled = netdsl.compile_file(path)
    assert compiled.ok, [d.message for d in compiled.diagnostics]
    return load_module(compiled, model, "tf.keras", "bench"), compiled


def steps_a_second(fit: Callable[[int], Any], steps: int, least: int) -> float:
    """Time enough epochs of `fit` for some steps at least, once it has compiled."""
    epochs = max(1, least // steps)
    return steps * epochs / _seconds(lambda: fit(epochs))


def compare(case: Case, rounds: int, least: int) -> dict[str, float]:
    """Time the module and a tutorial's `model.fit(x, y)` on the same network, in turns in one process."""
    with tempfile.TemporaryDirectory() as name:
        module, compiled = load(case, Path(name))
        data, model, other = module.load_data(), module.make_model(), module.make_model()
        steps = -(-len(case.x) // case.batch)

        def ours(epochs: int) -> Any:
            return module.fit(model, data, epochs=epochs, verbose=0)

        def tutorial(epochs: int) -> Any:
            return other.fit(case.x, case.y, batch_size=case.batch, epochs=epochs, verbose=0)

        ours(1), tutorial(1)
        pairs = [
            (steps_a_second(ours, steps, least), steps_a_second(tutorial, steps, least))
            for _ in range(rounds)
        ]
        start = time.perf_counter()
        for _ in data.train:
            pass
        pipeline = steps / (time.perf_counter() - start)
        graph = compiled.graphs[compiled.models[-1]]
        macs = totals(graph).macs
        rate = statistics.median(own for own, _ in pairs)
        return {
            "steps": rate,
            "ratio": statistics.median(own / theirs for own, theirs in pairs),
            "pipeline": pipeline / rate,
            "operations": rate
            * case.batch
            * OPERATIONS_PER_MAC
            * (macs if isinstance(macs, int) else 0),
        }


def start_afresh() -> None:
    """Let go of the models of a case, and of its precision, which the next may not have."""
    from tensorflow import keras

    keras.config.set_dtype_policy("float32")
    keras.utils.clear_session()


def measured_peak(dtype: str, on_gpu: bool) -> float:
    """Give the operations a second of a large matrix product in a dtype: what this device can do at best."""
    import tensorflow as tf

    size = 8192 if on_gpu else 1024
    a = tf.cast(tf.random.normal((size, size)), dtype)
    product = tf.function(lambda m: tf.linalg.matmul(m, m))
    product(a)
    rates = []
    for _ in range(5):
        start = time.perf_counter()
        count = 10
        for _ in range(count):
            found = product(a)
        found[0, 0].numpy()
        rates.append(count * 2 * size**3 / (time.perf_counter() - start))
    return max(rates)


def sources(rounds: int) -> Iterator[tuple[str, float, float]]:
    """Time the pipelines of tables and of folders of pictures alone, against the step that they feed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind, text, data in (_table(folder), _pictures(folder)):
            model = netdsl.compile_text(text.format()).models[-1]
            block = TRAIN.format(model=model, data=data, batch=32, more="")
            path = folder / f"{kind.split()[0]}.net"
            path.write_text(text.format() + block)
            module = load_module(netdsl.compile_file(path), model, "tf.keras", "source")
            alone, step = _apart(module, rounds)
            yield kind, 1 / alone, 1 / step


def _apart(module: Module, rounds: int) -> tuple[float, float]:
    """Give the seconds of a batch from the pipeline alone, and of a step on a batch that is there already."""
    data, model = module.load_data(), module.make_model()
    module.fit(model, data, epochs=1, verbose=0)
    batch = next(iter(data.train))
    model.train_on_batch(*batch)
    steps = [_seconds(lambda: model.train_on_batch(*batch)) for _ in range(30)]
    passes = [_seconds(lambda: sum(1 for _ in data.train)) for _ in range(rounds)]
    return statistics.median(passes) / len(data.train), statistics.median(steps)


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _table(folder: Path) -> tuple[str, str, str]:
    generator = np.random.default_rng(1)
    rows = np.concatenate(
        [generator.random((50_000, 20)), generator.integers(0, 3, (50_000, 1))], 1
    )
    names = ",".join([*(f"c{i}" for i in range(20)), "y"])
    np.savetxt(folder / "t.csv", rows, delimiter=",", header=names, comments="", fmt="%.4g")
    return "csv of 50,000 rows", TABLE, 'csv("t.csv", label="y")'


def _pictures(folder: Path) -> tuple[str, str, str]:
    from PIL import Image

    generator = np.random.default_rng(2)
    for kind in range(4):
        (folder / f"p/{kind}").mkdir(parents=True)
        for i in range(256):
            noise = generator.integers(0, 255, (16, 16, 3)).astype("uint8")
            Image.fromarray(noise).resize((128, 128)).save(folder / f"p/{kind}/{i}.jpg")
    text = (
        SMALL.replace("[28, 28, 1]", "[96, 96, 3]")
        .replace("Small", "Pictures")
        .replace("Dense(10", "Dense(4")
    )
    return "1,024 pictures", text, 'image_folder("p")'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--rehearse",
        action="store_true",
        help="run what a GPU is given, a few samples of it, whatever is here",
    )
    given = parser.parse_args()
    rounds = 1 if given.rehearse else given.rounds
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    on_gpu = bool(gpus)
    details = tf.config.experimental.get_device_details(gpus[0]) if gpus else {}
    device = details.get("device_name", f"CPU, {os.cpu_count()} cores")
    print(f"{device}; TensorFlow {tf.__version__}\n")
    peaks = {dtype: measured_peak(dtype, on_gpu) for dtype in ("float32", "bfloat16")}
    for dtype, peak in peaks.items():
        print(f"{dtype} matrix product: {peak / 1e12:.2f} TFLOP/s")
    print(
        f"\n{'network':<32}{'steps/s':>9}{'of fit(x, y)':>14}{'pipeline of step':>18}{'TFLOP/s':>9}{'of peak':>9}"
    )
    for case in cases(on_gpu or given.rehearse, given.rehearse):
        found = compare(case, rounds, 1 if given.rehearse else 30)
        start_afresh()
        peak = peaks["bfloat16" if "bfloat16" in case.name else "float32"]
        print(
            f"{case.name:<32}{found['steps']:>9.1f}{found['ratio']:>13.2f}x{found['pipeline']:>17.1f}x"
            f"{found['operations'] / 1e12:>9.2f}{found['operations'] / peak:>9.1%}",
            flush=True,
        )
    print(f"\n{'source alone':<32}{'batches/s':>10}{'steps/s':>10}{'ratio':>8}")
    for kind, alone, step in sources(rounds):
        print(f"{kind:<32}{alone:>10.1f}{step:>10.1f}{alone / step:>7.1f}x")
    if not (on_gpu or given.rehearse):
        print("\nNo GPU is here: ResNet-50 and the transformer were not run.")


if __name__ == "__main__":
    main()
