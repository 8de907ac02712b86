"""Bodies in braces where layers are shared, held, frozen or made again: both outputs build and compute the same."""

from __future__ import annotations

import pytest

from tests.keras.drawn_comparison import differences

pytestmark = pytest.mark.keras

SPECS = {
    "a loop of a shared layer": """model M { input x: [8]
        layer l = Dense(8)
        output x -> repeat 3 { h = _ -> l  output h + _ } }""",
    "a shared loop, also held by a wrapper": """model M { input x: [5, 8]
        layer l = repeat 2 { h = _ -> Dense(8) as *s  output h + _ }
        output x -> l -> TimeDistributed(l) }""",
    "a model, a frozen block and recursion": """block b(n: int) { input x
        output x -> repeat 2 { h = _ -> Dense(8)  output h + (h -> if n > 0 { b(n - 1) }) } }
        model I { input x: [8]  output a = x -> repeat 2 { h = _ -> Dense(8)  output h + _ }  output b = x -> ReLU() }
        model M { input x: [8]
        p, q = [x, x] -> repeat 2 { c, _ = _  both = c -> I()  output both.a  output both.b }
        output [p -> b(1, trainable=False), q -> b(0)] -> Add() }""",
    "weights of each turn": """block b { input x
        output x -> repeat 2 { weight g: [8] = ones  h = _ -> Dense(8)  output _ + h * g } }
        model M { input x: [8]
        layer l = b()
        output x -> l -> l -> b() }""",
    "masks": """model M { input x: int32[6]
        output x -> Embedding(9, 8, mask_zero=True)
            -> repeat 2 { h = _ -> LSTM(8, return_sequences=True)  output h + _ } -> LSTM(4) }""",
}


@pytest.mark.parametrize("text", SPECS.values(), ids=SPECS)
def test_it_is_the_same_whatever_is_made_of_it(text: str) -> None:
    assert list(differences(text)) == []
