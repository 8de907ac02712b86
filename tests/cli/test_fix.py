"""`netdsl check --fix`: what is safe is changed in place, round by round; what is not is left to the person."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.cases import GOOD, run

KERAS = """import keras
from keras import layers

model Net {
    image = keras.Input(shape=(28, 28, 1))
    x = layers.Flatten()(image)
    x = layers.Dense(128, activation="relu")(x)
    x = layers.Dropout(0.5)(x)
    output y = layers.Dense(10, activation="softmax")(x)
}
"""

SPEC = """model Net {
    image = keras.Input(shape=(28, 28, 1))
    x = image -> Flatten()
    x2 = x -> Dense(128, activation="relu")
    x3 = x2 -> Dropout(0.5)
    output y = x3 -> Dense(10, activation="softmax")
}
"""


def fixed(text: str, name: str = "spec.net") -> str:
    Path(name).write_text(text, "utf-8")
    run("check", "--fix", name)
    return Path(name).read_text("utf-8")


def body(line: str) -> str:
    return f"model Net {{\n    input x: [8]\n    {line}\n}}\n"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("output y = Dense(4)(x)", "output y = x -> Dense(4)"),
        ("output y = Dense(4)(Dense(8)(x))", "output y = x -> Dense(8) -> Dense(4)"),
        ("output y = x => Dense(4)", "output y = x -> Dense(4)"),
        ("output y = x |> Dense(8) |> Dense(4)", "output y = x -> Dense(8) -> Dense(4)"),
        ("output y = x -> -> Dense(4)", "output y = x ->  Dense(4)"),
        ("output y = x -> Dence(4)", "output y = x -> Dense(4)"),
        ("output y = x -> Dense(4, activaton=relu)", "output y = x -> Dense(4, activation=relu)"),
        ("output y = x -> Dense(4, use_bias=false)", "output y = x -> Dense(4, use_bias=False)"),
        ("output y = x -> Dense(4);", "output y = x -> Dense(4)"),
        ("output y = x -> Dense(4)  // the end", "output y = x -> Dense(4)  # the end"),
        ("output y = x -> Flatten -> Dense(4)", "output y = x -> Flatten() -> Dense(4)"),
        ("output y = x -> Dense(4, input_dim=8)", "output y = x -> Dense(4)"),
        ("output y = x -> Dense(input_dim=8, units=4)", "output y = x -> Dense(units=4)"),
        ("output y = x -> ReLU(inplace=True)", "output y = x -> ReLU()"),
        ("output y: x -> Dense(4)", "output y = x -> Dense(4)"),
        ("ouput y = x -> Dense(4)", "output y = x -> Dense(4)"),
        ("return x -> Dense(4)", "output x -> Dense(4)"),
        ("x = x -> Dense(8)\n    output y = x", "x2 = x -> Dense(8)\n    output y = x2"),
        ("2nd = x -> Dense(8)\n    output y = 2nd", "nd2 = x -> Dense(8)\n    output y = nd2"),
        ("a-b = x -> Dense(8)\n    output y = a-b", "a_b = x -> Dense(8)\n    output y = a_b"),
    ],
)
def test_what_is_safe_is_changed(wrong: str, right: str) -> None:
    assert fixed(body(wrong)) == body(right)


@pytest.mark.parametrize(
    "line",
    [
        "output y = x -> Conv2D(8, 3)",
        "output y = x -> Dense(-4)",
        "output y = x -> Dropout(50)",
        'output y = x -> Dense("4")',
        "output y = x -> LSTM(4) -> LSTM(4)",
        "output y = x -> [_, Dense(4)] -> Add()",
    ],
)
def test_what_may_change_the_network_is_left_to_the_person(line: str) -> None:
    assert fixed(body(line)) == body(line)


def test_layers_pasted_from_keras_become_a_spec() -> None:
    assert fixed(KERAS) == SPEC


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("import keras\n\n\nlet a = 1\n", "let a = 1\n"),
        ("\nimport keras\r\n\r\nlet a = 1\r\n", "\nlet a = 1\r\n"),
        ("let a = 1\nimport keras\n\nlet b = 2\n", "let a = 1\n\nlet b = 2\n"),
        ('"""Head."""\nimport keras\n\nlet b = 2\n', '"""Head."""\n\nlet b = 2\n'),
        ("import keras\nlet a = 1\n", "let a = 1\n"),
        ("import keras", ""),
        (
            "from std.vision import conv_bn\nimport keras\n\nlet b = 2\n",
            "from std.vision import conv_bn\n\nlet b = 2\n",
        ),
    ],
)
def test_an_import_goes_with_the_gap_below_where_it_opens_the_file(text: str, left: str) -> None:
    Path("spec.net").write_bytes(text.encode("utf-8"))
    run("check", "--fix", "spec.net")
    assert Path("spec.net").read_bytes().decode("utf-8") == left


def test_a_block_of_python_gets_its_braces() -> None:
    text = "model Net:\n    input x: [8]\n    output y = x -> Dense(4)\n"
    assert fixed(text) == "model Net {\n    input x: [8]\n    output y = x -> Dense(4)\n}\n"


def test_a_fix_is_made_as_a_whole_or_not_at_all() -> None:
    """The use of the second `x` lies inside another change; its name may not be left behind."""
    text = body("h = Dense(8)(x)\n    h = Dense(8)(h)\n    output y = Dense(4)(h)")
    expected = body("h = x -> Dense(8)\n    h2 = h -> Dense(8)\n    output y = h2 -> Dense(4)")
    assert fixed(text) == expected


def test_the_number_of_changes_is_told_and_the_rest_reported() -> None:
    Path("spec.net").write_text(body("output y = x => Dense(-4);"), "utf-8")
    result = run("check", "--fix", "spec.net")
    assert result.exit_code == 1
    assert "spec.net: 2 changes applied" in result.stderr
    assert "N0306" in result.stderr
    assert "1 error" in result.stderr


def test_a_mended_file_exits_with_zero() -> None:
    assert run("check", "--fix", "wrong.net").exit_code == 0
    assert "activation=relu" in Path("wrong.net").read_text("utf-8")


def test_nothing_is_written_without_the_option() -> None:
    before = Path("wrong.net").read_bytes()
    run("check", "wrong.net")
    assert Path("wrong.net").read_bytes() == before


def test_a_right_file_is_not_touched() -> None:
    Path("good.net").chmod(0o444)
    stamp = Path("good.net").stat().st_mtime_ns
    result = run("check", "--fix", "good.net")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert Path("good.net").stat().st_mtime_ns == stamp
    assert Path("good.net").read_text("utf-8") == GOOD


def test_standard_input_is_checked_and_left_alone() -> None:
    result = run("check", "--fix", "-", stdin=body("output y = x => Dense(4)"))
    assert result.exit_code == 1
    assert "N0112" in result.stderr


def test_each_of_several_files_is_mended() -> None:
    Path("a.net").write_text(body("output y = x => Dense(4)"), "utf-8")
    Path("b.net").write_text(body("output y = x -> Dence(4)"), "utf-8")
    result = run("check", "--fix", "a.net", "good.net", "b.net", "a.net")
    assert result.exit_code == 0
    assert result.stderr.count("1 change applied") == 2


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_endings_stay(ending: str) -> None:
    text = body("output y = x => Dense(4)  # 日本").replace("\n", ending)
    Path("spec.net").write_bytes(text.encode("utf-8"))
    run("check", "--fix", "spec.net")
    assert Path("spec.net").read_bytes() == text.replace("=> D", "-> D").encode("utf-8")


def test_an_imported_file_is_mended_when_it_is_named() -> None:
    Path("part.net").write_text("block part(n) = Dence(n)\n", "utf-8")
    Path("main.net").write_text(
        'from "part.net" import part\nmodel M { input x: [4] output y = x -> part(3) }\n', "utf-8"
    )
    assert run("check", "--fix", "main.net").exit_code == 1
    assert "Dence" in Path("part.net").read_text("utf-8")


def test_a_warning_that_an_error_hid_does_not_keep_its_fix_back(folder: Path) -> None:
    wrong = GOOD.replace("activation=act", "activatoin=act").replace(
        "    output", "    input unused: [3]\n    output"
    )
    assert "checked: the spec then compiles" in run("check", "-", stdin=wrong).stderr
