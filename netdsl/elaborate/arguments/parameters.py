"""Hyperparameters: the arguments of a block, model, function or extern layer of the spec's own, and their types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from netdsl.catalog.initial_values import draws
from netdsl.catalog.kind import (
    Ambiguous,
    BoundLayer,
    ExternFunction,
    Identifier,
    LayerKind,
    ObjectValue,
)
from netdsl.catalog.signature import ARTICLES, Family, identifiers, names_and_aliases
from netdsl.catalog.spell import spell
from netdsl.diagnostics.diagnostic import Edit, Fix, Label
from netdsl.diagnostics.problems import arguments as problems
from netdsl.diagnostics.problems.structure import WrongUse
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate import evaluate as ev
from netdsl.elaborate.arguments.held_layers import network_in, typed, with_layers
from netdsl.elaborate.plans.naming import declares
from netdsl.elaborate.remedies import unbound
from netdsl.elaborate.scope.entities import (
    APPLIED_BY_NAME,
    POISON,
    Given,
    KindRef,
    SharedLayer,
    Tensor,
    Tried,
    is_poisoned,
    short,
    spell_entity,
    tensors_in,
)
from netdsl.elaborate.scope.families import is_in_several
from netdsl.elaborate.scope.frame import Frame
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.tokens import TYPE_WORDS
from netdsl.syntax.walk import uses_others
from netdsl.tensor import Sym
from netdsl.value import Value

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
    "layer": "a layer",
}

_MOST_SHOWN = 8  # choices that a message lists

_CHOOSE = "choose between stages by a value: `if … { … } else { … }`"

#: Arguments that every stage may be given, beside a block's or model's own.
STAGE_ARGUMENTS = ("name", "trainable")


def evaluate_arguments(arguments: Iterable[tree.Argument], frame: Frame) -> list[Given]:
    """Evaluate the arguments of a call in order, `*` and `**` spread."""
    given: list[Given] = []
    for argument in arguments:
        if argument.star == "*":
            items = ev.spread(tree.Starred(argument.span, argument.value), frame)
            given.extend(Given(None, item, argument.span) for item in items)
        elif argument.star == "**":
            mapping = ev.evaluate(argument.value, frame)
            if isinstance(mapping, dict):
                given.extend(Given(str(k), v, argument.span) for k, v in mapping.items())
        else:
            value = ev.evaluate(argument.value, frame)
            given.append(Given(argument.name, value, argument.value.span, argument.name_span))
    for item in given:
        _note_drawing(item.value, item.span, frame)
    return given


def _note_drawing(value: Value, span: Span, frame: Frame) -> None:
    """Remember where an initializer that draws is given, of which each layer is to have its own."""
    if draws(value):
        frame.session.drawing.add((span.file.name, span.start, span.end))


def bind_parameters(
    label: str,
    declared: tuple[tree.Parameter, ...],
    call: tree.Call,
    frame: Frame,
    home: Frame,
    preset: Mapping[str, Value] | None = None,
    *,
    is_stage: bool = True,
    takes_tensors: bool = False,
) -> dict[str, Value] | None:
    """Join the arguments of a call to declared parameters; None where a mistake was reported.

    Defaults are evaluated in the frame of the declaration. `name` and `trainable` are the stage's unless declared.
    A tensor may be given to what joins the graph around it: to a block, not to a model or class.
    """
    joined = join_arguments(label, declared, call, frame, is_stage=is_stage)
    if joined is None:
        return None
    bound, spans = joined
    if not takes_tensors and not _no_tensors(label, bound, spans, call, frame):
        return None
    return _complete(label, declared, bound, spans, call, frame, home, preset or {})


def join_arguments(
    label: str,
    declared: tuple[tree.Parameter, ...],
    call: tree.Call,
    frame: Frame,
    *,
    is_stage: bool = True,
) -> tuple[dict[str, Value], dict[str, Span]] | None:
    """Give the values that a call gives, by parameter, and where each stands; None where a mistake was reported.

    Where the call makes no stage (`model A = B(…)`) it takes no `name` or `trainable` beside what is declared.
    """
    names = [p.name for p in declared]
    given = evaluate_arguments(call.arguments, frame)
    bound: dict[str, Value] = {}
    spans: dict[str, Span] = {}
    fine = True
    position = 0
    for item in given:
        name = item.name
        if name is None:
            if position >= len(names):
                _report_too_many(label, names, given, item, frame)
                fine = False
                break
            name, position = names[position], position + 1
        elif name not in names:
            if is_stage and name in STAGE_ARGUMENTS:
                continue
            _report_unknown(label, names, item, call, frame)
            fine = False
            continue
        if name in bound:
            frame.report(
                problems.RepeatedArgument.at(
                    item.span, f"`{name}` is given twice", layer=label, argument=name
                )
            )
            fine = False
            continue
        bound[name], spans[name] = item.value, item.span
    return (bound, spans) if fine else None


def _no_tensors(
    label: str, bound: Mapping[str, Value], spans: Mapping[str, Span], call: tree.Call, frame: Frame
) -> bool:
    """Report a tensor among the hyperparameters of a model or class; tells whether there is none."""
    name = next((name for name, value in bound.items() if _holds_tensor(value)), None)
    if name is None:
        return True
    from netdsl.elaborate.remedies.habits import tensors_out  # loaded where there is a mistake

    span = spans[name]
    text = short(span.text)
    is_named = any(a.name == name and a.value.span == span for a in call.arguments)
    frame.report(
        WrongUse.at(
            span,
            "a hyperparameter takes a value, this is a tensor",
            name=text,
            help=f"make `{name}` an input of `{label}`, and give it in a second pair of parentheses: "
            f"`{label}(…)({name}={text})`",
            fix=tensors_out(call, [Given(name, None, span)]) if is_named else None,
        )
    )
    return False


def _holds_tensor(value: Value) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_tensor, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_holds_tensor, value))
    return isinstance(value, Tensor)


def _complete(
    label: str,
    declared: tuple[tree.Parameter, ...],
    bound: dict[str, Value],
    spans: dict[str, Span],
    call: tree.Call,
    frame: Frame,
    home: Frame,
    preset: Mapping[str, Value],
) -> dict[str, Value] | None:
    fine = True
    result: dict[str, Value] = {}
    missing: list[str] = []
    for parameter in declared:
        name = parameter.name
        if is_given(parameter, bound, declared):
            value = check_type(parameter, bound[name], spans[name], label, frame)
        elif is_given(parameter, preset, declared):
            value = preset[name]
        elif parameter.default is not None:
            value = default_value(parameter, label, scope_of(parameter, declared, result, home))
        else:
            missing.append(name)
            continue
        fine = fine and value is not POISON
        result[name] = value
    if missing:
        spelled = ", ".join(f"`{name}`" for name in missing)
        frame.report(
            problems.MissingArgument.at(
                call.span,
                f"{spelled} {'is' if len(missing) == 1 else 'are'} missing",
                layer=label,
                argument=missing[0],
                help=f"give {spelled}, or a default where `{label}` is declared",
                related=[Label(p.span, "declared here") for p in declared if p.name in missing],
            )
        )
    return result if fine and not missing else None


def is_given(
    parameter: tree.Parameter, values: Mapping[str, object], declared: Sequence[tree.Parameter]
) -> bool:
    """Tell whether a parameter has a value of its own; None is none where the default is worked out of others."""
    if parameter.name not in values:
        return False
    return values[parameter.name] is not None or not uses_others(parameter, declared)


def scope_of(
    parameter: tree.Parameter,
    declared: Sequence[tree.Parameter],
    values: Mapping[str, Value],
    home: Frame,
) -> Frame:
    """Give the scope of a parameter's default: where it was declared, with the parameters before it."""
    return home.inner(dict(values)) if uses_others(parameter, declared) else home


