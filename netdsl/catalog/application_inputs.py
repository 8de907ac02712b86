"""What a network of `keras.applications` expects of the pixels that it gets, and how a spec makes it of 0 to 255.

Some networks begin with layers that scale, and take pixels as they are. The others leave it to their
`preprocess_input`, which a spec says in layers; what it does was recorded from the installed Keras. A spec that is
written layer for layer and starts from the weights of such a network has to do either by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from netdsl.catalog.application_records import PREPROCESSING, layers_of
from netdsl.catalog.colours import SIGNED, UNIT, Colours, Range
from netdsl.catalog.signature import facts
from netdsl.record import record
from netdsl.value import Arguments


@record
class Expected:
    """What has to be made of pixels from 0 to 255, the stages that make it, and words for it where it is no range."""

    colours: Colours
    stages: str
    told: str = ""

    @property
    def range(self) -> Range | None:
        """The range of all colours; None where each is shifted by itself, which `told` says."""
        return None if self.told else self.colours.range

    @property
    def words(self) -> str:
        return self.told or f"pixels from {self.colours}"


_MEANS, _VARIANCES = (0.485, 0.456, 0.406), (0.0524, 0.0502, 0.0506)
_BLUE_FIRST = (103.939, 116.779, 123.68)
#: EfficientNet's `Normalization` was given deviations for variances, which one more scale makes up for.
_DEVIATIONS = (0.229, 0.224, 0.225)


def _made(colours: Colours | None, stages: str, told: str = "") -> Expected:
    assert colours is not None
    return Expected(colours, stages, told)


_UNIT = Colours((UNIT,))
AS_THEY_ARE = _made(Colours(), "")
#: What a network is given that has no weights of Keras to go by.
USUAL = _made(_UNIT, "Rescaling(1 / 255)")
_SIGNED = _made(Colours((SIGNED,)), "Rescaling(1 / 127.5, offset=-1)")
_STANDARD = _made(
    _UNIT.normalized(_MEANS, _VARIANCES),
    f"Rescaling(1 / 255) -> Normalization(mean={[*_MEANS]}, variance={[*_VARIANCES]})",
    "colours from 0 to 1, less their mean, divided by their deviation",
)
_CENTRED = _made(
    Colours().arranged((2, 1, 0)).normalized(_BLUE_FIRST, (1, 1, 1)),
    f"ops.flip(axis=-1) -> Normalization(mean={[*_BLUE_FIRST]}, variance=[1, 1, 1])",
    "blue, green and red from 0 to 255, less their mean",
)
_LEARNED = _made(
    Colours(learned=_UNIT).scaled([d**-0.5 for d in _DEVIATIONS], [0]),
    f"Rescaling(1 / 255) -> Normalization() -> Rescaling([1 / sqrt(d) for d in {[*_DEVIATIONS]}])",
    "pixels from 0 to 1, normalized by its own weights, and one more scale",
)

#: What is made of pixels by the first layers of networks that scale by themselves, for the weights of ImageNet.
_MADE_INSIDE: Mapping[str, Expected] = {
    "ConvNeXt": _STANDARD,
    "EfficientNetB": _LEARNED,
    "EfficientNetV2B": _STANDARD,
    "EfficientNetV2": _SIGNED,
    "MobileNetV3": _SIGNED,
}


@cache
def by_preprocess_input(name: str) -> Expected:
    """Give what `preprocess_input` of a network makes of pixels from 0 to 255."""
    pixels = facts()["application"][name]["pixels"]
    scale, offset = pixels["scale"][0], pixels["offset"][0]
    if pixels["order"] != [0, 1, 2]:
        return _CENTRED
    if scale == 1:
        return AS_THEY_ARE
    return _SIGNED if offset == -1 else _STANDARD


def scales_itself(name: str, arguments: Arguments) -> bool:
    """Tell whether a network begins with layers that scale pixels from 0 to 255."""
    return layers_of(name, arguments)[0].kind in PREPROCESSING


def expected_pixels(name: str, arguments: Arguments) -> Expected | None:
    """Give what a network expects; None where it is trained on what it gets, or on nobody knows what."""
    if scales_itself(name, arguments):
        return AS_THEY_ARE
    if arguments.get("weights") != "imagenet" or arguments.get("include_preprocessing") is False:
        return None
    return by_preprocess_input(name)


def expected_behind(name: str, arguments: Arguments) -> Expected | None:
    """Give what the weights of a network expect of the pixels that arrive where its own scaling would be done.

    That is, of a network that starts from these weights; None where they are not those that Keras learned.
    """
    if arguments.get("weights", "imagenet") != "imagenet":
        return None
    if not scales_itself(name, {}):
        return by_preprocess_input(name)
    return next(made for start, made in _MADE_INSIDE.items() if name.startswith(start))
