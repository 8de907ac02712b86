"""Each spec in tests/golden/compile gives the Python beside it, which a formatter leaves alone and a linter passes."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from netdsl.compiler import Compiled, compile_source
from netdsl.source import SourceFile
from tests.conftest import Golden

FOLDER = Path(__file__).parent.parent / "golden" / "compile"
SPECS = sorted(FOLDER.glob("*.net"))


def compiled_afresh(path: Path) -> Compiled:
    result = compile_source(
        SourceFile(path.name, path.read_text("utf-8")),
        lambda name: (path.parent / name).read_text("utf-8"),
    )
    assert result.ok, [d.message for d in result.diagnostics]
    return result


#: What the functions of a `train` block may need beside Keras.
FOR_TRAINING = {
    *sys.stdlib_module_names,
    "keras",
    "numpy",
    "pandas",
    "pyarrow",
    "sklearn",
    "tensorflow",
    "jax",
}


@cache
def compiled(path: Path) -> Compiled:
    """Compile a spec once for all tests of it."""
    return compiled_afresh(path)


def ruff(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ruff", *arguments, "--isolated", "--no-cache", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("path", SPECS, ids=lambda p: p.stem)
def test_a_spec_compiles_to_its_golden_file(path: Path, golden: Golden) -> None:
    golden(path.with_suffix(".py"), compiled(path).source)


@pytest.mark.parametrize("flat", [False, True], ids=["structured", "flat"])
def test_ruff_leaves_the_output_alone_and_passes_it(flat: bool, tmp_path: Path) -> None:
    for path in SPECS:
        source = compiled(path).emit(flat=flat)
        (tmp_path / path.with_suffix(".py").name).write_text(source, "utf-8")
    assert ruff("format", "--diff", folder=tmp_path).stdout == ""
    checked = ruff("check", folder=tmp_path)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("path", SPECS, ids=lambda p: p.stem)
def test_the_same_spec_gives_the_same_bytes(path: Path) -> None:
    assert compiled_afresh(path).source == compiled(path).source


@pytest.mark.parametrize("path", SPECS, ids=lambda p: p.stem)
def test_the_output_imports_neither_netdsl_nor_what_the_spec_does_not_name(path: Path) -> None:
    imports = [
        line
        for line in compiled(path).source.splitlines()
        if line.startswith(("import ", "from ")) and "my_package" not in line
    ]
    standard = ("functools", "itertools", "math", "sys")
    allowed = {"from tensorflow import keras", *(f"import {name}" for name in standard)}
    if path.stem.startswith("train_"):
        allowed |= {line for line in imports if line.split()[1].split(".")[0] in FOR_TRAINING}
    assert set(imports) <= allowed


def test_no_golden_file_is_without_its_spec() -> None:
    orphans = {p.stem for p in FOLDER.glob("*.py")} - {p.stem for p in SPECS}
    assert not orphans
