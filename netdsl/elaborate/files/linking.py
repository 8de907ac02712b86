"""Linking: a file and the files it imports become units whose top-level names are resolved.

`link` reads a file's imports through the loader it is given (so a test serves a dict and an editor unsaved
text), each file once, and reports what cannot be found. Imports may not form a cycle.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import field
from functools import cached_property, lru_cache
from typing import TypeAlias

from netdsl.diagnostics.diagnostic import Edit, Fix, Label
from netdsl.diagnostics.problems import names as problems
from netdsl.diagnostics.sink import Diagnostics
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate.files.loading import NoSuchSpec, reason_of
from netdsl.elaborate.files.std_blocks import std_blocks
from netdsl.record import mutable, record
from netdsl.resources import std_dir
from netdsl.source import SourceFile, Span
from netdsl.syntax import tree
from netdsl.syntax.parse import parse
from netdsl.syntax.tokens import Room, tokenize
from netdsl.syntax.walk import names_of_turns, turns, walk, written_names

#: Gives the text of a file by its path, or raises OSError / UnicodeDecodeError.
Loader: TypeAlias = Callable[[str], str]

Declaration: TypeAlias = (
    tree.Let
    | tree.Function
    | tree.Block
    | tree.Model
    | tree.SpecialisedModel
    | tree.ExternLayer
    | tree.ExternFn
    | tree.ExternObject
)

MAX_IMPORT_DEPTH = 50

# A near name is looked for among all of a file's so often: nobody reads a thousand suggestions.
_MOST_SOUGHT = 100

#: Packages of Python that people import from out of habit.
_PYTHON = ("keras", "tensorflow", "tf", "torch", "numpy", "tensorflow_addons", "__future__")


@record(eq=False)
class Symbol:
    """A top-level declaration and the unit that it was written in (where its own names are looked up)."""

    node: Declaration
    unit: Unit

    @property
    def name(self) -> str:
        return self.node.name


def declared(unit: Unit, name: str) -> tree.Node | None:
    """Give what a name of the top level is declared as; `model A = B(…)` as the model that has a body."""
    symbol = unit.names.get(name)
    followed: set[int] = set()
    while symbol is not None and isinstance(symbol.node, tree.SpecialisedModel):
        call = symbol.node.value
        base = call.function if isinstance(call, tree.Call) else call
        if id(symbol.node) in followed or not isinstance(base, tree.Name):
            return symbol.node
        followed.add(id(symbol.node))
        symbol = symbol.unit.names.get(base.id)
    return symbol.node if symbol is not None else None


@mutable
class Unit:
    """One file, linked: `names` are its own declarations and what it imports, by the name it uses."""

    file: SourceFile
    module: tree.Module
    names: dict[str, Symbol] = field(default_factory=dict)
    imported: dict[str, tree.ImportedName] = field(default_factory=dict)
    poisoned: set[str] = field(default_factory=set)  # imported names that could not be found
    is_library: bool = False
    sources: list[Unit] = field(default_factory=list)  # the units that it imports from
    meant: dict[tuple[int, int], set[str]] = field(
        default_factory=dict
    )  # the families that a name in several is taken for, by the place of its call
    is_broken: bool = False  # the parser left statements out, so declarations may be missing

    def may_have_lost(self, name: str) -> bool:
        """Tell whether a name that is bound nowhere may be bound in what the parser could not read."""
        if not self.is_broken:
            return False
        if name == "lambda":  # a function of Python, which is told of where it stands
            return True
        return self._may_have_lost_any or self._words[name.split(".")[0]] > 1

    def seems_misspelled(self, declared: str, used: str) -> bool:
        """Tell whether a declared name that nothing uses is most likely the one that is used and not declared."""
        times = self._words if self.is_broken else self._names_written
        return times[declared] == 1 and times[used] > 1

    @cached_property
    def _names_written(self) -> Counter[str]:
        return Counter(name for name, _ in written_names(self.module))

    @cached_property
    def _may_have_lost_any(self) -> bool:
        """Tell whether an import could not be read, or an input has no name: the text has more than the tree."""
        imports = sum(isinstance(s, tree.Import) for s in self.module.statements)
        if len(re.findall(r"^(?:from|import)\b", self.file.text, re.MULTILINE)) > imports:
            return True
        return bool(re.search(r"^[ \t]*input[ \t]*[:\[]", self.file.text, re.MULTILINE))

    @cached_property
    def loop_names(self) -> frozenset[str]:
        """The names that loops bind, anywhere in the file."""
        return frozenset(
            n for loop in walk(self.module) if turns(loop) for n in names_of_turns(loop)
        )

    @cached_property
    def _words(self) -> Counter[str]:
        """Count the words of a file that could not be read as a whole: what stands in no tree may bind or use them."""
        return Counter(re.findall(r"\w+", self.file.text))

    def all_modules(self) -> dict[SourceFile, tree.Module]:
        """Give the syntax trees of this file and of everything it imports."""
        return {unit.file: unit.module for unit in self._with_imports()}

    def library(self) -> frozenset[SourceFile]:
        """Give the files of the library that this one imports, or what it imports."""
        return frozenset(unit.file for unit in self._with_imports() if unit.is_library)

    def _with_imports(self) -> Iterable[Unit]:
        found: dict[SourceFile, Unit] = {}
        pending = [self]
        while pending:
            unit = pending.pop()
            if unit.file not in found:
                found[unit.file] = unit
                pending.extend(unit.sources)
        return found.values()


class Linker:
    """Reads files once each and links them."""

    def __init__(self, loader: Loader, diagnostics: Diagnostics) -> None:
        self._loader = loader
        self._diagnostics = diagnostics
        self._units: dict[str, Unit] = {}
        self._open: list[str] = []
        self._room = Room()
        self._sought = 0  # names that were not found

    def link(self, file: SourceFile, *, is_library: bool = False) -> Unit:
        unit = Unit(file, self._parsed(file, is_library), is_library=is_library)
        unit.is_broken = unit.module.lacks_statements
        self._units[file.name] = unit
        self._open.append(file.name)
        for statement in unit.module.statements:
            if isinstance(statement, tree.Import):
                self._import(unit, statement)
        for statement in unit.module.statements:
            if isinstance(statement, Declaration):
                self._declare(unit, statement)
        self._open.pop()
        return unit

    def _parsed(self, file: SourceFile, is_library: bool) -> tree.Module:
        if is_library:
            module, words = _parsed_library(file)
            if module is not None and self._room.take(words):
                return module
        return parse(file, self._diagnostics, self._room)

    def _declare(self, unit: Unit, node: Declaration) -> None:
        earlier = unit.names.get(node.name)
        if earlier is None:
            unit.names[node.name] = Symbol(node, unit)
            return
        place = earlier.node.name_span
        if node.name in unit.imported:
            place = unit.imported[node.name].span
        self._diagnostics.report(
            problems.NameBoundTwice.at(
                node.name_span,
                "bound again here",
                name=node.name,
                related=(Label(place, "first bound here"),),
                help=f"give one of the two another name than `{node.name}`",
            )
        )

    def _import(self, unit: Unit, statement: tree.Import) -> None:
        source = self._resolve(unit, statement)
        if source is not None:
            unit.sources.append(source)
        for imported in statement.names:
            name = imported.alias or imported.name
            if source is None or imported.name in source.poisoned:
                unit.poisoned.add(name)
            elif name in unit.names or name in unit.poisoned:
                self._diagnostics.report(
                    problems.NameBoundTwice.at(imported.span, "imported again here", name=name)
                )
            elif imported.name not in source.names:
                unit.poisoned.add(name)
                if not source.is_broken:
                    self._report_missing(imported, source)
            else:
                unit.names[name] = source.names[imported.name]
                unit.imported[name] = imported

    def _report_missing(self, imported: tree.ImportedName, source: Unit) -> None:
        self._sought += 1
        near = closest(imported.name, source.names) if self._sought <= _MOST_SOUGHT else None
        self._diagnostics.report(
            problems.UnknownImport.at(
                imported.span,
                f"`{source.file.name}` declares no `{imported.name}`",
                name=imported.name,
                help=f"did you mean `{near}`?" if near else _offer(source),
                fix=_renamed(imported, near) if near else None,
            )
        )

    def _resolve(self, unit: Unit, statement: tree.Import) -> Unit | None:
        if statement.module is not None:
            return self._resolve_std(statement)
        assert statement.path is not None
        path = posixpath.normpath(posixpath.join(posixpath.dirname(unit.file.name), statement.path))
        if unit.is_library:
            self._unreadable(statement, path, "the standard library imports only itself")
            return None
        problem = _refused_path(statement.path)
        if problem:
            self._unreadable(statement, statement.path, problem)
            return None
        return self._load(statement, path, lambda: self._loader(path), is_library=False)

    def _resolve_std(self, statement: tree.Import) -> Unit | None:
        assert statement.module is not None
        head, _, rest = statement.module.partition(".")
        known = sorted(p.stem for p in std_dir().glob("*.net"))
        if head != "std" or rest not in known:
            near = closest(rest or head, known)
            if head in _PYTHON:
                self._report_python(statement, head)
                return None
            if statement.module == "std" and statement.names:
                near = std_blocks().get(statement.names[0].name) or near
            self._diagnostics.report(
                problems.UnknownModule.at(
                    statement.source_span,
                    "the library that ships with netdsl has "
                    + ", ".join(f"`std.{k}`" for k in known),
                    name=statement.module,
                    help=f"did you mean `std.{near}`?"
                    if near
                    else _where_from(head, statement.module),
                    fix=Fix((Edit(statement.source_span, f"std.{near}"),), safe=True)
                    if near
                    else None,
                )
            )
            return None
        path = std_dir() / f"{rest}.net"
        return self._load(
            statement, f"std/{rest}.net", lambda: path.read_text("utf-8"), is_library=True
        )

    def _report_python(self, statement: tree.Import, head: str) -> None:
        """`from keras.layers import Dense`: the names of Keras need no import."""
        from netdsl.syntax.wrong_statements import whole_line

        self._diagnostics.report(
            problems.UnknownModule.at(
                statement.source_span,
                f"`{head}` is a package of Python",
                name=statement.module,
                help="leave the import out: the names of Keras are known",
                fix=whole_line(statement.span),
            )
        )

    def _load(
        self, statement: tree.Import, path: str, read: Callable[[], str], *, is_library: bool
    ) -> Unit | None:
        if path in self._open:
            chain = " -> ".join([*self._open[self._open.index(path) :], path])
            help = "move what both need into a third file, and import it from both"
            self._diagnostics.report(
                problems.ImportCycle.at(statement.source_span, chain, name=path, help=help)
            )
            return None
        if path in self._units:
            return self._units[path]
        if len(self._open) >= MAX_IMPORT_DEPTH:
            self._unreadable(statement, path, f"imports nest deeper than {MAX_IMPORT_DEPTH} files")
            return None
        try:
            text = read()
        except UnicodeDecodeError:
            self._unreadable(statement, path, "it is not UTF-8 text")
            return None
        except NoSuchSpec as error:
            self._unreadable(statement, path, reason_of(error), error.near)
            return None
        except (OSError, ValueError) as error:
            self._unreadable(statement, path, reason_of(error))
            return None
        file = _library_file(path, text) if is_library else SourceFile(path, text)
        return self.link(file, is_library=is_library)

    def _unreadable(
        self, statement: tree.Import, path: str, reason: str, near: str | None = None
    ) -> None:
        span = statement.source_span
        help, fix = f"the path is relative to the folder of `{span.file.name}`", None
        if near is not None:
            written = posixpath.relpath(near, posixpath.dirname(span.file.name) or ".")
            help, fix = (
                f'did you mean `"{written}"`?',
                Fix((Edit(span, f'"{written}"'),), safe=True),
            )
        elif path.endswith(".py"):
            module = path[:-3].replace("/", ".")
            help = f'declare what Python has: `extern fn name from "{module}"`, or `extern layer …`'
        elif not path.endswith(".net"):
            help = f'write its whole name: `"{path}.net"`'
            fix = Fix((Edit(span, f'"{path}.net"'),), safe=True)
        self._diagnostics.report(
            problems.UnreadableImport.at(span, reason, name=path, help=help, fix=fix)
        )


@lru_cache(maxsize=64)
def _library_file(path: str, text: str) -> SourceFile:
    return SourceFile(path, text)


@lru_cache(maxsize=64)
def _parsed_library(file: SourceFile) -> tuple[tree.Module | None, int]:
    """Parse a file of the library once for all specs that import it; give how many words it has besides.

    There is no tree to share where something in it is to be told.
    """
    diagnostics, room = Diagnostics(), Room()
    before = room.left
    module = parse(file, diagnostics, room)
    return None if diagnostics.sorted() else module, before - room.left


def _refused_path(path: str) -> str:
    if not path.endswith(".net"):
        return "an import names a `.net` file"
    if posixpath.isabs(path) or "\x00" in path:
        return "an import is relative to the file that holds it"
    return ""


def _renamed(imported: tree.ImportedName, near: str) -> Fix:
    """Take the name that the other file has, here and wherever this one uses it."""
    file, place = imported.span.file, imported.span
    if imported.alias is not None:
        return Fix((Edit(Span(file, place.start, place.start + len(imported.name)), near),), True)
    tokens = tokenize(file)
    same = [
        i
        for i, kind in enumerate(tokens.kinds)
        if kind == "NAME" and tokens.text(i) == imported.name
    ]
    return Fix(tuple(Edit(tokens.span(i), near) for i in same), safe=True)


def _offer(source: Unit) -> str:
    names = ", ".join(f"`{name}`" for name in list(source.names)[:8])
    return f"it declares {names}" if names else "it declares nothing"


def link(file: SourceFile, loader: Loader, diagnostics: Diagnostics) -> Unit:
    """Parse a file and everything it imports; always gives a unit, and reports what is missing."""
    return Linker(loader, diagnostics).link(file)


def _where_from(head: str, module: str) -> str:
    """Say what an import may name, where the name is none of the library."""
    file = 'import a file with quotes: `from "file.net" import …`'
    if head == "std":
        return file
    return f'{file}; declare what Python has: `extern fn name from "{module}"`, `extern layer …`'
