"""The proof can fail: a spec that differs from the model in any one thing is told from it."""

from __future__ import annotations

import pytest

from netdsl.importer.elaborated import elaborated
from netdsl.importer.imported import imported
from netdsl.importer.network import Network
from netdsl.importer.proof import compare
from netdsl.importer.sources import read_value
from tests.importer.record import read

HAND_WRITTEN = read("hand_written")


def network(name: str) -> Network:
    return read_value(HAND_WRITTEN[name], name)


#: Models with text of their flat spec, and what is put in its place.
CHANGES = [
    ("squeezenet", "Conv2D(1000, 1, activation=relu)", "Conv2D(1000, 1)", "activation"),
    ("squeezenet", "Dropout(0.5)", "Dropout(0.4)", "rate"),
    ("squeezenet", "[fire2_expand1x1, fire2_expand3x3]", "[fire2_expand3x3, fire2_expand1x1]", ""),
    ("squeezenet", "-> Softmax(", "-> Activation(softmax, ", "class"),
    ("tied", "step2 = step -> ", "step2 = step -> Dense(16, activation=tanh) -> ", ""),
    ("tabular", "L2(1e-4)", "L2(1e-3)", "kernel_regularizer"),
    ("tabular", '["Paris", "Rome"]', '["Rome", "Paris"]', "vocabulary"),
    ("mixed_precision", 'dtype="mixed_float16"', 'dtype="mixed_bfloat16"', "dtype"),
    ("mixed_precision", ", trainable=False", "", "trainable"),
    ("mixed_precision", "TruncatedNormal(stddev=0.02)", "TruncatedNormal(stddev=0.05)", "kernel_initializer"),
    ("wrapped", 'merge_mode="sum"', 'merge_mode="mul"', "merge_mode"),
    ("wrapped", "LSTMCell(8)", "LSTMCell(8, use_bias=False)", "use_bias"),
    ("wrapped", "Dropout(0.1)", "Dropout(0.2)", "rate"),
    ("arithmetic", "a * 2.0", "a * 3.0", "call"),
    ("arithmetic", "a[:, 0]", "a[:, 1]", "call"),
    ("translator", "use_causal_mask=True", "use_causal_mask=False", "called with"),
    ("seq2seq", "[lstm[1], lstm[2]]", "[lstm[2], lstm[1]]", "output that is used"),
    ("feature_pyramid", "[p5, p4, p3, p2]", "[p5, p4, p2, p3]", ""),
    ("siamese", "Dense(128)", "Dense(127)", "units"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "what"), CHANGES)
def test_a_change_is_found(name: str, old: str, new: str, what: str) -> None:
    model = network(name)
    found = imported(model, name, flat=True)
    assert old in found.text
    other = elaborated(found.text.replace(old, new))
    assert other.error is None, other.error
    differences = compare(model, other.graphs[found.model]).differences
    assert any(what in difference for difference in differences)
    assert differences
