"""Inputs by number: the same seed and number give the same text, so a failure can be made again."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from netdsl.resources import std_dir
from tests.fuzz.grammar import FSTRINGS, NAMES, NUMBERS, STRINGS, draw
from tests.zoo.specs import FAMILIES

ROOT = Path(__file__).parents[2]
LONGEST = 20_000  # characters; longer specs are cut, so that an input tells what it is about

#: Tokens that may stand for one another.
_FITTING = (
    *["1 2 3 4 5 7 8 10 16 32 64 100 128 224".split()] * 3,
    ('"same"', '"valid"'),
    ("True", "False"),
    tuple("relu gelu tanh softmax sigmoid linear silu".split()),
    tuple("Add Multiply Concatenate Average Maximum".split()),
    tuple("Dense Conv1D Conv2D LSTM GRU ReLU Flatten Identity Dropout LayerNormalization".split()),
    ("->", ","),
    ("+", "-", "*", "/", "//", "%", "@"),
    ("==", "<", ">", "!="),
    ("0.1", "0.5", "0.05", "1.5"),
    ("float32", "int32", "float16", "bool"),
)

#: Right specs of a thousand layers: a second each to write out four times over, where a hundred layers tell as much.
_DEEP = {"deep_chain", "networks_for_transfer_learning", *FAMILIES}

_TOKEN = re.compile(r"\s+|#[^\n]*|\"[^\"\n]*\"|\w+(?:\.\d+)?|->|//|\*\*|[<>=!]=|.", re.DOTALL)
_SIGNS = "-> = == => ( ) [ ] { } , : . * ** + - / // % ; ? _ \" ' # \\ @ < > | & ! ~ ^ $".split(" ")
_NASTY = ("\x00", "\u2028", "\u200b", "\ufeff", "\r\n", "\t", "é", "日本", "😀", "\ud800", "“", "¹")
_WORDS = "if else for in repeat let fn block model train input output layer weight defaults assert from".split()


@cache
def corpus() -> tuple[str, ...]:
    """Every spec of the repository, right ones and wrong ones, in a fixed order."""
    folders = [ROOT / "specs", std_dir(), ROOT / "tests" / "mistakes", ROOT / "tests" / "golden"]
    paths = sorted(p for folder in folders for p in folder.rglob("*.net"))
    return tuple(path.read_text("utf-8")[:LONGEST] for path in paths)


@cache
def right() -> tuple[str, ...]:
    """Specs that compile, in a fixed order; changed a little, they mostly still do."""
    folders = [ROOT / "specs", ROOT / "docs" / "examples", ROOT / "tests" / "golden" / "compile"]
    paths = sorted(p for folder in folders for p in folder.rglob("*.net") if p.stem not in _DEEP)
    texts = [path.read_text("utf-8") for path in paths]
    return tuple(text for text in texts if 'from "' not in text)


@cache
def library() -> Mapping[str, str]:
    """The files that specs of the corpus import, by name."""
    paths = sorted((ROOT / "tests").rglob("parts/*.net"))
    return {path.name: path.read_text("utf-8", "replace") for path in paths}


@cache
def _tokens(text: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(text))


def _spec(chance: random.Random) -> list[str]:
    return list(_tokens(chance.choice(right() if chance.random() < 0.1 else corpus())))


def _any_token(chance: random.Random) -> str:
    pool = chance.choice((NAMES, NUMBERS, STRINGS, FSTRINGS, _SIGNS, _SIGNS, _WORDS, _NASTY))
    return chance.choice(pool)


def mutated(chance: random.Random) -> str:
    """A spec with a few tokens deleted, repeated, swapped, replaced or put in."""
    tokens = _spec(chance)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        place, other = (chance.randrange(len(tokens)) if tokens else 0 for _ in range(2))
        match chance.randrange(5):
            case 0:
                del tokens[place : place + chance.choice((1, 1, 2, 5))]
            case 1 if tokens:
                tokens[place:place] = tokens[place : place + chance.choice((1, 3, 20))]
            case 2 if tokens:
                tokens[place], tokens[other] = tokens[other], tokens[place]
            case 3 if tokens:
                tokens[place] = _any_token(chance)
            case _:
                tokens.insert(place, _any_token(chance))
    return "".join(tokens)


def respelled(chance: random.Random) -> str:
    """A spec with numbers and names changed for others of their kind: it still parses, and means something else."""
    tokens = _spec(chance)
    for _ in range(chance.choice((1, 2, 4))):
        places = [i for i, token in enumerate(tokens) if re.fullmatch(r"\w+(\.\d+)?", token)]
        if places:
            place = chance.choice(places)
            is_number = tokens[place][0].isdigit()
            tokens[place] = chance.choice(NUMBERS if is_number else NAMES)
    return "".join(tokens)


def resized(chance: random.Random) -> str:
    """A right spec with a few sizes, words and operators changed for others that may well fit."""
    tokens = list(_tokens(chance.choice(right())))
    for _ in range(chance.choice((0, 1, 1, 2, 4))):
        family = chance.choice(_FITTING)
        places = [i for i, token in enumerate(tokens) if token in family]
        if places:
            tokens[chance.choice(places)] = chance.choice(family)
    return "".join(tokens)


def noisy(chance: random.Random) -> str:
    """A spec with characters and bytes overwritten."""
    data = bytearray("".join(_spec(chance)).encode("utf-8"))
    for _ in range(chance.choice((1, 4, 30))):
        if data:
            data[chance.randrange(len(data))] = chance.randrange(256)
    return data.decode("utf-8", "replace" if chance.random() < 0.5 else "surrogateescape")


def spliced(chance: random.Random) -> str:
    """The beginning of one spec and the end of another, perhaps with a piece of a third between them."""
    first, second = _spec(chance), _spec(chance)
    middle = _spec(chance) if chance.random() < 0.3 else []
    cut = chance.randrange(len(first) + 1)
    begin = chance.randrange(len(middle) + 1)
    inside = middle[begin : begin + 30]
    return "".join([*first[:cut], *inside, *second[chance.randrange(len(second) + 1) :]])


def nested(chance: random.Random) -> str:
    """Brackets, operators and loops, many levels deep or many in a row."""
    times = chance.choice((5, 5, 50, 50, 500, 3000))
    left, core, right = chance.choice(
        (
            ("(", "x", ")"),
            ("[", "x", "]"),
            ("- ", "x", ""),
            ("x + ", "x", ""),
            ("x -> ", "Dense(4)", ""),
            ("x -> repeat 2 { ", "Dense(4)", " }"),
            ("if a { b } else ", "{ c }", ""),
            ("[for i in range(9) { ", "Dense(i)", " }]"),
            ("f(", "1", ")"),
            ("TimeDistributed(", "Dense(4)", ")"),
            ("2 ** ", "9", ""),
            ("x[", "0", "]"),
            ("a if b else ", "c", ""),
        )
    )
    body = left * times + core + right * times
    return f"model M {{\n    input x: [8]\n    output y = {body}\n}}\n"


def random_text(chance: random.Random) -> str:
    """Anything: bytes, characters of all Unicode, punctuation."""
    length = chance.choice((1, 8, 64, 500, 4000))
    match chance.randrange(3):
        case 0:
            return chance.randbytes(length).decode("utf-8", "replace")
        case 1:
            return "".join(chr(chance.randrange(0x110000)) for _ in range(length))
        case _:
            return "".join(
                _any_token(chance) + chance.choice(("", " ")) for _ in range(length // 4)
            )


#: The kinds of input, with their weights.
KINDS: dict[Callable[[random.Random], str], int] = {
    mutated: 35,
    respelled: 20,
    spliced: 15,
    resized: 6,
    draw: 15,
    noisy: 7,
    random_text: 6,
    nested: 1,
}


def make(seed: int, number: int) -> tuple[str, str]:
    """Give input `number`: the name of its kind, and its text."""
    chance = random.Random(f"{seed}:{number}")
    kind = chance.choices(list(KINDS), list(KINDS.values()))[0]
    return kind.__name__, kind(chance)
