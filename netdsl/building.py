"""Live models: the one place besides `refresh` and `importer` that imports Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netdsl.compiler import Compiled


def build_model(compiled: Compiled, name: str, *, flat: bool = False) -> Any:
    """Run the generated source in a module of its own and call the function of the model."""
    from netdsl.emit.module import model_functions

    source = compiled.emit("keras", flat=flat)
    namespace: dict[str, Any] = {"__name__": f"netdsl_generated_{name.lower()}"}
    exec(compile(source, f"<{compiled.file.name}>", "exec"), namespace)
    return namespace[model_functions(compiled.unit)[name]]()
