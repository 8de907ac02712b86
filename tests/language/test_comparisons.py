"""Comparisons of values decide, those of tensors are tensors, and nothing that is decided may hang on a tensor."""

from __future__ import annotations

import pytest

from tests.language.front_door import codes, compiled, graph_of, kinds, spelled

HEAD = "model M(n: int = 3, flag: bool = True) { input x: [4, 8]\n input w: int32[4]\n "
TAIL = "\n output y = ops.where(c, x, 0.0) -> Dense(3) }"
FUNCTIONS = {
    "==": "equal",
    "!=": "not_equal",
    "<": "less",
    "<=": "less_equal",
    ">": "greater",
    ">=": "greater_equal",
}


@pytest.mark.parametrize("sides", ["x {} 0", "0 {} x", "x {} x", "x {} n - 3", "x {} x[:, :1]"])
@pytest.mark.parametrize("op", FUNCTIONS)
def test_a_comparison_of_tensors_is_a_function_of_keras_ops(op: str, sides: str) -> None:
    graph = graph_of(f"{HEAD} output c = {sides.format(op)}\n output y = w -> Embedding(9, 2) }}")
    (found,) = (n for n in graph.nodes if n.kind == f"ops.{FUNCTIONS[op]}")
    assert found.flat_outputs[0].dtype == "bool"
    assert found.flat_outputs[0].shape[1:] == (4, 8)


@pytest.mark.parametrize(
    "mask", ["w != 0", "w > n - 3", "ops.logical_not(w == 0)", "(w -> Embedding(2, 1)) > 0.0"]
)
def test_it_may_be_an_argument_of_a_call(mask: str) -> None:
    squeeze = "ops.squeeze({}, -1)" if "Embedding" in mask else "{}"
    text = f"{HEAD} output y = x -> LSTM(4)(mask={squeeze.format(mask)}) }}"
    assert kinds(graph_of(text))[-1] == "LSTM"


@pytest.mark.parametrize(
    ("expression", "kind"),
    [("x @ ops.transpose(x, (0, 2, 1))", "ops.matmul"), ("abs(x - 1.0)", "ops.abs")],
)
def test_products_and_absolutes_are_functions_of_keras_ops(expression: str, kind: str) -> None:
    graph = graph_of(f"{HEAD} output y = {expression}\n output z = w -> Embedding(9, 2) }}")
    assert kind in kinds(graph)


def test_products_of_matrices_bind_as_other_products_do() -> None:
    text = f"{HEAD} output y = 1.0 + x @ ops.transpose(x, (0, 2, 1)) * 2.0\n output z = w -> Embedding(9, 2) }}"
    assert kinds(graph_of(text))[:4] == ["ops.transpose", "ops.matmul", "ops.multiply", "ops.add"]


#: What would be decided by a tensor, and what the fix makes of it: None where a person has to say what is meant.
DECIDES = {
    "output y = x -> if x > 0 { Dense(3) }": None,
    "output y = x -> if x == 0 { Dense(3) }": None,
    "output y = x -> if x != x { Dense(3) }": None,
    "output y = x -> if x { Dense(3) }": None,
    "output y = x if w == 0 else x * 2.0": None,
    "assert w > 0\n output y = x -> Dense(3)": None,
    "output y = [x -> Dense(3) for k in [1, 2] if w > k] -> Add()": None,
    "output y = x -> if x in [x, x] { Dense(3) }": None,
    "output y = x -> if 3 in [x, x] { Dense(3) }": None,
    "output y = x -> if 3 in x { Dense(3) }": None,
    "c = 0 < w < 3": "ops.logical_and(0 < w, w < 3)",
    "c = w == w == 1 != n": "ops.logical_and(ops.logical_and(w == w, w == 1), 1 != n)",
    "c = w in [1, 2]": "ops.isin(w, [1, 2])",
    "c = w not in [1, 2]": "ops.logical_not(ops.isin(w, [1, 2]))",
    "c = not w": "ops.logical_not(w)",
    "c = not w == 0": "ops.logical_not(w == 0)",
    "c = w > 0 and w < 3": "ops.logical_and(w > 0, w < 3)",
    "c = w > 0 or w < 3": "ops.logical_or(w > 0, w < 3)",
    "c = w > 0 and w < 3 or w == 7": "ops.logical_or(ops.logical_and(w > 0, w < 3), w == 7)",
    "c = flag and w < 3": "ops.logical_and(flag, w < 3)",
    "c = w is w": "w == w",
    "c = w is not 0": "w != 0",
}


