"""The types of arguments: what a value must be, and the one form in which rules see it.

A type has a spelling for the documentation (`a positive integer`) and one method, `accept`, which gives the
canonical value or raises `ArgumentMismatch` where Keras would refuse, at once or later. What names an
activation, an initializer, a dtype or a layer is in `reference_types.py`; which argument has which type, in
`argument_table.py`.
"""

from __future__ import annotations

import math
from typing import Any

from netdsl.catalog.kind import Identifier
from netdsl.catalog.signature import Family
from netdsl.catalog.spell import one_of, spell
from netdsl.diagnostics.problem import Problem
from netdsl.diagnostics.problems.arguments import (
    ArgumentOutOfRange,
    SymbolicArgument,
    UnknownChoice,
    UnsupportedArgument,
    WrongArgument,
)
from netdsl.diagnostics.suggest import closest
from netdsl.record import record
from netdsl.tensor import Sym, Unknown
from netdsl.value import Value

LARGEST = 2**63 - 1  # what a dimension can be in TensorFlow


#: The help where an argument is better not given.
LEAVE_OUT = "leave it out"


class ArgumentMismatch(Exception):
    """Why a value does not fit. `label` goes on from the argument's name: "is `-3`, not …"."""

    def __init__(
        self,
        label: str,
        help: str = "",
        suggestion: str | None = None,
        problem: type[Problem] = WrongArgument,
        may_go: bool = False,
    ) -> None:
        super().__init__(label)
        self.label, self.help, self.suggestion, self.problem = label, help, suggestion, problem
        self.may_go = may_go  # it takes nothing but its default, so the argument can be left out


def mismatch(
    value: Value, spelled: str, help: str = "", suggestion: str | None = None
) -> ArgumentMismatch:
    """Say that a value is of another type than the one wanted; `suggestion` is code that would do in its place."""
    if isinstance(value, Sym):
        names = one_of(f"`{name}`" for name in sorted(value.variables))
        return ArgumentMismatch(
            f"is the symbolic dimension `{value}`, and {spelled} is needed",
            help or f"give {names} as a number where the input is declared",
            problem=SymbolicArgument,
        )
    if isinstance(value, Unknown):
        return ArgumentMismatch(
            f"is a dimension that nobody knows yet, and {spelled} is needed",
            help or "give that dimension as a number where the input is declared",
            problem=SymbolicArgument,
        )
    return ArgumentMismatch(f"is `{spell(value)}`, not {spelled}", help, suggestion)


def out_of_range(value: Value, spelled: str) -> ArgumentMismatch:
    """Say that a number is outside what is possible."""
    return ArgumentMismatch(f"is `{spell(value)}`, not {spelled}", problem=ArgumentOutOfRange)


@record
class ArgumentType:
    """Anything goes; the other types narrow it. `families` are those whose objects an argument takes."""

    spelled: str = "any value"

    @property
    def families(self) -> tuple[Family, ...]:
        return ()

    def accept(self, value: Value) -> Value:
        return value


ANY = ArgumentType()


@record
class Integer(ArgumentType):
    """A whole number between bounds; `True` is not one, nor is 2.0."""

    spelled: str = "an integer"
    minimum: int = -LARGEST - 1
    maximum: int = LARGEST

    def accept(self, value: Value) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise mismatch(value, self.spelled)
        if not self.minimum <= value <= self.maximum:
            raise out_of_range(value, self.spelled)
        return value


INTEGER = Integer()
COUNT = Integer("an integer of at least 0", 0)
POSITIVE = Integer("a positive integer", 1)


@record
class Number(ArgumentType):
    """A number between bounds, whole or not; a bound itself is out where it is `open`."""

    spelled: str = "a number"
    minimum: float = -math.inf
    maximum: float = math.inf
    open_minimum: bool = False
    open_maximum: bool = False
    only_floats: bool = False  # Keras refuses `1` here and takes `1.0`

    def accept(self, value: Value) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise mismatch(value, self.spelled)
        if self.only_floats and isinstance(value, int):
            wanted = f"{value}.0"
            raise ArgumentMismatch(
                f"is `{spell(value)}`, not a float", f"write `{wanted}`", suggestion=wanted
            )
        if not _is_finite(value):
            raise out_of_range(value, self.spelled)
        above = value > self.minimum or (value == self.minimum and not self.open_minimum)
        below = value < self.maximum or (value == self.maximum and not self.open_maximum)
        if not (above and below):
            raise out_of_range(value, self.spelled)
        return value


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False


NUMBER = Number()
NON_NEGATIVE = Number("a number of at least 0", 0.0)
POSITIVE_NUMBER = Number("a number above 0", 0.0, open_minimum=True)
FRACTION = Number("a number from 0 to 1", 0.0, 1.0)
FRACTION_FLOAT = Number("a float from 0 to 1", 0.0, 1.0, only_floats=True)
RATE = Number("a number from 0 up to 1, without 1", 0.0, 1.0, open_maximum=True)


