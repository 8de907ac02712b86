"""What holds of every picture: no overlap, no line through a box, each joins what gives a tensor to what reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

import netdsl
from netdsl.picture.picture import Direction, Options, Picture
from netdsl.picture.terms import Item, Row, Series
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


U = """
defaults Conv2D(padding="same")
block convolutions(n: int) { input x  output x -> Conv2D(n, 3) -> BatchNormalization() -> ReLU() -> Conv2D(n, 3) }
block up(n: int) {
    input x
    input across
    output [across, x -> Conv2DTranspose(n, 2, strides=2)] -> Concatenate() -> BODY
}
model M {
    input image: [64, 64, 1]
    bottom = image -> for n in [8, 16, 32] { convolutions(n) as level -> MaxPooling2D(2) } -> BOTTOM
    output mask = bottom -> for n, across in zip([32, 16, 8], level[::-1]) { up(n)(across=across) } -> Conv2D(2, 1)
}
"""


@pytest.mark.parametrize(
    "body",
    ["convolutions(n)", "Conv2D(n, 1)", "repeat 3 { Conv2D(n, 3) }", "[_, Conv2D(n, 1)] -> Add()"],
)
@pytest.mark.parametrize("bottom", ["convolutions(64)", "[Conv2D(8, 1), convolutions(8)] -> Add()"])
def test_a_u(body: str, bottom: str) -> None:
    if body.startswith("["):
        body = f"Conv2D(n, 1) -> {body}"
    compiled = netdsl.compile_text(U.replace("BODY", body).replace("BOTTOM", bottom))
    assert compiled.ok, compiled.diagnostics
    for depth in (None, 0, 1, 9):
        picture = Picture(compiled.model().net, Options(depth=depth))
        assert picture.is_u
        assert faults(picture) == []
        on_its_side = Picture(compiled.model().net, Options(depth=depth, direction="right"))
        assert on_its_side.is_u
        assert faults(on_its_side) == []
    assert not Picture(compiled.model().net, Options(form="line")).is_u


ATTENTION = """
defaults Conv2D(padding="same")
model AttentionUNet {
    input image: [64, 64, 1]
    c1 = image -> Conv2D(8, 3) -> Conv2D(8, 5)
    c2 = c1 -> MaxPooling2D(2) -> Conv2D(16, 3)
    c3 = c2 -> MaxPooling2D(2) -> Conv2D(32, 3)
    b = c3 -> MaxPooling2D(2) -> Conv2D(64, 3)
    up3 = b -> Conv2DTranspose(32, 2, strides=2)
    a3 = [up3 -> Conv2D(16, 1), c3 -> Conv2D(16, 1)] -> Add() -> ReLU() -> Conv2D(1, 1)
    d3 = [up3, [c3, a3] -> Multiply()] -> Concatenate() -> Conv2D(32, 3)
    up2 = d3 -> Conv2DTranspose(16, 2, strides=2)
    a2 = [up2 -> Conv2D(8, 1), c2 -> Conv2D(8, 1) -> ReLU()] -> Add() -> ReLU() -> Conv2D(1, 1)
    d2 = [up2, [c2, a2] -> Multiply()] -> Concatenate() -> Conv2D(16, 3)
    up1 = d2 -> Conv2DTranspose(8, 2, strides=2)
    a1 = [up1 -> Conv2D(4, 1), c1 -> Conv2D(4, 1) -> ReLU()] -> Add() -> ReLU() -> Conv2D(1, 1)
    d1 = [up1, [c1, a1] -> Multiply()] -> Concatenate() -> Conv2D(8, 3)
    output mask = d1 -> Conv2D(1, 1)
}
"""

RESIDUAL = """
defaults Conv2D(padding="same")
model ResUNet {
    input x: [64, 64, 3]
    s1 = x -> Conv2D(8, 3)
    e1 = [s1 -> BatchNormalization() -> Conv2D(8, 3) -> Conv2D(8, 5), s1] -> Add()
    s2 = e1 -> Conv2D(16, 3, strides=2)
    e2 = [s2 -> BatchNormalization() -> Conv2D(16, 3) -> Conv2D(16, 5), s2] -> Add()
    s3 = e2 -> Conv2D(32, 3, strides=2)
    e3 = [s3 -> BatchNormalization() -> Conv2D(32, 3) -> Conv2D(32, 5), s3] -> Add()
    s4 = e3 -> Conv2D(64, 3, strides=2)
    e4 = [s4 -> BatchNormalization() -> Conv2D(64, 3) -> Conv2D(64, 5), s4] -> Add()
    u3 = [e4 -> UpSampling2D(2), e3] -> Concatenate() -> Conv2D(32, 3)
    d3 = [u3 -> BatchNormalization() -> Conv2D(32, 3) -> Conv2D(32, 5), u3] -> Add()
    u2 = [d3 -> UpSampling2D(2), e2] -> Concatenate() -> Conv2D(16, 3)
    d2 = [u2 -> BatchNormalization() -> Conv2D(16, 3) -> Conv2D(16, 5), u2] -> Add()
    u1 = [d2 -> UpSampling2D(2), e1] -> Concatenate() -> Conv2D(8, 3)
    d1 = [u1 -> BatchNormalization() -> Conv2D(8, 3) -> Conv2D(8, 5), u1] -> Add()
    output y = d1 -> Conv2D(1, 1)
}
"""

#: The two levels of its smallest form.
SMALL = "\n".join(
    line.replace("b = c3", "b = c2").replace("[up3", "[b").replace("d3 ->", "b ->")
    for line in ATTENTION.splitlines()
    if not any(word in line for word in ("c3 =", "up3 =", "a3 =", "d3 ="))
)

FULLY_CONVOLUTIONAL = """
defaults Conv2D(padding="same")
model FCN {
    input image: [64, 64, 3]
    p3 = image -> Conv2D(8, 3) -> MaxPooling2D(2) -> Conv2D(16, 3) -> MaxPooling2D(2)
    p4 = p3 -> Conv2D(32, 3) -> MaxPooling2D(2)
    p5 = p4 -> Conv2D(64, 3) -> MaxPooling2D(2) -> Conv2D(5, 1)
    s4 = [p5 -> Conv2DTranspose(5, 4, strides=2, padding="same"), p4 -> Conv2D(5, 1)] -> Add()
    s3 = [s4 -> Conv2DTranspose(5, 4, strides=2, padding="same"), p3 -> Conv2D(5, 1)] -> Add()
    output scores = s3 -> UpSampling2D(4)
}
"""

TOP_DOWN = """
defaults Conv2D(padding="same")
block stage(n: int) = Conv2D(n, 3, strides=2) -> [_, Conv2D(n, 3)] -> Add()
model FPN {
    input img: [64, 64, 3]
    c2 = img -> stage(8)
    c3 = c2 -> stage(16)
    c4 = c3 -> stage(32)
    c5 = c4 -> stage(64)
    p5 = c5 -> Conv2D(8, 1)
    p4 = [p5 -> UpSampling2D(2), c4 -> Conv2D(8, 1)] -> Add()
    p3 = [p4 -> UpSampling2D(2), c3 -> Conv2D(8, 1)] -> Add()
    p2 = [p3 -> UpSampling2D(2), c2 -> Conv2D(8, 1)] -> Add()
    output o5 = p5 -> Conv2D(8, 3)
    output o4 = p4 -> Conv2D(8, 3)
    output o3 = p3 -> Conv2D(8, 3)
    output o2 = p2 -> Conv2D(8, 3)
}
"""


@pytest.mark.parametrize(
    "text",
    [ATTENTION, SMALL, FULLY_CONVOLUTIONAL, RESIDUAL, TOP_DOWN],
    ids=["gates", "two_levels", "two_projected", "residual", "fpn"],
)
def test_a_u_whose_layers_are_written_one_by_one(text: str) -> None:
    """Skips that are projected, or are read more than once on the way up; lanes within the arms, and outputs beside."""
    net = netdsl.compile_text(text).model().net
    for depth in (None, 1):
        picture = Picture(net, Options(depth=depth))
        assert picture.is_u
        assert picture.drawing.width < 900
        assert faults(picture) == []
        assert faults(Picture(net, Options(depth=depth, form="line"))) == []
        on_its_side = Picture(net, Options(depth=depth, direction="right"))
        assert on_its_side.is_u
        assert on_its_side.drawing.height < 500
        assert faults(on_its_side) == []


LADDER = """
block noisy(n: int) = GaussianNoise(0.3) -> Dense(n) -> ReLU()
model M {
    input x: [64]
    z1 = x -> noisy(32)
    z2 = z1 -> noisy(16)
    z3 = z2 -> noisy(8)
    output label = z3 -> Dense(4) -> Dense(3)
    u3 = [z3, label -> Dense(6) -> Dense(8)] -> Add() -> Dense(8)
    u2 = [z2, u3 -> Dense(16)] -> Add() -> Dense(16)
    output clean = u2 -> Dense(64)
    output whole = [z1, u2 -> Dense(32)] -> Add() -> Dense(64)
}
"""


def test_an_output_on_the_way_stands_beside_the_next_box() -> None:
    picture = Picture(netdsl.compile_text(LADDER).model().net)
    assert picture.is_u
    assert faults(picture) == []
    line = Picture(picture.graph, Options(form="line", depth=0))
    assert faults(line) == []
    series = line.cells.cells[0].term
    assert isinstance(series, Series)
    assert sum(isinstance(part, Row) for part in series.parts) == 2
    assert sum(isinstance(part, Item) for part in series.parts) == len(series.parts) - 2


def test_a_residual_in_a_residual_is_no_u() -> None:
    """Two levels make a U where the maps of the inner one are smaller."""
    text = """model M {
        input x: [32, 32, 16]
        a = x -> Conv2D(16, 3, padding="same")
        b = a -> Conv2D(16, 3, padding="same") -> ReLU()
        c = b -> Conv2D(16, 3, padding="same") -> ReLU() -> Conv2D(16, 3, padding="same")
        d = [c, b] -> Add() -> Conv2D(16, 3, padding="same")
        output y = [d, a] -> Add() -> Conv2D(3, 1)
    }"""
    for shape in ("[32, 32, 16]", "[S, S, 16]"):
        net = netdsl.compile_text(text.replace("[32, 32, 16]", shape)).model().net
        assert not Picture(net).is_u


def test_what_is_no_u_stays_a_line() -> None:
    for name in ("densenet121", "googlenet", "resnet50"):
        net = netdsl.compile_file(SPECS[0].parent / f"{name}.net").model().net
        assert not Picture(net, Options(form="u")).is_u


@pytest.mark.parametrize("direction", ["down", "right"])
def test_a_chain_far_longer_than_a_page_is_set_in_columns(direction: Direction) -> None:
    layers = (
        f"[_, Dense({i * i % 97 + 1}) -> Dense(8)] -> Add()" if i % 5 else f"Dense({8 + 0 * i})"
        for i in range(120)
    )
    compiled = netdsl.compile_text(
        f"model M {{ input x: [8]  output y = x -> {' -> '.join(layers)} }}"
    )
    options = Options(direction=direction)
    picture = Picture(compiled.model().net, options)
    line = Picture(compiled.model().net, Options(direction=direction, form="line"))
    assert faults(picture) == []
    assert max(picture.drawing.width, picture.drawing.height) < 2_200
    assert max(line.drawing.width, line.drawing.height) > 9_000


def test_columns_are_about_as_long_as_one_another() -> None:
    layers = " -> ".join(f"Dense({n})" for n in range(8, 53))
    net = netdsl.compile_text(f"model M {{ input x: [8]  output y = x -> {layers} }}").model().net
    picture = Picture(net)
    line = Picture(net, Options(form="line"))
    assert faults(picture) == []
    assert picture.drawing.height < 0.6 * line.drawing.height
    assert picture.drawing.width < 3 * line.drawing.width


@pytest.mark.parametrize("seed", range(30))
def test_drawn_programs(seed: int) -> None:
    compiled = netdsl.compile_text(draw(seed, 17))
    if not compiled.ok:
        pytest.skip("the program is one that netdsl refuses")
    if len(compiled.model().net.nodes) > 500:
        pytest.skip("there are too many boxes to compare each with each")
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
