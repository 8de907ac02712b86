"""The page on training shows what its commands print, figures apart, which are those of the pictures it is run on."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests import warm

pytestmark = pytest.mark.keras

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "training.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COLOURS = {"rose": (200, 40, 60), "tulip": (230, 190, 40), "daisy": (220, 220, 230)}


def fences(language: str) -> list[str]:
    return [text for word, text in FENCE.findall(PAGE.read_text("utf-8")) if word == language]


def commands() -> list[tuple[str, str]]:
    """Give each command with what the page prints below it."""
    parts = re.split(r"^\$ netdsl (.*)\n", "".join(fences("console")), flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The spec of the page, with pictures whose classes are told by their colour."""
    (tmp_path / "flowers.net").write_text(fences("net")[0], "utf-8")
    draw = np.random.default_rng(0)
    for name, colour in COLOURS.items():
        (tmp_path / "flowers" / name).mkdir(parents=True)
        for number in range(1, 41):
            pixels = draw.normal(colour, 30, (64, 64, 3)).clip(0, 255).astype("uint8")
            Image.fromarray(pixels).save(tmp_path / "flowers" / name / f"{number}.jpg")
    (tmp_path / "new").mkdir()
    Image.new("RGB", (80, 60), COLOURS["rose"]).save(tmp_path / "new" / "a.png")
    return tmp_path


def netdsl(command: str, folder: Path) -> str:
    done = warm.run(["-m", "netdsl", *shlex.split(command)], folder, COLUMNS="80")
    return done.stdout + done.stderr


def without_figures(text: str) -> list[str]:
    """Leave out what is another number on each machine, and how wide it makes its column."""
    text = re.sub(r"^INFO: .*\n?", "", text, flags=re.MULTILINE)  # of LiteRT
    text = re.sub(r"\d{4}-\d\d-\d\d_\d{6}", "WHEN", text)
    text = re.sub(r"\d+(\.\d+)?(e-?\d+)?", "N", text)
    return [re.sub(r"\s+", " ", line).strip() for line in text.splitlines() if line.strip()]


def test_what_is_shown_is_what_is_printed(folder: Path) -> None:
    spoilt, *rest = commands()
    whole = (folder / "flowers" / "tulip" / "17.jpg").read_bytes()
    (folder / "flowers" / "tulip" / "17.jpg").write_bytes(whole[: len(whole) // 2])
    assert netdsl(spoilt[0], folder) == spoilt[1]
    (folder / "flowers" / "tulip" / "17.jpg").write_bytes(whole)
    run = "WHEN"
    for command, expected in rest:
        if command.startswith("export") and importlib.util.find_spec("ai_edge_litert") is None:
            continue
        printed = netdsl(re.sub(r"\d{4}-\d\d-\d\d_\d{6}", run, command), folder)
        assert (command, without_figures(printed)) == (command, without_figures(expected))
        if command.startswith("train"):
            (path,) = (folder / "runs" / "flowers").iterdir()
            run = path.name
    head, row = (folder / "new.csv").read_text("utf-8").splitlines()
    assert head == "input,class,probability"
    assert row.startswith("new/a.png,")