@record
class Boolean(ArgumentType):
    """`True` or `False`; Keras takes 1 and 0 as well, where it does not look closely."""

    spelled: str = "`True` or `False`"
    takes_numbers: bool = True

    def accept(self, value: Value) -> bool:
        if isinstance(value, bool):
            return value
        if self.takes_numbers and isinstance(value, int) and value in (0, 1):
            return bool(value)
        if isinstance(value, Identifier) and value.name in ("true", "false"):
            wanted = value.name.capitalize()
            raise ArgumentMismatch(
                f"is `{value}`, not {self.spelled}", f"write `{wanted}`", suggestion=wanted
            )
        raise mismatch(value, self.spelled)


BOOLEAN = Boolean()
ONLY_BOOLEAN = Boolean(takes_numbers=False)


@record
class Text(ArgumentType):
    """A string."""

    spelled: str = "a string"

    def accept(self, value: Value) -> str:
        if not isinstance(value, str):
            quoted = f'"{value}"' if isinstance(value, Identifier) else None
            help = f"put it in quotes: `{quoted}`" if quoted else ""
            found = mismatch(value, self.spelled, help)
            found.suggestion = quoted
            raise found
        return value


TEXT = Text()


@record
class Choice(ArgumentType):
    """One of a few words, as a string or bare; `folds` where Keras does not mind capitals."""

    words: tuple[str, ...] = ()
    folds: bool = False

    def accept(self, value: Value) -> str:
        text = value.name if isinstance(value, Identifier) else value
        if not isinstance(text, str):
            raise mismatch(value, self.spelled)
        word = text.lower() if self.folds else text
        if word in self.words:
            return word
        nearest = closest(text, self.words)
        raise ArgumentMismatch(
            f"is `{spell(value)}`, not {self.spelled}",
            help=f'did you mean `"{nearest}"`?' if nearest else "",
            suggestion=f'"{nearest}"' if nearest else None,
            problem=UnknownChoice,
        )


def choice(*words: str, folds: bool = False) -> Choice:
    """Make the type of an argument that takes one of a few words."""
    return Choice(one_of(f'`"{word}"`' for word in words), words, folds)


@record
class Optional(ArgumentType):
    """Another type, or `None`."""

    inner: ArgumentType = ANY

    @property
    def families(self) -> tuple[Family, ...]:
        return self.inner.families

    def accept(self, value: Value) -> Value:
        return None if value is None else self.inner.accept(value)


def optional(inner: ArgumentType) -> Optional:
    """Let an argument be `None` as well."""
    return Optional(f"{inner.spelled}, or `None`", inner)


@record
class Either(ArgumentType):
    """The first of several types that accepts."""

    options: tuple[ArgumentType, ...] = ()

    @property
    def families(self) -> tuple[Family, ...]:
        return tuple(dict.fromkeys(f for option in self.options for f in option.families))

    def accept(self, value: Value) -> Value:
        refusals = []
        for option in self.options:
            try:
                return option.accept(value)
            except ArgumentMismatch as refusal:
                refusals.append(refusal)
        told = next((refusal for refusal in refusals if refusal.help), None)
        if told is not None:  # who can help knows best what was meant
            raise told
        general = mismatch(value, self.spelled)
        problems = [r.problem for r in refusals if r.problem is not WrongArgument]
        general.problem = problems[0] if problems else general.problem
        raise general


def either(*options: ArgumentType) -> Either:
    """Let an argument be of any of several types."""
    return Either(one_of(option.spelled for option in options), options)


@record
class Repeated(ArgumentType):
    """`n` integers, one for each spatial axis, from a sequence or from one integer for all of them."""

    length: int = 1
    item: Integer = POSITIVE
    takes_sequence: bool = True

    def accept(self, value: Value) -> tuple[int, ...]:
        if isinstance(value, list | tuple) and self.takes_sequence:
            return accept_items(value, self.item, self.spelled, self.length)
        return (self.item.accept(value),) * self.length


def repeated(length: int, item: Integer = POSITIVE) -> Repeated:
    """Make the type of `kernel_size`, `strides` and their kin for a spatial rank."""
    many = "one" if length == 1 else f"a tuple of {length}"
    spelled = f"{item.spelled}, or {many} of them" if length > 1 else item.spelled
    return Repeated(spelled, length, item)


def accept_items(
    values: list[Value] | tuple[Value, ...],
    item: ArgumentType,
    spelled: str,
    length: int | None = None,
) -> tuple[Any, ...]:  # of what the item's type gives
    """Accept each item of a sequence, whose length may be fixed."""
    if length is not None and len(values) != length:
        raise ArgumentMismatch(f"is `{spell(values)}`, of length {len(values)}, not {spelled}")
    return tuple(accept_item(value, values, item) for value in values)


