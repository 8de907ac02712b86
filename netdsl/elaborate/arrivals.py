"""What arrives at a block or model, joined to its inputs."""

from __future__ import annotations

from typing import Any

from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.diagnostics.problems import structure as problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate.entities import Tensor, is_poisoned, spell_entity
from netdsl.elaborate.frame import MISSING, Frame
from netdsl.elaborate.parameters import Given
from netdsl.source import Span


def match_inputs(
    label: str, names: list[str], arriving: Any, extra: list[Given], span: Span, frame: Frame
) -> dict[str, Any] | None:
    """Join what arrives and what is given by name to a body's inputs; None after reporting."""
    given: dict[str, Any] = {}
    several = len(names) - len(extra) > 1 or (isinstance(arriving, list) and len(names) > 1)
    if several and isinstance(arriving, (list, tuple)):
        values = list(arriving)
    else:
        values = [] if arriving is MISSING else [arriving]
    by_name = {item.name: item for item in extra if item.name is not None}
    values += [item.value for item in extra if item.name is None]
    free = [name for name in names if name not in by_name]
    for name, item in by_name.items():
        if name not in names:
            near = closest(str(name), names)
            help_ = f"did you mean `{near}`?" if near else _offer(names)
            place = item.name_span or item.span
            fix = Fix((Edit(place, near),), safe=True) if near else None
            report_inputs(label, f"it has no input `{name}`", place, frame, help_, fix)
            return None
        given[str(name)] = item.value
    if len(values) != len(free):
        if is_poisoned(arriving):
            return None
        wanted = len(names)
        came = len(values) + len(by_name)
        plural = "s" if wanted != 1 else ""
        text = f"takes {wanted} tensor{plural}, {came} arrive{'s' * (came == 1)}"
        report_inputs(label, text, span, frame, _offer(names, label))
        return None
    return given | dict(zip(free, values, strict=True))


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


def is_one_tensor(label: str, name: str, value: Any, span: Span, frame: Frame) -> bool:
    """Tell whether one tensor arrives at an input that takes one; reports what else there is."""
    if not isinstance(value, Tensor) and not is_poisoned(value):
        report_inputs(
            label, f"`{name}` takes one tensor, this is {spell_entity(value)}", span, frame
        )
    return isinstance(value, Tensor)
