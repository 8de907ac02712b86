"""Tensors that are one for all samples, where they meet those that have a row for each.

A weight has no batch, nor has an array that `keras.ops` makes of numbers. Arithmetic stretches them over the samples;
what joins or pairs tensors row by row takes the first axis for the batch. Keras builds such a model, as it does not
know the batch yet, and it fails with the first one that is not of that size.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netdsl.catalog import MERGE_LAYERS, layer_kind
from netdsl.catalog.kind import Inference, LayerKind, Refusal, flatten_structure
from netdsl.diagnostics.problems.shapes import BuildsButFails, NoBatch, WrongRank
from netdsl.elaborate.layers.origins import input_labels
from netdsl.elaborate.scope.entities import Tensor, tensors_in
from netdsl.elaborate.scope.frame import Frame
from netdsl.graph import Alone, Node
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.tensor import Unknown, spell_shape
from netdsl.value import Value

#: Functions of `keras.ops` that put tensors behind or on one another, row by row.
_JOINING = frozenset(("append", "concatenate", "dstack", "hstack", "stack"))

#: Functions that give axes a meaning of their own.
_BY_LETTERS = frozenset(("dot", "einsum", "inner", "outer", "tensordot", "vdot"))

#: Joining layers, and what takes both kinds of tensor: the sign of an operator, or a function.
_SIGNS = {kind: sign for sign, kind in MERGE_LAYERS.items()}
_FUNCTIONS = {"Maximum": "ops.maximum", "Minimum": "ops.minimum"}


def alone_of(tensor: Tensor, frame: Frame) -> Alone:
    """Tell of what a tensor is made that no sample arrives at; empty where one does."""
    assert frame.body is not None
    return frame.body.graph.nodes[tensor.ref.node].alone


def batch_for_weight(refusal: Refusal, positional: list[Value], frame: Frame) -> str:
    """Say how a weight gets the batch that a layer asks for, where one of its own is all that it lacks."""
    single = next((t for t in tensors_in(positional) if alone_of(t, frame) == "weight"), None)
    if refusal.problem is not WrongRank or single is None or frame.body is None:
        return ""
    others = (t for t in tensors_in(frame.body.inputs) if _has_batch(t))
    batched = next(others, None)
    if batched is None:
        return ""
    name = _short_name(single, frame)
    return f"a weight has no batch; spread it over one: `{spread(batched, name, frame)}`"


def keep_apart_in_layer(
    definition: LayerKind,
    positional: Sequence[Value],
    keywords: Iterable[tuple[str, Value]],
    span: Span,
    frame: Frame,
) -> bool:
    """Report a weight beside a batch at one layer; tells whether it can be applied. A mask may be one for all."""
    others = [value for name, value in keywords if "mask" not in name]
    pair = _pair([*positional, *others], frame)
    is_weight = pair is not None and alone_of(pair[0], frame) == "weight"
    if pair is None or not (is_weight or definition.is_a("concatenation")):
        return True
    if not is_weight and pair[0].spec.rank != pair[1].spec.rank:
        return True  # which is refused for another reason
    return _keep_apart(definition.name, pair, span, frame)


def keep_apart_in_own(
    name: str,
    positional: Sequence[Value],
    keywords: Iterable[tuple[str, Value]],
    span: Span,
    frame: Frame,
) -> bool:
    """Report a weight beside a batch at a model or a class of the user's own: they take a row of each for a sample."""
    pair = _pair([*positional, *(v for n, v in keywords if "mask" not in n)], frame)
    if pair is None or alone_of(pair[0], frame) != "weight":
        return True
    return _keep_apart(name, pair, span, frame)


def keep_apart_in_function(
    function: str, given: Value, inference: Inference, span: Span, frame: Frame
) -> bool:
    """Report tensors of both kinds at a function that joins them, or that would stretch one over the batch."""
    pair = _pair(given, frame)
    if pair is None or function in _BY_LETTERS:
        return True
    loses_batch = function == "stack" or _lost_batch(given, inference)
    if function in _JOINING and loses_batch:
        return _keep_apart(f"ops.{function}", pair, span, frame)
    single, batched = pair
    if not loses_batch or alone_of(single, frame) != "weight":
        return True
    label = (
        f"axis 0 of {spell_shape(batched.spec.shape)} is the batch, and {_called(single, frame)} "
        f"{spell_shape(single.spec.shape)} has {single.spec.shape[0]} there"
    )
    help_ = f"leave that axis out, or make room for it in the other: `ops.expand_dims({_beside(batched, frame)}, 1)`"
    related = input_labels([single, batched], frame, span)
    problem = NoBatch.at(span, label, layer=f"ops.{function}", help=help_, related=related)
    frame.report(problem)
    return False


