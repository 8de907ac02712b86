"""`inputs features: {…}`: a group of inputs of a model by their names."""

from __future__ import annotations

import pytest

from netdsl.compiler import Compiled, compile_text

BODY = "model M {{ inputs g: {group}  output out = {output} }}"


def compiled(group: str, output: str) -> Compiled:
    return compile_text(BODY.format(group=group, output=output))


def read(group: str, output: str) -> Compiled:
    found = compiled(group, output)
    assert found.ok, [d.message for d in found.diagnostics]
    return found


def test_the_keys_are_the_names_of_the_inputs_in_order() -> None:
    found = read('{"age": [1], "class-of-worker": string[1], "a b": int32[3]}', 'g["age"] * 2.0')
    assert [(i["name"], i["shape"], i["dtype"]) for i in found.model().inputs] == [
        ("age", [None, 1], "float32"),
        ("class-of-worker", [None, 1], "string"),
        ("a b", [None, 3], "int32"),
    ]


@pytest.mark.parametrize(
    "output",
    [
        'g["a"] + g["b"]',
        "g.a + g.b",
        "g -> Add()",
        "[*g] -> Add()",
        "[for _, x in g { x }] -> Add()",
        "[x for name, x in g] -> Add()",
        '[x for name, x in g if name in ["a", "b"]] -> Add()',
        "[for i, (name, x) in enumerate(g) { x }] -> Add()",
        '[for name in ["a", "b"] { g[name] }] -> Add()',
        "[x for (name, x), n in zip(g, [1, 2])] -> Add()",
        "g[0] + g[1]",
    ],
)
def test_its_tensors_are_taken_by_name_in_a_loop_or_all_at_once(output: str) -> None:
    for group in ('{"a": [4], "b": [4]}', '{n: [4] for n in ["a", "b"]}'):
        graph = read(group, output).graphs["M"]
        assert [node.kind for node in graph.nodes] == ["InputLayer", "InputLayer", "Add"]
        assert [ref.node for ref in graph.nodes[2].inputs] == [0, 1]


def test_a_condition_chooses_a_type() -> None:
    found = read('{n: string[1] if n == "b" else [k, 2] for n, k in [("a", 3), ("b", 0)]}', "g.a")
    assert [i["dtype"] for i in found.model().inputs] == ["float32", "string"]
    assert found.model().inputs[0]["shape"] == [None, 3, 2]


def test_hyperparameters_make_the_group() -> None:
    text = 'model M(names: list = ["a"]) { inputs g: {n: [2] for n in names}  output y = g -> Concatenate() }'
    assert [i["name"] for i in compile_text(text, names=["p", "q-r"]).model().inputs] == [
        "p",
        "q-r",
    ]


def test_a_symbolic_size_is_the_same_in_all_of_a_group() -> None:
    found = read('{"a": [T, 2], "b": [T, 2]}', "g -> Add()")
    assert str(found.model().outputs[0]["shape"]) == "[None, None, 2]"
    refused = compiled('{"a": [T, 2], "b": [T - 1, 2]}', "g -> Add()")
    assert "T" in refused.diagnostics[0].message


@pytest.mark.parametrize(
    ("group", "output", "code", "words"),
    [
        ('{"a": [1], "a": [2]}', "g.a", "N0419", "there is an input `a` already"),
        ('{"a/b": [1]}', "g -> Add()", "N0419", "no `/`"),
        ("{a: [1]}", "g -> Add()", "N0201", "`a`"),
        ("{3: [1]}", "g -> Add()", "N0419", "a string"),
        ("{}", "g -> Add()", "N0419", "one input at least"),
        ('{"a": [1](name="b")}', "g.a", "N0419", "the key is the name"),
        ('{"a": [1]}', 'g["aa"]', "N0209", "the group has `a`"),
        ('{"a": [1]}', "g.items()", "N0209", "pairs"),
        ('{"a": [1]}', "[for x in g { x }] -> Add()", "N0408", "a pair"),
    ],
)
def test_what_is_wrong_is_told_once(group: str, output: str, code: str, words: str) -> None:
    told = [d for d in compiled(group, output).diagnostics if d.severity == "error"]
    assert [d.code for d in told][:1] == [code]
    assert words in told[0].message


def test_a_name_that_is_no_identifier_is_its_own_in_python() -> None:
    found = read('{"a-b": [4], "a_b": [4], "class": [4]}', "g -> Add()")
    assert '"a-b": keras.Input((4,), name="a-b")' in found.source
    assert 'a_b2 = keras.Input((4,), name="a_b")' in found.flat_source
    assert "keras.Model(list(g.values()), out, name=name)" in found.source


def test_a_loop_that_throws_the_names_away_goes_over_the_tensors() -> None:
    output = "[for _, word in g { word -> Dense(2) -> Dense(3) }] -> Add()"
    found = read('{"a-b": [4], "c": [4]}', output)
    assert "for n, word in enumerate(g.values()):" in found.source


def test_only_a_model_has_a_group() -> None:
    for text in (
        'block b { inputs g: {"a": [1]}  output g }',
        'model M { input x: [2]  output y = x -> repeat 2 { inputs g: {"a": [1]}  output _ } }',
    ):
        assert [d.code for d in compile_text(text).diagnostics] == ["N0123"]
