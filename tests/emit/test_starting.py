"""Each way to start from weights has its Python: read into the layers in their order, those of models within too.

What a layer has learned as weights is not learned anew.
"""

from __future__ import annotations

import ast

import pytest

from netdsl.compiler import compile_text

SPEC = """
model M {
    input x: [8]
    output y = x -> Dense(4, activation=relu) -> Dense(3, activation=softmax)
}

train M {
    data = npz("a.npz")
    start_from = WAY
    optimizer = adam
    loss = sparse_categorical_crossentropy
    epochs = 1
}
"""


@pytest.mark.parametrize(
    ("way", "called"),
    [
        ('weights("b.weights.h5")', "load_weights"),
        ('run("runs/a")', "take_weights"),
        ('applications.MobileNetV2(weights="imagenet")', "take_weights"),
    ],
)
def test_a_way_to_start(way: str, called: str) -> None:
    source = compile_text(SPEC.replace("WAY", way)).source
    module = ast.parse(source)
    functions = {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
    assert f"{called}(" in source
    assert ("take_weights" in functions) == (called == "take_weights")


@pytest.mark.parametrize(
    ("settings", "layer", "is_adapted"),
    [
        ("", "Normalization()", True),
        ('start_from = run("runs/a")', "Normalization()", False),
        ('start_from = run("runs/a") adapt = [learned]', "Normalization()", True),
        ('start_from = run("runs/a")', "Discretization(num_bins=4)", True),
    ],
)
def test_means_that_come_with_the_weights_are_kept(
    settings: str, layer: str, is_adapted: bool
) -> None:
    text = SPEC.replace("start_from = WAY", settings).replace(
        "x ->", f'x -> {layer[:-1]}{", " * (layer[-2] != "(")}name="learned") ->'
    )
    compiled = compile_text(text)
    assert compiled.ok
    assert ("def adapt(" in compiled.source) == is_adapted
