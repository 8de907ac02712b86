"""Uses in Python: the call of a block's function, a model made and called as a layer, what a `layer` statement made.

Also which tensor goes to which input, and which argument to which hyperparameter.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from itertools import takewhile

from netdsl.elaborate.files.linking import Symbol
from netdsl.elaborate.plans.arguments import placed
from netdsl.elaborate.plans.naming import declares, snake_case
from netdsl.elaborate.plans.ordering import arrange
from netdsl.emit.calls import applied, call_time
from netdsl.emit.declarations import Written
from netdsl.emit.kinds import TENSOR, Kind, LayerObject, Parts, Piece, is_several, member
from netdsl.emit.layers import frozen_too
from netdsl.emit.names import Locals
from netdsl.emit.parameters import default_of, factory, preset_default
from netdsl.emit.pieces import listed, sequence, spread, taken
from netdsl.emit.python import code
from netdsl.emit.python.own_names import marked
from netdsl.emit.python.spelling import kept_name
from netdsl.emit.temporaries import word_for
from netdsl.emit.writer import Writer
from netdsl.syntax import tree


def block(w: Writer, maker: tree.Call, written: tuple[tree.Argument, ...], current: Piece) -> Piece:
    """Write the use of a block; what is `written` at its call are tensors for its inputs."""
    assert isinstance(maker.function, tree.Name)
    symbol = w.module.symbol(w.unit, maker.function.id)
    assert symbol is not None
    return block_call(w, maker, symbol, join_inputs(w, symbol, current, written))


def block_call(w: Writer, maker: tree.Call, symbol: Symbol, tensors: list[Piece]) -> Piece:
    """Spell the call of a block's function, for tensors that are joined to its inputs.

    A block that is shared somewhere is made first, and what it gives is called.
    """
    written = w.module.block(symbol, [t.kind for t in tensors])
    args, keywords = block_arguments(w, maker, symbol, written)
    positional = [t.code for t in tensors if t.code is not None]
    if not written.makes:
        return Piece(code.call(written.identifier, [*positional, *args], keywords), written.result)
    made: ast.expr = code.call(written.identifier, args, keywords)
    if written.takes_name and isinstance(made, ast.Call):
        made = w.made(made, w.variable_for(maker, snake_case(symbol.node.name)))
    return Piece(code.call(made, positional), written.result)


def block_arguments(
    w: Writer, maker: tree.Call, symbol: Symbol, written: Written
) -> tuple[list[ast.expr], code.Keywords]:
    """Spell the arguments of a block's function, but for tensors."""
    args, keywords = hyperparameters(w, symbol, maker.arguments)
    if written.takes_trainable:
        frozen = trainable_argument(w, of_stage(maker.arguments, symbol.node))
        keywords += [(marked("trainable"), frozen)] if frozen is not None else []
    if written.takes_name:
        keywords.append((marked("name"), w.stage_name(maker, snake_case(symbol.node.name))))
    return args, keywords


def model(w: Writer, maker: tree.Call, written: tuple[tree.Argument, ...], current: Piece) -> Piece:
    """Write the use of a model as a layer."""
    made, base, result = model_call(w, maker)
    target = freeze(w, maker, made, base)
    assert isinstance(maker.function, tree.Name)
    symbol = w.module.symbol(w.unit, maker.function.id)
    assert symbol is not None
    inputs = model_inputs(w, symbol, current, written)
    return Piece(code.call(target, [inputs]), result)


def model_call(w: Writer, maker: tree.Call, variable: str = "") -> tuple[ast.expr, str, Kind]:
    """Spell the making of a model that is a layer here; give also a variable's name and what it returns.

    It may be put in the `variable`, if one is given.
    """
    assert isinstance(maker.function, tree.Name)
    symbol = w.module.symbol(w.unit, maker.function.id)
    assert symbol is not None
    written = w.module.model(symbol)
    args, keywords = hyperparameters(w, symbol, maker.arguments)
    if written.by_name:
        args, keywords = [], [*_by_name(w, symbol, maker.arguments, args), *keywords]
    base = snake_case(maker.function.id)
    keywords.append((marked("name"), w.stage_name(maker, base)))
    made = code.call(written.identifier, args, keywords)
    own = variable or w.variable_for(maker, base)
    return w.made(made, own, is_taken=bool(variable)), base, written.result


def of_stage(written: Sequence[tree.Argument], node: tree.Node | None) -> list[tree.Argument]:
    """Give the arguments without `trainable` where a block or model declares it as its own."""
    return [a for a in written if a.name != "trainable" or not declares(node, "trainable")]


