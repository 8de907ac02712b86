"""A new project: a spec of the zoo, its module, a test, hooks, and a `train` block with something to try it on.

Networks that tell pictures apart learn from a folder of pictures, whose pixels go from 0 to 255: what does not scale
them itself gets a stage behind its input. What another network learns has a folder of its own,
`templates/project/tasks/NAME`: `train.net` goes below the spec, and the others, a script that makes data among them,
into the project.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from netdsl.analyse.advice.ends import end_of
from netdsl.catalog.signature import names
from netdsl.compiler import Compiled, compile_source
from netdsl.emit.python.code import literal
from netdsl.format.printer import format_source
from netdsl.graph import Graph
from netdsl.resources import resource_dir
from netdsl.source import SourceFile
from netdsl.value import Document
from netdsl.zoo.copying import copied
from netdsl.zoo.entries import Entry
from netdsl.zoo.pixels import with_pixels_scaled

#: The kinds of pictures that `make_pictures.py` makes.
KINDS = 3

#: What networks learn that do not just tell pictures apart.
TASKS = resource_dir("templates") / "project" / "tasks"

_PICTURE = re.compile(r"\[\d+, \d+, [13]\]")

#: The loop that trains two models of a file against one another: for a project that has both.
AGAINST = "adversarial.py"


def project(name: str, entry: Entry, model: str | None) -> dict[str, str]:
    """Give the files of a project, by their names in its folder, with a `train` block wherever something is learned.

    Of a family the first model is trained.
    """
    module = module_name(name)
    spec, files = copied(entry.path, model)
    figures = next(m for m in entry.listed if model in (None, m.name))
    model = figures.name
    facts: Document = {
        "name": name,
        "module": module,
        "title": entry.title,
        "paper": entry.paper,
        "model": model,
        "base": figures.base or model,
        "classes": KINDS,
        "application": model if model in names("application") else "",
    }
    task = _task(spec, files, facts)
    if "make_pictures.py" in task:
        spec = with_pixels_scaled(_compiled(module, spec, files), model, facts["base"])
    if task:
        spec = format_source(SourceFile(f"{module}.net", spec + task.pop("train.net")))
    compiled = _compiled(module, spec, files)
    if len(compiled.models) == 1:
        task.pop(AGAINST, None)
    return {
        f"{module}.net": spec,
        f"{module}.py": compiled.source,
        **_around(module, compiled, facts, task),
        **files,
        **task,
    }


def learned_from(entry: Entry, model: str) -> str:
    """Tell what a project with a model learns from: "its own data", "data" that is made, "pictures", or "nothing"."""
    if re.search(r"^train ", entry.path.read_text("utf-8"), re.MULTILINE):
        return "its own data"
    figures = next(m for m in entry.models if m.name == model)
    if (TASKS / (figures.base or model)).is_dir():
        return "data"
    return "pictures" if _PICTURE.fullmatch(figures.inputs[0]) else "nothing"


def _around(
    module: str, compiled: Compiled, facts: Document, task: Iterable[str]
) -> dict[str, str]:
    """Give the files that every project has beside its spec, module and what its task brings."""
    trained = compiled.experiments[-1] if compiled.experiments else None
    makes = [file for file in task if file.startswith("make_")]
    facts = facts | {"makes": makes, "against": AGAINST in task}
    facts = facts | {"pictures": "make_pictures.py" in makes, "own_losses": "losses.py" in task}
    facts = facts | {"trains": trained is not None, "sizes": {}, "learns": True, "given": ""}
    facts["told_of_weights"] = _is_told_of_weights(compiled, facts["model"])
    if trained is None:
        facts["learns"] = compiled.model(facts["model"]).totals["trainable_parameters"] > 0
    else:
        facts["model"] = trained.model
        own = (h for h in trained.hyperparameters if h.is_of_block and h.reaches_model)
        facts["sizes"] = {h.name: h.value for h in own}
        if trained.data is not None:
            facts["given"] = trained.data.arguments.get("path", "")
    return {
        f"test_{module}.py": _written("test.py", facts),
        "pyproject.toml": _written("pyproject.toml", facts),
        ".pre-commit-config.yaml": _written("pre-commit-config.yaml", facts),
        ".gitignore": _written("gitignore", facts),
        "README.md": _written("README.md", facts),
    }


def _task(spec: str, files: Mapping[str, str], facts: Document) -> dict[str, str]:
    """Give what is learned: a `train` block for the end of the spec, and files that go with it; {} for nothing."""
    folder = TASKS / facts["base"]
    if folder.is_dir():
        stems = sorted(path.name.removesuffix(".jinja") for path in folder.iterdir())
        return {stem: _written(f"tasks/{facts['base']}/{stem}", facts) for stem in stems}
    compiled = _compiled(facts["module"], spec, files)
    pictures = None if compiled.experiments else _pictures(compiled.graphs[facts["model"]])
    if pictures is None:
        return {}
    facts = facts | pictures | {"told_of_weights": _is_told_of_weights(compiled, facts["model"])}
    return {f: _written(f, facts) for f in ("train.net", "make_pictures.py")}


def _is_told_of_weights(compiled: Compiled, model: str) -> bool:
    """Tell whether a parameter `pretrained` says that the weights are those that Keras learned."""
    return "pretrained" in compiled.graphs[model].hyperparameters


def module_name(name: str) -> str:
    """Give the name that Python may import a project's module by."""
    plain = re.sub(r"\W", "_", name.lower(), flags=re.ASCII)
    return f"net_{plain}" if not plain[:1].isalpha() else plain


def _compiled(module: str, spec: str, files: Mapping[str, str]) -> Compiled:
    return compile_source(SourceFile(f"{module}.net", spec), files.__getitem__)


def _pictures(graph: Graph) -> Document | None:
    """Give the size of the pictures that a network tells apart by a parameter `classes`; None where it does not."""
    first = graph.nodes[graph.inputs[0]].flat_outputs[0].shape
    sized = len(first) == 4 and all(isinstance(size, int) for size in first[1:])
    is_one = (
        len(graph.inputs) == 1 and len(graph.outputs) == 1 and "classes" in graph.hyperparameters
    )
    if not (sized and is_one and first[3] in (1, 3)):
        return None
    (output,) = graph.outputs.values()
    if end_of(graph, output).activation != "softmax" or graph.spec(output).rank != 2:
        return None
    return {"height": first[1], "width": first[2], "channels": first[3]}


def _written(template: str, facts: Document) -> str:
    return _environment().get_template(f"{template}.jinja").render(**facts)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(resource_dir("templates") / "project"),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["pythonic"] = lambda value: ast.unparse(literal(value)).replace("'", '"')
    return environment
