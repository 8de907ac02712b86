"""The specs that keras.applications has too: given its weights in order, both compute the same."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("keras")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np

import netdsl
from netdsl.resources import resource_dir
from tests.importer.test_folded import length
from tests.keras.drawn_weights import drawn
from tests.zoo.specs import APPLICATIONS
from tests.zoo.test_length import KERAS

pytestmark = pytest.mark.keras

#: A small one, tried on each run; all with `-m slow`.
ALWAYS = ("MobileNetV3Small",)

#: How far logits are spread, so that a probability says something.
SPREAD = 3.0


@pytest.fixture(autouse=True)
def _free_memory() -> Iterator[None]:
    yield
    keras.backend.clear_session()
    gc.collect()


def spread(model: Any, image: Any) -> None:
    """Scale the last kernel so that the probabilities of a picture are far from equal and from certain."""
    top = next(layer for layer in reversed(model.layers) if layer.weights)
    kernel, bias = top.get_weights()
    for power in range(20):
        top.set_weights([kernel / 10**power, 0 * bias])
        with np.errstate(divide="ignore"):
            logits = np.log(np.asarray(model(image)))
        if (
            logits.min() > -20
        ):  # neither certain nor, where it is the first one, too near to equal to be told apart
            break
    top.set_weights([kernel / 10**power * (SPREAD / logits.std()), bias])


def put(model: Any, weights: list[Any]) -> None:
    """Set weights; a Normalization goes on with the means that it had until it is told."""
    model.set_weights(weights)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()


def swapped(weights: list[Any]) -> list[Any]:
    """Exchange the first two weights of a shape that is there twice: as the wrong order would."""
    places: dict[tuple[int, ...], int] = {}
    for place, weight in enumerate(weights):
        if weight.ndim > 1 and weight.shape in places:
            other, found = places[weight.shape], list(weights)
            found[place], found[other] = found[other], found[place]
            return found
        places[weight.shape] = place
    raise AssertionError("no two weights have the same shape")


def take_weights(model: Any, base: Any) -> None:
    """Run what the generated module has for it."""
    source = resource_dir("templates") / "training" / "take_weights.py.jinja"
    namespace: dict[str, Any] = {"keras": keras}
    exec(source.read_text("utf-8"), namespace)
    namespace["take_weights"](model, base)


def check(name: str) -> None:
    reference = getattr(keras.applications, name)(weights=None)
    built = netdsl.compile_file(resource_dir("specs") / f"{APPLICATIONS[name]}.net").build(name)
    assert [tuple(w.shape) for w in built.weights] == [tuple(w.shape) for w in reference.weights]

    rng = np.random.default_rng(0)
    put(reference, drawn(reference, rng))
    image = rng.uniform(0, 255, (1, *built.input_shape[1:])).astype("float32")
    if not any(layer.name.startswith(("rescaling", "normalization")) for layer in built.layers):
        image = image / 127.5 - 1
    spread(reference, image)
    expected = np.asarray(reference(image))
    assert expected.std() > 1e-4

    weights = reference.get_weights()
    put(built, weights)
    np.testing.assert_allclose(np.asarray(built(image)), expected, rtol=1e-3, atol=1e-5)
    put(built, swapped(weights))
    assert np.abs(np.asarray(built(image)) - expected).max() > 1e-4
    take_weights(built, reference)  # as `start_from = applications.X(…)` does
    np.testing.assert_allclose(np.asarray(built(image)), expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", ALWAYS)
def test_a_small_network_computes_what_that_of_keras_does(name: str) -> None:
    check(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", APPLICATIONS)
def test_every_network_computes_what_that_of_keras_does(name: str) -> None:
    check(name)


def test_the_modules_of_keras_are_as_long_as_recorded() -> None:
    folder = Path(keras.__file__).parent / "src" / "applications"
    for modules, words in KERAS.values():
        texts = [(folder / f"{module}.py").read_text("utf-8") for module in modules.split()]
        assert sum(length(text) for text in texts) == words, modules


@pytest.mark.slow
def test_what_keras_does_to_pictures_for_its_own_weights_is_done_where_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EfficientNet gets one more scale with `weights="imagenet"`; the file is one that is made here."""
    saved = tmp_path / "b0.weights.h5"
    plain = keras.applications.EfficientNetB0(weights=None)
    rng = np.random.default_rng(0)
    plain.set_weights(drawn(plain, rng))
    image = rng.uniform(0, 255, (1, 224, 224, 3)).astype("float32")
    spread(plain, image)
    plain.save_weights(saved)
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", lambda *_, **__: str(saved))
    reference = keras.applications.EfficientNetB0(weights="imagenet")
    path = resource_dir("specs") / "efficientnet.net"
    for asked in (True, False):
        built = netdsl.compile_file(path, pretrained=asked).build("EfficientNetB0")
        take_weights(built, reference)
        ours, theirs = np.asarray(built(image)), np.asarray(reference(image))
        assert np.allclose(ours, theirs, rtol=1e-3, atol=1e-5) == asked
