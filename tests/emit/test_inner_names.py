"""Names that a spec gives to layers inside layers are in the generated code, structured and flat."""

from __future__ import annotations

import re

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


#: What holds several layers, and what they are called there.
BESIDE = {
    "RNN([LSTMCell(4), LSTMCell(4)])": "lstm_cell1 lstm_cell2",
    "RNN([LSTMCell(4), GRUCell(4)])": "lstm_cell gru_cell",
    "RNN([LSTMCell(n) for n in [4, 4]])": "lstm_cell lstm_cell",
    "RNN((LSTMCell(4), LSTMCell(4)))": "lstm_cell lstm_cell",
    "RNN(cells)": "lstm_cell lstm_cell",
    "RNN(cells[:1] + [LSTMCell(3)])": "lstm_cell lstm_cell",
    "lead([LSTMCell(4), LSTMCell(4)])": "lstm_cell lstm_cell",
    'RNN([LSTMCell(4, name="u"), LSTMCell(4)])': "u lstm_cell2",
    "TimeDistributed(Dense(4) -> Dense(3))": "sequential dense1 dense2",
    "TimeDistributed(wide -> ReLU())": "sequential dense re_lu",
    "TimeDistributed((Dense(4) if True else Dense(3)) -> ReLU())": "sequential dense re_lu",
    "TimeDistributed(ReLU() -> wide)": "sequential re_lu dense",
    "deep(Dense(4))": "sequential dense re_lu",
    "deep(Dense(4) -> Dropout(0.5))": "sequential sequential dense dropout re_lu",
}


@pytest.mark.parametrize("stage", BESIDE)
def test_layers_beside_each_other_are_called_alike_in_both_outputs(stage: str) -> None:
    result = compiled(
        "let cells = [LSTMCell(4), LSTMCell(4)]\nlet wide = Dense(4)\n"
        "block lead(of: list) = RNN(of)\nblock deep(f: layer) = TimeDistributed(f -> ReLU())\n"
        f"model M {{ input x: [5, 4]\n output x -> {stage} }}"
    )
    assert result.ok, result.diagnostics
    known = {
        "x",
        "rnn",
        "M",
        "lead",
        "deep",
        "deep_time_distributed",
        "time_distributed",
        "lead_rnn",
    }
    for source in (result.source, result.flat_source):
        names = set(re.findall(r'name="(\w+)"', source)) - known
        assert names == set(BESIDE[stage].split())


@pytest.mark.parametrize(
    "stage",
    [
        "TimeDistributed(wide -> «wide»)",
        "TimeDistributed(d -> «d»)",
        "deep(Dense(4), «Dense(3)»)",
        'TimeDistributed(Dense(4, name="u") -> «Dense(4, name="u")»)',
    ],
)
def test_a_chain_that_is_one_layer_holds_no_two_of_a_name(stage: str) -> None:
    text = (
        "let wide = Dense(4)\nblock deep(f: layer, g: layer) = TimeDistributed(f -> g)\n"
        f"model M {{ input x: [5, 4]\n layer d = Dense(4)\n output x -> {stage} -> d }}"
    )
    result = compiled(text.replace("«", "").replace("»", ""))
    assert [d.code for d in result.diagnostics] == ["N0404"], result.diagnostics
