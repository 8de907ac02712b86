"""Advice on what does nothing, or does it along the wrong axis: layers, regularizers, constraints, arguments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from netdsl.analyse.advice import Rule
from netdsl.analyse.advice.view import View, at, each_step, uses
from netdsl.catalog.idle_arguments import idle_arguments
from netdsl.catalog.kind import BoundLayer, LayerKind, ObjectValue, UnitAxes
from netdsl.catalog.objects import object_kind
from netdsl.catalog.reference_types import BOTH_NORMS
from netdsl.catalog.signature import signature
from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from netdsl.diagnostics.problems import advice as problems
from netdsl.elaborate.remedies.argument_fixes import with_argument
from netdsl.elaborate.remedies.written_arguments import (
    argument_of,
    argument_of_node,
    first_call_of,
    last_name,
    value_place,
)
from netdsl.graph import Node
from netdsl.record import record
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.value import Arguments, Value

_PENALTY, _CONSTRAINT = "_regularizer", "_constraint"


@record
class _Held:
    """A layer of a model, or one inside a wrapper: its kind, all arguments and those that were written, its place."""

    kind: str
    definition: LayerKind | None
    bound: Arguments
    written: Arguments
    place: Span
    node: Node

    def argument(self, name: str) -> tree.Argument | None:
        """Find an argument as it is written."""
        if self.kind == self.node.kind:
            return argument_of_node(self.node, name)
        whole = self.node.operation.call
        call = None if whole is None else first_call_of(self.kind, whole)
        return None if call is None else argument_of(call, self.kind, name)

    def place_of(self, name: str) -> Span | None:
        """Find where the value of an argument stands."""
        given = self.argument(name)
        return None if given is None else value_place(given)


def _layers(view: View) -> list[_Held]:
    """Give every layer of a model, those inside others too."""
    return view.once(_all_layers)


def _all_layers(view: View) -> list[_Held]:
    return list(_each_layer(view))


def _each_layer(view: View) -> Iterator[_Held]:
    for node in view.nodes:
        if node.operation.family != "layer":
            continue
        own, place = node.operation, at(node)
        yield _Held(node.kind, own.definition, own.bound, own.arguments, place, node)
        pending = _inside(own.bound)
        while pending:
            layer = pending.pop(0)
            yield _Held(layer.kind, layer.definition, layer.arguments, layer.written, place, node)
            pending += _inside(layer.arguments)


def _inside(bound: Arguments) -> list[BoundLayer]:
    """Give the layers among the arguments of another: a wrapper's layer, a cell, the layers of a chain."""
    found: list[BoundLayer] = []
    for value in bound.values():
        if isinstance(value, BoundLayer):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            found += (item for item in value if isinstance(item, BoundLayer))
    return found


def constraint_axis(view: View) -> Iterable[Diagnostic]:
    """Report a norm that is taken over other axes than those that lead into one unit."""
    for held in _layers(view):
        for name, units in held.definition.unit_axes.items() if held.definition else ():
            value = held.bound.get(name)
            if value is None:
                continue
            kind = object_kind("constraint", value)
            found = signature("constraint", kind) if kind else None
            if found is None or found.parameter("axis") is None:
                continue
            given = value.arguments.get("axis", 0) if isinstance(value, ObjectValue) else 0
            axes, rank = units
            listed = given if isinstance(given, (list, tuple)) else (given,)
            over = {axis % rank for axis in listed if isinstance(axis, int)}
            if over != set(axes):
                yield _other_axes(held, name, kind or "", over, units)


def _other_axes(held: _Held, name: str, kind: str, over: set[int], units: UnitAxes) -> Diagnostic:
    axes, rank = units
    wanted = str(axes[0]) if len(axes) == 1 else str(list(axes))
    place = held.place_of(name) or held.place
    weight = name.removesuffix(_CONSTRAINT)
    weight = weight if weight in ("kernel", "embeddings") else f"{weight} kernel"
    return problems.ConstraintAxis.at(
        place,
        f"it takes the norm over axis {', '.join(map(str, sorted(over)))} of {rank}",
        layer=held.kind,
        constraint=kind,
        weight=weight,
        related=() if place == held.place else (Label(held.place, "of this layer"),),
        help=f"of one unit it is that over `axis={wanted}`",
        fix=_over(held.argument(name), kind, wanted),
    )


