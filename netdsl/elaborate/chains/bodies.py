"""The body of a block or a model, run: its statements in order, and what its outputs come to.

A body's statements are executed in the order that `arrange` found. Each kind of statement has a small function;
one that cannot be carried out poisons the names it binds, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable

from netdsl.diagnostics.diagnostic import Edit, Fix, first_that_helps
from netdsl.diagnostics.problems import structure as problems
from netdsl.elaborate import evaluate as ev
from netdsl.elaborate.arguments import arriving_tensors
from netdsl.elaborate.arguments.held_layers import holds_layer
from netdsl.elaborate.chains import assertions, loops
from netdsl.elaborate.layers.origins import input_labels
from netdsl.elaborate.layers.weights import declare_weight
from netdsl.elaborate.plans.ordering import Arrangement, Step
from netdsl.elaborate.remedies import (
    candidates,
    no_stage,
    rebinding,
    unbound,
    unpacking,
)
from netdsl.elaborate.scope.entities import (
    POISON,
    FunctionValue,
    NamedOutputs,
    NotTaken,
    SharedLayer,
    Tensor,
    is_poisoned,
    is_tensorial,
    spell_entity,
    tensors_in,
)
from netdsl.elaborate.scope.frame import Frame, add_defaults
from netdsl.elaborate.scope.limits import TURN_STEPS
from netdsl.elaborate.scope.untold import require_told
from netdsl.graph import Node, Unread
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import free_names, gathered_names, names_after_as, pattern_names
from netdsl.tensor import spell_shape
from netdsl.value import Value


def output_key(output: tree.Output) -> str:
    """Give the key under which a frame keeps an output that has no name of its own; no spec can spell it."""
    return output.name or f"output at {output.span.start}"


def output_name(output: tree.Output) -> str | None:
    """Give an output's name: its own, or that of the tensor it names."""
    return output.name if output.name is not None else name_of(output.value)


def name_of(value: tree.Expr) -> str | None:
    """Give the name that a tensor is written with, if it has one."""
    if isinstance(value, tree.Name):
        return value.id
    if isinstance(value, tree.Attribute):
        return value.name
    if isinstance(value, tree.Pipe) and isinstance(value.stages[-1], tree.As):
        return value.stages[-1].name
    return None


def run_early(arranged: Arrangement, frame: Frame) -> frozenset[int]:
    """Execute the constants and functions that need no tensor, so that the types of inputs may use them.

    Gives the numbers of the steps that are done.
    """
    typed = {name for written in arranged.given for name in free_names(written)}
    if not typed:
        return frozenset()
    steps = arranged.steps
    constants = {
        name
        for step in steps
        if isinstance(step.statement, (tree.Let, tree.Function))
        for name in step.defines
    }
    waiting = {name for step in steps for name in step.defines} | (typed - constants)
    done: set[int] = set()
    for number, step in enumerate(steps):
        if isinstance(step.statement, (tree.Let, tree.Function)) and not waiting & step.uses.keys():
            frame.session.place = step.statement.span
            _run_statement(step, frame)
            waiting -= step.defines.keys()
            done.add(number)
    return frozenset(done)


def run_body(
    body: tree.Body | tree.Statements,
    arranged: Arrangement,
    frame: Frame,
    done: frozenset[int] = frozenset(),
) -> None:
    """Execute a body's statements but those `done` already and the assertions; inputs are bound."""
    add_defaults(frame, body.statements)
    if arranged.twice or arranged.cycles or arranged.mixed:
        rebinding.report_order(arranged, frame)
    for step in arranged.stuck:
        frame.variables.update(dict.fromkeys(step.defines, POISON))
    for name in arranged.gathered:
        frame.variables[name] = []
    filled = {name: _Filled(_list_of(name, frame)) for name in arranged.rearranged}
    for number, step in enumerate(arranged.steps):
        if number in done or isinstance(step.statement, tree.Assert):
            continue
        frame.session.place = step.statement.span
        _run_statement(step, frame)
        for name in step.fills.keys() & filled.keys():
            filled[name].note(step)
    _note_unread(arranged, frame)
    from netdsl.elaborate.chains.unused import check_unused  # which asks for stages

    check_unused(arranged, frame)


def run_braces(stage: tree.Statements, arriving: Value, frame: Frame) -> Value:
    """Carry out statements in braces: `_` is what arrives, the outputs are what leaves."""
    inner = frame.braces()
    inner.arriving = arriving
    inner.session.budget.step(TURN_STEPS)
    if inner.body is None:
        return no_stage.outside_bodies(stage.span, frame)
    if not inner.body.runs:  # its statements are looked at one by one
        return POISON
    nodes = inner.body.graph.nodes
    arranged, first = inner.session.arranged(stage), len(nodes)
    run_body(stage, arranged, inner)
    check_facts(arranged, inner, lambda: nodes[first:])
    if not arranged.outputs:  # it could not be read
        return POISON
    return given_by(arranged, inner)


