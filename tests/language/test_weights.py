"""`weight name: type(options) = initializer`: what it is, and what is told of one that cannot be."""

from __future__ import annotations

import pytest

import netdsl
from netdsl.report.lookup import STATEMENTS
from netdsl.report.rows import table_rows
from netdsl.syntax import tree
from tests.language.front_door import codes, compiled
from tests.syntax.notation import read

HEAD = "model M { input x: [16, 8]\n "


def summary(body: str) -> dict[str, dict[str, object]]:
    result = compiled(body)
    assert result.ok, result.diagnostics
    return {layer["name"]: layer for layer in result.model().summary()["layers"]}


# -- what it is ---------------------------------------------------------------------------------------


def test_it_is_listed_like_a_layer_with_its_shape_and_counted() -> None:
    layers = summary(f"{HEAD}weight w: [8, 3](regularizer=L2(1e-4)) = zeros\n output y = x @ w }}")
    weight = layers["w"]
    assert (weight["kind"], weight["output_shapes"], weight["weights"]) == (
        "Weight",
        [[8, 3]],
        [[8, 3]],
    )
    assert (weight["parameters"], weight["trainable_parameters"], weight["macs"]) == (24, 24, 0)


def test_what_it_is_called_on_is_not_told_and_it_is_no_activation() -> None:
    result = compiled(f"{HEAD}weight w: [8] = ones\n output y = x * w }}")
    (row,) = [row for row in table_rows(result.model().net) if row.kind == "Weight"]
    assert (row.label, row.inputs, row.parameters) == ("w", (), 8)
    assert result.model().totals["activation_bytes"] == 2 * 16 * 8 * 4


def test_one_for_each_use_of_its_block_and_each_turn() -> None:
    block = "block scaled(n) { input x\n weight g: [n] = ones\n output x * g }\n"
    names = summary(f"{block}{HEAD}output y = x -> scaled(8) -> repeat 2 {{ scaled(8) }} }}")
    found = [name for name, layer in names.items() if layer["kind"] == "Weight"]
    assert found == ["scaled1_g", "scaled2_0_g", "scaled2_1_g"]


def test_one_where_a_layer_is_used_again() -> None:
    block = "block scaled(n) { input x\n weight g: [n] = ones\n output x * g }\n"
    result = compiled(f"{block}{HEAD}layer s = scaled(8)\n output y = x -> s -> s }}")
    assert result.model().totals["parameters"] == 8


def test_a_frozen_block_freezes_it_and_defaults_do_not_concern_it() -> None:
    text = (
        "block b { input x\n defaults Dense(use_bias=False)\n weight g: [8] = ones\n output x * g }\n"
        f"{HEAD}weight h: [8](trainable=False)\n output y = x -> b(trainable=False) -> b() -> (_ + h) }}"
    )
    totals = compiled(text).model().totals
    assert (totals["parameters"], totals["trainable_parameters"]) == (24, 8)


def test_its_word_is_a_name_elsewhere() -> None:
    text = f"{HEAD}weight = x -> Dense(8, name='weight')\n weights = weight * 2.0\n output y = weights }}"
    assert compiled(text).ok
    assert (
        codes(
            f"block b(weight) {{ input x\n output x * weight }}\n{HEAD}output y = x -> b(weight=2) }}"
        )
        == []
    )


def test_it_is_read_with_and_without_its_parts() -> None:
    module = read(
        f"{HEAD}weight a: [8]\n weight b: float16[8](trainable=False) = zeros\n output y = x }}"
    )
    model = module.statements[0]
    assert isinstance(model, tree.Model)
    _, first, second, _ = model.body.statements
    assert isinstance(first, tree.WeightDecl)
    assert isinstance(second, tree.WeightDecl)
    assert (first.name, first.value) == ("a", None)
    assert second.type is not None
    assert (second.type.dtype, [o.name for o in second.type.options]) == ("float16", ["trainable"])


def test_the_class_is_in_modules_that_use_it_alone() -> None:
    assert "class " not in compiled(f"{HEAD}output y = x -> Dense(2) }}").source
    source = compiled(f"{HEAD}weight w: [8, 3] = zeros\n output y = x @ w }}").source
    assert 'w = Weight((8, 3), initializer="zeros", name="w")(x)' in source
    assert "netdsl" not in source.split("class Weight")[1]


