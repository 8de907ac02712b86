"""The number of axes that TensorFlow computes with, asked of it: what is told of fails, and the size below runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from netdsl.catalog.most_axes import MOST, MOST_STRETCHED
from netdsl.catalog.operations.elementwise import BINARY

pytestmark = pytest.mark.keras


def fails(function: Callable[[], Any]) -> bool:
    try:
        function()
    except Exception:  # of TensorFlow, of several classes
        return True
    return False


def in_turn(rank: int) -> tuple[Any, Any]:
    """Give two arrays that are stretched along every other axis each."""
    shapes = ([1 + (axis + side) % 2 for axis in range(rank)] for side in (0, 1))
    left, right = (np.ones(shape, "float32") for shape in shapes)
    return left, right


def calls(ops: Any, array: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    tensor = ops.convert_to_tensor(array)
    for name in ("argmax", "argmin", "flip", "median"):
        yield name, lambda name=name: getattr(ops, name)(tensor, axis=-1)
    yield "quantile", lambda: ops.quantile(tensor, 0.5, axis=-1)
    yield "where", lambda: ops.where(tensor > 0, tensor, tensor)
    yield "logaddexp", lambda: ops.logaddexp(tensor, tensor)
    yield "pad", lambda: ops.pad(tensor, [(0, 0)] * (array.ndim - 1) + [(1, 1)])
    yield "take_along_axis", lambda: ops.take_along_axis(tensor, np.zeros(array.shape, int), -1)
    yield "getitem", lambda: tensor[..., :1]


def test_each_function_takes_the_axes_that_are_said_and_no_more() -> None:
    import keras

    for most in {*MOST.values()}:
        for rank in (most, most + 1):
            found = {
                n for n, call in calls(keras.ops, np.ones([2] * rank, "float32")) if fails(call)
            }
            assert found == {name for name, of in MOST.items() if rank > of}, rank


def test_two_tensors_are_stretched_along_so_many_axes_in_turn() -> None:
    import keras

    names = sorted(
        BINARY.keys()
        & {"add", "subtract", "multiply", "maximum", "power", "greater", "equal", "mod"}
    )
    for name in names:
        function = getattr(keras.ops, name)
        assert not fails(lambda: function(*in_turn(MOST_STRETCHED)))  # noqa: B023
        assert fails(lambda: function(*in_turn(MOST_STRETCHED + 1)))  # noqa: B023
        alike = np.ones([2] * 9, "float32")
        assert not fails(lambda: function(alike, alike[..., :1]))  # noqa: B023
