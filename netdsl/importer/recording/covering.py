"""Which patterns of a block are kept: none that another one is found wherever it would be."""

from __future__ import annotations

import json
from collections.abc import Mapping

from netdsl.importer.network import Given


class Met:
    """The patterns of a block that were met: of one shape, the one that fixes the fewest options."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[int, Mapping[str, Given]]] = {}

    def add(self, pattern: Mapping[str, Given]) -> None:
        shape = json.dumps([pattern["parts"], pattern["outputs"]])
        fixed = len(pattern["fixed"])
        if shape not in self._found or fixed < self._found[shape][0]:
            self._found[shape] = (fixed, pattern)

    def kept(self) -> list[Mapping[str, Given]]:
        """Give those that no other covers, first what leaves the most open."""
        kept: list[Mapping[str, Given]] = []
        for _, pattern in sorted(self._found.values(), key=lambda one: (one[0], -_open(one[1]))):
            if not any(_covers(other, pattern) for other in kept):
                kept.append(pattern)
        return kept


def _open(pattern: Mapping[str, Given]) -> int:
    return sum(len(part["varies"]) for part in pattern["parts"])


def _covers(wide: Mapping[str, Given], narrow: Mapping[str, Given]) -> bool:
    """Tell whether a pattern is found wherever another is, and fixes no option that the other leaves open."""
    if len(wide["parts"]) != len(narrow["parts"]) or wide["outputs"] != narrow["outputs"]:
        return False
    if not wide["fixed"].items() <= narrow["fixed"].items():
        return False
    return all(_part_covers(a, b) for a, b in zip(wide["parts"], narrow["parts"], strict=True))


def _part_covers(wide: Mapping[str, Given], narrow: Mapping[str, Given]) -> bool:
    if any(wide[key] != narrow[key] for key in ("family", "kind", "layer")):
        return False
    if list(wide["call"]) != list(narrow["call"]):
        return False
    for name, leaves in wide["call"].items():
        other = narrow["call"][name]
        if len(other) != len(leaves) or any(
            mine is not None and mine != theirs for mine, theirs in zip(leaves, other, strict=True)
        ):
            return False
    if not set(narrow["varies"]) <= set(wide["varies"]):
        return False
    left = {k: v for k, v in narrow["given"].items() if k not in wide["varies"]}
    return bool(left == wide["given"])


__all__ = ["Met"]
