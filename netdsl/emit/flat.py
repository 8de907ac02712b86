"""The flat output: the elaborated graph as Python, a line a layer with the shape beside it that it may have changed.

Reads the graph alone, so it also shows what the structured output computes: loops unrolled, blocks written out,
every argument a value, and none that says what Keras does anyway. Layer names are the same in both.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from itertools import chain

from netdsl.catalog.kind import BoundLayer, ExternFunction, ObjectValue, Role
from netdsl.catalog.signature import FAMILY_MODULES, Family, signature
from netdsl.catalog.versions import Releases
from netdsl.elaborate.files.linking import Unit
from netdsl.elaborate.layers.arithmetic import OPERATOR_FUNCTIONS
from netdsl.elaborate.plans.naming import snake_case
from netdsl.elaborate.training.experiment import Experiment
from netdsl.emit import applications
from netdsl.emit.arrays import Arrays
from netdsl.emit.declarations import DEEP, model_functions
from netdsl.emit.elaborated import all_graphs
from netdsl.emit.facts import described
from netdsl.emit.header import header, sign, stem_of
from netdsl.emit.names import Locals
from netdsl.emit.opening import KERAS_IMPORTS, grouped, preamble, recursion_limit
from netdsl.emit.operators import BINARY_OPERATORS
from netdsl.emit.precision import computes_in_less, output_in_float32
from netdsl.emit.program import Part, Program, import_lines, parts_of, render
from netdsl.emit.python import code
from netdsl.emit.python.layout_statements import names_in
from netdsl.emit.python.own_names import MODULES, marked, settle
from netdsl.emit.python.spelling import FIXED, HELPERS, PREAMBLE, kept_name, python_name, unique
from netdsl.emit.registration import registrations
from netdsl.emit.several import MOST
from netdsl.emit.training import Words, write_training
from netdsl.graph import Graph, Held, Node, Operation, Ref
from netdsl.stack import deep
from netdsl.target import Api
from netdsl.tensor import UNKNOWN, TensorSpec, spell_shape
from netdsl.value import Value


def emit_flat(
    unit: Unit,
    models: Mapping[str, Graph],
    *,
    api: Api,
    version: str,
    training: Sequence[Experiment] = (),
    data_folder: str = "",
    releases: Releases | None = None,
) -> str:
    """Write the graphs of a file's models as a Python module."""
    in_less = [e.graph for e in training if computes_in_less(e)]
    models = {**models, **{e.model: e.graph for e in training}}  # as they are trained
    module = FlatModule(unit, Arrays(all_graphs(models.values())), in_less, releases)
    for graph in models.values():  # these first: a file's own models have its names
        module.name(graph)
    for graph in models.values():
        module.function(graph)
    words = Words(
        lambda model: module.name(models[model]),
        None,
        lambda function: module.imported(function.module, function.name),
        stem_of(unit.file),
        api == "tf.keras",
        frozenset(module.taken) - FIXED,
        data_folder,
    )
    trained = write_training(words, training)
    found = sorted(module.imports)
    functions = list(module.functions.values())
    own = settle(functions, [here for _, _, here in found])
    own.modules |= MODULES & trained.needs
    used = names_in(functions) | trained.needs
    deepest = max((g.deepest for g in models.values()), default=0)
    is_deep = "deep_model" in own.helpers
    standard = ("import math",) * ("math" in used) + ("import sys",) * is_deep
    others = import_lines(found, KERAS_IMPORTS[api] if own.needs_keras or "keras" in used else "")
    registered: tuple[Part, ...] = registrations(found, module.registered, module.classes)
    return sign(
        render(
            Program(
                header(unit.file, unit.module.docstring, {}, version),
                grouped(
                    (*standard, *trained.standard),
                    (*others, *trained.others),
                    trained.before_keras,
                ),
                preamble(own),
                (
                    *registered,
                    *trained.constants,
                    *parts_of(functions),
                    *trained.functions,
                    *trained.end,
                ),
                own=own,
                recursion_limit=recursion_limit(deepest),
            )
        )
    )


