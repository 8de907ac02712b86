"""Tables, CSV and Parquet: columns found by name and read by pieces of some ten thousand rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from netdsl.elaborate.training.experiment import Port
from netdsl.extras import needed
from netdsl.foreign import Array, Foreign, Plain
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

ROWS = 50_000

Head = Callable[[Opening, Path], list[str]]
Rows = Callable[[Opening, Path, list[str]], Iterator[Foreign]]


def open_csv(opening: Opening) -> list[Part]:
    """Open a CSV file, or several with the same columns."""
    return _open(opening, "CSV table", _csv_head, _csv_rows)


def open_parquet(opening: Opening) -> list[Part]:
    """Open a Parquet file, or several with the same columns."""
    return _open(opening, "Parquet table", _parquet_head, _parquet_rows)


def _open(opening: Opening, what: str, head: Head, rows: Rows) -> list[Part]:
    files = files_at(opening)
    columns: list[str] = []
    for path in files:
        try:
            own = head(opening, path)
        except Exception as error:  # the readers of pandas and pyarrow raise many kinds
            _raise_if_missing(error)
            unreadable(opening, path, error, what)
            return []
        columns = columns or own
        lacking = [name for name in columns if name not in own]
        if lacking:
            unknown_column(
                opening, lacking[0], own, f"column, in `{path.name}`,", opening.place("path")
            )
            return []
    fields = _fields(opening, columns) if files else None
    if not fields:
        return []

    def pieces() -> Iterator[Piece]:
        used = list(dict.fromkeys(name for field in fields for name in field.members))
        for path in files:
            for frame in rows(opening, path, used):
                yield {field.key: _values(frame, field) for field in fields}

    return [Part(opening.part, None, tuple(fields), pieces, opening.span)]


def _raise_if_missing(error: Exception) -> None:
    from netdsl.extras import MissingExtra

    if isinstance(error, MissingExtra):
        raise error


def _csv_head(opening: Opening, path: Path) -> list[str]:
    frame = needed("pandas", "to read tables").read_csv(path, nrows=0, **_csv_options(opening))
    return [str(name) for name in frame.columns]


def _csv_rows(opening: Opening, path: Path, used: list[str]) -> Iterator[Foreign]:
    pandas = needed("pandas", "to read tables")
    options = _csv_options(opening)
    with pandas.read_csv(path, chunksize=ROWS, low_memory=True, **options) as chunks:
        for frame in chunks:
            frame.columns = [str(name) for name in frame.columns]
            yield frame[used]


def _csv_options(opening: Opening) -> dict[str, Plain]:
    """Give the arguments of pandas; without a header columns are named by their numbers."""
    has_header = opening.argument("header", True)
    return {
        "sep": opening.argument("delimiter", ","),
        "header": 0 if has_header else None,
    }


def _parquet_head(opening: Opening, path: Path) -> list[str]:
    return list(needed("pyarrow.parquet", "to read Parquet").ParquetFile(path).schema_arrow.names)


def _parquet_rows(opening: Opening, path: Path, used: list[str]) -> Iterator[Foreign]:
    file = needed("pyarrow.parquet", "to read Parquet").ParquetFile(path)
    needed("pandas", "to read tables")
    for batch in file.iter_batches(batch_size=ROWS, columns=used):
        yield batch.to_pandas()


def _values(frame: Foreign, field: Field) -> Array:
    """Give a field's columns side by side; one alone as a list of values."""
    if len(field.members) == 1:
        return frame[field.members[0]].to_numpy()
    return frame[list(field.members)].to_numpy()


def _fields(opening: Opening, columns: list[str]) -> list[Field] | None:
    labels = _labels(opening, columns)
    if labels is None:
        return None
    weight = opening.argument("sample_weight") or opening.experiment.value("sample_weight")
    if weight is not None and weight not in columns:
        place = opening.experiment.settings.get("sample_weight")
        where = opening.place("sample_weight") if place is None else place.span
        unknown_column(opening, str(weight), columns, "column", where)
        return None
    taken = {name for names in labels.values() for name in names} | {weight}
    others = [name for name in columns if name not in taken]
    features = _features(opening, columns, others)
    if features is None:
        return None
    return [
        *(_field("input", port, features[port.name], opening) for port in opening.inputs),
        *(_field("output", port, labels[port.name], opening) for port in opening.labelled),
    ]


def _field(role: Role, port: Port, members: list[str], opening: Opening) -> Field:
    shown = f"column `{members[0]}`" if len(members) == 1 else f"{len(members)} columns"
    shape = () if len(members) == 1 else (len(members),)
    place = opening.place("label" if role == "output" else "features")
    return Field(role, port, f"{role} {port.name}", shown, shape, "object", place, tuple(members))


def _labels(opening: Opening, columns: list[str]) -> dict[str, list[str]] | None:
    """Give the columns of each output: those that `label` names, or those of the outputs' own names."""
    given = opening.argument("label")
    ports = opening.labelled
    if given is None:
        chosen: Mapping[str, Plain] = {port.name: port.name for port in ports}
    elif isinstance(given, Mapping):
        chosen = given
    else:  # of several outputs the one that is called so
        own = given if given in {port.name for port in ports} else ports[0].name
        chosen = {str(own): given}
    return _named(opening, ports, chosen, columns, "label")


def _features(
    opening: Opening, columns: list[str], others: list[str]
) -> dict[str, list[str]] | None:
    """Give the columns of each input: by `features`, by the inputs' names, or all the others into the one input."""
    given, ports = opening.argument("features"), opening.inputs
    if isinstance(given, Mapping):
        return _named(opening, ports, given, columns, "features")
    names = [port.name for port in ports]
    if (
        given is not None
        and isinstance(given, (list, tuple))
        and sorted(map(str, given)) == sorted(names)
    ):
        return _named(opening, ports, {name: name for name in names}, columns, "features")
    if given is not None and len(ports) == 1:
        return _named(opening, ports, {ports[0].name: given}, columns, "features")
    only = ports[0]
    by_name = len(ports) > 1 or (only.name in columns and only.shape[1:] in ((), (1,)))
    if by_name:
        return _named(opening, ports, {port.name: port.name for port in ports}, columns, "features")
    if not others:
        unknown_column(opening, only.name, columns, "column for", opening.place("features"))
        return None
    return {only.name: others}


def _named(
    opening: Opening,
    ports: tuple[Port, ...],
    chosen: Mapping[str, Plain],
    columns: list[str],
    argument: str,
) -> dict[str, list[str]] | None:
    found: dict[str, list[str]] = {}
    for port in ports:
        names = chosen.get(port.name, port.name)
        members = [str(n) for n in (names if isinstance(names, (list, tuple)) else [names])]
        for name in members:
            if name not in columns:
                way = f'say which it is: `{argument}="…"`' if argument == "label" else ""
                unknown_column(opening, name, columns, "column", opening.place(argument), help=way)
                return None
        found[port.name] = members
    return found
