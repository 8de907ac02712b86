"""`extern layer` and `extern fn`: Python of the user's own, by the shapes and weights it is said to have."""

from __future__ import annotations

import pytest

from tests.language.front_door import codes, dense_model, graph_of, layers, parameters, shape

SHAPES = [
    ("the same shape", "extern layer E(): [n] -> [n]", "E()", "[8]", (8,)),
    (
        "arithmetic",
        "extern layer E(): [h, w, c] -> [h // 2, w // 2, 4 * c]",
        "E()",
        "[10, 6, 3]",
        (5, 3, 12),
    ),
    ("a hyperparameter", "extern layer E(units: int): [n] -> [units]", "E(5)", "[8]", (5,)),
    ("a default", "extern layer E(units: int = 3): [n] -> [units]", "E()", "[8]", (3,)),
    ("a number", "extern layer E(): [8] -> [2]", "E()", "[8]", (2,)),
    ("an unknown size", "extern layer E(): [t, d] -> [?, d]", "E()", "[5, 8]", ("?", 8)),
    ("a scalar", "extern layer E(): [n] -> []", "E()", "[8]", ()),
]


@pytest.mark.parametrize(
    ("declaration", "call", "inputs", "expected"),
    [s[1:] for s in SHAPES],
    ids=[s[0] for s in SHAPES],
)
def test_extern_layer_gives_the_shape_that_it_says(
    declaration: str, call: str, inputs: str, expected: tuple[object, ...]
) -> None:
    text = dense_model(
        f"x -> {call}", before=f'{declaration} from "my.layers"', inputs=f"input x: {inputs}"
    )
    assert shape(graph_of(text)) == expected


def test_extern_layer_takes_several_tensors_and_gives_a_dtype() -> None:
    text = (
        'extern layer Pairs(): ([n, d], [m, d]) -> int32[n, m] from "my.layers"\n'
        "model M { input p: [3, 8] input q: [5, 8] output [p, q] -> Pairs() }"
    )
    graph = graph_of(text)
    spec = graph.spec(next(iter(graph.outputs.values())))
    assert (spec.shape[1:], spec.dtype) == ((3, 5), "int32")


def test_extern_layer_owns_weights() -> None:
    text = dense_model(
        "x -> E()", before='extern layer E(): [d] -> [d] weights [d, d], [d] from "my.layers"'
    )
    assert parameters(graph_of(text)) == 8 * 8 + 8


def test_extern_layer_remembers_where_it_comes_from() -> None:
    graph = graph_of(
        dense_model("x -> E()", before='extern layer E(): [d] -> [d] from "my.layers"')
    )
    operation = layers(graph)[0].operation
    assert (operation.family, operation.kind, operation.module) == ("extern", "E", "my.layers")


def test_extern_layer_is_shared_and_repeated_like_any_other() -> None:
    before = 'extern layer E(): [d] -> [d] weights [d] from "my.layers"'
    text = f"{before}\nmodel M {{ input x: [8] layer e = E() output x -> e -> e -> repeat 2 {{ E() }} }}"
    assert parameters(graph_of(text)) == 3 * 8


def test_extern_layer_stands_in_a_wrapper() -> None:
    before = 'extern layer E(): [d] -> [2 * d] weights [d] from "my.layers"'
    graph = graph_of(
        dense_model("x -> TimeDistributed(E())", before=before, inputs="input x: [5, 8]")
    )
    assert shape(graph) == (5, 16)


WRONG = [
    ("another rank", "extern layer E(): [h, w] -> [h]", "x -> E()"),
    ("another number of tensors", "extern layer E(): ([d], [d]) -> [d]", "x -> E()"),
    ("another size", "extern layer E(): [9] -> [9]", "x -> E()"),
    ("another dtype", "extern layer E(): int32[d] -> [d]", "x -> E()"),
    ("an argument that it lacks", "extern layer E(): [d] -> [d]", "x -> E(units=1)"),
    ("an unknown dtype", "extern layer E(): [d] -> flaot32[d]", "x -> E()"),
    ("a size of nowhere", "extern layer E(): [d] -> [nowhere + 1]", "x -> E()"),
    ("a size below zero", "extern layer E(): [d] -> [d - 9]", "x -> E()"),
]


@pytest.mark.parametrize(
    ("declaration", "chain"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG]
)
def test_wrong_use_of_an_extern_layer_is_refused_once(declaration: str, chain: str) -> None:
    found = codes(dense_model(chain, before=f'{declaration} from "my.layers"'))
    assert len(found) == 1


def test_extern_function_is_taken_where_keras_takes_a_callable() -> None:
    before = 'extern fn mine from "my.functions"'
    for chain in (
        "x -> Lambda(mine)",
        "x -> Dense(1, kernel_initializer=mine)",
        "x -> Dense(1, activation=mine)",
    ):
        assert not codes(dense_model(chain, before=before))


def test_lambda_gives_the_shape_it_is_said_to() -> None:
    before = 'extern fn mine from "my.functions"'
    assert shape(graph_of(dense_model("x -> Lambda(mine)", before=before))) == (8,)
    assert shape(graph_of(dense_model("x -> Lambda(mine, output_shape=(3,))", before=before))) == (
        3,
    )


def test_extern_function_is_not_run() -> None:
    assert codes('extern fn mine from "os"\nlet v = mine(1)\n' + dense_model("x -> Dense(1)")) == [
        "N0420"
    ]
