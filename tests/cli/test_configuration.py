"""Which advice is wanted: options, and `[tool.netdsl]` of the nearest pyproject.toml."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.cases import run

ADVISED = """model M {
    input x: [7, 7, 3]
    output y = x -> MaxPooling2D(2) -> Flatten() -> Dense(4)
}
"""


@pytest.fixture(autouse=True)
def spec(folder: Path) -> Path:
    (folder / "inner").mkdir()
    path = folder / "inner" / "advised.net"
    path.write_text(ADVISED, "utf-8")
    return path


def configure(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.netdsl]\n{text}\n", "utf-8")


def codes(*options: str) -> list[str]:
    result = run("check", "inner/advised.net", "--format", "json", *options)
    return [found["code"] for found in json.loads(result.stdout)]


def test_advice_is_left_out_by_code_or_its_beginning(folder: Path) -> None:
    assert codes() == ["N0646"]
    for code in ("N0646", "N06", "N"):
        configure(folder, f'ignore = ["{code}"]')
        assert codes() == []


def test_the_nearest_file_counts(folder: Path) -> None:
    configure(folder, 'ignore = ["N0646"]')
    configure(folder / "inner", "")
    assert codes() == ["N0646"]


def test_the_command_line_goes_first(folder: Path) -> None:
    configure(folder, 'ignore = ["N0646"]')
    assert codes("--select", "N0646") == ["N0646"]
    configure(folder, 'select = ["N0646"]')
    assert codes("--ignore", "N0646") == []


def test_a_beginning_on_the_command_line_goes_before_a_whole_code_of_the_file(folder: Path) -> None:
    configure(folder, 'select = ["N0646"]')
    assert codes("--ignore", "N06") == []
    configure(folder, 'ignore = ["N0646"]')
    assert codes("--select", "N06") == ["N0646"]


def test_device_and_batch_are_assumed(folder: Path) -> None:
    configure(folder, 'device = "t4"\nbatch = 2_000_000_000')
    assert "N0708" in codes()
    assert "N0708" not in codes("--batch", "8")


def test_a_batch_of_the_spec_goes_before_the_usual_one(folder: Path, spec: Path) -> None:
    configure(folder, 'device = "t4"\nbatch = 2_000_000_000')
    spec.write_text(ADVISED + "train M { optimizer = adam loss = mse batch_size = 8 }", "utf-8")
    assert "N0708" not in codes()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('ignore = "N0646"', "list of codes"),
        ('select = ["W1"]', "list of codes"),
        ('device = "h10"', "did you mean `h100`?"),
        ("batch = 0", "whole number"),
        ("batch = true", "whole number"),
        ("ignored = []", "did you mean `ignore`?"),
        ("batch = = 3", "TOML"),
    ],
)
def test_a_wrong_setting_is_told_of(folder: Path, text: str, says: str) -> None:
    configure(folder, text)
    result = run("check", "inner/advised.net")
    assert result.exit_code == 2
    assert "N0909" in result.stderr
    assert says in result.stderr


def test_a_pyproject_without_a_table_says_nothing(folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[project]\nname = "x"\n', "utf-8")
    assert codes() == ["N0646"]


class TestSummaryOfADevice:
    def test_tells_memory_and_time(self) -> None:
        result = run("summary", "good.net", "--device", "h100", "--batch", "64")
        assert result.exit_code == 0, result.output
        assert "Training on NVIDIA H100 SXM at batch 64 (float32, Adam)" in result.stdout
        assert "Largest batch:" in result.stdout

    def test_has_it_as_data(self) -> None:
        result = run(
            "summary", "good.net", "--device", "A100-80", "--batch", "64", "--format", "json"
        )
        found = json.loads(result.stdout)
        told, totals = found["device"], found["totals"]
        assert told["weight_bytes"] == told["gradient_bytes"] == totals["weight_bytes"]
        assert told["optimizer_bytes"] == 2 * totals["weight_bytes"]
        parts = ("weight_bytes", "gradient_bytes", "optimizer_bytes", "activation_bytes")
        assert told["needed_bytes"] == sum(told[part] for part in parts)
        times = sum(layer["seconds"] for layer in told["layers"])
        assert told["step_seconds"] == pytest.approx(times + told["update_seconds"])
        assert {layer["bound"] for layer in told["layers"]} <= {"memory", "compute"}

    def test_is_left_out_without_one(self) -> None:
        assert "device" not in json.loads(run("summary", "good.net", "--format", "json").stdout)

    def test_says_so_where_a_size_is_not_known(self) -> None:
        result = run("summary", "symbolic.net", "--device", "t4")
        assert result.exit_code == 0, result.output
        assert "give the sizes with `--at`" in result.stdout

    def test_a_name_that_nothing_is_known_of_is_refused(self) -> None:
        result = run("summary", "good.net", "--device", "h10")
        assert result.exit_code == 2
        assert "did you mean `h100`?" in result.output