def given_by(arranged: Arrangement, frame: Frame) -> Value:
    """Give what leaves a body: the one output, or all of them in order with their names."""
    outputs = [frame.variables.get(output_key(o), POISON) for o in arranged.outputs]
    if len(outputs) == 1:
        return outputs[0]
    return NamedOutputs.of(outputs, [output_name(o) for o in arranged.outputs])


def _list_of(name: str, frame: Frame) -> list[Value]:
    """Give the list that `as *name` adds to, which is the outermost body's."""
    outermost = next(scope for scope, _ in frame.scopes() if scope.is_outermost)
    found = outermost.variables.get(name)
    return found if isinstance(found, list) else []


class _Filled:
    """A list that statements fill in another order than that of the text: its parts are put in that of the text."""

    def __init__(self, whole: list[Value]) -> None:
        self._whole = whole
        self._first = len(whole)
        self._parts: dict[int, list[Value]] = {}

    def note(self, step: Step) -> None:
        """Take in what a step has added."""
        known = sum(map(len, self._parts.values()))
        added = self._whole[self._first + known :]
        self._parts[step.statement.span.start] = added
        self._whole[self._first :] = [
            item for _, part in sorted(self._parts.items()) for item in part
        ]


def _note_unread(arranged: Arrangement, frame: Frame) -> None:
    body = frame.body
    assert body is not None
    for name, place, is_part in arranged.unread:
        nodes = frozenset(t.ref.node for t in tensors_in(frame.variables.get(name)))
        if nodes:
            body.graph.unread.append(Unread(name, body.origin(place), nodes, is_part))


def check_facts(arranged: Arrangement, frame: Frame, nodes: Callable[[], list[Node]]) -> None:
    """Check a body's assertions; `nodes` gives those that `params` and `macs` count."""
    facts: Frame | None = None
    for step in arranged.steps:
        if isinstance(step.statement, tree.Assert):
            frame.session.place = step.statement.span
            facts = facts or frame.inner(assertions.model_facts(nodes()))
            assertions.check(step.statement, facts)


def _run_statement(step: Step, frame: Frame) -> None:
    statement = step.statement
    match statement:
        case tree.Let(_, name):
            frame.variables[name] = _value(statement, frame)
            require_told(frame.variables[name], statement.span, frame)
        case tree.Function(_, name):
            frame.variables[name] = FunctionValue(statement, frame)
        case tree.LayerDecl(_, name):
            around = frame.body.shared if frame.body is not None else None
            made = (
                {} if around is None else around
            )  # in a block that is itself shared: once for all
            frame.variables[name] = SharedLayer(statement, frame, made)
        case tree.WeightDecl(_, name):
            frame.variables[name] = declare_weight(statement, frame)
        case tree.Bind():
            predefine_as(statement.value, frame)
            _bind(statement, _tensor_value(statement, statement.value, frame), frame)
        case tree.Output():
            predefine_as(statement.value, frame)
            frame.variables[output_key(statement)] = _tensor_value(
                statement, statement.value, frame
            )
        case tree.Input() | tree.Inputs() | tree.Defaults() | tree.Assert():
            pass


def _value(statement: tree.Let, frame: Frame) -> Value:
    expr = statement.value
    value = unbound.known_or_reported(expr, ev.evaluate(expr, frame), frame)
    if is_tensorial(value) and not is_poisoned(value) and value:
        word = Span(statement.span.file, statement.span.start, statement.name_span.start)
        frame.report(
            problems.WrongUse.at(
                expr.span,
                "`let` names a value, this is a tensor",
                name="let",
                help="leave out `let`",
                fix=Fix((Edit(word, ""),), safe=True),
            )
        )
        return POISON
    if isinstance(value, dict) and holds_layer(value) and next(tensors_in([*value.values()]), None):
        label = "some of it are layers, which are new at each use, and some are tensors"
        help_ = "give the layers a dict of their own"
        frame.report(problems.WrongUse.at(expr.span, label, name=statement.name, help=help_))
        return POISON
    return value


