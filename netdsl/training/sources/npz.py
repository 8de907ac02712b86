"""Arrays in an `.npz` file, read from the archive by pieces, compressed or not; nothing in it is unpickled."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from math import prod
from pathlib import Path
from typing import IO

from netdsl.diagnostics.problems import data as problems
from netdsl.elaborate.training.experiment import Port
from netdsl.extras import needed
from netdsl.foreign import Array, Foreign
from netdsl.record import record
from netdsl.training.sources.arrays import report_counts
from netdsl.training.sources.parts import (
    PIECE_BYTES,
    Field,
    Opening,
    Part,
    PartName,
    Piece,
    Role,
    file_at,
    unknown_column,
    unreadable,
)

#: What arrays for one part of the data end in.
SUFFIXES: Mapping[PartName, tuple[str, ...]] = {
    "train": ("_train",),
    "validation": ("_val",),
    "test": ("_test",),
}


@record(eq=False)
class Header:
    """What an array of the archive says of itself."""

    shape: tuple[int, ...]
    dtype: Foreign
    in_columns: bool  # Fortran's order: it has to be read whole

    @property
    def dtype_name(self) -> str:
        if self.dtype.hasobject:
            return "objects"
        return "string" if self.dtype.kind in "US" else str(self.dtype.name)


def open_npz(opening: Opening) -> list[Part]:
    """Find the arrays for each input and output; those of `x_train`, `x_test` and such give several parts."""
    path = file_at(opening)
    if path is None:
        return []
    try:
        headers = read_headers(path)
    except (OSError, ValueError, zipfile.BadZipFile, SyntaxError) as error:
        unreadable(opening, path, error, "archive of NumPy arrays")
        return []
    parts = []
    for name, suffix in _divisions(opening, headers):
        fields = _fields(opening, headers, suffix)
        if fields is None:
            return []
        weight = _weights(opening, headers, suffix)
        if weight is None:
            return []
        fields += weight
        counts = {f.key: headers[f.key].shape[0] for f in fields}
        if not any(field.dtype == "objects" for field in fields):
            count = report_counts(opening, counts)
            if count is None:
                return []
        count = min(counts.values())
        keys = tuple(dict.fromkeys(field.key for field in fields))
        parts.append(Part(name, count, tuple(fields), _reader(path, keys), opening.span))
    return parts


def read_headers(path: Path) -> dict[str, Header]:
    """Read the names, shapes and dtypes of an archive's arrays."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".npy")]
        if not names:
            raise ValueError("it holds no array")
        found = {}
        for name in names:
            with archive.open(name) as stream:
                found[name.removesuffix(".npy")] = _header(stream)
        return found


def _header(stream: IO[bytes]) -> Header:
    form = needed("numpy.lib.format")
    major, _ = form.read_magic(stream)
    read = form.read_array_header_1_0 if major == 1 else form.read_array_header_2_0
    shape, in_columns, dtype = read(stream)
    return Header(tuple(shape), dtype, in_columns)


def _divisions(opening: Opening, headers: Mapping[str, Header]) -> list[tuple[PartName, str]]:
    """Say which parts the names of the arrays tell of, and what the names of each end in."""
    if not _is_bare(opening) or "x_train" not in headers:
        return [(opening.part, "")]
    _report_unread(opening, headers)
    found = [
        (part, suffix)
        for part, suffixes in SUFFIXES.items()
        for suffix in suffixes
        if f"x{suffix}" in headers
    ]
    return found if opening.part == "train" else [(opening.part, found[-1][1])]


def _report_unread(opening: Opening, headers: Mapping[str, Header]) -> None:
    """Report `x_valid` beside `x_train`: what it is for shows, and it would not be read."""
    for key in headers:
        start, _, part = key.partition("_")
        known = {suffix.removeprefix("_") for names in SUFFIXES.values() for suffix in names}
        if start in ("x", "y") and part.startswith(("val", "test", "dev")) and part not in known:
            meant = "test" if part.startswith("test") else "val"
            label = f"`{key}` stands beside `x_train`, and is not read"
            help = f"call it `{start}_{meant}`"
            place, name = opening.place("path"), f"{start}_{meant}"
            found = problems.UnknownColumn.at(place, label, name=name, what="array", help=help)
            opening.report(found)


def _is_bare(opening: Opening) -> bool:
    """Tell whether arrays may be called `x` and `y`: of one input and one output, and nothing says otherwise."""
    sole = len(opening.inputs) == len(opening.experiment.outputs) == 1
    return sole and not {"x", "y"} & set(opening.source.arguments)


