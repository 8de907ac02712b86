"""Small odd specs: what `check` takes is written in both ways, and both build one graph; laid out, it is the same spec.

`NETDSL_DRAWS` sets how many are drawn.
"""

from __future__ import annotations

import os
from random import Random

import pytest

from netdsl.compiler import compile_text
from netdsl.diagnostics.sink import Diagnostics
from netdsl.emit.declarations import model_functions
from netdsl.format.printer import format_module
from netdsl.source import SourceFile
from netdsl.syntax.parse import parse
from tests.emit.odd_programs import draw
from tests.emit.stand_in import graph_of

DRAWS = int(os.environ.get("NETDSL_DRAWS", "250"))
SHARE = 50


def hold(text: str) -> str:
    """Hold a spec to what is promised; tells what became of it."""
    compiled = compile_text(text)
    if not compiled.ok:
        return "refused"
    module = parse(SourceFile("spec.net", text), Diagnostics())
    assert parse(SourceFile("spec.net", format_module(module)), Diagnostics()) == module
    sources = [compiled.emit("keras", flat=flat) for flat in (False, True)]
    for name, function in model_functions(compiled.unit).items():
        if name in compiled.models:
            assert graph_of(sources[0], function) == graph_of(sources[1], function), "\n".join(
                sources
            )
    return "built" if compiled.models else "written"


@pytest.mark.parametrize("first", range(0, DRAWS, SHARE))
def test_what_is_drawn_is_one_graph_in_both_outputs(first: int) -> None:
    fates = []
    for number in range(first, min(first + SHARE, DRAWS)):
        text = draw(Random(number))
        try:
            fates.append(hold(text))
        except Exception as error:
            raise AssertionError(f"spec {number}:\n{text}") from error
    assert fates.count("built") > len(fates) // 3


