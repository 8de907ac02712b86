"""What a network is run on: the forms that are taken, and the sentence where one is not."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netdsl.running.inputs import CannotRun, Port, read_all
from netdsl.tensor import UNKNOWN, TensorSpec

GREY = Port("image", TensorSpec((UNKNOWN, UNKNOWN, UNKNOWN, 1), "float32"))
COLOUR = Port("image", TensorSpec((UNKNOWN, 4, 6, 3), "float32"))
FLAT = Port("x", TensorSpec((UNKNOWN, 3), "float32"))


def test_an_array_as_it_is_written_gets_its_batch_and_channel() -> None:
    (given,) = read_all(["[[0, 1], [2, 3]]"], [GREY])
    assert given.array.shape == (1, 2, 2, 1)
    assert given.array.dtype == "float32"
    (given,) = read_all(["[[1, 2, 3], [4, 5, 6]]"], [FLAT])
    assert given.array.shape == (2, 3)


def test_a_picture_gets_the_colours_and_the_size_of_the_input(tmp_path: Path) -> None:
    path = tmp_path / "red.png"
    Image.new("RGB", (12, 8), (255, 0, 0)).save(path)
    (given,) = read_all([str(path)], [COLOUR])
    assert given.array.shape == (1, 4, 6, 3)
    assert given.array[0, 0, 0].tolist() == [1, 0, 0]
    assert "scaled from 8 by 12 to 4 by 6" in given.done
    (given,) = read_all([str(path)], [GREY])
    assert given.array.shape == (1, 8, 12, 1)
    raw = Port("image", COLOUR.spec, raw=True)
    assert read_all([str(path)], [raw])[0].array.max() == 255


def test_inputs_go_by_name_or_in_order(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((3,)))
    np.savez(tmp_path / "b.npz", y=np.zeros((2, 3)), x=np.full((2, 3), 7))
    ports = [FLAT, Port("y", FLAT.spec)]
    first, second = read_all([f"y={tmp_path / 'b.npz'}", str(tmp_path / "a.npy")], ports)
    assert (first.name, first.array.tolist()) == ("x", [[1, 1, 1]])
    assert (second.name, second.array.shape) == ("y", (2, 3))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[1, 2], [3]]", "no array"),
        ("[[1, 2", "no array"),
        ('["a"]', "something else than numbers"),
        ("[1, 2]", "is (2,), and `x` takes [3]"),
        ("nowhere.png", "no file"),
        ("[" * 3000, "no array"),
    ],
)
def test_what_is_no_input_is_told(text: str, told: str) -> None:
    with pytest.raises(CannotRun) as error:
        read_all([text], [FLAT])
    assert told in str(error.value)


def test_files_from_strangers(tmp_path: Path) -> None:
    np.save(tmp_path / "code.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    (tmp_path / "text.png").write_text("no picture", "utf-8")
    with zipfile.ZipFile(tmp_path / "empty.npz", "w"):
        pass
    for name in ("code.npy", "text.png", "empty.npz"):
        with pytest.raises(CannotRun):
            read_all([str(tmp_path / name)], [FLAT if name != "text.png" else GREY])


def test_too_few_are_told() -> None:
    with pytest.raises(CannotRun, match="takes 2"):
        read_all(["[1, 2, 3]"], [FLAT, Port("y", FLAT.spec)])
