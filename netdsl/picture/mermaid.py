"""A network as Mermaid reads it, which draws no more than 500 edges: blocks are closed until they are fewer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netdsl.picture.boxes import Box
from netdsl.picture.dot import words
from netdsl.picture.folding import down_to
from netdsl.picture.nest import Nested
from netdsl.picture.seen import seen_boxes, seen_edges

MOST_EDGES = 500


class TooManyEdges(Exception):
    """Even with every block closed there are more edges than Mermaid draws."""

    def __init__(self, count: int) -> None:
        super().__init__(
            f"with every block closed it has {count:,} edges, and Mermaid draws {MOST_EDGES}: "
            "write `.svg` or `.html`"
        )


def as_mermaid(
    nested: Nested, opened: frozenset[int], colours: Mapping[str, str], direction: str
) -> str:
    """Write a network for Mermaid; raises TooManyEdges."""
    edges = seen_edges(nested, opened)
    depth = max((box.depth for box in seen_boxes(nested.root, opened)), default=0)
    while len(edges) >= MOST_EDGES:
        depth -= 1
        if depth < 0:
            raise TooManyEdges(len(edges))
        opened &= down_to(nested.root, depth)
        edges = seen_edges(nested, opened)
    lines = [f"flowchart {'TB' if direction == 'down' else 'LR'}"]
    lines += _boxes(nested.root, opened)
    lines += [f"  n{e.start} -->|{_text(e.shape)}| n{e.end}" for e in edges]
    families = {_family(b) for b in seen_boxes(nested.root, opened) if _shows(b, opened)}
    for family in sorted(families):
        fill, edge = colours[f"family {family}"], colours[f"edge {family}"]
        ink = colours["text"]
        lines.append(f"  classDef {family or 'other'} fill:{fill},stroke:{edge},color:{ink}")
    shown = seen_boxes(nested.root, opened)
    blocks = [f"n{b.number}" for b in shown if b.role != "root" and not _shows(b, opened)]
    if blocks:
        lines.append(
            f"  classDef block fill:{colours['block']},stroke:{colours['edge']},color:{colours['text']}"
        )
        lines.append(f"  class {','.join(blocks)} block")
    return "\n".join(lines) + "\n"


def _family(box: Box) -> str:
    return box.lines[0].family if box.lines else ""


def _shows(box: Box, opened: frozenset[int]) -> bool:
    return box.is_leaf or (box.number not in opened and box.role != "root")


def _boxes(root: Box, opened: frozenset[int]) -> Iterator[str]:
    pending: list[Box | str] = [*reversed(root.drawn_by_others)]
    depth = 1
    while pending:
        box = pending.pop()
        if isinstance(box, str):
            depth -= 1
            yield "  " * depth + box
        elif _shows(box, opened):
            left, right = ("([", "])") if box.role in ("input", "output") else ("[", "]")
            name = _family(box) or "other"
            yield f"{'  ' * depth}n{box.number}{left}{_text(words(box))}{right}:::{name}"
        else:
            yield f"{'  ' * depth}subgraph n{box.number} [{_text(words(box) or ' ')}]"
            depth += 1
            pending += ["end", *reversed(box.drawn_by_others)]


def _text(text: str) -> str:
    """Write a text in quotes, as Mermaid spells what it would take for its own."""
    for letter, spelled in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(letter, spelled)
    return '"' + text.replace("\n", "<br/>") + '"'
