"""Frames: where names are looked up while a body is elaborated, and the session they all share.

A `Session` is one compilation: diagnostics, budget, caches. A `Body` is one use of a block or model (the graph it
adds to, its name prefix, its plan of names). A `Frame` is a scope in it: the body's own, or one turn of a loop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from netdsl.catalog import layer_kind
from netdsl.catalog.kind import ExternFunction, Inference
from netdsl.catalog.signature import names_and_aliases, signature
from netdsl.diagnostics.diagnostic import Diagnostic, Label
from netdsl.diagnostics.sink import Diagnostics
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate.files.linking import Symbol, Unit, declared
from netdsl.elaborate.files.operation_names import operation_names
from netdsl.elaborate.plans.naming import NamePlan, plan_names
from netdsl.elaborate.plans.ordering import Arrangement, arrange
from netdsl.elaborate.scope.entities import (
    POISON,
    BlockRef,
    BuiltinFunction,
    ExternLayerRef,
    ExternObjectRef,
    FunctionValue,
    Given,
    KindRef,
    ModelRef,
    SharedLayer,
    Tried,
)
from netdsl.elaborate.scope.functions import CONSTANTS, FUNCTIONS
from netdsl.elaborate.scope.hyperparameters import Hyperparameters
from netdsl.elaborate.scope.limits import MAX_SEARCHED, REPORT_STEPS, TURN_STEPS, Budget, Memo
from netdsl.graph import Graph, Operation, Origin, Step, Turn
from netdsl.record import mutable, record
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.tensor import Demand
from netdsl.value import Entity, Value

if TYPE_CHECKING:
    from netdsl.catalog.applications import Applied
    from netdsl.catalog.binding import Binding
    from netdsl.catalog.versions import Releases
    from netdsl.elaborate.arguments.binding import Prepared

#: What a name stands for that nothing binds, and what arrives at the start of a chain.
MISSING = Entity()

MOST_AT_A_PLACE = 10  # times that an error of one kind is told at one place, as a loop makes it


class Interpreter(NamedTuple):
    """What a session asks of the floors above it: see `interpreter.py`, which fills it."""

    evaluate: Callable[[tree.Expr, Frame], Value]
    run: Callable[[tree.Expr, Value, Frame], Value]
    constant: Callable[[tree.Let, Frame], Value]
    shared_as_layer: Callable[[SharedLayer, Span, Frame, bool], Value]
    check_declarations: Callable[[Frame], None]


@mutable
class Session:
    """What one compilation shares."""

    diagnostics: Diagnostics
    interpreter: Interpreter
    releases: Releases | None = None  # of Keras, that the code is to run on
    budget: Budget = field(default_factory=Budget)
    branch_starts: set[int] = field(
        default_factory=set
    )  # expressions that a branch of a fork begins with
    reached: set[int] = field(default_factory=set)  # stages that were run
    place: Span | None = None  # what is being elaborated, for limits
    roots: dict[int, Frame] = field(default_factory=dict)  # a frame for each unit's top level
    arrangements: dict[int, Arrangement] = field(default_factory=dict)
    plans: dict[int, NamePlan] = field(default_factory=dict)
    #: Argument binding, by kind and values; with the arguments as they were written.
    bindings: Memo[tuple[Binding, dict[str, Value]]] = field(default_factory=Memo)
    spelled_bindings: Memo[Binding] = field(default_factory=Memo)  # by what the values are spelled
    #: Calls that were refused, which is reported once.
    refused_calls: Memo[tuple[tree.Call, Prepared]] = field(default_factory=Memo)
    #: Calls of literals alone, bound once, by identity.
    fixed_calls: dict[int, tuple[tree.Call, Prepared]] = field(default_factory=dict)
    #: What rules gave, by binding and types.
    inferences: Memo[tuple[Inference, tuple[Demand, ...]]] = field(default_factory=Memo)
    networks: Memo[Applied] = field(default_factory=Memo)  # what those of Keras gave, likewise
    #: Elaborated models, by hyperparameters.
    graphs: Memo[Graph] = field(default_factory=Memo)
    hyperparameters: Hyperparameters = field(default_factory=Hyperparameters)
    sizes: dict[str, int] = field(default_factory=dict)  # numbers to try for symbolic dimensions
    tried: dict[int, Tried] = field(default_factory=dict)  # of parameters, by their identity
    suggestions: int = 100  # how often a near name is still looked for: nobody reads a thousand
    searched: int = 0  # characters of the files that were searched as a whole for the sake of a fix
    reported: set[tuple[str, str, int, int]] = field(default_factory=set)
    #: Arguments, by their place, that were an initializer which draws.
    drawing: set[tuple[str, int, int]] = field(default_factory=set)
    #: Parameters of type `layer` that are applied behind an arrow, by their place.
    applied: set[tuple[str, int, int]] = field(default_factory=set)
    #: Chains that are layers for an argument that takes one, by their place.
    chains: set[tuple[str, int, int]] = field(default_factory=set)
    told: Counter[tuple[str, str, int, int]] = field(default_factory=Counter)  # errors, by place
    #: What operators and functions of tensors became, by their place: one line of Python says one of them.
    forms: dict[tuple[str, int, int], str] = field(default_factory=dict)

    def root(self, unit: Unit) -> Frame:
        """Give the frame of a unit's top level; its declarations are checked when it is made."""
        frame = self.roots.get(id(unit))
        if frame is None:
            frame = self.roots[id(unit)] = Frame(self, unit, None, {}, None)
            add_defaults(frame, unit.module.statements)
            self.interpreter.check_declarations(frame)
        return frame

    def arranged(self, body: tree.Body | tree.Statements) -> Arrangement:
        found = self.arrangements.get(id(body))
        if found is None:
            found = self.arrangements[id(body)] = arrange(body)
        return found

    def plan(self, node: tree.Block | tree.Model, unit: Unit) -> NamePlan:
        """Give the names of the stages of a block or model."""
        found = self.plans.get(id(node.body))
        if found is None:
            is_model = isinstance(node, tree.Model)
            operations = operation_names(unit, node) if is_model else frozenset()
            found = plan_names(node, partial(declared, unit), operations)
            self.plans[id(node.body)] = found
            places = (p.span for p in node.parameters if p.name in found.applied)
            self.applied.update((place.file.name, place.start, place.end) for place in places)
        return found


