"""Tensors of more axes than TensorFlow computes with are told of where they meet."""

from __future__ import annotations

import pytest

from netdsl.catalog.most_axes import MOST, MOST_STRETCHED, joined, stretched
from netdsl.compiler import compile_text


@pytest.mark.parametrize(
    ("left", "right", "axes"),
    [
        ((8, 1, 8, 1), (1, 8, 1, 8), 4),
        ((8, 8, 1, 1), (1, 1, 8, 8), 2),
        ((8, 8, 8), (8, 8, 8), 1),
        ((8, 8, 8), (8,), 2),
        ((8, 1, 1, 8), (8, 1, 1, 8), 1),
        ((8, 1, 8, 8, 1), (8, 8, 1, 8, 1), 4),
    ],
)
def test_axes_side_by_side_that_are_stretched_alike_count_as_one(
    left: tuple[int, ...], right: tuple[int, ...], axes: int
) -> None:
    assert stretched(left, right) == stretched(right, left) == axes
    assert joined(left, right) == joined(right, left)


HEAD = "model M {\n    input a: [2, 1, 3, 1, 4]\n    input b: [1, 2, 1, 3, 1]\n"


@pytest.mark.parametrize(
    ("chain", "told"),
    [
        ("a + b", "(None, 2, 1, 3, 1, 4) meets (None, 1, 2, 1, 3, 1)"),
        ("(a > b -> ops.cast(float32))", "(None, 2, 1, 3, 1, 4) meets (None, 1, 2, 1, 3, 1)"),
        ("[a, a, b] -> Maximum()", "(None, 2, 1, 3, 1, 4) meets (None, 1, 2, 1, 3, 1)"),
        ("a + a", ""),
        ("a[:, :, 0] + b[:, 0]", ""),
        ("a -> ops.flip(axis=-1)", ""),
        ("[a, a] -> Concatenate()", ""),
    ],
)
def test_tensors_that_tensorflow_cannot_stretch_are_told_of(chain: str, told: str) -> None:
    chain = chain.replace("float32", '"float32"')
    more = "    output other = b -> Flatten() -> Dense(2)\n"
    text = f"{HEAD}    output y = {chain} -> Flatten() -> Dense(2)\n{more}}}\n"
    found = [d for d in compile_text(text).diagnostics if d.code.startswith("N05")]
    assert [d.code for d in found] == ["N0520"] * bool(told)
    assert all(f"at most {MOST_STRETCHED} axes in turn, and {told}" in d.message for d in found)


def test_functions_of_too_many_axes_are_told_of() -> None:
    chains = {
        "getitem": "(a[..., 0])",
        "flip": "(a -> ops.flip(axis=-1))",
        "where": "(ops.where(a > 0, a, -a))",
        "argmax": '(a -> ops.argmax(axis=-1) -> ops.cast("float32"))',
        "median": "(a -> ops.median(axis=-1))",
    }
    for rank in (7, 8, 9, 10):
        outputs = [f"    output {n} = {c} -> Flatten() -> Dense(2)" for n, c in chains.items()]
        text = f"model M {{\n    input a: [{'1, ' * (rank - 2)}2]\n" + "\n".join(outputs) + "\n}\n"
        warned = [d for d in compile_text(text).diagnostics if d.code == "N0520"]
        names = {d.title.split("`")[1].removeprefix("ops.") for d in warned}
        assert names == {name for name in chains if rank > MOST[name]}
