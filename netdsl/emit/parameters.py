"""Hyperparameters in Python: what they are called, and their defaults, which nobody can change."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from netdsl.emit.kinds import VALUE, Kind, LayerFactory, Piece
from netdsl.emit.names import Locals
from netdsl.emit.presets import Preset
from netdsl.emit.python import code
from netdsl.emit.python.spelling import kept_name
from netdsl.emit.writer import Module, Writer
from netdsl.syntax import tree
from netdsl.syntax.walk import uses_others
from netdsl.value import Value

#: The parameter of a function that makes a layer under the name that it is told.
CALLED = "name"


def declare_parameters(
    w: Writer, declared: Iterable[tree.Parameter], settings: dict[str, Value] | None = None
) -> list[tuple[str, ast.expr | None]]:
    """Bind the hyperparameters and spell their defaults; a list becomes a tuple, which nobody can change.

    A default that is worked out of others is None, and the function begins with working it out.
    """
    declared, settings = tuple(declared), settings or {}
    parameters: list[tuple[str, ast.expr | None]] = []
    worked_out: list[tuple[str, tree.Parameter]] = []
    for parameter in declared:
        spelled = kept_name(parameter.name)
        w.names.reserve(spelled)
        kind: Kind = VALUE
        if parameter.type == "layer":
            kind = LayerFactory(w.module.is_shaped(parameter), w.module.is_applied(parameter))
        w.scope.bindings[parameter.name] = Piece(code.name(spelled), kind)
        if parameter.name not in settings and uses_others(parameter, declared):
            worked_out.append((spelled, parameter))
        parameters.append((spelled, default_of(w, parameter, declared, settings)))
    for spelled, parameter in worked_out:
        w.emit(code.where_none(spelled, _worked_out(w, parameter, spelled)))
    return parameters


def _worked_out(w: Writer, parameter: tree.Parameter, variable: str) -> ast.stmt:
    """Spell the statement that binds a parameter to its default."""
    assert parameter.default is not None
    if parameter.type != "layer":
        return code.assign(variable, w.value(parameter.default))
    made = factory(w, parameter.default, parameter)
    if isinstance(made, ast.Lambda):
        return ast.FunctionDef(variable, made.args, [code.returns(made.body)], [])
    return code.assign(variable, made)


def default_of(
    w: Writer,
    parameter: tree.Parameter,
    declared: Iterable[tree.Parameter],
    settings: dict[str, Value],
) -> ast.expr | None:
    """Spell a parameter's default: what the command line set, or what the spec wrote."""
    if parameter.name in settings:
        return code.literal(settings[parameter.name], frozen=True)
    if parameter.default is None:
        return None
    if uses_others(parameter, declared):
        return code.constant(None)
    with w.within(w.module.root(w.unit)):
        if parameter.type == "layer":
            made = factory(w, parameter.default, parameter)
            if not isinstance(made, ast.Call):
                return made
            return _as_default(w, made, f"default_{kept_name(parameter.name)}")
        spelled = unchangeable(w.value(parameter.default))
    return _as_default(w, spelled, f"default_{kept_name(parameter.name)}")


def _as_default(w: Writer, spelled: ast.expr, base: str) -> ast.expr:
    """Give a default that is computed a name of its own, so that nobody wonders when it is."""
    if any(isinstance(n, (ast.Call, ast.Dict, ast.ListComp)) for n in ast.walk(spelled)):
        return w.module.hoisted(base, spelled)
    return spelled


def factory(w: Writer, expr: tree.Expr, parameter: tree.Parameter) -> ast.expr:
    """Spell a layer as a function that makes it, as each use is a new layer; a shared one is always the same."""
    if w.module.is_shaped(parameter):
        return _told_what_arrives(w, expr)
    with w.hold():
        made = w.value(expr)
    if w.module.is_applied(parameter) and isinstance(expr, tree.Call):
        return _told_its_name(made)
    if (
        isinstance(made, ast.Call)
        and isinstance(made.func, ast.Name)
        and not made.args
        and not made.keywords
    ):
        return made.func
    empty = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    return ast.Lambda(empty, made)


#: What has to be made anew for each layer: an initializer and its like, the layers in a layer.
_MADE_ANEW = (ast.Call, ast.List, ast.Dict, ast.ListComp, ast.DictComp)


def _told_its_name(made: ast.expr) -> ast.expr:
    """Spell a function that makes a layer under the name that it is told, or the one that it has inside another."""
    assert isinstance(made, ast.Call)
    name = next(k for k in made.keywords if k.arg == "name")
    values = (*made.args, *(k.value for k in made.keywords))
    if not any(isinstance(n, _MADE_ANEW) for value in values for n in ast.walk(value)):
        given = [(k.arg, k.value) for k in made.keywords]
        return code.call("functools.partial", [made.func, *made.args], given)
    own, name.value = name.value, code.name(CALLED)
    parameters = _arguments([ast.arg(CALLED)], None)
    parameters.defaults.append(own)
    return ast.Lambda(parameters, made)


def _told_what_arrives(w: Writer, expr: tree.Expr) -> ast.expr:
    """Spell a function that makes a layer for the shape and dtype of what arrives there."""
    found = w.scope.lookup(expr.id) if isinstance(expr, tree.Name) else None
    if found is not None and isinstance(found.kind, LayerFactory) and found.kind.shaped:
        return found.code
    names = ["shape", "dtype"]
    with w.hold(), w.arriving((code.name("shape"), code.name("dtype"), 0)):
        made = w.value(expr)
    if not any(isinstance(n, ast.Name) and n.id in names for n in ast.walk(made)):
        return ast.Lambda(_arguments([], ast.arg("_")), made)
    return ast.Lambda(_arguments([ast.arg(n) for n in names], None), made)


def _arguments(args: list[ast.arg], rest: ast.arg | None) -> ast.arguments:
    return ast.arguments(
        posonlyargs=[], args=args, vararg=rest, kwonlyargs=[], kw_defaults=[], defaults=[]
    )


def unchangeable(node: ast.expr) -> ast.expr:
    """Turn lists into tuples, inside each other too."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return code.tuple_of(unchangeable(item) for item in node.elts)
    return node


def preset_default(module: Module, preset: Preset, parameter: tree.Parameter) -> ast.expr:
    if preset.expr is None:
        return code.literal(preset.value, frozen=True)
    w = Writer(module, preset.unit, module.root(preset.unit), Locals(()))
    if parameter.type == "layer":
        made = factory(w, preset.expr, parameter)
        return _as_default(w, made, "preset") if isinstance(made, ast.Call) else made
    return _as_default(w, unchangeable(w.value(preset.expr)), "preset")
