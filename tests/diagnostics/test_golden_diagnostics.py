"""Each `.net` of the golden folder and what `netdsl check` prints of it, kept side by side."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from netdsl.cli.commands import netdsl
from tests.conftest import Golden

FOLDER = Path(__file__).parents[1] / "golden" / "diagnostics"
SPECS = sorted(FOLDER.glob("*.net"))


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_the_text_is_as_agreed(spec: Path, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    result = CliRunner().invoke(netdsl, ["check", spec.name])
    assert result.stdout == ""
    golden(spec.with_suffix(".txt"), result.stderr)


def test_no_golden_file_is_an_orphan() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} <= {path.stem for path in SPECS}
