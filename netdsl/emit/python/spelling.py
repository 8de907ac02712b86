"""How names of a spec are spelled in Python: valid, and never hiding what the code needs."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Container, Iterable

#: Names of the module itself, which no name of a spec may take.
PREAMBLE = frozenset({"keras", "layers", "ops", "itertools", "math", "sys", "tf", "np"})

#: Names of what the module may need to run, beside the spec's own.
HELPERS = frozenset({"SharedLayers", "once", "deep_model", "tied", "fresh", "network", "as_layer"})

#: Single letters that read like digits; linters refuse them.
_AMBIGUOUS = frozenset("lIO")
_RESERVED = frozenset(dir(builtins)) | PREAMBLE | HELPERS | {"name", "_", "__debug__"} | _AMBIGUOUS


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


def function_name(model: str) -> str:
    """Spell a model's function: words in lower case with `_` between, short words joined to the one before.

    ResNet50 -> resnet50, MobileNetV2 -> mobilenet_v2, TextClassifier -> text_classifier, ViT -> vit.
    """
    words = re.findall(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+|[^A-Za-z\d_]+", model)
    spelled = ""
    for word in words:
        mixed_short = len(word.rstrip("0123456789")) <= 3 and not word[:2].isupper()
        versioned = len(word) > 1 and word[1:].isdigit()
        joins = mixed_short and not versioned and "_" not in spelled
        spelled += word if not spelled or joins else f"_{word}"
    return python_name(spelled.lower() or model)


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
