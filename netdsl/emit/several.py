"""Several tensors that pass through a chain together: `x, skip = cell(x, skip)`, each in a variable of its own.

They are taken apart where a block gives them and another block, or a loop, gets them. The variables are those of the
statement, the words of the block that gets them, or the names of the outputs that they are.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from netdsl.catalog import layer_kind
from netdsl.elaborate.chains.bodies import output_name
from netdsl.elaborate.files.linking import Symbol
from netdsl.elaborate.plans.ordering import arrange
from netdsl.emit.kinds import TENSOR, Kind, Parts, Piece
from netdsl.emit.pieces import is_application
from netdsl.emit.python import code
from netdsl.emit.python.layout_statements import names_in
from netdsl.emit.python.spelling import kept_name
from netdsl.emit.writer import Writer
from netdsl.syntax import tree
from netdsl.syntax.walk import reads_arriving, walk

#: So many tensors at the most have a variable each.
MOST = 8

#: What several tensors are called that nothing has words for.
_IN_ORDER = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def count_of(kind: Kind) -> int | None:
    """Give how many tensors pass, where each may have a variable of its own."""
    if not isinstance(kind, Parts) or kind.by_key or kind.in_pairs:
        return None
    count = len(kind.items)
    return count if 1 < count <= MOST and all(item == TENSOR for item in kind.items) else None


def leaving(w: Writer, expr: tree.Expr) -> int | None:
    """Give how many tensors leave a stage, where that can be told without writing it."""
    match expr:
        case tree.Pipe(_, stages):
            return leaving(w, stages[-1])
        case tree.As(stage=stage):
            return leaving(w, stage)
        case tree.ListExpr(_, items) if not any(isinstance(i, _SPREADING) for i in items):
            return len(items)
        case tree.Repeat(body=body) | tree.For(body=body):
            return leaving(w, body)
        case tree.If(_, _, then, otherwise) | tree.Conditional(_, _, then, otherwise):
            count = leaving(w, then)
            alike = otherwise is not None and count == leaving(w, otherwise)
            return count if alike else None
        case tree.Call():
            return _leaving_call(w, expr)
    return None


#: What puts an unknown number of elements into a list.
_SPREADING = (tree.Starred, tree.For)


def _leaving_call(w: Writer, call: tree.Call) -> int | None:
    symbol = _block(w, call)
    if symbol is None:
        return count_of(w.module.result_kind(call, TENSOR))
    assert isinstance(symbol.node, tree.Block)
    if not isinstance(symbol.node.body, tree.Body):
        return None
    names = [output_name(output) for output in arrange(symbol.node.body).outputs]
    return None if len(names) < 2 or w.module.reads_by_name(names) else len(names)


def _block(w: Writer, expr: tree.Expr) -> Symbol | None:
    """Give the block that a stage uses."""
    maker = expr.function if isinstance(expr, tree.Call) else None
    maker = expr if isinstance(maker, tree.Name) else maker
    if not isinstance(maker, tree.Call) or not isinstance(maker.function, tree.Name):
        return None
    identifier = maker.function.id
    symbol = w.module.symbol(w.unit, identifier) if w.scope.lookup(identifier) is None else None
    return symbol if symbol is not None and isinstance(symbol.node, tree.Block) else None


def words_of(w: Writer, expr: tree.Expr) -> list[str]:
    """Give the words that a stage has for the tensors that it begins with: the inputs of a block."""
    first = expr.stages[0] if isinstance(expr, tree.Pipe) else expr
    symbol = _block(w, first)
    if symbol is None or not isinstance(symbol.node.body, tree.Body):  # type: ignore[union-attr]
        return []
    assert isinstance(first, tree.Call)
    is_plain = isinstance(first.function, tree.Name) and not reads_arriving(first)
    inputs = arrange(symbol.node.body).inputs  # type: ignore[union-attr]
    return [written.name for written in inputs] if is_plain else []


def variables_for(w: Writer, words: list[str], current: Piece, flow: str) -> list[str]:
    """Take a variable for each of several tensors, by the `words` that a stage has; those they are in may stay."""
    kind, promised = current.kind, w.promised
    assert isinstance(kind, Parts)
    count = len(kind.items)
    if promised.flow == flow and len(promised.targets) == count:
        return list(promised.targets)
    own = names_of(current.code)
    if len({*own}) == count and all(name == flow or name not in w.names for name in own):
        for name in own:
            w.names.reserve(name)
        return own
    if len(words) != count:
        words = [name or "" for name in kind.names] if len(kind.names) == count else [""] * count
    known = promised.variables if promised.flow == flow else {}
    taken: list[str] = []
    for number, word in enumerate(words):
        spelled = kept_name(word or _IN_ORDER[number])
        is_flow = spelled == flow and flow not in taken
        taken.append(known.get(word) or (flow if is_flow else w.names.take(spelled, ())))
    return taken


def taken_apart(w: Writer, stage: tree.Expr, current: Piece, flow: str) -> Piece | None:
    """Put several tensors that a call gives in variables, where the next stage is a block with an input for each."""
    count = count_of(current.kind)
    words = words_of(w, stage) if count is not None else []
    if count is None or len(words) != count:
        return None
    w.drop_temporaries()
    variables = variables_for(w, words, current, flow)
    w.emit(code.assign(code.tuple_of(code.name(v) for v in variables), current.code))
    kept = {flow, *w.promised.targets, *w.promised.variables.values()}
    w.lend(*(v for v in variables if v not in kept))
    return Piece(code.list_of(code.name(v) for v in variables), current.kind)


def picked(w: Writer, stage: tree.Expr, current: Piece, flow: str) -> Piece | None:
    """Put several tensors that a call gives in variables, where the next stage picks some: `_[0]`, `[_[1], _[2]]`."""
    count = count_of(current.kind)
    numbers = _picks(stage, count) if count is not None else []
    if count is None or not numbers:
        return None
    w.drop_temporaries()
    own = own_variables(w, None, len(numbers), flow) if _is_list_of_picks(stage) else []
    variables = ["_"] * count
    for place, number in enumerate(dict.fromkeys(numbers)):
        if own and len({*numbers}) == len(own):
            variables[number] = own[place]
        elif len({*numbers}) == 1:
            variables[number] = flow
        else:
            variables[number] = w.names.take(words_for_parts(current, count)[number], ())
    targets: list[ast.expr] = [code.name(variable) for variable in variables]
    w.emit(_apart(variables, current))
    kept = {"_", flow, *w.promised.targets, *w.promised.variables.values()}
    w.lend(*(v for v in variables if v not in kept))
    return Piece(code.list_of(targets), current.kind)


def _apart(variables: Sequence[str], given: Piece) -> ast.stmt:
    """Take several tensors apart: `x, _ = cell(…)`, `x, *_ = cell(…)`; what `_` takes is lost."""
    targets: list[ast.expr] = [code.name(variable) for variable in variables]
    if len(variables) > 2 and all(variable == "_" for variable in variables[1:]):
        targets[1:] = [code.starred(code.name("_"))]
    return code.assign(code.tuple_of(targets), given.code)


def one_of_several(w: Writer, given: Piece, index: tree.Expr, variable: str | None) -> Piece | None:
    """Write `cell(…)[0]` as `y, _ = cell(…)`, where a call gives a known number; into the `variable` it is for."""
    count = count_of(given.kind)
    number = _number(index, count) if count is not None and is_application(given.code) else None
    if count is None or number is None:
        return None
    variable = variable or w.temporary(words_for_parts(given, count)[number], _IN_ORDER[number])
    variables = [variable if place == number else "_" for place in range(count)]
    w.emit(_apart(variables, given))
    return Piece(code.name(variable), TENSOR)


def _is_list_of_picks(stage: tree.Expr) -> bool:
    is_list = isinstance(stage, (tree.ListExpr, tree.TupleExpr))
    return is_list and all(isinstance(item, tree.Subscript) for item in stage.items)  # type: ignore[union-attr]


def _picks(stage: tree.Expr, count: int) -> list[int]:
    """Give the numbers of what arrives that a stage picks, if that is all it does with it."""
    parts = stage.items if isinstance(stage, (tree.ListExpr, tree.TupleExpr)) else (stage,)
    found: list[int] = []
    for part in parts:
        first, *rest = part.stages if isinstance(part, tree.Pipe) else (part,)
        nodes = [*walk(first)]
        nested = (tree.Pipe, tree.Braced, tree.As, tree.Call, tree.Statements)
        if any(map(reads_arriving, rest)) or any(isinstance(node, nested) for node in nodes):
            return []
        picks = [n for node in nodes if (n := _pick(node, count)) is not None]
        if len(picks) < sum(isinstance(node, tree.Arriving) for node in nodes):
            return []
        found += picks
    return found


def _pick(node: tree.Node, count: int) -> int | None:
    """Give the number of `_[1]`, counted from the first."""
    if not isinstance(node, tree.Subscript) or not isinstance(node.value, tree.Arriving):
        return None
    return _number(node.index, count)


def _number(index: tree.Expr, count: int) -> int | None:
    """Give which of so many an index that is written out takes, counted from the first."""
    sign = 1
    if isinstance(index, tree.Unary) and index.op == "-":
        index, sign = index.operand, -1
    value = index.value if isinstance(index, tree.Literal) else None
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    number = sign * value
    return number % count if -count <= number < count else None


def words_for_parts(current: Piece, count: int) -> list[str]:
    """Name what a call gives: as its layer calls it, by the names of a block's outputs, or in order."""
    names = current.kind.names if isinstance(current.kind, Parts) else ()
    if len(names) == count and all(names):
        return [kept_name(str(name)) for name in names]
    made = current.code.func if isinstance(current.code, ast.Call) else None
    if isinstance(made, ast.Call) and isinstance(made.func, ast.Attribute):
        definition = layer_kind(made.func.attr)
        given = frozenset(k.arg for k in made.keywords if k.arg is not None)
        words = definition.output_words(given, count) if definition is not None else ()
        if len(words) == count:
            return list(words)
    return list(_IN_ORDER[:count])


