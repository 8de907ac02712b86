"""What stands where a layer holds a layer and is none: loops among cells, functions of `ops`, blocks and models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netdsl.catalog import has_role
from netdsl.catalog.kind import Identifier
from netdsl.catalog.signature import identifiers, signature
from netdsl.diagnostics.diagnostic import Edit, Fix, first_that_helps
from netdsl.diagnostics.problems import structure as problems
from netdsl.elaborate.remedies import replacements
from netdsl.elaborate.remedies.habits import rewritten
from netdsl.elaborate.scope.entities import POISON, BlockRef, ModelRef, short
from netdsl.elaborate.scope.frame import Frame
from netdsl.syntax import tree
from netdsl.syntax.walk import is_of_ops
from netdsl.value import Value

#: What is written inside a wrapper, to show it.
_HELD = {
    "Bidirectional": "LSTM(64)",
    "RNN": "LSTMCell(64)",
    "SpectralNormalization": "Dense(8)",
    "StackedRNNCells": "[LSTMCell(64), LSTMCell(32)]",
}


def goes_through(value: tree.Expr, frame: Frame) -> tree.Expr | None:
    """Find in an argument the first stage that tensors go through: a loop, a fork, a block, a function, a network."""
    stages = value.stages if isinstance(value, tree.Pipe) else (value,)
    return next((stage for stage in stages if _goes_through(stage, value, frame)), None)


def _goes_through(stage: tree.Expr, value: tree.Expr, frame: Frame) -> bool:
    if isinstance(stage, tree.Stage) or _is_block(stage, frame):
        return True
    if stage is value and isinstance(stage, tree.ListExpr):
        return any(isinstance(item, tree.Braced) for item in stage.items)
    return stage is not value and isinstance(stage, (tree.Arriving, tree.ListExpr))


def _is_block(stage: tree.Expr, frame: Frame) -> bool:
    """Tell a block, a model, a network of Keras, or a function of `ops`."""
    function = stage.function if isinstance(stage, tree.Call) else None
    if isinstance(function, tree.Attribute):
        root = function.value
        is_network = isinstance(root, tree.Name) and root.id == "applications"
        return is_network or is_of_ops(function)
    return isinstance(function, tree.Name) and isinstance(
        frame.lookup(function.id), (BlockRef, ModelRef)
    )


def nothing_applied_inside(
    call: tree.Call | None, value: tree.Expr, first: tree.Expr, holder: str, frame: Frame
) -> Value:
    """Report what is applied to tensors where Keras takes one layer object, which a function over tensors is not."""
    label = "this is applied to tensors"
    help_ = f"write its layers out: `{holder}({_HELD.get(holder, 'Dense(8) -> Dropout(0.1)')})`"
    ways: list[Fix | None] = [_listed(value)]
    if isinstance(first, tree.Call) and is_of_ops(first.function):
        label = "this is a function, which is applied to tensors"
        ways += _of_function(call, first, value)
        help_ = f"apply it behind the layer: `-> {holder}(…) -> {short(first.span.text)}`"
    if call is not None:
        ways.append(replacements.step_by_step(call, value, frame))
    named = short(first.span.text)
    frame.report(
        problems.WrongUse.at(
            first.span,
            f"`{holder}` holds a layer, or layers one after the other; {label}",
            name=named,
            help=help_,
            fix=first_that_helps(ways),
        )
    )
    return POISON


def _listed(value: tree.Expr) -> Fix | None:
    """Write loops among layers as Python does: `[for n in sizes { LSTMCell(n) }]` -> `[LSTMCell(n) for n in sizes]`."""
    items = value.items if isinstance(value, tree.ListExpr) else (value,)
    loops = [item for item in items if isinstance(item, (tree.For, tree.Repeat))]
    if not loops or len(loops) < sum(isinstance(item, tree.Braced) for item in items):
        return None
    if any(isinstance(loop.body, (tree.Statements, tree.Pipe)) for loop in loops):
        return None
    texts = [item.span.text if item not in loops else _comprehension(item) for item in items]
    if len(items) > 1:
        texts = [
            f"*[{text}]" if item in loops else text for item, text in zip(items, texts, strict=True)
        ]
    text = f"[{', '.join(texts)}]"
    return rewritten(value.span, text, say="a list of layers is one of Python:")


def _comprehension(loop: tree.Expr) -> str:
    assert isinstance(loop, (tree.For, tree.Repeat))
    made = loop.body.span.text
    if isinstance(loop, tree.Repeat):
        return f"{made} for _ in range({loop.count.span.text})"
    return f"{made} for {loop.target.span.text} in {loop.iterable.span.text}"


def _of_function(
    call: tree.Call | None, first: tree.Call, value: tree.Expr
) -> Iterator[Fix | None]:
    """`TimeDistributed(ops.relu())` -> `Activation(relu)`, which is a layer; or the function, for all steps at once."""
    name = first.function.span.text.rpartition(".")[2]
    if name in identifiers("activation") and not first.arguments:
        yield rewritten(first.span, f"Activation({name})", say="as a layer it is")
    function = call.function if call is not None else None
    if call is None or value is not first or not isinstance(function, tree.Name):
        return
    text = _of_all_steps(first, name) if has_role(function.id, "step_by_step") else None
    if text is not None:
        fix = rewritten(call.span, text)
        yield replace(fix, text=f"it takes all steps at once: {fix.text}")


def _of_all_steps(first: tree.Call, name: str) -> str | None:
    """Write a function of each step for all: one of single numbers as it is, one along an axis with that moved on."""
    own = signature("op", name)
    along = {"axis", "axes", "shape", "newshape", "dims"}
    if own is None or any(argument.star for argument in first.arguments):
        return None
    if not along & set(own.names):
        return first.span.text
    axis = first.arguments[0] if len(first.arguments) == 1 else None
    if axis is None or axis.name != "axis":
        return None
    if isinstance(axis.value, tree.Literal) and isinstance(axis.value.value, int):
        number = axis.value.value
        return f"{first.function.span.text}(axis={number + 1})" if number > 0 else None
    return first.span.text if isinstance(axis.value, tree.Unary) else None


def as_activation(call: tree.Call, value: Value) -> Fix | None:
    """`TimeDistributed(relu)`, `TimeDistributed("relu")`, `TimeDistributed(ops.relu)` -> `…(Activation(relu))`."""
    name = value.last if isinstance(value, Identifier) else value
    written = next(iter(call.arguments), None)
    if not isinstance(name, str) or written is None or name not in identifiers("activation"):
        return None
    return rewritten(written.value.span, f"Activation({name})", say="as a layer it is")


def without_parentheses(call: tree.Call, name: str, target: Value, frame: Frame) -> Fix | None:
    """`TimeDistributed(Encoder)` of a block or model -> `layer encoder = Encoder()`, `TimeDistributed(encoder)`."""
    value = next((a.value for a in call.arguments if a.value.span.text == name), None)
    if not isinstance(target, (BlockRef, ModelRef)) or not isinstance(value, tree.Name):
        return None
    made = tree.Call(value.span, value, ())
    fix = replacements.step_by_step(call, made, frame)
    if fix is None:
        return None
    first, *rest = fix.edits
    text = f"{first.text.rstrip()}()" + first.text[len(first.text.rstrip()) :]
    return Fix(
        (Edit(first.span, text), *rest), text=(fix.text or "").replace(f"= {name}`", f"= {name}()`")
    )
