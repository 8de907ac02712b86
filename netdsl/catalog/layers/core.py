"""Core layers: dense products, einsum, identity, masking and the user's own function."""

from __future__ import annotations

import re
from dataclasses import replace

from netdsl.catalog.cost_rules import matrix_macs
from netdsl.catalog.kind import Call, ExternFunction, Inference, LayerKind, Refusal, as_shape
from netdsl.catalog.shape_rules import numeric
from netdsl.catalog.weight_rules import product_weights, quantization_mode
from netdsl.diagnostics.problems.shapes import (
    ConflictingArguments,
    UnequalInputs,
    WrongEquation,
    WrongRank,
)
from netdsl.record import record
from netdsl.tensor import UNKNOWN, Dim, Shape, Sym, TensorSpec, equal, product, spell_shape


def dense(call: Call) -> Inference:
    """Multiply the last axis by a matrix. (None, 7, 64), units=10 -> (None, 7, 10)"""
    numeric(call)
    x = call.one(min_rank=2)
    inputs = call.known(x.shape[-1], x.rank - 1)
    weights = product_weights(
        call,
        (inputs, call.units),
        (call.units,) if call.use_bias else None,
        summed=(0,),
        scale=(call.units,),
        low_rank=((inputs,), (call.units,)),
    )
    return call.gives(
        (*x.shape[:-1], call.units),
        weights=weights,
        macs=matrix_macs(x.shape[1:-1], inputs, call.units),
    )


_EQUATION = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?")


@record
class _Equation:
    """The axes that an equation names, and the sizes they have once a shape has arrived."""

    inputs: str
    weights: str
    outputs: str
    from_left: bool  # an ellipsis stands before the names
    elided: int  # axes of the input that have no name
    arriving: dict[str, Dim]
    leaving: dict[str, Dim]
    result: Shape


def einsum_dense(call: Call) -> Inference:
    """Multiply by weights along named axes.

    "abc,cd->abd", output_shape=(7, 10) on (None, 7, 64) -> (None, 7, 10), kernel (64, 10)
    """
    numeric(call)
    equation = _read_equation(call)
    _agree(equation)
    _refuse_quantized_ellipsis(call)
    kernel = [_kernel_size(equation, name) for name in equation.weights]
    weights = product_weights(
        call,
        kernel,
        _bias_shape(call, equation),
        summed=[i for i, name in enumerate(equation.weights) if name not in equation.outputs],
        scale=_scale_shape(equation, kernel),
        low_rank=(kernel[:-1], kernel[-1:]),
    )
    result = call.gives(equation.result, weights=weights, macs=_einsum_macs(call, equation))
    if equation.elided and "..." not in call.equation:
        shown = spell_shape(call.x.shape)
        caveat = f"`{equation.inputs}` names {len(equation.inputs)} axes, and {shown} arrives"
        return replace(result, caveats=(caveat,))
    given = _given(call, equation)
    return replace(
        result,
        caveats=_told_wrongly(equation, given),
        when_run=TensorSpec(given, call.compute_dtype),
    )


def _given(call: Call, equation: _Equation) -> Shape:
    """Give the shape that leaves when the layer is run: sizes by their names, and those of `...` in its place."""
    sizes = [equation.arriving.get(name, equation.leaving[name]) for name in equation.outputs]
    shape, names = call.x.shape, len(equation.inputs)
    between = shape[: equation.elided] if equation.from_left else shape[names:]
    return (*between, *sizes) if equation.from_left else (*sizes, *between)


def _told_wrongly(equation: _Equation, given: Shape) -> tuple[str, ...]:
    """Say where Keras reckons with other axes than the equation gives: more in `output_shape` than there are names."""
    said = equation.result
    if len(said) == len(given) and all(
        equal(a, b) is not False for a, b in zip(said, given, strict=True)
    ):
        return ()
    return (
        f"Keras says that this gives {spell_shape(said)}, and it gives {spell_shape(given)}: `output_shape` has a size "
        f"for each name in `{equation.outputs}` but the batch's",
    )


def _read_equation(call: Call) -> _Equation:
    """Split the equation into names, and give each the size it has in what arrives and what leaves."""
    inputs, weights, outputs, from_left = _parse_equation(call)
    shape = call.one().shape
    elided = len(shape) - len(inputs)
    if elided < 0:
        raise Refusal(
            WrongRank,
            f"`{inputs}` names {len(inputs)} axes, {spell_shape(shape)} has {len(shape)}",
        )
    result = _full_output(call, elided, from_left)
    skip = elided if from_left else 0
    arriving = {name: shape[skip + i] for i, name in enumerate(inputs)}
    if skip + len(outputs) > len(result):
        raise _wrong_equation(
            f"`{outputs}` names {len(outputs)} axes, and {spell_shape(result)} has "
            f"{len(result) - skip}",
            blames="output_shape",
        )
    result = _with_symbols(result, arriving, outputs, skip)
    leaving = {name: result[skip + i] for i, name in enumerate(outputs)}
    return _Equation(inputs, weights, outputs, from_left, elided, arriving, leaving, result)


