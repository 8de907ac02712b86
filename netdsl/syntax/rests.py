"""Words a `...` among the sizes of a type where it says nothing: it stands for axes that a layer of one's own takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.problems.structure import WrongInputType
from netdsl.syntax import tree


def in_declaration(
    inputs: Iterable[tree.TensorType], outputs: Iterable[tree.TensorType]
) -> Iterator[Diagnostic]:
    """Give what is wrong in the types of an extern layer: two in a type, one that no input gives a meaning."""
    known = False
    for written in inputs:
        found = _rests(written)
        known = known or bool(found)
        yield from _second(found)
    for written in outputs:
        found = _rests(written)
        yield from _second(found)
        if found and not known:
            label = "no input has a `...` that this could stand for"
            help_ = "write it in an input too, `[..., c] -> [..., 2 * c]`, or `?` for one size"
            yield WrongInputType.at(found[0].span, label, help=help_)


def anywhere_else(written: tree.TensorType) -> Iterator[Diagnostic]:
    """Give what is wrong with a `...` in the type of an input or a weight, whose number of axes is known."""
    for rest in _rests(written)[:1]:
        yield WrongInputType.at(
            rest.span,
            "`...` stands among the sizes of what an `extern layer` takes and gives, nowhere else",
            help="write a size, `?` for one that is not known, or leave the type of a block's input out",
        )


def _rests(written: tree.TensorType) -> list[tree.Expr]:
    return [d for d in written.dims if isinstance(d, tree.Literal) and d.value is ...]


def _second(found: list[tree.Expr]) -> Iterator[Diagnostic]:
    for rest in found[1:2]:
        label, help_ = "a type has one `...`", "name the other axes, or write `?` for each"
        yield WrongInputType.at(rest.span, label, help=help_)
