"""The rooms of the house: who may import whom, and that nothing on the way imports Keras."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TypeGuard

import networkx

from netdsl.catalog import layer_kinds

PACKAGE = Path(__file__).resolve().parent.parent / "netdsl"

#: From the front door to the cellar: a module may import its own level's room and any level below, by module prefix.
LEVELS: tuple[tuple[str, ...], ...] = (
    ("netdsl.__main__",),
    ("netdsl.cli", "netdsl.lsp"),
    ("netdsl.training", "netdsl.importer", "netdsl.running", "netdsl.zoo"),
    ("netdsl.compiler",),
    ("netdsl.building",),
    ("netdsl.emit", "netdsl.report", "netdsl.compare", "netdsl.picture"),
    ("netdsl.analyse", "netdsl.fixes"),
    ("netdsl.elaborate", "netdsl.format"),
    ("netdsl.graph",),
    ("netdsl.syntax",),
    ("netdsl.catalog",),
    ("netdsl.diagnostics",),
    (
        "netdsl.source",
        "netdsl.tensor",
        "netdsl.resources",
        "netdsl.stack",
        "netdsl.collector",
        "netdsl.version",
    ),
    ("netdsl.value",),
    ("netdsl.dimension", "netdsl.ending", "netdsl.extras"),
    ("netdsl.record", "netdsl.foreign", "netdsl.by_need", "netdsl.target"),
)

#: Only these may name Keras or TensorFlow in an import.
MAY_IMPORT_KERAS = (
    "netdsl.catalog.refresh",
    "netdsl.building",
    "netdsl.importer",
    "netdsl.training",
    "netdsl.running",
)


@cache
def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> tuple[Path, ...]:
    return tuple(sorted(p for p in PACKAGE.rglob("*.py") if "_data" not in p.parts))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(parsed(path)))


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Give what a module imports when it is loaded or later; imports for the type checker alone are left out."""
    return tuple(_imports(parsed(path)))


def _imports(tree: ast.Module) -> Iterator[str]:
    left: list[ast.AST] = [*tree.body]
    while left:
        node = left.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        for part in ("body", "orelse", "handlers", "finalbody", "cases"):
            left += getattr(node, part, ())


@cache
def level_of(module: str) -> int | None:
    for number, rooms in enumerate(LEVELS):
        if any(module == room or module.startswith(room + ".") for room in rooms):
            return number
    return None


def room_of(module: str, depth: int = 2) -> str:
    return ".".join(module.split(".")[:depth])


@cache
def edges() -> tuple[tuple[str, str], ...]:
    """Give every module with each thing that it imports."""
    return tuple((module_name(path), name) for path in modules() for name in imports(path))


def test_every_module_is_in_a_room() -> None:
    names = {module_name(path) for path in modules()} - {"netdsl"}
    assert len(names) > 100
    assert {name for name in names if level_of(name) is None} == set()


def test_a_room_imports_only_rooms_below_it() -> None:
    wrong = []
    for own, imported in edges():
        here, there = level_of(own), level_of(imported)
        if here is None or there is None or room_of(imported) == room_of(own):
            continue
        if there <= here:
            wrong.append(f"{own} imports {imported}, which is not below it")
    assert not wrong, "\n".join(wrong)


#: The floors of elaboration, from the roof down: a folder imports its own modules, and those of floors below.
COLUMN: tuple[tuple[str, ...], ...] = (
    ("elaborator",),
    ("interpreter",),
    ("expressions",),
    ("chains",),
    ("layers", "training"),
    ("arguments",),
    ("evaluate",),
    ("remedies",),
    ("scope",),
    ("plans", "files"),
)


#: The floors of emission, held in the same way.
EMISSION: tuple[tuple[str, ...], ...] = (
    ("flat", "structured"),
    ("module",),
    ("interpreter", "functions", "variants"),
    ("expressions", "stages", "bodies"),
    ("forks",),
    ("shared", "comparisons", "conditions", "loops", "weights"),
    ("uses", "applications", "operators"),
    ("calls", "parameters", "several"),
    ("arms",),
    ("layers", "pieces", "catalogue_names", "named", "temporaries"),
    ("writer",),
    ("making",),
    ("declarations",),
    (
        "opening",
        "names",
        "comments",
        "elaborated",
        "facts",
        "header",
        "presets",
        "reach",
        "registration",
        "training",
    ),
    ("program", "precision"),
    ("kinds", "arrays"),
    ("python",),
)


def upward(room: str, column: tuple[tuple[str, ...], ...]) -> Iterator[str]:
    """Give the imports within a room that do not lead down its floors."""
    floors = {name: number for number, names in enumerate(column) for name in names}
    for own, imported in edges():
        if not own.startswith(room + ".") or not imported.startswith(room + "."):
            continue
        here, there = (m.removeprefix(room + ".").partition(".")[0] for m in (own, imported))
        if here != there and floors[there] <= floors[here]:
            yield f"{own} imports {imported}, which is not below it"


def test_elaboration_imports_only_floors_below() -> None:
    assert list(upward("netdsl.elaborate", COLUMN)) == []


