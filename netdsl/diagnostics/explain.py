"""The page of a diagnostic code: `docs/errors/N0503.md`, which is read when it is asked for.

A page begins with the code and its title, and the severity; then come the headings `What it means`, `Example` and
`Use instead`. A word at the fence of an example tells what is in it: `net` for a spec (which a test compiles under the
name `example.net`: the first must raise the code, the second must not), `console` for what is typed and printed at a
command line, `python` and `text` as usual. A code that no single spec can cause, such as a file that can't be read,
shows a `console` example.
"""

from __future__ import annotations

import re
from pathlib import Path

from netdsl.diagnostics.diagnostic import Severity
from netdsl.diagnostics.problem import Problem
from netdsl.diagnostics.registry import all_problems
from netdsl.record import record
from netdsl.resources import resource_dir

_HEADING = re.compile(r"^## (What it means|Example|Use instead)$", re.MULTILINE)
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@record
class Example:
    """A fenced example; `language` is `net` for a whole spec."""

    language: str
    text: str

    @property
    def is_spec(self) -> bool:
        return self.language == "net"


@record
class Page:
    """What `netdsl explain` tells of one code, and the Markdown that it is read from."""

    code: str
    name: str
    title: str
    severity: Severity
    markdown: str

    @property
    def sections(self) -> tuple[tuple[str, str], ...]:
        """Give each heading with the Markdown that stands under it."""
        pieces = _HEADING.split(self.markdown)
        return tuple(
            (heading, body.strip())
            for heading, body in zip(pieces[1::2], pieces[2::2], strict=True)
        )

    def section(self, heading: str) -> str:
        return dict(self.sections).get(heading, "")

    @property
    def meaning(self) -> str:
        return self.section("What it means")

    def examples(self, heading: str) -> tuple[Example, ...]:
        """Give the fenced examples under `Example` or `Use instead`."""
        return tuple(Example(word, text) for word, text in _FENCE.findall(self.section(heading)))

    def as_text(self) -> str:
        """Write the page for a terminal: examples indented instead of fenced."""
        parts = [f"{self.code} ({self.severity}): {self.title}"]
        for heading, body in self.sections:
            parts += [heading, _FENCE.sub(lambda m: _indent(m[2]), body)]
        return "\n\n".join(parts) + "\n"


def _indent(text: str) -> str:
    return "".join(
        f"    {line}" if line.strip() else line for line in text.splitlines(True)
    ).rstrip()


def page_of(code: str) -> Page | None:
    """Give the page of a code, however its letter is written, or None where there is no such code."""
    problem = all_problems().get(code.upper())
    return None if problem is None else read_page(problem)


def all_pages() -> list[Page]:
    """Give every page in order of the codes."""
    return [read_page(problem) for problem in all_problems().values()]


def read_page(problem: type[Problem]) -> Page:
    """Read the page of a `Problem` class."""
    text = (pages_dir() / f"{problem.code}.md").read_text("utf-8")
    return Page(problem.code, problem.__name__, general(problem.title), problem.severity, text)


def pages_dir() -> Path:
    """Give the folder of the pages, each named after its code."""
    return resource_dir("docs/errors")


def general(title: str) -> str:
    """Write a title without the facts of a case: "`{layer}` got several tensors" -> "`…` got several tensors"."""
    return re.sub(r"\{[^{}]*\}", "…", title).replace("{{", "{").replace("}}", "}")
