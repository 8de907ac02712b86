"""Every layer of the catalogue on the example it shows: compiled, built, run, saved, reloaded.

`KERAS_BACKEND` picks the backend; what Keras itself does not do on one is in `UNSUPPORTED`, and must really fail.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netdsl.catalog import layer_kinds
from tests.language.front_door import codes, compiled

keras = pytest.importorskip("keras")

pytestmark = pytest.mark.keras

BACKEND = keras.backend.backend()

#: Layers that need something from outside a spec, which netdsl says.
REFUSED = {"Wrapper", "InputLayer", "FlaxLayer", "JaxLayer", "TorchModuleWrapper", "TFSMLayer"}

#: Examples that show less than it takes to run: learned state is given, and a function is imported.
COMPLETED = {
    "Normalization": "[8] -> Normalization(mean=0.5, variance=2.0)",
    "Lambda": "[64] -> Lambda(twice)",
}

#: What Keras does not do on a backend, and a part of what it says then. A model there takes no words: Keras turns them
#: into numbers in a `tf.data` pipeline before it.
WORD_LAYERS = ("StringLookup", "TextVectorization", "Hashing")
UNSUPPORTED: dict[str, dict[str, str]] = {
    "tensorflow": {},
    "jax": dict.fromkeys(WORD_LAYERS, "data type 'string' not understood"),
    "torch": dict.fromkeys(WORD_LAYERS, "Invalid dtype: str"),
}

WORDS = np.array(["cat", "dog", "a", "b", "unseen"])


def example(kind: str) -> str:
    """Write a model of a kind's example: `[[4], [4]] -> Add()` has two inputs."""
    types, stage = COMPLETED.get(kind, layer_kinds()[kind].example).split(" -> ", 1)
    several = types.startswith("[[") or re.match(r"\[\w+\[", types)
    parts = re.findall(r"\w*\[[^\[\]]*\]", types) if several else [types]
    inputs = "".join(f"    input x{i}: {part}\n" for i, part in enumerate(parts))
    source = f"[{', '.join(f'x{i}' for i in range(len(parts)))}]" if several else "x0"
    before = 'extern fn twice from "tests.keras.custom"\n' if "twice" in stage else ""
    return f"{before}model Example {{\n{inputs}    output y = {source} -> {stage}\n}}\n"


def data(tensor: Any) -> Any:
    """Draw two samples for a symbolic input: numbers from 0 to 1, small whole numbers, words."""
    random = np.random.default_rng(0)
    shape = (2, *tensor.shape[1:])
    dtype = str(tensor.dtype)
    if dtype == "string":
        words = random.choice(WORDS, shape)
        return keras.ops.convert_to_tensor(words) if BACKEND == "tensorflow" else words
    if "int" in dtype:
        return random.integers(0, 10, shape).astype(dtype)
    return random.random(shape).astype(dtype)


def run(model: Any, inputs: list[Any]) -> list[Any]:
    outputs = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    return [keras.ops.convert_to_numpy(y) for y in keras.tree.flatten(outputs)]


def assert_equal(found: list[Any], expected: list[Any]) -> None:
    for left, right in zip(found, expected, strict=True):
        np.testing.assert_array_equal(left, right)


def agree(result: Any, model: Any) -> None:
    """Compare what netdsl printed of the model with the model."""
    summary = result.model().summary()
    shapes = [list(y.shape) for y in model.outputs]
    assert [y["shape"] for y in summary["outputs"]] == shapes
    assert [y["dtype"] for y in summary["outputs"]] == [str(y.dtype) for y in model.outputs]
    assert summary["totals"]["parameters"] == model.count_params()


def exercise(text: str, folder: Path) -> list[Any]:
    """Take a spec through everything; give what the model makes of random data."""
    result = compiled(text)
    assert result.ok, result.diagnostics
    model, flat = result.build(), result.build(flat=True)
    agree(result, model)
    inputs = [data(x) for x in model.inputs]
    outputs = run(model, inputs)
    assert [layer.name for layer in flat.layers] == [layer.name for layer in model.layers]
    flat.set_weights(model.get_weights())
    assert_equal(run(flat, inputs), outputs)
    model.save(folder / "model.keras")
    assert_equal(run(keras.models.load_model(folder / "model.keras"), inputs), outputs)
    return outputs


