"""Which layer of a new version is which of the old: by given names, then by what a layer is and what reaches it."""

from __future__ import annotations

import pytest

import netdsl
from netdsl.compare.breaking import Comparison, compare_weights
from netdsl.compare.changes import compare_graphs
from netdsl.graph import Graph
from tests.work import calls, grows_in_proportion


def net(body: str) -> Graph:
    blocks = "block unit(n: int) { input x\n output u = x -> Dense(n) -> Dense(n) }\n"
    compiled = netdsl.compile_text(f"{blocks}model M {{ {body} }}")
    assert compiled.ok, [d.message for d in compiled.diagnostics]
    return compiled.model("M").net


def compared(before: str, after: str) -> Comparison:
    return compare_weights(net(f"input x: [8]\n{before}"), net(f"input x: [8]\n{after}"))


def pairs(comparison: Comparison) -> dict[str, str | None]:
    return {
        m.after.name: m.before.name if m.before else None for m in comparison.matches if m.after
    }


#: What was, what is now, which layer of the old each layer of the new is, and whether a checkpoint loads.
VERSIONS = [
    (
        "a head cut off",
        "output y = x -> Dense(4) -> Dense(4) -> Dense(2)",
        "output y = x -> Dense(4) -> Dense(4)",
        {"dense": "dense1", "y": "dense2"},
        True,
    ),
    (
        "a head cut off, all of one width",
        "output y = x -> Dense(8) -> Dense(8) -> Dense(8)",
        "output y = x -> Dense(8) -> Dense(8)",
        {"dense": "dense1", "y": "dense2"},
        True,
    ),
    (
        "a head cut off inside a block",
        "output y = x -> unit(8)",
        "output y = x -> Dense(8)",
        {"y": "y_dense"},
        True,
    ),
    (
        "a head cut off behind a name",
        "h = x -> Dense(4)\noutput y = h -> Dense(4) -> Dense(2)",
        "h = x -> Dense(4)\noutput y = h -> Dense(4)",
        {"h": "h", "y": "dense"},
        True,
    ),
    (
        "cut off, and a Dropout added",
        "output y = x -> Dense(4) -> Dense(4) -> Dense(2)",
        "output y = x -> Dense(4) -> Dropout(0.1) -> Dense(4)",
        {"dense": "dense1", "y": "dense2"},
        True,
    ),
    (
        "cut off in the middle",
        "output y = x -> Dense(4) -> Dense(4) -> Dense(2)",
        "output y = x -> Dense(4) -> Dense(2)",
        {"dense": "dense1", "y": "y"},
        False,
    ),
    (
        "inserted in front",
        "output y = x -> Dense(4) -> Dense(2)",
        "output y = x -> Dense(8) -> Dense(4) -> Dense(2)",
        {"dense1": None, "dense2": "dense", "y": "y"},
        False,
    ),
    (
        "inserted behind",
        "output y = x -> Dense(4) -> Dense(2)",
        "output y = x -> Dense(4) -> Dense(4) -> Dense(2)",
        {"dense1": "dense", "dense2": None, "y": "y"},
        False,
    ),
    (
        "another head",
        "output y = x -> Dense(4) -> Dense(2)",
        "output y = x -> Dense(4) -> Dense(3)",
        {"dense": "dense", "y": "y"},
        False,
    ),
    (
        "names that were given, the other way round",
        "a = x -> Dense(8)\nb = a -> Dense(8)\noutput b",
        "b = x -> Dense(8)\na = b -> Dense(8)\noutput a",
        {"a": "a", "b": "b"},
        False,
    ),
    (
        "the first of two outputs cut off",
        "h = x -> Dense(4)\noutput a = h -> Dense(2)\noutput b = h -> Dense(2)",
        "h = x -> Dense(4)\noutput b = h -> Dense(2)",
        {"h": "h", "b": "b"},
        False,
    ),
    (
        "the second of two outputs cut off",
        "h = x -> Dense(4)\noutput a = h -> Dense(2)\noutput b = h -> Dense(2)",
        "h = x -> Dense(4)\noutput a = h -> Dense(2)",
        {"h": "h", "a": "a"},
        True,
    ),
    (
        "an output renamed",
        "h = x -> Dense(4)\noutput a = h -> Dense(2)\noutput b = h -> Dense(2)",
        "h = x -> Dense(4)\noutput a = h -> Dense(2)\noutput c = h -> Dense(2)",
        {"h": "h", "a": "a", "c": "b"},
        True,
    ),
]


@pytest.mark.parametrize(
    ("before", "after", "expected", "loads"),
    [row[1:] for row in VERSIONS],
    ids=[row[0] for row in VERSIONS],
)
def test_each_layer_is_paired_with_what_it_was(
    before: str, after: str, expected: dict[str, str | None], loads: bool
) -> None:
    comparison = compared(before, after)
    assert pairs(comparison) == expected
    assert comparison.loads is loads


def test_an_input_of_another_name_is_the_one_that_was() -> None:
    before = net("input x: [8]\noutput y = x -> Dense(4) -> Dense(2)")
    after = net("input image: [8]\noutput y = image -> Dense(4)")
    assert pairs(compare_weights(before, after)) == {"y": "dense"}


def test_a_model_inside_is_gone_into() -> None:
    inner = "model Inner {{ input z: [8]\n output z = z -> {} }}\n"
    outer = "model M { input x: [8]\n output y = x -> Inner() }"
    before, after = (
        netdsl.compile_text(inner.format(chain) + outer).model("M").net
        for chain in ("Dense(4) -> Dense(4) -> Dense(2)", "Dense(4) -> Dense(4)")
    )
    comparison = compare_weights(before, after)
    assert pairs(comparison) == {"inner/dense": "inner/dense1", "inner/z": "inner/dense2"}
    assert comparison.loads


def test_a_new_layer_that_would_get_the_weights_of_another_is_told() -> None:
    """The checkpoint's `dense` is what `h` was; a new layer before it would take its place."""
    comparison = compared(
        "h = x -> Dense(8)\noutput y = h -> Dense(2)",
        "new = x -> Dense(8)\nh = new -> Dense(8)\noutput y = h",
    )
    assert ("dense", "another layer") in {(i.slot, i.problem) for i in comparison.loading}


def test_the_difference_of_a_head_cut_off_is_the_head() -> None:
    before = net("input x: [8]\noutput y = x -> Dense(4) -> Dense(4) -> Dense(2)")
    after = net("input x: [8]\noutput y = x -> Dense(4) -> Dense(4)")
    told = [
        (c.what, c.subject, c.details) for c in compare_graphs(before, after) if c.kind == "layer"
    ]
    assert told == [
        ("renamed", "dense1 -> dense", ()),
        ("renamed", "dense2 -> y", ()),
        ("removed", "y", ("Dense(units=2)", "gives (None, 2)")),
    ]


@pytest.mark.parametrize("after", ["Dense(8) -> BatchNormalization()", "Dense(9)"])
def test_the_work_is_in_proportion_to_the_layers(after: str) -> None:
    def work(count: int) -> int:
        body = f"repeat {count} {{ Dense(8) -> Dense(8) }}"
        old = net(f"input x: [8]\noutput y = x -> Dense(8) -> {body}")
        new = net(f"input image: [8]\noutput z = image -> {after} -> {body}")
        return calls(lambda: compare_weights(old, new))

    assert grows_in_proportion(work, 50, 4)
