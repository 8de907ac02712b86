"""`trainable=False` on any stage: what netdsl counts as frozen, Keras does not train, in either output."""

from __future__ import annotations

import math
from typing import Any

import pytest

from netdsl.catalog import layer_kinds
from tests.keras.test_every_kind import BACKEND, REFUSED, UNSUPPORTED, example
from tests.language.front_door import codes, compiled

keras = pytest.importorskip("keras")

pytestmark = pytest.mark.keras

#: Kinds without weights, whose constructor takes no `trainable` in Keras.
NO_TRAINABLE = (
    "Pipeline",
    "Discretization",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
)
WITH_WEIGHTS = [
    kind
    for kind in layer_kinds()
    if kind not in REFUSED | {*NO_TRAINABLE} | UNSUPPORTED[BACKEND].keys()
    and f"-> {kind}(" in example(kind)  # cells are shown inside `RNN`
]

BLOCK = """block part(f: layer, n) {
    input x
    h = [x, x -> Bidirectional(LSTM(n, return_sequences=True))] -> Concatenate()
    output y = [h, h] -> MultiHeadAttention(2, 3) -> TimeDistributed(f)
}
"""
MODEL = """model M {
    input x: [6, 8]
    %s
}
"""


def trains(model: Any) -> int:
    return sum(math.prod(w.shape) for w in model.trainable_variables)


def agrees(text: str) -> int:
    """Compare what trains with what netdsl counts; give the count."""
    result = compiled(text)
    assert result.ok, result.diagnostics
    counted: int = result.model().totals["trainable_parameters"]
    assert trains(result.build()) == counted
    assert trains(result.build(flat=True)) == counted
    assert result.build().count_params() == result.model().totals["parameters"]
    return counted


def frozen_example(kind: str) -> str:
    """Write the model of a kind's example with `trainable=False` in the kind's own parentheses."""
    before, name, after = example(kind).rpartition(f"-> {kind}(")
    depth, end = 1, 0
    while depth:
        depth += {"(": 1, ")": -1}.get(after[end], 0)
        end += 1
    inside = after[: end - 1]
    separator = ", " if inside.strip() else ""
    return f"{before}{name}{inside}{separator}trainable=False{after[end - 1 :]}"


@pytest.mark.parametrize("kind", WITH_WEIGHTS)
def test_a_frozen_layer_does_not_train(kind: str) -> None:
    if kind == "STFTSpectrogram":  # Keras draws its windows with SciPy
        pytest.importorskip("scipy")
    assert agrees(frozen_example(kind)) == 0


@pytest.mark.parametrize("kind", NO_TRAINABLE)
def test_a_layer_that_keras_gives_no_such_argument_takes_none(kind: str) -> None:
    assert "N0301" in codes(frozen_example(kind))
    with pytest.raises((TypeError, ValueError)):
        getattr(keras.layers, kind)(0.5, trainable=False)


@pytest.mark.parametrize(
    ("body", "some"),
    [
        ("output y = x -> part(Dense(3), 4, trainable=False)", False),
        ("output y = x -> part(Dense(3, trainable=False), 4)", True),
        ("output y = x -> part(Dense(3), 4, trainable=False) -> part(Dense(3), 4)", True),
        ("layer a = MultiHeadAttention(2, 3, trainable=False)\n    b = [x, x] -> a\n    output y = [b, b] -> a", False),
        ("layer a = Bidirectional(LSTM(4, return_sequences=True), trainable=False) -> Dense(8)\n"
         "    output y = x -> a -> a", True),
        ("layer a = part(Dense(8), 4, trainable=False)\n    output y = x -> a -> a", False),
        ("defaults Bidirectional(trainable=False)\n    output y = x -> Bidirectional(GRU(4)) -> Dense(2)", True),
        ("output y = x -> repeat 2 { TimeDistributed(Dense(4), trainable=False) }", False),
        ("output y = x -> for i in range(2) { TimeDistributed(Dense(4), trainable=i == 1) }", True),
        ("output y = x -> Bidirectional(LSTM(4, trainable=False))", False),
        ("output y = x -> Bidirectional(LSTM(4, trainable=False), trainable=True)", False),
        ("output y = x -> RNN([LSTMCell(4, trainable=False), GRUCell(3)])", True),
        ("output y = x -> [Bidirectional(LSTM(3), trainable=False), LSTM(4) -> Dense(2)] -> Concatenate()", True),
        ("output y = x -> TimeDistributed(Dense(4) -> Dense(3, trainable=False))", True),
        ("output y = x -> TimeDistributed(Dense(4) -> Dense(3), trainable=False)", False),
        ("h, s, c = x -> RNN(LSTMCell(4), return_state=True, trainable=False)\n"
         "    output y = [h, s, c] -> Concatenate()", False),
    ],
)  # fmt: skip
def test_what_is_counted_as_frozen_does_not_train(body: str, some: bool) -> None:
    assert (agrees(BLOCK + MODEL % body) > 0) == some


def test_a_frozen_part_stays_frozen_where_what_is_around_it_trains() -> None:
    text = BLOCK.replace("LSTM(n, ", "LSTM(n, trainable=False, ") + MODEL
    all_frozen = agrees(text % "output y = x -> part(Dense(3), 4, trainable=False)")
    both = agrees(text % "output y = x -> part(Dense(3), 4, trainable=False) -> part(Dense(3), 4)")
    alone = agrees(BLOCK + MODEL % "output y = x -> part(Dense(3), 4)")
    assert all_frozen == 0 < both < alone


def test_a_model_in_a_block_keeps_its_frozen_layers() -> None:
    text = """model Half { input x: [4]  output y = x -> Dense(3, trainable=False) -> Dense(4) }
block part() = Half() -> Dense(4)
model M { input x: [4]  output y = x -> part() -> part(trainable=False) }
"""
    assert agrees(text) == (3 * 4 + 4) + (4 * 4 + 4)


def test_what_keras_cannot_freeze_inside_a_wrapper_is_refused() -> None:
    text = MODEL % "output y = x -> TimeDistributed(TimeDistributed(Dense(4), trainable=False))"
    assert codes(text.replace("[6, 8]", "[6, 5, 8]")) == ["N0522"]
