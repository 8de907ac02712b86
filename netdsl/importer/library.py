"""Blocks of the library in a model: what `std` has under a name becomes one use of it, options and all.

Each pattern of the library is laid over the graph, from what it gives back to what arrives. Where the layers agree,
the block is asked what it is to be given there (`solving`), and put in their place if it is the same (`replacing`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from netdsl.catalog import has_role
from netdsl.importer.growing import grown
from netdsl.importer.laying import Finder, Match
from netdsl.importer.network import Given, Network, Tensor
from netdsl.importer.patterns import called
from netdsl.importer.replacing import STD, Taken, with_blocks
from netdsl.importer.solving import Told, guessed, told_by, without_defaults
from netdsl.importer.std import Pattern, library

#: Gives the shape and dtype of a tensor of a network, where they can be known.
TypeOf = Callable[[Tensor], Told | None]


def with_library(network: Network, type_of: TypeOf) -> Network | None:
    """Give a network in which blocks of the library are uses of these; None where it has none of them."""
    chosen = _Choice(network, type_of).chosen()
    return with_blocks(network, chosen) if chosen else None


class _Choice:
    """Chooses matches that do not overlap, the largest first, each held to what the library makes."""

    def __init__(self, network: Network, type_of: TypeOf) -> None:
        self._network, self._type_of = network, type_of
        self._counts = Counter(id(use.made) for use in network.uses if use.made.family != "op")
        self._taken: set[int] = set()
        self._last: dict[int, Pattern] = {}  # what gives a tensor, by the number of its last use
        self._known: dict[Given, Mapping[str, Given] | None] = {}

    def chosen(self) -> list[Taken]:
        finder = Finder(self._network)
        groups: dict[Given, list[Match]] = {}
        patterns = [*library()[1], *grown(self._network, finder, self._type_of)]
        for number, pattern in enumerate(patterns):
            for match in finder.matches(pattern):
                whole = match.made if self._is_shared(match) else match.uses[-1].id
                groups.setdefault((number, whole), []).append(match)
        found: list[Taken] = []
        for group in sorted(groups.values(), key=_size):
            if self._is_free(group):
                arguments = self._arguments(group)
                if arguments is not None:
                    found.append(Taken(tuple(group), arguments))
                    self._take(group)
        return found

    def _is_shared(self, match: Match) -> bool:
        own = Counter(id(use.made) for use in match.uses if use.made.family != "op")
        return any(self._counts[made] > count for made, count in own.items())

    def _is_free(self, group: Sequence[Match]) -> bool:
        numbers = [use.id for match in group for use in match.uses]
        if not self._taken.isdisjoint(numbers) or len(set(numbers)) < len(numbers):
            return False
        used = Counter(
            id(use.made) for match in group for use in match.uses if use.made.family != "op"
        )
        if any(self._counts[made] != count for made, count in used.items()):
            return False
        return not any(map(self._begins_oddly, group))

    def _begins_oddly(self, match: Match) -> bool:
        """Tell whether a block would begin with what belongs to the layer before it: a normalization after its
        convolution, unless that ends a block that began so."""
        first = match.pattern.parts[0]
        arriving = match.inputs[0].use
        source = self._network.uses[arriving].made
        if first.family != "layer" or not has_role(first.kind, "batch_normalization", "activation"):
            return False
        if len(match.pattern.parts) > MOST_OF_A_LAYER or arriving in self._last:
            return False
        return source.family == "layer" and has_role(source.kind, "convolution", "dense")

    def _take(self, group: Sequence[Match]) -> None:
        for match in group:
            self._taken.update(use.id for use in match.uses)
            self._last.update((tensor.use, match.pattern) for tensor in match.outputs)

    def _arguments(self, group: Sequence[Match]) -> Mapping[str, Given] | None:
        """Give what the block is given for it to be what stands in the network; None where it is not.

        Where the same stands elsewhere with other rates, it is not asked again: the whole is compared at the end.
        """
        match = group[0]
        types = [self._type_of(tensor) for tensor in match.inputs]
        arriving = [told for told in types if told is not None and told[0]]
        known = told_by(match)
        if known is None or len(arriving) < len(types):
            return None
        key = (id(match.pattern), repr(arriving), _but_for_rates(match))
        if key not in self._known:
            self._known[key] = guessed(match, known, arriving, list(self._widths(match)))
        found = self._known[key]
        block = library()[0][match.pattern.block]
        return None if found is None else without_defaults(block, {**known, **found})

    def _widths(self, match: Match) -> Iterator[int]:
        """Give the last size of what a match gives, where that is known."""
        for tensor in match.outputs:
            told = self._type_of(tensor)
            if told is not None and told[0] and told[0][-1] is not None:
                yield told[0][-1]


#: How many parts a block has that stands for a layer with what goes with it.
MOST_OF_A_LAYER = 3


def _but_for_rates(match: Match) -> str:
    """Tell what a match is made of, but for the numbers that are parameters as they stand there."""
    block = library()[0][match.pattern.block]
    rates = {
        (place, name)
        for parameter in block.parameters
        for place, name, _ in match.pattern.fills.get(parameter.name, ())
        if parameter.type == "float"
    }
    return repr(
        [
            (
                use.made.kind,
                {k: v for k, v in use.made.given.items() if (place, k) not in rates},
                use.made.parts,
                [v for leaves in called(use).values() for v in leaves if not isinstance(v, Tensor)],
            )
            for place, use in enumerate(match.uses)
        ]
    )


def _size(group: Sequence[Match]) -> tuple[int, int]:
    """The largest first, and of one size in the order of the network."""
    return -len(group[0].uses), group[0].uses[-1].id


__all__ = ["STD", "with_library"]
