"""Refuses arguments and images that a network of `keras.applications` cannot take, as Keras does."""

from __future__ import annotations

from collections.abc import Mapping

from netdsl.catalog.application_records import document
from netdsl.catalog.kind import Refusal
from netdsl.diagnostics.problems.arguments import UnknownChoice, WrongArgument
from netdsl.diagnostics.problems.shapes import (
    ConflictingArguments,
    IncompatibleShape,
    TooSmall,
    UnknownDimension,
    WrongDtype,
    WrongRank,
)
from netdsl.diagnostics.suggest import closest
from netdsl.tensor import Demand, Dim, TensorSpec, at_least, spell_shape
from netdsl.value import Arguments

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

#: MobileNetV3 takes images of any size, its top included.
ANY_SIZE = ("MobileNetV3Large", "MobileNetV3Small")


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
            WrongArgument,
            '`weights` takes `None`, "imagenet" or the path of a file',
            blames="weights",
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
            WrongRank,
            f"takes images of rank 4 with the batch, {spell_shape(x.shape)} has rank {x.rank}",
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
            f"{channels} channel{'s arrive' if channels != 1 else ' arrives'}, and the ImageNet weights are for 3",
            help="bring the image to 3 channels, with `Concatenate()` of three copies or `Conv2D(3, 1)`, "
            "or take `weights=None`",
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
    sizes = document(name)["sizes"]
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


def _check_pretrained_size(
    name: str, arguments: Arguments, sides: tuple[Dim, Dim], default: int
) -> None:
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
