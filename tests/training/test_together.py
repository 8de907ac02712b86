"""Settings that do not go with one another, with the model, or with the names of the file."""

from __future__ import annotations

import pytest

import netdsl
from netdsl.diagnostics.diagnostic import Diagnostic

PICTURE = "input x: [28, 28, 1]  output y = x -> Flatten() -> Dense(10, activation=softmax)"


def errors(settings: str, model: str = PICTURE, before: str = "") -> list[Diagnostic]:
    text = (
        f'extern fn own from "m.n"\n{before}\nmodel Net {{ {model} }}\n'
        f"train Net {{\n optimizer = adam\n loss = sparse_categorical_crossentropy\n {settings}\n}}"
    )
    return [d for d in netdsl.compile_text(text).diagnostics if d.severity == "error"]


PARALLEL = 'distribute = ModelParallel(layout={{{}}}, mesh={{"batch": 2, "model": 2}})'
NETWORK = 'input x: [5, 8]  h = x -> Dense(7)  output y = h -> LSTM(4, name="cell") -> Dense(10, activation=softmax)'


@pytest.mark.parametrize(
    "settings",
    [
        "test_split = 0.2",
        "validation_split = 0.2 test_split = 0.2",
        'validation_split = 0.2 test = npz("t.npz")',
        "validation_split = 0 validation = own",
        'sample_weight = "w" data = csv("f.csv", label="kind")',
        "steps_per_epoch = 10",
        "class_weight = {0: 1, 9: 0.5}",
        "precision = mixed_float16",
        'precision = "bfloat16"',
        'device = "gpu"',
        'device = "/device:GPU:0"',
        'device = "cpu:0"',
        "seed = 4294967295",
        "distribute = MirroredStrategy() jit_compile = False steps_per_execution = 1",
        "distribute = DataParallel() jit_compile = True steps_per_execution = 4",
        "distribute = TPUStrategy()",
        'distribute = MirroredStrategy(["GPU:0", "GPU:1"]) batch_size = 32',
        "augment = RandomFlip() -> RandomRotation(0.1)",
        "augment = RandomContrast(0.1)",
        'start_from = weights("base.weights.h5")',
        'start_from = run("runs/base")',
        'start_from = applications.ResNet50(weights="imagenet")',
        "start_from = applications.ResNet50()",
        'data = dataset("mnist") validation_split = 0.1',
    ],
)
def test_what_goes_together_is_taken(settings: str) -> None:
    assert [d.message for d in errors(settings)] == []


