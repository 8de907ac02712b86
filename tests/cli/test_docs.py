"""The page on the command line shows what the commands print."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from netdsl.cli.commands import netdsl

PAGE = Path(__file__).parents[2] / "docs" / "command_line.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for word, text in FENCE.findall(PAGE.read_text("utf-8")) if word == language]


def commands(block: str) -> list[tuple[str, str]]:
    """Cut a block into commands and what they print."""
    parts = re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def test_what_is_shown_is_what_is_printed(folder: Path) -> None:
    (spec,) = blocks("net")
    (folder / "tiny.net").write_text(spec, "utf-8")
    (folder / "netdsl").write_text(f'#!/bin/sh\nexec {sys.executable} -m netdsl "$@"\n', "utf-8")
    (folder / "netdsl").chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "PYTHONPATH": str(PAGE.parents[1]),
        "COLUMNS": "80",
    }
    shown = [pair for block in blocks("console") for pair in commands(block)]
    assert len(shown) > 5
    for command, expected in shown:
        done: Result | subprocess.CompletedProcess[str]
        if command.startswith("netdsl "):  # by itself, for which no shell is needed
            done = CliRunner(env={"COLUMNS": "80"}).invoke(netdsl, shlex.split(command)[1:])
        else:
            done = subprocess.run(
                command, shell=True, capture_output=True, text=True, env=environment
            )
        printed = "".join(line.rstrip() + "\n" for line in (done.stdout + done.stderr).splitlines())
        if command.split()[1] in ("summary", "explain", "layers", "compare"):
            printed = printed[: len(expected)]  # the page shows the beginning
        assert (command, printed) == (command, expected)
