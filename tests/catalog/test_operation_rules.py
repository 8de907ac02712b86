"""Tables of what the functions of `keras.ops` give: with symbolic and unknown sizes, their work, their refusals."""

from __future__ import annotations

from typing import Any

import pytest

from netdsl.catalog.kind import Inference, Refusal
from netdsl.catalog.operations import OpCall, operation_names, operation_rule, own_name
from netdsl.tensor import UNKNOWN, Sym, TensorSpec
from tests.catalog.rule_harness import flatten

H, T = Sym.variable("H"), Sym.variable("T")
N = UNKNOWN


def x(*shape: Any, dtype: str = "float32") -> TensorSpec:
    return TensorSpec(shape, dtype)


def run(function: str, *positional: Any, **named: Any) -> tuple[Inference, OpCall]:
    rule = operation_rule(function)
    assert rule is not None
    call = OpCall(own_name(function), positional, named)
    return rule(call), call


def spelled(function: str, *positional: Any, **named: Any) -> str:
    inference, _ = run(function, *positional, **named)
    return " ".join(str(spec) for spec in flatten(inference.outputs))


SHAPES: tuple[tuple[str, tuple[Any, ...], dict[str, Any], str], ...] = (
    # arithmetic and types
    ("add", (x(N, T, 8), x(8)), {}, "float32(None, T, 8)"),
    ("add", (x(N, 5, dtype="int32"), 1.5), {}, "float32(None, 5)"),
    ("multiply", (x(N, 5, dtype="float16"), 2), {}, "float16(None, 5)"),
    ("divide", (x(N, 5, dtype="uint8"), 2), {}, "float32(None, 5)"),
    ("add", (x(N, 1, 8), x(T, 1)), {}, "float32(None, T, 8)"),
    ("add", (x(N, N), x(N, 3)), {}, "float32(None, 3)"),
    ("greater", (x(N, T), 0), {}, "bool(None, T)"),
    ("nn.swish", (x(N, T),), {}, "float32(None, T)"),
    # slices
    ("getitem", (x(N, T, 8), (slice(None), 0)), {}, "float32(None, 8)"),
    ("getitem", (x(N, T, 8), (slice(None), slice(1, None))), {}, "float32(None, T - 1, 8)"),
    ("getitem", (x(N, T, 8), (slice(None), slice(None, -1))), {}, "float32(None, T - 1, 8)"),
    ("getitem", (x(N, 10), (Ellipsis, slice(2, -1))), {}, "float32(None, 7)"),
    (
        "getitem",
        (x(N, T, 8), (slice(None), None, slice(None, None, 2))),
        {},
        "float32(None, 1, (T + 1) // 2, 8)",
    ),
    ("getitem", (x(N, 8), (slice(None), slice(None, None, -3))), {}, "float32(None, 3)"),
    # reductions and layouts
    ("mean", (x(N, H, 7, 8),), {"axis": (1, 2)}, "float32(None, 8)"),
    ("sum", (x(N, T, dtype="uint8"),), {"axis": -1, "keepdims": True}, "uint32(None, 1)"),
    ("argmax", (x(N, T, 5),), {"axis": 1}, "int32(None, 5)"),
    ("transpose", (x(N, H, 8),), {"axes": (0, 2, 1)}, "float32(None, 8, H)"),
    ("reshape", (x(N, 12), (-1, 3, 4)), {}, "float32(None, 3, 4)"),
    ("reshape", (x(H, 12), (-1, 4)), {}, "float32(3 * H, 4)"),
    ("expand_dims", (x(N, T), 1), {}, "float32(None, 1, T)"),
    ("concatenate", ((x(N, T, 8), x(N, 3, 8)),), {"axis": 1}, "float32(None, T + 3, 8)"),
    ("stack", ((x(N, T), x(N, T)),), {"axis": 1}, "float32(None, 2, T)"),
    ("split", (x(N, 2 * T), 2), {"axis": 1}, "float32(None, T) float32(None, T)"),
    (
        "split",
        (x(N, 10), (3, 7)),
        {"axis": -1},
        "float32(None, 3) float32(None, 4) float32(None, 3)",
    ),
    ("pad", (x(N, T), ((0, 0), (1, 2))), {}, "float32(None, T + 3)"),
    ("repeat", (x(N, T), 3), {"axis": 1}, "float32(None, 3 * T)"),
    ("rearrange", (x(2, 3, 8), "b t (h d) -> b h t d"), {"h": 2}, "float32(2, 2, 3, 4)"),
    ("rearrange", (x(N, 6, 8), "(a b) h c -> a b h c"), {"a": 2, "b": 3}, "float32(2, 3, 6, 8)"),
    # lists of numbers beside tensors
    ("layer_normalization", (x(N, 2), (1.0, 2.0), (0.0, 0.0)), {}, "float32(None, 2)"),
    ("greater", (x(N, 3), (1, 2, 3)), {}, "bool(None, 3)"),
    ("arctan2", (x(N, 3, dtype="float16"), (1, 2, 3)), {}, "float32(None, 3)"),
    ("where", ((True, False), x(N, 2), 0.0), {}, "float32(None, 2)"),
    ("select", ((x(N, 2),), (x(N, 2), 1.0)[:1]), {}, "float32(None, 2)"),
    ("bincount", (x(8, dtype="int32"), (0.5,) * 8), {}, "float32(None,)"),
    ("cast", (x(N, 3, dtype="int32"), None), {}, "float32(None, 3)"),
    # picking
    ("take", (x(N, T, 8), x(5, dtype="int32")), {"axis": 1}, "float32(None, 5, 8)"),
    ("one_hot", (x(N, T, dtype="int32"), 10), {}, "float32(None, T, 10)"),
    ("top_k", (x(N, 10), 3), {}, "float32(None, 3) int32(None, 3)"),
    # products
    ("matmul", (x(N, T, 8), x(8, 3)), {}, "float32(None, T, 3)"),
    ("einsum", ("bqhd,bkhd->bhqk", x(N, T, 4, 8), x(N, 7, 4, 8)), {}, "float32(None, 4, T, 7)"),
    ("einsum", ("...ij,jk->...ik", x(N, H, 2, 3), x(3, 5)), {}, "float32(None, H, 2, 5)"),
    # networks and images
    (
        "conv",
        (x(N, H, 32, 3), x(3, 3, 3, 8)),
        {"strides": 2},
        "float32(None, (H + 1) // 2 - 1, 15, 8)",
    ),
    ("conv", (x(N, 8, 3), x(N, 3, 4), 2, "same"), {}, "float32(None, 4, 4)"),
    ("conv_transpose", (x(N, N, 3), x(N, 4, 3), 2), {}, "float32(None, None, 4)"),
    ("max_pool", (x(N, H, 32, 3), 2), {}, "float32(None, H // 2, 16, 3)"),
    # matrices
    ("inv", (x(N, N, N),), {}, "float32(None, None, None)"),
    ("inv", (x(N, T, T),), {}, "float32(None, T, T)"),
    ("slogdet", (x(N, N, 3),), {}, "float32() float32(None,)"),
    ("corrcoef", (x(N, 3, 4),), {}, "float32(None, 3, 4)"),
    ("image.resize", (x(N, H, 32, 3), (8, 8)), {}, "float32(None, 8, 8, 3)"),
    ("image.extract_patches", (x(N, 32, 32, 3), 8), {}, "float32(None, 4, 4, 192)"),
    ("stft", (x(N, 64), 16, 8, 16), {}, "float32(None, 9, 9) float32(None, 9, 9)"),
    # sources
    ("arange", (50,), {}, "int32(50,)"),
    ("linspace", (0, 1), {"num": 5}, "float32(5,)"),
    ("array", (((1, 2), (3, 4)),), {}, "int32(2, 2)"),
    ("zeros", ((2, 3),), {"dtype": "float16"}, "float16(2, 3)"),
)


