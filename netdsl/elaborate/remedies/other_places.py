"""Where a stage that nothing declares is to be found: in the library, among the applications, in `keras.ops`.

In: the name as it was written, `conv_bn`, `tf.keras.applications.ResNet50`, `np.mean`. Out: what to do and the change
that does it, or None.
"""

from __future__ import annotations

from netdsl.catalog.application_records import application_names
from netdsl.catalog.operations import operation_names
from netdsl.catalog.signature import names_and_aliases
from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.diagnostics.habits import modules_with
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate.files.linking import Unit
from netdsl.elaborate.files.std_blocks import std_blocks
from netdsl.source import Span
from netdsl.syntax import tree


def fix_from_other_places(span: Span, unit: Unit, call: tree.Call | None) -> Fix | None:
    """Give the fix that takes a name from where Keras or the library has it; None where neither has one like it."""
    written = span.text
    root, _, last = written.rpartition(".")
    if network := _same(last, application_names()):
        return Fix(
            (Edit(span, f"applications.{network}"),), True, f"write `applications.{network}(…)`"
        )
    if not root and last in operation_names():
        return Fix((Edit(span, f"ops.{last}"),), text=f"write `ops.{last}(…)`")
    if not root:
        return _import_of(last, unit)
    if root.split(".")[0] not in modules_with("functions"):
        return None
    if call is not None and last in names_and_aliases("activation"):
        return Fix((Edit(call.span, f"Activation({last})"),), text=f"write `Activation({last})`")
    function = closest(last, operation_names())
    if function is None:
        return None
    return Fix((Edit(span, f"ops.{function}"),), text=f"write `ops.{function}(…)`")


def _same(name: str, known: tuple[str, ...]) -> str | None:
    return next((k for k in known if k.lower() == name.lower()), None)


def _import_of(name: str, unit: Unit) -> Fix | None:
    """A block of the library that was not imported."""
    library = std_blocks().get(name)
    statements = unit.module.statements
    if library is None or unit.is_library or not statements:
        return None
    text = f"from std.{library} import {name}"
    start = statements[0].span.start
    gap = "\n" if isinstance(statements[0], tree.Import) else "\n\n"
    edit = Edit(Span(unit.file, start, start), f"{text}{gap}")
    return Fix((edit,), True, f"import it: `{text}`")
