"""`output [a, b]`: several outputs that leave a model in a list, by the names of what stands in it."""

from __future__ import annotations

import netdsl
from netdsl.compiler import compile_text

SPEC = """
block pair { input x  output low = x -> Dense(2)  output high = x -> Dense(3) }
model Net {
    input x: [4]
    a = x -> Dense(5)
    both = x -> pair()
    levels = [for n in [6, 7] { x -> Dense(n) }]
    output OUTPUT
}
model Outer {
    input x: [4]
    outs = x -> Net()
    output y = outs[0] -> Dense(1)
}
"""


def names(output: str) -> list[str]:
    compiled = compile_text(SPEC.replace("OUTPUT", output))
    assert compiled.ok, [d.message for d in compiled.diagnostics]
    return [found["name"] for found in compiled.model("Net").outputs]


def test_what_stands_in_the_list_names_the_outputs() -> None:
    assert names("[a, both.low, x -> Dense(8) as late]") == ["a", "low", "late"]
    assert names("[*levels, a]") == ["levels_0", "levels_1", "a"]
    assert names("[both, a]") == ["both_0", "both_1", "a"]
    assert names("[a, a]") == ["a", "a_1"]


def test_a_chain_goes_by_its_layer() -> None:
    assert names('[x -> Dense(3), x -> Dense(4, name="four")]') == ["dense", "four"]
    assert names("[for n in [2, 3] { x -> Dense(n) }]") == ["dense_0", "dense_1"]


def test_a_model_gives_a_list_and_others_a_dict() -> None:
    listed = compile_text(SPEC.replace("OUTPUT", "[a, both.low]"))
    named = compile_text(SPEC.replace("output OUTPUT", "output a\n    output both.low"))
    assert listed.graphs["Net"].form == "list"
    assert named.graphs["Net"].form == "dict"
    assert '[a, both["low"]]' in listed.source
    assert "outs[0]" in listed.source
    assert '"low": both["low"]' in named.source
    assert 'outs["a"]' in named.source


def test_a_list_of_one_is_a_tensor() -> None:
    compiled = netdsl.compile_text("model M { input x: [4]  output [x -> Dense(3)] }")
    assert compiled.graphs["M"].form == "one"
    assert 'keras.Model(x, layers.Dense(3, name="dense")(x), name=name)' in compiled.source


def test_a_list_that_was_a_dict_is_a_change() -> None:
    from netdsl.compare.changes import compare_graphs

    listed = compile_text(
        "model M { input x: [4]  a = x -> Dense(3)  b = x -> Dense(2)  output [a, b] }"
    )
    named = compile_text(
        "model M { input x: [4]  output a = x -> Dense(3)  output b = x -> Dense(2) }"
    )
    (change,) = compare_graphs(named.graphs["M"], listed.graphs["M"])
    assert (change.subject, change.details) == ("form", ("a dict -> a list",))
