"""Uses of blocks of the library put into a network, in the place of what they are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile

from netdsl.importer.laying import Match
from netdsl.importer.network import Given, Made, Network, Tensor, Use
from netdsl.record import record

#: The family of what stands for a use of a block of the library.
STD = "std"

#: The output that stands for all outputs of a use.
WHOLE = -1


@record(eq=False)
class Taken:
    """Matches that are one layer, or one use of a block: most of the time a single one; and what the block is given."""

    matches: tuple[Match, ...]
    arguments: Mapping[str, Given]


def with_blocks(network: Network, chosen: Sequence[Taken]) -> Network | None:
    """Put one use of a block in the place of each match."""
    return _Rewriting(network, chosen).network()


class _Rewriting:
    def __init__(self, network: Network, chosen: Sequence[Taken]) -> None:
        self._old = network
        self._new = Network(network.name)
        self._moved: dict[Tensor, Tensor] = {}
        self._part_of: dict[int, Match] = {}
        self._made: dict[int, Made] = {}  # by the identity of a match
        self._done: set[int] = set()
        for taken in chosen:
            made = _made_of(taken)
            for match in taken.matches:
                self._made[id(match)] = made
                self._part_of.update((use.id, match) for use in match.uses)

    def network(self) -> Network | None:
        old, new = self._old, self._new
        for use in old.uses:
            match = self._part_of.get(use.id)
            if match is None or use.id == max(u.id for u in match.uses):
                self._emit(use.id)
        for number in old.inputs:
            self._emit(number)
        new.inputs = [self._at(Tensor(number)).use for number in old.inputs]
        new.outputs = [(name, self._at(tensor)) for name, tensor in old.outputs]
        new.form, new.training, new.is_sequential = old.form, old.training, old.is_sequential
        new.types = {
            self._at(tensor): told for tensor, told in old.types.items() if self._is_there(tensor)
        }
        return new

    def _is_there(self, tensor: Tensor) -> bool:
        match = self._part_of.get(tensor.use)
        return match is None or tensor in match.outputs

    def _at(self, tensor: Tensor) -> Tensor:
        found: Tensor = put_in_place(tensor, self._moved)
        return found

    def _emit(self, number: int) -> None:
        """Give a use, or the block that it is in, after what it takes."""
        if number in self._done:
            return
        match = self._part_of.get(number)
        self._done.update([number] if match is None else [use.id for use in match.uses])
        use = self._old.uses[number]
        for tensor in use.inputs if match is None else match.inputs:
            self._emit(tensor.use)
        place = len(self._new.uses)
        if match is None:
            given = (put_in_place(v, self._moved) for v in (use.positional, use.keywords))
            self._new.uses.append(Use(place, use.made, *given))
            self._moved[Tensor(number, WHOLE)] = Tensor(place, WHOLE)
            return
        first, *others = (self._at(tensor) for tensor in match.inputs)
        if len(others) > 1:
            used = Use(place, self._made[id(match)], ((first, *others),))
        else:
            named = dict(zip(match.pattern.inputs[1:], others, strict=True))
            used = Use(place, self._made[id(match)], (first,), named)
        self._new.uses.append(used)
        for output, tensor in enumerate(match.outputs):
            self._moved[tensor] = Tensor(place, output)


def _made_of(taken: Taken) -> Made:
    """Make what stands for a use of a block, called after what its layers are called."""
    match = taken.matches[0]
    pattern = match.pattern
    names = [use.made.name for use in match.uses if use.made.family != "op"]
    stem = _beginning(names) if len(names) > 1 else ""
    name = stem.rpartition("_")[0] if "_" in stem else ""
    return Made(
        name or pattern.block,
        pattern.block,
        STD,  # type: ignore[arg-type]
        taken.arguments,
        taken.arguments,
        module=pattern.module,
        kinds=pattern.kinds,
        gives=len(pattern.outputs),
    )


def _beginning(names: Sequence[str]) -> str:
    """Give what all names begin with."""
    first, last = min(names), max(names)
    same = (a == b for a, b in zip(first, last, strict=False))
    return first[: sum(takewhile(bool, same))]


def put_in_place(value: Given, moved: Mapping[Tensor, Tensor]) -> Given:
    """Put other tensors in the place of some: of all outputs of a use, or of one."""
    if isinstance(value, Tensor):
        if value in moved:
            return moved[value]
        whole = moved.get(Tensor(value.use, WHOLE))
        return value if whole is None else Tensor(whole.use, value.output)
    if isinstance(value, (list, tuple)):
        return tuple(put_in_place(item, moved) for item in value)
    if isinstance(value, Mapping):
        return {name: put_in_place(item, moved) for name, item in value.items()}
    return value


__all__ = ["STD", "WHOLE", "Taken", "put_in_place", "with_blocks"]
