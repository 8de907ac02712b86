"""The maps inside a network of `keras.applications`, by the names of its layers, and which of them are usually taken.

A pyramid of features (FPN, U-Net, DeepLab, PSPNet) takes the last map at each halving of the picture: c2 at a quarter
of its height and width, c5 at a thirty-second. Where a network widens again before it goes on, its last activation at
that size is taken, as people do.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import log2

from netdsl.catalog.application_records import application_names, layers_of
from netdsl.catalog.applications import every_map
from netdsl.catalog.binding import bind_arguments
from netdsl.catalog.signature import signature
from netdsl.record import record
from netdsl.tensor import UNKNOWN, TensorSpec

#: A size at which every halving is told from the next, also where a network pads nothing.
_SIZE = 320

#: Halvings of the picture: c1 is a half of it, c5 a thirty-second.
_LEVELS = range(1, 6)

#: What ends a block of layers, and what only prepares the next or weighs channels.
_ENDS = frozenset({"Activation", "Add", "Concatenate", "ReLU"})
_BETWEEN = frozenset(
    {"AveragePooling2D", "Cropping2D", "Dropout", "MaxPooling2D", "Multiply", "ZeroPadding2D"}
)

#: Beginnings of names of layers that carry an earlier map along beside what the network computes.
_BESIDE = ("adjust_relu",)


@record
class Map:
    """What a layer gives, by the layer's name; `shape` has no batch."""

    name: str
    kind: str
    shape: tuple[int, ...]

    @property
    def height(self) -> int:
        """Give the height of a picture; 1 where it has none left."""
        return self.shape[0] if len(self.shape) == 3 else 1


@cache
def maps(network: str, size: int) -> tuple[Map, ...]:
    """Give what each named layer of a network without its top gives for pictures of a size."""
    facts = signature("application", network)
    assert facts is not None
    arguments = {**bind_arguments(facts).arguments, "include_top": False}
    layers = layers_of(network, arguments)
    picture = TensorSpec((UNKNOWN, size, size, 3), "float32")
    given = every_map(network, arguments, picture)
    return tuple(
        Map(layer.name, layer.kind, tuple(d for d in spec.shape[1:] if isinstance(d, int)))
        for layer, spec in zip(layers, given, strict=True)
        if layer.name
    )


@cache
def taps(network: str) -> dict[str, Map]:
    """Give the maps that are usually taken, c1 to c5 where a layer with a name gives them."""
    by_level: dict[int, list[Map]] = {}
    for found in maps(network, _SIZE):
        if found.height > 1:
            by_level.setdefault(round(log2(_SIZE / found.height)), []).append(found)
    return {f"c{level}": _last(by_level[level]) for level in _LEVELS if level in by_level}


def _last(level: Sequence[Map]) -> Map:
    own = [found for found in level if not found.name.startswith(_BESIDE)]
    ends = [found for found in own if found.kind in _ENDS]
    plain = [found for found in own if found.kind not in _BETWEEN]
    return (ends or plain or own or level)[-1]


def usual_tap(network: str, name: str) -> str | None:
    """Give the layer that a name such as `c4` or `stage4` stands for in papers."""
    number = name.lower().removeprefix("stage").removeprefix("c")
    found = taps(network).get(f"c{number}") if network in application_names() else None
    return None if found is None or number == name.lower() else found.name