class FlatModule:
    """The functions written so far, one for each graph; models inside models come before those that use them."""

    def __init__(
        self,
        unit: Unit,
        arrays: Arrays,
        in_less: Sequence[Graph] = (),
        releases: Releases | None = None,
    ) -> None:
        self.arrays = arrays
        self.releases = releases  # of Keras, that the code is to run on
        self.in_less = {id(graph) for graph in in_less}  # trained in less than float32
        self._own = model_functions(unit)
        self.functions: dict[int, ast.stmt] = {}
        self.imports: set[tuple[str, str, str]] = set()
        self.registered: set[str] = set()
        self.classes: set[str] = set()
        self._names: dict[int, str] = {}
        self._written: set[int] = set()
        self.taken: set[str] = set(FIXED) | set(self._own.values())

    def name(self, graph: Graph) -> str:
        """Give the name of a graph's function."""
        if id(graph) not in self._names:
            spelled = self._own.pop(graph.name, "")
            spelled = spelled or unique(kept_name(graph.name), self.taken)
            self.taken.add(spelled)
            self._names[id(graph)] = spelled
        return self._names[id(graph)]

    def function(self, graph: Graph) -> str:
        """Give the name of a graph's function, writing it at the first use."""
        if id(graph) not in self._written:
            self._written.add(id(graph))
            self.functions[id(graph)] = FlatWriter(self, graph).write(self.name(graph))
        return self.name(graph)

    def imported_class(self, module: str, name: str, *, registers: bool = True) -> str:
        """Import a class of the user's own, which Keras is to find again."""
        here = self.imported(module, name)
        if registers:
            self.classes.add(here)
        return here

    def imported(self, module: str, name: str) -> str:
        """Import a name of the user's own; two modules' names are kept apart."""
        for known_module, there, here in self.imports:
            if (known_module, there) == (module, name):
                return here
        here = unique(kept_name(name), self.taken)
        self.taken.add(here)
        self.imports.add((module, name, here))
        return here


