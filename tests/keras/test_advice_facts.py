"""What the advice rests on, asked of Keras: masks, cuDNN, optimizers, `training=`, recursion."""

from __future__ import annotations

import importlib
import math
import os
import sys
from typing import Any

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np

from netdsl.analyse.advice.structure import TOO_DEEP
from netdsl.analyse.advice.view import View
from netdsl.analyse.memory import optimizer_bytes
from netdsl.analyse.roofline import cudnn_refusal
from netdsl.analyse.variance import carried, kernel_gain, mean_square
from netdsl.catalog import layer_kind
from netdsl.catalog.kind import ObjectValue, Weight
from netdsl.compiler import compile_text

pytestmark = pytest.mark.keras

#: The package hides the module behind a function of its name.
backend_rnn = importlib.import_module("keras.src.backend.tensorflow.rnn")

WEIGHTS = {"kernel": (3, 3, 8, 16), "bias": (16,), "matrix": (24, 40), "embeddings": (50, 8)}

OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.9, "centered": True}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True}),
    ("Adam", {"use_ema": True}),
    ("Adam", {"gradient_accumulation_steps": 4}),
    ("AdamW", {}),
    ("Nadam", {}),
    ("Adamax", {}),
    ("Adagrad", {}),
    ("Adadelta", {}),
    ("Ftrl", {}),
    ("Lion", {}),
    ("Lamb", {}),
    ("Adafactor", {}),
    ("Muon", {}),
    ("Muon", {"exclude_embeddings": False}),
    ("ScheduleFreeAdamW", {}),
]


@pytest.mark.parametrize(("name", "arguments"), OPTIMIZERS)
def test_an_optimizer_keeps_as_much_as_is_counted(name: str, arguments: dict[str, Any]) -> None:
    optimizer = getattr(keras.optimizers, name)(**arguments)
    optimizer.build([keras.Variable(np.zeros(s, "float32"), name=n) for n, s in WEIGHTS.items()])
    numbers = sum(math.prod(v.shape) for v in optimizer.variables if len(v.shape))
    weights = [Weight(n, s) for n, s in WEIGHTS.items()]
    counted = optimizer_bytes(ObjectValue("optimizer", name, arguments), weights, "float32") // 4
    scalars = len(optimizer.variables)  # the count of steps, the learning rate, and their like
    assert numbers <= counted <= numbers + scalars


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"activation": "relu"},
        {"recurrent_activation": "hard_sigmoid"},
        {"unroll": True},
        {"use_bias": False},
        {"reset_after": False},
        {"activation": None},
    ],
)
def test_cudnn_takes_what_is_not_told_of(
    kind: str, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "LSTM" and "reset_after" in changes:
        pytest.skip("an LSTM has no reset_after")
    monkeypatch.setattr(backend_rnn, "_is_gpu_available", lambda: True)
    layer = getattr(keras.layers, kind)(4, **changes)
    asked = {
        "activation": layer.activation,
        "recurrent_activation": layer.recurrent_activation,
        "unroll": layer.unroll,
        "use_bias": layer.use_bias,
    }
    if kind == "GRU":
        asked["reset_after"] = layer.reset_after
    written = {"activation": "tanh", "recurrent_activation": "sigmoid"} | changes
    assert backend_rnn.cudnn_ok(**asked) == (not cudnn_refusal(layer_kind(kind), written))


def test_training_at_a_call_is_overridden_by_the_model() -> None:
    x = keras.Input((8,))
    ones = np.ones((4, 8), "float32")
    kept = keras.Model(x, keras.layers.Dropout(0.5)(x, training=True))
    dropped = keras.Model(x, keras.layers.Dropout(0.5)(x, training=False))
    assert np.all(np.asarray(kept(ones, training=False)) == 1)
    assert not np.all(np.asarray(dropped(ones, training=True)) == 1)


def test_training_at_the_call_of_a_model_is_overridden_too() -> None:
    inner_input = keras.Input((8,))
    inner = keras.Model(inner_input, keras.layers.Dropout(0.5)(inner_input))
    x = keras.Input((8,))
    outer = keras.Model(x, inner(x, training=False))
    assert not np.all(np.asarray(outer(np.ones((4, 8), "float32"), training=True)) == 1)


@pytest.mark.parametrize(("layers", "builds"), [(TOO_DEEP, True), (1_050, False)])
def test_keras_recurses_through_a_chain(layers: int, builds: bool) -> None:
    import threading

    outcome: list[bool] = []

    def build() -> None:
        x = y = keras.Input((2,))
        for _ in range(layers):
            y = keras.layers.ReLU()(y)
        try:
            keras.Model(x, y)
            outcome.append(True)
        except RecursionError:
            outcome.append(False)

    before = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000)  # Python's own, which another test may have raised
    thread = threading.Thread(target=build)  # whose stack of calls is empty, as a script's is
    try:
        thread.start()
        thread.join()
    finally:
        sys.setrecursionlimit(before)
    assert outcome == [builds]


