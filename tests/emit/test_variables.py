"""The variables of the generated code: a name of the spec means one thing, the others say what they hold."""

from __future__ import annotations

import re

import pytest

from netdsl.compiler import compile_text

HEAD = "    input x: [4]\n    y = x -> Dense(4)\n    z = x -> Dense(4)\n"


def written(body: str) -> str:
    compiled = compile_text(f"model M {{\n{body}\n}}\n")
    assert compiled.ok, compiled.diagnostics
    return compiled.source


def test_a_name_of_the_spec_is_not_given_to_the_tensor_of_another_chain() -> None:
    source = written(HEAD + "    output out = [y, z] -> Concatenate() -> Dense(3)")
    assert 'hidden = layers.Concatenate(name="concatenate")([y, z])' in source
    assert 'out = layers.Dense(3, name="out")(hidden)' in source


def test_a_chain_that_goes_on_from_a_name_keeps_its_variable() -> None:
    source = written(
        "    input x: [4]\n    y = x -> Dense(4)\n    output o = y -> ReLU() -> Dense(3)"
    )
    assert 'y = layers.ReLU(name="re_lu")(y)' in source


def test_the_tensors_of_a_fork_are_called_branches() -> None:
    fork = "    input x: [4]\n    output o = x -> [for n in [4, 4] { Dense(n) }] -> Add()"
    assert "branches = [" in written(fork)


def test_two_operands_of_a_kind_are_branches() -> None:
    source = written(
        "    input t: int32[5]\n"
        "    output o = (t -> Embedding(9, 4)) + (ops.arange(5) -> Embedding(5, 4))"
    )
    assert "o = branch1 + branch2" in source


@pytest.mark.parametrize(
    ("inputs", "arms", "expected"),
    [
        ("a: [4], b: [4]", "[a -> Dense(4), b -> Dense(4)]", "a_dense b_dense"),
        ("a: [4], b: [4]", "[a -> Dense(4) -> ReLU(), b -> Dense(4)]", "branch dense"),
        (
            "x: [8, 8, 3]",
            "x -> [Conv2D(4, 1), Conv2D(4, 1) -> Conv2D(4, 3, padding=same)]",
            "conv1x1 conv3x3",
        ),
        (
            "x: [8, 8, 3]",
            "x -> [Conv2D(3, 1), MaxPooling2D(3, strides=1, padding=same)]",
            "conv1x1 pool",
        ),
        (
            "x: [8, 3]",
            "x -> [DepthwiseConv1D(3, padding=same), Conv1D(3, (1,))]",
            "depthwise3 conv1",
        ),
        (
            "x: [4]",
            "x -> [Dense(4, activation=tanh), Dense(4, activation=sigmoid)]",
            "tanh sigmoid",
        ),
        ("x: [4]", "x -> [Dense(4), Dense(4, activation=sigmoid)]", "dense sigmoid"),
        ("x: [4]", "x -> [Dense(4), Dense(4)]", "branch1 branch2"),
        ("x: [8, 8, 3]", "x -> [wide(3, row), wide(3)]", "wide1x7 wide5x5"),
        ("x: [8, 8, 3], pool: [8, 8, 3]", "x -> [Conv2D(3, 1), pooled()]", "conv1x1 pool_branch"),
    ],
)
def test_branches_are_named_for_what_tells_them_apart(
    inputs: str, arms: str, expected: str
) -> None:
    """By the tensors that they begin with, by kernels, also of a block, by activations; else they are counted."""
    blocks = (
        "let row = (1, 7)\n"
        "block wide(n, size=5) = Conv2D(n, size, padding=same) -> ReLU()\n"
        "block pooled() = AveragePooling2D(3, strides=1, padding=same) -> Conv2D(3, 1)\n"
    )
    arms = arms.replace("=same", '="same"')
    given = "\n".join(f"    input {written}" for written in re.split(r", (?=\w+:)", inputs))
    more = "\n    output other = pool -> ReLU()" * ("pool:" in inputs)
    text = f"{blocks}model M {{\n{given}\n    output y = {arms} -> Concatenate(){more}\n}}\n"
    compiled = compile_text(text)
    assert compiled.ok, compiled.diagnostics
    assert f"([{', '.join(expected.split())}])" in " ".join(compiled.source.split())


