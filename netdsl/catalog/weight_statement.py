"""What the statement `weight name: type(options) = initializer` takes, and what it comes to.

Keras has no layer that holds a tensor and nothing else; the class of that name that an emitted module has is described
here as Keras's own layers are in `layers/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from netdsl.catalog.argument_types import BOOLEAN
from netdsl.catalog.initial_values import refuse_misfit
from netdsl.catalog.kind import (
    FLOAT_DTYPES,
    Call,
    Inference,
    LayerKind,
    ObjectValue,
    Refusal,
    Weight,
)
from netdsl.catalog.reference_types import CONSTRAINT, INITIALIZER, REGULARIZER
from netdsl.catalog.signature import Parameter, Signature, signature
from netdsl.diagnostics.problems.shapes import WrongDtype, WrongValue
from netdsl.tensor import TensorSpec, spell_shape
from netdsl.value import Value

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
    if dtype not in FLOAT_DTYPES:
        _check_integers(call, dtype)
    refuse_misfit(replace(made, name=call.called), "initializer", call.initializer)
    _check_axes(call, "regularizer", call.regularizer, _REGULARIZED)
    _check_axes(call, "constraint", call.constraint, _CONSTRAINED)
    return Inference(TensorSpec(call.shape, dtype), (made,))


def _check_integers(call: Call, dtype: str) -> None:
    if call.trainable:
        raise Refusal(
            WrongDtype,
            f"numbers of {dtype} have no gradient to learn by",
            blames="dtype",
            help="say `trainable=False` after the type, or leave the dtype out",
        )
    if call.initializer == SIGNATURE.parameters[0].default:
        raise Refusal(
            WrongDtype,
            f"numbers of {dtype} start from a constant, and none is given",
            blames="dtype",
            help="write what it starts from: `= zeros`, or `= Constant(3)`",
        )


#: How many axes Keras wants of what is regularized or constrained.
_REGULARIZED = {"OrthogonalRegularizer": 2}
_CONSTRAINED = {"RadialConstraint": 4}


def _check_axes(
    call: Call,
    argument: Literal["regularizer", "constraint"],
    value: Value,
    wanted: Mapping[str, int],
) -> None:
    """Refuse what goes by axes that the weight has not: Keras tells that when it trains."""
    if not isinstance(value, ObjectValue):
        return
    rank, shape = len(call.shape), spell_shape(call.shape)
    needs = wanted.get(value.kind, rank)
    if rank != needs:
        label = f"it takes a tensor of {needs} axes, and `{call.called}` has shape {shape}"
        raise Refusal(WrongValue, label, blames=argument, help="leave it out")
    found = signature(argument, value.kind)
    along = found.parameter("axis") if found is not None else None
    axes = value.arguments.get("axis", along.default) if along is not None else ()
    for axis in axes if isinstance(axes, (list, tuple)) else [axes]:
        if isinstance(axis, int) and not -rank <= axis < rank:
            label = f"it goes along axis {axis}, and `{call.called}` has shape {shape}"
            help_ = "leave `axis` out" if rank else "leave it out"
            raise Refusal(WrongValue, label, blames=argument, help=help_)


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
