"""What somebody compiles in a clone is theirs: no check looks at it, and git does not tell of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

#: Where the README and the documentation say that a result goes: `-o resnet50.py`, or beside the spec.
RESULTS = ("resnet50.py", "specs/resnet50.py")


def test_the_checks_look_at_the_projects_own_files_alone(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    own = ("netdsl/a.py", "tests/deep/b.py", "docs/c.py", "benchmarks/d.py", "scripts/e.py")
    for name in (*own, *RESULTS):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = 1\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--show-files", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    seen = {Path(line).relative_to(tmp_path).as_posix() for line in done.stdout.splitlines()}
    assert seen == {"pyproject.toml", *own}


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no clone")
@pytest.mark.parametrize("name", RESULTS)
def test_git_does_not_tell_of_what_was_compiled(name: str) -> None:
    done = subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT, check=False)
    assert done.returncode == 0
    tracked = subprocess.run(
        ["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert name not in tracked.stdout.splitlines()