#: Bodies that were written wrong once: blocks, and the statements of a model.
FOUND = [
    # what arrives is read after a loop, or a chain, that took the variable it was in
    ("block b { input u  v = repeat 2 { Dense(8) }  output v + _ }", "output x -> b()"),
    ("block b { input u  output u -> Dense(8) -> Dense(8)  output _ }", "output x -> b() -> Add()"),
    ("block b { input u  _ = u -> Dense(8) -> ReLU()  output _ + u }", "output x -> b()"),
    # what arrives at a block of several inputs is all of them
    ("block b { input u  input v  output _ -> Add() }", "output [x, y] -> b()"),
    ("block b { input u  input v  output _ -> Add() }", "output x -> b()(u=y)"),
    ("block b { input u  input v  output u + v }", "output [x, for i in [1] { y }] -> b()"),
    # loops and conditions where nothing arrives
    ("", "output repeat 1 { x -> ReLU() }"),
    ("", "output for n in [8] { x + y -> Dense(n) }"),
    ("", "a = repeat 1 { x }  output a + y"),
    ("", "output if True { x }"),
    # what stands beside an expression keeps its variable until it is used
    ("", "a, _ = [(for i in [3] { x }) + (y + y), x -> Dense(8) -> ReLU()]  output a"),
    ("", "output [(x -> Dense(8)) * (y -> Dense(8)), ((x -> ReLU()) + y) * (y + y)][0]"),
    ("", "output [if x.shape[-1] == 8 { x -> Dense(8) }, (y -> Dense(8) -> ReLU()) + y] -> Add()"),
    # several tensors in one branch, one in another
    ("block b(a: bool = True) { input u  input v  output if not a { u + v } }", "output [x, y] -> b()"),
    # what arrives goes where `_` stands
    ("", "layer pair = Subtract()  output x -> pair([y -> Dense(8) -> ReLU(), _]) -> Subtract()([_, y])"),
    ("block b { input u  input v  output u - v }",
     "layer l = b()  output x -> l(y -> Dense(8), _) -> b()(y, _) -> b()(_, v=y)"),
    ("", "output x -> Dense(8) -> (ops.where(_ > 0, _, ops.exp(_))) -> Add()([_ * 2.0, _])"),
    # dicts of tensors, by a name or where they stand
    ("", 'let d = {"a": x -> Dense(8) -> Dense(8), "b": [x -> Dense(8), y] -> Add(), "c": x + y * 2.0}'
     ' output [d["a"], d["b"], d["c"], d["a"]] -> Add()'),
    ("block b(n: int) = Dense(n) -> ReLU()",
     "let d = {n: x -> b(n) -> repeat 2 { Dense(8) } for n in [1, 2, 3] if n != 2}  output d[1] + d[3]"),
    ("", 'let d = {n: {"one": y -> Dense(n), "two": y -> Dense(8)} for n in [1, 8]}  output d[8]["one"] + d[1]["two"]'),
    ("", 'let d = {"a": x -> Dense(8) -> ReLU()} if True else {"a": x}  output d["a"] + x'),
    ("", 'output x -> repeat 2 { let d = {"a": _ -> Dense(8), "b": _ -> Dense(8)}  output d["a"] * d["b"] }'),
    ("let layer_of = {'a': Dense(8) -> ReLU(), 'b': Dense(4)}",
     "output x -> Reshape((2, 4)) -> TimeDistributed(layer_of['a']) -> TimeDistributed(layer_of['a'])"),
    # outputs that are lists, whose names are made from what they hold
    ("", "output [x -> ReLU(), y -> Dense(3)]"),
    ("", "output [x -> Dense(4), y]  output z = x  output [x -> Dense(4), y]"),
    ("block two { input u  output p = u -> Dense(3)  output q = u }", "output x -> two()  output a = x -> two()"),
    ("", "output [x -> ReLU()]"),
    ("", "output a_0 = x  output a = [x, y]"),
    # a list of outputs holds tensors alone, however it is written
    ("block two { input u  output p = u -> Dense(3)  output q = u }", "output [x -> two(), y -> Dense(2), x -> two()]"),
    ("", "ts = [for n in [1, 2] { x -> Dense(n) }]  output [*ts, *[y, x -> ReLU()], ts[0]]"),
    ("", "output [for n in [1, 2] { x -> Dense(n) }]"),
    ("", "output [x -> Dense(n) for n in [1, 2]]  late = y -> Dense(3)"),
    ("", "output [x, x -> ReLU() as z, z -> Dense(2)]"),
    # a list goes as it is to the only input, or to the only one that is left
    ("block b { input xs  output [for x in xs { x -> Dense(3) }] -> Add() }", "output [x, y] -> b()"),
    ("block b { input xs  input z  output [*xs, z] -> Add() }", "output [x, y] -> b()(z=y)"),
    ("block b { input z  input xs  output [z, *xs] -> Add() }", "ts = [x, y]  output ts -> b()(z=x)"),
    ("block b { input xs  input z  output xs[0] + z }", "output [[x, y], y] -> b()"),
    ("block b { input a  input z  output a + z }", "output [x] -> b()(z=y)"),
    ("block b { input xs  output xs[0] + xs[-1] }", "layer c = b()  output [[x, y] -> c, [y, x] -> c] -> Add()"),
    # sources in parentheses of their own, and other chains, in a fork
    ("", "output x -> [_, (ops.abs(y)), (y * 2.0), (y -> Dense(8)), ((ops.sin(y)) -> Dense(8))] -> Add()"),
    ("", "output x -> [for t in [x, y] { (ops.maximum(t, y)) }] -> Add()"),
    ("", "output x -> [if True { (ops.abs(y)) }, _, (ops.arange(8, dtype=float32)) + y] -> Add()"),
    ("", "layer d = Dense(8)  output x -> [d, (d), (y -> d)] -> Add()"),
    # a loop that does nothing
    ("", "a = x -> Dense(8) -> repeat 2 { _ }  output a"),
    ("", "a, b = [x, repeat 1 { y }]  output a + b"),
    # a layer in braces that only what leaves them uses
    ("", "output x -> if x.shape[-1] > 1 { layer l = repeat 2 { Dense(8) }  t = _  output _ -> l }"),
    # a loop that carries several tensors: from no turn, to a loop that carries them on, and in another order
    ("", "output [x, y] -> repeat 0 { a, b = _  output [b -> Dense(8), a] } -> Add()"),
    ("", "output [x, y] -> repeat 2 { a, b = _  output [b -> Dense(8), a] }"
         " -> repeat 2 { a, b = _  output [b, a + b] } -> Add()"),
    ("", "p = [x, y] -> repeat 2 { x, y = _  output [y -> Dense(8), x] }  output [*p, x, y] -> Add()"),
    ("block b { input u  input v  output u + v  output u * v }",
     "output [x, y] -> repeat 3 { p, q = _  output [q, p] -> b() } -> Add()"),
    ("", "output [x, y] -> repeat 3 { p, q = _  output if p.shape[-1] > 1 { [q, p -> Dense(8)] } else { [p, q] } }"
         " -> Add()"),
    # what arrives is read after another output has it, or after a chain that flows
    ("", "a, b = x -> repeat 1 { output _  output _ -> Dense(8) -> ReLU() }  output a + b"),
    ("", "a, b = x -> repeat 1 { output _ -> Dense(8) -> ReLU()  output _ }  output a + b"),
    ("", "output x -> repeat 2 { output (_ -> Dense(8) -> ReLU()) + _ }"),
    ("", "output x -> repeat 2 { h = _ -> Dense(8)  output h + h + _ }"),
    # the tensor of a turn beside the list of all
    ("", "y2 = x -> repeat 2 { Dense(8) as d -> ReLU() -> [_, d] -> Add() }  output [y2, *d] -> Add()"),
    ("", "y2 = x -> repeat 2 { repeat 2 { Dense(8) as d } -> [_, *d] -> Add() }  output [y2, *d] -> Add()"),
    ("", "y2 = x -> repeat 2 { h = _ -> Dense(8) as d -> ReLU()  output h + d }  output [y2, *d] -> Add()"),
    # lists that several places fill, in the order of the text
    ("", "a = b -> Dense(8) as *s  b = x -> Dense(8) as *s  output [a, *s] -> Add()"),
    ("", "a = x -> repeat 2 { output h -> Dense(8) as *s  h = _ -> ReLU() as *s }  output [a, s[0], s[1]] -> Add()"),
    ("block b = Dense(8) as *s -> repeat 2 { ReLU() as *s } -> [_, *s] -> Add()", "output x -> b() -> b()"),
    ("", "layer l = Dense(8) as *s -> repeat 2 { ReLU() as *s } -> [_, *s] -> Add()  output x -> l -> l"),
]  # fmt: skip


