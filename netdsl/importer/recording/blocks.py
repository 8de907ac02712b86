"""The blocks of the library that are looked for in models, as their files have them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache, cached_property
from hashlib import sha256

from netdsl.diagnostics.sink import Diagnostics
from netdsl.importer.network import Given
from netdsl.record import record
from netdsl.resources import std_dir
from netdsl.source import SourceFile
from netdsl.syntax import tree
from netdsl.syntax.parse import parse
from netdsl.syntax.walk import walk

#: The files of the library that are looked into, and blocks that say less than what they are made of, or a loop of it.
MODULES = ("vision", "attention", "mlp", "sequence", "detection", "tabular")
LEFT_OUT = ("shortcut", "stochastic_depth", "ceil_pool", "dense_block")


@record(eq=False)
class LibraryBlock:
    """A block of the library with the module that it is in."""

    module: str
    statement: tree.Block

    @property
    def name(self) -> str:
        return self.statement.name

    @property
    def inputs(self) -> list[str]:
        body = self.statement.body
        if not isinstance(body, tree.Body):
            return ["x"]
        return [s.name for s in body.statements if isinstance(s, tree.Input)]

    @property
    def parameters(self) -> Iterator[tuple[str, str, bool, Given]]:
        """Give of each parameter its name, its type, whether it is required, and its default where that is a value, or
        another parameter."""
        parameters = self.statement.parameters
        names = {parameter.name for parameter in parameters}
        for parameter in parameters:
            written = parameter.default
            is_other = isinstance(written, tree.Name) and written.id in names
            default = written.id if isinstance(written, tree.Name) and is_other else None
            about = parameter.name, parameter.type or "any", written is None
            yield *about, default if is_other else default_of(parameter)

    def is_required(self, name: str) -> bool:
        return next(p.default is None for p in self.statement.parameters if p.name == name)

    @cached_property
    def source(self) -> str:
        """The block with what it is made of, which is read faster than the whole file."""
        statements = _module(self.module).statements
        named = {s.name: s for s in statements if isinstance(s, tree.Block | tree.Function)}
        wanted, pending = {self.name}, [self.name]
        while pending:
            for node in walk(named[pending.pop()]):
                if isinstance(node, tree.Name) and node.id in named and node.id not in wanted:
                    wanted.add(node.id)
                    pending.append(node.id)
        return "\n".join(
            s.span.text
            for s in statements
            if isinstance(s, tree.Defaults) or getattr(s, "name", "") in wanted
        )


def library_blocks() -> Iterator[LibraryBlock]:
    """Give the blocks of the library, file by file."""
    for name in MODULES:
        for statement in _module(f"std.{name}").statements:
            if isinstance(statement, tree.Block) and statement.name not in LEFT_OUT:
                yield LibraryBlock(f"std.{name}", statement)


@cache
def library_block(module: str, name: str) -> LibraryBlock:
    """Give a block of the library by its name."""
    statements = _module(module).statements
    found = (s for s in statements if isinstance(s, tree.Block) and s.name == name)
    return LibraryBlock(module, next(found))


@cache
def _module(name: str) -> tree.Module:
    text = (std_dir() / f"{name.removeprefix('std.')}.net").read_text("utf-8")
    return parse(SourceFile(f"{name}.net", text), Diagnostics())


def origin() -> str:
    """Give what tells the text of the library apart from any other."""
    texts = [(std_dir() / f"{name}.net").read_bytes() for name in MODULES]
    return sha256(b"".join(texts)).hexdigest()[:16]


def default_of(parameter: tree.Parameter) -> Given:
    """Give the default where it is a value: a number, a name, a list of numbers."""
    text = "" if parameter.default is None else parameter.default.span.text
    if isinstance(parameter.default, tree.Name):
        return text if parameter.type in ("activation", "initializer") else None
    try:
        return json.loads(text.replace("True", "true").replace("False", "false").replace("_", ""))
    except ValueError:
        return None


__all__ = ["LibraryBlock", "default_of", "library_block", "library_blocks", "origin"]
