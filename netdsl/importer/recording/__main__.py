"""Writes the patterns of the library beside the importer: `python -m netdsl.importer.recording`."""

from __future__ import annotations

from netdsl.importer.recording.writing import recorded
from netdsl.importer.std import RECORDED

if __name__ == "__main__":
    RECORDED.write_text(recorded(), "utf-8")
