"""Runs many inputs in worker processes, which are replaced when they hang, die, or have done their share."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection

from tests.fuzz.inputs import make
from tests.fuzz.passes import SECONDS, Failure, limit_memory, run, slowness

SHARE = 500  # inputs for each process: what leaks shows as memory, not as a full machine
MOST_SLOWNESS = 3.0  # a processor that others use is given so much more time, at the most
#: A process of its own from the start: one that forks off a process with TensorFlow in it is over the limit at once.
CONTEXT = multiprocessing.get_context("spawn")
PATIENCE = 120.0  # seconds without a word after which a process hangs


def _work(seed: int, first: int, last: int, sender: Connection) -> None:
    limit_memory()
    for number in range(first, last):
        sender.send(number)
        failure = run(number, *make(seed, number))
        if failure is not None and failure.signature == "OutOfTime":
            failure = run(number, *make(seed, number), SECONDS * min(slowness(), MOST_SLOWNESS))
        if failure is not None:
            sender.send(failure)
    sender.send(None)


def run_range(
    seed: int, first: int, last: int, progress: Callable[[int], None] = lambda number: None
) -> Iterator[Failure]:
    """Run the inputs `first` up to `last` in a row of processes and give what fails."""
    while first < last:
        end = min(first + SHARE, last)
        receiver, sender = CONTEXT.Pipe(duplex=False)
        process = CONTEXT.Process(target=_work, args=(seed, first, end, sender))
        process.start()
        sender.close()
        reached, failures, why = _listen(receiver, first)
        yield from failures
        if why:
            process.kill()
            kind, text = make(seed, reached)
            yield Failure(reached, kind, "process", why, "", text)
        process.join()
        first = reached + 1 if why else end
        progress(first)


def _listen(receiver: Connection, first: int) -> tuple[int, list[Failure], str]:
    """Listen to a process: the last input it began, what failed, and why it ended, if not well."""
    reached, failures = first, []
    while True:
        try:
            if not receiver.poll(PATIENCE):
                return reached, failures, "hangs"
            message = receiver.recv()
        except EOFError:
            return reached, failures, "the process died"
        if message is None:
            return reached, failures, ""
        if isinstance(message, Failure):
            failures.append(message)
        else:
            reached = message


def pace(started: float, done: int) -> str:
    """Say how fast it goes."""
    return f"{done / max(time.monotonic() - started, 1e-9):.0f} inputs a second"
