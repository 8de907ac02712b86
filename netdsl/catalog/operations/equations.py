"""Functions whose argument is an equation or a pattern over named axes: einsum, rearrange."""

from __future__ import annotations

import math
import re

from netdsl.catalog.kind import Inference, Refusal
from netdsl.catalog.operations.axes import (
    broadcast,
    size,
)
from netdsl.catalog.operations.call import (
    OpCall,
    OpRule,
    as_operand,
    gives,
    joined_dtype,
)
from netdsl.catalog.operations.products import work
from netdsl.diagnostics.problems.shapes import (
    TooFewInputs,
    UnevenSplit,
    UnknownDimension,
    WrongEquation,
)
from netdsl.tensor import (
    Dim,
    Shape,
    TensorSpec,
    Unknown,
    divides,
    equal,
    product,
    spell_shape,
)
from netdsl.value import Value


def einsum(call: OpCall) -> Inference:
    """Multiply and sum by an equation: "bqd,bkd->bqk"; `...` stands for the axes between."""
    equation = call.subscripts
    operands = [as_operand(x, "operands") for x in call.positional[1:]]
    before, _, after = equation.partition("->")
    terms, after = before.split(","), after.replace(" ", "")
    if not re.fullmatch(
        r"[a-zA-Z.,]*(->[a-zA-Z. ]*)?", equation
    ):  # Keras overlooks spaces on the right
        raise Refusal(
            WrongEquation,
            f"{equation!r} is not of the form `ab,bc->ac`, without spaces",
            blames="subscripts",
        )
    if len(terms) != len(operands):
        raise Refusal(
            TooFewInputs,
            f"{equation!r} names {len(terms)} tensors, {len(operands)} arrive",
            blames="subscripts",
        )
    found: dict[str, Dim] = {}
    rest: Shape = ()
    for term, x in zip(terms, operands, strict=True):
        rest = broadcast(call, rest, _read_term(call, term, x, found, equation))
    target = after if "->" in equation else _implied(before)
    _refuse_capitals(target, terms, equation)
    shape = _result(target, found, rest, equation)
    kinds = {x.dtype for x in operands}
    dtype = "int32" if kinds == {"int8"} else joined_dtype(*operands)
    if len(operands) == 1:
        return gives(shape, dtype)
    batch = {
        term[0] for term in terms if term[:1].isalpha() and isinstance(found[term[0]], Unknown)
    }
    return gives(
        shape, dtype, product(dim for name, dim in found.items() if name not in batch) * work(rest)
    )


def _refuse_capitals(target: str, terms: list[str], equation: str) -> None:
    """Refuse a capital on the right that a tensor lacks: there Keras puts a 1 for small letters alone."""
    for name in target:
        if name.isupper() and not all(name in term for term in terms):
            raise Refusal(
                WrongEquation,
                f"`{name}` of {equation!r} is a capital, which Keras does not read where a tensor lacks it",
                blames="subscripts",
                help="write small letters",
            )


def _read_term(
    call: OpCall, term: str, x: TensorSpec, found: dict[str, Dim], equation: str
) -> Shape:
    """Note the size of each letter of a term; give the axes that its `...` stands for."""
    head, dots, tail = term.partition("...")
    names = head + tail
    fits = x.rank >= len(names) if dots else x.rank == len(names)
    if not fits or "." in names:
        raise Refusal(
            WrongEquation,
            f"`{term}` of {equation!r} does not fit {spell_shape(x.shape)}",
            blames="subscripts",
        )
    sizes = [
        *zip(head, x.shape, strict=False),
        *zip(tail, x.shape[x.rank - len(tail) :], strict=True),
    ]
    for name, dim in sizes:
        found[name] = _met(call, name, found.get(name, 1), dim, equation)
    return x.shape[len(head) : x.rank - len(tail)]


def _met(call: OpCall, name: str, known: Dim, dim: Dim, equation: str) -> Dim:
    if known == 1 or dim == 1:
        return dim if known == 1 else known
    if not call.holds(equal(known, dim)):
        raise Refusal(
            WrongEquation, f"`{name}` of {equation!r} is {known} and {dim}", blames="subscripts"
        )
    return dim if isinstance(known, Unknown) or isinstance(dim, int) else known


