"""Finds what a name means: in the catalogue, in the library, as a statement, or as other tools call it.

Xavier -> GlorotUniform, GlorotNormal        nn.Linear -> Dense        sobel -> the block of std.edges
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Literal

from netdsl.catalog.signature import (
    EVERY_FAMILY,
    FAMILY_MODULES,
    Family,
    identifiers,
    names_and_aliases,
)
from netdsl.catalog.training_settings import SETTINGS
from netdsl.catalog.weight_statement import OPTIONS
from netdsl.diagnostics.habits import OBJECTS, names_for
from netdsl.record import record
from netdsl.report.library import library_modules, library_names

Room = Family | Literal["library", "statement", "setting"]

#: Statements of the language that take the place of an object of Keras: what to write, and how it looks.
STATEMENTS: dict[str, tuple[str, str]] = {
    "Input": (
        "An input is a statement of a model or block: its shape without the batch, a dtype before it where it is not "
        "float32, options of `keras.Input` after it. A model may have a group of them from a dict by their "
        "names.",
        "model M {\n    input image: [224, 224, 3]\n    input words: int32[T](batch_size=32)\n"
        '    inputs features: {"age": [1], "class-of-worker": string[1]}\n    …\n}',
    ),
    "InputSpec": (
        "What may arrive is the type of a block's input; names in it stand for the sizes that do.",
        "block attend {\n    input x: [length, width]\n    …\n}",
    ),
    "Model": (
        "A model is a statement, with its hyperparameters in parentheses.",
        "model Classifier(classes: int = 10) {\n    input x: [784]\n"
        "    output probs = x -> Dense(classes, activation=softmax)\n}",
    ),
    "Sequential": (
        "A sequence of layers is a chain: what is named is a model, or a block where it is part of one.",
        "block head(classes: int) = Flatten() -> Dense(128, activation=relu) -> Dense(classes)",
    ),
    "get_layer": (
        "The maps of layers inside a network of `applications` are given by name in its second pair of parentheses; "
        "`netdsl layers ResNet50` lists the names.",
        "c3, c4 = image -> applications.ResNet50(include_top=False)(\n"
        '    outputs=["conv3_block4_out", "conv4_block6_out"])',
    ),
    "Layer": (
        "A layer of layers is a block; a class of your own in Python is declared with the shape that it gives.",
        'extern layer Gate(units: int): [n] -> [units] from "my.layers"',
    ),
    "weight": (
        "A tensor that is learned: its sizes, without a batch, a dtype before them where it is not float32, "
        f"{', '.join(f'`{option}`' for option in OPTIONS)} in parentheses after them, and behind `=` what it starts "
        "from, `glorot_uniform` where nothing is said. There is one for each use of its block and each turn of a loop, "
        "and one where a `layer` or a model is used again. It is counted, named and frozen as a layer is; `defaults` "
        "do not concern it. It meets a batch by arithmetic, by `@` and by functions such as `ops.maximum`; zeros "
        "spread it over the samples before it is joined to them.",
        "model M {\n    input x: [16, 64]\n    weight token: [1, 64] = zeros\n"
        "    weight scale: [64](regularizer=L2(1e-4)) = Constant(1e-2)\n    weight w: [64, 8]\n"
        "    all = [ops.zeros_like(x[:, :1]) + token, x] -> Concatenate(axis=1)\n"
        "    output y = all * scale @ w -> ops.matmul(ops.transpose(w))\n}",
    ),
}  # fmt: skip

#: What Keras and others call what a statement is for, by the statement.
_CALLED: Mapping[str, str] = dict.fromkeys(
    ("Weight", "Variable", "Parameter", "add_weight", "get_variable"), "weight"
)

for _base, _family, _use in (
    ("Regularizer", "regularizer", "x -> Dense(8, kernel_regularizer=Own(1e-3))"),
    ("Constraint", "constraint", "x -> Dense(8, kernel_constraint=Own(2.0))"),
    ("Initializer", "initializer", "x -> Dense(8, kernel_initializer=Own(0.1))"),
    ("LearningRateSchedule", "schedule", "optimizer = Adam(Own(1e-3))"),
    ("Callback", "callback", 'callbacks = [Own("reports")]'),
):
    STATEMENTS[_base] = (
        "A class of your own is declared with its parameters, and an object of it made where one is taken.",
        f'extern {_family} Own(value: any) from "my.module"\n…\n{_use}',
    )

#: The settings of a `train` block, by their names.
TRAIN_SETTINGS = {facts.name: facts for facts in SETTINGS}

#: Pages at a time; of more names there is a list.
MOST_PAGES = 3

#: From how many letters on a part of a name is looked for.
SHORTEST_PART = 3


@record
class Entry:
    """A name and where it is found; `elsewhere` is what other tools call it, if it was asked for so."""

    room: Room
    name: str
    elsewhere: str = ""


def find(name: str) -> list[Entry]:
    """Give what a name means, in this spelling or another; nothing where only a part of a name is the same."""
    path = [
        part for part in re.sub(r"\(.*|`", "", name, flags=re.DOTALL).strip().split(".") if part
    ]
    if not path:
        return []
    last, rooms = path[-1], _rooms_of(path[:-1])
    endings = (".".join(path[start:]) for start in range(len(path)))  # `keras.ops.image.resize`
    found = next(filter(None, map(_exact, endings)), [])
    found = found or [*_elsewhere(last, last), *_folded().get(fold(last), [])]
    found = [entry for entry in found if entry.room in rooms] or found
    return _unique(found or _elsewhere(fold(last), last))


def find_parts(name: str) -> list[Entry]:
    """Give the names that begin with a text, or those that hold it, where none does."""
    part = fold(name.rpartition(".")[2])
    if len(part) < SHORTEST_PART:
        return []
    every = [(folded, entry) for folded, entries in _folded().items() for entry in entries]
    for holds in (str.startswith, str.__contains__):
        found = [entry for folded, entry in every if holds(folded, part)]
        if found:
            return _unique(found)
    return []


def known_names() -> Iterable[str]:
    """Give every name that has a page."""
    for family in EVERY_FAMILY:
        yield from names_and_aliases(family)
    yield from library_names()
    yield from STATEMENTS
    yield from TRAIN_SETTINGS


def fold(name: str) -> str:
    """Give a name without what spellings differ in: `max_pool_2d`, `MaxPool2d`."""
    return re.sub(r"[\W_]", "", name).lower()


def _rooms_of(path: list[str]) -> frozenset[Room]:
    """Give where a path such as `keras.losses` leads; anywhere without one that is known."""
    modules: dict[str, Room] = {
        "layers": "layer",
        "ops": "op",
        "applications": "application",
        "datasets": "dataset",
    }
    for family, module in FAMILY_MODULES.items():
        modules[module.rpartition(".")[2]] = family  # type: ignore[assignment]
    modules |= dict.fromkeys(library_modules(), "library")
    known = [modules[part] for part in path if part in modules]
    return frozenset(known[-1:] or (*EVERY_FAMILY, "library", "statement", "setting"))


def _exact(name: str) -> list[Entry]:
    found: list[Room] = [
        f for f in EVERY_FAMILY if name in identifiers(f) or name in names_and_aliases(f)
    ]
    entries = [Entry(room, name) for room in found]
    if name in library_names():
        entries.append(Entry("library", name))
    if _CALLED.get(name, name) in STATEMENTS:
        entries.append(Entry("statement", _CALLED.get(name, name)))
    if name in TRAIN_SETTINGS:
        entries.append(Entry("setting", name))
    return entries


@cache
def _folded() -> Mapping[str, list[Entry]]:
    table: dict[str, list[Entry]] = {}
    for family in EVERY_FAMILY:
        for name, own in {**names_and_aliases(family), **identifiers(family)}.items():
            for spelled in {fold(name), fold(name.rpartition(".")[2])}:
                table.setdefault(spelled, []).append(Entry(family, own))
    for name in library_names():
        table.setdefault(fold(name), []).append(Entry("library", name))
    for name in (*STATEMENTS, *_CALLED):
        own = _CALLED.get(name, name)
        table.setdefault(fold(name), []).append(Entry("statement", own))
    for name in TRAIN_SETTINGS:
        table.setdefault(fold(name), []).append(Entry("setting", name))
    return table


def _elsewhere(key: str, name: str) -> list[Entry]:
    """Give what other tools call so, in their own spelling or folded; what they call a loss is one."""
    meant = _habits().get(key, ())
    found = [Entry(e.room, e.name, name) for target in meant for e in _exact(target)]
    losses = [entry for entry in found if entry.room == "loss"]
    return losses if losses and fold(name).endswith("loss") else found


@cache
def _habits() -> Mapping[str, tuple[str, ...]]:
    every = dict(names_for(*OBJECTS, "block", "author"))
    return {fold(name): meant for name, meant in every.items()} | every


def _unique(entries: Iterable[Entry]) -> list[Entry]:
    """Give each thing once, though it has several names, in the order of families."""
    own: dict[tuple[Room, str], Entry] = {}
    for entry in entries:
        own.setdefault((entry.room, _own_name(entry)), entry)
    order = (*EVERY_FAMILY, "library", "statement", "setting")
    return sorted(own.values(), key=lambda entry: order.index(entry.room))


def _own_name(entry: Entry) -> str:
    if entry.room == "library" or entry.room == "statement" or entry.room == "setting":
        return entry.name
    spelled = identifiers(entry.room).get(entry.name, entry.name)
    return names_and_aliases(entry.room).get(spelled, spelled)