def accept_item(value: Value, whole: Value, item: ArgumentType) -> Any:  # what its type gives
    """Accept one item; a refusal tells the whole value as well, since that is what was written."""
    try:
        return item.accept(value)
    except ArgumentMismatch as refusal:
        refusal.label = f"is `{spell(whole)}`, whose item {refusal.label}"
        raise


@record
class Items(ArgumentType):
    """A list or tuple of any length, or of a fixed one; canonical as a tuple."""

    item: ArgumentType = ANY
    length: int | None = None
    minimum: int = 0
    only: type[list[Value]] | type[tuple[Value, ...]] | None = None  # Keras may take no other

    @property
    def families(self) -> tuple[Family, ...]:
        return self.item.families

    def accept(self, value: Value) -> tuple[Any, ...]:  # of what the item's type gives
        if not isinstance(value, list | tuple) or len(value) < self.minimum:
            raise mismatch(value, self.spelled)
        if self.only and not isinstance(value, self.only):
            wanted = spell(self.only(value))
            raise ArgumentMismatch(
                f"is `{spell(value)}`, not {self.spelled}",
                f"write `{wanted}`",
                suggestion=wanted,
            )
        return accept_items(value, self.item, self.spelled, self.length)


def items(item: ArgumentType, spelled: str, length: int | None = None, minimum: int = 0) -> Items:
    """Make the type of a list or tuple."""
    return Items(spelled, item, length, minimum)


INTEGERS = items(INTEGER, "a list of integers")
NUMBERS = items(NUMBER, "a list of numbers")
AXES = either(INTEGER, items(INTEGER, "a tuple of them"))


@record
class Numbers(ArgumentType):
    """A number, or lists of numbers nested to any (sensible) depth, as for an array."""

    deepest: int = 8

    def accept(self, value: Value) -> Value:
        self._check(value, value, 0)
        return value

    def _check(self, value: Value, whole: Value, depth: int) -> None:
        if isinstance(value, list | tuple) and depth < self.deepest:
            for item in value:
                self._check(item, whole, depth + 1)
        elif not isinstance(value, int | float) or not _is_finite(value):
            raise mismatch(value if isinstance(value, Sym | Unknown) else whole, self.spelled)


ARRAY = Numbers("a number, or lists of numbers")


@record
class Margins(ArgumentType):
    """What is cut off or put on along each axis: one number, one for each axis, or a pair for each."""

    rank: int = 1

    def accept(self, value: Value) -> tuple[tuple[int, int], ...]:
        if not isinstance(value, list | tuple):
            amount = COUNT.accept(value)
            return ((amount, amount),) * self.rank
        if self.rank == 1:
            before, after = accept_items(value, COUNT, self.spelled, 2)
            return ((before, after),)
        if len(value) != self.rank:
            raise ArgumentMismatch(
                f"is `{spell(value)}`, of length {len(value)}, not {self.spelled}"
            )
        return tuple(self._axis(margin, value) for margin in value)

    def _axis(self, margin: Value, whole: Value) -> tuple[int, int]:
        if isinstance(margin, list | tuple):
            before, after = accept_items(margin, COUNT, "a pair of integers of at least 0", 2)
            return (before, after)
        amount = accept_item(margin, whole, COUNT)
        return (amount, amount)


def margins(rank: int) -> Margins:
    """Make the type of `cropping` and of the padding that `ZeroPadding` puts on."""
    if rank == 1:
        return Margins("an integer of at least 0 or a pair of them", 1)
    return Margins(
        f"an integer of at least 0, or a tuple of {rank} integers or of {rank} pairs", rank
    )


@record
class Mapped(ArgumentType):
    """A dict from strings to another type; canonical as a dict."""

    item: ArgumentType = ANY

    @property
    def families(self) -> tuple[Family, ...]:
        return self.item.families

    def accept(self, value: Value) -> dict[Any, Any]:  # of strings to what the item's type gives
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            raise mismatch(value, self.spelled)
        return {key: accept_item(item, [item], self.item) for key, item in value.items()}


@record
class Unsupported(ArgumentType):
    """An argument that a spec has no value for; only its default is taken."""

    spelled: str = "its default"
    default: Value = None
    reason: str = "a spec has no value that it could be"

    def accept(self, value: Value) -> Value:
        if value == self.default and type(value) is type(self.default):
            return value
        raise ArgumentMismatch(
            f"is `{spell(value)}`, and {self.reason}",
            LEAVE_OUT,
            problem=UnsupportedArgument,
            may_go=True,
        )


def pair(spelled: str, item: ArgumentType = NUMBER) -> Items:
    """Make the type of a pair such as `value_range`."""
    return items(item, spelled, 2)