@pytest.mark.parametrize(("block", "statements"), FOUND, ids=[f"{b} {s}"[-60:] for b, s in FOUND])
def test_what_was_written_wrong_is_right(block: str, statements: str) -> None:
    assert hold(f"{block}\nmodel M {{ input x: [8]  input y: [8]  {statements} }}") == "built"


def test_the_flat_output_says_nothing_twice() -> None:
    """No argument that Keras takes anyway, and no shape beside what never changes it."""
    text = (
        'block conv(n, strides=1, groups=1) = Conv2D(n, 3, strides=strides, groups=groups, padding="same") -> ReLU()\n'
        "model M { input image: [8, 8, 2]\n output y = image -> conv(4) -> conv(4, strides=2) -> conv(4, groups=2) }"
    )
    source = compile_text(text).emit(flat=True)
    assert source.count("strides=") == source.count("groups=") == 1
    assert 'x = layers.ReLU(name="conv1_re_lu")(x)\n' in source
    assert 'x = layers.ReLU(name="y_re_lu")(x)  #' not in source
    assert (
        source.count("# (None, 4, 4, 4)") == 2
    )  # the convolution that halves, and the one behind it


def test_the_flat_output_has_operators_and_takes_several_outputs_apart() -> None:
    compiled = compile_text(
        "model M {\n    input x: [6, 4]\n"
        "    s, h, _ = x * 2.0 -> LSTM(4, return_sequences=True, return_state=True)\n"
        '    a = ops.arange(4)\n    b = ops.cast(a / 2, "float32")\n'
        "    output y = (1 - h) ** 2 + b -> LayerNormalization(epsilon=1e-5)\n"
        "    output z = s -> LSTM(4, return_state=True) -> _[0]\n}\n"
    )
    assert compiled.ok, compiled.diagnostics
    source = compiled.emit(flat=True)
    for part in (
        "x1 = x * 2.0",
        "x1, x2, _ = layers.LSTM(",
        "= 1 - x2",
        "**2",
        "ops.divide(",
        "epsilon=1e-5",
        ", *_ = ",
    ):
        assert part in source, source
    assert "tied(" not in source
