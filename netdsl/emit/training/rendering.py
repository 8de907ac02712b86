"""The templates of `templates/training`, in which the functions of a `train` block read as they are written."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from netdsl.resources import resource_dir


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(resource_dir("templates") / "training"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )


def template(name: str) -> Template:
    return _environment().get_template(f"{name}.py.jinja")
