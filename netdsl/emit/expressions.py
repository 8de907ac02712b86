"""Expressions of the spec in Python: values as they are, tensor arithmetic as layers and functions of `keras.ops`.

`expression` gives a `Piece`; where a chain inside it takes several statements, they are written first.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from netdsl.catalog import MERGE_LAYERS
from netdsl.catalog.signature import signature
from netdsl.elaborate.layers.arithmetic import OPERATOR_FUNCTIONS
from netdsl.elaborate.plans.naming import snake_case
from netdsl.elaborate.scope.families import is_in_several
from netdsl.elaborate.scope.values import CONSTANTS, FUNCTIONS
from netdsl.emit import calls
from netdsl.emit.kinds import (
    TENSOR,
    VALUE,
    Inlined,
    LayerFactory,
    LayerObject,
    ListOf,
    Parts,
    Piece,
    concatenated,
    element,
    is_several,
    is_tensorial,
    joined_kind,
    may_be_tuple,
    member,
)
from netdsl.emit.python import code, simplify
from netdsl.emit.python.spelling import python_name
from netdsl.emit.python.texts import joined
from netdsl.emit.writer import Writer
from netdsl.syntax import tree

_MATH = {"ceil", "floor", "sqrt", "log2", "log", "exp", "sin", "cos"}
_MATH_CONSTANTS = {"pi", "inf"}

#: So many calls of functions at the most stand inside one another, for a row of operators.
_DEEPEST = 4

#: Longest name of a stage that its chain's variable takes.
_SHORT = 12

_BINARY_OPS: dict[str, type[ast.operator]] = {
    "+": ast.Add, "-": ast.Sub, "*": ast.Mult, "/": ast.Div, "//": ast.FloorDiv, "%": ast.Mod, "**": ast.Pow,
    "@": ast.MatMult,
}  # fmt: skip


#: Expressions that take no variable.
_ALONE = (tree.Literal, tree.Name, tree.Arriving, tree.FString)


def value(w: Writer, expr: tree.Expr) -> ast.expr:
    """Give the Python of a value."""
    return expression(w, expr).code


def expression(w: Writer, expr: tree.Expr) -> Piece:
    """Give the Python of an expression and what it is."""
    if isinstance(expr, _ALONE):
        return _EXPRESSIONS[type(expr)](w, expr)
    with w.own_temporaries():  # what stands beside it may not have been used yet
        return _EXPRESSIONS[type(expr)](w, expr)


def plain(node: ast.expr) -> Piece:
    return Piece(node, VALUE)


# -- atoms --------------------------------------------------------------------------------------


def _literal(w: Writer, expr: tree.Literal) -> Piece:
    if isinstance(expr.value, (int, float)) and not isinstance(expr.value, bool):
        return plain(code.number(expr.value, expr.text))
    return plain(code.constant(expr.value))


def _fstring(w: Writer, expr: tree.FString) -> Piece:
    parts: list[ast.expr] = []
    for part in expr.parts:
        if isinstance(part, str):
            parts.append(code.constant(part))
            continue
        conversion = ord(part.conversion) if part.conversion else -1
        spec = ast.JoinedStr([code.constant(part.format_spec)]) if part.format_spec else None
        parts.append(simplify.field(value(w, part.value), conversion, spec))
    return plain(joined(parts))


def _name(w: Writer, expr: tree.Name) -> Piece:
    found = w.scope.lookup(expr.id)
    if found is not None:
        if isinstance(found.kind, Inlined):
            return expression(w, found.kind.expr)
        if isinstance(found.kind, LayerFactory):
            return Piece(code.call(found.code), VALUE)
        if isinstance(found.kind, LayerObject):
            stages = found.kind.stages or (None if w.holding else found.kind.as_value)
            return found if stages is None else stages.value()
        return found
    top = w.module.global_name(w.unit, expr.id)
    if top is not None:
        return top if not isinstance(top.kind, Inlined) else expression(w, top.kind.expr)
    return plain(catalogue_name(expr.id))


def catalogue_name(identifier: str) -> ast.expr:
    if identifier in _MATH or identifier in _MATH_CONSTANTS:
        return code.dotted(f"math.{identifier}")
    if identifier in FUNCTIONS:
        return code.name(identifier)
    if identifier in CONSTANTS:
        return code.constant(CONSTANTS[identifier])
    if signature("layer", identifier) is not None and not is_in_several(identifier):
        return code.dotted(f"layers.{identifier}")
    return code.constant(identifier)


def _arriving(w: Writer, expr: tree.Arriving) -> Piece:
    assert w.scope.arriving is not None
    return w.scope.arriving


def _list(w: Writer, expr: tree.ListExpr) -> Piece:
    chains = [part for part in expr.items if isinstance(part, tree.Pipe)]
    if len(chains) < 2 or not any(len(chain.stages) > 2 for chain in chains):
        return list_piece([item(w, part) for part in expr.items])
    pieces: list[Piece] = []
    number = 0
    for part in expr.items:
        if isinstance(part, tree.Pipe) and not _is_layer(w, part):
            number += 1
            pieces.append(calls.applied(w, part, f"branch{number}"))
        else:
            pieces.append(item(w, part))
    return list_piece(pieces)


def _is_layer(w: Writer, part: tree.Pipe) -> bool:
    from netdsl.emit.layers import is_layer_chain

    return is_layer_chain(w, part)


def _tuple(w: Writer, expr: tree.TupleExpr) -> Piece:
    made = list_piece([item(w, part) for part in expr.items])
    assert isinstance(made.code, ast.List)
    return Piece(code.tuple_of(made.code.elts), made.kind)


def item(w: Writer, expr: tree.Expr) -> Piece:
    """Give an element of a list; `*values` and a fork's loop stay spread."""
    from netdsl.emit.loops import fork_loop

    match expr:
        case tree.Starred(_, inner):
            piece = expression(w, inner)
            return Piece(code.starred(sequence(piece)), ListOf(element(piece.kind)))
        case tree.For():
            piece = fork_loop(w, expr, None)
            return Piece(code.starred(piece.code), piece.kind)
        case _:
            return expression(w, expr)


