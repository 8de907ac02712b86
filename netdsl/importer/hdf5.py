"""What an `.h5` file says of its model: two attributes, read by a process of its own.

The library that reads HDF5 trusts a file: one that is damaged may end the process, or take all memory. So it runs in
one that is short of memory and of time, and gives back no more than two texts; datasets and links are never opened.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys

from netdsl.importer.bounds import MOST_BYTES
from netdsl.importer.errors import unreadable

#: The attributes of the file: the model's configuration, and how it was compiled.
MODEL, TRAINING = "model_config", "training_config"

#: What the process that reads may take: bytes of memory, and seconds.
_MEMORY, _SECONDS = 768 * 1024**2, 60

#: How it ends where the file is none, and where there is nothing to read it with.
_REFUSED, _LACKING = 3, 4

#: Nothing is imported from the folder in which the command runs.
_CODE = "import sys; sys.path[:] = sys.argv[2:]; from netdsl.importer.hdf5 import main; main(sys.argv[1])"


def texts_of(path: str) -> tuple[bytes, bytes]:
    """Give the two texts; the second is empty where the model was not compiled."""
    command = [sys.executable, "-c", _CODE, os.path.abspath(path), *filter(None, sys.path)]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=_SECONDS, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        raise unreadable(path, f"HDF5 has not read it in {_SECONDS} seconds") from None
    if done.returncode == _LACKING:
        raise unreadable(
            path, "h5py is not installed, and `.h5` files are read with it", help="pip install h5py"
        )
    if done.returncode == _REFUSED:
        raise unreadable(path, f"HDF5: {done.stderr.decode('utf-8', 'replace').strip()[:200]}")
    head, _, rest = done.stdout.partition(b"\n")
    if done.returncode or not head.isdigit():
        raise unreadable(
            path, "HDF5 cannot read it: it is damaged, or asks for more memory than a model needs"
        )
    if not rest:
        raise unreadable(
            path, "it holds weights alone", help='save the whole model: `model.save("model.keras")`'
        )
    return rest[: int(head)], rest[int(head) :]


def main(path: str) -> None:
    """Write both texts, the length of the first before them; run by the process that reads."""
    try:
        import h5py  # type: ignore[import-untyped]
    except ImportError:
        sys.exit(_LACKING)
    _bound()
    try:
        with h5py.File(path, "r") as file:
            model, training = _text(file.attrs, MODEL), _text(file.attrs, TRAINING)
    except (OSError, RuntimeError, LookupError, TypeError, ValueError, MemoryError) as error:
        sys.stderr.write(str(error) or "it asks for more memory than a model needs")
        sys.exit(_REFUSED)
    sys.stdout.buffer.write(b"%d\n" % len(model) + model + training)


def _bound() -> None:
    """Bound the memory of this process, where the system can."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _text(attributes, name: str) -> bytes:  # type: ignore[no-untyped-def]
    """Read one attribute, if it is one text: what it is stands in the file before it."""
    import h5py

    if name not in attributes:
        return b""
    told = attributes.get_id(name)
    if told.shape != () or not (told.dtype.kind == "S" or h5py.check_string_dtype(told.dtype)):
        raise ValueError(f"its `{name}` is no text")
    found = attributes[name]
    text = found.encode("utf-8", "surrogateescape") if isinstance(found, str) else found.tobytes()
    if len(text) > MOST_BYTES:
        raise ValueError(f"its `{name}` is larger than {MOST_BYTES // 2**20} MiB")
    return bytes(text)