def names_of(node: ast.expr) -> list[str]:
    """Give the variables of a list of variables alone, which may be read several times."""
    items = node.elts if isinstance(node, ast.List) else []
    names = [item.id for item in items if isinstance(item, ast.Name)]
    return names if len(names) == len(items) else []


def repeatable(w: Writer, piece: Piece, flow: str) -> Piece:
    """Give a piece that an expression may read several times: variables, or one that it is put in."""
    return piece if names_of(piece.code) else w.reusable(piece, flow)


def own_variables(w: Writer, current: Piece | None, count: int, flow: str) -> list[str]:
    """Give the variables that a statement takes so many tensors apart into, while nothing is in them yet."""
    promised = w.promised
    if promised.flow != flow or len(promised.targets) != count:
        return []
    read = names_in([current.code]) if current is not None else set()
    return [] if read & {*promised.targets} else list(promised.targets)


def elements_of(piece: Piece, count: int) -> ast.expr | None:
    """Give several things as so many expressions, or as a call that gives so many."""
    if isinstance(piece.code, (ast.List, ast.Tuple)):
        elements = piece.code.elts
        is_whole = len(elements) == count and not any(isinstance(e, ast.Starred) for e in elements)
        return code.tuple_of(elements) if is_whole else None
    is_known = isinstance(piece.kind, Parts) and len(piece.kind.items) == count
    return piece.code if is_known and is_application(piece.code) else None


def assigned(targets: Sequence[ast.Name], given: ast.expr) -> list[ast.stmt]:
    """`a, b = b, c`; nothing for what each has already."""
    if not isinstance(given, ast.Tuple):
        return [code.assign(code.tuple_of(targets), given)]
    pairs = list(zip(targets, given.elts, strict=True))
    moved = [(t, v) for t, v in pairs if not code.is_name(v, t.id)]
    if len(moved) < 2:
        return [code.assign(target, value) for target, value in moved]
    return [code.assign(code.tuple_of(t for t, _ in moved), code.tuple_of(v for _, v in moved))]
