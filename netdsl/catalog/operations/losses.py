"""Functions that compare: losses and one-hot codes, and what decodes them."""

from __future__ import annotations

from dataclasses import replace

from netdsl.catalog.kind import Inference, Refusal
from netdsl.catalog.operations.axes import (
    axis_of,
    broadcast,
    inserted,
    known_to_both,
    size,
    without,
)
from netdsl.catalog.operations.call import OpCall, OpRule, gives, gives_several, spell_value
from netdsl.catalog.operations.promotion import FLOATX, meet
from netdsl.diagnostics.problems.arguments import WrongArgument
from netdsl.diagnostics.problems.shapes import UnequalInputs, WrongAxis, WrongValue
from netdsl.tensor import Shape, TensorSpec, equal, same_number, spell_shape


def one_hot(call: OpCall) -> Inference:
    """Add a new axis of so many classes: int32(None, 5), 10 -> (None, 5, 10)."""
    x = call.numeric("x")
    shape = _coded(call, x)
    return gives(shape, call.dtype or FLOATX, sparse=bool(call.sparse))


def multi_hot(call: OpCall) -> Inference:
    """Tell which classes occur: int32(None, 5), 10 -> (None, 10). Keras says the dtype that arrives."""
    x = call.numeric("inputs")
    shape = _coded(call, x)
    rest = shape[-1:] if len(shape) == 2 else (shape[0], *shape[2:])
    return gives(rest, x.dtype, sparse=bool(call.sparse))


def _coded(call: OpCall, x: TensorSpec) -> Shape:
    asked = call.num_classes if call.num_classes is not None else call.arguments.get("num_tokens")
    if asked is None:
        raise Refusal(
            WrongArgument,
            "`num_classes` takes the number of classes, this is `None`",
            blames="num_classes",
        )
    classes = size(asked, "num_classes", 1)
    axis = call.axis
    if not isinstance(axis, int) or not (axis == -1 or 0 <= axis < x.rank):
        raise Refusal(
            WrongAxis,
            f"`axis` is {spell_value(axis)}, and is -1 or from 0 to {x.rank - 1} here",
            blames="axis",
        )
    return inserted(x.shape, x.rank if axis == -1 else axis, classes)


def elementwise_loss(call: OpCall) -> Inference:
    """Give a loss of two tensors of one shape; the categorical one takes the classes away."""
    target, output = call.numeric("target"), call.numeric("output")
    _same_shape(call, target.shape, output.shape)
    if call.function == "binary_crossentropy":
        return gives(output.shape, output.dtype)
    call.ranked(output, "output", min_rank=1)
    axis_of(call.axis, output.rank, output.shape)
    return gives(output.shape[:-1], output.dtype)


def _same_shape(call: OpCall, target: Shape, output: Shape) -> None:
    pairs = list(zip(target, output, strict=False))
    if len(target) != len(output) or not all(call.holds(same_number(a, b)) for a, b in pairs):
        raise Refusal(
            UnequalInputs,
            f"targets of shape {spell_shape(target)} for {spell_shape(output)}",
            blames="target",
            help=next(filter(None, (known_to_both(a, b) for a, b in pairs)), ""),
        )


def sparse_loss(call: OpCall) -> Inference:
    """Give the categorical loss of class numbers."""
    target, output = call.numeric("target"), call.numeric("output")
    call.ranked(output, "output", min_rank=1)
    shape = without(output.shape, axis_of(call.axis, output.rank, output.shape))
    wanted = target.shape
    if len(wanted) == output.rank and wanted[-1] == 1:
        wanted = wanted[:-1]
    _same_shape(call, wanted, shape)
    return gives(shape, output.dtype)


def ctc_loss(call: OpCall) -> Inference:
    """Give the loss of connectionist temporal classification, a number for each sample."""
    parts = [call.numeric(n) for n in ("target", "output", "target_length", "output_length")]
    for name, x in zip(("output", "target_length", "output_length"), parts[1:], strict=True):
        first = call.ranked(parts[0], "target", min_rank=1).shape[0]
        if x.rank == 0 or not call.holds(same_number(first, x.shape[0])):
            raise Refusal(
                UnequalInputs,
                f"{spell_shape(x.shape)} beside targets {spell_shape(parts[0].shape)}",
                blames=name,
                help=known_to_both(first, x.shape[0]) if x.rank else "",
            )
    return gives((parts[0].shape[0],), meet(parts[1].dtype, FLOATX))


def ctc_decode(call: OpCall) -> Inference:
    """Give the most likely sequences and their scores."""
    x = call.ranked(call.numeric("inputs"), "inputs", min_rank=2)
    lengths = call.ranked(call.data("sequence_lengths"), "sequence_lengths", rank=1)
    if not call.holds(equal(lengths.shape[0], x.shape[0])):
        raise Refusal(
            UnequalInputs,
            f"{lengths.shape[0]} lengths for {x.shape[0]} sequences",
            blames="sequence_lengths",
        )
    if call.strategy not in ("greedy", "beam_search"):
        raise Refusal(
            WrongValue,
            f'`strategy` knows "greedy" and "beam_search", this is {call.strategy!r}',
            blames="strategy",
        )
    paths = 1 if call.strategy == "greedy" else size(call.top_paths, "top_paths", 1)
    result = gives_several(
        [(paths, x.shape[0], x.shape[1]), (x.shape[0], paths)], "int32", meet(x.dtype, FLOATX)
    )
    caveat = f"decodes (batch, steps, classes), and {spell_shape(x.shape)} arrives"
    return result if x.rank == 3 else replace(result, caveats=(caveat,))


def psnr(call: OpCall) -> Inference:
    """Give the peak signal-to-noise ratio of the whole."""
    left, right = call.numeric("x1"), call.numeric("x2")
    call.ranked(right, "x2", rank=left.rank)
    broadcast(call, left.shape, right.shape)
    return gives((), FLOATX)


RULES: dict[str, OpRule] = {
    "one_hot": one_hot,
    "multi_hot": multi_hot,
    **dict.fromkeys("binary_crossentropy categorical_crossentropy".split(), elementwise_loss),
    "sparse_categorical_crossentropy": sparse_loss,
    "ctc_loss": ctc_loss,
    "ctc_decode": ctc_decode,
    "psnr": psnr,
}
