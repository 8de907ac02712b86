"""Statements: what a file, a body and a train block hold."""

from __future__ import annotations

import pytest

from netdsl.syntax import tree
from tests.syntax.notation import read, show

TOP = [
    ('extern loss Dice(smooth: float = 1.0) from "m"', "(extern loss Dice smooth:float=1.0 'm')"),
    ('extern callback Note from "m"', "(extern callback Note 'm')"),
    ('from "a b.net" import c, d as e', "(from a b.net c d>e)"),
    ('from "a.net" import (c, d as e,)', "(from a.net c d>e)"),
    ("from std . vision import conv_bn", "(from std.vision conv_bn)"),
    ("let x = 3", "(let x 3)"),
    ("fn f(a, b=1) = a * b", "(fn f <a b=1> (* a b))"),
    ("fn f() = 1", "(fn f <> 1)"),
    ('defaults Conv2D(padding="same",)', "(defaults Conv2D padding='same')"),
    ("defaults Dense()", "(defaults Dense)"),
    (
        "block f(n: int, act: activation = relu,) = g(n)",
        "(block f <n:int act:activation=relu> (g n))",
    ),
    ("block f = g", "(block f <> g)"),
    ("block f {}", "(block f <> (body))"),
    ("block f() { input x output x }", "(block f <> (body (input x) (output x)))"),
    ("model M { }", "(model M <> (body))"),
    ("model M(n: int = 3) { }", "(model M <n:int=3> (body))"),
    ("model M = N(n=4)", "(model M (N n=4))"),
    ("train M { }", "(train M)"),
    (
        'train M { """How.""" epochs = 3 metrics = [a] }',
        "(train M 'How.' (set epochs 3) (set metrics [a]))",
    ),
    ("assert a < b", "(assert (a < b))"),
    ('assert a, "why"', "(assert a 'why')"),
    ('extern fn f from "a.b"', "(extern f 'a.b')"),
    (
        'extern layer L(): [h, w] -> [h // 2, 4 * w] from "a.b"',
        "(extern L <> <[h w]> <[(// h 2) (* 4 w)]> <> 'a.b')",
    ),
    (
        'extern layer L(n: int = 2): ([n, d], [m, d]) -> float32[n, m] weights [d, d], [d] from "a"',
        "(extern L <n:int=2> <[n d] [m d]> <float32[n m]> <[d d] [d]> 'a')",
    ),
    ('extern layer L(): [n] -> [n] weights ? from "a"', "(extern L <> <[n]> <[n]> ? 'a')"),
    ('extern layer L: [n] -> ([n], int32[]) from "a"', "(extern L <> <[n]> <[n] int32[]> <> 'a')"),
]

BODY = [
    ("input x", "(input x)"),
    ("input x: [32, 32, 3]", "(input x [32 32 3])"),
    ("input x: float32[T, 2*C, ?]", "(input x float32[T (* 2 C) _])"),
    ("input x: int64[100](sparse=True)", "(input x int64[100 (options sparse=True)])"),
    ("input x: float32[]", "(input x float32[])"),
    ("input x: [*size, 3,]", "(input x [*size 3])"),
    ("let n = 3", "(let n 3)"),
    ("fn f(a) = a", "(fn f <a> a)"),
    ("defaults Dense(use_bias=False)", "(defaults Dense use_bias=False)"),
    ("assert x.shape[-1] == 3", "(assert ((at x.shape (- 1)) == 3))"),
    ("layer attend = MultiHeadAttention(8, 64)", "(layer attend (MultiHeadAttention 8 64))"),
    ("weight w: [64]", "(weight w [64])"),
    (
        "weight w: float16[1, n](trainable=False) = Ones()",
        "(weight w float16[1 n (options trainable=False)] (Ones))",
    ),
    ("weight w = zeros", "(weight w zeros)"),
    ("weight w", "(weight w)"),
    ("a = x -> f", "(= a (-> x f))"),
    ("a, b = f(x)", "(= <a b> (f x))"),
    ("a, _, (b, c) = f(x)", "(= <a _ <b c>> (f x))"),
    ("_, h = f(x)", "(= <_ h> (f x))"),
    ("a, = f(x)", "(= <a> (f x))"),
    ('inputs f: {"a": [1], "b-c": string[1]}', "(inputs f {'a':[1] 'b-c':string[1]})"),
    ("inputs f: {n: [1] for n in names}", "(inputs f {n:[1] (in n names)})"),
    (
        "inputs f: {n: [1] if n in a else int32[T] for n in b}",
        "(inputs f {n:(if (n in a) [1] int32[T]) (in n b)})",
    ),
    ("inputs f: {}", "(inputs f {})"),
    ("output x", "(output x)"),
    ("output a + b -> f()", "(output (-> (+ a b) (f)))"),
    ("output y = x -> f", "(output y (-> x f))"),
    ("output [a, b]", "(output [a b])"),
]

