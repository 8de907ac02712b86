"""Advice on numbers that stand for categories: tables that are too small, quantities that are none, nothing learned."""

from __future__ import annotations

from collections.abc import Iterable

from netdsl.analyse.advice import Rule
from netdsl.analyse.advice.view import KERNELS, View, argument, at, listed, uses
from netdsl.catalog.kind import Role
from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from netdsl.diagnostics.problems import advice as problems
from netdsl.elaborate.remedies.argument_fixes import with_argument
from netdsl.elaborate.remedies.categories import Categories, Followed, bound_of
from netdsl.elaborate.remedies.written_arguments import place_of_argument
from netdsl.graph import Node

#: Layers that take what arrives for quantities: twice the number counts twice.
_WEIGHING: tuple[Role, ...] = (
    *KERNELS, "recurrent", "batch_normalization", "normalization", "scaling",
)  # fmt: skip


def too_few_rows(view: View) -> Iterable[Diagnostic]:
    """Report a table of vectors, or a code, that has no place for some of the numbers that arrive."""
    for node, arriving in Followed().meetings(view.graph):
        rows, count = bound_of(node), arriving.count
        if rows is None or not isinstance(count, int) or count <= rows:
            continue
        definition = node.operation.definition
        name = definition.bounded_by if definition is not None else ""
        yield problems.TooFewRows.at(
            at(node),
            f"numbers up to {count - 1} arrive, and the last that it has room for is {rows - 1}",
            layer=node.kind,
            related=(_made_here(arriving), *uses(node)),
            help=f"give it room for {count}: `{name}={count}`",
            fix=_as_many(node, name, count),
        )


def _made_here(arriving: Categories) -> Label:
    count = arriving.count
    told = f"gives numbers from 0 to {count - 1}" if isinstance(count, int) else "gives numbers"
    return Label(at(arriving.maker), told)


def _as_many(node: Node, name: str, count: int) -> Fix | None:
    place = place_of_argument(node, name)
    if place is None or not place.text.replace("_", "").isdigit():
        return None
    return Fix((Edit(place, str(count)),), text=f"give it room for {count}: `{name}={count}`")


def nothing_learned(view: View) -> Iterable[Diagnostic]:
    """Report a layer that must learn from the data before it can be used, where nothing says that it does.

    Training adapts all that need it, unless `adapt` names those that it is to adapt.
    """
    adapted = listed(view.setting("adapt")) or None
    if view.training is not None and adapted is None:
        return
    for node in view.nodes:
        definition = node.operation.definition
        learns = definition.learns if definition is not None else None
        if learns is None or not learns(node.operation.bound) or node.name in (adapted or ()):
            continue
        if adapted is None and node.is_a("normalization"):
            continue  # which runs without, and changes nothing
        yield problems.NothingLearned.at(
            at(node),
            "it has learned nothing yet" if adapted is None else "`adapt` leaves it out",
            layer=node.kind,
            related=uses(node),
            help=_how_to_learn(node),
        )


def _how_to_learn(node: Node) -> str:
    given = "vocabulary" if "vocabulary" in node.operation.bound else "what it would learn"
    given = (
        f"give it `{given}=[…]`, or" if given == "vocabulary" else "give it that as arguments, or"
    )
    return f"{given} call `adapt` with data before it is used: `adapt = [{node.name}]` in the `train` block"


def categories_as_quantities(view: View) -> Iterable[Diagnostic]:
    """Report numbers of categories that are multiplied by weights: number 50 would count fifty times number 1."""
    for node, arriving in Followed().meetings(view.graph):
        count = arriving.count
        if not node.is_a(*_WEIGHING) or not arriving.are_names:
            continue
        if isinstance(count, int) and count <= 2:
            continue  # 0 and 1 are as good as a code
        yield problems.CategoriesAsQuantities.at(
            at(node),
            "number 50 would count ten times as much as number 5"
            if not isinstance(count, int) or count > 50
            else f"number {count - 1} would count {count - 1} times as much as number 1",
            layer=node.kind,
            related=(_made_here(arriving), *uses(node)),
            help=_as_vectors(count),
            fix=_as_code(arriving.maker),
        )


def _as_vectors(count: object) -> str:
    rows = count if isinstance(count, int) else "…"
    return f"turn them into vectors, `Embedding({rows}, 8)`, or into a code by `output_mode`"


def _as_code(maker: Node) -> Fix | None:
    several = maker.flat_outputs[0].shape[-1] != 1 or maker.flat_outputs[0].rank == 1
    if argument(maker, "output_mode") != "int":
        return None
    mode = '"multi_hot"' if several else '"one_hot"'
    return with_argument(maker.operation.call, "output_mode", mode, "give a code of each: ")


RULES: tuple[Rule, ...] = (too_few_rows, nothing_learned, categories_as_quantities)