@mutable
class Body:
    """One use of a block or model."""

    graph: Graph
    plan: NamePlan
    prefix: str = ""
    via: tuple[tuple[Span, str], ...] = ()  # the uses that led here, outermost first
    path: tuple[str, ...] = ()
    shared: dict[str, Operation] | None = None  # operations of a shared layer, by name
    trainable: bool = True
    inputs: tuple[Value, ...] = ()  # the tensors of its inputs, in order
    runs: bool = True  # False where stages are only looked at, and blocks not gone into
    step: Step | None = None  # the use that this is, of a block or a shared layer

    def origin(self, span: Span) -> Origin:
        return Origin(span, tuple(place for place, _ in self.via) if self.via else ())


@record
class DefaultSet:
    """The `defaults` of one scope: kind -> arguments, and the frame they are evaluated in.

    `values` are those that were evaluated already and are the same for every layer of the kind.
    """

    arguments: Mapping[str, tuple[tree.Argument, ...]]
    frame: Frame
    values: dict[str, list[Given]] = field(default_factory=dict)


class Frame:
    """A scope: variables, the frame around it, and the loop turn or the braces it belongs to."""

    __slots__ = (
        "arriving",
        "body",
        "defaults",
        "in_braces",
        "index",
        "loop",
        "parent",
        "session",
        "step",
        "unit",
        "variables",
    )

    def __init__(
        self,
        session: Session,
        unit: Unit,
        parent: Frame | None,
        variables: dict[str, Value],
        body: Body | None,
    ) -> None:
        self.session = session
        self.unit = unit
        self.parent = parent
        self.variables = variables
        self.body = body
        self.loop: tree.Node | None = None
        self.index = 0
        #: Where what is applied here stands: the turn of the innermost loop, or the use that the body is.
        self.step: Step | None = (
            parent.step
            if parent is not None and parent.body is body
            else body.step
            if body is not None
            else None
        )
        self.in_braces = False  # statements in braces, carried out once
        self.arriving: Value = parent.arriving if parent is not None else MISSING
        self.defaults: tuple[DefaultSet, ...] = parent.defaults if parent is not None else ()

    def turn(self, loop: tree.Node, index: int, variables: dict[str, Value]) -> Frame:
        """Open the scope of one turn of a loop."""
        self.session.budget.step(TURN_STEPS)
        frame = Frame(self.session, self.unit, self, variables, self.body)
        frame.begin(loop, index)
        return frame

    def begin(self, loop: tree.Node, index: int) -> None:
        """Become the scope of a turn of a loop."""
        self.loop, self.index = loop, index
        self.step = Turn(loop.span, index, self.step)

    def inner(self, variables: dict[str, Value]) -> Frame:
        """Open a scope for a few more names."""
        return Frame(self.session, self.unit, self, variables, self.body)

    @property
    def in_loop(self) -> bool:
        frame: Frame | None = self
        while frame is not None:
            if frame.loop is not None:
                return True
            frame = frame.parent
        return False

    def braces(self) -> Frame:
        """Open the scope of statements in braces."""
        frame = self.inner({})
        frame.in_braces = True
        return frame

    @property
    def is_outermost(self) -> bool:
        """Tell whether it is the scope of a body as a whole."""
        return self.parent is None or self.parent.body is not self.body

    def scopes(self) -> Iterator[tuple[Frame, bool]]:
        """Give the scopes that have names of their own, innermost first, up to the body's.

        With each goes whether a loop lies between: what is named here is one of several things there.
        """
        frame, is_repeated = self, False
        while True:
            if frame.is_outermost or frame.in_braces or frame.loop is not None:
                yield frame, is_repeated
            if frame.is_outermost or frame.parent is None:
                return
            is_repeated |= frame.loop is not None
            frame = frame.parent

    def loop_indices(self, loops: tuple[tree.Node, ...]) -> list[int]:
        """Give the current turn of each of the loops."""
        if not loops:
            return []
        self.session.budget.step(2 * len(loops))
        turns: dict[int, int] = {}
        frame: Frame | None = self
        while frame is not None:
            if frame.loop is not None:
                turns.setdefault(id(frame.loop), frame.index)
            frame = frame.parent
        return [turns.get(id(loop), 0) for loop in loops]

    def lookup(self, name: str) -> Value:
        """Give what a name stands for, or MISSING; local names win over the catalogue's."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.variables:
                found = frame.variables[name]
                return frame._circular(name) if found is _PENDING else found
            frame = frame.parent
        found = self._top_level(name)
        if found is not MISSING:
            return found
        if name in FUNCTIONS:
            return BuiltinFunction(name)
        if name in CONSTANTS:
            return CONSTANTS[name]
        return catalogue_layer(name)

    def holds_value(self, name: str) -> bool:
        """Tell whether a name was given to a value; the names of declarations and of the catalogue are not."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.variables:
                return True
            frame = frame.parent
        symbol = self.unit.names.get(name)
        return symbol is not None and isinstance(symbol.node, tree.Let)

    def _top_level(self, name: str) -> Value:
        symbol = self.unit.names.get(name)
        if symbol is None:
            return POISON if name in self.unit.poisoned else MISSING
        return self.session.root(symbol.unit).declared(symbol)

    def declared(self, symbol: Symbol) -> Value:
        """Give what a top-level declaration of this frame's unit stands for."""
        match symbol.node:
            case tree.Let():
                return self._constant(symbol.node)
            case tree.Function():
                return FunctionValue(symbol.node, self)
            case tree.Block():
                return BlockRef(symbol)
            case tree.Model() | tree.SpecialisedModel():
                return ModelRef(symbol)
            case tree.ExternLayer():
                return ExternLayerRef(symbol)
            case tree.ExternFn(_, name, module):
                return ExternFunction(name, module)
            case tree.ExternObject():
                return ExternObjectRef(symbol)

    def _constant(self, node: tree.Let) -> Value:
        if node.name not in self.variables:
            self.variables[node.name] = _PENDING
            self.variables[node.name] = self.session.interpreter.constant(node, self)
        return self.lookup(node.name)

    def _circular(self, name: str) -> Value:
        """Report a constant that is asked for while it is being worked out, with all that are open."""
        from netdsl.diagnostics.problems.structure import Cycle

        open_names = [n for n, value in self.variables.items() if value is _PENDING]
        path = open_names[open_names.index(name) :]
        symbol = self.unit.names[name]
        label = f"the cycle is {' -> '.join([*path, name])}"
        help_ = "give one of them a value that needs none of the others"
        self.report(Cycle.at(symbol.node.name_span, label, name=name, help=help_))
        return POISON

    def known_names(self) -> list[str]:
        """Give every name in reach, nearest first, for suggestions."""
        names: dict[str, None] = {}
        frame: Frame | None = self
        while frame is not None:
            names.update(dict.fromkeys(frame.variables))
            frame = frame.parent
        names.update(dict.fromkeys(self.unit.names))
        return list(names)

    def near_name(self, name: str, *others: Iterable[str]) -> str | None:
        """Give the known name nearest to one that was not found, of those in reach and `others`."""
        if self.session.suggestions <= 0:
            return None
        self.session.suggestions -= 1
        return closest(name, [*self.known_names(), *(n for names in others for n in names)])

    def may_search(self) -> bool:
        """Tell whether the whole file may be searched for the sake of a fix: not for each of thousands of mistakes."""
        is_early = self.session.searched < MAX_SEARCHED
        self.session.searched += len(self.unit.file.text)
        return is_early

    def demand(self, demands: Iterable[Demand], span: Span) -> None:
        """Note what must hold of symbolic sizes for what is written here to work."""
        body = self.body
        assert body is not None
        for demand in demands:
            self.session.budget.dims((demand.left, demand.right))
            body.graph.demands.append((demand, body.origin(span)))

    def report(self, diagnostic: Diagnostic) -> None:
        """Report a diagnostic; a mistake inside a block is told once, with the use that led to it."""
        self.session.budget.step(REPORT_STEPS)
        if diagnostic.severity == "error" and self._is_said_enough(diagnostic):
            return
        via = self.body.via if self.body is not None else ()
        if via:
            span = diagnostic.primary.span
            key = (diagnostic.code, span.file.name, span.start, span.end)
            if key in self.session.reported and diagnostic.severity == "error":
                return
            self.session.reported.add(key)
            uses = [Label(p, f"in this use of `{name}`") for p, name in via[:1] if p != span]
            if len(via) > 1:
                uses.append(Label(via[-1][0], f"through this use of `{via[-1][1]}`"))
            times = Counter(name for _, name in via)
            again = frozenset(name for name, count in times.items() if count > 1)
            diagnostic = replace(
                diagnostic, related=(*diagnostic.related, *uses), in_turns_of=again
            )
        if via and self.unit.is_library:
            from netdsl.elaborate.files.library import told_at_use

            units = [root.unit for root in self.session.roots.values()]
            diagnostic = told_at_use(diagnostic, via, units)
        if diagnostic.severity == "error" and self.body is not None:
            self.body.graph.complete = False
        if not diagnostic.help:
            from netdsl.diagnostics.help_by_code import with_general_help

            diagnostic = with_general_help(diagnostic)
        self.session.diagnostics.report(diagnostic)

    def _is_said_enough(self, diagnostic: Diagnostic) -> bool:
        """Tell whether a loop has been through a mistake often enough, if with another number each time."""
        span = diagnostic.primary.span
        place = (diagnostic.code, span.file.name, span.start, span.end)
        self.session.told[place] += 1
        if self.session.told[place] <= MOST_AT_A_PLACE:
            return False
        if self.body is not None:
            self.body.graph.complete = False
        return True


