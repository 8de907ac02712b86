"""Make the fonts of pictures and the table of their widths: `python scripts/subset_font.py FOLDER` (needs fonttools).

FOLDER holds LiberationSans-Regular.ttf and LiberationSans-Bold.ttf. What is kept are the letters of Latin and Greek
and the signs that pictures use, without kerning, so that a text is as wide as its letters together. The Open Font
License reserves the name, so the smaller font has one of its own.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

FONTS = Path(__file__).resolve().parents[1] / "netdsl" / "picture" / "fonts"
FAMILY = "Netdsl Sans"
KEPT = [*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x391, 0x3CA)]
KEPT += [0x2009, *map(ord, "–—‘’“”…×·−→←↑↓≤≥≠∞√∑")]


def shrink(source: Path, weight: str) -> dict[str, tuple[int, int]]:
    """Write one weight and give, for each character, its glyph and its width in thousandths of the size."""
    font = TTFont(source)
    options = subset.Options(layout_features=[], hinting=False, notdef_outline=True)
    options.drop_tables += ["GPOS", "GSUB", "GDEF", "kern", "FFTM", "DSIG", "meta"]
    maker = subset.Subsetter(options)
    maker.populate(unicodes=KEPT)
    maker.subset(font)
    names = {1: FAMILY, 2: weight, 3: f"{FAMILY} {weight}", 4: f"{FAMILY} {weight}"}
    names |= {6: f"NetdslSans-{weight}", 16: FAMILY, 17: weight}
    for record in list(font["name"].names):
        if record.nameID == 7:  # the trademark is that of the reserved name
            font["name"].removeNames(nameID=7)
        elif record.nameID in names:
            font["name"].setName(
                names[record.nameID],
                record.nameID,
                record.platformID,
                record.platEncID,
                record.langID,
            )
    font["head"].created = font["head"].modified = 3_000_000_000
    font.recalcTimestamp = False
    font.save(FONTS / f"NetdslSans-{weight}.ttf")
    scale = 1000 / font["head"].unitsPerEm
    widths, glyphs = font["hmtx"], font.getReverseGlyphMap()
    return {
        chr(code): (glyphs[name], round(widths[name][0] * scale))
        for code, name in sorted(font.getBestCmap().items())
    }


def main() -> None:
    """Write both weights and the table."""
    folder = Path(sys.argv[1])
    table = {w: shrink(folder / f"LiberationSans-{w}.ttf", w) for w in ("Regular", "Bold")}
    text = json.dumps(table, ensure_ascii=True, separators=(",", ":"))
    (FONTS / "widths.json").write_text(text.replace("},", "},\n") + "\n", "utf-8")


if __name__ == "__main__":
    main()
