"""The networks of `tests/networks` in Keras: both outputs build what was elaborated, compute the same, and reload."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emit.test_networks import SPECS
from tests.keras.drawn_comparison import differences

pytestmark = pytest.mark.keras


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_a_network_is_the_same_whatever_is_made_of_it(spec: Path) -> None:
    text = spec.read_text("utf-8")
    assert list(differences(text)) == []
