"""`train` blocks: settings read, evaluated and checked against the model they train.

`read_training` gives a `TrainPlan` for each block: the settings by name, as values (catalogue objects as
`ObjectValue`, identifiers as strings). What depends on the model's outputs is checked in `losses.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field

from netdsl.catalog.signature import Family
from netdsl.diagnostics.diagnostic import Edit, Fix, Label
from netdsl.diagnostics.habits import help_for
from netdsl.diagnostics.problems import names as name_problems
from netdsl.diagnostics.problems import training as problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate.arguments import releases
from netdsl.elaborate.scope.entities import ModelRef, is_poisoned
from netdsl.elaborate.scope.frame import Frame
from netdsl.elaborate.scope.hyperparameters import Settings
from netdsl.elaborate.scope.untold import require_told
from netdsl.elaborate.training.data_settings import with_names_as_keys
from netdsl.elaborate.training.experiment import Hyperparameter
from netdsl.elaborate.training.hyperparameters import described, hyperparameters_of
from netdsl.elaborate.training.settings import SETTINGS, Context
from netdsl.graph import Graph
from netdsl.record import mutable
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.value import Value


@mutable
class TrainPlan:
    """A `train` block: its model, the settings that could be read, and where each stands."""

    model: str
    span: Span
    settings: dict[str, Value] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    trees: dict[str, tree.Expr] = field(default_factory=dict)  # the settings as they are written
    docstring: str | None = None
    graph: Graph | None = None  # the model's, at the hyperparameters of the block
    hyperparameters: list[Hyperparameter] = field(default_factory=list)


#: Whose words a setting takes.
_FAMILIES: Mapping[str, tuple[Family, ...]] = {
    "loss": ("loss",),
    "metrics": ("metric",),
    "optimizer": ("optimizer",),
}

#: Gives the graph of the model of a block at hyperparameters that the block passes on to it.
GraphOf = Callable[[tree.Train, Mapping[str, Value]], Graph | None]


def read_training(
    unit_root: Frame,
    statements: Iterable[tree.Node],
    graphs: Mapping[str, Graph],
    graph_of: GraphOf,
    settings: Settings,
) -> list[TrainPlan]:
    """Read every `train` block of a file, at the settings from outside that reach it."""
    plans: list[TrainPlan] = []
    seen: dict[str, Span] = {}
    for statement in statements:
        if isinstance(statement, tree.Train):
            if statement.model in seen:
                _report_twice(
                    statement.model, statement.model_span, seen[statement.model], unit_root
                )
                continue
            seen[statement.model] = statement.model_span
            plan = _read(statement, unit_root, graphs, graph_of, settings)
            if plan is not None:
                plans.append(plan)
    return plans


def _report_twice(name: str, again: Span, first: Span, frame: Frame) -> None:
    frame.report(
        problems.SettingTwice.at(
            again,
            "set again here",
            name=name,
            related=(Label(first, "first here"),),
            help="keep one of the two",
        )
    )


def _read(
    statement: tree.Train,
    root: Frame,
    graphs: Mapping[str, Graph],
    graph_of: GraphOf,
    settings: Settings,
) -> TrainPlan | None:
    target = root.lookup(statement.model)
    if not isinstance(target, ModelRef):
        if root.unit.is_broken:
            return None  # the model may be what could not be read
        near = closest(statement.model, graphs) or (
            next(iter(graphs)) if len(graphs) == 1 else None
        )
        span = statement.model_span
        root.report(
            name_problems.UnknownModel.at(
                span,
                "no model of this name is declared or imported here",
                name=statement.model,
                help=f"did you mean `{near}`?" if near else "",
                fix=Fix((Edit(span, near),)) if near else None,
            )
        )
    plan = TrainPlan(statement.model, statement.model_span, docstring=statement.docstring)
    own = hyperparameters_of(statement, settings, root)
    plan.graph = graph_of(statement, own) if isinstance(target, ModelRef) else None
    plan.hyperparameters = described(statement, own, plan.graph, target, root)
    context = Context(root.inner(own), plan.graph)
    for setting in statement.settings:
        _read_setting(setting, plan, context)
    if not root.unit.is_broken and all(setting.name in SETTINGS for setting in statement.settings):
        _check_presence(plan, [p.name for p in statement.parameters], root)
    return plan


def _read_setting(setting: tree.Setting, plan: TrainPlan, context: Context) -> None:
    frame = context.frame
    frame.session.place = setting.span
    reader = SETTINGS.get(setting.name)
    if reader is None:
        near = closest(setting.name, SETTINGS)
        frame.report(
            problems.UnknownSetting.at(
                setting.name_span,
                "no setting has this name",
                name=setting.name,
                help=f"did you mean `{near}`?"
                if near
                else help_for("setting").get(setting.name)
                or "the settings are " + ", ".join(f"`{s}`" for s in SETTINGS),
                fix=Fix((Edit(setting.name_span, near),), safe=True) if near else None,
            )
        )
        return
    if setting.name in plan.spans:
        _report_twice(setting.name, setting.name_span, plan.spans[setting.name], frame)
        return
    setting = with_names_as_keys(setting, frame)
    plan.spans[setting.name] = setting.value.span
    plan.trees[setting.name] = setting.value
    value = reader(setting, context)
    require_told(value, setting.span, frame)
    if not is_poisoned(value):
        plan.settings[setting.name] = value
        for family in _FAMILIES.get(setting.name, ()):
            releases.check_words(family, value, setting.value, frame)


_EXAMPLES = {"optimizer": "Adam(1e-3)", "loss": "sparse_categorical_crossentropy"}


def _check_presence(plan: TrainPlan, hyperparameters: list[str], frame: Frame) -> None:
    for name in ("optimizer", "loss"):
        if name not in plan.spans and name not in hyperparameters:
            frame.report(
                problems.NoLoss.at(
                    plan.span,
                    f"nothing says `{name}`",
                    name=plan.model,
                    missing=name,
                    help=f"add one: `{name} = {_EXAMPLES[name]}`",
                )
            )
