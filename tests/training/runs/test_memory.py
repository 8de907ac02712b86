"""Data larger than the memory that it is to take: a table and an archive of 3 GB, checked and trained on."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.keras, pytest.mark.slow]

numpy = pytest.importorskip("numpy")

ROOT = Path(__file__).parents[3]
GB = 10**9

SPEC = """\
model M {{
    input x: [{columns}]
    output y = x -> Dense(8, activation=relu) -> Dense(3, activation=softmax)
}}
train M {{
    data = {data}
    optimizer = adam
    loss = sparse_categorical_crossentropy
    metrics = [accuracy]
    batch_size = 256
    steps_per_epoch = 20
    validation_split = 0.01
}}
"""

#: What importing Keras takes, then what the run took at most; bytes.
PROGRAM = """
import resource, sys
import keras, tensorflow, pandas, matplotlib.pyplot
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
import netdsl
netdsl.train("m.net", out="out", verbose=0)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before)
"""


def added(folder: Path) -> int:
    """Train, and give the bytes that it took beyond what importing takes."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=folder, capture_output=True, text=True, timeout=1800, check=False,
        env={**os.environ, "PYTHONPATH": os.fspath(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return int(done.stdout.splitlines()[-1])


def test_a_table_of_3_gb(tmp_path: Path) -> None:
    generator = numpy.random.default_rng(0)
    rows = "".join(
        ",".join(f"{v:.4f}" for v in row) + f",{i % 3}\n"
        for i, row in enumerate(generator.random((30_000, 20)))
    )
    with open(tmp_path / "d.csv", "w") as stream:
        stream.write(",".join([*(f"c{i}" for i in range(20)), "kind"]) + "\n")
        while stream.tell() < 3 * GB:
            stream.write(rows)
    (tmp_path / "m.net").write_text(SPEC.format(columns=20, data='csv("d.csv", label="kind")'))
    assert added(tmp_path) < GB


def test_an_archive_of_3_gb(tmp_path: Path) -> None:
    count = 3 * GB // (4 * 256)
    x = numpy.lib.format.open_memmap(tmp_path / "x.npy", "w+", "float32", (count, 256))
    x[:: count // 1000] = 1
    del x
    numpy.save(tmp_path / "y.npy", numpy.arange(count) % 3)
    with zipfile.ZipFile(tmp_path / "d.npz", "w") as archive:
        for name in ("x.npy", "y.npy"):
            archive.write(tmp_path / name, name)
            (tmp_path / name).unlink()
    (tmp_path / "m.net").write_text(SPEC.format(columns=256, data='npz("d.npz")'))
    assert added(tmp_path) < GB
