"""Operations on values: arithmetic, comparison, indexing, text; the functions are in `functions.py`.

A pure subset of Python with bounds: each function here takes evaluated values and gives one, or raises
`ValueProblem` (a mistake of the spec, in a sentence) or `LimitReached`. Symbolic dimensions take part in
`+ - * // %` and in comparisons that do not depend on their size.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any, TypeAlias

from netdsl.catalog.kind import Ambiguous, BoundLayer, ExternFunction, Identifier, ObjectValue
from netdsl.catalog.signature import ARTICLES
from netdsl.catalog.spell import spell
from netdsl.elaborate.scope.limits import (
    MAX_BITS,
    MAX_TEXT,
    LimitReached,
    check_dims,
    check_items,
    check_size,
)
from netdsl.tensor import Sym, Unknown
from netdsl.value import Value

_NOT_ZERO = "divide by what is never 0: `max(1, …)`"


class ValueProblem(Exception):
    """What went wrong with a value, as a label; `symbolic` names the dimension that had to be a number."""

    def __init__(self, label: str, symbolic: object = None, help: str = "") -> None:
        super().__init__(label)
        self.label, self.symbolic, self.help = label, symbolic, help


#: A value that is given to Python as it is: what Python does not take, it refuses itself, which is then reported.
Operand: TypeAlias = Any

_ARITHMETIC: Mapping[str, Callable[[Operand, Operand], Value]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "@": operator.matmul,
}


def is_dim(value: object) -> bool:
    """Tell whether a value is a symbolic or unknown dimension."""
    return isinstance(value, (Sym, Unknown))


def has_symbol(value: object) -> bool:
    """Tell whether a value is a symbolic dimension or a shape with one in it."""
    if isinstance(value, (list, tuple)):
        return Sym in map(type, value)
    return isinstance(value, Sym)


def spell_type(value: object) -> str:
    """Name a value's type for people: 3 -> "a whole number", L2(1e-4) -> "a regularizer"."""
    match value:
        case ObjectValue(family):
            return ARTICLES[family]
        case BoundLayer():
            return "a layer made elsewhere"
        case Ambiguous(name):
            return f"an object `{name}` of Keras"
        case ExternFunction():
            return "a function of Python"
        case Identifier(name):
            return f"the name `{name}`"
    names: dict[type, str] = {
        bool: "True or False",
        int: "a whole number",
        float: "a number",
        str: "a string",
        list: "a list",
        tuple: "a tuple",
        dict: "a dict",
        type(None): "None",
        Sym: "a symbolic dimension",
    }
    return names.get(type(value), "a value")


def other_than_plain(value: object) -> list[object]:
    """Give what a value holds besides numbers and text, which Python would name by the classes of netdsl."""
    if isinstance(value, (list, tuple)):
        return [other for item in value for other in other_than_plain(item)]
    if isinstance(value, dict):
        return other_than_plain([*value, *value.values()])
    return [] if isinstance(value, (str, int, float, NoneType)) else [value]


def as_text(value: object) -> str:
    """Write a value as Python does, and as a spec does where Python knows nothing of what it holds."""
    return spell(value) if other_than_plain(value) else str(value)


def binary(op: str, left: Value, right: Value) -> Value:
    """Apply an arithmetic operator to two values."""
    if is_dim(left) or is_dim(right):
        return _dim_arithmetic(op, left, right)
    if not fits(op, left, right):
        raise ValueProblem(f"`{op}` does not take {spell_type(left)} and {spell_type(right)}")
    _guard(op, left, right)
    try:
        result = _ARITHMETIC[op](left, right)
    except ZeroDivisionError:
        raise ValueProblem("a division by zero", help=_NOT_ZERO) from None
    except (OverflowError, ValueError, TypeError, MemoryError) as error:
        raise ValueProblem(str(error) or type(error).__name__) from None
    if isinstance(result, complex):
        raise ValueProblem(f"{left} ** {right} is not a real number")
    check_size(result)
    return result


def fits(op: str, left: Value, right: Value) -> bool:
    """Tell whether an operator takes two values, as the language has it: Python itself takes more."""
    number = (int, float)
    if op == "@":
        return False  # of tensors alone
    if isinstance(left, number) and isinstance(right, number):
        return True
    if op == "+":
        return type(left) is type(right) and isinstance(left, (str, list, tuple))
    if op == "*":
        sequence = (str, list, tuple)
        return (isinstance(left, sequence) and isinstance(right, int)) or (
            isinstance(left, int) and isinstance(right, sequence)
        )
    return False


