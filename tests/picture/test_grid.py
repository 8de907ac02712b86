"""Networks on several scales: a column for each scale, straight lines beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

import netdsl
from netdsl.picture.draw import flatten
from netdsl.picture.picture import Options, Picture
from netdsl.picture.terms import Grid, Series, Term
from tests.picture.geometry import faults

SPECS = Path(__file__).parents[2] / "specs"

STREAMS = """
defaults Conv2D(padding="same")
block stream(n: int) = repeat 2 { [_, Conv2D(n, 3)] -> Add() -> ReLU() }
block down(n: int) = Conv2D(n, 3, strides=2) -> BatchNormalization()
block up(n: int, by: int) = Conv2D(n, 1) -> UpSampling2D(by)
model Streams(w: int = 4) {
    input image: [32, 32, 4]
    a1 = image -> stream(w)
    b1 = image -> down(2 * w) -> stream(2 * w)
    a2 = [a1, b1 -> up(w, 2)] -> Add() -> stream(w)
    b2 = [a1 -> down(2 * w), b1] -> Add() -> stream(2 * w)
    c2 = b1 -> down(4 * w) -> stream(4 * w)
    a3 = [a2, b2 -> up(w, 2), c2 -> up(w, 4)] -> Add() -> stream(w)
    b3 = [a2 -> down(2 * w), b2, c2 -> up(2 * w, 2)] -> Add() -> stream(2 * w)
    c3 = [a2 -> down(4 * w) -> MaxPooling2D(2), b2 -> down(4 * w), c2] -> Add() -> stream(4 * w)
    output map = [a3, b3 -> up(w, 2), c3 -> up(w, 4)] -> Concatenate() -> Conv2D(5, 1)
}
"""

PYRAMID = """
block fuse(n: int) = Add() -> Activation("swish") -> SeparableConv2D(n, 3, padding="same")
model Pyramid(n: int = 8) {
    input p3: [32, 32, 8]
    input p4: [16, 16, 8]
    input p5: [8, 8, 8]
    input p6: [4, 4, 8]
    m5 = [p5, p6 -> UpSampling2D(2)] -> fuse(n)
    m4 = [p4, m5 -> UpSampling2D(2)] -> fuse(n)
    o3 = [p3, m4 -> UpSampling2D(2)] -> fuse(n)
    o4 = [p4, m4, o3 -> MaxPooling2D(2)] -> fuse(n)
    o5 = [p5, m5, o4 -> MaxPooling2D(2)] -> fuse(n)
    o6 = [p6, o5 -> MaxPooling2D(2)] -> fuse(n)
    output q3 = o3 -> Conv2D(n, 1)
    output q4 = o4 -> Conv2D(n, 1)
    output q5 = o5 -> Conv2D(n, 1)
    output q6 = o6 -> Conv2D(n, 1)
}
"""


#: Its levels go to heads, which make lists of the maps.
HEADS = (
    PYRAMID.partition("    output q3")[0]
    + """
    layer head = Conv2D(8, 3, padding="same")
    output boxes = [for o in [o3, o4, o5, o6] { o -> head -> Reshape((-1, 4)) }] -> Concatenate(axis=1)
}
"""
)


def _grid(picture: Picture) -> Term | None:
    """Give the picture's term, or the grid in it."""
    term = picture.cells.cells[picture.nested.root.number].term
    inside = term.parts if isinstance(term, Series) else ()
    return next((part for part in inside if isinstance(part, Grid)), term)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        (STREAMS, 3),
        (PYRAMID, 7),
        (HEADS, 4),
        ((SPECS / "unet_plus_plus.net").read_text("utf-8"), 6),
    ],
    ids=["streams", "pyramid", "heads", "unet_plus_plus"],
)
def test_scales_are_columns(text: str, columns: int) -> None:
    compiled = netdsl.compile_text(text)
    assert compiled.ok, compiled.diagnostics
    for depth in (None, 0, 1, 9):
        picture = Picture(compiled.model().net, Options(depth=depth))
        grid = _grid(picture)
        assert isinstance(grid, Grid)
        assert grid.columns == columns
        assert faults(picture) == []
    assert faults(Picture(compiled.model().net, Options(depth=1, direction="right"))) == []


