"""A spec of keras.applications takes at most a quarter of the words and signs of Keras's own module."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netdsl.diagnostics.sink import Diagnostics
from netdsl.resources import std_dir
from netdsl.source import SourceFile
from netdsl.syntax import tree
from netdsl.syntax.parse import parse
from netdsl.zoo.copying import declared_by, needed_names
from tests.importer.test_folded import length
from tests.zoo.specs import APPLICATIONS, FAMILIES, path_of

#: Words and signs of the modules of `keras.applications`, without docstrings and comments; `tests/keras` counts them.
KERAS: dict[str, tuple[str, int]] = {
    "vgg": ("vgg16 vgg19", 1965),
    "inception_v3": ("inception_v3", 2084),
    "inception_resnet_v2": ("inception_resnet_v2", 1565),
    "resnet": ("resnet", 1994),
    "resnet_v2": ("resnet_v2 resnet", 2602),
    "densenet": ("densenet", 1504),
    "xception": ("xception", 1616),
    "mobilenet": ("mobilenet", 1335),
    "mobilenet_v2": ("mobilenet_v2", 1870),
    "mobilenet_v3": ("mobilenet_v3", 2547),
    "efficientnet": ("efficientnet", 2586),
    "efficientnet_v2": ("efficientnet_v2", 4565),
    "nasnet": ("nasnet", 2771),
    "convnext": ("convnext", 2411),
}

#: Networks with many different convolutions, which Keras's module too has little beside.
LONGER = {"inception_resnet_v2": 0.345, "nasnet": 0.253}


def module(path: Path) -> tree.Module:
    return parse(SourceFile(path.name, path.read_text("utf-8")), Diagnostics())


def own_length(text: str) -> int:
    """Count a spec without docstrings, comments and assertions, also those of the top level."""
    return length(re.sub(r"^assert .*?(?=^\S|\Z)", "", text, flags=re.M | re.S))


def length_with_imports(path: Path, names: set[str] | None = None, *, library: bool = True) -> int:
    """Count a spec, or what some of its names are made of, with what it imports of specs and, asked to, the library."""
    read = module(path)
    if names is None:
        needed = {name for s in read.statements for name in declared_by(s)}
        total = own_length(read.file.text)
    else:
        needed = needed_names(read, names)
        declared = [s for s in read.statements if needed.intersection(declared_by(s))]
        kept = [s for s in declared if not isinstance(s, tree.Import)]
        total = sum(length(s.span.text) for s in kept)
    for statement in read.statements:
        if isinstance(statement, tree.Import) and (library or statement.path is not None):
            wanted = {n.name for n in statement.names if (n.alias or n.name) in needed}
            source = std_dir() / f"{(statement.module or '').removeprefix('std.')}.net"
            if statement.path is not None:
                source = path.parent / statement.path
            total += length_with_imports(source, wanted, library=library)
    return total


@pytest.mark.parametrize("stem", sorted(FAMILIES))
def test_a_spec_is_at_most_a_quarter_as_long_as_the_module_of_keras(stem: str) -> None:
    """With what it imports of specs; the library is everybody's, as Keras's utilities are."""
    names = {name for name, own in APPLICATIONS.items() if own == stem}
    found = length_with_imports(path_of(stem), names, library=False)
    assert 100 < found <= LONGER.get(stem, 0.25) * KERAS[stem][1]


def test_what_is_imported_counts() -> None:
    alone = length_with_imports(path_of("inception_v3"), {"stem"})
    path = path_of("inception_resnet_v2")
    assert length_with_imports(path, library=False) >= own_length(path.read_text("utf-8")) + alone
    path = path_of("efficientnet")
    assert length_with_imports(path) > length_with_imports(path, library=False) + 100
