"""What changed between two networks, told through the front door."""

from __future__ import annotations

import pytest

import netdsl
from netdsl.compare.breaking import compare_weights
from netdsl.compare.changes import Change, compare_graphs
from netdsl.graph import Graph

BASE = """
model M {
    input x: [8]
    h = x -> Dense(4, activation=relu)
    output y = h -> Dense(2)
}
"""


def net(text: str) -> Graph:
    compiled = netdsl.compile_text(text)
    assert compiled.ok, [d.message for d in compiled.diagnostics]
    return compiled.model().net


def layer_changes(after: str, before: str = BASE) -> list[Change]:
    return [c for c in compare_graphs(net(before), net(after)) if c.kind == "layer"]


def test_another_layout_and_written_out_defaults_are_no_change() -> None:
    same = "model M { input x: [8]  output y = h -> Dense(units=2)\n h = x -> Dense(4, relu, use_bias=True) }"
    assert compare_graphs(net(BASE), net(same)) == []


def test_a_changed_argument_is_told_with_both_values_and_both_shapes() -> None:
    (change,) = layer_changes(BASE.replace("Dense(4", "Dense(5"))
    assert (change.what, change.subject) == ("changed", "h")
    assert change.details == ("units 4 -> 5", "gives (None, 4) -> (None, 5)")


def test_a_new_name_alone_is_a_rename() -> None:
    changes = layer_changes(BASE.replace("h", "hidden"))
    assert [(c.what, c.subject) for c in changes] == [("renamed", "h -> hidden")]


def test_added_and_removed_layers_say_what_they_are() -> None:
    more = BASE.replace("h -> Dense(2)", "h -> Dropout(0.5) -> Dense(2)")
    assert ("added", "dropout") in [(c.what, c.subject) for c in layer_changes(more)]
    assert ("removed", "dropout") in [(c.what, c.subject) for c in layer_changes(BASE, before=more)]


def test_totals_tell_the_difference_and_its_share() -> None:
    changes = compare_graphs(net(BASE), net(BASE.replace("Dense(4", "Dense(8")))
    (parameters,) = [c for c in changes if c.subject == "parameters"]
    assert parameters.details == ("46 -> 90 (+44, +95.7 %)",)


@pytest.mark.parametrize(
    ("after", "fates", "loads"),
    [
        (BASE, {"unchanged": ["h", "y"]}, True),
        (BASE.replace("h", "hidden"), {"renamed": ["hidden"], "unchanged": ["y"]}, True),
        (BASE.replace("Dense(4", "Dense(5"), {"reshaped": ["h", "y"]}, False),
        (
            BASE.replace("-> Dense(2)", "-> Dense(4) -> Dense(2)"),
            {"unchanged": ["h", "y"], "new": ["dense"]},
            False,
        ),
        (
            BASE.replace("-> Dense(2)", "-> BatchNormalization() -> Dense(2)"),
            {"unchanged": ["h", "y"], "new": ["batch_normalization"]},
            False,
        ),
        (
            BASE.replace("-> Dense(2)", "-> Dropout(0.1) -> Dense(2)"),
            {"unchanged": ["h", "y"]},
            True,
        ),
    ],
)
def test_the_fate_of_each_layers_weights(
    after: str, fates: dict[str, list[str]], loads: bool
) -> None:
    comparison = compare_weights(net(BASE), net(after))
    found = {fate: [m.after.name for m in comparison.of(fate) if m.after] for fate in fates}
    assert found == fates
    assert comparison.loads is loads


def test_weights_that_would_go_to_another_layer_without_a_word_are_told() -> None:
    two = """model M {
        input x: [4]
        a = x -> Dense(4)
        b = a -> Dense(4)
        output y = b
    }"""
    turned = two.replace("a = x -> Dense(4)", "b = x -> Dense(4)").replace("b = a", "a = b")
    turned = turned.replace("output y = b", "output y = a")
    comparison = compare_weights(net(two), net(turned))
    assert {item.problem for item in comparison.loading} == {"another layer"}


