"""The table of `netdsl summary`, drawn for a terminal.

It has the columns of Keras's own summary and one for multiply-accumulates; blocks and repeats are rows with sums. On
what is no terminal it is the same table without colour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from netdsl.analyse.costs import Totals, totals
from netdsl.analyse.sizes import graph_conditions
from netdsl.elaborate.plans.naming import snake_case
from netdsl.graph import Graph
from netdsl.record import record
from netdsl.report.rows import Row, table_rows
from netdsl.tensor import Dim, Unknown, product, spell_shape, sum_of

if TYPE_CHECKING:
    from netdsl.analyse.receptive import Field

#: From this width on the table has lines between its columns, as Keras's has.
RULED_WIDTH = 100
COLUMNS = ("Layer (type)", "Output Shape", "Param #", "MACs")
CONNECTED = "Connected to"

#: Columns on request, by what asks for them, and their headings.
MORE_COLUMNS = {"receptive-field": "Receptive Field", "activation-size": "Activation Size"}
DEEPEST_INDENT = 6
NARROWEST = 32  # of the two columns of names
SHORTEST_SHAPE = 12
LONGEST_FORMULA = 24
LONGEST_TOTAL = 60

_THOUSANDS = ("", "k", "M", "G", "T", "P")
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


@record
class Display:
    """How a summary is shown: memory at which batch size, repeats in full or counted, what columns on request."""

    batch: int = 32
    expand: bool = False
    columns: tuple[str, ...] = ()  # of MORE_COLUMNS


def print_summary(graph: Graph, console: Console, display: Display, stops_at: str = "") -> None:
    """Print a model's table and totals; `stops_at` says what ended a graph that is not complete."""
    console.print(_title(graph))
    rows = table_rows(graph, expand=display.expand, fields=_fields(graph, display))
    console.print(layer_table(rows, console.width, display.columns))
    if stops_at:
        console.print(Text(f"The table stops here: {stops_at}", style="bold red"), soft_wrap=True)
    for line in total_lines(totals(graph), display.batch):
        console.print(line, soft_wrap=True)
    for line in demand_lines(graph):
        console.print(line, soft_wrap=True)


def _fields(graph: Graph, display: Display) -> Mapping[int, Field]:
    """Work receptive fields out where they are asked for, and load what does so."""
    if "receptive-field" not in display.columns:
        return {}
    from netdsl.analyse.receptive import receptive_fields

    return receptive_fields(graph)


def _title(graph: Graph) -> Text:
    title = Text.assemble("Model: ", (graph.name, "bold"))
    if graph.hyperparameters:
        spelled = ", ".join(f"{name}={value!s}" for name, value in graph.hyperparameters.items())
        title.append(f"({spelled})", style="dim")
    return title


def layer_table(rows: list[Row], width: int, more: Sequence[str] = ()) -> Table:
    """Draw the rows; where every layer just follows the one before it, the inputs need no column."""
    ruled = width >= RULED_WIDTH
    table = Table(
        box=box.HEAVY_HEAD if ruled else box.SIMPLE_HEAD,
        padding=(0, 1) if ruled else (0, 1, 0, 0),
        show_edge=ruled,
        header_style="bold",
    )
    inputs = _input_cells(rows, ruled)
    cells = [
        [_layer_cell(row, ruled), _shape_cell(row), _count_cell(row), _macs_cell(row, ruled)]
        + [_MORE_CELLS[column](row) for column in more]
        + ([Text("\n".join(names), style="dim")] if any(inputs) else [])
        for row, names in zip(rows, inputs, strict=True)
    ]
    numbers = (*COLUMNS[2:], *(MORE_COLUMNS[column] for column in more))
    used = (*COLUMNS[:2], *numbers, *((CONNECTED,) if any(inputs) else ()))
    for name, column_width in zip(used, _column_widths(used, cells, rows, width), strict=True):
        justify: Literal["left", "right"] = "right" if name in numbers else "left"
        table.add_column(name, justify=justify, overflow="fold", width=column_width)
    for row, texts in zip(rows, cells, strict=True):
        layer = Padding(texts[0], (0, 0, 0, _indent(row)))
        table.add_row(layer, *texts[1:], style="" if row.role == "layer" else "dim")
    return table


