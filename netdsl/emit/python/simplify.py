"""Plainer spellings of what a spec wrote: what a linter would ask a person to change is not emitted.

Each function takes the parts of an expression and gives one that has the same value.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from netdsl.emit.python import code

_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
}  # fmt: skip
_NATIVE = {"int": int, "float": float, "str": str, "bool": bool}
_WHOLE = {"len", "round", "math.ceil", "math.floor", "int"}

#: Functions that take an iterator as well as a list.
TAKES_ITERATOR = frozenset(
    {"enumerate", "zip", "sum", "list", "tuple", "sorted", "any", "all", "min", "max"}
)


def same(left: ast.expr, right: ast.expr) -> bool:
    return ast.dump(left) == ast.dump(right)


def negated(condition: ast.expr) -> ast.expr:
    """Spell `not condition`: `x not in y` and `a != b` rather than `not …` before them."""
    if isinstance(condition, ast.Compare) and len(condition.ops) == 1:
        op = _OPPOSITE.get(type(condition.ops[0]))
        if op is not None:
            return ast.Compare(condition.left, [op()], condition.comparators)
    if isinstance(condition, ast.Constant) and isinstance(condition.value, bool):
        return code.constant(not condition.value)
    if isinstance(condition, ast.UnaryOp) and isinstance(condition.op, ast.Not):
        return truth(condition.operand)
    return ast.UnaryOp(ast.Not(), condition)


def truth(node: ast.expr) -> ast.expr:
    """Give a condition as True or False."""
    decided = isinstance(node, ast.Compare) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    )
    return node if decided else code.call("bool", [node])


def conditional(test: ast.expr, then: ast.expr, otherwise: ast.expr) -> ast.expr:
    """Spell `then if test else otherwise`, or what it amounts to: `max(a, b)`, the test itself, one arm."""
    if same(then, otherwise):
        return then
    arms = [n.value if isinstance(n, ast.Constant) else None for n in (then, otherwise)]
    if arms[0] is True and arms[1] is False:
        return truth(test)
    if arms[0] is False and arms[1] is True:
        return negated(test)
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        chosen = _extreme(test.left, test.ops[0], test.comparators[0], then, otherwise)
        if chosen is not None:
            return chosen
    return ast.IfExp(test, then, otherwise)


def _extreme(
    left: ast.expr, op: ast.cmpop, right: ast.expr, then: ast.expr, otherwise: ast.expr
) -> ast.expr | None:
    """`a if a > b else b` is `max(a, b)`."""
    greater = isinstance(op, (ast.Gt, ast.GtE))
    if not greater and not isinstance(op, (ast.Lt, ast.LtE)):
        return None
    if same(left, then) and same(right, otherwise):
        return code.call("max" if greater else "min", [left, right])
    if same(left, otherwise) and same(right, then):
        return code.call("min" if greater else "max", [left, right])
    return None


def comparison(left: ast.expr, ops: list[ast.cmpop], others: list[ast.expr]) -> ast.expr:
    """Spell a comparison; of two constants, its result."""
    others = [
        gone_through(other) if isinstance(op, (ast.In, ast.NotIn)) else other
        for op, other in zip(ops, others, strict=True)
    ]
    operands = [left, *others]
    values = [node.value for node in operands if isinstance(node, ast.Constant)]
    if len(values) == len(operands):
        results = [_decide(a, op, b) for a, op, b in zip(values, ops, values[1:], strict=False)]
        if None not in results:
            return code.constant(all(results))
    return ast.Compare(left, ops, others)


def gone_through(node: ast.expr) -> ast.expr:
    """Give what is only looked through without a list round it: `size in range(1, 9, 2)`."""
    match node:
        case ast.Call(args=[ast.Call() as inner]) if _path_of_call(node) == "list":
            return inner if _path_of_call(inner) == "range" else node
    return node


def _decide(left: object, op: ast.cmpop, right: object) -> bool | None:
    try:
        match op:
            case ast.Eq() | ast.Is():
                return left == right
            case ast.NotEq() | ast.IsNot():
                return left != right
            case ast.Lt():
                return bool(left < right)  # type: ignore[operator]
            case ast.LtE():
                return bool(left <= right)  # type: ignore[operator]
            case ast.Gt():
                return bool(left > right)  # type: ignore[operator]
            case ast.GtE():
                return bool(left >= right)  # type: ignore[operator]
            case ast.In():
                return left in right  # type: ignore[operator]
            case ast.NotIn():
                return left not in right  # type: ignore[operator]
    except TypeError:
        pass
    return None


def both(op: ast.boolop, left: ast.expr, right: ast.expr) -> ast.expr:
    """Spell `left and right` in one run; `a < b and b < c` as `a < b < c`."""
    truthy = _truth_of(left)
    if truthy is not None:
        return right if truthy == isinstance(op, ast.And) else left
    if isinstance(op, ast.And):
        chained = _chained(left, right)
        if chained is not None:
            return chained
    if isinstance(left, ast.BoolOp) and type(left.op) is type(op):
        return ast.BoolOp(op, [*left.values, right])
    return ast.BoolOp(op, [left, right])


def _truth_of(node: ast.expr) -> bool | None:
    """Say whether a constant or a list written out is true; None where that depends."""
    match node:
        case ast.Constant(value=value):
            return bool(value)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return bool(items)
        case ast.Dict(keys=keys):
            return bool(keys)
    return None


def signed(op: ast.unaryop, operand: ast.expr) -> ast.expr:
    """Spell `-x` or `+x`; two minus signs are none."""
    if (
        isinstance(op, ast.USub)
        and isinstance(operand, ast.UnaryOp)
        and isinstance(operand.op, ast.USub)
    ):
        return operand.operand
    return ast.UnaryOp(op, operand)


def _chained(left: ast.expr, right: ast.expr) -> ast.expr | None:
    if not isinstance(left, ast.Compare) or not isinstance(right, ast.Compare):
        return None
    ordered = (ast.Lt, ast.LtE), (ast.Gt, ast.GtE)
    ops = [*left.ops, *right.ops]
    in_order = any(all(isinstance(o, kinds) for o in ops) for kinds in ordered)
    if in_order and same(left.comparators[-1], right.left) and isinstance(right.left, ast.Name):
        return ast.Compare(left.left, ops, [*left.comparators, *right.comparators])
    return None


def builtin(
    function: ast.expr, args: Sequence[ast.expr], keywords: Sequence[tuple[str | None, ast.expr]]
) -> ast.expr:
    """Spell a call of one of Python's functions, without the detours."""
    path = _path(function)
    if keywords or any(isinstance(a, ast.Starred) for a in args):
        return code.call(function, args, keywords)
    if len(args) == 1 and path in _NATIVE:
        return _converted(path, function, args[0])
    if path in ("list", "tuple", "sorted", "any", "all"):
        return _collection(path, function, args)
    if path == "range" and len(args) == 2 and _is_number(args[0], 0):
        return code.call(function, args[1:])
    if path == "zip" and len(args) == 2 and _follows(args[0], args[1]):
        first = args[0].value if isinstance(args[0], ast.Subscript) else args[0]
        return code.call("itertools.pairwise", [first])
    if path == "reversed" and len(args) == 1 and _path_of_call(args[0]) == "sorted":
        call = args[0]
        assert isinstance(call, ast.Call)
        return code.call(call.func, call.args, [("reverse", code.constant(True))])
    return code.call(function, args)


