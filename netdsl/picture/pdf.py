"""A drawing as PDF, written here: a few operators, and the shipped font in it, so that any program shows the same.

What other libraries would bring (drawing SVG again, their own fonts) is more than the three kinds of marks need.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping

from netdsl.picture.drawing import Drawing, Mark, Path, Rect, Text
from netdsl.picture.measure import FONTS, Weight, letters
from netdsl.picture.svg import arrow_head, number, round_steps

#: A pixel is 1/96 of an inch, a point 1/72.
SCALE = 0.75
BEND = 0.5523  # how far the control points of a quarter of a circle are from its ends
WEIGHTS: tuple[Weight, ...] = ("Regular", "Bold")


def as_pdf(drawing: Drawing, colours: Mapping[str, str]) -> bytes:
    """Write a drawing as a PDF of one page."""
    text = "\n".join(_content(drawing, colours)).encode("ascii")
    used = {
        weight: sorted({letter for mark in drawing.marks for letter in _letters(mark, weight)})
        for weight in WEIGHTS
    }
    objects: list[bytes] = []
    wide, high = number(drawing.width * SCALE), number(drawing.height * SCALE)
    fonts = " ".join(f"/{weight} {5 + 5 * at} 0 R" for at, weight in enumerate(WEIGHTS))
    objects.append(b"<</Type/Catalog/Pages 2 0 R>>")
    objects.append(b"<</Type/Pages/Kids[3 0 R]/Count 1>>")
    objects.append(
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {wide} {high}]/Contents 4 0 R"
        f"/Resources<</Font<<{fonts}>>>>>>".encode()
    )
    objects.append(_stream(text))
    for weight in WEIGHTS:
        objects += _font(weight, used[weight], len(objects) + 1)
    title = drawing.name.encode("utf-16-be").hex()
    objects.append(f"<</Title<FEFF{title}>/Producer(netdsl)>>".encode())
    return _file(objects)


def _file(objects: list[bytes]) -> bytes:
    """Put objects into a file, with the table of where each begins."""
    parts = [b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"]
    offsets: list[int] = []
    for at, content in enumerate(objects, 1):
        offsets.append(sum(map(len, parts)))
        parts.append(b"%d 0 obj\n%b\nendobj\n" % (at, content))
    begin = sum(map(len, parts))
    count = len(objects) + 1
    rows = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n%b" % (count, rows))
    last = b"trailer\n<</Size %d/Root 1 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    parts.append(last % (count, len(objects), begin))
    return b"".join(parts)


def _stream(data: bytes, more: str = "") -> bytes:
    packed = zlib.compress(data, 9)
    head = f"<</Length {len(packed)}/Filter/FlateDecode{more}>>\nstream\n"
    return head.encode() + packed + b"\nendstream"


def _letters(mark: Mark, weight: Weight) -> str:
    return mark.text if isinstance(mark, Text) and mark.weight == weight else ""


def _font(weight: Weight, used: list[str], first: int) -> Iterator[bytes]:
    """Give the five objects of a font: itself, its glyphs, what they measure, the file, and which letters they are."""
    table = letters(weight)
    name = f"NetdslSans-{weight}"
    known = sorted((table[letter][0], letter) for letter in used if letter in table)
    widths = "".join(f"{glyph}[{table[letter][1]}]" for glyph, letter in known)
    yield (
        f"<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H"
        f"/DescendantFonts[{first + 1} 0 R]/ToUnicode {first + 4} 0 R>>"
    ).encode()
    yield (
        f"<</Type/Font/Subtype/CIDFontType2/BaseFont/{name}"
        f"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
        f"/CIDToGIDMap/Identity/DW 1000/W[{widths}]/FontDescriptor {first + 2} 0 R>>"
    ).encode()
    yield (
        f"<</Type/FontDescriptor/FontName/{name}/Flags 4/FontBBox[-544 -303 1302 980]/ItalicAngle 0"
        f"/Ascent 905/Descent -212/CapHeight 716/StemV {140 if weight == 'Bold' else 88}"
        f"/FontFile2 {first + 3} 0 R>>"
    ).encode()
    data = (FONTS / f"{name}.ttf").read_bytes()
    yield _stream(data, f"/Length1 {len(data)}")
    yield _stream(_to_unicode(known).encode("ascii"))


def _to_unicode(known: list[tuple[int, str]]) -> str:
    """Tell which letters the glyphs are, so that a text can be copied and searched."""
    parts = [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def "
        "1 begincodespacerange <0000> <FFFF> endcodespacerange"
    ]
    for begin in range(0, len(known), 100):
        rows = known[begin : begin + 100]
        parts.append(f"{len(rows)} beginbfchar")
        parts += [f"<{glyph:04X}> <{ord(letter):04X}>" for glyph, letter in rows]
        parts.append("endbfchar")
    return "\n".join([*parts, "endcmap end end"])


def _content(drawing: Drawing, colours: Mapping[str, str]) -> Iterator[str]:
    yield f"{SCALE} 0 0 {-SCALE} 0 {number(drawing.height * SCALE)} cm"
    for mark in drawing.marks:
        match mark:
            case Rect():
                yield from _rect(mark, colours)
            case Path():
                yield from _path(mark, colours)
            case Text():
                yield from _text(mark, colours)


def _colour(value: str, operator: str) -> str:
    parts = (int(value[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return " ".join(f"{part:.3f}" for part in parts) + f" {operator}"


def _rect(mark: Rect, colours: Mapping[str, str]) -> Iterator[str]:
    fill = colours.get(mark.fill, mark.fill)
    stroke = colours.get(mark.stroke, mark.stroke)
    if fill == "none" and stroke == "none":
        return
    if fill != "none":
        yield _colour(fill, "rg")
    if stroke != "none":
        yield _colour(stroke, "RG")
    yield from _round(mark)
    yield {(True, True): "b", (True, False): "f", (False, True): "s"}[
        fill != "none", stroke != "none"
    ]


def _round(mark: Rect) -> Iterator[str]:
    """Give the outline of a rectangle; each round corner is a curve."""
    x, y, w, h = mark.x, mark.y, mark.width, mark.height
    r = min(mark.radius, w / 2, h / 2)
    if not r:
        yield f"{number(x)} {number(y)} {number(w)} {number(h)} re"
        return
    low = 0.0 if mark.flat else r
    corners = ((x + w, y, r), (x + w, y + h, low), (x, y + h, low), (x, y, r))
    ways = ((1, 0), (0, 1), (-1, 0), (0, -1))
    yield f"{number(x + r)} {number(y)} m"
    for (cx, cy, size), (ax, ay), (bx, by) in zip(corners, ways, (*ways[1:], ways[0]), strict=True):
        yield f"{number(cx - ax * size)} {number(cy - ay * size)} l"
        if size:
            far = size * (1 - BEND)
            points = (cx - ax * far, cy - ay * far, cx + bx * far, cy + by * far)
            yield f"{_joined(points)} {number(cx + bx * size)} {number(cy + by * size)} c"


def _joined(values: Iterable[float]) -> str:
    return " ".join(map(number, values))


def _path(mark: Path, colours: Mapping[str, str]) -> Iterator[str]:
    stroke = colours.get(mark.stroke, mark.stroke)
    points = list(mark.points)
    yield _colour(stroke, "RG")
    arrow = arrow_head(points) if mark.arrow else None
    if arrow is not None:
        points[-1] = arrow[1]
    yield f"{_joined(points[0])} m"
    for into, corner, out in round_steps(points):
        yield f"{_joined(into)} l"
        if corner != into:
            one = (into[0] + (corner[0] - into[0]) * 2 / 3, into[1] + (corner[1] - into[1]) * 2 / 3)
            two = (out[0] + (corner[0] - out[0]) * 2 / 3, out[1] + (corner[1] - out[1]) * 2 / 3)
            yield f"{_joined((*one, *two, *out))} c"
    yield "S"
    if arrow is not None:
        tip, _, wings = arrow
        yield _colour(stroke, "rg")
        yield f"{_joined(tip)} m {_joined(wings[0])} l {_joined(wings[1])} l f"


def _text(mark: Text, colours: Mapping[str, str]) -> Iterator[str]:
    x = mark.x - {"start": 0.0, "middle": mark.width / 2, "end": mark.width}[mark.anchor]
    table = letters(mark.weight)
    glyphs = "".join(f"{table.get(letter, (0, 0))[0]:04X}" for letter in mark.text)
    fill = colours.get(mark.fill, mark.fill)
    yield f"BT {_colour(fill, 'rg')} /{mark.weight} {number(mark.size)} Tf"
    yield f"1 0 0 -1 {number(x)} {number(mark.y)} Tm <{glyphs}> Tj ET"
