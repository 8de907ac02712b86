"""What a checked fix comes to on data: the network is the one that was meant, not only one that compiles."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np

from netdsl.compiler import Compiled, compile_text
from netdsl.diagnostics.diagnostic import apply_edits

pytestmark = pytest.mark.keras


def mended(text: str) -> Compiled:
    """Apply the fix of the one mistake, which must have been checked, and compile what that gives."""
    (found,) = [d for d in compile_text(text).diagnostics if d.severity == "error"]
    assert found.fix is not None
    assert found.fix.checked == "all", found.message
    after = compile_text(apply_edits(text, found.fix.edits))
    assert after.ok
    return after


def built(text: str) -> Any:
    """Build what a broken spec becomes, structured and flat alike."""
    compiled = mended(text)
    model, flat = compiled.build("M"), compiled.build("M", flat=True)
    assert [w.shape for w in model.weights] == [w.shape for w in flat.weights]
    return model


def one(stage: str, size: str) -> str:
    return f"model M {{\n input x: {size}\n output y = x -> {stage}\n}}"


def drawn(*shape: int) -> Any:
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def test_a_thresholded_relu_passes_what_is_above_its_threshold() -> None:
    x = drawn(4, 6)
    made = built(one("ThresholdedReLU(theta=0.5)", "[6]"))(x)
    np.testing.assert_allclose(made, x * (x > 0.5))


def test_locally_connected_layers_have_a_kernel_for_each_place() -> None:
    model, x = built(one("LocallyConnected1D(3, 2, strides=2)", "[7, 4]")), drawn(2, 7, 4)
    kernel, bias = (drawn(3, 8, 3), drawn(3, 3))
    model.set_weights([kernel, bias])
    wanted = [x[:, 2 * i : 2 * i + 2].reshape(2, 8) @ kernel[i] + bias[i] for i in range(3)]
    np.testing.assert_allclose(model(x), np.stack(wanted, 1), rtol=1e-4, atol=1e-4)


def test_locally_connected_layers_of_a_picture_have_one_too() -> None:
    text = one("LocallyConnected2D(3, (2, 3), strides=(1, 2), use_bias=False)", "[4, 7, 2]")
    model, x, kernel = built(text), drawn(2, 4, 7, 2), drawn(3, 3, 12, 3)
    model.set_weights([kernel])
    made = np.asarray(model(x))
    for i in range(3):
        for j in range(3):
            patch = x[:, i : i + 2, 2 * j : 2 * j + 3].reshape(2, 12)
            np.testing.assert_allclose(made[:, i, j], patch @ kernel[i, j], rtol=1e-4, atol=1e-4)


def test_a_drop_path_drops_whole_samples_and_scales_the_others() -> None:
    model, x = built(one("DropPath(0.25)", "[5, 3]")), np.ones((64, 5, 3), "float32")
    made = np.asarray(model(x, training=True)).reshape(64, -1)
    assert {round(float(v), 4) for v in made.ravel()} == {0.0, round(1 / 0.75, 4)}
    assert all(len(set(row)) == 1 for row in made)
    np.testing.assert_allclose(model(x, training=False), x)


def test_an_instance_normalization_looks_at_each_sample_and_channel_alone() -> None:
    made = np.asarray(built(one("InstanceNormalization()", "[6, 6, 3]"))(3 + 2 * drawn(4, 6, 6, 3)))
    np.testing.assert_allclose(made.mean((1, 2)), 0, atol=1e-4)
    np.testing.assert_allclose(made.std((1, 2)), 1, atol=1e-2)


@pytest.mark.parametrize("name", ["GELU", "Mish", "HardSwish", "SELU", "Tanh", "LogSoftmax"])
def test_an_activation_layer_of_another_library_is_that_activation(name: str) -> None:
    known = {"GELU": "gelu", "Mish": "mish", "HardSwish": "hard_silu", "SELU": "selu"}
    activation = keras.activations.get(
        known.get(name, {"LogSoftmax": "log_softmax"}.get(name, "tanh"))
    )
    x = drawn(3, 5)
    np.testing.assert_allclose(
        built(one(f"{name}()", "[5]"))(x), activation(keras.ops.array(x)), rtol=1e-5, atol=1e-6
    )


def test_upsampling_by_a_fraction_repeats_the_nearest_place() -> None:
    x = drawn(2, 8, 8, 3)
    nearest = ((np.arange(20) + 0.5) / 2.5).astype(int)
    made = built(one("UpSampling2D(2.5)", "[8, 8, 3]"))(x)
    np.testing.assert_allclose(made, x[:, nearest][:, :, nearest])
    series = drawn(2, 8, 3)
    longer = built(one("UpSampling1D(1.5)", "[8, 3]"))(series)
    np.testing.assert_allclose(longer, series[:, ((np.arange(12) + 0.5) / 1.5).astype(int)])


@pytest.mark.parametrize(
    ("stage", "wanted"),
    [
        ("Lambda(ops.expand_dims)", lambda x: x[..., None]),
        ('Lambda(ops.expand_dims, arguments={"axis": 1})', lambda x: x[:, None]),
        ('Lambda(tf.reduce_mean, arguments={"axis": 1})', lambda x: x.mean(1)),
        ("Lambda(K.square)", np.square),
        ("ops.add(x, 1.0)", lambda x: x + 1),
        ("Lambda(lambda t: t * 2.0 - 1.0)", lambda x: 2 * x - 1),
        ("Lambda(lambda t: t[:, 1:3])", lambda x: x[:, 1:3]),
        ("Lambda(lambda t: ops.expand_dims(t, -1))", lambda x: x[..., None]),
        ("Lambda(lambda z: tf.reduce_sum(z, axis=1), output_shape=(4,))", lambda x: x.sum(1)),
        ("[_, Lambda(lambda z: ops.square(z))] -> Add()", lambda x: x + x * x),
    ],
)
def test_a_function_of_keras_is_a_stage(stage: str, wanted: Any) -> None:
    x = drawn(3, 4)
    np.testing.assert_allclose(built(one(stage, "[4]"))(x), wanted(x), rtol=1e-6)


def test_a_model_at_each_step_is_what_time_distributed_makes_of_it() -> None:
    text = (
        "model Frame {\n input f: [6, 6, 2]\n output z = f -> Conv2D(3, 3, name='c') -> Flatten()\n}\n"
        + one("TimeDistributed(Frame())", "[5, 6, 6, 2]")
    )
    model, x = built(text), drawn(2, 5, 6, 6, 2)
    image = keras.Input((6, 6, 2))
    conv = keras.layers.Conv2D(3, 3)
    frame = keras.Model(image, keras.layers.Flatten()(conv(image)))
    conv.set_weights(model.get_weights())
    np.testing.assert_allclose(
        model(x), keras.layers.TimeDistributed(frame)(x), rtol=1e-4, atol=1e-5
    )


def test_in_a_block_the_steps_of_each_use_are_told_apart() -> None:
    text = (
        "model Row {\n input f: [3]\n output z = f -> Dense(2)\n}\n"
        "block each() {\n input clips\n output clips -> TimeDistributed(Row())\n}\n"
        "model M {\n input a: [4, 3]\n input b: [5, 3]\n output y = a -> each()\n output z = b -> each()\n}"
    )
    model = built(text)
    made = model([drawn(10, 4, 3), drawn(10, 5, 3)])
    assert [tuple(made[name].shape) for name in ("y", "z")] == [(10, 4, 2), (10, 5, 2)]


def test_a_dot_of_two_sequences_scores_each_pair() -> None:
    text = "model M {\n input a: [5, 8]\n input b: [7, 8]\n output y = [a, b] -> Dot(axes=1)\n}"
    a, b = drawn(2, 5, 8), drawn(2, 7, 8)
    made = built(text)([a, b])
    np.testing.assert_allclose(made, np.einsum("nid,njd->nij", a, b), rtol=1e-4, atol=1e-5)


def test_channels_that_come_first_are_joined() -> None:
    fork = "[Permute((1, 2, 3)), Conv2D(4, 1, data_format='channels_first')]"
    model = built(one(f"{fork} -> Concatenate(axis=3)", "[2, 5, 5]"))
    assert model.output_shape == (None, 6, 5, 5)


@pytest.mark.parametrize("layer", ["Conv1D(8, 3)", "SeparableConv1D(8, 3, dilation_rate=2)"])
def test_beside_a_causal_branch_nothing_sees_later_steps(layer: str) -> None:
    text = one(f'[Conv1D(8, 3, padding="causal"), {layer}] -> Add()', "[20, 8]")
    model, x = built(text), drawn(1, 20, 8)
    changed = x.copy()
    changed[:, 12:] += 1
    before, after = np.asarray(model(x)), np.asarray(model(changed))
    np.testing.assert_allclose(before[:, :12], after[:, :12], rtol=1e-5, atol=1e-5)
    assert not np.allclose(before[:, 12:], after[:, 12:])


STATES = [
    ("enc = z -> Dense(16)", "LSTM(16)(initial_state=[enc])"),
    ("enc = z -> Dense(16)", "LSTM(16)(initial_state=enc)"),
    ("enc = z -> Dense(16)", "Bidirectional(LSTM(16))(initial_state=[enc])"),
    ("e, h, c = x -> LSTM(16, return_state=True)", "Bidirectional(LSTM(16))(initial_state=[h, c])"),
    ("enc = x -> LSTM(16)", "LSTM(16)(initial_state=[enc])"),
    ("enc = z -> Dense(8)", "GRU(16)(initial_state=[enc])"),
    ("e, h, c = x -> LSTM(16, return_state=True)", "GRU(16)(initial_state=[h, c])"),
    ("e, h, c = x -> LSTM(16, return_state=True)", "LSTM(16)(initial_state=[e, h, c])"),
    (
        "e, h, c, h2, c2 = x -> Bidirectional(LSTM(16, return_state=True))",
        "LSTM(32)(initial_state=[h, c, h2, c2])",
    ),
]


@pytest.mark.parametrize(("made", "use"), STATES)
def test_states_are_given_as_a_layer_takes_them(made: str, use: str) -> None:
    text = (
        f"model M {{\n input x: [9, 8]\n input z: [4]\n {made}\n"
        f" output y = x -> {use}\n output w = z * 2.0\n}}"
    )
    model = built(text)
    assert np.isfinite(np.asarray(model([drawn(3, 9, 8), drawn(3, 4)])["y"])).all()


def test_a_stateful_net_keeps_its_states_from_batch_to_batch() -> None:
    text = (
        "model M {\n input x: [4, 3]\n input z: [4, 3]\n"
        " output y = [x, z] -> Add() -> Bidirectional(LSTM(5, stateful=True))\n}\n"
        "train M {\n optimizer = adam\n loss = mse\n batch_size = 6\n}"
    )
    model = built(text)
    x = [drawn(6, 4, 3), drawn(6, 4, 3)]
    first, second = model.predict(x, batch_size=6, verbose=0), model.predict(x, 6, verbose=0)
    assert not np.allclose(first, second)


def test_positions_along_a_tensor_are_those_of_a_count() -> None:
    text = (
        "model M {\n input words: int32[?]\n positions = ops.arange(ops.shape(words)[-1])\n"
        " output y = (words -> Embedding(9, 4)) + (positions -> Embedding(50, 4))\n}"
    )
    model = built(text)
    words = np.random.default_rng(1).integers(0, 9, (3, 11))
    first, second = model.get_weights()
    tables = sorted((first, second), key=len)
    np.testing.assert_allclose(model(words), tables[0][words] + tables[1][np.arange(11)])


@pytest.mark.parametrize(
    "body",
    [
        "output y = x -> Base()(training=False) -> Dense(1)",
        "output y = x -> Base(training=False) -> Dense(1)",
        "layer base = Base()\n output y = x -> base(training=False) -> Dense(1)",
    ],
)
def test_what_is_frozen_in_place_of_training_stays_as_it_is(body: str) -> None:
    text = (
        "model Base {\n input x: [6]\n output z = x -> Dense(4) -> BatchNormalization()\n}\n"
        f"model M {{\n input x: [6]\n {body}\n}}"
    )
    model = built(text)
    before = [np.copy(w) for w in model.layers[1].get_weights()]
    model.compile("sgd", "mse")
    model.fit(5 + drawn(32, 6), drawn(32, 1), epochs=2, verbose=0)
    for was, now in zip(before, model.layers[1].get_weights(), strict=True):
        np.testing.assert_array_equal(was, now)


SIZES = [
    ("MaxPooling2D(3) -> UpSampling2D(3)", 64, 63),
    ("MaxPooling2D(2) -> MaxPooling2D(2) -> UpSampling2D(4)", 50, 52),
    ("Conv2D(3, 3, strides=3) -> Conv2DTranspose(3, 3, strides=3)", 64, 63),
    (
        'Conv2D(3, 3, strides=2, padding="same") -> MaxPooling2D(3) -> UpSampling2D(6)',
        100,
        102,
    ),
]


@pytest.mark.parametrize(("way", "size", "better"), SIZES)
def test_a_size_that_survives_is_offered(way: str, size: int, better: int) -> None:
    compiled = mended(one(f"[_, {way}] -> Concatenate()", f"[{size}, {size}, 3]"))
    assert f"[{better}, {better}, 3]" in compiled.file.text
    assert compiled.build("M").output_shape[1:3] == (better, better)


def test_in_a_loop_no_name_is_offered_that_its_turns_would_share() -> None:
    text = "model Row {\n input f: [3]\n output z = f -> Dense(3)\n}\n" + one(
        "repeat 2 { TimeDistributed(Row()) }", "[5, 3]"
    )
    (found,) = compile_text(text).diagnostics
    assert found.fix is None
    assert found.help


MISTAKES = sorted((Path(__file__).parents[1] / "mistakes" / "shapes").glob("*.net"))


@pytest.mark.parametrize("spec", MISTAKES, ids=lambda path: path.stem)
def test_what_mends_a_shape_runs_on_data(spec: Path) -> None:
    text = spec.read_text("utf-8")
    fixes = [d.fix for d in compile_text(text).diagnostics if d.fix and d.fix.checked == "all"]
    if not fixes:
        return
    compiled = compile_text(apply_edits(text, fixes[0].edits))
    if "extern" in text or "Vectorization" in text or "string" in text:
        return  # needs Python of somebody's own, or words that were learned before
    if "Conv2D" in text and "channels_first" in text:
        return  # TensorFlow convolves so on a GPU alone
    model = compiled.build()
    draw = np.random.default_rng(0)
    given = [
        draw.integers(0, 3, [n or 5 for n in (x.shape[0] or 2, *x.shape[1:])]).astype(x.dtype)
        for x in model.inputs
    ]
    made = keras.tree.flatten(model(given if len(given) > 1 else given[0]))
    assert all(np.isfinite(np.asarray(part)).all() for part in made)
