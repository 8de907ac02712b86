"""`netdsl` as a process: start-up, terminals, pipes, Ctrl-C, mistakes of netdsl itself."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.cases import run

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "netdsl"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": "80"}

HUGE = "model Huge { input x: [8] output y = x -> repeat 90000 { Dense(8, activation=relu) } }\n"


def on_terminal(arguments: list[str], extra: Mapping[str, str] | None = None) -> str:
    """Run with a terminal for output and give what came out."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=slave, stderr=slave, env=ENVIRONMENT | (extra or {})
    )
    os.close(slave)
    received = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # Linux reports the end of a terminal so
            break
        if not piece:
            break
        received += piece
    process.wait()
    os.close(master)
    return received.decode("utf-8")


@pytest.mark.parametrize("arguments", [["check", "wrong.net"], ["summary", "good.net"]])
class TestColour:
    def test_is_for_terminals(self, arguments: list[str]) -> None:
        assert "\x1b[" in on_terminal(arguments)

    def test_is_off_under_no_color(self, arguments: list[str]) -> None:
        assert "\x1b[" not in on_terminal(arguments, {"NO_COLOR": "1"})

    def test_is_off_in_a_pipe(self, arguments: list[str]) -> None:
        done = subprocess.run([*COMMAND, *arguments], capture_output=True, env=ENVIRONMENT)
        assert b"\x1b" not in done.stdout + done.stderr


def test_control_characters_of_a_spec_never_reach_the_terminal(folder: Path) -> None:
    text = "model M {\n    input x: [4]\n    output y = x -> \x1b[31mDense(4)\n}\n"
    (folder / "evil.net").write_text(text, "utf-8")
    done = subprocess.run([*COMMAND, "check", "evil.net"], capture_output=True, env=ENVIRONMENT)
    assert b"\x1b" not in done.stderr


def test_a_reader_that_goes_away_ends_the_run_quietly() -> None:
    process = subprocess.Popen(
        [*COMMAND, "layers"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.wait()


def test_ctrl_c_ends_the_run_quietly(folder: Path) -> None:
    (folder / "huge.net").write_text(HUGE, "utf-8")
    process = subprocess.Popen(
        [*COMMAND, "compile", "huge.net"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    )
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert b"Traceback" not in errors
    assert process.returncode in (130, -signal.SIGINT, 0, 1)
    assert not [path for path in folder.iterdir() if path.suffix == ".tmp"]


def test_a_mistake_of_netdsl_itself_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **named: object) -> None:
        raise KeyError("broken")

    monkeypatch.setattr("netdsl.cli.check.compile_files", fail)
    result = run("check", "good.net")
    assert result.exit_code == 2
    assert "internal error: KeyError" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (["--help"], ["rich", "lark", "networkx", "jinja2", "netdsl.compiler"]),
        (["explain", "N0501"], ["rich", "lark", "networkx", "jinja2", "netdsl.compiler"]),
        (["check", "good.net"], ["rich", "networkx", "jinja2", "tensorflow", "keras"]),
        (["compile", "good.net", "-o", "-"], ["rich", "tensorflow", "keras"]),
        (["graph", "good.net", "-o", "g.svg"], ["rich", "networkx", "jinja2", "http", "ssl"]),
        (["fmt", "good.net"], ["rich", "networkx", "difflib", "netdsl.compiler"]),
    ],
)
def test_a_command_imports_only_what_it_needs(arguments: list[str], absent: list[str]) -> None:
    script = (
        "import sys\nfrom netdsl.cli.commands import netdsl\n"
        f"try: netdsl({arguments!r})\nexcept SystemExit: pass\n"
        f"print([name for name in {absent!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, env=ENVIRONMENT, text=True
    )
    assert done.stderr.strip().endswith("[]")


def test_output_in_a_narrow_encoding_is_spelled_out() -> None:
    done = subprocess.run(
        [*COMMAND, "summary", "symbolic.net"],
        capture_output=True,
        env=ENVIRONMENT | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert done.stderr == b""


def test_an_unknown_command_is_told_of_with_a_suggestion() -> None:
    result = run("chekc", "good.net")
    assert result.exit_code == 2
    assert "`check`" in result.output


def test_the_version_is_that_of_the_package() -> None:
    from netdsl.version import __version__

    assert run("--version").output == f"netdsl {__version__}\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_behind_standard_output_is_told_as_what_it_is(folder: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "netdsl", "compile", "good.net", "-o", "-"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
    assert done.returncode == 2
    assert done.stderr == "netdsl: cannot write standard output: No space left on device\n"
