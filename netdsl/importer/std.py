"""What is recorded of the library: its blocks with their parameters, and the patterns in which each may be found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from netdsl.importer.network import Given
from netdsl.record import record

RECORDED = Path(__file__).with_name("patterns.json")

#: A place in a pattern: a node of it, the argument, and which element of a list that is.
At = tuple[int, str, int | None]


@record(eq=False)
class Part:
    """One use in a block. `call` has for each argument what stands in it: numbers of parts and outputs for tensors,
    texts for constants, None for what varies; `given` the arguments of the layer that are not as they come."""

    family: str
    kind: str
    layer: int  # parts of one number are one layer
    call: Mapping[str, tuple[Given, ...]]
    given: Mapping[str, str]
    varies: frozenset[str]


@record(eq=False)
class Pattern:
    """A block of the library at some options. `parts` come each after what it takes, `outputs` are those of the block.

    `fixed` are options that make it this shape, `fills` tells where each other parameter stands, `within` where one
    that stands nowhere has a say, `tries` what one may be that others are rounded by.
    """

    module: str
    block: str
    inputs: tuple[str, ...]
    parts: tuple[Part, ...]
    outputs: tuple[tuple[int, int], ...]
    fixed: Mapping[str, Given]
    fills: Mapping[str, tuple[At, ...]]
    within: Mapping[str, At]
    tries: Mapping[str, tuple[Given, ...]]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The layers in it, in order."""
        return tuple(part.kind for part in self.parts if part.family == "layer")


@record(eq=False)
class Parameter:
    """A parameter of a block; `default` is its value, None where that is worked out or there is none."""

    name: str
    type: str
    required: bool
    default: Given


@record(eq=False)
class Declared:
    """A block of the library: its inputs and parameters in order."""

    module: str
    name: str
    inputs: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    grows: bool  # it has more parts the more arrives

    def parameter(self, name: str) -> Parameter | None:
        return next((p for p in self.parameters if p.name == name), None)

    def default_of(self, name: str, given: Mapping[str, Given]) -> Given:
        """Give the default of a parameter, which may be what another one is."""
        parameter = self.parameter(name)
        default = None if parameter is None else parameter.default
        if isinstance(default, str) and self.parameter(default) is not None:
            return given[default] if default in given else self.default_of(default, given)
        return default


@cache
def library() -> tuple[Mapping[str, Declared], tuple[Pattern, ...]]:
    """Give the blocks of the library by their names, and all their patterns."""
    recorded = json.loads(RECORDED.read_text("utf-8"))
    blocks = {
        name: Declared(
            block["module"],
            name,
            tuple(block["inputs"]),
            tuple(Parameter(*(_tuples(v) for v in row)) for row in block["parameters"]),
            block["grows"],
        )
        for name, block in recorded["blocks"].items()
    }
    patterns = tuple(
        pattern_from(blocks[name], value)
        for name, block in recorded["blocks"].items()
        for value in block["patterns"]
    )
    return blocks, patterns


def recorded_origin() -> str:
    """Give what tells of which text of the library the patterns are."""
    return str(json.loads(RECORDED.read_text("utf-8"))["origin"])


def pattern_from(block: Declared, value: Mapping[str, Given]) -> Pattern:
    """Give the pattern of a block that was recorded."""
    parts = tuple(
        Part(
            part["family"],
            part["kind"],
            part["layer"],
            {name: _tuples(leaves) for name, leaves in part["call"].items()},
            part["given"],
            frozenset(part["varies"]),
        )
        for part in value["parts"]
    )
    return Pattern(
        block.module,
        block.name,
        block.inputs,
        parts,
        _tuples(value["outputs"]),
        {name: _tuples(v) for name, v in value["fixed"].items()},
        {name: _tuples(places) for name, places in value["fills"].items()},
        {name: _tuples(place) for name, place in value["within"].items()},
        {name: _tuples(values) for name, values in value["tries"].items()},
    )


def _tuples(value: Given) -> Given:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def block_of_library(name: str) -> Declared:
    """Give what is declared of a block of the library."""
    return library()[0][name]


__all__ = ["Declared", "Pattern", "block_of_library", "library", "pattern_from"]
