"""The networks of `keras.applications`: their layers as recorded, and what they give at the shape that arrives.

`applications.zip` holds a JSON document for each network, which `refresh_applications.py` writes. `layers` are its
different layers, each `[name, kind, arguments, back]`, and for some how many times wider than what arrives they are.
`name` is null where Keras numbers it as it goes; `back` says how many places before it each input stands, the
image being place 0. `graphs` lists layers in order, by number; they end in the network's top, and `endings` says for
each pooling how many of them go and which come instead. Among the arguments `"classes"` stands for the number of
classes and a padding of `"odd"` for one that depends on whether the size is odd. A document is read when its
network is first asked for. The layers go through the same rules as those of a spec.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import dropwhile
from pathlib import Path
from typing import Any

from netdsl.catalog.binding import bind_arguments
from netdsl.catalog.kind import Call, Inference, Refusal, Weight
from netdsl.catalog.signature import names, signature
from netdsl.diagnostics.problems.arguments import UnknownChoice, WrongArgument
from netdsl.diagnostics.problems.shapes import (
    ConflictingArguments,
    IncompatibleShape,
    TooSmall,
    UnknownDimension,
    WrongDtype,
    WrongRank,
    WrongValue,
)
from netdsl.diagnostics.suggest import closest
from netdsl.tensor import Demand, Dim, TensorSpec, at_least, spell_shape

DATA = Path(__file__).with_name("applications.zip")

#: Networks whose `name=` decides which file of weights is fetched, so that it must stay Keras's own.
NAMED_FILES = ("ConvNeXt", "EfficientNet")

#: Widths that there are ImageNet weights for.
IMAGENET_ALPHAS: Mapping[str, tuple[float, ...]] = {
    "MobileNet": (0.25, 0.5, 0.75, 1.0),
    "MobileNetV2": (0.35, 0.5, 0.75, 1.0, 1.3, 1.4),
    "MobileNetV3Large": (0.75, 1.0),
    "MobileNetV3Small": (0.75, 1.0),
}

#: The sizes at which a whole MobileNet has ImageNet weights, besides 224.
OTHER_SIZES: Mapping[str, tuple[int, ...]] = {
    "MobileNet": (128, 160, 192),
    "MobileNetV2": (96, 128, 160, 192),
}

#: Layers before a network that `include_preprocessing=False` leaves out.
PREPROCESSING = ("Rescaling", "Normalization")

#: MobileNetV3 takes images of any size, its top included.
ANY_SIZE = ("MobileNetV3Large", "MobileNetV3Small")

Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Layer:
    """One recorded layer; `sources` are the places of its inputs, the image being 0."""

    name: str | None
    kind: str
    arguments: Arguments
    sources: tuple[int, ...]
    widening: float | None = None  # how many times wider than its input a MobileNet makes it


@dataclass(frozen=True)
class Applied:
    """What a network gives: an output for each cut, its weights in Keras's order, its work, what its layers give."""

    outputs: tuple[TensorSpec, ...]
    weights: tuple[Weight, ...]
    macs: Dim
    inside: tuple[TensorSpec, ...]
    demands: tuple[Demand, ...]

    @property
    def inference(self) -> Inference:
        return Inference(self.outputs[0] if len(self.outputs) == 1 else self.outputs, self.weights, self.macs)


def application_names() -> tuple[str, ...]:
    """Give the networks that there are records of."""
    return names("application")


def keeps_its_name(name: str) -> bool:
    """Tell whether a network must be made under Keras's own name, and renamed afterwards."""
    return name.startswith(NAMED_FILES)


# -- records ------------------------------------------------------------------------------------


@cache
def _document(name: str) -> dict[str, Any]:
    with zipfile.ZipFile(DATA) as archive:
        return json.loads(archive.read(f"{name}.json"))  # type: ignore[no-any-return]


