"""Taking a spec home: its text, or the part of it that one of its models needs, and the files that it imports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from netdsl.diagnostics.sink import Diagnostics
from netdsl.format.printer import format_source
from netdsl.source import SourceFile
from netdsl.syntax import tree
from netdsl.syntax.parse import parse
from netdsl.syntax.walk import free_names, walk


def copied(path: Path, model: str | None) -> tuple[str, dict[str, str]]:
    """Give the text of a spec, cut down to what a model needs where one is named, and the files it imports by name."""
    module = _read(path)
    text = module.file.text if model is None else part_for(module, {model})
    files: dict[str, str] = {}
    pending = [*imports_of(_parsed(text, path.name))]
    while pending:
        name = pending.pop()
        if name not in files:
            files[name] = (path.parent / name).read_text("utf-8")
            pending.extend(imports_of(_parsed(files[name], name)))
    return text, files


def imports_of(module: tree.Module) -> Iterator[str]:
    """Give the files that a spec imports, by the names that it writes; the library is none of them."""
    for statement in module.statements:
        if isinstance(statement, tree.Import) and statement.path is not None:
            yield statement.path


def _read(path: Path) -> tree.Module:
    return _parsed(path.read_text("utf-8"), path.name)


def _parsed(text: str, name: str) -> tree.Module:
    return parse(SourceFile(name, text), Diagnostics())


def part_for(module: tree.Module, names: set[str]) -> str:
    """Write what is left of a spec if nothing but some of its names is wanted, and what these are made of."""
    needed = needed_names(module, names)
    kept = [s for s in module.statements if _is_kept(s, needed, module)]
    written = {n.id for s in kept for n in walk(s) if isinstance(n, tree.Name)}
    text, end = module.file.text, _header_end(module)
    parts, is_apart = [text[:end]], False
    for statement in module.statements:
        gap = text[end : statement.span.start]
        end = statement.span.end
        is_apart = is_apart or "\n\n" in gap
        if isinstance(statement, tree.Defaults):
            is_kept = not written.isdisjoint(layer.id for layer in statement.layers)
        else:
            is_kept = statement in kept
        if is_kept:
            lead = "\n" if is_apart and "\n\n" not in gap else ""
            parts += [lead, gap, _imported(statement, needed) or statement.span.text]
            is_apart = False
    return format_source(SourceFile(module.file.name, "".join(parts).rstrip() + "\n"))


def needed_names(module: tree.Module, names: set[str]) -> set[str]:
    """Give the top-level names that some of them are made of, themselves among them."""
    declared = {name: s for s in module.statements for name in declared_by(s)}
    needed: set[str] = set()
    pending = [*names]
    while pending:
        name = pending.pop()
        statement = declared.get(name)
        if statement is not None and name not in needed:
            needed.add(name)
            if not isinstance(statement, tree.Import):
                pending.extend(free_names(statement))
    return needed


def declared_by(statement: tree.Node) -> tuple[str, ...]:
    """Give the names that a statement of the top level declares."""
    if isinstance(statement, tree.Import):
        return tuple(imported.alias or imported.name for imported in statement.names)
    name = getattr(statement, "name", None)
    return () if name is None else (name,)


def _is_kept(statement: tree.Node, needed: set[str], module: tree.Module) -> bool:
    match statement:
        case tree.Train():
            return statement.model in needed
        case tree.Assert():
            own = {name for s in module.statements for name in declared_by(s)}
            return own & free_names(statement).keys() <= needed
        case _:
            return bool(needed.intersection(declared_by(statement)))


def _imported(statement: tree.Node, needed: set[str]) -> str | None:
    """Write an import with the names that are needed."""
    if not isinstance(statement, tree.Import):
        return None
    kept = [n.span.text for n in statement.names if (n.alias or n.name) in needed]
    head = statement.span.text.partition(" import ")[0]
    return f"{head} import {', '.join(kept)}"


def _header_end(module: tree.Module) -> int:
    """Give where the docstring ends, and the comments that stand right under it, or allow something in the file."""
    text, start = module.file.text, min((s.span.start for s in module.statements), default=0)
    closing = text.rfind('"""', 0, start)
    end = closing + 3 if closing >= 0 else 0
    end = max(end, text.rfind("\n# netdsl: allow", end, start))
    blank = text.find("\n\n", end, start)
    return blank if blank >= 0 else end