@pytest.mark.parametrize(("function", "positional", "named", "gives"), SHAPES)
def test_a_function_gives(
    function: str, positional: tuple[Any, ...], named: dict[str, Any], gives: str
) -> None:
    assert spelled(function, *positional, **named) == gives


WORK: tuple[tuple[str, tuple[Any, ...], Any], ...] = (
    ("matmul", (x(N, 5, 8), x(8, 3)), 5 * 8 * 3),
    ("matmul", (x(N, T, 8), x(N, 8, T)), 8 * T * T),
    ("einsum", ("bqd,bkd->bqk", x(N, 5, 8), x(N, 7, 8)), 5 * 7 * 8),
    ("conv", (x(N, 8, 8, 3), x(3, 3, 3, 4)), 6 * 6 * 9 * 3 * 4),
    ("dot_product_attention", (x(N, 5, 2, 8), x(N, 7, 2, 8), x(N, 7, 2, 8)), 2 * 5 * 7 * 2 * 8),
    ("add", (x(N, 5), x(N, 5)), 0),
)


@pytest.mark.parametrize(("function", "positional", "macs"), WORK)
def test_a_function_takes_so_many_multiply_accumulates(
    function: str, positional: tuple[Any, ...], macs: Any
) -> None:
    assert run(function, *positional)[0].macs == macs


