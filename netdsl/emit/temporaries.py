"""What variables are called that the spec has no name for: the word for what they hold, never for where it ended.

One layer or function gives its kind (`conv2d`), an operator what it comes to (`difference`); a chain of several stages
is a branch.
"""

from __future__ import annotations

from collections.abc import Iterable

from netdsl.elaborate.plans.naming import snake_case
from netdsl.emit.python.spelling import python_name
from netdsl.syntax import tree

#: What operators come to.
_RESULTS = {
    "+": "total",
    "-": "difference",
    "*": "product",
    "/": "ratio",
    "**": "power",
    "@": "product",
}

#: Longest name of a kind that a variable takes.
_LONGEST = 22


def word_for(expr: tree.Expr) -> str:
    """Name the variable of an expression for tensors."""
    match expr:
        case tree.Pipe(_, (_, stage)):
            return _kind_of(stage)
        case tree.Pipe():
            return "branch"
        case tree.Binary(_, op):
            return _RESULTS.get(op, "value")
    return "value"


def words_for(operands: Iterable[tree.Expr]) -> list[str]:
    """Name the variables of expressions that stand beside each other; where two would have one name, all count."""
    words = [word_for(operand) for operand in operands]
    if len(set(words)) == len(words):
        return words
    return [f"branch{number}" for number in range(1, len(words) + 1)]


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
        name = snake_case(stage.id)
    elif isinstance(stage, tree.Attribute):
        name = snake_case(stage.name)
    return python_name(name) if 0 < len(name) <= _LONGEST else "branch"
