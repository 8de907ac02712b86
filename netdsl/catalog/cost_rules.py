"""Multiply-accumulates of one sample, counted alike for every layer family.

Matrix products, convolutions and attention count; biases, activations and pooling do not. A count is
unknown, or symbolic, where a size is.
"""

from __future__ import annotations

from collections.abc import Iterable

from netdsl.tensor import Dim, Shape, product


def matrix_macs(rows: Iterable[Dim], inputs: Dim, outputs: Dim) -> Dim:
    """Multiply `rows` vectors by a matrix: (7,), 64, 10 -> 4480."""
    return product(rows) * inputs * outputs


def convolution_macs(positions: Shape, kernel: Iterable[Dim], inputs: Dim, filters: Dim) -> Dim:
    """Apply a kernel at each position: (30, 30), (3, 3), 3, 8 -> 194400."""
    return product(positions) * product(kernel) * inputs * filters
