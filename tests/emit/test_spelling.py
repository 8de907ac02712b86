"""Names: a model's function, and names that Python or the module needs for itself."""

from __future__ import annotations

import ast

import pytest

from netdsl.compiler import compile_source, compile_text
from netdsl.emit.python.spelling import HELPERS, python_name
from netdsl.source import SourceFile

MODELS = ["ResNet50", "MobileViT", "UNet3D", "MiniGPT", "my_model", "Class", "E"]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("flat", [False, True], ids=["structured", "flat"])
def test_a_model_has_a_function_by_its_own_name(model: str, flat: bool) -> None:
    compiled = compile_text(f"model {model} {{ input x: [3]\n output y = x -> ReLU() }}")
    assert functions(compiled.emit(flat=flat)) == [model]


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


def test_a_model_and_a_block_of_one_word_differ_by_case() -> None:
    source = emitted("block tiny() = ReLU()\nmodel Tiny { input x: [3] output y = x -> tiny() }")
    assert functions(source) == ["tiny", "Tiny"]


def test_only_what_a_model_reaches_is_written() -> None:
    source = emitted(
        "let unused = 3\nblock idle() = ReLU()\nblock used() = ReLU()\n"
        "model M { input x: [3] output y = x -> used() }"
    )
    assert functions(source) == ["used", "M"]
    assert "unused" not in source


@pytest.mark.parametrize("helper", sorted(HELPERS))
def test_a_hyperparameter_does_not_hide_what_the_module_calls(helper: str) -> None:
    compiled = compile_text(
        f"block b({helper}: int = 4) = Dense({helper})\nmodel M {{ input x: [4]\n output y = x -> b({helper}=8) }}"
    )
    assert f"def b(x, {helper}=4, *, name=" in compiled.source
    assert f"b(x, {helper}=8, name=" in compiled.source
