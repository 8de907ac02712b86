"""Names that Keras has in several families: `Identity` is a layer and an initializer, `Poisson` a loss and a metric.

What such a name means is said by the argument that takes it, wherever it is written: in a `let`, a default, a list, a
dict, a conditional expression, a function. A call of one is an `Ambiguous` until then.
"""

from __future__ import annotations

from collections.abc import Callable

from netdsl.catalog.kind import Ambiguous, Identifier
from netdsl.catalog.signature import (
    ARTICLES,
    FAMILY_MODULES,
    Family,
    families_of,
    identifiers,
    signature,
)
from netdsl.diagnostics.problems import structure as problems
from netdsl.elaborate.scope.entities import POISON, KindRef
from netdsl.elaborate.scope.frame import Frame
from netdsl.syntax import tree
from netdsl.syntax.walk import way_to
from netdsl.value import Value

#: Families whose objects a spec makes by calling them.
OBJECTS: tuple[Family, ...] = (
    "initializer", "regularizer", "constraint", "loss", "metric", "optimizer", "schedule", "callback",
)  # fmt: skip


def object_families(path: str) -> tuple[Family, ...]:
    """Give the families that a name is public in; of `keras.metrics.Poisson` the one whose module is written."""
    module, _, name = path.rpartition(".")
    found = tuple(f for f in families_of(name) if f in OBJECTS)
    own = tuple(f for f in found if module.endswith(FAMILY_MODULES[f]))
    return own if module and own else found


def of_several(
    call: tree.Call,
    name: str,
    families: tuple[Family, ...],
    make: Callable[[str], Value],
    frame: Frame,
) -> Ambiguous:
    """Give a call of a name that is in several families; `make` makes it of the one that an argument takes."""

    def made(family: str) -> Value:
        meant = frame.unit.meant.setdefault((call.span.start, call.span.end), set())
        meant.add(family)
        if len(meant) > 1 and "layer" in meant and not _is_named_alone(call, frame):
            return _taken_twice(call, name, meant, frame)
        return make(family)

    return Ambiguous(name, families, made)


def layer_of(value: Value) -> Value:
    """Read a name that is in several families as the layer's, where nothing but a layer is taken."""
    if isinstance(value, Ambiguous) and "layer" in value.families:
        return value.made("layer")
    return value


def holds_ambiguous(value: Value) -> bool:
    """Tell whether a value is, or a list holds, something that is not decided yet."""
    if isinstance(value, (list, tuple)):
        return any(map(holds_ambiguous, value))
    return isinstance(value, Ambiguous)


def _is_named_alone(call: tree.Call, frame: Frame) -> bool:
    """Tell whether a call is the whole value of a `let`: that is written out wherever the name is used."""
    around = way_to(frame.unit.module, call)[-2:-1]
    return bool(around) and isinstance(around[0], tree.Let)


def _taken_twice(call: tree.Call, name: str, meant: set[str], frame: Frame) -> Value:
    """Report one object of Python that would have to be two."""
    one, other = (ARTICLES[family] for family in sorted(meant)[:2])
    frame.report(
        problems.WrongUse.at(
            call.span,
            f"it is taken for {one} in one place and for {other} in another",
            name=f"{name}(…)",
            help="write it out at each use, or give each a name of its own",
        )
    )
    return POISON


def by_its_name(value: Value, families: tuple[Family, ...]) -> Value:
    """Read the bare name of a layer as an object's, where no layer is taken: `kernel_initializer=Identity`."""
    if not isinstance(value, KindRef) or "layer" in families:
        return value
    known = any(value.name in identifiers(family) for family in families)
    return Identifier(value.name) if known else value


def is_in_several(name: str) -> bool:
    """Tell whether the name of a layer is also one of an object's."""
    return any(signature(family, name) is not None for family in OBJECTS)
