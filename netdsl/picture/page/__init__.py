"""A picture as a page: one file, which asks for nothing from outside, and composes again when a box is opened there."""

from __future__ import annotations

import html
import json
from dataclasses import replace
from pathlib import Path

from netdsl.picture.cells import HEAD, SHEETS, SIDE
from netdsl.picture.costs import WARM, shares
from netdsl.picture.draw import MARGIN, head_marks, outline
from netdsl.picture.drawing import Drawing, Mark
from netdsl.picture.page.facts import facts_of
from netdsl.picture.picture import Picture
from netdsl.picture.plan import plan_of, u_of
from netdsl.picture.svg import FAMILY, as_svg, mark_text
from netdsl.picture.themes import colours
from netdsl.value import Document
from netdsl.version import __version__

MOST_STILL = 4_000  # marks
FOLDER = Path(__file__).resolve().parent


def as_page(picture: Picture) -> str:
    """Write a picture as HTML; there what is far longer than a page stays a line, which is scrolled."""
    if not picture.is_u:
        picture = Picture(picture.graph, replace(picture.options, form="line"))
    data = json.dumps(_data(picture), ensure_ascii=False, separators=(",", ":"))
    parts = {
        "title": html.escape(picture.graph.name),
        "version": html.escape(__version__),
        "style": _variables(picture) + (FOLDER / "page.css").read_text("utf-8"),
        "picture": as_svg(_still(picture.drawing), _names()),
        "data": data.replace("<", "\\u003c"),
        "compose": (FOLDER / "compose.js").read_text("utf-8"),
        "page": (FOLDER / "page.js").read_text("utf-8"),
    }
    text = (FOLDER / "page.html").read_text("utf-8")
    first, *rest = text.split("{{")
    pieces = [first]
    for piece in rest:
        name, _, after = piece.partition("}}")
        pieces += [parts[name], after]
    return "".join(pieces)


def _still(drawing: Drawing) -> Drawing:
    """Give what is seen where no script runs; of a very large picture nothing, as it would be drawn twice."""
    return drawing if len(drawing.marks) <= MOST_STILL else replace(drawing, marks=())


def _names() -> dict[str, str]:
    """Give each colour as the page's style sheet calls it."""
    return {name: f"var(--{_spelled(name)})" for name in colours("light")} | {"page": "none"}


def _spelled(name: str) -> str:
    return name.strip().replace(" ", "-")


def _variables(picture: Picture) -> str:
    """Give the colours of both themes; the page takes the reader's, unless the command names one."""
    sheets = {}
    for theme in ("light", "dark"):
        named = colours(theme).items()
        sheets[theme] = "".join(f"--{_spelled(name)}:{colour};" for name, colour in named)
        sheets[theme] += f"--warm:rgb{WARM[theme]};".replace(" ", "")
    own = "dark" if picture.options.theme == "dark" else "light"
    other = "light" if own == "dark" else "dark"
    told = (
        f":root{{{sheets[own]}color-scheme:{own}}}"
        f":root[data-theme={other}]{{{sheets[other]}color-scheme:{other}}}"
        f":root[data-theme={own}]{{{sheets[own]}color-scheme:{own}}}"
    )
    if own == "light":
        told += (
            "@media (prefers-color-scheme:dark){:root:not([data-theme])"
            f"{{{sheets['dark']}color-scheme:dark}}}}"
        )
    return (
        f"{told}\n@media print{{:root,:root[data-theme]{{{sheets['light']}color-scheme:light}}}}\n"
    )


def _tints(picture: Picture) -> dict[int, str]:
    """Give each box the shade of its cost, in either theme; a block's is that of all in it."""
    boxes = picture.cells.boxes.values() if picture.costs else ()
    shown = [box.number for box in boxes if box.role not in ("root", "input", "output", "tag")]
    found = shares(picture.costs, shown) if shown else {}
    return {
        number: f"color-mix(in srgb,var(--page),var(--warm) {share:.0%})"
        for number, share in found.items()
    }


def _sources(picture: Picture) -> dict[int, int]:
    """Give the box that gives what is named at its uses: the name below it, or an input."""
    boxes = [*picture.nested.root.within()]
    found = {
        net: box.number for box in boxes if box.role == "input" for net in box.atoms[0].outputs
    }
    return found | {box.ins[0]: box.number for box in reversed(boxes) if box.role == "tag"}


def _data(picture: Picture) -> Document:
    """Give all that the page knows."""
    fragments: dict[str, int] = {}

    def fragment(marks: list[Mark]) -> int:
        text = "".join(filter(None, (mark_text(mark, _names()) for mark in marks)))
        return fragments.setdefault(text, len(fragments))

    opened, _ = picture.composed
    tints = _tints(picture)
    boxes: list[Document] = []
    for cell, box in zip(plan_of(picture.cells), picture.cells.boxes.values(), strict=True):
        wide, high = cell["across"], cell["along"]
        if not picture.style.is_down:
            wide, high = high, wide
        rect = (0.0, 0.0, wide, high)
        closed = [*outline(box, rect, tints, picture.cells.costs)]
        boxes.append(
            cell
            | {
                "parent": -1 if box.parent is None else box.parent.number,
                "closed": fragment(closed),
                "title": fragment([*head_marks(box, SIDE, 15.0)]),
                "times": box.times,
                "facts": facts_of(box, picture.nested),
            }
        )
    return {
        "boxes": boxes,
        "opened": sorted(opened | {0}),
        "fragments": list(fragments),
        "u": u_of(picture.cells),
        "sources": _sources(picture),
        "isDown": picture.style.is_down,
        "margin": MARGIN,
        "head": HEAD,
        "sheets": SHEETS,
        "family": FAMILY,
    }
