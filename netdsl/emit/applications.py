"""Networks of `keras.applications` in Python: made for the shape that arrives, under the name of their stage.

Most take `name=` themselves. Those that fetch their weights by it, those that are cut at named layers, and all of them
in releases of Keras without that argument, are made first, and a `keras.Model` from their input to the maps that are
wanted has the name. Where layers are made once, or what to cut at is no list or name that is written out, the helper
`network` does both.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from netdsl.catalog.application_records import keeps_its_name
from netdsl.catalog.signature import signature
from netdsl.catalog.versions import Releases, argument_since
from netdsl.elaborate.plans.naming import snake_case
from netdsl.emit.calls import arguments
from netdsl.emit.python import code
from netdsl.emit.python.own_names import marked
from netdsl.emit.writer import Writer
from netdsl.syntax import tree

#: The function of the generated module that renames and cuts a network.
HELPER = "network"

#: The variable of a network as Keras makes it, before it is cut.
BASE = "base"


def network_call(
    w: Writer,
    maker: tree.Call,
    kind: str,
    shape: ast.expr,
    cuts: ast.expr | None = None,
    variable: str = "",
) -> ast.expr:
    """Spell what makes a network; `shape` is that of the image, where the spec does not give it.

    It may be put in the `variable`, if one is given.
    """
    args, keywords = arguments(
        w, [a for a in maker.arguments if a.name not in ("name", "trainable")]
    )
    name = w.stage_name(maker, snake_case(kind))
    if w.making is None and is_cut(kind, cuts, w.module.releases) and is_written_out(cuts):
        made = network(kind, args, keywords, shape)
        base = w.temporary(BASE, f"{BASE}_model")
        w.emit(code.assign(base, made))
        return cut_network(base, name, cuts)
    function: ast.expr = code.dotted(f"keras.applications.{kind}")
    if is_cut(kind, cuts, w.module.releases):
        args = [function, *args]
        function = code.name(marked(HELPER))
        keywords = [*([] if cuts is None else [("outputs", cuts)]), *keywords]
    made = network(kind, args, keywords, shape, function)
    called = code.call(made.func, made.args, [*_pairs(made), ("name", name)])
    return w.made(
        called, variable or w.variable_for(maker, snake_case(kind)), is_taken=bool(variable)
    )


def _pairs(call: ast.Call) -> code.Keywords:
    return [(keyword.arg, keyword.value) for keyword in call.keywords]


def is_cut(kind: str, cuts: ast.expr | None, releases: Releases | None) -> bool:
    """Tell whether a network is a part of what Keras makes, or has a name that Keras does not give it."""
    return cuts is not None or keeps_its_name(kind) or not _takes_name(kind, releases)


def is_written_out(cuts: ast.expr | None) -> bool:
    """Tell whether the Python says if a network is cut at one layer, at a list of them or at a dict of them."""
    if isinstance(cuts, ast.Constant):
        return isinstance(cuts.value, str)
    return cuts is None or isinstance(cuts, (ast.Dict, ast.JoinedStr, ast.List, ast.ListComp))


def network(
    kind: str,
    args: Sequence[ast.expr],
    keywords: Sequence[tuple[str | None, ast.expr]],
    shape: ast.expr,
    function: ast.expr | None = None,
) -> ast.Call:
    """Spell what makes a network as Keras does; `shape` is that of the image without the batch."""
    maker = function or code.dotted(f"keras.applications.{kind}")
    found = list(keywords)
    if not _has_shape(kind, args, keywords):
        found.append(("input_shape", shape))
    return code.call(maker, args, found)


def cut_network(base: str, name: ast.expr, cuts: ast.expr | None) -> ast.Call:
    """Spell the model that goes from the input of a network to the maps of layers, or to its output."""
    start = code.attribute(code.name(base), "input")
    return code.call("keras.Model", [start, _outputs(base, cuts)], [("name", name)])


def _outputs(base: str, cuts: ast.expr | None) -> ast.expr:
    def at(layer: ast.expr) -> ast.expr:
        found = code.call(code.attribute(code.name(base), "get_layer"), [layer])
        return code.attribute(found, "output")

    if cuts is None:
        return code.attribute(code.name(base), "output")
    if isinstance(cuts, ast.Dict):
        return ast.Dict(cuts.keys, [at(layer) for layer in cuts.values])
    if isinstance(cuts, (ast.List, ast.ListComp)):
        each = ast.Name("layer", ast.Store())
        among = code.tuple_of(cuts.elts) if isinstance(cuts, ast.List) else cuts
        return ast.ListComp(at(code.name("layer")), [ast.comprehension(each, among, [], 0)])
    return at(cuts)


def _has_shape(
    kind: str, args: Sequence[ast.expr], keywords: Sequence[tuple[str | None, ast.expr]]
) -> bool:
    facts = signature("application", kind)
    assert facts is not None
    return "input_shape" in facts.names[: len(args)] or any(
        name == "input_shape" for name, _ in keywords
    )


def _takes_name(kind: str, releases: Releases | None) -> bool:
    """Tell whether a network can be given its name in each release that the code is to run on."""
    came = argument_since("application", kind, "name")
    return releases is None or came is None or came <= releases.oldest