class FlatWriter:
    """Writes one graph. Variables are reused as soon as what they hold has been read for the last time."""

    def __init__(self, module: FlatModule, graph: Graph, around: FlatWriter | None = None) -> None:
        self._module = module
        self._graph = graph
        self._variables: dict[int, str] = {}
        self._last = self._last_uses()
        self._read = self._parts_read()
        self._parts: dict[int, dict[int, str]] = {}  # of several outputs, what each is in
        self._uses = Counter(id(node.operation) for node in graph.nodes)
        self._names = Locals({*PREAMBLE, *HELPERS, "name", *module.taken})
        self._objects: dict[int, ast.expr] = {}
        self._frozen: set[Operation] = set()
        self._out: list[ast.stmt] = []
        if (
            around is not None
        ):  # what a layer holds is written beside it, and made of the same layers
            self._names, self._objects = around._names, around._objects
            self._frozen, self._out = around._frozen, around._out
        self._given_back: list[int] = []  # of `x1`, `x2`, …
        self._highest = 0

    def _last_uses(self) -> dict[int, int]:
        last = {ref.node: node.id for node in self._graph.nodes for ref in node.inputs}
        forever = len(self._graph.nodes)
        kept = [ref.node for ref in self._graph.outputs.values()] + self._graph.inputs
        return last | dict.fromkeys(kept, forever)

    def _parts_read(self) -> dict[int, set[tuple[int, ...]]]:
        """Give which of its outputs is read of each node; the whole of them has no number."""
        read: dict[int, set[tuple[int, ...]]] = {}
        refs = [ref for node in self._graph.nodes for ref in node.inputs]
        for ref in (*refs, *self._graph.outputs.values()):
            read.setdefault(ref.node, set()).add(tuple(ref.path))
        return read

    def write(self, spelled: str) -> ast.FunctionDef:
        self._name_inputs()
        for node in self._graph.nodes:
            self._node(node)
        given = [code.name(self._variables[number]) for number in self._graph.inputs]
        outputs = {n: self._reference(ref) for n, ref in self._graph.outputs.items()}
        if id(self._graph) in self._module.in_less:
            outputs = {n: output_in_float32(self._out, made) for n, made in outputs.items()}
        inputs = given[0] if len(given) == 1 else code.list_of(given)
        result: ast.expr = _dict(outputs)
        if self._graph.form != "dict":
            several = code.list_of(outputs.values())
            result = several if self._graph.form == "list" else several.elts[0]
        maker = marked("deep_model") if self._graph.deepest > DEEP else "keras.Model"
        made = code.call(maker, [inputs, result], [("name", code.name(marked("name")))])
        body = [code.docstring(self._docstring()), *self._out, code.returns(made)]
        by_name = [(marked("name"), code.constant(self._graph.name))]
        return code.function(spelled, [], body, by_name)

    def _docstring(self) -> str:
        return described(self._graph.docstring, self._graph, False)

    def _name_inputs(self) -> None:
        """Give each input its variable: that of its name, where no other has it."""
        for number in self._graph.inputs:
            own = python_name(self._graph.nodes[number].name)
            self._variables[number] = unique(own, set(self._variables.values()))
            self._names.reserve(self._variables[number])

    def _node(self, node: Node) -> None:
        if node.operation.family == "input":
            self._input(node)
            return
        applied = self._application(node)
        comment = self._shape_beside(node)
        for ref in {ref.node for ref in node.inputs}:
            if self._last[ref] == node.id:
                for variable in self._parts.get(ref, {}).values() or [self._variables[ref]]:
                    self._release(variable)
        if node.id not in self._last:
            statement: ast.stmt = code.expression(applied)
            statement.comment = comment  # type: ignore[attr-defined]
            self._out.append(statement)
            return
        target = self._target(node)
        self._out.append(code.assign(target, applied, comment))
        self._freeze(node.operation)

    def _shape_beside(self, node: Node) -> str:
        """Spell the shape that leaves a node, unless the node is of a kind that never changes it, and did not."""
        shapes = [spec.shape for spec in node.flat_outputs]
        arrives = [self._graph.spec(ref).shape for ref in node.inputs]
        if len(node.inputs) == 1 and shapes == arrives and _keeps_shape(node):
            return ""
        return ", ".join(map(spell_shape, shapes))

    def _target(self, node: Node) -> ast.expr:
        """Give what the outputs of a node are put in: of several, a variable for each that is read."""
        numbers = [path[0] for path in sorted(self._read[node.id]) if len(path) == 1]
        outputs = node.outputs if isinstance(node.outputs, tuple) else ()
        is_whole = len(numbers) < len(self._read[node.id]) or node.operation.output_keys
        if is_whole or len(outputs) not in range(2, MOST + 1):
            self._variables[node.id] = self._variable(node)
            return code.name(self._variables[node.id])
        parts = self._parts[node.id] = {number: self._variable(node) for number in numbers}
        names: list[ast.expr] = [code.name(parts.get(n, "_")) for n in range(len(outputs))]
        is_first_alone = numbers == [0] and len(outputs) > 2
        return code.tuple_of([names[0], code.starred(code.name("_"))] if is_first_alone else names)

    def _freeze(self, operation: Operation) -> None:
        """Freeze a layer that holds layers, some of which it makes when it is called: after its first call."""
        made = self._objects.get(id(operation))
        if _frozen_late(operation) and isinstance(made, ast.Name) and operation not in self._frozen:
            self._frozen.add(operation)
            self._out.append(code.freezes(made.id, code.constant(False)))

    def _variable(self, node: Node) -> str:
        """Go on in the variable of what arrives where that is free now, else in the first that is."""
        if node.operation.family == "weight":
            return self._names.take(python_name(node.name))
        arriving = [self._variable_of(ref) for ref in node.inputs]
        flowing = [v for v in arriving if v not in self._names and v.startswith("x")]
        return self._names.first_free(chain(flowing[:1], ["x"], self._numbered_variables()))

    def _variable_of(self, ref: Ref) -> str:
        """Give the variable that a tensor is in, alone or among others."""
        parts = self._parts.get(ref.node)
        return self._variables[ref.node] if parts is None else parts[ref.path[0]]

    def _numbered_variables(self) -> Iterator[str]:
        """Give `x1`, `x2`, … that may be free: first those that were and are again, the lowest first."""
        while self._given_back:
            yield f"x{heappop(self._given_back)}"
        while True:
            self._highest += 1
            yield f"x{self._highest}"

    def _release(self, variable: str) -> None:
        self._names.release(variable)
        if variable[0] == "x" and variable[1:].isdecimal():
            heappush(self._given_back, int(variable[1:]))

    def _input(self, node: Node) -> None:
        spec = node.flat_outputs[0]
        options: list[tuple[str | None, ast.expr]] = [
            (k, code.literal(v)) for k, v in node.operation.arguments.items()
        ]
        variable = self._variables.get(node.id) or python_name(node.name)
        self._variables[node.id] = variable
        made = _input(spec, [*options, ("name", code.constant(node.name))])
        self._out.append(code.assign(variable, made, spell_shape(spec.shape)))

    def _application(self, node: Node) -> ast.expr:
        args = [self._value(v) for v in node.positional]
        keywords = [(k, self._value(v)) for k, v in node.keywords.items()]
        if node.operation.family == "weight":
            assert node.tied_to is not None
            return code.call(self._object(node.operation), [self._reference(node.tied_to)])
        if node.operation.family == "op":
            function = node.kind.removeprefix("ops.")
            if function == "getitem":
                index = args[1]
                if isinstance(index, ast.List):
                    index = code.tuple_of(index.elts)
                return code.subscript(args[0], index)
            operated = self._operated(node, function)
            if operated is not None:
                return operated
            called = code.call(marked(f"ops.{function}"), args, keywords)
            if node.tied_to is None or not self._module.arrays.is_tied(node):
                return called
            return code.call(marked("tied"), [called, self._reference(node.tied_to)])
        return code.call(self._object(node.operation), args, keywords)

    def _operated(self, node: Node, function: str) -> ast.expr | None:
        """Give a function of `keras.ops` as the operator that it is, where each side is a tensor or a number."""
        sides = node.positional
        are_plain = all(isinstance(side, (Ref, int, float)) for side in sides)
        if node.keywords or not are_plain or not self._module.arrays.is_operator(node):
            return None
        spelled = [self._value(side) for side in sides]
        if function == "negative":
            return ast.UnaryOp(ast.USub(), spelled[0])
        if len(sides) != 2 or function not in _OPERATORS:
            return None
        return ast.BinOp(spelled[0], _OPERATORS[function](), spelled[1])

    def _object(self, operation: Operation, graph: Graph | None = None) -> ast.expr:
        """Spell a layer; one that is used several times, or a frozen model, is made on a line of its own."""
        if id(operation) in self._objects:
            return self._objects[id(operation)]
        made = self._made(operation, graph or self._graph)
        is_model = operation.family in ("model", "application")
        frozen = is_model and not operation.trainable
        is_used_once = self._uses[id(operation)] == 1 and not operation.is_held
        if is_used_once and not frozen and not _frozen_late(operation):
            return made
        variable = self._names.take(python_name(operation.name))
        self._out.append(code.assign(variable, made))
        if frozen:
            self._out.append(code.freezes(variable, code.constant(False)))
        self._objects[id(operation)] = code.name(variable)
        return self._objects[id(operation)]

    def _made(self, operation: Operation, graph: Graph) -> ast.expr:
        name = ("name", code.constant(operation.name))
        if operation.family == "model":
            assert operation.graph is not None
            maker = self._module.function(operation.graph)
            return code.call(maker, (), [(marked("name"), name[1])])
        arguments = {k: v for k, v in operation.arguments.items() if k != "name"}
        if operation.family == "extern":
            here = self._module.imported_class(operation.module, operation.kind)
            if not operation.trainable:
                arguments["trainable"] = False
            keywords: list[tuple[str | None, ast.expr]] = [
                (k, self._value(v)) for k, v in arguments.items()
            ]
            return code.call(code.name(here), (), [*keywords, name])
        if operation.family == "application":
            return self._network(operation, arguments, graph)
        if operation.family == "weight":
            shape = self._value(arguments.pop("shape"))
            spelled = [(k, self._value(v)) for k, v in arguments.items()]
            return code.call(marked(operation.kind), [shape], [*spelled, name])
        if _frozen_late(operation):
            arguments.pop("trainable", None)
        args, keywords = self._given_and_named("layer", operation.kind, arguments)
        return code.call(marked(f"layers.{operation.kind}"), args, [*keywords, name])

    def _network(self, operation: Operation, arguments: dict[str, Value], graph: Graph) -> ast.expr:
        arguments.pop("trainable", None)
        args, keywords = self._given_and_named("application", operation.kind, arguments)
        node = next(n for n in graph.nodes if n.operation is operation)
        arriving = graph.spec(node.inputs[0]).shape[1:]
        shape = code.tuple_of(
            code.constant(dim if isinstance(dim, int) else None) for dim in arriving
        )
        name = code.constant(operation.name)
        made = applications.network(operation.kind, args, keywords, shape)
        given = operation.bound["outputs"]
        cuts = self._value(list(given) if isinstance(given, tuple) else given) if given else None
        if not applications.is_cut(operation.kind, cuts, self._module.releases):
            made.keywords.append(ast.keyword("name", name))
            return made
        base = self._names.take(applications.BASE)
        self._out.append(code.assign(base, made))
        self._names.release(base)
        return applications.cut_network(base, name, cuts)

    def _given_and_named(
        self, family: Family, kind: str, arguments: Mapping[str, Value]
    ) -> tuple[list[ast.expr], list[tuple[str | None, ast.expr]]]:
        """Give what is required by position, as people write it, and the rest by name."""
        found = signature(family, kind)
        left = {
            k: v
            for k, v in arguments.items()
            if found is None or not found.takes_anyway(k, v)  # as a block hands on `strides=1`
        }
        args: list[ast.expr] = []
        for parameter in found.positional if found is not None else ():
            if not parameter.required or parameter.name not in left:
                break
            args.append(self._value(left.pop(parameter.name)))
        return args, [(k, self._value(v)) for k, v in left.items()]

    def _reference(self, ref: Ref) -> ast.expr:
        node = self._graph.nodes[ref.node]
        if ref.node in self._parts:
            return code.name(self._parts[ref.node][ref.path[0]])
        value: ast.expr = code.name(self._variables[ref.node])
        path: Sequence[int] = ref.path
        keys = node.operation.output_keys
        if path and keys:
            value, path = code.subscript(value, code.constant(keys[path[0]])), path[1:]
        for index in path:
            value = code.subscript(value, code.constant(index))
        return value

    @deep
    def _value(self, value: Value) -> ast.expr:
        match value:
            case Ref():
                return self._reference(value)
            case BoundLayer():
                return self._bound(value)
            case ObjectValue(module=module) if module:
                here = self._module.imported_class(
                    module, value.name, registers=value.family != "callback"
                )
                return code.call(
                    code.name(here), (), [(k, self._value(v)) for k, v in value.arguments.items()]
                )
            case ObjectValue(family, kind, own) if own:
                path = f"keras.{FAMILY_MODULES[family]}.{kind}"
                return code.call(path, (), [(k, self._value(v)) for k, v in own.items()])
            case ExternFunction(name, module):
                here = self._module.imported(module, name)
                self._module.registered.add(here)
                return code.name(here)
            case slice():
                bounds = (value.start, value.stop, value.step)
                return ast.Slice(*(None if b is None else self._value(b) for b in bounds))
            case list() if any(isinstance(v, BoundLayer) for v in value):
                return code.list_of(self._bound(v) for v in value if isinstance(v, BoundLayer))
            case list():
                return code.list_of(self._value(v) for v in value)
            case tuple():
                return code.tuple_of(self._value(v) for v in value)
            case dict():
                return _dict({k: self._value(v) for k, v in value.items()})
            case _ if value is UNKNOWN:
                return code.constant(None)
            case _:
                return code.literal(value)

    def _bound(self, layer: BoundLayer) -> ast.expr:
        """Spell a layer that is an argument of another."""
        if layer.shared is not None and layer.shared.operations:
            return self._held(layer.shared)
        keyword = ("name", code.constant(layer.name or layer.called or snake_case(layer.kind)))
        if layer.module:
            here = self._module.imported_class(layer.module, layer.kind)
            arguments = [(k, self._value(v)) for k, v in layer.written.items() if k != "name"]
            return code.call(code.name(here), (), [*arguments, keyword])
        if layer.kind == "Sequential" and layer.definition is None:
            row = layer.written["layers"]
            assert isinstance(row, list)
            inner = code.list_of(self._bound(part) for part in row if isinstance(part, BoundLayer))
            return code.call("keras.Sequential", [inner], [keyword])
        written = {k: v for k, v in layer.written.items() if k != "name"}
        args, keywords = self._given_and_named("layer", layer.kind, written)
        return code.call(marked(f"layers.{layer.kind}"), args, [*keywords, keyword])

    def _held(self, held: Held) -> ast.expr:
        """Spell what a layer holds of one that is shared: the layer itself, a row of layers, a network of them."""
        name = ("name", code.constant(held.name))
        if held.form != "network":
            made = [self._object(operation, held.graph) for operation in held.operations]
            is_row = held.form == "row"
            return (
                code.call("keras.Sequential", [code.list_of(made)], [name]) if is_row else made[0]
            )
        assert held.graph is not None
        inputs, outputs = FlatWriter(self._module, held.graph, self).network(held.name)
        return code.call("keras.Model", [inputs, outputs], [name])

    def network(self, name: str) -> tuple[ast.expr, ast.expr]:
        """Write a graph of one input beside another; give its input and its output."""
        given, *rest = self._graph.nodes
        spec = given.flat_outputs[0]
        variable = self._names.take("inputs")
        keywords: list[tuple[str | None, ast.expr]] = [("name", code.constant(f"{name}_inputs"))]
        self._variables[given.id] = variable
        self._out.append(code.assign(variable, _input(spec, keywords), spell_shape(spec.shape)))
        for node in rest:
            self._node(node)
        (output,) = self._graph.outputs.values()
        return code.name(variable), self._reference(output)


