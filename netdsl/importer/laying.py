"""Patterns of the library laid over a network: from what a block gives back to what arrives at it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from netdsl.importer.network import Given, Made, Network, Tensor, Use
from netdsl.importer.operations import SAME
from netdsl.importer.patterns import called, given_of, spelled
from netdsl.importer.std import Part, Pattern
from netdsl.record import record


@record(eq=False)
class Match:
    """A pattern laid over a network: the use of each part, in order, and the tensors that arrive."""

    pattern: Pattern
    uses: tuple[Use, ...]
    inputs: tuple[Tensor, ...]

    @property
    def made(self) -> tuple[int, ...]:
        return tuple(id(use.made) for use in self.uses)

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        return tuple(Tensor(self.uses[place].id, output) for place, output in self.pattern.outputs)


class Finder:
    """Lays patterns over a network."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._calls: dict[int, dict[str, list[Given]]] = {}
        self._consumers = network.consumers()
        self._ends = {tensor.use for _, tensor in network.outputs}
        self._by_kind: defaultdict[tuple[str, str], list[Use]] = defaultdict(list)
        for use in network.uses:
            self._by_kind[_kind(use.made.family, use.made.kind)].append(use)

    def has_kinds(self, pattern: Pattern) -> bool:
        """Tell whether the network has layers of all kinds of which a pattern is."""
        kinds = {_kind(part.family, part.kind) for part in pattern.parts}
        return kinds <= self._by_kind.keys()

    def of_kind(self, family: str, kind: str) -> Sequence[Use]:
        """Give the uses of layers of a kind."""
        return self._by_kind[_kind(family, kind)]

    def matches(self, pattern: Pattern) -> Iterator[Match]:
        """Give the places where a pattern lies."""
        if not self.has_kinds(pattern):
            return
        last = pattern.outputs[0][0]
        part = pattern.parts[last]
        for use in self.of_kind(part.family, part.kind):
            found = self._laid(pattern, _Lying(), [(last, use)], 1)
            if found is not None:
                yield found

    def _laid(
        self, pattern: Pattern, lying: _Lying, pending: list[tuple[int, Use]], outputs: int
    ) -> Match | None:
        """Go back from a part that lies on a use; then look for where the next output of the block is."""
        while pending:
            place, use = pending.pop()
            if not self._pair(pattern, lying, place, use, pending):
                return None
        if outputs == len(pattern.outputs):
            return self._whole(pattern, lying)
        place = pattern.outputs[outputs][0]
        if place in lying.uses:
            return self._laid(pattern, lying, [], outputs + 1)
        for use in self._followers(pattern, lying, place):
            found = self._laid(pattern, lying.copy(), [(place, use)], outputs + 1)
            if found is not None:
                return found
        return None

    def _followers(self, pattern: Pattern, lying: _Lying, place: int) -> Iterator[Use]:
        """Give what takes the tensors that another output is made of directly."""
        sources = [leaf[0] for leaf in _tensors(pattern.parts[place])]
        known = [lying.uses[source] for source in sources if source in lying.uses]
        for number in self._consumers[known[0].id] if known else ():
            if number not in {use.id for use in lying.uses.values()}:
                yield self._network.uses[number]

    def _pair(
        self,
        pattern: Pattern,
        lying: _Lying,
        place: int,
        use: Use,
        pending: list[tuple[int, Use]],
    ) -> bool:
        if place in lying.uses:
            return lying.uses[place] is use
        part, made = pattern.parts[place], use.made
        if _kind(part.family, part.kind) != _kind(made.family, made.kind) or not made.trainable:
            return False
        if lying.layers.setdefault(part.layer, id(made)) != id(made) or not _has_given(part, made):
            return False
        call = self._call(use)
        if call.keys() != part.call.keys():
            return False
        lying.uses[place] = use
        for name, leaves in part.call.items():
            if leaves == (None,) and not any(isinstance(v, Tensor) for v in call[name]):
                continue  # whatever it is, and however long
            if len(leaves) != len(call[name]):
                return False
            for leaf, value in zip(leaves, call[name], strict=True):
                if isinstance(leaf, tuple) != isinstance(value, Tensor):
                    return False
                if not isinstance(leaf, tuple):
                    if leaf is not None and leaf != repr(value):
                        return False
                elif leaf[0] < 0:
                    if lying.inputs.setdefault(-1 - leaf[0], value) != value:
                        return False
                elif leaf[1] != value.output:
                    return False
                else:
                    pending.append((leaf[0], self._network.uses[value.use]))
        return True

    def _call(self, use: Use) -> dict[str, list[Given]]:
        if use.id not in self._calls:
            self._calls[use.id] = called(use)
        return self._calls[use.id]

    def _whole(self, pattern: Pattern, lying: _Lying) -> Match | None:
        """Give a pattern that lies whole, if nothing outside takes what is made inside."""
        if len(lying.uses) != len(pattern.parts) or len(lying.inputs) != len(pattern.inputs):
            return None
        uses = tuple(lying.uses[place] for place in range(len(pattern.parts)))
        numbers = {use.id for use in uses}
        if len(numbers) != len(uses) or len(set(lying.layers.values())) != len(lying.layers):
            return None
        inputs = tuple(lying.inputs[place] for place in range(len(pattern.inputs)))
        ends = {place for place, _ in pattern.outputs}
        for place, use in enumerate(uses):
            if place not in ends and (
                use.id in self._ends or not numbers.issuperset(self._consumers[use.id])
            ):
                return None
        if any(tensor.use in numbers for tensor in inputs):
            return None
        return Match(pattern, uses, inputs)


class _Lying:
    """How far a pattern lies: the uses of its parts, the layers of these, and the tensors that arrive."""

    def __init__(self) -> None:
        self.uses: dict[int, Use] = {}
        self.layers: dict[int, int] = {}
        self.inputs: dict[int, Tensor] = {}

    def copy(self) -> _Lying:
        made = _Lying()
        made.uses, made.layers, made.inputs = dict(self.uses), dict(self.layers), dict(self.inputs)
        return made


def _kind(family: str, kind: str) -> tuple[str, str]:
    return family, SAME.get(kind, kind) if family == "op" else kind


def _tensors(part: Part) -> Iterator[tuple[int, int]]:
    for leaves in part.call.values():
        yield from (leaf for leaf in leaves if isinstance(leaf, tuple))


def _has_given(part: Part, made: Made) -> bool:
    """Tell whether a layer is given what a part is given, but for what varies."""
    mine = given_of(made)
    for name, value in mine.items():
        if name not in part.varies and part.given.get(name) != spelled(made, name, value):
            return False
    return all(name in mine or name in part.varies for name in part.given)


__all__ = ["Finder", "Match"]
