"""Merging: several tensors become one."""

from __future__ import annotations

from netdsl.catalog.kind import Call, Inference, LayerKind, Refusal, Role, Rule
from netdsl.catalog.shape_rules import axis_of, numeric, stretch
from netdsl.diagnostics.problems.shapes import TooFewInputs, UnequalInputs, WrongAxis
from netdsl.tensor import (
    Dim,
    Shape,
    TensorSpec,
    Unknown,
    equal,
    product,
    spell_shape,
    sum_of,
)


def _several(call: Call, *, exactly: int | None = None) -> tuple[Shape, ...]:
    """Give the shapes of a list of tensors; refuse a lone tensor and the wrong number."""
    count = len(call.inputs)
    if call.is_list and count and exactly in (None, count):
        return tuple(x.shape for x in call.inputs)
    raise Refusal(
        TooFewInputs,
        f"takes a list of {exactly or 'several'} tensors, "
        + (f"{count} arrive" if call.is_list else "one tensor arrives"),
        help=f"join {exactly or 'two'} at a time: `[a, b] -> {call.kind.name}(…)`"
        if call.is_list
        else f"give it a list, `[a, b] -> {call.kind.name}(…)`, or a fork, `x -> [_, …] -> {call.kind.name}(…)`",
    )


def _joined(call: Call, shape: Shape, macs: Dim = 0) -> Inference:
    sparse = all(call.cast(x).sparse for x in call.inputs)
    return Inference(TensorSpec(shape, call.compute_dtype, sparse=sparse), macs=macs)


def elementwise_merge(call: Call) -> Inference:
    """Combine tensors number by number; axes of size 1 are stretched, but for the batch.

    (None, 14, 14, 64), (None, 1, 1, 64) -> (None, 14, 14, 64)
    """
    numeric(call)
    first, *others = _several(call)
    batch = _one_batch(call)
    result = first[1:]
    for index, shape in enumerate(others, start=1):
        result = stretch(call, result, shape[1:], index)
    return _joined(call, (batch, *result))


def _one_batch(call: Call) -> Dim:
    """Give the batch of the result; Keras says the 1 of an array that stretches, as in `ops.ones((1, 4))`.

    An array that has no batch, such as `ops.arange(50)`, is refused: its first axis would be taken for the samples.
    """
    sizes = [x.shape[0] if x.rank else None for x in call.inputs]
    batched = next((i for i, size in enumerate(sizes) if not isinstance(size, int)), None)
    for index, size in enumerate(sizes):
        if batched is not None and isinstance(size, int) and size != 1:
            raise Refusal(
                UnequalInputs,
                f"axis 0 is the batch in input {batched + 1} and {size} in input {index + 1} "
                f"({spell_shape(call.inputs[batched].shape)} and {spell_shape(call.inputs[index].shape)})",
                blames=("input", index),
                help="join them with an operator, as in `a + b`, which stretches what has no batch",
            )
    return next((size for size in sizes if isinstance(size, int)), call.inputs[0].shape[0])


def subtract(call: Call) -> Inference:
    """Take the second from the first. (None, 8), (None, 8) -> (None, 8)"""
    _several(call, exactly=2)
    return elementwise_merge(call)


def concatenate(call: Call) -> Inference:
    """Put tensors behind one another along an axis; the others must agree.

    (None, 14, 14, 64), (None, 14, 14, 96), axis=-1 -> (None, 14, 14, 160)
    """
    first, *others = _several(call)
    axis = axis_of(call, call.axis, first)
    met, known = {_without(first, axis)}, {at: (0, dim) for at, dim in enumerate(first)}
    for index, shape in enumerate(others, start=1):
        if _without(shape, axis) not in met or len(shape) != len(first):
            _agree_outside(call, axis, index, known)
            met.add(_without(shape, axis))
    length = sum_of(shape[axis] for shape in (first, *others))
    return _joined(call, (*first[:axis], length, *first[axis + 1 :]))


def _without(shape: Shape, axis: int) -> Shape:
    return (*shape[:axis], *shape[axis + 1 :])


def _agree_outside(call: Call, joined: int, index: int, known: dict[int, tuple[int, Dim]]) -> None:
    """Compare an input with what is known of those before it, by axis: an unknown size agrees with anything.

    `known` has the first input that knows the size of an axis, and is added to.
    """
    shape, first = call.inputs[index].shape, call.inputs[0]
    if first.rank != len(shape):
        raise Refusal(
            UnequalInputs,
            f"input 1 has rank {first.rank} and input {index + 1} rank {len(shape)} "
            f"({spell_shape(first.shape)} and {spell_shape(shape)})",
            blames=("input", index),
        )
    for axis, size in enumerate(shape):
        before, other = known[axis]
        if isinstance(other, Unknown):
            known[axis] = (index, size)
        elif axis != joined and not call.holds(equal(other, size)):
            raise Refusal(
                UnequalInputs,
                f"axis {axis} is {other} in input {before + 1} and {size} in input {index + 1}",
                blames=("input", index),
                differs=((before, axis), (index, axis)),
                help=f"give both the same size on axis {axis}; only axis {joined} may differ",
            )


