"""Multiply-accumulates and bytes of one sample, counted alike for every layer family.

Matrix products, convolutions and attention count; biases, activations and pooling do not. A count is
unknown, or symbolic, where a size is.
"""

from __future__ import annotations

from collections.abc import Iterable

from netdsl.tensor import Dim, Shape, TensorSpec, product


def matrix_macs(rows: Iterable[Dim], inputs: Dim, outputs: Dim) -> Dim:
    """Multiply `rows` vectors by a matrix: (7,), 64, 10 -> 4480."""
    return product(rows) * inputs * outputs


def convolution_macs(positions: Shape, kernel: Iterable[Dim], inputs: Dim, filters: Dim) -> Dim:
    """Apply a kernel at each position: (30, 30), (3, 3), 3, 8 -> 194400."""
    return product(positions) * product(kernel) * inputs * filters


#: The size of an element in bytes; what is not here (strings) lies elsewhere.
ELEMENT_BYTES = {
    "bool": 1,
    "int4": 1,
    "uint4": 1,
    "int8": 1,
    "uint8": 1,
    "float8_e4m3fn": 1,
    "float8_e5m2": 1,
    "int16": 2,
    "uint16": 2,
    "float16": 2,
    "bfloat16": 2,
    "int32": 4,
    "uint32": 4,
    "float32": 4,
    "int64": 8,
    "uint64": 8,
    "float64": 8,
    "complex64": 8,
    "complex128": 16,
}


def tensor_bytes(spec: TensorSpec, dtype: str = "") -> Dim:
    """Give the memory of one sample of a tensor, in another dtype if so: float32 (None, 28, 28, 6) -> 18816."""
    return product(spec.shape[1:]) * ELEMENT_BYTES.get(dtype or spec.dtype, 0)