WRONG = [
    ("test_split = 1", "N0802", "1"),
    ("test_split = True", "N0802", "True"),
    ("validation_split = 0.6 test_split = 0.4", "N0815", "0.4"),
    ('validation_split = 0.2 validation = npz("v.npz")', "N0815", "0.2"),
    ("test = own test_split = 0.2", "N0815", "0.2"),
    ('data = dataset("mnist") test_split = 0.2', "N0815", "0.2"),
    ("sample_weight = w", "N0802", "w"),
    ('sample_weight = "w" class_weight = {0: 1.0}', "N0815", "{0: 1.0}"),
    ('data = npz("f.npz", sample_weight="w") class_weight = {0: 1.0}', "N0815", "{0: 1.0}"),
    ('data = npz("f.npz", sample_weight="w") sample_weight = "v"', "N0815", '"v"'),
    ('data = image_folder("f") sample_weight = "w"', "N0815", '"w"'),
    ('data = own sample_weight = "w"', "N0815", '"w"'),
    ("steps_per_epoch = 0", "N0802", "0"),
    ("class_weight = {True: 1.0}", "N0802", "{True: 1.0}"),
    ("class_weight = {0: -1.0}", "N0802", "{0: -1.0}"),
    ("class_weight = {12: 1.0}", "N0802", "{12: 1.0}"),
    ("precision = int8", "N0802", "int8"),
    ("precision = int8_from_float32", "N0802", "int8_from_float32"),
    ('device = "cuda:1"', "N0802", '"cuda:1"'),
    ('device = "GPU:x"', "N0802", '"GPU:x"'),
    ("seed = 4294967296", "N0802", "4294967296"),
    ('device = "cpu:0" distribute = MirroredStrategy()', "N0815", '"cpu:0"'),
    ("distribute = MirroredStrategy() jit_compile = True", "N0815", "True"),
    ("distribute = MirroredStrategy() steps_per_execution = 8", "N0815", "8"),
    ('distribute = MirroredStrategy() steps_per_execution = "auto"', "N0815", '"auto"'),
    ("distribute = MultiWorkerMirroredStrategy()", "N0814", "MultiWorkerMirroredStrategy"),
    ("distribute = ParameterServerStrategy(3)", "N0814", "ParameterServerStrategy"),
    ("distribute = CentralStorageStrategy()", "N0814", "CentralStorageStrategy"),
    ('distribute = OneDeviceStrategy("GPU:0")', "N0802", "OneDeviceStrategy"),
    ("distribute = MirroredStrategy(2)", "N0305", "2"),
    ("distribute = MirroredStrategy(gpus=2)", "N0301", "gpus"),
    ('distribute = DataParallel(["gpu:0", "gpu:0"])', "N0512", '["gpu:0", "gpu:0"]'),
    ('distribute = MirroredStrategy(["GPU:0", "GPU:1"]) batch_size = 33', "N0707", "33"),
    ('distribute = DataParallel(["gpu:0", "gpu:1"]) batch_size = 33', "N0707", "33"),
    (PARALLEL.format('"y/kernel": (None, "model")') + " batch_size = 33", "N0707", "33"),
    ("augment = RandomCrop(24, 24)", "N0818", "RandomCrop(24, 24)"),
    ("augment = RandomFlip() -> Flatten()", "N0818", "RandomFlip() -> Flatten()"),
    ('augment = Conv2D(1, 3, padding="same")', "N0818", 'Conv2D(1, 3, padding="same")'),
    ("augment = LSTM(3)", "N0818", "LSTM(3)"),
    ("augment = Add()", "N0818", "Add()"),
    ('start_from = weights("base.txt")', "N0305", '"base.txt"'),
    ("start_from = run(3)", "N0305", "3"),
    ('start_from = "base.weights.h5"', "N0802", '"base.weights.h5"'),
    ("start_from = applications.ResNet50(weights=None)", "N0802", "None"),
    ('start_from = applications.ResNet51(weights="imagenet")', "N0802", "applications.ResNet51"),
    ("start_from = ResNet50()", "N0802", "ResNet50"),
]


@pytest.mark.parametrize(("settings", "code", "place"), WRONG)
def test_what_does_not_is_told_at_its_setting(settings: str, code: str, place: str) -> None:
    model = NETWORK if "Parallel(layout" in settings else PICTURE
    (found,) = errors(settings, model)
    assert (found.code, found.primary.span.text) == (code, place), found.message
    assert found.help


@pytest.mark.parametrize(
    ("settings", "is_told"),
    [
        ('data = npz("f.npz") loss = {"kind": mse} metrics = {"kind": [mae]}', True),
        ('data = npz("f.npz") loss = [None, mse] metrics = {"kind": [mae]}', True),
        ('data = npz("f.npz") loss = {"kind": mse, "code": mse} metrics = {"kind": mae}', False),
        ('data = npz("f.npz") loss = {"kind": mse}', False),
        ('data = own loss = {"kind": mse} metrics = {"kind": [mae]}', False),
        ('loss = {"kind": mse} metrics = {"kind": [mae]}', False),
    ],
)
def test_metrics_go_with_labels_of_all_outputs(settings: str, is_told: bool) -> None:
    """What the caller or a function of one's own brings may have labels that no loss asks for."""
    found = netdsl.compile_text(
        'extern fn own from "m.n"\n'
        "model Net { input x: [4]  output code = x -> Dense(3)  output kind = code -> Dense(1) }\n"
        f"train Net {{ optimizer = adam {settings} }}"
    ).diagnostics
    told = [(d.code, d.primary.span.text) for d in found if d.severity == "error"]
    assert told == ([("N0815", '{"kind": [mae]}')] if is_told else []), found


