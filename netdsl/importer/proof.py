"""The proof that a spec is the model: both graphs are walked in lockstep from their outputs.

Inputs of a layer are ordered, so nothing has to be searched for. Compared are classes, every value of every
configuration, calls with their constants, sharing, inputs and outputs with their order, shapes and dtypes as far as the
model tells them, frozen layers, and names, of which differences are counted and not refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from netdsl.catalog.kind import BoundLayer, Identifier
from netdsl.catalog.signature import signature
from netdsl.catalog.worked_out import is_worked_out
from netdsl.graph import Graph, Node, Operation, Ref
from netdsl.importer.arrays import Array, same_array
from netdsl.importer.graphs import bound_operation, paths_of
from netdsl.importer.layers import RANK, arriving_of, canonical
from netdsl.importer.network import Given, Made, Network, Tensor, Use
from netdsl.importer.objects import families_taken, is_default, plain, same
from netdsl.importer.operations import SAME
from netdsl.importer.weights import differing
from netdsl.record import mutable
from netdsl.stack import deep
from netdsl.tensor import keras_shape


@mutable
class Comparison:
    """What was compared, what differs, and which layers have another name than in the model."""

    layers: int = 0
    values: int = 0
    tensors: int = 0
    differences: list[str] = field(default_factory=list)
    unnamed: list[tuple[Network, Made, str]] = field(default_factory=list)

    @property
    def is_equal(self) -> bool:
        return not self.differences

    @property
    def text(self) -> str:
        """Say in a line what was compared."""
        names = (
            f", {len(self.unnamed):,} under other names"
            if self.unnamed
            else ", all under their names"
        )
        return (
            f"{self.layers:,} layers with {self.values:,} values of their configurations and {self.tensors:,} tensors "
            f"are the same{names}"
        )


def compare(network: Network, graph: Graph) -> Comparison:
    """Compare a model with the graph of a spec."""
    found = Comparison()
    _compare(network, graph, found)
    return found


def paired(network: Network, graph: Graph) -> Mapping[int, int]:
    """Give the node of a graph that each use of a model is, where both were walked in lockstep."""
    walk = _Walk(network, graph, Comparison())
    walk.run()
    return walk.pairs


@deep
def _compare(network: Network, graph: Graph, found: Comparison) -> None:
    _Walk(network, graph, found).run()


class _Walk:
    """Compares one model with one graph; those inside it are walked when they are met for the first time."""

    def __init__(self, network: Network, graph: Graph, found: Comparison) -> None:
        self._network, self._graph, self._found = network, graph, found
        self.pairs: dict[int, int] = {}  # a use of the model -> a node of the graph
        self._made: dict[int, int] = {}  # a layer -> an operation, and back
        self._back: dict[int, int] = {}

    def run(self) -> None:
        network, graph = self._network, self._graph
        outputs = list(graph.outputs.items())
        if len(outputs) != len(network.outputs) or len(graph.inputs) != len(network.inputs):
            self._differ("model", "inputs or outputs", len(network.outputs), len(outputs))
            return
        pending: list[tuple[Tensor, Ref]] = []
        for (name, tensor), (spelled, ref) in zip(network.outputs, outputs, strict=True):
            if network.form == "dict" and name != spelled:
                self._differ("model", "an output's name", name, spelled)
            pending.append((tensor, ref))
        for number, node in zip(network.inputs, graph.inputs, strict=True):
            self.pairs[number] = node
            self._input(network.uses[number].made, graph.nodes[node])
        if len(outputs) > 1 and network.form != graph.form:
            forms = {"dict": "a dict", "list": "a list", "one": "a tensor"}
            self._differ("model", "the form of its outputs", forms[network.form], forms[graph.form])
        while pending and len(self._found.differences) < 20:
            pending += self._tensor(*pending.pop())

    def _differ(self, layer: str, what: str, ours: Given, theirs: Given) -> None:
        self._found.differences.append(
            f"`{layer}`: {what} is {ours!r} in the model, {theirs!r} in the spec"
        )

    def _tensor(self, tensor: Tensor, ref: Ref) -> Iterator[tuple[Tensor, Ref]]:
        """Compare two tensors, and give what reaches them, where they have not been met before."""
        use, node = self._network.uses[tensor.use], self._graph.nodes[ref.node]
        paths = list(paths_of(node.outputs))
        if ref.path not in paths or paths.index(ref.path) != tensor.output:
            self._differ(use.made.name, "the output that is used", tensor.output, ref.path)
        self._type(tensor, ref)
        if use.id in self.pairs:
            if self.pairs[use.id] != node.id:
                self._differ(use.made.name, "the use", use.id, node.id)
            return
        self.pairs[use.id] = node.id
        yield from self._use(use, node)

    def _type(self, tensor: Tensor, ref: Ref) -> None:
        told = self._network.types.get(tensor)
        if told is None:
            return
        self._found.tensors += 1
        spec = self._graph.spec(ref)
        shape = tuple(keras_shape(spec.shape))
        if shape != told[0] or (spec.dtype != told[1] and told[1] != "None"):
            name = self._network.uses[tensor.use].made.name
            self._differ(name, "its output", f"{told[1]} {told[0]}", f"{spec.dtype} {shape}")

    def _input(self, made: Made, node: Node) -> None:
        spec = node.flat_outputs[0]
        self._found.layers += 1
        shape = made.arguments.get("batch_shape")
        if shape is not None and tuple(keras_shape(spec.shape)) != tuple(shape):
            self._differ(made.name, "its shape", shape, spec.shape)
        if (made.arguments.get("dtype") or "float32") != spec.dtype:
            self._differ(made.name, "its dtype", made.arguments.get("dtype"), spec.dtype)
        self._name(made, node.name)

    def _use(self, use: Use, node: Node) -> Iterator[tuple[Tensor, Ref]]:
        made, operation = use.made, node.operation
        if made.family == "op":
            yield from self._operation(use, node)
            return
        is_new = id(made) not in self._made
        if self._made.setdefault(id(made), id(operation)) != id(operation):
            self._differ(made.name, "the layer", "shared", "made anew")
        if self._back.setdefault(id(operation), id(made)) != id(made):
            self._differ(made.name, "the layer", "made anew", "shared")
        if is_new:
            self._found.layers += 1
            self._layer(made, node)
            self._name(made, operation.name)
        if made.family == "weight":  # what it is called on says nothing
            return
        ours, theirs = call_of(use), _call_of_node(use, node)
        yield from self._calls(made.name, ours, theirs)

    def _name(self, made: Made, name: str) -> None:
        if made.name != name:
            self._found.unnamed.append((self._network, made, name))

    def _operation(self, use: Use, node: Node) -> Iterator[tuple[Tensor, Ref]]:
        mine = SAME.get(use.made.kind, use.made.kind)
        function = node.kind.removeprefix("ops.")
        if node.operation.family != "op" or SAME.get(function, function) != mine:
            self._differ(use.made.name, "the function", use.made.kind, node.kind)
            return
        self._found.layers += 1
        theirs = bound_operation(function, node)
        if isinstance(array := use.keywords.get("x"), Array):
            self._array(use.made.name, array, theirs["x"])
            return
        yield from self._calls(use.made.name, dict(use.keywords), theirs)

    def _array(self, name: str, ours: Array, theirs: Given) -> None:
        self._found.values += 1
        if not same_array(ours, theirs):
            self._differ(name, "its array", ours.values, theirs)

    def _calls(
        self, name: str, ours: Mapping[str, Given], theirs: Mapping[str, Given]
    ) -> Iterator[tuple[Tensor, Ref]]:
        if set(ours) != set(theirs):
            self._differ(name, "what it is called with", sorted(ours), sorted(theirs))
            return
        for key, value in ours.items():
            mine, other = list(leaves_in(value)), list(leaves_in(theirs[key]))
            if len(mine) != len(other):
                self._differ(name, f"`{key}` of its call", len(mine), len(other))
                return
            for a, b in zip(mine, other, strict=True):
                if isinstance(a, Tensor) and isinstance(b, Ref):
                    yield a, b
                elif isinstance(a, Tensor) or isinstance(b, Ref) or not same(plain(a), plain(b)):
                    self._differ(name, f"`{key}` of its call", a, b)
                else:
                    self._found.values += 1

    def _layer(self, made: Made, node: Node) -> None:
        operation = node.operation
        if made.family == "model" and made.network is not None and operation.graph is not None:
            if made.trainable != operation.trainable:
                self._differ(made.name, "`trainable`", made.trainable, operation.trainable)
            _compare(made.network, operation.graph, self._found)
            return
        if made.kind != operation.kind or (made.family == "weight") != (
            operation.family == "weight"
        ):
            self._differ(made.name, "the class", made.kind, operation.kind)
            return
        if made.family == "weight":
            self._weight(made, operation)
            return
        self._arguments(made, operation.bound or operation.arguments, operation.trainable)

    def _weight(self, made: Made, operation: Operation) -> None:
        self._found.values += len(made.arguments) + 1
        if made.trainable != operation.trainable:
            self._differ(made.name, "`trainable`", made.trainable, operation.trainable)
        for name in differing(made.arguments, operation.bound):
            self._differ(made.name, f"`{name}`", made.arguments[name], operation.bound.get(name))

    def _arguments(self, made: Made, bound: Mapping[str, Given], trainable: bool) -> None:
        if made.trainable != trainable:
            self._differ(made.name, "`trainable`", made.trainable, trainable)
        given = made.given if made.family == "extern" else made.arguments
        for name, value in given.items():
            if name == RANK:
                continue
            self._found.values += 1
            if isinstance(value, Made) or (
                isinstance(value, tuple) and any(isinstance(v, Made) for v in value)
            ):
                self._inner(made.name, value, bound.get(name))
                continue
            families = families_taken(made.kind, name)
            theirs = bound.get(name)
            theirs = theirs.name if isinstance(theirs, Identifier) else theirs
            if made.family != "extern":
                theirs = canonical(made.kind, name, theirs)
            if same(plain(value, families, name), plain(theirs, families, name)):
                continue
            if theirs is None and is_worked_out(
                name, value, made.arguments, arriving_of(dict(made.arguments), value)
            ):
                continue
            self._differ(made.name, f"`{name}`", value, theirs)

    def _inner(self, name: str, ours: Given, theirs: Given) -> None:
        """Compare layers that stand where a layer is taken: one, several, or a chain of them."""
        mine = list(ours) if isinstance(ours, tuple) else [ours]
        other = list(theirs) if isinstance(theirs, (list, tuple)) else [theirs]
        if len(mine) != len(other):
            self._differ(name, "what it holds", len(mine), len(other))
            return
        for made, bound in zip(mine, other, strict=True):
            self._held(name, made, bound)

    def _held(self, name: str, made: Made, bound: Given) -> None:
        if not isinstance(bound, BoundLayer):
            self._differ(name, "what it holds", made.kind, type(bound).__name__)
            return
        graph = bound.shared.graph if bound.shared is not None else None
        if made.network is not None and graph is not None:
            _compare(made.network, _inner(graph), self._found)
            return
        if made.parts:
            parts = bound.arguments.get("layers", (bound,))
            assert isinstance(parts, (list, tuple))
            if len(parts) != len(made.parts):
                self._differ(name, "how many layers it holds", len(made.parts), len(parts))
                return
            for part, other in zip(made.parts, parts, strict=True):
                self._held(name, part, other)
            return
        if made.kind != bound.kind:
            self._differ(name, "the class of what it holds", made.kind, bound.kind)
            return
        self._found.layers += 1
        self._arguments(made, bound.arguments, bool(bound.arguments.get("trainable", True)))


def _inner(graph: Graph) -> Graph:
    """Give the model of which a graph is made alone, as `layer name = Model()` is."""
    nodes = [node for node in graph.nodes if node.operation.family != "input"]
    if len(nodes) == 1 and nodes[0].operation.graph is not None:
        return nodes[0].operation.graph
    return graph


def leaves_in(value: Given) -> Iterator[Given]:
    """Give what is in a nested argument, in order; lists and tuples are the same."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from leaves_in(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from leaves_in(item)
    else:
        yield value


def call_of(use: Use) -> dict[str, Given]:
    return _by_parameter(use.made, use.positional, use.keywords)


def _call_of_node(use: Use, node: Node) -> dict[str, Given]:
    return _by_parameter(use.made, node.positional, node.keywords)


def _by_parameter(
    made: Made, positional: tuple[Given, ...], keywords: Mapping[str, Given]
) -> dict[str, Given]:
    found = signature("layer", made.kind) if made.family == "layer" else None
    if found is None:
        rest = {k: v for k, v in keywords.items() if v is not None and not _holds_tensor(v)}
        tensors = [*positional, *(v for v in keywords.values() if _holds_tensor(v))]
        return {"inputs": tensors} | rest
    given = dict(zip((p.name for p in found.call_parameters), positional, strict=False)) | dict(
        keywords
    )
    idle = ("mask", "training", "initial_state")
    return {
        p.name: given[p.name]
        for p in found.call_parameters
        if p.name in given
        and not is_default(given[p.name], p)
        and not (p.name in idle and given[p.name] is None)
    }


def _holds_tensor(value: Given) -> bool:
    return any(isinstance(leaf, (Tensor, Ref)) for leaf in leaves_in(value))
