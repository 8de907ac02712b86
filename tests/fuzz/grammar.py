"""Draws text from the grammar: what the parser takes, mostly nonsense to everything after it."""

from __future__ import annotations

import random
from functools import cache

from lark import Lark
from lark.grammar import NonTerminal, Rule, Symbol

from netdsl.catalog.signature import names_and_aliases
from netdsl.resources import resource_dir

DEEPEST = 12  # levels of rules; below that the shortest way out is taken

_PARAMETERS = "filters units rate act n i x y image main skip seq".split()
_WORDS = (
    "relu softmax he_normal adam mse accuracy float32 int32 int float ops applications std".split()
)
_MEMBERS = "reshape matmul mean ResNet50 shape dtype vision attention c5 y".split()
_KEYWORDS = "padding activation strides filters name use_bias axis return_sequences value".split()
_COMMON = "Dense Conv2D Flatten Add Concatenate LSTM MaxPooling2D BatchNormalization Reshape Dropout".split()

NAMES = (*_PARAMETERS, *_PARAMETERS, *_COMMON, *_COMMON, *_WORDS, *_MEMBERS, *_KEYWORDS)
NUMBERS = ("0", "1", "2", "3", "8", "64", "0.5", "1e-3", "10_000", "0x1F", "1e308", "9" * 30)
STRINGS = ('"same"', '"valid"', "'relu'", '"a.net"', '"""doc"""', 'r"\\d"', '""', '"日本"', '"{x}"')
FSTRINGS = ('f"conv{i}"', 'f"{x!r:>8}"', 'f"{n + 1}{{}}"', "f'{act}'")


@cache
def _grammar() -> tuple[dict[str, list[Rule]], dict[str, str], dict[str, int]]:
    """Read the rules, the text of each plain terminal, and how few levels each rule can end in."""
    lark = Lark(
        (resource_dir("grammar") / "netdsl.lark").read_text("utf-8"), parser="lalr", start="module"
    )
    rules: dict[str, list[Rule]] = {}
    for rule in lark.rules:
        rules.setdefault(rule.origin.name, []).append(rule)
    plain = {t.name: t.pattern.value for t in lark.terminals if t.pattern.type == "str"}
    return rules, plain, _heights(rules)


def _heights(rules: dict[str, list[Rule]]) -> dict[str, int]:
    heights: dict[str, int] = {}
    while len(heights) < len(rules):
        for name, choices in rules.items():
            known = [h for rule in choices if (h := _height(rule, heights)) is not None]
            if known:
                heights[name] = min(known)
    return heights


def _height(rule: Rule, heights: dict[str, int]) -> int | None:
    inner = [heights.get(s.name) for s in rule.expansion if isinstance(s, NonTerminal)]
    if any(height is None for height in inner):
        return None
    return 1 + max((height for height in inner if height is not None), default=0)


def draw(chance: random.Random, most: int = 400) -> str:
    """Draw one file of up to about `most` tokens."""
    rules, plain, heights = _grammar()
    words: list[str] = []
    pending: list[tuple[Symbol, int]] = [(NonTerminal("module"), 0)]
    while pending:
        symbol, depth = pending.pop()
        if not isinstance(symbol, NonTerminal):
            words.append(plain.get(symbol.name) or _terminal(symbol.name, chance))
            continue
        choices = rules[symbol.name]
        if depth > DEEPEST or len(words) + len(pending) > most:
            least = min(_height(rule, heights) or 0 for rule in choices)
            choices = [rule for rule in choices if _height(rule, heights) == least]
        rule = chance.choice(choices)
        pending.extend((s, depth + 1) for s in reversed(rule.expansion))
    return _layout(words, chance)


def _terminal(name: str, chance: random.Random) -> str:
    match name:
        case "NUMBER":
            return chance.choice(NUMBERS)
        case "STRING":
            return chance.choice(STRINGS)
        case "FSTRING":
            return chance.choice(FSTRINGS)
        case "NAME" if chance.random() < 0.1:
            return chance.choice(sorted(names_and_aliases("layer")))
        case _:
            return chance.choice(NAMES)


def _layout(words: list[str], chance: random.Random) -> str:
    """Put the words in lines, with a comment now and then."""
    parts: list[str] = []
    for word in words:
        parts.append(word)
        roll = chance.random()
        parts.append("\n" if roll < 0.1 else "  # note\n" if roll < 0.11 else " ")
    return "".join(parts)
