"""The types of parameters, and whether a value is of one: `width: int`, `act: activation`, `inner: layer`.

A value is held against what may be tried for the parameter as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from netdsl.catalog.kind import (
    Ambiguous,
    BoundLayer,
    ExternFunction,
    Identifier,
    ObjectValue,
)
from netdsl.catalog.signature import ARTICLES, Family, identifiers, names_and_aliases
from netdsl.catalog.spell import spell
from netdsl.diagnostics.diagnostic import Edit, Fix, Label
from netdsl.diagnostics.problems import arguments as problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate.arguments.held_layers import network_in, typed, with_layers
from netdsl.elaborate.remedies import unbound
from netdsl.elaborate.scope.entities import (
    APPLIED_BY_NAME,
    POISON,
    KindRef,
    SharedLayer,
    Tried,
    is_poisoned,
    short,
    spell_entity,
)
from netdsl.elaborate.scope.families import is_in_several
from netdsl.elaborate.scope.frame import Frame
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.tokens import TYPE_WORDS
from netdsl.tensor import Sym
from netdsl.value import Value, is_number_of

_CATALOGUE_TYPES: Mapping[str, Family] = {
    "activation": "activation",
    "initializer": "initializer",
    "regularizer": "regularizer",
    "constraint": "constraint",
}

#: Families whose members a parameter without a type may name too.
_NAMED: tuple[Family, ...] = ("loss", "metric", "optimizer")

_SPELLED = {
    "int": "a whole number",
    "float": "a number",
    "bool": "True or False",
    "str": "a string",
    "shape": "a shape such as (3, 3)",
    "list": "a list",
    "dict": "a dict",
    "layer": "a layer",
}

_MOST_SHOWN = 8  # choices that a message lists

_CHOOSE = "choose between stages by a value: `if … { … } else { … }`"


def check_type(
    parameter: tree.Parameter, value: Value, span: Span, label: str, frame: Frame
) -> Value:
    """Check a value against a parameter's type, and what may be tried for it; POISON after reporting."""
    value = _of_its_type(parameter, value, span, label, frame)
    if isinstance(value, BoundLayer) and parameter.type == "layer":
        value = replace(value, through=_came_through(value, parameter, span))
    tried = frame.session.tried.get(id(parameter))
    if tried is None or is_poisoned(value) or tried.holds(value):
        return value
    return _outside(parameter, value, tried, span, label, frame)


def _came_through(
    layer: BoundLayer, parameter: tree.Parameter, span: Span
) -> tuple[tuple[str, int, int], ...]:
    """Give the parameters that a layer came through: written out where it is given, or handed on by its name."""
    place, own = (span.file.name, span.start, span.end), parameter.span
    handed_on = bool(layer.through) and span.text.isidentifier()
    if layer.shared is not None or not (handed_on or layer.made_at == place):
        return ()
    return (*(layer.through if handed_on else ()), (own.file.name, own.start, own.end))


def _outside(
    parameter: tree.Parameter, value: Value, tried: Tried, span: Span, label: str, frame: Frame
) -> Value:
    """Report a value that is none of the choices, or outside the range."""
    name, is_set = parameter.name, span is parameter.span
    shown = _shown_value(value)
    if tried.kind == "range":
        low, high = map(spell, tried.values)
        label_, help_ = (
            f"is {shown}, outside {low} to {high}",
            "give a number of the range, or widen it",
        )
    else:
        shown_choices = [_shown_value(choice) for choice in tried.values[:_MOST_SHOWN]]
        shown_choices += ["…"] * (len(tried.values) > _MOST_SHOWN)
        label_ = f"is {shown}, and the choices are {', '.join(shown_choices)}"
        help_ = "give one of the choices, or add this one to them"
    said = f"`{name}` was set from outside: it " if is_set else f"`{name}` "
    frame.report(
        problems.OutsideTried.at(
            span,
            said + label_,
            layer=label,
            argument=name,
            help=help_,
            related=(Label(tried.span, "what may be tried"),),
        )
    )
    return POISON


def _shown_value(value: Value) -> str:
    return f"`{spell(value)}`" if isinstance(value, (str, int, float, list, tuple)) else str(value)


def _of_its_type(
    parameter: tree.Parameter, value: Value, span: Span, label: str, frame: Frame
) -> Value:
    """Check a value against a parameter's type; POISON after reporting."""
    word = parameter.type
    if value is None and is_optional(parameter):
        return value
    if not isinstance(value, SharedLayer) or word == "layer":
        value = with_layers(value, span, frame, takes_network=word == "layer")
    if is_poisoned(value):
        return POISON
    if frame.body is not None and network_in(value) is not None:
        place = parameter.span
        frame.body.graph.shaped.add((place.file.name, place.start, place.end))
    if isinstance(value, Ambiguous):
        family = "layer" if word == "layer" else _CATALOGUE_TYPES.get(word or "")
        if family in value.families and is_poisoned(value := value.made(str(family))):
            return POISON
    elif isinstance(value, KindRef) and is_in_several(value.name) and word != "layer":
        value = Identifier(value.name)
    if word is not None and word in _CATALOGUE_TYPES:
        return _catalogue_value(parameter, _CATALOGUE_TYPES[word], value, span, label, frame)
    if isinstance(value, Identifier):
        return _identifier(parameter, value, span, frame)
    is_declared = isinstance(value, APPLIED_BY_NAME)
    if not is_declared and (word is None or word == "any" or _is_of(word, value)):
        return value
    if isinstance(value, Sym) and word in ("int", "float"):
        return value
    untyped = typed(parameter) if isinstance(value, SharedLayer) and word is None else None
    word = word or "any"
    near = _meant(word, value, parameter.name)
    frame.report(
        problems.WrongArgument.at(
            span,
            f"`{parameter.name}` takes {_SPELLED.get(word, 'a value')}, this is {_shown(value)}",
            layer=label,
            argument=parameter.name,
            related=(Label(parameter.span, "declared here"),),
            help=f"did you mean `{near}`?"
            if near
            else untyped.text
            if untyped
            else _CHOOSE
            if is_declared
            else _one_of(word, value, span),
            fix=Fix((Edit(span, near),)) if near else untyped,
        )
    )
    return POISON