def spread(batched: Tensor, name: str, frame: Frame, *, is_state: bool = False) -> str:
    """Spell a tensor with a batch put before it: `ops.zeros_like(x[:, :1, :1]) + w`; a state has no steps."""
    after = ["0"] * (batched.spec.rank - 2) if is_state else [":1"] * (batched.spec.rank - 2)
    index = ", ".join([":", *after, *[":1"] * (batched.spec.rank > 1)])
    return f"ops.zeros_like({_beside(batched, frame)}[{index}]) + {name}"


def _way_out(layer: str, batched: Tensor, name: str, frame: Frame) -> str:
    """Say how both kinds of tensor are brought together."""
    x = _beside(batched, frame)
    if layer in _SIGNS:
        return f"write `{x} {_SIGNS[layer]} {name}`, which stretches it over the batch"
    if layer in _FUNCTIONS:
        return f"write `{_FUNCTIONS[layer]}({x}, {name})`, which stretches it over the batch"
    kind = layer_kind(layer) if layer[0].isupper() else None
    is_state = kind is not None and kind.is_a("recurrent")
    return f"spread it over the batch first: `{spread(batched, name, frame, is_state=is_state)}`"


def _beside(batched: Tensor, frame: Frame) -> str:
    """Name the tensor that has a batch, if it is an input."""
    assert frame.body is not None
    node = frame.body.graph.nodes[batched.ref.node]
    return node.name if node.operation.family == "input" else "x"


def _lost_batch(given: Value, inference: Inference) -> bool:
    """Tell whether the batch of what is given is a number in the result."""
    made = next(flatten_structure(inference.outputs), None)
    if made is None or not made.rank or isinstance(made.shape[0], Unknown):
        return False
    ranks = (t.spec.rank for t in tensors_in(given) if _has_batch(t))
    return made.rank in ranks and isinstance(made.shape[0], int)


def _has_batch(tensor: Tensor) -> bool:
    return tensor.spec.rank > 0 and isinstance(tensor.spec.shape[0], Unknown)


def _pair(given: Value, frame: Frame) -> tuple[Tensor, Tensor] | None:
    """Give a tensor that is one for all samples, a weight's first, and one that has a row for each."""
    tensors = list(tensors_in(given))
    single = [t for t in tensors if alone_of(t, frame)]
    batched = next((t for t in tensors if not alone_of(t, frame) and _has_batch(t)), None)
    if not single or batched is None:
        return None
    return min(single, key=lambda t: alone_of(t, frame) != "weight"), batched


def _keep_apart(label: str, pair: tuple[Tensor, Tensor], span: Span, frame: Frame) -> bool:
    """Report a weight beside a batch; of an array it depends on the batch, and that is said."""
    single, batched = pair
    name, shape = _called(single, frame), spell_shape(single.spec.shape)
    help_ = _way_out(label, batched, _short_name(single, frame), frame)
    if alone_of(single, frame) == "array":
        why = f"{name} {shape} is one for all samples, and fits a batch of {single.spec.shape[0]} alone"
        frame.report(BuildsButFails.at(span, why, layer=label, help=help_))
        return True
    why = f"{name} {shape} is one for all samples, and {spell_shape(batched.spec.shape)} has rows for each"
    related = input_labels([single, batched], frame, span)
    frame.report(NoBatch.at(span, why, layer=label, help=help_, related=related))
    return False


def _short_name(tensor: Tensor, frame: Frame) -> str:
    assert frame.body is not None
    written = frame.body.graph.nodes[tensor.ref.node].operation.written
    return written.name if isinstance(written, tree.WeightDecl) else "w"


def _called(tensor: Tensor, frame: Frame) -> str:
    """Name a weight as the spec does."""
    assert frame.body is not None
    node: Node = frame.body.graph.nodes[tensor.ref.node]
    written = node.operation.written
    if isinstance(written, tree.WeightDecl):
        return f"`{written.name}`"
    return f"`{node.kind}(…)`" if node.operation.family == "op" else f"what `{node.kind}` gives,"
