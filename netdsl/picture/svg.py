"""A drawing as SVG: plain shapes, lines and texts, with no style sheet, so that every program shows the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netdsl.picture.drawing import Drawing, Mark, Path, Rect, Text

FAMILY = "Liberation Sans, Arial, Helvetica, sans-serif"
ROUND = 4.0  # the corners of lines
ARROW = (6.0, 2.6)  # length, half width


def as_svg(drawing: Drawing, colours: Mapping[str, str]) -> str:
    """Write a drawing."""
    wide, high = number(drawing.width), number(drawing.height)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}" '
        f'font-family="{FAMILY}">'
    )
    lines = [head, f"<title>{_escaped(drawing.name)}</title>"]
    if drawing.description:
        lines.append(f"<desc>{_escaped(drawing.description)}</desc>")
    lines += filter(None, (mark_text(mark, colours) for mark in drawing.marks))
    return "\n".join([*lines, "</svg>"]) + "\n"


def number(value: float) -> str:
    """Write a number as short as may be: 12.0 -> 12; 7.25 -> 7.25."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def mark_text(mark: Mark, colours: Mapping[str, str]) -> str:
    """Write a mark."""
    match mark:
        case Rect():
            return _rect(mark, colours)
        case Path():
            return _path(mark, colours)
        case Text():
            return _text(mark, colours)


def _rect(mark: Rect, colours: Mapping[str, str]) -> str:
    fill = colours.get(mark.fill, mark.fill)
    stroke = colours.get(mark.stroke, mark.stroke)
    if fill == "none" and stroke == "none":
        return ""
    rounded = f' rx="{number(mark.radius)}"' if mark.radius else ""
    edge = f' stroke="{stroke}"' if stroke != "none" else ""
    if mark.flat:
        return f'<path d="{"".join(half_round(mark))}" fill="{fill}"{edge}/>'
    x, y, w, h = map(number, (mark.x, mark.y, mark.width, mark.height))
    return f'<rect x="{x}" y="{y}" width="{w}" height="{h}"{rounded} fill="{fill}"{edge}/>'


def half_round(mark: Rect) -> Iterator[str]:
    """Give the outline of a rectangle with round corners above alone."""
    x, y, r = mark.x, mark.y, mark.radius
    right, bottom = x + mark.width, y + mark.height
    yield f"M{number(x)} {number(bottom)}V{number(y + r)}"
    yield f"Q{number(x)} {number(y)} {number(x + r)} {number(y)}H{number(right - r)}"
    yield f"Q{number(right)} {number(y)} {number(right)} {number(y + r)}V{number(bottom)}Z"


def _path(mark: Path, colours: Mapping[str, str]) -> str:
    stroke = colours.get(mark.stroke, mark.stroke)
    points = list(mark.points)
    arrow = ""
    if mark.arrow:
        tip, base, wings = arrow_head(points)
        points[-1] = base
        corners = " ".join(f"{number(x)},{number(y)}" for x, y in (tip, *wings))
        arrow = f'<polygon points="{corners}" fill="{stroke}"/>'
    return f'<path d="{"".join(steps(points))}" fill="none" stroke="{stroke}"/>{arrow}'


def arrow_head(
    points: list[tuple[float, float]],
) -> tuple[tuple[float, float], tuple[float, float], list[tuple[float, float]]]:
    """Give the tip of an arrow, where the line ends in it, and its two wings."""
    (x0, y0), (x, y) = points[-2:]
    long, half = ARROW
    dx, dy = _sign(x - x0), _sign(y - y0)
    foot = (x - long * dx, y - long * dy)
    wings = [(foot[0] - half * dy, foot[1] + half * dx), (foot[0] + half * dy, foot[1] - half * dx)]
    return (x, y), (x - (long - 1) * dx, y - (long - 1) * dy), wings


def steps(points: list[tuple[float, float]]) -> Iterator[str]:
    """Give a path with round corners."""
    yield f"M{number(points[0][0])} {number(points[0][1])}"
    for into, corner, out in round_steps(points):
        yield f"L{number(into[0])} {number(into[1])}"
        if corner != into:
            yield f"Q{number(corner[0])} {number(corner[1])} {number(out[0])} {number(out[1])}"


def round_steps(
    points: list[tuple[float, float]],
) -> Iterator[tuple[tuple[float, float], tuple[float, float], tuple[float, float]]]:
    """Give, for each corner, where its bend begins, the corner, and where the bend ends; last the end, three times."""
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(ROUND, _far(before, corner) / 2, _far(corner, after) / 2)
        yield _towards(corner, before, radius), corner, _towards(corner, after, radius)
    yield points[-1], points[-1], points[-1]


def _far(one: tuple[float, float], two: tuple[float, float]) -> float:
    return abs(one[0] - two[0]) + abs(one[1] - two[1])


def _towards(
    start: tuple[float, float], end: tuple[float, float], way: float
) -> tuple[float, float]:
    return start[0] + way * _sign(end[0] - start[0]), start[1] + way * _sign(end[1] - start[1])


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _text(mark: Text, colours: Mapping[str, str]) -> str:
    fill = colours.get(mark.fill, mark.fill)
    weight = ' font-weight="bold"' if mark.weight == "Bold" else ""
    anchor = f' text-anchor="{mark.anchor}"' if mark.anchor != "start" else ""
    return (
        f'<text x="{number(mark.x)}" y="{number(mark.y)}" font-size="{number(mark.size)}"{weight}{anchor} '
        f'textLength="{number(mark.width)}" fill="{fill}">{_escaped(mark.text)}</text>'
    )


def _escaped(text: str) -> str:
    """Write a text as one of XML; the standard library's function for it loads all that speaks to the net."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