def freeze(
    w: Writer, maker: tree.Call, made: ast.expr, *words: str, named: bool = False
) -> ast.expr:
    """Give a model to call; a frozen one is made first and told so.

    Its variable has the first of these `words` that is free, where it is `named` the only one.
    """
    symbol = (
        w.module.symbol(w.unit, maker.function.id)
        if isinstance(maker.function, tree.Name)
        else None
    )
    base_node = None if symbol is None else w.module.base_of(symbol).node
    given = of_stage(maker.arguments, base_node)
    trainable = frozen_too(w, given) if w.frozen else None
    own = [w.value(a.value) for a in given if a.name == "trainable"]
    if trainable is None and not own:
        return made
    variable = made.id if isinstance(made, ast.Name) else words[0]
    if not isinstance(made, ast.Name):
        variable = words[0] if named else w.temporary(*words, f"{words[-1]}_model")
        w.emit(code.assign(variable, made))
    w.emit_early(code.freezes(variable, trainable or own[0]), variable)
    return code.name(variable)


def _count(kind: Kind) -> int | None:
    """Give how many tensors stand in a list, where that is known."""
    return len(kind.items) if isinstance(kind, Parts) else None


def join_inputs(
    w: Writer, symbol: Symbol, current: Piece, extra: Sequence[tree.Argument]
) -> list[Piece]:
    """Join what arrives, and what is given by name, to a block's inputs in the order it declares them.

    A list in a variable is spread where that puts its elements in their places: the first has it, the others no code.
    """
    node = symbol.node
    assert isinstance(node, tree.Block)
    if not isinstance(node.body, tree.Body):
        return [current]
    names = [i.name for i in arrange(node.body).inputs]
    by_name = {a.name: applied(w, a.value, kept_name(a.name)) for a in extra if a.name is not None}
    also = [applied(w, a.value, word_for(a.value)) for a in extra if a.name is None]
    free = [n for n in names if n not in by_name]
    # In a block that nothing uses an input may be several tensors: more than one is asked of it.
    wanted = len(free) - len(also)
    several = len(names) > 1 and (is_several(current.kind) or wanted > 1)
    several = several and not (wanted == 1 and _count(current.kind) != 1)
    if several and isinstance(current.code, ast.List) and isinstance(current.kind, Parts):
        each = list(zip(current.code.elts, current.kind.items, strict=True))
        arriving = [Piece(item, kind) for item, kind in each]
    elif several and (by_name or also):
        every = code.starred(sequence(current))
        if not by_name or names[: len(free)] == free:
            tail = [by_name[n] for n in names[len(free) :]]
            kinds = [Piece(None, member(current.kind, i)) for i in range(wanted - 1)]  # type: ignore[arg-type]
            return [Piece(every, member(current.kind, 0)), *kinds, *also, *tail]
        current = w.reusable(current, w.temporary("tensors"))
        arriving = [taken(current, code.constant(number)) for number in range(wanted)]
    elif several:
        kinds = [Piece(None, member(current.kind, i)) for i in range(1, len(names))]  # type: ignore[arg-type]
        return [Piece(code.starred(sequence(current)), member(current.kind, 0)), *kinds]
    else:
        arriving = [current]
    return list(placed(names, by_name, [*arriving, *also]).values())


def model_inputs(
    w: Writer, symbol: Symbol, current: Piece, extra: Sequence[tree.Argument]
) -> ast.expr:
    """Spell what a model used as a layer is called with: a tensor, or a list in the order of its inputs."""
    if not extra:
        return listed(current).code
    names = w.module.input_names(symbol)
    by_name = {
        a.name: applied(w, a.value, kept_name(a.name)).code for a in extra if a.name is not None
    }
    also = [applied(w, a.value, word_for(a.value)).code for a in extra if a.name is None]
    arriving = list(current.code.elts) if isinstance(current.code, ast.List) else [current.code]
    free = [n for n in names if n not in by_name]
    wanted = len(free) - len(also)
    if not isinstance(current.code, ast.List) and (is_several(current.kind) or wanted > 1):
        if names[: len(free)] == free:
            tail = [by_name[n] for n in names[len(free) :]]
            return code.list_of([code.starred(sequence(current)), *also, *tail])
        current = w.reusable(current, w.temporary("tensors"))
        arriving = [taken(current, code.constant(number)).code for number in range(wanted)]
    return code.list_of(placed(names, by_name, [*arriving, *also]).values())


def hyperparameters(
    w: Writer, symbol: Symbol, written: Sequence[tree.Argument]
) -> tuple[list[ast.expr], code.Keywords]:
    """Spell the arguments of a block or model; `name` and `trainable` are the stage's, unless it declares them."""
    declared = w.module.open_parameters(symbol)
    by_own_name = {p.name: p for p in declared}
    spelled: list[tuple[str, str | None, ast.expr]] = []
    for number, argument in enumerate(written):
        name = argument.name
        if name is None and number < len(declared):
            name = declared[number].name
        if argument.name in ("name", "trainable") and argument.name not in by_own_name:
            continue
        parameter = by_own_name.get(str(name))
        if parameter is not None and parameter.type == "layer":
            value = factory(w, argument.value, parameter)
        else:
            value = w.value(argument.value)
        by_name = argument.name and kept_name(argument.name)
        spelled.append((argument.star, by_name, value))
    args, keywords = code.placed(spelled)
    return args, [*keywords, *_unset(w, symbol, written)]


