"""Which of several processes runs which tests: those of a file together, and with them those that share its work."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).resolve().parents[1]

#: What a file asks of the shipped specs as they are compiled once.
OF_THE_ZOO = re.compile(r"^from tests\.zoo\.specs import [^#]*?\b(made|spec)\b", re.MULTILINE)


@cache
def text_of(file: str) -> str:
    return (ROOT / file).read_text("utf-8")


@cache
def asks_keras(file: str) -> bool:
    return file.startswith("tests/keras/") or "mark.keras" in text_of(file)


@cache
def group_of(file: str) -> str:
    """Name the tests that one process runs: what compiles the shipped specs does so in one, and is else by file."""
    return "zoo" if not asks_keras(file) and OF_THE_ZOO.search(text_of(file)) else file


class Places(list[str]):
    """The tests in their order, and the place of each without a search."""

    def __init__(self, tests: list[str]) -> None:
        super().__init__(tests)
        self.places = {test: place for place, test in enumerate(tests)}

    def index(self, test: str, *_: Any) -> int:  # type: ignore[override]
        return self.places[test]


class ByGroup(LoadScopeScheduling):
    """Give groups of tests to processes: first those that ask Keras, which take long, then those of most tests."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0])

    def _rank(self, group: str) -> tuple[bool, int]:
        return group == "zoo" or not asks_keras(group), -len(self.workqueue[group])

    def _assign_work_unit(self, node: Any) -> None:
        self.workqueue.move_to_end(min(self.workqueue, key=self._rank), last=False)
        super()._assign_work_unit(node)

    def add_node_collection(self, node: Any, collection: Any) -> None:
        super().add_node_collection(node, collection)
        self.registered_collections[node] = Places(list(collection))

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        """Forget what is done: it would be counted again after each test."""
        test = self.registered_collections[node][item_index]
        groups, group = self.assigned_work[node], self._split_scope(test)
        del groups[group][test]
        if not groups[group]:
            del groups[group]
        self._reschedule(node)
