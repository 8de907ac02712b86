"""The elaborated graph of a model: operations made once, nodes that apply them, tensors between them.

An `Operation` is a layer (or sub-model, or function of `keras.ops`) that is made once; a `Node` is one
application of it, so a shared layer has one operation and several nodes. `Node.inputs` is ordered and keeps
repeats and is the truth; `as_networkx` is a view for algorithms. Nodes are numbered from 0 in an order in which
each comes after what it depends on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from functools import cached_property
from typing import Literal, TypeAlias

from netdsl.catalog.cost_rules import ELEMENT_BYTES, tensor_bytes
from netdsl.catalog.kind import (
    BoundLayer,
    LayerKind,
    Role,
    Structure,
    Weight,
    flatten_structure,
    policy_dtypes,
)
from netdsl.foreign import Foreign
from netdsl.record import mutable, record
from netdsl.source import Span
from netdsl.stack import deep
from netdsl.syntax import tree
from netdsl.tensor import UNKNOWN, Demand, Dim, TensorSpec, sum_of
from netdsl.value import Arguments, Entity, Value

Family = Literal["input", "layer", "model", "op", "extern", "application", "weight"]


#: What a tensor is made of that no sample arrives at: arrays of numbers, or weights among them. Empty of all others.
Alone = Literal["", "array", "weight"]


@record
class Ref(Entity):
    """One tensor: the output of node `node` at `path` (empty for a single output, (1, 0) for a nested one)."""

    node: int
    path: tuple[int, ...] = ()


@record
class Origin:
    """Where a node was written, and each use of a block, outermost first, that led there."""

    span: Span
    via: tuple[Span, ...] = ()


@record(eq=False)
class Use:
    """A step on the way to a node: a use of a block, or of a `layer` that was made once.

    `arguments` are those that the use gives, in its order, evaluated; one that goes by its position has no name.
    `name` is that of the use in `Node.path`, empty where nothing is named after it. `around` is the step before.
    """

    block: str
    name: str
    arguments: tuple[tuple[str, Value], ...]
    span: Span
    around: Step | None = None
    is_shared: bool = False


@record(eq=False)
class Turn:
    """A step on the way to a node: one turn of a `repeat`, a `for` or a fork with a branch for each value."""

    loop: Span
    index: int
    around: Step | None = None


Step: TypeAlias = Use | Turn


@mutable
class Operation:
    """A layer made once. `arguments` are those that the spec gave (defaults statements included), evaluated, by
    name and in Keras's order; `bound` has every argument in canonical form. `graph` is a sub-model's graph.
    `module` is the Python module of an extern layer."""

    name: str
    kind: str
    family: Family
    arguments: Mapping[str, Value] = field(default_factory=dict)
    bound: Mapping[str, Value] = field(default_factory=dict)
    weights: tuple[Weight, ...] = ()
    trainable: bool = True
    definition: LayerKind | None = None
    graph: Graph | None = None
    module: str = ""
    span: Span | None = None
    #: What made it, as the spec writes it: a call, an operator between tensors, the declaration of an input or weight.
    written: tree.Call | tree.Binary | tree.Input | tree.WeightDecl | None = None
    is_held: bool = False  # it is made once, and part of other layers too
    made_for: tuple[TensorSpec, ...] = ()  # what a shared layer was first applied to

    @property
    def call(self) -> tree.Call | None:
        """The call that made it, where one did."""
        return self.written if isinstance(self.written, tree.Call) else None

    @property
    def declared(self) -> tree.Input | None:
        """The statement that declares it, where it is an input."""
        return self.written if isinstance(self.written, tree.Input) else None

    @property
    def output_keys(self) -> tuple[str, ...]:
        """The keys of the dict that Python gets of it; empty where it gives a tensor, or several in order."""
        if self.graph is not None:
            return tuple(self.graph.outputs) if self.graph.form == "dict" else ()
        outputs = self.bound.get("outputs") if self.family == "application" else None
        return tuple(map(str, outputs)) if isinstance(outputs, dict) else ()

    @property
    def is_told(self) -> bool:
        """Tell whether all its weights are known: they are not for `extern layer … weights ?`, and what holds one."""
        return all(weight.told for weight in self.weights)


@mutable
class Held:
    """What a layer holds of `layer name = …`: the one layer, several in a row, or a network of them.

    `declared` is its name in the spec, `name` the one in Keras. The rest is known once the layer that holds it has
    been applied; `graph` is what it computes from its one input, where it is no plain layer of Keras.
    """

    declared: str
    name: str
    form: Literal["layer", "row", "network"]
    operations: tuple[Operation, ...] = ()
    graph: Graph | None = None


#: Whether a name stays with its layer when others come and go: somebody gave it ("given"), it is its kind's ("kind"),
#: or it goes with a place ("place"): numbered, of a turn of a loop, or that of the output that the layer ends.
Hold = Literal["given", "kind", "place"]


@mutable
class Node:
    """One application. `positional` and `keywords` hold the call as Keras gets it: `Ref`s, and lists and tuples of
    them, among plain values. `known` is False where the rule failed and the types are not to be relied on."""

    id: int
    operation: Operation
    positional: tuple[Value, ...]
    keywords: Mapping[str, Value]
    outputs: Structure
    macs: Dim
    origin: Origin
    known: bool = True
    written: Span | None = (
        None  # the call itself, where `origin` is the use of a shared layer around it
    )
    path: tuple[str, ...] = ()  # names of the enclosing block uses, outermost first
    within: Step | None = None  # the innermost step on the way here: uses of blocks, turns of loops
    tied_to: Ref | None = (
        None  # of a source (`ops.arange(50)`, a weight): the input that makes it part of the graph
    )
    alone: Alone = ""
    kept: Dim = 0  # elements of a sample that it makes on the way and needs again backwards

    @cached_property
    def inputs(self) -> tuple[Ref, ...]:
        """Every tensor that the call receives, in order, repeats kept."""
        return tuple(refs_in((self.positional, tuple(self.keywords.values()), [self.tied_to])))

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step on the way from the model to the node, outermost first."""
        return steps_to(self.within)

    @property
    def flat_outputs(self) -> tuple[TensorSpec, ...]:
        outputs = self.outputs
        if isinstance(outputs, TensorSpec):  # as of nearly every layer
            return (outputs,)
        return tuple(flatten_structure(outputs))

    @property
    def name(self) -> str:
        return self.operation.name

    @property
    def kind(self) -> str:
        return self.operation.kind

    def is_a(self, *roles: Role) -> bool:
        """Tell whether what is applied is a layer of the catalogue with one of these roles."""
        definition = self.operation.definition
        return definition is not None and not definition.role_set.isdisjoint(roles)


