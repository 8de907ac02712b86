"""The arguments of a call, bound to Keras's signature: evaluated, joined with `defaults`, checked, remembered.

`bind_call` serves layers, configured objects (`HeNormal(seed=1)`) and the settings of a `train` block alike.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from netdsl.catalog.argument_types import ArgumentType
from netdsl.catalog.binding import Binding, BindingError, bind_arguments, families_taken
from netdsl.catalog.kind import (
    BoundLayer,
    ExternFunction,
    Identifier,
    LayerKind,
    ObjectValue,
)
from netdsl.catalog.signature import Parameter, Signature, signature
from netdsl.diagnostics.diagnostic import Edit, Fix, first_that_helps
from netdsl.diagnostics.problems import arguments as argument_problems
from netdsl.diagnostics.problems import structure as problems
from netdsl.elaborate.arguments import releases
from netdsl.elaborate.arguments.held_layers import beside_each_other, given_layers
from netdsl.elaborate.arguments.parameters import evaluate_arguments
from netdsl.elaborate.plans.arguments import first_of_each
from netdsl.elaborate.remedies import habits, held_places, replacements, unbound, uncalled
from netdsl.elaborate.remedies.argument_fixes import (
    in_other_words,
    leave_out,
    moved_behind,
    one_tuple,
    whole_division,
    without_value,
)
from netdsl.elaborate.scope.entities import (
    APPLIED_BY_NAME,
    POISON,
    Given,
    KindRef,
    SharedLayer,
    Tensor,
    is_poisoned,
    makers_in,
    short,
    tensors_in,
)
from netdsl.elaborate.scope.families import by_its_name, holds_ambiguous
from netdsl.elaborate.scope.frame import MISSING, DefaultSet, Frame
from netdsl.record import mutable
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.value import Value


@mutable
class Prepared:
    """A call whose arguments are bound: canonical values, values as written, and where each was written."""

    label: str
    definition: LayerKind | None
    arguments: Mapping[str, Value]
    written: dict[str, Value]
    span: Span
    call: tree.Call | tree.Binary
    complete: bool
    key: Hashable  # equal keys mean equal bindings; None where that cannot be told
    found: Signature
    given: Sequence[Given]

    @property
    def spans(self) -> dict[str, Span]:
        """Give the place where each argument was written."""
        return _spans(self.found, self.given)


def bind_call(
    call: tree.Call,
    found: Signature,
    overrides: Mapping[str, ArgumentType],
    frame: Frame,
    *,
    label: str,
    definition: LayerKind | None = None,
    leave_out: tuple[str, ...] = (),
) -> Prepared | None:
    """Bind a call to Keras's signature and report what is wrong; None where nothing can be done with it."""
    prepared = _bound_call(call, found, overrides, frame, label, definition, leave_out)
    if frame.session.releases is not None and prepared is not None:
        written, given = prepared.written, prepared.given
        releases.check_call(call, found, written, prepared.arguments, given, overrides, frame)
    return prepared


def _bound_call(
    call: tree.Call,
    found: Signature,
    overrides: Mapping[str, ArgumentType],
    frame: Frame,
    label: str,
    definition: LayerKind | None,
    leave_out: tuple[str, ...],
) -> Prepared | None:
    fixed = frame.session.fixed_calls.get(id(call))
    if fixed is not None:
        return fixed[1]
    given = _evaluated(call, found, overrides, frame)
    added = _defaults(found, given, overrides, frame) if frame.defaults else []
    is_fixed = not added and _is_fixed(call)
    given = [g for g in (*given, *added) if g.name not in leave_out]
    if any(isinstance(g.value, KindRef) for g in given):
        given = list(_by_their_names(given, found, overrides))
    key = _plain_key(found, given)
    if key is None:
        each_step = definition is not None and definition.is_a("step_by_step")
        given = given_layers(given, frame, takes_network=each_step)
    known = None if key is None else frame.session.bindings.get(key)
    if known is not None:
        binding, written = known
        prepared = Prepared(
            label, definition, binding.arguments, written, call.span, call, True, key, found, given
        )
        if is_fixed:
            frame.session.fixed_calls[id(call)] = (call, prepared)
        return prepared
    refused_before = frame.session.refused_calls.get((id(call), key)) if key is not None else None
    if refused_before is not None:
        return refused_before[1]
    bindable = _refuse_tensors(given, call, found, frame)
    refused = len(bindable) < len(given)
    given = bindable
    binding, spelled = _bind(found, overrides, given, frame)
    if any(next(makers_in(item.value), None) is not None for item in given):
        refused |= uncalled.classes_among(call, given, found, frame)
    if not refused or len(given) == 1:
        positional, named = [g for g in given if g.name is None], {g.name: g for g in given}
        for problem in binding.problems:
            _report_binding(problem, positional, named, call, frame)
    written = _as_written(binding, found, given)
    complete = binding.is_complete and not binding.problems and not refused
    if complete and key is not None:
        frame.session.bindings[key] = (binding, written)
    prepared = Prepared(
        label,
        definition,
        binding.arguments,
        written,
        call.span,
        call,
        complete,
        key or spelled,
        found,
        given,
    )
    if key is not None and not complete:
        frame.session.refused_calls[id(call), key] = (call, prepared)
    return prepared


