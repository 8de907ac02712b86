"""The shipped specs and the library: without a diagnostic, with what their papers say of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import netdsl
from netdsl.compiler import compile_text
from netdsl.syntax import tree
from netdsl.zoo.entries import entries
from netdsl.zoo.pixels import with_pixels_scaled
from netdsl.zoo.project import learned_from
from tests.language.front_door import compiled, layers, spelled
from tests.zoo.specs import LIBRARY, SMALL, SPECS, made, name_of, path_of, spec

#: Parameters that the papers, or keras.applications, give (moving statistics of normalizations included).
PUBLISHED = {
    "ResNet50": 25_636_712,
    "ResNet152": 60_419_944,
    "VGG16": 138_357_544,
    "DenseNet121": 8_062_504,
    "GoogLeNet": 13_378_280,
    "UNet": 31_030_658,
    "Siamese": 38_951_745,
    "Seq2Seq": 384_112_000,
}


@pytest.mark.parametrize("path", SPECS, ids=name_of)
def test_spec_compiles_without_a_diagnostic(path: Path) -> None:
    result = made(path)
    assert not result.diagnostics, spelled(result)
    assert result.models


#: Fewer classes than a spec has by itself, and what makes others small.
OTHERS = {
    stem: {"classes": 7} for stem in ("googlenet", "lenet5", "mobilenet_v2", "resnet50")
} | SMALL


@pytest.mark.parametrize("stem", sorted(OTHERS.keys() - {"swin", "yolov8"}))
def test_spec_compiles_at_other_hyperparameters(stem: str) -> None:
    assert netdsl.compile_file(path_of(stem), **OTHERS[stem]).ok


@pytest.mark.parametrize("path", SPECS, ids=name_of)
def test_spec_cites_its_paper_and_asserts_its_size(path: Path) -> None:
    text = path.read_text("utf-8")
    module = made(path).unit.module
    paragraphs = (module.docstring or "").replace("\n\n", "¶").replace("\n", " ").split("¶")
    assert any(re.match(r"\w+.*, .+, (?:19|20)\d\d\b", paragraph) for paragraph in paragraphs)
    assert re.search(r"\bassert .*\b(?:trainable_)?params\b", text)
    for statement in module.statements:
        if isinstance(statement, tree.Model | tree.Block) and isinstance(statement.body, tree.Body):
            assert statement.body.docstring, statement.name


def test_published_sizes_are_those_of_the_models() -> None:
    found = {}
    for path in SPECS:
        result = made(path)
        found |= {n: result.model(n).totals["parameters"] for n in result.models if n in PUBLISHED}
    assert {name: found[name] for name in PUBLISHED} == PUBLISHED


def test_lenet_is_the_table_that_is_taught() -> None:
    """Activations and parameters layer by layer, as courses work them out by hand."""
    rows = [r for r in spec("lenet5").model().layers if r["kind"] not in ("InputLayer", "Flatten")]
    assert [r["parameters"] for r in rows] == [456, 0, 2416, 0, 48120, 10164, 850]
    assert [tuple(r["output_shapes"][0][1:]) for r in rows] == [
        (28, 28, 6), (14, 14, 6), (10, 10, 16), (5, 5, 16), (120,), (84,), (10,),
    ]  # fmt: skip


@pytest.mark.parametrize("path", SPECS, ids=name_of)
def test_names_of_a_spec_are_unique(path: Path) -> None:
    for name in made(path).models:
        used = [n for n in made(path).graphs[name].nodes if n.operation.family == "layer"]
        assert len({n.name for n in used}) == len({id(n.operation) for n in used})


@pytest.mark.parametrize("stem", ["resnet50", "seq2seq", "siamese", "text_transformer", "unet"])
def test_names_of_a_spec_are_stable(stem: str) -> None:
    first, second = spec(stem).model(), netdsl.compile_file(path_of(stem)).model()
    assert [row["name"] for row in first.layers] == [row["name"] for row in second.layers]


# -- the library --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", LIBRARY, ids=name_of)
def test_library_file_is_without_a_diagnostic(path: Path) -> None:
    result = compile_text(path.read_text("utf-8"), name=f"std/{path.name}")
    assert not result.diagnostics, spelled(result)


@pytest.mark.parametrize("path", LIBRARY, ids=name_of)
def test_block_of_the_library_says_what_it_is(path: Path) -> None:
    module = compile_text(path.read_text("utf-8"), name=f"std/{path.name}").unit.module
    assert module.docstring
    for statement in module.statements:
        if isinstance(statement, tree.Block):
            assert isinstance(statement.body, tree.Body), statement.name
            assert statement.body.docstring, statement.name


IMAGE = "input x: [16, 16, 8]"
SEQUENCE = "input x: [12, 32]"

#: Each block once: how it is imported, what arrives, the shape it gives.
BLOCKS = [
    ("vision", "conv_bn(4)", IMAGE, (16, 16, 4)),
    ("vision", "conv_bn(4, (1, 7), strides=2, act=linear)", IMAGE, (8, 8, 4)),
    ("vision", "conv_bn(8, 3, groups=4)", IMAGE, (16, 16, 8)),
    ("vision", "separable_conv_bn(4)", IMAGE, (16, 16, 4)),
    ("vision", "depthwise_bn(5, 2)", IMAGE, (8, 8, 8)),
    ("vision", "mobile_conv(4, 2)", IMAGE, (8, 8, 4)),
    ("vision", "ceil_pool()", IMAGE, (8, 8, 8)),
    ("vision", "squeeze_excite(4)", IMAGE, (16, 16, 8)),
    ("vision", "shortcut(8)", IMAGE, (16, 16, 8)),
    ("vision", "shortcut(8, 2)", IMAGE, (8, 8, 8)),
    ("vision", "basic_residual(8)", IMAGE, (16, 16, 8)),
    ("vision", "basic_residual(12, 2)", IMAGE, (8, 8, 12)),
    ("vision", "bottleneck(2)", IMAGE, (16, 16, 8)),
    ("vision", "bottleneck(4, 2, groups=2)", IMAGE, (8, 8, 16)),
    ("vision", "bn_conv(4)", IMAGE, (16, 16, 4)),
    ("vision", "preactivation_residual(8)", IMAGE, (16, 16, 8)),
    ("vision", "preactivation_bottleneck(4, 2)", IMAGE, (8, 8, 16)),
    ("vision", "inverted_residual(8)", IMAGE, (16, 16, 8)),
    ("vision", "inverted_residual(6, 2, expansion=1)", IMAGE, (8, 8, 6)),
    ("vision", "mbconv(8)", IMAGE, (16, 16, 8)),
    ("vision", "mbconv(6, 2, kernel_size=5)", IMAGE, (8, 8, 6)),
    ("vision", "mbconv(8, squeeze=0.0, divisor=8)", IMAGE, (16, 16, 8)),
    ("vision", "fused_mbconv(8, drop=0.1)", IMAGE, (16, 16, 8)),
    ("vision", "fused_mbconv(6, 2, expansion=1)", IMAGE, (8, 8, 6)),
    ("vision", "stochastic_depth(0.1)", IMAGE, (16, 16, 8)),
    ("vision", "fire(2, 3)", IMAGE, (16, 16, 6)),
    ("vision", "inception(1, 2, 3, 4, 5, 6)", IMAGE, (16, 16, 15)),
    ("vision", "dense_layer(4)", IMAGE, (16, 16, 12)),
    ("vision", "dense_block(3, 4)", IMAGE, (16, 16, 20)),
    ("vision", "transition()", IMAGE, (8, 8, 4)),
    ("vision", "aspp(4, [2, 3])", IMAGE, (16, 16, 4)),
    ("vision", "spatial_pyramid(3)", IMAGE, (16, 16, 32)),
    ("vision", "atrous_conv_bn(4, 3)", IMAGE, (16, 16, 4)),
    ("vision", "pixel_shuffle()", IMAGE, (32, 32, 2)),
    ("vision", "channel_and_place(4)", IMAGE, (16, 16, 8)),
    ("vision", "se_bottleneck(4, 2, groups=2)", IMAGE, (8, 8, 16)),
    ("vision", "atrous_bottleneck(4, rate=2)", IMAGE, (16, 16, 16)),
    ("vision", "pyramid_pooling([1, 2])", IMAGE, (16, 16, 16)),
    ("detection", "dense_head(5, anchors=3, filters=4, depth=2)", IMAGE, (768, 5)),
    ("attention", "patch_embedding(6, 4)", IMAGE, (16, 6)),
    ("attention", "project_with_positions(6)", SEQUENCE, (12, 6)),
    ("attention", "learned_positions()", SEQUENCE, (12, 32)),
    ("attention", "prepend(2)", SEQUENCE, (14, 32)),
    ("attention", "learned_queries(3, 8)", SEQUENCE, (3, 8)),
    ("attention", "sinusoidal_positions()", SEQUENCE, (12, 32)),
    ("attention", "sinusoidal_embedding(6)", "input x: [1]", (6,)),
    ("attention", "convolutional_positions()", SEQUENCE, (12, 32)),
    ("attention", "rotary_positions()", "input x: [12, 4, 8]", (12, 4, 8)),
    ("attention", "rotary_attention(4, groups=2)", SEQUENCE, (12, 32)),
    ("attention", "self_attention(4)", SEQUENCE, (12, 32)),
    ("attention", "self_attention(4, axes=2)", "input x: [3, 12, 32]", (3, 12, 32)),
    ("attention", "feed_forward(64)", SEQUENCE, (12, 32)),
    ("attention", "gated_feed_forward(64)", SEQUENCE, (12, 32)),
    ("attention", "transformer_encoder(4, 64)", SEQUENCE, (12, 32)),
    ("attention", "pre_norm_encoder(4, 64, causal=True)", SEQUENCE, (12, 32)),
    ("sequence", "gated_causal_conv(8, rate=2)", SEQUENCE, (12, 8)),
    ("sequence", "temporal_block(8, rate=2)", SEQUENCE, (12, 8)),
    ("mlp", "mlp([4, 5])", "input x: [8]", (5,)),
    ("mlp", "mlp([4, 5], act=tanh, dropout=0.1)", "input x: [8]", (5,)),
    ("mlp", "residual_mlp(16)", "input x: [8]", (8,)),
    ("mlp", "highway()", "input x: [8]", (8,)),
    ("mlp", "mixer_layer(4, 16)", SEQUENCE, (12, 32)),
    ("tabular", "hashed_embeddings(20, 4)", "input x: string[6]", (6, 4)),
    ("tabular", "pairwise_products()", SEQUENCE, (66,)),
]


@pytest.mark.parametrize(("module", "call", "inputs", "shape"), BLOCKS, ids=[b[1] for b in BLOCKS])
def test_block_of_the_library_gives_its_shape(
    module: str, call: str, inputs: str, shape: tuple[int, ...]
) -> None:
    name = call.partition("(")[0]
    result = compiled(
        f"from std.{module} import {name}\nmodel M {{ {inputs}\n output y = x -> {call} }}"
    )
    assert not result.diagnostics, spelled(result)
    graph = result.graphs["M"]
    assert graph.spec(graph.outputs["y"]).shape[1:] == shape


#: Blocks that take several tensors, or give them.
SEVERAL = [
    "from std.attention import cross_attention\n"
    "model M { input x: [12, 32] input m: [7, 32] output x -> cross_attention(4)(memory=m) }",
    "from std.attention import transformer_decoder\n"
    "model M { input x: [12, 32] input m: [7, 32] output [x, m] -> transformer_decoder(4, 64) }",
    "from std.attention import pre_norm_decoder\n"
    "model M { input x: [12, 32] input m: [7, 32] output x -> pre_norm_decoder(4, 64)(memory=m) }",
    "from std.sequence import global_attention\n"
    "model M { input x: [T, 32] input m: [S, 32] output x -> global_attention(8)(memory=m) }",
    "from std.mlp import cross_layer\n"
    "model M { input x: [8] a = [x, x] -> cross_layer() output [x, a] -> cross_layer() }",
    "from std.vision import feature_pyramid\n"
    "model M { input a: [16, 16, 8] input b: [8, 8, 8] input c: [4, 4, 8]\n"
    "p3, p4, p5 = [a, b, c] -> feature_pyramid(4) output p3 output p4 output p5 }",
    "from std.vision import top_down\n"
    "model M { input a: [16, 16, 8] input b: [8, 8, 8] input c: [4, 4, 8]\n"
    "p3, p4, p5 = [a, b, c] -> top_down(4) output p3 output p4 output p5 }",
]


@pytest.mark.parametrize("text", SEVERAL, ids=lambda text: text.split()[3])
def test_block_of_the_library_takes_several_tensors(text: str) -> None:
    result = compiled(text)
    assert not result.diagnostics, spelled(result)


def test_every_block_of_the_library_is_tried() -> None:
    tried = {call.partition("(")[0] for _, call, _, _ in BLOCKS} | {
        text.split()[3] for text in SEVERAL
    }
    for path in LIBRARY:
        if path.stem == "edges":
            continue  # fixed filters have tests of their own
        module = compile_text(path.read_text("utf-8"), name=f"std/{path.name}").unit.module
        declared = {s.name for s in module.statements if isinstance(s, tree.Block)}
        assert declared <= tried, declared - tried


@pytest.mark.parametrize(
    ("width", "expected"), [(32, 32), (33, 32), (3, 8), (20, 24), (12, 16), (11, 16), (95, 96)]
)
def test_divisible_width_is_near_and_at_most_a_tenth_below(width: int, expected: int) -> None:
    text = f"from std.vision import make_divisible\nmodel M(n = make_divisible({width})) {{ input x: [1] output x }}"
    found = compiled(text).graphs["M"].hyperparameters["n"]
    assert found == expected
    assert found % 8 == 0
    assert found >= 0.9 * width


def test_squeeze_and_excite_has_the_weights_of_its_paper() -> None:
    text = "from std.vision import squeeze_excite\nmodel M { input x: [8, 8, 64] output x -> squeeze_excite(16) }"
    convolutions = [n for n in layers(compiled(text).graphs["M"]) if n.kind == "Conv2D"]
    shapes = [tuple(n.operation.weights[0].shape) for n in convolutions]
    assert shapes == [(1, 1, 64, 4), (1, 1, 4, 64)]


def test_a_project_of_pictures_scales_their_pixels_once() -> None:
    """What Keras's weights expect, or 0 to 1; a network that scales pixels itself is left as it is."""
    stages: dict[str, str] = {}
    for entry in entries():
        compiled = made(entry.path)
        for figures in entry.listed:
            if learned_from(entry, figures.name) != "pictures":
                continue
            text = with_pixels_scaled(compiled, figures.name, figures.base or figures.name)
            head, _, tail = text.partition("  # its pixels go from 0 to 255\n -> ")
            stages[figures.name], _, tail = tail.partition("\n")
            assert head + tail == compiled.file.text, figures.name
    scaling = {entry.stem for entry in entries() if not stages.get(entry.listed[0].name, "…")}
    assert scaling == {"convnext", "efficientnet", "efficientnet_v2", "mobilenet_v3"}
    assert stages["LeNet5"] == stages["ViTB16"] == "Rescaling(1 / 255)"
    assert stages["MobileNetV2"] == "Rescaling(1 / 127.5, offset=-1)"
    assert stages["ResNet50"].startswith("ops.flip(axis=-1) -> Normalization(")
    assert stages["DenseNet121"].startswith("Rescaling(1 / 255) -> Normalization(")
