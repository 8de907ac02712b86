"""Mistakes with the constructs that Keras has no word for: each has its place, and a way out that holds."""

from __future__ import annotations

import pytest

from netdsl.diagnostics.diagnostic import apply_edits
from tests.language.front_door import compiled, spelled

X = "model M {{ input x: [8]  {} }}"
IMAGE = "model M {{ input x: [64, 64, 3]  {} }}"
OWN = "{}\nmodel M {{ input x: [8]  output y = x -> Foo() }}"
NET = "applications.MobileNetV2(include_top=False, weights=None)"
TWO = "model N {{ input x: [8]  a = x -> Dense(1)  b = x -> Dense(2)  output [a, b] }}\n"

#: What is written, its code, what the help says, and what the fix makes of it, "" where there is none.
MISTAKES = [
    # weights
    (X, "weight w: [8] = zeros(trainable=False)  output y = x * w", "N0425", "behind the type",
     "weight w: [8](trainable=False) = zeros"),
    (X, "weight w(8): zeros  output y = x * w", "N0101", "`weight name: [64] = zeros`", ""),
    (X, "weight w: [8, 8] = ones  output y = x -> Dense(8, kernel=w)", "N0420", "`(_ @ w)`", ""),
    (X, "layer d = Dense(3)  output y = x -> d -> ops.matmul(ops.transpose(d.kernel))", "N0209",
     "`weight w: [64, 32]`", ""),
    # braces and loops
    (X, "repeat 3 { x -> Dense(8) }  output y = x", "N0101", "`y = x -> repeat 3 { … }`", ""),
    (X, "output y = x -> repeat n=3 { Dense(8) -> ReLU() }", "N0101", "`repeat 3 { … }`", "repeat 3 { Dense(8)"),
    (X, "output y = [x, x] -> repeat 2 { a, b = _  output a + b }", "N0410", "end it by `output [a, b]`", ""),
    (X, "output y = x -> repeat 2 { h = _ -> Dense(8)  output h } -> [_, h] -> Add()", "N0207", "`output h`", ""),
    # names after `as`
    (X, "output y = x -> repeat 2 { Dense(8) -> ReLU() as s* } -> [_, *s[1:]] -> Concatenate()", "N0101",
     "`as *s`", "as *s }"),
    (X, "output y = x -> repeat 2 { Dense(8) -> ReLU() as s[i] } -> [_, s[0]] -> Add()", "N0101",
     "list of all turns", "as s }"),
    (X, "output y = x -> LSTM(8, return_state=True) as a, b", "N0101", "as a statement", ""),
    ("block enc() = Dense(8) as *skips -> ReLU()\n" + X, "output y = x -> enc() -> [_, skips[0]] -> Add()", "N0201",
     "`output skips`", ""),
    # inputs and outputs
    ("{}", 'model M { inputs f: {"class-of-worker": [1], "b": [1]}  output y = [f.class_of_worker, f.b] -> Add() }',
     "N0209", '`["class-of-worker"]`', 'f["class-of-worker"], f.b'),
    ("{}", 'model M { inputs f: {"a": string, "b": [1]}  output y = f.b -> Dense(1) }', "N0101", "string[1]", ""),
    (X, "output y: [10] = x -> Dense(10)", "N0101", "`: [10]`", "output y = x"),
    (X, "outputs [x -> Dense(1), x -> Dense(2)]", "N0101", "write `output`", "output [x"),
    (X, 'output {"a": x -> Dense(1), "b": x -> Dense(2)}', "N0408", "for each",
     "output a = x -> Dense(1)  output b = x"),
    (TWO + X, 'n = x -> N()  output y = [n["a"], n.b] -> Concatenate()', "N0209", "`n.a`", "[n.a, n.b]"),
    # classes and functions of one's own
    (OWN, 'extern layer Foo(): [n] from "m"', "N0101", "`extern layer Name", ""),
    (OWN, "extern layer Foo(): [n] -> [n]", "N0109", 'from "module"`', ""),
    (OWN, 'extern layer Foo(): [n], [m] -> [n] from "m"', "N0101", "in parentheses: `([n], [m])", ""),
    (OWN, 'extern layer Foo(): [n] -> [n] from "m" weights [n, n]', "N0101", "`extern layer Name", ""),
    (OWN, "from my_layers import Foo", "N0204", 'extern fn name from "my_layers"`', ""),
    ('extern fn foo from "m"\n' + X, "output y = x -> foo", "N0407", "`Lambda(foo)`", "x -> Lambda(foo)"),
    # defaults
    (X, 'defaults Dense(name="d")  output y = x -> Dense(3)', "N0420", "where the layer is written", ""),
    (X, "defaults Dense(use_bias=False), Conv2D(use_bias=False)  output y = x -> Dense(3)", "N0101",
     "`defaults Conv2D, Dense", ""),
    (X, "defaults (Dense, Conv2D)(use_bias=False)  output y = x -> Dense(3)", "N0101", "`defaults Conv2D, Dense", ""),
    # maps of a network
    (IMAGE, f'output y = x -> {NET}(outputs=["out_relu"]) -> Conv2D(3, 1)', "N0502", "`-> _[0]`",
     "-> _[0] -> Conv2D"),
    (IMAGE, f'output y = x -> {NET[:-1]}, outputs="out_relu") -> Conv2D(3, 1)', "N0301", "weights=None)(outputs=",
     'None)(outputs="out_relu")'),
    (IMAGE, f'output y = x -> {NET}("out_relu") -> Conv2D(3, 1)', "N0301", '`outputs="out_relu"`',
     '(outputs="out_relu")'),
    (IMAGE, f'f = x -> {NET}(outputs={{"c5": "out_relu"}})  output y = f["c5"] -> Conv2D(3, 1)', "N0209",
     "`f.c5`", "f.c5 ->"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("frame", "written", "code", "helps", "fixed"), MISTAKES, ids=[m[1][:60] for m in MISTAKES]
)
def test_each_is_told_at_its_place_with_a_way_out_that_holds(
    frame: str, written: str, code: str, helps: str, fixed: str
) -> None:
    text = frame.format(written)
    first = next(d for d in compiled(text).diagnostics if d.severity == "error")
    assert (first.code, helps in first.help) == (code, True), (first.message, first.help)
    if not fixed:
        return
    assert first.fix is not None
    after = apply_edits(text, first.fix.edits)
    assert fixed in after
    assert compiled(after).ok, spelled(compiled(after))
