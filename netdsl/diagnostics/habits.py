"""What people bring from other tools, and what it is here: the one table, `habits.txt`, for all who ask.

It is read when the first of them asks, which is where there is a mistake to word.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType

from netdsl.record import record

TABLE = os.path.join(os.path.dirname(__file__), "habits.txt")

#: What each tool calls a layer, a function, a value or an object of training.
OBJECTS = ("layer", "function", "value", "object of training")

#: Where a name may have been meant for another; of a word in several the last counts.
NAMES = ("argument", "layer", "function", "value", "type", "object of training")


@record
class Habit:
    """A word of another tool, where it would stand in a spec, and what to do about it: how, and the text for that."""

    word: str
    tool: str
    place: str
    remedy: str
    here: str

    @property
    def names(self) -> tuple[str, ...]:
        """What it is called here, of a remedy `is`."""
        return tuple(self.here.split(", "))

    @property
    def help(self) -> str:
        """What to say of it."""
        return f"leave it out: {self.here}" if self.remedy == "omit" else self.here


@cache
def habits() -> tuple[Habit, ...]:
    """Read the table."""
    found: list[Habit] = []
    place = ""
    with open(TABLE, encoding="utf-8") as lines:
        for line in lines:
            text = line.strip()
            if text.startswith("["):
                place = text.strip("[]")
            elif text and not text.startswith("#"):
                words, tool, remedy, here = (*text.split(" | "), "")[:4]
                found += (Habit(word, tool, place, remedy, here) for word in words.split(", "))
    return tuple(found)


def _of(places: Iterable[str], *remedies: str) -> Iterator[Habit]:
    for place in places:
        yield from (h for h in habits() if h.place == place and h.remedy in remedies)


@cache
def names_for(*places: str) -> Mapping[str, tuple[str, ...]]:
    """Give what foreign words are called here, of several the first that is among the names in question."""
    return MappingProxyType({h.word: h.names for h in _of(places, "is")})


@cache
def help_for(*places: str) -> Mapping[str, str]:
    """Give what to say of foreign words."""
    return MappingProxyType({h.word: h.help for h in _of(places, "say", "omit")})


@cache
def left_out(*places: str) -> frozenset[str]:
    """Give the words that are to be left out, as nothing changes by it."""
    return frozenset(h.word for h in _of(places, "omit"))


@cache
def stages_for(*places: str) -> Mapping[str, str]:
    """Give the stages that do what foreign words did."""
    return MappingProxyType({h.word: h.here for h in _of(places, "stage")})


def own_losses() -> Mapping[str, str]:
    """Give the ways of Python to add a loss or a metric in a model's body, and where a spec has losses."""
    return help_for("loss of its own")


@cache
def modules_with(what: str) -> frozenset[str]:
    """Give the modules of Python that hold `layers`, or `functions` of arrays, as their names begin."""
    return frozenset(
        h.word for h in habits() if h.place == "module" and what in h.remedy.split(", ")
    )
