"""Words of the module as words of the spec, in Keras: the structured and the flat output build one network."""

from __future__ import annotations

import pytest

from netdsl.compiler import compile_text
from tests.emit.test_own_names import SPECS

keras = pytest.importorskip("keras")

pytestmark = pytest.mark.keras


def weights(model: object) -> list[tuple[str, tuple[int, ...], bool]]:
    return [(w.path, tuple(w.shape), w.trainable) for w in model.weights]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "word",
    [
        *("once", "trainable"),
        *(pytest.param(w, marks=pytest.mark.slow) for w in ("layers", "name", "tied", "fresh")),
    ],
)
def test_both_outputs_build_one_network(word: str) -> None:
    for which, spec in SPECS.items():
        if word == "trainable" and "trainable=" in spec:  # given twice there
            continue
        compiled = compile_text(spec.replace("WORD", word))
        structured, flat = compiled.build(), compiled.build(flat=True)
        assert weights(structured) == weights(flat), which
        keras.backend.clear_session()


def test_what_a_block_declares_as_trainable_is_its_own() -> None:
    compiled = compile_text(
        """
        block inner(trainable: bool) = Dense(4, trainable=trainable) -> Dense(4)
        block outer() = inner(True) -> Dense(4)
        model M { input x: [4]  output x -> inner(trainable=False) -> inner(True) -> outer(trainable=False) }
        """
    )
    for flat in (False, True):
        model = compiled.build(flat=flat)
        trains = [layer.trainable for layer in model.layers[1:]]
        assert trains == [False, True, True, True, False, False, False]
