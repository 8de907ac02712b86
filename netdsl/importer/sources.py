"""Where a model comes from: a `.keras` file, the JSON of `to_json`, a whole model in `.h5`; Python only where named.

Files of strangers are read within bounds and nothing in them is run: only the configuration is taken out of a `.keras`
file, which is a zip archive, and nothing is unpacked.
"""

from __future__ import annotations

import json
import lzma
import os
import stat
import zipfile
import zlib
from io import FileIO
from typing import BinaryIO, cast

from netdsl.importer.bounds import MOST_BYTES, Guarded, too_much
from netdsl.importer.errors import CannotImport, unreadable
from netdsl.importer.hdf5 import texts_of
from netdsl.importer.network import Json, Network
from netdsl.importer.read import read_model
from netdsl.importer.vocabularies import add_vocabularies
from netdsl.stack import on_own_stack

CONFIG = "config.json"
HDF5 = b"\x89HDF\r\n\x1a\n"


def read_file(path: str) -> Network:
    """Read a model from a file, by what the file holds and not by its name."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise unreadable(path, "it is no regular file")
        with Guarded(FileIO(path)) as stream:
            start = stream.read(8)
            stream.seek(0)
            if start == HDF5:
                return _hdf5(path)
            if start.startswith(b"PK"):
                return _archive(stream, path)
            text = _whole(stream, path)
    except (OSError, ValueError) as error:
        if isinstance(error, CannotImport):
            raise
        raise unreadable(path, str(getattr(error, "strerror", None) or error).lower()) from None
    return read_text(text, path)


def read_text(text: bytes, source: str) -> Network:
    """Read the JSON of a model."""
    return read_value(parsed(text, source), source)


def parsed(text: bytes, source: str) -> Json:
    """Read JSON within bounds."""
    if what := too_much(text):
        raise unreadable(source, what)
    try:
        value = json.loads(text.decode("utf-8"))
        if (
            b"\\ud" in text.lower()
        ):  # half of a pair alone is no character, and nothing can be written of it
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        return value
    except UnicodeEncodeError:
        raise unreadable(source, "it holds half of a character, which is no text") from None
    except UnicodeDecodeError:
        raise unreadable(
            source, "it is neither a `.keras` file, nor an `.h5` file, nor JSON"
        ) from None
    except ValueError as error:
        what = "it is no JSON" if text.lstrip()[:1] != b"{" else f"it is no JSON: {error}"
        raise unreadable(
            source, what, help="a model's JSON is what `model.to_json()` gives"
        ) from None


@on_own_stack
def read_value(value: Json, source: str) -> Network:
    """Read a configuration; whatever is wrong in it is told, and is no traceback."""
    if isinstance(value, str):  # `json.dump(model.to_json(), file)` quotes the text once more
        return read_text(value.encode("utf-8", "replace"), source)
    try:
        return read_model(value, source)
    except CannotImport:
        raise
    except (
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        IndexError,
        AssertionError,
        RecursionError,
    ) as error:
        raise unreadable(
            source, f"its configuration is not as Keras writes it ({type(error).__name__})"
        ) from error


def _whole(stream: BinaryIO, path: str, most: int = MOST_BYTES) -> bytes:
    text = stream.read(most + 1)
    if len(text) > most:
        raise unreadable(path, f"what is read of it is larger than {MOST_BYTES // 2**20} MiB")
    return text


def _archive(stream: Guarded, path: str) -> Network:
    """Take the configuration out of an archive; the sizes that it tells are not relied on."""
    try:
        stream.is_listed = True
        with zipfile.ZipFile(stream) as archive:
            stream.is_listed = False
            reading = _Members(archive, path)
            text = reading(CONFIG)
            if text is None:
                help_ = "is it a model that `save` wrote?"
                raise unreadable(path, f"the archive holds no `{CONFIG}`", help=help_)
            value = parsed(text, path)
            add_vocabularies(value, reading)
            return read_value(value, path)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError,
            EOFError) as error:  # fmt: skip
        raise unreadable(path, f"the archive is damaged: {error}") from None


class _Members:
    """Reads members of an archive, all of them together no more than `MOST_BYTES`."""

    def __init__(self, archive: zipfile.ZipFile, path: str) -> None:
        self._archive, self._path = archive, path
        self._names = frozenset(archive.namelist())
        self._left = MOST_BYTES

    def __call__(self, name: str) -> bytes | None:
        if name not in self._names:
            return None
        with self._archive.open(name) as member:
            data = _whole(cast(BinaryIO, member), self._path, self._left)
        self._left -= len(data)
        return data


def _hdf5(path: str) -> Network:
    """Read the configuration that an `.h5` file has as an attribute, and how the model was compiled."""
    text, training = texts_of(path)
    value = parsed(text, path)
    compiled = parsed(training, path) if training else None
    if isinstance(value, dict) and isinstance(compiled, dict):
        compiled.setdefault("optimizer", compiled.pop("optimizer_config", None))
        value["compile_config"] = value.get("compile_config") or compiled
    return read_value(value, path)
