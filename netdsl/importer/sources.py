"""Where a model comes from: a `.keras` file, the JSON of `to_json`, a whole model in `.h5`; Python only where named.

Files of strangers are read within bounds and nothing in them is run: only the configuration is taken out of a `.keras`
file, which is a zip archive, and nothing is unpacked.
"""

from __future__ import annotations

import json
import os
import stat
import zipfile
import zlib
from typing import BinaryIO, cast

from netdsl.importer.errors import CannotImport, unreadable
from netdsl.importer.network import Json, Network
from netdsl.importer.read import read_model
from netdsl.importer.vocabularies import add_vocabularies
from netdsl.stack import on_own_stack

#: What a configuration may weigh at most, and how many files an archive may list.
MOST_BYTES, MOST_FILES = 64 * 1024 * 1024, 100_000

#: How deep brackets may be nested in a configuration.
DEEPEST_JSON = 200

CONFIG = "config.json"
HDF5 = b"\x89HDF\r\n\x1a\n"


def read_file(path: str) -> Network:
    """Read a model from a file, by what the file holds and not by its name."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise unreadable(path, "it is no regular file")
        with open(path, "rb") as stream:
            start = stream.read(8)
            stream.seek(0)
            if start == HDF5:
                return read_text(_hdf5(path), path)
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
    _refuse_deep(text, source)
    try:
        return json.loads(text.decode("utf-8"))
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


def _refuse_deep(text: bytes, source: str) -> None:
    """Refuse what is nested so deep that reading it would not end well; brackets in strings do no harm."""
    depth = deepest = 0
    in_string = is_escaped = False
    for byte in text:
        if in_string:
            if is_escaped:
                is_escaped = False
            elif byte == 0x5C:
                is_escaped = True
            elif byte == 0x22:
                in_string = False
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            depth += 1
            if depth > deepest:
                deepest = depth
                if deepest > DEEPEST_JSON:
                    raise unreadable(source, f"it is nested more than {DEEPEST_JSON} deep")
        elif byte in b"]}":
            depth -= 1


def _whole(stream: BinaryIO, path: str) -> bytes:
    text = stream.read(MOST_BYTES + 1)
    if len(text) > MOST_BYTES:
        raise unreadable(path, f"its configuration is larger than {MOST_BYTES // 2**20} MiB")
    return text


def _archive(stream: BinaryIO, path: str) -> Network:
    """Take the configuration out of an archive; the sizes that it tells are not relied on."""
    try:
        with zipfile.ZipFile(stream) as archive:
            if len(archive.filelist) > MOST_FILES:
                raise unreadable(path, f"it lists more than {MOST_FILES:,} files")
            names = frozenset(archive.namelist())
            if CONFIG not in names:
                help_ = "is it a model that `save` wrote?"
                raise unreadable(path, f"the archive holds no `{CONFIG}`", help=help_)
            with archive.open(CONFIG) as member:
                value = parsed(_whole(cast(BinaryIO, member), path), path)

            def read(name: str) -> bytes | None:
                if name not in names:
                    return None
                with archive.open(name) as member:
                    return _whole(cast(BinaryIO, member), path)

            add_vocabularies(value, read)
            return read_value(value, path)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise unreadable(path, f"the archive is damaged: {error}") from None


def _hdf5(path: str) -> bytes:
    """Read the configuration that an `.h5` file has as an attribute."""
    try:
        import h5py  # type: ignore[import-untyped]
    except ImportError:
        raise unreadable(
            path, "h5py is not installed, and `.h5` files are read with it", help="pip install h5py"
        ) from None
    try:
        with h5py.File(path, "r") as file:
            found = file.attrs.get("model_config")
    except (OSError, RuntimeError, KeyError) as error:
        raise unreadable(path, f"HDF5: {error}") from None
    if found is None:
        raise unreadable(
            path, "it holds weights alone", help='save the whole model: `model.save("model.keras")`'
        )
    text = found.encode("utf-8") if isinstance(found, str) else bytes(found)
    if len(text) > MOST_BYTES:
        raise unreadable(path, f"its configuration is larger than {MOST_BYTES // 2**20} MiB")
    return text
