"""Measure netdsl against Keras and against itself; see README.md beside this file."""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    "CUDA_VISIBLE_DEVICES": "",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
# Both sides run as installed software does, from compiled bytecode.
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)


def seconds(command: Sequence[str]) -> float:
    """Run a command to its end and give the wall-clock time it took; it must succeed."""
    start = time.perf_counter()
    subprocess.run(command, check=True, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def processor_seconds(command: Sequence[str]) -> float:
    """Run a command to its end and give the processor time it took, which others on the machine hardly change."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command,
        check=True,
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def medians(
    rounds: int,
    *commands: Sequence[str],
    seconds: Callable[[Sequence[str]], float] = seconds,
) -> list[float]:
    """Time commands in turns, so that what slows the machine slows them alike; give each one's median."""
    times: list[list[float]] = [[] for _ in commands]
    for _ in range(rounds):
        for own, command in zip(times, commands, strict=True):
            own.append(seconds(command))
    return [statistics.median(own) for own in times]


def netdsl(*arguments: str) -> list[str]:
    return [PYTHON, "-m", "netdsl", *arguments]


def keras(name: str) -> list[str]:
    return [PYTHON, "-c", f"from tensorflow import keras; keras.applications.{name}(weights=None)"]


def row(label: str, *figures: str) -> None:
    print(f"{label:<44}" + "".join(f"{figure:>22}" for figure in figures), flush=True)


def against_keras(rounds: int) -> None:
    """A cold check and compile against a cold process that builds the same network."""
    for spec, name in (("resnet50", "ResNet50"), ("resnet152", "ResNet152")):
        path = f"specs/{spec}.net"
        check, write, build = medians(
            rounds, netdsl("check", path), netdsl("compile", path, "-o", "-"), keras(name)
        )
        row(f"{name}: check", f"{check:.2f} s", f"{build / check:.1f} x faster")
        row(f"{name}: compile", f"{write:.2f} s", f"{build / write:.1f} x faster")
        row(f"{name}: import Keras and build", f"{build:.2f} s")


#: Ways to write a chain of n layers.
CHAINS: dict[str, Callable[[int], str]] = {
    "as one chain": lambda n: (
        "model M {\n    input x: [8]\n    output y = x\n" + "        -> Dense(8)\n" * n + "}\n"
    ),
    "as statements": lambda n: (
        "model M {\n    input x0: [8]\n"
        + "".join(f"    x{i + 1} = x{i} -> Dense(8)\n" for i in range(n))
        + f"    output x{n}\n}}\n"
    ),
    "by repeat": lambda n: (
        f"model M {{\n    input x: [8]\n    output y = x -> repeat {n} {{ Dense(8) }}\n}}\n"
    ),
}


def long_chains(rounds: int, folder: Path, *, growth: bool) -> None:
    """A cold check of 5,000 layers: time, memory, and how both grow."""
    (empty,) = medians(rounds, netdsl("check", written(folder, "empty", CHAINS["by repeat"](1))))
    for label, chain in CHAINS.items():
        small = written(folder, f"small {label}", chain(5_000))
        (taken,) = medians(rounds, netdsl("check", small))
        figures = [f"{taken:.2f} s", f"{peak_megabytes(netdsl('check', small)):.0f} MB"]
        if growth:
            large = written(folder, f"large {label}", chain(2 * 5_000))
            (longer,) = medians(1, netdsl("check", large))
            figures.append(f"growth {(longer - empty) / (2 * (taken - empty)):.2f}")
        row(f"5,000 layers {label}", *figures)


def written(folder: Path, name: str, text: str) -> str:
    path = folder / f"{name.replace(' ', '_')}.net"
    path.write_text(text, encoding="utf-8")
    return str(path)


def peak_megabytes(command: Sequence[str]) -> float:
    """Give the most memory that a command held, asked of a process that runs nothing else."""
    program = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [PYTHON, "-c", program, *command],
        check=True,
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
    )
    scale = 1024 if sys.platform != "darwin" else 1024 * 1024
    return int(done.stdout.split()[-1]) / scale