def test_a_size_with_a_name_is_one_without() -> None:
    named = "model M { input x: [T, 4] output y = x -> Dense(2) }"
    assert compare_graphs(net(named), net(named.replace("T", "?"))) == []
    assert compare_graphs(net(named), net(named.replace("T", "7"))) != []


def test_how_arguments_are_written_says_nothing_of_what_a_layer_is() -> None:
    body = "model M {{ input x: [4] output y = x -> {} -> Dense(3) -> Dense(2) }}"
    before = body.format('Dense(3) -> Dense(5, use_bias=True, activation="relu")')
    after = body.format("Dense(3) -> Dense(activation=relu, units=5)")
    assert compare_graphs(net(before), net(after)) == []


#: Two ways to write one network: what each layer is called differs, and nothing else.
SAME = [
    (
        "branches of one kind, paired by where they go",
        "input x: [8] a = x -> Dense(4) b = x -> Dense(4) output y = [a -> Dense(2), b -> Dense(2)] -> Concatenate()",
        "input x: [8] b1 = x -> Dense(4) b2 = x -> Dense(4) c2 = b2 -> Dense(2) c1 = b1 -> Dense(2)"
        " output y = [c1, c2] -> Concatenate()",
    ),
    (
        "what Keras works out, written out",
        "input x: [6, 6, 4] output y = x -> MultiHeadAttention(2, 4)(value=_) -> GroupNormalization(-1)"
        " -> MaxPooling2D(2)",
        "input x: [6, 6, 4] output y = x -> MultiHeadAttention(2, 4, value_dim=4, attention_axes=(1, 2))(value=_)"
        " -> GroupNormalization(4) -> MaxPooling2D(2, strides=2)",
    ),
    (
        "an array by what makes it, in the precision in which it is held",
        "input x: [4] output y = x * ops.array([1.0, 0.1, 0.01, 0.001])",
        "input x: [4] output y = x * ops.array([10.0 ** (-i) for i in range(4)])",
    ),
    (
        "lists and tuples",
        "input x: [4, 3] output y = x -> Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 1.0, 1.0])",
        "input x: [4, 3] output z = x -> Normalization(mean=(1.0, 2.0, 3.0), variance=(1.0, 1.0, 1.0))",
    ),
]


@pytest.mark.parametrize(("before", "after"), [s[1:] for s in SAME], ids=[s[0] for s in SAME])
def test_networks_that_differ_in_names_alone_are_the_same(before: str, after: str) -> None:
    changes = compare_graphs(net(f"model M {{ {before} }}"), net(f"model M {{ {after} }}"))
    assert [c for c in changes if (c.what, c.details) != ("renamed", ())] == []


def test_the_only_output_under_another_name_is_renamed() -> None:
    (change, *_) = compare_graphs(net(BASE), net(BASE.replace("output y", "output z")))
    assert (change.kind, change.what, change.subject) == ("output", "renamed", "y -> z")


def test_constants_of_functions_and_calls_are_compared() -> None:
    text = (
        "model M { input x: [4, 8] output y = 2.0 * x -> ops.reshape((8, 4))"
        " -> MultiHeadAttention(2, 4)(value=_, use_causal_mask=True) -> _[:, 1:3] }"
    )
    others = [
        ("2.0 *", "3.0 *", "x1 2.0 -> 3.0"),
        ("1:3", "2:4", "1, 3"),
        ("=True", "=False", "use_causal_mask"),
    ]
    for old, new, told in others:
        (change,) = layer_changes(text.replace(old, new), before=text)
        assert change.what == "changed"
        assert told in change.details[0]


def test_given_names_that_change_places_are_no_renaming() -> None:
    text = 'model M {{ input x: [4] output y = [x -> Dense(2, name="{}"), x -> Dense(2, name="{}")] -> Concatenate() }}'
    (change,) = layer_changes(text.format("b", "a"), before=text.format("a", "b"))
    assert (change.subject, change.details) == ("y", ("inputs `a`, `b` -> `b`, `a`",))
