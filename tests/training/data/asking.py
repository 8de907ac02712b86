"""What tests of data share: specs, and the check of a spec's data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from netdsl.compiler import compile_file
from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.training.checks import Checked, check_data

CLASSES = "x -> Dense(3, activation=softmax)"


def spec(
    data: str,
    *,
    inputs: str = "input x: [4]",
    output: str = CLASSES,
    loss: str = "sparse_categorical_crossentropy",
    more: str = "",
) -> str:
    """Write a spec with a source of data in line 6."""
    return (
        f"model M {{\n    {inputs}\n    output y = {output}\n}}\n"
        f"train M {{\n    data = {data}\n    optimizer = adam\n    loss = {loss}\n    {more}\n}}\n"
    )


def check(folder: Path, text: str) -> tuple[Checked, list[Diagnostic]]:
    """Compile a spec in a folder, and hold its data against its model."""
    path = folder / "m.net"
    path.write_text(text)
    compiled = compile_file(path)
    assert compiled.ok, [d.message for d in compiled.diagnostics]
    found: list[Diagnostic] = []
    return check_data(compiled.experiment(), found.append), found


def told(folder: Path, text: str) -> list[tuple[str, str, str, str]]:
    """Give of each mistake its code, what is marked, and what is said of it and of the way out."""
    _, found = check(folder, text)
    return [(d.code, d.primary.span.text, d.primary.text, d.help) for d in found]


def savez(path: Path, **arrays: Any) -> None:
    import numpy

    numpy.savez(path, **arrays)
