"""Many draws over every kind of layer, through the front door: text, compiler, Keras.

    python -m tests.keras.nightly --draws 20000 [--seed 1] [--kind Conv2D]

Each draw is written as a spec and compiled; the verdict, the shapes, dtypes, masks and weights must be Keras's. Prints
what disagrees, one example of each sort for a kind, and exits 1 where anything does.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.keras import test_layers_a, test_layers_b
from tests.keras.front_door import disagreement, missing_kinds, spec_of
from tests.keras.layer_harness import Case, Strategies, cases, tensors
from tests.keras.nesting import Inner

parts = st.one_of(
    st.builds(
        lambda h, w: Inner("Resizing", {"height": h, "width": w}),
        st.integers(1, 9),
        st.integers(1, 9),
    ),
    st.builds(lambda scale: Inner("Rescaling", {"scale": scale}), st.sampled_from((2.0, 1 / 255))),
    st.sampled_from(
        [Inner("RandomFlip"), Inner("Equalization"), Inner("GaussianNoise", {"stddev": 0.1})]
    ),
    st.builds(lambda n: Inner("Dense", {"units": n}), st.integers(1, 4)),
)
others: Strategies = {
    "Pipeline": cases(
        "Pipeline", tensors(4), st.fixed_dictionaries({"layers": st.lists(parts, max_size=3)})
    ),
    "StackedRNNCells": st.builds(
        lambda x, cells: Case("RNN", {"cell": Inner("StackedRNNCells", {"cells": cells})}, (x,)),
        tensors(3),
        st.lists(
            st.builds(
                lambda kind, units: Inner(kind, {"units": units}),
                st.sampled_from(("LSTMCell", "GRUCell", "SimpleRNNCell")),
                st.integers(1, 5),
            ),
            min_size=1,
            max_size=3,
        ),
    ),
}

#: Keras draws the windows of a Fourier transform with SciPy.
HAS_SCIPY = importlib.util.find_spec("scipy") is not None

ROOMS = (
    (test_layers_a.KINDS, test_layers_a.refused_with_care),
    (test_layers_b.KINDS, test_layers_b.refused_with_care),
    (others, lambda case: False),
)


def draw(
    strategy: st.SearchStrategy[Case], draws: int, number: int, each: Callable[[Case], None]
) -> None:
    """Draw cases, without shrinking or remembering any."""

    @seed(number)
    @settings(
        max_examples=draws,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def run(case: Case) -> None:
        each(case)

    run()


def sort_of(problem: str) -> str:
    """Tell problems apart by what is said of them, without the numbers."""
    said = problem.partition("}\n")[2]
    return "".join(char for char in said if not char.isdigit())[:120]


def try_kind(
    strategy: st.SearchStrategy[Case], draws: int, number: int, skip: Callable[[Case], bool]
) -> Counter[str]:
    """Draw cases of one kind; count what became of them and print the first problem of each sort."""
    counted: Counter[str] = Counter()
    seen: set[str] = set()

    def each(case: Case) -> None:
        if skip(case) or spec_of(case) is None:
            counted["skipped"] += 1
            return
        counted["compared"] += 1
        problem = disagreement(case)
        if problem is not None:
            counted["disagree"] += 1
            if sort_of(problem) not in seen:
                seen.add(sort_of(problem))
                print(problem, end="\n\n", flush=True)

    draw(strategy, draws, number, each)
    return counted


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--kind", action="append", help="only this kind; may be given several times"
    )
    options = parser.parse_args()

    wanted = [
        (kind, strategy, skip)
        for kinds, skip in ROOMS
        for kind, strategy in kinds.items()
        if not options.kind or kind in options.kind
        if HAS_SCIPY or kind != "STFTSpectrogram"
    ]
    each = -(-options.draws // max(1, len(wanted)))
    total: Counter[str] = Counter()
    started = time.monotonic()
    for kind, strategy, skip in wanted:
        counted = try_kind(strategy, each, options.seed, skip)
        total += counted
        print(f"\r{kind}: {summary(total)}", end="", file=sys.stderr, flush=True)
        if counted["disagree"]:
            print(f"## {kind}: {summary(counted)}\n", flush=True)
    if not options.kind:
        print("nothing is drawn for", ", ".join(missing_kinds({k for k, _, _ in wanted})))
    print(f"{len(wanted)} sorts of draw, {time.monotonic() - started:.0f} s: {summary(total)}")
    return 1 if total["disagree"] else 0


def summary(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{counted[what]:,} {what}" for what in ("compared", "disagree", "skipped"))


if __name__ == "__main__":
    sys.exit(main())
