"""Arrays that no input leads to have no batch: a merge layer of Keras would take their first axis for the samples."""

from __future__ import annotations

import pytest

from netdsl.compiler import compile_text

POSITIONS = "(ops.arange(50) -> Embedding(50, 4))"


def compiled(tensor: str):  # type: ignore[no-untyped-def]
    return compile_text(
        "model M {\n    input t: int32[50]\n    x = t -> Embedding(10, 4)\n"
        f"    output y = {tensor}\n}}\n"
    )


@pytest.mark.parametrize("order", [f"[x, {POSITIONS}]", f"[{POSITIONS}, x]"])
@pytest.mark.parametrize("layer", ["Add", "Multiply", "Maximum"])
def test_a_merge_layer_refuses_an_array_without_a_batch(order: str, layer: str) -> None:
    (found,) = compiled(f"{order} -> {layer}()").diagnostics
    assert found.code == "N0503"
    assert "axis 0 is the batch" in found.message


def test_an_operator_stretches_it() -> None:
    result = compiled(f"x + {POSITIONS}")
    assert result.ok
    assert result.model().outputs[0]["shape"] == [None, 50, 4]


def test_a_batch_of_one_is_stretched_by_a_merge_layer_too() -> None:
    result = compiled("[x, ops.ones((1, 50, 4))] -> Add()")
    assert result.model().outputs[0]["shape"] == [1, 50, 4]  # what Keras says, whatever the batch


def test_what_arrives_after_a_mistake_is_not_missed() -> None:
    """Once the first of two blocks could not be made, the second has nothing to tie its array to, and says nothing."""
    (found,) = compile_text(
        "block b {\n    input x\n    weight w: [3] = ones\n    n = ops.array([1, 2, 3])\n"
        "    output x + n * w -> ops.transpose((0, 5))\n}\n"
        "model M { input x: [3]  output y = x -> b() -> b() }"
    ).diagnostics
    assert found.code == "N0508"


@pytest.mark.keras
@pytest.mark.parametrize("text", ["[x, ops.ones((1, 50, 4))]", "[ops.ones((1, 1, 4)), x]"])
def test_the_shape_is_the_one_that_keras_says(text: str) -> None:
    result = compiled(f"{text} -> Add()")
    (output,) = result.build().outputs
    assert list(output.shape) == result.model().outputs[0]["shape"]