def sequence(piece: Piece) -> ast.expr:
    """Spell several things so that Python goes over the tensors: a dict of outputs by its values."""
    if isinstance(piece.kind, Parts) and piece.kind.by_key:
        return code.call(code.attribute(piece.code, "values"))
    return piece.code


def listed(piece: Piece, *, only: bool = False) -> Piece:
    """Give a model's outputs, a dict in Python, as a list, where other code may put a list in their place.

    With `only`, what may be a tuple too, as a block's outputs are: some layers take lists alone.
    """
    kind = piece.kind
    if not isinstance(kind, Parts) or isinstance(piece.code, ast.List):
        return piece
    if isinstance(piece.code, ast.Tuple):
        return Piece(code.list_of(piece.code.elts), kind) if only else piece
    if not kind.by_key and not only:
        return piece
    return Piece(code.call("list", [sequence(piece)]), Parts(kind.items, kind.names))


def list_piece(items: list[Piece]) -> Piece:
    """Make a list of pieces; a lone spread list needs no brackets of its own."""
    if len(items) == 1 and isinstance(items[0].code, ast.Starred):
        inner = items[0].code.value
        if isinstance(inner, (ast.ListComp, ast.List)):
            return Piece(inner, items[0].kind)
    if len({piece.kind for piece in items if is_several(piece.kind)}) > 1:
        items = [listed(piece) for piece in items]  # so that a loop over them meets lists alone
    made = code.list_of(piece.code for piece in items)
    if any(isinstance(piece.code, ast.Starred) for piece in items):
        kinds = [element(p.kind) if isinstance(p.code, ast.Starred) else p.kind for p in items]
        return Piece(made, joined_kind(kinds))
    if all(piece.kind == VALUE for piece in items):
        return Piece(made, VALUE)
    return Piece(made, Parts(tuple(piece.kind for piece in items)))


def _dict(w: Writer, expr: tree.DictExpr) -> Piece:
    pairs = [(value(w, k), value(w, v)) for k, v in expr.items]
    return plain(ast.Dict([k for k, _ in pairs], [v for _, v in pairs]))


# -- operators ----------------------------------------------------------------------------------


def _unary(w: Writer, expr: tree.Unary) -> Piece:
    operand = expression(w, expr.operand)
    if expr.op == "not":
        return plain(simplify.negated(operand.code))
    if operand.kind == TENSOR:
        if expr.op == "+":
            return operand
        return Piece(code.call("ops.negative", [operand.code]), TENSOR)
    return plain(simplify.signed(ast.USub() if expr.op == "-" else ast.UAdd(), operand.code))


def _binary(w: Writer, expr: tree.Binary) -> Piece:
    """Fold a run of operators from the left, so that a long one nests no calls here."""
    run: list[tree.Binary] = []
    first: tree.Expr = expr
    while isinstance(first, tree.Binary):
        run.append(first)
        first = first.left
    variables = _variables([first, *(node.right for node in reversed(run))])
    left = _operand(w, first, variables)
    hint, w.hint = w.hint, None
    for node in reversed(run):
        left = _join(w, node, left, _operand(w, node.right, variables), hint)
    return left


def _operand(w: Writer, expr: tree.Expr, variables: Iterator[str]) -> Piece:
    """Give what an operator joins; a chain has a line and a variable of its own."""
    if isinstance(expr, tree.Pipe):
        return calls.applied(w, expr, next(variables))
    return expression(w, expr)


