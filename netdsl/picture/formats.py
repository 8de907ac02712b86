"""A picture in the format of a file."""

from __future__ import annotations

from netdsl.picture.picture import Picture


class CannotDraw(Exception):
    """A picture can't be made in this format; the text says why, and what to do."""


def write(picture: Picture, kind: str) -> bytes:
    """Give the bytes of a file; raises CannotDraw. Only what the format needs is imported."""
    match kind:
        case "png":
            return _png(picture)
        case "pdf":
            from netdsl.picture.pdf import as_pdf

            return as_pdf(picture.drawing, picture.colours)
        case "html":
            from netdsl.picture.page import as_page

            text = as_page(picture)
        case "dot":
            from netdsl.picture.dot import as_dot

            text = as_dot(picture.nested, picture.composed[0], picture.colours)
        case "mmd":
            text = _mermaid(picture)
        case "json":
            from netdsl.picture.explorer import as_explorer

            text = as_explorer(picture.graph)
        case _:
            text = picture.svg()
    return text.encode("utf-8")


def _png(picture: Picture) -> bytes:
    from netdsl.picture.png import MissingExtra, as_png, scale_of

    try:
        drawing = picture.drawing
        return as_png(picture.svg(), scale_of(drawing.width, drawing.height))
    except MissingExtra as error:
        raise CannotDraw(str(error)) from error


def _mermaid(picture: Picture) -> str:
    from netdsl.picture.mermaid import TooManyEdges, as_mermaid

    try:
        opened, direction = picture.composed[0], picture.options.direction
        return as_mermaid(picture.nested, opened, picture.colours, direction)
    except TooManyEdges as error:
        raise CannotDraw(str(error)) from error
