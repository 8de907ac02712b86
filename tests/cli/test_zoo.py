"""`netdsl zoo`: lists, filters, tells and copies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import netdsl
from tests.cli.cases import run


def test_it_lists_all_with_their_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    result = run("zoo")
    assert result.exit_code == 0
    (line,) = (line for line in result.stdout.splitlines() if line.split()[:1] == ["ResNet50"])
    for part in ("25.6 M", "3.86 G", "[224, 224, 3]", "2015", "He et al., arXiv:1512.03385"):
        assert part in line


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_word_is_broken_at_the_edge(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What there is no room for is left out, and inputs that are alike are told once."""
    monkeypatch.setenv("COLUMNS", str(width))
    for words in (("vision", "--under", "2M"), ("tabular",), ("resnet34",)):
        lines = run("zoo", *words).stdout.splitlines()
        assert all(len(line.rstrip()) <= width for line in lines if "─" in line or "M  " in line)
        heading = next(line for line in lines if line.startswith("Model"))
        assert ("Paper" in heading) == (width == 120)
        assert "Year" in heading
        assert not any("…" in line for line in lines)
    tabular = run("zoo", "tabular").stdout
    assert "8×string[1] 5×[1]" in tabular
    assert ("Task" in run("zoo", "vision").stdout) == (width > 60)


def test_words_and_numbers_narrow_the_list() -> None:
    found = json.loads(
        run("zoo", "vision", "--under", "6M", "--macs", "0.4G", "--format", "json").stdout
    )
    assert "MobileNetV2" in {row["model"] for row in found}
    assert all(row["parameters"] <= 6e6 and row["macs"] <= 4e8 for row in found)


def test_one_name_tells_of_the_spec_and_how_it_is_copied() -> None:
    result = run("zoo", "efficientnet")
    assert "Rethinking Model Scaling" in result.stdout
    assert "EfficientNetB7" in result.stdout
    assert "netdsl zoo efficientnet -o efficientnet.net" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("resnet51",), "Did you mean `ResNet50`?"),
        (("efficientnt", "-o", "x.net"), "Did you mean `efficientnet`?"),
        (("quantum", "vision"), "Nothing in the zoo speaks of `quantum vision`."),
        (("text", "--under", "12"), "within these limits"),
        (("--under", "many"), "`many` is no number"),
        (("-o", "x.net"), "Name the one spec"),
        (("resnet", "vgg", "-o", "x.net"), "Name the one spec"),
    ],
)
def test_what_is_not_there_is_said(arguments: tuple[str, ...], said: str, folder: Path) -> None:
    result = run("zoo", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (folder / "x.net").exists()


def test_a_family_is_copied_as_it_is(folder: Path) -> None:
    assert run("zoo", "mobilenet_v2", "-o", "mine.net").exit_code == 0
    text = (folder / "mine.net").read_text("utf-8")
    assert text == (netdsl.resources.resource_dir("specs") / "mobilenet_v2.net").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "size"),
    [("ResNet34", 21_814_696), ("EfficientNetB0", 5_330_571), ("NASNetMobile", 5_326_716)],
)
def test_a_model_is_copied_with_what_it_needs_and_no_more(
    name: str, size: int, folder: Path
) -> None:
    assert run("zoo", name.lower(), "-o", "mine.net").exit_code == 0
    compiled = netdsl.compile_file(folder / "mine.net")
    assert not compiled.diagnostics
    assert compiled.model().totals["parameters"] == size
    assert compiled.models[-1] == name
    assert len(compiled.models) == 2  # and the family that it is one size of
    assert "\n\n\n" not in (folder / "mine.net").read_text("utf-8")


def test_what_a_spec_imports_is_copied_beside_it(folder: Path) -> None:
    result = run("zoo", "inception_resnet_v2", "-o", "mine.net")
    assert result.exit_code == 0
    assert "mine.net is written\ninception_v3.net is written" in result.stderr
    assert netdsl.compile_file(folder / "mine.net").ok


def test_a_file_that_is_there_is_kept(folder: Path) -> None:
    (folder / "inception_v3.net").write_text("mine", "utf-8")
    result = run("zoo", "inception_resnet_v2", "-o", "new.net")
    assert result.exit_code == 2
    assert "N0903" in result.stderr
    assert not (folder / "new.net").exists()
    assert run("zoo", "inception_resnet_v2", "-o", "new.net", "--force").exit_code == 0
    assert (folder / "inception_v3.net").read_text("utf-8") != "mine"


def test_a_copy_may_be_printed() -> None:
    result = run("zoo", "vgg11", "-o", "-")
    assert "model VGG11 = VGG([1, 1, 2, 2, 2])" in result.stdout
    assert "VGG13" not in result.stdout
