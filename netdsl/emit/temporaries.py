"""What variables are called that the spec has no name for: the word for what they hold, never for where it ended.

One layer or function gives its kind (`conv2d`), a pooling `pool`, an operator what it comes to (`difference`); a chain
of several stages is a branch.
"""

from __future__ import annotations

from netdsl.catalog import layer_kind
from netdsl.elaborate.plans.naming import snake_case
from netdsl.emit.python.spelling import python_name
from netdsl.syntax import tree
from netdsl.syntax.walk import walk

#: What operators come to.
_RESULTS = {
    "+": "total",
    "-": "difference",
    "*": "product",
    "/": "ratio",
    "**": "power",
    "@": "product",
}

#: What is added to what it is made of.
RESIDUAL = "residual"

#: Longest name of a kind that a variable takes.
_LONGEST = 22


def word_for(expr: tree.Expr) -> str:
    """Name the variable of an expression for tensors."""
    match expr:
        case tree.Pipe(_, (first, stage)) if not _takes_line(first):
            return _kind_of(stage)
        case tree.Pipe():
            return "branch"
        case tree.Binary(_, op):
            return _RESULTS.get(op, "value")
    return "value"


def _takes_line(first: tree.Expr) -> bool:
    """Tell whether what a chain begins with is computed before, in the variable of the chain."""
    if not isinstance(first, tree.Binary):
        return False
    numbers = (tree.Literal, tree.Binary, tree.Unary)
    sides = ([*walk(side)] for side in (first.left, first.right))
    return not any(all(isinstance(node, numbers) for node in nodes) for nodes in sides)


def begins_with(expr: tree.Expr) -> str | None:
    """Give the name that a chain of several stages begins with, `_` for what arrives."""
    first = expr.stages[0] if isinstance(expr, tree.Pipe) and len(expr.stages) > 2 else None
    return named(first)


def named(expr: tree.Expr | None) -> str | None:
    """Give the name of a tensor, `_` for what arrives; None for any other expression."""
    if isinstance(expr, tree.Name):
        return expr.id
    return "_" if isinstance(expr, tree.Arriving) else None


def candidates(word: str) -> tuple[str, ...]:
    """Give what a variable may be called, best first."""
    return (word,) if word == "branch" else (word, "branch")


def _kind_of(stage: tree.Expr) -> str:
    while isinstance(stage, tree.Call):
        stage = stage.function
    name = ""
    if (
        isinstance(stage, tree.Name) and not stage.id[:1].islower()
    ):  # a layer or model; blocks are functions here
        kind = layer_kind(stage.id)
        pools = kind is not None and kind.is_a("pooling")
        name = "pool" if pools else snake_case(stage.id)
    elif isinstance(stage, tree.Attribute):
        name = snake_case(stage.name)
    return python_name(name) if 0 < len(name) <= _LONGEST else "branch"