def predefine_as(expr: tree.Expr, frame: Frame) -> None:
    """Bind each name that `as` gives in a branch to `NotTaken`, so that it exists where the branch is not taken.

    A list that `as *name` fills begins empty, where the body around has not begun it.
    """
    for name in names_after_as(expr):
        frame.variables.setdefault(name, NotTaken(name)) if name != "_" else None
    if frame.is_outermost:
        for name in gathered_names(expr):
            frame.variables.setdefault(name, [])


def _tensor_value(statement: tree.Bind | tree.Output, expr: tree.Expr, frame: Frame) -> Value:
    value = ev.evaluate(expr, frame)
    require_told(value, statement.span, frame)
    if is_tensorial(value) or (value == [] and isinstance(expr, tree.Comprehension)):
        return value  # a list of tensors, if of none
    if isinstance(statement, tree.Bind) and isinstance(
        value, (int, float, str, bool, list, tuple, dict)
    ):
        return _report_forgotten_let(statement, value, frame)
    if isinstance(value, dict) and isinstance(expr, tree.DictExpr):
        return _report_outputs_in_a_dict(statement, expr, frame)
    return arriving_tensors.check_source(expr, value, frame)


def _report_outputs_in_a_dict(
    statement: tree.Bind | tree.Output, written: tree.DictExpr, frame: Frame
) -> Value:
    """Report `output {"a": x, "b": y}`: several outputs leave as a dict by themselves."""
    keys = [key.value if isinstance(key, tree.Literal) else None for key, _ in written.items]
    names = [key for key in keys if isinstance(key, str) and key.isidentifier()]
    fix, help_ = None, "write an `output name = …` for each; they leave as a dict by these names"
    if len(names) == len(keys) and names and isinstance(statement, tree.Output):
        each = zip(names, written.items, strict=True)
        text = "  ".join(f"output {name} = {value.span.text}" for name, (_, value) in each)
        fix = Fix((Edit(statement.span, text),))
    frame.report(problems.NotATensor.at(written.span, "this is a dict", help=help_, fix=fix))
    return POISON


def _report_forgotten_let(statement: tree.Bind, value: Value, frame: Frame) -> Value:
    start = Span(statement.span.file, statement.span.start, statement.span.start)
    help_ = f"write `let {' '.join(statement.span.text.split())[:60]}`"
    fix: Fix | None = Fix((Edit(start, "let "),), safe=True)
    if value == [] and isinstance(statement.target, tree.NamePattern):  # as if to be filled
        name = statement.target.id
        help_, fix = (
            f"leave it out; a list is filled where its tensors are made: `… as *{name}`",
            None,
        )
    frame.report(
        problems.NotATensor.at(
            statement.value.span,
            f"this is {spell_entity(value)}, and a binding without `let` names a tensor",
            help=help_,
            fix=fix,
        )
    )
    if isinstance(statement.target, tree.NamePattern):
        return value
    return POISON


def _next_turn(statement: tree.Bind, frame: Frame) -> str:
    """Say what arrives at the braces of a loop, where they take several tensors apart: `a, b = _`."""
    if not isinstance(statement.value, tree.Arriving) or not frame.in_loop:
        return ""
    names = ", ".join(part.span.text for part in statement.target.parts)  # type: ignore[union-attr]
    return f"each turn gets what the one before gives: begin the loop with as many, and end it by `output [{names}]`"


def _note_name(name: str, value: Value, frame: Frame) -> None:
    """Note what a tensor is called: by the outermost statement that names it, and by the first of several."""
    if isinstance(value, Tensor) and frame.body is not None:
        depth, called = len(frame.body.via), frame.body.graph.called
        if value.ref not in called or depth < called[value.ref][0]:
            called[value.ref] = depth, name


def _bind(statement: tree.Bind, value: Value, frame: Frame) -> None:
    target = statement.target
    if isinstance(target, tree.NamePattern):
        if target.id != "_":
            frame.variables[target.id] = value
            _note_name(target.id, value, frame)
        return
    if isinstance(value, type(POISON)):
        frame.variables.update(dict.fromkeys(pattern_names(target), POISON))
        return
    if isinstance(value, Tensor):
        assert frame.body is not None
        frame.report(
            problems.WrongUnpacking.at(
                target.span,
                f"{len(target.parts)} names for one tensor {spell_shape(value.spec.shape)}",
                related=input_labels(value, frame, target.span),
                help=_next_turn(statement, frame) or "it gives one tensor: write one name",
                fix=first_that_helps(
                    [
                        candidates.return_state(value, frame.body.graph),
                        unpacking.change_names(target, value),
                    ]
                ),
            )
        )
        frame.variables.update(dict.fromkeys(pattern_names(target), POISON))
        return
    frame.variables.update(loops.match_pattern(target, value, frame))
