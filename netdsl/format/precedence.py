"""How tightly an expression binds, so that parentheses stand only where reading needs them.

The levels are those of the rules in `grammar/netdsl.lark`, from the loosest.
"""

from __future__ import annotations

from enum import IntEnum

from netdsl.syntax import tree


class Level(IntEnum):
    """What a place in the grammar takes: an expression of this level or a tighter one."""

    CHAIN = 0
    STAGE = 1
    PLAIN_STAGE = 2
    VALUE = 3
    DISJUNCTION = 4
    CONJUNCTION = 5
    NEGATION = 6
    COMPARISON = 7
    SUM = 8
    TERM = 9
    FACTOR = 10
    POWER = 11
    POSTFIX = 12


_OPERATORS = {
    "or": Level.DISJUNCTION,
    "and": Level.CONJUNCTION,
    "+": Level.SUM,
    "-": Level.SUM,
    "*": Level.TERM,
    "/": Level.TERM,
    "//": Level.TERM,
    "%": Level.TERM,
    "@": Level.TERM,
    "**": Level.POWER,
}


def operator_level(op: str) -> Level:
    return _OPERATORS[op]


def level(node: tree.Expr) -> Level:
    """Give the level of the rule that reads a node."""
    match node:
        case tree.Pipe():
            return Level.CHAIN
        case tree.As():
            return Level.STAGE
        case tree.Stage():
            return Level.PLAIN_STAGE
        case tree.Conditional():
            return Level.VALUE
        case tree.Binary():
            return _OPERATORS[node.op]
        case tree.Unary():
            return Level.NEGATION if node.op == "not" else Level.FACTOR
        case tree.Compare():
            return Level.COMPARISON
    return Level.POSTFIX
