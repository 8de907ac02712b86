"""`netdsl summary`: the table, the object, and what is told of a wrong spec."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.cases import GOOD, run

TWO = GOOD + GOOD.replace("model Tiny", "model Twin").replace("8, 3", "4, 3")


def test_the_object_is_that_of_the_python_api(folder: Path) -> None:
    from netdsl.compiler import compile_file

    found = json.loads(run("summary", "good.net", "--format", "json").stdout)
    assert found == compile_file("good.net").model().summary()


def test_every_model_has_its_table(folder: Path) -> None:
    (folder / "two.net").write_text(TWO, "utf-8")
    result = run("summary", "two.net")
    assert result.stdout.index("Model: Tiny") < result.stdout.index("Model: Twin")


def test_one_model_is_chosen_by_name(folder: Path) -> None:
    (folder / "two.net").write_text(TWO, "utf-8")
    result = run("summary", "two.net", "--model", "Tiny")
    assert "Twin" not in result.stdout
    chosen = [
        json.loads(run("summary", "two.net", "--format", "json", *more).stdout)["model"]
        for more in ([], ["--model", "Tiny"])
    ]
    assert chosen == ["Twin", "Tiny"]


def test_an_unknown_model_is_told_of() -> None:
    result = run("summary", "good.net", "--model", "tiny")
    assert result.exit_code == 2
    assert "N0908" in result.stderr
    assert "`Tiny`" in result.stderr


def test_a_library_has_nothing_to_sum_up(folder: Path) -> None:
    (folder / "library.net").write_text("block b() = ReLU()\n", "utf-8")
    assert run("summary", "library.net").exit_code == 2


def test_a_wrong_spec_is_shown_as_far_as_it_goes() -> None:
    result = run("summary", "wrong.net")
    assert result.exit_code == 1
    assert "InputLayer" in result.stdout
    assert "stops here: wrong.net:3:" in result.stdout
    assert "N0301" in result.stderr


def test_the_object_tells_what_is_wrong(folder: Path) -> None:
    found = json.loads(run("summary", "wrong.net", "--format", "json").stdout)
    assert not found["complete"]
    assert [item["code"] for item in found["diagnostics"]] == ["N0301"]


def test_there_is_an_object_where_there_is_no_file() -> None:
    result = run("summary", "missing.net", "--format", "json")
    found = json.loads(result.stdout)
    assert result.exit_code == 2
    assert found["model"] is None
    assert [item["code"] for item in found["diagnostics"]] == ["N0901"]


def test_sizes_make_symbolic_counts_numbers() -> None:
    unknown, known = (
        json.loads(run("summary", "symbolic.net", "--format", "json", *more).stdout)
        for more in ([], ["--at", "H=8,W=8"])
    )
    assert unknown["totals"]["macs"] is None
    assert known["totals"]["macs"] == 8 * 8 * 6


def test_a_batch_is_a_whole_number_from_one() -> None:
    assert run("summary", "good.net", "--batch", "0").exit_code == 2
    assert "batch 7:" in run("summary", "good.net", "--batch", "7").stdout


def test_a_table_that_is_piped_breaks_no_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    name = "a_layer_with_a_name_that_is_longer_than_a_terminal_of_eighty_columns_leaves_room_for"
    (folder / "long.net").write_text(GOOD.replace("Flatten()", f'Flatten(name="{name}")'), "utf-8")
    assert name in run("summary", "long.net").stdout


def test_columns_on_request(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    plain = run("summary", "good.net").stdout
    result = run("summary", "good.net", "--columns", "receptive-field,activation_size").stdout
    assert "Receptive Field" in result
    assert "Activation Size" in result
    assert "Receptive Field" not in plain
    assert "Activation Size" not in plain


def test_an_unknown_column_is_told_of() -> None:
    result = run("summary", "good.net", "--columns", "colour")
    assert result.exit_code == 2
    assert "receptive-field, activation-size" in result.stderr


def test_a_layer_is_explained(folder: Path) -> None:
    (folder / "lenet.net").write_text(
        'model LeNet {\n input image: [32, 32, 3]\n output y = image -> Conv2D(6, 5, name="c1")\n}\n',
        "utf-8",
    )
    result = run("summary", "lenet.net", "--explain", "c1")
    assert "floor((32 + 2*0 - 5)/1) + 1 = 28" in result.stdout
    assert "(5*5*3 + 1) * 6 = 456" in result.stdout
    result = run("summary", "lenet.net", "--explain", "c2")
    assert result.exit_code == 2
    assert "LeNet has no layer `c2`. Did you mean `c1`?" in result.stderr


def test_a_layer_is_explained_in_each_model_that_has_it(folder: Path) -> None:
    head = "model {} {{ input x: [4]\n output y = x -> {} }}\n"
    models = ["A", "Dense(2)"], ["B", "ReLU()"], ["C", "Dense(3)"]
    (folder / "m.net").write_text("".join(head.format(*m) for m in models), "utf-8")
    told = run("summary", "m.net", "--explain", "Dense").stdout
    assert [line for line in told.splitlines() if "odel" in line or "together" in line] == [
        "Model: A", "    together: (4 + 1) * 2 = 10", "Model: C", "    together: (4 + 1) * 3 = 15",
    ]  # fmt: skip
    result = run("summary", "m.net", "--explain", "Conv2D")
    assert "No model of the file has a layer `Conv2D`" in result.stderr
