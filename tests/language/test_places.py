"""`_` as an argument of a call behind an arrow says where what arrives goes; without it, that is the first one."""

from __future__ import annotations

from typing import Any

import pytest

from netdsl.diagnostics.diagnostic import apply_edits
from tests.language.front_door import compiled, spelled, structure

HEAD = """
block minus(width: int = 8) {{ input q  input r  output q - r -> Dense(width) }}
block half {{ input q  output q -> Dense(4) }}
model M {{
    input x: [8]  input y: [8]  input m: bool[8]  input s: [5, 8]  input t: [7, 8]
    layer shared = MultiHeadAttention(2, 4)
    layer pair = minus()
    output z = {chain}
}}"""

#: A chain with `_` in a place, and the same in other words.
PLACES = [
    ("x -> ops.where(m, _, -1e9)", "(ops.where(m, x, -1e9))"),
    ("x -> (ops.where(m, _, -1e9))", "(ops.where(m, x, -1e9))"),
    ("x -> (ops.where(_ > 0, _, y))", "(ops.where(x > 0, x, y))"),
    ("x -> ops.where(condition=m, x2=_, x1=y)", "ops.where(condition=m, x2=x, x1=y)"),
    ("x -> ops.concatenate([y, _])", "[y, x] -> ops.concatenate()"),
    ("x -> ops.stack((_, y, _), axis=1)", "[x, y, x] -> ops.stack(axis=1)"),
    ("x -> ops.subtract(_, _)", "x -> ops.subtract(x)"),
    ("x -> ops.subtract(_ * 2.0)", "x -> ops.subtract(x * 2.0)"),
    ("x -> (ops.subtract(_ * 2.0, y))", "x * 2.0 -> ops.subtract(y)"),
    ("x -> repeat 2 { ops.subtract(y, _) }", "ops.subtract(y, ops.subtract(y, x))"),
    ("x -> repeat 1 { (ops.subtract(ops.abs(_), y)) }", "ops.abs(x) -> ops.subtract(y)"),
    ("x -> if True { ops.subtract(y, _) }", "y -> ops.subtract(x)"),
    ("x -> for k in [1.0] { h = _ -> ops.subtract(k, _)  output h }", "ops.subtract(1.0, x)"),
    ("x -> [_, ops.subtract(y, _)] -> Add()", "[x, y -> ops.subtract(x)] -> Add()"),
    ("x -> ops.reshape(_, (-1, 2, _.shape[1] // 2))", "x -> ops.reshape((-1, 2, 4))"),
    ("x -> Add()([y, _])", "[y, x] -> Add()"),
    ("x -> pair(y, _)", "[y, x] -> pair"),
    ("x -> pair(_, y)", "[x, y] -> pair"),
    ("x -> minus(4)(y, _)", "[y, x] -> minus(4)"),
    ("x -> minus()(_, r=y)", "[x, y] -> minus()"),
    ("s -> shared(t, _)", "t -> shared(s)"),
    ("s -> shared(_, t, use_causal_mask=True)", "s -> shared(t, use_causal_mask=True)"),
    ("s -> shared(value=_)", "s -> shared(value=s)"),
    ("s -> MultiHeadAttention(2, 4)(t, _, key=_)", "t -> MultiHeadAttention(2, 4)(s, key=s)"),
    ("s -> MultiHeadAttention(2, 4)(t -> Dense(8), _)",
     "(t -> Dense(8)) -> MultiHeadAttention(2, 4)(s)"),
    ("x -> Dense(4)(_)", "x -> Dense(4)"),
    ("s -> MultiHeadAttention(2, 4)(_)", "s -> MultiHeadAttention(2, 4)(s)"),
    ("s -> shared(_)", "s -> shared(s)"),
]  # fmt: skip


def computed(chain: str) -> list[Any]:
    """Give what a chain computes."""
    result = compiled(HEAD.format(chain=chain))
    assert result.ok, spelled(result)
    return structure(result.graphs["M"])


@pytest.mark.parametrize(("chain", "same"), PLACES, ids=[chain for chain, _ in PLACES])
def test_what_arrives_goes_where_it_is_said(chain: str, same: str) -> None:
    assert computed(chain) == computed(same)


#: What does not say it well, and what the message offers.
OFFERED = [
    ("x -> ops.multiply(_)", "x -> ops.multiply(_, _)"),
    ("x -> ops.exp(ops.abs(_))", "x -> (ops.exp(ops.abs(_)))"),
    ("x -> ops.where(_ > 0, 1.0, 0.0)", "x -> (ops.where(_ > 0, 1.0, 0.0))"),
    ("x -> half(_)", "x -> half()"),
    ("x -> (half(_))", "x -> (_ -> half())"),
    ("x -> minus(8, _, y)", "x -> [_, y] -> minus(8)"),
    ("x -> Dense(_, 4)", "x -> Dense(4)"),
    ("x -> Add(_, y)", "x -> [_, y] -> Add()"),
    ("s -> shared(query=t, value=_)", "s -> shared(t, _)"),
    ("s -> MultiHeadAttention(2, 4)(query=t, value=_)", "s -> MultiHeadAttention(2, 4)(t, _)"),
    ("x -> minus()(r=_, q=y)", "x -> minus()(y, _)"),
]


@pytest.mark.parametrize(("chain", "offered"), OFFERED, ids=[chain for chain, _ in OFFERED])
def test_the_place_that_is_meant_is_offered(chain: str, offered: str) -> None:
    text = HEAD.format(chain=chain)
    first = next(d for d in compiled(text).diagnostics if d.severity == "error")
    assert first.fix is not None
    assert apply_edits(text, first.fix.edits) == HEAD.format(chain=offered)
    computed(offered)
