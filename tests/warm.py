"""Commands that ask Keras, each in a process of its own, which is forked from one that has imported Keras.

Importing TensorFlow takes longer than what most of these commands do. What a process finds when it is forked is what
it would find after its imports: nothing has been computed, and no thread of TensorFlow's runs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def run(
    arguments: Sequence[str], folder: Path, timeout: int = 300, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `python ARGUMENTS` in a folder, `-m netdsl …` or a script, as `subprocess.run` does it with text."""
    with tempfile.TemporaryDirectory() as streams:
        told = {
            "arguments": [*arguments],
            "folder": os.fspath(folder),
            "streams": streams,
            "timeout": timeout,
            "environment": {"PYTHONPATH": str(ROOT), **environment},
        }
        status = _ask(json.dumps(told))
        out, error = (Path(streams, name).read_text("utf-8") for name in ("out", "error"))
    assert status != -signal.SIGALRM, f"{arguments} takes longer than {timeout} seconds"
    return subprocess.CompletedProcess(["python", *arguments], status, out, error)


def _ask(line: str) -> int:
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(line + "\n")
    server.stdin.flush()
    answer = server.stdout.readline()
    assert answer, "the process that has imported Keras is gone"
    return int(answer)


@cache
def _server() -> subprocess.Popen[str]:
    """Start the process that is forked, which ends with this one."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.warm"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": "tensorflow"},
    )


def _serve() -> list[str]:
    """Fork for each line that is read; what is forked goes on from here with what it is asked to run."""
    for line in sys.stdin:
        told = json.loads(line)
        child = os.fork()
        if child == 0:
            return _settled(told)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    return []


def _settled(told: dict[str, object]) -> list[str]:
    """Give a forked process its folder, environment and streams."""
    signal.alarm(int(str(told["timeout"])))
    os.chdir(str(told["folder"]))
    os.environ.update(told["environment"])  # type: ignore[call-overload]
    writing = os.O_WRONLY | os.O_CREAT
    for number, name, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, "out", writing),
        (2, "error", writing),
    ):
        os.dup2(os.open(os.path.join(str(told["streams"]), name), flags, 0o600), number)
    return list(told["arguments"])  # type: ignore[call-overload]


def _import_all() -> None:
    """Import what the commands will: Keras, and what reads data and draws."""
    import keras
    import matplotlib.figure
    import pandas
    import tensorflow

    import netdsl.cli.main
    import netdsl.compiler

    del keras, matplotlib, netdsl, pandas, tensorflow


if __name__ == "__main__":
    import runpy

    _import_all()
    asked = _serve()
    if asked[:1] == ["-m"]:
        sys.argv, sys.path[0] = asked[1:], os.getcwd()
        runpy.run_module(asked[1], run_name="__main__", alter_sys=True)
    elif asked:
        sys.argv, sys.path[0] = asked, os.path.dirname(os.path.abspath(asked[0]))
        runpy.run_path(asked[0], run_name="__main__")
