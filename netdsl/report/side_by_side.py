"""Networks side by side: what each costs, how deep it is and how much of its input it sees.

`figures` takes a graph and gives a record; `print_side_by_side` draws a table of several, a row a network.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from netdsl.analyse.costs import totals
from netdsl.analyse.receptive import receptive_fields
from netdsl.analyse.structure import depth
from netdsl.graph import Graph
from netdsl.record import record
from netdsl.report.table import RULED_WIDTH, spell_bytes, spell_count, spell_field, spell_scaled
from netdsl.tensor import Dim, keras_shape, spell_shape
from netdsl.value import Document


@record
class Figures:
    """What is set side by side of one network.

    `depth` counts the layers with a kernel on the longest path from an input to an output, as "ResNet-50" counts 50.
    `field` is the receptive field of the first output that sees places of the input. Memory is in bytes: weights, and
    the activations of one sample.
    """

    name: str
    inputs: tuple[str, ...]
    parameters: int | None
    macs: Dim
    depth: int | None
    layers: int
    field: tuple[Dim, ...] | None
    weight_bytes: int | None
    activation_bytes: Dim

    def as_dict(self) -> Document:
        """Give what `compare --format json` prints."""
        return {
            "name": self.name,
            "inputs": list(self.inputs),
            "parameters": self.parameters,
            "macs": _fixed(self.macs),
            "depth": self.depth,
            "layers": self.layers,
            "receptive_field": None if self.field is None else keras_shape(self.field),
            "weight_bytes": self.weight_bytes,
            "activation_bytes": _fixed(self.activation_bytes),
        }


def figures(graph: Graph, name: str) -> Figures:
    """Work the figures of a network out."""
    total = totals(graph)
    fields = receptive_fields(graph)
    seen = [fields[ref.node].sizes for ref in graph.outputs.values() if ref.node in fields]
    return Figures(
        name,
        tuple(spell_shape(graph.nodes[number].flat_outputs[0].shape) for number in graph.inputs),
        None if total.untold else total.parameters,
        total.macs,
        depth(graph),
        total.layers,
        seen[0] if seen else None,
        None if total.untold else total.weight_bytes,
        total.activation_bytes,
    )


def print_side_by_side(networks: Sequence[Figures], console: Console, batch: int) -> None:
    """Print a row for each network, and how far the parameters and the work of each are from the first's."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, header_style="bold")
    between = " " if console.width >= RULED_WIDTH else "\n"
    table.add_column("Network", overflow="fold")
    table.add_column("Input", no_wrap=True)
    for heading in ("Params", "MACs", "Depth", "Layers", "Field", "Memory"):
        table.add_column(heading, justify="right", no_wrap=True)
    for network in networks:
        table.add_row(
            Text(network.name, style="bold"),
            Text("\n".join(network.inputs), style="green"),
            _with_ratio(network.parameters, networks[0].parameters, between),
            _with_ratio(network.macs, networks[0].macs, between),
            "?" if network.depth is None else f"{network.depth}",
            f"{network.layers:,}",
            "–" if network.field is None else spell_field(network.field),
            _memory(network, batch),
        )
    console.print(table)
    console.print(
        f"Depth: layers with a kernel on the longest path. Field: how much of the input an output depends on. "
        f"Memory: weights and activations of a batch of {batch}.",
        style="dim",
    )


def _with_ratio(count: Dim | None, first: Dim | None, between: str) -> str:
    """Write a count, and how many times the first's it is: 25.6 M (2.19)."""
    if count is None:
        return "?"
    if not isinstance(count, int):
        return spell_count(count)
    spelled = spell_scaled(count) if count >= 1_000_000 else f"{count:,}"
    if not isinstance(first, int) or first in (0, count):
        return spelled
    ratio = count / first
    return (
        f"{spelled}{between}(×{ratio:.3g})"
        if ratio < 1000
        else f"{spelled}{between}(×{ratio:,.0f})"
    )


def _memory(network: Figures, batch: int) -> str:
    if network.weight_bytes is None or not isinstance(network.activation_bytes, int):
        return "?"
    return spell_bytes(network.weight_bytes + batch * network.activation_bytes)


def _fixed(count: Dim) -> int | None:
    return count if isinstance(count, int) else None