def _by_their_names(
    given: Iterable[Given], found: Signature, overrides: Mapping[str, ArgumentType]
) -> Iterator[Given]:
    """Read the bare names of layers as what their arguments take, where that is no layer."""
    positions = iter(found.positional)
    for item in given:
        parameter = next(positions, None) if item.name is None else found.parameter(item.name)
        families = families_taken(found, parameter.name, overrides) if parameter else ()
        yield replace(item, value=by_its_name(item.value, families))


def _is_fixed(call: tree.Call) -> bool:
    """Tell whether a call has arguments and all of them are literals, so that it binds alike wherever it stands."""
    return bool(call.arguments) and all(
        isinstance(a.value, tree.Literal) and not a.star for a in call.arguments
    )


_PLAIN = frozenset((int, str, bool, type(None), Identifier))


def _plain_key(found: Signature, given: Sequence[Given]) -> Hashable:
    """Give a key for plain arguments, which is what nearly all are; None where one is not plain."""
    parts: list[object] = [found.family, found.name]
    for item in given:
        value = item.value
        kind = type(value)
        if kind is float:
            value = repr(value)  # 0.0 and -0.0 are equal
        elif isinstance(value, tuple) and all(type(part) is int for part in value):
            pass
        elif kind not in _PLAIN:
            return None
        parts.append((item.name, kind, value))
    return tuple(parts)


def _evaluated(
    call: tree.Call, found: Signature, overrides: Mapping[str, ArgumentType], frame: Frame
) -> list[Given]:
    """Evaluate the arguments; a name public in several families means the one that the argument takes."""
    given: list[Given] = []
    positional: tuple[Parameter, ...] | None = None
    for number, argument in enumerate(call.arguments):
        name = argument.name
        written = argument.value
        if isinstance(written, tree.Literal) and not argument.star:
            given.append(Given(name, written.value, written.span, argument.name_span))
            continue
        if positional is None:
            positional = found.positional
        if name is None and not argument.star and number < len(positional):
            name = positional[number].name
        value = _catalogue_object(argument, name, found, overrides, frame, call)
        if value is not MISSING:
            given.append(Given(argument.name, value, argument.value.span, argument.name_span))
        else:
            given.extend(_named_beside(argument, frame))
    return given


def _named_beside(argument: tree.Argument, frame: Frame) -> list[Given]:
    """Evaluate an argument; the layers of a list that is written out are called after their kinds."""
    found = evaluate_arguments((argument,), frame)
    items = argument.value.items if isinstance(argument.value, tree.ListExpr) else ()
    if argument.star or not items or not isinstance(found[0].value, list):
        return found
    held = found[0].value
    if len(held) != len(items) or not all(isinstance(v, (BoundLayer, SharedLayer)) for v in held):
        return found
    return [replace(found[0], value=beside_each_other(items, held, frame))]


def _catalogue_object(
    argument: tree.Argument,
    name: str | None,
    found: Signature,
    overrides: Mapping[str, ArgumentType],
    frame: Frame,
    call: tree.Call | None = None,
) -> Value:
    value = argument.value
    if name is None or argument.star:
        return MISSING
    if isinstance(value, tree.Name):
        return _catalogue_name(value, name, found, overrides, frame)
    inside = held_places.goes_through(value, frame)
    if inside is not None and "layer" in families_taken(found, name, overrides):
        return held_places.nothing_applied_inside(call, value, inside, found.name, frame)
    if not isinstance(value, tree.Call):
        return MISSING
    target = value.function
    if not isinstance(target, tree.Name) or not isinstance(frame.lookup(target.id), KindRef):
        return MISSING
    for family in families_taken(found, name, overrides):
        own = signature(family, target.id) if family != "layer" else None
        if own is not None:
            prepared = bind_call(value, own, {}, frame, label=own.name)
            return POISON if prepared is None else ObjectValue(family, own.name, prepared.written)
    return MISSING