def test_one_of_several_tensors_is_unpacked_into_its_own_variable() -> None:
    source = written(
        "    input x: [4, 4]\n    real = ops.fft2((x, ops.zeros_like(x)))[0]\n"
        "    output y = (x -> LSTM(4, return_state=True))[2] -> Dense(2)\n    output z = real -> Dense(2)"
    )
    assert "real, _ = ops.fft2((x, ops.zeros_like(x)))" in source
    assert "_, _, state_c = layers.LSTM(" in source


def test_an_output_that_is_read_later_is_carried_by_its_loop() -> None:
    source = written(
        "    input x: [4]\n    output deep = x -> Dense(4) -> repeat 2 { Dense(4) -> ReLU() }\n"
        "    output top = deep -> Dense(2)"
    )
    assert "deep = layers.ReLU" in source
    assert "deep = x" not in source


@pytest.mark.parametrize("stage", ["MultiHeadAttention(2, 4)(value=x)", "LSTM(4)(mask=None)"])
def test_a_last_layer_with_arguments_of_its_call_is_named_for_the_output(stage: str) -> None:
    source = written(f"    input x: [5, 8]\n    output probs = x -> {stage}")
    assert 'name="probs")' in source
    assert "layers.MultiHeadAttention(2, 4, name=" in source or "layers.LSTM(4, name=" in source


@pytest.mark.parametrize("model", ["", "model M { input x: [16, 8]\n output y = x -> pos(16) }\n"])
def test_an_array_is_tied_to_the_graph_where_its_arguments_only_measure_a_tensor(
    model: str,
) -> None:
    """With a model, and in a file of blocks alone, which nothing has elaborated."""
    block = (
        "block pos(n) { input x\n let size = x.shape[1]\n p = ops.arange(x.shape[1]) -> Embedding(n, 8)\n"
        " q = ops.reshape(ops.ones((size, x.shape[-1])), x.shape[1:])\n"
        " output [ops.add(x, p), ops.add(x, q)] -> Add() }\n"
    )
    compiled = compile_text(block + model)
    assert compiled.ok, compiled.diagnostics
    assert "p = tied(ops.arange(x.shape[1]), x)" in compiled.source
    apart = "ops.reshape(ops.ones((size, x.shape[-1])), x.shape[1:])"  # it only joins a tensor
    tied = "ops.reshape(tied(ops.ones((size, x.shape[-1])), x), x.shape[1:])"
    assert (apart if model else tied) in compiled.source
    assert compiled.source.count("tied(") == (2 if model else 3)  # the function's own line too


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("init", "kernel_initializer=init,"),
        ("init if True else zeros", "kernel_initializer=init,"),
        ("HeNormal()", "kernel_initializer=keras.initializers.HeNormal(),"),
        ("held", "kernel_initializer=held.clone(),"),
        (
            "held if n > 1 else HeNormal()",
            "fresh(held if n > 1 else keras.initializers.HeNormal()),",
        ),
        ("same", "kernel_initializer=same,"),
    ],
)
def test_an_initializer_is_copied_only_where_layers_would_share_one(
    argument: str, expected: str
) -> None:
    text = (
        "let held = HeNormal()\nlet same = Zeros()\n"
        "model M(n: int = 2, init: initializer = he_normal) { input x: [4]\n"
        f" output y = x -> repeat n {{ Dense(4, kernel_initializer={argument}) }} }}"
    )
    compiled = compile_text(text)
    assert compiled.ok, compiled.diagnostics
    assert expected in " ".join(compiled.source.split())
    assert ("def fresh(" in compiled.source) is ("fresh(" in expected)


def test_in_a_file_without_models_an_initializer_that_may_be_one_is_copied() -> None:
    source = compile_text(
        "block b(init: initializer) = Dense(8, kernel_initializer=init, bias_initializer=zeros)"
    ).source
    assert "kernel_initializer=fresh(init)" in source
    assert 'bias_initializer="zeros"' in source


def test_the_defaults_that_a_spec_declares_of_a_layer_of_ones_own_are_given_to_it() -> None:
    text = (
        'extern layer Own(size: int = 2, act: activation = relu): [n] -> [n] from "own"\n'
        "model M { input x: [4]\n output y = x -> Own() -> Own(3) -> Own(act=linear) }"
    )
    source = compile_text(text).source
    assert 'Own(size=2, act="relu", name="own1")' in source
    assert 'Own(3, act="relu", name="own2")' in source
    assert 'Own(act="linear", size=2, name="y")' in source


