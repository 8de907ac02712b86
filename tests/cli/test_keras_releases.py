"""`--keras` and `[tool.netdsl] keras`: what a release lacks is told at its place, and what runs there is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.cases import run

NETWORK = """model M {
    input image: [32, 32, 3]
    output y = image -> applications.MobileNetV2(weights=None, include_top=False) -> Flatten() -> Dense(2)
}
"""


def model(chain: str, shape: str = "[8, 8, 4]") -> str:
    return f"model M {{\n    input x: {shape}\n    output y = x -> {chain}\n}}\n"


def errors(folder: Path, spec: str, *options: str) -> list[dict[str, object]]:
    (folder / "m.net").write_text(spec, "utf-8")
    found = json.loads(run("check", "m.net", "--format", "json", *options).stdout)
    return [item for item in found if item["severity"] == "error"]


@pytest.mark.parametrize(
    ("chain", "came", "underlined"),
    [
        ("RMSNormalization()", "3.9", "RMSNormalization"),
        ("AdaptiveMaxPooling2D(1)", "3.13", "AdaptiveMaxPooling2D"),
        ("Resizing(4, 4, antialias=True)", "3.9", "antialias"),
        ("Dense(4, activation=celu)", "3.7", "celu"),
        ('Dense(4, activation="celu")', "3.7", '"celu"'),
        ("Dense(4, kernel_initializer=HeNormal(input_axes=-2))", "3.15", "input_axes"),
        ('Dense(4, dtype="int4_from_float32")', "3.11", '"int4_from_float32"'),
        ("TimeDistributed(RMSNormalization())", "3.9", "RMSNormalization"),
        ("ops.nanmean(axis=1)", "3.14", "ops.nanmean(axis=1)"),
        ("ops.argmax(-1, keepdims=True)", "3.3", "True"),
        ('CategoryEncoding(4, output_mode="count")(count_weights=x)', "3.1", "count_weights"),
    ],
)
def test_what_came_later_is_told_at_its_place(
    folder: Path, chain: str, came: str, underlined: str
) -> None:
    spec = model(chain, "[4]") if "Category" in chain else model(chain)
    assert errors(folder, spec, "--keras", came) == []
    (told,) = errors(folder, spec, "--keras", "3.0")
    assert told["code"] == "N0313"
    assert f"it came with Keras {came}" in str(told["message"])
    place = spec.splitlines()[int(str(told["line"])) - 1]
    assert place[int(str(told["column"])) - 1 :].startswith(underlined)


@pytest.mark.parametrize(
    ("declared", "came"),
    [("[?, 4](ragged=True)", "3.9"), ("[3, 4](optional=True)", "3.4"), ("complex64[3, 4]", "3.6")],
)
def test_inputs_are_held_to_it(folder: Path, declared: str, came: str) -> None:
    spec = f"model M {{ input x: {declared} output y = x -> ops.sum(axis=1) }}"
    assert errors(folder, spec, "--keras", came) == []
    assert [e["code"] for e in errors(folder, spec, "--keras", "3.3")] == ["N0313"]


CHANGED = {
    "input q: [5, 8] input m: [6, 9] output y = q -> MultiHeadAttention(2, 4)(value=m)": "3.7",
    "input q: [5, 8] input m: [6, 9] output y = [q, m -> Dense(7), m -> Dense(8)] -> Attention()": "",
    "input x: [5, 8] output y = x -> TimeDistributed(Dense(3) -> Dense(2))": "3.4",
    "input x: [5, 8] output y = x -> TimeDistributed(Dense(3))": "",
    "input x: [5] output y = x -> Discretization([0.0, 1.0])": "3.12",
    'input x: [5] output y = x -> Discretization([0.0, 1.0]) -> ops.cast("int32")': "",
    'input x: [5] output y = x -> Discretization([0.0, 1.0], output_mode="one_hot")': "3.14",
    'input x: int64[5] output y = x -> IntegerLookup(vocabulary=[1], output_mode="one_hot")': "3.14",
    'input x: int64[1] output y = x -> IntegerLookup(vocabulary=[1], output_mode="one_hot")': "",
    "input x: [8, 8, 3] output y = x -> Resizing(4, 4, crop_to_aspect_ratio=True)": "3.6",
    "input x: [8, 8, 3] output y = x -> Resizing(4, 4)": "",
}


@pytest.mark.parametrize("body", CHANGED)
def test_what_changed_under_the_same_names_is_told(folder: Path, body: str) -> None:
    spec = f"model M {{ {body} }}"
    told = ["N0314"] if CHANGED[body] else []
    assert [e["code"] for e in errors(folder, spec, "--keras", ">=3.3")] == told
    assert errors(folder, spec, "--keras", CHANGED[body] or "3.3") == []


def test_a_row_is_held_layer_by_layer(folder: Path) -> None:
    (folder / "m.net").write_text(model("TimeDistributed(Dense(3) -> Dense(2))"), "utf-8")
    told = run("check", "m.net", "--keras", "3.3").stderr
    assert "wrap each by itself: `TimeDistributed(Dense(3)) -> TimeDistributed(Dense(2))`" in told


def test_an_argument_at_its_default_may_go(folder: Path) -> None:
    (folder / "m.net").write_text(model("Resizing(4, 4, antialias=False)"), "utf-8")
    assert run("check", "--fix", "m.net", "--keras", "3.3").exit_code == 0
    assert "Resizing(4, 4)" in (folder / "m.net").read_text("utf-8")


def test_a_place_that_moved_is_given_by_name(folder: Path) -> None:
    spec = model("Conv2DTranspose(4, 3, 1, 'same', None)")
    assert errors(folder, spec, "--keras", ">=3.11") == []
    assert [e["code"] for e in errors(folder, spec, "--keras", ">=3.10")] == ["N0314"]
    assert run("check", "--fix", "m.net", "--keras", ">=3.10").exit_code == 0
    assert "output_padding=None" in (folder / "m.net").read_text("utf-8")


TRAINED = """model M {
    input x: [4]
    output y = x -> Dense(2, activation=softmax)
}
train M {
    data = npz("data.npz")
    optimizer = OPTIMIZER
    loss = LOSS
    epochs = 1
    batch_size = 8
}
"""


@pytest.mark.parametrize(
    ("optimizer", "loss", "code"),
    [
        ("Muon(1e-3)", "mse", "N0313"),
        ("Adam(1e-3)", "Circle()", "N0313"),
        ("Adam(1e-3)", "tversky", ""),
        ("Adam(1e-3)", 'MeanSquaredError(reduction="mean")', "N0313"),
        ("Adam(1e-3)", "MeanSquaredError()", ""),
    ],
)
def test_training_is_held_to_it_too(folder: Path, optimizer: str, loss: str, code: str) -> None:
    spec = TRAINED.replace("OPTIMIZER", optimizer).replace("LOSS", loss)
    assert [e["code"] for e in errors(folder, spec, "--keras", "3.6")] == ([code] if code else [])


def test_a_default_that_was_another_is_told_and_written(folder: Path) -> None:
    spec = TRAINED.replace("OPTIMIZER", "Muon(1e-3, weight_decay=0.1)").replace("LOSS", "mse")
    assert errors(folder, spec, "--keras", "3.13") == []
    told = errors(folder, spec, "--keras", "3.12")
    assert {e["code"] for e in told} == {"N0314"}
    assert "`ns_steps` is 6 before Keras 3.13" in " ".join(str(e["message"]) for e in told)
    assert run("check", "--fix", "m.net", "--keras", "3.12").exit_code == 0
    assert "ns_steps=5" in (folder / "m.net").read_text("utf-8")


def test_the_project_says_which(folder: Path) -> None:
    pyproject = folder / "pyproject.toml"
    pyproject.write_text('[tool.netdsl]\nkeras = ">=3.6"\n', "utf-8")
    assert [e["code"] for e in errors(folder, model("RMSNormalization()"))] == ["N0313"]
    assert errors(folder, model("RMSNormalization()"), "--keras", "3.9") == []
    for command in ("compile", "summary"):
        assert run(command, "m.net").exit_code == 1
    pyproject.write_text("[tool.netdsl]\nkeras = 3.6\n", "utf-8")
    assert "in quotes" in run("check", "m.net").output
    pyproject.write_text('[tool.netdsl]\nkeras = ">=2,<3"\n', "utf-8")
    assert "3.0 to 3." in run("check", "m.net").output


@pytest.mark.parametrize("wrong", ["2.15", ">=2.15", "new", ">=9", "3.6 or 3.7"])
def test_a_release_that_is_none_is_a_usage_error(folder: Path, wrong: str) -> None:
    (folder / "m.net").write_text(model("Dense(4)"), "utf-8")
    assert run("check", "m.net", "--keras", wrong).exit_code == 2


@pytest.mark.parametrize("flat", [[], ["--flat"]])
def test_a_network_gets_its_name_where_its_maker_takes_none(folder: Path, flat: list[str]) -> None:
    (folder / "m.net").write_text(NETWORK, "utf-8")
    old = run("compile", "m.net", "-o", "-", "--keras", "3.3", *flat).stdout
    new = run("compile", "m.net", "-o", "-", "--keras", "3.4", *flat).stdout
    assert 'keras.Model(base.input, base.output, name="mobilenetv2")' in old
    assert "base.input" not in new
    assert new == run("compile", "m.net", "-o", "-", *flat).stdout


def test_pages_say_since_when() -> None:
    assert "Since Keras 3.9." in run("layers", "RMSNormalization").output
    page = run("layers", "Resizing").output
    assert "default False; since Keras 3.9" in page
    assert "Since" not in page
    assert "required before Keras 3.11" in run("layers", "ops.conv_transpose").output
    assert "RMSNormalization (3.9)" in run("layers").output


@pytest.mark.parametrize("text", ["", " ", "abc", "3.99", "2.15", ">=3.6 <3.9", "3.6,"])
def test_what_names_no_release_is_refused_with_a_sentence(folder: Path, text: str) -> None:
    (folder / "m.net").write_text(model("Dense(4)"), "utf-8")
    found = run("check", "m.net", "--keras", text)
    assert found.exit_code == 2
    assert "such as `3.6`" in found.output or "3.0 to 3.15" in found.output
