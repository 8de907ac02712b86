"""`netdsl run`: what a network makes of a picture, and the products under one window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.cases import run

pytestmark = pytest.mark.keras

EDGES = """
from std.edges import sobel

model Edges(side: int = None) {
    input image: [?, ?, 1]
    output dx = image -> sobel("x")
}

model Kernels {
    input image: [6, 6, 2]
    output y = image -> Conv2D(3, 3, strides=2, padding="same", activation=relu, bias_initializer=Constant(0.5))
}

model Pools {
    input image: [6, 6, 1]
    output y = image -> MaxPooling2D(3, strides=2, padding="same")
}

model Twice {
    input a: [2]
    input b: [2]
    output total = a + 2 * b
    output gap = a - b
}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "edges.net").write_text(EDGES, "utf-8")
    return tmp_path


def test_a_step_is_an_edge(folder: Path) -> None:
    pixels = np.zeros((30, 40), dtype="uint8")
    pixels[:, 20:] = 255
    Image.fromarray(pixels).save(folder / "step.png")
    result = run("run", "edges.net", "step.png", "--model", "Edges")
    assert result.exit_code == 0, result.stderr
    assert "from -4 to 4" in result.stdout  # 1 + 2 + 1 at the step, and where the picture ends
    drawn = np.asarray(Image.open(folder / "Edges_dx.png"))
    assert drawn.shape == (30, 40)
    assert (drawn[15, 5], drawn[15, 19], drawn[15, 20]) == (128, 255, 255)


def test_each_model_that_takes_the_input_is_run(folder: Path) -> None:
    result = run("run", "edges.net", "[[0, 1], [2, 3]]")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith(
        "image: (2, 2, 1)"
    )  # the others take six by six, and two channels
    np.save(folder / "six.npy", np.ones((6, 6)))
    result = run("run", "edges.net", "six.npy")
    assert [line for line in result.stdout.splitlines() if "Model" in line] == [
        "Model: Edges", "Model: Pools",
    ]  # fmt: skip
    assert run("run", "edges.net", "six.npy", "--model", "Pools").stdout.startswith("image: (6, 6")


def test_a_small_array_shows_the_products_under_one_window() -> None:
    array = "[[0,0,1],[0,0,1],[0,0,1]]"
    shown = run("run", "edges.net", array, "--model", "Edges").stdout
    assert "at row 1, column 1" in shown
    assert "0  0  1             -2   0   2    0  0  2" in shown
    assert "the products add up to 4" in shown


@pytest.mark.parametrize("place", ["0,0", "1,2", "2,2"])
def test_windows_with_padding_strides_and_an_activation(place: str) -> None:
    # What is shown is held against what the layer gave: a window that is another would be an error.
    array = str(np.random.default_rng(1).random((6, 6, 2)).round(3).tolist())
    result = run("run", "edges.net", array, "--model", "Kernels", "--window", place)
    assert result.exit_code == 0, result.stderr
    assert "with the bias 0.5" in result.stdout
    assert "through relu" in result.stdout
    array = str(np.arange(36).reshape(6, 6).tolist())
    result = run("run", "edges.net", array, "--model", "Pools", "--window", place)
    row, column = (int(part) for part in place.split(","))
    assert f"the largest: {min(row * 2 + 2, 5) * 6 + min(column * 2 + 2, 5)}" in result.stdout


def test_several_inputs_and_outputs_by_name() -> None:
    result = run("run", "edges.net", "b=[1, 1]", "[3, 4]", "--model", "Twice")
    assert "total: (2,), from 5 to 6" in result.stdout
    assert "gap: (2,), from 2 to 3" in result.stdout


def test_what_cannot_be_run_is_told() -> None:
    for arguments, told in (
        (["[[1]]", "--model", "Nothing"], "`Nothing`"),
        (["[1, 2, 3]", "--model", "Pools"], "takes [6, 6, 1]"),
        (["[1, 2]", "[1, 2]", "--model", "Twice", "--window", "0,0"], "slides a window"),
        (["[[1]]", "--model", "Edges", "--window", "5,5"], "there is no place 5, 5"),
        (["[[1]]", "--model", "Edges", "--weights", "none.weights.h5"], "none.weights.h5"),
        (["[[1]]", "--model", "Edges", "--window", "x"], "a row and a column"),
    ):
        result = run("run", "edges.net", *arguments)
        assert result.exit_code == 2, arguments
        assert told in result.stderr, (told, result.stderr)
        assert "Traceback" not in result.stderr
