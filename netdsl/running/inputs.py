"""What a network is run on: pictures, arrays in files, small arrays written out, brought to the form of its inputs."""

from __future__ import annotations

import json
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path

from netdsl.extras import needed
from netdsl.foreign import Array, Foreign
from netdsl.record import record
from netdsl.tensor import TensorSpec, keras_shape

#: How many values an array that is written out, or that a file holds, may have.
MOST_VALUES = 1 << 28

#: What pictures are called by the number of their channels, as Pillow knows them.
MODES = {1: "L", 3: "RGB", 4: "RGBA"}


class CannotRun(Exception):
    """Something cannot be given to the network; says what, and why."""


@record
class Port:
    """An input of the network; `raw` says that it takes pixels from 0 to 255, and not from 0 to 1."""

    name: str
    spec: TensorSpec
    raw: bool = False

    @property
    def shape(self) -> tuple[int | None, ...]:
        """One sample's shape; None for a size that is left open."""
        return tuple(keras_shape(self.spec.shape)[1:])


@record(eq=False)
class Given:
    """An input as an array of one sample or several, and what was done to bring it into form."""

    name: str
    array: Array
    done: tuple[str, ...] = ()


def read_all(texts: Sequence[str], ports: Sequence[Port]) -> list[Given]:
    """Read an INPUT for each input, `name=…` for the one of that name, others in order; raises CannotRun."""
    names = {port.name: port for port in ports}
    named: dict[str, str] = {}
    rest: list[str] = []
    for text in texts:
        name, equals, value = text.partition("=")
        if equals and name in names:
            named[name] = value
        else:
            rest.append(text)
    open_ports = [port for port in ports if port.name not in named]
    if len(rest) != len(open_ports):
        listed = ", ".join(f"`{port.name}`" for port in ports)
        raise CannotRun(f"the network takes {len(ports)} ({listed}), and {len(texts)} are given")
    named |= {port.name: text for port, text in zip(open_ports, rest, strict=True)}
    return [_read(named[port.name], port) for port in ports]


def _read(text: str, port: Port) -> Given:
    if text.lstrip().startswith("["):
        return _formed(_written(text), text, port)
    path = Path(text)
    if not path.is_file():
        raise CannotRun(f"there is no file `{text}`")
    if path.suffix.lower() in (".npy", ".npz"):
        return _formed(_of_file(path, port), text, port)
    return _picture(path, port)


def _written(text: str) -> Array:
    numpy = needed("numpy")
    try:
        array = numpy.array(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise CannotRun(
            f"`{text[:60]}` is no array: lists of lists of numbers in brackets"
        ) from error
    if array.dtype.kind not in "biuf":
        raise CannotRun(f"`{text[:60]}` holds something else than numbers")
    return array


def _of_file(path: Path, port: Port) -> Array:
    numpy = needed("numpy")
    try:
        held = numpy.load(path, allow_pickle=False)
        if path.suffix.lower() == ".npy":
            return held
        with held:
            name = port.name if port.name in held.files else held.files[0]
            return held[name]
    except (ValueError, OSError, EOFError, IndexError, zipfile.BadZipFile) as error:
        raise CannotRun(f"`{path}` holds no array of NumPy: {error}") from error


def _formed(array: Array, text: str, port: Port) -> Given:
    """Give an array the axes of the input: the batch and the channel may be left out."""
    numpy = needed("numpy")
    wanted = port.shape
    sample = array
    if sample.ndim == len(wanted) - 1 and wanted[-1] in (1, None):
        sample = sample[..., None]
    batch = sample[None] if sample.ndim == len(wanted) else sample
    fits = batch.ndim == len(wanted) + 1 and all(
        size in (None, found) for size, found in zip(wanted, batch.shape[1:], strict=True)
    )
    if not fits:
        raise CannotRun(
            f"`{text[:60]}` is {array.shape}, and `{port.name}` takes {_spelled(wanted)}"
        )
    return Given(port.name, numpy.asarray(batch, dtype=port.spec.dtype))


def _picture(path: Path, port: Port) -> Given:
    """Read a picture, in the colours that the input takes; one of a fixed size is scaled to it."""
    numpy, image = needed("numpy"), needed("PIL.Image", "to read pictures")
    if len(port.shape) != 3:
        raise CannotRun(f"`{path}` is a picture, and `{port.name}` takes {_spelled(port.shape)}")
    height, width, channels = port.shape
    mode = MODES.get(channels or 3)
    if mode is None:
        raise CannotRun(f"`{port.name}` takes {channels} channels, and a picture has 1, 3 or 4")
    picture = _opened(path, image, mode)
    done: list[str] = []
    size = (width or picture.width, height or picture.height)
    if size != picture.size:
        done.append(f"scaled from {picture.height} by {picture.width} to {size[1]} by {size[0]}")
        picture = picture.resize(size, image.Resampling.BILINEAR)
    pixels = numpy.asarray(picture, dtype="float32").reshape(1, size[1], size[0], len(mode))
    if not port.raw:
        pixels = pixels / 255
    done.append(f"pixels from 0 to {255 if port.raw else 1}")
    return Given(port.name, pixels.astype(port.spec.dtype), tuple(done))


def _opened(path: Path, image: Foreign, mode: str) -> Foreign:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", image.DecompressionBombWarning)
            with image.open(path) as opened:
                return opened.convert(mode)
    except (image.DecompressionBombError, image.DecompressionBombWarning) as error:
        raise CannotRun(f"`{path}` has more pixels than a picture may have: {error}") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise CannotRun(f"`{path}` is no picture, .npy or .npz file that can be read") from error


def _spelled(shape: Sequence[int | None]) -> str:
    return f"[{', '.join('?' if size is None else str(size) for size in shape)}]"