def steps_to(step: Step | None) -> tuple[Step, ...]:
    """Give a step after all that are around it, outermost first."""
    found: list[Step] = []
    while step is not None:
        found.append(step)
        step = step.around
    return tuple(reversed(found))


_HOLDERS = (BoundLayer, list, tuple, dict)


def held_in(value: object) -> Iterator[Held]:
    """Give the shared layers inside the arguments of a layer, those inside others too."""
    if isinstance(value, BoundLayer):
        if value.shared is not None:
            yield value.shared
        value = value.arguments
    items = value.values() if isinstance(value, Mapping) else value
    if isinstance(items, Iterable) and not isinstance(items, str):
        for item in items:
            if isinstance(item, _HOLDERS):  # as few of the arguments of a layer are
                yield from held_in(item)


def refs_in(value: object) -> Iterator[Ref]:
    """Give the tensors inside a (nested) call argument, in order."""
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from refs_in(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from refs_in(item)


@record
class Unread:
    """A name of a body that nothing in the body reads, and the nodes of what it stands for.

    `is_part` tells one of several names for what a chain gives.
    """

    name: str
    origin: Origin
    nodes: frozenset[int]
    is_part: bool


@mutable
class Graph:
    """A model's graph. `outputs` maps each output's name to its tensor; `complete` is False where elaboration
    met an error, and then the graph holds what came before it."""

    name: str
    hyperparameters: dict[str, Value] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    outputs: dict[str, Ref] = field(default_factory=dict)
    #: The names of the inputs of each group.
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    #: Of how many tensors each output that the spec writes is a list; None where it is one tensor.
    listed: list[int | None] = field(default_factory=list)
    #: Whether the outputs are written as one list: several leave in that order, not as a dict by their names.
    in_order: bool = False
    demands: list[tuple[Demand, Origin]] = field(default_factory=list)
    docstring: str | None = None
    span: Span | None = None
    complete: bool = True
    deepest: int = 0  # the longest chain of nodes, for Keras's recursion
    is_verified: bool = False  # proven sound by `analyse/verification.py`
    #: Nodes with an output that the spec discards with `_`, and so leads nowhere on purpose.
    discarded: set[int] = field(default_factory=set)
    #: Names that nothing reads, for what leads nowhere.
    unread: list[Unread] = field(default_factory=list)
    #: Of what leaves blocks: the outermost use that it left, and its name there.
    given_by: dict[int, tuple[Span, str]] = field(default_factory=dict)
    #: What statements call a tensor: how many uses lead to the outermost of them, and the name there.
    called: dict[Ref, tuple[int, str]] = field(default_factory=dict)
    #: Parameters that are given a layer which is made for what arrives at it, by their place.
    shaped: set[tuple[str, int, int]] = field(default_factory=set)
    #: What comparisons of symbolic sizes came to, by their place: Python sees None in place of a size.
    decided: dict[tuple[str, int, int], set[bool]] = field(default_factory=dict)
    #: Parameters of type `layer` that are applied behind an arrow, by their place.
    applied: set[tuple[str, int, int]] = field(default_factory=set)
    #: Chains that are layers for an argument that takes one, by their place.
    chains: set[tuple[str, int, int]] = field(default_factory=set)
    #: Arguments, by their place, that were an initializer which draws: each layer is to have one of its own.
    drawing: set[tuple[str, int, int]] = field(default_factory=set)

    #: What may be tried for hyperparameters: choices, or the two ends of a range.
    tried: dict[str, tuple[Literal["choices", "range"], tuple[Value, ...]]] = field(
        default_factory=dict
    )

    #: How the names of stages hold, for comparing versions.
    holds: dict[str, Hold] = field(default_factory=dict)

    @property
    def form(self) -> Literal["one", "list", "dict"]:
        """Say how the outputs leave the model."""
        if len(self.outputs) == 1:
            return "one"
        return "list" if self.in_order else "dict"

    def spec(self, ref: Ref) -> TensorSpec:
        """Give the type of a tensor."""
        structure: Structure = self.nodes[ref.node].outputs
        for index in ref.path:
            assert isinstance(structure, tuple)
            structure = structure[index]
        assert isinstance(structure, TensorSpec)
        return structure

    def names_as_written(self) -> list[str | list[str]]:
        """Give the name of each output that the spec writes, or the names where it is a list of tensors."""
        names = iter(self.outputs)
        return [
            next(names) if count is None else [next(names) for _ in range(count)]
            for count in self.listed
        ]

    def needed(self) -> set[int]:
        """Give the nodes that some output depends on: what Keras counts."""
        pending = [ref.node for ref in self.outputs.values()]
        seen: set[int] = set()
        while pending:
            node = pending.pop()
            if node not in seen:
                seen.add(node)
                pending.extend(ref.node for ref in self.nodes[node].inputs)
        return seen

    def counted(self) -> list[Node]:
        """Give the nodes that Keras will have: the inputs and what outputs depend on; all of one that stops early."""
        if not self.complete:
            return list(self.nodes)
        counted = self.needed() | set(self.inputs)
        return [node for node in self.nodes if node.id in counted]

    def needed_nodes(self) -> list[Node]:
        """Give those nodes in order."""
        needed = self.needed()
        return [node for node in self.nodes if node.id in needed]

    def as_networkx(self) -> Foreign:
        """Give a networkx.MultiDiGraph: a node per application, an edge per tensor (`shape`, `dtype`)."""
        import networkx

        view = networkx.MultiDiGraph(name=self.name)
        for node in self.nodes:
            view.add_node(node.id, name=node.name, kind=node.kind, node=node)
        for node in self.nodes:
            for position, ref in enumerate(node.inputs):
                spec = self.spec(ref)
                view.add_edge(ref.node, node.id, input=position, shape=spec.shape, dtype=spec.dtype)
        return view

    def labels(self) -> dict[int, str]:
        """Give a name for each node; functions of `ops`, which are no layers, are numbered from the second on."""
        seen: Counter[str] = Counter()
        found: dict[int, str] = {}
        for node in self.nodes:
            found[node.id] = node.name
            if node.operation.family == "op":
                again = seen[node.name]
                seen[node.name] += 1
                found[node.id] = f"{node.name}_{again}" if again else node.name
        return found

    def operations(self) -> list[Operation]:
        """Give each operation once, in the order of first use."""
        return list({id(n.operation): n.operation for n in self.nodes}.values())

    def macs(self) -> Dim:
        """Add up the multiply-accumulates of one sample over what the outputs depend on."""
        needed = self.needed()
        return sum_of(n.macs if n.known else UNKNOWN for n in self.nodes if n.id in needed)


def inner_graphs(graph: Graph) -> Iterator[Graph]:
    """Give the graphs of models that are layers of this one, and of what its layers hold."""
    for operation in graph.operations():
        if operation.graph is not None:
            yield operation.graph
        for held in held_in(operation.bound):
            if held.graph is not None:
                yield held.graph
            for part in held.operations:
                if part.graph is not None:
                    yield part.graph


def compute_dtype(node: Node, precision: str = "float32") -> str:
    """Give the dtype that a layer computes in: its own policy's, or the one of the training."""
    own = node.operation.bound.get("dtype")
    return policy_dtypes(own if own is not None else precision)[0]


def output_bytes(node: Node, precision: str = "float32") -> Dim:
    """Give the memory of one sample of all that a node gives; a weight is counted as what the model owns."""
    if node.operation.family == "weight":
        return 0
    return sum_of(_bytes(spec, node, precision) for spec in node.flat_outputs)


def inside_bytes(node: Node, precision: str = "float32") -> list[Dim]:
    """Give the memory of one sample of each tensor inside a network of `keras.applications`."""
    bound: Arguments = node.operation.bound
    return [_bytes(spec, node, precision) for spec in bound["inside"]]


@deep
def held_bytes(node: Node, precision: str = "float32") -> Dim:
    """Give the memory of one sample of what a node gives, and of what it keeps inside for the backward pass.

    The one rule for the totals of a model, for `assert memory` and for what training takes on a device.
    """
    if not node.known:
        return UNKNOWN
    if node.operation.family == "application":
        return sum_of(inside_bytes(node, precision))
    if node.operation.graph is not None:
        inside = (n for n in node.operation.graph.counted() if n.operation.family != "input")
        return sum_of(held_bytes(inner, precision) for inner in inside)
    first = next(iter(node.flat_outputs), None)
    dtype = compute_dtype(node, precision) if first is None else _held_as(first, node, precision)
    return output_bytes(node, precision) + node.kept * ELEMENT_BYTES.get(dtype, 4)


def _bytes(spec: TensorSpec, node: Node, precision: str) -> Dim:
    return tensor_bytes(spec, _held_as(spec, node, precision))


def _held_as(spec: TensorSpec, node: Node, precision: str) -> str:
    """Give the dtype of a tensor in training: a float32 one follows the policy, unless its layer has its own."""
    return compute_dtype(node, precision) if spec.dtype == "float32" else spec.dtype
