"""Specs with functions of `keras.ops`: the code builds, survives `.keras`, and gives what netdsl said."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("keras")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy

import netdsl

pytestmark = pytest.mark.keras

SPECS: dict[str, str] = {
    "learned_positions": """
        block positions(length: int, width: int) {
            input x
            output x + (ops.arange(length) -> Embedding(length, width))
        }
        model M {
            input tokens: int32[12]
            output y = tokens -> Embedding(50, 8) -> positions(12, 8) -> GlobalAveragePooling1D() -> Dense(3)
        }
    """,
    "positions_of_strings": """
        model M {
            input title: string[]
            ids = title -> Hashing(num_bins=20)
            table = ops.arange(20) -> Embedding(20, 4)
            output y = ops.take(table, ids, axis=0)
        }
    """,
    "constants_of_every_dtype": """
        model M {
            input x: [4]
            a = x * ops.linspace(0.0, 1.0, 4)
            b = ops.where(ops.array([True, False, True, True]), a, 0.5)
            c = ops.eye(4) -> Dense(4)
            output y = b -> ops.matmul(c)
            output z = ops.cast(ops.ones((4,), dtype="uint8"), "float32") * x
        }
    """,
    "slices": """
        model M {
            input x: [10, 6]
            first = x[:, 0]
            middle = x[:, 1:-1, ::2]
            flipped = x[:, ::-1]
            output y = [first, middle -> Flatten(), flipped[:, None, 2, :3] -> Flatten()] -> ops.concatenate(axis=1)
        }
    """,
    "arithmetic": """
        model M {
            input x: [8]
            input n: int32[8]
            output y = (-x ** 2 + 3.0 * x) / (1 + x * x) - n % 3 + n // 2
        }
    """,
    "attention_by_hand": """
        model M {
            input x: [7, 16]
            let heads = 4
            q = x -> Dense(16) -> ops.reshape((-1, 7, heads, 4)) -> ops.transpose((0, 2, 1, 3))
            k = x -> Dense(16) -> ops.reshape((-1, 7, heads, 4)) -> ops.transpose((0, 2, 3, 1))
            v = x -> Dense(16) -> ops.reshape((-1, 7, heads, 4)) -> ops.transpose((0, 2, 1, 3))
            weights = ops.matmul(q, k) / 2.0 -> ops.nn.softmax(axis=-1)
            output y = ops.einsum("bhqk,bhkd->bqhd", weights, v) -> ops.reshape((-1, 7, 16)) -> Dense(2)
        }
    """,
    "images": """
        model M {
            input image: [16, 16, 3]
            small = image -> ops.image.resize((8, 8))
            gray = small -> ops.image.rgb_to_grayscale()
            pooled = gray -> ops.max_pool(2)
            output y = [pooled, small -> ops.average_pool((2, 2))] -> ops.concatenate(axis=-1)
        }
    """,
    "several_tensors": """
        model M {
            input x: [12]
            a, b, c = x -> ops.split(3, axis=1)
            best, places = x -> ops.top_k(4)
            output y = ops.stack([a, b, c, best], axis=1) -> ops.mean(axis=1)
            output z = ops.one_hot(places, 12) -> ops.sum(axis=(1, 2))
        }
    """,
}


def models(text: str) -> list[Any]:
    compiled = netdsl.compile_text(text)
    assert compiled.ok, [d.title for d in compiled.diagnostics]
    built = []
    for source in (compiled.source, compiled.flat_source):
        namespace: dict[str, Any] = {"__name__": "generated"}
        exec(source, namespace)  # the code that netdsl wrote for a spec of this file
        built.append(namespace["M"]())
    shapes = {o["name"]: tuple(o["shape"]) for o in compiled.model().summary()["outputs"]}
    for model in built:
        named = (
            model.output if isinstance(model.output, dict) else {next(iter(shapes)): model.output}
        )
        assert {n: tuple(t.shape) for n, t in named.items()} == shapes
    return built


def inputs_of(model: Any) -> list[Any]:
    draw = numpy.random.default_rng(0)
    found = []
    for x in model.inputs:
        shape = (3, *x.shape[1:])
        if x.dtype == "string":
            import tensorflow

            found.append(tensorflow.constant(["a", "b", "c"]))
        else:
            found.append(
                draw.integers(0, 12, shape) if "int" in x.dtype else draw.normal(size=shape)
            )
    return found


def outputs(model: Any, inputs: list[Any]) -> list[Any]:
    return [
        numpy.asarray(y)
        for y in keras.tree.flatten(model(inputs if len(inputs) > 1 else inputs[0]))
    ]


@pytest.mark.parametrize("name", SPECS)
def test_the_model_reloads_from_its_file_and_gives_the_same(name: str, tmp_path: Path) -> None:
    structured, flat = models(SPECS[name])
    inputs = inputs_of(structured)
    assert [w.path for w in structured.weights] == [w.path for w in flat.weights]
    flat.set_weights(structured.get_weights())
    structured.save(tmp_path / "m.keras")
    reloaded = keras.models.load_model(tmp_path / "m.keras")
    wanted = outputs(structured, inputs)
    for model in (flat, reloaded):
        for one, other in zip(wanted, outputs(model, inputs), strict=True):
            numpy.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "name", ["learned_positions", "positions_of_strings", "constants_of_every_dtype"]
)
def test_layers_applied_to_a_constant_belong_to_the_model(name: str) -> None:
    compiled = netdsl.compile_text(SPECS[name])
    structured, _ = models(SPECS[name])
    assert structured.count_params() == compiled.model().summary()["totals"]["parameters"] > 0
