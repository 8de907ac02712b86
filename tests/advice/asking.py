"""Specs as text in, advice out."""

from __future__ import annotations

from netdsl.analyse.advice.view import Surroundings
from netdsl.analyse.selection import Selection
from netdsl.compiler import Compiled, compile_source
from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.elaborate.files.loading import load
from netdsl.source import SourceFile


def compiled(text: str, *select: str, device: str = "", batch: int | None = None) -> Compiled:
    """Compile a spec that must have no errors; `select` gives codes that wait to be asked for."""
    result = compile_source(
        SourceFile("spec.net", text),
        load,
        selection=Selection(select),
        surroundings=Surroundings(device, batch),
    )
    assert result.ok, [d.message for d in result.diagnostics]
    return result


def told(text: str, *select: str) -> list[str]:
    """Give the codes of all warnings and advice."""
    return [d.code for d in compiled(text, *select).diagnostics]


def the(text: str, code: str) -> Diagnostic:
    """Give the one diagnostic with a code."""
    (found,) = [d for d in compiled(text, code).diagnostics if d.code == code]
    return found


def image(chain: str, size: str = "[32, 32, 3]") -> str:
    """Write a model of one image."""
    return f"model M {{\n input x: {size}\n output y = x -> {chain}\n}}"


def row(chain: str, train: str = "") -> str:
    """Write a model of eight features, or of what the data is, and settings to train it with."""
    size, first = next((found for data, found in _SAMPLES.items() if data in train), ("[8]", ""))
    settings = f"\ntrain M {{\n optimizer = adam\n {train}\n}}" if train else ""
    return image(first + chain, size) + settings


#: What a sample is, by the data of the settings, and how it becomes a row of features.
_SAMPLES = {
    'dataset("mnist")': ("[28, 28]", "Rescaling(1 / 255) -> Flatten() -> "),
    "image_folder": ("[8, 8, 3]", "Rescaling(1 / 255) -> Flatten() -> "),
    "text_folder": ("string[1]", "Hashing(8, output_mode=one_hot) -> "),
}


def words(chain: str) -> str:
    """Write a model of a row of a hundred word numbers."""
    return f"model M {{\n input x: int32[100]\n output y = x -> {chain}\n}}"
