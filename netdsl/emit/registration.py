"""Functions of the user's own, registered with Keras so that a saved model that holds one is read back."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

from netdsl.emit import code
from netdsl.emit.layout_statements import format_statements
from netdsl.emit.program import Part


def registrations(
    imports: Sequence[tuple[str, str, str]], registered: Collection[str]
) -> tuple[Part, ...]:
    """Write the statements that register the imported functions (module, name there, name here)."""
    statements: list[ast.stmt] = []
    for package, _, here in imports:
        if here in registered:
            keyword = ("package", code.constant(package))
            # `keras.saving` has it too, but `from tensorflow import keras` has no `saving`
            register = code.call("keras.utils.register_keras_serializable", (), [keyword])
            statements.append(code.expression(code.call(register, [code.name(here)])))
    return (Part(format_statements(statements).rstrip("\n")),) if statements else ()
