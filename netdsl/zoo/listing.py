"""Lists of the zoo: which models are asked for, in what order, and their table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich import box
from rich.table import Table

from netdsl.record import record
from netdsl.value import Document
from netdsl.zoo.entries import Entry, Figures, entries, find

#: From this width on a table has room for the papers.
WIDE = 110

_THOUSANDS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


@record
class Row:
    """One model of the zoo."""

    entry: Entry
    model: Figures

    def as_dict(self) -> Document:
        return {
            "model": self.model.name,
            "spec": self.entry.stem,
            "parameters": self.model.parameters,
            "macs": self.model.macs,
            "inputs": list(self.model.inputs),
            "year": self.entry.year,
            "task": self.entry.task,
            "paper": self.entry.paper,
        }


def rows_for(
    words: Sequence[str],
    parameters: float | None = None,
    macs: float | None = None,
    since: int | None = None,
    order: str = "year",
) -> list[Row]:
    """Give the models that all words are said of, within the limits; one name alone gives that spec or model."""
    found = [
        row
        for row in _named(words)
        if (parameters is None or row.model.parameters <= parameters)
        and (macs is None or (row.model.macs is not None and row.model.macs <= macs))
        and (since is None or row.entry.year >= since)
    ]
    return sorted(found, key=_ORDERS[order])


def _named(words: Sequence[str]) -> Iterable[Row]:
    one = find(words[0]) if len(words) == 1 else None
    if one is not None:
        entry, name = one
        models = [m for m in entry.models if m.name == name] if name else entry.listed
        return [Row(entry, model) for model in models]
    return [
        Row(entry, model)
        for entry in entries()
        if all(entry.speaks_of(word) for word in words)
        for model in entry.listed
    ]


_ORDERS: dict[str, Callable[[Row], tuple[object, ...]]] = {
    "year": lambda row: (row.entry.year,),  # and within a year as they stand in their files
    "name": lambda row: (row.model.name.lower(),),
    "parameters": lambda row: (row.model.parameters,),
    "macs": lambda row: (row.model.macs is None, row.model.macs or 0),
}


def told(entry: Entry) -> str:
    """Give what a spec says of itself."""
    lines = [f"{entry.title} ({entry.task})" if entry.task else entry.title, entry.paper]
    return "\n".join([*lines, *(["", entry.prose] if entry.prose else [])])


def table(rows: Iterable[Row], width: int) -> Table:
    """Draw the models; narrow ones leave the papers out."""
    drawn = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    drawn.add_column("Model", no_wrap=True)
    drawn.add_column("Params", justify="right", no_wrap=True)
    drawn.add_column("MACs", justify="right", no_wrap=True)
    drawn.add_column("Input", overflow="fold")
    drawn.add_column("Year", no_wrap=True)
    drawn.add_column("Task", overflow="fold")
    if width >= WIDE:
        drawn.add_column("Paper", overflow="fold")
    for row in rows:
        model, entry = row.model, row.entry
        cells = [
            model.name,
            spelled(model.parameters),
            "?" if model.macs is None else spelled(model.macs),
            " ".join(model.inputs).replace("[", r"\["),
            str(entry.year or ""),
            entry.task,
            entry.cited,
        ]
        drawn.add_row(*cells[: len(drawn.columns)])
    return drawn


def spelled(number: int) -> str:
    """Write a number with three digits: 25.6 M."""
    for size, unit in _THOUSANDS:
        if number >= size * 0.9995:
            digits = f"{number / size:.3g}"
            whole, _, rest = digits.partition(".")
            places = max(0, 3 - len(whole))
            return f"{whole}.{rest:0<{places}} {unit}" if places else f"{whole} {unit}"
    return str(number)