@pytest.mark.parametrize("statement", DECIDES)
def test_a_tensor_decides_nothing(statement: str) -> None:
    wanted = DECIDES[statement]
    rest = "\n output y = x -> LSTM(4)(mask=c)" if wanted else ""
    found = [
        d for d in compiled(f"{HEAD} {statement}{rest} }}").diagnostics if d.severity == "error"
    ]
    assert [d.code for d in found] == ["N0421"]
    assert found[0].help
    edits = [] if found[0].fix is None else [edit.text for edit in found[0].fix.edits]
    assert edits == ([wanted] if wanted else [])
    if wanted:
        assert not codes(f"{HEAD} c = {wanted}{rest} }}")


@pytest.mark.parametrize(
    "condition",
    ["mem != None", "mem is not None", "not (mem is None)", "None != mem", "mem != None and 2 > 1"],
)
def test_whether_a_tensor_is_given_is_a_value(condition: str) -> None:
    text = (
        f"block b(mem=None) {{ input x\n output x -> if {condition} {{ Dense(4) }} else {{ Dense(5) }} }}\n"
        f"{HEAD} output y = x -> b()\n output z = x -> b(x)\n output v = w -> Embedding(9, 2) }}"
    )
    graph = graph_of(text)
    assert [n.operation.bound["units"] for n in graph.nodes if n.kind == "Dense"] == [5, 4]


@pytest.mark.parametrize(
    ("condition", "taken"), [("d == []", 5), ("d != []", 4), ("not d", 5), ("d", 4), ("[] == d", 5)]
)
def test_whether_a_list_holds_tensors_is_a_value(condition: str, taken: int) -> None:
    text = (
        "model M { input x: [8]\n t = x -> repeat 2 { Dense(8) as d }\n"
        f" output y = t -> if {condition} {{ Dense(4) }} else {{ Dense(5) }} }}"
    )
    assert graph_of(text).nodes[-1].operation.bound["units"] == taken


@pytest.mark.parametrize(
    "comparison",
    ['x == "a"', "x == relu", "x == [1, 2]", "x < None", "x > w", "[x] == [w]", "x @ 2.0"],
)
def test_what_tensors_are_not_compared_with_is_refused(comparison: str) -> None:
    assert codes(f"{HEAD} c = {comparison}{TAIL}")[0] in ("N0408", "N0503")


def test_a_function_over_values_compares_no_tensors() -> None:
    result = compiled(f"fn positive(t) = t > 0\n{HEAD} c = positive(x){TAIL}")
    assert [d.code for d in result.diagnostics if d.severity == "error"] == ["N0420"], spelled(
        result
    )


@pytest.mark.parametrize("expression", ["2 @ 3", '"a" @ 2', "[1] @ [2]"])
def test_values_have_no_product_of_matrices(expression: str) -> None:
    assert codes(
        f"let k = {expression}\nmodel M {{ input x: [4]\n output y = x -> Dense(k) }}"
    ) == ["N0416"]


@pytest.mark.parametrize(("name", "way"), [("exp(x)", "ops.exp(…)"), ("sqrt(x)", "ops.sqrt(…)")])
def test_functions_of_values_point_to_those_of_tensors(name: str, way: str) -> None:
    found = compiled(f"{HEAD} output y = {name}\n output z = w -> Embedding(9, 2) }}").diagnostics[
        0
    ]
    assert found.code == "N0420"
    assert way in found.help


def test_chains_that_are_compared_are_named_and_numbered_as_any() -> None:
    text = (
        f"{HEAD} output ops.where((x -> Dense(8)) > (x -> Dense(8)), x -> Dense(8), x)\n"
        " output v = w -> Embedding(9, 2) }"
    )
    names = [n.name for n in graph_of(text).nodes if n.kind == "Dense"]
    assert names == ["dense1", "dense2", "dense3"]
