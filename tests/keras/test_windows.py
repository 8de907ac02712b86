"""Windows of Fourier transforms and factors of colours, held against Keras, also when it runs."""

from __future__ import annotations

import pytest

from netdsl.catalog.window_types import WINDOW
from tests.language.front_door import compiled

keras = pytest.importorskip("keras")
pytest.importorskip("scipy")

pytestmark = pytest.mark.keras

NAMES = [
    "hann", "hamming", "blackman", "boxcar", "tukey", "triang", "taylor", "han", "box", "flattop",
    "kaiser", "gaussian", "dpss", "chebwin", "general_hamming", "hanning", "nonsense", "Hann", "", None,
]  # fmt: skip


def does(action: object) -> bool:
    try:
        action()  # type: ignore[operator]
    except Exception:
        return False
    return True


def spelled(value: object) -> str:
    return repr(value).replace("'", '"')


@pytest.mark.parametrize("name", NAMES)
def test_a_window_is_one_of_scipys(name: str | None) -> None:
    layer = f"x -> STFTSpectrogram(window={spelled(name)})"
    inside = f'x -> Conv1D(129, 256, kernel_initializer=STFT("real", window={spelled(name)}))'
    for chain, made in (
        (layer, lambda: keras.layers.STFTSpectrogram(window=name)),
        (inside, lambda: keras.initializers.STFT("real", window=name)),
    ):
        text = f"model M {{ input x: [800, 1] output y = {chain} }}"
        assert compiled(text).ok == does(made), chain


def test_every_window_that_is_known_is_scipys() -> None:
    from scipy.signal import get_window

    for name in WINDOW.inner.words:  # type: ignore[attr-defined]
        get_window(name, 4)


RUNS = [
    (200, 256, "hann"), (200, 256, "hamming"), (200, 256, None), (200, 256, "blackman"), (300, 256, "hann"),
    (256, 256, "hann"), (257, 256, None), (200, 1598, "hann"), (200, 1600, "hann"),
]  # fmt: skip


@pytest.mark.parametrize(("length", "points", "window"), RUNS)
def test_what_a_transform_does_not_take_when_it_runs_is_told(
    length: int, points: int, window: str | None
) -> None:
    x = keras.ops.ones((1, 800))
    call = f"ops.stft(x, {length}, 100, {points}, window={spelled(window)})"
    text = f"model M {{ input x: [800] r, i = {call} output r output i }}"
    told = compiled(text)
    assert told.ok
    runs = does(lambda: keras.ops.stft(x, length, 100, points, window=window))
    assert ("N0520" in {d.code for d in told.diagnostics}) == (not runs)


@pytest.mark.parametrize(
    ("samples", "window"), [(8000, "hann"), (8000, "blackman"), (1025, "hamming"), (1024, "hann")]
)
def test_a_mel_spectrogram_is_a_transform(samples: int, window: str) -> None:
    text = f"model M {{ input x: [{samples}] output y = x -> MelSpectrogram(window={spelled(window)}) }}"
    found = compiled(text)
    runs = does(lambda: keras.layers.MelSpectrogram(window=window)(keras.ops.ones((1, samples))))
    assert found.ok
    assert ("N0520" in {d.code for d in found.diagnostics}) == (not runs)


@pytest.mark.parametrize("name", ["RandomSaturation", "RandomColorDegeneration", "RandomSharpness"])
@pytest.mark.parametrize("factor", [None, 0.5, -0.5, 1.0, 1.5, (0.1, 0.2), (0.5, 0.1), (-0.2, 0.1)])
def test_factors_of_colours(name: str, factor: object) -> None:
    text = f"model M {{ input x: [8, 8, 3] output y = x -> {name}(factor={spelled(factor)}) }}"
    made = does(lambda: getattr(keras.layers, name)(factor=factor)(keras.Input((8, 8, 3))))
    assert compiled(text).ok == made