def _parse_equation(call: Call) -> tuple[str, str, str, bool]:
    """Give the names of input, weights and output, and whether an ellipsis precedes them."""
    match = _EQUATION.fullmatch(call.equation)
    ellipses = match.group(1, 3, 5, 7) if match else ()
    left, right = ("...", None, "...", None), (None, "...", None, "...")
    if match is None or ellipses not in (left, right, (None,) * 4):
        raise _wrong_equation(
            f"`{call.equation}` is not of the form `ab,bc->ac`, `...ab,bc->...ac` or "
            "`ab...,bc->ac...`"
        )
    if ellipses == right and len(match[2]) < 2:
        raise _wrong_equation(f"`{call.equation}` names no axis besides the batch")
    return match[2], match[4], match[6], ellipses == left


def _full_output(call: Call, elided: int, from_left: bool) -> Shape:
    """Complete `output_shape` by the batch and by the axes that have no name."""
    wanted = call.output_shape
    given, shape = as_shape((wanted,) if isinstance(wanted, int) else wanted), call.x.shape
    if elided > 0 and from_left:
        # Keras puts the unnamed axes in front one by one, so several of them come out reversed.
        return (shape[0], *reversed(shape[1:elided]), *given)
    return (shape[0], *given, *shape[len(shape) - elided :])


def _refuse_quantized_ellipsis(call: Call) -> None:
    """Refuse what Keras (`_analyze_quantization_info`) stumbles over: integers under an ellipsis."""
    if "..." in call.equation and quantization_mode(call) in ("int8", "int4"):
        raise Refusal(
            ConflictingArguments,
            f"`dtype` is {call.dtype}, and Keras cannot quantize an equation with `...`",
            blames="equation",
            help="name every axis",
        )


def _with_symbols(result: Shape, arriving: dict[str, Dim], outputs: str, skip: int) -> Shape:
    """Put the symbolic size that arrives where `output_shape` says None and Keras knows no more."""
    sizes = list(result)
    for axis, name in enumerate(outputs, start=skip):
        if sizes[axis] is UNKNOWN and isinstance(arriving.get(name), Sym):
            sizes[axis] = arriving[name]
    return tuple(sizes)


def _einsum_macs(call: Call, equation: _Equation) -> Dim:
    """Multiply the sizes of all axes, the batch's left out."""
    shape = call.x.shape
    sizes = {**equation.leaving, **equation.arriving}
    if equation.from_left and equation.elided:
        return product([*shape[1 : equation.elided], *sizes.values()])
    del sizes[equation.inputs[0]]
    return product([*sizes.values(), *shape[len(equation.inputs) :]])


def _agree(equation: _Equation) -> None:
    """Refuse an output size that differs from the input's, and a name that nothing defines.

    Keras compares without caring for unknown sizes: a number in `output_shape` does not fit an unknown axis.
    """
    for name in equation.inputs:
        wanted = equation.leaving.get(name)
        arrives = equation.arriving[name]
        if isinstance(wanted, int) and wanted != arrives:
            raise _wrong_equation(
                f"axis `{name}` is {arrives} in the input and {wanted} in the output",
                blames="output_shape",
                help="write `None` in `output_shape` for an axis that is passed through",
            )
    for name in equation.outputs:
        if name not in equation.inputs and name not in equation.weights:
            raise _wrong_equation(f"`{name}` is in the output only")


def _kernel_size(equation: _Equation, name: str) -> int:
    size = equation.leaving.get(name, equation.arriving.get(name))
    if size is None:
        raise _wrong_equation(f"`{name}` is in the weights only")
    return _number(size, name)


def _number(size: Dim, name: str) -> int:
    if isinstance(size, int):
        return size
    raise _wrong_equation(
        f"axis `{name}` is {size}, and the weights need a number there", blames="output_shape"
    )


def _bias_shape(call: Call, equation: _Equation) -> list[int] | None:
    """Lay the bias out so that it broadcasts: "d" of "abd" -> (d,), "b" -> (b, 1)."""
    if call.bias_axes is None:
        return None
    missing = [name for name in call.bias_axes if name not in equation.outputs]
    if missing or not call.bias_axes:
        name = missing[0] if missing else ""
        raise _wrong_equation(f"`{name}` is not an axis of the output", blames="bias_axes")
    first = min(equation.outputs.find(name) for name in call.bias_axes)
    shape = [
        _number(equation.leaving[name], name) if name in call.bias_axes else 1
        for name in equation.outputs[first:]
    ]
    return shape if equation.from_left else shape + [1] * equation.elided