def test_the_example_of_its_page_is_right() -> None:
    _, example = STATEMENTS["weight"]
    assert codes(example) == []


# -- what cannot be -----------------------------------------------------------------------------------

MISTAKES = {
    # what is wrong: the statements, the code, a part of what is said, a part of the way out
    "a batch": ("weight t: [?, 8] = zeros\n output y = x + t", "N0425", "no batch axis", "leave it out"),
    "None": ("weight t: [None, 8] = zeros\n output y = x + t", "N0425", "no batch axis", "leave it out"),
    "no sizes": ("weight t = zeros\n output y = x + t", "N0425", "has a shape", "`weight t: [64] = zeros`"),
    "sizes behind =": ("weight t = [8]\n output y = x + t", "N0425", "has a shape", "`weight t: [8]`"),
    "size 0": ("weight t: [0] = zeros\n output y = x + t", "N0425", "this is `0`", "how many numbers"),
    "size -1": ("weight t: [-1] = zeros\n output y = x + t", "N0425", "this is `-1`", "how many numbers"),
    "size 8.0": ("weight t: [8.0] = zeros\n output y = x + t", "N0425", "this is `8.0`", "how many numbers"),
    "no such size": ("weight t: [d] = zeros\n output y = x + t", "N0201", "nothing binds", "declare it"),
    "no such dtype": ("weight t: flot32[8]\n output y = x + t", "N0425", "no dtype", "`float32`"),
    "words": ("weight t: string[8]\n output y = x + t", "N0425", "no weight is of string", "leave the dtype out"),
    "integers": ("weight t: int32[8] = zeros\n output y = t", "N0510", "no gradient", "trainable=False"),
    "drawn integers": ("weight t: int32[8](trainable=False)\n output y = t", "N0510", "constant", "= zeros"),
    "a number": ("weight t: [8] = 0.5\n output y = x + t", "N0305", "not an initializer", "`Constant(0.5)`"),
    "numbers": ("weight t: [2] = [0, 1]\n output y = t", "N0305", "not an initializer", "`Constant([0, 1])`"),
    "a shape again": ("weight t: [8] = zeros((8,))\n output y = x + t", "N0303", "", "leave `(8,)` out"),
    "a function": ("weight t: [8] = ops.zeros((8,))\n output y = x + t", "N0425", "initializer", "= zeros"),
    "a function of a group": ("weight t: [8] = ops.nn.relu(x)\n output y = x + t", "N0425", "initializer", "= zeros"),
    "a tensor": ("weight t: [8] = x\n output y = x + t", "N0425", "not a tensor", "= zeros"),
    "a misspelling": ("weight t: [8] = zeroes\n output y = x + t", "N0308", "zeroes", "did you mean `zeros`?"),
    "no matrix": ("weight t: [8] = orthogonal\n output y = x + t", "N0513", "`t` has shape (8,)", "zeros"),
    "another shape": ("weight t: [8] = Constant([1, 2, 3])\n output y = x + t", "N0513", "(3,)", "give a number"),
    "an option": ("weight t: [8](regularise=L2(1e-4))\n output y = x + t", "N0301", "", "`regularizer`"),
    "no option": ("weight t: [8](units=3)\n output y = x + t", "N0301", "", "it takes `regularizer`"),
    "no name": ("weight t: [8](L2(1e-4))\n output y = x + t", "N0425", "has a name", "`regularizer=`"),
    "initializer=": ("weight t: [8](initializer=ones)\n output y = x + t", "N0425", "behind `=`", "= ones"),
    "dtype=": ("weight t: [8](dtype='float16')\n output y = x + t", "N0425", "before the sizes", "`float16[8]`"),
    "axes of a norm": ("weight t: [8](constraint=UnitNorm(axis=1))\n output y = x + t", "N0513", "axis 1", "`axis`"),
    "orthogonal rows": (
        "weight t: [8](regularizer=OrthogonalRegularizer())\n output y = x + t", "N0513", "2 axes", "leave it out",
    ),
    "sizes that do not fit": ("weight t: [4] = zeros\n output y = x + t", "N0503", "8 meets 4", "equal"),
    "joined as it is": (
        "weight t: [1, 1, 8] = zeros\n output y = [t, x] -> Concatenate(axis=1)", "N0535", "one for all samples",
        "`ops.zeros_like(x[:, :1, :1]) + t`",
    ),
    "joined by a function": (
        "weight t: [1, 1, 8] = zeros\n output y = ops.concatenate([t, x], axis=1)", "N0535", "one for all",
        "`ops.zeros_like(x[:, :1, :1]) + t`",
    ),
    "stacked": ("weight t: [1, 16, 8]\n output y = ops.stack([x, t])", "N0535", "one for all", "+ t`"),
    "added by a layer": ("weight t: [16, 8]\n output y = [x, t] -> Add()", "N0535", "one for all", "`x + t`"),
    "the larger by a layer": ("weight t: [8]\n output y = [x, t] -> Maximum()", "N0535", "", "`ops.maximum(x, t)`"),
    "what is made of it": ("weight t: [8]\n output y = [x, t * 2] -> Multiply()", "N0535", "multiply", "`x * w`"),
    "attention": ("weight t: [4, 8]\n output y = t -> MultiHeadAttention(2, 4)(value=x)", "N0535", "(4, 8)", "+ t`"),
    "a state": (
        "weight t: [1, 4]\n output y = x -> GRU(4)(initial_state=t)", "N0535", "(1, 4)",
        "`ops.zeros_like(x[:, 0, :1]) + t`",
    ),
    "stretched over the batch": ("weight t: [5, 16, 8]\n output y = x + t", "N0535", "5 there", "expand_dims(x, 1)"),
    "multiplied over the batch": ("weight t: [5, 8, 3]\n output y = x @ t", "N0535", "5 there", "leave that axis"),
    "repeated": ("weight t: [1, 8]\n output y = ops.repeat(t, x.shape[0], 0)", "N0305", "None", "zeros_like"),
    "a layer that asks for a batch": ("weight t: [8]\n output y = x * (t -> Dense(8))", "N0501", "rank", "no batch"),
    "a stage": ("weight t: [8]\n output y = x -> t", "N0407", "lost", "`(_ * t)`"),
    "bound twice": ("weight t: [8]\n t = x -> Dense(3)\n output y = t", "N0202", "again", "`t2`"),
    "read inside a layer": (
        "weight w: [8, 8]\n layer f = _ @ w\n output y = x -> TimeDistributed(f)", "N0420", "network of its own",
        "inside a block",
    ),
    "brackets": ("weight t: 8 = zeros\n output y = x + t", "N0101", "`[` is expected", "`weight t: [8] = zeros`"),
    "parentheses": ("weight t: (16, 8) = zeros\n output y = x + t", "N0101", "`[` is expected", "[16, 8]"),
    "two at once": ("weight w, v: [8]\n output y = x", "N0101", "`,`", "one `weight` statement"),
    "a dtype alone": ("weight t: float32 = zeros\n output y = x", "N0101", "`[`", "`weight name: float32[8, 64]`"),
    "another word": ("param t: [8] = zeros\n output y = x + t", "N0101", "no statement", "write `weight`"),
    "the plural": ("weights t: [8] = zeros\n output y = x + t", "N0101", "no statement", "write `weight`"),
    "let": ("let weight t: [8] = zeros\n output y = x + t", "N0101", "no constant", "leave `let` out"),
    "a call": ("t = Weight((8,))\n output y = x + t", "N0201", "", "`weight w: [64] = zeros`"),
    "PyTorch's": ("t = nn.Parameter(8)\n output y = x + t", "N0201", "", "`weight w: [64] = zeros`"),
}  # fmt: skip


