"""The folded spec of a document: each model's regions, folded, named and printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from netdsl.importer.carrying import carry_tensors
from netdsl.importer.cells import find_cells
from netdsl.importer.defaults import choose_defaults, statements
from netdsl.importer.document import Document
from netdsl.importer.fold import Folder, Line, Program
from netdsl.importer.library import STD
from netdsl.importer.naming import Names
from netdsl.importer.nesting import Nesting
from netdsl.importer.network import Network, Tensor
from netdsl.importer.optional import merge_variants
from netdsl.importer.printing import Printer
from netdsl.importer.regions import Regions, Row, regions_of
from netdsl.importer.sharing import merge_shared, shared_name
from netdsl.importer.terms import renamed

#: When parts with several tensors on the way become blocks: after the rest; first those that begin at one tensor; first
#: all of them.
Cells = Literal["late", "closed", "early"]


#: The rows of networks by their identity, which holds as long as the network is kept.
Read = dict[tuple[int, bool], tuple[Network, Regions]]


def folded_spec(
    document: Document,
    docstring: str,
    *,
    depth: int | None = None,
    exact_first: bool = True,
    merges: bool = True,
    cells: Cells = "late",
    networks: Sequence[Network | None] = (),
    read: Read | None = None,
) -> tuple[str | None, bool]:
    """Write the spec with blocks and loops.

    With `merges`, variants of a unit become one block with optional parts; tells whether there were any. With
    early cells, parts with several tensors on the way become blocks before anything else does; there is no text where
    there are none. `networks` stand in the place of those of the document, with blocks of the library in them; None is
    one that another stands for. `read` keeps the rows of networks, from one way of folding them to the next.
    """
    is_merged = False
    pairs = zip(document.networks, networks or document.networks, strict=True)
    own, bodies = zip(*((one, body) for one, body in pairs if body is not None), strict=True)
    declared = {*document.names.values(), *document.externs.values(), *document.lambdas}
    declared |= {u.made.kind for body in bodies for u in body.uses if u.made.family == STD}
    names = Names(declared, document.kept_names())
    read = {} if read is None else read
    programs = [program_of(network, apart=cells == "early", read=read) for network in bodies]
    if cells != "late":
        has_cells = [find_cells(program, closed=cells == "closed") for program, _ in programs]
        if not any(has_cells):
            return None, False
    for program, _ in programs:
        folder = Folder(program, depth=depth, exact_first=exact_first)
        folder.run()
        if depth is None and find_cells(program):
            folder = Folder(program, depth=depth, exact_first=exact_first)
            folder.run()
        if merges and depth is None:
            is_merged |= merge_variants(program, folder)
        if depth is None:
            carry_tensors(program)
    document.speller.defaults.clear()
    document.speller.library.clear()
    choose_defaults((program for program, _ in programs), document.speller)
    parts: list[str] = []
    for network, body, (program, regions) in zip(own, bodies, programs, strict=True):
        parts += Printer(document, network, body, program, regions.numbers, names).text()
    imports = [
        f"from {module} import {', '.join(sorted(blocks))}"
        for module, blocks in sorted(document.speller.library.items())
    ]
    head = "\n".join([*imports, *document.head(), *statements(document.speller)])
    document.speller.defaults.clear()
    text = "\n\n".join(part for part in (f'"""{docstring}"""', head, *parts) if part) + "\n"
    return text, is_merged


def program_of(
    network: Network, *, apart: bool = False, read: Read | None = None
) -> tuple[Program, Regions]:
    """Give the rows of a network as a program, with forks as a reader follows them."""
    regions = _regions(network, apart, {} if read is None else read)
    inputs = {Tensor(number): -10 - place for place, number in enumerate(network.inputs)}
    # one that is called by name somewhere has one number, wherever rows begin at it
    inputs = {tensor: regions.numbers.get(tensor, tap) for tensor, tap in inputs.items()}
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
    shared = merge_shared([row.items for row in regions.rows])
    lines = [Line(source, row.items) for row, source in zip(regions.rows, sources, strict=True)]
    outputs = [regions.numbers[tensor] for _, tensor in network.outputs]
    names = {key: shared_name(row) for key, row in shared.items()}
    program = Program(lines, [], outputs, shared, names, nesting.free)
    return program, regions


def _regions(network: Network, apart: bool, read: Read) -> Regions:
    """Give the rows of a network, as they were read before if they were: folding changes its own copy of them."""
    key = id(network), apart
    if key not in read:
        read[key] = network, regions_of(network, apart=apart)
    found = read[key][1]
    rows = [Row(row.source, renamed(row.items, {}), row.end) for row in found.rows]
    return Regions(rows, found.numbers, found.shared)
