"""`defaults`: argument by argument, the innermost scope wins, and what is called keeps its own."""

from __future__ import annotations

import pytest

from tests.language.front_door import argument, blamed, compiled, graph_of, layers
from tests.work import calls, grows_in_proportion

FILE = "defaults Dense(activation=relu, use_bias=False)\n"


def activations(text: str) -> list[str]:
    """Give each Dense layer's activation and whether it has a bias, as `relu/False`."""
    found = []
    for node in layers(graph_of(text)):
        if node.kind == "Dense":
            bound = node.operation.bound
            found.append(f"{bound['activation']}/{bound['use_bias']}")
    return found


SCOPES = [
    ("a file's hold in its models", FILE + "model M { input x: [8] output x -> Dense(1) }", ["relu/False"]),
    ("an argument that is written wins", FILE + "model M { input x: [8] output x -> Dense(1, activation=tanh) }",
     ["tanh/False"]),
    ("also one that is written by position", FILE + "model M { input x: [8] output x -> Dense(1, tanh, True) }",
     ["tanh/True"]),
    ("a body's win, argument by argument",
     FILE + "model M { defaults Dense(activation=tanh) input x: [8] output x -> Dense(1) }", ["tanh/False"]),
    ("a body's hold before they are written",
     "model M { input x: [8] output x -> Dense(1) defaults Dense(activation=tanh) }", ["tanh/True"]),
    ("a file's hold before they are written", "model M { input x: [8] output x -> Dense(1) }\n" + FILE, ["relu/False"]),
    ("a model's do not reach into a block that it calls",
     "block b() = Dense(1)\nmodel M { defaults Dense(activation=tanh) input x: [8] output x -> b() }", ["None/True"]),
    ("a block's own hold where it is called",
     "block b() { defaults Dense(activation=tanh) input x output x -> Dense(1) }\n"
     "model M { input x: [8] output x -> b() -> Dense(2) }", ["tanh/True", "None/True"]),
    ("a file's hold in its blocks", FILE + "block b() = Dense(1)\nmodel M { input x: [8] output x -> b() }",
     ["relu/False"]),
    ("they hold inside loops and forks",
     FILE + "model M { input x: [8] output x -> repeat 2 { [Dense(2), Dense(3)] -> Add() -> Dense(8) } }".replace(
         "Dense(3)", "Dense(2)"), ["relu/False"] * 6),
    ("they may use hyperparameters",
     "model M(act: activation = elu) { defaults Dense(activation=act) input x: [8] output x -> Dense(1) }",
     ["elu/True"]),
    ("they may use the constants of their scope",
     "let act = \"selu\"\ndefaults Dense(activation=act)\nmodel M { input x: [8] output x -> Dense(1) }",
     ["selu/True"]),
    ("two in one scope are one", "defaults Dense(activation=elu)\ndefaults Dense(use_bias=False)\n"
     "model M { input x: [8] output x -> Dense(1) }", ["elu/False"]),
    ("no default is inherited by a submodel",
     "model Inner { input x: [8] output x -> Dense(1) }\n"
     "model M { defaults Dense(activation=tanh) input x: [8] output x -> Dense(8) -> Inner() }", ["tanh/True"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [s[1:] for s in SCOPES], ids=[s[0] for s in SCOPES])
def test_defaults_hold_in_their_scope(text: str, expected: list[str]) -> None:
    assert activations(text) == expected


def test_imported_block_keeps_its_own_defaults() -> None:
    other = "defaults Dense(activation=elu)\nblock b() = Dense(1)"
    text = (
        'from "other.net" import b\n'
        + FILE
        + "model M { input x: [8] output x -> Dense(8) -> b() }"
    )
    graph = graph_of(text, {"other.net": other})
    assert [node.operation.bound["activation"] for node in layers(graph)] == ["relu", "elu"]
    assert [node.operation.bound["use_bias"] for node in layers(graph)] == [False, True]


def test_library_block_keeps_its_own_defaults() -> None:
    text = (
        'from std.vision import conv_bn\ndefaults Conv2D(padding="valid", activation=tanh)\n'
        "model M { input x: [8, 8, 3] output x -> conv_bn(4) }"
    )
    assert argument(graph_of(text), "padding") == "same"
    assert argument(graph_of(text), "activation") in (None, "linear")


WRAPPED = [
    ("in a wrapper", "input x: [5, 8] output x -> TimeDistributed(Dense(1))", "Dense(use_bias=False)", [(8, 1)]),
    ("in a chain in a wrapper", "input x: [5, 8] output x -> TimeDistributed(Dense(4) -> Dense(2))",
     "Dense(use_bias=False)", [(8, 4), (4, 2)]),
    ("in a cell", "input x: [5, 8] output x -> RNN(LSTMCell(3))", "LSTMCell(use_bias=False)", [(8, 12), (3, 12)]),
    ("in a list of cells", "input x: [5, 8] output x -> RNN([GRUCell(3), GRUCell(2)])", "GRUCell(use_bias=False)",
     [(8, 9), (3, 9), (3, 6), (2, 6)]),
    ("in both directions", "input x: [5, 8] output x -> Bidirectional(LSTM(3))", "LSTM(use_bias=False)",
     [(8, 12), (3, 12), (8, 12), (3, 12)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "statement", "weights"), [w[1:] for w in WRAPPED], ids=[w[0] for w in WRAPPED]
)
def test_defaults_hold_inside_wrappers_and_cells(
    body: str, statement: str, weights: list[tuple[int, ...]]
) -> None:
    graph = graph_of(f"defaults {statement}\nmodel M {{ {body} }}")
    assert [w.shape for w in layers(graph)[0].operation.weights] == weights


def test_defaults_of_an_alias_are_those_of_the_layer() -> None:
    text = 'defaults MaxPool2D(padding="same")\nmodel M { input x: [5, 5, 1] output x -> MaxPooling2D(2) }'
    assert argument(graph_of(text), "padding") == "same"


MISTAKES = [
    ("a layer that Keras lacks", "N0207", "defaults «Dens»(units=3)\nmodel M { input x: [8] output x -> Dense(1) }"),
    ("an argument that the layer lacks", "N0301",
     "defaults Dense(«activatoin»=relu)\nmodel M { input x: [8] output x -> Dense(1) }"),
    ("a value that the argument does not take", "N0308",
     "defaults Dense(activation=«rleu»)\nmodel M { input x: [8] output x -> Dense(1) }"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "text"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_mistake_in_defaults_is_reported_once_at_the_statement(code: str, text: str) -> None:
    found, blames, place = blamed(text)
    assert (found, blames) == (code, place)


def test_mistake_in_defaults_is_reported_once_however_often_they_hold() -> None:
    text = "defaults Dense(activation=rleu)\nmodel M { input x: [8] output x -> Dense(1) -> Dense(2) -> Dense(3) }"
    assert len(compiled(text).diagnostics) == 1


def test_a_layer_asks_only_for_the_defaults_of_its_kind() -> None:
    kinds = ["Dense", "ReLU", "LSTM", "GRU", "Flatten", "Conv1D", "Conv2D", "Conv3D"]

    def compiling(count: int) -> int:
        lines = "".join(f"defaults {kinds[i % 8]}(trainable=True)\n" for i in range(count))
        stages = " -> Dense(8)" * count
        return calls(lambda: compiled(f"{lines}model M {{ input x: [8] output y = x{stages} }}"))

    assert grows_in_proportion(compiling, 100, 4)


SEVERAL = [
    ("each of several layers", "defaults Dense, Conv1D(activation=relu)", ["relu", "relu"]),
    ("those that take it", "defaults Dense, MaxPooling1D(activation=relu)", ["relu", "None"]),
    ("an alias is the layer", "defaults Dense, Convolution1D(activation=relu)", ["relu", "relu"]),
    ("beside one of a single layer", "defaults Dense, Conv1D(activation=relu)\ndefaults Conv1D(padding=\"same\")",
     ["relu", "relu"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"), [s[1:] for s in SEVERAL], ids=[s[0] for s in SEVERAL]
)
def test_defaults_of_several_layers_hold_for_those_that_take_them(
    text: str, expected: list[str]
) -> None:
    model = "model M { input x: [8, 4] output x -> MaxPooling1D(2) -> Dense(1) -> Conv1D(2, 1) }"
    found = [
        str(n.operation.bound["activation"])
        for n in layers(graph_of(f"{text}\n{model}"))
        if n.kind in ("Dense", "Conv1D")
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("defaults Dense, Conv1D(«kernell»=3)", "N0301"),
        ("defaults Dense, «Conv1d»(activation=relu)", "N0207"),
        ("defaults Dense, «Dense»(use_bias=False)", "N0420"),
    ],
)
def test_mistakes_in_defaults_of_several_layers_have_their_place(text: str, code: str) -> None:
    model = "model M { input x: [8, 4] output x -> Dense(1) -> Conv1D(2, 1) }"
    found, text_there, place = blamed(f"{text}\n{model}")
    assert (found, text_there) == (code, place)
