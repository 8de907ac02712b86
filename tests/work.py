"""How much work something is, counted and not timed: the same on every machine, however busy."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def calls(function: Callable[[], Any]) -> int:
    """Count the calls of functions, Python's own among them, that running `function` takes."""
    count = 0

    def note(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


def grows_in_proportion(work: Callable[[int], int], small: int, times: int) -> bool:
    """Tell whether `times` as much input is no more than about `times` the work, from `small` on."""
    return work(small * times) < 1.3 * times * work(small)
