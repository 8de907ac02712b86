"""The folded spec of a document: each model's regions, folded, named and printed."""

from __future__ import annotations

from netdsl.importer.document import Document
from netdsl.importer.fold import Folder, Line, Program
from netdsl.importer.naming import Names
from netdsl.importer.nesting import Nesting
from netdsl.importer.network import Network, Tensor
from netdsl.importer.printing import Printer
from netdsl.importer.regions import Regions, regions_of


def folded_spec(
    document: Document, docstring: str, *, depth: int | None = None, exact_first: bool = True
) -> str:
    """Write the spec with blocks and loops."""
    taken = {*document.names.values(), *document.externs.values(), *document.lambdas}
    names = Names(taken)
    parts: list[str] = []
    for network in document.networks:
        program, regions = program_of(network)
        Folder(program, depth=depth, exact_first=exact_first).run()
        parts += Printer(document, network, program, regions.numbers, names).text()
    head = "\n".join(document.head())
    return "\n\n".join(part for part in (f'"""{docstring}"""', head, *parts) if part) + "\n"


def program_of(network: Network) -> tuple[Program, Regions]:
    """Give the rows of a network as a program, with forks as a reader follows them."""
    regions = regions_of(network)
    inputs = {Tensor(number): -10 - place for place, number in enumerate(network.inputs)}
    sources = [
        None
        if row.source is None
        else inputs[row.source]
        if row.source in inputs
        else regions.numbers[row.source]
        for row in regions.rows
    ]
    taps = [
        regions.numbers.get(row.source)
        if source is not None and source < 0 and row.source is not None
        else source
        for row, source in zip(regions.rows, sources, strict=True)
    ]
    free = len(regions.numbers)
    nesting = Nesting([row.items for row in regions.rows], taps, free)
    nesting.run()
    lines = [Line(source, row.items) for row, source in zip(regions.rows, sources, strict=True)]
    outputs = [regions.numbers[tensor] for _, tensor in network.outputs]
    return Program(lines, outputs=outputs, next_tap=nesting.free), regions
