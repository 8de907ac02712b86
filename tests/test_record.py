"""Records and mutables do as dataclasses do, though nothing is written for them until the first object is made."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, field, fields, replace
from functools import cached_property

import pytest

from netdsl.record import mutable, record


@record
class Place:
    line: int
    column: int = 1
    note: str = field(default="", compare=False)

    def moved(self, by: int) -> Place:
        return replace(self, column=self.column + by)


@record
class Marked(Place):
    marks: list[str] = field(default_factory=list)

    def moved(self, by: int) -> Place:
        return super().moved(2 * by)

    @cached_property
    def first(self) -> str:
        return self.marks[0]


@mutable
class Counter:
    count: int = 0
    seen: list[int] = field(default_factory=list)


def test_equality_leaves_out_what_is_not_compared() -> None:
    assert Place(1, note="a") == Place(1, 1, "b") != Place(2)
    assert hash(Place(1, note="a")) == hash(Place(1))
    assert repr(Place(3)) == "Place(line=3, column=1, note='')"


def test_a_frozen_object_takes_no_value() -> None:
    with pytest.raises(FrozenInstanceError):
        Place(1).line = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        Place()  # type: ignore[call-arg]


def test_a_subclass_may_ask_the_class_above_and_keep_what_it_worked_out() -> None:
    marked = Marked(1, marks=["x"])
    assert marked.moved(2) == Marked(1, 5, marks=["x"])
    assert marked.first == "x"
    assert [f.name for f in fields(Marked)] == ["line", "column", "note", "marks"]
    with pytest.raises(FrozenInstanceError):
        marked.line = 2  # type: ignore[misc]


def test_a_mutable_is_itself_alone() -> None:
    counter = Counter()
    counter.count += 1
    counter.seen.append(1)
    assert counter != Counter(1, [1])
    assert Counter().seen == []
    assert not hasattr(counter, "__dict__")
    match counter:
        case Counter(count, seen):
            assert (count, seen) == (1, [1])


@record
class Odd:
    """A field that `__post_init__` sets, one that is made anew, and one that only its name may give."""

    text: str
    size: int = field(init=False)
    parts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", len(self.text))


def test_what_is_worked_out_and_what_is_made_anew() -> None:
    odd = Odd("abc")
    assert (odd.size, odd.parts, Odd("abc").parts is odd.parts) == (3, [], False)
    assert Odd.__match_args__ == ("text", "parts")  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="unexpected keyword argument 'length'"):
        Odd("abc", length=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'text'"):
        Odd()  # type: ignore[call-arg]


def test_a_default_that_could_be_changed_is_refused() -> None:
    with pytest.raises(ValueError, match="default_factory"):

        @record
        class Shared:
            parts: list[str] = []
