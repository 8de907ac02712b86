"""Hyperparameters given from outside, `--set classes=10` or `compile_file(…, classes=10)`, and whom they reach.

A setting reaches the parameters that a model leaves open: `model B7 = EfficientNet(width=2.0)` keeps its width. Where
one model is named (`--model B7`) settings are for it alone, and reach what it fixes as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field

from netdsl.diagnostics.diagnostic import Diagnostic, Label
from netdsl.diagnostics.problems import files as problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate.files.linking import Symbol, Unit
from netdsl.record import record
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.value import Value


@record(eq=False)
class Settings:
    """What is set from outside; `model` is the one model that it is for, if one was named."""

    values: Mapping[str, Value] = field(default_factory=dict)
    model: str | None = None

    def reaching(
        self, model: str, parameters: Collection[str], fixed: Collection[str]
    ) -> dict[str, Value]:
        """Give the values that reach a model with these parameters, of which it fixes some itself."""
        if self.model is not None:
            taken = set(parameters) if self.model == model else set()
        else:
            taken = set(parameters) - set(fixed)
        return {name: value for name, value in self.values.items() if name in taken}


@record(eq=False)
class Hyperparameters:
    """What came of the settings: those that reached a model, by its name, and what `model A = B(…)` fixes.

    `fixed` goes by the identity of the statement, for what stands behind `*` and `**` shows only when evaluated.
    """

    reached: dict[str, dict[str, Value]] = field(default_factory=dict)
    fixed: dict[int, dict[str, Value]] = field(default_factory=dict)

    def unused(self, settings: Settings) -> tuple[str, ...]:
        """Give the settings that reached no model."""
        used = {name for values in self.reached.values() for name in values}
        return tuple(name for name in settings.values if name not in used)


@record(eq=False)
class OwnModel:
    """A model that a file declares, or trains: the body it has or is made from, and what it fixes of its parameters.

    `trained` are the hyperparameters of the `train` block that is for it.
    """

    name: str
    node: tree.Model
    fixed: Mapping[str, Span]
    trained: tuple[str, ...] = ()

    @property
    def open(self) -> list[str]:
        """The names of the parameters that a setting reaches, those of its training after its own."""
        own = [p.name for p in self.node.parameters if p.name not in self.fixed]
        return list(dict.fromkeys((*own, *self.trained)))


def own_symbols(unit: Unit) -> list[Symbol]:
    """Give the models that a file itself declares, in order."""
    return [
        unit.names[s.name]
        for s in unit.module.statements
        if isinstance(s, (tree.Model, tree.SpecialisedModel)) and unit.names[s.name].node is s
    ]


def own_models(unit: Unit, known: Hyperparameters) -> list[OwnModel]:
    """Give the models that a file declares or trains and that could be followed to their bodies, in order."""
    trains = {s.model: s for s in unit.module.statements if isinstance(s, tree.Train)}
    models = {symbol.name: symbol for symbol in own_symbols(unit)}
    models |= {name: unit.names[name] for name in trains if name in unit.names}
    found: list[OwnModel] = []
    for name, symbol in models.items():
        trained = tuple(p.name for p in trains[name].parameters) if name in trains else ()
        model = _own_model(name, symbol, known, trained)
        found += [] if model is None else [model]
    return found


def _own_model(
    name: str, symbol: Symbol, known: Hyperparameters, trained: tuple[str, ...]
) -> OwnModel | None:
    fixed = dict[str, Span]()
    followed: set[int] = set()
    while isinstance(symbol.node, tree.SpecialisedModel) and id(symbol.node) not in followed:
        followed.add(id(symbol.node))
        for parameter in known.fixed.get(id(symbol.node), ()):
            fixed.setdefault(parameter, symbol.node.value.span)
        call = symbol.node.value
        base = call.function if isinstance(call, tree.Call) else call
        target = symbol.unit.names.get(base.id) if isinstance(base, tree.Name) else None
        if target is None:
            return None
        symbol = target
    node = symbol.node
    return OwnModel(name, node, fixed, trained) if isinstance(node, tree.Model) else None


def unreached_setting(name: str, span: Span, models: Iterable[OwnModel]) -> Diagnostic:
    """Say that a setting reaches none of these models: none has it, or all that have it fix it."""
    models = list(models)
    fixing = [model for model in models if name in model.fixed]
    if fixing:
        return problems.FixedHyperparameter.at(
            span,
            "; ".join(f"`{model.name}` fixes it" for model in fixing),
            name=name,
            related=tuple(Label(model.fixed[name], "fixed here") for model in fixing),
            help="change it there; `summary`, `diff` and `breaking` set it for one model: "
            f"`--model {fixing[0].name}`",
        )
    near = closest(name, dict.fromkeys(own for model in models for own in model.open))
    offers = [
        f"`{model.name}` has " + (", ".join(f"`{own}`" for own in model.open) or "none")
        for model in models
    ]
    return problems.UnknownHyperparameter.at(
        span,
        "; ".join(offers) or "there is no model",
        name=name,
        help=f"did you mean `{near}`?" if near else "",
    )
