"""Bidirectional: a recurrent layer over a sequence in both directions, and how what they give is joined."""

from __future__ import annotations

from netdsl.catalog.kind import (
    BoundLayer,
    Call,
    Inference,
    LayerKind,
    Refusal,
    Structure,
)
from netdsl.catalog.layers.recurrent import CALL_TENSORS, sequence
from netdsl.catalog.layers.wrappers import apply_inside, within
from netdsl.diagnostics.problems.shapes import (
    ConflictingArguments,
    WrongState,
    WrongWrapped,
)
from netdsl.tensor import TensorSpec, spell_shape
from netdsl.value import Value

SHARED = ("stateful", "return_sequences", "return_state")


def bidirectional(call: Call) -> Inference:
    """Run a recurrent layer over the sequence in both directions.

    (None, 9, 8), LSTM(4), merge_mode="concat" -> (None, 8)
    """
    forward = _recurrent(call.layer, "layer")
    _refuse_shared(forward)
    backward = _backward(call, forward)
    x = sequence(call, rank=None)
    first, second = _halves(call, forward, x)
    mask = call.call_arguments.get("mask")
    held = "backward_layer" if call.backward_layer else "layer"
    try:
        results = (
            apply_inside(forward, x, "layer", initial_state=first, mask=mask),
            apply_inside(backward, x, held, initial_state=second, mask=mask),
        )
    except Refusal as refusal:
        _for_both(refusal)
        raise
    output, states = _parts(call, forward, results[0])
    caveats = (
        *results[0].caveats,
        *_unlike_directions(call, output, _parts(call, backward, results[1])[0]),
    )
    weights = (
        *within(results[0].weights, "forward_layer"),
        *within(results[1].weights, "backward_layer"),
    )
    macs, kept = results[0].macs + results[1].macs, results[0].kept + results[1].kept
    return Inference(_merged(call, output, states), weights, macs, caveats, kept=kept)


def _recurrent(layer: Value, argument: str) -> BoundLayer:
    """Refuse a layer that does not go over time."""
    if isinstance(layer, BoundLayer) and {"go_backwards", *SHARED} <= set(layer.arguments):
        return layer
    name = layer.label if isinstance(layer, BoundLayer) else repr(layer)
    raise Refusal(
        WrongWrapped,
        f"`{name}` does not go over time, so it has no direction",
        blames=argument,
        help="give a recurrent layer, such as `LSTM(64)`, `GRU(64)` or `RNN(LSTMCell(64))`",
    )


def _refuse_shared(forward: BoundLayer) -> None:
    """Refuse a layer that is shared: Keras makes both directions anew from what it is told of it."""
    if forward.shared is None:
        return
    raise Refusal(
        WrongWrapped,
        f"Keras copies `{forward.shared.declared}` for each direction, so its weights would not be shared",
        blames="layer",
        help=f"write the layer itself, `{forward.kind}(…)`, or share the whole: "
        f"`layer {forward.shared.declared} = Bidirectional({forward.kind}(…))`",
    )


def _backward(call: Call, forward: BoundLayer) -> BoundLayer:
    """Give the layer of the other direction, and refuse a pair that does not belong together."""
    if call.backward_layer is None:
        if forward.go_backwards:
            raise _same_direction("layer", "the other direction is made from it")
        return forward
    backward = _recurrent(call.backward_layer, "backward_layer")
    if backward.go_backwards == forward.go_backwards:
        raise _same_direction("backward_layer", "write `go_backwards=True` in one of the two")
    for name in SHARED:
        if forward.arguments[name] != backward.arguments[name]:
            raise Refusal(
                ConflictingArguments,
                f"`{name}` is {forward.arguments[name]} in `layer` and "
                f"{backward.arguments[name]} in `backward_layer`",
                blames="backward_layer",
            )
    return backward


def _same_direction(argument: str, help: str) -> Refusal:
    return Refusal(
        ConflictingArguments, "both layers go in one direction", blames=argument, help=help
    )


