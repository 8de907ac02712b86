"""A block of the library used twice over, with other values and for other inputs, and elaborated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from netdsl.catalog.spell import spell
from netdsl.importer.elaborated import elaborated
from netdsl.importer.graphs import network_of
from netdsl.importer.network import Given, Network, Use
from netdsl.importer.patterns import called, reachable
from netdsl.importer.recording.blocks import LibraryBlock
from netdsl.record import record

#: What arrives, for either use, by the file: maps, sequences, heads of sequences, features, and words.
MAPS = ("[504, 504, {c}]", "[756, 756, {c}]")
SEQUENCES = ("[504, {c}]", "[756, {c}]")
ARRIVING = {
    "std.vision": (MAPS,),
    "std.attention": (SEQUENCES, MAPS, ("[504, 24, 48]", "[756, 36, 96]"), ("[1]", "[1]")),
    "std.mlp": (("[{c}]", "[{c}]"), SEQUENCES),
    "std.sequence": (SEQUENCES,),
    "std.detection": (MAPS,),
    "std.tabular": (
        ("string[5]", "string[5]"),
        ("string[7]", "string[7]"),
        ("[24, {c}]", "[36, {c}]"),
    ),
}
CHANNELS = (5040, 12600)


class Options(NamedTuple):
    """What a use gives for each parameter: a value for either use, and whether it is one that is told by its value."""

    values: Mapping[str, tuple[Given, Given]]
    told: frozenset[str]


@record(eq=False)
class Arrival:
    """The types of what arrives at the inputs of a block, for either use."""

    types: tuple[Sequence[str], Sequence[str]]

    def with_channels(self, channels: tuple[int, int]) -> tuple[list[str], list[str]]:
        first, second = (
            [text.format(c=count) for text in types]
            for types, count in zip(self.types, channels, strict=True)
        )
        return first, second


class Setting(NamedTuple):
    """How a block is used: for what, with which options, and how many channels arrive each time."""

    block: LibraryBlock
    arrival: Arrival
    options: Options
    channels: tuple[int, int] = CHANNELS


def arrivals_at(block: LibraryBlock) -> Iterator[Arrival]:
    """Give what may arrive at a block: the same at all its inputs, or the maps of a pyramid."""
    count = len(block.inputs)
    for first, second in ARRIVING[block.module]:
        yield Arrival(([first] * count, [second] * count))
    if count > 1:
        halves = [
            [f"[{size // 2**level}, {size // 2**level}, {{c}}]" for level in range(count)]
            for size in (512, 1024)
        ]
        yield Arrival((halves[0], halves[1]))


def made(setting: Setting) -> tuple[Network, Network] | None:
    """Give the two networks that a block makes; None where it refuses one of its uses."""
    found: list[Network] = []
    for which, types in enumerate(setting.arrival.with_channels(setting.channels)):
        arguments = ", ".join(
            f"{name}={_spelled(values[which])}" for name, values in setting.options.values.items()
        )
        one = _elaborated(setting.block, arguments, tuple(types))
        if one is None or not reachable(one):
            return None
        found.append(one)
    return found[0], found[1]


@lru_cache(maxsize=100_000)
def _elaborated(block: LibraryBlock, arguments: str, types: tuple[str, ...]) -> Network | None:
    names = [f"a{place}" for place in range(len(types))]
    inputs = "\n".join(f"    input {n}: {t}" for n, t in zip(names, types, strict=True))
    source = names[0] if len(names) == 1 else f"[{', '.join(names)}]"
    text = f"{block.source}\nmodel Probe {{\n{inputs}\n"
    for outputs in ("y", "y, y2", "y, y2, y3"):
        given = "" if not names else f"{source} -> "
        several = "" if outputs == "y" else f"\n    output {outputs}"
        head = f"    output y = {given}" if not several else f"    {outputs} = {given}"
        found = elaborated(f"{text}{head}{block.name}({arguments}){several}\n}}\n")
        if found.error is None and found.graphs["Probe"].complete:
            return network_of(found.graphs["Probe"])
    return None


def _spelled(value: Given) -> str:
    return value if isinstance(value, str) else str(spell(value))


def skeleton(setting: Setting) -> tuple[Given, ...] | None:
    """Give the layers that a block makes the first time, and how they are tied; None where it refuses."""
    found = made(setting)
    if found is None:
        return None
    return tuple(
        (use.made.family, use.made.kind, [t.use for t in use.inputs], _marked(use))
        for use in reachable(found[0])
    )


def _marked(use: Use) -> tuple[str, ...]:
    """Give what is called with besides tensors, where it is a mark: it is causal or not."""
    return tuple(
        f"{name}={value}"
        for name, leaves in called(use).items()
        for value in leaves
        if isinstance(value, bool)
    )


__all__ = ["CHANNELS", "Arrival", "Options", "Setting", "arrivals_at", "made", "skeleton"]
