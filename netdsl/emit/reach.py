"""Which blocks are frozen somewhere, which are part of a shared layer, and which outputs are read by their names."""

from __future__ import annotations

from collections.abc import Iterator

from netdsl.elaborate.files.linking import Symbol, Unit
from netdsl.elaborate.plans.naming import declares
from netdsl.syntax import tree
from netdsl.syntax.walk import free_names, walk


class Reach:
    """Looks through a file and what it imports; `frozen` and `shared` hold identities of syntax nodes, `read` names."""

    def __init__(self, unit: Unit) -> None:
        self.frozen: set[int] = set()
        self.shared: set[int] = set()
        self.read: set[str] = set()  # names that are read of what has several outputs
        for symbol in _reachable(unit):
            if isinstance(symbol.node, (tree.Block, tree.Model)):
                self._look_at(symbol)

    def _look_at(self, symbol: Symbol) -> None:
        node = symbol.node
        assert isinstance(node, (tree.Block, tree.Model))
        for part in walk(node):
            if isinstance(part, tree.Attribute):
                self.read.add(part.name)
            if isinstance(part, tree.LayerDecl):
                for target in _blocks_in(part.value, symbol.unit):
                    self._spread(target, self.shared)
                if isinstance(node, tree.Block) and any(
                    a.name == "trainable" for a in _arguments(part.value)
                ):
                    continue
            if isinstance(part, tree.Call) and isinstance(part.function, tree.Name):
                found = symbol.unit.names.get(part.function.id)
                frozen = any(a.name == "trainable" for a in part.arguments)
                if found is None or declares(found.node, "trainable"):
                    continue
                if frozen and isinstance(found.node, tree.Block):
                    self._spread(found, self.frozen)

    def _spread(self, symbol: Symbol, into: set[int]) -> None:
        """Add a block and every block that it uses."""
        pending = [symbol]
        while pending:
            current = pending.pop()
            if id(current.node) in into or not isinstance(current.node, tree.Block):
                continue
            into.add(id(current.node))
            pending.extend(_blocks_in(current.node.body, current.unit))


def _arguments(node: tree.Node) -> Iterator[tree.Argument]:
    return (part for part in walk(node) if isinstance(part, tree.Argument))


def _blocks_in(node: tree.Node, unit: Unit) -> list[Symbol]:
    symbols = (unit.names.get(name) for name in free_names(node))
    return [s for s in symbols if s is not None and isinstance(s.node, tree.Block)]


def _reachable(unit: Unit) -> list[Symbol]:
    """Give the file's own declarations and all that they lead to."""
    pending = list(unit.names.values())
    seen: dict[int, Symbol] = {}
    while pending:
        symbol = pending.pop()
        if id(symbol.node) in seen:
            continue
        seen[id(symbol.node)] = symbol
        for name in free_names(symbol.node):
            other = symbol.unit.names.get(name)
            if other is not None:
                pending.append(other)
    return list(seen.values())