def imports_of_models(rounds: int, folder: Path) -> None:
    """The processor time of a cold import of a recorded model against that of a cold check of its spec."""
    sys.path.insert(0, str(ROOT))
    from tests.importer.record import read

    models = {name: read("applications")[name] for name in ("ResNet152", "NASNetLarge")}
    models |= {f"{count:,} layers": dense_chain(count) for count in (5_000, 10_000)}
    for name, model in models.items():
        path = folder / f"{name.split()[-1]}.json"
        path.write_text(json.dumps(model), encoding="utf-8")
        spec = str(path.with_suffix(".net"))
        importing = netdsl("import", str(path), "-o", spec, "--force")
        seconds(importing)
        checking = netdsl("check", spec)
        took, check = medians(rounds, importing, checking, seconds=processor_seconds)
        row(
            f"import of {name}", f"{took:.2f} s of the processor", f"{took / check:.1f} x its check"
        )


def pictures(rounds: int, folder: Path) -> None:
    """A cold picture of every shipped spec against a cold check of it, and one of 5,000 layers."""
    ratios = {}
    specs = sorted((ROOT / "specs").glob("*.net"))
    long_one = Path(written(folder, "long", CHAINS["as one chain"](5_000)))
    for path in [*specs, long_one]:
        draw = netdsl("graph", str(path), "-o", "-")
        took, check = medians(rounds, draw, netdsl("check", str(path)))
        ratios[path.stem] = took / check
    own = {name: ratio for name, ratio in ratios.items() if name != long_one.stem}
    slowest = max(own, key=lambda name: own[name])
    row(f"pictures of {len(own)} specs", f"{statistics.median(own.values()):.1f} x its check")
    row(f"the slowest, {slowest}", f"{own[slowest]:.1f} x its check")
    row("the picture of 5,000 layers", f"{ratios[long_one.stem]:.1f} x its check")


def dense_chain(count: int) -> dict[str, object]:
    """Give the configuration of a chain of dense layers of different widths."""
    names = ["x", *(f"dense_{number}" for number in range(count))]
    made: list[object] = [
        {"class_name": "InputLayer", "name": "x", "config": {"name": "x", "batch_shape": [None, 8]}}
    ]
    for number, (before, name) in enumerate(pairwise(names)):
        tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": [before, 0, 0]}}
        config = {"name": name, "units": 8 + number * 7919 % 97}
        call = {"args": [tensor], "kwargs": {}}
        made.append(
            {"class_name": "Dense", "name": name, "config": config, "inbound_nodes": [call]}
        )
    ends = {"input_layers": ["x", 0, 0], "output_layers": [names[-1], 0, 0]}
    return {"class_name": "Functional", "config": {"name": "chain", "layers": made, **ends}}


def start_up(rounds: int) -> None:
    """What of a check goes into imports, and what the shipped parse table saves."""
    imports = [PYTHON, "-c", "import netdsl.cli.check, netdsl.compiler"]
    bare, loaded, check = medians(
        rounds, [PYTHON, "-c", "pass"], imports, netdsl("check", "specs/resnet50.net")
    )
    row("imports, of a check of ResNet-50", f"{(loaded - bare) / check:.0%}")
    shipped = "from netdsl.syntax import grammar; grammar.load_grammar()"
    compiled = "from netdsl.syntax import grammar; grammar.compile_grammar(grammar.grammar_text())"
    base, read, rebuilt = medians(
        rounds,
        *(
            [PYTHON, "-c", f"import netdsl.syntax.grammar; {code}"]
            for code in ("pass", shipped, compiled)
        ),
    )
    row("grammar: compiled over loaded", f"{(rebuilt - base) / max(read - base, 1e-4):.0f} x")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round, and no 10,000 layers")
    quick = parser.parse_args().quick
    rounds = 1 if quick else 3
    seconds(netdsl("check", "specs/resnet50.net"))  # compiles the package's bytecode
    with tempfile.TemporaryDirectory() as folder:
        start_up(rounds)
        long_chains(rounds, Path(folder), growth=not quick)
        imports_of_models(rounds, Path(folder))
        pictures(1 if quick else 2, Path(folder))
    against_keras(rounds)


if __name__ == "__main__":
    main()
