"""The Python of each shipped spec: a golden file, which a formatter leaves alone and a linter passes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Golden
from tests.zoo.specs import SPECS, made, name_of

FOLDER = Path(__file__).parent.parent / "golden" / "specs"


def ruff(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ruff", *arguments, "--isolated", "--no-cache", str(FOLDER)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("path", SPECS, ids=name_of)
def test_python_of_a_spec_is_its_golden_file(path: Path, golden: Golden) -> None:
    golden(FOLDER / f"{path.stem}.py", made(path).source)


def test_ruff_leaves_the_golden_files_alone_and_passes_them() -> None:
    assert ruff("format", "--diff").stdout == ""
    checked = ruff("check")
    assert checked.returncode == 0, checked.stdout


def test_no_golden_file_is_without_its_spec() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} == {path.stem for path in SPECS}
