"""A small budget of the fuzzing on each run of the tests; `python -m tests.fuzz` is the long run."""

from __future__ import annotations

from tests.fuzz.inputs import KINDS, make
from tests.fuzz.running import run_range

SEED = 20


def test_inputs_are_made_again_from_their_numbers() -> None:
    assert [make(SEED, n) for n in range(30)] == [make(SEED, n) for n in range(30)]


def test_every_kind_of_input_is_made() -> None:
    assert {make(SEED, n)[0] for n in range(600)} == {kind.__name__ for kind in KINDS}


def test_no_input_brings_the_compiler_down() -> None:
    failures = [
        f"{f.number} ({f.kind}), {f.step}: {f.signature}\n{f.detail}"
        for f in run_range(SEED, 0, 200)
        if f.signature != "OutOfTime"  # seconds are for the long run: a busy machine makes them lie
    ]
    assert not failures, "\n".join(failures)
