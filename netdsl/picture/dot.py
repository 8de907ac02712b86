"""A network as Graphviz reads it: an open block is a cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from netdsl.picture.boxes import Box
from netdsl.picture.cells import count_words
from netdsl.picture.nest import Nested
from netdsl.picture.seen import seen_edges


def as_dot(nested: Nested, opened: frozenset[int], colours: Mapping[str, str]) -> str:
    """Write a network for Graphviz."""
    head = [
        f"digraph {_quoted(nested.network.name)} {{",
        '  node [shape=box style="rounded,filled" fontname="Helvetica" fontsize=11 height=0.3 margin="0.12,0.05"]',
        '  edge [fontname="Helvetica" fontsize=9 arrowsize=0.6]',
        '  graph [fontname="Helvetica" fontsize=11 labeljust=l style="rounded,filled"]',
    ]
    edges = [
        f"  n{edge.start} -> n{edge.end} [label={_quoted(edge.shape)}]"
        for edge in seen_edges(nested, opened)
    ]
    return "\n".join([*head, *_boxes(nested.root, opened, colours), *edges, "}"]) + "\n"


def _boxes(root: Box, opened: frozenset[int], colours: Mapping[str, str]) -> Iterator[str]:
    pending: list[Box | str] = [*reversed(root.drawn_by_others)]
    depth = 1
    while pending:
        box = pending.pop()
        indent = "  " * depth
        if isinstance(box, str):
            depth -= 1
            yield "  " * depth + box
        elif box.is_leaf or box.number not in opened:
            yield f"{indent}n{box.number} [{_attributes(box, colours)}]"
        else:
            yield f"{indent}subgraph cluster_{box.number} {{"
            fill, edge = colours["block"], colours["edge"]
            yield f'{indent}  label={_quoted(words(box))} color="{edge}" fillcolor="{fill}"'
            depth += 1
            pending += ["}", *reversed(box.drawn_by_others)]


def _attributes(box: Box, colours: Mapping[str, str]) -> str:
    family = box.lines[0].family if box.lines else ""
    fill, edge = colours[f"family {family}"], colours[f"edge {family}"]
    if not box.is_leaf:
        fill, edge = colours["closed"], colours["edge"]
    return f'label={_quoted(words(box))} fillcolor="{fill}" color="{edge}"'


def words(box: Box) -> str:
    """Give the lines of a box as text."""
    texts = []
    for line in box.lines:
        gap = "" if line.arguments.startswith("(") else " "
        texts.append(f"{line.name}{gap}{line.arguments}".strip())
    more = " ".join(filter(None, (count_words(box), box.mark and f"[{box.mark}]")))
    texts[:1] = [f"{texts[0] if texts else ''} {more}".strip()]
    return "\n".join(texts)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
