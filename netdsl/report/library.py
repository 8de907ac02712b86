"""Pages for the blocks and functions of the library that ships with netdsl, made from its `.net` files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from netdsl.diagnostics.sink import Diagnostics
from netdsl.resources import std_dir
from netdsl.source import SourceFile
from netdsl.syntax import tree

_DECLARED = re.compile(r"^(?:block|fn) (\w+)", re.MULTILINE)


@cache
def library_names() -> Mapping[str, str]:
    """Map each block and function to the module of the library that declares it."""
    return {
        name: path.stem
        for path in sorted(std_dir().glob("*.net"))
        for name in _DECLARED.findall(path.read_text("utf-8"))
    }


def blocks_of(module: str) -> list[str]:
    """Give the blocks of a module of the library, in order."""
    return [s.name for s in _module(module).statements if isinstance(s, tree.Block)]


def inputs_of(block: str) -> list[str]:
    """Give the names of what a block of the library takes."""
    return [written.name for written in _written(_declared(block))]


def library_modules() -> list[str]:
    """Give the modules of the library."""
    return sorted({*library_names().values()})


def introduction_to(module: str) -> str:
    """Give what a module of the library says of itself."""
    return (_module(module).docstring or "").strip()


def told(name: str) -> str:
    """Give how a block or a function of the library is called, and what it says of itself."""
    declared = _declared(name)
    parts = [f"```text\n{_call(declared)}\n```", *_docstring(declared), *_inputs(declared)]
    return "\n\n".join(parts)


def _declared(name: str) -> tree.Block | tree.Function:
    (declared,) = (
        s
        for s in _module(library_names()[name]).statements
        if isinstance(s, (tree.Block, tree.Function)) and s.name == name
    )
    return declared


def library_page(name: str) -> str:
    """Give the page of a block or a function, with the text that it has in the library."""
    module, declared = library_names()[name], _declared(name)
    what = "Block" if isinstance(declared, tree.Block) else "Function"
    parts = [f"# {name}", f"{what} of `std.{module}`: `from std.{module} import {name}`."]
    parts.append(f"```net\n{_call(declared)}\n```")
    parts += [*_docstring(declared), *_inputs(declared)]
    parts += ["## In the library", f"```net\n{declared.span.text}\n```"]
    return "\n\n".join(parts) + "\n"


@cache
def _module(name: str) -> tree.Module:
    from netdsl.syntax.parse import parse

    path = std_dir() / f"{name}.net"
    return parse(SourceFile(f"std/{name}.net", path.read_text("utf-8")), Diagnostics())


def _call(declared: tree.Block | tree.Function) -> str:
    written = ", ".join(parameter.span.text for parameter in declared.parameters)
    return f"{declared.name}({written})"


def _docstring(declared: tree.Block | tree.Function) -> Iterator[str]:
    body = declared.body if isinstance(declared, tree.Block) else None
    text = body.docstring if isinstance(body, tree.Body) else None
    if text:
        yield "\n".join(line.strip() for line in text.strip().splitlines())


def _inputs(declared: tree.Block | tree.Function) -> Iterator[str]:
    """Tell which tensors a block takes, where it is not one of any shape."""
    inputs = _written(declared)
    if len(inputs) > 1 or any(written.type is not None for written in inputs):
        listed = ", ".join(f"`{written.span.text.removeprefix('input ')}`" for written in inputs)
        yield f"- **Takes:** {listed}"


def _written(declared: tree.Block | tree.Function) -> list[tree.Input]:
    body = declared.body if isinstance(declared, tree.Block) else None
    statements = body.statements if isinstance(body, tree.Body) else ()
    return [statement for statement in statements if isinstance(statement, tree.Input)]