_PENDING = Entity()  # the value of a constant that is being worked out


@cache
def catalogue_layer(name: str) -> KindRef | Entity:
    """Give the layer of Keras that a name stands for, or MISSING."""
    return MISSING if signature("layer", name) is None else KindRef(name, layer_kind(name))


def defaults_by_kind(statements: Iterable[tree.Node]) -> dict[str, tuple[tree.Argument, ...]]:
    """Join the `defaults` of one scope by the layers' own names: `MaxPool2D` is `MaxPooling2D`."""
    collected: dict[str, list[tree.Argument]] = {}
    for statement in statements:
        if isinstance(statement, tree.Defaults):
            for layer in statement.layers:
                kind, arguments = defaults_for(layer, statement)
                collected.setdefault(kind, []).extend(arguments)
    return {kind: tuple(arguments) for kind, arguments in collected.items()}


def defaults_for(
    layer: tree.Name, statement: tree.Defaults
) -> tuple[str, tuple[tree.Argument, ...]]:
    """Give a layer's own name and what a `defaults` statement sets of it: of several layers, what each one takes."""
    kind = names_and_aliases("layer").get(layer.id, layer.id)
    found = signature("layer", kind)
    if len(statement.layers) == 1 or found is None:
        return kind, statement.arguments
    return kind, tuple(a for a in statement.arguments if a.name is None or found.parameter(a.name))


def add_defaults(frame: Frame, statements: Iterable[tree.Node]) -> None:
    """Put a scope's own `defaults` inside those that are in force."""
    found = defaults_by_kind(statements)
    if found:
        frame.defaults = (*frame.defaults, DefaultSet(found, frame))
