"""The shipped specs under Keras: the same layers, shapes, dtypes and weights as netdsl printed, and they run."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np
import tensorflow as tf

import netdsl
from netdsl.compiler import Compiled
from tests.keras.live_graphs import assert_same
from tests.zoo.specs import FAMILIES, SLOW, SMALL, SPECS, own_models

pytestmark = pytest.mark.keras

#: The specs of one model. `test_zoo.py` holds their families to the same, one network at a time.
APPLICATIONS = {"resnet50": "ResNet50", "vgg16": "VGG16", "densenet121": "DenseNet121"}


@pytest.fixture(autouse=True)
def _free_memory() -> Iterator[None]:
    yield
    keras.backend.clear_session()
    gc.collect()


def rows_of(model: Any) -> dict[str, tuple[Any, ...]]:
    """Give what Keras has built: output shape, dtype and weights of each layer by name."""
    return {
        layer.name: (
            [list(t.shape) for t in keras.tree.flatten(layer.output)],
            [t.dtype for t in keras.tree.flatten(layer.output)],
            sorted(list(w.shape) for w in layer.weights),
            layer.count_params(),
        )
        for layer in model.layers
        if len(layer._inbound_nodes) == 1
    }


def rows_promised(summary: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    """Give the same of what netdsl printed."""
    uses = [row["name"] for row in summary["layers"]]
    return {
        row["name"]: (
            row["output_shapes"],
            row["output_dtypes"],
            sorted(row["weights"]),
            row["parameters"],
        )
        for row in summary["layers"]
        if uses.count(row["name"]) == 1 and not row["kind"].startswith("ops.")
    }


def random_batch(model: Any, size: int = 2) -> list[Any]:
    rng = np.random.default_rng(0)
    batch: list[Any] = []
    for tensor in model.inputs:
        shape = [size, *(5 if d is None else d for d in tensor.shape[1:])]
        dtype = keras.backend.standardize_dtype(tensor.dtype)
        numbers = rng.integers(0, 2, shape) if dtype != "float32" else rng.normal(size=shape)
        batch.append(tf.as_string(numbers) if dtype == "string" else tf.cast(numbers, dtype))
    return batch


#: Their flat code is built wherever tests run; that of the others, which does line by line what the structured code
#: does, with the slow tests.
ALSO_FLAT = ("ddpm", "lenet5", "seq2seq_attention", "swin", "tab_transformer", "transformer", "vae")


def is_slow(path: Path, flat: bool) -> bool:
    return path.stem in SLOW or (flat and path.stem not in ALSO_FLAT)


@pytest.mark.parametrize(
    ("path", "flat"),
    [
        pytest.param(
            path,
            flat,
            id=f"{path.stem}-{'flat' if flat else 'structured'}",
            marks=pytest.mark.slow if is_slow(path, flat) else (),
        )
        for path in SPECS
        if path.stem not in FAMILIES
        for flat in (False, True)
    ],
)
def test_spec_builds_as_promised_and_runs(path: Path, flat: bool) -> None:
    compiled = netdsl.compile_file(path, **SMALL.get(path.stem, {}))
    for name in own_models(compiled):
        builds_as_promised_and_runs(compiled, name, flat)


def builds_as_promised_and_runs(compiled: Compiled, name: str, flat: bool) -> None:
    promised = compiled.model(name).summary()
    model = compiled.build(name, flat=flat)

    assert_same(model, compiled.graphs[name])
    assert rows_of(model) == rows_promised(promised)
    assert {layer.name for layer in model.layers} == {
        row["name"] for row in promised["layers"] if not row["kind"].startswith("ops.")
    }
    assert model.count_params() == promised["totals"]["parameters"]
    trainable = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    assert trainable == promised["totals"]["trainable_parameters"]

    batch = random_batch(model)
    results = model(batch if len(batch) > 1 else batch[0])
    named = results if isinstance(results, dict) else {promised["outputs"][0]["name"]: results}
    assert set(named) == {output["name"] for output in promised["outputs"]}
    for output in promised["outputs"]:
        found = named[output["name"]]
        assert all(
            p is None or p == f for p, f in zip(output["shape"][1:], found.shape[1:], strict=True)
        )
        assert keras.backend.standardize_dtype(found.dtype) == output["dtype"]
        assert np.isfinite(np.asarray(found)).all()


def steps_of(model: Any) -> list[tuple[Any, ...]]:
    """Give the output shape and the weights of each layer, in Keras's order."""
    return [
        (tuple(layer.output.shape), [tuple(w.shape) for w in layer.weights])
        for layer in model.layers
    ]


@pytest.mark.parametrize(
    "stem",
    [pytest.param(s, marks=pytest.mark.slow) if s != "resnet50" else s for s in APPLICATIONS],
)
def test_spec_is_the_network_of_keras_applications(stem: str) -> None:
    """Layer by layer in Keras's own order; given the same weights, both compute the same."""
    path = next(p for p in SPECS if p.stem == stem)
    built = netdsl.compile_file(path).build()
    reference = getattr(keras.applications, APPLICATIONS[stem])(weights=None)
    assert built.count_params() == reference.count_params()
    assert steps_of(built) == steps_of(reference)

    built.set_weights(reference.get_weights())
    image = np.random.default_rng(0).normal(size=(1, 224, 224, 3)).astype("float32")
    np.testing.assert_allclose(
        np.asarray(built(image)), np.asarray(reference(image)), rtol=1e-4, atol=1e-6
    )