def _keeps_shape(node: Node) -> bool:
    """Tell a layer or operator whose one input has the shape of its output by its kind."""
    return node.kind.removeprefix("ops.") in _OPERATORS or node.is_a(*_KEEPING)


#: The roles of layers that never change a shape.
_KEEPING: tuple[Role, ...] = ("activation", "batch_normalization", "normalization", "dropout")


#: Functions of `keras.ops` that are operators of its tensors.
_OPERATORS: Mapping[str, type[ast.operator]] = {
    function: BINARY_OPERATORS[op] for op, function in OPERATOR_FUNCTIONS.items()
}


def _frozen_late(operation: Operation) -> bool:
    """Tell whether a layer is frozen with the layers inside it, which its constructor's argument does not reach."""
    holds = operation.definition is not None and operation.definition.holds_layers
    return holds and not operation.trainable


def _input(spec: TensorSpec, options: Iterable[tuple[str | None, ast.expr]]) -> ast.Call:
    """Spell a `keras.Input`; a size without a number is None."""
    shape = code.tuple_of(
        code.constant(dim if isinstance(dim, int) else None) for dim in spec.shape[1:]
    )
    dtype = [("dtype", code.constant(spec.dtype))] if spec.dtype != "float32" else []
    return code.call("keras.Input", [shape], [*dtype, *options])


def _dict(items: Mapping[str, ast.expr] | Mapping[Value, ast.expr]) -> ast.Dict:
    keys: list[ast.expr | None] = [code.literal(k) for k in items]
    return ast.Dict(keys, list(items.values()))
