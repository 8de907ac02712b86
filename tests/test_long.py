"""The list of long tests names tests that there are."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from tests.conftest import LONG

ROOT = Path(__file__).resolve().parents[1]


@cache
def functions_of(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_each_is_a_test() -> None:
    for line in LONG.read_text("utf-8").splitlines():
        file, _, name = line.partition("::")
        assert name.partition("[")[0].rpartition("::")[2] in functions_of(file), line
