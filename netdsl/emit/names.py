"""Scopes: what each name of the spec is called in Python, and what it stands for, while a function is written."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import field

from netdsl.emit.kinds import Kind, Piece
from netdsl.emit.python.spelling import unique
from netdsl.record import mutable, record
from netdsl.syntax import tree


@record
class DefaultSet:
    """The `defaults` of one scope and the scope that their values are written in."""

    arguments: Mapping[str, tuple[tree.Argument, ...]]
    scope: Scope


@mutable
class Loop:
    """A loop of the spec being written: its turn's number is asked for where a name needs it."""

    node: tree.Node
    index: ast.expr
    used: bool = False


@mutable
class Scope:
    """A scope of the spec. `arriving` is what `_` stands for in it; the `outermost` one is a function's."""

    parent: Scope | None = None
    bindings: dict[str, Piece] = field(default_factory=dict)
    arriving: Piece | None = None
    defaults: tuple[DefaultSet, ...] = ()
    loop: Loop | None = None
    outermost: bool = False

    def inner(self, bindings: dict[str, Piece] | None = None, loop: Loop | None = None) -> Scope:
        return Scope(self, bindings or {}, self.arriving, self.defaults, loop)

    def lookup(self, identifier: str) -> Piece | None:
        scope: Scope | None = self
        while scope is not None:
            if identifier in scope.bindings:
                return scope.bindings[identifier]
            scope = scope.parent
        return None

    def holders(self, identifier: str) -> list[tuple[Scope, bool]]:
        """Give the scopes of the function that have a variable for a name, innermost first.

        With each goes whether a loop lies between: what is named here is one of several things there.
        """
        found: list[tuple[Scope, bool]] = []
        scope: Scope | None = self
        is_repeated = False
        while scope is not None:
            if identifier in scope.bindings:
                found.append((scope, is_repeated))
            is_repeated |= scope.loop is not None
            scope = None if scope.outermost else scope.parent
        return found

    @property
    def function(self) -> Scope:
        """Give the scope of the function."""
        scope = self
        while not scope.outermost and scope.parent is not None:
            scope = scope.parent
        return scope

    def learn(self, identifier: str, kind: Kind) -> None:
        """Note what a name turned out to be."""
        scope: Scope | None = self
        while scope is not None and identifier not in scope.bindings:
            scope = scope.parent
        if scope is not None:
            scope.bindings[identifier] = Piece(scope.bindings[identifier].code, kind)

    def index_of(self, node: tree.Node) -> ast.expr | None:
        """Give the number of a loop's turn, and note that it is needed."""
        scope: Scope | None = self
        while scope is not None:
            if scope.loop is not None and scope.loop.node is node:
                scope.loop.used = True
                return scope.loop.index
            scope = scope.parent
        return None

    @property
    def in_loop(self) -> bool:
        scope: Scope | None = self
        while scope is not None:
            if scope.loop is not None:
                return True
            scope = scope.parent
        return False


class Locals:
    """The Python names taken in one function. Names of loops are given back when the loop is written."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._log: list[str] = []

    def __contains__(self, identifier: object) -> bool:
        return identifier in self._taken

    @property
    def mark(self) -> int:
        """Give the moment, for `since`."""
        return len(self._log)

    def since(self, mark: int) -> set[str]:
        """Give the names that were taken since a moment and not given back."""
        return self._taken.intersection(self._log[mark:])

    def all(self) -> set[str]:
        """Give the names that are taken now."""
        return set(self._taken)

    def take(self, base: str, endings: Iterable[str] = ("_",)) -> str:
        """Give a name that nothing has, and keep it."""
        spelled = unique(base, self._taken, endings)
        self._add(spelled)
        return spelled

    def take_new(self, base: str, endings: Iterable[str] = ()) -> str:
        """Give a name that nothing has or had, and keep it: for what functions inside read at any time."""
        spelled = unique(base, self._taken.union(self._log), endings)
        self._add(spelled)
        return spelled

    def first_free(self, candidates: Iterable[str]) -> str:
        """Give the first candidate that is free, and keep it."""
        candidate = ""
        for candidate in candidates:
            if candidate not in self._taken:
                self._add(candidate)
                return candidate
        return self.take(candidate, ())

    def reserve(self, identifier: str) -> bool:
        """Keep a name that the caller picked; tells whether it was free."""
        was_free = identifier not in self._taken
        if was_free:
            self._add(identifier)
        return was_free

    def _add(self, identifier: str) -> None:
        self._taken.add(identifier)
        self._log.append(identifier)

    def release(self, *identifiers: str) -> None:
        self._taken.difference_update(identifiers)
