"""The arithmetic that `summary --explain` spells out comes to what the model has."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

import netdsl
from netdsl.report.arithmetic import (
    explain,
    layers_called,
    parameter_sum,
    shape_sums,
    work_sum,
)
from tests.zoo.specs import SPECS, made


def _value(formula: str) -> float:
    assert re.fullmatch(r"(floor|ceil|max|[\d\s+*/(),.-])+", formula), formula
    return eval(formula, {"floor": math.floor, "ceil": math.ceil, "max": max})


CHAINS = """
model M {
    input image: [33, 40, 6]
    output y = image
        -> Conv2D(8, 3, dilation_rate=2) -> Conv2D(8, (3, 5), strides=2, padding="same", groups=2, use_bias=False)
        -> DepthwiseConv2D(3, depth_multiplier=2) -> Conv2DTranspose(4, 5, strides=2) -> UpSampling2D((2, 3))
        -> Conv2DTranspose(4, 2, strides=3, padding="same") -> ZeroPadding2D(((1, 0), (2, 3))) -> Cropping2D(1)
        -> BatchNormalization() -> MaxPooling2D(3, strides=2) -> [_, _] -> Concatenate(axis=1) -> Dense(3) -> Flatten()
        -> Dense(5, use_bias=False)
}
"""


@pytest.mark.parametrize(
    "spec", [None, *SPECS], ids=lambda spec: getattr(spec, "stem", "written here")
)
def test_every_line_comes_to_its_result(spec: Path | None) -> None:
    compiled = netdsl.compile_text(CHAINS) if spec is None else made(spec)
    count = 0
    for graph in (compiled.model(name).net for name in compiled.models):
        for node in graph.nodes:
            arriving = [graph.spec(ref) for ref in node.inputs]
            sums = shape_sums(node, arriving)
            sums += [parameter_sum(node)] if node.operation.weights else []
            work = work_sum(node, arriving)
            sums += [work] if work is not None else []
            for each in (line for line in sums if isinstance(line.result, int)):
                if each.formula not in ("", "units", "filters"):
                    assert _value(each.formula) == each.result, (node.name, each)
                    count += 1
    assert count > 20 or spec is not None


def test_the_first_convolution_of_lenet() -> None:
    graph = (
        netdsl.compile_text(
            "model M {\n input image: [32, 32, 3]\n output y = image -> Conv2D(6, 5)\n}\n"
        )
        .model()
        .net
    )
    (node,) = layers_called(graph, "Conv2D")
    told = "\n".join(explain(graph, node, None))
    assert "floor((32 + 2*0 - 5)/1) + 1 = 28" in told
    assert "(5*5*3 + 1) * 6 = 456" in told
    assert "28*28 * 5*5*3 * 6 = 352,800" in told


@pytest.mark.parametrize(
    ("layers", "formula"),
    [
        ("Conv1D(4, 3) -> Conv1DTranspose(8, 3, strides=2)", "18 * 3*8*4 = 1,728"),
        ("SeparableConv1D(12, 3, depth_multiplier=2)", "18 * (3*16*2 + 1*32*12) = 8,640"),
        ("SimpleRNN(5)", "20 * (16*5 + 5*5) = 2,100"),
        ("Bidirectional(LSTM(8))", "20 * (16*32 + 8*32 + 16*32 + 8*32) = 30,720"),
        ("GRU(6)", "20 * (16*18 + 6*18) = 7,920"),
        ('EinsumDense("btc,cd->btd", (20, 4))', "20 * 16*4 = 1,280"),
        (
            "MultiHeadAttention(2, 8)(value=_)",
            "20 * (16*2*8 + 2*8*16) + 20 * (16*2*8 + 16*2*8) + 20*20 * (2*8 + 2*8) = 33,280",
        ),
        (
            "MultiHeadAttention(2, 8)(value=_, attention_mask=_[..., :1] > 0)",
            "20 * (16*2*8 + 2*8*16) + 20 * (16*2*8 + 16*2*8) + 20*20 * (2*8 + 2*8) = 33,280",
        ),
        ("MultiHeadAttention(2, 8)(value=_)", "attention_output/kernel (2, 8, 16): 2*8*16 = 256"),
        ("ReversibleEmbedding(50, 16)(reverse=True)", "20 * 50*16 = 16,000"),
    ],
)
def test_how_the_work_of_each_kind_comes_about(layers: str, formula: str) -> None:
    net = (
        netdsl.compile_text(f"model M {{ input x: [20, 16]  output y = x -> {layers} }}")
        .model()
        .net
    )
    assert formula in "\n".join(explain(net, net.nodes[-1], None))