def _catalogue_name(
    written: tree.Name,
    name: str,
    found: Signature,
    overrides: Mapping[str, ArgumentType],
    frame: Frame,
) -> Value:
    """Read a layer's bare name as an identifier where no layer is taken: `kernel_initializer=Identity`."""
    kind = frame.lookup(written.id)
    families = families_taken(found, name, overrides)
    if (
        not isinstance(kind, KindRef)
        or kind.name != written.id
        or not families
        or "layer" in families
    ):
        return MISSING
    return Identifier(written.id)


def _defaults(
    found: Signature, given: list[Given], overrides: Mapping[str, ArgumentType], frame: Frame
) -> list[Given]:
    """Give the arguments that `defaults` statements add, the innermost scope first."""
    in_force = [d for d in reversed(frame.defaults) if found.name in d.arguments]
    if found.family != "layer" or not in_force:
        return []
    items = (i for d in in_force for i in _evaluated_by_name(d, found, overrides))
    named = ((item.name, item) for item in items if item.name is not None)
    return list(first_of_each(named, _spans(found, given)).values())


def _evaluated_by_name(
    defaults: DefaultSet, found: Signature, overrides: Mapping[str, ArgumentType]
) -> list[Given]:
    """Evaluate the arguments of `defaults` for a layer: once, where they are no objects that layers would share."""
    known = defaults.values.get(found.name)
    if known is not None:
        return known
    items: list[Given] = []
    for argument in defaults.arguments[found.name]:
        value = _catalogue_object(argument, argument.name, found, overrides, defaults.frame)
        if value is MISSING:
            items.extend(evaluate_arguments((argument,), defaults.frame))
        else:
            items.append(Given(argument.name, value, argument.value.span, argument.name_span))
    if _plain_key(found, items) is not None:
        defaults.values[found.name] = items
    return items


def _refuse_tensors(
    given: list[Given], call: tree.Call, found: Signature, frame: Frame
) -> list[Given]:
    """Report tensors among the hyperparameters, once, and give what else there is to bind."""
    tensors = [item for item in given if next(tensors_in(item.value), None) is not None]
    theirs = {id(item) for item in tensors}
    if not tensors:
        return given
    first = tensors[0]
    named = first.name or "value"
    help_ = f"tensors go in a second pair of parentheses: `{found.name}(…)({named}=…)`"
    if first.name is not None and first.name not in [p.name for p in found.call_parameters]:
        help_ = "leave it out; with a tensor of your own compute it in place of the layer: `(_ @ w)`, `(_ * w)`"
    frame.report(
        problems.WrongUse.at(
            first.span,
            "a hyperparameter takes a value, this is a tensor",
            name=short(first.span.text),
            help=help_,
            fix=habits.tensors_out(call, tensors),
        )
    )
    names = {parameter.name for parameter in found.parameters}
    beyond = {id(item) for item in [i for i in given if i.name is None][len(found.positional) :]}

    def has_place(item: Given) -> bool:
        return item.name in names if item.name else id(item) not in beyond

    return [item for item in given if id(item) not in theirs or has_place(item)]


def _bindable(value: Value) -> Value:
    """Give the value that is bound: POISON in place of tensors and of what makes layers, which were reported."""
    if isinstance(value, (Tensor, *APPLIED_BY_NAME)) or (
        isinstance(value, (list, tuple)) and next(tensors_in(value), None) is not None
    ):
        return POISON
    if isinstance(value, (list, tuple)) and (
        is_poisoned(value) or next(makers_in(value), None) is not None
    ):
        return POISON
    return value


def _bind(
    found: Signature, overrides: Mapping[str, ArgumentType], given: list[Given], frame: Frame
) -> tuple[Binding, str | None]:
    positional = [_bindable(g.value) for g in given if g.name is None]
    named = [(g.name, _bindable(g.value)) for g in given if g.name is not None]
    spelled = _key_of([positional, [[n, v] for n, v in named]])
    key = None if spelled is None else f"{found.family}.{found.name}{spelled}"
    cache = frame.session.spelled_bindings
    if key is not None and key in cache:
        return cache[key], key
    binding = bind_arguments(found, overrides, positional, named)
    if key is not None:
        cache[key] = binding
    return binding, key