@pytest.mark.parametrize("kind", [kind for kind in layer_kinds() if kind not in REFUSED])
def test_layer_runs_and_reloads(kind: str, tmp_path: Path) -> None:
    if kind == "STFTSpectrogram":  # Keras draws its windows with SciPy
        pytest.importorskip("scipy")
    fails = UNSUPPORTED[BACKEND].get(kind)
    if fails is None:
        exercise(example(kind), tmp_path)
        return
    with pytest.raises(Exception, match=fails):
        exercise(example(kind), tmp_path)


@pytest.mark.parametrize("kind", sorted(REFUSED))
def test_layer_that_needs_python_is_refused(kind: str) -> None:
    assert codes(f"model M {{ input x: [4]\n output y = x -> {kind}() }}")


def test_what_keras_cannot_do_anywhere_is_warned_of(tmp_path: Path) -> None:
    """`RandomShear(0.2)` makes a model that does not load; netdsl warns of it."""
    for stage, failure in (
        ("RandomShear(0.2)", "in the range"),
        ("Pipeline([RandomFlip(), RandomShear(0.2)])", "in the range"),
    ):
        text = f"model M {{ input x: [8, 8, 3]\n output y = x -> {stage} }}"
        assert codes(text) == ["N0520"]
        with pytest.raises(Exception, match=failure):
            exercise(text, tmp_path)


@pytest.mark.parametrize(
    ("stage", "call"),
    [
        ("x -> Equalization()", lambda x: keras.layers.Equalization()(x)),
        (
            "x -> Rescaling(1.0) -> Equalization()",
            lambda x: keras.layers.Equalization()(keras.layers.Rescaling(1.0)(x)),
        ),
        (
            "x -> Pipeline([(Rescaling(1.0) -> Equalization())])",
            lambda x: keras.layers.Pipeline(
                [keras.Sequential([keras.layers.Rescaling(1.0), keras.layers.Equalization()])]
            )(x),
        ),
        (
            "x -> Conv2DTranspose(4, 1, strides=3, output_padding=0)",
            lambda x: keras.layers.Conv2DTranspose(4, 1, strides=3, output_padding=0)(x),
        ),
    ],
)
def test_what_keras_makes_no_model_of_is_refused(stage: str, call: Any) -> None:
    shape = (0, 0, 3) if "Transpose" in stage else (8, 8, 3)
    assert len(codes(f"model M {{ input x: {list(shape)}\n output y = {stage} }}")) == 1
    x = keras.Input(shape)
    with pytest.raises(ValueError, match=r"cycle|infer|Negative"):
        keras.Model(x, call(x))


@pytest.mark.parametrize(
    "stage",
    [
        "SpectralNormalization(Dense(2))",
        "SpectralNormalization(Conv1D(2, 3))",
        "TimeDistributed(Dense(3) -> BatchNormalization() -> Dense(2))",
        "Pipeline([BatchNormalization(), Dense(2)])",
        "Bidirectional(LSTM(2))",
        "BatchNormalization(trainable=False)",
        "BatchNormalization(renorm=True)",
        "Normalization()",
        "MultiHeadAttention(2, 4)(value=x)",
    ],
)
def test_the_weights_of_a_layer_are_listed_in_the_order_of_keras(stage: str) -> None:
    result = compiled(f"model M {{ input x: [6, 4]\n output y = x -> {stage} }}")
    listed = result.model().summary()["layers"][-1]["weights"]
    assert listed == [list(w.shape) for w in result.build().layers[-1].weights]


@pytest.mark.parametrize(
    ("equation", "output", "shape"),
    [
        ("abc,cd->abd", "[None, 64, 32]", (6, 4)),
        ("...x,xy->...y", "[6, 32]", (6, 4)),
        ("...x,xy->...y", "32", (6, 5, 4)),
        ("abc,cd->abd", "[6, 32]", (6, 5, 4)),
    ],
)
def test_einsum_dense_whose_axes_keras_tells_wrongly_is_warned_of(
    equation: str, output: str, shape: tuple[int, ...]
) -> None:
    text = f'model M {{ input x: {list(shape)}\n output y = x -> EinsumDense("{equation}", {output}) }}'
    result = compiled(text)
    assert [d.code for d in result.diagnostics] == ["N0520"]
    model = result.build()
    try:
        given = tuple(model(np.ones((2, *shape), "float32")).shape)
    except Exception:  # it does not run at all
        return
    announced = tuple(result.model().outputs[0]["shape"])
    assert len(given) != len(announced) or any(
        b not in (None, a) for a, b in zip(given, announced, strict=True)
    )
