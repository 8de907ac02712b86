"""What holds of every picture: no overlap, no line through a box, each joins what gives a tensor to what reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

import netdsl
from netdsl.picture.picture import Direction, Options, Picture
from tests.keras.drawn_programs import draw
from tests.picture.geometry import faults

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.net"))
FEW = ["densenet121", "googlenet", "resnet50", "seq2seq", "siamese", "text_transformer", "unet"]


def _faults(compiled: netdsl.Compiled, options: Options) -> list[str]:
    return faults(Picture(compiled.model().net, options))


@pytest.mark.parametrize("name", FEW)
def test_specs_at_every_depth(name: str) -> None:
    compiled = netdsl.compile_file(SPECS[0].parent / f"{name}.net")
    for depth in (None, 0, 1, 9):
        assert _faults(compiled, Options(depth=depth)) == []
    assert _faults(compiled, Options(depth=2, direction="right")) == []


@pytest.mark.parametrize("seed", range(30))
def test_drawn_programs(seed: int) -> None:
    compiled = netdsl.compile_text(draw(seed, 17))
    if not compiled.ok:
        pytest.skip("the program is one that netdsl refuses")
    for depth in (None, 1, 9):
        assert _faults(compiled, Options(depth=depth)) == []
    assert _faults(compiled, Options(depth=9, direction="right")) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
@pytest.mark.parametrize("direction", ["down", "right"])
def test_every_spec(path: Path, direction: Direction) -> None:
    compiled = netdsl.compile_file(path)
    for depth in (None, 0, 1, 2, 9):
        assert _faults(compiled, Options(depth=depth, direction=direction)) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(30, 400))
def test_more_drawn_programs(seed: int) -> None:
    test_drawn_programs(seed)