def _column_widths(
    headings: Sequence[str], cells: Sequence[Sequence[Text]], rows: Sequence[Row], width: int
) -> list[int]:
    """Give numbers and shapes their room; the names of layers and of their inputs share the rest."""
    widths = [len(name) for name in headings]
    for row, texts in zip(rows, cells, strict=True):
        for index, text in enumerate(texts):
            longest = max(map(len, text.plain.split("\n")), default=0)
            widths[index] = max(widths[index], longest + (0 if index else _indent(row)))
    edges = 3 * len(headings) + 1 if width >= RULED_WIDTH else 2 * len(headings) - 1
    last = len(headings) - (headings[-1] == CONNECTED)
    numbers = sum(widths[2:last])
    names_room = min(widths[0] + sum(widths[last:]), NARROWEST)
    widths[1] = min(widths[1], max(width - edges - numbers - names_room, SHORTEST_SHAPE))
    room = max(width - edges - numbers - widths[1], NARROWEST)
    connected = sum(widths[last:])
    widths[0] = min(widths[0], max(room - connected, room * 3 // 5))
    widths[last:] = [min(connected, room - widths[0])] if connected else []
    return widths


def _indent(row: Row) -> int:
    return min(row.depth, DEEPEST_INDENT)


def _input_cells(rows: list[Row], ruled: bool) -> list[tuple[str, ...]]:
    """Give the inputs to tell of each row; on a narrow terminal not what merely is the layer above."""
    told: list[tuple[str, ...]] = []
    above: tuple[str, ...] | None = None
    for row in rows:
        follows = above is None or row.sources == above
        told.append(() if row.role != "layer" or follows else row.inputs)
        above = (row.name,) if row.role == "layer" else above
    if ruled and any(told):
        return [row.inputs for row in rows]
    return told


def _layer_cell(row: Row, ruled: bool) -> Text:
    name = Text(row.label, style="" if row.role == "layer" else "bold")
    if row.times > 1:
        name.append(f" × {row.times}", style="bold")
    if row.role != "layer" and ruled and row.name and not row.label.startswith(f"{row.name}("):
        name.append(f" as {row.name}", style="cyan")
    is_told = ruled or row.label.rstrip("_0123456789") != snake_case(row.kind).rstrip("0123456789")
    if row.kind and is_told:
        name.append(f" ({row.kind})", style="cyan")
    return name


def _shapes(row: Row) -> list[str]:
    return ["?"] if row.outputs is None else [spell_shape(spec.shape) for spec in row.outputs]


def _shape_cell(row: Row) -> Text:
    return Text("\n".join(_shapes(row)), style="red" if row.outputs is None else "green")


def _count_cell(row: Row) -> Text:
    if row.parameters is None:
        return Text("shared", style="dim")
    if not row.told:
        return Text(f"{row.parameters:,} + ?" if row.parameters else "?")
    return Text(f"{row.parameters:,}", style="dim" if row.parameters == 0 else "")


def _macs_cell(row: Row, ruled: bool) -> Text:
    """On a narrow terminal a work of millions is told in three digits."""
    if isinstance(row.macs, int) and not ruled:
        spelled = spell_scaled(row.macs)
    else:
        spelled = spell_count(row.macs, LONGEST_FORMULA if ruled else 0)
    return Text(spelled, style="dim" if row.macs == 0 else "")


def _field_cell(row: Row) -> Text:
    """Say how much of the input one value depends on: 14×14, or "all" along an axis whose size is not known."""
    if row.role != "layer":
        return Text("")
    return Text(
        "?" if row.field is None else spell_field(row.field),
        style="dim" if row.field is None else "",
    )


def spell_field(sizes: Sequence[Dim]) -> str:
    return "×".join(f"{size}" if isinstance(size, int) else "all" for size in sizes)


def _activation_cell(row: Row) -> Text:
    """Count the values that a layer gives for one sample."""
    if row.outputs is None:
        return Text("?")
    return Text(spell_count(sum_of(product(spec.shape[1:]) for spec in row.outputs)))


_MORE_CELLS = {"receptive-field": _field_cell, "activation-size": _activation_cell}


def spell_count(count: Dim, limit: int = LONGEST_FORMULA) -> str:
    """Write a count: 2359296 -> "2,359,296"; one that depends on a size as a formula of at most `limit` characters."""
    if isinstance(count, int):
        return f"{count:,}"
    if isinstance(count, Unknown):
        return "?"
    formula = str(count)
    return formula if len(formula) <= limit else f"f({', '.join(sorted(count.variables))})"


def total_lines(total: Totals, batch: int) -> list[Text]:
    """Write the totals, and the memory that weights and activations take."""
    activations = total.activation_bytes * batch
    more = " + ?" if total.untold else ""
    rows = [
        (
            "Total params",
            f"{total.parameters:,} ({spell_bytes(total.weight_bytes)}){_untold(total)}",
        ),
        ("Trainable params", f"{total.trainable_parameters:,}{more}"),
        ("Non-trainable params", f"{total.non_trainable_parameters:,}{more}"),
        ("Multiply-accumulates", _spell_work(total.macs)),
        (
            f"Memory at batch {batch:,}",
            f"{spell_bytes(total.weight_bytes)}{more} weights, {_spell_memory(activations)}",
        ),
        ("Layers", f"{total.layers:,}"),
    ]
    if total.bare:
        rows.append(("Declared to own no weights", _listed(total.bare)))
    return [Text.assemble((f"{name}: ", "bold"), value) for name, value in rows]


def _untold(total: Totals) -> str:
    """Say whose weights are in no count."""
    return (
        f" without those of {_listed(total.untold)}, which only the class knows"
        if total.untold
        else ""
    )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def _spell_work(macs: Dim) -> str:
    if isinstance(macs, Unknown):
        return "unknown, as a size is"
    if isinstance(macs, int):
        short = f" ({spell_scaled(macs)})" if macs >= 1_000_000 else ""
        return f"{macs:,} for each sample{short}"
    sizes = ",".join(f"{name}=224" for name in sorted(macs.variables))
    formula = spell_count(macs, LONGEST_TOTAL)
    return f"{formula} for each sample (`--at {sizes}` makes it a number)"


def _spell_memory(count: Dim) -> str:
    if isinstance(count, Unknown):
        return "activations unknown, as a size is"
    if isinstance(count, int):
        return f"{spell_bytes(count)} activations"
    return f"activations by {', '.join(sorted(count.variables))}"


def spell_scaled(count: int) -> str:
    """Write a large count in thousands: 4089184256 -> "4.09 G"."""
    power = max(p for p in range(len(_THOUSANDS)) if p == 0 or count >= 999.5 * 1000 ** (p - 1))
    return f"{count / 1000**power:.3g} {_THOUSANDS[power]}".strip()


def spell_bytes(count: int) -> str:
    """Write an amount of memory in powers of 1024: 1536 -> "1.50 KiB"."""
    power = min((max(count, 1).bit_length() - 1) // 10, len(_BINARY) - 1)
    return f"{count} B" if power == 0 else f"{count / 1024**power:.2f} {_BINARY[power]}"


def demand_lines(graph: Graph) -> list[Text]:
    """List what the net demands of its symbolic sizes, each once."""
    demands = graph_conditions(graph)
    if not demands:
        return []
    return [
        Text("Works for sizes where", style="bold"),
        *(Text(f"  {demand}") for demand in demands),
    ]