def operands_of(w: Writer, written: list[tree.Expr]) -> list[Piece]:
    """Give what operators join, in order."""
    variables = _variables(written)
    return [_operand(w, operand, variables) for operand in written]


def _variables(operands: list[tree.Expr]) -> Iterator[str]:
    """Name the variables of the chains among operands; where two would have one name, they are branches."""
    names = [_named_for(operand) for operand in operands if isinstance(operand, tree.Pipe)]
    alike = [name for name in names if names.count(name) > 1]
    for number, name in enumerate(names, 1):
        yield f"branch{number}" if name in alike else name


def _named_for(chain: tree.Pipe) -> str:
    """Name a chain's variable for its last stage, if that is short."""
    last = chain.stages[-1]
    while isinstance(last, tree.Call):
        last = last.function
    name = snake_case(last.id) if isinstance(last, tree.Name) else ""
    return python_name(name) if 0 < len(name) <= _SHORT else "branch"


def _join(w: Writer, node: tree.Binary, left: Piece, right: Piece, hint: str | None) -> Piece:
    if node.op in ("and", "or"):
        op: ast.boolop = ast.And() if node.op == "and" else ast.Or()
        return plain(simplify.both(op, left.code, right.code))
    if left.kind == TENSOR or right.kind == TENSOR or w.module.always_merges(node):
        return _tensor_arithmetic(w, node, left, right, hint)
    if node.op == "+" and (is_several(left.kind) or may_be_tuple(left) or may_be_tuple(right)):
        return concatenated(left, right)
    return Piece(ast.BinOp(left.code, _BINARY_OPS[node.op](), right.code), left.kind)


def _tensor_arithmetic(
    w: Writer, node: tree.Binary, left: Piece, right: Piece, hint: str | None
) -> Piece:
    from netdsl.emit.layers import layer_call

    left, right = settled(w, left, right, hint)
    is_merge = left.kind == right.kind == TENSOR and node.op in MERGE_LAYERS
    if (is_merge and w.module.is_merge(node)) or w.module.always_merges(node):
        kind = MERGE_LAYERS[node.op]
        maker = layer_call(w, kind, (), w.stage_name(node, kind.lower()))
        return Piece(code.call(maker, [code.list_of([left.code, right.code])]), TENSOR)
    function = f"ops.{OPERATOR_FUNCTIONS[node.op]}"
    sides = [left.code, right.code]
    if left.kind == right.kind:  # one of them may be an array; not both
        sides = (
            [left.code, calls.untied(right)]
            if calls.untied(left) is left.code
            else [calls.untied(left), right.code]
        )
    return Piece(code.call(function, sides), TENSOR)


def settled(w: Writer, left: Piece, right: Piece, hint: str | None) -> tuple[Piece, Piece]:
    """Give what applies a layer, or is long, a line of its own before two sides are joined."""
    if nests(left) or _is_deep(left.code):
        left = w.keep(left, hint or w.temporary("left"))
    if nests(right):
        right = w.keep(right, w.temporary("right"))
    return left, right


def _is_deep(node: ast.expr) -> bool:
    """Tell calls that stand inside one another so often that nobody reads them, and in the end no Python."""
    depth = 0
    while isinstance(node, ast.Call) and node.args and depth < _DEEPEST:
        depth, node = depth + 1, node.args[0]
    return depth == _DEEPEST


def nests(piece: Piece) -> bool:
    """Tell whether a piece applies a layer: such applications get a line of their own."""
    return isinstance(piece.code, ast.Call) and isinstance(piece.code.func, ast.Call)


def _compare(w: Writer, expr: tree.Compare) -> Piece:
    from netdsl.emit.comparisons import compare

    return compare(w, expr)


def _conditional(w: Writer, expr: tree.Conditional) -> Piece:
    test = value(w, expr.condition)
    if isinstance(test, ast.Constant):
        return expression(w, expr.then if test.value else expr.otherwise)
    arms: list[Piece] = []
    statements: list[list[ast.stmt]] = []
    for arm in (expr.then, expr.otherwise):
        with w.block() as body:
            arms.append(expression(w, arm))
        statements.append(body)
    if not any(statements):
        chosen = simplify.conditional(test, arms[0].code, arms[1].code)
        return Piece(chosen, arms[0].kind)
    variable = w.temporary("chosen")
    for body, arm_piece in zip(statements, arms, strict=True):
        body.append(code.assign(variable, arm_piece.code))
    w.emit(ast.If(test, statements[0], statements[1]))
    return Piece(code.name(variable), arms[0].kind)


# -- members ------------------------------------------------------------------------------------