#: Where a batch meets a weight that is one for all samples, in what is declared.
OWN = """
model J { input a: [4]  input b: [4]  output y = [a, b] -> Add() }
block two() { input a  input b  output [a, b] -> J() }
extern layer E(): ([n], [n]) -> [n] from "own"
extern layer Any(): ([...], [...]) -> [...] from "own"
model M { input x: [4]  weight w: [1, 4] = zeros  layer j = J()  output y = "%s" }
""".replace('"%s"', "%s")


@pytest.mark.parametrize(
    "chain",
    ["[x, w] -> J()", "x -> J()(b=w)", "[x, w] -> j", "[x, w] -> two()", "[x, w] -> E()", "x -> E()(w)",
     "[w, x] -> Any()"],
)  # fmt: skip
def test_a_weight_beside_a_batch_is_told_at_models_and_classes_of_ones_own(chain: str) -> None:
    (found,) = [d for d in compiled(OWN % chain).diagnostics if d.severity == "error"]
    assert found.code == "N0535"
    assert "`ops.zeros_like(x[:, :1]) + w`" in found.help
    spread = chain.replace("w", "ops.zeros_like(x[:, :1]) + w").replace(
        "tops.zeros_like(x[:, :1]) + wo", "two"
    )
    assert compiled(OWN % spread).ok


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_told_with_a_way_out(mistake: str) -> None:
    body, code, said, way_out = MISTAKES[mistake]
    found = netdsl.compile_text(f"{HEAD}{body} }}").diagnostics
    errors = [d for d in found if d.severity == "error"]
    assert [d.code for d in errors] == [code]
    assert said in errors[0].message
    assert way_out in errors[0].help


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("output x * w\n weight w: [x.shape[-1], n] = he_normal", []),
        ("weight w: [?] = zeros\n output x * w", ["N0425"]),
        ("weight w: [n](regularise=L2(0.1)) = zeros\n output x * w", ["N0301"]),
        ("weight w: [n] = zeroes\n output x * w", ["N0308"]),
        ("weight w = zeros\n output x * w", ["N0425"]),
        ("output x -> repeat n { weight w: [n](x=1)\n output _ * w }", ["N0301"]),
    ],
)
def test_what_no_use_makes_is_checked(body: str, expected: list[str]) -> None:
    found = codes(f"block b(n: int) {{ input x\n {body} }}\n{HEAD}output y = x -> Dense(2) }}")
    assert found == expected


