"""Images: resizing, cropping, and the random changes that make more of them.

Keras only computes a shape where these layers are built, and it takes an axis-3 image for a single one, so
much fails no earlier than at run time; `_as_images` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal

from netdsl.catalog.argument_types import (
    COUNT,
    FRACTION,
    ArgumentType,
    choice,
    optional,
)
from netdsl.catalog.kind import Call, Inference, LayerKind, Masking, Refusal, Role, Rule
from netdsl.catalog.shape_rules import elementwise, numeric
from netdsl.diagnostics.problems.shapes import (
    ConflictingArguments,
    IncompatibleShape,
    WrongRank,
)
from netdsl.tensor import UNKNOWN, Dim, TensorSpec, spell_shape
from netdsl.value import Arguments


def _as_images(call: Call) -> tuple[str, ...]:
    """Say what of the inputs is no batch of images, which Keras finds out when it runs."""
    if call.is_list:
        return (f"works on images, and a list of {len(call.inputs)} tensors arrives",)
    shape = call.inputs[0].shape
    if len(shape) == 4:
        return ()
    if len(shape) == 3:
        return (f"{spell_shape(shape)} is taken for one image, and the batch for its height",)
    return (f"takes images, (batch, height, width, channels), and {spell_shape(shape)} arrives",)


def same_shape(call: Call) -> Inference:
    """Change the pixels and keep the shape. (None, 32, 32, 3) -> (None, 32, 32, 3)"""
    result = elementwise(call)
    return Inference(result.outputs, caveats=_as_images(call))


def same_tensor(call: Call) -> Inference:
    """Change the pixels and keep shape and dtype; floats come in the compute dtype."""
    numeric(call)
    outputs = tuple(TensorSpec(x.shape, call.cast(x).dtype) for x in call.inputs)
    return Inference(outputs if call.is_list else outputs[0], caveats=_as_images(call))


def equalized(call: Call) -> Inference:
    """Do as `same_tensor` does; Keras 3.15.1 hands on the very tensor that arrived, and a model then finds a cycle."""
    result = same_tensor(call)
    lost = "Keras takes its output for its input, and the layer is lost or a cycle is found"
    shape, axis = call.inputs[0].shape, -3 if call.data_format == "channels_first" else -1
    caveats = result.caveats
    if len(shape) >= 3 and not isinstance(shape[axis], int):
        caveats = (*caveats, f"takes the channels one by one, and their number is {shape[axis]}")
    return replace(result, caveats=caveats, no_model=lost)


def sheared(call: Call) -> Inference:
    """Do as `same_shape` does; Keras 3.15.1 saves the factor 0.2 as (-0.2, 0.2), which it then refuses to load."""
    result = same_shape(call)
    factors = [call.arguments.get(name) for name in ("x_factor", "y_factor")]
    if not any(isinstance(factor, (int, float)) and factor != 0 for factor in factors):
        return result
    lost = "a model saved with a factor that is one number does not load again: write a pair, `(0.0, 0.2)`"
    return replace(result, unsaved=(lost,))


def greyscale(call: Call) -> Inference:
    """Take the colour out of one tensor, and keep its shape and dtype."""
    call.one()
    return same_tensor(call)


def colour(call: Call) -> Inference:
    """Change the colours of images with three channels."""
    x = call.one()
    if x.rank not in (3, 4):
        raise Refusal(WrongRank, f"needs (batch, height, width, 3), {spell_shape(x.shape)} arrives")
    channels = x.shape[-3 if call.data_format == "channels_first" else -1]
    if isinstance(channels, int) and channels != 3:
        raise Refusal(
            IncompatibleShape,
            f"{spell_shape(x.shape)} has {channels} channels, and colours have 3",
            blames=("input", 0),
        )
    return same_shape(call)


def tinted(call: Call) -> Inference:
    """Do as `same_shape` does, by way of hue, saturation and value: three channels leave it when it is run."""
    result = same_shape(call)
    y = result.outputs
    if not isinstance(y, TensorSpec) or y.rank < 3:
        return result
    channel = y.rank + (-3 if call.data_format == "channels_first" else -1)
    if isinstance(y.shape[channel], int):
        return result
    three = (*y.shape[:channel], 3, *y.shape[channel + 1 :])
    return replace(result, when_run=y.with_shape(three))


def jittered(call: Call) -> Inference:
    """Do as `tinted` does, where hue or saturation change."""
    return tinted(call) if call.hue_factor or call.saturation_factor else same_shape(call)


def center_crop(call: Call) -> Inference:
    """Cut the middle out. (None, 32, 32, 3), 28, 28 -> (None, 28, 28, 3)"""
    x = call.one()
    if x.rank not in (3, 4):
        raise _no_images(x)
    first = _first_axis(call, x)
    result = _new_size(call, x, first)
    sides = x.shape[first : first + 2]
    if all(isinstance(side, int) for side in sides):
        return result
    # A smaller image is resized: which of the two happens is decided when it is run, and the size with it.
    y = result.outputs
    assert isinstance(y, TensorSpec)
    open_sides = (*y.shape[:first], UNKNOWN, UNKNOWN, *y.shape[first + 2 :])
    return replace(result, when_run=y.with_shape(open_sides))


def random_crop(call: Call) -> Inference:
    """Cut a piece out at random. (None, 32, 32, 3), 28, 28 -> (None, 28, 28, 3)"""
    x = call.one()
    first = x.rank - (2 if call.data_format == "channels_first" else 3)
    if first < 0:
        raise _no_images(x)
    unknown = [n for n in x.shape[first : first + 2] if not isinstance(n, int)]
    caveat = f"needs the height and width as numbers, and {spell_shape(x.shape)} has {unknown[:1]}"
    return _new_size(call, x, first, (caveat,) if unknown else ())


def resizing(call: Call) -> Inference:
    """Bring images to one size. (None, 48, 64, 3), 32, 32 -> (None, 32, 32, 3)"""
    if call.crop_to_aspect_ratio and call.pad_to_aspect_ratio:
        raise Refusal(
            ConflictingArguments,
            "an image is cropped or padded to the aspect ratio, not both",
            blames="pad_to_aspect_ratio",
        )
    x = call.one()
    first = _first_axis(call, x)
    if first + 1 >= x.rank:
        raise _no_images(x)
    return _new_size(call, x, first)


def _no_images(x: TensorSpec) -> Refusal:
    return Refusal(
        WrongRank, f"needs (batch, height, width, channels), {spell_shape(x.shape)} arrives"
    )


def _first_axis(call: Call, x: TensorSpec) -> int:
    """Give the axis of the height as Keras counts: rank 4 is a batch, any other rank one image."""
    return (1 if x.rank == 4 else 0) + (1 if call.data_format == "channels_first" else 0)


def _new_size(call: Call, x: TensorSpec, first: int, caveats: tuple[str, ...] = ()) -> Inference:
    """Put the new height and width in, from axis `first` on."""
    numeric(call)
    new: list[Dim] = [UNKNOWN if n is None else n for n in (call.height, call.width)]
    shape = (*x.shape[:first], *new, *x.shape[first + 2 :])
    gone = [name for name in ("height", "width") if not call.arguments[name]]
    empty = tuple(f"`{name}={call.arguments[name]}` leaves no image" for name in gone[:1])
    return Inference(
        TensorSpec(shape, call.compute_dtype), caveats=(*_as_images(call), *caveats, *empty)
    )


SIZE = optional(COUNT)
NEW_SIZE: Mapping[str, ArgumentType] = {"height": SIZE, "width": SIZE}


def _leans_nowhere(arguments: Arguments) -> bool:
    return not arguments["x_factor"] and not arguments["y_factor"]


def _jitters_nothing(arguments: Arguments) -> bool:
    return not any(value for name, value in arguments.items() if name.endswith("_factor"))


TRAINING_ONLY = "works while training only, unless called with training=True"


def _augmentation(
    name: str,
    use_for: str,
    example: str,
    *,
    rule: Rule = same_shape,
    arguments: Mapping[str, ArgumentType] | None = None,
    shape_rule: str = "unchanged",
    watch_for: str = TRAINING_ONLY,
    mask: Masking = "drop",
    roles: tuple[Role, ...] = (),
    idle: Callable[[Arguments], bool] | None = None,
    counts: Literal["", "sides", "channels", "all"] = "",
) -> LayerKind:
    return LayerKind(
        name,
        rule,
        mask=mask,
        roles=("augmentation", *roles),
        idle=idle,
        counts=counts,
        arguments=arguments or {},
        group="images",
        shape_rule=shape_rule,
        use_for=use_for,
        watch_for=watch_for,
        example=f"[32, 32, 3] -> {example}",
    )


RANGE = "value_range must be that of the pixels, which is 0 to 255 unless said"
NEW_SHAPE = "(batch, h, w, channels) → (batch, height, width, channels)"

KINDS = (
    _augmentation(
        "Resizing", "images of several sizes, before a network that wants one", "Resizing(16, 16)",
        rule=resizing, arguments=NEW_SIZE, shape_rule=NEW_SHAPE, roles=("resizing",),
        watch_for="changes the aspect ratio unless cropped or padded to it",
    ),
    _augmentation(
        "CenterCrop", "the middle of an image, in evaluation", "CenterCrop(28, 28)",
        rule=center_crop, arguments=NEW_SIZE, shape_rule=NEW_SHAPE,
        watch_for="an image smaller than the crop is resized",
    ),
    _augmentation(
        "RandomCrop", "a piece of an image, another one each time", "RandomCrop(28, 28)",
        rule=random_crop, arguments=NEW_SIZE, shape_rule=NEW_SHAPE,
        watch_for="needs height and width as numbers; outside training it resizes and crops",
    ),
    _augmentation(
        "RandomFlip", "images that may be mirrored", 'RandomFlip("horizontal")',
        roles=("mirroring",), watch_for="flips upside down too unless told the direction; not for digits and letters",
    ),
    _augmentation(
        "RandomTranslation", "objects that stand anywhere", "RandomTranslation(0.1, 0.1)",
    ),
    _augmentation(
        "RandomRotation", "objects that stand at any angle", "RandomRotation(0.05)",
        roles=("turning",), watch_for="the factor is in turns: 0.05 is 18 degrees",
    ),
    _augmentation(
        "RandomZoom", "objects of any size", "RandomZoom(0.2)",
        watch_for="a negative factor enlarges; width_factor=None keeps the aspect ratio",
    ),
    _augmentation(
        "RandomShear", "objects that lean", "RandomShear((0.0, 0.2), (0.0, 0.2))", idle=_leans_nowhere, rule=sheared,
    ),
    _augmentation("RandomPerspective", "objects seen from the side", "RandomPerspective(0.5)", counts="sides"),
    _augmentation(
        "RandomElasticTransform", "handwriting and tissue", "RandomElasticTransform(0.5)", counts="all",
        arguments={"fill_mode": choice("constant", "nearest", "wrap", "mirror", "reflect")},
    ),
    _augmentation("RandomErasing", "objects that are partly hidden", "RandomErasing(0.5)", roles=("by_range",),
        counts="sides",
    ),
    _augmentation("RandomContrast", "light that varies", "RandomContrast(0.2)", watch_for=RANGE),
    _augmentation(
        "RandomBrightness", "light that varies", "RandomBrightness(0.2)", roles=("by_range",), watch_for=RANGE,
    ),
    _augmentation("RandomHue", "colours that vary", "RandomHue(0.1)", rule=tinted, watch_for=RANGE),
    _augmentation("RandomSaturation", "colours that vary", "RandomSaturation(0.2)", rule=tinted, watch_for=RANGE),
    _augmentation(
        "RandomColorDegeneration", "colours that fade", "RandomColorDegeneration(0.2)", rule=colour,
        counts="channels",
        watch_for="takes images of three channels only",
    ),
    _augmentation(
        "RandomColorJitter", "brightness, contrast, saturation and hue in one",
        "RandomColorJitter(brightness_factor=0.2)", rule=jittered, roles=("by_range",), idle=_jitters_nothing,
        watch_for="changes nothing that has no factor",
    ),
    _augmentation("RandomSharpness", "cameras of several makes", "RandomSharpness(0.2)", watch_for=RANGE),
    _augmentation(
        "RandomGaussianBlur", "images out of focus", "RandomGaussianBlur(kernel_size=3)",
        watch_for="the window is of odd size",
    ),
    _augmentation(
        "RandomGrayscale", "tasks in which colour misleads", "RandomGrayscale(0.2)", rule=greyscale,
        counts="channels",
        arguments={"factor": FRACTION}, watch_for="keeps the three channels, all alike",
    ),
    _augmentation("RandomInvert", "drawings and scans, dark on light or not", "RandomInvert(0.2)", roles=("by_range",)),
    _augmentation(
        "RandomPosterization", "images of few colours", "RandomPosterization(4)",
        watch_for="the factor is the number of bits that are kept, 1 to 8", roles=("by_range",),
    ),
    _augmentation(
        "Solarization", "a colour change as in RandAugment", "Solarization(threshold_factor=0.5)",
        watch_for=RANGE, roles=("by_range",),
    ),
    _augmentation("AutoContrast", "flat images", "AutoContrast()", watch_for=RANGE, roles=("by_range",)),
    _augmentation(
        "Equalization", "images whose tones crowd together", "Pipeline([Equalization()])", rule=equalized,
        mask="carry", roles=("by_range",),
        watch_for="keeps the dtype: integers stay integers; makes no model but inside a Pipeline",
    ),
    _augmentation(
        "ContrastLimitedAdaptiveHistogramEqualization", "X-rays and other images of local contrast",
        "ContrastLimitedAdaptiveHistogramEqualization()", watch_for=RANGE, roles=("by_range",), counts="sides",
    ),
    _augmentation(
        "RandAugment", "a policy of augmentations in one layer", "RandAugment()", watch_for=RANGE, roles=("by_range",),
        counts="channels",
    ),
    _augmentation("AugMix", "robustness to corrupted images", "AugMix()", watch_for=RANGE, roles=("by_range",),
        counts="channels",
    ),
    _augmentation(
        "MixUp", "classifiers: blends pairs of images and labels", "MixUp()",
        watch_for="blends labels only where it gets images and labels as a dict, in the input pipeline",
    ),
    _augmentation(
        "CutMix", "classifiers: pastes pieces of one image into another", "CutMix()", counts="sides",
        watch_for="mixes labels only where it gets images and labels as a dict, in the input pipeline",
    ),
    _augmentation(
        "MaxNumBoundingBoxes", "detection: as many boxes in each sample", "MaxNumBoundingBoxes(100)",
        watch_for="works on a dict with bounding boxes, in the input pipeline; images pass unchanged",
    ),
)  # fmt: skip