def _scale_shape(equation: _Equation, kernel: list[int]) -> list[int]:
    """Lay scales out like the output: its axes that the kernel has, and 1 for the others."""
    sizes = dict(zip(equation.weights, kernel, strict=True))
    unnamed = [1] * equation.elided
    named = [sizes.get(name, 1) for name in equation.outputs]
    return unnamed + named if equation.from_left else named + unnamed


def _wrong_equation(label: str, *, blames: str = "equation", help: str = "") -> Refusal:
    return Refusal(WrongEquation, label, blames=blames, help=help)


def identity(call: Call) -> Inference:
    """Pass on what arrives, integers as they are."""
    outputs = tuple(call.cast(x) for x in call.inputs)
    if call.is_list:
        return Inference(tuple(_unmasked(x) for x in outputs))
    call.one()
    return Inference(_unmasked(outputs[0]))


def _unmasked(x: TensorSpec) -> TensorSpec:
    return TensorSpec(x.shape, x.dtype, sparse=x.sparse)


def masking(call: Call) -> Inference:
    """Mask the steps whose features all equal `mask_value`. (None, 10, 8) -> the same"""
    numeric(call)
    return call.gives(call.one().shape)


def user_function(call: Call) -> Inference:
    """Give `output_shape` after the batch, or the shape that arrives where nothing is said."""
    batch = call.x.shape[0]
    wanted = call.output_shape
    if isinstance(wanted, ExternFunction) or wanted is None:
        return call.gives(_common_shape(call))
    if isinstance(wanted, int):
        raise Refusal(
            WrongRank,
            f"`output_shape` is {wanted}; a shape is a tuple",
            blames="output_shape",
            help=f"write `output_shape=({wanted},)`",
        )
    if any(isinstance(part, (list, tuple)) for part in wanted):
        specs = (TensorSpec((batch, *as_shape(part)), call.compute_dtype) for part in wanted)
        return Inference(tuple(specs))
    return call.gives((batch, *as_shape(wanted)))


def _common_shape(call: Call) -> Shape:
    for index, x in enumerate(call.inputs):
        if x.shape != call.x.shape:
            raise Refusal(
                UnequalInputs,
                f"{spell_shape(call.x.shape)} and {spell_shape(x.shape)} arrive, and nothing says what "
                "the function makes of them",
                blames=("input", index),
                help="say `output_shape=(…)`, without the batch",
            )
    return call.x.shape


def _keeps_mask(call: Call) -> bool:
    return call.arguments.get("mask") is not None


KINDS = (
    LayerKind(
        "Dense",
        dense,
        roles=("dense", "each_place"),
        unit_axes={"kernel_constraint": ((0,), 2)},
        group="core",
        shape_rule="the last axis becomes `units`, the others stay",
        use_for="heads and multilayer perceptrons: every output sees every input",
        watch_for="on an image or a sequence it works on the last axis alone: `Flatten` or pool first",
        example="[64] -> Dense(10)",
    ),
    LayerKind(
        "EinsumDense",
        einsum_dense,
        mask="drop",
        roles=("einsum", "each_place"),
        group="core",
        shape_rule="the batch, then `output_shape`; axes under `...` pass through",
        use_for="a dense product along any axes, such as the projections of attention heads",
        watch_for="write `None` in `output_shape` for an axis that is passed through and not known",
        example='[7, 64] -> EinsumDense("abc,cd->abd", output_shape=(None, 10), bias_axes="d")',
        keeps_rank=True,
    ),
    LayerKind(
        "Identity",
        identity,
        roles=("identity", "view", "each_place"),
        group="core",
        shape_rule="what arrives",
        use_for="a named place in a net, or a branch that does nothing",
        watch_for="nothing is computed; integers stay integers",
        example="[64] -> Identity()",
    ),
    LayerKind(
        "Masking",
        masking,
        mask="make",
        group="core",
        shape_rule="what arrives, with a mask over its steps",
        use_for="padded sequences of features: recurrent layers then skip the padding",
        watch_for="convolutions, pooling and reshaping drop the mask on the way",
        example="[10, 8] -> Masking(mask_value=0.0)",
    ),
    LayerKind(
        "Lambda",
        user_function,
        mask=_keeps_mask,
        roles=("user_code",),
        group="core",
        shape_rule="`output_shape` after the batch; without it the shape that arrives",
        use_for="a Python function of one's own that owns no weights",
        watch_for="say `output_shape=` wherever the function changes the shape",
        example="[64] -> Lambda(my_function, output_shape=(32,))",
    ),
)