def test_what_goes_down_beside_a_column_is_straight() -> None:
    """In U-Net++ no tensor of a level turns aside between what gives it and what reads it on that level."""
    net = netdsl.compile_file(SPECS / "unet_plus_plus.net").model().net
    picture = Picture(net, Options(depth=0))
    grid = _grid(picture)
    assert isinstance(grid, Grid)
    placed = flatten(picture.composed[1], True)
    for lane in grid.lanes:
        beside = {
            round(x, 3)
            for track in placed.tracks
            if track.net == lane.net
            for (x, y), (u, v) in zip(track.points, track.points[1:], strict=False)
            if x == u and abs(v - y) > 60
        }
        assert len(beside) <= 2, lane  # the column itself, and the lane


def test_a_u_and_what_has_one_scale_is_no_grid() -> None:
    net = netdsl.compile_file(SPECS / "yolov8.net").model().net
    grid = _grid(Picture(net, Options(depth=0)))
    assert isinstance(grid, Grid)
    assert grid.columns == 3  # what comes before the first skip stands above it, and heads below
    for name in ("unet", "googlenet", "retinanet"):
        net = netdsl.compile_file(SPECS / f"{name}.net").model().net
        assert not isinstance(_grid(Picture(net, Options(depth=0))), Grid), name


DETECTOR = """
defaults Conv2D(padding="same")
model Detector(classes: int = 3) {
    input image: [64, 64, 3]
    c1 = image -> Conv2D(8, 3) -> MaxPooling2D(2) -> [_, Conv2D(8, 3)] -> Add()
    c2 = c1 -> Conv2D(16, 3) -> MaxPooling2D(2) -> [_, Conv2D(16, 3)] -> Add()
    c3 = c2 -> Conv2D(16, 3) -> MaxPooling2D(2)
    c4 = c3 -> Conv2D(16, 3, strides=2)
    n1 = c1 -> UnitNormalization()
    s1 = n1 -> Conv2D(2 * classes, 3) -> Reshape((-1, classes))
    s2 = c2 -> Conv2D(2 * classes, 3) -> Reshape((-1, classes))
    s3 = c3 -> Conv2D(2 * classes, 3) -> Reshape((-1, classes))
    s4 = c4 -> Conv2D(2 * classes, 3) -> Reshape((-1, classes))
    b1 = n1 -> Conv2D(8, 3) -> Reshape((-1, 4))
    b2 = c2 -> Conv2D(8, 3) -> Reshape((-1, 4))
    b3 = c3 -> Conv2D(8, 3) -> Reshape((-1, 4))
    b4 = c4 -> Conv2D(8, 3) -> Reshape((-1, 4))
    scores = [s1, s2, s3, s4] -> Concatenate(axis=1) -> Softmax()
    places = [b1, b2, b3, b4] -> Concatenate(axis=1)
    output found = [scores, places] -> Concatenate()
}
"""

SIDES = """
defaults Conv2D(padding="same")
model Edges {
    input image: [64, 64, 3]
    c1 = image -> Conv2D(8, 3)
    c2 = c1 -> MaxPooling2D(2) -> Conv2D(16, 3)
    c3 = c2 -> MaxPooling2D(2) -> Conv2D(32, 3)
    c4 = c3 -> MaxPooling2D(2) -> Conv2D(32, 3) -> Conv2D(32, 5) -> Conv2D(32, 3)
    s1 = c1 -> Conv2D(1, 1)
    s2 = c2 -> Conv2D(1, 1) -> UpSampling2D(2)
    s3 = c3 -> Conv2D(1, 1) -> UpSampling2D(4)
    s4 = c4 -> Conv2D(1, 1) -> UpSampling2D(8)
    output side1 = s1 -> Activation("sigmoid")
    output side2 = s2 -> Activation("sigmoid")
    output side3 = s3 -> Activation("sigmoid")
    output side4 = s4 -> Activation("sigmoid")
    output fused = [s1, s2, s3, s4] -> Concatenate() -> Conv2D(1, 1)
}
"""


@pytest.mark.parametrize(
    ("text", "columns", "rows"), [(DETECTOR, 3, 5), (SIDES, 2, 5)], ids=["detector", "sides"]
)
def test_heads_stand_beside_their_level(text: str, columns: int, rows: int) -> None:
    """A column for the backbone, and one for the heads that one box joins: what they give it is one line."""
    net = netdsl.compile_text(text).model().net
    for depth in (None, 9):
        picture = Picture(net, Options(depth=depth))
        grid = _grid(picture)
        assert isinstance(grid, Grid)
        assert (grid.columns, len(grid.rows)) == (columns, rows)
        assert len({lane.bus for lane in grid.lanes}) == columns - 1
        assert faults(picture) == []
    assert faults(Picture(net, Options(direction="right"))) == []
