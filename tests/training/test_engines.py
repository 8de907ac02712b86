"""A strategy brings its API and its backend along; asking for others is an error at the setting."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import netdsl
from netdsl.cli.commands import netdsl as command

SPEC = """model Net {{
    input x: [8]
    output y = x -> Dense(4, activation=softmax)
}}

train Net {{
    data = npz("f.npz")
    optimizer = adam
    loss = sparse_categorical_crossentropy
    {}
}}
"""
PARALLEL = "distribute = DataParallel()"
SHARDED = 'distribute = ModelParallel(layout={"y/kernel": (None, "model")}, mesh={"batch": 1, "model": 2})'
MIRRORED = "distribute = MirroredStrategy()"


@pytest.mark.parametrize(
    ("setting", "backend", "head"),
    [
        (PARALLEL, "jax", "import keras\n"),
        (SHARDED, "jax", "import keras\n"),
        (MIRRORED, "tensorflow", "from tensorflow import keras\n"),
        ("", None, "from tensorflow import keras\n"),
    ],
)
def test_a_strategy_says_what_the_module_imports(
    setting: str, backend: str | None, head: str
) -> None:
    compiled = netdsl.compile_text(SPEC.format(setting))
    assert compiled.experiment().backend == backend
    assert head in compiled.source
    assert "import keras\n" in compiled.emit("keras")


@pytest.mark.parametrize("setting", [PARALLEL, SHARDED])
def test_asking_for_another_api_is_an_error(setting: str, tmp_path: Path) -> None:
    compiled = netdsl.compile_text(SPEC.format(setting))
    with pytest.raises(ValueError, match="runs on JAX alone"):
        compiled.emit("tf.keras")
    (tmp_path / "net.net").write_text(SPEC.format(setting))
    result = CliRunner().invoke(
        command, ["compile", str(tmp_path / "net.net"), "--api", "tf.keras"]
    )
    assert result.exit_code == 1
    assert "error[N0819]" in result.stderr
    assert "net.net:10:18" in result.stderr
    assert not (tmp_path / "net.py").exists()


@pytest.mark.parametrize(
    ("setting", "backend"), [(PARALLEL, "tensorflow"), (PARALLEL, "torch"), (MIRRORED, "jax")]
)
def test_asking_for_another_backend_is_an_error_before_anything_runs(
    setting: str, backend: str, tmp_path: Path
) -> None:
    (tmp_path / "net.net").write_text(SPEC.format(setting))
    arguments = ["train", str(tmp_path / "net.net"), "--backend", backend]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 1
    assert "error[N0819]" in result.stderr


def test_a_model_is_built_without_what_only_its_training_needs() -> None:
    """Neither JAX, nor pandas, nor the user's own function of data has to be there."""
    text = SPEC.format(PARALLEL).replace('npz("f.npz")', 'load("f.csv")')
    source = netdsl.compile_text('extern fn load from "absent.data"\n' + text).emit(training=False)
    heads = [line for line in source.splitlines() if line.startswith(("import ", "from "))]
    assert heads == ["import keras"]
    assert "def fit(" not in source
    assert "def Net(" in source
