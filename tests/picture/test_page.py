"""The page: its composer gives the same places as the one in Python, and it asks for nothing from outside."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import netdsl
from netdsl.picture import page
from netdsl.picture.draw import MARGIN, flatten
from netdsl.picture.folding import compose, down_to
from netdsl.picture.formats import write
from netdsl.picture.picture import Options, Picture
from netdsl.picture.plan import plan_of, u_of
from netdsl.picture.shapes import Style
from tests.keras.drawn_programs import draw
from tests.picture.test_grid import DETECTOR, PYRAMID, SIDES, STREAMS
from tests.picture.test_layout import ATTENTION, RESIDUAL, TOP_DOWN, U
from tests.picture.test_tags import DECODER, DIFFUSION

SPECS = Path(__file__).parents[2] / "specs"
NODE = shutil.which("node")

NESTED = (
    "block two(n: int) = Dense(n) -> Dense(8)\n"
    "model M { input x: [8]  output y = x -> repeat 3 { two(5) } -> Dense(2) }"
)

PROGRAM = """
const {Composer, flatten} = require(process.argv[1]);
const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(cases.map(({cells, opened, isDown, margin, u}) => {
  const known = new Map(cells.map(cell => [cell.n, cell]));
  return flatten(new Composer(known, new Set(opened), isDown, u).shape(["item", 0]), isDown, margin);
})));
"""


def _both(pictures: list[Picture]) -> None:
    """Compose each picture in both languages, at several depths, and compare every place."""
    cases, expected = [], []
    for picture in pictures:
        style: Style = picture.style
        for depth in (0, 1, 2, 9):
            opened = down_to(picture.nested.root, depth)
            placed = flatten(compose(picture.cells, opened, style), style.is_down)
            cases.append(
                {
                    "cells": plan_of(picture.cells),
                    "opened": sorted(opened | {0}),
                    "u": u_of(picture.cells),
                    "isDown": style.is_down,
                    "margin": MARGIN,
                }
            )
            expected.append(
                {
                    "boxes": placed.boxes,
                    "tracks": [
                        {"net": t.net, "points": t.points, "arrow": t.arrow} for t in placed.tracks
                    ],
                    "notes": [
                        [net, x, y, [label.text, label.width], before]
                        for net, x, y, label, before in placed.notes
                    ],
                    "chips": [
                        [c.net, c.u, c.v, c.across, c.along, c.label.text] for c in placed.chips
                    ],
                }
            )
    assert NODE is not None
    done = subprocess.run(
        [NODE, "-e", PROGRAM, str(page.FOLDER / "compose.js")],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(json.dumps(expected))


def _page(text: str, options: Options | None = None) -> str:
    return write(Picture(netdsl.compile_text(text).model().net, options), "html").decode()


def _data(text: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', _page(text))
    assert found is not None
    return dict(json.loads(found[1]))


def test_the_page_asks_for_nothing_from_outside() -> None:
    text = _page(NESTED)
    assert set(re.findall(r"https?://[^\s\"']+", text)) == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in text
    assert "import(" not in text
    assert "fetch(" not in text


def test_costs_shade_the_page_in_both_themes() -> None:
    text = _page(NESTED, Options(costs="params"))
    assert "var(--warm) 100%" in text
    assert text.count("--warm:rgb(") >= 3
    assert "var(--warm) " not in _page(NESTED)


def test_what_a_spec_says_is_no_html() -> None:
    text = (
        "model M { input x: [4, 4]\n"
        '    output y = x -> EinsumDense("abc,cd->abd", output_shape=(4, 8), name="</script><b>") }'
    )
    compiled = netdsl.compile_text(text.replace("/", ""))
    assert compiled.ok
    page = write(Picture(compiled.model().net), "html").decode()
    assert "<b>" not in page.replace("<b>${", "")
    assert page.count("<script") == 3


def test_the_panel_tells_arguments_shapes_weights_cost_and_line() -> None:
    boxes = _data(NESTED)["boxes"]
    (dense,) = (b for b in boxes if b["facts"]["title"] == "Dense 5")
    rows = [tuple(row) for row in dense["facts"]["rows"]]
    assert {
        ("units", "5"),
        ("Takes", "(None, 8)"),
        ("kernel", "(8, 5)"),
        ("Parameters", "45"),
    } <= set(rows)
    assert dense["facts"]["line"] == ["spec.net:1", "block two(n: int) = Dense(n) -> Dense(8)"]
    (block,) = (b for b in boxes if b["facts"]["title"] == "two(5)")
    assert ["Parameters", "93"] in block["facts"]["rows"]
    assert block["times"] == 3


def test_every_box_has_what_the_page_draws() -> None:
    data = _data(NESTED)
    for box in data["boxes"]:
        assert 0 <= box["closed"] < len(data["fragments"])
        for part in ElementTree.fromstring(f"<g>{data['fragments'][box['closed']]}</g>").iter(
            "rect"
        ):
            assert float(part.get("x", 0)) >= 0


@pytest.mark.skipif(NODE is None, reason="no Node to run the page's composer")
def test_both_composers_agree_on_names_grids_and_skips_of_one_level() -> None:
    texts = (DECODER, DIFFUSION, STREAMS, PYRAMID, DETECTOR, SIDES)
    nets = [netdsl.compile_text(text).model().net for text in texts]
    _both([Picture(net, Options(direction=way)) for net in nets for way in ("down", "right")])


def test_a_name_leads_to_what_gives_it() -> None:
    data = _data(DECODER)
    titles = {box["n"]: box["facts"]["title"] for box in data["boxes"]}
    named = {net: text for box in data["boxes"] for net, text, _ in box["tags"]}
    assert {titles[data["sources"][str(net)]] for net in named} == {"memory", "mask T×S"}


@pytest.mark.skipif(NODE is None, reason="no Node to run the page's composer")
@pytest.mark.parametrize("direction", ["down", "right"])
def test_both_composers_agree_on_specs(direction: str) -> None:
    names = ["resnet50", "googlenet", "unet", "seq2seq", "siamese", "text_transformer"]
    nets = [netdsl.compile_file(SPECS / f"{name}.net").model().net for name in names]
    pictures = [Picture(net, Options(direction=direction)) for net in nets]  # type: ignore[arg-type]
    assert [picture.is_u for picture in pictures] == [name == "unet" for name in names]
    _both(pictures)


@pytest.mark.skipif(NODE is None, reason="no Node to run the page's composer")
def test_both_composers_agree_on_a_u() -> None:
    bodies = [
        "convolutions(n)",
        "repeat 3 { Conv2D(n, 3) }",
        "Conv2D(n, 1) -> [_, Conv2D(n, 1)] -> Add()",
    ]
    texts = [U.replace("BODY", body).replace("BOTTOM", "convolutions(64)") for body in bodies]
    texts += [ATTENTION, RESIDUAL, TOP_DOWN]
    nets = [netdsl.compile_text(text).model().net for text in texts]
    pictures = [Picture(net) for net in nets]
    pictures += [Picture(net, Options(direction="right")) for net in nets]
    assert all(picture.is_u for picture in pictures)
    _both(pictures)


@pytest.mark.skipif(NODE is None, reason="no Node to run the page's composer")
def test_both_composers_agree_on_drawn_programs() -> None:
    compiled = [netdsl.compile_text(draw(seed, 23)) for seed in range(25)]
    _both([Picture(c.model().net, Options(form="line")) for c in compiled if c.ok])
