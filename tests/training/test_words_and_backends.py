"""Words inside a model run on TensorFlow alone, which is said where a setting or an option asks for another backend."""

from __future__ import annotations

import pytest

from netdsl.analyse.experiments import other_engine
from netdsl.compiler import Compiled, compile_text

SPEC = """
block table(n: int) = Embedding(n, 4) -> Flatten()
model Words {
    input word: DTYPE[1]
    output kind = word -> LAYER -> table(9) -> Dense(1, activation=sigmoid)
}
train Words { data = csv("w.csv", label="kind")  optimizer = adam  loss = binary_crossentropy  SETTING }
"""


def compiled(layer: str, setting: str = "", dtype: str = "string") -> Compiled:
    text = SPEC.replace("LAYER", layer).replace("SETTING", setting).replace("DTYPE", dtype)
    return compile_text(text)


LOOKUP = 'StringLookup(vocabulary=["a"])'


@pytest.mark.parametrize(
    "layer", [LOOKUP, 'TextVectorization(vocabulary=["a"], output_sequence_length=1)', "Hashing(4)"]
)
@pytest.mark.parametrize("strategy", ["DataParallel()", None])
def test_a_layer_that_reads_words_is_told(layer: str, strategy: str | None) -> None:
    if strategy is not None:
        found = compiled(layer, f"distribute = {strategy}").diagnostics
        assert [d.code for d in found if d.severity == "error"] == ["N0820"]
        return
    (experiment,) = compiled(layer).experiments
    for backend, name in (("jax", "JAX"), ("torch", "PyTorch")):
        wrong = other_engine(experiment, None, backend)
        assert wrong is not None
        assert wrong.code == "N0820"
        assert name in wrong.message
    assert other_engine(experiment, None, "tensorflow") is None


def test_numbers_run_on_every_backend() -> None:
    for layer in ("Hashing(4)", "IntegerLookup(vocabulary=[1, 2])"):
        found = compiled(layer, "distribute = DataParallel()", "int32")
        assert found.ok, found.diagnostics
        assert other_engine(found.experiments[0], None, "jax") is None
