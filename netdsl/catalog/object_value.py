"""Objects of Keras that a layer or the training is given: initializers, losses, optimizers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from netdsl.record import record
from netdsl.value import Entity, Value


@record
class ObjectValue(Entity):
    """A configured catalogue object that is not a layer: `HeNormal(seed=1)`, `L2(1e-4)`, `Adam(1e-3)`.

    `arguments` are those that were written, by name, evaluated; `kind` is the Keras class name. A class of the user's
    own has a `module`, and a kind that begins with it, so that nothing takes it for one of Keras's.
    """

    family: str  # "initializer", "regularizer", "constraint", "loss", "optimizer", …
    kind: str
    arguments: Mapping[str, Value] = field(default_factory=dict)
    module: str = ""

    @property
    def name(self) -> str:
        """The name of the class, without its module."""
        return self.kind.removeprefix(f"{self.module}.")

    def __str__(self) -> str:
        inside = ", ".join(f"{k}={v!r}" for k, v in self.arguments.items())
        return f"{self.name}({inside})"
