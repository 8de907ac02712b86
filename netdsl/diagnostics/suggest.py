"""Did you mean: the nearest known name to one that was not found."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from netdsl.diagnostics.habits import NAMES, names_for


def edit_distance(left: str, right: str, limit: int) -> int:
    """Count the edits between two names (a swap of neighbours is one), up to `limit` + 1."""
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    before: list[int] = []
    current = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        earlier, before, current = before, current, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, current[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, earlier[j - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
    return current[-1]


def closest(name: str, known: Iterable[str]) -> str | None:
    """Give the one known name within a third of the length in edits, or None."""
    return _closest(name, tuple(known))


@lru_cache(maxsize=4096)
def _letters(name: str) -> frozenset[str]:
    return frozenset(name)


def _cut_short(name: str, candidates: tuple[str, ...]) -> str | None:
    """`proj` for `project`, `latent_dim` for `latent`: the one name that begins as it does, or that it begins with."""
    if len(name) < _SHORTEST or not name.islower():
        return None
    longer = [c for c in candidates if c.startswith(name)]
    shorter = [c for c in candidates if len(c) >= _SHORTEST and name.startswith(f"{c}_")]
    found = {*longer, *shorter}
    return found.pop() if len(found) == 1 else None


_A_SLIP = 1  # edits of one slip of the hand
_SHORTEST = 4  # letters that a name shares with the one it was meant for


# A misspelled name is often used again, and each fix is tried on the whole spec.
@lru_cache(maxsize=512)
def _closest(name: str, candidates: tuple[str, ...]) -> str | None:
    for habit in names_for(*NAMES).get(name, ()):
        if habit in candidates:
            return habit
    if len(name) > 80:
        return None
    folded = {c.lower().replace("_", ""): c for c in reversed(candidates)}
    same = folded.get(name.lower().replace("_", ""))
    if same is not None:
        return same
    limit = max(1, len(name) // 3)
    letters = set(name)
    best = min(
        (
            (edit_distance(name, c, limit), i, c)
            for i, c in enumerate(candidates)
            # A letter that the other name lacks takes an edit, and so does each of the difference in length.
            if abs(len(c) - len(name)) <= limit and len(letters - _letters(c)) <= limit
        ),
        default=None,
    )
    near = best is not None and best[0] <= limit and best[0] < len(name)
    if (
        best is not None and near and best[0] <= _A_SLIP
    ):  # `loss_weihts` is no `loss` with more behind it
        return best[2]
    return _cut_short(name, candidates) or (best[2] if best is not None and near else None)
