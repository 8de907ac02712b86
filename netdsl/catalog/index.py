"""Write `layers/index.json`, which layer stands in which file: `python -m netdsl.catalog.index`."""

from __future__ import annotations

import json

from netdsl.catalog import INDEX, kinds_by_file


def index_text() -> str:
    """Give the index as it should be, a file's layers on a line."""
    lines = [
        f"  {json.dumps(file)}: {json.dumps(names)}" for file, names in kinds_by_file().items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    INDEX.write_text(index_text(), encoding="utf-8")
