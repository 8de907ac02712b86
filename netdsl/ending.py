"""Being asked to end, by Ctrl-C or a signal: noted, since what is raised for it may be lost in C++ on its way.

TensorFlow and JAX call Python back from C++ while they trace a step: an exception that a signal raises there comes out
as another one, or not at all. So who works through such libraries asks here as well.
"""

from __future__ import annotations

#: The exit status that shells report of a process that Ctrl-C ended.
INTERRUPTED = 130

_asked: list[BaseException] = []


class Ended(BaseException):
    """The process was asked to end by a signal."""

    def __init__(self, number: int) -> None:
        self.number = number


def noted(error: BaseException) -> BaseException:
    """Note what is about to be raised because the process was asked to end."""
    _asked.append(error)
    return error


def end_if_asked() -> None:
    """Raise once more what was raised when the process was asked to end."""
    if _asked:
        raise _asked[-1]