def _attribute(w: Writer, expr: tree.Attribute) -> Piece:
    root = unbound_path(w, expr)
    if root is not None:
        return plain(_catalogue_path(root))
    inner = expression(w, expr.value)
    if isinstance(inner.kind, Parts) and (place := inner.kind.place(expr.name)) is not None:
        return part(inner, place)
    if isinstance(inner.code, ast.Call):
        inner = w.keep(inner, w.temporary("tensor"))
    return plain(code.attribute(inner.code, expr.name))


def part(piece: Piece, index: int) -> Piece:
    """Take one output: by its place in a tuple, or by its key in a model's dict."""
    assert isinstance(piece.kind, Parts)
    key: Any = piece.kind.names[index] if piece.kind.by_key else index
    return Piece(code.subscript(piece.code, code.constant(key)), piece.kind.items[index])


def unbound_path(w: Writer, expr: tree.Attribute) -> str | None:
    """Give `keras.activations.relu` as text where its first name is bound by nothing."""
    parts: list[str] = []
    node: tree.Expr = expr
    while isinstance(node, tree.Attribute):
        parts.append(node.name)
        node = node.value
    if not isinstance(node, tree.Name) or w.scope.lookup(node.id) is not None:
        return None
    if node.id in w.unit.names:
        return None
    return ".".join([node.id, *reversed(parts)])


def _catalogue_path(path: str) -> ast.expr:
    path = path.removeprefix("tf.")
    return code.dotted(path if path.startswith(("keras.", "ops.")) else f"keras.{path}")


def _subscript(w: Writer, expr: tree.Subscript) -> Piece:
    inner = expression(w, expr.value)
    if isinstance(inner.code, ast.Call) and is_tensorial(inner.kind):
        inner = w.keep(inner, w.temporary("outputs" if is_several(inner.kind) else "tensor"))
    index = _index(w, expr.index)
    return taken(inner, index)


def taken(inner: Piece, index: ast.expr) -> Piece:
    """Take an element or a slice; of a model's dict, by the keys in their place."""
    kind = inner.kind
    fixed = _fixed_index(index)
    if isinstance(kind, Parts) and kind.by_key:
        if fixed is not None:
            return part(inner, fixed % len(kind.items))
        every = code.call("list", [sequence(inner)])
        return Piece(code.subscript(every, index), ListOf(element(kind)))
    result = simplify.element(inner.code, index)
    if isinstance(index, ast.Slice):
        return Piece(result, ListOf(element(kind)) if is_several(kind) else kind)
    return Piece(result, member(kind, fixed) if fixed is not None else element(kind))


def _fixed_index(index: ast.expr) -> int | None:
    """Give an index that is written as a number."""
    sign = 1
    if isinstance(index, ast.UnaryOp) and isinstance(index.op, ast.USub):
        index, sign = index.operand, -1
    if isinstance(index, ast.Constant) and isinstance(index.value, int):
        return sign * index.value
    return None


def _index(w: Writer, expr: tree.Expr) -> ast.expr:
    if isinstance(expr, tree.Slice):
        bounds = [None if p is None else value(w, p) for p in (expr.start, expr.stop, expr.step)]
        return ast.Slice(*bounds)
    if isinstance(expr, tree.TupleExpr):
        return code.tuple_of(_index(w, part_) for part_ in expr.items)
    return value(w, expr)


# -- comprehensions -----------------------------------------------------------------------------


def _comprehension(w: Writer, expr: tree.Comprehension) -> Piece:
    from netdsl.emit.loops import comprehension

    return comprehension(w, expr)


def _dict_comprehension(w: Writer, expr: tree.DictComprehension) -> Piece:
    from netdsl.emit.loops import open_clauses

    with open_clauses(w, expr, expr.clauses) as clauses:
        key, entry = value(w, expr.key), value(w, expr.value)
    return plain(ast.DictComp(key, entry, clauses.generators()))


def _call(w: Writer, expr: tree.Call) -> Piece:
    return calls.call(w, expr)


def _chain(w: Writer, expr: tree.Expr) -> Piece:
    return calls.inner_chain(w, expr)


_EXPRESSIONS: dict[type, Callable[[Writer, Any], Piece]] = {
    tree.Literal: _literal,
    tree.FString: _fstring,
    tree.Name: _name,
    tree.Arriving: _arriving,
    tree.ListExpr: _list,
    tree.TupleExpr: _tuple,
    tree.Starred: item,
    tree.DictExpr: _dict,
    tree.Comprehension: _comprehension,
    tree.DictComprehension: _dict_comprehension,
    tree.Unary: _unary,
    tree.Binary: _binary,
    tree.Compare: _compare,
    tree.Conditional: _conditional,
    tree.Attribute: _attribute,
    tree.Subscript: _subscript,
    tree.Call: _call,
    tree.Pipe: _chain,
    tree.Repeat: _chain,
    tree.For: _chain,
    tree.If: _chain,
    tree.As: _chain,
}
