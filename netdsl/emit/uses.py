"""Uses of blocks and models in Python: the call of a block's function, a model made and called as a layer."""

from __future__ import annotations

import ast
from typing import Any

from netdsl.elaborate.files.linking import Symbol
from netdsl.elaborate.plans.naming import snake_case
from netdsl.emit import functions
from netdsl.emit.expressions import value
from netdsl.emit.kinds import Piece
from netdsl.emit.layers import frozen_too, made_once
from netdsl.emit.python import code
from netdsl.emit.writer import Writer
from netdsl.syntax import tree


def block(w: Writer, maker: tree.Call, written: tuple[tree.Argument, ...], current: Piece) -> Piece:
    """Write the use of a block; what is `written` at its call are tensors for its inputs."""
    assert isinstance(maker.function, tree.Name)
    symbol = w.module.symbol(w.unit, maker.function.id)
    assert symbol is not None
    return block_call(w, maker, symbol, functions.join_inputs(w, symbol, current, written))


def block_call(w: Writer, maker: tree.Call, symbol: Symbol, tensors: list[Piece]) -> Piece:
    """Spell the call of a block's function, for tensors that are joined to its inputs."""
    written = w.module.block(symbol, [t.kind for t in tensors])
    args, keywords = functions.hyperparameters(w, symbol, maker.arguments)
    if written.takes_trainable:
        frozen = functions.trainable_argument(w, maker.arguments)
        keywords += [("trainable", frozen)] if frozen is not None else []
    if (w.shares and written.takes_layers) or (
        isinstance(w.layers, ast.Name) and w.layers.id != "layers"
    ):
        keywords.append(("layers", w.layers))
    if written.takes_name:
        keywords.append(("name", w.stage_name(maker, snake_case(symbol.node.name))))
    positional = [t.code for t in tensors if t.code is not None]
    return Piece(code.call(written.identifier, [*positional, *args], keywords), written.result)


def model(w: Writer, maker: tree.Call, written: tuple[tree.Argument, ...], current: Piece) -> Piece:
    """Write the use of a model as a layer."""
    made, base, result = model_call(w, maker)
    target = freeze(w, maker, made, base)
    assert isinstance(maker.function, tree.Name)
    symbol = w.module.symbol(w.unit, maker.function.id)
    assert symbol is not None
    inputs = functions.model_inputs(w, symbol, current, written)
    return Piece(code.call(target, [inputs]), result)


def model_call(w: Writer, maker: tree.Call) -> tuple[ast.Call, str, Any]:
    """Spell the making of a model that is a layer here; give also a variable's name and what it returns."""
    assert isinstance(maker.function, tree.Name)
    symbol = w.module.symbol(w.unit, maker.function.id)
    assert symbol is not None
    written = w.module.model(symbol)
    args, keywords = functions.hyperparameters(w, symbol, maker.arguments)
    base = snake_case(maker.function.id)
    keywords.append(("name", w.stage_name(maker, base)))
    return (
        code.call(made_once(w, code.name(written.identifier)), args, keywords),
        base,
        written.result,
    )


def freeze(
    w: Writer, maker: tree.Call, made: ast.expr, base: str, *, named: bool = False
) -> ast.expr:
    """Give a model to call; a frozen one is made first and told so. `base` is its variable if it is `named`."""
    trainable = frozen_too(w, maker.arguments) if w.frozen else None
    own = [value(w, a.value) for a in maker.arguments if a.name == "trainable"]
    if trainable is None and not own:
        return made
    variable = base if named else w.temporary(base, f"{base}_model")
    w.emit(code.assign(variable, made))
    w.emit(code.freezes(variable, trainable or own[0]))
    return code.name(variable)