def _implied(before: str) -> str:
    """Give the right side that is left out: letters that occur once, in order of the alphabet."""
    letters = sorted(c for c in set(before) if c.isalpha() and before.count(c) == 1)
    return "..." * ("..." in before) + "".join(letters)


def _result(target: str, found: dict[str, Dim], rest: Shape, equation: str) -> Shape:
    head, dots, tail = target.partition("...")
    for name in head + tail:
        if name not in found:
            raise Refusal(
                WrongEquation, f"`{name}` is on the right of {equation!r} only", blames="subscripts"
            )
        if target.count(name) > 1:
            raise Refusal(
                WrongEquation,
                f"`{name}` is twice on the right of {equation!r}",
                blames="subscripts",
            )
    middle = rest if dots else ()
    return (*(found[c] for c in head), *middle, *(found[c] for c in tail))


def rearrange(call: OpCall) -> Inference:
    """Split, order and join axes by a pattern: "b (h s) c -> b h (s c)", s=2."""
    x = call.tensor("tensor")
    before, arrow, after = call.pattern.partition("->")
    if not arrow:
        raise Refusal(WrongEquation, f"{call.pattern!r} has no `->`", blames="pattern")
    known = _named_sizes(call, x, _groups(before))
    groups = [_names(group) for group in _groups(after)]
    names = [name for group in groups for name in group]
    if sorted(names) != sorted(known):
        odd = sorted(set(names) ^ set(known)) or names
        raise Refusal(
            WrongEquation,
            f"`{odd[0]}` is not once on both sides of {call.pattern!r}",
            blames="pattern",
        )
    return gives((product(_multiplied(known[n], n) for n in group) for group in groups), x.dtype)


def _multiplied(dim: Dim, name: str) -> int:
    """Give a size of the result, which Keras multiplies up, those that stand alone too."""
    if isinstance(dim, int):
        return dim
    raise Refusal(
        UnknownDimension,
        f"`{name}` is {dim}, and Keras counts with each size of the result",
        blames="pattern",
        help="fix it where the input is declared, the batch with `batch_size=…`, or use `ops.reshape` and "
        "`ops.transpose`, or the layers `Permute` and `Reshape`",
    )


def _groups(side: str) -> list[str]:
    """Read a side of a pattern: "b (h s) c" -> "b", "(h s)", "c"."""
    return re.findall(r"\w+|\([^()]*\)", side)


def _names(group: str) -> list[str]:
    return re.findall(r"\w+", group)


def _named_sizes(call: OpCall, x: TensorSpec, groups: list[str]) -> dict[str, Dim]:
    if len(groups) != x.rank:
        raise Refusal(
            WrongEquation,
            f"{call.pattern!r} names {len(groups)} axes, {spell_shape(x.shape)} has {x.rank}",
            blames="pattern",
        )
    lengths = {
        name: value for name, value in call.arguments.items() if name not in ("tensor", "pattern")
    }
    known: dict[str, Dim] = {}
    for group, dim in zip(groups, x.shape, strict=True):
        known.update(_split_group(call, group, dim, lengths))
    return known


def _split_group(call: OpCall, group: str, dim: Dim, lengths: dict[str, Value]) -> dict[str, Dim]:
    if not group.startswith("("):  # a length that is given goes with a group alone
        return {group: dim}
    names = _names(group)
    given = {name: size(lengths[name], name, 1) for name in names if name in lengths}
    found: dict[str, Dim] = dict(given)
    free = [name for name in names if name not in lengths]
    if len(free) > 1:
        raise Refusal(
            WrongEquation,
            f"give `{free[1]}` a size: only one of a group is worked out",
            blames="pattern",
        )
    part = math.prod(given.values())
    if free and not isinstance(dim, int):
        raise Refusal(
            UnknownDimension,
            f"`{group}` splits an axis whose size is {dim}",
            blames="pattern",
            help=f"give `{free[0]}` a size too",
        )
    if not call.holds(divides(part, dim) if free else equal(dim, part)):
        raise Refusal(
            UnevenSplit, f"{part} does not fit {dim}, the axis of `{group}`", blames="pattern"
        )
    if free:
        found[free[0]] = dim // part
    return found


RULES: dict[str, OpRule] = {
    "einsum": einsum,
    "rearrange": rearrange,
}
