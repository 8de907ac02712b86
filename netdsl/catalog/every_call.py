"""What holds of every layer and every function of `keras.ops`, whatever its rule says."""

from __future__ import annotations

from netdsl.catalog.kind import Call, Inference, Refusal, flatten_structure
from netdsl.catalog.tensor_forms import check_layer
from netdsl.diagnostics.problems.shapes import TooSmall
from netdsl.stack import deep
from netdsl.tensor import spell_shape


@deep
def run_rule(call: Call) -> Inference:
    """Say what a layer gives, by its kind's rule."""
    check_layer(call)
    return no_negative_sizes(call.kind.rule(call))


def no_negative_sizes(inference: Inference) -> Inference:
    """Refuse what gives a tensor of a negative size, as Keras does, whatever rule gave it."""
    for spec in flatten_structure(inference.outputs):
        if any(isinstance(dim, int) and dim < 0 for dim in spec.shape):
            raise Refusal(
                TooSmall,
                f"this would give {spell_shape(spec.shape)}, and no size is negative",
                help="give it a larger input",
            )
    return inference
