"""The page for people who learn shows what `netdsl run` and the other commands print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.keras

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "why.md"
SPEC = re.compile(r"^`(\w+\.net)`:\n\n```net\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_what_is_shown_is_what_is_printed(tmp_path: Path) -> None:
    text = PAGE.read_text("utf-8")
    specs = SPEC.findall(text)
    assert len(specs) == len(re.findall("^```net$", text, re.MULTILINE))
    for name, spec in specs:
        (tmp_path / name).write_text(spec, "utf-8")
    shown = [
        re.fullmatch(r"\$ netdsl (.*?)\n(.*)", block, re.DOTALL) for block in CONSOLE.findall(text)
    ]
    assert len(shown) >= 5
    for found in shown:
        assert found is not None
        done = subprocess.run(
            f"{sys.executable} -m netdsl {found[1]}",
            shell=True,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            encoding="utf-8",
        )
        printed = "".join(line.rstrip() + "\n" for line in done.stdout.splitlines())
        assert (found[1], printed[: len(found[2])], done.stderr) == (found[1], found[2], "")
