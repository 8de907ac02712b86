"""These tests are left out as a whole where nothing that asks Keras is wanted: importing it takes seconds."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return True if "not keras" in str(config.getoption("markexpr")) else None
