"""A name that is a model's, a block's or a layer's in another case: `encoder()` where `Encoder` is declared."""

from __future__ import annotations

from netdsl.catalog.signature import names_and_aliases
from netdsl.diagnostics.diagnostic import Edit, Fix, first_that_helps
from netdsl.elaborate.scope.frame import Frame
from netdsl.source import Span
from netdsl.syntax import tree

_Maker = (tree.Block, tree.Model, tree.SpecialisedModel, tree.ExternLayer)


def in_other_case(name: str, frame: Frame) -> str | None:
    """Give what is called so but for capitals and `_`: something that the file declares, or a layer of Keras."""
    folded = _fold(name)
    declared = (n for n, symbol in frame.unit.names.items() if isinstance(symbol.node, _Maker))
    for other in (*declared, *names_and_aliases("layer")):
        if other != name and _fold(other) == folded:
            return other
    return None


def _fold(name: str) -> str:
    return name.lower().replace("_", "")


def named_in_other_case(span: Span, name: str, frame: Frame) -> tuple[str, Fix | None]:
    """Give the help and the fix for a name, with or without the parentheses of a call behind it."""
    other = in_other_case(name, frame)
    if other is None:
        return "", None
    called = span.behind.lstrip().startswith("(")
    ways = [Fix((Edit(span, other),))] if called else [Fix((Edit(span, f"{other}()"),))]
    return f"did you mean `{other}`?", first_that_helps(ways)
