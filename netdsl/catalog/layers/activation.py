"""Activations as layers of their own."""

from __future__ import annotations

from netdsl.catalog.kind import Call, Inference, LayerKind, Refusal
from netdsl.catalog.shape_rules import axes_of, elementwise, keeps_any_mask, numeric
from netdsl.diagnostics.problems.shapes import UnequalInputs, WrongAxis
from netdsl.tensor import TensorSpec, equal, spell_shape


def softmax(call: Call) -> Inference:
    """Normalise along an axis that must be there; Keras misses a wrong one until the net is run."""
    for x in call.inputs:
        axes_of(call, call.axis, x.shape)
    mask = call.call_arguments.get("mask")
    if isinstance(mask, TensorSpec):
        _fits(call, mask)
    return elementwise(call)


def _fits(call: Call, mask: TensorSpec) -> None:
    """Refuse a mask that cannot stretch to the input; Keras finds out when the net is run."""
    pairs = list(zip(reversed(mask.shape), reversed(call.x.shape), strict=False))
    if mask.rank > call.x.rank or not all(a == 1 or call.holds(equal(a, b)) for a, b in pairs):
        raise Refusal(
            UnequalInputs,
            f"the mask {spell_shape(mask.shape)} does not stretch to {spell_shape(call.x.shape)}",
            blames="mask",
        )


def parametric_rectifier(call: Call) -> Inference:
    """Learn a slope for each feature; `shared_axes` count from 1 and share it.

    (None, 32, 32, 8), shared_axes=[1, 2] -> the same, alpha (1, 1, 8)
    """
    numeric(call)
    x = call.one()
    shared = call.shared_axes or ()
    shared = (shared,) if isinstance(shared, int) else shared
    for axis in shared:
        if not 1 <= axis < x.rank:
            raise Refusal(
                WrongAxis,
                f"axis {axis} of {spell_shape(x.shape)}; axes are shared from 1 to {x.rank - 1}",
                blames="shared_axes",
            )
    sizes = [
        1 if axis in shared else call.known(x.shape[axis], axis, "its slopes")
        for axis in range(1, x.rank)
    ]
    return call.gives(x.shape, weights=[call.weight("alpha", sizes)])


KINDS = (
    LayerKind(
        "Activation",
        elementwise,
        roles=("activation", "each_place"),
        group="activation",
        shape_rule="what arrives",
        use_for="any activation by its name, after a normalization for instance",
        watch_for="`softmax` works on the last axis",
        example='[64] -> Activation("gelu")',
    ),
    LayerKind(
        "ReLU",
        elementwise,
        roles=("activation", "each_place"),
        group="activation",
        shape_rule="what arrives",
        use_for="hidden layers: max(0, x), with a slope, a threshold and a bound where wanted",
        watch_for="units whose input stays negative stop learning; `max_value=6` bounds it",
        example="[64] -> ReLU()",
    ),
    LayerKind(
        "LeakyReLU",
        elementwise,
        roles=("activation", "each_place"),
        group="activation",
        shape_rule="what arrives",
        use_for="hidden layers and critics: x above 0, negative_slope * x below",
        watch_for="its slope is 0.3 unless said, `leaky_relu` as an activation has 0.2",
        example="[64] -> LeakyReLU(0.2)",
    ),
    LayerKind(
        "PReLU",
        parametric_rectifier,
        roles=("activation", "each_place"),
        group="activation",
        shape_rule="what arrives; a slope for each feature that is not shared",
        use_for="convolutional nets that may learn their negative slope",
        watch_for="share the slope over space, `shared_axes=[1, 2]`, or it has one for each pixel",
        example="[32, 32, 8] -> PReLU(shared_axes=[1, 2])",
        keeps_rank=True,
    ),
    LayerKind(
        "ELU",
        elementwise,
        roles=("activation", "each_place"),
        group="activation",
        shape_rule="what arrives",
        use_for="deep nets that lose units to relu: x above 0, alpha * (e^x - 1) below",
        watch_for="an exponential for each negative input",
        example="[64] -> ELU()",
    ),
    LayerKind(
        "Softmax",
        softmax,
        mask=keeps_any_mask,
        tensor_arguments=frozenset({"mask"}),
        roles=("activation", "each_place"),
        group="activation",
        shape_rule="what arrives",
        use_for="probabilities over an axis: e^x / sum(e^x)",
        watch_for="on a single unit it is always 1; masked places get 0",
        example="[10] -> Softmax()",
    ),
)