@pytest.mark.parametrize(
    ("layout", "place"),
    [
        ('"h/kernel": ("model", None)', None),
        ('"h/.*": (None,), "y/.*": ("model",)', None),
        ('".*/recurrent_kernel": ("model", None)', None),
        ('"cell/lstm_cell/kernel": (None, "model")', None),
        ('"((a*)*)*": (None,)', None),  # it may take for ever to try
        ('"h/kernel": (None, "model")', '"h/kernel"'),  # 7 does not divide by 2
        ('"h/kernl": (None, "model")', '"h/kernl"'),
        ('"kernel": ("model",)', '"kernel"'),
        ('"h/bias": (None, "model")', '"h/bias"'),
        ('"h/kernel": ("model", None), "h/.*": (None,)', None),  # a whole path goes before
        ('".*/kernel": (None,), "h/.*": (None,)', '"h/.*"'),
    ],
)
def test_a_layout_is_held_against_the_variables(layout: str, place: str | None) -> None:
    found = errors(PARALLEL.format(layout), NETWORK)
    assert [d.primary.span.text for d in found] == ([] if place is None else [place])
    assert all(d.code == "N0817" and d.help for d in found)


@pytest.mark.parametrize(
    "layout",
    [
        '"h/kernel": (None, "modl")',
        '"(": (None,)',
        '"h/kernel": ("model", "model")',
        '"h/kernel": "model"',
        "3: (None,)",
    ],
)
def test_a_layout_that_is_none_is_told_at_its_argument(layout: str) -> None:
    (found,) = errors(PARALLEL.format(layout), NETWORK)
    assert found.code in ("N0305", "N0512")
    assert found.primary.span.text == f"{{{layout}}}"


@pytest.mark.parametrize(
    ("before", "code"),
    [
        ("let fit = 3", "N0816"),
        ("fn evaluate(a) = a", "N0816"),
        ("block predict() = Dense(3)", "N0816"),
        ('extern fn main from "a.b"', "N0816"),
        ("from std.vision import conv_bn as load_data", "N0816"),
        ("model Data { input x: [4]  output y = x -> Dense(1) }", "N0816"),
        ("let fitting = 3", ""),
    ],
)
def test_a_declaration_is_not_named_like_a_function_of_the_module(before: str, code: str) -> None:
    assert [d.code for d in errors("", before=before)] == ([code] if code else [])


def test_without_a_train_block_those_names_are_free() -> None:
    assert netdsl.compile_text(
        "block fit() = Dense(3)\nmodel Data { input x: [4] output y = x -> fit() }"
    ).ok


def test_a_hyperparameter_is_not_named_like_a_parameter_of_those_functions() -> None:
    text = (
        f"model Net {{ {PICTURE} }}\ntrain Net(out: str = 'a', epochs: int = 3) {{"
        " epochs = epochs data = npz(out) optimizer = adam loss = ce }"
    )
    (found,) = [d for d in netdsl.compile_text(text).diagnostics if d.severity == "error"]
    assert (found.code, found.line, found.column) == ("N0816", 2, 11)


@pytest.mark.parametrize(
    "key",
    ['"(" * 30000 + "a" + ")" * 30000', '"(a+)+$"', '"a*" * 9 + "b"', '"(a|a)*b"', '"a{99999999999}"'],
)  # fmt: skip
def test_a_strangers_layout_is_answered_without_being_tried_for_ever(key: str) -> None:
    """The name of the layer is what such a pattern goes through in all ways."""
    name = "a" * 60 + "!"
    model = f'input x: [8]  output y = x -> Dense(4, activation=softmax, name="{name}")'
    assert len(errors(PARALLEL.format(f"{key}: (None,)"), model)) <= 1
