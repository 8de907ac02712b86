"""The layers of the networks of `keras.applications`, as recorded from the installed Keras.

`applications.zip` holds a JSON document for each network, which `refresh_applications.py` writes. `layers` are its
different layers, each `[name, kind, arguments, back]`, and for some how many times wider than what arrives they are.
`name` is null where Keras numbers it as it goes; `back` says how many places before it each input stands, the
image being place 0. `graphs` lists layers in order, by number; they end in the network's top, and `endings` says for
each pooling how many of them go and which come instead. Among the arguments `"classes"` stands for the number of
classes and a padding of `"odd"` for one that depends on whether the size is odd. A document is read when its
network is first asked for.
"""

from __future__ import annotations

import json
from functools import cache
from itertools import dropwhile
from pathlib import Path

from netdsl.catalog.signature import names
from netdsl.record import record
from netdsl.value import Arguments, Document

DATA = Path(__file__).with_name("applications.zip")

#: Networks whose `name=` decides which file of weights is fetched, so that it must stay Keras's own.
NAMED_FILES = ("ConvNeXt", "EfficientNet")

#: Layers before a network that `include_preprocessing=False` leaves out.
PREPROCESSING = ("Rescaling", "Normalization")


@record
class Layer:
    """One recorded layer; `sources` are the places of its inputs, the image being 0."""

    name: str | None
    kind: str
    arguments: Arguments
    sources: tuple[int, ...]
    widening: float | None = None  # how many times wider than its input a MobileNet makes it


def application_names() -> tuple[str, ...]:
    """Give the networks that there are records of."""
    return names("application")


def keeps_its_name(name: str) -> bool:
    """Tell whether a network must be made under Keras's own name, and renamed afterwards."""
    return name.startswith(NAMED_FILES)


@cache
def document(name: str) -> Document:
    """Read the record of a network."""
    import zipfile  # as long to load as a small check takes elsewhere, and seldom wanted

    with zipfile.ZipFile(DATA) as archive:
        return json.loads(archive.read(f"{name}.json"))  # type: ignore[no-any-return]


def layers_of(name: str, arguments: Arguments) -> tuple[Layer, ...]:
    """Give the layers of a network in order; the first stands at place 1."""
    kind = "minimalistic" if arguments.get("minimalistic") else ""
    ending = "top" if arguments.get("include_top", True) else str(arguments.get("pooling")).lower()
    return _recorded(name, kind, ending, bool(arguments.get("include_preprocessing", True)))


@cache
def _recorded(name: str, kind: str, ending: str, preprocesses: bool) -> tuple[Layer, ...]:
    record = document(name)
    entries = [record["layers"][number] for number in record["graphs"][kind]]
    if ending != "top":
        less, instead = record["endings"][ending]
        entries = [*entries[: len(entries) - less], *instead]
    if not preprocesses:
        entries = list(dropwhile(lambda entry: entry[1] in PREPROCESSING, entries))
    return tuple(
        Layer(own, kind, arguments, tuple(place - step for step in back), *widening)
        for place, (own, kind, arguments, back, *widening) in enumerate(entries, start=1)
    )


def layer_names(name: str, arguments: Arguments) -> tuple[str, ...]:
    """Give the names at which a network may be cut, in order."""
    return tuple(layer.name for layer in layers_of(name, arguments) if layer.name)
