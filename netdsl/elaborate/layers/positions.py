"""The number of steps, where nobody knows it: `ops.arange(ops.shape(words)[-1])` of `input words: int32[?]`.

Python asks a tensor for its size when it runs; a spec's values are known before. Positions can be counted along the
tensor itself: `ops.cumsum(ops.ones_like(words), axis=1) - 1` gives 0, 1, 2, … for each sample, however long it is.
"""

from __future__ import annotations

from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.diagnostics.problems.shapes import UnknownDimension
from netdsl.elaborate import evaluate as ev
from netdsl.elaborate.scope.entities import Tensor, tensors_in
from netdsl.elaborate.scope.frame import Frame
from netdsl.record import record
from netdsl.syntax import tree
from netdsl.syntax.walk import walk, way_to
from netdsl.tensor import Dim, Sym, spell_shape
from netdsl.value import Value

_HELP = "count along the tensor itself: `ops.cumsum(ops.ones_like({0}), axis=1) - 1` gives the positions"


@record
class _Length:
    """An axis of a tensor whose size is asked for, and how the tensor is written."""

    tensor: Tensor
    text: str
    axis: int

    @property
    def size(self) -> Dim:
        return self.tensor.spec.shape[self.axis]


def refuse_unknown_count(call: tree.Call, function: str, frame: Frame) -> bool:
    """Report a count up to a size that is not known, and how to count along the tensor; tells whether it is one."""
    stop = _stop(call) if function == "arange" else None
    length = _length(stop, frame) if stop is not None else None
    if stop is None or length is None or isinstance(length.size, int) or length.axis == 0:
        return False
    shape = spell_shape(length.tensor.spec.shape)
    frame.report(
        UnknownDimension.at(
            stop.span,
            f"axis {length.axis} of {shape} is {length.size}, and a count needs a number there",
            layer="ops.arange",
            help=_HELP.format(length.text),
            fix=_counted(call, length, frame),
        )
    )
    return True


def _stop(call: tree.Call) -> tree.Expr | None:
    """Give the end of `ops.arange(n)`, `ops.arange(0, n)`, `ops.arange(start=0, stop=n, step=1)`."""
    names = ("start", "stop", "step")
    given: dict[str, tree.Expr] = {}
    for number, argument in enumerate(call.arguments):
        if argument.star or (argument.name is None and number >= len(names)):
            return None
        given[argument.name or names[number]] = argument.value
    step, dtype = given.pop("step", None), given.pop("dtype", None)
    if (step is not None and not _is(step, 1)) or (dtype is not None and set(given) - set(names)):
        return None
    if "stop" not in given:
        return given.get("start")
    start = given.get("start")
    return given["stop"] if start is None or _is(start, 0) else None


def _is(expr: tree.Expr, value: int) -> bool:
    return isinstance(expr, tree.Literal) and expr.value == value


def _length(expr: tree.Expr, frame: Frame) -> _Length | None:
    """Read `ops.shape(words)[-1]`, `words.shape[1]`, or the name of a symbolic size that an input has."""
    if isinstance(expr, tree.Name):
        return _of_symbol(expr, frame)
    if not isinstance(expr, tree.Subscript):
        return None
    held, index = expr.value, ev.evaluate(expr.index, frame)
    whole: tree.Expr | None = None
    if isinstance(held, tree.Attribute) and held.name == "shape":
        whole = held.value
    elif isinstance(held, tree.Call) and held.function.span.text in (
        "ops.shape",
        "keras.ops.shape",
        "tf.ops.shape",
    ):
        whole = held.arguments[0].value if len(held.arguments) == 1 else None
    if whole is None or not isinstance(whole, (tree.Name, tree.Arriving)):
        return None
    tensor = ev.evaluate(whole, frame)
    if not isinstance(tensor, Tensor) or not isinstance(index, int):
        return None
    rank = tensor.spec.rank
    return _Length(tensor, whole.span.text, index % rank) if -rank <= index < rank else None


def _of_symbol(expr: tree.Name, frame: Frame) -> _Length | None:
    found: Value = frame.lookup(expr.id)
    if not isinstance(found, Sym) or frame.body is None:
        return None
    for number in frame.body.graph.inputs if not frame.body.via else ():
        node = frame.body.graph.nodes[number]
        tensor = next(tensors_in(frame.lookup(node.name)), None)
        if tensor is not None and found in tensor.spec.shape[1:]:
            return _Length(tensor, node.name, tensor.spec.shape.index(found))
    return None


def _counted(call: tree.Call, length: _Length, frame: Frame) -> Fix | None:
    """Put the count along the tensor in the place of `ops.arange(…)`, where nothing makes a batch of it later on."""
    if length.text == "_" or not frame.may_search() or _gets_a_batch(call, frame.unit.module):
        return None
    spec = length.tensor.spec
    others = [":" if axis in (0, length.axis) else "0" for axis in range(spec.rank)]
    row = length.text if spec.rank == 2 else f"{length.text}[{', '.join(others)}]"
    is_counter = spec.dtype in ("int32", "int64")
    ones = f"ops.ones_like({row})" if is_counter else f'ops.ones_like({row}, dtype="int32")'
    text = f"ops.cumsum({ones}, axis=1) - 1"
    if not _stands_alone(call, frame.unit.module):
        text = f"({text})"
    return Fix((Edit(call.span, text),), text=f"count along the tensor itself: `{text}`")


def _stands_alone(call: tree.Call, module: tree.Module) -> bool:
    """Tell whether it is an expression that no operator binds closer than a minus sign would."""
    around = way_to(module, call)[-2:-1]
    close = (tree.Binary, tree.Unary, tree.Compare, tree.Attribute, tree.Subscript)
    return bool(around) and not isinstance(around[0], close)


def _gets_a_batch(call: tree.Call, module: tree.Module) -> bool:
    """Tell whether an axis for the batch is put to the count by hand, which the count along a tensor has."""
    around = way_to(module, call)
    statement = next((n for n in around if isinstance(n, (tree.Bind, tree.Let))), None)
    name = None
    if isinstance(statement, tree.Let) and statement.value is call:
        name = statement.name
    elif isinstance(statement, tree.Bind) and statement.value is call:
        name = statement.target.span.text
    for node in walk(module):
        grown = _grown(node)
        if grown is call or (isinstance(grown, tree.Name) and grown.id == name):
            return True
    return False


def _grown(node: tree.Node) -> tree.Expr | None:
    """Give what an axis is put to: `p` of `ops.expand_dims(p, 0)` and of `p[None]`."""
    match node:
        case tree.Subscript(_, value, _):
            return value
        case tree.Call(_, tree.Name(_, "expand_dims"), (first, *_), _):
            return first.value
        case tree.Call(_, tree.Attribute(_, _, "expand_dims", _), (first, *_), _):
            return first.value
        case _:
            return None
