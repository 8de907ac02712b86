"""The grammar `grammar/netdsl.lark`, compiled by Lark and kept beside this file.

Compiling the grammar takes Lark a fifth of a second, loading what it has saved a few milliseconds; so `grammar.lalr`
ships ready made: what Lark saves of a parser, with its table beside it (`table.py`). Its first line names what it was
made from, the grammar and the version of Lark: in a checkout whose grammar has been edited since, it is compiled
afresh in memory. `python -m netdsl.syntax.grammar` writes the file.

A kind of token is named by what is written for it where that is fixed (`->`, `let`), else by its name in the grammar
(`NAME`); Lark names all of them by terminals (`LET`).
"""

from __future__ import annotations

import hashlib
import pickle
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import lark
from lark.exceptions import LarkError
from lark.grammar import Rule, Terminal
from lark.lexer import PatternStr

from netdsl.resources import resource_dir
from netdsl.syntax.shortcuts import take_shortcuts
from netdsl.syntax.table import Packed, Rows, packed, table_of
from netdsl.syntax.words import WordLexer

STARTS = ("module", "expr")
END = "$END"
SHIPPED = Path(__file__).with_name("grammar.lalr")


class Grammar(NamedTuple):
    """What the parser and the tokenizer need to know of the grammar.

    `rules` are those that the table names, and that a reading makes values by. `terminals` gives Lark's name for each
    kind of token, `kinds` the kind for Lark's name; `literals` are the kinds whose text is fixed, `words` those of
    them that look like names, `patterns` the regular expressions of the others, and `valued` the kinds whose text
    matters.
    """

    engine: lark.Lark
    rules: Sequence[Rule]
    terminals: Mapping[str, str]
    kinds: Mapping[str, str]
    literals: frozenset[str]
    words: frozenset[str]
    patterns: Mapping[str, str]
    valued: frozenset[str]


def grammar_text() -> str:
    """Read the grammar, wherever this installation keeps it."""
    return (resource_dir("grammar") / "netdsl.lark").read_text("utf-8")


def origin_of(text: str) -> bytes:
    """Give the line that names what a saved grammar was made from."""
    release = ".".join(re.findall(r"\d+", lark.__version__)[:2])
    return f"lark {release}, packed table, grammar {hashlib.sha256(text.encode()).hexdigest()}\n".encode()


@cache
def load_grammar() -> Grammar:
    """Give the installed grammar: the one that was saved, or a fresh one where that is out of date."""
    text = grammar_text()
    return _described(*(_saved(origin_of(text)) or _taken_apart(compile_grammar(text))))


def compile_grammar(text: str) -> lark.Lark:
    """Have Lark compile the text of a grammar, and take out of its table what makes nothing."""
    engine = lark.Lark(
        text, parser="lalr", lexer=WordLexer, start=list(STARTS), maybe_placeholders=True
    )
    take_shortcuts(engine, makes_nothing)
    return engine


def makes_nothing(rule: Rule) -> bool:
    """Tell whether a rule only passes the value of its one symbol on: `?sum: term`."""
    is_single = rule.options.expand1 and len(rule.expansion) == 1 and not rule.alias
    return is_single and not rule.origin.name.startswith("_") and not _is_dropped(rule)


def _is_dropped(rule: Rule) -> bool:
    symbol = rule.expansion[0]
    is_dropped = isinstance(symbol, Terminal) and symbol.filter_out
    return is_dropped and not rule.options.keep_all_tokens


def _taken_apart(engine: lark.Lark) -> tuple[lark.Lark, Packed]:
    """Take the rows out of a parser's table, and the rules, and give them packed: Lark is slow to read them again."""
    table, conf = table_of(engine), engine.parser.parser_conf
    result = packed(table.states, engine.rules)
    table.states, engine.rules, conf.rules = {}, [], []
    return engine, result


def _saved(origin: bytes) -> tuple[lark.Lark, Packed] | None:
    try:
        with SHIPPED.open("rb") as stream:
            if stream.readline() != origin:
                return None
            return lark.Lark.load(stream), Packed(*pickle.load(stream))
    except (OSError, EOFError, LarkError, pickle.UnpicklingError):
        return None


@cache
def stage_words() -> tuple[str, ...]:
    """Give the words that stages begin with: `repeat`, `for`, `if`."""
    grammar = load_grammar()
    stages = {rule.expansion[0].name for rule in grammar.rules if rule.origin.name == "plain_stage"}
    firsts = (rule.expansion[0] for rule in grammar.rules if rule.origin.name in stages)
    words = (grammar.kinds[first.name] for first in firsts if first.is_term)
    return tuple(dict.fromkeys(words))


def _described(engine: lark.Lark, table: Packed) -> Grammar:
    rules = table.rules
    table_of(engine).states = Rows(table)
    kinds = {t.name: t.pattern.value for t in engine.terminals if isinstance(t.pattern, PatternStr)}
    literals = frozenset(kinds.values())
    patterns = {t.name: t.pattern.value for t in engine.terminals if t.name not in kinds}
    kinds |= {name: name for name in (*patterns, END)}
    return Grammar(
        engine,
        rules,
        terminals={kind: name for name, kind in kinds.items()},
        kinds=kinds,
        literals=literals,
        words=frozenset(word for word in literals if word.isidentifier()),
        patterns=patterns,
        valued=frozenset(kinds[s.name] for rule in rules for s in _kept_terminals(rule)),
    )


def _kept_terminals(rule: Rule) -> list[Terminal]:
    keeps_all = rule.options.keep_all_tokens
    terminals = [s for s in rule.expansion if isinstance(s, Terminal)]
    return [s for s in terminals if keeps_all or not s.filter_out]


if __name__ == "__main__":
    grammar = grammar_text()
    parser, rows = _taken_apart(compile_grammar(grammar))
    with SHIPPED.open("wb") as stream:
        stream.write(origin_of(grammar))
        parser.save(stream)
        pickle.dump(tuple(rows), stream)