def _by_name(
    w: Writer, symbol: Symbol, written: Sequence[tree.Argument], args: list[ast.expr]
) -> code.Keywords:
    """Give arguments by the names of the parameters that they are for; those behind a spread list as a mapping."""
    names = [kept_name(p.name) for p in w.module.open_parameters(symbol)]
    in_place = [argument for argument in written if argument.name is None]
    each: list[ast.expr] = []
    for argument, given in zip(in_place, args, strict=True):
        count = _length(w, argument.value) if isinstance(given, ast.Starred) else None
        if isinstance(given, ast.Starred) and count is not None:
            each += [code.subscript(given.value, code.constant(i)) for i in range(count)]
        else:
            each.append(given)
    plain = [*takewhile(lambda argument: not isinstance(argument, ast.Starred), each)]
    keywords: code.Keywords = [*zip(names, plain, strict=False)]
    if len(plain) < len(each):
        rest = [code.constant(name) for name in names[len(plain) :]]
        values = each[len(plain) :]
        only = values[0].value if len(values) == 1 and isinstance(values[0], ast.Starred) else None
        pairs = code.call("zip", [code.list_of(rest), only or code.list_of(values)])
        keywords.append((None, code.call("dict", [pairs])))
    return keywords


def _length(w: Writer, expr: tree.Expr) -> int | None:
    """Give how many elements a list has that is a constant with a name; None for any other."""
    symbol = w.module.symbol(w.unit, expr.id) if isinstance(expr, tree.Name) else None
    is_local = isinstance(expr, tree.Name) and w.scope.lookup(expr.id) is not None
    held = symbol.node.value if symbol is not None and isinstance(symbol.node, tree.Let) else None
    if is_local or not isinstance(held, (tree.ListExpr, tree.TupleExpr)):
        return None
    is_spread = any(isinstance(item, (tree.Starred, tree.For)) for item in held.items)
    return None if is_spread else len(held.items)


def _unset(w: Writer, symbol: Symbol, written: Sequence[tree.Argument]) -> code.Keywords:
    """Give the spec's own defaults where the command line changed a model's: they hold for that model alone."""
    changed = w.module.settings_for(symbol)
    declared = w.module.open_parameters(symbol) if changed else []
    given = {a.name for a in written} | {
        p.name for p in declared[: sum(a.name is None for a in written)]
    }
    presets = w.module.presets(symbol)
    home = Writer(w.module, symbol.unit, w.module.root(symbol.unit).inner(), Locals(()))
    added: code.Keywords = []
    for parameter in declared:
        if parameter.name in changed and parameter.name not in given:
            own = presets.get(parameter.name)
            default = (
                default_of(home, parameter, declared, {})
                if own is None
                else preset_default(w.module, own, parameter)
            )
            added += [(kept_name(parameter.name), default)] if default is not None else []
    return added


def trainable_argument(w: Writer, written: Sequence[tree.Argument]) -> ast.expr | None:
    """Spell `trainable=` for a block that takes it; None where the default says it."""
    if w.frozen:
        return frozen_too(w, written)
    own = [w.value(a.value) for a in written if a.name == "trainable"]
    return own[0] if own else None


def apply_object(
    w: Writer,
    target: Piece,
    written: tuple[tree.Argument, ...],
    current: Piece,
    flow: str,
    stage: tree.Expr | None = None,
) -> Piece:
    """Apply what a `layer` statement made to what arrives."""
    kind = target.kind
    assert isinstance(kind, LayerObject)
    if kind.stages is not None:
        return kind.stages.applied(current, written)
    if kind.model is not None:
        inputs = model_inputs(w, kind.model, current, written)
        return Piece(code.call(target.code, [inputs]), kind.result or TENSOR)
    args, keywords = call_time(w, written)
    only = kind.only_lists
    first = spread(current) if kind.positional else [listed(current, only=only).code]
    called = code.call(target.code, [*first, *args], keywords)
    result = kind.result or TENSOR
    left = Piece(called, result if stage is None else w.module.result_kind(stage, result))
    if kind.trainable is None:
        return left
    assert isinstance(target.code, ast.Name)
    return then_frozen(w, left, target.code.id, kind.trainable, flow)


def then_frozen(w: Writer, applied: Piece, layer: str, trainable: ast.expr, flow: str) -> Piece:
    """Call a layer, and only then tell it and the layers inside it whether they train."""
    result = w.passed_on(applied, flow)
    w.emit(code.freezes(layer, trainable))
    return result
