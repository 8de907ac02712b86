"""The regular expressions of the grammar: what Python before 3.11.5 reads as later ones do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from netdsl.resources import resource_dir

GRAMMAR = (resource_dir("grammar") / "netdsl.lark").read_text("utf-8")
TERMINALS = dict(re.findall(r"(?m)^([A-Z_]+)(?:\.\d+)?: /(.*)/$", GRAMMAR))

GOES_BACK = (sre.BRANCH, sre.MAX_REPEAT, sre.MIN_REPEAT)


def parts(value: Any) -> Iterator[tuple[Any, Any]]:
    """Give the operations within one, but for what an atomic group holds."""
    if isinstance(value, parser.SubPattern):
        for operator, argument in value:
            yield operator, argument
            if operator is not sre.ATOMIC_GROUP:
                yield from parts(argument)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from parts(part)


@pytest.mark.parametrize("name", TERMINALS)
def test_what_is_repeated_possessively_never_goes_back(name: str) -> None:
    for operator, argument in parts(parser.parse(TERMINALS[name])):
        if operator is sre.POSSESSIVE_REPEAT:
            assert not [inner for inner, _ in parts(argument) if inner in GOES_BACK], name


def test_the_terminals_are_found() -> None:
    assert {"NUMBER", "STRING", "FSTRING"} <= set(TERMINALS)