def test_outside_a_body_it_is_told_where_it_goes() -> None:
    (found, *_) = netdsl.compile_text(f"weight t: [8] = zeros\n{HEAD}output y = x }}").diagnostics
    assert (found.code, found.help) == ("N0123", "move `weight` into a block or a model")
    assert "N0420" in codes("model M { weight t: [8]\n output y = t }")
    assert "N0207" in codes(
        f"defaults weight(trainable=False)\n{HEAD}weight t: [8]\n output y = x * t }}"
    )


def test_a_symbolic_size_is_none_for_a_weight() -> None:
    text = "block b { input x\n weight t: [x.shape[1], 8]\n output x + t }\n"
    assert codes(f"{text}model M {{ input x: [T, 8]\n output y = x -> b() }}") == ["N0417"]


WARNINGS = {
    "what nothing reads": ("weight t: [8]\n output y = x -> Dense(2)", ["N0402"]),
    "an output without a batch": ("weight t: [8]\n output y = x -> Dense(2)\n output z = t * 2.0", ["N0520"]),
    "an input that only makes it": ("input z: [8]\n weight t: [8]\n output y = z * t", ["N0403"]),
    "an array that is joined": ("output y = [ops.ones((1, 1, 8)), x] -> Concatenate(axis=1)", ["N0520"]),
    "a weight that is right": ("weight t: [1, 16, 8]\n output y = x + t", []),
    "joined along the batch's zeros": (
        "weight t: [8]\n output y = [ops.zeros_like(x[:, :1]) + t, x] -> Concatenate(axis=1)", [],
    ),
    "a learned mask": (
        "weight m: [16, 16]\n output y = x -> MultiHeadAttention(2, 4)(value=_, attention_mask=m > 0)", [],
    ),
    "a function that takes both": ("weight t: [8]\n output y = ops.where(x > 0, x, t) -> Dense(2)", []),
    "a convolution with it": (
        "weight k: [3, 8, 4]\n output y = x -> ops.conv(k, padding='same') -> Dense(2)", [],
    ),
    "weights beside each other": ("weight a: [2, 8]\n weight b: [6, 8]\n "
        "output y = x @ ops.transpose(ops.concatenate([a, b], axis=0))", []),
}  # fmt: skip


@pytest.mark.parametrize("case", WARNINGS)
def test_what_is_warned_of_and_what_is_not(case: str) -> None:
    body, expected = WARNINGS[case]
    assert codes(f"{HEAD}{body} }}") == expected
