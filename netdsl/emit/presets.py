"""What `model A = B(…)` fixes of B's hyperparameters, as it was written."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.elaborate.files.linking import Symbol, Unit
from netdsl.elaborate.scope.hyperparameters import Hyperparameters
from netdsl.record import record
from netdsl.syntax import tree
from netdsl.value import Value


@record(eq=False)
class Preset:
    """A hyperparameter that is fixed; it has no expression of its own behind `*` or `**`."""

    unit: Unit
    expr: tree.Expr | None
    value: Value


def presets_of(symbol: Symbol, names: Sequence[str], known: Hyperparameters) -> dict[str, Preset]:
    """Follow `model A = B(…)` to the model with a body, whose parameters are `names`; the outermost value counts."""
    found: dict[str, Preset] = {}
    while isinstance(symbol.node, tree.SpecialisedModel):
        call = symbol.node.value
        assert isinstance(call, tree.Call)
        assert isinstance(call.function, tree.Name)
        written = _written(call, names)
        for name, fixed in known.fixed[id(symbol.node)].items():
            found.setdefault(name, Preset(symbol.unit, written.get(name), fixed))
        symbol = symbol.unit.names[call.function.id]
    return found


def _written(call: tree.Call, names: Sequence[str]) -> dict[str, tree.Expr]:
    """Give the expressions of a call's arguments by name, those that can be told without evaluating it."""
    found: dict[str, tree.Expr] = {}
    spread = False
    for number, argument in enumerate(call.arguments):
        spread = spread or argument.star == "*"
        if argument.name is not None:
            found[argument.name] = argument.value
        elif not argument.star and not spread:
            found[names[number]] = argument.value
    return found
