"""What most specs never need is loaded when it is needed, and the lists of it are whole."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

SOUND = "model M { input x: [8] output y = x -> Dense(4, activation=relu) -> Dense(2) }"


@pytest.mark.parametrize("name", ["netdsl.elaborate.remedies", "netdsl.elaborate.training"])
def test_the_modules_of_a_package_are_there_by_need(name: str) -> None:
    package = import_module(name)
    (folder,) = package.__path__
    there = {path.stem for path in Path(folder).glob("*.py")} - {"__init__"}
    loaded = {
        "argument_fixes", "categories", "declared_layers", "in_their_places", "lacking", "unbound", "uncalled",
        "written_arguments",
    }  # fmt: skip
    assert set(package.BY_NEED) == there - loaded


def loaded_by(text: str) -> set[str]:
    """Give the modules that compiling a text loads, in a process of its own."""
    program = (
        f"import sys, netdsl; netdsl.compile_text({text!r}); print('\\n'.join(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_a_sound_file_loads_neither_remedies_nor_what_it_does_not_use() -> None:
    loaded = loaded_by(SOUND)
    for name in (
        "netdsl.elaborate.remedies.candidates",
        "netdsl.elaborate.remedies.no_stage",
        "netdsl.elaborate.training.settings",
        "netdsl.catalog.operations.elementwise",
        "netdsl.analyse.verification",
        "networkx",
        "zipfile",
        "rich",
    ):
        assert name not in loaded, name


def test_what_is_needed_is_loaded() -> None:
    loaded = loaded_by("model M { input x: [8] output y = x -> Dens(4) -> ops.relu() }")
    assert "netdsl.elaborate.remedies.no_stage" in loaded
    loaded = loaded_by("model M { input x: [8] output y = x -> ops.relu() }")
    assert "netdsl.catalog.operations.elementwise" in loaded
    assert "netdsl.catalog.operations.linear_algebra" not in loaded
