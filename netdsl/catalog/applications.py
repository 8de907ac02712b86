"""What a network of `keras.applications` gives at the shape that arrives.

Its recorded layers go through the same rules as those of a spec.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from netdsl.catalog.application_checks import check_arguments, check_image
from netdsl.catalog.application_records import Layer, layers_of
from netdsl.catalog.application_widths import leaves_shortcut_out, widened
from netdsl.catalog.binding import bind_arguments
from netdsl.catalog.kind import Call, Inference, Refusal, Weight
from netdsl.catalog.signature import signature
from netdsl.diagnostics.problems.shapes import UnknownDimension, WrongValue
from netdsl.record import record
from netdsl.tensor import Demand, Dim, TensorSpec, spell_shape
from netdsl.value import Arguments, Value


@record
class Applied:
    """What a network gives: an output for each cut, its weights in Keras's order, its work, what its layers give."""

    outputs: tuple[TensorSpec, ...]
    weights: tuple[Weight, ...]
    macs: Dim
    inside: tuple[TensorSpec, ...]
    demands: tuple[Demand, ...]

    @property
    def inference(self) -> Inference:
        return Inference(
            self.outputs[0] if len(self.outputs) == 1 else self.outputs, self.weights, self.macs
        )


def apply_network(
    name: str, arguments: Arguments, x: TensorSpec, cuts: Sequence[str] = ()
) -> Applied:
    """Run a network's layers on a tensor; `cuts` are the layers whose outputs are wanted, if not the last."""
    demands: list[Demand] = []
    check_arguments(name, arguments)
    check_image(name, arguments, x, demands)
    wanted = dict(arguments)
    if wanted.get("include_preprocessing") and x.shape[3] != 3 and not name.startswith("MobileNet"):
        wanted["include_preprocessing"] = False  # Keras leaves the normalization of colours out
    layers = layers_of(name, wanted)
    places = [_place(name, layers, cut) for cut in cuts] or [len(layers)]
    needed = _needed(layers, places)
    return _run(name, layers, needed, places, wanted, x.with_dtype("float32"), demands)


def every_map(name: str, arguments: Arguments, x: TensorSpec) -> tuple[TensorSpec, ...]:
    """Give what each layer of a network gives, in order."""
    layers = layers_of(name, arguments)
    every = range(1, len(layers) + 1)
    return _run(name, layers, set(every), every, arguments, x, []).inside


def _place(name: str, layers: Sequence[Layer], cut: str) -> int:
    for place, layer in enumerate(layers, start=1):
        if layer.name == cut:
            return place
    raise Refusal(
        WrongValue, f"`{name}` has no layer `{cut}`", blames="outputs", facts={"cut": cut}
    )


def _needed(layers: Sequence[Layer], places: Iterable[int]) -> set[int]:
    """Give the places of the layers that some output depends on."""
    pending, found = list(places), set()
    while pending:
        place = pending.pop()
        if place and place not in found:
            found.add(place)
            pending.extend(layers[place - 1].sources)
    return found


def _run(
    name: str,
    layers: Sequence[Layer],
    needed: set[int],
    places: Sequence[int],
    arguments: Arguments,
    x: TensorSpec,
    demands: list[Demand],
) -> Applied:
    tensors: list[TensorSpec] = [x]
    weights: list[Weight] = []
    macs: Dim = 0
    for place, layer in enumerate(layers, start=1):
        if place not in needed:
            tensors.append(x)
            continue
        inputs = tuple(tensors[source] for source in layer.sources)
        if place in places and leaves_shortcut_out(name, layer, inputs):
            label = f"`{layer.name}` is not there at `alpha={arguments['alpha']}`: what it would add differs in width"
            raise Refusal(WrongValue, label, blames="outputs")
        result = _apply(name, layer, inputs, arguments, tensors, demands)
        assert isinstance(result.outputs, TensorSpec)
        tensors.append(result.outputs)
        weights.extend(replace(w, within=layer.name or layer.kind) for w in result.weights)
        macs = macs + result.macs
    outputs = tuple(tensors[place] for place in places)
    inside = tuple(tensors[place] for place in sorted(needed))
    return Applied(outputs, tuple(weights), macs, inside, tuple(dict.fromkeys(demands)))


def _apply(
    name: str,
    layer: Layer,
    inputs: tuple[TensorSpec, ...],
    arguments: Arguments,
    tensors: Sequence[TensorSpec],
    demands: list[Demand],
) -> Inference:
    from netdsl.catalog import layer_kinds

    kind = layer_kinds().get(layer.kind)
    if kind is None:
        return OWN_LAYERS[layer.kind](layer, inputs)
    if leaves_shortcut_out(name, layer, inputs):
        return Inference(inputs[-1])
    written = layer.arguments
    if "classes" in _flat(written.values()) or "odd" in _flat(written.values()):
        written = _filled_in(written, arguments, inputs[0])
    if name.startswith("MobileNet"):
        written = widened(name, layer, written, arguments, tensors)
    call = Call(
        kind, _bound(layer.kind, _frozen(written)), inputs, len(inputs) > 1, {}, frozenset(written)
    )
    result = kind.rule(call)
    demands.extend(call.demands)
    return result


def _flat(values: Iterable[Value]) -> Iterable[Value]:
    for value in values:
        if isinstance(value, list):
            yield from _flat(value)
        else:
            yield value


def _frozen(value: object) -> Any:  # what is recorded in JSON, with tuples for lists and dicts
    if isinstance(value, Mapping):
        return tuple((key, _frozen(item)) for key, item in value.items())
    return tuple(_frozen(item) for item in value) if isinstance(value, (list, tuple)) else value


@cache
def _bound(kind: str, written: tuple[tuple[str, Value], ...]) -> Arguments:
    """Bind a recorded layer's arguments, once for each different layer."""
    from netdsl.catalog import layer_kinds

    facts = signature("layer", kind)
    assert facts is not None
    return bind_arguments(facts, layer_kinds()[kind].arguments, (), written).arguments


def _filled_in(written: Arguments, arguments: Arguments, x: TensorSpec) -> Arguments:
    """Put the number of classes, and a padding for the size that arrives, in their places."""
    found = dict(written)
    for argument, value in written.items():
        if value == "classes":
            found[argument] = arguments["classes"]
        elif argument == "target_shape":
            found[argument] = tuple(arguments["classes"] if v == "classes" else v for v in value)
        elif argument == "padding" and isinstance(value, list):
            found[argument] = aligned_padding(value[0][1], x)
    return found


def aligned_padding(half: int, x: TensorSpec) -> tuple[tuple[int, int], tuple[int, int]]:
    """Pad an even length by one less before than behind, as Keras does; a length it does not know counts as even."""
    height, width = x.shape[1:3]
    rest = (1, 1)
    if isinstance(height, int):
        if not isinstance(width, int):
            raise Refusal(
                UnknownDimension,
                f"height and width are both known or both not, {spell_shape(x.shape)} arrives",
            )
        rest = (1 - height % 2, 1 - width % 2)
    return (half - rest[0], half), (half - rest[1], half)


def _same(layer: Layer, inputs: tuple[TensorSpec, ...]) -> Inference:
    return Inference(inputs[0])


def _layer_scale(layer: Layer, inputs: tuple[TensorSpec, ...]) -> Inference:
    return Inference(inputs[0], (Weight("gamma", (layer.arguments["projection_dim"],)),))


OWN_LAYERS: Mapping[str, Callable[[Layer, tuple[TensorSpec, ...]], Inference]] = {
    "StochasticDepth": _same,
    "CustomScaleLayer": _same,
    "LayerScale": _layer_scale,
}
