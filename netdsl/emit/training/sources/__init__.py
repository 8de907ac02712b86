"""Where samples come from: a writer for each kind of source of data."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from netdsl.emit.training.sources.arrays import npz
from netdsl.emit.training.sources.embedded import dataset
from netdsl.emit.training.sources.folders import folder
from netdsl.emit.training.sources.own import own
from netdsl.emit.training.sources.records import tfrecord
from netdsl.emit.training.sources.source import Place, Source
from netdsl.emit.training.sources.tables import table

__all__ = ["Place", "Source", "source_of"]

_WRITERS: Mapping[str, Callable[[Place], Source]] = {
    "npz": npz,
    "csv": table,
    "parquet": table,
    "image_folder": folder,
    "text_folder": folder,
    "tfrecord": tfrecord,
    "dataset": dataset,
}


def source_of(place: Place) -> Source:
    """Give what is written for a source."""
    if place.source.function is not None:
        return own(place)
    return _WRITERS[place.source.kind](place)
