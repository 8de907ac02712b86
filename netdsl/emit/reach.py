"""Which blocks are frozen or part of a shared layer, which outputs are read by name, and which lists are kept."""

from __future__ import annotations

from collections.abc import Iterator

from netdsl.elaborate.files.linking import Symbol, Unit
from netdsl.elaborate.plans.naming import declares
from netdsl.emit.python.simplify import TAKES_ITERATOR
from netdsl.syntax import tree
from netdsl.syntax.walk import free_names, walk


class Reach:
    """Looks through a file and what it imports; `frozen` and `shared` hold identities of syntax nodes, `read` names."""

    def __init__(self, unit: Unit) -> None:
        self.frozen: set[int] = set()
        self.shared: set[int] = set()
        self.read: set[str] = set()  # names that are read of what has several outputs
        self.kept: set[int] = set()  # functions of which more is asked than to be gone through
        for symbol in _reachable(unit):
            if isinstance(symbol.node, (tree.Block, tree.Model)):
                self._look_at(symbol)
            self._look_for_lists(symbol)

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

    def _look_for_lists(self, symbol: Symbol) -> None:
        """Note the functions over values of which a list is asked somewhere, or that are handed on."""
        gone_through: set[int] = set()
        for part in walk(symbol.node):
            if isinstance(part, (tree.Clause, tree.For)):
                gone_through.add(id(part.iterable))
            elif isinstance(part, tree.Call) and isinstance(part.function, tree.Name):
                if part.function.id in TAKES_ITERATOR and part.function.id not in symbol.unit.names:
                    gone_through.update(id(argument.value) for argument in part.arguments)
                if id(part) in gone_through:
                    gone_through.add(id(part.function))
            elif isinstance(part, tree.Name) and id(part) not in gone_through:
                found = symbol.unit.names.get(part.id)
                if found is not None and isinstance(found.node, tree.Function):
                    self.kept.add(id(found.node))

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
