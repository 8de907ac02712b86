"""The functions over values that every spec may call, by name, and the names that hold values in every file.

Each takes evaluated values and gives one; a wrong use is a `ValueProblem` in Python's words. Elaboration calls them
through `call_function`; the generated code calls Python's own.
"""

from __future__ import annotations

import builtins
import itertools
import math
from collections.abc import Callable, Iterable, Mapping

from netdsl.catalog.spell import spell
from netdsl.elaborate.scope.limits import (
    MAX_BITS,
    check_items,
    check_size,
)
from netdsl.elaborate.scope.values import (
    Operand,
    ValueProblem,
    binary,
    fits,
    is_dim,
    other_than_plain,
    spell_type,
    truth,
)
from netdsl.value import Value


def _number(value: Operand, function: str) -> Operand:
    if is_dim(value):
        raise ValueProblem(f"`{function}` needs a number, and `{value}` is symbolic", value)
    return value


def _range(*bounds: Operand) -> list[Value]:
    for bound in bounds:
        _number(bound, "range")
    turns = range(*bounds)
    check_items(len(turns) if -(2**62) < turns.start < 2**62 > abs(turns.stop) else 2**62)
    return list(turns)


def _len(value: Value) -> int:
    if not isinstance(value, (str, list, tuple, dict)):
        raise ValueProblem(f"{spell_type(value)} has no length")
    return len(value)


def _sequence(value: Value) -> list[Value]:
    if isinstance(value, (list, tuple, dict, str)):
        return list(value)
    raise ValueProblem(f"{spell_type(value)} is no list")


def _sum(values: Value, start: Value = 0) -> Value:
    if isinstance(start, (str, list, tuple)):
        return _joined(_sequence(values), start)
    for value in _sequence(values):
        start = binary("+", start, value)
    return start


def _joined(values: list[Operand], start: str | list[Value] | tuple[Value, ...]) -> Value:
    """Put texts or lists behind one another, in one go: the sum that grows is not copied for each."""
    for value in values:
        if not fits("+", start, value):
            raise ValueProblem(f"`+` does not take {spell_type(start)} and {spell_type(value)}")
    check_items(len(start) + sum(len(value) for value in values))
    if isinstance(start, str):
        return start + "".join(values)
    return type(start)(itertools.chain(start, *values))


def _round(number: Operand, ndigits: Operand = None) -> Value:
    """Round as Python does; far from the point there is nothing to round, and ten to that power is not computed."""
    _number(number, "round")
    if isinstance(ndigits, int) and abs(ndigits) > MAX_BITS:
        ndigits = MAX_BITS if ndigits > 0 else -MAX_BITS
    result: Value = round(number, ndigits)
    check_size(result)
    return result


def _on_plain_values(name: str, function: Callable[..., Value]) -> Callable[..., Value]:
    """Wrap a function that takes plain values only."""

    def call(*args: Value, **kwargs: Value) -> Value:
        for value in args:
            _number(value, name)
        result = function(*args, **kwargs)
        check_size(result)
        return result

    return call


def _enumerate(values: Value, start: int = 0) -> list[Value]:
    return list(enumerate(_sequence(values), start))


def _zip(*lists: Value) -> list[Value]:
    return list(zip(*(_sequence(v) for v in lists), strict=False))


#: The functions that a value may call, by name.
FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    "range": _range,
    "len": _len,
    "min": _on_plain_values("min", min),
    "max": _on_plain_values("max", max),
    "round": _round,
    "int": _on_plain_values("int", int),
    "float": _on_plain_values("float", float),
    "bool": _on_plain_values("bool", bool),
    "str": _on_plain_values("str", str),
    "abs": _on_plain_values("abs", abs),
    "sum": _sum,
    "enumerate": _enumerate,
    "zip": _zip,
    "reversed": lambda values: _sequence(values)[::-1],
    "sorted": _on_plain_values("sorted", sorted),
    "list": lambda values=(): _sequence(values),
    "tuple": lambda values=(): tuple(_sequence(values)),
    "any": lambda values: any(truth(v) for v in _sequence(values)),
    "all": lambda values: all(truth(v) for v in _sequence(values)),
    "ceil": _on_plain_values("ceil", math.ceil),
    "floor": _on_plain_values("floor", math.floor),
    "sqrt": _on_plain_values("sqrt", math.sqrt),
    "log2": _on_plain_values("log2", math.log2),
    "log": _on_plain_values("log", math.log),
    "exp": _on_plain_values("exp", math.exp),
    "sin": _on_plain_values("sin", math.sin),
    "cos": _on_plain_values("cos", math.cos),
}


def call_function(name: str, args: Iterable[Value], kwargs: Mapping[str, Value]) -> Value:
    """Call one of `FUNCTIONS`; a wrong use of plain values is a `ValueProblem` in Python's words."""
    try:
        return FUNCTIONS[name](*args, **kwargs)
    except (TypeError, ValueError, OverflowError, ArithmeticError, RecursionError) as error:
        for value in other_than_plain([*args, *kwargs.values()]):
            raise ValueProblem(f"`{name}` does not take `{spell(value)}`") from None
        raise ValueProblem(f"`{name}`: {str(error) or builtins.type(error).__name__}") from None


#: Names that hold values in every file: sizes for `memory(…)`.
CONSTANTS: Mapping[str, float] = {
    "KiB": 1024,
    "MiB": 1024**2,
    "GiB": 1024**3,
    "pi": math.pi,
    "inf": math.inf,
}
