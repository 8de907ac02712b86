"""Draw the pictures of the README from what the tools really print: `python docs/make_pictures.py`.

A test compares the pictures with what this script draws now.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import Console
from rich.syntax import Syntax
from rich.terminal_theme import MONOKAI
from rich.text import Text

import netdsl
from netdsl.diagnostics.render import render_all

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE / "examples"
PICTURES = HERE / "pictures"
SPECS = HERE.parent / "specs"

#: What is drawn: the network of the README, and those of the page about pictures.
DRAWN = (EXAMPLES / "tiny.net", *(SPECS / f"{name}.net" for name in ("unet", "siamese", "seq2seq")))


def as_svg(content: object, width: int, title: str) -> str:
    """Draw what a terminal would show; fonts are the reader's own, nothing is loaded."""
    console = Console(
        record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(content)
    svg = console.export_svg(title=title, theme=MONOKAI, unique_id="netdsl")
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return svg.replace("<text ", '<text xml:space="preserve" ')  # some viewers cut indentation


def message_picture() -> str:
    """A message: what `netdsl check` says of a merge that does not fit."""
    compiled = netdsl.compile_text(
        (EXAMPLES / "branches.net").read_text("utf-8"), name="branches.net"
    )
    text = Text.from_ansi(render_all(compiled.diagnostics, color=True).rstrip("\n"))
    return as_svg(text, 150, "$ netdsl check branches.net")


def code_picture() -> str:
    """The generated Python of the residual network."""
    text = (EXAMPLES / "tiny.net").read_text("utf-8")
    source = netdsl.compile_text(text, name="tiny.net").source
    return as_svg(
        Syntax(source.rstrip("\n"), "python", theme="monokai"), 92, "$ netdsl compile tiny.net"
    )


def network_picture(path: Path) -> str:
    """A network, as `netdsl graph` draws it."""
    return netdsl.compile_file(path).model().picture()


def pictures() -> dict[Path, str]:
    """Give every picture by its path."""
    drawn = {PICTURES / f"{path.stem}.svg": network_picture(path) for path in DRAWN}
    said = {PICTURES / "message.svg": message_picture(), PICTURES / "generated.svg": code_picture()}
    return said | drawn


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for path, svg in pictures().items():
        path.write_text(svg, encoding="utf-8")
