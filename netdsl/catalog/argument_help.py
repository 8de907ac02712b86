"""What to write in place of a value that an argument refuses, where no neighbour of the value is what was meant.

`misplaced` finds the argument that a value by position was meant for, `in_general` says what the argument takes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping

from netdsl.catalog.argument_types import (
    ArgumentMismatch,
    ArgumentType,
    Boolean,
    Choice,
    Either,
    Integer,
    Items,
    Number,
    Optional,
    Repeated,
    Text,
)
from netdsl.catalog.factor_types import Factor
from netdsl.catalog.kind import Identifier
from netdsl.catalog.signature import Signature
from netdsl.catalog.spell import spell
from netdsl.value import Value

#: What an argument takes by its name, or with its own arguments.
_BY_NAME: Mapping[str, str] = {
    "activation": "write the name of one, such as `relu`",
    "initializer": "write the name of one, such as `he_normal`",
    "regularizer": "write one with its strength, such as `L2(1e-4)`",
    "constraint": "write one with its bound, such as `MaxNorm(2)`",
    "loss": "write the name of one, such as `mse`",
    "metric": "write the name of one, such as `accuracy`",
    "optimizer": "write one with its rate, such as `Adam(1e-3)`",
}

#: Of several arguments that a switch may be meant for, the ones that people give first.
_FIRST = ("return_sequences",)


def misplaced(
    signature: Signature,
    type_of: Callable[[str], ArgumentType],
    value: Value,
    given: Collection[str],
) -> str | None:
    """Name the argument that takes a word or a switch which was given by position: `activation=relu`."""
    if not isinstance(value, (str, bool, Identifier)):
        return None
    names = [p.name for p in signature.parameters if p.kind in ("positional", "keyword")]
    base = {p.name for p in signature.parameters if p.is_base}
    for name in sorted(names, key=lambda n: n not in _FIRST):
        kind = type_of(name)
        if name in given or name in base or type(kind) is ArgumentType or _is_text(kind):
            continue
        try:
            kind.accept(value)
        except ArgumentMismatch:
            continue
        return f"{name}={value if isinstance(value, Identifier) else spell(value)}"
    return None


def _is_text(kind: ArgumentType) -> bool:
    return isinstance(kind.inner if isinstance(kind, Optional) else kind, Text)


def in_general(kind: ArgumentType, value: Value) -> str:
    """Say what to write, with the bound that was passed or an example."""
    match kind:
        case Optional(_, inner):
            return in_general(inner, value)
        case Repeated(_, _, item):
            return in_general(item, value)
        case Choice(_, words):
            return f'write one of them, such as `"{words[0]}"`'
        case Integer(_, minimum, maximum):
            return _bounded(value, minimum, maximum, "write a whole number")
        case Number(_, minimum, maximum):
            return _bounded(value, minimum, maximum, "write a number")
        case Boolean():
            return "write `True` or `False`"
        case Factor():
            return f"write {kind.spelled}"
        case Text():
            return 'write a string: `"…"`'
        case Items(_, item, length) if isinstance(item, Integer):
            return "write a list of whole numbers" + (f", {length} of them" if length else "")
        case Either(_, options) if text := next(
            filter(None, (in_general(o, value) for o in options)), ""
        ):
            return text
    return next((_BY_NAME[f] for f in kind.families if f in _BY_NAME), "")


def _bounded(value: Value, minimum: float, maximum: float, otherwise: str) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if value < minimum:
            return f"give at least `{minimum:g}`"
        if value > maximum and maximum < 2**31:
            return f"give at most `{maximum:g}`"
    if math.isfinite(minimum) and 0 < maximum <= 1:
        return f"{otherwise} from {minimum:g} to {maximum:g}"
    if minimum in (0, 1):
        return f"{otherwise} from {minimum:g} on"
    return otherwise
