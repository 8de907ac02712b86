"""Whether trained weights of one version of a model still load into another.

Layers are matched by the names that somebody gave them, then by kind, shapes and what reaches them, and only then by
names that go with a place. Apart from that it is worked out what Keras itself would do with a checkpoint, which goes by
class and order: load it, refuse it, or, worst, put weights into another layer without a word.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Literal

from netdsl.compare.holders import Holder, holders
from netdsl.compare.layout import layout_of
from netdsl.compare.pairing import pair_layers
from netdsl.graph import Graph, Operation
from netdsl.record import record
from netdsl.stack import on_own_stack

Fate = Literal["unchanged", "renamed", "reshaped", "new", "gone"]
FATES: tuple[Fate, ...] = ("unchanged", "renamed", "reshaped", "new", "gone")


@record
class Match:
    """What becomes of one layer's weights; `before` is None for a new layer, `after` for one that is gone."""

    fate: Fate
    before: Holder | None
    after: Holder | None


@record
class Loading:
    """What Keras does with one place of a checkpoint: refuse it, or load it into another layer."""

    slot: str
    before: Holder | None
    after: Holder
    problem: Literal["missing", "shapes differ", "another layer"]


@record
class Comparison:
    """Both answers. `loads` tells whether a checkpoint of the old model loads into the new one as it should."""

    matches: tuple[Match, ...]
    loading: tuple[Loading, ...]

    @property
    def loads(self) -> bool:
        return not self.loading

    def of(self, fate: Fate) -> list[Match]:
        return [match for match in self.matches if match.fate == fate]


@on_own_stack
def compare_weights(before: Graph, after: Graph) -> Comparison:
    """Match the layers of two versions of a model that hold weights."""
    old, new = holders(before), holders(after)
    pairs = pair_layers(layout_of(before, _key), layout_of(after, _key))
    matches = _match(old, new, pairs)
    return Comparison(tuple(matches), tuple(_loading(old, new, matches)))


def _key(operation: Operation) -> tuple[str, Hashable] | None:
    """Tell apart layers by class and shapes of weights; those without weights are passed over."""
    if operation.family == "op" or operation.graph is not None or not operation.weights:
        return None
    return operation.kind, tuple(weight.shape for weight in operation.weights)


def _match(old: Sequence[Holder], new: Sequence[Holder], pairs: Mapping[str, str]) -> list[Match]:
    by_name = {holder.name: holder for holder in old}
    matches = [_matched(by_name.get(pairs.get(holder.name, "")), holder) for holder in new]
    taken = set(pairs.values())
    return [*matches, *(Match("gone", holder, None) for holder in old if holder.name not in taken)]


def _matched(before: Holder | None, after: Holder) -> Match:
    if before is None:
        return Match("new", None, after)
    if before.shapes != after.shapes or before.kind != after.kind:
        return Match("reshaped", before, after)
    return Match("unchanged" if before.name == after.name else "renamed", before, after)


def _loading(
    old: Sequence[Holder], new: Sequence[Holder], matches: Sequence[Match]
) -> list[Loading]:
    """Give every place of a checkpoint that does not end up where it belongs."""
    stored = {holder.slot: holder for holder in old}
    belongs = {
        m.after.name: m.before for m in matches if m.after is not None and m.before is not None
    }
    found: list[Loading] = []
    for holder in new:
        there = stored.get(holder.slot)
        if there is None:
            found.append(Loading(holder.slot, None, holder, "missing"))
        elif there.shapes != holder.shapes:
            found.append(Loading(holder.slot, there, holder, "shapes differ"))
        elif belongs.get(holder.name) != there:
            found.append(Loading(holder.slot, there, holder, "another layer"))
    return found
