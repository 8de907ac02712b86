"""Golden files: `golden(path, text)` compares, and rewrites under `--update-golden`. And what saves all tests time."""

from __future__ import annotations

import difflib
import gc
import os
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

#: Machines differ in speed and are shared; how long an example takes is no reason to fail.
settings.register_profile("netdsl", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("netdsl")

#: Advice that fails is left out for users; here it fails the test, in the processes that tests start too.
os.environ["NETDSL_STRICT"] = "1"

#: Tests that take most of the time without Keras, each by itself or with all its cases.
LONG = Path(__file__).with_name("long.txt")

#: A quick run takes so many cases of a set, and of the others one in so many.
MOST_CASES, EVERY = 2, 16

Golden = Callable[[Path, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite golden files")


def pytest_configure() -> None:
    """Keep what Python compiles, also where the environment says not to.

    Many tests start Python afresh, and hundreds of modules that are compiled anew are half of such a start.
    """
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.scheduling import ByGroup

    return ByGroup(config, log) if config.getoption("dist") in ("load", "loadfile") else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no cycles while thousands of tests are collected, none of which is garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what a quick run leaves out, and CI does not: the tests of `long.txt`, and most cases of large sets."""
    long = set(LONG.read_text("utf-8").splitlines())
    sets: dict[str, int] = {}
    for item in items:
        test = item.nodeid.partition("[")[0]
        number = sets[test] = sets.get(test, -1) + 1
        is_sample = number < MOST_CASES or number % EVERY == 0
        if item.get_closest_marker("slow") or item.get_closest_marker("keras"):
            continue
        if not is_sample or item.nodeid in long or test in long:
            item.add_marker("slow")
            item.add_marker("long")


def pytest_collection_finish() -> None:
    """Keep Python's collector of cycles from going through the thousands of tests again and again while they run."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare a text with a golden file and show how they differ."""
    update = bool(request.config.getoption("--update-golden"))

    def compare(path: Path, text: str) -> None:
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8"))
            return
        assert path.exists(), f"{path} is missing; --update-golden writes it"
        expected = path.read_bytes().decode("utf-8")
        lines = difflib.unified_diff(
            expected.splitlines(), text.splitlines(), str(path), "now", lineterm=""
        )
        assert text == expected, "\n" + "\n".join(lines)

    return compare