def test_emission_imports_only_floors_below() -> None:
    assert list(upward("netdsl.emit", EMISSION)) == []


def test_no_circle_of_imports_joins_modules() -> None:
    """Imports inside functions count, so that a circle cannot hide in them."""
    names = {module_name(path) for path in modules()}
    graph = networkx.DiGraph()
    for own, imported in edges():
        target = imported if imported in names else imported.rpartition(".")[0]
        if target in names and target != own:
            graph.add_edge(own, target)
    circles = [sorted(c) for c in networkx.strongly_connected_components(graph) if len(c) > 1]
    assert circles == []


def test_only_few_modules_may_import_keras() -> None:
    heavy = ("keras", "tensorflow", "jax", "torch", "numpy")
    wrong = [
        f"{own} imports {imported}"
        for own, imported in edges()
        if imported.split(".")[0] in heavy and not own.startswith(MAY_IMPORT_KERAS)
    ]
    assert not wrong, "\n".join(wrong)


def test_compiling_a_spec_leaves_keras_and_numpy_unimported() -> None:
    program = (
        "import sys, netdsl\n"
        "compiled = netdsl.compile_text('model M { input x: [4]  output y = x -> Dense(2) }')\n"
        "assert compiled.ok and compiled.source and compiled.flat_source and compiled.model().summary()\n"
        "heavy = {'keras', 'tensorflow', 'numpy', 'jax', 'torch'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_every_function_is_seen_whole() -> None:
    """A screen has some seventy lines; where a function needs more it does more than one thing."""
    long = [
        f"{module_name(path)}.{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for path in modules()
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= 70
    ]
    assert not long


def test_a_layer_is_known_by_its_roles_outside_the_catalogue() -> None:
    """`node.kind == "Conv2D"` would be a second place that knows what Conv2D is."""
    found = []
    for path in modules():
        if module_name(path).startswith("netdsl.catalog"):
            continue
        for node in nodes(path):
            if isinstance(node, ast.Compare) and _asks_kind(node.left):
                names = {c.value for c in ast.walk(node) if isinstance(c, ast.Constant)}
                found += [f"{path.name}:{node.lineno}"] if names & set(layer_kinds()) else []
    assert found == []


def _asks_kind(node: ast.expr) -> bool:
    asked = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return asked == "kind"


#: What a diagnostic says, by the names that hold it; and the ways in which a program would read it again.
_SAID = {"help", "help_", "label", "message", "title", "reason", "why"}
_READING = {
    *("count", "endswith", "find", "index", "lstrip", "partition", "removeprefix", "removesuffix"),
    *("replace", "rpartition", "rstrip", "split", "startswith", "strip"),
}


def test_no_decision_is_read_out_of_a_message() -> None:
    """`if error.help == "leave it out"` goes wrong where somebody words it better: the fact has a field of its own."""
    words_alone = (
        "netdsl.emit.",
        "netdsl.report.",
        "netdsl.cli.",
    )  # which lay out what others found
    found = [
        f"{module_name(path)}:{node.lineno}: {ast.unparse(node)}"
        for path in modules()
        if not module_name(path).startswith(words_alone)
        for node in nodes(path)
        if _reads_words(node)
    ]
    assert not found, "\n".join(found)


def _reads_words(node: ast.AST) -> TypeGuard[ast.expr]:
    match node:
        case ast.Compare(left, ops, others):
            is_identity = all(isinstance(op, ast.Is | ast.IsNot) for op in ops)
            return not is_identity and any(_is_said(side) for side in (left, *others))
        case ast.Call(ast.Attribute(value, method), asked):
            is_constant = isinstance(value, ast.Constant)  # a list of names: `"relu selu".split()`
            parts = asked if is_constant else [value, *asked]
            return method in _READING and any(_is_said(part) for part in parts)
    return False


def _is_said(node: ast.expr) -> bool:
    """Tell whether an expression is what a diagnostic says: by its name, or as a phrase."""
    match node:
        case ast.Constant(str(text)):
            return "`" in text or "…" in text or len(text.split()) > 1
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name in _SAID
    return False


#: How often `Any` may be named. What is left is a boundary (JSON, what Keras and Lark make, arguments of a rule) or has
#: a reason beside it: values of the language are `Value`, and what is only looked at is `object`.
MOST_ANY = 50


def test_any_stands_where_there_is_no_better_type() -> None:
    found = {module_name(path): _count_any(nodes(path)) for path in modules()}
    assert sum(found.values()) <= MOST_ANY, {name: count for name, count in found.items() if count}


def _count_any(module: Iterable[ast.AST]) -> int:
    """Count `Any` wherever a module names it, but for its import: annotations, aliases and casts."""
    return sum(isinstance(node, ast.Name) and node.id == "Any" for node in module)


def test_no_banner_divides_a_file() -> None:
    """`# -- names --` says that a file has two jobs, and then it is two files; or its functions tell by themselves."""
    banner = re.compile(r"^\s*# --+ .*--+$", re.MULTILINE)
    found = [module_name(path) for path in modules() if banner.search(path.read_text("utf-8"))]
    assert found == []