def _shown(value: Value) -> str:
    """Name a value by its kind; a fraction by itself, for a whole number is a number too."""
    return f"`{spell(value)}`" if isinstance(value, float) else spell_entity(value)


def is_optional(parameter: tree.Parameter) -> bool:
    """Tell whether a parameter may be left out of what it is for: `classes: int = None`."""
    return isinstance(parameter.default, tree.Literal) and parameter.default.value is None


def check_setting(parameter: tree.Parameter, value: Value, label: str, frame: Frame) -> Value:
    """Check a value that was set from outside: the spec is right, so what was set is told in words."""
    word = parameter.type
    is_plain = isinstance(value, (Identifier, str, int, float))
    if not is_plain or word not in _SPELLED or _is_of(word, value):
        return check_type(parameter, value, parameter.span, label, frame)
    name = parameter.name
    default = parameter.default.span.text if parameter.default is not None else "…"
    shown = value.name if isinstance(value, Identifier) else spell(value)
    meant = None if isinstance(value, Identifier) else _meant(word, value, name)
    frame.report(
        problems.WrongArgument.at(
            parameter.span,
            f"`{name}` takes {_SPELLED[word]}, and was set to `{shown}` from outside",
            layer=label,
            argument=name,
            help=f"set it to {_SPELLED[word]}: `--set {name}={meant or default}`",
        )
    )
    return POISON


def _one_of(word: str, value: Value, span: Span) -> str:
    """`stage(widths)` for `stage(widths[0])`, or in a loop over them; what is taken, for any other value."""
    text = short(span.text)
    if word in ("int", "float", "bool", "str") and isinstance(value, (list, tuple)) and value:
        if isinstance(value, tuple) and text.isidentifier():
            return f"it holds {len(value)} values: take one, `{text}[0]`, or give each a name"
        return f"give one of its elements, `{text}[0]`, or go through them with `for … in {text}`"
    return f"give {_SPELLED[word]}" if word in _SPELLED else ""


def _meant(word: str, value: Value, name: str) -> str | None:
    """Give what was likely meant by a value of another type: `"8"` for 8."""
    from netdsl.catalog.argument_types import BOOLEAN, INTEGER, Number
    from netdsl.catalog.likely_values import likely_meant

    if word == "bool" and isinstance(value, int):
        return spell(bool(value))
    kind = {"int": INTEGER, "float": Number(), "bool": BOOLEAN}.get(word)
    return likely_meant(kind, value, name) if kind is not None else None


def _is_of(word: str, value: Value) -> bool:
    match word:
        case "int" | "float" | "bool":
            return is_number_of(word, value)
        case "str":
            return isinstance(value, str)
        case "shape":
            return isinstance(value, int) or (
                isinstance(value, (list, tuple))
                and all(isinstance(v, (int, Sym, type(None))) for v in value)
            )
        case "list":
            return isinstance(value, (list, tuple))
        case "dict":
            return isinstance(value, dict)
        case "layer":
            return isinstance(value, BoundLayer)
        case _:
            return True


def _identifier(parameter: tree.Parameter, value: Identifier, span: Span, frame: Frame) -> Value:
    """A bare catalogue name given to a parameter without a type keeps its meaning; any other is unknown."""
    if parameter.type is not None and parameter.type not in TYPE_WORDS:
        return value.last  # that the type is unknown was said where it stands
    if parameter.type in (None, "any", "str"):
        for family in _CATALOGUE_TYPES.values():
            if value.last in identifiers(family):
                return value.last
        if any(value.last in names_and_aliases(f) for f in _NAMED):
            return value.last
    return unbound.unknown_name(span, value.name, frame)


def _catalogue_value(
    parameter: tree.Parameter, family: Family, value: Value, span: Span, label: str, frame: Frame
) -> Value:
    if value is None or isinstance(value, (ExternFunction, BoundLayer)):
        return value
    if isinstance(value, ObjectValue) and value.family == family:
        return value
    name = value.last if isinstance(value, Identifier) else value
    if isinstance(name, str):
        if name in identifiers(family):
            return name
        near = closest(name, identifiers(family))
        frame.report(
            problems.UnknownIdentifier.at(
                span,
                f"Keras has no {family} `{name}`",
                layer=label,
                argument=parameter.name,
                help=f"did you mean `{near}`?" if near else f"`netdsl layers` lists every {family}",
            )
        )
        return POISON
    near = closest(span.text, identifiers(family)) if isinstance(value, KindRef) else None
    frame.report(
        problems.WrongArgument.at(
            span,
            f"`{parameter.name}` takes {ARTICLES[family]} by its name or with its arguments, "
            f"this is {spell_entity(value)}",
            layer=label,
            argument=parameter.name,
            help=f"did you mean `{spell(near)}`?" if near else "",
            fix=Fix((Edit(span, spell(near)),)) if near else None,
        )
    )
    return POISON
