"""The front door: `netdsl` and `python -m netdsl` start here.

Until the commands are loaded, Ctrl-C ends the process as it ends any program: at once and without a word. From then
on it is an exception, and so are the other ways to be told to end, so that a half-written file is removed.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
from types import FrameType

from netdsl.ending import Ended, noted

#: What asks a process to end, and would end it without its cleaning up.
ENDING = tuple(
    getattr(signal, name)
    for name in ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGXCPU")
    if hasattr(signal, name)
)


def main() -> None:
    """Run the command line of this process."""
    _keep_the_collector_back()
    interrupts = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if interrupts:  # and not ignored, as in the background of a script
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from netdsl.cli.commands import netdsl

    try:
        for number in ENDING:
            if signal.getsignal(number) is signal.SIG_DFL:  # `nohup` ignores one
                signal.signal(number, _end)
        if interrupts:
            signal.signal(signal.SIGINT, _interrupt)
        netdsl(prog_name="netdsl")
    except Ended as ended:
        signal.signal(ended.number, signal.SIG_DFL)
        os.kill(os.getpid(), ended.number)


def _keep_the_collector_back() -> None:
    """Have Python look for cycles seldom, and not once more at the end: a sixth of the time of a small check."""
    gc.set_threshold(1_000_000)
    atexit.register(gc.freeze)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise noted(KeyboardInterrupt())


def _end(number: int, frame: FrameType | None) -> None:
    for other in ENDING:  # cleaning up is not interrupted once more
        signal.signal(other, signal.SIG_IGN)
    raise noted(Ended(number))
