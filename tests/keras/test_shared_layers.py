"""`layer name = …` against Keras: one layer behind arrows and inside others, counted once, in either output.

Each case is built, counted, run with the same weights, saved and loaded; what is expected was worked out by hand:
the parameters, those that train, and whether Keras finds the layers again in a `.keras` file.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netdsl.compiler import Compiled
from tests.language.front_door import compiled, spelled

keras = pytest.importorskip("keras")

pytestmark = pytest.mark.keras

DECLARED = """
extern layer Affine(units: int): [d] -> [units] weights [d, units], [units] from "tests.keras.custom"
extern layer SpaceToDepth(): [h, w, c] -> [h // 2, w // 2, 4 * c] from "tests.keras.custom"
block enc(n: int) = Dense(n) -> ReLU()
block two(n: int) { input p  output a = p -> Dense(n)  output b = p -> Dense(n) }
block join(n: int) { input p input q  output [p -> Dense(n), q -> Dense(n)] -> Add() }
block join3(n: int) { input p input q input r  output [p -> Dense(n), q -> Dense(n), r] -> Concatenate() }
block listed() { input p  output [p -> Dense(8), p -> Dense(8)] }
block added() { input each  output [*each, each[0]] -> Add() }
block steps(f: layer) { input p  output p -> TimeDistributed(f) }
block deeper(f: layer) { input p  layer t = TimeDistributed(f)  output p -> steps(f) -> t -> t }
block named(f: layer = Dense(8)) { input p  let g = f  output p -> TimeDistributed(g) -> TimeDistributed(g) }
block lead(cells: list) = RNN(cells)
block inner() { input p  layer c = Dense(8) -> ReLU()  layer e = enc(8)
                output p -> c -> TimeDistributed(c) -> e -> TimeDistributed(e) }
model Enc { input i: [8]  output i -> Dense(3) }
model Two { input p: [8] input q: [8]  output a = [p, q] -> Add()  output b = p -> Dense(2) }
model M {
    input x: [9, 8]
    input z: [8]
    input w: [7, 9, 8]
    BODY
}
"""

DENSE = 8 * 4 + 4  # of 4 units on 8 features
WIDE = 8 * 8 + 8
LSTM = 4 * (8 * 4 + 4 * 4 + 4)
CELL = 4 * (8 * 8 + 8 * 8 + 8)
GRU_CELL = 3 * (8 * 8 + 8 * 8 + 2 * 8)

#: A body; its parameters; those that train, where that is not all; whether a `.keras` file is loaded again.
INSIDE = [
    ("layer d = Dense(4) output x -> TimeDistributed(d) output z output w", DENSE, DENSE, True),
    ("layer d = Dense(4) output x -> TimeDistributed(d) output x -> TimeDistributed(d) output z output w",
     DENSE, DENSE, False),
    ("layer d = Dense(4) output z -> d -> ReLU() output x -> TimeDistributed(d) output w", DENSE, DENSE, True),
    ("layer d = Dense(4) output w -> TimeDistributed(TimeDistributed(d)) -> ReLU() output x -> "
     "TimeDistributed(d) output z -> d",
     DENSE, DENSE, False),
    ("layer d = Dense(4) -> ReLU() output x -> TimeDistributed(d) output z output w", DENSE, DENSE, True),
    ("layer d = Dense(4) -> Dense(3) output x -> TimeDistributed(d) output z -> d output w -> "
     "TimeDistributed(TimeDistributed(d))",
     DENSE + 15, DENSE + 15, False),
    ("layer d = enc(4) output x -> TimeDistributed(d) output z output w", DENSE, DENSE, True),
    ("layer d = enc(4) output x -> TimeDistributed(d) output z -> d output w -> TimeDistributed(TimeDistributed(d))",
     DENSE, DENSE, False),
    ("layer d = Enc() output z -> d -> ReLU() output x -> TimeDistributed(d) output w", 27, 27, True),
    ("layer d = Enc() output x -> TimeDistributed(d) -> ReLU() output z -> d output w -> "
     "TimeDistributed(TimeDistributed(d))",
     27, 27, False),
    ("layer d = Affine(4) output z -> d -> ReLU() output x -> TimeDistributed(d) output w", DENSE, DENSE, True),
    ("layer d = Affine(4) -> Dense(3) output x -> TimeDistributed(d) output z -> d output w",
     DENSE + 15, DENSE + 15, False),
    ("layer f = SpaceToDepth() -> ReLU() a = z -> Dense(384) -> Reshape((2, 8, 8, 3)) -> TimeDistributed(f) output a "
     "output z -> Dense(48) -> Reshape((4, 4, 3)) -> f output x output w", 9 * 384 + 9 * 48, 9 * 384 + 9 * 48, None),
    ('layer d = applications.MobileNetV2(include_top=False, weights=None, pooling="avg", alpha=0.35, '
     "input_shape=(32, 32, 3)) a = z -> Dense(3072) -> Reshape((32, 32, 3)) output a -> d -> Dense(2) "
     "output z -> Dense(6144) -> Reshape((2, 32, 32, 3)) -> TimeDistributed(d) output x output w",
     410208 + 9 * 3072 + 9 * 6144 + 1281 * 2, None, None),
    ("layer d = repeat 3 { Dense(8) } output z -> d output x -> TimeDistributed(d) output w",
     3 * WIDE, 3 * WIDE, False),
    ("layer d = Dense(8) layer e = repeat 3 { d } output z output x -> TimeDistributed(e) output w", WIDE, WIDE, True),
    ("layer d = [_, Dense(8)] -> Add() output x -> TimeDistributed(d) output z -> d output w", WIDE, WIDE, False),
    ("layer v = [_, (_ -> Dense(8) as h)] -> Add() output x -> TimeDistributed(v) output z output w", WIDE, WIDE, True),
    ("layer d = Dense(8) layer e = d -> ReLU() output z -> e output z -> d output x -> TimeDistributed(e) output w",
     WIDE, WIDE, False),
    ("layer d = Dense(8) output z -> d output x -> TimeDistributed(d -> ReLU()) output w", WIDE, WIDE, False),
    ("layer d = Dense(8) output z -> d output x -> TimeDistributed(Dense(3) -> Dense(8) -> d) output w",
     WIDE + 27 + 32, WIDE + 27 + 32, False),
    ("layer d = Dense(4) layer t = TimeDistributed(d) output x -> t output w -> TimeDistributed(t) output z",
     DENSE, DENSE, True),
    ("layer d = enc(4) layer t = TimeDistributed(d) output x -> t output w -> TimeDistributed(t) output z -> d",
     DENSE, DENSE, False),
    ("layer d = Dense(8) output x -> repeat 2 { TimeDistributed(d) } output z output w", WIDE, WIDE, False),
    ("layer d = Dense(8) output x -> for n in [4, 8] { TimeDistributed(d) -> Dense(8) } output z output w",
     3 * WIDE, 3 * WIDE, False),
    ("layer d = Dense(4) let ds = [d, Dense(3)] output x -> for f in ds { TimeDistributed(f) } output z output w",
     DENSE + 15, DENSE + 15, True),
    ("layer d = Dense(8) let e = d output x -> TimeDistributed(e) output z -> e -> d output w", WIDE, WIDE, True),
    ('layer d = Dense(4, name="other") output x -> TimeDistributed(d) output z -> d output w', DENSE, DENSE, True),
    ("output x -> inner() -> Dense(8) -> inner() output z output w", 5 * WIDE, 5 * WIDE, False),
    ("layer s = inner() output x -> s output x -> s -> ReLU() output z output w", 2 * WIDE, 2 * WIDE, False),
    ("layer t = TimeDistributed(Dense(8), trainable=False) layer e = Dense(8) output x -> for f in [t, e] { f "
     "} output z output w",
     2 * WIDE, WIDE, True),
    ("layer d = enc(8) output x -> [for n in [1, 2] { TimeDistributed(d) }] -> Add() output z output w",
     WIDE, WIDE, False),
    ("layer d = Dense(8) layer e = [TimeDistributed(d), _] -> Add() output x -> e -> e output z output w",
     WIDE, WIDE, True),
    # through a parameter
    ("layer d = Dense(4) output x -> steps(d) -> ReLU() output x -> steps(d) output z output w", DENSE, DENSE, False),
    ("layer d = Dense(4) -> ReLU() output x -> steps(d) output z output w", DENSE, DENSE, True),
    ("layer d = Enc() output z -> d -> ReLU() output x -> steps(d) output w", 27, 27, True),
    ("layer c = LSTMCell(4) output x -> lead([c]) output x -> RNN(c) output z output w", LSTM, LSTM, False),
    ("layer d = enc(8) output x -> steps(d) output x -> steps(Dense(3)) output z output w", WIDE + 27, WIDE + 27, True),
    ("layer d = enc(8) output x -> deeper(d) output z output w", WIDE, WIDE, False),
    ("layer d = enc(8) output x -> named(d) output x -> named() output z output w", 3 * WIDE, 3 * WIDE, False),
    ("layer d = enc(8) output w -> steps(TimeDistributed(d)) output x output z", WIDE, WIDE, True),
    # the other wrappers
    ("layer c = LSTMCell(4) output x -> RNN(c) output x -> RNN(c, go_backwards=True) output z output w",
     LSTM, LSTM, False),
    ("layer c = LSTMCell(8) output x -> RNN([c, c]) output x -> RNN(c, return_sequences=True) output z output w",
     CELL, CELL, True),
    ("layer c = LSTMCell(8) layer g = GRUCell(8) output x -> RNN(StackedRNNCells([c, g])) output x -> RNN(g) "
     "output z output w",
     CELL + GRU_CELL, CELL + GRU_CELL, False),
    ("layer c = LSTMCell(8) output x -> RNN([c, LSTMCell(4), LSTMCell(4)]) output z output w",
     CELL + LSTM + 4 * (4 * 4 + 4 * 4 + 4), CELL + LSTM + 4 * (4 * 4 + 4 * 4 + 4), True),
    ("layer d = Dense(4) output z -> d -> ReLU() output z -> SpectralNormalization(d) output x output w",
     DENSE + 4, DENSE, True),
    ("layer d = Dense(4) output z -> SpectralNormalization(d) output x -> SpectralNormalization(d) output w",
     DENSE + 8, DENSE, False),
    ("layer d = Dense(8) output z -> Pipeline([d, Dense(8), d]) output x output w", 2 * WIDE, 2 * WIDE, True),
    ("layer d = Dense(8) output x -> Pipeline([TimeDistributed(d), d]) output z -> d -> ReLU() output w",
     WIDE, WIDE, True),
    ("layer r = LeakyReLU(0.2) output z -> Dense(4, activation=r) -> r output x output w", DENSE, DENSE, True),
    ("layer n = LSTM(4) output w -> TimeDistributed(n) output x -> n output z", LSTM, LSTM, True),
    ("layer n = Bidirectional(LSTM(4)) output w -> TimeDistributed(n) -> ReLU() output x -> n output z",
     2 * LSTM, 2 * LSTM, False),
    ("layer n = LSTM(4, go_backwards=True) output x -> Bidirectional(LSTM(4), backward_layer=n) output x -> n "
     "-> ReLU() "
     "output z output w", 2 * LSTM, 2 * LSTM, True),
    ("layer n = BatchNormalization() output x -> TimeDistributed(n) output z -> n output w", 32, 16, True),
    # frozen
    ("layer d = Dense(4, trainable=False) output x -> TimeDistributed(d) output z -> d output w", DENSE, 0, True),
    ("layer d = Dense(4) output x -> TimeDistributed(d, trainable=False) output z -> d output w", DENSE, 0, True),
    ("layer d = Dense(4) output z -> d -> ReLU() output x -> steps(d, trainable=False) output w", DENSE, 0, True),
    ("layer d = Dense(4) -> Dense(3, trainable=False) output x -> TimeDistributed(d) output z output w",
     DENSE + 15, DENSE, True),
    ("layer d = enc(4) output x -> TimeDistributed(d, trainable=False) output z -> d output w", DENSE, 0, False),
    ("layer d = enc(4, trainable=False) output x -> TimeDistributed(d) output z output w", DENSE, 0, True),
    ("layer d = Enc(trainable=False) output x -> TimeDistributed(d) output z output w", 27, 0, True),
]  # fmt: skip

#: Layers of several inputs and outputs; all of these are found again.
SEVERAL = [
    ("layer j = join(8) output [z, z] -> j output z -> j(q=z) output z -> j(z) output x output w", 2 * WIDE),
    ("layer j = join(8) -> Dense(3) output [z, z] -> j output x output w", 2 * WIDE + 27),
    ("layer j = join(8) both = [z, z] output both -> j output x output w", 2 * WIDE),
    ("layer j = join3(8) output [z, z] -> j(r=z) output z -> j(q=z, r=z) output [z, z, z] -> j output x output w",
     2 * WIDE),
    ("layer j = join3(8) ab = z -> two(8) output ab -> j(r=z) output ab -> j(p=z) output x output w", 4 * WIDE),
    ("ab = z -> two(8) output ab -> join3(8)(p=z) output x output w", 4 * WIDE),
    ("layer j = join(8) output (z -> j(q=z)) + (z -> j(p=z -> Dense(8))) output x output w", 3 * WIDE),
    ("layer s = two(8) output (z -> s).a p = [z -> s, z -> s] output p[1].b output x -> Dense(3) -> Dense(4) output w",
     2 * WIDE + 27 + 16),
    ("output z -> two(8) -> _[0] output x -> Dense(3) -> Dense(4) output w -> Dense(2) output z", WIDE + 27 + 16 + 18),
    ("layer s = two(8) t = z -> s u = z -> s output [t.a, u.b] -> Add() output x output w", 2 * WIDE),
    ("layer s = two(8) a, b = z -> s output [b, a] -> Subtract() output z -> s -> Add() output x output w", 2 * WIDE),
    ("layer s = two(8) -> Add() output z -> s output x output w", 2 * WIDE),
    ("layer s = listed() a, b = z -> s t = z -> s output [a, t[1]] -> Add() output b output x output w", 2 * WIDE),
    ("layer s = [Dense(8), Dense(8)] a, b = z -> s output [a, b] -> Add() output x -> s -> Add() output w", 2 * WIDE),
    ("layer s = added() output [z, z] -> s output [z, z, z] -> s output x output w", 0),
    ("layer m = Two() t = z -> m(q=z) output t.a output t.b output [z, z] -> m -> Concatenate() output x output w", 18),
    ("layer m = Two() ab = z -> two(8) a, b = ab -> m output [a, ab.b] -> Add() output b output x output w",
     2 * WIDE + 18),
    ("layer m = Two() -> Concatenate() -> Dense(3) output [z, z] -> m output x output w", 18 + 33),
    ("output [z, z] -> Two() -> Concatenate() output x output w", 18),
    ("layer n = LSTM(4, return_state=True) t = x -> n output [t[1], t[2]] -> Add() s, h, c = x -> n output s "
     "output z output w",
     LSTM),
    ("layer m = MultiHeadAttention(2, 4) output [x, x] -> m output x -> m(value=x, use_causal_mask=True) "
     "output z output w",
     288),
    ("layer m = MultiHeadAttention(2, 4) -> Dense(8) output [x, x] -> m output [x, x, x] -> m output z output w",
     288 + WIDE),
]  # fmt: skip


@pytest.mark.parametrize(("body", "count", "trains", "is_loaded"), INSIDE)
def test_a_layer_inside_others_is_one_layer(
    body: str, count: int, trains: int | None, is_loaded: bool | None, tmp_path: Path
) -> None:
    result = compiled(DECLARED.replace("BODY", body))
    assert result.ok, spelled(result)
    totals = result.model("M").totals
    assert totals["parameters"] == count
    assert trains is None or totals["trainable_parameters"] == trains
    told = any(d.code == "N0520" for d in result.diagnostics)
    assert is_loaded is None or told != is_loaded
    is_same(result, tmp_path, is_loaded=not told)


@pytest.mark.parametrize(("body", "count"), SEVERAL)
def test_a_layer_of_several_inputs_or_outputs_is_one_layer(
    body: str, count: int, tmp_path: Path
) -> None:
    result = compiled(DECLARED.replace("BODY", body))
    assert result.ok, spelled(result)
    assert result.model("M").totals["parameters"] == count
    assert not any(d.code == "N0520" for d in result.diagnostics)
    is_same(result, tmp_path, is_loaded=True)


def is_same(result: Compiled, folder: Path, *, is_loaded: bool) -> None:
    """Build both outputs and hold them to what was printed, to each other, and to what is saved of them."""
    structured, flat = result.build("M"), result.build("M", flat=True)
    for model in (structured, flat):
        as_printed(result, model)
    fill(structured)
    flat.set_weights(structured.get_weights())
    arrays = inputs_of(structured)
    wanted = run(structured, arrays)
    assert all(map(close, wanted, run(flat, arrays)))
    structured.save_weights(folder / "m.weights.h5")
    again = result.build("M")
    again.load_weights(folder / "m.weights.h5")
    assert all(map(close, wanted, run(again, arrays)))
    structured.save(folder / "m.keras")
    if not is_loaded:
        with pytest.raises(
            Exception, match=r"could not be loaded|not connected|calling|used 2 times"
        ):
            keras.models.load_model(folder / "m.keras")
        return
    loaded = keras.models.load_model(folder / "m.keras")
    assert loaded.count_params() == structured.count_params()
    assert all(map(close, wanted, run(loaded, arrays)))


def as_printed(result: Compiled, model: Any) -> None:
    """Hold names, weights in their order, and totals of a model to what is printed of it."""
    printed = result.model("M")
    totals = printed.totals
    assert model.count_params() == totals["parameters"]
    assert (
        sum(math.prod(w.shape) for w in model.trainable_weights) == totals["trainable_parameters"]
    )
    assert len(model.layers) == totals["layers"]
    rows = [row for row in printed.layers if not row["kind"].startswith("ops.")]
    assert sorted({row["name"] for row in rows}) == sorted(layer.name for layer in model.layers)
    for row in rows:
        layer = model.get_layer(row["name"])
        assert [list(weight.shape) for weight in layer.weights] == row["weights"]
        assert layer.count_params() == row["parameters"]


def fill(model: Any) -> None:
    """Give every weight a value of its own, so that one in another's place is noticed."""
    numbers = np.random.default_rng(7)
    for weight in model.weights:
        weight.assign(numbers.uniform(0.1, 0.4, weight.shape))


def inputs_of(model: Any) -> list[Any]:
    numbers = np.random.default_rng(3)
    return [numbers.random((2, *x.shape[1:])).astype("float32") for x in model.inputs]


def run(model: Any, arrays: list[Any]) -> list[Any]:
    return [np.asarray(y) for y in keras.tree.flatten(model(arrays))]


def close(wanted: Any, got: Any) -> bool:
    return wanted.shape == got.shape and bool(np.allclose(wanted, got, rtol=1e-4, atol=1e-5))
