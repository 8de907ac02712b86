"""TFRecord files, read without TensorFlow: the frame of a record, and what examples use of protocol buffers."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from netdsl.diagnostics.problems import data as problems
from netdsl.elaborate.training.experiment import Port
from netdsl.extras import needed
from netdsl.foreign import Plain
from netdsl.training.sources.parts import (
    Field,
    Opening,
    Part,
    Piece,
    Role,
    files_at,
    unknown_column,
    unreadable,
)

ROWS = 2_000

_ARGUMENTS: Mapping[Role, str] = {
    "input": "features", "output": "label", "weight": "sample_weight",
}  # fmt: skip

#: Values by the number of the field of a `Feature`, and what they are.
KINDS = {1: "bytes", 2: "floats", 3: "integers"}

Feature = tuple[str, list[bytes] | list[float] | list[int]]


class BrokenRecord(ValueError):
    """The file is no TFRecord, or is cut off."""


class RecordsDiffer(ValueError):
    """A record is not as the first one is."""

    way_out = (
        "write the same features into each record, each of one length: fill up what is shorter"
    )


def open_tfrecord(opening: Opening) -> list[Part]:
    """Open TFRecord files; the features of the first record tell what there is."""
    files = files_at(opening)
    if not files:
        return []
    compression = str(opening.argument("compression", ""))
    try:
        first = next(_examples(files[0], compression), None)
    except (OSError, ValueError, struct.error, zlib.error, IndexError) as error:
        unreadable(opening, files[0], error, "TFRecord file")
        return []
    if first is None:
        return [Part(opening.part, 0, (), lambda: iter(()), opening.span)]
    fields = _fields(opening, first)
    if fields is None:
        return []

    def pieces() -> Iterator[Piece]:
        for path in files:
            yield from _in_pieces(_examples(path, compression), fields)

    return [Part(opening.part, None, tuple(fields), pieces, opening.span)]


def _in_pieces(examples: Iterator[Mapping[str, Feature]], fields: list[Field]) -> Iterator[Piece]:
    numpy = needed("numpy")
    rows: list[Mapping[str, Feature]] = []
    first: Mapping[str, Feature] | None = None

    def piece() -> Piece:
        found = {}
        for field in fields:
            array = numpy.array([row[field.members[0]][1] for row in rows])
            found[field.key] = array[:, 0] if array.shape[-1] == 1 else array
        return found

    for number, example in enumerate(examples):
        first = first or example
        _is_as_the_first(example, first, fields, number)
        rows.append(example)
        if len(rows) == ROWS:
            yield piece()
            rows.clear()
    if rows:
        yield piece()


def _is_as_the_first(
    example: Mapping[str, Feature], first: Mapping[str, Feature], fields: list[Field], number: int
) -> None:
    """Raise RecordsDiffer where a record lacks a feature, or holds another kind or number of values."""
    for field in fields:
        name = field.members[0]
        kind, values = first[name]
        if name not in example:
            raise RecordsDiffer(f"record {number:,} has no feature `{name}`")
        own, here = example[name]
        if own != kind:
            raise RecordsDiffer(
                f"feature `{name}` of record {number:,} holds {own}, of the first {kind}"
            )
        if len(here) != len(values):
            said = f"feature `{name}` of record {number:,} holds {len(here)} values, of the first {len(values)}"
            raise RecordsDiffer(said)


def _fields(opening: Opening, first: Mapping[str, Feature]) -> list[Field] | None:
    features, label = opening.argument("features"), opening.argument("label")
    named = features if isinstance(features, Mapping) else {}
    labels = (
        label
        if isinstance(label, Mapping)
        else {p.name: label for p in opening.labelled[:1] if label}
    )
    found = []
    wanted: list[tuple[Role, Port, str]] = [
        *(("input", port, port.name) for port in opening.inputs),
        *(("output", port, str(labels.get(port.name, port.name))) for port in opening.labelled),
    ]
    weight = opening.argument("sample_weight") or opening.experiment.value("sample_weight")
    if isinstance(weight, str):
        wanted.append(("weight", opening.labelled[0], weight))
    for role, port, key in wanted:
        argument = _ARGUMENTS[role]
        if role == "input" and isinstance(named.get(key), str):
            key = named[key]
        if key not in first:
            unknown_column(opening, key, list(first), "feature", opening.place(argument))
            return None
        kind, values = first[key]
        given = named.get(port.name) if role == "input" else None
        shape = tuple(given) if isinstance(given, (list, tuple)) else port.shape[1:]
        if role == "input" and kind != "bytes" and None in shape:
            _report_no_length(opening, port, shape)
            return None
        found.append(_field(opening, role, port, key, kind, len(values)))
    return found


def _report_no_length(opening: Opening, port: Port, shape: tuple[int | None, ...]) -> None:
    fixed = ", ".join("?" if side is None else str(side) for side in shape)
    label = f"records keep no shapes, and that of the input is [{fixed}]"
    help = f'say it: `features={{"{port.name}": [100]}}`, or where the input is declared'
    place = opening.place("features")
    found = problems.SampleDiffers.at(place, label, role="input", name=port.name, help=help)
    opening.report(found)


def _field(opening: Opening, role: Role, port: Port, key: str, kind: str, size: int) -> Field:
    """Say what a feature holds. Records keep no shapes: as many values as a sample has take the sample's."""
    place = opening.place(_ARGUMENTS[role])
    wanted = port.shape[1:]
    elements = 1
    for side in wanted:
        elements *= side or 0
    shape: tuple[int | None, ...] | None = (
        wanted if elements == size else ((size,) if size != 1 else ())
    )
    dtype = {"bytes": "string", "floats": "float32", "integers": "int64"}[kind]
    if kind == "bytes" and port.dtype != "string" and (role != "input" or len(wanted) == 3):
        shape, dtype = None, "bytes"  # pictures, which the pipeline decodes
    return Field(
        role,
        port,
        f"{role} {port.name}",
        f"feature `{key}`",
        shape,
        dtype,
        place,
        (key,),
        "feature",
        "record",
    )


