"""The page for people who learn shows what `netdsl run` and the other commands print."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests import warm

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
        command, _, cut = found[1].partition(" | ")
        done = warm.run(["-m", "netdsl", *shlex.split(command)], tmp_path)
        printed = "".join(line.rstrip() + "\n" for line in done.stdout.splitlines())
        if cut:
            printed = subprocess.run(
                cut, shell=True, input=printed, capture_output=True, text=True, check=True
            ).stdout
        assert (found[1], printed[: len(found[2])], done.stderr) == (found[1], found[2], "")
