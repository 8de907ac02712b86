"""Whether a strategy for several devices goes with the model and with the other settings.

What fails by itself, hangs, or is wrong in silence is an error here: a batch that does not divide, settings that a
strategy does not go with, a layout that spreads nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from netdsl.catalog.kind import Weight
from netdsl.diagnostics.diagnostic import Label
from netdsl.diagnostics.problems import training as problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate.scope.frame import Frame
from netdsl.elaborate.training.experiment import Strategy
from netdsl.elaborate.training.plan import TrainPlan
from netdsl.graph import Graph, Operation
from netdsl.record import record
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.faults import shorten
from netdsl.tensor import spell_shape
from netdsl.value import Value

_LONGEST_SHOWN = 6  # paths that a message lists


@record
class Variable:
    """A variable of the model: its path as Keras has it, or what it begins with, and its shape."""

    path: str
    shape: tuple[int, ...]
    is_exact: bool
    operation: Operation


def check_engine(plan: TrainPlan, graph: Graph, frame: Frame) -> None:
    """Report what of a strategy's layout does not go with the variables of the model."""
    strategy = plan.settings.get("distribute")
    if not isinstance(strategy, Strategy) or strategy.kind != "ModelParallel":
        return
    layout = _named(strategy.arguments["layout"])
    mesh = _named(strategy.arguments["mesh"])
    known = list(variables(graph))
    frame.session.budget.step(len(known) * len(layout))
    first: dict[str, str] = {}
    for key, axes in layout.items():
        place = _place(plan.trees["distribute"], key, strategy.place("layout") or plan.span)
        matched = [variable for variable in known if _matches(key, variable)]
        if not matched:
            _report_missed(key, known, place, frame)
        for variable in matched:
            if not variable.is_exact:
                continue
            again = first.setdefault(variable.path, key)
            if again != key and variable.path not in layout:
                _report_twice(key, again, variable, place, frame)
                break
            if not _fits(key, axes, mesh, variable, place, frame):
                break


def _named(value: Value) -> dict[str, Value]:
    return {str(key): one for key, one in value.items()} if isinstance(value, dict) else {}


def variables(graph: Graph) -> Iterator[Variable]:
    """Give the variables of a model by their paths, those of models inside it too."""
    for operation in graph.operations():
        if operation.graph is not None and operation.family == "model":
            yield from variables(operation.graph)
            continue
        for weight in operation.weights:
            parts = (operation.name, weight.within, weight.name)
            exact = _is_exact(operation, weight)
            path = "/".join(part for part in parts if part)
            yield Variable(path, weight.shape, exact, operation)


def _is_exact(operation: Operation, weight: Weight) -> bool:
    """Tell whether the path of a weight is certain: inside a wrapper, a layer that it holds is named too."""
    definition = operation.definition
    if operation.family != "layer" or definition is None:
        return False
    if definition.holds_layers and not weight.within:
        return False
    return not any(part.endswith(("layer", "layers")) for part in weight.within.split("/"))


def _matches(key: str, variable: Variable) -> bool:
    pattern = _pattern(key)
    if pattern is None:
        return True  # it is too involved to be tried, and may match
    if variable.is_exact:
        return pattern.fullmatch(variable.path) is not None
    return variable.operation.name in key or not re.match(r"\w", key)


#: Repeats in a key that are tried; a regular expression with more, or with one inside another, may take for ever.
_MOST_REPEATS = 3


@cache
def _pattern(key: str) -> re.Pattern[str] | None:
    repeats = len(re.findall(r"(?<!\\)[*+?{]", key))
    is_nested = re.search(r"\)[*+?{]", key) is not None
    if repeats > _MOST_REPEATS or is_nested or len(key) > 500 or r"\1" in key:
        return None
    return re.compile(key)


def _place(written: tree.Expr, key: str, whole: Span) -> Span:
    """Find where a key of the layout stands."""
    if isinstance(written, tree.Call):
        for argument in written.arguments:
            if argument.name == "layout" and isinstance(argument.value, tree.DictExpr):
                for name, _ in argument.value.items:
                    if isinstance(name, tree.Literal) and name.value == key:
                        return name.span
    return whole


def _report_missed(key: str, known: list[Variable], place: Span, frame: Frame) -> None:
    paths = [variable.path for variable in known if variable.is_exact]
    near = closest(key, paths) or next((p for p in paths if p.endswith(f"/{key}")), None)
    shown = ", ".join(f"`{path}`" for path in paths[:_LONGEST_SHOWN])
    more = ", …" * (len(paths) > _LONGEST_SHOWN)
    frame.report(
        problems.LayoutMisses.at(
            place,
            "no variable of the model has such a path",
            key=shorten(key),
            help=f"did you mean `{near}`?" if near else f"the variables are {shown}{more}",
        )
    )


def _report_twice(key: str, other: str, variable: Variable, place: Span, frame: Frame) -> None:
    frame.report(
        problems.LayoutMisses.at(
            place,
            f"`{variable.path}` is matched by `{shorten(other)}` too",
            key=shorten(key),
            help="Keras takes one key for each variable: make one of the two narrower",
        )
    )


def _fits(
    key: str,
    axes: Value,
    mesh: Mapping[str, Value],
    variable: Variable,
    place: Span,
    frame: Frame,
) -> bool:
    assert isinstance(axes, (tuple, list))
    shape, span = spell_shape(variable.shape), variable.operation.span
    related = (Label(span, f"`{variable.path}` is {shape}"),) if span is not None else ()
    label = help_ = ""
    if len(axes) > len(variable.shape):
        label = f"it names {len(axes)} axes, and `{variable.path}` of shape {shape} has {len(variable.shape)}"
        help_ = "give each axis of the variable an axis of the mesh, or `None`"
    for size, axis in zip(variable.shape, axes, strict=False):
        parts = mesh.get(str(axis))
        if not label and isinstance(parts, int) and size % parts:
            label = f"`{variable.path}` has an axis of {size}, which does not divide by the {parts} of `{axis}`"
            help_ = f"make it {-(-size // parts) * parts}, or spread another axis"
    if label:
        frame.report(
            problems.LayoutMisses.at(place, label, key=shorten(key), help=help_, related=related)
        )
    return not label
