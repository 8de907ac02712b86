"""`train` blocks: each setting read, checked against the model, and put into `compile_model`."""

from __future__ import annotations

import ast
import re

import pytest

import netdsl
from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.elaborate.training.settings import SETTINGS

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
        'callbacks = [EarlyStopping(patience=3), ModelCheckpoint("best.keras")]',
        'data = npz("f.npz")',
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
        "callbacks = [LambdaCallback(on_test_end=own)]",
        "metrics = []",
        "metrics = [[accuracy, own], AUC()]",
        "metrics = {probs: [accuracy, own], one: [AUC()]}",
    ],
)
def test_a_setting_that_keras_takes_is_taken(setting: str) -> None:
    assert codes(NEEDED + setting) == []


def test_classes_are_weighed_where_there_is_one_output() -> None:
    one = "model Net { input x: [8]  output y = x -> Dense(3, activation=softmax) }"
    needed = "optimizer = adam\nloss = sparse_categorical_crossentropy\n"
    assert codes(needed + "class_weight = {0: 1.0, 1: 2.5}", one) == []


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
        (NEEDED + 'data = image_folder("f", image_sze=3)', [("N0301", 3)]),
        (NEEDED + 'data = imagefolder("f")', [("N0802", 3)]),
        (NEEDED + 'data = dataset("mnits")', [("N0307", 3)]),
        (NEEDED + "data = dataset(Permute)", [("N0420", 3)]),
        (NEEDED + "data = dataset([mnist])", [("N0305", 3)]),
        (NEEDED + 'data = dataset({"mnist": 1})', [("N0305", 3)]),
        (NEEDED + "data = dataset(HeNormal(seed=1))", [("N0305", 3)]),
        (NEEDED + "distribute = MiroredStrategy()", [("N0802", 3)]),
        (NEEDED + "callbacks = EarlyStopping()", [("N0802", 3)]),
        (NEEDED + "callbacks = [EarlyStoping()]", [("N0201", 3)]),
        (NEEDED + "metrics = accuracy", [("N0802", 3)]),
        (NEEDED + "metrics = {probs: [acuracy]}", [("N0803", 3)]),
        (NEEDED + "metrics = {probz: [accuracy]}", [("N0804", 3)]),
        (NEEDED + "loss_weights = [1]", [("N0804", 3)]),
        (NEEDED + "loss_weights = 0.5", [("N0804", 3)]),
        (NEEDED + "class_weight = {0: 1.0, 1: 2.5}", [("N0804", 3)]),
        (NEEDED + "loss_weights = {probs: 2}", [("N0804", 3)]),
        ("optimizer = adam\nloss = mse\nloss_weights = {probs: 2, one: 1}", [("N0804", 3)]),
        ("optimizer = adam\nloss = {one: mse}\nloss_weights = [1, 2]", [("N0804", 3)]),
        (NEEDED + "metrics = [accuracy]", [("N0804", 3)]),
        (NEEDED + "metrics = [mae, mae, mae]", [("N0804", 3)]),
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


def told(setting: str) -> Diagnostic:
    """Give what is said of one wrong setting of a model with one output."""
    needed = {"optimizer": "adam", "loss": "mse"}
    rest = "\n".join(f"{k} = {v}" for k, v in needed.items() if not setting.startswith(k + " "))
    text = (
        "model Net { input x: [8] output y = x -> Dense(4, activation=softmax) }\n"
        f"fn double(n) = 2 * n\ntrain Net {{\n{rest}\n{setting}\n}}\n"
    )
    (found,) = [d for d in netdsl.compile_text(text).diagnostics if d.severity == "error"]
    return found


