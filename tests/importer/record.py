"""Records what Keras says of models, for tests that do without it: `python -m tests.importer.record`.

`python -m tests.importer.record specs vit swin` records two specs anew, and leaves the others as they are.

Each archive in `data/` maps the name of a model to the configuration that `model.to_json()` writes: of the networks of
`keras.applications`, of the specs that ship with netdsl, and of functions that build models by hand.
"""

from __future__ import annotations

import json
import lzma
import sys
from pathlib import Path
from typing import Any

DATA = Path(__file__).with_name("data")
SPECS = Path(__file__).parent.parent.parent / "specs"


def read(archive: str) -> dict[str, Any]:
    """Give the recorded configurations of an archive, by name."""
    return json.loads(lzma.decompress((DATA / f"{archive}.json.xz").read_bytes()))  # type: ignore[no-any-return]


def write(archive: str, models: dict[str, Any]) -> None:
    text = json.dumps(without_code(models), separators=(",", ":"))
    (DATA / f"{archive}.json.xz").write_bytes(lzma.compress(text.encode(), preset=9))


def without_code(value: Any) -> Any:
    """Leave out the bytecode of functions, which names the folders it was compiled in."""
    if isinstance(value, dict):
        is_code = value.get("class_name") == "__lambda__"
        return {
            k: {"code": "", "defaults": None} if is_code and k == "config" else without_code(v)
            for k, v in value.items()
        }
    return [without_code(item) for item in value] if isinstance(value, list) else value


def record_applications() -> dict[str, Any]:
    import keras
    from keras.src.backend.common.stateless_scope import StatelessScope

    from netdsl.catalog.signature import names

    found = {}
    for name in names("application"):
        keras.backend.clear_session()
        with StatelessScope():
            found[name] = json.loads(getattr(keras.applications, name)(weights=None).to_json())
        print(name, flush=True)
    return found


def record_specs(*stems: str) -> dict[str, Any]:
    import keras
    from keras.src.backend.common.stateless_scope import StatelessScope

    import netdsl

    found = read("specs") if stems else {}
    for path in sorted(SPECS.glob("*.net")):
        if stems and path.stem not in stems:
            continue
        keras.backend.clear_session()
        with StatelessScope():
            model = _generated(netdsl.compile_file(path))
        found[path.stem] = json.loads(model.to_json())
        print(path.stem, flush=True)
    return found


def record_hand_written() -> dict[str, Any]:
    import keras

    from netdsl.importer.vocabularies import add_live_vocabularies
    from tests.importer.hand_written import MODELS

    found = {}
    for function in MODELS:
        keras.backend.clear_session()
        model = function()
        found[function.__name__] = json.loads(model.to_json())
        add_live_vocabularies(found[function.__name__], model)  # which are beside the JSON
    return found


def _generated(compiled: Any) -> Any:
    """Run the generated code; no weights are made, so that a large model is quick."""
    from netdsl.emit.declarations import model_functions

    namespace: dict[str, Any] = {"__name__": "generated"}
    exec(compiled.emit("keras"), namespace)
    return namespace[model_functions(compiled.unit)[compiled.models[-1]]]()


ARCHIVES = {
    "applications": record_applications,
    "specs": record_specs,
    "hand_written": record_hand_written,
}


def main() -> None:
    archive, *stems = sys.argv[1:] or [""]
    if stems:
        write(archive, record_specs(*stems))
    else:
        for name in [archive] if archive else ARCHIVES:
            write(name, ARCHIVES[name]())


if __name__ == "__main__":
    main()