def test_a_bias_before_batch_normalization_does_nothing() -> None:
    x = np.random.default_rng(0).normal(size=(16, 4)).astype("float32")
    normalize = keras.layers.BatchNormalization()
    plain = np.asarray(normalize(x, training=True))
    shifted = np.asarray(normalize(x + 5.0, training=True))
    assert np.allclose(plain, shifted, atol=1e-4)


def test_softmax_over_one_unit_is_one() -> None:
    assert np.all(np.asarray(keras.activations.softmax(keras.ops.ones((3, 1)) * 7)) == 1)


def test_selu_keeps_variance_with_lecun_and_he_does_not() -> None:
    rng = np.random.default_rng(0)

    def variance(initializer: str) -> float:
        y = rng.normal(size=(256, 256)).astype("float32")
        for seed in range(8):
            kernel = getattr(keras.initializers, initializer)(seed=seed)((256, 256))
            y = np.asarray(keras.activations.selu(keras.ops.matmul(y, kernel)))
        return float(y.var())

    assert 0.8 < variance("LecunNormal") < 1.2
    assert variance("HeNormal") > 1.5


def test_relu_halves_the_variance_of_glorot_layers() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=(512, 256)).astype("float32")
    before = float((y**2).mean())
    for seed in range(10):
        kernel = keras.initializers.GlorotUniform(seed=seed)((256, 256))
        y = np.asarray(keras.activations.relu(keras.ops.matmul(y, kernel)))
    after = float((y**2).mean())
    assert 2.0**-12 < after / before < 2.0**-8


LISTED = [
    "ReLU()", "LeakyReLU()", "ELU()", "Activation(tanh)", "Softmax()", "Dropout(0.5)", "GaussianDropout(0.5)",
    "GaussianNoise(0.5)", "Rescaling(2.0)", "UnitNormalization()", "ActivityRegularization()", "Identity()",
]  # fmt: skip


@pytest.mark.parametrize("layer", LISTED)
def test_a_layer_on_a_list_is_warned_of_where_keras_fails_to_run_it(layer: str) -> None:
    both = f"[x, x -> Dense(4)] -> {layer}"
    compiled = compile_text(f"model M {{ input x: [4] a, b = {both} output a output b }}")
    assert compiled.ok
    model = compiled.build("M")
    try:
        model(np.ones((2, 4), "float32"), training=True)
        runs = True
    except Exception:
        runs = False
    assert ("N0520" not in {d.code for d in compiled.diagnostics}) == runs


@pytest.mark.parametrize(("share", "quarters"), [(90 / 360, 1), (180 / 360, 2), (0.125, 0.5)])
def test_a_rotation_is_a_share_of_a_turn(share: float, quarters: float) -> None:
    image = np.random.default_rng(0).random((1, 8, 8, 1)).astype("float32")
    turned = np.asarray(keras.layers.RandomRotation((share, share))(image, training=True))
    straight = [np.rot90(image, k, axes=(1, 2)) for k in (1, -1, 2, 0)]
    whole = [any(np.allclose(turned, other, atol=1e-3) for other in straight)]
    assert whole == [quarters == int(quarters)]
    if quarters == 2:
        assert np.allclose(turned, straight[2], atol=1e-3)


def test_l1_and_l2_have_a_strength_by_themselves_and_l1l2_has_none() -> None:
    ones = np.ones((4, 4), "float32")
    by_name = {name: float(keras.regularizers.get(name)(ones)) for name in ("l1", "l2", "L1L2")}
    assert by_name == pytest.approx({"l1": 0.16, "l2": 0.16, "L1L2": 0.0})


def test_a_mask_made_inside_time_distributed_ends_there() -> None:
    words = np.array([[[1, 2, 0, 0], [3, 0, 0, 0]]])

    def masked(layer: Any) -> Any:
        return getattr(layer(keras.ops.array(words)), "_keras_mask", None)

    embedding = keras.layers.Embedding(5, 3, mask_zero=True)
    assert masked(keras.layers.TimeDistributed(embedding)) is None
    assert np.array_equal(masked(embedding), words != 0)


def test_a_mask_made_inside_a_chain_is_read_inside_it() -> None:
    embedding, lstm = keras.layers.Embedding(5, 3, mask_zero=True), keras.layers.LSTM(2)
    inside = keras.layers.TimeDistributed(keras.Sequential([embedding, lstm]))
    short, padded = np.array([[[1, 2]]]), np.array([[[1, 2, 0, 0]]])
    np.testing.assert_allclose(inside(short), inside(padded), rtol=1e-5)