DEMANDS: tuple[tuple[str, tuple[Any, ...], dict[str, Any], str], ...] = (
    ("add", (x(N, T), x(N, 8)), {}, "T == 8"),
    ("conv", (x(N, H, 9, 3), x(5, 5, 3, 8)), {}, "H >= 5"),
    ("getitem", (x(N, T), (slice(None), 3)), {}, "T >= 4"),
)


@pytest.mark.parametrize(("function", "positional", "named", "demand"), DEMANDS)
def test_a_function_demands_of_symbolic_sizes(
    function: str, positional: tuple[Any, ...], named: dict[str, Any], demand: str
) -> None:
    assert [str(d) for d in run(function, *positional, **named)[1].demands] == [demand]


REFUSALS: tuple[tuple[str, tuple[Any, ...], dict[str, Any], str, str], ...] = (
    ("add", (x(N, 8), x(N, 9)), {}, "N0503", "8 meets 9"),
    ("matmul", (x(N, 5, 8), x(7, 3)), {}, "N0503", "8 meets 7"),
    ("mean", (x(N, 8),), {"axis": 2}, "N0508", "axis 2"),
    ("reshape", (x(4, 12), (5, 9)), {}, "N0507", "48"),
    ("reshape", (x(N, T), (-1, T)), {}, "N0504", "T"),
    ("getitem", (x(N, 8), (slice(None), 8)), {}, "N0513", "index 8"),
    ("getitem", (x(N, 8), (0, 0, 0)), {}, "N0508", "3 axes"),
    ("squeeze", (x(N, 8),), {"axis": 1}, "N0508", "not 1"),
    ("split", (x(N, 10), 3), {"axis": 1}, "N0506", "3 parts"),
    ("concatenate", ((x(N, 4), x(N, 5)),), {"axis": 0}, "N0503", "axis 1 is 4"),
    ("unstack", (x(N, T),), {"axis": 1}, "N0504", "T"),
    ("einsum", ("ab,bc->ad", x(2, 3), x(3, 4)), {}, "N0514", "`d`"),
    ("relu", (x(N, 8),), {"alpha": 0.5}, "N0301", ""),
    ("relu", (x(N, 8, dtype="string"),), {}, "N0510", "string"),
    ("softmax", ((x(N, 8), x(N, 8)),), {}, "N0305", "takes a tensor"),
    ("cast", (x(N, 8), "float33"), {}, "N0307", "float33"),
    ("inv", (x(N, N, 20),), {}, "N0513", "(None, 20)"),
    ("cholesky", (x(N, T, 20),), {}, "N0513", "(T, 20)"),
    ("solve", (x(N, 20, 20), x(N, N, 5)), {}, "N0503", "None"),
    ("lstsq", (x(N, 7), x(5)), {}, "N0503", "5"),
    ("fft", ((x(N, 8), x(3, 8)),), {}, "N0503", "(3, 8)"),
    ("batch_normalization", (x(N, 3), x(N), x(N), -1), {}, "N0503", "axis 1 is 3"),
    ("batch_normalization", (x(N, 3), x(3), x(3), -1, x(3)), {}, "N0512", "`scale`"),
    ("binary_crossentropy", (x(N, 1), x(4, 1)), {}, "N0503", "(4, 1)"),
    ("categorical_crossentropy", (x(N, T), x(N, 3)), {}, "N0503", "(None, T)"),
    ("sparse_categorical_crossentropy", (x(N), x(3, 3)), {}, "N0503", "(None,)"),
    ("ctc_loss", (x(N, 3), x(1, 3, 3), x(1), x(1)), {}, "N0503", "(1, 3, 3)"),
    ("rearrange", (x(N, 3, 4), "b h c -> b c h"), {}, "N0504", "`b`"),
    ("rearrange", (x(2, T, 4), "b h c -> b c h"), {}, "N0504", "`h`"),
    ("rearrange", (x(N, 3, 4), "(a b) h c -> a b h c"), {"a": 2}, "N0504", "splits"),
    ("einsum", ("Ab,bc->Ac", x(N, 3), x(3, 4)), {}, "N0514", "capital"),
    ("tensordot", (x(N, 3), x(3, 4), (1, 0)), {}, "N0513", "a list of axes for each"),
    ("getitem", (x(N, 3), None), {}, "N0513", "`None` stands alone"),
    ("getitem", (x(N, 3), slice(1, None)), {}, "N0513", "a slice stands alone"),
    ("get_item", (x(N, 3), Ellipsis), {}, "N0513", "stands alone"),
    ("conv", (x(N, 8, 3), x(N, 3, 4), 1), {}, "N0504", "(None, 3, 4)"),
    ("depthwise_conv", (x(N, 8, 3), x(N, 3, N), 1, "same"), {}, "N0504", "(None, 3, None)"),
    ("unfold", (x(N, T, 8, 8), 2), {}, "N0504", "channels"),
    ("irfft", ((x(N, 0), x(N, 0)),), {}, "N0505", "0"),
    ("bincount", (x(N, 8), (1, 2, 3)), {}, "N0503", "(3,)"),
    ("top_k", (x(N, 8), 9), {}, "N0505", "9"),
    ("image.resize", (x(N, 8, 8, 3), (0, 8)), {}, "N0513", "0"),
    ("image.gaussian_blur", (x(N, 8, 8, 3),), {"kernel_size": 3}, "N0513", "2 numbers"),
    ("image.gaussian_blur", (x(N, 8, 8, 3),), {"sigma": (1.0,)}, "N0513", "2 numbers"),
    ("roll", (x(N, 8, 3), (1, 2)), {"axis": (1,)}, "N0513", "2 numbers for 1 axis"),
    ("roll", (x(N, 8, 3), 1), {"axis": (1, 2)}, "N0513", "1 number for 2 axes"),
    ("pad", (x(N, 8), (1,)), {}, "N0513", "pairs"),
    ("pad", (x(N, 8), ((1,), (1,))), {}, "N0513", "pairs"),
    ("norm", (x(N, 8, 3),), {"axis": (0, 1, 2)}, "N0513", "3 axes"),
    ("depthwise_conv", (x(N, 8, 8, 3), x(3, 3, 3, 1), (1,)), {}, "N0513", "2 numbers, 1 is given"),
    ("diag", (x(N),), {"k": None}, "N0305", "`k`"),
    ("diagflat", (x(N),), {"k": "a"}, "N0305", "`k`"),
    ("rot90", (x(N, 3),), {"k": 0.5}, "N0305", "`k`"),
    ("trace", (x(N, 3),), {"offset": x(N)}, "N0305", "`offset`"),
    ("where", (x(N, 3),), {}, "N0305", "`x1`"),
    ("map", (None, x(N, 8)), {}, "N0521", "Python"),
    ("shape", (x(N, 8),), {}, "N0513", "no tensor"),
    ("arange", (x(N),), {}, "N0305", "number"),
)


@pytest.mark.parametrize(("function", "positional", "named", "code", "words"), REFUSALS)
def test_a_function_refuses(
    function: str, positional: tuple[Any, ...], named: dict[str, Any], code: str, words: str
) -> None:
    with pytest.raises(Refusal) as caught:
        run(function, *positional, **named)
    assert caught.value.problem.code == code
    assert words in caught.value.label


def test_each_function_has_one_rule() -> None:
    names = operation_names()
    assert len(names) == len(set(names)) > 300
