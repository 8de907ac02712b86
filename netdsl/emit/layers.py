"""Layers in Python: `layers.Conv2D(64, 3, name=…)` with the arguments that the spec wrote and its `defaults`.

Arguments stay as and where they were written. Configured objects (`L2(1e-4)`) and layers inside layers
(`TimeDistributed(Conv2D(32, 3) -> Flatten())`) are spelled here too; a layer inside a layer is called after its kind.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

from netdsl.catalog import layer_kind
from netdsl.catalog.argument_types import ArgumentType
from netdsl.catalog.binding import families_taken
from netdsl.catalog.signature import (
    FAMILY_MODULES,
    Family,
    Parameter,
    Signature,
    families_of,
    signature,
)
from netdsl.elaborate.arguments.parameters import STAGE_ARGUMENTS
from netdsl.elaborate.plans.arguments import first_of_each
from netdsl.elaborate.plans.naming import snake_case
from netdsl.emit.kinds import VALUE, Inlined, LayerObject, Piece
from netdsl.emit.names import Locals
from netdsl.emit.python import code
from netdsl.emit.python.own_names import marked
from netdsl.emit.writer import Writer
from netdsl.syntax import tree


def layer_call(
    w: Writer,
    kind: str,
    written: Sequence[tree.Argument],
    layer_name: ast.expr,
    *,
    wrapped: bool = False,
) -> ast.Call:
    """Spell the making of a Keras layer; what `freezing` tells is left for after its call."""
    found = signature("layer", kind)
    assert found is not None
    definition = layer_kind(kind)
    each_step = definition is not None and definition.is_a("step_by_step")
    with w.stepping(int(each_step)):
        args, keywords = _with_defaults(w, found, written)
    keywords = [(k, v) for k, v in keywords if k != "name"]
    if w.frozen and not wrapped and _may_own_weights(found):
        keywords = [(k, v) for k, v in keywords if k != "trainable"]
        keywords.append(("trainable", frozen_too(w, written)))
    if _holds_layers(kind):
        keywords = [(k, v) for k, v in keywords if k != "trainable"]
    keywords.append(("name", layer_name))
    return code.call(marked(f"layers.{kind}"), args, keywords)


def freezing(w: Writer, kind: str, written: Sequence[tree.Argument]) -> ast.expr | None:
    """Spell what `trainable` is to be after the first call of a layer that holds layers; None where nothing is said.

    The constructor's argument would not reach the layers inside, and some make them when they are called.
    """
    if not _holds_layers(kind):
        return None
    if w.frozen:
        return frozen_too(w, written)
    found = signature("layer", kind)
    assert found is not None
    _, keywords = _arguments(w, found, [a for a in written if a.star or a.name == "trainable"])
    said = dict([*_defaults(w, found, written, only="trainable"), *keywords]).get("trainable")
    is_default = isinstance(said, ast.Constant) and said.value is True
    return None if is_default else said


def _holds_layers(kind: str) -> bool:
    definition = layer_kind(kind)
    return definition is not None and definition.holds_layers


def frozen_too(w: Writer, written: Sequence[tree.Argument]) -> ast.expr:
    """Spell `trainable=` inside a block that takes it: what the layer says itself still holds."""
    own = [w.value(a.value) for a in written if a.name == "trainable"]
    everything = [code.name(marked("trainable")), *own]
    if own and isinstance(own[0], ast.Constant) and not own[0].value:
        return own[0]
    return ast.BoolOp(ast.And(), everything) if own else everything[0]


def _may_own_weights(found: Signature) -> bool:
    """Tell whether a layer can have weights: only then is `trainable` worth a word."""
    if found.parameter("trainable") is None:
        return False
    owners = ("layer", "cell", "cells", "layers", "use_scale", "function", "output_mode")
    return any(n.endswith("_initializer") or n in owners for n in found.names)


def _arguments(
    w: Writer, found: Signature, written: Sequence[tree.Argument]
) -> tuple[list[ast.expr], code.Keywords]:
    kind = layer_kind(found.name) if found.family == "layer" else None
    return spelled_arguments(w, found, written, kind.arguments if kind is not None else {})


def spelled_arguments(
    w: Writer,
    found: Signature,
    written: Sequence[tree.Argument],
    overrides: Mapping[str, ArgumentType],
) -> tuple[list[ast.expr], code.Keywords]:
    """Spell arguments as they were written, for what takes them; initializers that draw are new objects."""
    spelled: list[tuple[str, str | None, ast.expr]] = []
    for number, argument in enumerate(written):
        parameter = argument.name
        if parameter is None and not argument.star and number < len(found.positional):
            parameter = found.positional[number].name
        families = families_taken(found, parameter, overrides) if parameter else ()
        given = argument_value(w, argument.value, families)
        if w.module.draws(argument, families):
            given = _its_own(w, argument, given)
        spelled.append((argument.star, argument.name, given))
    return code.placed(spelled)


def _its_own(w: Writer, argument: tree.Argument, given: ast.expr) -> ast.expr:
    """Give a layer an initializer of its own: Keras fills all weights of a shape alike from one object."""
    if not argument.star and _names_object(w, argument.value):
        return code.call(code.attribute(given, "clone"))
    return _copied(argument.star, given)


def _names_object(w: Writer, expr: tree.Expr) -> bool:
    """Tell whether an expression is the name of a `let` at the top level that configures an initializer."""
    if not isinstance(expr, tree.Name) or w.scope.lookup(expr.id) is not None:
        return False
    symbol = w.module.symbol(w.unit, expr.id)
    held = symbol.node.value if symbol is not None and isinstance(symbol.node, tree.Let) else None
    target = held.function if isinstance(held, tree.Call) else None
    return isinstance(target, tree.Name) and signature("initializer", target.id) is not None


def _copied(star: str, given: ast.expr) -> ast.expr:
    """Copy an initializer, or those among spread arguments, unless the expression makes it."""
    if star == "**":
        items = code.call(code.attribute(given, "items"))
        pair = code.tuple_of([code.name("key"), code.name("value")])
        clause = ast.comprehension(pair, items, [], 0)
        return ast.DictComp(
            code.name("key"), code.call(marked("fresh"), [code.name("value")]), [clause]
        )
    if star == "*":
        clause = ast.comprehension(code.name("value"), given, [], 0)
        return ast.ListComp(code.call(marked("fresh"), [code.name("value")]), [clause])
    return given if _is_new(given) else code.call(marked("fresh"), [given])


def _is_new(given: ast.expr) -> bool:
    """Tell whether it is an expression that makes the initializer, or only names it."""
    if getattr(given, "is_new", False):
        return True
    match given:
        case ast.Constant():
            return True
        case ast.IfExp(body=then, orelse=otherwise):
            return _is_new(then) and _is_new(otherwise)
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="initializers"))):
            return True
    return False


def argument_value(w: Writer, expr: tree.Expr, families: tuple[Family, ...]) -> ast.expr:
    """Spell an argument; a name that Keras has in several families means the one that the argument takes."""
    if isinstance(expr, tree.Call) and isinstance(expr.function, tree.Name):
        identifier = expr.function.id
        if _is_unbound(w, identifier):
            for family in families:
                if family != "layer" and signature(family, identifier) is not None:
                    return configured_object(w, expr, identifier, families)
    if isinstance(expr, tree.Name) and families and "layer" not in families:
        if (held := _named_call(w, expr)) is not None:
            return argument_value(w, held, families)
        is_class = _is_unbound(w, expr.id) and layer_kind(expr.id) is not None
        return code.constant(expr.id) if is_class else w.value(expr)
    if "layer" not in families:
        return w.value(expr)
    with w.hold():
        if isinstance(expr, tree.ListExpr) and all(is_layer(w, i) for i in expr.items):
            return code.list_of(_numbered_layers(w, expr.items))
        return w.value(expr)


def _named_call(w: Writer, expr: tree.Name) -> tree.Call | None:
    """Give the call that a `let` stands for where it is written out at each use, as a layer is."""
    found = w.scope.lookup(expr.id) or w.module.global_name(w.unit, expr.id)
    held = found.kind.expr if found is not None and isinstance(found.kind, Inlined) else None
    return held if isinstance(held, tree.Call) and isinstance(held.function, tree.Name) else None


def _is_unbound(w: Writer, identifier: str) -> bool:
    return w.scope.lookup(identifier) is None and identifier not in w.unit.names


def configured_object(
    w: Writer, call: tree.Call, identifier: str, families: tuple[Family, ...]
) -> ast.expr:
    """Spell `HeNormal(seed=1)` as `keras.initializers.HeNormal(seed=1)`."""
    meant = w.unit.meant.get((call.span.start, call.span.end), ())
    options = [f for f in (*families, *meant, *families_of(identifier)) if f != "layer"]
    for family in options:
        found = signature(cast(Family, family), identifier)
        if found is not None and family in FAMILY_MODULES:
            args, keywords = _arguments(w, found, call.arguments)
            return code.call(f"keras.{FAMILY_MODULES[family]}.{identifier}", args, keywords)
    raise AssertionError(f"nothing of the catalogue is called {identifier}")


def _with_defaults(
    w: Writer, found: Signature, written: Sequence[tree.Argument]
) -> tuple[list[ast.expr], code.Keywords]:
    """Spell arguments as they were written, and those that `defaults` add, as somebody without `defaults` has them.

    What only undoes a default in force, such as `padding="valid"`, is what Keras takes anyway.
    """
    args, keywords = _arguments(w, found, written)
    in_force = [*_in_force(w, found, None)]
    may_undo = {name for name, _ in in_force}
    keywords = [(k, v) for k, v in keywords if k not in may_undo or not _is_known(found, k, v)]
    added = first_of_each(in_force, _given(found, written))
    added = {k: v for k, v in added.items() if not _is_known(found, k, v)}
    for parameter in () if any(a.star for a in written) else found.positional[len(args) :]:
        if parameter.name not in added or not _goes_by_place(found, parameter):
            break
        args.append(added.pop(parameter.name))
    return args, [*keywords, *added.items()]


def _is_known(found: Signature, name: str | None, value: ast.expr) -> bool:
    """Tell whether an argument is spelled out and says what Keras takes without it."""
    if not isinstance(value, (ast.Constant, ast.Tuple)) or name is None:
        return False
    items = value.elts if isinstance(value, ast.Tuple) else [value]
    sizes = {item.value for item in items if isinstance(item, ast.Constant)}
    is_even = len(sizes) == 1 and all(isinstance(item, ast.Constant) for item in items)
    return is_even and found.takes_anyway(name, *sizes)


def _goes_by_place(found: Signature, parameter: Parameter) -> bool:
    """Tell whether people give an argument by its place: what is required, and the size of a window that pools."""
    definition = layer_kind(found.name)
    pools = definition is not None and definition.is_a("pooling")
    return parameter.required or (pools and parameter is found.positional[0])


def _defaults(
    w: Writer, found: Signature, written: Sequence[tree.Argument], *, only: str | None = None
) -> code.Keywords:
    """Give the arguments that `defaults` statements in force add, or `only` one; the innermost scope first."""
    return [*first_of_each(_in_force(w, found, only), _given(found, written)).items()]


def _given(found: Signature, written: Sequence[tree.Argument]) -> set[str]:
    """Name the parameters that a call gives itself."""
    positional = [p.name for p in found.positional]
    given = {a.name for a in written if a.name is not None}
    return given | set(positional[: sum(1 for a in written if a.name is None)])


def _in_force(w: Writer, found: Signature, only: str | None) -> Iterator[tuple[str, ast.expr]]:
    for defaults in reversed(w.scope.defaults):
        arguments = defaults.arguments.get(found.name, ())
        with w.within(defaults.scope):
            given = [a for a in arguments if a.name is not None and only in (None, a.name)]
            _, keywords = _arguments(w, found, given)
        yield from ((k, v) for k, v in keywords if k is not None)


def makes_layer(w: Writer, expr: tree.Expr) -> bool:
    """Tell whether an expression is a call of a layer class, of Keras or of the user's own."""
    if not isinstance(expr, tree.Call) or not isinstance(expr.function, tree.Name):
        return False
    if "layer" not in w.unit.meant.get((expr.span.start, expr.span.end), ("layer",)):
        return False
    identifier = expr.function.id
    symbol = w.module.symbol(w.unit, identifier) if w.scope.lookup(identifier) is None else None
    if symbol is not None:
        return isinstance(symbol.node, tree.ExternLayer)
    return w.scope.lookup(identifier) is None and signature("layer", identifier) is not None


