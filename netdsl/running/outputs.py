"""What came out, as a person looks at it: a picture for a map, figures for what is small."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from netdsl.extras import needed
from netdsl.foreign import Array, Foreign
from netdsl.running.inputs import CannotRun

#: From this many places along both axes a map is drawn, below it is told in figures.
SMALLEST_PICTURE = 17

#: Channels of a map that are shown side by side.
MOST_CHANNELS = 16

MOST_VALUES, LARGEST_TABLE = 10, 16

#: What a picture says of who drew it, so that no other file is written over.
SOFTWARE = "netdsl run"


def is_map(sample: Array) -> bool:
    """Tell whether a sample is drawn: rows, columns, channels."""
    shape: tuple[int, ...] = sample.shape
    return len(shape) == 3 and min(shape[:2]) >= SMALLEST_PICTURE


def picture_of(sample: Array) -> Foreign:
    """Draw a map: one channel in grey, three as colours where they can be, more side by side."""
    numpy, image = needed("numpy"), needed("PIL.Image", "to draw pictures")
    channels = sample.shape[-1]
    if channels == 3 and sample.min() >= 0:
        return image.fromarray(_grey(sample, numpy), "RGB")
    tiles = [_grey(sample[..., k], numpy) for k in range(min(channels, MOST_CHANNELS))]
    if len(tiles) == 1:
        return image.fromarray(tiles[0], "L")
    across = int(numpy.ceil(len(tiles) ** 0.5))
    rows = -(-len(tiles) // across)
    height, width = tiles[0].shape
    sheet = numpy.full(((height + 2) * rows - 2, (width + 2) * across - 2), 255, dtype="uint8")
    for number, tile in enumerate(tiles):
        top, left = (number // across) * (height + 2), (number % across) * (width + 2)
        sheet[top : top + height, left : left + width] = tile
    return image.fromarray(sheet, "L")


def _grey(values: Array, numpy: Foreign) -> Array:
    """Bring values to 0 to 255: 0 is black where nothing is below it, and else the grey in the middle."""
    values = numpy.nan_to_num(values.astype("float64"))
    most = numpy.abs(values).max()
    if values.min() < 0:
        return numpy.round(127.5 + 127.5 * values / most).astype("uint8")
    return numpy.round(values * (255 / max(most, 1))).clip(0, 255).astype("uint8")


def write_picture(sample: Array, path: Path, *, force: bool) -> None:
    """Write the picture of a map; a file that another program made stays as it is, unless forced."""
    image, info = needed("PIL.Image"), needed("PIL.PngImagePlugin")
    if path.exists() and not force and not _is_ours(path, image):
        raise CannotRun(
            f"`{path}` was not made by `netdsl run`: choose another folder with `-o`, or `--force`"
        )
    told = info.PngInfo()
    told.add_text("Software", SOFTWARE)
    picture_of(sample).save(path, "PNG", pnginfo=told)


def _is_ours(path: Path, image: Foreign) -> bool:
    try:
        with image.open(path) as opened:
            software: object = opened.info.get("Software")
    except (OSError, SyntaxError, ValueError):
        return False
    return software == SOFTWARE


def told(sample: Array) -> Iterator[str]:
    """Tell a sample in figures: a small table whole, channel by channel, of more the range."""
    flat = sample.reshape(-1)
    if sample.dtype.kind not in "biuf":
        yield from (str(value) for value in flat[:MOST_VALUES])
        return
    yield f"from {flat.min():.6g} to {flat.max():.6g}, mean {flat.mean():.6g}"
    if sample.ndim == 3 and max(sample.shape[:2]) <= LARGEST_TABLE:
        for channel in range(min(sample.shape[-1], MOST_CHANNELS)):
            if sample.shape[-1] > 1:
                yield f"channel {channel}"
            yield from table(sample[..., channel])
    elif sample.ndim == 2 and max(sample.shape) <= LARGEST_TABLE:
        yield from table(sample)
    elif sample.ndim == 1:
        shown = ", ".join(f"{value:.4g}" for value in flat[:MOST_VALUES])
        yield shown + (", …" if len(flat) > MOST_VALUES else "")


def table(values: Array) -> Iterator[str]:
    """Lay numbers out in columns."""
    cells = [[f"{value or 0:.4g}" for value in row] for row in values]
    width = max((len(cell) for row in cells for cell in row), default=0)
    for row in cells:
        yield "  ".join(f"{cell:>{width}}" for cell in row)
