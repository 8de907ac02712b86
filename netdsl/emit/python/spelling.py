"""How names of a spec are spelled in Python: valid, and never hiding what the code needs."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Container, Iterable

#: Names of modules that Python imports under them, which no name of a spec may take.
FIXED = frozenset({"keras", "functools", "itertools", "math", "sys", "tf", "np"})

#: Names of the module itself.
PREAMBLE = FIXED | {"layers", "ops"}

#: Names of what the module may need to run, beside the spec's own.
HELPERS = frozenset({"once", "deep_model", "tied", "fresh", "network", "as_layer", "Weight"})

#: Single letters that read like digits; linters refuse them.
_AMBIGUOUS = frozenset("lIO")
_RESERVED = frozenset(dir(builtins)) | PREAMBLE | HELPERS | {"name", "_", "__debug__"} | _AMBIGUOUS


#: Names of the module's own that make way for the words of the spec.
_MAKING_WAY = HELPERS | {"layers", "ops", "name"}


def kept_name(text: str) -> str:
    """Spell a word of the spec: `class` -> `class_`; `layers` and `name` stay, the module makes way."""
    return text if text in _MAKING_WAY else python_name(text)


def python_name(text: str) -> str:
    """Spell a name so that it runs: `class` -> `class_`, `filter` -> `filter_`, `layers` -> `layers_`."""
    text = re.sub(r"\W", "_", unicodedata.normalize("NFKC", text))
    if not text.isidentifier():
        text = (
            f"_{text}" if f"_{text}".isidentifier() else re.sub(r"[^A-Za-z0-9_]", "_", f"_{text}")
        )
    if keyword.iskeyword(text) or text in _RESERVED:
        return text + "_"
    return text


def unique(base: str, taken: Container[str], endings: Iterable[str] = ()) -> str:
    """Give `base`, or `base` with an ending or a number that makes it new."""
    if base not in taken:
        return base
    for ending in endings:
        if base + ending not in taken:
            return base + ending
    number = 2
    separator = "_" if base[-1:].isdigit() else ""
    while f"{base}{separator}{number}" in taken:
        number += 1
    return f"{base}{separator}{number}"