def is_shared(w: Writer, expr: tree.Expr) -> bool:
    """Tell whether an expression is the name of a `layer` statement."""
    found = w.scope.lookup(expr.id) if isinstance(expr, tree.Name) else None
    return found is not None and isinstance(found.kind, LayerObject)


def is_layer(w: Writer, expr: tree.Expr) -> bool:
    """Tell whether an expression is a call of a layer class, or the name of a layer that is shared."""
    return makes_layer(w, expr) or is_shared(w, expr)


def is_layer_chain(w: Writer, pipe: tree.Pipe) -> bool:
    """Tell whether a chain is itself a layer: it starts with one and not with a tensor."""
    return w.module.is_chain_of_layers(pipe) or is_layer(w, pipe.stages[0])


def wrapped_layer(w: Writer, call: tree.Call, base: str | None = None) -> ast.expr:
    """Spell a layer that is an argument of another."""
    assert isinstance(call.function, tree.Name)
    identifier = call.function.id
    own = [w.value(a.value) for a in call.arguments if a.name == "name"]
    layer_name = own[0] if own else code.constant(base or snake_case(identifier))
    symbol = w.module.symbol(w.unit, identifier)
    if symbol is not None:
        return extern_layer(w, call, layer_name)
    return layer_call(w, identifier, call.arguments, layer_name, wrapped=True)


