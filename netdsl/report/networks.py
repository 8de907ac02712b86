"""What a network of `keras.applications` is in numbers: its size, its cost, the pictures that it expects."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from math import prod

from netdsl.catalog.application_facts import application_facts
from netdsl.catalog.application_inputs import by_preprocess_input, scales_itself
from netdsl.catalog.application_records import document
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
