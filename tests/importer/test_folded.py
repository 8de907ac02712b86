"""Folded specs of recorded models: proven to be the same network, and short."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import pytest

import netdsl
from netdsl.compare.changes import compare_graphs
from netdsl.diagnostics.sink import Diagnostics
from netdsl.importer.imported import Imported, imported
from netdsl.importer.measure import tokens
from netdsl.importer.sources import read_value
from netdsl.source import SourceFile
from netdsl.syntax import tree
from netdsl.syntax.parse import parse
from netdsl.syntax.walk import walk
from tests.importer.record import SPECS
from tests.importer.test_flat import MODELS, each_model, each_spec


def length(text: str) -> int:
    """Count the tokens of a spec, without what a spec says beside the network: docstrings, comments, assertions, and
    what is worked out for these alone."""
    text = re.sub(r'""".*?"""', "", text, flags=re.DOTALL)
    text = re.sub(r"#.*", "", text)
    return tokens(_without_assertions(text))


def _without_assertions(text: str) -> str:
    module = parse(SourceFile("measured.net", text), Diagnostics())
    statements = [s for s in walk(module) if isinstance(s, tree.Assert | tree.Let)]
    gone = [s for s in statements if isinstance(s, tree.Assert)]
    while True:
        inside = Counter(n.id for s in gone for n in walk(s) if isinstance(n, tree.Name))
        used = Counter(n.id for n in walk(module) if isinstance(n, tree.Name))
        more = [
            s
            for s in statements
            if isinstance(s, tree.Let) and s not in gone and 0 < inside[s.name] == used[s.name]
        ]
        if not more:
            break
        gone += more
    for statement in sorted(gone, key=lambda s: -s.span.start):
        text = text[: statement.span.start] + text[statement.span.end :]
    return text


@cache
def folded(name: str) -> Imported:
    """Fold a recorded model once for all tests of it."""
    return imported(read_value(MODELS[name], name), name)


@pytest.mark.parametrize("name", each_model())
def test_a_folded_spec_is_the_model(name: str) -> None:
    found = folded(name)
    assert found.comparison.is_equal
    assert found.comparison.layers > 1


#: How much shorter than the flat spec a folded one is at least, of networks that repeat.
SHORTER = {
    "applications:ResNet152": 20,
    "applications:DenseNet201": 40,
    "applications:NASNetLarge": 7,
    "applications:EfficientNetB7": 10,
    "applications:MobileNetV2": 4,
    "applications:InceptionV3": 5,
    "by hand/unet": 4,
    "by hand/encoder_classifier": 4,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORTER)
def test_what_repeats_is_at_most_a_quarter_of_the_flat_spec(name: str) -> None:
    flat = imported(read_value(MODELS[name], name), name, flat=True).text
    assert length(flat) > SHORTER[name] * length(folded(name).text)


def written(name: str) -> int:
    """Count the tokens of a spec, and of what it takes from files beside it: a network comes back in one file.

    What it takes from the library is not counted, as the importer may take that too.
    """
    whole = (SPECS / f"{name}.net").read_text("utf-8")
    module = parse(SourceFile(f"{name}.net", whole), Diagnostics())
    taken: dict[str, set[str]] = {}
    for node in walk(module):
        if isinstance(node, tree.Import) and node.path is not None:
            taken.setdefault(node.path, set()).update(item.name for item in node.names)
    return length(whole) + sum(_declared(path, names) for path, names in taken.items())


def _declared(path: str, names: set[str]) -> int:
    """Count declarations of a file, those that they are made of, and what holds for all of them."""
    module = parse(SourceFile(path, (SPECS / path).read_text("utf-8")), Diagnostics())
    statements = {s.name: s for s in module.statements if hasattr(s, "name")}
    pending, found = list(names), dict.fromkeys(names & set(statements))
    while pending:
        for node in walk(statements[pending.pop()]):
            inner = node.id if isinstance(node, tree.Name) else ""
            if inner in statements and inner not in found:
                found[inner] = None
                pending.append(inner)
    defaults = [s.span.text for s in module.statements if isinstance(s, tree.Defaults)]
    return sum(map(length, [*(statements[name].span.text for name in found), *defaults]))


@pytest.mark.parametrize("name", each_spec())
def test_a_spec_comes_back_as_long_as_it_was(name: str) -> None:
    ratio = length(folded(f"specs/{name}").text) / written(name)
    assert ratio <= 1.2


#: Networks whose first cells differ by a part from those that follow, and the block that all of them are.
PARTS = {
    "applications:ResNet50": "block residual(filters: int, strides: int = 1, project: bool = False)",
    "specs/resnet50": "block residual(filters: int, strides: int = 1, project: bool = False)",
    "applications:ResNet50V2": "block residual(filters: int, strides: int = 1, pool: bool = False)",
    "by hand/feature_pyramid": "block residual(filters: int, strides: int = 2, project: bool = False)",
}


@pytest.mark.parametrize("name", PARTS)
def test_cells_that_differ_by_a_part_are_one_block(name: str) -> None:
    text = folded(name).text
    assert PARTS[name] in text
    assert text.count("if ") == 1
    assert "project=True" in text or "pool=True" in text


#: Specs that make an array of the model by other functions than those by which it comes back: Swin's mask of windows.
OTHERWISE = ("swin",)


@pytest.mark.parametrize("name", each_spec())
def test_diff_finds_nothing_but_names(name: str) -> None:
    """A spec that was built, saved and imported is the network that it was."""
    found = folded(f"specs/{name}")
    before = netdsl.compile_file(SPECS / f"{name}.net").model().net
    after = netdsl.compile_text(found.text).model().net
    assert found.comparison.is_equal
    if name in OTHERWISE:
        return
    changes = compare_graphs(before, after)
    assert [c for c in changes if (c.what, c.details) != ("renamed", ())] == []


@pytest.mark.slow
def test_a_cell_may_take_one_tensor_twice() -> None:
    """The first reduction of NASNet gets what the stem gives for both; a person writes it as the others."""
    assert "start -> reduction(42)(other=start)" in folded("specs/nasnet").text


def test_blocks_of_the_library_are_taken_from_there() -> None:
    text = folded("specs/googlenet").text
    assert "from std.vision import inception" in text
    assert "inception(64, 96, 128, 16, 32, 32)" in text
    assert "block inception" not in text


def test_a_size_that_follows_what_arrives_is_written_so() -> None:
    name = "applications:DenseNet121"
    text = folded(name).text
    assert "Conv2D(_.shape[-1] // 2, 1)" in text
    assert "for layers in [6, 12, 24]" in text
