"""Whether trained weights of one version of a model still load into another.

Layers are matched by name, and where names changed by kind and shapes in order. Apart from that it is worked out
what Keras itself would do with a checkpoint, which goes by class and order: load it, refuse it, or, worst,
put weights into another layer without a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from netdsl.compare.holders import Holder, holders
from netdsl.compare.pairing import pair_in_order
from netdsl.graph import Graph
from netdsl.record import record

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


def compare_weights(before: Graph, after: Graph) -> Comparison:
    """Match the layers of two versions of a model that hold weights."""
    old, new = holders(before), holders(after)
    matches = _match(old, new)
    return Comparison(tuple(matches), tuple(_loading(old, new, matches)))


def _match(old: Sequence[Holder], new: Sequence[Holder]) -> list[Match]:
    by_name = {holder.name: holder for holder in old}
    left = [h for h in old if h.name not in {n.name for n in new}]
    added = [h for h in new if h.name not in by_name]
    renamed = _renamed(left, added)
    matches: list[Match] = []
    for holder in new:
        same = by_name.get(holder.name)
        if same is not None:
            fits = same.shapes == holder.shapes and same.kind == holder.kind
            matches.append(Match("unchanged" if fits else "reshaped", same, holder))
        elif holder.name in renamed:
            before = renamed[holder.name]
            matches.append(
                Match("renamed" if before.shapes == holder.shapes else "reshaped", before, holder)
            )
        else:
            matches.append(Match("new", None, holder))
    taken = {h.name for h in renamed.values()}
    matches.extend(Match("gone", h, None) for h in left if h.name not in taken)
    return matches


def _renamed(left: Sequence[Holder], added: Sequence[Holder]) -> dict[str, Holder]:
    """Pair layers that are alike but for the name, then those of one kind, in order."""
    by_name = {holder.name: holder for holder in left}
    pairs = pair_in_order(
        [h.name for h in left],
        [h.name for h in added],
        ([(h.kind, h.shapes) for h in left], [(h.kind, h.shapes) for h in added]),
        ([h.kind for h in left], [h.kind for h in added]),
    )
    return {after: by_name[before] for after, before in pairs.items()}


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
        elif belongs.get(holder.name) not in (None, there):
            found.append(Loading(holder.slot, there, holder, "another layer"))
    return found
