"""Activations as functions of plain floats, at Keras's default arguments; those along an axis take a row.

A test holds each to Keras on a grid. What is known of them besides stands in `activations.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def sigmoid(x: float) -> float:
    """Compute 1 / (1 + e^-x), without overflow on either side."""
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x))
    return math.exp(x) / (1.0 + math.exp(x))


def softplus(x: float) -> float:
    """Compute ln(1 + e^x), which is x itself where e^x is large."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def relu(x: float) -> float:
    return max(0.0, x)


def relu6(x: float) -> float:
    return min(max(0.0, x), 6.0)


def elu(x: float) -> float:
    return x if x > 0 else math.expm1(x)


SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772


def selu(x: float) -> float:
    return SELU_SCALE * (x if x > 0 else SELU_ALPHA * math.expm1(x))


def gelu(x: float) -> float:
    return 0.5 * x * (1.0 + math.erf(x / math.sqrt(2.0)))


def mish(x: float) -> float:
    return x * math.tanh(softplus(x))


def exponential(x: float) -> float:
    """Compute e^x, infinite where a float ends."""
    return math.exp(x) if x < 709.0 else math.inf


def hard_sigmoid(x: float) -> float:
    return relu6(x + 3.0) / 6.0


def hard_shrink(x: float) -> float:
    return x if abs(x) > 0.5 else 0.0


def soft_shrink(x: float) -> float:
    return math.copysign(max(abs(x) - 0.5, 0.0), x)


def sparse_plus(x: float) -> float:
    return 0.0 if x <= -1 else x if x >= 1 else (x + 1.0) ** 2 / 4.0


def sparse_sigmoid(x: float) -> float:
    return min(max((x + 1.0) / 2.0, 0.0), 1.0)


def squareplus(x: float) -> float:
    return (x + math.sqrt(x * x + 4.0)) / 2.0


def softmax(row: Sequence[float]) -> list[float]:
    """Compute e^x over the sum of all e^x; the largest x is taken off first, against overflow."""
    top = max(row)
    powers = [math.exp(x - top) for x in row]
    total = math.fsum(powers)
    return [power / total for power in powers]


def log_softmax(row: Sequence[float]) -> list[float]:
    top = max(row)
    shift = top + math.log(math.fsum(math.exp(x - top) for x in row))
    return [x - shift for x in row]


def sparsemax(row: Sequence[float]) -> list[float]:
    """Give the nearest point to the row among those that sum to 1 with nothing negative."""
    ordered = sorted(row, reverse=True)
    total, threshold = 0.0, 0.0
    for count, x in enumerate(ordered, 1):
        total += x
        if 1.0 + count * x > total:
            threshold = (total - 1.0) / count
    return [max(x - threshold, 0.0) for x in row]


def glu(row: Sequence[float]) -> list[float]:
    """Give the first half of the row, gated by the second: half as many values come out."""
    half = len(row) // 2
    return [a * sigmoid(b) for a, b in zip(row[:half], row[half:], strict=True)]
