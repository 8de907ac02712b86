"""The hyperparameters of a `train` block: their values, and which of them the model takes too."""

from __future__ import annotations

from collections.abc import Mapping

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.problems import training as problems
from netdsl.elaborate.arguments import parameters
from netdsl.elaborate.arguments.parameter_types import check_setting, check_type
from netdsl.elaborate.files.linking import Symbol
from netdsl.elaborate.scope.entities import POISON, ModelRef, is_poisoned
from netdsl.elaborate.scope.frame import Frame
from netdsl.elaborate.scope.hyperparameters import Settings
from netdsl.elaborate.training.experiment import Hyperparameter
from netdsl.elaborate.training.settings import SETTINGS
from netdsl.graph import Graph
from netdsl.syntax import tree
from netdsl.value import Value


def hyperparameters_of(statement: tree.Train, settings: Settings, root: Frame) -> dict[str, Value]:
    """Give the values of a block's own hyperparameters: as set from outside, or their defaults."""
    names = [p.name for p in statement.parameters]
    given = settings.reaching(statement.model, names, ())
    root.session.hyperparameters.reached[f"train {statement.model}"] = given
    found: dict[str, Value] = {}
    for parameter in statement.parameters:
        root.session.place = parameter.span
        if _is_setting(parameter, statement):
            root.report(_in_parentheses(parameter, statement))
            found[parameter.name] = POISON
            continue
        found[parameter.name] = _value(parameter, given, statement.model, root.inner(dict(found)))
    return found


def _is_setting(parameter: tree.Parameter, statement: tree.Train) -> bool:
    """Tell a setting, `train Net(optimizer=adam)`, from a hyperparameter of that name which a setting takes."""
    is_plain = parameter.type is None and parameter.tried is None
    is_used = any(setting.name == parameter.name for setting in statement.settings)
    return is_plain and parameter.name in SETTINGS and not is_used


def _in_parentheses(parameter: tree.Parameter, statement: tree.Train) -> Diagnostic:
    written = parameter.default.span.text if parameter.default is not None else "…"
    return problems.SettingInParentheses.at(
        parameter.name_span,
        "what stands here are hyperparameters, which settings may use",
        name=parameter.name,
        help=f"write it between the braces: `train {statement.model} {{ {parameter.name} = {written} … }}`",
    )


def _value(
    parameter: tree.Parameter, given: Mapping[str, Value], model: str, frame: Frame
) -> Value:
    label, name = f"train {model}", parameter.name
    if name in given:
        return check_setting(parameter, given[name], label, frame)
    if parameter.default is not None:
        return parameters.default_value(parameter, label, frame)
    frame.report(
        problems.NoDefault.at(
            parameter.span,
            "an experiment runs as it stands, so each hyperparameter has a value",
            name=name,
            model=model,
            help=f"give it a default, `{parameter.span.text} = …`, or a value: `--set {name}=…`",
        )
    )
    return POISON


def described(
    statement: tree.Train, own: Mapping[str, Value], graph: Graph | None, target: Value, root: Frame
) -> list[Hyperparameter]:
    """Give the block's hyperparameters, and those that only its model has, as the experiment tells them."""
    declared = _parameters(target, root)
    of_model = {p.name: p for p in declared}
    tried = root.session.tried
    found: list[Hyperparameter] = []
    for p in statement.parameters:
        if p.name in of_model:
            _check_handed_on(p, of_model[p.name], statement.model, root)
        own_tried = tried.get(id(p)) or tried.get(id(of_model.get(p.name)))
        found.append(Hyperparameter(p.name, own[p.name], p, True, p.name in of_model, own_tried))
    if graph is not None:
        found += [
            Hyperparameter(
                p.name, graph.hyperparameters.get(p.name), p, False, True, tried.get(id(p))
            )
            for p in declared
            if p.name not in own
        ]
    return found


def _check_handed_on(
    own: tree.Parameter, of_model: tree.Parameter, model: str, root: Frame
) -> None:
    """Hold what may be tried for a block's hyperparameter against what its model takes."""
    tried = root.session.tried.get(id(own))
    if tried is None:
        return
    for value in tried.values:
        if is_poisoned(check_type(of_model, value, tried.span, model, root)):
            return


def _parameters(target: Value, root: Frame) -> tuple[tree.Parameter, ...]:
    """Give the parameters of a model; one that is made from another has those of the other."""
    symbol = target.symbol if isinstance(target, ModelRef) else None
    followed: set[int] = set()
    while symbol is not None and id(symbol.node) not in followed:
        followed.add(id(symbol.node))
        if isinstance(symbol.node, tree.Model):
            return symbol.node.parameters
        symbol = _base(symbol, root)
    return ()


def _base(symbol: Symbol, root: Frame) -> Symbol | None:
    assert isinstance(symbol.node, tree.SpecialisedModel)
    call = symbol.node.value
    function = call.function if isinstance(call, tree.Call) else call
    home = root.session.root(symbol.unit)
    target = home.lookup(function.id) if isinstance(function, tree.Name) else None
    return target.symbol if isinstance(target, ModelRef) else None
