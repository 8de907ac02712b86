"""Pairing what lost its name with what got a new one: alike first, then of one kind, always in order."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from difflib import SequenceMatcher


def pair_in_order(
    left: Sequence[str], right: Sequence[str], *keys: tuple[Sequence[Hashable], Sequence[Hashable]]
) -> dict[str, str]:
    """Pair names of `right` with names of `left` whose keys are equal; each further pair of keys takes what is left.

    The keys of a name stand at its position: `keys` are (keys of left, keys of right), the strictest first.
    """
    pairs: dict[str, str] = {}
    taken: set[str] = set()
    for left_keys, right_keys in keys:
        old = [(n, k) for n, k in zip(left, left_keys, strict=True) if n not in taken]
        new = [(n, k) for n, k in zip(right, right_keys, strict=True) if n not in pairs]
        matcher = SequenceMatcher(None, [k for _, k in old], [k for _, k in new], autojunk=False)
        for block in matcher.get_matching_blocks():
            for offset in range(block.size):
                before, after = old[block.a + offset][0], new[block.b + offset][0]
                pairs[after] = before
                taken.add(before)
    return pairs
