"""What the releases of Keras that are asked for lack, or do otherwise, at each call: `--keras 3.6`.

The catalogue is of one release; since when each name, argument and value exists stands in `catalog/versions.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from netdsl.catalog.argument_types import ArgumentType
from netdsl.catalog.binding import families_taken
from netdsl.catalog.signature import (
    Family,
    Signature,
    identifiers,
    names_and_aliases,
    signature,
)
from netdsl.catalog.spell import spell
from netdsl.catalog.version_facts import way_round
from netdsl.catalog.versions import (
    REQUIRED,
    Release,
    Releases,
    argument_since,
    call_argument_since,
    changed_defaults,
    default_since,
    place_since,
    policy_since,
    since,
    spell_release,
    value_since,
)
from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.diagnostics.problems.arguments import DiffersInRelease, NotInRelease
from netdsl.elaborate.remedies.argument_fixes import leave_out
from netdsl.elaborate.remedies.written_arguments import last_name
from netdsl.elaborate.scope.entities import Given
from netdsl.elaborate.scope.frame import Frame
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import walk
from netdsl.value import Value


def raise_oldest(release: Release) -> str:
    """Say how to ask for a release that has it."""
    return f'ask for a Keras that has it: `keras = ">={spell_release(release)}"`'


def missing(
    name: str,
    came: Release,
    asked: Releases,
    span: Span,
    frame: Frame,
    help: str = "",
    fix: Fix | None = None,
) -> None:
    """Report what came later than the oldest release that is asked for."""
    help = f"{help}, or {raise_oldest(came)}" if help else raise_oldest(came)
    label = f"it came with Keras {spell_release(came)}, and `{asked.written}` is asked for"
    problem = NotInRelease.at(span, label, name=name, release=asked.spelled, help=help, fix=fix)
    frame.report(problem)


def check_name(family: Family, name: str, span: Span, frame: Frame, shown: str = "") -> bool:
    """Report a name that the oldest release asked for has not; tells whether it has it."""
    asked = frame.session.releases
    own = names_and_aliases(family).get(name, name)
    came = since(family, name) or since(family, own)
    if asked is None or came is None or came <= asked.oldest:
        return True
    missing(shown or name, came, asked, span, frame, way_round(family, own))
    return False


def check_call(
    call: tree.Call | tree.Binary,
    found: Signature,
    written: Mapping[str, Value],
    arguments: Mapping[str, Value],
    given: Sequence[Given],
    overrides: Mapping[str, ArgumentType],
    frame: Frame,
) -> None:
    """Report what a bound call asks for that some release has not, or takes for something else."""
    asked = frame.session.releases
    if asked is None or not isinstance(call, tree.Call):
        return
    place = call.function.span
    named = last_name(call.function) or found.name
    if not check_name(found.family, named, place, frame, place.text):
        return
    for name, item in _named(found, given):
        came = argument_since(found.family, found.name, name)
        stands = place_since(found.family, found.name, name) if item.name is None else None
        if came is not None and came > asked.oldest:
            if name in written:
                _report_argument(call, found, name, came, item, arguments.get(name), asked, frame)
            continue
        _check_value(found, name, arguments.get(name), item.span, overrides, frame)
        if stands is not None and stands > asked.oldest:
            _report_place(found, name, stands, item.span, asked, frame)
    _check_defaults(call, found, written, asked, frame)


def _named(found: Signature, given: Sequence[Given]) -> Iterator[tuple[str, Given]]:
    """Give what was written with the name of the parameter that it is for."""
    positions = iter(found.positional)
    for item in given:
        if item.name is not None:
            yield item.name, item
        elif (parameter := next(positions, None)) is not None:
            yield parameter.name, item


def _report_argument(
    call: tree.Call,
    found: Signature,
    name: str,
    came: Release,
    item: Given,
    value: Value,
    asked: Releases,
    frame: Frame,
) -> None:
    parameter = found.parameter(name)
    is_default = parameter is not None and not parameter.required and value == parameter.default
    help_ = way_round(found.family, found.name, name)
    if is_default:
        help_ = f"leave it out: `{spell(value)}` is its default"
    fix = leave_out(call, name) if is_default else None
    shown = f"{call.function.span.text}({name}=…)"
    missing(shown, came, asked, item.name_span or item.span, frame, help_, fix)


def _check_value(
    found: Signature,
    name: str,
    value: Value,
    span: Span,
    overrides: Mapping[str, ArgumentType],
    frame: Frame,
) -> None:
    asked = frame.session.releases
    if asked is None or not isinstance(value, str):
        return
    shown = f'{found.name}({name}="{value}")'
    came = value_since(found.family, found.name, name, value)
    if came is None and name == "dtype":
        came = policy_since(value)
    if came is not None and came > asked.oldest:
        missing(shown, came, asked, span, frame)
        return
    for family in families_taken(found, name, overrides):
        own = identifiers(family).get(value) if family != "layer" else None
        if own is not None:
            check_name(family, own, span, frame)
            return


def _report_place(
    found: Signature, name: str, stands: Release, span: Span, asked: Releases, frame: Frame
) -> None:
    label = f"`{name}` stands here since Keras {spell_release(stands)}, and `{asked.written}` is asked for"
    frame.report(
        DiffersInRelease.at(
            span,
            label,
            name=found.name,
            release=asked.spelled,
            help=f"give it by its name: `{name}=…`",
            fix=Fix((Edit(Span(span.file, span.start, span.start), f"{name}="),), safe=True),
        )
    )


def _check_defaults(
    call: tree.Call, found: Signature, written: Mapping[str, Value], asked: Releases, frame: Frame
) -> None:
    """Report an argument that is left out, and is something else in a release that is asked for."""
    for name in changed_defaults(found.family, found.name):
        changed = default_since(found.family, found.name, name)
        came = argument_since(found.family, found.name, name)
        parameter = found.parameter(name)
        if name in written or changed is None or changed[0] <= asked.oldest or parameter is None:
            continue
        if came is not None and came > asked.oldest:
            continue
        now = f"{name}={spell(parameter.default)}"
        was = "has no default" if changed[1] == REQUIRED else f"is {changed[1]}"
        file, end = call.span.file, call.span.end - 1
        comma = ", " if call.arguments else ""
        frame.report(
            DiffersInRelease.at(
                call.function.span,
                f"`{name}` {was} before Keras {spell_release(changed[0])}, where it is left out",
                name=found.name,
                release=asked.spelled,
                help=f"write it: `{now}`",
                fix=Fix((Edit(Span(file, end, end), f"{comma}{now}"),), safe=True),
            )
        )


def check_call_arguments(found: Signature, extra: Sequence[Given], frame: Frame) -> None:
    """Report what a layer is called with that the call of some release does not take."""
    asked = frame.session.releases
    for item in extra if asked is not None else ():
        came = call_argument_since(found.family, found.name, item.name) if item.name else None
        if asked is not None and came is not None and came > asked.oldest:
            shown = f"{found.name}(…)({item.name}=…)"
            missing(shown, came, asked, item.name_span or item.span, frame)


def check_function(
    function: str,
    positional: Sequence[Value],
    named: Mapping[str, Value],
    span: Span,
    places: Mapping[str, Span],
    frame: Frame,
) -> None:
    """Report a function of `keras.ops`, or an argument of it, that some release has not."""
    asked, found = frame.session.releases, signature("op", function)
    if asked is None or found is None:
        return
    shown = f"ops.{function}"
    if not check_name("op", function, span, frame, shown):
        return
    by_place = [p.name for p in found.positional[: len(positional)]]
    for name in (*by_place, *named):
        place = places.get(name, span)
        came = argument_since("op", found.name, name)
        stands = place_since("op", found.name, name) if name in by_place else None
        if came is not None and came > asked.oldest and [name] != by_place[:1]:
            missing(f"{shown}({name}=…)", came, asked, place, frame)
        elif stands is not None and stands > asked.oldest:
            _report_place(found, name, stands, place, asked, frame)


def check_words(family: Family, value: Value, written: tree.Expr, frame: Frame) -> None:
    """Report names of Keras that a setting gives as words, in lists and dicts too: `loss = dice`."""
    if frame.session.releases is None:
        return
    for node in walk(written):
        word = node.id if isinstance(node, tree.Name) else getattr(node, "value", None)
        if isinstance(word, str) and word in _words_in(value):
            own = identifiers(family).get(word)
            if own is not None:
                check_name(family, own, node.span, frame)


def _words_in(value: Value) -> set[str]:
    if isinstance(value, dict):
        return {word for item in value.values() for word in _words_in(item)}
    if isinstance(value, list | tuple):
        return {word for item in value for word in _words_in(item)}
    return {value} if isinstance(value, str) else set()
