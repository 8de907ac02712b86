"""Live models: the generated source is run, and layers of the user's own are held to what the spec declares of them.

The one place besides `refresh` and `importer` that imports Keras.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from math import prod
from typing import Protocol

from netdsl.analyse.costs import counted_nodes, parameters_of, totals
from netdsl.catalog.kind import BoundLayer, Structure
from netdsl.catalog.versions import Releases, read_releases
from netdsl.elaborate.files.linking import Unit
from netdsl.elaborate.remedies.declared_layers import MOST_WEIGHTS, corrected, declaration_of
from netdsl.foreign import Foreign
from netdsl.graph import Graph, Node, Operation, Ref
from netdsl.source import SourceFile
from netdsl.target import Api
from netdsl.tensor import TensorSpec, keras_shape

#: Characters of what a class says that it cannot do, before the shapes that Keras adds.
_LONGEST = 400

#: What Keras adds to what a class says: the arguments of its call.
_RECEIVED = re.compile(r"Arguments received by .*", re.DOTALL)

#: What Keras writes into its messages for terminals.
_COLOURS = re.compile("\x1b\\[[0-9;]*m")


class Compiled(Protocol):
    """What is asked of a compiled file here: `compiler.Compiled` is one."""

    @property
    def file(self) -> SourceFile: ...
    @property
    def unit(self) -> Unit: ...
    @property
    def graphs(self) -> Mapping[str, Graph]: ...
    def emit(self, api: Api, *, flat: bool, training: bool) -> str: ...


class DeclarationMismatch(ValueError):
    """An `extern layer` is not as the spec declares it: every shape after it would be another than was said.

    `place` is the use, `found` what differs there, `way_out` the declaration to write, if one helps. `applied` is False
    where the class itself fails.
    """

    def __init__(self, node: Node, found: str, way_out: str = "", *, applied: bool = True) -> None:
        self.place, self.kind = node.operation.span or node.origin.span, node.kind
        self.found, self.way_out, self.applied = found, way_out, applied
        where = f"{self.place.file.name}:{self.place.first.line}:{self.place.first.column}"
        what = f"is not as declared: {found}" if applied else found
        super().__init__(f"{where}: `{self.kind}` {what}" + (f"\n{way_out}" if way_out else ""))


class ParametersDiffer(RuntimeError):
    """Keras built another network than netdsl printed: the code that netdsl wrote is wrong."""


def installed_releases() -> Releases | None:
    """Give the release of the Keras that is installed; None for one that the catalogue has not heard of."""
    try:
        return read_releases(version("keras"))
    except (PackageNotFoundError, ValueError):
        return None


def build_model(compiled: Compiled, name: str, *, flat: bool = False) -> Foreign:
    """Run the generated source in a module of its own and call the function of the model.

    Raises DeclarationMismatch where a layer of the user's own gives other shapes, dtypes or weights than declared,
    and ParametersDiffer where the model has not the parameters that netdsl printed.
    """
    graph = compiled.graphs[name]
    try:
        model = _run(compiled, compiled.emit("keras", flat=flat, training=False), name)
    except Exception as error:
        mismatch = mismatch_behind(compiled, graph)
        if mismatch is not None:
            raise mismatch from error
        raise
    hold_to_declarations(compiled, graph, model)
    _check_parameters(graph, model)
    return model


def _run(compiled: Compiled, source: str, name: str) -> Foreign:
    from netdsl.emit.declarations import model_functions

    namespace: dict[str, Foreign] = {
        "__name__": f"netdsl_generated_{name.lower()}",
        "__file__": os.path.abspath(compiled.file.name),
    }
    exec(compile(source, f"<{compiled.file.name}>", "exec"), namespace)
    return namespace[model_functions(compiled.unit)[name]]()


def _check_parameters(graph: Graph, model: Foreign) -> None:
    """Hold the built model to the parameters that were printed of it, layer by layer."""
    printed, built = totals(graph), _parameters(model)
    differences = list(_differing_layers(graph, model))
    if not differences and (printed.untold or printed.parameters == built):
        return
    where = f": {'; '.join(differences[:8])}" if differences else ""
    raise ParametersDiffer(
        f"{graph.name} was printed with {printed.parameters:,} parameters, and Keras built {built:,}{where}\n"
        "This is a mistake in netdsl, not in the spec: report it with the spec. Until it is mended do not use the "
        "generated code of this model: it is another network."
    )


def _differing_layers(graph: Graph, model: Foreign, inside: str = "") -> Iterator[str]:
    """Say of each layer whose parameters differ how many were printed and built; of a sub-model, what in it does."""
    live = {layer.name: layer for layer in model.layers}
    expected = {n.name: n.operation for n in counted_nodes(graph) if n.operation.family != "op"}
    for name, operation in expected.items():
        printed, _ = parameters_of(operation)
        layer = live.get(name)
        place = f"`{inside}{name}`"
        if layer is None:
            yield f"{place} ({operation.kind}) is not in the built model, with {printed:,}"
        elif operation.graph is not None:
            yield from _differing_layers(operation.graph, layer, f"{inside}{name}/")
        elif operation.is_told and _parameters(layer) != printed:
            yield f"{place} ({operation.kind}) has {_parameters(layer):,}, {printed:,} were printed"
    for name in live.keys() - expected.keys():
        if extra := _parameters(live[name]):
            yield f"`{inside}{name}` is in the built model alone, with {extra:,}"


def _parameters(layer: Foreign) -> int:
    return sum(prod(weight.shape) for weight in layer.weights)


def mismatch_behind(compiled: Compiled, graph: Graph) -> DeclarationMismatch | None:
    """Where a build fails, find the first extern layer that is not as declared, or fails itself."""
    from netdsl.emit.flat import emit_flat
    from netdsl.version import __version__

    for node in graph.needed_nodes():
        if not _is_extern(node.operation):
            continue
        part = _up_to(graph, node)
        source = emit_flat(compiled.unit, {graph.name: part}, api="keras", version=__version__)
        try:
            model = _run(compiled, source, graph.name)
        except ImportError:
            return None
        except Exception as failure:
            arriving = ", ".join(_spell(graph.spec(ref)) for ref in node.inputs)
            why = _brief(f"{type(failure).__name__}: {_COLOURS.sub('', str(failure))}")
            found = DeclarationMismatch(
                node, f"cannot be applied to {arriving}: {why}", applied=False
            )
            found.__cause__ = failure
            return found
        try:
            hold_to_declarations(compiled, part, model)
        except DeclarationMismatch as mismatch:
            return mismatch
    return None


def _brief(text: str) -> str:
    """Cut what Keras adds to the message of a class: the arguments of its call, with all their shapes."""
    text = _RECEIVED.sub("", text).strip()
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _up_to(graph: Graph, last: Node) -> Graph:
    """Cut a graph off after a node, whose tensors are then the outputs."""
    paths = list(_paths(last.outputs))
    outputs = {f"output{i}": Ref(last.id, path) for i, path in enumerate(paths)}
    inputs = [number for number in graph.inputs if number <= last.id]
    return replace(graph, nodes=graph.nodes[: last.id + 1], inputs=inputs, outputs=outputs)


def _paths(structure: Structure, path: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    if isinstance(structure, TensorSpec):
        yield path
        return
    for index, part in enumerate(structure):
        yield from _paths(part, (*path, index))


def hold_to_declarations(compiled: Compiled, graph: Graph, model: Foreign) -> None:
    """Compare each use of an extern layer, and of what wraps one, with the layer that was built.

    Raises DeclarationMismatch at the first that differs.
    """
    uses: Counter[str] = Counter()
    for node in graph.needed_nodes():
        operation = node.operation
        use = uses[operation.name]
        uses[operation.name] += 1
        if operation.graph is not None and not use:
            hold_to_declarations(compiled, operation.graph, model.get_layer(operation.name))
        elif _is_extern(operation):
            layer = model.get_layer(operation.name)
            outputs = _outputs_of(layer, use, model)
            differences = list(_differences(node, layer, outputs))
            if differences:
                way_out = _way_out(compiled, graph, node, layer, outputs)
                raise DeclarationMismatch(node, "; ".join(differences), way_out)


def _way_out(
    compiled: Compiled, graph: Graph, node: Node, layer: Foreign, outputs: list[Foreign]
) -> str:
    """Write the declaration that holds; none for a layer inside another, whose tensors are not seen."""
    if node.operation.family != "extern":
        return ""
    declared = declaration_of(compiled.unit, node.kind, node.operation.module)
    if declared is None:
        return ""
    built = [(str(y.dtype), tuple(y.shape)[1:]) for y in outputs]
    weights = [tuple(weight.shape) for weight in layer.weights]
    return f"write: {corrected(declared, node, graph, built, weights)}"


def _is_extern(operation: Operation) -> bool:
    return operation.family == "extern" or any(_holds_extern(v) for v in operation.bound.values())


def _holds_extern(value: object) -> bool:
    """Find a layer of the user's own inside a wrapper's argument."""
    pending = [value]
    while pending:
        found = pending.pop()
        if isinstance(found, (list, tuple)):
            pending.extend(found)
        elif isinstance(found, BoundLayer):
            if found.module:
                return True
            pending.extend(found.arguments.values())
    return False


def _outputs_of(layer: Foreign, use: int, model: Foreign) -> list[Foreign]:
    import keras
    from keras.src.ops.function import make_node_key

    calls = enumerate(layer._inbound_nodes)  # those inside other layers are among them
    own = [call for number, call in calls if make_node_key(layer, number) in model._nodes]
    found: list[Foreign] = keras.tree.flatten(own[use].output_tensors)
    return found


def _differences(node: Node, layer: Foreign, outputs: list[Foreign]) -> Iterator[str]:
    given = ", ".join(f"{y.dtype} {tuple(y.shape)}" for y in outputs)
    if not _fits(node.flat_outputs, outputs):
        yield f"it gives {given}, declared {', '.join(map(_spell, node.flat_outputs))}"
    owned = [tuple(weight.shape) for weight in layer.weights]
    declared = [weight.shape for weight in node.operation.weights]
    if node.operation.is_told and owned != declared:
        yield f"it owns the weights {_listed(owned)}, declared {_listed(declared)}"


def _listed(shapes: list[tuple[int, ...]]) -> str:
    """Write shapes of weights, or how many there are."""
    if len(shapes) > MOST_WEIGHTS:
        return f"{len(shapes)}, beginning with {', '.join(str(list(s)) for s in shapes[:3])}"
    return ", ".join(str(list(shape)) for shape in shapes) or "none"


def _fits(declared: tuple[TensorSpec, ...], given: list[Foreign]) -> bool:
    """Tell whether tensors are what was declared; a size that was left open may turn out to be a number."""
    return len(declared) == len(given) and all(
        spec.dtype == str(y.dtype)
        and len(spec.shape) == len(y.shape)
        and all(
            size in (None, found)
            for size, found in zip(keras_shape(spec.shape), y.shape, strict=True)
        )
        for spec, y in zip(declared, given, strict=True)
    )


def _spell(spec: TensorSpec) -> str:
    return f"{spec.dtype} {tuple(keras_shape(spec.shape))}"
