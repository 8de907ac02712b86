"""`--workers host:port,… --index i`: one of several processes, watched by another.

JAX ends a process from C++ where another one is gone, and nothing of Python is then run. So a child does the work.
"""

from __future__ import annotations

import os
import subprocess
import sys

import click

from netdsl.cli.output import tell
from netdsl.ending import INTERRUPTED, Ended

#: Seconds that a child which was asked to end is waited for.
PATIENCE = 30

#: Set in the child, which does the work.
CHILD = "NETDSL_WORKER"


def check_workers(workers: str | None, index: int | None) -> None:
    """Refuse workers without an index, an index without workers, and one that is none of them."""
    if workers is None:
        if index is not None:
            raise click.UsageError("--index says which of --workers this process is: name them.")
        return
    if workers == "auto":
        return
    addresses = workers.split(",")
    for address in addresses:
        host, colon, port = address.rpartition(":")
        if not host or not colon or not port.isdigit():
            raise click.UsageError(f"`{address}` is no `host:port`: `--workers a:1234,b:1234`.")
    if index is None:
        raise click.UsageError(
            f"Which of the {len(addresses)} workers is this one? `--index 0` is the first."
        )
    if index >= len(addresses):
        raise click.UsageError(
            f"There are {len(addresses)} workers, counted from 0: none has index {index}."
        )


def is_child() -> bool:
    """Tell whether this process is the one that does the work."""
    return bool(os.environ.get(CHILD))


def _ended(child: subprocess.Popen[bytes]) -> None:
    """Wait until a child that was asked to end has done so: it cleans up first, but not for ever."""
    try:
        child.wait(timeout=PATIENCE)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        child.kill()


def supervise(index: int | None) -> int:
    """Do the same in a child; where it is ended from outside say so."""
    command = [sys.executable, "-m", "netdsl", *sys.argv[1:]]
    with subprocess.Popen(command, env={**os.environ, CHILD: "1"}) as child:
        try:
            status = child.wait()
        except KeyboardInterrupt:  # which the child got as well
            _ended(child)
            return INTERRUPTED
        except Ended as ended:
            child.send_signal(ended.number)
            _ended(child)
            raise
    if status >= 0:
        return status
    which = "this worker" if index is None else f"worker {index}"
    tell(
        f"netdsl: {which} was ended (signal {-status}): another worker is gone, or cannot be reached. "
        "Start all of them again with --resume\n"
    )
    return 1
