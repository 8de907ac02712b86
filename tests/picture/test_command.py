"""`netdsl graph`: its formats and options, and what it says where it cannot draw."""

from __future__ import annotations

import json
import re
import sys
import zlib
from pathlib import Path
from xml.etree import ElementTree

import pytest

import netdsl
from netdsl.picture.mermaid import MOST_EDGES
from tests.cli.cases import GOOD, SYMBOLIC, WRONG, run

TWO = GOOD + GOOD.replace("model Tiny", "model Twin").replace("8, 3", "4, 3")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in {"good": GOOD, "wrong": WRONG, "symbolic": SYMBOLIC, "two": TWO}.items():
        (tmp_path / f"{name}.net").write_text(text, encoding="utf-8")
    return tmp_path


def texts(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return ["".join(e.itertext()) for e in root.iter("{http://www.w3.org/2000/svg}text")]


def test_the_picture_is_written_beside_the_spec(folder: Path) -> None:
    result = run("graph", "good.net")
    assert (result.exit_code, result.stdout) == (0, "")
    found = texts((folder / "good.svg").read_text("utf-8"))
    assert found[:3] == ["image", "Conv2D", "3×3, 8, relu"]
    assert "26×26×8" in found


def test_the_same_bytes_each_time() -> None:
    for ending in ("svg", "pdf", "dot", "mmd", "json"):
        one, two = (
            run("graph", "good.net", "-o", "-", "--format", ending).stdout_bytes for _ in "ab"
        )
        assert one == two != b""


def test_the_format_is_that_of_the_name(folder: Path) -> None:
    begins = {
        "pdf": b"%PDF-1.7",
        "dot": b"digraph",
        "mmd": b"flowchart TB",
        "json": b"{",
        "svg": b"<svg",
    }
    for ending, begin in begins.items():
        assert run("graph", "good.net", "-o", f"out.{ending}").exit_code == 0
        assert (folder / f"out.{ending}").read_bytes().startswith(begin)


def test_a_name_that_tells_no_format() -> None:
    result = run("graph", "good.net", "-o", "out.gif")
    assert result.exit_code == 2
    assert "`.svg`" in result.stderr
    for more in ([], ["--format", "svg"]):
        assert run("graph", "good.net", "-o", "good.net", *more).exit_code == 2
        assert Path("good.net").read_text("utf-8") == GOOD


def test_png_is_an_extra(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    result = run("graph", "good.net", "-o", "out.png")
    assert result.exit_code != 0
    assert "pip install 'netdsl[png]'" in result.stderr
    assert not (folder / "out.png").exists()


def test_png_is_drawn(folder: Path) -> None:
    pytest.importorskip("resvg_py")
    assert run("graph", "good.net", "-o", "out.png").exit_code == 0
    assert (folder / "out.png").read_bytes().startswith(b"\x89PNG")


def test_a_pdf_holds_its_fonts_and_texts(folder: Path) -> None:
    run("graph", "good.net", "-o", "out.pdf")
    data = (folder / "out.pdf").read_bytes()
    assert data.count(b"/FontFile2") == 2
    for offset in re.findall(rb"^(\d{10}) 00000 n", data, re.MULTILINE):
        assert re.match(rb"\d+ 0 obj", data[int(offset) :])
    streams = [
        zlib.decompress(s) for s in re.findall(rb"stream\n(.*?)\nendstream", data, re.DOTALL)
    ]
    assert streams[0].count(b"Tj") == len(texts(netdsl.compile_text(GOOD).model().picture()))


def test_one_model_of_several() -> None:
    result = run("graph", "two.net")
    assert "this is `Twin`; --model draws `Tiny`" in result.stderr
    assert "4" in run("graph", "two.net", "-o", "-").stdout
    assert "<title>Tiny</title>" in run("graph", "two.net", "-o", "-", "--model", "Tiny").stdout
    assert run("graph", "two.net", "--model", "Other").exit_code == 2


def test_hyperparameters_and_sizes() -> None:
    assert "3×3, 8, tanh" in texts(run("graph", "good.net", "-o", "-", "--set", "act=tanh").stdout)
    assert "H×W×3" in texts(run("graph", "symbolic.net", "-o", "-").stdout)
    shown = texts(run("graph", "symbolic.net", "-o", "-", "--at", "H=32,W=32").stdout)
    assert "32×32×3" in shown


def test_a_wrong_spec_has_no_picture(folder: Path) -> None:
    result = run("graph", "wrong.net")
    assert result.exit_code == 1
    assert "N0301" in result.stderr
    assert not (folder / "wrong.svg").exists()


def test_standard_input_is_drawn_on_standard_output() -> None:
    assert run("graph", "-", stdin=GOOD).stdout.startswith("<svg")


def test_costs_are_told() -> None:
    shown = texts(run("graph", "good.net", "-o", "-", "--costs", "params").stdout)
    assert "3×3, 8, relu · 80" in shown
    shown = texts(run("graph", "good.net", "-o", "-", "--costs", "macs").stdout)
    assert "3×3, 8, relu · 48.7 k" in shown


def test_costs_of_what_is_shared_and_repeated() -> None:
    text = (
        "model M { input x: [8]  layer one = Dense(8)\n"
        "    output y = x -> one -> one -> repeat 3 { Dense(8) } }"
    )
    shown = texts(netdsl.compile_text(text).model().picture(costs="params"))
    assert shown.count("8 · 72") == 1
    assert "8 · 216" in shown
    assert "× 3" in shown


def test_mermaid_stays_under_its_limit() -> None:
    text = (
        "block two(n: int) = [_, Dense(n)] -> Add()\n"
        "block many(n: int) = for i in range(200) { two(n) -> Dense(n + i % 2) -> Dense(n) }\n"
        "model M { input x: [8]  output y = x -> many(8) }"
    )
    (Path("many.net")).write_text(text)
    drawn = run("graph", "many.net", "-o", "-", "--format", "mmd", "--depth", "9").stdout
    assert 0 < drawn.count("-->") < MOST_EDGES
    chain = " -> ".join(f"Dense({8 + i % 97})" for i in range(600))
    Path("flat.net").write_text(f"model M {{ input x: [8]  output y = x -> {chain} }}")
    result = run("graph", "flat.net", "-o", "out.mmd")
    assert result.exit_code != 0
    assert "Mermaid draws 500" in result.stderr


def test_texts_are_spelled_for_each_format() -> None:
    text = 'model M { input x: [4, 4]  output y = x -> EinsumDense("abc,cd->abd", output_shape=(4, 8)) }'
    Path("odd.net").write_text(text)
    assert "abc,cd->abd" in texts(run("graph", "odd.net", "-o", "-").stdout)
    assert "abc,cd-#gt;abd" in run("graph", "odd.net", "-o", "-", "--format", "mmd").stdout


def test_every_layer_is_in_the_json() -> None:
    text = (
        "block two(n: int) = Dense(n) -> Dense(n)\n"
        "model M { input x: [8]  output y = x -> repeat 3 { two(8) } }"
    )
    Path("nested.net").write_text(text)
    (graph,) = json.loads(run("graph", "nested.net", "-o", "-", "--format", "json").stdout)[
        "graphs"
    ]
    nodes = {node["id"]: node for node in graph["nodes"]}
    assert len(nodes) == 8
    assert [nodes[n]["namespace"] for n in list(nodes)[1:3]] == ["two_0"] * 2
    for node in nodes.values():
        for edge in node["incomingEdges"]:
            assert edge["sourceNodeId"] in nodes


def test_themes_differ_in_colours_alone() -> None:
    light, dark, paper = (
        re.sub(r"#\w{6}|none", "", run("graph", "good.net", "-o", "-", "--theme", name).stdout)
        for name in ("light", "dark", "print")
    )
    assert light == dark
    assert light.count("<text") == paper.count("<text")


def test_a_form_that_a_network_has_not_is_told() -> None:
    result = run("graph", "good.net", "-o", "-", "--form", "u")
    assert result.exit_code == 0
    assert result.stdout.startswith("<svg")
    assert "its skips do not nest" in result.stderr
