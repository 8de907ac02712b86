"""`compile_model(model)`: what a `train` block says of the optimizer, the losses and the metrics, as Keras takes it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from netdsl.catalog.kind import ExternFunction, ObjectValue
from netdsl.catalog.signature import FAMILY_MODULES
from netdsl.elaborate.training.plan import COMPILED_SETTINGS, TrainPlan
from netdsl.emit.python import code
from netdsl.emit.python.spelling import python_name
from netdsl.value import Value

#: Gives the name that a function of the user's own has in the module.
NameOf = Callable[[ExternFunction], str]


def compile_functions(plans: Sequence[TrainPlan], name_of: NameOf) -> list[ast.stmt]:
    """Write a function for each `train` block: `compile_model`, or `compile_<model>` where there are several."""
    alone = len(plans) == 1
    return [
        _function("compile_model" if alone else f"compile_model_{python_name(p.model)}", p, name_of)
        for p in plans
        if any(name in p.settings for name in COMPILED_SETTINGS)
    ]


def extern_functions(plans: Sequence[TrainPlan]) -> list[ExternFunction]:
    """Give the functions of the user's own that the settings name, each once."""
    found: dict[tuple[str, str], ExternFunction] = {}
    pending: list[Value] = [p.settings.get(name) for p in plans for name in COMPILED_SETTINGS]
    while pending:
        value = pending.pop(0)
        if isinstance(value, ExternFunction):
            found.setdefault((value.module, value.name), value)
        elif isinstance(value, ObjectValue):
            pending.extend(value.arguments.values())
        elif isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, (list, tuple)):
            pending.extend(value)
    return list(found.values())


def _function(identifier: str, plan: TrainPlan, name_of: NameOf) -> ast.stmt:
    settings = [
        (name, _spelled(plan.settings[name], name_of))
        for name in COMPILED_SETTINGS
        if name in plan.settings
    ]
    text = (
        plan.docstring or f"Set how {plan.model} is trained: {_listed([n for n, _ in settings])}."
    )
    body: list[ast.stmt] = [
        code.docstring(text),
        code.expression(code.call("model.compile", (), settings)),
        code.returns(code.name("model")),
    ]
    return code.function(identifier, [("model", None)], body)


def _listed(names: list[str]) -> str:
    words = [name.replace("_", " ") for name in names]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _spelled(value: Value, name_of: NameOf) -> ast.expr:
    """Spell a setting as Python; catalogue objects are made, their arguments by name."""
    match value:
        case ExternFunction():
            return code.name(name_of(value))
        case ObjectValue(family, kind, arguments):
            path = f"keras.{FAMILY_MODULES[family]}.{kind}"
            return code.call(path, (), [(k, _spelled(v, name_of)) for k, v in arguments.items()])
        case list() | tuple():
            return code.list_of(_spelled(item, name_of) for item in value)
        case dict():
            keys = [code.literal(key) for key in value]
            return ast.Dict(list(keys), [_spelled(item, name_of) for item in value.values()])
        case _:
            return code.literal(value)


def with_extern_functions(
    imports: Sequence[tuple[str, str, str]], plans: Sequence[TrainPlan]
) -> tuple[list[tuple[str, str, str]], NameOf]:
    """Add what the settings name to a module's imports (module, name there, name here); give the names here."""
    found = list(imports)
    here = {(module, there): name for module, there, name in found}
    taken = set(here.values())
    for function in extern_functions(plans):
        key = (function.module, function.name)
        if key not in here:
            own = function.name
            while own in taken:
                own += "_"
            here[key] = own
            taken.add(own)
            found.append((*key, own))
    return found, lambda function: here[function.module, function.name]
