"""Networks that are known to be good: what is told of them is deserved, and listed here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netdsl.analyse.advice import advise
from netdsl.analyse.advice.view import View
from netdsl.compiler import compile_source
from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.explain import all_pages
from netdsl.elaborate.files.loading import load
from netdsl.source import SourceFile
from tests.work import calls, grows_in_proportion
from tests.zoo.specs import made

ROOT = Path(__file__).parents[2]
SPECS = sorted((ROOT / "specs").rglob("*.net"))
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]
EXAMPLES = [
    pytest.param(text, id=f"{page.name}-{number}")
    for page in PAGES
    if page.exists()
    for number, text in enumerate(
        re.findall(r"```net\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    )
]

#: Uses of the library's blocks: the module, the type of the input, the chain.
LIBRARY = [
    ("vision", "[64, 64, 32]", chain)
    for chain in (
        "conv_bn(16)",
        "separable_conv_bn(16)",
        "mobile_conv(16) -> mobile_conv(32, strides=2)",
        "squeeze_excite()",
        "basic_residual(32) -> basic_residual(64, 2)",
        "bottleneck(16) -> bottleneck(32, 2)",
        "preactivation_residual(32) -> preactivation_residual(64, 2) -> preactivation_residual(64)",
        "preactivation_bottleneck(16) -> preactivation_bottleneck(16)",
        "inverted_residual(32) -> inverted_residual(32, 2) -> inverted_residual(48)",
        "mbconv(32) -> mbconv(32, 2) -> mbconv(48)",
        "fire(8, 16) -> fire(8, 16)",
        "inception(8, 8, 16, 4, 8, 8) -> inception(8, 8, 16, 4, 8, 8)",
        "dense_block(3) -> transition() -> dense_block(2)",
        "aspp(32)",
        "spatial_pyramid()",
    )
] + [
    ("attention", "[50, 32]", chain)
    for chain in (
        "project_with_positions(32)",
        "convolutional_positions()",
        "gated_feed_forward(64)",
        "transformer_encoder(4, 64) -> transformer_encoder(4, 64, causal=True)",
        "pre_norm_encoder(4, 64) -> pre_norm_encoder(4, 64) -> LayerNormalization()",
    )
] + [
    ("mlp", "[50, 32]", chain)
    for chain in ("mlp([32, 64])", "residual_mlp(64)", "highway() -> highway()", "mixer_layer(16, 32)")
]  # fmt: skip

FEATURE_PYRAMID = """
from std.vision import feature_pyramid
model M {
    input c3: [64, 64, 64]
    input c4: [32, 32, 128]
    input c5: [16, 16, 256]
    low, middle, high = [c3, c4, c5] -> feature_pyramid()
    output low
    output middle
    output high
}
"""


def advice(diagnostics: tuple[Diagnostic, ...]) -> list[str]:
    return [
        f"{d.file}:{d.line} {d.code} {d.message}"
        for d in diagnostics
        if d.code[:3] in ("N06", "N07")
    ]


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_nothing_is_told_of_the_specs_that_ship(spec: Path) -> None:
    compiled = made(spec)
    assert compiled.ok
    assert advice(compiled.diagnostics) == []


@pytest.mark.parametrize("text", EXAMPLES)
def test_nothing_is_told_of_the_documentation(text: str) -> None:
    assert advice(compile_source(SourceFile("example.net", text), load).diagnostics) == []


@pytest.mark.parametrize(("module", "size", "chain"), LIBRARY)
def test_nothing_is_told_of_the_library(module: str, size: str, chain: str) -> None:
    names = ", ".join(sorted(set(re.findall(r"\b([a-z_]+)\(", chain))))
    spec = (
        f"from std.{module} import {names}\nmodel M {{ input x: {size} output y = x -> {chain} }}"
    )
    compiled = compile_source(SourceFile("use.net", spec), load)
    assert compiled.ok, [d.message for d in compiled.diagnostics]
    assert advice(compiled.diagnostics) == []


def test_nothing_is_told_of_a_feature_pyramid() -> None:
    assert advice(compile_source(SourceFile("use.net", FEATURE_PYRAMID), load).diagnostics) == []


@pytest.mark.parametrize(
    "page", [p for p in all_pages() if p.code[:3] in ("N06", "N07")], ids=lambda p: p.code
)
def test_the_better_example_of_a_page_is_without_any_advice(page: object) -> None:
    for example in page.examples("Use instead"):  # type: ignore[attr-defined]
        if example.is_spec:
            found = compile_source(SourceFile("example.net", example.text), load).diagnostics
            assert advice(found) == []


WEIRD = [
    "model M { input x: [?, ?, ?] output y = x -> Dropout(0.1) }",
    "model M { input x: [] output x }",
    "model M { input a: [4] input b: string[1] output a output b }",
    "model M { input x: [H, W, 3] output y = x -> Conv2D(8, 4, padding=\"same\") -> MaxPooling2D(2) }",
    "model M { input x: [3] output y = x * 2.0 output z = x -> ops.softmax() }",
    "model In { input x: [3] output a = x -> Dense(2) output b = x -> Dense(1) } "
    "model M { input x: [3] both = x -> In() output y = both.a output z = both.b }",
    "model M { input x: [9, 3] s, h, c = x -> LSTM(4, return_sequences=True, return_state=True) output s output h }",
    "model M { input x: [9, 3] output y = x -> RNN([LSTMCell(4), GRUCell(3)]) }",
    "model M { input x: [8] layer d = Dense(8, activation=relu) output y = x -> repeat 3 { d() } }",
    "train M { optimizer = adam } model M { input x: [8] output y = x -> Dense(1) }",
]  # fmt: skip


@pytest.mark.parametrize("text", WEIRD)
def test_unusual_graphs_are_looked_at_without_fail(text: str) -> None:
    assert compile_source(SourceFile("weird.net", text), load).ok


def test_the_work_of_the_rules_grows_in_proportion_to_a_net() -> None:
    def advising(layers: int) -> int:
        unit = "Dense(8) -> Dropout(0.1) -> Activation(sigmoid)"
        spec = f"model M {{ input x: [8] output y = x -> repeat {layers} {{ {unit} }} }}"
        (graph,) = compile_source(SourceFile("deep.net", spec), load).graphs.values()
        return calls(lambda: list(advise(View(graph))))

    assert grows_in_proportion(advising, 100, 8)
