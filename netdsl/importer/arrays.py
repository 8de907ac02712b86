"""Arrays of numbers that functions are called with: `ops.array` of a list, which stands where the function is.

Emitted modules tie an array to a tensor of the model where layers are applied to it, as Keras has no source but an
input: `where(size(x) >= 0, array, False)`. That is read as the array.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from math import isfinite, prod

from netdsl.importer.errors import not_sayable
from netdsl.importer.measure import tokens
from netdsl.importer.network import Given, Made, Network, Tensor, Use, rewired, with_tensors
from netdsl.importer.products import Factor, factors_of
from netdsl.importer.sequences import (
    MOST_WRITTEN,
    Raw,
    named,
    spell_number,
    spell_sequence,
    spell_table,
)
from netdsl.record import record
from netdsl.tensor import short, single

#: The function that makes a tensor of numbers.
FUNCTION = "array"

#: The dtype that a tensor of numbers has of which nothing is said.
OWN_DTYPES: Mapping[type, str] = {bool: "bool", int: "int32", float: "float32"}


@record
class Array:
    """The numbers of an array, in lists of lists where it has several axes; `dtype` is what it is held in."""

    values: tuple[Given, ...]
    dtype: str

    @property
    def text(self) -> str:
        """Spell the list that it is made of."""
        return _spelled(self.values, self.dtype)

    @property
    def is_plain(self) -> bool:
        return OWN_DTYPES.get(type(next(_numbers(self.values)))) == self.dtype


def array_uses(layer: str, found: tuple[Given, ...], dtype: str, number: int) -> list[Use]:
    """Make the uses that stand for an array in a call of a layer, the last of which gives it: most often `ops.array`.

    One of booleans that is too long to be written is made of those of which it is the conjunction.
    """
    array = Array(found, dtype)
    factors = _factors(array)
    if len(factors) < 2:
        _refuse_odd(layer, array)
        return [_use(layer, FUNCTION, number, x=array)]
    shape = shape_of(found)
    uses: list[Use] = []
    whole: Tensor | None = None
    for factor in factors:
        part = Array(_nested(factor.values, factor.shape), dtype)
        _refuse_odd(layer, part)
        own = tuple(size if axis in factor.axes else 1 for axis, size in enumerate(shape))
        own = (
            own[factor.axes[0] :] if whole is not None else own
        )  # what is before goes without saying
        uses.append(_use(layer, FUNCTION, number + len(uses), x=part))
        given = {"x": Tensor(uses[-1].id), "newshape": own}
        uses.append(_use(layer, "reshape", number + len(uses), **given))
        if whole is not None:
            both = {"x1": whole, "x2": Tensor(uses[-1].id)}
            uses.append(_use(layer, "logical_and", number + len(uses), **both))
        whole = Tensor(uses[-1].id)
    return uses


def _use(layer: str, function: str, number: int, **given: Given) -> Use:
    return Use(number, Made(f"{layer}_{function}", function, "op"), (), given)


def _factors(array: Array) -> list[Factor]:
    """Give the arrays whose conjunction an array is, if it is one of booleans that is too long to be written."""
    shape = shape_of(array.values)
    if array.dtype != "bool" or prod(shape) <= MOST_WRITTEN or min(shape) < 1:
        return []
    numbers = tuple(_numbers(array.values))
    if len(numbers) != prod(shape) or not all(isinstance(n, bool) for n in numbers):
        return []
    return factors_of(numbers, shape) if _is_too_long(array) else []


def _nested(values: Sequence[Given], shape: Sequence[int]) -> tuple[Given, ...]:
    """Lay numbers out in lists in lists."""
    found: list[Given] = list(values)
    for size in reversed(shape[1:]):
        found = [tuple(found[start : start + size]) for start in range(0, len(found), size)]
    return tuple(found)


def array_inside(argument: str, array: Array) -> dict[str, Given]:
    """Give an array as arguments of the function that takes it, so that folding sees what it is made of."""
    dtype = {} if array.is_plain else {f"{argument}.dtype": array.dtype}
    return {f"{argument}.array": array, **dtype}


def with_arrays(arguments: Mapping[str, Given], spell: Callable[[Given], str]) -> dict[str, Given]:
    """Give the arguments of a function, with the text of its arrays where they stand."""
    found: dict[str, Given] = {}
    for key, value in arguments.items():
        name, _, about = key.partition(".")
        if about == "array":
            dtype = arguments.get(f"{name}.dtype")
            option = "" if dtype is None else f", dtype={spell(dtype)}"
            found[name] = Raw(f"ops.{FUNCTION}({spell(value)}{option})")
        elif f"{name}.array" not in arguments:
            found[key] = value
    return found


def shape_of(values: Given) -> tuple[int, ...]:
    """Give the shape of lists in lists."""
    found: list[int] = []
    while isinstance(values, tuple):
        found.append(len(values))
        values = values[0] if values else None
    return tuple(found)


def _numbers(values: Given) -> Iterator[Given]:
    if isinstance(values, tuple):
        for value in values:
            yield from _numbers(value)
    else:
        yield values


def _refuse_odd(layer: str, array: Array) -> None:
    """Refuse what no list of numbers says, and what is too long to be read."""
    numbers = list(_numbers(array.values))
    if not numbers or not all(isinstance(n, (bool, int, float)) for n in numbers):
        raise not_sayable(layer, "it is called with an array that is none of numbers")
    if not all(map(isfinite, numbers)):
        raise not_sayable(
            layer,
            "it is called with an array that has infinite numbers, which a spec does not have",
        )
    if _is_too_long(array):
        raise not_sayable(
            layer,
            f"it is called with an array of {len(numbers):,} numbers that follow no rule",
            help="a layer that was given numbers, as `Embedding(64, 8)(ops.arange(64))` is, was computed once, and "
            "what it gave is a constant of this model and no weight: call it on a tensor; what should be constant "
            "can be a weight with `trainable=False`, which a checkpoint holds",
        )


def _is_too_long(array: Array) -> bool:
    """Tell whether an array has more numbers than a reader bears, and no rule that makes them."""
    many = prod(shape_of(array.values)) > MOST_WRITTEN
    return many and len(array.text) > 4 * MOST_WRITTEN


@lru_cache(maxsize=1024)
def _spelled(values: tuple[Given, ...], dtype: str) -> str:
    spell = spell_short if dtype == "float32" else spell_number
    if not isinstance(values[0], tuple):
        return spell_sequence(values, spell) or f"[{', '.join(map(spell, values))}]"
    shape = shape_of(values)
    if len(values) > 2 and all(row == values[0] for row in values):
        return f"[{_spelled(values[0], dtype)}] * {len(values)}"
    written = f"[{', '.join(_spelled(row, dtype) for row in values)}]"
    text = spell_table(tuple(_numbers(values)), shape, spell)
    return text if text is not None and tokens(text) < tokens(written) else written


def spell_rows(values: Sequence[Given]) -> str | None:
    """Spell rows of numbers by what makes them; None where nothing does, or they are no rows of one length."""
    rows: tuple[Given, ...] = _as_tuple(tuple(values))
    shape = shape_of(rows)
    numbers = tuple(_numbers(rows))
    if len(shape) < 2 or min(shape) < 1 or not _is_regular(rows, shape):
        return None
    if not all(isinstance(n, (bool, int, float)) for n in numbers):
        return None
    written = 2 * (len(numbers) + prod(shape[:-1]))
    text = spell_table(numbers, shape, spell_number)
    return text if text is not None and tokens(text) < written else None


def _is_regular(values: Given, shape: Sequence[int]) -> bool:
    """Tell whether lists in lists are as long as the first of each is."""
    if not shape:
        return not isinstance(values, tuple)
    return (
        isinstance(values, tuple)
        and len(values) == shape[0]
        and all(_is_regular(row, shape[1:]) for row in values)
    )


def spell_short(value: Given) -> str:
    """Spell a number that is held in float32."""
    return (
        (named(value) or spell_number(short(value)))
        if type(value) is float
        else spell_number(value)
    )


def same_array(mine: Array, theirs: Given) -> bool:
    """Tell whether a list of a spec makes the array."""
    ours, other = list(_numbers(mine.values)), list(_numbers(_as_tuple(theirs)))
    if shape_of(mine.values) != shape_of(_as_tuple(theirs)) or len(ours) != len(other):
        return False
    if mine.dtype in ("float64", "int64") or not mine.dtype.startswith(("float", "bfloat")):
        return ours == other
    return all(single(a) == single(b) for a, b in zip(ours, other, strict=True))


def _as_tuple(value: Given) -> Given:
    return tuple(map(_as_tuple, value)) if isinstance(value, (list, tuple, range)) else value


def untied(network: Network) -> Network:
    """Give a network in which arrays are tied to nothing."""
    tied = {
        use.id: array for use in network.uses if (array := _tied_array(use, network)) is not None
    }
    if not tied:
        return network
    gone = set(tied) | _only_for(tied, network)
    moved: dict[int, int] = {}
    uses: list[Use] = []
    for use in network.uses:
        if use.id in tied:
            moved[use.id] = moved[tied[use.id]]
        elif use.id not in gone:
            given = (with_tensors(value, moved) for value in (use.positional, use.keywords))
            moved[use.id] = len(uses)
            uses.append(Use(len(uses), use.made, *given))
    return rewired(network, uses, moved)


def _tied_array(use: Use, network: Network) -> int | None:
    """Give the array that a use ties to a tensor; None for any other use."""
    given = use.keywords
    condition, array = given.get("condition"), given.get("x1")
    if use.made.kind != "where" or given.get("x2") is not False:
        return None
    if not isinstance(condition, Tensor) or not isinstance(array, Tensor):
        return None
    asked, source = network.uses[condition.use], network.uses[array.use].made
    size = asked.keywords.get("x1")
    is_size = isinstance(size, Tensor) and network.uses[size.use].made.kind == "size"
    if asked.made.kind != "greater_equal" or asked.keywords.get("x2") != 0 or not is_size:
        return None
    return array.use if source.family == "op" and source.kind == FUNCTION else None


def _only_for(tied: Mapping[int, int], network: Network) -> set[int]:
    """Give the uses that serve nothing but to tie arrays."""
    consumers = network.consumers()
    gone = set(tied)
    for number in tied:
        condition = network.uses[number].inputs[0].use
        for use in (condition, network.uses[condition].inputs[0].use):
            if all(consumer in gone for consumer in consumers[use]):
                gone.add(use)
    return gone - set(tied)


__all__: Sequence[str] = ("Array", "array_uses", "same_array", "untied")
