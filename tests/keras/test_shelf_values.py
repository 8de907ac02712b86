"""What blocks of the shelf compute, held against their papers' formulas in NumPy or against TensorFlow's own."""

from __future__ import annotations

import os
from typing import Any

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import tensorflow as tf

from netdsl.compiler import compile_source
from netdsl.resources import resource_dir
from netdsl.source import SourceFile

pytestmark = pytest.mark.keras

SPECS = resource_dir("specs")
DRAWN = np.random.default_rng(0)


def built(imports: str, body: str) -> Any:
    """Build a model around a block of a spec, or of the library."""
    compiled = compile_source(
        SourceFile("m.net", f"from {imports}\nmodel M {{ {body} }}"),
        lambda name: (SPECS / name).read_text("utf-8"),
    )
    assert compiled.ok, [d.message for d in compiled.diagnostics]
    return compiled.build()


def drawn(*shape: int) -> np.ndarray:
    return DRAWN.normal(size=shape).astype("float32")


def close(found: Any, expected: Any, tolerance: float = 1e-5) -> None:
    np.testing.assert_allclose(
        np.asarray(found), np.asarray(expected), rtol=tolerance, atol=tolerance
    )


def test_positions_are_sines_and_cosines_of_falling_rates() -> None:
    model = built(
        "std.attention import sinusoidal_positions",
        "input x: [T, 6]\n output y = x -> sinusoidal_positions()",
    )
    found = np.asarray(model(np.zeros((2, 9, 6), "float32")))
    for place in range(9):
        for pair in range(3):
            angle = place / 10_000 ** (2 * pair / 6)
            close(found[:, place, 2 * pair], np.sin(angle))
            close(found[:, place, 2 * pair + 1], np.cos(angle))


def test_a_product_of_turned_numbers_tells_the_distance_alone() -> None:
    """The same vector at each place: its product with itself depends on how far the places are apart, as by hand."""
    model = built(
        "std.attention import rotary_positions",
        "input x: [T, 2, 6]\n output y = x -> rotary_positions()",
    )
    one = drawn(2, 6)
    found = np.asarray(model(np.tile(one, (1, 9, 1, 1))))[0]
    for i in range(9):
        for j in range(9):
            angles = (i - j) / 10_000 ** (np.arange(3) / 3)
            a, b = one[:, :3], one[:, 3:]
            close((found[i] * found[j]).sum(-1), ((a**2 + b**2) * np.cos(angles)).sum(-1), 1e-4)


def test_groups_of_heads_share_keys_and_values() -> None:
    """With a key and value for each head it is what attention over one head after the other gives."""
    model = built(
        "std.attention import rotary_attention",
        "input x: [5, 16]\n output y = x -> rotary_attention(4, 2)",
    )
    x = drawn(1, 5, 16)
    before = np.asarray(model(x))[:, :3]
    x[:, 3:] += 1
    close(np.asarray(model(x))[:, :3], before)  # causal
    assert [tuple(w.shape) for w in model.weights] == [(16, 16), (16, 8), (16, 8), (16, 16)]


def test_channels_become_pixels() -> None:
    model = built(
        "std.vision import pixel_shuffle", "input x: [3, 4, 12]\n output y = x -> pixel_shuffle()"
    )
    x = drawn(2, 3, 4, 12)
    close(model(x), tf.nn.depth_to_space(x, 2))


def test_pairwise_products_are_those_below_the_diagonal() -> None:
    model = built(
        "std.tabular import pairwise_products",
        "input x: [4, 3]\n output y = x -> pairwise_products()",
    )
    x = drawn(2, 4, 3)
    close(model(x), [[row[i] @ row[j] for i in range(4) for j in range(i)] for row in x])


def test_response_normalization_is_tensorflows() -> None:
    model = built(
        '"alexnet.net" import local_response_normalization',
        "input x: [5, 5, 8]\n output y = x -> local_response_normalization()",
    )
    x = 30 * drawn(2, 5, 5, 8)
    close(model(x), tf.nn.local_response_normalization(x, 2, 2.0, 1e-4, 0.75))


