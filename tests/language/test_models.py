"""Models: hyperparameters, specialisation, several outputs, a model used as a layer."""

from __future__ import annotations

import pytest

from netdsl.compiler import compile_source
from netdsl.elaborate.scope.hyperparameters import Settings
from netdsl.source import SourceFile
from tests.language.front_door import (
    blamed,
    codes,
    compiled,
    graph_of,
    layers,
    names,
    parameters,
    shape,
    structure,
    units,
)

MODEL = "model Net(classes: int = 10, widths: list = [4, 5]) {\n" \
    "input x: [8]\noutput y = x -> for w in widths { Dense(w) } -> Dense(classes) }\n"  # fmt: skip


def test_hyperparameters_have_their_defaults() -> None:
    graph = graph_of(MODEL)
    assert graph.hyperparameters == {"classes": 10, "widths": [4, 5]}
    assert units(graph) == [4, 5, 10]


def test_settings_take_the_place_of_defaults() -> None:
    assert units(graph_of(MODEL, classes=3, widths=[7])) == [7, 3]


@pytest.mark.parametrize("value", ["ten", 2.5, None])
def test_setting_of_another_type_is_refused(value: object) -> None:
    assert compiled(MODEL, classes=value).ok is False


def test_setting_that_no_model_has_is_told() -> None:
    assert compiled(MODEL, clases=3).unused_settings == ("clases",)


def test_model_without_defaults_needs_its_settings() -> None:
    text = "model M(n: int) { input x: [8] output x -> Dense(n) }"
    assert units(graph_of(text, n=3)) == [3]
    result = compiled(text)
    assert not result.ok or not result.graphs  # said, or left to be used as a layer only


SPECIAL = [
    ("other arguments", "model Small = Net(classes=2)", {"classes": 2, "widths": [4, 5]}),
    ("by position", "model Small = Net(2, [9])", {"classes": 2, "widths": [9]}),
    (
        "of a specialised model",
        "model Mid = Net(widths=[1])\nmodel Small = Mid(classes=2)",
        {"classes": 2, "widths": [1]},
    ),
    (
        "set again",
        "model Mid = Net(widths=[1])\nmodel Small = Mid(widths=[3])",
        {"classes": 10, "widths": [3]},
    ),
    ("a constant", "let k = 6\nmodel Small = Net(k // 2)", {"classes": 3, "widths": [4, 5]}),
    ("spread by name", 'model Small = Net(**{"classes": 2})', {"classes": 2, "widths": [4, 5]}),
    ("spread by position", "model Small = Net(*[2, [9]])", {"classes": 2, "widths": [9]}),
    ("nothing changed", "model Small = Net()", {"classes": 10, "widths": [4, 5]}),
]


@pytest.mark.parametrize(
    ("declaration", "expected"), [s[1:] for s in SPECIAL], ids=[s[0] for s in SPECIAL]
)
def test_model_of_another_model_has_its_arguments(
    declaration: str, expected: dict[str, object]
) -> None:
    graph = graph_of(MODEL + declaration, model="Small")
    assert graph.name == "Small"
    assert graph.hyperparameters == expected


SPECIALISED = MODEL + "model Small = Net(classes=2)\nmodel Least = Small(widths=[1])\n"


def test_a_setting_reaches_what_a_model_leaves_open() -> None:
    graphs = compiled(SPECIALISED, classes=5, widths=[7]).graphs
    assert {name: graph.hyperparameters for name, graph in graphs.items()} == {
        "Net": {"classes": 5, "widths": [7]},
        "Small": {"classes": 2, "widths": [7]},
        "Least": {"classes": 2, "widths": [1]},
    }


def test_a_setting_for_one_model_reaches_what_it_fixes_and_no_other_model() -> None:
    file = SourceFile("spec.net", SPECIALISED)
    graphs = compile_source(
        file, lambda path: path, settings=Settings({"classes": 5}, "Small")
    ).graphs
    assert [graph.hyperparameters["classes"] for graph in graphs.values()] == [10, 5, 2]


def test_a_setting_that_every_model_fixes_is_told_where() -> None:
    files = {"net.net": MODEL}
    text = 'from "net.net" import Net\nmodel Small = Net(classes=2)\n'
    assert compiled(text, files, classes=5).unused_settings == ("classes",)
    assert compiled(text, files, widths=[7]).graphs["Small"].hyperparameters["widths"] == [7]


def test_what_is_not_of_one_model_is_refused_where_another_is_made_from_it() -> None:
    assert codes(MODEL + "model Small = Net(trainable=False)") == ["N0301"]
    assert codes(MODEL + 'model Small = Net(**{"name": "small"})') == ["N0301"]


def test_a_model_made_with_spread_arguments_is_written_with_them() -> None:
    text = MODEL + 'let given = [2]\nmodel Small = Net(*given, **{"widths": [3, 4]})\n'
    source = compiled(text).source
    assert "def Small(classes=2, widths=(3, 4), *, name=" in source


