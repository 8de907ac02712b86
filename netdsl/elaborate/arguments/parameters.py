"""Hyperparameters: the arguments of a block, model, function or extern layer of a spec, joined to its parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from netdsl.catalog.initial_values import draws
from netdsl.catalog.kind import (
    Identifier,
    LayerKind,
)
from netdsl.diagnostics.diagnostic import Edit, Fix, Label
from netdsl.diagnostics.problems import arguments as problems
from netdsl.diagnostics.problems.structure import WrongUse
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate import evaluate as ev
from netdsl.elaborate.arguments.parameter_types import check_type
from netdsl.elaborate.plans.naming import declares
from netdsl.elaborate.remedies import habits, training_mode
from netdsl.elaborate.scope.entities import (
    POISON,
    Given,
    Tensor,
    short,
    tensors_in,
)
from netdsl.elaborate.scope.frame import Frame
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import free_names, uses_others
from netdsl.value import Value

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
                _report_too_many(label, names, given, item, call, frame)
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


#: Types whose values are names that a spec writes without quotes.
_OF_NAMES = ("activation", "initializer", "regularizer", "constraint")


def given_values(
    declared: Sequence[tree.Parameter], call: tree.Call, bound: Mapping[str, Value]
) -> tuple[tuple[str, Value], ...]:
    """Give the values that a call gives, in its order, named where it names them; all of them where it spreads some."""
    named = [a.name for a in call.arguments if a.name is not None and a.name in bound]
    count = sum(a.name is None for a in call.arguments)
    if any(a.star for a in call.arguments):
        count = len(declared)
    by_position = [p.name for p in declared[:count] if p.name not in named]
    bare = {p.name for p in declared if p.type in _OF_NAMES}
    value = {n: Identifier(v) if n in bare and isinstance(v, str) else v for n, v in bound.items()}
    return (*(("", value[name]) for name in by_position), *((name, value[name]) for name in named))


def _no_tensors(
    label: str, bound: Mapping[str, Value], spans: Mapping[str, Span], call: tree.Call, frame: Frame
) -> bool:
    """Report a tensor among the hyperparameters of a model or class; tells whether there is none."""
    name = next((name for name, value in bound.items() if _holds_tensor(value)), None)
    if name is None:
        return True
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
            fix=habits.tensors_out(call, [Given(name, None, span)]) if is_named else None,
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
            value = default_value(parameter, label, scope_of(parameter, result, home))
        else:
            missing.append(name)
            continue
        fine = fine and value is not POISON
        result[name] = value
    if missing:
        help_, fix = arriving_by_a_parameter(declared, frame)
        spelled = ", ".join(f"`{name}`" for name in missing)
        frame.report(
            problems.MissingArgument.at(
                call.span,
                f"{spelled} {'is' if len(missing) == 1 else 'are'} missing",
                layer=label,
                argument=missing[0],
                help=help_ or f"give {spelled}, or a default where `{label}` is declared",
                fix=fix,
                related=[Label(p.span, "declared here") for p in declared if p.name in missing],
            )
        )
    return result if fine and not missing else None


def arriving_by_a_parameter(
    declared: tuple[tree.Parameter, ...], frame: Frame
) -> tuple[str, Fix | None]:
    """`block b(x, n) = x -> Dense(n)`: what arrives at a block is no parameter."""
    blocks = (s for s in frame.unit.module.statements if isinstance(s, tree.Block))
    block = next((b for b in blocks if b.parameters is declared), None)
    chain = block.body if block is not None else None
    if not isinstance(chain, tree.Pipe) or not isinstance(chain.stages[0], tree.Name):
        return "", None
    first, name = chain.stages[0], chain.stages[0].id
    number = next((i for i, p in enumerate(declared) if p.name == name and not p.type), None)
    if number is None:
        return "", None
    place, file = declared[number].span, first.span.file
    if number + 1 < len(declared):
        place = Span(file, place.start, declared[number + 1].span.start)
    elif number:
        place = Span(file, declared[number - 1].span.end, place.end)
    arrow = Span(file, first.span.start, chain.stages[1].span.start)
    help_ = f"what arrives at a block is no parameter: leave `{name}` out there, and before the first arrow"
    return help_, Fix((Edit(place, ""), Edit(arrow, "")), text=help_)


def is_given(
    parameter: tree.Parameter, values: Mapping[str, object], declared: Sequence[tree.Parameter]
) -> bool:
    """Tell whether a parameter has a value of its own; None is none where the default is worked out of others."""
    if parameter.name not in values:
        return False
    return values[parameter.name] is not None or not uses_others(parameter, declared)


def scope_of(parameter: tree.Parameter, values: Mapping[str, Value], home: Frame) -> Frame:
    """Give the scope of a parameter's default: where it was declared, with the parameters before it."""
    used = () if parameter.default is None else free_names(parameter.default)
    given = {name: values[name] for name in used if name in values}
    return home.inner(given) if given else home


