"""`--workers host:port,… --index i`: one of several processes, watched by another.

JAX ends a process from C++ where another one is gone, and nothing of Python is then run. So a child does the work.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO

import click

from netdsl.cli.output import tell
from netdsl.ending import INTERRUPTED, Ended

#: What came of it where another worker ended.
LOST = "another worker is gone, or cannot be reached. Start all of them again with --resume"

#: What JAX, gRPC and Gloo write from C++: places in their source, stacks, and what the workers are told of themselves.
_CHATTER = re.compile(
    rb"[EFIW]\d{4} |    @ |\*\*\* Check failure|\[Gloo\]|terminate called|  what\(\):|WARNING: All log|E\d+ "
)

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
        if not host or not colon or not port.isdecimal() or not 0 < int(port) < 2**16:
            raise click.UsageError(f"`{address}` is no `host:port`: `--workers a:1234,b:1234`.")
    twice = next((a for a in addresses if addresses.count(a) > 1), None)
    if twice is not None:
        raise click.UsageError(f"`{twice}` stands twice among --workers.")
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


def supervise(workers: str, index: int | None) -> int:
    """Do the same in a child; where it is ended from outside say so."""
    taken = _port_in_use(workers) if index == 0 else None
    if taken is not None:
        tell(
            f"netdsl: the port {taken} is in use here: worker 0 needs it for itself. Another worker with `--index 0`? "
            "Else name another port to all of them\n"
        )
        return 2
    command = [sys.executable, "-m", "netdsl", *sys.argv[1:]]
    environment = {**os.environ, CHILD: "1"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as child:
        telling = threading.Thread(target=_tell_what_matters, args=(child.stderr,), daemon=True)
        telling.start()
        try:
            status = child.wait()
        except KeyboardInterrupt:  # which the child got as well
            _ended(child)
            return INTERRUPTED
        except Ended as ended:
            child.send_signal(ended.number)
            _ended(child)
            raise
        finally:
            telling.join(timeout=5)
    if status >= 0:
        return status
    which = "this worker" if index is None else f"worker {index}"
    tell(f"netdsl: {which} was ended (signal {-status}): {LOST}\n")
    return 1


def _port_in_use(workers: str) -> str | None:
    """Give the port of the first worker where somebody has it already."""
    port = workers.partition(",")[0].rpartition(":")[2]
    for family in (socket.AF_INET6, socket.AF_INET):
        with suppress(OSError), socket.socket(family) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("", int(port)))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    return port
    return None


def _tell_what_matters(stream: IO[bytes]) -> None:
    """Pass on what the child tells, but for what C++ says of itself; all of it where a traceback is asked for."""
    everything = bool(os.environ.get("NETDSL_TRACEBACK"))
    for line in stream:
        if everything or not _CHATTER.match(line):
            tell(line.decode("utf-8", "replace"))