def _parts(
    call: Call, layer: BoundLayer, result: Inference
) -> tuple[TensorSpec, tuple[Structure, ...]]:
    """Take an inner layer's output and its states apart, in the wrapper's dtype."""
    if not layer.return_state:
        assert isinstance(result.outputs, TensorSpec)
        return result.outputs.with_dtype(call.compute_dtype), ()
    assert isinstance(result.outputs, tuple)
    output = result.outputs[0]
    assert isinstance(output, TensorSpec)
    states = tuple(_recast(state, call.compute_dtype) for state in result.outputs[1:])
    return output.with_dtype(call.compute_dtype), states


def _recast(structure: Structure, dtype: str) -> Structure:
    if isinstance(structure, TensorSpec):
        return structure.with_dtype(dtype)
    return tuple(_recast(part, dtype) for part in structure)


def _merged(call: Call, output: TensorSpec, states: tuple[Structure, ...]) -> Structure:
    """Join the two directions; Keras takes the states of the second to be like those of the first."""
    both: tuple[Structure, ...]
    if call.merge_mode is None:
        both = (output, output)
    elif call.merge_mode == "concat":
        both = (output.with_shape((*output.shape[:-1], output.shape[-1] * 2)),)
    else:
        both = (output,)
    outputs = (*both, *states, *states)
    return outputs[0] if len(outputs) == 1 else outputs


def _unlike_directions(call: Call, forward: TensorSpec, backward: TensorSpec) -> tuple[str, ...]:
    if forward.shape == backward.shape:
        return ()
    shapes = f"{spell_shape(forward.shape)} forwards and {spell_shape(backward.shape)} backwards"
    if call.merge_mode in ("concat", None):
        return (f"the directions give {shapes}, and Keras reckons with the first for both",)
    return (f"the directions give {shapes}, which cannot be joined with `{call.merge_mode}`",)


def _for_both(refusal: Refusal) -> None:
    """Let what a direction needs of states be what the two of them need."""
    needs = refusal.facts.get("needs")
    if refusal.problem is WrongState and isinstance(needs, tuple):
        refusal.facts["needs"] = needs * 2


def _needs(forward: BoundLayer, x: TensorSpec) -> tuple[int, ...]:
    """Ask a layer how wide its states are, by giving it none."""
    try:
        forward.infer((x,), initial_state=())
    except Refusal as refusal:
        needs = refusal.facts.get("needs")
        return needs if isinstance(needs, tuple) else ()
    return ()


def _halves(call: Call, forward: BoundLayer, x: TensorSpec) -> tuple[Value, Value]:
    """Give the states that each direction starts from: the first half of the list, and the rest."""
    given = call.call_arguments.get("initial_state")
    if given is None:
        return None, None
    count = len(given) if isinstance(given, (list, tuple)) else 1
    if count < 2:
        raise Refusal(
            WrongState,
            f"{count} given, and each of the two directions takes its own",
            blames="initial_state",
            help="list the forward states, then the backward ones: `initial_state=[h, c, h2, c2]`",
            needs=_needs(forward, x) * 2,
        )
    half = len(given) // 2
    return tuple(given[:half]), tuple(given[half:])


def _directions_masked(call: Call) -> bool | tuple[bool, ...]:
    masked = bool(call.layer.arguments.get("return_sequences")) and call.x.masked
    if call.merge_mode is None:
        return (masked, masked)
    return (masked,) if call.layer.arguments.get("return_state") else masked


def _output_words(given: frozenset[str], count: int) -> tuple[str, ...]:
    """Name what a recurrence and its mirror give: what they have read, then the states that each ended in."""
    if count == 3:
        return ("output", "forward", "backward")
    return ("output", "forward_h", "forward_c", "backward_h", "backward_c")


KINDS = (
    LayerKind(
        "Bidirectional",
        bidirectional,
        mask=_directions_masked,
        roles=("recurrent",),
        group="wrappers",
        shape_rule='as the layer; merge_mode="concat" doubles the last axis, None gives both directions',
        use_for="sequences that are known as a whole: tagging, classification, encoders",
        watch_for="looks into the future, so not for prediction step by step",
        output_words=_output_words,
        example="[12, 8] -> Bidirectional(LSTM(16))",
        holds_layers=True,
        tensor_arguments=CALL_TENSORS,
    ),
)