def _examples(path: Path, compression: str) -> Iterator[Mapping[str, Feature]]:
    with _opened(path, compression) as stream:
        while head := stream.read(12):
            if len(head) < 12:
                raise BrokenRecord("it is cut off")
            (length,) = struct.unpack("<Q", head[:8])
            if length > path.stat().st_size * 1100 + 1024:
                raise BrokenRecord("its first bytes are no length of a record")
            data = stream.read(length)
            if len(data) < length or len(stream.read(4)) < 4:
                raise BrokenRecord("it is cut off")
            yield _example(data)


def _opened(path: Path, compression: str) -> IO[bytes]:
    return gzip.open(path, "rb") if compression.upper() == "GZIP" else open(path, "rb")  # type: ignore[return-value]


def _example(data: bytes) -> Mapping[str, Feature]:
    found: dict[str, Feature] = {}
    for number, features in _fields_of(data):
        for entry_number, entry in _fields_of(features) if number == 1 else ():
            parts = dict(_fields_of(entry)) if entry_number == 1 else {}
            if 1 in parts:
                found[parts[1].decode("utf-8", "replace")] = _feature(parts.get(2, b""))
    return found


def _feature(data: bytes) -> Feature:
    for number, values in _fields_of(data):
        return KINDS.get(number, "bytes"), _values(number, values)
    return "bytes", []


def _values(number: int, data: bytes) -> list[Plain]:
    if number == 1:
        return [value for _, value in _fields_of(data)]
    found: list[Plain] = []
    for _, packed in _fields_of(data):
        if number == 2:
            raw = packed if isinstance(packed, bytes) else b""
            found += struct.unpack(f"<{len(raw) // 4}f", raw)
        elif isinstance(packed, bytes):
            found += _integers(packed)
        else:
            found.append(_signed(packed))
    return found


def _integers(data: bytes) -> list[int]:
    found, place = [], 0
    while place < len(data):
        value, place = _varint(data, place)
        found.append(_signed(value))
    return found


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _fields_of(data: bytes) -> Iterator[tuple[int, Plain]]:
    """Give the fields of a message: by their numbers, bytes or whole numbers."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, place = _varint(data, place)
            yield number, value
        elif wire == 2:
            length, place = _varint(data, place)
            yield number, data[place : place + length]
            place += length
        elif wire == 5:
            yield number, data[place : place + 4]
            place += 4
        else:
            raise BrokenRecord("its records are no examples of TensorFlow's")


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
        if shift > 63:
            raise BrokenRecord("its records are no examples of TensorFlow's")
