"""The library is an API: what stands in `interface.txt` stays; a block gets new parameters behind those it has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netdsl.report.library import library_names, told

RECORD = Path(__file__).with_name("interface.txt")


def calls() -> dict[str, str]:
    """Give how each block and function of the library is called, by its full name."""
    found = {}
    for name, module in library_names().items():
        (call,) = re.findall(r"```text\n(.*?)\n```", told(name), re.DOTALL)[:1]
        found[f"std.{module}.{name}"] = " ".join(call.split())
    return found


def test_what_is_recorded_is_there(request: pytest.FixtureRequest) -> None:
    """A new block, and a parameter with a default behind the others, are recorded by `--update-golden`."""
    now = calls()
    recorded = dict(line.split(": ", 1) for line in RECORD.read_text("utf-8").splitlines())
    for name, call in recorded.items():
        assert name in now, f"{name} is gone"
        assert now[name].startswith(call.removesuffix(")")), f"{name} was {call}"
        added = now[name][len(call) - 1 :].removesuffix(")").split(", ")[1:]
        assert all("=" in parameter for parameter in added), f"{name} was {call}"
    if request.config.getoption("--update-golden"):
        RECORD.write_text("".join(f"{n}: {c}\n" for n, c in sorted(now.items())), "utf-8")
    else:
        assert now == recorded, "new in the library: record it with --update-golden"