def dot(call: Call) -> Inference:
    """Multiply and sum along an axis of each; their other axes remain.

    (None, 10, 64), (None, 20, 64), axes=2 -> (None, 10, 20)
    """
    numeric(call)
    left, right = _several(call, exactly=2)
    first, second = (
        (call.axes, call.axes) if isinstance(call.axes, int) else (call.axes[0], call.axes[1])
    )
    a, b = _summed_axis(call, first, left), _summed_axis(call, second, right)
    _agree_along(call, left[a], right[b], a, b)
    rest = (*left[1:a], *left[a + 1 :], *right[1:b], *right[b + 1 :])
    return _joined(call, (left[0], *(rest or (1,))), macs=product(rest) * left[a])


def _summed_axis(call: Call, axis: int, shape: Shape) -> int:
    place = axis_of(call, axis, shape, "axes")
    if place == 0:
        raise Refusal(
            WrongAxis,
            f"axis {axis} of {spell_shape(shape)} is the batch",
            blames="axes",
            help="axes count from 1 after the batch, or from -1 at the end",
        )
    return place


def _agree_along(call: Call, left: Dim, right: Dim, a: int, b: int) -> None:
    """Refuse lengths that differ. Keras does not take a number against a size it does not know."""
    one_is_open = isinstance(left, int) != isinstance(right, int)
    unknown = isinstance(left, Unknown) or isinstance(right, Unknown)
    if one_is_open or not (unknown or call.holds(equal(left, right))):
        raise Refusal(
            UnequalInputs,
            f"axis {a} is {left} in input 1 and axis {b} is {right} in input 2",
            blames="axes",
            differs=((0, a), (1, b)),
            help="sum along axes of the same size, both of them known or both not",
        )


def _all_masked(call: Call) -> bool:
    return all(x.masked for x in call.inputs)


def _any_masked(call: Call) -> bool:
    return any(x.masked for x in call.inputs)


_SHAPE_RULE = "axes of size 1 stretch, the others must agree; ranks are aligned at the end"


def _elementwise_merge(
    name: str, rule: Rule, use_for: str, watch_for: str, with_itself: str = "", *roles: Role
) -> LayerKind:
    return LayerKind(
        name,
        rule,
        takes="list",
        mask=_all_masked,
        roles=("merging", *roles),
        group="merging",
        shape_rule=_SHAPE_RULE,
        use_for=use_for,
        watch_for=watch_for,
        with_itself=with_itself,
        example=f"[[14, 14, 64], [14, 14, 64]] -> {name}()",
    )


KINDS = (
    _elementwise_merge(
        "Add",
        elementwise_merge,
        "residual connections: `x -> [_, conv(64, 3)] -> Add()`",
        "adding a tensor to itself doubles it",
        "`{0} + {0}` is twice the tensor",
        "sum",
    ),
    _elementwise_merge(
        "Subtract",
        subtract,
        "differences of two tensors, as in siamese nets",
        "takes exactly two; the order counts",
        "the difference is 0",
        "difference",
    ),
    _elementwise_merge(
        "Multiply",
        elementwise_merge,
        "gates and attention maps, such as squeeze and excite",
        "a gate of shape (1, 1, channels) stretches over space; masked places of one tensor give the others alone",
        "",  # a square has its uses
        "product",
        "leaves_out_masked",
    ),
    _elementwise_merge(
        "Average",
        elementwise_merge,
        "ensembles of branches",
        "every branch weighs the same",
        "the mean is the tensor itself",
        "mean",
    ),
    _elementwise_merge(
        "Maximum",
        elementwise_merge,
        "the strongest of several responses (maxout)",
        "only the largest gets a gradient; masked places do not count",
        "the maximum is the tensor itself",
        "leaves_out_masked",
    ),
    _elementwise_merge(
        "Minimum",
        elementwise_merge,
        "the weakest of several responses",
        "only the smallest gets a gradient; masked places do not count",
        "the minimum is the tensor itself",
        "leaves_out_masked",
    ),
    LayerKind(
        "Concatenate",
        concatenate,
        takes="list",
        mask=_any_masked,
        roles=("merging", "concatenation"),
        group="merging",
        shape_rule="the joined axis is the sum, the others must agree",
        use_for="inception branches, dense connections, the skips of a U-Net",
        watch_for="an unknown size agrees with any number, so a mismatch may wait until run time",
        example="[[14, 14, 64], [14, 14, 96]] -> Concatenate()",
    ),
    LayerKind(
        "Dot",
        dot,
        takes="list",
        mask="use",
        roles=("contraction",),
        group="merging",
        shape_rule="the axes left of the first, then those left of the second",
        use_for="similarities of embeddings; `normalize=True` gives the cosine",
        watch_for="axes count the batch: on (None, 64) use `axes=1` or `axes=-1`",
        example="[[64], [64]] -> Dot(axes=1)",
    ),
)
