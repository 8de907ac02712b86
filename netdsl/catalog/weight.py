"""The variables that layers own, and those that several layers hold together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field

from netdsl.record import mutable, record


@mutable
class Variable:
    """What is one and the same where several layers hold it: frozen in one of them, it is frozen in all."""

    trainable: bool = True


@record
class Weight:
    """A variable that a layer makes: Keras's name for it, its shape, and whether it trains.

    `variable` is told of a weight that other layers may hold too, because what made it is shared. One that is not
    `told` stands for all that a layer of the user's own makes, which only its class knows: it counts as nothing.
    """

    name: str
    shape: tuple[int, ...]
    trainable: bool = True
    dtype: str = "float32"
    within: str = (
        ""  # the part that holds it, where the layer itself does not: "lstm_cell", "query"
    )
    told: bool = True
    variable: Variable | None = field(default=None, compare=False, repr=False)

    @property
    def trains(self) -> bool:
        """Tell whether it trains, wherever else it is held."""
        return self.trainable and (self.variable is None or self.variable.trainable)


def distinct(weights: Iterable[Weight]) -> tuple[Weight, ...]:
    """Give each weight once, as Keras counts them, where parts of a layer share theirs."""
    seen: set[int] = set()
    found: list[Weight] = []
    for weight in weights:
        if weight.variable is not None:
            if id(weight.variable) in seen:
                continue
            seen.add(id(weight.variable))
        found.append(weight)
    return tuple(found)