def layers_of(name: str, arguments: Arguments) -> tuple[Layer, ...]:
    """Give the layers of a network in order; the first stands at place 1."""
    kind = "minimalistic" if arguments.get("minimalistic") else ""
    ending = "top" if arguments.get("include_top", True) else str(arguments.get("pooling")).lower()
    return _recorded(name, kind, ending, bool(arguments.get("include_preprocessing", True)))


@cache
def _recorded(name: str, kind: str, ending: str, preprocesses: bool) -> tuple[Layer, ...]:
    document = _document(name)
    entries = [document["layers"][number] for number in document["graphs"][kind]]
    if ending != "top":
        less, instead = document["endings"][ending]
        entries = [*entries[: len(entries) - less], *instead]
    if not preprocesses:
        entries = list(dropwhile(lambda entry: entry[1] in PREPROCESSING, entries))
    return tuple(
        Layer(own, kind, arguments, tuple(place - step for step in back), *widening)
        for place, (own, kind, arguments, back, *widening) in enumerate(entries, start=1)
    )


def layer_names(name: str, arguments: Arguments) -> tuple[str, ...]:
    """Give the names at which a network may be cut, in order."""
    return tuple(layer.name for layer in layers_of(name, arguments) if layer.name)


# -- checks -------------------------------------------------------------------------------------


def check_arguments(name: str, arguments: Arguments) -> None:
    """Refuse arguments that do not go together, as Keras does."""
    if arguments["input_tensor"] is not None:
        raise Refusal(
            WrongArgument,
            "`input_tensor` is what arrives through the arrow",
            blames="input_tensor",
            help="leave it out",
        )
    _check_weights(arguments)
    pretrained = arguments["weights"] is not None
    imagenet = arguments["weights"] == "imagenet"
    if arguments["include_top"] and imagenet and arguments["classes"] != 1000:
        raise Refusal(
            ConflictingArguments,
            f"`classes` is {arguments['classes']}, and the ImageNet weights of the top are for 1000",
            blames="classes",
            help="take `include_top=False` and add a `Dense` layer of your own",
        )
    activation = arguments["classifier_activation"]
    if arguments["include_top"] and pretrained and activation not in (None, "softmax", "linear"):
        raise Refusal(
            ConflictingArguments,
            f"the weights of the top were trained with softmax, not with {activation}",
            blames="classifier_activation",
        )
    if imagenet:
        _check_widths(name, arguments)


def _check_weights(arguments: Arguments) -> None:
    weights = arguments["weights"]
    if weights is None or weights == "imagenet":
        return
    if not isinstance(weights, str):
        raise Refusal(
            WrongArgument, '`weights` takes `None`, "imagenet" or the path of a file', blames="weights"
        )
    if not weights.endswith((".h5", ".keras", ".hdf5")):
        near = closest(weights, ["imagenet"])
        raise Refusal(
            UnknownChoice,
            f'`weights` is "{weights}", and takes `None`, "imagenet" or the path of a file such as "own.weights.h5"',
            blames="weights",
            help=f'did you mean "{near}"?' if near else "",
        )


def _check_widths(name: str, arguments: Arguments) -> None:
    allowed = IMAGENET_ALPHAS.get(name)
    if allowed is None:
        return
    if arguments.get("minimalistic"):
        allowed = (1.0,)
    if arguments["alpha"] not in allowed:
        there = ", ".join(map(str, allowed))
        raise Refusal(
            ConflictingArguments,
            f"there are no ImageNet weights for `alpha={arguments['alpha']}`, only for {there}",
            blames="alpha",
        )
    if arguments.get("depth_multiplier", 1) != 1:
        raise Refusal(
            ConflictingArguments,
            "there are no ImageNet weights for another depth multiplier than 1",
            blames="depth_multiplier",
        )


