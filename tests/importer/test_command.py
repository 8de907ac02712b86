"""`netdsl import` on the command line, and what it imports along the way."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

import netdsl
from netdsl.cli import import_model
from netdsl.importer import opening
from netdsl.importer.imported import imported
from netdsl.importer.measure import tokens
from netdsl.importer.sources import read_value
from tests.cli.cases import run
from tests.importer.record import read

SQUEEZENET = read("hand_written")["squeezenet"]


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("squeezenet.json").write_text(json.dumps(SQUEEZENET), "utf-8")
    return "squeezenet.json"


def test_the_spec_is_printed_and_what_was_compared_is_told(model: str) -> None:
    result = run("import", model)
    assert result.exit_code == 0
    assert result.stdout.startswith('"""Imported from squeezenet.json."""\n')
    assert result.stderr.startswith("41 layers with 482 values of their configurations")


def test_a_file_that_is_there_is_kept_unless_it_is_to_go(model: str) -> None:
    assert run("import", model, "-o", "net.net").exit_code == 0
    made = Path("net.net").read_text("utf-8")
    assert run("import", model, "-o", "net.net").exit_code == 0  # it says the same
    Path("net.net").write_text(made + "# mine\n", "utf-8")
    result = run("import", model, "-o", "net.net")
    assert result.exit_code == 2
    assert "N0903" in result.stderr
    assert Path("net.net").read_text("utf-8").endswith("# mine\n")
    assert run("import", model, "-o", "net.net", "--force").exit_code == 0
    assert Path("net.net").read_text("utf-8") == made


def test_flat_and_depth_say_how_far_to_fold(model: str) -> None:
    flat, loops, whole = (
        run("import", model, *options).stdout for options in (["--flat"], ["--depth", "0"], [])
    )
    assert "fire2_squeeze1x1 = pool1 -> Conv2D(16, 1, activation=relu)" in flat
    assert "block" not in loops
    assert "block fire" in whole
    assert tokens(whole) < tokens(loops) < tokens(flat)


def test_what_cannot_be_said_is_an_error_of_the_model(model: str) -> None:
    value = json.loads(Path(model).read_text("utf-8"))
    value["config"]["layers"][1]["config"]["colour"] = "red"
    Path("odd.json").write_text(json.dumps(value), "utf-8")
    result = run("import", "odd.json", "-o", "odd.net")
    assert result.exit_code == 1
    assert "error[N1002]: `conv1` cannot be written in a spec" in result.stderr
    assert not Path("odd.net").exists()


def test_no_weights_are_saved_under_a_name_that_keras_refuses(model: str) -> None:
    result = run("import", model, "--weights", "weights.bin")
    assert result.exit_code == 2
    assert ".weights.h5" in result.stderr


@pytest.mark.parametrize("source", ["nowhere.py:build", "no_such_module_here:build"])
def test_python_that_is_not_there(source: str, model: str) -> None:
    result = run("import", source)
    assert result.exit_code == 2
    assert "N1003" in result.stderr


def test_a_file_is_imported_without_keras_and_numpy(model: str) -> None:
    program = (
        "import sys\n"
        "from netdsl.importer.imported import imported\n"
        "from netdsl.importer.sources import read_file\n"
        f"assert imported(read_file({model!r}), 'm').comparison.is_equal\n"
        "heavy = {'keras', 'tensorflow', 'numpy', 'h5py', 'jax', 'torch'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_what_is_done_is_shown_on_a_terminal_in_one_line_that_goes_again(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    shown = io.StringIO()
    shown.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stderr", shown)
    with import_model._progress() as say:
        imported(opening.opened(model).network, "m", flat=True, say=say)
        say("a name with \x1b[31m in it")
    lines = shown.getvalue().split("\r\x1b[K")
    assert lines[1] == "writing 41 layers …"
    assert "\x1b" not in "".join(lines)
    assert lines[-1] == ""


def test_from_python_there_is_what_the_command_has(model: str) -> None:
    flat, loops = netdsl.import_model(Path(model), flat=True), netdsl.import_model(model, depth=0)
    assert flat == run("import", model, "--flat").stdout
    assert "fire2_squeeze1x1" in flat
    assert "block" not in loops
    assert tokens(loops) < tokens(flat)
    with pytest.raises(ValueError, match=r"weights\.h5"):
        netdsl.import_model(model, weights="weights.bin")
    with pytest.raises(ValueError, match="cannot read a model"):
        netdsl.import_model("nowhere.json")


def test_twice_is_the_same() -> None:
    first, second = (imported(read_value(SQUEEZENET, "m"), "m").text for _ in range(2))
    assert first == second
