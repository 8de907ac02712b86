"""Changes that may mend the states given to a recurrent layer, and the batch that a stateful one wants to know.

Proposals only, each is tried by `netdsl/fixes.py` before it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.elaborate.remedies.argument_fixes import added_arguments
from netdsl.elaborate.remedies.size_candidates import items_in, with_value
from netdsl.elaborate.scope.entities import Tensor
from netdsl.graph import Graph, Node
from netdsl.source import Span

USUAL_BATCH = 32  # what `fit` takes where nothing else is said


def for_states(
    needs: tuple[int, ...], call: Span, written: Span, given: list[Tensor], graph: Graph
) -> Iterator[Fix | None]:
    """Propose states of the number and widths that a layer has; `needs` are their widths."""
    items = [place.text for place in items_in(written)]
    if len(items) != len(given) or not items or not needs:
        return
    count, wanted = len(items), len(needs)
    if count == wanted:
        yield _as_wide(call, given, graph)
    if count == 1:
        yield _states_asked_for(items[0], wanted, written, given[0], graph)
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


def _as_wide(call: Span, given: list[Tensor], graph: Graph) -> Fix | None:
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
    name: str, wanted: int, written: Span, given: Tensor, graph: Graph
) -> Fix | None:
    """Let an `LSTM` give its states: `enc, enc_h, enc_c = x -> LSTM(16, return_state=True)`, `[enc_h, enc_c]`."""
    node = graph.nodes[given.ref.node]
    call = node.operation.span
    if wanted != 2 or call is None or not name.isidentifier() or call.file is not written.file:
        return None
    if node.operation.bound.get("return_state") is not False or not node.is_a("recurrent"):
        return None
    start = call.file.text.rfind("\n", 0, call.start) + 1
    bound = re.match(rf"\s*({re.escape(name)})\s*=[^=]", call.file.text[start : call.start])
    asked = added_arguments(call, {"return_state": "True"})
    if bound is None or asked is None:
        return None
    states = [f"{name}_h", f"{name}_c"]
    target = Span(call.file, start + bound.start(1), start + bound.end(1))
    names = ", ".join([name, *states])
    edits = (Edit(target, names), asked[0], Edit(written, f"[{', '.join(states)}]"))
    return Fix(edits, text=f"ask for both states: `{names} = … -> {asked[1]}`")


# -- a batch that is known -----------------------------------------------------------------------


def batch_declared(graph: Graph) -> Fix | None:
    """Give each input of a model its batch size: `input x: [12, 8](batch_size=32)`."""
    edits: list[Edit] = []
    shown = ""
    for number in graph.inputs:
        node = graph.nodes[number]
        if isinstance(node.flat_outputs[0].shape[0], int):
            continue
        edit, text = _with_batch(node)
        if edit is None:
            return None
        edits.append(edit)
        shown = shown or text
    more = " and its like" if len(edits) > 1 else ""
    return Fix(tuple(edits), text=f"fix the batch: `{shown}`{more}") if edits else None


def _with_batch(node: Node) -> tuple[Edit | None, str]:
    """Write the option behind an input's type, beside those that stand there."""
    name = node.origin.span
    found = re.compile(r"\s*:\s*\w*\s*\[[^\[\]]*\](\()?").match(name.file.text, name.end)
    if found is None or not name.file.text[: name.start].rstrip().endswith("input"):
        return None, ""
    said = re.search(r"\bbatch_size\s*=\s*(\d+)", name.file.text)
    option = f"batch_size={said[1] if said else USUAL_BATCH}"
    text = f"{option}, " if found[1] else f"({option})"
    head = name.file.text[name.start : found.end()]
    edit = Edit(Span(name.file, found.end(), found.end()), text)
    return edit, f"input {' '.join(head.split())}{text.rstrip(', ')}" + ", …)" * bool(found[1])