def _guard(op: str, left: Value, right: Value) -> None:
    """Refuse what would be too large before it is computed."""
    if op == "*":
        for sequence, times in ((left, right), (right, left)):
            if isinstance(sequence, (str, list, tuple)) and isinstance(times, int):
                check_items(len(sequence) * max(times, 0))
    if op == "**" and isinstance(left, int) and isinstance(right, int) and right > 0:
        is_long = left.bit_length() * right > MAX_BITS
        if is_long and left not in (0, 1, -1):
            raise LimitReached(f"an integer of more than {MAX_BITS:,} bits")


def _dim_arithmetic(op: str, left: Value, right: Value) -> Value:
    takes = (int, Sym, Unknown)
    if not (isinstance(left, takes) and isinstance(right, takes)) or op in ("/", "**", "@"):
        dim = left if is_dim(left) else right
        raise ValueProblem(f"`{op}` needs numbers, and `{dim}` is a dimension without one", dim)
    try:
        result = _ARITHMETIC[op](left, right)
    except ZeroDivisionError:
        raise ValueProblem("a division by zero", help=_NOT_ZERO) from None
    check_dims([result])
    return result


def unary(op: str, operand: Value) -> Value:
    """Apply `-`, `+` or `not`."""
    if op == "not":
        return not truth(operand)
    if isinstance(operand, (Sym, Unknown)):
        return -operand if op == "-" else operand
    if not isinstance(operand, (int, float)):
        raise ValueProblem(f"`{op}` does not take {spell_type(operand)}")
    return -operand if op == "-" else +operand


def truth(value: Value) -> bool:
    """Decide a condition, as Python does; a symbolic dimension decides nothing."""
    if is_dim(value):
        raise ValueProblem(f"`{value}` has no value until data arrives", value)
    return bool(value)


_COMPARISONS: Mapping[str, Callable[[Operand, Operand], object]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "is": operator.eq,
    "is not": operator.ne,
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
}


def compare(op: str, left: Value, right: Value) -> bool:
    """Compare two values."""
    if isinstance(left, Sym) or isinstance(right, Sym):
        return _compare_dims(op, left, right)
    try:
        return bool(_COMPARISONS[op](left, right))
    except (TypeError, ValueError, RecursionError):
        raise ValueProblem(
            f"`{op}` does not compare {spell_type(left)} and {spell_type(right)}"
        ) from None


def _compare_dims(op: str, left: Value, right: Value) -> bool:
    numbers = (int, Sym)
    if isinstance(left, numbers) and isinstance(right, numbers) and op not in ("in", "not in"):
        difference = left - right
        if isinstance(difference, int):
            return bool(_COMPARISONS[op](difference, 0))
    elif op in ("==", "is", "!=", "is not"):
        return op in ("!=", "is not")
    dim = left if isinstance(left, Sym) else right
    raise ValueProblem(f"`{op}` cannot be decided for every size of `{dim}`", dim)


def subscript(value: Value, index: Operand) -> Value:
    """Take an element or, with a slice, a part."""
    if not isinstance(value, (str, list, tuple, dict)):
        raise ValueProblem(f"{spell_type(value)} has no elements")
    if is_dim(index):
        raise ValueProblem(f"an index needs a number, and `{index}` is symbolic", index)
    try:
        return value[index]
    except IndexError:
        help = f"the elements are 0 to {len(value) - 1}; -1 is the last" if value else ""
        count = (
            f"there are {len(value)}, counted from 0"
            if len(value) != 1
            else "there is 1, element 0"
        )
        label = f"element {index} is asked for, and {count}"
        raise ValueProblem(label, help=help) from None
    except KeyError:
        keys = ", ".join(f"`{spell(key)}`" for key in list(value)[:8])
        raise ValueProblem(
            f"there is no key `{spell(index)}`", help=f"the keys are {keys}"
        ) from None
    except (TypeError, ValueError):
        spelled = "..." if index is ... else spell(index)
        raise ValueProblem(f"`{spelled}` is no index of {spell_type(value)}") from None


def format_value(value: Value, conversion: str, spec: str) -> str:
    """Spell a value inside an f-string."""
    digits = "".join(c if c.isdigit() else " " for c in spec).split()
    if any(len(d) > 6 or int(d) > MAX_TEXT for d in digits):
        raise LimitReached(f"a format of more than {MAX_TEXT:,} characters")
    if is_dim(value):
        raise ValueProblem(f"text needs a number, and `{value}` is symbolic", value)
    if other_than_plain(value):
        value = as_text(value)
    spelled: dict[str, Callable[[Value], str]] = {"r": repr, "a": ascii, "s": str}
    shown: Value = spelled[conversion](value) if conversion in spelled else value
    try:
        return format(shown, spec)
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueProblem(str(error)) from None