def test_a_chain_with_an_array_keeps_what_it_is_tied_to() -> None:
    source = compile_text(
        "block b(k) = Dense(8) -> [_ + (ops.ones((16, k)) -> Dense(8)), Dense(8)] -> Add()\n"
        "model M { input x: [16, 8]\n output y = x -> b(4) }"
    ).source
    assert "def b(inputs, k, *, name" in source
    assert "tied(ops.ones((16, k)), inputs)" in source


def test_a_word_of_the_spec_stays_beside_the_names_of_a_function() -> None:
    """A comprehension has a scope of its own; where the function's own `name` is read too, that makes way."""
    table = 'model M {\n    inputs features: {name: [1] for name in ["a", "b"]}\n'
    apart = compile_text(
        table
        + "    output y = [for name, x in features { x -> Dense(len(name)) }] -> Concatenate()\n}"
    ).source
    assert "{name: keras.Input((1,), name=name) for name in" in apart
    assert "for n, (name, x) in enumerate(features.items())" in apart
    assert 'def M(*, name="M"):' in apart
    together = compile_text(
        table + "    network = features -> Concatenate()\n"
        '    output y = network -> for name in ["a", "b"] { Dense(len(name)) }\n}'
    ).source
    assert 'def M(*, name="M"):' in together  # which callers know by its name
    assert 'for n, name_ in enumerate(["a", "b"]):' in together
    assert "network = layers.Concatenate" in together
    pairs = compile_text(
        table
        + "    output y = [for name, x in features { x -> Dense(len(name)) -> ReLU() }] -> Add()\n}"
    ).source
    assert "for n, (key, x) in enumerate(features.items()):" in pairs
    assert "layers.Dense(len(key)," in pairs


def test_an_operator_stands_where_the_next_layer_is_applied() -> None:
    source = written(
        "    input x: [4]\n    a = x / 255 -> Dense(4)\n    output y = a -> (1 - _) -> Dense(2)"
    )
    assert 'a = layers.Dense(4, name="a")(x / 255)' in source
    assert 'y = layers.Dense(2, name="y")(1 - a)' in source


def test_the_arms_of_a_choice_at_the_end_return() -> None:
    block = (
        "block b(n) { input x\n"
        " output if n > 1 { x -> Dense(4) -> ReLU() } else if n > 0 { x -> Dense(3) } else { x -> ReLU() } }\n"
    )
    source = compile_text(
        block + "model M { input x: [4]\n output y = x -> b(2) -> b(1) -> b(0) }"
    ).source
    body = source[source.index("    if n > 1") : source.index("def M")].split("\n")
    assert [line.strip() for line in body if "return" in line or "if" in line] == [
        "if n > 1:",
        'return layers.ReLU(name=f"{name}_re_lu1")(x)',
        "if n > 0:",
        'return layers.Dense(3, name=f"{name}_dense2")(x)',
        'return layers.ReLU(name=f"{name}_re_lu2")(x)',
    ]


def test_a_choice_that_a_chain_begins_with_is_made_in_the_variable_that_is_there() -> None:
    source = written(
        "    input x: [4]\n    deep = x -> Dense(3)\n"
        "    output y = deep -> if deep.shape[-1] != 4 { Dense(4) } -> Dense(2)"
    )
    assert "x = deep" not in source
    assert 'deep = layers.Dense(4, name="dense")(deep)' in source


def test_a_loop_over_pairs_that_reads_one_of_each_goes_over_that() -> None:
    source = written(
        '    inputs f: {name: [1] for name in ["a", "b"]}\n'
        "    output y = [for name, x in f { x -> Dense(2) }] -> Concatenate()"
    )
    assert "for n, x in enumerate(f.values())" in source


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        (
            "-> [_[1], _[2]] -> Add()",
            ["_, state_h, state_c = layers.LSTM(", "([state_h, state_c])"],
        ),
        ("-> _[0]", ["x, *_ = layers.LSTM(", '"y")(x)']),
        ("-> [_[0], _[-1] -> Dense(4)] -> Add()", ["sequence, _, state_c = layers.LSTM("]),
    ],
)
def test_several_tensors_are_taken_apart_where_some_are_picked(
    chain: str, expected: list[str]
) -> None:
    source = written(
        "    input a: [6, 4]\n    output y = a -> LSTM(4, return_sequences=True, return_state=True) "
        f"{chain} -> Dense(2)"
    )
    for part in expected:
        assert part in source


