"""Finds the files that ship beside the package: grammar, templates, specs, pages of codes and the std library.

A wheel carries `grammar/`, `templates/`, `specs/` and `docs/errors/` in `netdsl/_data`; a checkout (and so an editable
install) has them next to the package, and the checkout is looked at first so that edits are seen.
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def resource_dir(name: str) -> Path:
    """Give the folder `grammar`, `templates`, `specs` or `docs/errors`, wherever this installation keeps it."""
    beside = PACKAGE.parent / name
    if (PACKAGE.parent / "pyproject.toml").is_file() and beside.is_dir():
        return beside
    return PACKAGE / "_data" / name


def std_dir() -> Path:
    """Give the folder of the standard library's `.net` files."""
    return PACKAGE / "std"