@pytest.mark.parametrize(
    ("setting", "label", "help"),
    [
        ("optimizer = 3", "`optimizer` is `3`, not an optimizer", "write `optimizer = adam`, or …"),
        ("optimizer = Dense(3)", "`optimizer` is a layer, `Dense(3)`, not an optimizer", "…"),
        ("optimizer = relu", "it names an activation", "write `optimizer = adam`, or …"),
        ("optimizer = double", "`optimizer` is a function, not an optimizer", "…"),
        (
            "optimizer = CosineDecay(0.1, 10)",
            "`optimizer` is a schedule, `CosineDecay(0.1, 10)`, not an optimizer",
            "give it to an optimizer: `Adam(CosineDecay(0.1, 10))`",
        ),
        ("loss = Adam()", "`loss` is an optimizer, `Adam()`, not a loss", "write `loss = mse`, …"),
        ("loss = EarlyStopping()", "`loss` is a callback, `EarlyStopping()`, not a loss", "…"),
        ("loss = accuracy", "it names a metric", "…"),
        ("loss = Dense", "`loss` is a layer class, not a loss", "…"),
        ("metrics = [Adam()]", "this is an optimizer, `Adam()`, not a metric", "…"),
        (
            "metrics = accuracy",
            "`accuracy` stands alone, and a list is needed",
            "write `metrics = [accuracy]`",
        ),
        ("callbacks = [EarlyStopping]", "a callback is written with parentheses", "write `Early…"),
        (
            "epochs = None",
            "`epochs` is `None`, not a positive integer",
            "write a whole number from 1 on",
        ),
        ("epochs = [3]", "`epochs` is a list, not a positive integer", "did you mean `3`?"),
        (
            'seed = "a"',
            '`seed` is `"a"`, not an integer from 0 to 4294967295',
            "write a whole number from 0 on",
        ),
        (
            "jit_compile = 1",
            '`jit_compile` is `1`, not `"auto"`, `True` or `False`',
            "did you mean `True`?",
        ),
        (
            "class_weight = balanced",
            "`class_weight` is `balanced`, not a dict",
            "give each class …",
        ),
        (
            "precision = 16",
            "`precision` is `16`, not a dtype policy such as `mixed_bfloat16`",
            "did you mean `mixed_float16`?",
        ),
        ("device = 0", "`device` is `0`, not the name of a device", 'did you mean `"GPU:0"`?'),
        (
            "data = california_housing",
            "`data` is `california_housing`, not a source of data",
            'did you mean `dataset("california_housing")`?',
        ),
        (
            'data = "a.csv"',
            '`data` is `"a.csv"`, not a source of data',
            'did you mean `csv("a.csv")`?',
        ),
        ("distribute = MirroredStrategy", "…", "did you mean `MirroredStrategy()`?"),
        (
            "metrics = [huber]",
            "Keras has a function of this name, and takes no metric by it",
            'import it: `extern fn huber from "keras.metrics"` at the top of the file',
        ),
        (
            "loss = categorical_generalized_cross_entropy",
            "Keras has a function of this name, and takes no loss by it",
            "did you mean `CategoricalGeneralizedCrossEntropy()`?",
        ),
        (
            "metrics = [ce]",
            "this names no metric",
            "did you mean `bce`?",
        ),
        (
            "augment = [RandomFlip(), RandomRotation(0.1)]",
            "`augment` is a list, not a chain of augmentation layers",
            "did you mean `RandomFlip() -> RandomRotation(0.1)`?",
        ),
        ("adapt = 3", "`adapt` is `3`, not the name of a layer", "name layers …"),
    ],
)
def test_a_wrong_value_is_told_in_words(setting: str, label: str, help: str) -> None:
    """`…` at the end stands for anything."""
    found = told(setting)
    for text, expected in [(found.primary.text, label), (found.help, help)]:
        if expected.endswith("…"):
            assert text.startswith(expected[:-1])
        else:
            assert text == expected
    if help.startswith("did you mean"):
        assert found.fix is not None
        assert found.fix.checked == "all"


VALUES = [
    "-3", "1.5", '"other"', "other", "None", "[1.5]", "{1.5: 2}", "Dense(3)", "Dense", "Net", "double", "Adam()",
    "HeNormal()", "L2()", "Accuracy()", "CosineDecay(0.1, 10)", "EarlyStopping()", "MeanSquaredError()",
]  # fmt: skip


@pytest.mark.parametrize("name", SETTINGS)
def test_what_is_said_of_any_value_is_english(name: str) -> None:
    for value in VALUES:
        text = (
            "model Net { input x: [8] output y = x -> Dense(4) }\n"
            f"fn double(n) = 2 * n\ntrain Net {{ {name} = {value} }}\n"
        )
        for found in netdsl.compile_text(text).diagnostics:
            said = f"{found.message} {found.help}"
            assert not re.search(r"\ba [aeio]|\ban [^aeiou`]|\ba `[AEIO]", said), said
            assert not re.search(r"ObjectValue|BoundLayer|Identifier|object at", said), said


def test_a_block_for_a_model_that_is_not_there_is_told() -> None:
    found = netdsl.compile_text("train Nett { optimizer = adam  loss = mse }").diagnostics
    assert [d.code for d in found if d.severity == "error"] == ["N0210"]


def test_a_name_that_is_no_output_is_told_once_in_each_block() -> None:
    model = "model {} {{ input x: [4]  output y = x -> Dense(2) }}\n"
    train = 'train {} {{ optimizer = adam  loss = {{"z": mse}}  metrics = {{"z": ["mae"]}} }}\n'
    text = "".join(part.format(name) for name in "AB" for part in (model, train))
    found = [d for d in netdsl.compile_text(text).diagnostics if d.code == "N0804"]
    assert [(d.line, d.primary.text) for d in found] == [
        (2, "no output is called `z`"),
        (4, "no output is called `z`"),
    ]


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
    assert re.search(
        r"keras.optimizers.schedules.CosineDecay\((initial_learning_rate=)?0.1, decay_steps=100\)",
        written,
    )
    assert "'one': 'binary_crossentropy'" in written
    assert "metrics={'probs': ['accuracy', own]}" in written
    assert "jit_compile=True" in written


def test_a_file_without_a_train_block_has_no_compile_model() -> None:
    assert "compile_model" not in netdsl.compile_text(MODEL).source
