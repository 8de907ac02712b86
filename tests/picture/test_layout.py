"""What holds of every picture: no overlap, no line through a box, each joins what gives a tensor to what reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

import netdsl
from netdsl.picture.picture import Direction, Options, Picture
from tests.keras.drawn_programs import draw
from tests.picture.geometry import faults

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.net"))


def _faults(net: netdsl.Compiled, options: Options) -> list[str]:
    return faults(Picture(net.model().net, options))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
@pytest.mark.parametrize("direction", ["down", "right"])
def test_specs(path: Path, direction: Direction) -> None:
    compiled = netdsl.compile_file(path)
    for depth in (None, 0, 1, 2, 9):
        assert _faults(compiled, Options(depth=depth, direction=direction)) == []


@pytest.mark.parametrize("seed", range(60))
def test_drawn_programs(seed: int) -> None:
    compiled = netdsl.compile_text(draw(seed, 17))
    if not compiled.ok:
        pytest.skip("the program is one that netdsl refuses")
    for depth in (None, 0, 1, 9):
        assert _faults(compiled, Options(depth=depth)) == []
    assert _faults(compiled, Options(depth=9, direction="right")) == []
