"""Changes that may mend a shape error: proposals only, each is tried by `netdsl/fixes.py` before it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import isqrt, prod
from typing import Protocol

from netdsl.catalog.kind import BoundLayer, Refusal
from netdsl.diagnostics.diagnostic import Edit, Fix, Label, first_that_helps
from netdsl.diagnostics.problems import shapes as problems
from netdsl.elaborate.remedies import argument_fixes
from netdsl.elaborate.remedies.merge_candidates import flattened, for_unequal, how_to_fit
from netdsl.elaborate.remedies.provenance import MAX_STEPS
from netdsl.elaborate.remedies.rank_candidates import (
    before,
    channels_last,
    for_rank,
    given_back,
    stage_left_out,
)
from netdsl.elaborate.remedies.state_candidates import batch_declared, for_states
from netdsl.elaborate.remedies.written_arguments import argument_of, makes_layer_with_role
from netdsl.elaborate.scope.entities import Given, Tensor, tensors_in
from netdsl.graph import Graph, Node
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.tensor import TensorSpec, spell_shape
from netdsl.value import Value

_MOST_SIZES = 16  # of a shape, each of which is tried to be worked out


class _Bound(Protocol):
    """A layer with its arguments bound, and where it is written."""

    @property
    def span(self) -> Span: ...
    @property
    def call(self) -> tree.Call | tree.Binary: ...
    @property
    def arguments(self) -> Mapping[str, Value]: ...


def propose(
    refusal: Refusal,
    bound: _Bound,
    positional: list[Value],
    graph: Graph,
    extra: Sequence[Given],
    module: tree.Module,
) -> Fix | None:
    """Propose changes for a refused layer, the likeliest first; None where nothing stands to reason.

    `module` is the file that the layer is written in.
    """
    tensors = list(tensors_in(positional))
    blamed = next((g for g in extra if g.name is not None and g.name == refusal.blames), None)
    if refusal.problem is problems.WrongState and blamed is not None:
        needs = refusal.facts.get("needs")
        widths = needs if isinstance(needs, tuple) else ()
        return first_that_helps(
            for_states(
                widths, bound.call, blamed.span, list(tensors_in(blamed.value)), graph, module
            )
        )
    return first_that_helps(_proposals(refusal, bound, tensors, graph, module))


def in_words(refusal: Refusal, bound: _Bound, positional: list[Value], module: tree.Module) -> str:
    """Give the help for a refused layer where none of the changes turns out to help."""
    tensors = list(tensors_in(positional))
    if len(refusal.differs) == 2 and all(i < len(tensors) for i, _ in refusal.differs):
        return how_to_fit(refusal, tensors, bound.call, module) or refusal.help
    return refusal.help


def _proposals(
    refusal: Refusal, bound: _Bound, tensors: list[Tensor], graph: Graph, module: tree.Module
) -> Iterator[Fix | None]:
    call, written, arguments = bound.span, bound.call, bound.arguments
    if len(refusal.differs) == 2 and all(i < len(tensors) for i, _ in refusal.differs):
        yield from for_unequal(refusal, tensors, written, graph, module)
        return
    match refusal.problem:
        case problems.UnequalInputs if len({t.spec.rank for t in tensors}) > 1:
            yield flattened(tensors, graph)
        case problems.WrongRank if len(tensors) == 1:
            yield _sequences_upstream(tensors[0], graph)
            needs = refusal.facts.get("needs")
            needs = needs if isinstance(needs, int) else 0
            yield from for_rank(needs, tensors[0], written, graph)
            yield _flatten_before(tensors[0], call)
            yield given_back(needs, tensors[0], graph)
        case problems.TooSmall if arguments.get("padding") == "valid":
            yield _told_at_input(refusal, call, channels_last(_first_of(tensors[0], graph)))
            yield argument_fixes.with_argument(written, "padding", '"same"', "pad its input: ")
        case problems.UnknownDimension if len(tensors) == 1:
            yield _settled(tensors[0], graph)
            yield _averaged(tensors[0], graph)
        case problems.TooFewInputs if len(tensors) == 1 and makes_layer_with_role(
            written, "attention"
        ):
            after = Edit(Span(call.file, call.end, call.end), "(value=_)")
            yield Fix((after,), text=f"let it attend to itself: `{call.text}(value=_)`")
        case problems.NeedsFixedBatch | problems.WrongWrapped if not isinstance(
            tensors[0].spec.shape[0], int
        ):
            yield batch_declared(graph, module)
        case problems.SizeMismatch:
            yield from _one_size_worked_out(written, tensors[0])


def _told_at_input(refusal: Refusal, call: Span, fix: Fix | None) -> Fix | None:
    """A picture whose channels come first is found out where it is pooled to nothing: the input is to blame."""
    if fix is None:
        return None
    layer = call.text[: call.text.find("(")]
    label = "its channels stand first, and Keras has them last"
    why = Label(call, refusal.label)
    facts = {"layer": layer, "argument": "", **refusal.facts}
    place = fix.edits[0].span
    return replace(fix, told=refusal.problem.at(place, label, related=[why], facts=facts))


def _first_of(tensor: Tensor, graph: Graph) -> Node:
    """Give the input that a tensor was made from first of all."""
    node = graph.nodes[tensor.ref.node]
    for _ in range(MAX_STEPS):
        if not node.inputs:
            break
        node = graph.nodes[node.inputs[0].node]
    return node


def _sequences_upstream(tensor: Tensor, graph: Graph) -> Fix | None:
    """A recurrent layer that follows another needs the whole sequence of it."""
    operation = graph.nodes[tensor.ref.node].operation
    kind, bound, call = operation.kind, operation.bound, operation.call
    while isinstance(held := bound.get("layer"), BoundLayer) and call is not None:  # wrapped
        inner = argument_of(call, kind, "layer")
        value = None if inner is None else inner.value
        kind, bound = held.kind, held.arguments
        call = value if isinstance(value, tree.Call) else None
    if bound.get("return_sequences") is not False:
        return None
    return argument_fixes.with_argument(
        call, "return_sequences", "True", "hand the whole sequence on: "
    )


def return_state(tensor: Tensor, graph: Graph) -> Fix | None:
    """Propose `return_state=True` where one tensor is unpacked as if it came with the states of its recurrent layer."""
    node = graph.nodes[tensor.ref.node]
    if node.operation.bound.get("return_state") is not False:
        return None
    return argument_fixes.with_argument(
        node.operation.call, "return_state", "True", "ask for the states: "
    )


def _flatten_before(tensor: Tensor, call: Span) -> Fix | None:
    """Too many axes for what follows: put them in one row."""
    if tensor.spec.rank < 3:
        return None
    return before(call, "Flatten()", f"put {spell_shape(tensor.spec.shape)} in a row first")


def _settled(tensor: Tensor, graph: Graph) -> Fix | None:
    """The size is that of what a layer has yet to learn, or of a text: an argument of that layer settles it."""
    node = graph.nodes[tensor.ref.node]
    for _ in range(MAX_STEPS):
        definition, call = node.operation.definition, node.operation.call
        if definition is not None and definition.settling is not None and call is not None:
            wanted = definition.settling(node.operation.bound)
            return argument_fixes.with_arguments(
                call, wanted, "let its size be known before it is run: "
            )
        arriving = node.inputs
        if node.is_a("merging"):
            arriving = tuple(
                ref for ref in arriving if not isinstance(graph.spec(ref).shape[-1], int)
            )
        elif len(arriving) != 1 or not node.is_a("view", "reordering", "each_place", "identity"):
            break
        if not arriving:
            break
        node = graph.nodes[arriving[0].node]
    return None


def _averaged(tensor: Tensor, graph: Graph) -> Fix | None:
    """Sizes that nobody knows were put in a row: an average over them has a size that is known."""
    node = graph.nodes[tensor.ref.node]
    if not node.is_a("view") or stage_left_out(node, "Flatten") is None:
        return None
    rank = graph.spec(node.inputs[0]).rank
    layer = f"GlobalAveragePooling{rank - 2}D()"
    text = f"average over what is not known: `{layer}` in place of `Flatten()`"
    return Fix((Edit(node.origin.span, layer),), text=text) if 3 <= rank <= 5 else None


def _one_size_worked_out(written: tree.Expr, tensor: Tensor) -> Iterator[Fix]:
    """Let -1 stand for one size of a `Reshape`, where the others go into the number of elements."""
    if not isinstance(written, tree.Call) or not makes_layer_with_role(written, "view"):
        return
    given = argument_of(written, "Reshape", "target_shape")
    if given is None or not isinstance(given.value, tree.TupleExpr) or not given.value.items:
        return
    items = given.value.items
    sizes = [item.span.text for item in items]
    if "-1" in sizes or len(sizes) > _MOST_SIZES:
        return
    place = Span(written.span.file, items[0].span.start, items[-1].span.end)
    for index in reversed(range(len(sizes))):
        text = ", ".join([*sizes[:index], "-1", *sizes[index + 1 :]])
        shown = f"Reshape(({text}{',' * (len(sizes) == 1)}))"
        yield Fix((Edit(place, text),), text=f"let one size be worked out: `{shown}`")
    yield from _squares(sizes, place, tensor.spec)


def _squares(sizes: list[str], place: Span, spec: TensorSpec) -> Iterator[Fix]:
    """`(8, 8, 64)` of 3136 elements -> `(7, 7, 64)`: a picture as high as it is wide."""
    known = [size for size in spec.shape[1:] if isinstance(size, int)]
    if (
        len(sizes) != 3
        or sizes[0] != sizes[1]
        or not sizes[2].isdigit()
        or len(known) < spec.rank - 1
    ):
        return
    side = isqrt(prod(known) // int(sizes[2])) if int(sizes[2]) else 0
    if side and side * side * int(sizes[2]) == prod(known):
        text = f"{side}, {side}, {sizes[2]}"
        yield Fix((Edit(place, text),), text=f"give the sides that fit: `Reshape(({text}))`")
