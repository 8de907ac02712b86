"""Networks of `keras.applications` as one layer: `applications.ResNet50(include_top=False)`."""

from __future__ import annotations

from typing import Any

from netdsl.diagnostics.problems import names as name_problems
from netdsl.elaborate.entities import POISON
from netdsl.elaborate.frame import Frame
from netdsl.syntax import tree


def apply_application(
    call: tree.Call, second: tree.Call | None, name: str, arriving: Any, frame: Frame
) -> Any:
    """Apply a pretrained network; the catalogue has no rules for them yet, and says so."""
    frame.report(
        name_problems.UnsupportedKind.at(
            call.function.span, "the catalogue has no rule for it", name=f"applications.{name}"
        )
    )
    return POISON
