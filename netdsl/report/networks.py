"""What a network of `keras.applications` is in numbers: its size, its cost, the pictures that it expects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby
from math import prod

from netdsl.catalog.application_facts import application_facts
from netdsl.catalog.application_inputs import by_preprocess_input, scales_itself
from netdsl.catalog.application_records import document
from netdsl.catalog.application_taps import Map, maps, taps
from netdsl.catalog.applications import apply_network
from netdsl.catalog.binding import bind_arguments
from netdsl.catalog.signature import signature
from netdsl.tensor import UNKNOWN, TensorSpec
from netdsl.value import Value

#: Where Keras says no size: that of ImageNet's pictures.
USUAL_SIZE = 224


def network_notes(name: str) -> Iterator[tuple[str, str]]:
    """Give what a page tells of a network, by title."""
    facts = application_facts(name)
    size, least = _sizes(name)
    parameters, macs = _whole(name, size)
    yield "Use for", facts.belongs
    yield "Watch for", facts.watch_for
    yield "Size", f"{parameters:,} parameters, {_parameters_below(name, size):,} without its top"
    yield "Cost", f"{_in_units(macs)} multiply-accumulates for a picture of {size}x{size}"
    below = f"; without its top any size from {least}x{least}" if least else "; without its top any"
    yield "Input", f"[{size}, {size}, 3]{below}"
    yield "Pixels", _pixels(name)
    yield "Accuracy", f"{facts.accuracy} % of ImageNet with the weights that Keras fetches"


def feature_maps(name: str) -> Iterator[str]:
    """Give the part of a page that tells how a network is cut, and at which layers."""
    size, _ = _sizes(name)
    shapes = {found.name: found for found in maps(name, size)}
    usual = taps(name)
    wanted = ", ".join(f'"{usual[level].name}"' for level in ("c3", "c4", "c5"))
    yield "## Feature maps"
    yield (
        "A second pair of parentheses gives the maps of layers by name, in order, for a feature pyramid; the network "
        "ends at the last layer that they need."
    )
    yield (
        f"```net\nc3, c4, c5 = image\n    -> applications.{name}(include_top=False)(\n"
        f"        outputs=[{wanted}])\n```"
    )
    yield f"The usual ones, without the top, for a picture of {size}x{size}:"
    yield "\n".join(
        f"- **{level}:** `{tap.name}`, {_shape(shapes[tap.name])}, {_PARTS[level]}"
        for level, tap in usual.items()
    )
    yield "## Layers"
    yield "Every map by the name of its layer; layers that Keras numbers as it goes cannot be named."
    yield "\n".join(_stages(shapes.values()))


#: What part of the picture's height and width is left at a level.
_PARTS = {
    "c1": "a half",
    "c2": "a quarter",
    "c3": "an eighth",
    "c4": "a sixteenth",
    "c5": "a thirty-second",
}


def _shape(found: Map) -> str:
    return f"[{', '.join(map(str, found.shape))}]"


def _stages(found: Iterable[Map]) -> Iterator[str]:
    """List the names by stage, a line for each shape in it; what has no height and width left is no map."""
    pictures = [layer for layer in found if layer.height > 1]
    for _, stage in groupby(pictures, key=lambda layer: layer.height):
        by_shape: dict[str, list[str]] = {}
        for layer in stage:
            by_shape.setdefault(_shape(layer), []).append(f"`{layer.name}`")
        for shape, names in by_shape.items():
            yield f"- **{shape}:** {', '.join(names)}"


def _sizes(name: str) -> tuple[int, int]:
    sizes = document(name)["sizes"]
    return sizes.get("default", USUAL_SIZE), sizes.get("least", 0)


def _arguments(name: str, **given: Value) -> dict[str, Value]:
    facts = signature("application", name)
    assert facts is not None
    return {**bind_arguments(facts).arguments, **given}


@cache
def _whole(name: str, size: int) -> tuple[int, int]:
    applied = apply_network(name, _arguments(name), _picture(size))
    assert isinstance(applied.macs, int)
    return sum(prod(weight.shape) for weight in applied.weights), applied.macs


@cache
def _parameters_below(name: str, size: int) -> int:
    applied = apply_network(name, _arguments(name, include_top=False), _picture(size))
    return sum(prod(weight.shape) for weight in applied.weights)


def _picture(size: int) -> TensorSpec:
    return TensorSpec((UNKNOWN, size, size, 3), "float32")


def _in_units(count: int) -> str:
    return f"{count / 1e9:.2f} billion" if count >= 1e9 else f"{count / 1e6:.0f} million"


def _pixels(name: str) -> str:
    if scales_itself(name, _arguments(name)):
        return "from 0 to 255 as they are: it scales them itself"
    expected = by_preprocess_input(name)
    words = expected.words if expected.range is None else f"from {expected.range}"
    if not expected.stages:
        return words
    return f"{words}; of pixels from 0 to 255 `{expected.stages}` makes them"