WORDS_AS_NAMES = [
    ("input = x", "(= input x)"),
    ("output = x", "(= output x)"),
    ("inputs = x", "(= inputs x)"),
    ("inputs, x = inputs", "(= <inputs x> inputs)"),
    ("layer, model = x", "(= <layer model> x)"),
    ("block = repeat_more", "(= block repeat_more)"),
    ("repeat = 3", "(= repeat 3)"),
    ("from = x", "(= from x)"),
    ("output output = input", "(output output input)"),
    ("input input: [3]", "(input input [3])"),
    ("layer layer = layer -> layer", "(layer layer (-> layer layer))"),
    ("let let = let", "(let let let)"),
    ("weight = weight", "(= weight weight)"),
    ("weight weight: [weight] = weight", "(weight weight [weight] weight)"),
    ("weight, layer = x", "(= <weight layer> x)"),
    ("class = lambda", "(= class lambda)"),
]


@pytest.mark.parametrize(("source", "expected"), TOP)
def test_a_top_statement_reads_as_its_tree(source: str, expected: str) -> None:
    (statement,) = read(source).statements
    assert show(statement) == expected


@pytest.mark.parametrize(("source", "expected"), [*BODY, *WORDS_AS_NAMES])
def test_a_body_statement_reads_as_its_tree(source: str, expected: str) -> None:
    (model,) = read(f"model M {{ {source} }}").statements
    assert isinstance(model, tree.Model)
    (statement,) = model.body.statements
    assert show(statement) == expected
    assert statement.span.text == source


@pytest.mark.parametrize("first", [source for source, _ in BODY])
def test_a_statement_ends_where_any_other_begins(first: str) -> None:
    for second, _ in [*BODY, *WORDS_AS_NAMES]:
        (model,) = read(f"model M {{ {first} {second} }}").statements
        assert isinstance(model, tree.Model)
        assert [s.span.text for s in model.body.statements] == [first, second]


@pytest.mark.parametrize("first", [source for source, _ in TOP])
def test_a_declaration_ends_where_any_other_begins(first: str) -> None:
    for second, _ in TOP:
        module = read(f"{first} {second}")
        assert [s.span.text for s in module.statements] == [first, second]


SETTINGS = [
    "data",
    "loss_weights",
    "input",
    "output",
    "model",
    "train",
    "repeat",
    "from",
    "layer",
    "weights",
]


@pytest.mark.parametrize("name", SETTINGS)
def test_any_word_names_a_setting(name: str) -> None:
    (train,) = read(f"train M {{ {name} = a {name} = b -> c }}").statements
    assert show(train) == f"(train M (set {name} a) (set {name} (-> b c)))"


@pytest.mark.parametrize("name", [*SETTINGS, "as", "import", "block", "class"])
def test_any_word_names_a_parameter(name: str) -> None:
    (block,) = read(f"block b({name}, other: int = {3}) = f").statements
    assert show(block) == f"(block b <{name} other:int=3> f)"


@pytest.mark.parametrize("text", ["", "\n\n", "  # only this", "\ufeff", "\r\n\t\f"])
def test_an_empty_file_is_a_file(text: str) -> None:
    module = read(text)
    assert (module.statements, module.docstring) == ((), None)
    assert module.span.text == text


def test_the_first_string_is_the_docstring() -> None:
    module = read(
        '"""About\nthis."""\nmodel M { "The net." input x: [3] }\nblock b { """Stem.""" }'
    )
    model, block = module.statements
    assert module.docstring == "About\nthis."
    assert isinstance(model, tree.Model)
    assert isinstance(block, tree.Block)
    assert isinstance(block.body, tree.Body)
    assert (model.body.docstring, block.body.docstring) == ("The net.", "Stem.")


def test_comments_run_to_the_line_feed_and_no_further() -> None:
    text = "# one\r\nlet a = '#no' # two\r\n# three \x0c \u2028 \x85 still three\n#"
    comments = read(text).comments
    assert [c.text for c in comments] == [
        "# one",
        "# two",
        "# three \x0c \u2028 \x85 still three",
        "#",
    ]
    assert all(text.startswith(c.text, c.start) for c in comments)


def test_two_layouts_of_one_program_are_equal_trees() -> None:
    narrow = "model M { input x: [3]\noutput y = x->Dense(4,activation='relu') }"
    wide = (
        'model  M\n{\ninput x : [ 3 , ]\noutput y\n= ( x )\n-> Dense( 4 , activation = "relu" , ) }'
    )
    assert read(narrow) == read(wide)
