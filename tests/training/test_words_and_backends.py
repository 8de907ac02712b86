"""What a backend has no tensors for, such as words, is said where a setting or an option asks for that backend."""

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


@pytest.mark.parametrize(
    ("option", "lacking"), [("sparse", ["torch"]), ("ragged", ["jax", "torch"])]
)
def test_an_input_that_a_backend_does_not_have_is_told(option: str, lacking: list[str]) -> None:
    shape, used = {
        "sparse": ("[8]", "rows -> Dense(2)"),
        "ragged": ("int32[?]", "rows -> Embedding(4, 3) -> GlobalAveragePooling1D()"),
    }[option]
    text = (
        f"model M {{ input rows: {shape}({option}=True)  input x: [8]  output y = x -> Dense(1)"
        f"  output z = {used} }}\n"
        'train M { data = npz("m.npz")  optimizer = adam  loss = mse }'
    )
    (experiment,) = compile_text(text).experiments
    for backend in ("tensorflow", "jax", "torch"):
        wrong = other_engine(experiment, None, backend)
        assert (wrong is not None) == (backend in lacking)
        if wrong is not None:
            assert wrong.code == "N0820"
            assert f"no {option} tensors" in wrong.message
            assert "rows" in wrong.message


def test_numbers_run_on_every_backend() -> None:
    for layer in ("Hashing(4)", "IntegerLookup(vocabulary=[1, 2])"):
        found = compiled(layer, "distribute = DataParallel()", "int32")
        assert found.ok, found.diagnostics
        assert other_engine(found.experiments[0], None, "jax") is None
