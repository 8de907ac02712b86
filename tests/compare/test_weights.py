"""Weights of two versions of a network: what of one changed, and whether what was trained still loads."""

from __future__ import annotations

import netdsl
from netdsl.compare.breaking import compare_weights
from netdsl.compare.changes import compare_graphs
from netdsl.graph import Graph

BASE = """
model M {
    input x: [16, 8]
    weight scale: [8] = ones
    weight w: [8, 3]
    output y = x * scale @ w
}
"""


def net(text: str) -> Graph:
    compiled = netdsl.compile_text(text)
    assert compiled.ok, [d.message for d in compiled.diagnostics]
    return compiled.model().net


def told(after: str) -> list[tuple[str, str, tuple[str, ...]]]:
    changes = compare_graphs(net(BASE), net(after))
    return [(c.what, c.subject, c.details) for c in changes if c.kind == "layer"]


def test_a_change_of_a_weight_is_told_as_that_of_a_layer() -> None:
    after = BASE.replace("[8] = ones", "[8](regularizer=L2(0.1), trainable=False) = zeros")
    assert told(after) == [
        (
            "changed",
            "scale",
            ("initializer 'ones' -> 'zeros'", "regularizer None -> L2(l2=0.1)", "frozen"),
        )
    ]


def test_what_a_weight_is_called_on_is_no_change() -> None:
    after = BASE.replace("input x: [16, 8]", "input z: [5]\n    input x: [16, 8]").replace(
        "output y", "output k = z -> Dense(2)\n    output y"
    )
    assert {subject for _, subject, _ in told(after)} == {"k"}


def test_trained_weights_load_where_names_and_shapes_hold() -> None:
    def loads(after: str) -> bool:
        return compare_weights(net(BASE), net(after)).loads

    assert loads(BASE)
    assert loads(BASE.replace("= ones", "= zeros"))
    assert loads(BASE.replace("scale", "gain"))
    assert not loads(BASE.replace("[8, 3]", "[8, 4]"))
