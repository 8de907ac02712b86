"""What a release of Keras that is asked for does otherwise with what arrives: `--keras 3.3`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netdsl.catalog.kind import BoundLayer
from netdsl.catalog.signature import signature
from netdsl.catalog.version_facts import Arriving, Change, changes_of
from netdsl.catalog.versions import Releases, argument_since, policy_since, spell_release
from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netdsl.diagnostics.problems.arguments import DiffersInRelease, NotInRelease
from netdsl.graph import Graph, Node, inner_graphs, refs_in
from netdsl.syntax import tree
from netdsl.tensor import TensorSpec
from netdsl.value import Arguments


def check_releases(graph: Graph, asked: Releases, report: Callable[[Diagnostic], None]) -> None:
    """Report each layer that some release refuses here, or makes something else of."""
    pending, seen = [graph], set[int]()
    while pending:
        current = pending.pop()
        if id(current) not in seen:
            seen.add(id(current))
            pending += inner_graphs(current)
            _check_graph(current, asked, report)


def _check_graph(graph: Graph, asked: Releases, report: Callable[[Diagnostic], None]) -> None:
    for node in graph.nodes:
        if node.operation.family == "input":
            _check_input(node, asked, report)
        elif node.operation.family == "layer":
            arriving = _arriving(node, graph)
            for change in _changes(node.kind, node.operation.bound, arriving, asked):
                if not change.settled_by or not _only_read_by(change.settled_by, node, graph):
                    report(_changed(node, change, asked))


def _only_read_by(kind: str, node: Node, graph: Graph) -> bool:
    readers = [n.kind for n in graph.nodes if any(ref.node == node.id for ref in n.inputs)]
    leaves = any(ref.node == node.id for ref in graph.outputs.values())
    return not leaves and all(reader == kind for reader in readers)


def _arriving(node: Node, graph: Graph) -> dict[str, TensorSpec]:
    """Give what arrives, by the names of the layer's call; the tensors of a list are numbered."""
    found = signature("layer", node.kind)
    names = [p.name for p in found.call_parameters] if found is not None else []
    given = {**dict(zip(names, node.positional, strict=False)), **node.keywords}
    refs = {n: list(refs_in(value)) for n, value in given.items()}
    return {
        name if len(each) == 1 else f"{name} {number}": graph.spec(ref)
        for name, each in refs.items()
        for number, ref in enumerate(each)
    }


def _changes(
    kind: str, arguments: Arguments, arriving: Arriving, asked: Releases
) -> Iterator[Change]:
    """Give what changed of a layer, and of the layers in it, of which nobody sees what arrives."""
    for change in changes_of(kind):
        if change.since > asked.oldest and change.holds(arguments, arriving):
            yield change
    for value in arguments.values():
        if isinstance(value, BoundLayer):
            yield from _changes(value.kind, value.arguments, {}, asked)


def _changed(node: Node, change: Change, asked: Releases) -> Diagnostic:
    release = spell_release(change.since)
    apart = _one_by_one(node) if change.each else None
    help_ = change.help or f'ask for a later one: `keras = ">={release}"`'
    name = node.kind if node.kind in change.kinds else change.kinds[0]
    return DiffersInRelease.at(
        node.origin.span,
        f"before Keras {release} {change.before}, and `{asked.written}` is asked for",
        name=name,
        release=asked.spelled,
        help=f"wrap each by itself: `{apart.edits[0].text}`" if apart is not None else help_,
        fix=apart,
    )


def _one_by_one(node: Node) -> Fix | None:
    """Hold the layers of a row one by one: `TimeDistributed(a -> b)` -> `TimeDistributed(a) -> TimeDistributed(b)`."""
    call = node.operation.call
    match call:
        case tree.Call(arguments=[tree.Argument(name=None, value=tree.Pipe(stages=stages))]):
            made = (f"{call.function.span.text}({stage.span.text})" for stage in stages)
            return Fix((Edit(call.span, " -> ".join(made)),))
    return None


def _check_input(node: Node, asked: Releases, report: Callable[[Diagnostic], None]) -> None:
    """Report a dtype, or an option behind the type, that some release does not take: `(ragged=True)`."""
    found = [(spec.dtype, policy_since(spec.dtype)) for spec in node.flat_outputs]
    given = node.operation.arguments
    found += [
        (f"input {node.name}: …({name}=…)", argument_since("layer", "InputLayer", name))
        for name in given
        if given[name]
    ]
    for name, came in found:
        if came is not None and came > asked.oldest:
            release = spell_release(came)
            report(
                NotInRelease.at(
                    node.origin.span,
                    f"it came with Keras {release}, and `{asked.written}` is asked for",
                    name=name,
                    release=asked.spelled,
                    help=f'ask for a Keras that has it: `keras = ">={release}"`',
                )
            )