def check_image(name: str, arguments: Arguments, x: TensorSpec, demands: list[Demand]) -> None:
    """Refuse images that the network cannot take, as Keras does."""
    if x.rank != 4:
        raise Refusal(
            WrongRank, f"takes images of rank 4 with the batch, {spell_shape(x.shape)} has rank {x.rank}"
        )
    if x.dtype == "string":
        raise Refusal(WrongDtype, f"{x} arrives, and the network computes with numbers")
    _check_written_shape(arguments, x)
    height, width, channels = x.shape[1:]
    if not isinstance(channels, int):
        raise Refusal(
            UnknownDimension,
            f"the channels of {spell_shape(x.shape)} must be known",
            help="give them as a number",
        )
    if arguments["weights"] == "imagenet" and channels != 3:
        raise Refusal(
            IncompatibleShape,
            f"{channels} channels arrive, and the ImageNet weights are for 3",
            help="bring the image to 3 channels, or take `weights=None`",
        )
    _check_size(name, arguments, x, (height, width), demands)


def _check_written_shape(arguments: Arguments, x: TensorSpec) -> None:
    written = arguments["input_shape"]
    if written is None:
        return
    if not isinstance(written, (tuple, list)) or len(written) != 3:
        raise Refusal(
            WrongArgument,
            "`input_shape` takes height, width and channels",
            blames="input_shape",
            help="leave it out",
        )
    for wanted, got in zip(written, x.shape[1:], strict=True):
        if isinstance(wanted, int) and isinstance(got, int) and wanted != got:
            raise Refusal(
                IncompatibleShape,
                f"`input_shape` is {tuple(written)}, {spell_shape(x.shape)} arrives",
                blames="input_shape",
                help="leave it out: the network is made for what arrives",
            )


def _check_size(
    name: str, arguments: Arguments, x: TensorSpec, sides: tuple[Dim, Dim], demands: list[Demand]
) -> None:
    sizes = _document(name)["sizes"]
    least = sizes.get("least", 32)
    for side in sides:
        verdict = at_least(side, least)
        if isinstance(verdict, Demand):
            demands.append(verdict)
        elif not verdict:
            raise Refusal(
                TooSmall,
                f"{spell_shape(x.shape)} arrives, and the network takes images from {least} x {least} on",
            )
    known = all(isinstance(side, int) for side in sides)
    if not known and name.startswith("NASNet"):
        raise Refusal(
            UnknownDimension,
            f"the size of the image decides the layers of the network, {spell_shape(x.shape)} arrives",
        )
    if not arguments["include_top"] or name in ANY_SIZE:
        return
    if not known:
        raise Refusal(
            UnknownDimension,
            f"the top needs an image of known size, {spell_shape(x.shape)} arrives",
            blames="include_top",
            help="give the size, or take `include_top=False`",
        )
    _check_pretrained_size(name, arguments, sides, sizes["default"])


def _check_pretrained_size(name: str, arguments: Arguments, sides: tuple[Dim, Dim], default: int) -> None:
    if arguments["weights"] != "imagenet":
        return
    wanted = (default, *OTHER_SIZES.get(name, ()))
    if sides[0] != sides[1] or sides[0] not in wanted:
        raise Refusal(
            IncompatibleShape,
            f"{sides[0]} x {sides[1]} arrives, and the ImageNet weights of the top are for {default} x {default}",
            blames="include_top",
            help="resize the image, or take `include_top=False`",
        )


# -- inference ----------------------------------------------------------------------------------


def apply_network(name: str, arguments: Arguments, x: TensorSpec, cuts: Sequence[str] = ()) -> Applied:
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


