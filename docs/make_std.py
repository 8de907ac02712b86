"""Write `std.md` from the library that ships with netdsl, which a test holds it against: `python docs/make_std.py`."""

from __future__ import annotations

import re
from pathlib import Path

from netdsl.report.library import introduction_to, library_modules, library_names, told

PAGE = Path(__file__).resolve().parent / "std.md"

HEAD = """# The library

The blocks that ship with netdsl, to be imported by name. A block is used as a layer is: `x -> conv_bn(64)`. `netdsl
layers NAME` shows one with its text. What is here stays: a block gets new parameters behind those it has, with defaults
that leave it as it was. `docs/make_std.py` writes this page from the library.
"""


def page() -> str:
    parts = [HEAD.strip()]
    for module in library_modules():
        parts += [f"## std.{module}", _introduction(module)]
        for name, home in library_names().items():
            if home == module:
                parts += [f"### {name}", told(name)]
    return "\n\n".join(parts) + "\n"


def _introduction(module: str) -> str:
    """Give what a module says of itself; the line that imports from it is code."""
    text = introduction_to(module)
    return re.sub(r"^    (from std\..*)$", r"```text\n\1\n```", text, flags=re.MULTILINE)


def main() -> None:
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
