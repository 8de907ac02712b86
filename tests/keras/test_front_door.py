"""A few draws over every kind of layer through the front door; `nightly.py` makes many."""

from __future__ import annotations

import pytest

from tests.keras.front_door import disagreement, spec_of
from tests.keras.layer_harness import Case
from tests.keras.nightly import HAS_SCIPY, ROOMS, draw

pytestmark = pytest.mark.keras

SORTS = {kind: (strategy, skip) for kinds, skip in ROOMS for kind, strategy in kinds.items()}


@pytest.mark.parametrize("kind", SORTS)
def test_compiled_spec_is_what_keras_makes_of_the_layer(kind: str) -> None:
    if kind == "STFTSpectrogram" and not HAS_SCIPY:
        pytest.skip("Keras needs SciPy for it")
    strategy, skip = SORTS[kind]

    def agrees(case: Case) -> None:
        if not skip(case) and spec_of(case) is not None:
            problem = disagreement(case)
            assert problem is None, problem

    draw(strategy, 2, 0, agrees)