def _place(name: str, layers: Sequence[Layer], cut: str) -> int:
    for place, layer in enumerate(layers, start=1):
        if layer.name == cut:
            return place
    known = [layer.name for layer in layers if layer.name]
    near = closest(cut, known)
    raise Refusal(
        WrongValue,
        f"`{name}` has no layer `{cut}`",
        blames="outputs",
        help=f"did you mean `{near}`?"
        if near
        else f"among its layers are {', '.join(f'`{n}`' for n in known[-3:])}",
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
        own: Inference = OWN_LAYERS[layer.kind](layer, inputs)
        return own
    written = layer.arguments
    if "classes" in _flat(written.values()) or "odd" in _flat(written.values()):
        written = _filled_in(written, arguments, inputs[0])
    if name.startswith("MobileNet"):
        written = _widened(name, layer, written, arguments, tensors)
    call = Call(kind, _bound(layer.kind, _frozen(written)), inputs, len(inputs) > 1, {}, frozenset(written))
    result = kind.rule(call)
    demands.extend(call.demands)
    return result


def _flat(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        if isinstance(value, list):
            yield from _flat(value)
        else:
            yield value


def _frozen(value: Any) -> Any:
    if isinstance(value, Mapping):
        return tuple((key, _frozen(item)) for key, item in value.items())
    return tuple(_frozen(item) for item in value) if isinstance(value, (list, tuple)) else value


@cache
def _bound(kind: str, written: tuple[tuple[str, Any], ...]) -> Arguments:
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


# -- MobileNets of other widths -----------------------------------------------------------------


def rounded(filters: float) -> int:
    """Round to a multiple of 8 (at least 8), and not down by more than a tenth."""
    found = max(8, int(filters + 4) // 8 * 8)
    return found + 8 if found < 0.9 * filters else found


def _widened(
    name: str, layer: Layer, written: Arguments, arguments: Arguments, tensors: Sequence[TensorSpec]
) -> Arguments:
    """Scale a recorded layer to the width that `alpha` asks for."""
    alpha: float = arguments["alpha"]
    if layer.kind == "DepthwiseConv2D" and name == "MobileNet":
        return {**written, "depth_multiplier": arguments["depth_multiplier"]}
    if layer.kind != "Conv2D" or alpha == 1.0 or layer.name in ("conv_preds", "logits"):
        return written
    filters: int = written["filters"]
    if name == "MobileNet":
        return {**written, "filters": int(filters * alpha)}
    scaled = _scaled(name, layer, filters, alpha, tensors)
    return {**written, "filters": scaled}


def _scaled(name: str, layer: Layer, filters: int, alpha: float, tensors: Sequence[TensorSpec]) -> int:
    """Give the filters of a convolution of MobileNetV2 or V3: by width, or by the channels that arrive."""
    own = layer.name or ""
    arriving = tensors[layer.sources[0]].shape[-1]
    assert isinstance(arriving, int)
    if own.endswith("squeeze_excite_conv"):
        return rounded(arriving * 0.25)
    if own.endswith("squeeze_excite_conv_1"):
        return _excited(layer, tensors)
    if layer.widening is not None:
        return rounded(arriving * layer.widening)
    if own in ("Conv_1", "conv_2"):
        return rounded(filters * alpha) if alpha > 1.0 else filters
    if name == "MobileNetV2":
        return rounded(filters * alpha if own == "Conv1" else int(filters * alpha))
    return filters if own == "conv" else rounded(filters * alpha)


def _excited(layer: Layer, tensors: Sequence[TensorSpec]) -> int:
    """Give the channels that were squeezed: those of the pooling, before a convolution and its ReLU."""
    channels = tensors[layer.sources[0] - 2].shape[-1]
    assert isinstance(channels, int)
    return channels


# -- layers that only these networks have -------------------------------------------------------


def _same(layer: Layer, inputs: tuple[TensorSpec, ...]) -> Inference:
    return Inference(inputs[0])


def _layer_scale(layer: Layer, inputs: tuple[TensorSpec, ...]) -> Inference:
    return Inference(inputs[0], (Weight("gamma", (layer.arguments["projection_dim"],)),))


OWN_LAYERS: Mapping[str, Any] = {
    "StochasticDepth": _same,
    "CustomScaleLayer": _same,
    "LayerScale": _layer_scale,
}
