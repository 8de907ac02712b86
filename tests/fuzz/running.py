"""Runs many inputs in worker processes, which are replaced when they hang, die, or have done their share."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from tests.fuzz.inputs import make
from tests.fuzz.passes import SECONDS, Failure, Outcome, limit_memory, run, slowness

SHARE = 2000  # inputs for each process: what leaks shows as memory, not as a full machine
MOST_SLOWNESS = 3.0  # a processor that others use is given so much more time, at the most
#: A process of its own from the start: one that forks off a process with TensorFlow in it is over the limit at once.
CONTEXT = multiprocessing.get_context("spawn")
PATIENCE = 120.0  # seconds without a word after which a process hangs


@dataclass
class Tally:
    """What a row of inputs took: how many got how far, the slowest step of one, the most memory of a process."""

    steps: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    slowest_number: int = -1
    peak: int = 0  # MiB

    def add(self, number: int, outcome: Outcome) -> None:
        self.steps[outcome.step] += 1
        if outcome.seconds > self.slowest:
            self.slowest, self.slowest_number = outcome.seconds, number
        self.peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10

    def join(self, other: Tally) -> None:
        self.steps += other.steps
        self.peak = max(self.peak, other.peak)
        if other.slowest > self.slowest:
            self.slowest, self.slowest_number = other.slowest, other.slowest_number

    def __str__(self) -> str:
        steps = ", ".join(f"{count:,} to {step}" for step, count in sorted(self.steps.items()))
        slowest = f"{self.slowest:.2f} s (input {self.slowest_number})"
        return f"{steps}; slowest step {slowest}; peak memory {self.peak} MiB"


def _work(seed: int, first: int, last: int, sender: Connection) -> None:
    limit_memory()
    tally = Tally()
    for number in range(first, last):
        sender.send(number)
        outcome = run(number, *make(seed, number))
        if outcome.failure is not None and outcome.failure.signature == "OutOfTime":
            patience = SECONDS * min(slowness(), MOST_SLOWNESS)
            outcome = run(number, *make(seed, number), patience)
        tally.add(number, outcome)
        if outcome.failure is not None:
            sender.send(outcome.failure)
    sender.send(tally)


def run_range(
    seed: int,
    first: int,
    last: int,
    progress: Callable[[int, Tally], None] = lambda number, tally: None,
) -> Iterator[Failure]:
    """Run the inputs `first` up to `last` in a row of processes and give what fails."""
    while first < last:
        end = min(first + SHARE, last)
        receiver, sender = CONTEXT.Pipe(duplex=False)
        process = CONTEXT.Process(target=_work, args=(seed, first, end, sender))
        process.start()
        sender.close()
        reached, failures, result = _listen(receiver, first)
        yield from failures
        if isinstance(result, str):
            process.kill()
            kind, text = make(seed, reached)
            yield Failure(reached, kind, "process", result, "", text)
        process.join()
        first = reached + 1 if isinstance(result, str) else end
        progress(first, Tally() if isinstance(result, str) else result)


def _listen(receiver: Connection, first: int) -> tuple[int, list[Failure], Tally | str]:
    """Listen to a process: the last input it began, what failed, and its tally, or why it ended before its time."""
    reached, failures = first, []
    while True:
        try:
            if not receiver.poll(PATIENCE):
                return reached, failures, "hangs"
            message = receiver.recv()
        except EOFError:
            return reached, failures, "the process died"
        if isinstance(message, Tally):
            return reached, failures, message
        if isinstance(message, Failure):
            failures.append(message)
        else:
            reached = message


def pace(started: float, done: int) -> str:
    """Say how fast it goes."""
    return f"{done / max(time.monotonic() - started, 1e-9):.0f} inputs a second"
