"""No spec ends in a traceback: the shipped ones with tokens deleted, doubled, swapped and replaced, by the thousand.

Each mutation is drawn from a seed, so that a failure can be found again. `NETDSL_MUTATIONS` sets how many a file gets.
"""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import pytest

from netdsl.compiler import compile_text
from tests.zoo.specs import FAMILIES, LIBRARY, SPECS, name_of

COUNT = int(os.environ.get("NETDSL_MUTATIONS", "3"))

TOKEN = re.compile(r'"""[\s\S]*?"""|"[^"\n]*"|#[^\n]*|[A-Za-z_]\w*|\d[\w.]*|->|==|\*\*|//|\s+|.')

#: Tokens that a mutation may put anywhere, besides those of the file itself.
STRANGERS = (
    "-> ( ) [ ] { } , = == : . _ as if else for in repeat not and or * ** / // % + - None True 0 -1 1e999 "
    '"" "é" f"{x}" lambda import @ ; ! ? x image Dense( layer model block input output let fn defaults'
).split()


def tokens_of(text: str) -> list[str]:
    return TOKEN.findall(text)


def mangled(tokens: list[str], draw: random.Random) -> str:
    """Change a spec in one to three places."""
    changed = list(tokens)
    for _ in range(draw.randint(1, 3)):
        place = draw.randrange(len(changed))
        match draw.randrange(6):
            case 0:
                del changed[place]
            case 1:
                changed.insert(place, changed[place])
            case 2:
                other = draw.randrange(len(changed))
                changed[place], changed[other] = changed[other], changed[place]
            case 3:
                changed[place] = draw.choice(STRANGERS)
            case 4:
                changed.insert(place, f" {draw.choice(STRANGERS)} ")
            case _:
                del changed[place : place + draw.randint(1, 12)]
        if not changed:
            break
    return "".join(changed)


#: A family of large networks takes long to compile, and is written in no other way than the others.
WRITTEN = [p for p in (*SPECS, *LIBRARY) if p.stem not in FAMILIES]


@pytest.mark.parametrize("path", WRITTEN, ids=name_of)
def test_mangled_spec_gives_diagnostics_and_no_traceback(path: Path) -> None:
    text = path.read_text("utf-8")
    tokens = tokens_of(text)
    assert "".join(tokens) == text
    for seed in range(COUNT):
        spec = mangled(tokens, random.Random(f"{path.stem} {seed}"))
        try:
            result = compile_text(spec, name=str(path))
        except Exception as error:
            raise AssertionError(
                f"seed {seed} of {path.stem} ends in {error!r}:\n{spec}"
            ) from error
        for found in result.diagnostics:
            span = found.primary.span
            assert 0 <= span.start <= span.end <= len(span.file.text), f"seed {seed} of {path.stem}"
            assert found.message


@pytest.mark.parametrize("path", SPECS[:4], ids=name_of)
def test_every_beginning_of_a_spec_gives_diagnostics_and_no_traceback(path: Path) -> None:
    text = path.read_text("utf-8")
    for end in range(0, len(text), max(1, len(text) // COUNT)):
        compile_text(text[:end], name=str(path))


@pytest.mark.parametrize("seed", range(10))
def test_noise_gives_diagnostics_and_no_traceback(seed: int) -> None:
    draw = random.Random(seed)
    words = [*STRANGERS, *tokens_of(SPECS[seed % len(SPECS)].read_text("utf-8"))]
    for _ in range(COUNT // 10 + 1):
        compile_text(" ".join(draw.choice(words) for _ in range(draw.randint(1, 60))))
