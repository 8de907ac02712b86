"""How calls of elementwise functions and of reductions of `keras.ops` are drawn."""

from __future__ import annotations

from hypothesis import strategies as st

from netdsl.catalog.operations.elementwise import BINARY, UNARY
from netdsl.catalog.operations.reductions import QUANTILES, REDUCTIONS
from tests.keras.layer_harness import Tensor
from tests.keras.operation_draws import (
    FLOATS,
    NUMBERS,
    WHOLE,
    axes,
    axis,
    case,
    given_some,
    numbers,
    optional_bool,
    related,
    tensors,
)
from tests.keras.operation_harness import OpCase

SPECIAL_UNARY = {
    "clip",
    "tril",
    "triu",
    "round",
    "nan_to_num",
}


@case(*sorted(set(UNARY) - SPECIAL_UNARY))
def draw_unary(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(name, (draw(tensors()),))


@case("tril", "triu")
def draw_band(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(name, (draw(tensors(2)),), given_some(draw, k=st.integers(-2, 2)))


@case("round")
def draw_round(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(name, (draw(tensors()),), given_some(draw, decimals=st.integers(0, 2)))


@case("nan_to_num")
def draw_nan_to_num(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(name, (draw(tensors()),), given_some(draw, nan=numbers, posinf=numbers))


@case("clip", "threshold")
def draw_bounds(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(name, (draw(tensors()), draw(numbers), draw(numbers)))


@case("layer_normalization", "rms_normalization")
def draw_layer_normalization(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    return OpCase(name, (x,), given_some(draw, axis=axis(x)))


@case(*sorted((set(BINARY) | {"allclose", "isclose"}) - {"hypot", "heaviside"}))
def draw_binary(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors())
    other = draw(st.one_of(related(x), related(x), numbers))
    return OpCase(name, (x, other) if draw(st.integers(0, 3)) else (other, x))


@case("hypot", "heaviside")
def draw_pair(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors())
    return OpCase(name, (x, draw(related(x))))


@case("bitwise_and", "bitwise_or", "bitwise_xor")
def draw_bitwise(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(dtypes=WHOLE))
    return OpCase(name, (x, draw(st.sampled_from((x, Tensor((), "int32"))))))


@case("bitwise_left_shift", "bitwise_right_shift", "left_shift", "right_shift")
def draw_shift(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(dtypes=WHOLE))
    return OpCase(name, (x, draw(st.sampled_from((x, 2)))))


@case("where")
def draw_where(draw: st.DrawFn, name: str) -> OpCase:
    condition = draw(tensors(dtypes=["bool"]))
    return OpCase(
        name,
        (
            condition,
            draw(st.one_of(related(condition), numbers)),
            draw(st.one_of(related(condition), numbers)),
        ),
    )


@case("cast", "saturate_cast")
def draw_cast(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(name, (draw(tensors()), draw(st.sampled_from([*NUMBERS, "nonsense"]))))


@case("array", "convert_to_tensor", "ones_like", "zeros_like", "empty_like")
def draw_converted(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(name, (draw(tensors()),), given_some(draw, dtype=st.sampled_from(NUMBERS)))


@case("full_like")
def draw_full_like(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(
        name, (draw(tensors()), draw(numbers)), given_some(draw, dtype=st.sampled_from(NUMBERS))
    )


@case("view")
def draw_view(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(
        name,
        (
            draw(tensors(dtypes=["float32", "int32", "float16", "uint8"])),
            draw(st.sampled_from(["float32", "int32", "float16", "uint8"])),
        ),
    )


@case("softmax", "log_softmax")
def draw_softmax(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    return OpCase(name, (x,), given_some(draw, axis=axes(x)))


@case("sparsemax", "glu")
def draw_along(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    return OpCase(name, (x,), given_some(draw, axis=axis(x)))


@case("normalize")
def draw_normalize(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    return OpCase(name, (x,), given_some(draw, axis=axis(x), order=st.sampled_from((1, 2, 3))))


@case("isin")
def draw_isin(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors())
    return OpCase(name, (x, draw(related(x))))


@case("polar", "psnr")
def draw_alike(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(dtypes=FLOATS))
    return OpCase(name, (x, x, 1.0) if name == "psnr" else (x, x))


@case("digitize")
def draw_digitize(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(name, (draw(tensors()), draw(tensors(1, 2, FLOATS))))


@case(
    *sorted(
        set(REDUCTIONS) - {"norm", "argmax", "argmin", "nanargmax", "nanargmin", "count_nonzero"}
    )
)
def draw_reduction(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors())
    return OpCase(name, (x,), given_some(draw, axis=axes(x), keepdims=optional_bool))


@case("argmax", "argmin", "nanargmax", "nanargmin")
def draw_argmax(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    return OpCase(name, (x,), given_some(draw, axis=axis(x), keepdims=optional_bool))


@case("count_nonzero")
def draw_count(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors())
    return OpCase(name, (x,), given_some(draw, axis=axes(x)))


@case("norm")
def draw_norm(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1, 4, FLOATS))
    orders = st.sampled_from((None, 1, 2, "fro", "nuc", "max", 3))
    return OpCase(name, (x,), given_some(draw, ord=orders, axis=axes(x), keepdims=optional_bool))


@case("average")
def draw_average(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    place = draw(axis(x))
    weights = st.sampled_from((x, Tensor((x.shape[place],)), Tensor((7,))))
    return OpCase(
        name,
        (x,),
        {**given_some(draw, weights=weights), **draw(st.sampled_from(({}, {"axis": place})))},
    )


@case(*QUANTILES)
def draw_quantile(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    asked = draw(st.sampled_from((0.5, [0.1, 0.9], [0.5], Tensor((3,)), Tensor(()))))
    return OpCase(name, (x, asked), given_some(draw, axis=axes(x), keepdims=optional_bool))


@case("moments")
def draw_moments(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    return OpCase(
        name,
        (x, draw(axes(x).filter(lambda a: a is not None))),
        given_some(draw, keepdims=optional_bool),
    )


@case("cumsum", "cumprod", "argsort", "sort")
def draw_running(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    return OpCase(name, (x,), given_some(draw, axis=st.one_of(axis(x), st.none(), st.just(7))))


@case("nancumsum", "nancumprod")
def draw_nan_running(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    return OpCase(name, (x,), given_some(draw, axis=st.one_of(axis(x), st.none())))


@case("argpartition")
def draw_argpartition(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    return OpCase(
        name,
        (x, draw(st.sampled_from((0, 1, 0.5)))),
        given_some(draw, axis=st.one_of(axis(x), st.none())),
    )


@case("diff")
def draw_diff(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    return OpCase(name, (x,), given_some(draw, n=st.integers(0, 3), axis=axis(x)))


@case("trapezoid")
def draw_trapezoid(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    return OpCase(name, (x,), given_some(draw, axis=axis(x)))


@case("size", "nonzero", "ravel", "fliplr", "flipud")
def draw_plain(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(name, (draw(tensors(0, 4)),))


@case("bincount")
def draw_bincount(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(
        name, (draw(tensors(1, 2, WHOLE)),), given_some(draw, minlength=st.integers(0, 4))
    )


@case("histogram")
def draw_histogram(draw: st.DrawFn, name: str) -> OpCase:
    limits = st.sampled_from(((0, 1), (1, 0), None))
    return OpCase(
        name, (draw(tensors(1, 1)),), given_some(draw, bins=st.sampled_from((3, -1)), range=limits)
    )


@case("trace", "diagonal")
def draw_trace(draw: st.DrawFn, name: str) -> OpCase:
    x = draw(tensors(1))
    return OpCase(
        name, (x,), given_some(draw, offset=st.integers(-2, 2), axis1=axis(x), axis2=axis(x))
    )


@case("diag", "diagflat")
def draw_diag(draw: st.DrawFn, name: str) -> OpCase:
    return OpCase(name, (draw(tensors(0, 3)),), given_some(draw, k=st.integers(-2, 2)))
