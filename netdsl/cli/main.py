"""The front door: `netdsl` and `python -m netdsl` start here.

Until the commands are loaded, Ctrl-C ends the process as it ends any program: at once and without a word. From then
on it is an exception, so that a half-written file is removed.
"""

from __future__ import annotations

import signal


def main() -> None:
    """Run the command line of this process."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from netdsl.cli.commands import netdsl

    signal.signal(signal.SIGINT, signal.default_int_handler)
    netdsl(prog_name="netdsl")
