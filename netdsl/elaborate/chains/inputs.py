"""The inputs of a model: `input image: [32, 32, 3]`, and groups of them, `inputs features: {"age": [1]}`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netdsl.catalog.kind import Identifier
from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.diagnostics.problems import names as name_problems
from netdsl.diagnostics.problems import structure as problems
from netdsl.elaborate import evaluate as ev
from netdsl.elaborate.arguments import tensor_types as types
from netdsl.elaborate.chains import loops
from netdsl.elaborate.remedies import unbound
from netdsl.elaborate.scope.entities import POISON, InputGroup, Tensor, is_poisoned, spell_entity
from netdsl.elaborate.scope.frame import Frame
from netdsl.graph import Node, Operation, Origin, Ref
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.tensor import TensorSpec
from netdsl.value import Value


def declare(
    written: tree.Input | tree.Inputs, frame: Frame, arriving: Iterator[TensorSpec] | None
) -> None:
    """Add what a statement declares; `arriving` gives other types in place of the declared ones."""
    if isinstance(written, tree.Inputs):
        frame.variables[written.name] = _group(written, frame, arriving)
    else:
        frame.variables[written.name] = _input(written, frame, arriving)


def _input(written: tree.Input, frame: Frame, arriving: Iterator[TensorSpec] | None) -> Value:
    if written.type is None:
        frame.report(
            problems.WrongInputType.at(
                written.span,
                "an input of a model has a type",
                help=f"write its shape without the batch: `input {written.name}: [224, 224, 3]`",
            )
        )
        return POISON
    types.declare_symbols(written.type, frame)
    declared = types.declared_type(written.type, frame)
    given = None if arriving is None else next(arriving)
    if declared is None:
        return POISON
    spec, options = declared
    called = options.pop("name", None)
    name = called if isinstance(called, str) else written.name
    if given is not None:
        types.match_type(written.type, given, frame, "input", written.span)
        spec = replace(spec, shape=given.shape, masked=given.masked)
    return _add(name, spec, options, written.name_span, written, frame)


def _add(
    name: str,
    spec: TensorSpec,
    options: dict[str, Value],
    place: Span,
    written: tree.Input | None,
    frame: Frame,
) -> Tensor:
    """Add an input to the graph."""
    body = frame.body
    assert body is not None
    given = {k: v for k, v in options.items() if v}
    operation = Operation(name, "InputLayer", "input", given, span=place, written=written)
    origin = Origin(place, tuple(s for s, _ in body.via))
    node = Node(len(body.graph.nodes), operation, (), {}, spec, 0, origin)
    frame.session.budget.node()
    frame.session.budget.types([spec])
    body.graph.nodes.append(node)
    body.graph.inputs.append(node.id)
    tensor = Tensor(Ref(node.id), spec)
    body.inputs = (*body.inputs, tensor)
    return tensor


def _group(written: tree.Inputs, frame: Frame, arriving: Iterator[TensorSpec] | None) -> Value:
    """Add the inputs of a group, in order; POISON where one of them cannot be told."""
    turns = _pairs(written.group, frame)
    if turns is None:
        return POISON
    body = frame.body
    assert body is not None
    taken = {body.graph.nodes[number].name for number in body.graph.inputs}
    names: list[str | None] = []
    tensors: list[Value] = []
    fine = True
    for pair, turn in turns:
        name = _name(pair, taken, turn)
        given = None if arriving is None else next(arriving, None)
        declared = _declared(pair.type, turn, frame)
        if name is None or declared is None:
            fine = False
            continue
        spec, options = declared
        if given is not None:
            spec = replace(spec, shape=given.shape, masked=given.masked)
        taken.add(name)
        names.append(name)
        tensors.append(_add(name, spec, options, pair.key.span, None, frame))
    if not turns:
        fine = _report_none(written, frame)
    if not fine:
        return POISON
    group = InputGroup(tensors)
    group.names = tuple(names)
    body.graph.groups[written.name] = tuple(str(name) for name in names)
    return group


def _pairs(
    group: tree.InputTable | tree.InputComprehension, frame: Frame
) -> list[tuple[tree.InputPair, Frame]] | None:
    """Give each pair with the frame that it is evaluated in."""
    if isinstance(group, tree.InputTable):
        return [(pair, frame) for pair in group.pairs]
    turns = loops.clauses(group, group.clauses, frame)
    return None if turns is None else [(group.pair, turn) for turn in turns]


def _report_none(written: tree.Inputs, frame: Frame) -> bool:
    label = "a group has one input at least"
    help_ = 'write names and types: `{"age": [1]}`'
    frame.report(problems.WrongInputType.at(written.group.span, label, help=help_))
    return False


def _name(pair: tree.InputPair, taken: set[str], frame: Frame) -> str | None:
    """Evaluate the name of an input; None after reporting."""
    value = ev.evaluate(pair.key, frame)
    if isinstance(value, Identifier) and isinstance(pair.key, tree.Name):
        near = pair.key.id
        fix = Fix((Edit(pair.key.span, f'"{near}"'),), safe=True)
        label, help_ = "nothing binds this name", f'the name of an input is a string: `"{near}"`'
        frame.report(
            name_problems.UnknownName.at(pair.key.span, label, name=near, help=help_, fix=fix)
        )
        return None
    value = unbound.known_or_reported(pair.key, value, frame)
    label = help_ = ""
    if is_poisoned(value):
        return None
    if not isinstance(value, str):
        label = f"the name of an input is a string, this is {spell_entity(value)}"
        help_ = f'write it in quotes: `"{pair.key.span.text}"`'
    elif "/" in value or not value:
        label, help_ = "Keras takes no empty name and no `/` in one", "leave the `/` out"
    elif value in taken:
        label, help_ = f"there is an input `{value}` already", "give each a name of its own"
    if not label:
        return str(value)
    frame.report(problems.WrongInputType.at(pair.key.span, label, help=help_))
    return None


def _declared(
    written: tree.InputType, turn: Frame, frame: Frame
) -> tuple[TensorSpec, dict[str, Value]] | None:
    """Give the type of an input and its options; None after reporting."""
    while isinstance(written, tree.TypeChoice):
        decided = ev.condition(written.condition, turn)
        if decided is None:
            return None
        written = written.then if decided else written.otherwise
    types.declare_symbols(written, turn, frame)
    found = types.declared_type(written, turn)
    if found is not None and "name" in found[1]:
        option = next(o for o in written.options if o.name == "name")
        label = "the key is the name of the input"
        frame.report(problems.WrongInputType.at(option.span, label, help="leave `name=` out"))
        return None
    return found
