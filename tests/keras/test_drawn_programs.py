"""A few of the programs that `drawn_comparison` draws by the thousand."""

from __future__ import annotations

import pytest

from netdsl.compiler import compile_text
from tests.keras.drawn_comparison import differences
from tests.keras.drawn_programs import draw

pytestmark = pytest.mark.keras


@pytest.mark.parametrize("number", range(12))
def test_a_drawn_program_is_the_same_whatever_is_made_of_it(number: int) -> None:
    text = draw(1, number)
    assert list(differences(text)) == [], text


def test_nearly_every_drawn_program_is_valid() -> None:
    refused = [number for number in range(100) if not compile_text(draw(2, number)).ok]
    assert len(refused) < 15
