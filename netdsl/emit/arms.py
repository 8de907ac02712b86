"""What the variables of chains side by side are called: for where each begins, or for what each does.

`tokens_embedding` and `segments_embedding` begin at two tensors; `conv1x1`, `conv3x3` and `pool` do different things
to one; `tanh` and `sigmoid` differ in their activation. Where nothing tells them apart in a word they are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import prod

from netdsl.catalog import layer_kind
from netdsl.catalog.argument_table import spatial_rank
from netdsl.catalog.kind import LayerKind
from netdsl.catalog.signature import identifiers, names_and_aliases, signature
from netdsl.elaborate.plans.naming import snake_case
from netdsl.emit.kinds import LayerObject
from netdsl.emit.python.spelling import python_name
from netdsl.emit.temporaries import RESIDUAL, begins_with, word_for
from netdsl.emit.writer import Writer
from netdsl.syntax import tree
from netdsl.syntax.walk import walk

#: Longest name of such a variable.
_LONGEST = 20
#: Longest one with a kernel's size: it stands in many lines.
_LONGEST_OF_KERNEL = 14
#: What the parameter of a block is called that is a kernel's size.
_KERNELS = ("kernel_size", "kernel", "size", "k")


def words_for(w: Writer, operands: Iterable[tree.Expr], added_to: Iterable[str] = ()) -> list[str]:
    """Name the variables of expressions that stand beside each other.

    A chain that is added to what it begins with is a residual.
    """
    operands, plain = list(operands), {*added_to}
    words = [
        RESIDUAL if begins_with(operand) in plain else word_for(operand) for operand in operands
    ]
    if len(set(words)) == len(words):
        return words
    return arm_words(w, operands) or [f"branch{number}" for number in range(1, len(words) + 1)]


def arm_words(w: Writer, arms: Sequence[tree.Expr]) -> list[str]:
    """Name chains by what tells them apart; nothing where no word does."""
    ways: tuple[Callable[[Writer, Sequence[tree.Expr]], list[str]], ...]
    ways = (_by_source, _by_kernel, _by_activation)
    for way in ways if len(arms) > 1 else ():
        words = way(w, arms)
        fine = all(word.isidentifier() and len(word) <= _LONGEST for word in words)
        if len(set(words)) == len(arms) and fine:
            return [python_name(word) for word in words]
    return []


def _stages(arm: tree.Expr) -> tuple[tree.Expr, ...]:
    return arm.stages if isinstance(arm, tree.Pipe) else (arm,)


def _by_source(w: Writer, arms: Sequence[tree.Expr]) -> list[str]:
    """`embed(person)` and `embed(country)` are `person_embed` and `country_embed`."""
    words: list[str] = []
    for arm in arms:
        first, *rest = _stages(arm)
        source = _source(w, first)
        if not source or not rest:
            return []
        kind = _name_of(rest[0]) if len(rest) == 1 else ""
        word = f"{source}_{kind}"
        words.append(word if kind and len(word) <= _LONGEST else f"{source}_branch")
    return words


def _source(w: Writer, first: tree.Expr) -> str:
    """Name the tensor that a chain begins with; nothing where it has no name, or only a letter that says little."""
    if isinstance(first, tree.Attribute):
        return first.name
    if not isinstance(first, tree.Name):
        return ""
    found = w.scope.lookup(first.id)
    return "" if found is None or isinstance(found.kind, LayerObject) else first.id


def _name_of(stage: tree.Expr) -> str:
    """Give what a stage makes, in snake case."""
    while isinstance(stage, tree.Call):
        stage = stage.function
    return snake_case(stage.id) if isinstance(stage, tree.Name) else ""


def _by_kernel(w: Writer, arms: Sequence[tree.Expr]) -> list[str]:
    """Convolutions are told apart by the largest kernel: `conv1x1`, `conv3x3`; what pools is `pool`."""
    words = [_of_kernel(w, arm) for arm in arms]
    return words if all(0 < len(word) <= _LONGEST_OF_KERNEL for word in words) else []


def _of_kernel(w: Writer, arm: tree.Expr) -> str:
    calls = [n for n in walk(arm) if isinstance(n, tree.Call) and isinstance(n.function, tree.Name)]
    if not calls:
        return ""
    if _pools(w, calls[0]):
        return "pool"
    sizes = [(size, call) for call in calls if (size := _kernel(w, call))]
    if not sizes:
        is_block = len(calls) == 1 and _block(w, calls[0]) is not None
        return f"{_name_of(calls[0])}_branch" if is_block else ""
    largest = max(prod(size) for size, _ in sizes)
    size, call = [found for found in sizes if prod(found[0]) == largest][-1]
    name = _name_of(call)
    if name[-2:] in ("1d", "2d", "3d"):
        name = name[:-2].removesuffix("_conv")
    return f"{name}{'x'.join(map(str, size))}"


def _pools(w: Writer, call: tree.Call) -> bool:
    """Tell a layer that pools, or a block that begins with one."""
    block = _block(w, call)
    if block is not None:
        first = _stages(block.body)[0] if isinstance(block.body, tree.Pipe) else None
        return isinstance(first, tree.Call) and _block(w, first) is None and _pools(w, first)
    definition = _layer(call)
    return definition is not None and definition.is_a("pooling", "global_pooling")


def _layer(call: tree.Call) -> LayerKind | None:
    name = call.function.id if isinstance(call.function, tree.Name) else ""
    return layer_kind(name) if name in names_and_aliases("layer") else None


def _block(w: Writer, call: tree.Call) -> tree.Block | None:
    assert isinstance(call.function, tree.Name)
    symbol = w.module.symbol(w.unit, call.function.id)
    return symbol.node if symbol is not None and isinstance(symbol.node, tree.Block) else None


def _kernel(w: Writer, call: tree.Call) -> tuple[int, ...]:
    """Give the size of the kernel of a convolution, or of a block that has one in its name for a parameter."""
    block, definition = _block(w, call), _layer(call)
    if block is not None:
        parameter = next((p for p in block.parameters if p.name in _KERNELS), None)
        if parameter is None:
            return ()
        names, default = [p.name for p in block.parameters], parameter.default
        rank = _rank_of(block)
        return _size(w, _given(call, parameter.name, names) or default, rank)
    if definition is None:
        return ()
    found = signature("layer", definition.name)
    if found is None or "kernel_size" not in found.names:
        return ()
    given = _given(call, "kernel_size", list(found.names))
    return _size(w, given, spatial_rank(definition.name) or 0)


def _rank_of(block: tree.Block) -> int:
    """Tell over how many axes the kernels of a block go, by those of its first layer that has some."""
    calls = (node for node in walk(block.body) if isinstance(node, tree.Call))
    names = (call.function.id for call in calls if isinstance(call.function, tree.Name))
    return next(filter(None, map(spatial_rank, names)), 0)


def _given(call: tree.Call, name: str, names: Sequence[str]) -> tree.Expr | None:
    place = names.index(name)
    if any(argument.star for argument in call.arguments):
        return None
    positional = [a.value for a in call.arguments if a.name is None]
    by_name = next((a.value for a in call.arguments if a.name == name), None)
    return by_name or (positional[place] if place < len(positional) else None)


def _size(w: Writer, expr: tree.Expr | None, rank: int) -> tuple[int, ...]:
    """Read a size that is written out, or that a `let` of the file is; one number is that of all axes."""
    if isinstance(expr, tree.Name) and w.scope.function.lookup(expr.id) is None:
        symbol = w.module.symbol(w.unit, expr.id)
        expr = (
            symbol.node.value if symbol is not None and isinstance(symbol.node, tree.Let) else None
        )
    parts = expr.items if isinstance(expr, (tree.TupleExpr, tree.ListExpr)) else (expr,)
    sizes = [part.value for part in parts if isinstance(part, tree.Literal)]
    if len(sizes) < len(parts) or not all(type(size) is int for size in sizes):
        return ()
    found = tuple(size for size in sizes if isinstance(size, int))
    return found * rank if len(found) == 1 else found


def _by_activation(w: Writer, arms: Sequence[tree.Expr]) -> list[str]:
    """Two activations are `tanh` and `sigmoid`, one and none `dense` and `sigmoid`; layers of two kinds are these."""
    known, words = identifiers("activation"), []
    for arm in arms:
        calls = [node for node in walk(arm) if isinstance(node, tree.Call)]
        values = [a.value for call in calls for a in call.arguments if a.name == "activation"]
        if not values and len(calls) == 1 and _layer(calls[0]) is not None:
            words.append(word_for(arm) if isinstance(arm, tree.Pipe) else _name_of(arm))
        elif len(values) == 1 and isinstance(values[0], tree.Name) and values[0].id in known:
            words.append(values[0].id)
        else:
            return []
    return words
