"""What may be tried for a hyperparameter: `units: int in [32, 64] = 32` and `lr: float in (1e-4, 1e-2) = 1e-3`.

A list holds choices, a pair the ends of a range, both of which belong to it. What is tried is worked out where the
parameter is declared, and kept in the session; each value that the parameter is given is held against it.
"""

from __future__ import annotations

from netdsl.catalog.spell import spell
from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.diagnostics.problems import arguments as problems
from netdsl.elaborate import evaluate as ev
from netdsl.elaborate.arguments.parameter_types import check_type
from netdsl.elaborate.scope.entities import Tried, is_poisoned, spell_entity
from netdsl.elaborate.scope.frame import Frame
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.faults import shorten
from netdsl.value import Value

#: More choices than this are a slip, `in range(10_000)`; a range of numbers says as much.
MOST_CHOICES = 256

_BOTH = "write choices in a list, `in [32, 64]`, or the two ends of a range, `in (1e-4, 1e-2)`"


def declare_tried(parameter: tree.Parameter, label: str, frame: Frame) -> None:
    """Work out what may be tried for a parameter, in the frame of its declaration, and keep it."""
    written = parameter.tried
    if written is None:
        return
    value = ev.evaluate(written, frame)
    value = list(value) if isinstance(value, range) else value
    if is_poisoned(value):
        return
    found = None
    if isinstance(value, list):
        found = _choices(parameter, value, label, frame)
    elif isinstance(value, tuple) and len(value) == 2:
        found = _range(parameter, value, label, frame)
    else:
        _neither(parameter, value, frame)
    if found is not None:
        frame.session.tried[id(parameter)] = found


def _choices(
    parameter: tree.Parameter, values: list[Value], label: str, frame: Frame
) -> Tried | None:
    assert parameter.tried is not None
    if not 0 < len(values) <= MOST_CHOICES:
        word = f"{len(values):,} choices are more than anybody tries" if values else "it is empty"
        _report(parameter, parameter.tried.span, word, frame, _BOTH)
        return None
    places = _places(parameter.tried, len(values))
    taken = [
        check_type(parameter, value, place, label, frame)
        for value, place in zip(values, places, strict=True)
    ]
    if is_poisoned(taken):
        return None
    again = next((n for n, value in enumerate(taken) if value in taken[:n]), None)
    if again is not None:
        _report(parameter, places[again], "this choice stands here twice", frame, "leave one out")
        return None
    return Tried("choices", tuple(taken), parameter.tried.span)


def _range(
    parameter: tree.Parameter, ends: tuple[Value, ...], label: str, frame: Frame
) -> Tried | None:
    assert parameter.tried is not None
    places = _places(parameter.tried, 2)
    if parameter.type not in (None, "any", "int", "float"):
        text = ", ".join(place.text for place in places)
        help_ = f"write choices in a list: `in [{text}]`"
        fix = Fix((Edit(parameter.tried.span, f"[{text}]"),))
        word = f"a range is of numbers, and `{parameter.name}` is of type `{parameter.type}`"
        _report(parameter, parameter.tried.span, word, frame, help_, fix)
        return None
    numbers = []
    for end, place in zip(ends, places, strict=True):
        end = check_type(parameter, end, place, label, frame)
        if is_poisoned(end):
            return None
        if isinstance(end, bool) or not isinstance(end, (int, float)):
            word = f"an end of a range is a number, this is {spell_entity(end)}"
            _report(parameter, place, word, frame, _BOTH)
            return None
        numbers.append(end)
    low, high = numbers
    if not low < high:
        _not_a_range(parameter, low, high, places, frame)
        return None
    return Tried("range", (low, high), parameter.tried.span)


def _not_a_range(
    parameter: tree.Parameter, low: float, high: float, places: list[Span], frame: Frame
) -> None:
    assert parameter.tried is not None
    if low > high:
        text = f"({places[1].text}, {places[0].text})"
        fix = Fix((Edit(parameter.tried.span, text),))
        word = f"a range goes from its low end to its high one, and {spell(low)} is above {spell(high)}"
        _report(parameter, parameter.tried.span, word, frame, f"write `in {shorten(text)}`", fix)
    else:
        word = "both ends of the range are the same number"
        _report(parameter, parameter.tried.span, word, frame, "leave `in` out")


def _neither(parameter: tree.Parameter, value: Value, frame: Frame) -> None:
    assert parameter.tried is not None
    place = parameter.tried.span
    if isinstance(parameter.tried, tree.TupleExpr) and isinstance(value, tuple) and value:
        text = "[" + ", ".join(item.span.text for item in parameter.tried.items) + "]"
        word = f"a range has two ends, and this has {len(value)}"
        fix = Fix((Edit(place, text),))
        _report(
            parameter, place, word, frame, f"write choices in a list: `in {shorten(text)}`", fix
        )
        return
    _report(parameter, place, f"this is {spell_entity(value)}", frame, _BOTH)


def _places(written: tree.Expr, count: int) -> list[Span]:
    """Give the place of each value, where each is written by itself, else that of the whole for all."""
    items = written.items if isinstance(written, (tree.ListExpr, tree.TupleExpr)) else ()
    if len(items) == count and not any(isinstance(item, tree.Starred) for item in items):
        return [item.span for item in items]
    return [written.span] * count


def _report(
    parameter: tree.Parameter,
    place: Span,
    label: str,
    frame: Frame,
    help_: str,
    fix: Fix | None = None,
) -> None:
    frame.report(
        problems.NothingToTry.at(place, label, argument=parameter.name, help=help_, fix=fix)
    )
