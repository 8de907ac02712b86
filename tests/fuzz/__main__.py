"""The long run: `python -m tests.fuzz --inputs 200000 --seed 1 [--first 0] [--workers 1] [--save DIR]`.

With `--show N` it prints input N instead, and with `--try N` puts it through everything here, with its traceback.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

from tests.fuzz.inputs import make
from tests.fuzz.passes import Failure, run
from tests.fuzz.running import Tally, pace, run_range


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--save", type=Path, help="a folder for the inputs that fail")
    parser.add_argument("--show", type=int, metavar="N")
    parser.add_argument("--try", type=int, metavar="N", dest="again")
    options = parser.parse_args()
    if options.show is not None:
        print(make(options.seed, options.show)[1])
        return 0
    if options.again is not None:
        failure = run(options.again, *make(options.seed, options.again)).failure
        print(failure.detail if failure else "nothing fails")
        return int(failure is not None)
    return _long_run(options)


def _long_run(options: argparse.Namespace) -> int:
    started, found, total = time.monotonic(), Counter[str](), Tally()
    size = -(-options.inputs // options.workers)
    starts = range(options.first, options.first + options.inputs, size)

    def part(first: int) -> list[Failure]:
        last = min(first + size, options.first + options.inputs)

        def progress(number: int, tally: Tally) -> None:
            total.join(tally)
            said = f"{first} to {number}: {pace(started, number - first)}; {tally}"
            print(said, file=sys.stderr, flush=True)

        failures = []
        for failure in run_range(options.seed, first, last, progress):
            _tell(failure, found, options.save)
            failures.append(failure)
        return failures

    with ThreadPoolExecutor(options.workers) as pool:
        failures = list(chain.from_iterable(pool.map(part, starts)))
    kinds = ", ".join(f"{name}: {count}" for name, count in found.most_common()) or "none"
    print(
        f"{options.inputs:,} inputs from {options.first:,}, seed {options.seed}; failures: {kinds}"
    )
    print(total)
    return int(bool(failures))


def _tell(failure: Failure, found: Counter[str], folder: Path | None) -> None:
    """Print the first of a kind in full, the others in a line; keep the text if asked."""
    is_new = not found[failure.signature]
    found[failure.signature] += 1
    print(f"input {failure.number} ({failure.kind}), {failure.step}: {failure.signature}")
    if is_new:
        print(failure.detail, flush=True)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{failure.number}.net"
        path.write_bytes(failure.text.encode("utf-8", "surrogatepass"))


if __name__ == "__main__":
    sys.exit(main())