def extern_object(w: Writer, call: tree.Call) -> ast.Call:
    """Spell the making of an object of the user's own, with the defaults that the spec declares."""
    assert isinstance(call.function, tree.Name)
    function = w.expression(call.function).code
    spelled = [(a, w.value(a.value)) for a in call.arguments]
    args, keywords = code.placed((a.star, a.name, given) for a, given in spelled)
    keywords += _declared_defaults(w, call.function.id, spelled)
    made = code.call(function, args, keywords)
    made.is_new = True  # type: ignore[attr-defined]  # each call makes one
    return made


def extern_layer(w: Writer, call: tree.Call, layer_name: ast.expr) -> ast.Call:
    """Spell the making of a layer of the user's own."""
    assert isinstance(call.function, tree.Name)
    function = w.expression(call.function).code
    written = [a for a in call.arguments if a.name not in ("name", "trainable")]
    spelled = [(a, w.value(a.value)) for a in written]
    args, keywords = code.placed(
        (a.star, a.name, _its_own(w, a, given) if w.module.draws(a) else given)
        for a, given in spelled
    )
    keywords += _declared_defaults(w, call.function.id, spelled)
    if w.frozen or any(a.name == "trainable" for a in call.arguments):
        frozen = frozen_too(w, call.arguments) if w.frozen else None
        own = [w.value(a.value) for a in call.arguments if a.name == "trainable"]
        keywords.append(("trainable", frozen or own[0]))
    keywords.append(("name", layer_name))
    return code.call(function, args, keywords)


