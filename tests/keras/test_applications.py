"""The networks of `keras.applications` at several sizes: shapes, weights and names of layers are Keras's."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("keras")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy
from keras.src.backend.common.stateless_scope import StatelessScope

import netdsl
from netdsl.building import build_model
from netdsl.catalog.application_records import application_names, layers_of
from netdsl.catalog.application_taps import taps
from netdsl.catalog.applications import apply_network, every_map
from netdsl.catalog.binding import bind_arguments
from netdsl.catalog.kind import Refusal
from netdsl.catalog.signature import signature
from netdsl.tensor import UNKNOWN, TensorSpec, keras_shape

pytestmark = pytest.mark.keras

#: The sizes at which networks are whole: with their tops.
DEFAULT_SIZES = {"InceptionV3": 299, "InceptionResNetV2": 299, "Xception": 299, "NASNetLarge": 331}

#: Small ones of different makes, tried on each run; the rest with `-m slow`.
ALWAYS = ("MobileNetV2", "MobileNetV3Small")

#: Other arguments that change the layers.
VARIATIONS: Mapping[str, tuple[dict[str, Any], ...]] = {
    "MobileNet": ({"alpha": 0.35, "depth_multiplier": 2}, {"alpha": 1.7}),
    "MobileNetV2": ({"alpha": 0.35}, {"alpha": 1.4}, {"alpha": 0.83}),
    "MobileNetV3Small": (
        {"alpha": 0.75},
        {"alpha": 1.4, "minimalistic": True},
        {"include_preprocessing": False},
    ),
    "MobileNetV3Large": ({"alpha": 0.6}, {"alpha": 1.25}, {"minimalistic": True}),
    "EfficientNetV2S": ({"include_preprocessing": False},),
    "ConvNeXtTiny": ({"include_preprocessing": False},),
}


def tried(name: str) -> Iterator[tuple[tuple[int | None, int | None, int], dict[str, Any]]]:
    """Give images and arguments to try a network with."""
    size = DEFAULT_SIZES.get(name, 224)
    yield (size, size, 3), {"classes": 7}
    yield (size - 64, size - 27, 3), {"include_top": False, "pooling": "avg"}
    yield (97, 118, 1), {"include_top": False, "pooling": "max"}
    for arguments in VARIATIONS.get(name, ()):
        yield (size, size, 3), {"classes": 7, **arguments}
        yield (size - 64, size - 27, 3), {"include_top": False, **arguments}


@contextmanager
def uninitialized() -> Iterator[None]:
    """Make models whose weights have shapes and no values."""
    with StatelessScope():
        yield


def ask_keras(name: str, image: tuple[int | None, ...], arguments: Mapping[str, Any]) -> Any:
    with uninitialized():
        model = getattr(keras.applications, name)(weights=None, input_shape=image, **arguments)
    return (
        tuple(model.output.shape),
        [(tuple(w.shape), bool(w.trainable)) for w in model.weights],
        [layer.name for layer in model.layers[1:]],
    )


def bound(name: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    facts = signature("application", name)
    assert facts is not None
    found = bind_arguments(facts, None, (), {"weights": None, **arguments})
    assert not found.problems
    return found.arguments


def ask_record(name: str, image: tuple[int | None, ...], arguments: Mapping[str, Any]) -> Any:
    x = TensorSpec((UNKNOWN, *(UNKNOWN if d is None else d for d in image)))
    applied = apply_network(name, bound(name, arguments), x)
    return (
        tuple(keras_shape(applied.outputs[0].shape)),
        [(w.shape, w.trainable) for w in applied.weights],
        [layer.name for layer in layers_of(name, bound(name, arguments))],
    )


def check(name: str, image: tuple[int | None, ...], arguments: Mapping[str, Any]) -> None:
    shape, weights, names = ask_keras(name, image, arguments)
    own_shape, own_weights, own_names = ask_record(name, image, arguments)
    assert own_shape == shape
    assert sorted(own_weights) == sorted(weights)
    assert own_weights == weights
    # A ConvNeXt normalizes colours only; the first shortcut of a MobileNetV3 goes where it is made wider.
    absent = ("prestem_normalization", "expanded_conv_add")
    assert {n for n in own_names if n and not n.endswith(absent)} <= set(names)


@pytest.mark.parametrize("name", ALWAYS)
def test_a_small_network_has_the_shapes_and_weights_of_keras(name: str) -> None:
    for image, arguments in list(tried(name))[:3]:
        check(name, image, arguments)


@pytest.mark.slow
@pytest.mark.parametrize("name", application_names())
def test_every_network_has_the_shapes_and_weights_of_keras(name: str) -> None:
    for image, arguments in tried(name):
        check(name, image, arguments)


@pytest.mark.parametrize(
    ("name", "image", "arguments"),
    [
        ("VGG16", (31, 64, 3), {}),
        ("ResNet50", (None, None, 3), {"include_top": True}),
        ("Xception", (70, 70, 3), {"include_top": False}),
        ("MobileNetV3Small", (31, 31, 3), {}),
        ("InceptionV3", (74, 80, 3), {"include_top": False}),
    ],
)
def test_what_keras_refuses_is_refused(
    name: str, image: tuple[int | None, ...], arguments: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r".+"):
        ask_keras(name, image, arguments)
    with pytest.raises(Refusal):
        ask_record(name, image, arguments)


def check_maps(name: str, image: tuple[int | None, ...]) -> None:
    """Hold what each layer gives to Keras, by its name."""
    with uninitialized():
        model = getattr(keras.applications, name)(
            weights=None, include_top=False, input_shape=image
        )
    arguments = bound(name, {"include_top": False})
    x = TensorSpec((UNKNOWN, *(UNKNOWN if d is None else d for d in image)))
    given = every_map(name, arguments, x)
    asked = {layer.name: tuple(layer.output.shape) for layer in model.layers}
    own = {
        layer.name: tuple(keras_shape(spec.shape))
        for layer, spec in zip(layers_of(name, arguments), given, strict=True)
        if layer.name in asked
    }
    assert len(own) > 10
    assert own == {layer: asked[layer] for layer in own}
    assert {tap.name for tap in taps(name).values()} <= set(own)


@pytest.mark.parametrize("name", ALWAYS)
def test_the_maps_of_a_small_network_are_those_of_keras(name: str) -> None:
    check_maps(name, (97, 118, 3))


@pytest.mark.slow
@pytest.mark.parametrize("name", application_names())
def test_the_maps_of_every_network_are_those_of_keras_at_any_size(name: str) -> None:
    for image in ((224, 224, 3), (97, 118, 3), (331, 256, 3)):
        check_maps(name, image)


# -- through the front door ---------------------------------------------------------------------

SPEC = """
model Pyramid {
    input image: [64, 96, 3]
    fine, coarse = image -> applications.MobileNetV2(include_top=False, weights=None, trainable=False, alpha=0.35)(
        outputs=["block_6_expand_relu", "out_relu"])
    output a = fine -> GlobalAveragePooling2D() -> Dense(2)
    output b = coarse -> GlobalAveragePooling2D() -> Dense(3)
}
model Twins {
    input left: [32, 32, 3]
    input right: [32, 32, 3]
    layer encode = applications.MobileNetV3Small(include_top=False, weights=None, pooling="avg", name="encoder")
    output y = [left -> encode, right -> encode] -> Subtract() -> Dense(1)
}
block taken(taps: list) {
    input image
    low, high = image -> applications.MobileNetV2(include_top=False, weights=None, trainable=False, alpha=0.35)(
        outputs=taps)
    output [low, high -> UpSampling2D(4)] -> Concatenate() -> GlobalAveragePooling2D()
}
model Named {
    input image: [64, 96, 3]
    maps = image -> applications.EfficientNetB0(include_top=False, weights=None)(
        outputs={"fine": "block3a_expand_activation", "coarse": "top_activation"})
    layer encode = applications.MobileNetV3Small(include_top=False, weights=None)(
        outputs={"x": "expanded_conv_2_add", "y": "expanded_conv_7_add"})
    one = image -> encode
    other = image -> Rescaling(0.5) -> encode
    turns = [for (word, tap) in [("a", "block_3_expand_relu"), ("b", "out_relu")] {
        image -> applications.MobileNetV2(include_top=False, weights=None, alpha=0.35, name=f"net_{word}")(outputs=tap)
              -> GlobalAveragePooling2D()
    }]
    output y = [
        maps.fine -> GlobalAveragePooling2D(), maps.coarse -> GlobalAveragePooling2D(), *turns,
        one.x -> GlobalAveragePooling2D(), other.y -> GlobalAveragePooling2D(),
        image -> taken(["block_6_expand_relu", "out_relu"])
    ] -> Concatenate() -> Dense(3)
}
"""


@pytest.mark.parametrize(
    "name", ["Pyramid", "Twins", pytest.param("Named", marks=pytest.mark.slow)]
)
def test_a_spec_with_a_network_builds_reloads_and_counts_as_keras(
    name: str, tmp_path: Path
) -> None:
    compiled = netdsl.compile_text(SPEC)
    assert compiled.ok, [d.message for d in compiled.diagnostics]
    said = compiled.model(name).summary()
    structured, flat = (build_model(compiled, name, flat=flat) for flat in (False, True))
    assert sorted(map(weight_shape, structured.weights)) == sorted(map(weight_shape, flat.weights))
    assert structured.count_params() == said["totals"]["parameters"]
    trainable = sum(math.prod(w.shape) for w in structured.trainable_weights)
    assert trainable == said["totals"]["trainable_parameters"]
    assert {layer.name for layer in structured.layers} == {layer.name for layer in flat.layers}
    structured.save(tmp_path / "m.keras")
    reloaded = keras.models.load_model(tmp_path / "m.keras")
    for layer in flat.layers:
        layer.set_weights(structured.get_layer(layer.name).get_weights())
    images = [
        numpy.random.default_rng(0).random((2, *x.shape[1:]), "float32") for x in structured.inputs
    ]
    for one, other, third in zip(
        *(_run(m, images) for m in (structured, reloaded, flat)), strict=True
    ):
        numpy.testing.assert_allclose(one, other, atol=1e-5)
        numpy.testing.assert_allclose(one, third, atol=1e-5)


def weight_shape(weight: Any) -> tuple[int, ...]:
    return tuple(weight.shape)


def _run(model: Any, images: list[Any]) -> list[Any]:
    outputs = model(images if len(images) > 1 else images[0])
    return [numpy.asarray(y) for y in keras.tree.flatten(outputs)]
