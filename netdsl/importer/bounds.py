"""What a file of a stranger may weigh, counted before anything is made of it.

All counting is done by methods of bytes, which take a fraction of a second for the largest text that is read: one that
is only just too large is told as fast as one that is small.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader
from itertools import accumulate

#: What a configuration may weigh at most, and what all that is read of an archive may weigh together.
MOST_BYTES = 64 * 1024 * 1024

#: How many brackets, commas and colons a configuration may have: 50,000 layers of the largest networks have fewer.
MOST_MARKS = 8_000_000

#: How deep brackets may be nested in a configuration.
DEEPEST_JSON = 200

#: How many words all lookups of a model may know together: a spec with more of them is longer than any that is read.
MOST_WORDS = 100_000

#: What the list of the members of an archive may weigh; a model has some ten.
MOST_OF_LIST = 1024 * 1024

_NO_MARK = bytes(set(range(256)) - set(b"[]{},:"))
_STEP = [0] * 256
for _opens, _closes in (b"[]", b"{}"):
    _STEP[_opens], _STEP[_closes] = 1, -1

#: How much of a text is looked at in one go, so that counting takes little memory itself.
_AT_ONCE = 1024 * 1024


def too_much(text: bytes) -> str:
    """Say in which way a JSON text has too much in it; empty where it has not."""
    marks = b""
    for found in _marks(text.replace(b"\\\\", b"").replace(b'\\"', b"")):
        marks += found
        if len(marks) > MOST_MARKS:
            return "its configuration holds more values than any model has"
    brackets = marks.translate(None, b",:")
    if max(accumulate(map(_STEP.__getitem__, brackets)), default=0) > DEEPEST_JSON:
        return f"it is nested more than {DEEPEST_JSON} deep"
    return ""


def _marks(text: bytes) -> Iterator[bytes]:
    """Give the marks that stand outside of strings, piece by piece; no quote in the text is escaped."""
    is_inside = False
    for start in range(0, len(text), _AT_ONCE):
        pieces = text[start : start + _AT_ONCE].split(b'"')
        yield b"".join(pieces[is_inside::2]).translate(None, _NO_MARK)
        is_inside ^= len(pieces) % 2 == 0


class Guarded(BufferedReader):
    """A file of which, while `is_listed`, no more is read at once than the list of an archive may weigh.

    How long that list is stands at the end of the archive, and `zipfile` takes it from there.
    """

    is_listed = False

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as any file does; a ValueError where the list is too long."""
        if self.is_listed and size is not None and size > MOST_OF_LIST:
            raise ValueError("it lists more files than any model has")
        return super().read(size)
