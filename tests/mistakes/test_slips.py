"""Slips of the hand in whole networks: one mistake, at a place that is known, in a spec that has no other.

Each kind makes many broken copies of the shipped networks. Nearly each must be told at its place, once, with a way out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from netdsl.compiler import compile_text
from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.source import SourceFile
from netdsl.syntax.tokens import Tokens, tokenize

ROOT = Path(__file__).parents[2]
NETWORKS = [
    *(ROOT / "specs" / f"{name}.net" for name in ("lenet5", "unet", "xception")),
    *(ROOT / "tests/advice/networks" / f"{n}.net" for n in ("crnn", "wavenet", "dcgan")),
]
MOST = 2  # copies of a network for one kind


class Slip(NamedTuple):
    """A part of a text, and what stands there instead."""

    start: int
    end: int
    text: str


def swapped(word: str) -> str:
    """Swap the first two letters that differ, behind the first where there are enough."""
    first = next((i for i in (1, 2, 0) if word[i : i + 1] != word[i + 1 : i + 2]), 0)
    return word[:first] + word[first + 1 : first + 2] + word[first] + word[first + 2 :]


def words_swapped(kind: str, tokens: Tokens, index: int) -> Iterator[Slip]:
    """A word with two letters swapped: of a layer, an argument, or the language."""
    text, following = tokens.text(index), tokens.kinds[index + 1]
    is_layer = following == "(" and text[0].isupper() and tokens.kinds[index - 1] == "->"
    # A default that a parameter has is no argument: the names on its left are the block's own.
    is_argument = following == "=" and tokens.kinds[index - 1] == "," and not is_layer
    is_word = tokens.kinds[index] in ("block", "model", "input", "output", "for", "repeat")
    if {"layer": is_layer, "argument": is_argument, "word": is_word}[kind] and len(text) > 2:
        yield Slip(tokens.starts[index], tokens.ends[index], swapped(text))


def sign_left_out(kind: str, tokens: Tokens, index: int) -> Iterator[Slip]:
    if tokens.kinds[index] == kind:
        yield Slip(tokens.starts[index], tokens.ends[index], "")


def sign_twice(kind: str, tokens: Tokens, index: int) -> Iterator[Slip]:
    if tokens.kinds[index] == kind:
        text = f"{kind} {kind}" if kind == "->" else kind * 2
        yield Slip(tokens.starts[index], tokens.ends[index], text)


Maker = Callable[[str, Tokens, int], Iterator[Slip]]
KINDS: list[tuple[str, Maker, str]] = [
    *((f"{k}_misspelled", words_swapped, k) for k in ("layer", "argument", "word")),
    *((f"{s}_left_out", sign_left_out, s) for s in ("(", ")", "]", "{", "}", ",", "->", "=")),
    *((f"{s}_twice", sign_twice, s) for s in (")", "]", ",", "->", "=")),
]


class Told(NamedTuple):
    """What is said of one broken copy."""

    is_near: bool
    is_once: bool
    has_help: bool
    text: str


def copies(make: Maker, kind: str) -> Iterator[tuple[Path, str, Slip]]:
    for path in NETWORKS:
        text = path.read_text("utf-8")
        tokens = tokenize(SourceFile(path.name, text))
        slips = [s for i in range(1, len(tokens.kinds) - 1) for s in make(kind, tokens, i)]
        for slip in slips[:: max(1, len(slips) // MOST)][:MOST]:
            yield path, text[: slip.start] + slip.text + text[slip.end :], slip


def told(path: Path, text: str, slip: Slip) -> Told | None:
    """Compile a broken copy; None where what is left means something else, and that is in order."""
    found = [d for d in compile_text(text, name=str(path)).diagnostics if d.severity == "error"]
    if not found or all(d.code == "N0411" for d in found):
        return None
    return Told(
        any(_is_near(text, slip, span_start) for span_start in _places(found[0])),
        len(found) == 1,
        bool(found[0].help),
        f"{path.stem}: {slip}: {[d.message for d in found]}",
    )


def _places(diagnostic: Diagnostic) -> Iterator[int]:
    yield diagnostic.primary.span.start
    if diagnostic.fix is not None and diagnostic.fix.checked:
        yield from (edit.span.start for edit in diagnostic.fix.edits)


def _is_near(text: str, slip: Slip, offset: int) -> bool:
    """Tell a place in the lines of the slip, or in the one after it where the slip ends its line."""
    end = slip.start + len(slip.text)
    first = text.rfind("\n", 0, slip.start) + 1
    behind = re.compile(r"[^\n]*\s*\S*").match(text, end)
    assert behind is not None
    return first <= offset <= behind.end() or text[offset] in "([{"


@pytest.mark.parametrize(("make", "kind"), [k[1:] for k in KINDS], ids=[k[0] for k in KINDS])
def test_a_slip_is_told_once_at_its_place_with_a_way_out(make: Maker, kind: str) -> None:
    found = [t for copy in copies(make, kind) if (t := told(*copy)) is not None]
    assert len(found) >= 6
    for rate, name in ((0.95, "is_near"), (0.9, "is_once"), (0.9, "has_help")):
        missed = [t.text for t in found if not getattr(t, name)]
        assert len(missed) <= (1 - rate) * len(found), (name, missed)


def test_two_slips_are_told_as_two() -> None:
    """A misspelled layer and, in another statement, a word of the language."""
    for path in NETWORKS:
        text = path.read_text("utf-8")
        layers, words = (
            re.compile(r"-> (Dense|Conv2D|Flatten)\("),
            re.compile(r"(?m)^    (output)\b"),
        )
        layer, word = layers.search(text), words.search(text)
        if layer is None or word is None:
            continue
        for match in sorted((layer, word), key=lambda m: -m.start(1)):
            text = text[: match.start(1)] + swapped(match[1]) + text[match.end(1) :]
        errors = [
            d for d in compile_text(text, name=str(path)).diagnostics if d.severity == "error"
        ]
        assert {d.primary.span.text for d in errors} == {swapped(layer[1]), swapped(word[1])}
        assert len(errors) == 2, path.stem
