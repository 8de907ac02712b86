"""Standard streams that are full, closed, narrow or gone: a sentence, the right status, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "netdsl")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}

FULL = "netdsl: cannot write standard output: No space left on device\n"
CLOSED = "netdsl: cannot write standard output: it is closed\n"


def done(
    arguments: Sequence[str], *, closed: Sequence[int] = (), **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run with some of the standard streams closed."""

    def close() -> None:
        for number in closed:
            os.close(number)

    defaults: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "env": ENVIRONMENT,
    }
    return subprocess.run(
        [*COMMAND, *arguments],
        check=False,
        text=True,
        timeout=120,
        preexec_fn=close,
        **defaults | options,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
class TestFull:
    @pytest.mark.parametrize("arguments", [["--version"], ["summary", "good.net"]])
    def test_output_is_told_of(self, arguments: list[str]) -> None:
        with open("/dev/full", "w") as full:
            result = done(arguments, stdout=full)
        assert (result.returncode, result.stderr) == (2, FULL)

    @pytest.mark.parametrize(
        ("arguments", "status"),
        [(["check", "wrong.net"], 2), (["check", "good.net"], 0), (["chek"], 2)],
    )
    def test_error_output_is_a_status(self, arguments: list[str], status: int) -> None:
        with open("/dev/full", "w") as full:
            assert done(arguments, stderr=full).returncode == status

    def test_all_of_it_is_a_status(self) -> None:
        with open("/dev/full", "w") as full:
            assert done(["--help"], stdout=full, stderr=full).returncode == 2


class TestClosed:
    @pytest.mark.parametrize(
        "arguments", [["--help"], ["layers", "Dense"], ["check", "good.net", "--format", "json"]]
    )
    def test_output_that_is_needed_is_told_of(self, arguments: list[str]) -> None:
        result = done(arguments, closed=[1])
        assert (result.returncode, result.stderr) == (2, CLOSED)

    def test_output_that_is_not_needed_is_not_missed(self, folder: Path) -> None:
        assert done(["compile", "good.net"], closed=[0, 1]).returncode == 0
        assert (folder / "good.py").read_text().startswith('"""Made by netdsl')
        assert done(["check", "wrong.net"], closed=[1]).returncode == 1

    @pytest.mark.parametrize(
        ("arguments", "status"),
        [(["check", "wrong.net"], 1), (["check", "none.net"], 2), (["chek"], 2)],
    )
    def test_error_output_is_not_missed(self, arguments: list[str], status: int) -> None:
        result = done(arguments, closed=[2])
        assert (result.returncode, result.stdout) == (status, "")

    def test_input_is_told_of(self) -> None:
        result = done(["check", "-"], closed=[0])
        assert result.returncode == 2
        assert "cannot read `<stdin>`" in result.stderr
        assert "it is closed" in result.stderr

    def test_nothing_is_written_into_a_file_of_ours(self, folder: Path) -> None:
        """A file that is opened gets the lowest free number, which is that of a closed stream."""
        assert done(["compile", "good.net", "wrong.net"], closed=[0, 1, 2]).returncode == 1
        assert (folder / "good.py").read_text().startswith('"""Made by netdsl')
        assert "error" not in (folder / "good.py").read_text()


@pytest.mark.parametrize(
    "extra",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
)
def test_a_name_that_the_encoding_lacks_is_spelled_out(folder: Path, extra: dict[str, str]) -> None:
    (folder / "π.net").write_text((folder / "wrong.net").read_text(), "utf-8")
    result = done(["check", "π.net"], env=ENVIRONMENT | extra, errors="surrogateescape")
    assert result.returncode == 1
    assert "internal error" not in result.stderr
    assert ".net:3:" in result.stderr


ENDINGS = [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT]


def test_a_signal_while_a_file_is_written_leaves_nothing_behind(folder: Path) -> None:
    """Each signal ends a process of its own, forked from one that has loaded the command."""
    script = (
        "import os, sys\n"
        "import netdsl.cli.compile\n"
        "from netdsl.cli.main import main\n"
        "sys.argv = ['netdsl', 'compile', 'good.net']\n"
        f"for number in {[int(number) for number in ENDINGS]}:\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        os.fsync = lambda handle: os.kill(os.getpid(), number)\n"
        "        main()\n"
        "    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])\n"
        "    print(number, status, flush=True)\n"
    )
    before = set(os.listdir())
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=ENVIRONMENT, check=False
    )
    expected = {number: 130 if number == signal.SIGINT else -number for number in ENDINGS}
    told = "".join(f"{number} {status}\n" for number, status in expected.items())
    assert (result.stdout, result.stderr) == (told, "")
    assert set(os.listdir()) == before


def test_a_signal_that_is_ignored_stays_ignored(folder: Path) -> None:
    """`nohup` and the background of a script have a process ignore them."""
    script = (
        "import os, signal, sys\n"
        "os.fsync = lambda h: [os.kill(os.getpid(), n) for n in (signal.SIGHUP, signal.SIGINT)]\n"
        "sys.argv = ['netdsl', 'compile', 'good.net']\n"
        "from netdsl.cli.main import main\n"
        "main()"
    )

    def ignore() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    command = [sys.executable, "-c", script]
    result = subprocess.run(command, env=ENVIRONMENT, check=False, preexec_fn=ignore)
    assert result.returncode == 0
    assert (folder / "good.py").is_file()


@pytest.mark.parametrize("arguments", [["--help"], ["summary", "good.net"], ["layers"]])
def test_a_reader_that_went_away_is_a_status(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    result = done(arguments, stdout=writer)
    os.close(writer)
    assert (result.returncode, result.stderr) == (141, "")


def test_output_that_is_taken_by_pieces_is_written_whole(folder: Path) -> None:
    text = "model M { input x: [8] output y = x -> repeat 1000 { Dense(8) -> ReLU() } }\n"
    (folder / "long.net").write_text(text, "utf-8")
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    process = subprocess.Popen(
        [*COMMAND, "compile", "long.net", "--flat", "-o", "-"], stdout=writer, env=ENVIRONMENT
    )
    os.close(writer)
    with open(reader, "rb") as stream:
        received = stream.read()
    assert process.wait() == 0
    assert received.decode("utf-8").rstrip().endswith("return deep_model(x, x1, name=name)")


@pytest.mark.parametrize("path", ["/dev/stdout", "/dev/fd/1"])
def test_standard_output_by_its_path_is_not_replaced(folder: Path, path: str) -> None:
    with open("out.py", "w") as stream:
        stream.write("# first\n")
        stream.flush()
        assert done(["compile", "good.net", "-o", path], stdout=stream).returncode == 0
        os.write(stream.fileno(), b"# last\n")
    lines = (folder / "out.py").read_text().splitlines()
    assert (lines[0], lines[-1]) == ("# first", "# last")
    assert any(line.startswith("def Tiny") for line in lines)


def test_a_terminal_that_does_not_know_its_width_gets_a_table() -> None:
    result = done(["summary", "good.net"], env=ENVIRONMENT | {"COLUMNS": "0"})
    assert "conv2d" in result.stdout
