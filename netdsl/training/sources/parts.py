"""What a source of data gives: parts, their fields, and pieces of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterator, Mapping
from pathlib import Path
from typing import Literal

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.problems import data as problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate.files.loading import reason_of
from netdsl.elaborate.training.experiment import DataSource, Experiment, Port
from netdsl.foreign import Array, Plain
from netdsl.record import record
from netdsl.source import Span

PartName = Literal["train", "validation", "test"]
Role = Literal["input", "output", "weight"]
Report = Callable[[Diagnostic], None]

#: Arrays of some samples by the keys of the fields that they are for.
Piece = Mapping[str, Array]

#: About how many bytes a piece has.
PIECE_BYTES = 16 * 1024 * 1024

#: How many names are listed in a sentence.
MOST_LISTED = 12


@record(eq=False)
class Field:
    """One array of a source, or some columns beside one another, and the input or output that it is for.

    `shape` is that of a sample, None where the pieces tell. `members` names the columns that were put together.
    """

    role: Role
    port: Port
    key: str
    shown: str  # "array `x`", "column `price`"
    shape: tuple[int | None, ...] | None
    dtype: str  # as NumPy names it; "string" for text
    place: Span
    members: tuple[str, ...] = ()
    noun: str = "column"
    counted: str = "row"  # what a sample is called; nothing where samples stand for others


@record(eq=False)
class Part:
    """Samples for training, validation or testing. `count` is None where only reading all of it tells.

    `broken` goes through files of their own that samples have, and gives those that cannot be read, and why; `classes`
    are the names of folders that stand for classes, with how many samples each has.
    """

    name: PartName
    count: int | None
    fields: tuple[Field, ...]
    pieces: Callable[[], Iterator[Piece]]
    place: Span
    broken: Callable[[], Iterator[tuple[str, str]]] = lambda: iter(())
    classes: Mapping[str, int] | None = None


@record(eq=False)
class Opening:
    """What a source is opened with: the call in the spec, the experiment that it is for, where mistakes are told."""

    source: DataSource
    experiment: Experiment
    report: Report
    part: PartName = "train"

    @property
    def span(self) -> Span:
        """The place of the whole source."""
        assert self.source.span is not None
        return self.source.span

    def place(self, argument: str) -> Span:
        """Give the place of an argument, or of the source where it is left out."""
        return self.source.place(argument) or self.span

    def argument(self, name: str, default: Plain = None) -> Plain:
        found = self.source.arguments.get(name, default)
        return default if found is None else found

    @property
    def inputs(self) -> tuple[Port, ...]:
        return self.experiment.inputs

    @property
    def labelled(self) -> tuple[Port, ...]:
        """The outputs that need labels: those with a loss, all where none has one."""
        with_loss = tuple(port for port in self.experiment.outputs if port.loss is not None)
        return with_loss or self.experiment.outputs


def located(opening: Opening, path: str) -> Path:
    """Give where a path of a spec leads: it is relative to the spec."""
    return Path(os.path.normpath(Path(opening.experiment.folder, path)))


def file_at(opening: Opening, argument: str = "path") -> Path | None:
    """Give the file that a source names, or report that it is not there."""
    written = opening.argument(argument)
    if not isinstance(written, str):
        _not_a_path(opening, argument)
        return None
    path = located(opening, written)
    if path.is_file():
        return path
    is_folder = path.is_dir()
    why, help = ("it is a folder", "name a file in it") if is_folder else ("", "")
    report_missing(opening, argument, written, path, why, help)
    return None


def files_at(opening: Opening, argument: str = "path") -> list[Path]:
    """Give the files of a path, a glob or a list of them, in order; report each that leads to none."""
    written = opening.argument(argument)
    names = written if isinstance(written, (list, tuple)) else [written]
    found: list[Path] = []
    for name in names:
        if not isinstance(name, str):
            _not_a_path(opening, argument)
            return []
        files = _matching(opening, name)
        if not files:
            path = located(opening, name)
            ending = (
                "*.tfrecord" if opening.source.kind == "tfrecord" else f"*.{opening.source.kind}"
            )
            inside = f"name the files in it: `{name.rstrip('/')}/{ending}`"
            is_folder = path.is_dir()
            why, help = ("it is a folder", inside) if is_folder else ("", "")
            report_missing(opening, argument, name, path, why, help)
            return []
        found += files
    return found


def _matching(opening: Opening, name: str) -> list[Path]:
    import glob

    path = located(opening, name)
    if path.is_file():
        return [path]
    if not glob.has_magic(name):
        return []
    base = glob.escape(opening.experiment.folder)
    pattern = os.path.join(base, name) if base else name
    return [
        Path(found) for found in sorted(glob.glob(pattern, recursive=True)) if os.path.isfile(found)
    ]


def _not_a_path(opening: Opening, argument: str) -> None:
    place = opening.place(argument)
    opening.report(
        problems.MissingData.at(
            place,
            "it names no path",
            name=opening.source.kind,
            help=f'name one: `{opening.source.kind}("data.{opening.source.kind}")`',
        )
    )


def report_missing(
    opening: Opening, argument: str, written: str, path: Path, why: str = "", help: str = ""
) -> None:
    """Report a file or folder that is not there, with a near one that is."""
    near = near_name(path)
    parent = path.parent
    label = why or "nothing is there"
    if not why and not parent.is_dir():
        label = f"there is no folder `{parent.as_posix()}`"
    shown = None if near is None else os.path.join(os.path.dirname(written), near)
    opening.report(
        problems.MissingData.at(
            opening.place(argument),
            label,
            name=written,
            help=help or f"did you mean `{shown}`?"
            if help or shown
            else f"a relative path is relative to the spec: it leads to `{path.absolute().as_posix()}`",
        )
    )


def near_name(path: Path) -> str | None:
    """Give the name beside a path that was meant by one that is not there."""
    try:
        names = sorted(e.name for e in os.scandir(path.parent) if e.name != path.name)[:2000]
    except OSError:
        return None
    same_stem = [name for name in names if Path(name).stem == path.stem and name != path.name]
    return closest(path.name, names) or (same_stem[0] if len(same_stem) == 1 else None)


def way_to_read(error: Exception) -> str:
    """Say what helps where the reader of a file raises an error."""
    said = str(error)
    if isinstance(way := getattr(error, "way_out", None), str):
        return way
    if isinstance(error, UnicodeDecodeError):
        return "save it as UTF-8: it is read as such"
    if "tokenizing" in said and "Expected" in said:
        return "give each row as many fields as the first line; text that holds the delimiter stands in quotes"
    if "tokenizing" in said:
        return "close each quote, or write it twice where it is meant"
    if isinstance(error, PermissionError):
        return "allow it to be read"
    return "write it anew, or leave it out"


def unreadable(opening: Opening, path: Path, error: Exception, kind: str) -> None:
    """Report a file that is there and is not what it is taken for."""
    reason = reason_of(error) if isinstance(error, (OSError, ValueError)) else str(error)
    opening.report(
        problems.UnreadableData.at(
            opening.place("path"),
            f"`{path.as_posix()}` is no {kind}: {' '.join(str(reason).split())[:200]}",
            help=way_to_read(error),
        )
    )


def unknown_column(
    opening: Opening,
    name: str,
    known: list[str],
    what: str,
    place: Span,
    help: str = "",
    used: Container[str] = (),
) -> None:
    """Report an array or column that is not there, with those that are; what is `used` already was not meant."""
    near = closest(name, [other for other in known if other not in used])
    opening.report(
        problems.UnknownColumn.at(
            place,
            f"there {'is' if len(known) == 1 else 'are'} {listed(known)}"
            if known
            else "there is none",
            name=name,
            what=what,
            help=f"did you mean `{near}`?" if near else help,
        )
    )


def listed(names: list[str]) -> str:
    """Spell names for a sentence, of many the first few."""
    shown = ", ".join(f"`{name}`" for name in names[:MOST_LISTED])
    left = len(names) - MOST_LISTED
    return f"{shown} and {left} more" if left > 0 else shown
