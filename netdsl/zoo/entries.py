"""What is known of each shipped spec: what its docstring says, and the figures that are recorded of its models.

A docstring begins with the name of the network, and its second paragraph cites the paper and names the task:

    He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, 2015, arXiv:1512.03385.
    Task: image classification.

Figures are worked out by a compile, which takes a while for all; `specs/figures.json` keeps them, and a test holds it
against the specs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from netdsl.diagnostics.suggest import closest
from netdsl.record import record
from netdsl.resources import resource_dir
from netdsl.value import Document

FIGURES = "figures.json"

_DOCSTRING = re.compile(r'\s*"""(.*?)"""', re.DOTALL)
_TASK = re.compile(r"\nTask: (.+?)\.?$", re.MULTILINE)
_YEAR = re.compile(r", ((?:18|19|20)\d\d)(?:, (.+?))?\.?$")
_MANY_AUTHORS = re.compile(r"([^,:]{1,30}), (?:[^,:]{1,30}, )*[^,:]{1,30} and [^,:]{1,30}, ")
_TWO_AUTHORS = re.compile(r"([^,:]{1,30}? and [^,:]{1,30}), ")
_IMPORTED = re.compile(r'^from "([^"]+)"', re.MULTILINE)

#: Words that people look for, and words of tasks that they mean by them.
AREAS: Mapping[str, tuple[str, ...]] = {
    "vision": (
        "image",
        "detection",
        "segmentation",
        "video",
        "text recognition",
        "denoising",
        "metric learning",
    ),
    "text": ("language model", "translation"),
    "nlp": ("text classification", "language model", "translation"),
    "generative": ("generation", "language model"),
    "detection": ("edge detection",),
}


@record
class Figures:
    """One model of a spec in numbers; `macs` is None where it has no fixed size, `base` what it is another size of."""

    name: str
    parameters: int
    macs: int | None
    inputs: tuple[str, ...]
    base: str | None


@record
class Entry:
    """A spec: the file's name without its ending, what its docstring says, and its models."""

    stem: str
    path: Path
    title: str
    paper: str
    task: str
    prose: str
    models: tuple[Figures, ...]

    @property
    def year(self) -> int:
        found = _YEAR.search(self.paper)
        return int(found.group(1)) if found else 0

    @property
    def cited(self) -> str:
        """The paper in few words: `He et al., arXiv:1512.03385`."""
        found = _YEAR.search(self.paper)
        reference = found.group(2) if found else None
        return ", ".join(part for part in (_authors(self.paper), reference) if part)

    @property
    def listed(self) -> tuple[Figures, ...]:
        """The models without those that stand for a family, where one of its sizes is the same."""
        sizes = {(m.base, m.parameters, m.macs, m.inputs) for m in self.models if m.base}
        return tuple(
            m for m in self.models if (m.name, m.parameters, m.macs, m.inputs) not in sizes
        )

    def speaks_of(self, word: str) -> bool:
        """Tell whether a word, in any case, is one that somebody might look this spec up by."""
        names = " ".join([self.stem, self.title, *(model.name for model in self.models)])
        text = f"{names} {self.paper} {self.task} {self.prose}".lower()
        meant = AREAS.get(word.lower(), ())
        # An area is a whole word: who looks for `text` does not mean a textbook.
        own = rf"\b{re.escape(word.lower())}" + (r"\b" if meant else "")
        is_named = bool(_plain(word)) and _plain(word) in _plain(names)
        does_it = any(task in self.task for task in meant)
        return is_named or does_it or re.search(own, text) is not None


def _authors(paper: str) -> str:
    many = _MANY_AUTHORS.match(paper)
    if many:
        return f"{many.group(1)} et al."
    two = _TWO_AUTHORS.match(paper)
    return two.group(1) if two else paper.partition(",")[0]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


@cache
def entries() -> tuple[Entry, ...]:
    """Give the shipped specs, by year; those that are one model of another file, by itself, are left out."""
    folder = resource_dir("specs")
    figures: Document = json.loads((folder / FIGURES).read_text("utf-8"))
    found = [_entry(path, figures.get(path.stem, {})) for path in sorted(folder.glob("*.net"))]
    models = {entry.stem: {model.name for model in entry.models} for entry in found}
    return tuple(
        sorted(
            (e for e in found if not _is_part(e, models)),
            key=lambda e: (e.year, e.title.lower()),
        )
    )


def _is_part(entry: Entry, models: Mapping[str, set[str]]) -> bool:
    """Tell whether a spec only gives a model of another one by itself."""
    sources = _IMPORTED.findall(entry.path.read_text("utf-8"))
    return any(models[entry.stem] <= models.get(Path(source).stem, set()) for source in sources)


def _entry(path: Path, figures: Document) -> Entry:
    text = path.read_text("utf-8")
    opening = _DOCSTRING.match(text)
    title, paper, task, prose = docstring_facts(opening.group(1) if opening else "")
    models = (
        Figures(name, f["parameters"], f["macs"], tuple(f["inputs"]), f.get("base"))
        for name, f in figures.items()
    )
    return Entry(path.stem, path, title, paper, task, prose, tuple(models))


def docstring_facts(docstring: str) -> tuple[str, str, str, str]:
    """Give what a spec's docstring says: the title, the paper, the task and the rest."""
    paragraphs = [p.strip() for p in re.split(r"\n\s*\n", docstring.strip())]
    heading, cited, *rest = [*paragraphs, "", ""][: max(2, len(paragraphs))]
    task = _TASK.search(cited)
    paper = " ".join(cited[: task.start() if task else None].split())
    return heading.rstrip("."), paper, task.group(1) if task else "", "\n\n".join(rest)


def find(name: str) -> tuple[Entry, str | None] | None:
    """Find a spec by its file's name, or a model by its own; case and signs do not count."""
    for entry in entries():
        if _plain(name) == _plain(entry.stem):
            return entry, None
    for entry in entries():
        for model in entry.models:
            if _plain(name) == _plain(model.name):
                return entry, model.name
    return None


def nearest(name: str) -> str | None:
    """Give the name of a spec or model that was probably meant."""
    known = {_plain(n): n for n in known_names()}
    near = closest(_plain(name), known)
    return known[near] if near else None


def known_names() -> Iterable[str]:
    """Give every name that a spec or a model is found by, specs last."""
    for entry in entries():
        yield from (model.name for model in entry.models)
    yield from (entry.stem for entry in entries())
