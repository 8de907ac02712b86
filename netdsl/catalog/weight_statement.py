"""What the statement `weight name: type(options) = initializer` takes, and what it comes to.

Keras has no layer that holds a tensor and nothing else; the class of that name that an emitted module has is described
here as Keras's own layers are in `layers/`.
"""

from __future__ import annotations

from netdsl.catalog.argument_types import BOOLEAN
from netdsl.catalog.initial_values import refuse_misfit
from netdsl.catalog.kind import FLOAT_DTYPES, Call, Inference, LayerKind, Refusal, Weight
from netdsl.catalog.reference_types import CONSTRAINT, INITIALIZER, REGULARIZER
from netdsl.catalog.signature import Parameter, Signature
from netdsl.diagnostics.problems.shapes import WrongDtype
from netdsl.tensor import TensorSpec

#: The class, and what it is registered under with Keras: the importer knows it by this.
KIND = "Weight"
PACKAGE = "netdsl"
REGISTERED = f"{PACKAGE}>{KIND}"

#: What stands in parentheses after the type, in the order in which the class takes it.
OPTIONS = ("regularizer", "constraint", "trainable", "name")

SIGNATURE = Signature(
    "weight",
    "layer",
    (
        Parameter("initializer", "glorot_uniform", kind="keyword"),
        Parameter("regularizer", kind="keyword"),
        Parameter("constraint", kind="keyword"),
        Parameter("trainable", True, kind="keyword"),
        Parameter("name", kind="keyword"),
    ),
)

#: Dtypes that variables of Keras have; those of whole numbers are filled, and not learned.
DTYPES = (
    *FLOAT_DTYPES,
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool"),
)


def free_weight(call: Call) -> Inference:
    """Give the tensor itself, without a batch. [64] -> (64,)"""
    dtype = call.arguments.get("dtype") or "float32"
    made = Weight(KIND.lower(), call.shape, call.trainable, dtype)
    _check_training(call, dtype)
    refuse_misfit(made, "initializer", call.initializer)
    return Inference(TensorSpec(call.shape, dtype), (made,))


def _check_training(call: Call, dtype: str) -> None:
    if dtype not in FLOAT_DTYPES and call.trainable:
        raise Refusal(
            WrongDtype,
            f"numbers of {dtype} have no gradient to learn by",
            blames="dtype",
            help="say `trainable=False` after the type, or leave the dtype out",
        )


WEIGHT = LayerKind(
    KIND,
    free_weight,
    arguments={
        "initializer": INITIALIZER,
        "regularizer": REGULARIZER,
        "constraint": CONSTRAINT,
        "trainable": BOOLEAN,
    },
    mask="drop",
    shape_rule="the shape that is written, without a batch",
    use_for="class tokens, scales, latents, a matrix that is used twice",
    watch_for="it has no batch: it meets one by arithmetic and `@`, not in `Concatenate` or `Add`",
    example="[16, 64] -> _ * gamma",
)
