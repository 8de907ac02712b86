"""A table with shortcuts reads what was read before, into the same trees; it completes no rule that makes nothing."""

from __future__ import annotations

import pytest
from lark import Lark, UnexpectedInput
from lark.grammar import Rule

from netdsl.syntax.shortcuts import take_shortcuts

GRAMMAR = """
start: statement*
?statement: let | expr
let: "let" NAME "=" expr
?expr: sum | sum ("->" sum)+ -> pipe
?sum: term | sum "+" term -> add
?term: factor | term "*" factor -> multiply
?factor: atom | "-" factor -> minus
?atom: NAME -> name | "(" expr ")" -> group | atom "(" [expr] ")" -> call
NAME: /[a-z]+/
%ignore " "
"""


def makes_nothing(rule: Rule) -> bool:
    return rule.options.expand1 and len(rule.expansion) == 1 and not rule.alias


@pytest.fixture(scope="module")
def plain() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer="basic")


@pytest.fixture(scope="module")
def shortened() -> Lark:
    engine = Lark(GRAMMAR, parser="lalr", lexer="basic")
    take_shortcuts(engine, makes_nothing)
    return engine


@pytest.mark.parametrize(
    "text",
    ["", "a", "a + b * c", "let x = a -> f(b) -> g", "-(a + -b)(c) * d e", "let a = b let c = d()"],
)
def test_the_same_trees(plain: Lark, shortened: Lark, text: str) -> None:
    assert shortened.parse(text) == plain.parse(text)


@pytest.mark.parametrize("text", ["a +", "let = a", "(a", "a -> -> b", "a)"])
def test_the_same_refusals(plain: Lark, shortened: Lark, text: str) -> None:
    for engine in (plain, shortened):
        with pytest.raises(UnexpectedInput):
            engine.parse(text)


def test_no_rule_is_completed_that_makes_nothing(plain: Lark, shortened: Lark) -> None:
    def completed(engine: Lark, text: str) -> list[str]:
        """Read a text, and give the rules that make nothing and were completed on the way."""
        state = engine.parse_interactive(text).parser_state
        found: list[str] = []
        for rule, make in list(state.parse_conf.callbacks.items()):
            if isinstance(rule, Rule) and makes_nothing(rule):
                note = f"{rule.origin.name}"
                state.parse_conf.callbacks[rule] = lambda parts, make=make, note=note: (
                    found.append(note) or make(parts)
                )
        engine.parse(text)
        return found

    assert completed(plain, "a + b * c")
    assert completed(shortened, "a + b * c") == []
