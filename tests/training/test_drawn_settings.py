"""Every setting with every kind of value: what it takes is taken, and what it does not is told at its place."""

from __future__ import annotations

import pytest

import netdsl
from netdsl.catalog.signature import names, signature
from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.elaborate.training.settings import SETTINGS

VALUES = (
    "3", "1", "0", "-2", "0.25", "2.5", "1e400", "True", '"auto"', '"word"', "unheard_of", "None", "[]", "[3]", "{}",
    "{0: 1.0}", '{"digit": mse}', "Dense(3)", "Dense", "RandomFlip()", "RandomFlip() -> RandomContrast(0.1)", "Adam()",
    "adam", "mse", "MeanSquaredError()", "[mae]", "[EarlyStopping()]", "EarlyStopping()", 'npz("f.npz")',
    "MirroredStrategy()", 'weights("a.keras")', "double", "double(3)", "own", "own()", "Net", "CosineDecay(0.1, 10)",
    "mixed_float16", '"gpu:0"', "[scaled]", "H", "1 if True else 2", "(3,)", "HeNormal()", "L2()",
)  # fmt: skip

_SOURCES = {'npz("f.npz")', "own", "own()"}
_ONE_OR_MORE = {"3", "1", "1 if True else 2", "double(3)"}

TAKES = {
    "optimizer": {"Adam()", "adam"},
    "loss": {"mse", "MeanSquaredError()", '{"digit": mse}', "own", "[mae]"},
    "loss_weights": {*_ONE_OR_MORE, "0", "-2", "0.25", "2.5", "[3]", "(3,)", "{}"},
    "metrics": {"[]", "[mae]", "{}", '{"digit": mse}'},
    "epochs": _ONE_OR_MORE,
    "batch_size": _ONE_OR_MORE,
    "steps_per_epoch": _ONE_OR_MORE,
    "validation_split": {"0", "0.25"},
    "test_split": {"0", "0.25"},
    "class_weight": {"{}", "{0: 1.0}"},
    "sample_weight": {'"auto"', '"word"', '"gpu:0"'},
    "callbacks": {"[]", "[EarlyStopping()]"},
    "data": _SOURCES,
    "validation": _SOURCES,
    "test": _SOURCES,
    "augment": {"RandomFlip()", "RandomFlip() -> RandomContrast(0.1)"},
    "adapt": {"[]", "[scaled]"},
    "start_from": {'weights("a.keras")'},
    "precision": {"mixed_float16"},
    "jit_compile": {"True", '"auto"'},
    "steps_per_execution": {*_ONE_OR_MORE, '"auto"'},
    "memory_growth": {"True"},
    "device": {'"gpu:0"'},
    "distribute": {"MirroredStrategy()"},
    "seed": {*_ONE_OR_MORE, "0"},
}  # fmt: skip

BEFORE = """extern fn own from "m.n"
fn double(n) = 2 * n
model Net {
    input image: [8, 8, 1]
    layer scaled = Normalization()
    output digit = image -> scaled -> Flatten() -> Dense(4)
}
"""


def told(setting: str, value: str) -> tuple[list[Diagnostic], int]:
    """Give the errors of a block with one setting, and where its value begins."""
    needed = {"optimizer": "adam", "loss": "mse"}
    rest = "".join(f"    {key} = {text}\n" for key, text in needed.items() if key != setting)
    text = f"{BEFORE}train Net {{\n{rest}    {setting} = {value}\n}}\n"
    found = [d for d in netdsl.compile_text(text).diagnostics if d.severity == "error"]
    return found, text.rindex(f" = {value}\n") + 3


def test_every_setting_is_tried() -> None:
    assert set(TAKES) == set(SETTINGS)


@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_taken_by_the_settings_that_take_it_and_told_at_all_others(value: str) -> None:
    """All settings have the value at once; what is told of two that do not go together is not of this."""
    lines = "".join(f"    {setting} = {value}\n" for setting in SETTINGS)
    text = f"{BEFORE}train Net {{\n{lines}}}\n"
    found = [d for d in netdsl.compile_text(text).diagnostics if d.severity == "error"]
    told_at: dict[str, list[str]] = {}
    for diagnostic in found:
        span = diagnostic.primary.span
        line = text[text.rindex("\n", 0, span.start) + 1 : text.index("\n", span.end)]
        setting, _, written = line.strip().partition(" = ")
        assert span.text in written, diagnostic.message
        if diagnostic.code != "N0815":
            told_at.setdefault(setting, []).append(diagnostic.message)
    told_once = {"loss_weights", "metrics"} if value == "{0: 1.0}" else set()  # `loss` says it
    expected = {setting for setting in SETTINGS if value not in TAKES[setting]}
    assert set(told_at) == expected - told_once
    assert {setting: said for setting, said in told_at.items() if len(said) > 1} == {}


def misspelled(name: str) -> list[str]:
    """Misspell a name as hands do: two letters swapped, one left out, one twice."""
    middle = len(name) // 2
    swapped = name[: middle - 1] + name[middle] + name[middle - 1] + name[middle + 1 :]
    return [
        swapped,
        name[:middle] + name[middle + 1 :],
        name[:middle] + name[middle] + name[middle:],
    ]


@pytest.mark.parametrize("setting", [name for name in SETTINGS if len(name) > 5])
def test_a_misspelled_setting_is_told_with_the_one_that_was_meant(setting: str) -> None:
    for name in misspelled(setting):
        if name == setting:
            continue
        text = f"{BEFORE}train Net {{\n    {name} = 3\n}}\n"
        (found,) = [d for d in netdsl.compile_text(text).diagnostics if d.severity == "error"]
        assert (found.code, found.primary.span.text) == ("N0801", name)
        assert found.help == f"did you mean `{setting}`?"


ARGUMENTS = [
    (family, name, parameter.name)
    for family in ("source", "engine", "start")
    for name in names(family)  # type: ignore[arg-type]
    for parameter in signature(family, name).parameters  # type: ignore[arg-type, union-attr]
    if len(parameter.name) > 4
]


@pytest.mark.parametrize(("family", "maker", "argument"), ARGUMENTS)
def test_a_misspelled_argument_is_told_with_the_one_that_was_meant(
    family: str, maker: str, argument: str
) -> None:
    setting = {"source": "data", "engine": "distribute", "start": "start_from"}[family]
    first = {"dataset": '"iris", ', "ModelParallel": "", "DataParallel": "", "MirroredStrategy": ""}
    given = first.get(maker, "" if family != "source" else '"f", ')
    for name in misspelled(argument):
        if name == argument:
            continue
        found, _ = told(setting, f"{maker}({given}{name}=3)")
        (unknown,) = [d for d in found if d.code == "N0301"]
        assert unknown.primary.span.text == name
        assert unknown.help == f"did you mean `{argument}`?"


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_given_twice_is_told_at_the_second(setting: str) -> None:
    value = min(TAKES[setting], key=len)
    needed = {"optimizer": "adam", "loss": "mse"}
    rest = "".join(f"    {key} = {text}\n" for key, text in needed.items() if key != setting)
    text = f"{BEFORE}train Net {{\n{rest}    {setting} = {value}\n    {setting} = {value}\n}}\n"
    (found,) = [d for d in netdsl.compile_text(text).diagnostics if d.severity == "error"]
    assert (found.code, found.primary.span.start) == ("N0808", text.rindex(setting))
