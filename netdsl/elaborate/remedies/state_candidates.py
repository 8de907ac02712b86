"""Changes that may mend the states given to a recurrent layer, and the batch that a stateful one wants to know.

Proposals only, each is tried by `netdsl/fixes.py` before it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator

from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.elaborate.remedies.argument_fixes import added_arguments, with_value
from netdsl.elaborate.scope.entities import Tensor
from netdsl.graph import Graph, Node
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import nodes_around, walk, way_to

USUAL_BATCH = 32  # what `fit` takes where nothing else is said


def for_states(
    needs: tuple[int, ...],
    call: tree.Expr,
    written: Span,
    given: list[Tensor],
    graph: Graph,
    module: tree.Module,
) -> Iterator[Fix | None]:
    """Propose as many states as a layer has, of the widths `needs`."""
    items = _items(written, module)
    if len(items) != len(given) or not items or not needs:
        return
    count, wanted = len(items), len(needs)
    if count == wanted:
        yield _as_wide(call, given, graph)
    if count == 1:
        yield _states_asked_for(items[0], wanted, written, given[0], graph, module)
    if count > wanted:
        yield from _fewer(items, wanted, written)
    elif wanted % count == 0:
        again = items * (wanted // count)
        widths = [tensor.spec.shape[-1] for tensor in given] * (wanted // count)
        yield _in_a_list(again, written, "give one for each state")
        made = [
            text if width == need else f"{text} -> Dense({need})"
            for text, width, need in zip(again, widths, needs, strict=True)
        ]
        if made != again:
            yield _in_a_list(made, written, "make them as wide as the states")


def _items(written: Span, module: tree.Module) -> list[str]:
    """Give the texts of the items of a list, `[h, c]`; an expression that is no list is its own one item."""
    for node in nodes_around(module, written):
        if isinstance(node, tree.ListExpr) and node.span == written:
            return [item.span.text for item in node.items]
    return [written.text]


def _as_wide(call: tree.Expr, given: list[Tensor], graph: Graph) -> Fix | None:
    """Give a layer as many units as the one has whose states it starts from."""
    widths = {tensor.spec.shape[-1] for tensor in given}
    if len(widths) != 1 or not all(graph.nodes[t.ref.node].is_a("recurrent") for t in given):
        return None
    return with_value(call, "units", str(widths.pop()), 0, "give both as many units")


def _in_a_list(items: list[str], written: Span, why: str) -> Fix:
    is_alone = len(items) == 1 and not written.text.startswith("[")
    text = items[0] if is_alone else f"[{', '.join(items)}]"
    return Fix((Edit(written, text),), text=f"{why}: `{text}`")


def _fewer(items: list[str], wanted: int, written: Span) -> Iterator[Fix]:
    """Of both directions join what belongs together; of an output and its states leave the output out."""
    if len(items) == 2 * wanted:
        pairs = zip(items[:wanted], items[wanted:], strict=True)
        joined = [f"[{a}, {b}] -> Concatenate()" for a, b in pairs]
        yield _in_a_list(joined, written, "join the states of both directions")
    if len(items) == wanted + 1 and wanted > 1:
        yield _in_a_list(items[1:], written, "leave the output out, which is no state")
    yield _in_a_list(items[:wanted], written, "give as many as it has")


def _states_asked_for(
    name: str, wanted: int, written: Span, given: Tensor, graph: Graph, module: tree.Module
) -> Fix | None:
    """Let an `LSTM` give its states: `enc, enc_h, enc_c = x -> LSTM(16, return_state=True)`, `[enc_h, enc_c]`."""
    node = graph.nodes[given.ref.node]
    call = node.operation.call
    if wanted != 2 or call is None:
        return None
    if node.operation.bound.get("return_state") is not False or not node.is_a("recurrent"):
        return None
    bindings = [n for n in way_to(module, call) if isinstance(n, tree.Bind)]
    target = bindings[0].target if bindings else None
    asked = added_arguments(call, {"return_state": "True"})
    if not isinstance(target, tree.NamePattern) or target.id != name or asked is None:
        return None
    states = [f"{name}_h", f"{name}_c"]
    names = ", ".join([name, *states])
    edits = (Edit(target.span, names), asked[0], Edit(written, f"[{', '.join(states)}]"))
    return Fix(edits, text=f"ask for both states: `{names} = … -> {asked[1]}`")


def batch_declared(graph: Graph, module: tree.Module) -> Fix | None:
    """Give each input of a model its batch size: `input x: [12, 8](batch_size=32)`."""
    edits: list[Edit] = []
    shown = ""
    for number in graph.inputs:
        node = graph.nodes[number]
        if isinstance(node.flat_outputs[0].shape[0], int):
            continue
        edit, text = _with_batch(node, module)
        if edit is None:
            return None
        edits.append(edit)
        shown = shown or text
    more = " and its like" if len(edits) > 1 else ""
    return Fix(tuple(edits), text=f"fix the batch: `{shown}`{more}") if edits else None


def _with_batch(node: Node, module: tree.Module) -> tuple[Edit | None, str]:
    """Write the option behind an input's type, beside those that stand there."""
    declared = node.operation.declared
    if declared is None or declared.type is None:
        return None, ""
    option, options = f"batch_size={_usual_batch(module)}", declared.type.options
    place = options[0].span.start if options else declared.type.span.end
    text = f"{option}, " if options else f"({option})"
    name = declared.name_span
    head = name.file.text[name.start : place]
    edit = Edit(Span(name.file, place, place), text)
    return edit, f"input {' '.join(head.split())}{text.rstrip(', ')}" + ", …)" * bool(options)


def _usual_batch(module: tree.Module) -> object:
    """Give the batch size that a file says anywhere, as its `train` block does."""
    for node in walk(module):
        match node:
            case tree.Setting(_, "batch_size", tree.Literal(_, int(size), _), _):
                return size
            case tree.Argument(_, "batch_size", tree.Literal(_, int(size), _), _, _):
                return size
    return USUAL_BATCH
