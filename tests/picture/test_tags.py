"""What is read all along a network is named at its uses; a skip, and what its neighbours read, has a line."""

from __future__ import annotations

import pytest

import netdsl
from netdsl.picture.picture import Options, Picture, boxes_of
from tests.picture.geometry import faults

DECODER = """
block decode(heads: int) {
    input x
    input memory
    input mask
    a = [x, x -> MultiHeadAttention(heads, 4)(value=memory, attention_mask=mask)] -> Add()
    output [a, a -> Dense(8)] -> Add() -> LayerNormalization()
}
model Translate(layers: int = 5) {
    input source: [S, 8]
    input target: [T, 8]
    input mask: [T, S]
    memory = source -> repeat 2 { [_, MultiHeadAttention(2, 4)(value=_)] -> Add() -> LayerNormalization() }
    output words = target -> for i in range(layers) { decode(1 + i)(memory=memory, mask=mask) } -> Dense(9)
}
"""

STYLES = """
block styled(n: int) {
    input x
    input style
    scale = style -> Dense(n) -> Reshape((1, 1, n))
    moved = x -> Conv2D(n, 3, padding="same")
    output moved * scale -> LeakyReLU(0.2)
}
model Generator(widths: list = [16, 8, 4, 2]) {
    input z: [32]
    input start: [4, 4, 16]
    w = z -> repeat 8 { Dense(32, activation="relu") }
    output image = start -> for n in widths { UpSampling2D(2) -> styled(n)(style=w) } -> Conv2D(3, 1)
}
"""

FILM = """
block film(n: int) {
    input x
    input question
    output x * (question -> Dense(n) -> Reshape((1, 1, n)))
}
model Answer {
    input picture: [32, 32, 3]
    input words: [T]
    question = words -> Embedding(100, 8) -> GRU(8)
    features = picture -> for n in [4, 6, 8, 9] { Conv2D(n, 3) -> film(n)(question=question) -> ReLU() }
    output answer = [features -> GlobalMaxPooling2D(), question] -> Concatenate() -> Dense(2)
}
"""

DIFFUSION = """
block level(n: int) {
    input x
    input time
    moved = (x -> Conv2D(n, 3, padding="same")) + (time -> Dense(n) -> Reshape((1, 1, n)))
    output moved -> Activation("silu") -> Conv2D(n, 3, padding="same")
}
model Denoise {
    input image: [32, 32, 3]
    input step: [1]
    time = step -> Dense(16) -> Dense(16)
    bottom = image
        -> Conv2D(8, 3, padding="same") as *skips
        -> for n in [8, 16, 32] { repeat 2 { level(n)(time=time) as *skips } -> MaxPooling2D(2) }
        -> level(32)(time=time)
    output noise = bottom -> for i, n in enumerate([32, 16, 8]) {
        UpSampling2D(2) -> for j in range(3 if i == 2 else 2) {
            [_, skips[-1 - 2 * i - j]] -> Concatenate() -> level(n)(time=time)
        }
    } -> Conv2D(3, 1)
}
"""

SHARED = """
block film(n: int) {
    input x
    input style
    taken = style
    output x * (taken -> Dense(n)) -> Dense(n, activation=relu)
}
model Shared {
    input x: [8]
    input left: [16]
    input right: [16]
    layer encode = Dense(12)
    words = left -> encode
    style = right -> encode
    output y = x -> for n in [8, 8, 12, 16, 9] { Dense(n) -> film(n)(style=style) } -> Dense(2)
    output z = words -> Dense(3)
}
"""

SKIPS = "model M { input x: [8]  x0 = x -> Dense(8) "
SKIPS += " ".join(
    f"x{i} = [{', '.join(f'x{j}' for j in range(i))}] -> Add() -> Dense(8)" for i in range(1, 9)
)
SKIPS += " output y = x8 -> Dense(8) }"

MIXTURE = """
model M {
    input x: [8]
    gate = x -> Dense(6, activation="softmax")
    output y = [for i in range(6) { (x -> Dense(4 + i) -> Dense(8)) * gate[:, i:i + 1] }] -> Add()
}
"""


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (DECODER, ["mask", "memory"]),
        (STYLES, ["w"]),
        (FILM, ["question"]),
        (DIFFUSION, ["time"]),
        (DECODER.replace("= 5", "= 3"), []),
        (SHARED, ["style"]),
        (SKIPS, []),
        (MIXTURE, []),
    ],
)
def test_what_is_read_all_along_is_named_at_its_uses(text: str, names: list[str]) -> None:
    compiled = netdsl.compile_text(text)
    assert compiled.ok, compiled.diagnostics
    net = compiled.model().net
    assert sorted(boxes_of(net).tags.values()) == names
    for depth in (None, 0, 1, 9):
        picture = Picture(net, Options(depth=depth))
        assert faults(picture) == []
        assert picture.is_u == (text is DIFFUSION)
    assert faults(Picture(net, Options(depth=1, direction="right"))) == []


def test_a_name_stands_at_the_box_that_shows() -> None:
    net = netdsl.compile_text(DECODER).model().net
    closed, whole = (Picture(net, Options(depth=depth)).svg() for depth in (0, 9))
    assert closed.count(">memory<") == whole.count(">memory<") == 6
    assert closed.count(">mask<") == 6  # the input tells its shape too
    assert ">T×S<" in closed


def test_skips_of_one_level_go_across_together() -> None:
    u = Picture(netdsl.compile_text(DIFFUSION).model().net).cells.u
    assert u is not None
    assert [len(level.nets) for level in u.levels] == [2, 1, 1]


def test_programs_that_lay_out_for_themselves_get_every_line() -> None:
    from netdsl.picture.formats import write

    picture = Picture(netdsl.compile_text(DECODER).model().net, Options(depth=0))
    for kind, arrow in (("dot", " -> "), ("mmd", "-->")):
        text = write(picture, kind).decode()
        assert text.count(arrow) == 18
