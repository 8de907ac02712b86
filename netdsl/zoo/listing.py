"""Lists of the zoo: which models are asked for, in what order, and their table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from textwrap import fill

from rich import box
from rich.table import Table

from netdsl.record import record
from netdsl.value import Document
from netdsl.zoo.entries import Entry, Figures, entries, find

#: From this width on a table has room for the papers.
WIDE = 110

#: Inputs that take more room than this stand below one another.
BROAD = 24

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


def told(entry: Entry, width: int | None = None) -> str:
    """Give what a spec says of itself, each paragraph laid out anew where there is a width."""
    lines = [f"{entry.title} ({entry.task})" if entry.task else entry.title, entry.paper]
    text = "\n".join([*lines, *(["", entry.prose] if entry.prose else [])])
    if width is None:
        return text
    paragraphs = [*lines, *(["", *re.split(r"(?<=\n)\n", entry.prose)] if entry.prose else [])]
    return "\n".join(_laid_out(paragraph, width) for paragraph in paragraphs)


def _laid_out(paragraph: str, width: int) -> str:
    """Fill lines with a paragraph; what is set out by hand, such as a table, stays as it is."""
    lines = paragraph.splitlines()
    if any(line.startswith((" ", "-", "*", "|")) for line in lines):
        return paragraph
    return fill(" ".join(lines), width, break_long_words=False, break_on_hyphens=False)


def table(rows: Iterable[Row], width: int) -> Table:
    """Draw the models; where there is no room for papers, or for the words of tasks, they are left out."""
    listed = [(row, _inputs(row.model.inputs)) for row in rows]
    drawn = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    drawn.add_column("Model", no_wrap=True)
    drawn.add_column("Params", justify="right", no_wrap=True)
    drawn.add_column("MACs", justify="right", no_wrap=True)
    drawn.add_column("Input", no_wrap=True)
    drawn.add_column("Year", no_wrap=True)
    left = width - sum(_widest(listed))
    if left > max(len(word) for row, _ in listed for word in row.entry.task.split() or [""]):
        drawn.add_column("Task")
        if width >= WIDE:
            drawn.add_column("Paper", overflow="fold")
    for row, inputs in listed:
        cells = [*_figures(row, inputs), row.entry.task, row.entry.cited]
        drawn.add_row(*cells[: len(drawn.columns)])
    return drawn


def _figures(row: Row, inputs: str) -> list[str]:
    model = row.model
    macs = "?" if model.macs is None else spelled(model.macs)
    year = str(row.entry.year or "")
    return [model.name, spelled(model.parameters), macs, inputs.replace("[", r"\["), year]


def _widest(listed: Iterable[tuple[Row, str]]) -> Iterable[int]:
    """Give how much room each column takes up to the year, with the gap behind it."""
    names = ("Model", "Params", "MACs", "Input", "Year")
    for column in zip(names, *(_figures(row, inputs) for row, inputs in listed), strict=True):
        lines = (line.replace("\\[", "[") for text in column for line in text.splitlines() or [""])
        yield max(len(line) for line in lines) + 2


def _inputs(inputs: Iterable[str]) -> str:
    """Write inputs, those that are alike once with their number, `9×string[1]`, in lines where there are many."""
    counts = [(shape, len([*run])) for shape, run in groupby(inputs)]
    spelled = [shape if count == 1 else f"{count}×{shape}" for shape, count in counts]
    joined = " ".join(spelled)
    return joined if len(joined) <= BROAD else "\n".join(spelled)


def spelled(number: int) -> str:
    """Write a number with three digits: 25.6 M."""
    for size, unit in _THOUSANDS:
        if number >= size * 0.9995:
            digits = f"{number / size:.3g}"
            whole, _, rest = digits.partition(".")
            places = max(0, 3 - len(whole))
            return f"{whole}.{rest:0<{places}} {unit}" if places else f"{whole} {unit}"
    return str(number)
