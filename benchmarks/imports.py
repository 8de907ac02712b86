"""Table what a cold `netdsl check` imports: each module with its own milliseconds, without those that it imports.

`python benchmarks/imports.py` prints the sums and the slowest modules; `--table FILE` writes all of them as Markdown.
The least of several runs is taken for each module, as whatever else a machine does only adds.
"""

from __future__ import annotations

import argparse
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from run import ENVIRONMENT, PYTHON, ROOT

SPEC = "specs/resnet152.net"

#: Whose a module is, by the first part of its name; all others are Python's own.
OWNERS = ("netdsl", "lark", "click", "rich", "networkx")


def imported(spec: str) -> dict[str, float]:
    """Give the milliseconds of each module that one check loads, by its own account of them."""
    command = [PYTHON, "-X", "importtime", "-m", "netdsl", "check", spec]
    done = subprocess.run(
        command, check=True, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True
    )
    return dict(_lines(done.stderr))


def _lines(told: str) -> Iterator[tuple[str, float]]:
    for line in told.splitlines():
        own, _, rest = line.removeprefix("import time:").partition("|")
        if line.startswith("import time:") and own.strip().isdigit():
            yield rest.partition("|")[2].strip(), int(own) / 1000


def fastest(rounds: int, spec: str = SPEC) -> dict[str, float]:
    """Give the least that each module took in several runs."""
    imported(spec)  # compiles the package's bytecode
    found = [imported(spec) for _ in range(rounds)]
    return {name: min(times.get(name, found[0][name]) for times in found) for name in found[0]}


def owner(module: str) -> str:
    """Say whose a module is."""
    first = module.partition(".")[0]
    return first if first in OWNERS else "Python"


def sums(modules: Mapping[str, float]) -> list[tuple[str, int, float]]:
    """Give for each owner how many modules there are, and their milliseconds."""
    counts = Counter(map(owner, modules))
    times = {who: sum(t for name, t in modules.items() if owner(name) == who) for who in counts}
    return sorted(((who, counts[who], times[who]) for who in counts), key=lambda row: -row[2])


def table(modules: Mapping[str, float]) -> str:
    """Write the sums and every module as Markdown."""
    lines = ["| of | modules | ms |", "| --- | ---: | ---: |"]
    lines += [f"| {who} | {count} | {taken:.1f} |" for who, count, taken in sums(modules)]
    lines += [f"| all | {len(modules)} | {sum(modules.values()):.1f} |", ""]
    lines += ["| module | ms |", "| --- | ---: |"]
    ordered = sorted(modules.items(), key=lambda item: (-item[1], item[0]))
    lines += [f"| `{name}` | {taken:.2f} |" for name, taken in ordered]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the sums and the slowest modules, or write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how many runs the least is taken of")
    parser.add_argument("--table", type=Path, help="write all modules to this file")
    arguments = parser.parse_args()
    modules = fastest(arguments.rounds)
    if arguments.table:
        note = f"A cold `netdsl check {SPEC}`, made by `python benchmarks/imports.py --table`.\n\n"
        arguments.table.write_text(f"# Imports\n\n{note}{table(modules)}", encoding="utf-8")
        return
    for who, count, taken in sums(modules):
        print(f"{who:<12}{count:>5} modules{taken:>8.1f} ms")
    for name, taken in sorted(modules.items(), key=lambda item: -item[1])[:20]:
        print(f"{taken:>8.2f} ms  {name}")


if __name__ == "__main__":
    main()