def _fields(opening: Opening, headers: Mapping[str, Header], suffix: str) -> list[Field] | None:
    wanted: list[tuple[Role, Port, str, str]] = [
        *(("input", port, "x", "x") for port in opening.inputs),
        *(("output", port, "y", "y") for port in opening.labelled),
    ]
    fields: list[Field] = []
    for role, port, argument, usual in wanted:
        used = [field.key for field in fields]
        bare = usual if _is_bare(opening) else ""
        key = _key(opening, headers, port, argument, bare, suffix, used)
        if key is None:
            return None
        header = headers[key]
        if not header.shape:
            label, help = f"array `{key}` is one value", "save an array, with a sample in each row"
            place = opening.place(argument)
            found = problems.SampleDiffers.at(place, label, role=role, name=port.name, help=help)
            opening.report(found)
            return None
        shown = f"array `{key}`"
        place = opening.place(argument)
        fields.append(Field(role, port, key, shown, header.shape[1:], header.dtype_name, place))
    return fields


def _weights(opening: Opening, headers: Mapping[str, Header], suffix: str) -> list[Field] | None:
    """Give the array of the samples' weights, where one is named; None after reporting that it is not there."""
    setting = opening.experiment.settings.get("sample_weight")
    named = opening.argument("sample_weight") or (setting.value if setting is not None else None)
    if not isinstance(named, str):
        return []
    place = opening.place("sample_weight") if setting is None else setting.span
    for name in (named, f"{named}{suffix}"):
        if name in headers and headers[name].shape:
            header, shown = headers[name], f"array `{name}`"
            shape, dtype = header.shape[1:], header.dtype_name
            return [Field("weight", opening.labelled[0], name, shown, shape, dtype, place)]
    unknown_column(opening, named, list(headers), "array", place)
    return None


def _key(
    opening: Opening,
    headers: Mapping[str, Header],
    port: Port,
    argument: str,
    usual: str,
    suffix: str,
    used: list[str],
) -> str | None:
    """Give the array for an input or output, or report that there is none."""
    given = opening.argument(argument)
    if isinstance(given, Mapping):
        given = given.get(port.name)
    elif isinstance(given, (list, tuple)):  # of names that are the inputs' own
        given = port.name if port.name in given else None
    names = [str(given)] if given is not None else [] if suffix else [port.name]
    if given is None and usual:
        names.insert(0, f"{usual}{suffix}")
    for name in names:
        if name in headers:
            return name
    only = len(opening.inputs if argument == "x" else opening.labelled) == 1
    meant = '"…"' if only else f'{{"{port.name}": "…"}}'
    way = f"say which it is: `{argument}={meant}`"
    if suffix:
        way = f"`x{suffix}` goes with `y{suffix}`"
    place = opening.place(argument)
    unknown_column(opening, names[-1], list(headers), "array", place, way, used)
    return None


def _reader(path: Path, keys: tuple[str, ...]) -> Callable[[], Iterator[Piece]]:
    def pieces() -> Iterator[Piece]:
        with ExitStack() as stack:
            archive = stack.enter_context(zipfile.ZipFile(path))
            streams = {k: stack.enter_context(archive.open(f"{k}.npy")) for k in keys}
            headers = {key: _header(stream) for key, stream in streams.items()}
            rows = _rows(headers)
            count = min(header.shape[0] for header in headers.values())
            whole = {k: _whole(streams[k], h) for k, h in headers.items() if h.in_columns}
            for start in range(0, count, rows):
                size = min(rows, count - start)
                yield {
                    key: whole[key][start : start + size]
                    if key in whole
                    else _next(streams[key], header, size)
                    for key, header in headers.items()
                }

    return pieces


def _rows(headers: Mapping[str, Header]) -> int:
    """Say how many samples a piece has."""
    sample: int = sum(prod(h.shape[1:]) * h.dtype.itemsize for h in headers.values())
    return max(1, PIECE_BYTES // max(1, sample))


def _next(stream: IO[bytes], header: Header, rows: int) -> Array:
    numpy = needed("numpy")
    shape = (rows, *header.shape[1:])
    data = stream.read(prod(shape) * header.dtype.itemsize)
    return numpy.frombuffer(data, header.dtype, prod(shape)).reshape(shape)


def _whole(stream: IO[bytes], header: Header) -> Array:
    numpy = needed("numpy")
    data = stream.read(prod(header.shape) * header.dtype.itemsize)
    return numpy.frombuffer(data, header.dtype).reshape(header.shape, order="F")