def test_what_a_model_fixes_is_its_default_in_python_whatever_is_set() -> None:
    source = compiled(SPECIALISED, classes=5, widths=[7]).source
    assert "def Net(classes=5, widths=(7,), *," in source
    assert "def Small(classes=2, widths=(7,), *," in source
    assert "def Least(classes=2, widths=(1,), *," in source


def test_specialised_model_may_stand_before_the_one_it_is_made_of() -> None:
    assert units(graph_of("model Small = Net(classes=2)\n" + MODEL, model="Small")) == [4, 5, 2]


WRONG_SPECIAL = [
    ("of itself", "model A = A()"),
    ("in a circle", "model A = B()\nmodel B = A()"),
    ("of a block", "block b() = Dense(1)\nmodel A = b()"),
    ("of nothing", "model A = Nothing()"),
    ("of a value", "model A = 5"),
    ("with an argument that it lacks", MODEL + "model A = Net(clases=1)"),
]


@pytest.mark.parametrize("text", [w[1] for w in WRONG_SPECIAL], ids=[w[0] for w in WRONG_SPECIAL])
def test_wrong_specialisation_is_refused(text: str) -> None:
    result = compiled(text)
    assert not result.ok
    assert 1 <= len([d for d in result.diagnostics if d.severity == "error"]) <= 2


def test_models_of_a_file_are_told_in_order() -> None:
    text = "".join(f"model {n} {{ input x: [8] output x -> Dense(1) }}\n" for n in "CAB")
    assert compiled(text).models == ("C", "A", "B")
    assert compiled(text).model().name == "B"
    assert compiled(text).model("A").name == "A"


# -- outputs ------------------------------------------------------------------------------------


def output_names(text: str) -> list[str]:
    return list(graph_of(text).outputs)


NAMED = [
    (
        "named where they are declared",
        "output p = x -> Dense(1) output q = x -> Dense(2)",
        ["p", "q"],
    ),
    ("named by their tensors", "p = x -> Dense(1) q = x -> Dense(2) output p output q", ["p", "q"]),
    ("in the order of the spec", "output q = x -> Dense(2) output p = x -> Dense(1)", ["q", "p"]),
    ("named by `as`", "output x -> Dense(1) as p output x -> Dense(2) as q", ["p", "q"]),
]


@pytest.mark.parametrize(
    ("statements", "expected"), [n[1:] for n in NAMED], ids=[n[0] for n in NAMED]
)
def test_outputs_have_names(statements: str, expected: list[str]) -> None:
    assert output_names(f"model M {{ input x: [8] {statements} }}") == expected


def test_output_without_a_name_gets_one_of_its_own() -> None:
    found = output_names("model M { input x: [8] output x -> Dense(1) output x -> Dense(2) }")
    assert len(set(found)) == 2


def test_output_name_is_bound_in_the_body() -> None:
    text = "model M { input x: [8] output p = x -> Dense(3) output q = p -> Dense(4) }"
    assert units(graph_of(text)) == [3, 4]


def test_layer_of_an_output_has_the_name_of_the_output() -> None:
    assert (
        names(graph_of("model M { input x: [8] output probs = x -> Dense(3) -> Softmax() }"))[-1]
        == "probs"
    )


@pytest.mark.parametrize("body", ["input x: [8]", "input x: [8] y = x -> Dense(1)", ""])
def test_model_without_output_is_refused(body: str) -> None:
    assert "N0409" in codes(f"model M {{ {body} }}")


def test_input_of_a_model_needs_a_type() -> None:
    assert not compiled("model M { input x output x -> Dense(1) }").ok


def test_output_may_be_an_input() -> None:
    assert compiled("model M { input x: [8] output x }").ok


# -- a model as a layer -------------------------------------------------------------------------

INNER = "model Inner(n: int = 3) { input x: [8] output y = x -> Dense(n) }\n"


def test_model_is_a_layer_of_another() -> None:
    graph = graph_of(
        INNER + "model M { input x: [8] output x -> Dense(8) -> Inner(n=5) -> Dense(1) }"
    )
    assert [node.kind for node in layers(graph)] == ["Dense", "Inner", "Dense"]
    assert parameters(graph) == (8 * 8 + 8) + (8 * 5 + 5) + (5 + 1)


def test_two_uses_of_a_model_have_weights_of_their_own() -> None:
    graph = graph_of(
        INNER + "model M { input x: [8] output [x -> Inner(), x -> Inner()] -> Add() }"
    )
    assert parameters(graph) == 2 * (8 * 3 + 3)


def test_shared_model_has_its_weights_once() -> None:
    graph = graph_of(
        INNER
        + "model M { input x: [8] input z: [8] layer e = Inner() output [x -> e, z -> e] -> Add() }"
    )
    assert parameters(graph) == 8 * 3 + 3


