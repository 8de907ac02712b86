"""Functions and layers of the user's own, registered with Keras so that a saved model that holds one is read back."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

from netdsl.emit import code
from netdsl.emit.layout_statements import format_statements
from netdsl.emit.program import Part

# `keras.saving` has both too, but `from tensorflow import keras` has no `saving`
_REGISTER = "keras.utils.register_keras_serializable"
_REGISTERED_NAME = "keras.utils.get_registered_name"

#: Goes through the classes; no name of a spec's own begins with an underscore and reads like this.
_EACH = "_own_layer"


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
    found = [here for _, _, here in imports if here in classes]
    if found:
        statements.append(_each_unregistered(found))
    return (Part(format_statements(statements).rstrip("\n")),) if statements else ()


def _each_unregistered(classes: Sequence[str]) -> ast.stmt:
    """Spell the loop that registers those layers that go by their bare name so far."""
    each = code.name(_EACH)
    is_bare = ast.Compare(
        code.call(_REGISTERED_NAME, [each]), [ast.Eq()], [code.attribute(each, "__name__")]
    )
    register = code.call(_REGISTER, (), [("package", code.attribute(each, "__module__"))])
    body: list[ast.stmt] = [code.expression(code.call(register, [each]))]
    return ast.For(
        target=ast.Name(_EACH, ast.Store()),
        iter=code.tuple_of(code.name(here) for here in classes),
        body=[ast.If(is_bare, body, [])],
        orelse=[],
    )
