"""What the panel of the page tells of a box."""

from __future__ import annotations

import math
from pathlib import Path

from netdsl.analyse.costs import counted_in
from netdsl.catalog.spell import spell
from netdsl.graph import Use
from netdsl.picture.boxes import Box, Line
from netdsl.picture.costs import spell as spell_cost
from netdsl.picture.nest import Nested
from netdsl.picture.network import Atom
from netdsl.picture.words import shape_words
from netdsl.source import Span
from netdsl.tensor import spell_shape
from netdsl.value import Document

LONGEST_LINE = 160
MOST_WEIGHTS = 8


def facts_of(box: Box, nested: Nested) -> Document:
    """Give a title, rows of what and which, and the line of the spec."""
    heading = called(box)
    if box.role in ("output", "tag"):
        spec = nested.network.tensors[box.ins[0]].spec
        what = "Output" if box.role == "output" else "Tensor"
        return {"title": heading, "rows": [[what, spell_shape(spec.shape)]], "line": []}
    if box.atoms:
        rows = [row for atom in box.atoms for row in _layer(atom, nested)]
        return {"title": heading, "rows": rows, "line": _line(box.atoms[0].node.origin.span)}
    rows = [["Layers", f"{box.size:,}"], *_sums(box)]
    rows += [["Gives", shape_words(nested.network.tensors[net].spec)] for net in box.outs[:4]]
    if isinstance(box.step, Use):
        return {"title": heading, "rows": rows, "line": _line(box.step.span)}
    return {"title": heading or "Repeat", "rows": rows, "line": []}


def called(box: Box) -> str:
    """Write the first line of a box: `Dense 8`, `two(8)`."""
    line = box.lines[0] if box.lines else Line("")
    gap = "" if line.arguments.startswith("(") or not line.arguments else " "
    return f"{line.name}{gap}{line.arguments}"


def _sums(box: Box) -> list[list[str]]:
    """Add up what stands in a block, once."""
    operations = {
        id(atom.node.operation): atom.node.operation
        for inner in box.within()
        for atom in inner.atoms
    }
    parameters = sum(counted_in(operations.values()).values())
    macs = 0
    for inner in box.within():
        for atom in inner.atoms:
            if not isinstance(atom.node.macs, int):
                return [["Parameters", f"{parameters:,}"]]
            macs += atom.node.macs
    return [["Parameters", f"{parameters:,}"], ["Multiply-accumulates", f"{macs:,}"]]


def _layer(atom: Atom, nested: Nested) -> list[list[str]]:
    node, tensors = atom.node, nested.network.tensors
    rows = [["Layer", node.kind], ["Name", node.name]]
    rows += [[k, spell(v)] for k, v in node.operation.arguments.items() if k != "name"]
    for net in dict.fromkeys(atom.inputs):
        name = f"{nested.tags[net]}: " if net in nested.tags else ""
        rows.append(["Takes", f"{name}{_typed(tensors[net].spec)}"])
    rows += [["Gives", f"{_typed(tensors[t].spec)}"] for t in atom.outputs]
    weights = node.operation.weights
    for weight in weights[:MOST_WEIGHTS]:
        rows.append([weight.name, spell_shape(weight.shape)])
    if len(weights) > MOST_WEIGHTS:
        rows.append(["…", f"{len(weights) - MOST_WEIGHTS} more weights"])
    if weights:
        rows.append(["Parameters", f"{sum(math.prod(w.shape) for w in weights):,}"])
    if node.macs != 0:
        rows.append(["Multiply-accumulates", spell_cost(node.macs, "macs")])
    return rows


def _typed(spec: object) -> str:
    dtype, shape = getattr(spec, "dtype", ""), getattr(spec, "shape", ())
    return spell_shape(shape) if dtype == "float32" else f"{dtype} {spell_shape(shape)}"


def _line(span: Span) -> list[str]:
    """Give the file, without its folder, and line, and what stands there."""
    begin = span.file.text.rfind("\n", 0, span.start) + 1
    end = span.file.text.find("\n", span.start)
    text = span.file.text[begin : end if end >= 0 else None].strip()
    return [f"{Path(span.file.name).name}:{span.first.line}", text[:LONGEST_LINE]]
