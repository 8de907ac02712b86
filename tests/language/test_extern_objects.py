"""`extern regularizer Name(params) from "m"` and its like: objects of the user's own, where Keras takes one."""

from __future__ import annotations

import pytest

from netdsl.compiler import compile_text

MODEL = "model M { input x: [2]  output y = x -> Dense(2, ARGUMENT) }"
TRAIN = "model M { input x: [2]  output y = x -> Dense(2) }\ntrain M { optimizer = sgd  loss = mse  SETTING }"


def told(text: str) -> list[tuple[str, str]]:
    found = compile_text(text).diagnostics
    return [(d.code, d.help) for d in found if d.severity == "error"]


@pytest.mark.parametrize(
    ("declared", "argument"),
    [
        ("regularizer Own(f: float = 0.1)", "kernel_regularizer=Own()"),
        ("regularizer Own", "kernel_regularizer=Own()"),
        ("constraint Own(f: float)", "kernel_constraint=Own(f=2.0)"),
        ("initializer Own(f: list)", "bias_initializer=Own([1, 2])"),
    ],
)
def test_an_argument_takes_one(declared: str, argument: str) -> None:
    text = f'extern {declared} from "m"\n' + MODEL.replace("ARGUMENT", argument)
    compiled = compile_text(text)
    assert compiled.ok, compiled.diagnostics
    assert "from m import Own" in compiled.source
    assert "from m import Own" in compiled.flat_source
    assert "Own(" in compiled.flat_source.split("def M")[1]


@pytest.mark.parametrize(
    ("declared", "setting", "spelled"),
    [
        ("loss Own(f: float = 2.0)", "loss = Own(1.5)", "loss=Own(1.5)"),
        ("metric Own(f: float = 2.0)", "metrics = [Own(), mae]", 'metrics=[Own(f=2.0), "mae"]'),
        ("optimizer Own(f: float)", "optimizer = Own(0.1)", "optimizer=Own(0.1)"),
        (
            "schedule Own(f: float)",
            "optimizer = Adam(Own(0.1))",
            "optimizer=keras.optimizers.Adam(Own(0.1))",
        ),
        ("callback Own(f: str)", 'callbacks = [Own("a")]', 'Own("a"), *callbacks'),
    ],
)
def test_a_setting_takes_one(declared: str, setting: str, spelled: str) -> None:
    name = setting.partition(" =")[0]
    body = TRAIN.replace(f"{name} = sgd" if name == "optimizer" else f"{name} = mse", "")
    compiled = compile_text(f'extern {declared} from "m"\n' + body.replace("SETTING", setting))
    assert compiled.ok, compiled.diagnostics
    assert spelled in " ".join(compiled.source.split())
    assert ("register_keras_serializable" in compiled.source) == (
        not declared.startswith("callback")
    )


@pytest.mark.parametrize(
    ("declared", "argument", "code", "help_"),
    [
        ("regularizer Own(f: float)", "kernel_regularizer=Own", "N0406", "Own(f=…)"),
        ("regularizer Own(f: float)", 'kernel_regularizer=Own("a")', "N0305", "give a number"),
        ("regularizer Own(f: float)", "kernel_regularizer=Own(g=1)", "N0301", "did you mean `f`?"),
        ("regularizer Own(f: float)", "kernel_initializer=Own(1.0)", "N0308", "he_normal"),
        (
            "regulariser Own(f: float)",
            "kernel_regularizer=Own(1.0)",
            "N0101",
            "`extern regularizer …`",
        ),
        ("class Own(f: float)", "kernel_regularizer=Own(1.0)", "N0101", "`constraint`"),
    ],
)
def test_what_is_wrong_is_told(declared: str, argument: str, code: str, help_: str) -> None:
    found = told(f'extern {declared} from "m"\n' + MODEL.replace("ARGUMENT", argument))
    assert [c for c, _ in found][:1] == [code]
    assert help_ in found[0][1]


def test_a_class_that_nothing_declares_is_told_how() -> None:
    ((code, help_),) = told(MODEL.replace("ARGUMENT", "kernel_regularizer=Own(0.1)"))
    assert code == "N0201"
    assert 'extern regularizer Own(…) from "my_module"' in help_


def test_a_name_of_keras_may_be_ones_own() -> None:
    text = 'extern regularizer L2(f: float) from "m"\n'
    compiled = compile_text(text + MODEL.replace("ARGUMENT", "kernel_regularizer=L2(0.1)"))
    assert compiled.ok
    assert "kernel_regularizer=L2(0.1)" in compiled.source
    assert "kernel_regularizer=L2(f=0.1)" in compiled.flat_source