def _path(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_path(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _path_of_call(node: ast.expr) -> str:
    return _path(node.func) if isinstance(node, ast.Call) and not node.keywords else ""


def _is_number(node: ast.expr, number: int) -> bool:
    return isinstance(node, ast.Constant) and node.value == number and node.value is not False


def _converted(path: str, function: ast.expr, value: ast.expr) -> ast.expr:
    if isinstance(value, ast.Constant) and type(value.value) is _NATIVE[path]:
        return value
    if path == "int" and _path_of_call(value) in _WHOLE:
        assert isinstance(value, ast.Call)
        if len(value.args) == 1:
            return value
    return code.call(function, [value])


def _collection(path: str, function: ast.expr, args: Sequence[ast.expr]) -> ast.expr:
    if not args:
        return code.list_of(()) if path == "list" else code.tuple_of(())
    only = args[0]
    if isinstance(only, ast.Call) and _path_of_call(only) in ("list", "tuple", "sorted"):
        if path == "list" and _path_of_call(only) == "sorted":
            return only
        if path == "sorted" or path == _path_of_call(only):
            return builtin(function, only.args, ())
    match path, only:
        case "list", ast.List() | ast.ListComp():
            return only
        case "list", ast.Tuple(elts=items):
            return code.list_of(items)
        case "list", ast.GeneratorExp(elt=element, generators=generators):
            return ast.ListComp(element, generators)
        case "tuple", ast.List(elts=items) | ast.Tuple(elts=items):
            return code.tuple_of(items)
        case "tuple" | "any" | "all", ast.ListComp(elt=element, generators=generators):
            return code.call(function, [ast.GeneratorExp(element, generators)])
    return code.call(function, args)


def _follows(first: ast.expr, second: ast.expr) -> bool:
    """Tell whether two lists are one and itself from the second element on."""
    if not isinstance(second, ast.Subscript) or not isinstance(second.slice, ast.Slice):
        return False
    bounds = second.slice
    starts_later = bounds.lower is not None and _is_number(bounds.lower, 1)
    if not starts_later or bounds.upper is not None or bounds.step is not None:
        return False
    if isinstance(first, ast.Subscript) and isinstance(first.slice, ast.Slice):
        last = first.slice.upper
        all_but_one = isinstance(last, ast.UnaryOp) and _is_number(last.operand, 1)
        return all_but_one and first.slice.lower is None and same(first.value, second.value)
    return same(first, second.value)


def element(sequence: ast.expr, index: ast.expr) -> ast.expr:
    """Spell `sequence[index]`: the first of an iterator without a list of it all, the least without sorting."""
    path = _path_of_call(sequence)
    if isinstance(sequence, ast.Call) and len(sequence.args) == 1 and _is_number(index, 0):
        if path == "list":
            return code.call("next", [code.call("iter", sequence.args)])
        if path == "sorted":
            return code.call("min", sequence.args)
    return code.subscript(sequence, index)


def field(value: ast.expr, conversion: int, spec: ast.expr | None) -> ast.FormattedValue:
    """Spell one `{…}` of an f-string: `{x!s}` rather than `{str(x)}`."""
    path = _path_of_call(value)
    converts = path in ("str", "repr", "ascii") and conversion == -1
    if converts and isinstance(value, ast.Call) and len(value.args) == 1:
        return ast.FormattedValue(value.args[0], ord(path[0]), spec)
    return ast.FormattedValue(value, conversion, spec)
