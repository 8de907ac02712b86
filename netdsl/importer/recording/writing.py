"""The patterns of the whole library as text: of each block its inputs, its parameters, a line for each pattern."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice

from netdsl.importer.network import Given
from netdsl.importer.patterns import reachable
from netdsl.importer.recording.blocks import (
    LibraryBlock,
    library_block,
    library_blocks,
    origin,
)
from netdsl.importer.recording.comparing import pattern_of
from netdsl.importer.recording.covering import Met
from netdsl.importer.recording.making import Arrival, Setting, arrivals_at, made
from netdsl.importer.recording.trying import channels_of, combinations, with_ones


def recorded() -> str:
    """Give the patterns of the library as text."""
    lines = []
    for block in library_blocks():
        found = [json.dumps(pattern, separators=(",", ":")) for pattern in patterns_of(block)]
        if not found:
            continue
        head = {
            "module": block.module,
            "inputs": block.inputs,
            "parameters": [list(row) for row in block.parameters],
            "grows": _grows(block),
        }
        inside = ",\n".join(found)
        lines.append(
            f'{json.dumps(block.name)}: {json.dumps(head)[:-1]}, "patterns": [\n{inside}]}}'
        )
    return f'{{"origin": "{origin()}", "blocks": {{\n' + ",\n".join(lines) + "\n}}\n"


def patterns_of(block: LibraryBlock, arrivals: Sequence[Arrival] = ()) -> list[Mapping[str, Given]]:
    """Give the patterns of a block, those first that leave the most open."""
    met = Met()
    for setting in _settings(block, arrivals or list(arrivals_at(block))):
        found = pattern_of(setting)
        if found is not None:
            met.add(found)
    return met.kept()


def patterns_at(module: str, name: str, types: Sequence[str]) -> list[Mapping[str, Given]]:
    """Give the patterns that a block has for what arrives in a model: it may be made of more parts the more arrives."""
    return patterns_of(library_block(module, name), [Arrival((types, types))])


def _grows(block: LibraryBlock) -> bool:
    """Tell whether a block is made of more parts where what arrives is longer, but else of its kind."""
    sizes: dict[Given, set[int]] = {}
    for arrival in arrivals_at(block):
        for options in islice(combinations(block, arrival), 1):
            found = made(Setting(block, arrival, options))
            if found is not None:
                kind = repr([(t.partition("[")[0], t.count(",")) for t in arrival.types[0]])
                sizes.setdefault(kind, set()).add(len(reachable(found[0])))
    return any(len(several) > 1 for several in sizes.values())


def _settings(block: LibraryBlock, arrivals: Sequence[Arrival]) -> Iterator[Setting]:
    for arrival in arrivals:
        combined = chain.from_iterable(
            with_ones(block, options) for options in combinations(block, arrival)
        )
        for options in combined:
            plain = Setting(block, arrival, options)
            for channels in channels_of(plain):
                yield Setting(block, arrival, options, channels)


__all__ = ["patterns_at", "patterns_of", "recorded"]