def default_value(parameter: tree.Parameter, label: str, home: Frame) -> Value:
    """Evaluate a parameter's default where it was declared."""
    assert parameter.default is not None
    if _tried_behind(parameter, home):
        return POISON
    value = ev.evaluate(parameter.default, home)
    _note_drawing(value, parameter.default.span, home)
    return check_type(parameter, value, parameter.default.span, label, home)


def _tried_behind(parameter: tree.Parameter, home: Frame) -> bool:
    """Report `n: int = 2 in [1, 2]`, where what may be tried stands behind the default."""
    default = parameter.default
    if not isinstance(default, tree.Compare) or default.ops != ("in",):
        return False
    if parameter.tried is not None or parameter.type in (None, "bool", "any"):
        return False
    value, choices = default.first.span.text, default.operands[0].span.text
    fix = Fix((Edit(Span(default.span.file, parameter.span.start, default.span.end),
                    f"{parameter.name}: {parameter.type} in {choices} = {value}"),))  # fmt: skip
    home.report(
        problems.NothingToTry.at(
            default.span,
            "what may be tried stands before the default",
            argument=parameter.name,
            help=f"write `{parameter.name}: {parameter.type} in {short(choices)} = {short(value)}`",
            fix=fix,
        )
    )
    return True


def _report_too_many(
    label: str,
    names: list[str],
    given: list[Given],
    item: Given,
    call: tree.Call,
    frame: Frame,
) -> None:
    count = sum(1 for g in given if g.name is None)
    are = "are" if count != 1 else "is"
    takes = f"takes {len(names) or 'no'} argument{'s' * (len(names) != 1)}, {count} {are} given"
    listed = f"it takes {', '.join(f'`{n}`' for n in names)}"
    help_ = listed if names else f"write `{label}()`, or declare a parameter: `{label}(name)`"
    tensors = [g for g in given if g.name is None and next(tensors_in(g.value), None) is not None]
    fix = habits.tensors_out(call, tensors) if tensors else None
    frame.report(
        problems.TooManyArguments.at(
            item.span, takes, layer=label, argument="", help=fix.text if fix else help_, fix=fix
        )
    )


def _report_unknown(
    label: str, names: list[str], item: Given, call: tree.Call, frame: Frame
) -> None:
    near = closest(str(item.name), names) or (names[0] if len(names) == 1 else None)
    span = item.name_span or item.span
    help_ = f"did you mean `{near}`?" if near else ""
    fix = Fix((Edit(span, near),), safe=True) if near and item.name_span else None
    if next(tensors_in(item.value), None) is not None:
        fix = habits.tensors_out(call, [item])
        near, help_ = (
            None,
            f"tensors go in a second pair of parentheses: `{label}(…)({item.name}=…)`",
        )
    elif item.name == "training":
        help_, fix = training_mode.way_out(item, frame)
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


def is_trainable(call: tree.Call, frame: Frame, node: tree.Node | None = None) -> bool:
    """Read `trainable=` of a stage that is not a layer of Keras, unless the block or model declares it."""
    for argument in call.arguments if not declares(node, "trainable") else ():
        if argument.name == "trainable":
            return ev.condition(argument.value, frame) is not False
    return True
