"""Every test of the command line runs in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.cases import GOOD, SYMBOLIC, WRONG


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with a good spec, a wrong one and one of symbolic sizes, and work in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, text in {"good": GOOD, "wrong": WRONG, "symbolic": SYMBOLIC}.items():
        (tmp_path / f"{name}.net").write_text(text, encoding="utf-8")
    return tmp_path
