"""Room for recursion: elaboration recurses with the nesting of a spec, which is bounded, not with its length."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: Python frames; blocks nest up to 120 deep with some tens of frames each. Calls between Python functions take
#: no room on the C stack (Python 3.11), so this is memory of a few megabytes at the most.
FRAMES = 20_000


@contextmanager
def deep_stack() -> Iterator[None]:
    """Raise the recursion limit for a while."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
