"""Patterns of blocks that are made of more parts the more arrives, as a vector for each column is: they are made for
what arrives in a model, as one that was recorded beside the library has the parts of its own size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from netdsl.importer.laying import Finder
from netdsl.importer.network import Network, Tensor
from netdsl.importer.solving import Told
from netdsl.importer.std import Pattern, library, pattern_from


def grown(
    network: Network, finder: Finder, type_of: Callable[[Tensor], Told | None]
) -> Iterator[Pattern]:
    """Give patterns of such blocks at the sizes that a network has, if it has layers of which they are made."""
    blocks, patterns = library()
    for block in blocks.values():
        recorded = [p for p in patterns if p.block == block.name] if block.grows else []
        types = {
            tuple(map(_spelled, told))
            for pattern in recorded
            for told in _arriving(network, finder, pattern, type_of)
        }
        for found in sorted(types):
            from netdsl.importer.recording.writing import patterns_at

            for value in patterns_at(block.module, block.name, found):
                yield pattern_from(block, value)


def _arriving(
    network: Network,
    finder: Finder,
    pattern: Pattern,
    type_of: Callable[[Tensor], Told | None],
) -> Iterator[Sequence[Told]]:
    """Give the types of the tensors of a network that a block may take: what its first parts are takes them there."""
    first = pattern.parts[0]
    if len(pattern.inputs) > 1 or not finder.has_kinds(pattern):
        return
    for tensor in dict.fromkeys(
        tensor for use in finder.of_kind(first.family, first.kind) for tensor in use.inputs
    ):
        told = type_of(tensor)
        if told is not None and told[0] and None not in told[0][1:]:
            yield (told,)


def _spelled(told: Told) -> str:
    shape, dtype = told
    return f"{dtype}[{', '.join(map(str, shape[1:]))}]"


__all__ = ["grown"]
