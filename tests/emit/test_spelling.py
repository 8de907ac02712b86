"""Names: a model's function, and names that Python or the module needs for itself."""

from __future__ import annotations

import ast

import pytest

from netdsl.compiler import compile_source, compile_text
from netdsl.emit.python.spelling import HELPERS, function_name, python_name
from netdsl.source import SourceFile

FUNCTIONS = {
    "ResNet50": "resnet50",
    "Tiny": "tiny",
    "UNet": "unet",
    "VGG16": "vgg16",
    "MobileNetV2": "mobilenet_v2",
    "EfficientNetB0": "efficientnet_b0",
    "TextClassifier": "text_classifier",
    "MiniGPT": "mini_gpt",
    "ConvNeXt": "convnext",
    "LeNet5": "lenet5",
    "my_model": "my_model",
    "Class": "class_",
}


@pytest.mark.parametrize(("model", "function"), FUNCTIONS.items())
def test_a_model_has_a_function_with_a_readable_name(model: str, function: str) -> None:
    assert function_name(model) == function


@pytest.mark.parametrize(
    "name", ["class", "lambda", "filter", "len", "layers", "keras", "name", "l"]
)
def test_a_reserved_name_gets_an_underscore(name: str) -> None:
    assert python_name(name) == name + "_"


def emitted(text: str) -> str:
    result = compile_source(SourceFile("m.net", text), lambda path: "")
    assert result.ok, [d.message for d in result.diagnostics]
    return result.source


def functions(source: str) -> list[str]:
    return [s.name for s in ast.parse(source).body if isinstance(s, ast.FunctionDef)]


def test_a_model_called_like_a_block_is_told_apart() -> None:
    source = emitted("block tiny() = ReLU()\nmodel Tiny { input x: [3] output y = x -> tiny() }")
    assert functions(source) == ["tiny", "tiny_model"]


def test_only_what_a_model_reaches_is_written() -> None:
    source = emitted(
        "let unused = 3\nblock idle() = ReLU()\nblock used() = ReLU()\n"
        "model M { input x: [3] output y = x -> used() }"
    )
    assert functions(source) == ["used", "m"]
    assert "unused" not in source


@pytest.mark.parametrize("helper", sorted(HELPERS))
def test_a_hyperparameter_does_not_hide_what_the_module_calls(helper: str) -> None:
    compiled = compile_text(
        f"block b({helper}: int = 4) = Dense({helper})\nmodel M {{ input x: [4]\n output y = x -> b({helper}=8) }}"
    )
    assert f"def b(x, {helper}_=4, *, name=" in compiled.source
    assert f"b(x, {helper}_=8, name=" in compiled.source
