"""Runs the shipped specs on the backend that KERAS_BACKEND names, from weights and inputs that are the same on each.

    KERAS_BACKEND=jax python -m tests.keras.on_backend outputs.npz vit swin …

The file holds every output of every network by its name; `test_zoo_backends.py` compares the files of two backends.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import netdsl
from netdsl.foreign import Foreign
from tests.zoo.specs import FAMILIES, SMALL, own_models, path_of


def outputs_of(stem: str) -> Iterator[tuple[str, Any]]:
    """Build the networks of a spec, small where it can be, and give their outputs; one of a large family."""
    import keras

    compiled = netdsl.compile_file(path_of(stem), **SMALL.get(stem, {}))
    names = compiled.models[:1] if stem in FAMILIES else own_models(compiled)
    for name in names:
        graph = compiled.model(name).net
        if any(graph.nodes[number].flat_outputs[0].dtype == "string" for number in graph.inputs):
            continue  # strings are TensorFlow's alone
        model = compiled.build(name)
        draw = np.random.default_rng(7)
        model.set_weights([_weight(draw, weight.shape) for weight in model.weights])
        batch = [_batch(draw, tensor) for tensor in model.inputs]
        result = model(batch if len(batch) > 1 else batch[0], training=False)
        for number, value in enumerate(keras.tree.flatten(result)):
            yield f"{stem}/{name}/{number}", keras.ops.convert_to_numpy(value)
        keras.backend.clear_session()
        gc.collect()


def _weight(draw: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Draw a weight under which activations neither vanish nor grow; of vectors, which may be variances, above 0."""
    if len(shape) < 2:
        return draw.uniform(0.5, 1.5, shape)
    return draw.normal(size=shape) / np.sqrt(np.prod(shape[:-1]))


def _batch(draw: np.random.Generator, tensor: Foreign) -> Any:
    shape = [2, *(5 if size is None else size for size in tensor.shape[1:])]
    if str(tensor.dtype).startswith("float"):
        return draw.normal(size=shape).astype(tensor.dtype)
    return draw.integers(0, 2, shape).astype(tensor.dtype)


def main(path: str, stems: list[str]) -> None:
    found = {name: value for stem in stems for name, value in outputs_of(stem)}
    np.savez(Path(path), **found)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
