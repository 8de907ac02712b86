"""Arguments that count only where another is set: `bias_initializer` with `use_bias=True`, `nesterov` with momentum."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netdsl.record import record
from netdsl.value import Arguments, Value


@record
class Needs:
    """Arguments, by the beginnings of their names or in full, and what another must be for them to count."""

    arguments: tuple[str, ...]
    other: str
    value: Value

    def holds_back(self, bound: Arguments) -> bool:
        """Tell whether the other argument is there, and not what they need."""
        if self.other not in bound:
            return False
        return bound[self.other] != self.value if self.value is not None else not bound[self.other]

    @property
    def spelled(self) -> str:
        value = (
            "0.9"
            if self.value is None
            else f'"{self.value}"'
            if isinstance(self.value, str)
            else self.value
        )
        return f"{self.other}={value}"


LAYERS = (
    Needs(
        ("bias_initializer", "bias_regularizer", "bias_constraint", "unit_forget_bias"),
        "use_bias",
        True,
    ),
    Needs(("beta_initializer", "beta_regularizer", "beta_constraint"), "center", True),
    Needs(("gamma_initializer", "gamma_regularizer", "gamma_constraint"), "scale", True),
    Needs(("fill_value",), "fill_mode", "constant"),
)

BY_KIND: Mapping[str, tuple[Needs, ...]] = {
    "Resizing": (Needs(("fill_value", "fill_mode"), "pad_to_aspect_ratio", True),),
    "SGD": (Needs(("nesterov",), "momentum", None),),
    "BinaryFocalCrossentropy": (Needs(("alpha",), "apply_class_balancing", True),),
    "ModelCheckpoint": (
        Needs(("monitor", "mode", "initial_value_threshold"), "save_best_only", True),
    ),
    "OrbaxCheckpoint": (
        Needs(("monitor", "mode", "initial_value_threshold"), "save_best_only", True),
    ),
}

OPTIMIZERS = (Needs(("ema_momentum", "ema_overwrite_frequency"), "use_ema", True),)


def idle_arguments(
    family: str, kind: str, written: Arguments, bound: Arguments
) -> Iterator[tuple[str, str]]:
    """Give each written argument that does not count, and what would make it count."""
    general = {"layer": LAYERS, "optimizer": OPTIMIZERS}.get(family, ())
    for needs in (*BY_KIND.get(kind, ()), *general):
        if needs.holds_back(bound):
            for name in needs.arguments:
                if name in written and written[name] not in (None, False):
                    yield name, needs.spelled