def _key_of(value: Value) -> str | None:
    """Spell a value so that equal text means equal value and type; None where that is not certain."""
    if value is None or isinstance(value, (int, float, str, Identifier, ExternFunction)):
        return repr(value)
    if isinstance(value, (list, tuple)):
        parts = [_key_of(item) for item in value]
        if any(part is None for part in parts):
            return None
        return f"{type(value).__name__}({','.join(p for p in parts if p)})"
    if isinstance(value, ObjectValue):
        inner = _key_of([[k, v] for k, v in value.arguments.items()])
        return None if inner is None else f"{value.family}.{value.kind}{inner}"
    return None


def _spans(found: Signature, given: Iterable[Given]) -> dict[str, Span]:
    spans: dict[str, Span] = {}
    positions = iter(found.positional)
    for item in given:
        if item.name is not None:
            spans.setdefault(item.name, item.span)
        else:
            parameter = next(positions, None)
            if parameter is not None:
                spans.setdefault(parameter.name, item.span)
    return spans


def _size_of_input(error: BindingError, positional: Sequence[Given], call: tree.Call) -> Fix | None:
    """`LSTM(8, 32)` of PyTorch has the size of its input first: the second number is no activation."""
    sizes = [g.value for g in positional[:2] if isinstance(g.value, int)]
    if (
        error.position != 1
        or len(sizes) < 2
        or error.problem is not argument_problems.WrongArgument
    ):
        return None
    fix = without_value(call, positional[0].span)
    text = f"leave `{sizes[0]}` out: Keras reads the size off the input"
    return None if fix is None else replace(fix, text=text)


#: The arguments that take a layer.
_LAYERS = ("layer", "cell", "cells")


def _as_written(binding: Binding, found: Signature, given: Iterable[Given]) -> dict[str, Value]:
    """Give what was written, in order; plain values as they stand, names of the catalogue in canonical form."""
    raw: dict[str, Value] = {}
    positions = iter(found.positional)
    for item in given:
        parameter = next(positions, None) if item.name is None else None
        name = item.name or (parameter.name if parameter else None)
        if name is not None and name not in raw:
            raw[name] = item.value
    plain = (bool, int, float, str, list, tuple, type(None))
    return {
        name: raw[name]
        if isinstance(raw.get(name, ...), plain) and not holds_ambiguous(raw[name])
        else value
        for name, value in binding.written.items()
    }


def _report_binding(
    error: BindingError,
    positional: list[Given],
    named: Mapping[str | None, Given],
    call: tree.Call,
    frame: Frame,
) -> None:
    span, name_span, value = call.function.span, None, None
    item = named.get(error.argument) if error.argument is not None else None
    if error.position is not None and error.position < len(positional):
        span, value = positional[error.position].span, positional[error.position].value
    elif item is not None:
        span, name_span, value = item.span, item.name_span, item.value
    if (
        isinstance(value, Identifier)
        and error.problem is argument_problems.WrongArgument
        and error.suggestion is None
        and "." not in value.name
        and not unbound.keras_has_name(value.name)
    ):
        unbound.unknown_name(span, value.name, frame)
        return
    is_name = error.problem in (
        argument_problems.UnknownArgument,
        argument_problems.RepeatedArgument,
    )
    place = name_span if is_name and name_span is not None else span
    fix = None
    if error.problem is argument_problems.TooManyArguments:
        fix = first_that_helps([one_tuple(positional), without_value(call, span)])
    elif error.problem is argument_problems.RepeatedArgument and error.position is not None:
        # `Linear(400, 120)` of PyTorch has the size of its input first, which nobody writes here.
        is_size = isinstance(value, int) and isinstance(positional[0].value, int)
        fix = without_value(call, positional[0].span if is_size else span)
    elif error.suggestion == "":
        fix = leave_out(call, error.argument)
    elif error.instead is not None and name_span is not None:
        fix = in_other_words(error.instead, name_span, span)
    elif error.moves_to:
        fix = moved_behind(call, error.argument, error.moves_to)
    elif place != call.function.span:
        replaced = None
        if error.suggestion is not None:
            replaced = Fix((Edit(place, error.suggestion),), safe=is_name)
        alone = without_value(call, span) if error.may_go else None
        ways = [
            held_places.as_activation(call, value) if error.argument in _LAYERS else None,
            *replacements.in_place_of(call, error.argument, value, frame),
            whole_division(value, span),
            _size_of_input(error, positional, call),
        ]
        fix = first_that_helps([*ways, replaced, alone])
    frame.report(error.problem.at(place, error.label, help=error.help, fix=fix, facts=error.facts))