def test_model_refuses_what_does_not_fit_its_input() -> None:
    code, blames, place = blamed(INNER + "model M { input x: [9] output x -> «Inner()» }")
    assert (code, blames) == ("N0511", place)


def test_outputs_of_a_model_as_a_layer_are_taken_by_name() -> None:
    inner = "model Two { input x: [8] output p = x -> Dense(1) output q = x -> Dense(2) }\n"
    graph = graph_of(
        inner + "model M { input x: [8] both = x -> Two() output both.q output both[0] }", model="M"
    )
    assert [graph.spec(ref).shape[-1] for ref in graph.outputs.values()] == [2, 1]


def test_inputs_of_a_model_as_a_layer_are_given_by_name() -> None:
    inner = "model Two { input a: [8] input b: [4] output y = [a, b] -> Concatenate() }\n"
    uses = ["[x, z] -> Two()", "x -> Two()(b=z)", "z -> Two()(a=x)"]
    graphs = [
        graph_of(f"{inner}model M {{ input x: [8] input z: [4] output {use} }}") for use in uses
    ]
    assert len({str(structure(graph)) for graph in graphs}) == 1


def test_imported_model_is_no_model_of_the_file() -> None:
    result = compiled(
        'from "inner.net" import Inner\nmodel M { input x: [8] output x -> Inner() }',
        {"inner.net": INNER},
    )
    assert result.ok
    assert result.models == ("M",)


def test_frozen_model_does_not_train() -> None:
    from netdsl.analyse.costs import totals

    graph = graph_of(
        INNER + "model M { input x: [8] output x -> Inner(trainable=False) -> Dense(1) }"
    )
    assert totals(graph).trainable_parameters == 3 + 1
    assert totals(graph).parameters == 8 * 3 + 3 + 3 + 1


def test_model_that_contains_itself_is_refused() -> None:
    assert codes("model M { input x: [8] output x -> M() }") == ["N0413"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model A = A()", "`A` depends on itself: a model cannot be made from itself"),
        ("model A = B()\nmodel B = A()", "`A` depends on itself: the cycle is A -> B -> A"),
        ("model C = B()\nmodel B = A()\nmodel A = B()", "`B` depends on itself: the cycle is B -> A -> B"),
    ],
)  # fmt: skip
def test_models_that_are_made_of_one_another_are_told_once(text: str, message: str) -> None:
    assert [d.message for d in compiled(text).diagnostics] == [message]


def test_file_without_a_model_is_a_file() -> None:
    for text in ("", "\n# nothing\n", '"""Doc."""', "let a = 1", "block b() = Dense(1)"):
        assert compiled(text).ok
        assert compiled(text).models == ()


def test_docstring_is_kept() -> None:
    graph = graph_of(
        '"""File."""\nmodel M { """What it does.""" input x: [8] output x -> Dense(1) }'
    )
    assert graph.docstring == "What it does."


@pytest.mark.parametrize(
    ("use", "shape_given"),
    [("[x, x] -> Add()", (8,)), ("x", (8,)), ("(x)", (8,)), ("x -> _", (8,))],
)
def test_body_may_be_a_single_line(use: str, shape_given: tuple[int, ...]) -> None:
    assert shape(graph_of(f"model M {{ input x: [8] output {use} }}")) == shape_given


@pytest.mark.parametrize(
    ("declared", "use"),
    [
        ("model P { input x: [8]  output y = x -> Dense(8) }", "[x, x] -> P()"),
        ("block P { input x: [n]  output y = x -> Dense(n) }", "[x, x] -> P()"),
        (
            "model P { input a: [8]  input b: [8]  output y = [a, b] -> Add() }",
            "[x, [x, x]] -> P()",
        ),
        ("model P { input a: [8]  input b: [8]  output y = [a, b] -> Add() }", "x -> P()(b=4)"),
        ("model P { input a: [8]  input b: [8]  output y = [a, b] -> Add() }", "x -> P()(b=[])"),
        ("block P { input a  input b: [n]  output y = a -> Dense(n) }", "x -> P()(b=None)"),
        ("block P { input a  input b: [n]  output y = a -> Dense(n) }", "x -> P()(b=[])"),
    ],
)
def test_each_input_takes_one_tensor(declared: str, use: str) -> None:
    assert codes(f"{declared}\nmodel M {{ input x: [8]  output y = {use} }}") == ["N0414"]


def test_output_of_a_model_that_fails_at_these_sizes_is_not_blamed_again() -> None:
    pair = (
        "model P { input x: [16]  output a = x  output b = x -> Reshape((4, 4)) -> Conv1D(2, 3) }"
    )
    spec = f"{pair}\nmodel M {{ input x: [15]  both = x -> P()  output y = [both.a, both.b] }}"
    assert codes(spec)
    halves = "model P { input x: [?, 8]  output a = x -> Flatten() -> Dense(2)  output b = x }"
    assert codes(f"{halves}\nmodel M {{ input x: [9, 8]  both = x -> P()  output y = both.b }}")