def default_value(parameter: tree.Parameter, label: str, home: Frame) -> Value:
    """Evaluate a parameter's default where it was declared."""
    assert parameter.default is not None
    value = ev.evaluate(parameter.default, home)
    _note_drawing(value, parameter.default.span, home)
    return check_type(parameter, value, parameter.default.span, label, home)


def _report_too_many(
    label: str, names: list[str], given: list[Given], item: Given, frame: Frame
) -> None:
    count = sum(1 for g in given if g.name is None)
    are = "are" if count != 1 else "is"
    takes = f"takes {len(names) or 'no'} argument{'s' * (len(names) != 1)}, {count} {are} given"
    listed = f"it takes {', '.join(f'`{n}`' for n in names)}"
    help_ = listed if names else f"write `{label}()`, or declare a parameter: `{label}(name)`"
    frame.report(
        problems.TooManyArguments.at(item.span, takes, layer=label, argument="", help=help_)
    )


def _report_unknown(
    label: str, names: list[str], item: Given, call: tree.Call, frame: Frame
) -> None:
    near = closest(str(item.name), names) or (names[0] if len(names) == 1 else None)
    span = item.name_span or item.span
    help_ = f"did you mean `{near}`?" if near else ""
    fix = Fix((Edit(span, near),), safe=True) if near and item.name_span else None
    if next(tensors_in(item.value), None) is not None:
        from netdsl.elaborate.remedies.habits import tensors_out  # loaded where there is a mistake

        fix = tensors_out(call, [item])
        near, help_ = (
            None,
            f"tensors go in a second pair of parentheses: `{label}(…)({item.name}=…)`",
        )
    elif item.name == "training":
        from netdsl.elaborate.remedies.training_mode import (
            way_out,  # loaded where there is a mistake
        )

        help_, fix = way_out(item, frame)
    elif not near:
        help_ = (
            f"it takes {', '.join(f'`{n}`' for n in names)}" if names else "it takes no arguments"
        )
    frame.report(
        problems.UnknownArgument.at(
            span,
            f"`{label}` takes no `{item.name}`",
            layer=label,
            argument=item.name,
            help=help_,
            fix=fix,
        )
    )


