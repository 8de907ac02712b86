"""`train` blocks: each setting read, checked against the model, and put into `compile_model`."""

from __future__ import annotations

import ast

import pytest

import netdsl

MODEL = """
extern fn load from "project.data"
extern fn own from "project.losses"

model Net {
    input image: [32, 32, 3]
    scaled = image -> Normalization()
    h = scaled -> Conv2D(8, 3, strides=8) -> GlobalAveragePooling2D()
    output probs = h -> Dense(10, activation=softmax)
    output one = h -> Dense(1, activation=sigmoid)
}
"""


def codes(settings: str, model: str = MODEL) -> list[tuple[str, int]]:
    """Give code and line (of the train block, from 1) of every error and of warnings about training."""
    text = model + "\ntrain Net {\n" + settings + "\n}\n"
    first = text[: text.index("train Net")].count("\n") + 1
    found = netdsl.compile_text(text).diagnostics
    return [
        (d.code, d.line - first)
        for d in found
        if d.severity == "error" or (d.code.startswith("N08") and d.severity == "warning")
    ]


NEEDED = (
    "optimizer = adam\nloss = {probs: sparse_categorical_crossentropy, one: binary_crossentropy}\n"
)


@pytest.mark.parametrize(
    "setting",
    [
        "epochs = 90",
        "batch_size = 256",
        "validation_split = 0.1",
        "class_weight = {0: 1.0, 1: 2.5}",
        'callbacks = [EarlyStopping(patience=3), ModelCheckpoint("best.keras")]',
        'data = npz("f.npz")',
        'data = csv("f.csv", label="y")',
        'data = image_folder("flowers/train", image_size=(224, 224))',
        'validation = text_folder("texts")',
        'test = dataset("mnist")',
        "data = load()",
        'augment = RandomFlip("horizontal") -> RandomRotation(0.05)',
        "adapt = [scaled]",
        "precision = mixed_bfloat16",
        "jit_compile = True",
        'jit_compile = "auto"',
        "steps_per_execution = 16",
        "memory_growth = True",
        'device = "GPU:0"',
        "distribute = MirroredStrategy()",
        "seed = 0",
        "loss_weights = {probs: 1, one: 0.5}",
        "loss_weights = [1, 0.5]",
        "metrics = {probs: [accuracy, own], one: [AUC()]}",
    ],
)
def test_a_setting_that_keras_takes_is_taken(setting: str) -> None:
    assert codes(NEEDED + setting) == []


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (NEEDED + "epocs = 3", [("N0801", 3)]),
        (NEEDED + "epochs = 0", [("N0802", 3)]),
        (NEEDED + "epochs = 2.5", [("N0802", 3)]),
        (NEEDED + "validation_split = 1.0", [("N0802", 3)]),
        (NEEDED + "precision = mixed_float12", [("N0802", 3)]),
        (NEEDED + "jit_compile = 1", [("N0802", 3)]),
        (NEEDED + "seed = -1", [("N0802", 3)]),
        (NEEDED + 'data = image_folder("f", image_sze=3)', [("N0802", 3)]),
        (NEEDED + 'data = imagefolder("f")', [("N0802", 3)]),
        (NEEDED + 'data = dataset("mnits")', [("N0802", 3)]),
        (NEEDED + "distribute = MiroredStrategy()", [("N0802", 3)]),
        (NEEDED + "callbacks = EarlyStopping()", [("N0802", 3)]),
        (NEEDED + "callbacks = [EarlyStoping()]", [("N0201", 3)]),
        (NEEDED + "metrics = accuracy", [("N0802", 3)]),
        (NEEDED + "metrics = {probs: [acuracy]}", [("N0803", 3)]),
        (NEEDED + "metrics = {probz: [accuracy]}", [("N0804", 3)]),
        (NEEDED + "loss_weights = [1]", [("N0804", 3)]),
        (NEEDED + "adapt = [h2]", [("N0806", 3)]),
        (NEEDED + "adapt = [scald]", [("N0806", 3)]),
        (NEEDED + "seed = 1\nseed = 2", [("N0808", 4)]),
        ("optimizer = adam", [("N0809", 0)]),
        ("optimizer = adan\nloss = [mse, mse]", [("N0803", 1)]),
        ("optimizer = Adam(lr=0.1)\nloss = [mse, mse]", [("N0301", 1)]),
        ("optimizer = adam\nloss = [mse]", [("N0804", 2)]),
        ("optimizer = adam\nloss = [mse, categorical_crossentropy]", [("N0805", 2)]),
        ("optimizer = adam\nloss = msse", [("N0803", 2)]),
    ],
)
def test_a_mistake_is_told_at_its_setting(settings: str, expected: list[tuple[str, int]]) -> None:
    assert codes(settings) == expected


def test_a_block_for_a_model_that_is_not_there_is_told() -> None:
    found = netdsl.compile_text("train Nett { optimizer = adam  loss = mse }").diagnostics
    assert [d.code for d in found if d.severity == "error"] == ["N0210"]


def test_what_is_not_generated_yet_is_said_once_with_every_name() -> None:
    text = MODEL + "train Net {\n" + NEEDED + "epochs = 3\nbatch_size = 8\n}\n"
    (note,) = [d for d in netdsl.compile_text(text).diagnostics if d.code == "N0807"]
    assert "`epochs`, `batch_size`" in note.message


def compile_call(text: str, *, flat: bool = False) -> str:
    compiled = netdsl.compile_text(text)
    assert compiled.ok, [d.message for d in compiled.diagnostics]
    module = ast.parse(compiled.emit(flat=flat))
    (function,) = [
        n for n in module.body if isinstance(n, ast.FunctionDef) and n.name == "compile_model"
    ]
    return ast.unparse(function)


@pytest.mark.parametrize("flat", [False, True])
def test_compile_model_has_the_settings_as_keras_takes_them(flat: bool) -> None:
    text = (
        MODEL
        + "train Net {\n"
        + NEEDED
        + "metrics = {probs: [accuracy, own]}\njit_compile = True\n}\n"
    )
    text = text.replace(
        "optimizer = adam", "optimizer = SGD(CosineDecay(0.1, decay_steps=100), momentum=0.9)"
    )
    written = compile_call(text, flat=flat)
    assert (
        "keras.optimizers.schedules.CosineDecay(initial_learning_rate=0.1, decay_steps=100)"
        in written
    )
    assert "'one': 'binary_crossentropy'" in written
    assert "metrics={'probs': ['accuracy', own]}" in written
    assert "jit_compile=True" in written


def test_a_file_without_a_train_block_has_no_compile_model() -> None:
    assert "compile_model" not in netdsl.compile_text(MODEL).source
