"""What arrives at a block or model, joined to its inputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard

from netdsl.catalog.kind import Ambiguous, BoundLayer, Identifier
from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.diagnostics.habits import modules_with
from netdsl.diagnostics.problems import structure as problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate.plans.arguments import placed
from netdsl.elaborate.remedies import training_mode as modes
from netdsl.elaborate.remedies import unbound, uncalled
from netdsl.elaborate.remedies.in_their_places import by_position
from netdsl.elaborate.scope.entities import (
    APPLIED_BY_NAME,
    POISON,
    Given,
    Tensor,
    is_poisoned,
    is_tensorial,
    spell_entity,
)
from netdsl.elaborate.scope.frame import MISSING, Frame
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import free_names, nodes_around, pattern_names, walk
from netdsl.value import Value


def match_inputs(
    label: str, names: list[str], arriving: Value, extra: list[Given], span: Span, frame: Frame
) -> dict[str, Value] | None:
    """Give the value of each input of a body, from what arrives and what is given by name; None after reporting.

    A list goes to the inputs one by one, and as it is to the only one, or the only one that is left.
    """
    given: dict[str, Value] = {}
    left = len(names) - len(extra)
    several = left > 1 or (
        isinstance(arriving, list) and len(names) > 1 and (left < 1 or len(arriving) == 1)
    )
    if several and isinstance(arriving, (list, tuple)):
        values = list(arriving)
    else:
        values = [] if arriving is MISSING else [arriving]
    by_name = {item.name: item for item in extra if item.name is not None}
    values += [item.value for item in extra if item.name is None]
    free = [name for name in names if name not in by_name]
    if not has_inputs(label, names, extra, frame):
        return None
    given.update((str(name), item.value) for name, item in by_name.items())
    if len(values) != len(free):
        if is_poisoned(arriving) or (frame.unit.is_broken and len(values) > len(free)):
            return None
        wanted = len(names)
        came = len(values) + len(by_name)
        fix = by_position(extra, names)
        help_ = fix.text if fix else _offer(names, label)
        report_inputs(label, takes(wanted, came), span, frame, help_, fix)
        return None
    return placed(names, given, values)


def has_inputs(label: str, names: list[str], extra: list[Given], frame: Frame) -> bool:
    """Tell whether a body has the inputs that are given by name; reports the first that it has not."""
    item = next((i for i in extra if i.name is not None and i.name not in names), None)
    if item is None:
        return True
    if frame.unit.is_broken:  # its input may be what could not be read
        return False
    near = closest(str(item.name), names)
    help_ = f"did you mean `{near}`?" if near else _offer(names)
    place = item.name_span or item.span
    fix = Fix((Edit(place, near),), safe=True) if near else None
    if item.name == modes.NAME:
        help_, fix = modes.way_out(item, frame)
    report_inputs(label, f"it has no input `{item.name}`", place, frame, help_, fix)
    return False


def takes(wanted: int, came: int) -> str:
    """Say how many tensors are taken and how many came: `takes 1 tensor, 2 arrive`."""
    return f"takes {wanted} tensor{'s' * (wanted != 1)}, {came} arrive{'s' * (came == 1)}"


def lacks_input(node: tree.Block, inner: Frame) -> bool:
    """Tell whether a block without an input reads a name that nothing binds; that is reported at its declaration."""
    assert isinstance(node.body, tree.Body)
    statements = node.body.statements
    name = next((n for n in _read_in(statements) if _is_unbound(n, statements, inner)), None)
    if name is None or inner.unit.is_broken:
        return name is not None
    place = statements[0].span
    text = place.file.text
    indent = text[text.rfind("\n", 0, place.start) + 1 : place.start]
    gap = "\n" + indent if not indent.strip() else "  "
    start = Span(place.file, place.start, place.start)
    inner.report(
        problems.WrongInputs.at(
            node.name_span,
            "a tensor arrives, and its body declares no `input`",
            name=node.name,
            help=f"begin its body with `input {name}`",
            fix=Fix((Edit(start, f"input {name}{gap}"),), safe=True),
        )
    )
    return True


def _read_in(statements: tuple[tree.BodyStatement, ...]) -> Iterator[str]:
    for statement in statements:
        if isinstance(statement, (tree.Bind, tree.Output)):
            yield from free_names(statement.value)


def _is_unbound(name: str, statements: tuple[tree.BodyStatement, ...], inner: Frame) -> bool:
    is_module = name in ("ops", "applications") or name in modules_with("layers")
    if is_module or inner.lookup(name) is not MISSING or unbound.keras_has_name(name):
        return False
    bound = {n for s in statements if isinstance(s, tree.Bind) for n in pattern_names(s.target)} | {
        n.name for s in statements for n in walk(s) if isinstance(n, tree.As)
    }
    return name not in bound | {getattr(s, "name", None) for s in statements}


def _offer(names: list[str], label: str = "") -> str:
    if not names:
        return "it has no `input`"
    listed = f"its inputs are {', '.join(f'`{n}`' for n in names)}"
    if len(names) < 2 or not label:
        return listed
    by_name = ", ".join(f"{name}=…" for name in names[1:])
    return f"{listed}: write `[{', '.join(names)}] -> {label}(…)`, or `{names[0]} -> {label}(…)({by_name})`"


def report_inputs(
    label: str, text: str, span: Span, frame: Frame, help: str = "", fix: Fix | None = None
) -> None:
    frame.report(problems.WrongInputs.at(span, text, name=label, help=help, fix=fix))


def is_one_tensor(
    value: Value, label: str, name: str, span: Span, frame: Frame
) -> TypeGuard[Tensor]:
    """Tell whether one tensor arrives at an input that takes one; reports what else there is."""
    if not isinstance(value, Tensor) and not is_poisoned(value):
        report_inputs(
            label, f"`{name}` takes one tensor, this is {spell_entity(value)}", span, frame
        )
    return isinstance(value, Tensor)


def check_source(expr: tree.Expr, value: Value, frame: Frame) -> Value:
    """Give what a chain starts from, which must be tensors; POISON after reporting that it is not."""
    if is_tensorial(value):
        return value
    if isinstance(value, Identifier):
        return unbound.unknown_name(expr.span, value.name, frame)
    if isinstance(value, (*APPLIED_BY_NAME, BoundLayer, Ambiguous)):
        return uncalled.not_applied(expr.span, frame)
    if not is_poisoned(value) and not _blames_elements(expr, value, frame):
        label = f"this is {spell_entity(value)}"
        help_ = "begin with an input, or with a tensor that is made from one"
        around = nodes_around(frame.unit.module, expr.span)
        bound = next((node for node in around if isinstance(node, tree.Bind)), None)
        if bound is not None and unbound.is_setting(bound):
            help_ = unbound.how_to_train(bound, around)
        if _is_pair(value):
            label = "this is a pair, of a name and its tensor"
            help_ = "give both a name in the loop over the group: `for name, x in …`"
        frame.report(problems.NotATensor.at(expr.span, label, help=help_))
    return POISON


def _is_pair(value: Value) -> bool:
    """Tell what a loop over a group of inputs gives."""
    if not isinstance(value, tuple) or len(value) != 2:
        return False
    return isinstance(value[0], str) and isinstance(value[1], Tensor)


def _blames_elements(expr: tree.Expr, value: Value, frame: Frame) -> bool:
    """Report what is no tensor in a list; tells whether it is one whose elements can be told apart."""
    if not isinstance(expr, tree.ListExpr) or not isinstance(value, (list, tuple)):
        return False
    if len(expr.items) != len(value):
        return False
    if any(isinstance(item, (tree.Starred, tree.For)) for item in expr.items):
        return False
    for item, element in zip(expr.items, value, strict=True):
        check_source(item, element, frame)
    return bool(expr.items)