def test_penalties_are_squares_of_distances_to_the_pictures() -> None:
    model = built(
        '"lenet1998.net" import distances',
        "input x: [4]\n output y = x -> distances([[1.0, -1.0, 1.0, 1.0], [-1.0, -1.0, 1.0, -1.0]])",
    )
    x = drawn(3, 4)
    pictures = np.array([[1, -1, 1, 1], [-1, -1, 1, -1]])
    close(model(x), ((x[:, None] - pictures) ** 2).sum(-1), 1e-4)


def test_instance_norm_is_of_each_channel_of_each_picture() -> None:
    model = built(
        '"cyclegan.net" import instance_norm',
        "input x: [6, 5, 3]\n output y = x -> instance_norm()",
    )
    x = drawn(2, 6, 5, 3)
    mean, variance = x.mean((1, 2), keepdims=True), x.var((1, 2), keepdims=True)
    close(model(x), (x - mean) / np.sqrt(variance + 1e-5), 1e-4)


def test_a_box_side_is_the_mean_of_its_distribution() -> None:
    model = built(
        '"yolov8.net" import mean_of_bins',
        "input x: [7, 4, 16]\n output y = x -> mean_of_bins()",
    )
    x = drawn(2, 7, 4, 16)
    weights = np.exp(x) / np.exp(x).sum(-1, keepdims=True)
    close(model(x), weights @ np.arange(16), 1e-4)


def test_channels_are_dealt_out_in_turn() -> None:
    model = built(
        '"shufflenet_v2.net" import shuffle', "input x: [1, 1, 6]\n output y = x -> shuffle()"
    )
    found = model(np.arange(6, dtype="float32").reshape(1, 1, 1, 6))
    assert np.asarray(found).ravel().tolist() == [0, 3, 1, 4, 2, 5]


def test_a_drawn_code_is_its_mean_when_nothing_is_trained() -> None:
    model = built(
        '"vae.net" import divergence, draw',
        "input m: [3]\n input v: [3]\n output code = [m, v] -> draw()\n output far = [m, v] -> divergence()",
    )
    mean, log_variance = drawn(4, 3), drawn(4, 3)
    found = model([mean, log_variance])
    close(found["code"], mean)
    apart = 0.5 * (mean**2 + np.exp(log_variance) - log_variance - 1)
    close(found["far"], apart.sum(-1, keepdims=True))
    noisy = np.asarray(
        model([np.zeros((4000, 3)), np.full((4000, 3), 2 * np.log(3.0))], training=True)["code"]
    )
    assert noisy.std() == pytest.approx(3, rel=0.05)


@pytest.mark.parametrize("shift", [0, 1])
def test_a_moved_window_holds_what_is_near_and_its_bias_what_is_apart(shift: int) -> None:
    """The paper's equation 4 on each window by itself, for a map of four by four and windows of two."""
    size, window, heads, width = 4, 2, 2, 6
    model = built(
        '"swin.net" import window_attention',
        f"input x: [{size}, {size}, {width}]\n output y = x -> window_attention({heads}, {window}, {shift})",
    )
    weights = {w.path: DRAWN.normal(size=w.shape) for w in model.weights}
    for variable in model.weights:
        variable.assign(weights[variable.path])

    def dense(word: str, x: np.ndarray) -> np.ndarray:
        ((kernel, bias),) = (
            (value, weights[path.replace("kernel", "bias")])
            for path, value in weights.items()
            if path.endswith(f"{word}/kernel")
        )
        return x @ kernel + bias

    (table,) = (value for value in weights.values() if value.ndim == 3)
    x = drawn(1, size, size, width)
    expected = np.zeros_like(x)
    groups: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for r in range(size):
        for c in range(size):
            groups.setdefault(((r - shift) // window, (c - shift) // window), []).append((r, c))
    for places in groups.values():
        rows = np.stack([x[0, r, c] for r, c in places])
        query, key, value = (
            dense(f"dense1_{n}", rows).reshape(len(places), heads, -1) for n in range(3)
        )
        for head in range(heads):
            scores = query[:, head] @ key[:, head].T / np.sqrt(width // heads)
            for i, (r, c) in enumerate(places):
                for j, (s, d) in enumerate(places):
                    scores[i, j] += table[r - s + window - 1, c - d + window - 1, head]
            chosen = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
            for i, (r, c) in enumerate(places):
                at = slice(head * (width // heads), (head + 1) * (width // heads))
                expected[0, r, c, at] = chosen[i] @ value[:, head]
    expected = dense("dense2", expected)
    close(model(x), expected, 1e-4)
