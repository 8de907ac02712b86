"""`model VGG16 = VGG([2, 2, 3, 3, 3])` in Python: a function that makes the model which it is of, with other defaults.

Of a model with few parameters it has them all, as that model's own function has. Of one with more it has those that it
changes, by name, and hands the others on: eight variants are read, not eight lists of what stays the same.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from netdsl.elaborate.files.linking import Symbol
from netdsl.emit.declarations import Written
from netdsl.emit.names import Locals
from netdsl.emit.parameters import default_of, preset_default
from netdsl.emit.python import code
from netdsl.emit.python.own_names import marked
from netdsl.emit.python.spelling import kept_name
from netdsl.emit.writer import Module, Writer

#: What a function calls the arguments that it hands on.
OTHERS = "kwargs"

#: So many parameters at the most are repeated.
_FEW = 3


def write_variant(module: Module, symbol: Symbol, written: Written) -> None:
    """Write the function of a model that is another one with other defaults."""
    base = module.base_of(symbol)
    target = module.model(base)
    written.result = target.result
    every = _parameters(module, symbol)
    changed = _changed(module, symbol)
    written.by_name = len(every) > _FEW
    stated = [p for p in every if p[0] in changed] if written.by_name else every
    statement = _passing_on(target.identifier, written.identifier, symbol.node.name, stated)
    if written.by_name:
        _hand_on(statement, whole=len(stated) == len(every))
    statement.body.insert(0, code.docstring(module.model_docstring(symbol, None)))
    written.statement = statement


def _parameters(module: Module, symbol: Symbol) -> list[tuple[str, ast.expr | None]]:
    """Give every hyperparameter and its default, the one that the variant sets or that of the model it is of."""
    base = module.base_of(symbol)
    home = Writer(module, base.unit, module.root(base.unit).inner(), Locals(()))
    declared = module.open_parameters(symbol)
    settings, presets = module.settings_for(symbol), module.presets(symbol)
    parameters: list[tuple[str, ast.expr | None]] = []
    for parameter in declared:
        if parameter.name in presets and parameter.name not in settings:
            default: ast.expr | None = preset_default(module, presets[parameter.name], parameter)
        else:
            default = default_of(home, parameter, declared, settings)
        parameters.append((kept_name(parameter.name), default))
    return parameters


def _changed(module: Module, symbol: Symbol) -> set[str]:
    """Give the parameters that the variant states: whose defaults are not those that the model's own function has.

    One called `name` is stated too, so that it is clear which of the two is meant.
    """
    declared = module.open_parameters(symbol)
    stated = {p.name for p in declared if p.default is None or p.name == "name"}
    stated |= module.settings_for(symbol).keys() | module.presets(symbol).keys()
    stated |= module.settings_for(module.base_of(symbol)).keys()
    return {kept_name(name) for name in stated}


def _passing_on(
    target: str, identifier: str, model: str, stated: Sequence[tuple[str, ast.expr | None]]
) -> ast.FunctionDef:
    """Spell a function that gives its parameters to another one, each where that has it."""
    by_name = [(marked("name"), code.constant(model))]
    function = code.function(identifier, stated, [], by_name)
    args = [code.name(a.arg) for a in function.args.args]
    keywords = [(a.arg, code.name(a.arg)) for a in function.args.kwonlyargs]
    function.body = [code.returns(code.call(target, args, keywords))]
    return function


def _hand_on(function: ast.FunctionDef, *, whole: bool) -> None:
    """Let a function take its parameters by name, and any others, which it hands on."""
    given, (returned,) = function.args, function.body
    assert isinstance(returned, ast.Return)
    assert isinstance(returned.value, ast.Call)
    names = [a.arg for a in given.args]
    required: list[ast.expr | None] = [None] * (len(names) - len(given.defaults))
    given.kwonlyargs = [*given.args, *given.kwonlyargs]
    given.kw_defaults = [*required, *given.defaults, *given.kw_defaults]
    given.args, given.defaults = [], []
    by_name = [ast.keyword(name, code.name(name)) for name in names]
    returned.value.args, returned.value.keywords = [], [*by_name, *returned.value.keywords]
    if not whole:
        given.kwarg = ast.arg(marked(OTHERS))
        returned.value.keywords.append(ast.keyword(None, code.name(marked(OTHERS))))
