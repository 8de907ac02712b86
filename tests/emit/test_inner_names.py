"""Names that a spec gives to layers inside layers are in the generated code, structured and flat."""

from __future__ import annotations

import pytest

from tests.language.front_door import blamed, compiled

INNER = [
    'TimeDistributed(Dense(2, name="inner"))',
    'TimeDistributed(Dense(2, name="inner") -> ReLU())',
    'Bidirectional(LSTM(2), backward_layer=LSTM(2, go_backwards=True, name="inner"))',
    'RNN([LSTMCell(2), LSTMCell(3, name="inner")])',
    'named("inner")',
]


def spec(stage: str) -> str:
    block = "block named(name_of: str) = TimeDistributed(Dense(2, name=name_of))"
    return f"{block}\nmodel M {{ input x: [5, 4]\n output y = x -> {stage} }}"


@pytest.mark.parametrize("stage", INNER)
def test_inner_name_is_kept(stage: str) -> None:
    result = compiled(spec(stage))
    assert result.ok, result.diagnostics
    assert '"inner"' in result.source
    assert 'name="inner"' in result.flat_source


@pytest.mark.parametrize("name", ['"a/b"', "3", '""'])
def test_inner_name_that_keras_does_not_take_is_refused(name: str) -> None:
    code, _, place = blamed(spec(f"TimeDistributed(Dense(2, name=«{name}»))"))
    assert code == "N0305"
    assert place == name
