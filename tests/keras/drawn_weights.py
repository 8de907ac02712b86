"""Weights under which a network of any depth gives outputs that say something."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np


def drawn(model: Any, rng: np.random.Generator) -> list[Any]:
    """Draw weights: kernels of a size that keeps the signal, and no two vectors alike."""
    found = []
    for weight in model.weights:
        shape, path = tuple(weight.shape), weight.path
        if not keras.backend.is_float_dtype(weight.dtype):
            value = keras.ops.convert_to_numpy(weight)  # seeds, counts, tables of words
        elif len(shape) > 1:
            is_depthwise = len(shape) == 4 and shape[-1] == 1
            fan_in = np.prod(shape[:2]) if is_depthwise else np.prod(shape[:-1])
            value = rng.normal(scale=(1.6 / fan_in) ** 0.5, size=shape)
        elif path.endswith(("gamma", "variance")):
            value = rng.uniform(0.8, 1.2, shape)
        elif shape:
            value = rng.normal(scale=0.1, size=shape)
        else:
            value = np.zeros(shape)  # how many pictures a Normalization has seen
        found.append(value.astype(weight.dtype))
    return found
