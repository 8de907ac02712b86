"""The receptive field that is printed is how far a change of the input reaches, asked of gradients.

Every kernel is filled with ones, so nothing cancels; of a place in the middle the gradient is taken, and the places of
the input where it is not zero are counted.
"""

from __future__ import annotations

import numpy as np
import pytest

import netdsl
from netdsl.analyse.receptive import receptive_fields

pytestmark = pytest.mark.keras

NETS = {
    "valid": "Conv2D(2, 5) -> MaxPooling2D(2) -> Conv2D(2, (3, 1)) -> AveragePooling2D(3, strides=2)",
    "same": 'Conv2D(2, 7, strides=2, padding="same") -> Conv2D(1, 4, padding="same") -> MaxPooling2D(3)',
    "dilated": 'Conv2D(1, 3, dilation_rate=2, padding="same") -> DepthwiseConv2D(3) -> SeparableConv2D(2, 3)',
    "residual": '[Conv2D(1, 3, padding="same") -> Conv2D(1, 3, padding="same"), Conv2D(1, 1)] -> Add()',
    "one side cut": "[Cropping2D(((4, 0), (0, 2))), Conv2D(1, (5, 3))] -> Concatenate()",
    "magnified": "MaxPooling2D(2) -> UpSampling2D(2) -> Conv2D(1, 3)",
    "magnified after two": "MaxPooling2D(2) -> Conv2D(1, 3) -> UpSampling2D(4) -> Conv2D(1, 3) -> MaxPooling2D(2)",
    "bilinear": 'AveragePooling2D(2) -> UpSampling2D(2, interpolation="bilinear") -> Conv2D(1, 2)',
    "bilinear by three": 'AveragePooling2D(3) -> UpSampling2D(3, interpolation="bilinear")',
    "transposed": 'Conv2D(1, 3, strides=2) -> Conv2DTranspose(1, 3, strides=2, padding="same") -> Conv2D(1, 3)',
    "transposed, valid": "AveragePooling2D(2) -> Conv2DTranspose(1, 5, strides=2)",
    "transposed, gaps": "AveragePooling2D(2) -> Conv2DTranspose(1, 2, strides=3)",
    "u": '[_, AveragePooling2D(2) -> Conv2D(1, 3, padding="same") -> UpSampling2D(2)] -> Add() -> Conv2D(1, 3)',
    "functions": 'ops.pad([(0, 0), (2, 1), (1, 0), (0, 0)]) -> Conv2D(4, 5, strides=2) -> ops.take([0, 2], axis=-1)'
    " -> ops.max(axis=-1, keepdims=True) -> (_[:, 3:, ::2]) -> Conv2D(1, 2)",
    "channels shuffled": "Conv2D(4, 3) -> Reshape((60, 66, 2, 2)) -> Permute((1, 2, 4, 3))"
    " -> Reshape((60, 66, 4)) -> Conv2D(1, 2)",
    "padded": 'ZeroPadding2D(((1, 0), (2, 0))) -> Conv2D(1, 4, strides=2)',
}  # fmt: skip


@pytest.mark.parametrize("chain", NETS.values(), ids=NETS)
def test_a_field_is_how_far_a_gradient_reaches(chain: str) -> None:
    compiled = netdsl.compile_text(
        f"model M {{\n input image: [62, 68, 1]\n output y = image -> {chain}\n}}\n"
    )
    assert compiled.ok, compiled.diagnostics
    graph = compiled.model().net
    printed = receptive_fields(graph)[graph.outputs["y"].node].sizes
    assert printed == _largest_reach(compiled.build())


def test_a_row_sees_what_all_places_of_its_map_see() -> None:
    compiled = netdsl.compile_text(
        "model M {\n input image: [32, 33, 1]\n"
        " output y = image -> Conv2D(2, 4, strides=3) -> Flatten() -> Dense(1)\n}\n"
    )
    graph = compiled.model().net
    fields = {node.name: receptive_fields(graph)[node.id].sizes for node in graph.nodes}
    assert fields["flatten"] == (4, 4)
    # Ten places three apart: 31 of each axis, and what is left at the end is never seen.
    assert fields["y"] == (31, 31)
    gradient = _gradient(compiled.build(), ())
    assert (_extent(gradient, 0), _extent(gradient, 1)) == (31, 31)


def test_along_a_sequence() -> None:
    compiled = netdsl.compile_text(
        "model M {\n input words: int32[40]\n"
        ' output y = words -> Embedding(9, 4) -> Conv1D(4, 3, padding="causal", dilation_rate=4) -> Conv1D(4, 2)\n}\n'
    )
    graph = compiled.model().net
    # 0, 4 and 8 steps back, and the step after: worked by hand, an embedding has no gradient.
    assert receptive_fields(graph)[graph.outputs["y"].node].sizes == (10,)


def _largest_reach(model: netdsl.foreign.Foreign) -> tuple[int, int]:
    """Give the most that places in the middle see along each axis, in a square of twelve that has every phase."""
    model.set_weights([np.ones_like(weight) for weight in model.get_weights()])
    height, width = model.output_shape[1:3]
    places = [
        (height // 2 - 6 + i, width // 2 - 6 + i) for i in range(12) if height > 12 and width > 12
    ] or [(height // 2, width // 2)]
    gradients = [_gradient(model, place) for place in places]
    return max(_extent(g, 0) for g in gradients), max(_extent(g, 1) for g in gradients)


def _gradient(model: netdsl.foreign.Foreign, place: tuple[int, ...]) -> np.ndarray:
    import tensorflow as tf

    model.set_weights([np.ones_like(weight) for weight in model.get_weights()])
    shape = (1, *model.input_shape[1:])
    image = tf.Variable(np.random.default_rng(0).random(shape), dtype="float32")
    found = np.zeros(shape)
    # Which of several values a maximum lets through is chance: of some draws, every one.
    for draw in range(12):
        image.assign(np.random.default_rng(draw).random(shape))
        with tf.GradientTape() as tape:
            value = tf.reduce_sum(model(image)[(0, *place)])
        found += np.abs(tape.gradient(value, image).numpy())
    return found[0]


def _extent(gradient: np.ndarray, axis: int) -> int:
    reached = np.flatnonzero(gradient.any(axis=tuple({0, 1, 2} - {axis})))
    return int(reached[-1] - reached[0]) + 1 if reached.size else 0
