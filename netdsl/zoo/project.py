"""A new project: a spec of the zoo, its module, a test, hooks, and a `train` block with something to try it on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from netdsl.analyse.advice.ends import end_of
from netdsl.catalog.signature import names
from netdsl.compiler import Compiled, compile_source
from netdsl.format.printer import format_source
from netdsl.graph import Graph
from netdsl.resources import resource_dir
from netdsl.source import SourceFile
from netdsl.value import Document
from netdsl.zoo.copying import copied
from netdsl.zoo.entries import Entry

#: The kinds of pictures that `make_pictures.py` makes.
KINDS = 3


def project(name: str, entry: Entry, model: str | None) -> dict[str, str]:
    """Give the files of a project, by their names in its folder; a classifier of pictures gets a `train` block."""
    module = module_name(name)
    spec, files = copied(entry.path, model)
    compiled = _compiled(module, spec, files)
    model = compiled.models[-1]
    facts: Document = {
        "name": name,
        "module": module,
        "title": entry.title,
        "paper": entry.paper,
        "model": model,
        "classes": KINDS,
        "application": model if model in names("application") else "",
        **_pictures(compiled.graphs[model]),
    }
    facts["pictures"] = facts["pictures"] and not compiled.experiments
    if facts["pictures"]:
        spec = format_source(SourceFile(f"{module}.net", spec + _written("train.net", facts)))
        compiled = _compiled(module, spec, files)
        files["make_pictures.py"] = _written("make_pictures.py", facts)
    facts["trains"] = bool(compiled.experiments)
    return {
        f"{module}.net": spec,
        f"{module}.py": compiled.source,
        f"test_{module}.py": _written("test.py", facts),
        "pyproject.toml": _written("pyproject.toml", facts),
        ".pre-commit-config.yaml": _written("pre-commit-config.yaml", facts),
        ".gitignore": _written("gitignore", facts),
        "README.md": _written("README.md", facts),
        **files,
    }


def module_name(name: str) -> str:
    """Give the name that Python may import a project's module by."""
    plain = re.sub(r"\W", "_", name.lower(), flags=re.ASCII)
    return f"net_{plain}" if not plain[:1].isalpha() else plain


def _compiled(module: str, spec: str, files: Mapping[str, str]) -> Compiled:
    return compile_source(SourceFile(f"{module}.net", spec), files.__getitem__)


def _pictures(graph: Graph) -> Document:
    """Tell whether a network tells pictures of a fixed size apart by a parameter `classes`, and what size they have."""
    first = graph.nodes[graph.inputs[0]].flat_outputs[0].shape
    sized = len(first) == 4 and all(isinstance(size, int) for size in first[1:])
    is_one = (
        len(graph.inputs) == 1 and len(graph.outputs) == 1 and "classes" in graph.hyperparameters
    )
    if not (sized and is_one and first[3] in (1, 3)):
        return {"pictures": False}
    (output,) = graph.outputs.values()
    tells = end_of(graph, output).activation == "softmax" and graph.spec(output).rank == 2
    return {"pictures": tells, "height": first[1], "width": first[2], "channels": first[3]}


def _written(template: str, facts: Document) -> str:
    return _environment().get_template(f"{template}.jinja").render(**facts)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(resource_dir("templates") / "project"),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
