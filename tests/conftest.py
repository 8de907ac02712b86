"""Golden files: `golden(path, text)` compares, and rewrites under `--update-golden`."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

#: Machines differ in speed and are shared; how long an example takes is no reason to fail.
settings.register_profile("netdsl", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("netdsl")

Golden = Callable[[Path, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite golden files")


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
