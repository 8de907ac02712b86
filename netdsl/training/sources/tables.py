"""Tables, CSV and Parquet: columns found by name and read by pieces of some ten thousand rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from netdsl.catalog.spell import spell
from netdsl.diagnostics.problems import data as problems
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
    listed,
    unknown_column,
    unreadable,
)

ROWS = 50_000

Head = Callable[[Opening, Path], list[str]]
Rows = Callable[[Opening, Path, list[str]], Iterator[Foreign]]


class NoText(ValueError):
    """A file is no text."""

    way_out = "save it as CSV, in UTF-8"


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
        if _stands_twice(opening, path, own) or _is_cut_elsewhere(opening, own):
            return []
        columns = columns or own
        lacking = [name for name in columns if name not in own]
        if lacking:
            unknown_column(
                opening, lacking[0], own, f"column, in `{path.name}`,", opening.place("path")
            )
            return []
        if _is_in_other_order(opening, path, columns, own):
            return []
    fields = _fields(opening, columns) if files else None
    if not fields or (opening.part != "train" and _differs_from_training(opening, columns, head)):
        return []

    def pieces() -> Iterator[Piece]:
        used = list(dict.fromkeys(name for field in fields for name in field.members))
        for path in files:
            for frame in rows(opening, path, used):
                yield {field.key: _values(frame, field) for field in fields}

    return [Part(opening.part, None, tuple(fields), pieces, opening.span)]


def _stands_twice(opening: Opening, path: Path, columns: list[str]) -> bool:
    """Report a name that two columns have: which of them is meant nobody knows."""
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice is not None:
        label = f"column `{twice}` stands twice in `{path.name}`"
        help = "give each column a name of its own, or drop one of the two"
        opening.report(problems.UnreadableData.at(opening.place("path"), label, help=help))
    return twice is not None


def _is_cut_elsewhere(opening: Opening, columns: list[str]) -> bool:
    """Report a first line that is one column, with another delimiter in it."""
    if len(columns) != 1 or opening.source.kind != "csv":
        return False
    other = max(";\t|,", key=columns[0].count)
    if columns[0].count(other) == 0 or other == opening.argument("delimiter", ","):
        return False
    label = f"all of its first line is one column, `{columns[0]}`"
    help = f"say what stands between columns: `delimiter={spell(other)}`"
    opening.report(problems.UnreadableData.at(opening.place("path"), label, help=help))
    return True


def _takes_the_rest(opening: Opening, columns: list[str]) -> bool:
    """Tell whether the one input takes all the columns that nothing else does, as they stand in the table."""
    if opening.argument("features") is not None or len(opening.inputs) != 1:
        return False
    only = opening.inputs[0]
    return only.name not in columns or only.shape[1:] not in ((), (1,))


def _is_in_other_order(
    opening: Opening, path: Path, columns: list[str], own: list[str], than: str = ""
) -> bool:
    """Report columns that go into one input by their order, which is another here, or has more of them."""
    if own == columns or not _takes_the_rest(opening, columns):
        return False
    more = [name for name in own if name not in columns]
    first = than or "the first file"
    label = f"`{path.name}` has its columns in another order than {first}"
    if more:
        label = f"`{path.name}` has {listed(more)}, which {first} has not"
    help = f"say which are meant, and in which order: `features=[{', '.join(map(spell, columns[:2]))}, …]`"
    place, port = opening.place("path"), opening.inputs[0]
    opening.report(problems.SampleDiffers.at(place, label, role="input", name=port.name, help=help))
    return True


def _differs_from_training(opening: Opening, columns: list[str], head: Head) -> bool:
    """Hold the columns of held-out data against those of the training data, where they go by their order."""
    source = opening.experiment.data
    if source is None or source.kind != opening.source.kind:
        return False
    training = Opening(source, opening.experiment, lambda _: None)
    try:
        files = files_at(training)
        known = head(training, files[0]) if files else []
    except Exception as error:  # it is told where the training data is read
        _raise_if_missing(error)
        return False
    own = opening.place("path")
    if len(known) != len(columns) or not _takes_the_rest(training, known):
        return False
    return _is_in_other_order(
        opening, Path(own.text.strip("\"'")), known, columns, "the training data"
    )


def _raise_if_missing(error: Exception) -> None:
    from netdsl.extras import MissingExtra

    if isinstance(error, MissingExtra):
        raise error


def _csv_head(opening: Opening, path: Path) -> list[str]:
    with open(path, "rb") as stream:
        if stream.read(4) == b"PK\x03\x04" and not path.name.endswith(".zip"):
            raise NoText("it is a spreadsheet, or an archive")
    read, options = needed("pandas", "to read tables").read_csv, _csv_options(opening)
    frame = read(path, nrows=1, **options)
    if options["header"] is None:
        return [str(name) for name in frame.columns]
    if (len(frame) and frame.index.dtype.kind != "i") or list(frame.index) not in ([], [0]):
        raise ValueError("its rows have more fields than its first line has names")
    first = read(path, nrows=1, **{**options, "header": None}, dtype=str, keep_default_na=False)
    named = [str(name) for name in first.iloc[0]]
    return [name or str(own) for name, own in zip(named, frame.columns, strict=True)]


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
    schema = needed("pyarrow.parquet", "to read Parquet").ParquetFile(path).schema_arrow
    index = (schema.pandas_metadata or {}).get("index_columns", [])  # which is no column to pandas
    return [name for name in schema.names if name not in index]


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
    weights = (
        [] if weight is None else [_field("weight", opening.labelled[0], [str(weight)], opening)]
    )
    return [
        *(_field("input", port, features[port.name], opening) for port in opening.inputs),
        *(_field("output", port, labels[port.name], opening) for port in opening.labelled),
        *weights,
    ]


def _field(role: Role, port: Port, members: list[str], opening: Opening) -> Field:
    shown = f"column `{members[0]}`" if len(members) == 1 else f"{len(members)} columns"
    shape = () if len(members) == 1 else (len(members),)
    place = opening.place({"output": "label", "input": "features", "weight": "sample_weight"}[role])
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