def _over(given: tree.Argument | None, kind: str, wanted: str) -> Fix | None:
    if given is None:
        return None
    why, text = "take the norm of each unit: ", given.value.span.text
    if isinstance(given.value, tree.Call) and last_name(given.value.function) == kind:
        return with_argument(given.value, "axis", wanted, why)
    if text.strip("\"'").replace("_", "").lower() == kind.lower():
        made = f"{kind}(axis={wanted})"
        return Fix((Edit(value_place(given), made),), text=f"{why}`{made}`")
    return None


def does_nothing(view: View) -> Iterable[Diagnostic]:
    """Report layers and regularizers whose strengths are all 0 because nobody gave one."""
    for held in _layers(view):
        definition = held.definition
        if definition is not None and _is_idle(definition, held):
            yield problems.DoesNothing.at(
                held.place,
                "it changes nothing unless an argument says how much",
                name=held.kind,
                related=uses(held.node),
                help=f"say how much, as in `{_example(definition)}`, or leave it out",
            )
        for name, value in held.written.items():
            if name.endswith(_PENALTY) and _penalises_nothing(value):
                place = held.place_of(name) or held.place
                yield problems.DoesNothing.at(
                    place,
                    "both of its strengths are 0 unless they are given",
                    name=object_kind("regularizer", value) or "",
                    related=uses(held.node),
                    help=f"give it its strengths: `{BOTH_NORMS}`",
                    fix=None if place == held.place else Fix((Edit(place, BOTH_NORMS),)),
                )


def _is_idle(definition: LayerKind, held: _Held) -> bool:
    """Tell whether a layer has no strength, where none was given as 0: that may be a hyperparameter."""
    if definition.idle is None or not definition.idle(held.bound):
        return False
    return not any(_is_zero(value) for value in held.written.values())


def _is_zero(value: Value) -> bool:
    return value == 0 or (isinstance(value, (list, tuple)) and not any(value))


def _example(definition: LayerKind) -> str:
    return definition.example.rpartition("-> ")[2]


def _penalises_nothing(value: Value) -> bool:
    if object_kind("regularizer", value) != "L1L2":
        return False
    return not isinstance(value, ObjectValue) or not value.arguments


def idle_argument(view: View) -> Iterable[Diagnostic]:
    """Report arguments that something else of the same layer, or of an object of the training, turns off."""
    for held in _layers(view):
        for name, wanted in idle_arguments("layer", held.kind, held.written, held.bound):
            if each_step(held.node) is None or held.kind == held.node.kind:
                place = held.place_of(name)
                if place is not None:
                    yield _idle(held.kind, name, wanted, place)
    yield from _idle_settings(view)


def _idle(kind: str, name: str, wanted: str, place: Span) -> Diagnostic:
    return problems.IdleArgument.at(
        place,
        f"it counts with `{wanted}` alone",
        name=kind,
        argument=name,
        help=f"leave it out, or write `{wanted}`",
    )


def _idle_settings(view: View) -> Iterator[Diagnostic]:
    if view.training is None:
        return
    for setting, value in view.training.settings.items():
        for item in _objects(value):
            found = signature(item.family, item.kind)
            if found is None:
                continue
            bound = {p.name: p.default for p in found.parameters} | dict(item.arguments)
            for name, wanted in idle_arguments(item.family, item.kind, item.arguments, bound):
                place = _written_as(name, view.training.spans[setting])
                yield _idle(item.kind, name, wanted, place)


def _objects(value: Value) -> Iterator[ObjectValue]:
    if isinstance(value, ObjectValue):
        yield value
        value = list(value.arguments.values())
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _objects(item)


def _written_as(name: str, setting: Span) -> Span:
    """Give the place of an argument's name in a setting, or of all the setting where it does not stand there once."""
    places = [m.start(1) for m in re.finditer(rf"\b({name})\s*=", setting.text)]
    if len(places) != 1:
        return setting
    start = setting.start + places[0]
    return Span(setting.file, start, start + len(name))


RULES: tuple[Rule, ...] = (constraint_axis, does_nothing, idle_argument)
