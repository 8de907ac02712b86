"""What a network of `keras.applications` expects of the pixels that it gets, and how a spec makes it of 0 to 255.

Some networks begin with layers that scale, and take pixels as they are. The others leave it to their
`preprocess_input`, which a spec says in layers; what it does was recorded from the installed Keras.
"""

from __future__ import annotations

from functools import cache

from netdsl.catalog.application_records import PREPROCESSING, layers_of
from netdsl.catalog.signature import facts
from netdsl.record import record
from netdsl.value import Arguments


@record
class Range:
    """The least and the largest value of a pixel."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"

    def is_like(self, other: Range) -> bool:
        """Tell whether two ranges are the same but for roundings such as 1/256 for 1/255."""
        width = max(self.high - self.low, other.high - other.low)
        return max(abs(self.low - other.low), abs(self.high - other.high)) <= width / 20


RAW, UNIT, SIGNED = Range(0, 255), Range(0, 1), Range(-1, 1)


@record
class Expected:
    """A range (None where each colour is shifted by itself, which `shifted` tells), and the stages that make it."""

    range: Range | None
    stages: str
    shifted: str = ""

    @property
    def words(self) -> str:
        return self.shifted if self.range is None else f"pixels from {self.range}"


_IMAGENET = "Normalization(mean=[0.485, 0.456, 0.406], variance=[0.0524, 0.0502, 0.0506])"
_MEAN = "Normalization(mean=[103.939, 116.779, 123.68], variance=[1, 1, 1])"

AS_THEY_ARE = Expected(RAW, "")
#: What a network is given that has no weights of Keras to go by.
USUAL = Expected(UNIT, "Rescaling(1 / 255)")
_SIGNED = Expected(SIGNED, "Rescaling(1 / 127.5, offset=-1)")
_STANDARD = Expected(
    None,
    f"Rescaling(1 / 255) -> {_IMAGENET}",
    "colours from 0 to 1, less their mean, by their deviation",
)
_CENTRED = Expected(
    None, f"ops.flip(axis=-1) -> {_MEAN}", "blue, green and red from 0 to 255, less their mean"
)


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