def unknown_call_argument(
    item: Given, names: list[str], definition: LayerKind, frame: Frame
) -> None:
    """Report an argument that the call of a layer does not take."""
    near = closest(str(item.name), names)
    offered = ", ".join(f"`{n}`" for n in names)
    place = item.name_span or item.span
    frame.report(
        problems.UnknownArgument.at(
            place,
            f"the call of `{definition.name}` takes no `{item.name}`",
            layer=definition.name,
            argument=item.name,
            help=f"did you mean `{near}`?" if near else f"it takes {offered}" if offered else "",
            fix=Fix((Edit(place, near),), safe=True) if near else None,
        )
    )


def check_type(
    parameter: tree.Parameter, value: Value, span: Span, label: str, frame: Frame
) -> Value:
    """Check a value against a parameter's type, and what may be tried for it; POISON after reporting."""
    value = _of_its_type(parameter, value, span, label, frame)
    tried = frame.session.tried.get(id(parameter))
    if tried is None or is_poisoned(value) or tried.holds(value):
        return value
    return _outside(parameter, value, tried, span, label, frame)


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
    """Tell a parameter that may be left out of what it is for: `classes: int = None`."""
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
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case "bool":
            return isinstance(value, bool)
        case "str":
            return isinstance(value, str)
        case "shape":
            return isinstance(value, int) or (
                isinstance(value, (list, tuple))
                and all(isinstance(v, (int, Sym, type(None))) for v in value)
            )
        case "list":
            return isinstance(value, (list, tuple))
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


def is_trainable(call: tree.Call, frame: Frame, node: tree.Node | None = None) -> bool:
    """Read `trainable=` of a stage that is not a layer of Keras, unless the block or model declares it."""
    for argument in call.arguments if not declares(node, "trainable") else ():
        if argument.name == "trainable":
            return ev.condition(argument.value, frame) is not False
    return True
