"""Functions and layers of the user's own, registered with Keras so that a saved model that holds one is read back."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

from netdsl.emit.program import Part
from netdsl.emit.python import code
from netdsl.emit.python.layout_statements import format_statements

# `keras.saving` has both too, but `from tensorflow import keras` has no `saving`
_REGISTER = "keras.utils.register_keras_serializable"
_REGISTERED_NAME = "keras.utils.get_registered_name"


def registrations(
    imports: Sequence[tuple[str, str, str]],
    registered: Collection[str],
    classes: Collection[str] = (),
) -> tuple[Part, ...]:
    """Write the statements that register what was imported (module, name there, name here).

    A layer that its own module registered keeps the name that it has there.
    """
    statements: list[ast.stmt] = []
    for package, _, here in imports:
        if here in registered:
            register = code.call(_REGISTER, (), [("package", code.constant(package))])
            statements.append(code.expression(code.call(register, [code.name(here)])))
        elif here in classes:
            statements.append(_if_unregistered(package, here))
    return (Part(format_statements(statements).rstrip("\n")),) if statements else ()


def _if_unregistered(package: str, here: str) -> ast.stmt:
    """Spell the registration of a layer that goes by its bare name so far."""
    layer = code.name(here)
    bare = code.attribute(layer, "__name__")
    is_bare = ast.Compare(code.call(_REGISTERED_NAME, [layer]), [ast.Eq()], [bare])
    register = code.call(_REGISTER, (), [("package", code.constant(package))])
    return ast.If(is_bare, [code.expression(code.call(register, [layer]))], [])
