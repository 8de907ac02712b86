"""`compile_model` of the generated module is run on the model it was written for."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

import netdsl

pytestmark = pytest.mark.keras

SPEC = """
model Net {
    input image: [8, 8, 1]
    h = image -> Conv2D(4, 3, activation=relu) -> Flatten()
    output probs = h -> Dense(3, activation=softmax)
    output one = h -> Dense(1, activation=sigmoid)
}

train Net {
    optimizer = SGD(CosineDecay(0.1, decay_steps=100), momentum=0.9)
    loss = {probs: sparse_categorical_crossentropy, one: BinaryCrossentropy(label_smoothing=0.1)}
    loss_weights = {probs: 1.0, one: 0.5}
    metrics = {probs: [accuracy], one: [AUC()]}
    steps_per_execution = 2
}
"""


@pytest.mark.parametrize("flat", [False, True])
def test_a_model_compiled_by_its_train_block_fits(flat: bool) -> None:
    compiled = netdsl.compile_text(SPEC)
    assert compiled.ok
    module: dict[str, Any] = {"__name__": "generated"}
    exec(compiled.emit(flat=flat), module)
    model = module["compile_model"](module["Net"]())
    assert type(model.optimizer).__name__ == "SGD"
    assert model.optimizer.momentum == 0.9
    generator = numpy.random.default_rng(0)
    labels = {"probs": generator.integers(0, 3, 16), "one": generator.integers(0, 2, 16)}
    history = model.fit(generator.random((16, 8, 8, 1)), labels, batch_size=4, verbose=0)
    assert set(history.history) >= {"loss", "probs_loss", "one_loss", "probs_accuracy"}
