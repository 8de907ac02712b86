"""Golden files: `golden(path, text)` compares, and rewrites under `--update-golden`. And what saves all tests time."""

from __future__ import annotations

import difflib
import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

#: Machines differ in speed and are shared; how long an example takes is no reason to fail.
settings.register_profile("netdsl", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("netdsl")

#: Advice that fails is left out for users; here it fails the test, in the processes that tests start too.
os.environ["NETDSL_STRICT"] = "1"

#: Many tests start Python afresh, and what it compiled of netdsl spares the next one half of its start.
COMPILED = Path(__file__).parents[1] / ".pytest_cache" / "compiled"

LONG = Path(__file__).with_name("long.txt")

Golden = Callable[[Path, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite golden files")


def pytest_configure(config: pytest.Config) -> None:
    """Keep what Python compiles beside pytest's cache, if it is not to be kept in the checkout.

    TensorFlow's thousands of modules are not to be compiled again for it.
    """
    if sys.dont_write_bytecode and "not keras" in str(config.getoption("markexpr")):
        sys.dont_write_bytecode, sys.pycache_prefix = False, str(COMPILED)
        os.environ["PYTHONPYCACHEPREFIX"] = str(COMPILED)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of `long.txt`, which take most of the time: a quick run leaves them out, CI does not."""
    long = set(LONG.read_text("utf-8").splitlines())
    for item in items:
        if item.nodeid in long:
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