def test_what_is_added_to_what_it_is_made_of_is_a_residual() -> None:
    source = compile_text(
        "block b = [_, Dense(4) -> ReLU()] -> Add()\n"
        "model M { input x: [4]\n y = x + (x -> Dense(4) -> ReLU())\n"
        " output z = y + (x -> Dense(4) -> ReLU()) -> b() }"
    ).source
    assert 'Add(name=f"{name}_add")([x, residual])' in source
    assert 'y = layers.Add(name="y_add")([x, residual])' in source
    assert "([y, branch])" in source


def test_an_array_that_only_joins_tensors_stays_what_it_is() -> None:
    """A layer is applied to it in the one, and in the other it is computed with as Keras computes."""
    source = written(
        "    input x: int32[4]\n"
        "    a = ops.arange(4)\n    b = 3 * a + a\n    c = a / 2\n    p = ops.arange(4) -> Embedding(9, 4)\n"
        '    output y = [x * b, ops.cast(x, "float32") * c] -> Concatenate()\n'
        "    output z = (x -> Embedding(9, 4)) + p"
    )
    assert "a = ops.arange(4)\n" in source
    assert "b = 3 * a + a" in source
    assert "c = ops.divide(a, 2)" in source
    assert "tied(ops.arange(4), x)" in source


def test_a_name_in_braces_keeps_its_letters_beside_a_counter() -> None:
    source = written(
        "    input x: [8]\n"
        "    output y = x -> repeat 2 { n = _ -> LayerNormalization()  output n -> Dense(8) } -> Dense(2)"
    )
    assert "for k in range(2):" in source
    assert 'n = layers.LayerNormalization(name=f"n_{k}")(y)' in source


@pytest.mark.parametrize("name", ["", "both = "])
def test_a_list_of_outputs_that_is_written_out_has_a_key_for_each(name: str) -> None:
    source = written(
        "    input x: [8]\n    a = x -> Dense(2)\n    b = x -> Dense(3)\n"
        f"    output y = x -> Dense(4)\n    output {name}[a, b]"
    )
    keys = ("both_0", "both_1") if name else ("a", "b")
    assert f'{{"y": y, "{keys[0]}": a, "{keys[1]}": b}}' in source
    assert "[a, b]" not in source


def test_a_loop_of_the_spec_may_call_its_tensor_a_branch() -> None:
    """The module's own words for branches make way."""
    source = written(
        "    input x: [8]\n    branches = [x -> Dense(4), x -> Dense(4)]\n"
        "    output y = [\n        for i in range(2) {\n"
        "            parts = [for branch in branches { branch -> Dense(3) -> ReLU() }]\n"
        "            output parts -> Add() -> ReLU()\n        },\n    ] -> Concatenate()"
    )
    assert "branch in enumerate(branches)" in source
    assert "branch_" not in source
    assert "parts.append(part)" in source


def test_a_variable_does_not_hide_the_function_that_it_is_in() -> None:
    source = compile_text(
        "block residual(n) { input x\n output x -> [_, Dense(n) -> ReLU()] -> Add() }\n"
        "block unit(n) { input x\n output x -> [_, Dense(n) -> ReLU()] -> Add() }\n"
        "model M { input x: [4]\n output y = x -> residual(4) -> unit(4) }"
    ).source
    assert 'branch = layers.ReLU(name=f"{name}_re_lu")(branch)' in source
    assert 'residual = layers.ReLU(name=f"{name}_re_lu")(residual)' in source


def test_a_short_function_stands_in_the_one_behind_it() -> None:
    """One whose result is read twice, or that is long, has a line of its own."""
    source = compile_text(
        "model M {\n input x: [4]\n a = x -> ops.relu() -> ops.log1p()\n"
        " b = x -> ops.relu() -> ops.where(_ > 0, _, 1.0)\n"
        " c = x -> ops.clip(-1000000.0, 1000000.0) -> ops.exp()\n output y = [a, b, c] -> Add() }"
    ).source
    assert "a = ops.log1p(ops.relu(x))" in source
    assert "b = ops.relu(x)\n" in source
    assert "c = ops.clip(x, -1000000.0, 1000000.0)\n" in source


def test_what_is_asserted_of_hyperparameters_stands_first() -> None:
    source = compile_text(
        "model M(n: int = 4) {\n input x: [n]\n assert n > 2\n output y = x -> Dense(n) }"
    ).source
    assert source.index("assert n > 2") < source.index("keras.Input")
