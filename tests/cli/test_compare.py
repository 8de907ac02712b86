"""`netdsl compare`: networks side by side, with the figures that papers give."""

from __future__ import annotations

import json
from pathlib import Path

from netdsl.resources import resource_dir
from tests.cli.cases import GOOD, run

SPECS = resource_dir("specs")
TWO = GOOD + GOOD.replace("model Tiny", "model Twin").replace("8, 3", "4, 3")


def test_depth_is_as_the_names_of_networks_count() -> None:
    names = ("resnet50", "resnet152", "densenet121", "vgg16", "googlenet")
    files = [str(SPECS / f"{name}.net") for name in names]
    found = json.loads(run("compare", *files, "--format", "json").stdout)
    assert {row["name"]: row["depth"] for row in found if row["name"] in _PAPERS} == _PAPERS


#: GoogLeNet: "22 layers deep when counting only layers with parameters" (Szegedy et al., 2014).
_PAPERS = {"ResNet50": 50, "ResNet152": 152, "DenseNet121": 121, "VGG16": 16, "GoogLeNet": 22}


def test_the_figures_are_those_of_the_summary() -> None:
    path = str(SPECS / "lenet5.net")
    (row,) = json.loads(run("compare", path, "--format", "json").stdout)
    totals = json.loads(run("summary", path, "--format", "json").stdout)["totals"]
    for key in ("parameters", "macs", "layers", "activation_bytes", "weight_bytes"):
        assert row[key] == totals[key], key
    assert row["receptive_field"] == [32, 32]


def test_models_of_one_file_stand_side_by_side(folder: Path) -> None:
    (folder / "two.net").write_text(TWO, "utf-8")
    shown = run("compare", "two.net").stdout
    assert shown.index("Tiny") < shown.index("Twin")
    assert "(×0." in shown
    assert "Tiny" not in run("compare", "two.net", "--model", "Twin").stdout
    in_order = json.loads(
        run("compare", "two.net", "--sort", "parameters", "--format", "json").stdout
    )
    assert [row["name"] for row in in_order] == ["Twin", "Tiny"]


def test_models_of_one_name_are_told_apart(folder: Path) -> None:
    (folder / "other.net").write_text(GOOD, "utf-8")
    found = json.loads(run("compare", "good.net", "other.net", "--format", "json").stdout)
    assert [row["name"] for row in found] == ["Tiny of good.net", "Tiny of other.net"]


def test_what_is_wrong_is_told(folder: Path) -> None:
    result = run("compare", "good.net", "wrong.net")
    assert result.exit_code == 1
    assert "N0301" in result.stderr
    assert "Tiny" in result.stdout
    result = run("compare", "good.net", "--model", "tiny")
    assert result.exit_code == 2
    assert "`Tiny`" in result.stderr
