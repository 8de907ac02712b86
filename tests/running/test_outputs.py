"""What came out: grey of the right value, and no other program's file written over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netdsl.running.inputs import CannotRun
from netdsl.running.outputs import is_map, picture_of, table, told, write_picture


def test_grey_is_in_the_middle_where_there_are_two_signs() -> None:
    values = np.zeros((20, 20, 1))
    values[0, 0], values[1, 1] = -2, 1
    drawn = np.asarray(picture_of(values))
    assert (drawn[0, 0], drawn[1, 1], drawn[5, 5]) == (0, 191, 128)


def test_values_up_to_one_keep_their_brightness_and_larger_ones_are_scaled() -> None:
    half = np.full((20, 20, 1), 0.5)
    assert np.asarray(picture_of(half)).max() == 128
    assert np.asarray(picture_of(half * 100)).max() == 255


def test_channels_lie_side_by_side() -> None:
    assert picture_of(np.ones((20, 30, 5))).size == (30 * 3 + 4, 20 * 2 + 2)
    assert picture_of(np.ones((20, 30, 3))).mode == "RGB"


def test_what_is_small_is_told_in_figures() -> None:
    assert not is_map(np.ones((5, 5, 1)))
    assert is_map(np.ones((17, 40, 2)))
    assert list(table(np.array([[1, -10], [0.5, -0.0]]))) == ["  1  -10", "0.5    0"]
    assert next(iter(told(np.array([1.0, 2.0])))) == "from 1 to 2, mean 1.5"


def test_a_file_of_another_program_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("L", (3, 3)).save(path)
    before = path.read_bytes()
    with pytest.raises(CannotRun, match="--force"):
        write_picture(np.ones((20, 20, 1)), path, force=False)
    assert path.read_bytes() == before
    write_picture(np.ones((20, 20, 1)), path, force=True)
    write_picture(np.zeros((20, 20, 1)), path, force=False)
    assert np.asarray(Image.open(path)).max() == 0
