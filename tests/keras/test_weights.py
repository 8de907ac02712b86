"""`weight name: type = initializer` in Keras: the tensor that was declared, learned, saved, shared and frozen."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netdsl
from netdsl.importer.errors import CannotImport
from netdsl.importer.imported import imported
from netdsl.importer.read import read_model
from tests.keras.test_every_kind import BACKEND, assert_equal, data, exercise, run
from tests.language.front_door import compiled

keras = pytest.importorskip("keras")

pytestmark = pytest.mark.keras

#: Specs, and how many parameters each has.
SPECS = {
    "a class token and positions, as in ViT": (
        """
        block encoder(width: int) {
            input x
            y = x -> LayerNormalization() -> MultiHeadAttention(2, 4)(value=_)
            output x + y
        }
        model ViT(width: int = 8) {
            input image: [8, 8, 3]
            weight token: [1, width] = zeros
            weight position: [5, width] = RandomNormal(stddev=0.02)
            patches = image -> Conv2D(width, 4, strides=4) -> Reshape((4, width))
            output probs = [ops.zeros_like(patches[:, :1]) + token, patches] -> Concatenate(axis=1)
                -> (_ + position) -> encoder(width) -> _[:, 0] -> Dense(3)
        }
        """,
        8 + 40 + (4 * 4 * 3 * 8 + 8) + 16 + 4 * 72 + 27,
    ),
    "layer scale in a loop of blocks": (
        """
        block residual(width: int) {
            input x
            weight scale: [width](regularizer=L2(1e-4)) = Constant(1e-2)
            output x + (x -> Dense(width)) * scale
        }
        model M { input x: [6]
            output y = x -> repeat 3 { residual(6) } -> Dense(2) }
        """,
        3 * (6 + 42) + 14,
    ),
    "latents that look at what arrives, as in Perceiver": (
        """
        model M { input x: [10, 4]
            weight latents: [3, 8] = TruncatedNormal(stddev=0.02)
            query = ops.zeros_like(x[:, :1, :1]) + latents
            output y = query -> MultiHeadAttention(2, 4)(value=x) -> GlobalAveragePooling1D() -> Dense(2) }
        """,
        24 + 72 + 2 * 40 + 72 + 18,
    ),
    "an autoencoder whose two halves share a matrix": (
        """
        model M { input x: [12]
            weight w: [12, 4]
            weight b: [4] = zeros
            weight c: [12] = zeros
            code = x @ w + b -> ReLU()
            output y = code -> ops.matmul(ops.transpose(w)) -> (_ + c) -> Activation(sigmoid) }
        """,
        48 + 4 + 12,
    ),
    "an embedding that is the output's matrix too, as in GPT-2": (
        """
        model M(vocabulary: int = 11, width: int = 8) { input tokens: int32[6]
            weight embedding: [vocabulary, width] = RandomNormal(stddev=0.02)
            weight position: [6, width] = RandomNormal(stddev=0.01)
            h = ops.take(embedding, tokens, axis=0) + position
            a = h -> LayerNormalization() -> MultiHeadAttention(2, 4)(value=_, use_causal_mask=True)
            output logits = h + a -> LayerNormalization() -> (_ @ ops.transpose(embedding)) }
        """,
        88 + 48 + 16 + 288 + 16,
    ),
    "a table of relative positions, as in Swin": (
        """
        let side = 2
        let offsets = [[(i // side - j // side + side - 1) * (2 * side - 1) + i % side - j % side + side - 1
            for j in range(side * side)] for i in range(side * side)]
        block attention(heads: int, width: int) {
            input x
            weight bias: [(2 * side - 1) ** 2, heads] = TruncatedNormal(stddev=0.02)
            q, k, v = x -> [for n in range(3) { Dense(heads * width) -> Reshape((4, heads, width)) }]
            scores = ops.einsum("bihd,bjhd->bhij", q, k) * width ** -0.5
                + ops.transpose(ops.take(bias, offsets, axis=0), (2, 0, 1))
            output ops.einsum("bhij,bjhd->bihd", ops.softmax(scores), v) -> Reshape((4, heads * width))
        }
        model M { input x: [4, 6]
            output y = x -> attention(2, 3) -> attention(2, 3) -> Dense(2) }
        """,
        2 * (18 + 3 * 42) + 14,
    ),
    "a scalar": (
        "model M { input x: [4]\n weight t: [] = ones\n output y = x * t -> Dense(2) }",
        11,
    ),
    "of weights alone": (
        "model M { input x: [4]\n weight w: [4, 3]\n v = ops.transpose(w) * 2.0\n"
        " output y = x @ w -> (_ @ v) }",
        12,
    ),
    "one that does not train": (
        "model M { input x: [4]\n weight g: [4](trainable=False, constraint=NonNeg()) = Ones()\n"
        " output y = x * g -> Dense(2) }",
        14,
    ),
    "whole numbers": (
        "model M { input x: [4]\n weight n: int32[4](trainable=False) = Constant(3)\n"
        " output y = x * ops.cast(n, 'float32') -> Dense(2) }",
        14,
    ),
    "half precision": (
        "model M { input x: [4]\n weight g: float16[4] = ones\n"
        " output y = ops.cast(x, 'float16') * g }",
        4,
    ),
    "sizes from what arrives": (
        "block scaled { input x\n weight g: [*x.shape[1:]] = ones\n weight b: [x.shape[-1]] = zeros\n"
        " output x * g + b }\nmodel M { input x: [3, 4]\n output y = x -> scaled() -> Dense(5) -> scaled() }",
        12 + 4 + 25 + 15 + 5,
    ),
    "a block that is shared": (
        "block mix(n) { input x\n weight w: [n, n]\n output x @ w }\n"
        "model M { input x: [4]\n layer m = mix(4)\n output y = x -> m -> ReLU() -> m }",
        16,
    ),
    "a block that is shared and held": (
        "block mix(n) { input x\n weight w: [n, n]\n output x @ w }\n"
        "model M { input x: [5, 4]\n layer m = mix(4)\n output y = x -> TimeDistributed(m) }",
        16,
    ),
    "a model in a model, used twice": (
        "model Inner { input x: [4]\n weight w: [4, 4]\n output y = x @ w }\n"
        "model M { input x: [4]\n layer f = Inner()\n output y = x -> f -> f -> Inner() }",
        32,
    ),
    "a block that gets a list": (
        "block b { input xs\n weight g: [4]\n output xs[0] * g + xs[1] }\n"
        "model M { input x: [4]\n input z: [4]\n output y = [x, z] -> b() }",
        4,
    ),
    "given to a block": (
        "block b(w) { input x\n output x @ w }\n"
        "model M { input x: [4]\n weight w: [4, 4]\n output y = x -> b(w) -> b(ops.transpose(w)) }",
        16,
    ),
    "what arrives has a mask": (
        "model M { input t: int32[5]\n weight g: [4] = ones\n"
        " e = t -> Embedding(9, 4, mask_zero=True)\n output y = e * g -> LSTM(3) }",
        4 + 36 + 96,
    ),
    "a block behind a mask": (
        "block b { input x\n weight g: [4] = ones\n output x * g }\n"
        "model M { input t: int32[5]\n output y = t -> Embedding(9, 4, mask_zero=True) -> b() -> LSTM(3) }",
        4 + 36 + 96,
    ),
    "names that the module has itself": (
        "block Weight(layers) { input x\n weight name: [layers]\n output x * name }\n"
        "model M { input ops: [4]\n weight layers: [4]\n weight keras: [4]\n"
        " output y = ops * layers + keras -> Weight(4) }",
        12,
    ),
    "names of functions": (
        "model M { input x: [4]\n weight multiply: [4]\n weight add: [4]\n output y = x * multiply + add }",
        8,
    ),
    "a block that gets a model's outputs": (
        "model Two { input x: [4]\n output a = x -> Dense(4)\n output c = x -> Dense(4) }\n"
        "block b { input t\n weight g: [4]\n output t[0] * g + t[1] }\n"
        "model M { input x: [4]\n output y = x -> Two() -> b() }",
        44,
    ),
    "one of a group of inputs": (
        "model M { inputs f: {'a': [4], 'b': [4]}\n weight w: [4]\n output y = f.a * w + f.b }",
        4,
    ),
    "in braces": (
        "model M { input x: [3, 4]\n output y = x -> repeat 2 { weight w: [_.shape[-1]]\n output _ * w } "
        "-> if True { weight w: [4]\n output _ + w } -> [_, for k in [1, 2] { weight w: [4]\n output _ * w }] "
        "-> Add() }",
        20,
    ),
    "parts of one": (
        "model M { input x: [3, 4]\n weight w: [3, 4]\n output y = x * w[0] + w[1, :] - w[-1] }",
        12,
    ),
    "a name of its own": (
        "block b { input x\n weight g: [4](name='gain')\n output x * g }\n"
        "model M { input x: [4]\n weight g: [4](name='first')\n output y = x * g -> repeat 2 { b() } }",
        12,
    ),
    "initializers that draw": (
        "let start = HeNormal()\nmodel M { input x: [4]\n weight a: [4, 4] = start\n weight b: [4, 4] = start\n"
        " weight c: [4, 4] = he_normal\n output y = x @ a @ b @ c }",
        48,
    ),
}


@pytest.mark.parametrize("case", SPECS)
@pytest.mark.filterwarnings("error:.*does not support masking")
def test_it_is_built_run_and_reloaded(case: str, tmp_path: Path) -> None:
    text, parameters = SPECS[case]
    assert compiled(text).model().totals["parameters"] == parameters
    exercise(text, tmp_path)


#: A spec whose input has the name that functions begin with is imported folded alone.
ONLY_FOLDED = {"names that the module has itself"}


@pytest.mark.parametrize("case", SPECS)
def test_it_is_imported_again(case: str) -> None:
    text, parameters = SPECS[case]
    network = read_model(json.loads(compiled(text).build().to_json()), "model")
    for flat in (True, False)[case in ONLY_FOLDED :]:
        found = imported(network, "model", flat=flat)
        # Latents that a block of the library makes come back as that block.
        assert "weight " in found.text or "learned_queries" in found.text
        assert "extern" not in found.text
        again = compiled(found.text)
        assert again.model(found.model).totals["parameters"] == parameters


def test_a_file_is_checked_where_nothing_has_registered_the_class(tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    built("model M { input x: [4]\n weight w: [4, 3]\n output y = x @ w -> Dense(2) }").save(path)
    program = (
        "import sys; from netdsl.cli.main import main; "
        f"sys.argv = ['netdsl', 'import', {str(path)!r}, '--check', '-o', '-']; main()"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "equal outputs on a random batch" in found.stderr
    assert "weight w: [4, 3]" in found.stdout


def test_layer_scale_of_convnext_is_a_weight(tmp_path: Path) -> None:
    from keras.src.applications.convnext import LayerScale

    x = inputs = keras.Input((6,))
    for number in range(3):
        h = keras.layers.Dense(6, name=f"dense_{number}")(x)
        x = keras.layers.Add(name=f"add_{number}")(
            [x, LayerScale(0.5, 6, name=f"b{number}_scale")(h)]
        )
    model = keras.Model(inputs, x)
    found = netdsl.import_model(model)
    assert "repeat 3 {" in found
    assert "weight scale: [6] = Constant(0.5)" in found
    assert "extern" not in found
    again = netdsl.compile_text(found).build()
    again.set_weights(model.get_weights())
    batch = [data(x) for x in model.inputs]
    np.testing.assert_allclose(run(again, batch)[0], run(model, batch)[0], rtol=1e-6)


def test_layer_scale_of_another_precision_is_no_weight_of_float32() -> None:
    from keras.src.applications.convnext import LayerScale

    inputs = keras.Input((6,))
    outputs = LayerScale(0.5, 6, dtype="mixed_bfloat16")(inputs)
    with pytest.raises(CannotImport, match="bfloat16"):
        netdsl.import_model(keras.Model(inputs, outputs))


def built(text: str) -> Any:
    result = compiled(text)
    assert result.ok, result.diagnostics
    return result.build()


def layer(model: Any, name: str) -> np.ndarray[Any, Any]:
    (value,) = model.get_layer(name).get_weights()
    return np.asarray(value)


def numpy(tensor: Any) -> np.ndarray[Any, Any]:
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def test_outputs_are_those_of_numpy() -> None:
    random = np.random.default_rng(1)
    x = random.normal(size=(3, 5)).astype("float32")
    model = built(
        "model M { input x: [5]\n weight w: [5, 2]\n weight g: [2] = ones\n weight b: [] = zeros\n"
        " h = x @ w * g\n output y = h + b -> (_ @ ops.transpose(w)) }"
    )
    weights = {"w": random.normal(size=(5, 2)), "g": random.normal(size=2), "b": np.array(0.5)}
    for name, value in weights.items():
        model.get_layer(name).set_weights([value])
    expected = (x @ weights["w"] * weights["g"] + weights["b"]) @ weights["w"].T
    np.testing.assert_allclose(numpy(model(x)), expected, rtol=1e-5, atol=1e-5)


def test_token_stands_before_every_sample() -> None:
    model = built(
        "model M { input x: [4, 3]\n weight token: [1, 3] = ones\n"
        " output y = [ops.zeros_like(x[:, :1]) + token, x] -> Concatenate(axis=1) }"
    )
    x = np.random.default_rng(2).normal(size=(5, 4, 3)).astype("float32")
    expected = np.concatenate([np.ones((5, 1, 3), "float32"), x], axis=1)
    np.testing.assert_array_equal(numpy(model(x)), expected)


TRAINED = """
block scaled(n: int) {
    input x
    weight g: [n](regularizer=L2(0.5)) = ones
    output x * g
}
model M { input x: [4]
    weight w: [4, 4] = ones
    weight fixed: [4](trainable=False) = ones
    layer twice = scaled(4)
    output y = (x @ w) * fixed -> twice -> scaled(4, trainable=False) -> twice }
"""


def test_it_learns_what_is_not_frozen_and_its_regularizer_adds_to_the_loss() -> None:
    result = compiled(TRAINED)
    model = result.build()
    assert result.model().totals["trainable_parameters"] == 16 + 4
    assert sum(int(np.prod(w.shape)) for w in model.trainable_weights) == 16 + 4
    np.testing.assert_allclose([float(loss) for loss in model.losses], [2.0])
    before = {name: layer(model, name) for name in ("w", "fixed", "twice_g", "scaled_g")}
    model.compile(optimizer=keras.optimizers.SGD(0.01), loss="mse")
    x = np.random.default_rng(3).normal(size=(16, 4)).astype("float32")
    model.fit(x, x, epochs=1, verbose=0)
    changed = {
        name for name, value in before.items() if not np.array_equal(layer(model, name), value)
    }
    assert changed == {"w", "twice_g"}


def test_it_follows_mixed_precision_as_a_layer_does() -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = built(
            "model M { input x: [4]\n weight g: [4] = ones\n output y = x -> Dense(4) -> (_ * g) }"
        )
    finally:
        keras.config.set_dtype_policy("float32")
    assert str(model.get_layer("g").weight.dtype) == "float32"
    assert str(model.output.dtype) == "bfloat16"


@pytest.mark.skipif(BACKEND != "tensorflow", reason="words are TensorFlow's alone")
def test_it_is_made_where_words_arrive(tmp_path: Path) -> None:
    text = (
        "model M { input words: string[1]\n input x: [4]\n weight g: [4]\n"
        " n = words -> Hashing(8) -> ops.cast('float32')\n output y = x * g + n }"
    )
    model = built(text)
    words = keras.ops.convert_to_tensor(np.array([["a"], ["b"]]))
    assert numpy(model([words, keras.ops.ones((2, 4))])).shape == (2, 4)
    model.save(tmp_path / "m.keras")
    assert keras.models.load_model(tmp_path / "m.keras").count_params() == 4


def test_first_input_of_a_block_may_be_sparse() -> None:
    result = compiled(
        "block b { input s\n input x\n weight g: [4] = ones\n output x * g + (s -> Dense(4)) }\n"
        "model M { input s: [4](sparse=True)\n input x: [4]\n output y = [s, x] -> b() }"
    )
    if BACKEND == "torch":  # which has no sparse tensors
        with pytest.raises(ValueError, match="`sparse=True` is not supported"):
            result.build()
        return
    model, flat = result.build(), result.build(flat=True)
    assert [layer.name for layer in flat.layers] == [layer.name for layer in model.layers]


def test_clone_and_configuration_keep_all_of_it() -> None:
    model = built(
        "model M { input x: [4]\n weight g: [4](regularizer=L1(0.1), constraint=MaxNorm(2), trainable=False)"
        " = Constant(0.25)\n output y = x * g }"
    )
    copy = keras.models.clone_model(model)
    assert copy.get_layer("g").get_config() == model.get_layer("g").get_config()
    inputs = [data(x) for x in model.inputs]
    assert_equal(run(copy, inputs), run(model, inputs))