def _declared_defaults(
    w: Writer, identifier: str, written: Sequence[tuple[tree.Argument, ast.expr]]
) -> code.Keywords:
    """Give the defaults that the spec declares of a layer of the user's own: the class may have others."""
    symbol = w.module.symbol(w.unit, identifier)
    assert symbol is not None
    assert isinstance(symbol.node, (tree.ExternLayer, tree.ExternObject))
    if any(argument.star for argument, _ in written):
        return []
    names = iter([p.name for p in symbol.node.parameters])
    given = {argument.name or next(names, ""): value for argument, value in written}
    home = Writer(w.module, symbol.unit, w.module.root(symbol.unit).inner(), Locals(()))
    home.scope.bindings.update({name: Piece(value, VALUE) for name, value in given.items()})
    keywords: code.Keywords = []
    for parameter in symbol.node.parameters:
        is_stage = isinstance(symbol.node, tree.ExternLayer)
        if is_stage and parameter.name in STAGE_ARGUMENTS:  # which every stage gets anyhow
            continue
        if parameter.default is not None and parameter.name not in given:
            default = home.value(parameter.default)
            if w.module.draws_at(parameter.default):
                default = _copied("", default)
            keywords.append((parameter.name, default))
            home.scope.bindings[parameter.name] = Piece(default, VALUE)
    return keywords


def sequential(w: Writer, pipe: tree.Pipe) -> ast.expr:
    """Spell a chain that stands where Keras takes a layer."""
    with w.hold():
        made = code.list_of(_numbered_layers(w, pipe.stages))
    return code.call("keras.Sequential", [made], [("name", code.constant("sequential"))])


def _numbered_layers(w: Writer, stages: Iterable[tree.Expr]) -> list[ast.expr]:
    """Spell layers that stand beside each other; equal kinds are numbered, and shared ones have their names."""
    stages = list(stages)
    bases = [_kind_written(w, stage) for stage in stages]
    counts, seen = Counter(bases), Counter[str]()
    made: list[ast.expr] = []
    for stage, base in zip(stages, bases, strict=True):
        if not base or not isinstance(stage, tree.Call):
            made.append(w.value(stage))
            continue
        seen[base] += 1
        separator = "_" if base[-1:].isdigit() else ""
        numbered = f"{base}{separator}{seen[base]}" if counts[base] > 1 else base
        made.append(wrapped_layer(w, stage, numbered))
    return made


def _kind_written(w: Writer, stage: tree.Expr) -> str:
    """Give the kind of a layer that is written out as a call, in snake case; empty for any other."""
    if not isinstance(stage, tree.Call) or not makes_layer(w, stage):
        return ""
    assert isinstance(stage.function, tree.Name)
    return snake_case(stage.function.id)
