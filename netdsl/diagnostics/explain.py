"""The page of a diagnostic code, read from the docstring of its `Problem` class.

A docstring has three headings: `What it means`, `Example` and `Use instead`. An example is fenced with ```; the
fence's word tells what is in it: nothing or `net` for a spec (which a test compiles under the name
`example.net`), `console` for what is typed and printed at a command line, `python` and `text` as usual. A code that
no single spec can cause, such as a file that can't be read, shows a `console` example.
"""

from __future__ import annotations

import inspect
import re

from netdsl.diagnostics.diagnostic import Severity
from netdsl.diagnostics.problem import Problem
from netdsl.diagnostics.registry import all_problems
from netdsl.record import record

_HEADINGS = ("What it means", "Example", "Use instead")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


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
    """What `netdsl explain` tells of one code. Sections are Markdown without their heading."""

    code: str
    name: str
    title: str
    severity: Severity
    sections: tuple[tuple[str, str], ...]

    def section(self, heading: str) -> str:
        return dict(self.sections).get(heading, "")

    @property
    def meaning(self) -> str:
        return self.section("What it means")

    def examples(self, heading: str) -> tuple[Example, ...]:
        """Give the fenced examples under `Example` or `Use instead`."""
        found = _FENCE.findall(self.section(heading))
        return tuple(Example(word or "net", text) for word, text in found)

    def as_text(self) -> str:
        """Write the page for a terminal: examples indented instead of fenced."""
        parts = [f"{self.code} ({self.severity}): {self.title}"]
        for heading, body in self.sections:
            parts += [heading, _FENCE.sub(lambda m: _indent(m[2]), body)]
        return "\n\n".join(parts) + "\n"

    def as_markdown(self) -> str:
        """Write the page as a Markdown document."""
        parts = [f"# {self.code}: {self.title}", f"Severity: {self.severity}."]
        for heading, body in self.sections:
            named = _FENCE.sub(lambda m: f"```{m[1] or 'net'}\n{m[2]}```", body)
            parts += [f"## {heading}", named]
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
    """Take the docstring of a `Problem` apart."""
    text = inspect.cleandoc(problem.__doc__ or "")
    pattern = "|".join(_HEADINGS)
    pieces = re.split(rf"^({pattern})$\n*", text, flags=re.MULTILINE)
    sections = tuple(
        (heading, body.strip()) for heading, body in zip(pieces[1::2], pieces[2::2], strict=True)
    )
    return Page(problem.code, problem.__name__, general(problem.title), problem.severity, sections)


def general(title: str) -> str:
    """Write a title without the facts of a case: "`{layer}` got several tensors" -> "`…` got several tensors"."""
    return re.sub(r"\{[^{}]*\}", "…", title).replace("{{", "{").replace("}}", "}")
