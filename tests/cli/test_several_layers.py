"""`netdsl layers A B`: pages one after the other, activations over each other."""

from __future__ import annotations

from pathlib import Path

from tests.cli.cases import run


def test_the_command_plots_several_and_shows_pages_of_others() -> None:
    assert "Derivatives" in run("layers", "relu", "gelu").stdout
    pages = run("layers", "Dense", "relu").stdout
    assert "Derivatives" not in pages
    assert pages.index("units") < pages.index("relu")
    result = run("layers", "relu", "rulu")
    assert result.exit_code == 2
    assert "`rulu`" in result.stderr


def test_a_picture_is_asked_of_activations_alone(folder: Path) -> None:
    result = run("layers", "Dense", "relu", "-o", "a.png")
    assert result.exit_code == 2
    assert not (folder / "a.png").exists()
    assert run("layers", "relu", "gelu", "-o", "a.bmp").exit_code == 2
