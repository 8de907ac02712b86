"""What changed in a network, not in its text: inputs, outputs, layers, connections, totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from netdsl.analyse.costs import totals
from netdsl.catalog.kind import ObjectValue
from netdsl.catalog.signature import signature
from netdsl.catalog.worked_out import in_force
from netdsl.compare.layout import Layout, layout_of
from netdsl.compare.pairing import pair_layers
from netdsl.graph import Graph, Node, refs_in
from netdsl.record import record
from netdsl.stack import on_own_stack
from netdsl.tensor import UNKNOWN, TensorSpec, short, spell_shape
from netdsl.value import Value

What = Literal["added", "removed", "renamed", "changed"]


@record
class Change:
    """One difference: `subject` is a layer, an input, a setting, …; `details` say how it differs."""

    what: What
    kind: Literal["input", "output", "layer", "total", "training", "setting", "hyperparameter"]
    subject: str
    details: tuple[str, ...] = ()


@on_own_stack
def compare_graphs(before: Graph, after: Graph) -> list[Change]:
    """Give every difference between two networks; none where they are the same network."""
    return [
        *_ends(before, after, "input"),
        *_ends(before, after, "output"),
        *_form(before, after),
        *_layers(before, after),
        *_totals(before, after),
    ]


def _ends(before: Graph, after: Graph, kind: Literal["input", "output"]) -> list[Change]:
    old, new = _types(before, kind), _types(after, kind)
    gone, come = [n for n in old if n not in new], [n for n in new if n not in old]
    if kind == "output" and len(old) == len(new) == len(gone) == 1:  # there is no other
        (was, is_now) = (*gone, *come)
        kept = _is_same_type(old[was], new[is_now])
        details = () if kept else (f"{old[was]} -> {new[is_now]}",)
        return [Change("renamed", kind, f"{was} -> {is_now}", details)]
    changes = [Change("removed", kind, name, (str(old[name]),)) for name in gone]
    for name, spec in new.items():
        if name not in old:
            changes.append(Change("added", kind, name, (str(spec),)))
        elif not _is_same_type(old[name], spec):
            changes.append(Change("changed", kind, name, (f"{old[name]} -> {spec}",)))
    shared = [n for n in old if n in new]
    if not changes and shared != list(new):
        order = f"{', '.join(old)} -> {', '.join(new)}"
        changes.append(Change("changed", kind, "order", (order,)))
    return changes


def _form(before: Graph, after: Graph) -> list[Change]:
    """Tell where several outputs leave in a list, for code that unpacks it, and left in a dict before."""
    if before.form == after.form or "one" in (before.form, after.form):
        return []
    return [Change("changed", "output", "form", (f"a {before.form} -> a {after.form}",))]


def _types(graph: Graph, kind: str) -> dict[str, TensorSpec]:
    if kind == "input":
        nodes = [graph.nodes[number] for number in graph.inputs]
        return {node.name: node.flat_outputs[0] for node in nodes}
    return {name: graph.spec(ref) for name, ref in graph.outputs.items()}


def _is_same_type(a: TensorSpec, b: TensorSpec) -> bool:
    """Tell whether two types are one; a size with a name and one without are, as both are None in Keras."""
    sizes = zip(a.shape, b.shape, strict=True) if a.rank == b.rank else [(1, 2)]
    alike = all(_is_same_size(x, y) for x, y in sizes)
    return alike and str(replace(a, shape=())) == str(replace(b, shape=()))


def _is_same_size(a: Value, b: Value) -> bool:
    return a == b or (not isinstance(a, int) and not isinstance(b, int) and UNKNOWN in (a, b))


def _layers(before: Graph, after: Graph) -> list[Change]:
    old, new = _by_name(before), _by_name(after)
    pairs = pair_layers(_layout(before, old), _layout(after, new))
    names = {source: target for target, source in pairs.items()}
    changes: list[Change] = []
    for name, nodes in new.items():
        source = pairs.get(name)
        if source is None:
            changes.append(
                Change("added", "layer", name, (_spell(nodes[0]), *_shape(after, nodes)))
            )
            continue
        details = _differences(before, old[source], after, nodes, names)
        if name != source:
            changes.append(Change("renamed", "layer", f"{source} -> {name}", details))
        elif details:
            changes.append(Change("changed", "layer", name, details))
    gone = [name for name in old if name not in names]
    changes += [
        Change("removed", "layer", n, (_spell(old[n][0]), *_shape(before, old[n]))) for n in gone
    ]
    return changes


def _by_name(graph: Graph) -> dict[str, list[Node]]:
    """Group the applications of each layer by its name; functions of `keras.ops` are numbered."""
    needed = graph.needed()
    table: dict[str, list[Node]] = {}
    counts: dict[str, int] = {}
    for node in graph.nodes:
        if node.id not in needed or node.operation.family == "input":
            continue
        name = node.name
        if node.operation.family == "op":
            counts[name] = counts.get(name, 0) + 1
            name = f"{name} {counts[name]}"
        table.setdefault(name, []).append(node)
    return table


def _layout(graph: Graph, table: dict[str, list[Node]]) -> Layout:
    """Lay a network out, every layer and every model inside it as one."""
    labels = {node.id: name for name, nodes in table.items() for node in nodes}
    spelled = {id(n.operation): (n.kind, _key(graph, n)) for nodes in table.values() for n in nodes}
    return layout_of(graph, lambda operation: spelled[id(operation)], lambda n: labels[n.id])


def _key(graph: Graph, node: Node) -> tuple[tuple[str, str], ...]:
    """Give what a layer is, in whatever order and with whatever defaults its arguments are written."""
    told = _arguments(graph, node).items()
    call = sorted(_constants(node).items()) if node.operation.family == "op" else ()
    return (*sorted((name, text) for name, text in told if name not in _UNCOMPARED), *call)


def _arguments(graph: Graph, node: Node) -> dict[str, str]:
    """Spell the arguments of a layer as they are in force, those that are left to Keras too."""
    bound = node.operation.bound or node.operation.arguments
    ref = next(iter(node.inputs), None)
    arriving = None if ref is None else graph.spec(ref).shape
    return {name: _value(in_force(name, value, bound, arriving)) for name, value in bound.items()}


#: What is no part of what a layer is.
_UNCOMPARED = ("name", "trainable")


def _spell(node: Node) -> str:
    arguments = ", ".join(f"{k}={_value(v)}" for k, v in node.operation.arguments.items())
    return f"{node.kind}({arguments})"


def _value(value: Value) -> str:
    """Spell a value: a list as the tuple that it is as good as."""
    if isinstance(value, ObjectValue):
        given = (f"{name}={_value(inner)}" for name, inner in value.arguments.items())
        return f"{value.kind}({', '.join(given)})"
    if isinstance(value, (list, tuple)):
        inside = ", ".join(map(_value, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return getattr(value, "kind", None) or repr(value)


def _shape(graph: Graph, nodes: Sequence[Node]) -> tuple[str, ...]:
    return (f"gives {', '.join(spell_shape(s.shape) for s in nodes[0].flat_outputs)}",)


def _differences(
    before: Graph, old: Sequence[Node], after: Graph, new: Sequence[Node], names: dict[str, str]
) -> tuple[str, ...]:
    a, b = old[0], new[0]
    details: list[str] = []
    if a.kind != b.kind:
        details.append(f"{a.kind} -> {b.kind}")
    details += _argument_changes(before, a, after, b)
    if a.operation.trainable != b.operation.trainable:
        details.append("frozen" if a.operation.trainable else "no longer frozen")
    if len(old) != len(new):
        details.append(f"used {len(old)} times -> {len(new)} times")
    sources = [_inputs(before, n, names) for n in old], [_inputs(after, n, {}) for n in new]
    if sources[0] != sources[1] and len(old) == len(new):
        details.append(f"inputs {_spell_inputs(sources[0])} -> {_spell_inputs(sources[1])}")
    shapes = [tuple(spell_shape(s.shape) for s in n.flat_outputs) for n in (a, b)]
    if shapes[0] != shapes[1] and not _gives_same(a, b):
        details.append(f"gives {', '.join(shapes[0])} -> {', '.join(shapes[1])}")
    dtypes = [tuple(s.dtype for s in n.flat_outputs) for n in (a, b)]
    if dtypes[0] != dtypes[1]:
        details.append(f"dtype {', '.join(dtypes[0])} -> {', '.join(dtypes[1])}")
    return tuple(details)


def _gives_same(a: Node, b: Node) -> bool:
    pairs = [
        (replace(x, dtype=y.dtype), y) for x, y in zip(a.flat_outputs, b.flat_outputs, strict=False)
    ]
    return len(a.flat_outputs) == len(b.flat_outputs) and all(_is_same_type(x, y) for x, y in pairs)


def _argument_changes(before: Graph, a: Node, after: Graph, b: Node) -> list[str]:
    """Compare arguments as they are in force, so that a default written out is no change, and constants of calls."""
    old = {**_arguments(before, a), **_constants(a)}
    new = {**_arguments(after, b), **_constants(b)}
    return [
        f"{name} {old.get(name)} -> {new.get(name)}"
        for name in dict.fromkeys([*old, *new])
        if name not in _UNCOMPARED and old.get(name) != new.get(name)
    ]


def _constants(node: Node) -> dict[str, str]:
    """Spell what a layer or a function is called with besides tensors, by the names of its parameters."""
    is_op = node.operation.family == "op"
    found = signature("op" if is_op else "layer", node.kind.removeprefix("ops."))
    parameters = () if found is None else found.positional if is_op else found.call_parameters
    names = [p.name for p in parameters]
    usual = {p.name: p.default for p in parameters if not p.required}
    given = {
        names[place] if place < len(names) else f"argument {place + 1}": value
        for place, value in enumerate(node.positional)
    } | dict(node.keywords)
    return {
        name: text
        for name, value in given.items()
        if next(refs_in(value), None) is None and (text := _held(value)) != _held(usual.get(name))
    }


def _held(value: Value) -> str:
    """Spell a constant; numbers of an array as they are in float32."""
    if isinstance(value, (list, tuple)):
        inside = ", ".join(_held(short(v) if isinstance(v, float) else v) for v in value)
        return f"({inside})"
    return _value(value)


def _inputs(graph: Graph, node: Node, names: dict[str, str]) -> tuple[str, ...]:
    """Name what reaches a node; what ties a weight or an array to the model is none of that."""
    refs = refs_in((node.positional, tuple(node.keywords.values())))
    found = [graph.nodes[ref.node].name for ref in refs]
    return tuple(names.get(name, name) for name in found)


def _spell_inputs(uses: Sequence[tuple[str, ...]]) -> str:
    return "; ".join(", ".join(f"`{name}`" for name in use) for use in uses)


def _totals(before: Graph, after: Graph) -> list[Change]:
    old, new = totals(before), totals(after)
    changes: list[Change] = []
    for name, label in (
        ("parameters", "parameters"),
        ("macs", "multiply-accumulates"),
        ("layers", "layers"),
    ):
        a, b = getattr(old, name), getattr(new, name)
        if name == "parameters" and (old.untold or new.untold):
            label = "parameters without those that only a class knows"
        if not _is_same_size(a, b):
            changes.append(Change("changed", "total", label, (_total(a, b),)))
    return changes


def _total(a: Value, b: Value) -> str:
    if isinstance(a, int) and isinstance(b, int):
        share = f", {100 * (b - a) / a:+.1f} %" if a else ""
        return f"{a:,} -> {b:,} ({b - a:+,}{share})"
    return f"{a} -> {b}"
