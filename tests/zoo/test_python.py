"""The Python of each shipped spec: a golden file, which a formatter leaves alone and a linter passes."""

from __future__ import annotations

import re
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
    checked = ruff("check", "--extend-select", "E501,D205", "--line-length", "88")
    assert checked.returncode == 0, checked.stdout


def test_no_golden_file_is_without_its_spec() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} == {path.stem for path in SPECS}


#: The files of what docs/keras_versions.md names otherwise, or by more than a name.
NAMED = {
    "dcn_v2": "DCN-v2",
    "digits": "the digits",
    "edges": "the edge detectors",
    "gpt2": "GPT-2",
    "lenet1998": "LeNet\nof 1998",
}


def test_the_docs_name_the_modules_that_keras_2_cannot_run() -> None:
    page = (FOLDER.parents[2] / "docs" / "keras_versions.md").read_text("utf-8")
    named = page.partition("which Keras 3\nbrought: ")[2].partition(".\n")[0]
    asks = [
        f for f in FOLDER.glob("*.py") if re.search(r"keras\.ops|, \"Weight\"\)", f.read_text())
    ]
    for file in asks:
        assert NAMED.get(file.stem, file.stem.replace("_", "")).lower() in named.lower(), file.stem
    assert len(named.split(", ")) == len(asks) - 1  # the last two are joined by "and"
