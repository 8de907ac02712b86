"""What is shared is made and then applied: blocks, loops and models in it have each layer once, in both outputs."""

from __future__ import annotations

import pytest

from tests.language.front_door import compiled, spelled

keras = pytest.importorskip("keras")

pytestmark = pytest.mark.keras

BLOCKS = """
fn twice(n) = 2 * n
block res(n: int, act: activation = relu) { input u
   let h = twice(n)
   fn inner(k) = k + h
   a = u -> Dense(inner(2), activation=act) -> Dense(n)
   output u + a -> LayerNormalization() }
block width() { input u  output u -> Dense(u.shape[-1]) -> Dense(2 * u.shape[-1]) -> Dense(u.shape[-1]) }
block looped(n: int, deep: bool = True) { input u
   layer tie = Dense(8) -> ReLU()
   layer b = res(8)
   s = u -> repeat n { tie -> res(8) } -> for k in [8, 8] { Dense(k) as kept }
   output [s, *kept, u -> if deep { b } , u -> b] -> Add() }
block rec(n: int) = Dense(8) -> if n > 0 { rec(n - 1) }
block two() { input u input v  output p = [u, v] -> Add() -> Dense(8)  output q = u * 2.0 -> res(8) }
block fork() = [for k in [1, 2] { Dense(8) }] -> Add() -> ([_, res(8)] -> Multiply())
block learned() { input u  weight g: [8] = ones  output u * g }
block param(f: layer = Dense(8)) = f -> f
block named(name: str = "q", n: int = 8) = Dense(n) -> Dense(n)
block poly() { input each  output [*each, each[0]] -> Add() -> Dense(8) }
block wrapd() = Reshape((2, 4)) -> TimeDistributed(Dense(4)) -> Bidirectional(LSTM(4), trainable=False)
block braces(n: int) = repeat n {
   let k = 8
   layer d = Dense(k) -> ReLU()
   weight g: [8] = ones
   h = _ -> d -> d
   output h * g + _ -> Dense(k) as t -> [_, t] -> Add()
}
block sums(n: int) { input u  a = (u -> Dense(8)) + (u -> ReLU())  b = (a -> Dense(8)) * u
   output (b -> ReLU()) - a -> Dense(8) -> LayerNormalization() }
block gathers() { input u  a = u -> repeat 2 { Dense(8) as *all }  output [a, *all] -> Add() }
model Enc(n: int = 8) { input i: [8]  output i -> Dense(n) }
block nest() { input u layer e = Enc()  output [u -> e -> e, u -> Enc(trainable=False)] -> Add() }
"""

#: The body of a model of the inputs `x` and `y`.
CASES = [
    "layer s = sums(2) output o = x -> s -> s",
    "a = (x -> Dense(8)) + y layer s = Dense(8) -> ReLU() layer t = [_, Dense(8)] -> Add() output o = a -> s -> t -> t",
    "layer s = braces(2) output o = x -> s -> s -> braces(1)",
    "layer s = repeat 2 { h = _ -> Dense(8)  output h + _ -> res(8) } output o = x -> s -> s",
    "layer s = gathers() -> braces(1) output o = x -> s -> s",
    "layer s = res(8) output o = x -> s -> s",
    "layer s = width() output o = [x -> s, y -> s] -> Add()",
    "layer s = looped(2) output o = x -> s -> s -> looped(1, deep=False)",
    "layer s = rec(3) output o = x -> s -> s",
    "layer s = two() a, b = [x, y] -> s c = x -> s(v=b) output o = [a, b, c.p] -> Add()",
    "layer s = fork() output o = x -> s -> s",
    "layer s = learned() output o = x -> s -> s",
    "layer s = param() output o = x -> s -> s -> param(Dense(8, activation=relu))",
    "layer s = param(Dense(8, activation=tanh)) output o = x -> s -> s",
    'layer s = named() output o = x -> s -> s -> named(name="z")',
    'layer s = repeat 2 { named(name="w") -> rec(1) } output o = x -> s -> s',
    "layer s = poly() output o = [[x, y] -> s, [x, y, x] -> s] -> Add()",
    "layer s = wrapd() output o = [x -> s, y -> s] -> Add()",
    "layer s = nest() output o = x -> s -> s",
    "layer s = Dense(8) -> ReLU() -> Dense(8) -> LayerNormalization() -> Dense(8) output o = x -> s -> s",
    "layer s = res(8, trainable=False) output o = x -> s -> s -> res(8)",
    "layer s = nest() layer t = s -> looped(1) output o = x -> t -> s -> t",
    "layer s = [_, y -> Dense(8)] -> Add() output o = x -> s -> s",
    "layer s = Dense(8) as k -> [_, k, x] -> Add() output o = x -> s -> s",
    "layer s = for n in [8, 8] { res(n) as t -> Dense(n) } output o = x -> s -> s",
]  # fmt: skip


@pytest.mark.parametrize("body", CASES)
def test_what_is_shared_is_made_once(body: str) -> None:
    result = compiled(f"{BLOCKS}model M {{ input x: [8] input y: [8]\n {body} }}")
    assert result.ok, spelled(result)
    structured, flat = result.build("M"), result.build("M", flat=True)
    totals = result.model("M").totals
    for model in (structured, flat):
        assert len(model.layers) == totals["layers"]
        assert model.count_params() == totals["parameters"]
    names = sorted(layer.name for layer in structured.layers)
    assert names == sorted(layer.name for layer in flat.layers)
