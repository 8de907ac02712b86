"""Under mixed precision the layers of a model's outputs compute in float32: a softmax in half of it is off by 1e-3.

The layer that makes an output says `dtype="float32"`; what a block or an operation makes is cast, which is no layer:
the model has those that the spec has.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from netdsl.elaborate.training.experiment import Experiment
from netdsl.emit.python import code
from netdsl.emit.python.own_names import marked

#: Precisions that are less than float32.
_LESS = ("float16", "bfloat16", "mixed_float16", "mixed_bfloat16")


def computes_in_less(experiment: Experiment) -> bool:
    """Tell whether training is in a precision whose outputs would suffer."""
    return experiment.value("precision") in _LESS


def output_in_float32(out: list[ast.stmt], output: ast.expr) -> ast.expr:
    """Let an output be in float32: by its own layer, or cast to it."""
    layer = _layer_of(out, output)
    if layer is not None:
        if not any(k.arg in ("dtype", None) for k in layer.keywords):
            place = next((i for i, k in enumerate(layer.keywords) if k.arg == "name"), None)
            keyword = ast.keyword("dtype", code.constant("float32"))
            layer.keywords.insert(len(layer.keywords) if place is None else place, keyword)
        return output
    return code.call(marked("ops.cast"), [output, code.constant("float32")])


def _layer_of(out: Sequence[ast.stmt], output: ast.expr) -> ast.Call | None:
    """Find the layer of Keras that is made and applied where an output gets its value."""
    value = _value_of(out, output.id) if isinstance(output, ast.Name) else output
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Call):
        return None
    maker = value.func.func
    if isinstance(maker, ast.Attribute) and isinstance(maker.value, ast.Name):
        return value.func if maker.value.id == marked("layers") else None
    return None


def _value_of(out: Sequence[ast.stmt], name: str) -> ast.expr | None:
    """Give what a name is bound to last; None where that hangs on a condition or a loop."""
    for statement in reversed(out):
        stored = (n for n in ast.walk(statement) if isinstance(n, ast.Name) and n.id == name)
        if isinstance(statement, ast.Assign):
            if any(isinstance(t, ast.Name) and t.id == name for t in statement.targets):
                return statement.value
        elif any(stored) and isinstance(statement, ast.For | ast.If):
            return None
    return None
