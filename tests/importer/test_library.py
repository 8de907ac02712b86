"""Blocks of the library are found in a model whatever options they have, and only where they are the same."""

from __future__ import annotations

import pytest

from netdsl.importer.recording.blocks import origin
from netdsl.importer.std import library, recorded_origin
from tests.importer.again import again

#: Uses of blocks as a person writes them, with what arrives.
USES = {
    "conv_bn(24, 5, strides=2, act=linear, groups=4)": "[64, 64, 8]",
    "atrous_conv_bn(24, rate=6)": "[64, 64, 8]",
    "separable_conv_bn(24, act=silu)": "[64, 64, 8]",
    "depthwise_bn(strides=2)": "[64, 64, 8]",
    "mobile_conv(24, strides=2)": "[64, 64, 8]",
    "squeeze_excite(ratio=4, gate=hard_sigmoid)": "[64, 64, 72]",
    "basic_residual(16)": "[64, 64, 16]",
    "basic_residual(32, strides=2)": "[64, 64, 16]",
    "bottleneck(128, strides=2, expansion=2, groups=32)": "[64, 64, 256]",
    "bottleneck(128, expansion=2, groups=32)": "[64, 64, 256]",
    "bottleneck(64)": "[64, 64, 256]",
    "se_bottleneck(64, ratio=8)": "[64, 64, 256]",
    "atrous_bottleneck(64, rate=2)": "[64, 64, 256]",
    "preactivation_residual(32, dropout=0.3)": "[64, 64, 16]",
    "preactivation_bottleneck(16)": "[64, 64, 64]",
    "mbconv(24, expansion=4, kernel_size=5, drop=0.1)": "[64, 64, 24]",
    "mbconv(40, strides=2, expansion=3, squeeze_act=relu, gate=hard_sigmoid, divisor=8)": "[64, 64, 24]",
    "inverted_residual(24)": "[64, 64, 24]",
    "fused_mbconv(48, strides=2)": "[64, 64, 24]",
    "fire(16, 64)": "[64, 64, 24]",
    "inception(64, 96, 128, 16, 32, 32)": "[28, 28, 192]",
    "aspp(rates=[2, 4, 8])": "[32, 32, 64]",
    "pyramid_pooling()": "[24, 24, 64]",
    "feed_forward(256, dropout=0.1, act=gelu)": "[16, 64]",
    "gated_feed_forward(256)": "[16, 64]",
    "transformer_encoder(8, 256, dropout=0.3, act=gelu)": "[16, 64]",
    "pre_norm_encoder(8, 256, causal=True)": "[16, 64]",
    "sinusoidal_positions()": "[16, 64]",
    "learned_positions()": "[16, 64]",
    "prepend(count=2)": "[16, 64]",
    "mlp([64, 32], act=gelu, dropout=0.5)": "[16]",
    "mixer_layer(64, 128)": "[16, 64]",
    "temporal_block(32, rate=4)": "[16, 64]",
    "gated_causal_conv(32, rate=2)": "[16, 64]",
    "dense_head(80, bias_initializer=Constant(-4.5))": "[16, 16, 256]",
    "hashed_embeddings(1000, 8)": "string[5]",
    "hashed_embeddings(2000, 4)": "string[11]",
    "pairwise_products()": "[9, 16]",
    "rotary_positions()": "[32, 4, 16]",
    "rotary_attention(8)": "[32, 128]",
    "rotary_attention(8, groups=2, causal=False, base=5e5)": "[32, 128]",
    "sinusoidal_embedding(64)": "[1]",
}  # fmt: skip


def spec(call: str, arriving: str) -> str:
    block = call.partition("(")[0]
    module = library()[0][block].module
    return (
        f"from {module} import {block}\n"
        f"model M {{\n    input x: {arriving}\n    output y = x -> {call}\n}}\n"
    )


@pytest.mark.parametrize("call", USES)
def test_a_block_comes_back_with_its_options(call: str) -> None:
    assert call in again(spec(call, USES[call]))


def test_two_inputs_and_one_layer_for_several_tensors() -> None:
    text = again(
        "from std.attention import transformer_decoder\nfrom std.detection import dense_head\n"
        "model M {\n    input a: [16, 64]\n    input b: [20, 64]\n    input c: [8, 8, 32]\n    input d: [4, 4, 32]\n"
        "    layer head = dense_head(4, anchors=3)\n"
        "    output u = a -> repeat 3 { transformer_decoder(4, 128)(memory=b) }\n"
        "    output v = c -> head\n    output w = d -> head\n}\n"
    )
    assert "repeat 3 { transformer_decoder(4, 128)(memory=b) }" in text
    assert "= dense_head(4, anchors=3)" in text
    assert text.count("dense_head(") == 1


#: What is near a block, and is none.
NEAR = (
    "Conv2D(8, 3, padding='same') -> BatchNormalization() -> Activation(relu)",
    "Conv2D(8, 3, padding='same', use_bias=False) -> BatchNormalization(epsilon=1e-5) -> Activation(relu)",
    "Conv2D(8, 3, padding='valid', use_bias=False) -> BatchNormalization() -> Activation(relu)",
    "Conv2D(8, 3, padding='same', use_bias=False, trainable=False) -> BatchNormalization() -> Activation(relu)",
)


@pytest.mark.parametrize("chain", NEAR)
def test_what_is_another_layer_is_no_block_of_the_library(chain: str) -> None:
    chain = chain.replace("'", '"')
    text = again(f"model M {{\n    input x: [32, 32, 8]\n    output y = x -> {chain}\n}}\n")
    assert "from std" not in text


def test_the_patterns_are_those_of_the_library() -> None:
    """After a change of the library: `python -m netdsl.importer.recording`."""
    assert recorded_origin() == origin()
