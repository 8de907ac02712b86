"""Networks of `keras.applications` in Python: made for the shape that arrives, under the name of their stage.

Most take `name=` themselves. Those that fetch their weights by it, and those that are cut at named layers, are made
by the helper `network`, which gives them another name afterwards.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from netdsl.catalog.application_records import keeps_its_name
from netdsl.catalog.signature import signature
from netdsl.elaborate.plans.naming import snake_case
from netdsl.emit.calls import arguments
from netdsl.emit.layers import made_once
from netdsl.emit.python import code
from netdsl.emit.python.own_names import marked
from netdsl.emit.writer import Writer
from netdsl.syntax import tree

#: The function of the generated module that renames and cuts a network.
HELPER = "network"


def network_call(
    w: Writer, maker: tree.Call, kind: str, shape: ast.expr, cuts: ast.expr | None = None
) -> ast.Call:
    """Spell the call that makes a network; `shape` is that of the image, where the spec does not give it."""
    args, keywords = arguments(
        w, [a for a in maker.arguments if a.name not in ("name", "trainable")]
    )
    name = w.stage_name(maker, snake_case(kind))
    function, args, keywords = network(kind, args, keywords, shape, name, cuts)
    return code.call(made_once(w, function), args, keywords)


def network(
    kind: str,
    args: Sequence[ast.expr],
    keywords: Sequence[tuple[str | None, ast.expr]],
    shape: ast.expr,
    name: ast.expr,
    cuts: ast.expr | None,
) -> tuple[ast.expr, list[ast.expr], list[tuple[str | None, ast.expr]]]:
    """Give what makes a network, and its arguments; `shape` is that of the image without the batch."""
    maker = code.dotted(f"keras.applications.{kind}")
    found = list(keywords)
    if not _has_shape(kind, args, keywords):
        found.append(("input_shape", shape))
    if cuts is None and not keeps_its_name(kind):
        return maker, list(args), [*found, ("name", name)]
    outputs = [] if cuts is None else [("outputs", cuts)]
    return code.name(marked(HELPER)), [maker, *args], [*outputs, *found, ("name", name)]


def _has_shape(
    kind: str, args: Sequence[ast.expr], keywords: Sequence[tuple[str | None, ast.expr]]
) -> bool:
    facts = signature("application", kind)
    assert facts is not None
    return "input_shape" in facts.names[: len(args)] or any(
        name == "input_shape" for name, _ in keywords
    )
