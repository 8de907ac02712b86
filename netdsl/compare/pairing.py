"""Pairing the layers of two versions of a network.

Where both are built of the same layers in the same way, a walk from the outputs pairs them, as what a layer is given
has an order. Otherwise a name that somebody gave a layer says which one it is. The others, numbered or called after
the output that they happen to end, say less than what a layer is and what reaches it: a head that is cut off leaves its
name to the layer before it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterator, Mapping
from operator import attrgetter
from typing import TypeAlias

from netdsl.compare.layout import Layout, Place

Likeness: TypeAlias = Callable[[Place], Hashable]


def pair_layers(old: Layout, new: Layout) -> dict[str, str]:
    """Pair names of `new` with names of `old`."""
    walked = _pair_in_lockstep(old, new)
    if walked is not None:
        return walked
    known = {place.name: place for place in old.layers}
    pairs = {
        place.name: place.name
        for place in new.layers
        if place.name in known and {old.holds[place.name], new.holds[place.name]} == {"given"}
    }
    _pair_by_what_reaches_them(old, new, pairs)
    for likeness in (attrgetter("key"), attrgetter("kind")):
        _pair_same_names(known, new, pairs, likeness)
        _pair_in_order(old, new, pairs, likeness)
    _pair_same_names(known, new, pairs, lambda place: None)
    return pairs


def _pair_in_lockstep(old: Layout, new: Layout) -> dict[str, str] | None:
    """Pair the layers of two networks that differ in names alone; None where they differ in more.

    A name that somebody gave is no other layer's: where both have it, it stands for one and the same.
    """
    if len(old.outputs) != len(new.outputs) or len(old.layers) != len(new.layers):
        return None
    by_name = set(old.outputs) == set(new.outputs)
    ends = {name: old.outputs[name] for name in new.outputs} if by_name else old.outputs
    pending = list(zip(ends.values(), new.outputs.values(), strict=True))
    inputs: dict[Hashable, Hashable] = {
        ("input", b): ("input", a) for a, b in _paired_inputs(old, new).items()
    }
    met: dict[int, int] = {}  # by the place in `new`, that in `old`
    back: dict[int, int] = {}
    while pending:
        before, after = pending.pop()
        if met.get(after, before) != before or back.get(before, after) != after:
            return None
        if after in met:
            continue
        met[after], back[before] = before, after
        a, b = old.places[before], new.places[after]
        is_like = inputs.get(b.key, b.key) == a.key and bool(a.name) == bool(b.name)
        if not is_like or len(a.inputs) != len(b.inputs):
            return None
        pending += zip(a.inputs, b.inputs, strict=True)
    pairs = {new.places[b].name: old.places[a].name for b, a in met.items() if new.places[b].name}
    given = {name for name, hold in old.holds.items() if hold == "given"}
    given &= {name for name, hold in new.holds.items() if hold == "given"}
    return pairs if all(pairs.get(name) == name for name in given) else None


def _paired_inputs(old: Layout, new: Layout) -> dict[str, str]:
    """Give for each old input the new one: its namesake, or the next in order that has none."""
    come = (name for name in new.inputs if name not in old.inputs)
    return {name: name if name in new.inputs else next(come, "") for name in old.inputs}


def _pair_same_names(
    known: Mapping[str, Place], new: Layout, pairs: dict[str, str], likeness: Likeness
) -> None:
    """Pair a layer with the one that had its name, where neither has another and they are alike."""
    taken = set(pairs.values())
    for place in new.layers:
        before = known.get(place.name)
        if before is None or place.name in pairs or place.name in taken:
            continue
        if likeness(before) == likeness(place):
            pairs[place.name] = place.name


def _pair_in_order(old: Layout, new: Layout, pairs: dict[str, str], likeness: Likeness) -> None:
    """Pair what is left and alike, the first with the first."""
    taken = set(pairs.values())
    free: defaultdict[Hashable, deque[str]] = defaultdict(deque)
    for place in old.layers:
        if place.name not in taken:
            free[likeness(place)].append(place.name)
    for place in new.layers:
        if place.name not in pairs and free[likeness(place)]:
            pairs[place.name] = free[likeness(place)].popleft()


def _pair_by_what_reaches_them(old: Layout, new: Layout, pairs: dict[str, str]) -> None:
    """Pair layers that are alike and are reached by the same, from the inputs on.

    One of the same name goes first, then one whose name no layer like it has now.
    """
    taken = set(pairs.values())
    kept = {(place.name, place.key) for place in new.layers}
    marks: dict[Hashable, int] = {}
    same: dict[Hashable, str] = {}
    free: defaultdict[Hashable, deque[str]] = defaultdict(deque)
    for place, reached in _reaching(old, marks, lambda name: ("old", name), {}):
        if place.name in taken:
            continue
        if (place.name, place.key) in kept:
            same[place.key, reached, place.name] = place.name
        else:
            free[place.key, reached].append(place.name)

    def identity(name: str) -> Hashable:
        return ("old", pairs[name]) if name in pairs else ("new", name)

    for place, reached in _reaching(new, marks, identity, _inputs(old, new)):
        if place.name not in pairs:
            found = same.pop((place.key, reached, place.name), None)
            others = free[place.key, reached]
            if found is not None or others:
                pairs[place.name] = found if found is not None else others.popleft()


def _inputs(old: Layout, new: Layout) -> dict[Hashable, Hashable]:
    """Give the old input for each new one that has no namesake, in order."""
    gone = [("input", name) for name in old.inputs if name not in new.inputs]
    come = [("input", name) for name in new.inputs if name not in old.inputs]
    return dict(zip(come, gone, strict=False))


def _reaching(
    layout: Layout,
    marks: dict[Hashable, int],
    identity: Callable[[str], Hashable],
    stands_for: Mapping[Hashable, Hashable],
) -> Iterator[tuple[Place, int]]:
    """Give each layer with a mark of what reaches it; its own `identity` is asked for after that."""
    found: list[Hashable] = []
    for place in layout.places:
        reached = _mark(tuple(found[i] for i in place.inputs), marks)
        if place.name:
            yield place, reached
            found.append(identity(place.name))
        else:
            found.append(_mark((stands_for.get(place.key, place.key), reached), marks))


def _mark(value: Hashable, marks: dict[Hashable, int]) -> int:
    """Give a number for a value, the same for equal ones, so that marks of marks stay short."""
    return marks.setdefault(value, len(marks))