def test_a_stateful_layer_that_is_given_its_states_starts_from_them() -> None:
    x, h = np.random.default_rng(0).normal(size=(2, 3, 4)), np.zeros((2, 5), "float32")
    layer = keras.layers.GRU(5, stateful=True)
    first = layer(x, initial_state=h)
    np.testing.assert_allclose(layer(x, initial_state=h), first)
    layer(x)
    np.testing.assert_allclose(layer(x, initial_state=h), first)
    assert not np.allclose(layer(x), first)


def test_an_embedding_cuts_fractions_off() -> None:
    embedding = keras.layers.Embedding(4, 3)
    np.testing.assert_array_equal(
        embedding(np.array([0.9, 1.2, 2.999], "float32")), embedding(np.array([0, 1, 2]))
    )


def test_a_normalization_on_another_axis_has_a_mean_for_each_of_its_places() -> None:
    x = keras.layers.Conv2D(16, 3)(keras.Input((32, 32, 3)))
    rows, channels = (keras.layers.BatchNormalization(axis=axis) for axis in (1, -1))
    rows(x), channels(x)
    assert (rows.moving_mean.shape, channels.moving_mean.shape) == ((30,), (16,))


SPREADS: list[tuple[str, dict[str, Any], str, int]] = [
    ("LecunNormal", {}, "relu", 12),
    ("HeNormal", {}, "relu", 12),
    ("HeUniform", {}, "gelu", 6),
    ("RandomNormal", {}, "relu", 4),
    ("RandomNormal", {"stddev": 1.0}, "tanh", 2),
    ("RandomUniform", {"minval": -0.1, "maxval": 0.1}, "selu", 3),
    ("TruncatedNormal", {"stddev": 0.05}, "elu", 5),
    ("Orthogonal", {"gain": 1.4}, "leaky_relu", 6),
    (
        "VarianceScaling",
        {"scale": 2.0, "mode": "fan_out", "distribution": "uniform"},
        "softplus",
        2,
    ),
]


@pytest.mark.parametrize(("kind", "given", "activation", "depth"), SPREADS)
def test_the_mean_square_through_the_depth_is_the_one_worked_out(
    kind: str, given: dict[str, Any], activation: str, depth: int
) -> None:
    """Drawn at a width of 512, layer by layer; the numbers that are worked out are those of a wide layer."""
    width = 512
    spelled = f"{kind}({', '.join(f'{k}={v!r}' for k, v in given.items())})"
    dense = f"Dense({width}, kernel_initializer={spelled}, activation={activation})"
    (graph,) = compile_text(
        f"model M {{\n input x: [{width}]\n output y = x -> repeat {depth} {{ {dense} }}\n}}"
    ).graphs.values()
    runs = carried(View(graph))
    x = np.random.default_rng(0).normal(size=(256, width)).astype("float32")
    for number in sorted(runs):
        gain = kernel_gain(graph.nodes[number])
        assert gain is not None
        wanted = mean_square(activation, gain * float(np.mean(x**2)))
        initializer = getattr(keras.initializers, kind)(**given, seed=number)
        layer = keras.layers.Dense(width, kernel_initializer=initializer, activation=activation)
        x = np.asarray(layer(x))
        assert float(np.mean(x**2)) == pytest.approx(wanted, rel=0.2), number
    # A draw of weights is a little above or below, layer after layer, and that adds up.
    assert 0.5 < float(np.mean(x**2)) / runs[max(runs)].after < 2


def test_the_mean_square_of_convolutions_is_the_one_worked_out() -> None:
    normal = keras.initializers.RandomNormal(stddev=0.1, seed=1)
    x = np.random.default_rng(0).normal(size=(2, 24, 24, 32)).astype("float32")
    for text, layer in [
        ("Conv2D(64, 3, {})", keras.layers.Conv2D(64, 3, kernel_initializer=normal)),
        ("Conv2D(64, 3, groups=4, {})", keras.layers.Conv2D(64, 3, groups=4, kernel_initializer=normal)),
        ("DepthwiseConv2D(5, depthwise_{})", keras.layers.DepthwiseConv2D(5, depthwise_initializer=normal)),
        ("Conv2DTranspose(64, 4, strides=2, {})",
         keras.layers.Conv2DTranspose(64, 4, strides=2, kernel_initializer=normal)),
    ]:  # fmt: skip
        written = text.replace(
            "depthwise_{}", "depthwise_initializer=RandomNormal(stddev=0.1)"
        ).format("kernel_initializer=RandomNormal(stddev=0.1)")
        (graph,) = compile_text(
            f"model M {{\n input x: [24, 24, 32]\n output y = x -> {written}\n}}"
        ).graphs.values()
        runs = carried(View(graph))
        made = np.asarray(layer(x))[:, 4:-4, 4:-4]
        assert float(np.mean(made**2)) == pytest.approx(runs[max(runs)].after, rel=0.1), text
