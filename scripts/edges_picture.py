"""Draw docs/pictures/edges.png: what the filters of `std.edges` make of a photograph.

    python scripts/edges_picture.py

Needs Keras, scikit-image (whose photograph of a cameraman it is) and Pillow.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import skimage.data
from PIL import Image, ImageDraw

import netdsl

FILTERS = (
    'sobel("x")', 'sobel("y")', "roberts()", "laplacian()",
    "gaussian(3.0)", "laplacian_of_gaussian(1.5)", "canny(2.0)", "opening(7)",
    "closing(7)", "dilate(7)", "erode(7)", "morphological_gradient(3)",
)  # fmt: skip

#: Filters whose values lie on both sides of zero: drawn with zero in the middle.
SIGNED = ("sobel", "roberts", "laplacian", "laplacian_of_gaussian")
COLUMNS, LABEL, GRAYS = 4, 14, 16


def spec(height: int, width: int) -> str:
    """Write a model with an output for each filter."""
    blocks = sorted({written.partition("(")[0] for written in FILTERS})
    outputs = "\n".join(f"    output o{i} = x -> {f}" for i, f in enumerate(FILTERS))
    return (
        f"from std.edges import {', '.join(blocks)}\n"
        f"model Filters {{\n    input x: [{height}, {width}, 1]\n{outputs}\n}}\n"
    )


def tile(values: np.ndarray, label: str) -> Image.Image:
    """Draw one map in a few grays, its filter written above it."""
    signed = label.partition("(")[0] in SIGNED
    low, high = (
        (-np.percentile(abs(values), 99), np.percentile(abs(values), 99))
        if signed
        else (0.0, values.max())
    )
    grays = np.round(np.clip((values - low) / (high - low), 0, 1) * (GRAYS - 1)) * (
        255 / (GRAYS - 1)
    )
    picture = Image.new("L", (values.shape[1] + 4, values.shape[0] + LABEL + 4), 255)
    picture.paste(Image.fromarray(grays.astype("uint8")), (2, LABEL))
    ImageDraw.Draw(picture).text((4, 1), label, fill=0)
    return picture


def main() -> None:
    photograph = skimage.data.camera()[20:276, 90:346].astype("float32") / 255
    height, width = photograph.shape
    model = netdsl.compile_text(spec(height, width)).build()
    outputs = model.predict(photograph[None, ..., None], verbose=0)
    tiles = [tile(outputs[f"o{i}"][0, ..., 0], label) for i, label in enumerate(FILTERS)]
    rows = -(-len(tiles) // COLUMNS)
    across, down = tiles[0].size
    sheet = Image.new("L", (across * COLUMNS, down * rows), 255)
    for number, picture in enumerate(tiles):
        sheet.paste(picture, (number % COLUMNS * across, number // COLUMNS * down))
    target = Path(__file__).parents[1] / "docs" / "pictures" / "edges.png"
    sheet.resize((sheet.width * 3 // 4, sheet.height * 3 // 4)).quantize(GRAYS).save(
        target, optimize=True
    )
    print(f"{target.name}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
