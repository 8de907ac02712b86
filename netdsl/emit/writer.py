"""The state of one function while it is written: its statements, its scope, the names it has taken."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, TypeAlias

from netdsl.catalog.versions import Releases
from netdsl.elaborate.files.linking import Symbol, Unit
from netdsl.elaborate.plans.naming import NamePlan
from netdsl.emit.declarations import Declarations, Written
from netdsl.emit.kinds import Kind, Piece
from netdsl.emit.making import Making
from netdsl.emit.names import Locals, Scope
from netdsl.emit.python import code
from netdsl.emit.python.layout_statements import bound_in
from netdsl.emit.python.own_names import marked
from netdsl.emit.python.spelling import python_name
from netdsl.emit.python.texts import joined
from netdsl.syntax import tree
from netdsl.syntax.places import gets_nothing_else
from netdsl.syntax.walk import begins_with


class Interpreter(NamedTuple):
    """What a writer asks of the floors above it: see `interpreter.py`, which fills it."""

    expression: Callable[[Writer, tree.Expr], Piece]
    stage: Callable[[Writer, tree.Expr, Piece, str], Piece]
    flowing: Callable[[Writer, tree.Expr, str], Piece]
    braces: Callable[[Writer, tree.Statements, Piece | None, str], Piece]


class Promised(NamedTuple):
    """Variables that a chain may use, beside the one that flows: nothing that is read later is in them.

    The `targets` are those into which its statement takes the result apart, in order; the `head` is that of the name
    which the chain begins with, where a choice follows it.
    """

    flow: str = ""
    variables: dict[str, str] = {}  # by the names of the spec; nobody changes it
    targets: tuple[str, ...] = ()
    head: str = ""


class Module(Declarations):
    """The module around what is written: it writes a declaration when something first refers to it."""

    interpreter: Interpreter
    releases: Releases | None = None  # of Keras, that the code is to run on

    def global_name(self, unit: Unit, name: str) -> Piece | None:
        """Refer to a declaration by name, which writes it; None where the file declares no such name."""
        raise NotImplementedError

    def block(self, symbol: Symbol, kinds: Sequence[Kind]) -> Written:
        """Give a block's function for tensors of these kinds."""
        raise NotImplementedError

    def model(self, symbol: Symbol) -> Written:
        """Give a model's function."""
        raise NotImplementedError

    def reads_by_name(self, outputs: Sequence[str | None]) -> bool:
        """Tell whether one of these outputs of a block is read by its name somewhere."""
        raise NotImplementedError

    def is_gone_through(self, function: tree.Function) -> bool:
        """Tell whether all that is asked of what a function gives is to be gone through."""
        raise NotImplementedError

    def is_layer(self, w: Writer, expr: tree.Expr) -> bool:
        """Tell whether a `let` names layers: each is made anew wherever the name is used."""
        raise NotImplementedError


#: Expressions that take no variable.
_ALONE = (tree.Literal, tree.Name, tree.Arriving, tree.FString)


#: A shape and a dtype in Python, and the axis of the shape that the first step begins with.
Given: TypeAlias = tuple[ast.expr, ast.expr, int]


class Writer:
    """Writes the statements of one function (or of the module's top level, where `plan` is None)."""

    def __init__(
        self,
        module: Module,
        unit: Unit,
        scope: Scope,
        names: Locals,
        plan: NamePlan | None = None,
        *,
        in_block: bool = False,
        frozen: bool = False,
    ) -> None:
        self.module = module
        self.unit = unit
        self.scope = scope
        self.names = names
        self.plan = plan
        self.in_block = in_block  # names begin with the function's own `name`
        self.frozen = frozen  # the function takes `trainable`
        self.making: Making | None = None  # where layers are made that are met again at each call
        self.uses_name = False
        self.holds: tuple[str, str] | None = (
            None  # a variable, and the other that it holds the same as
        )
        self.symbols: set[str] = set()  # names of sizes without a number
        self.hint: str | None = (
            None  # the variable that the expression being written will be put in
        )
        self.whole: tree.Expr | None = None  # the expression that is all of what the hint is for
        self.anchor: str | None = None  # the variable of the input that sources are tied to
        self._branch_starts: set[int] = set()
        self.holding = False  # the value being written is an argument that takes a layer
        self.given: Given | None = None  # what arrives at the layer whose arguments are written
        self.steps = 0  # how many axes that layer, and those in it, take off before what they hold
        #: Statements `a, b = _` in braces whose names a loop carries from turn to turn.
        self.carried: set[int] = set()
        self.promised = Promised()
        self.words: frozenset[str] = (
            frozenset()
        )  # what the spec's own loops count by, for which others make way
        self.later: set[str] = set()  # variables that only later statements put something in
        self.joined_by = ""  # the layer that joins the branches of the fork being written
        self.out: list[ast.stmt] = []
        self._temporary: list[str] = []
        #: A comment, and the statements whose next one it stands above.
        self._waiting: tuple[list[ast.stmt], Sequence[str]] = (self.out, ())

    def note_sources(self, branch: tree.Expr) -> None:
        """Remember what a branch of a fork begins with: a call of `ops` in parentheses there gets nothing."""
        self._branch_starts.update(id(node) for node in begins_with(branch))

    def is_source(self, call: tree.Call) -> bool:
        """Tell whether a call of `ops` gets nothing but what it is given, though it stands behind an arrow."""
        return gets_nothing_else(call, starts=id(call) in self._branch_starts)

    def value(self, expr: tree.Expr) -> ast.expr:
        """Give the Python of a value."""
        return self.expression(expr).code

    def expression(self, expr: tree.Expr) -> Piece:
        """Give the Python of an expression and what it is."""
        spell = self.module.interpreter.expression
        if isinstance(expr, _ALONE):
            return spell(self, expr)
        with self.own_temporaries():  # what stands beside it may not have been used yet
            return spell(self, expr)

    def flowing(self, expr: tree.Expr, flow: str) -> Piece:
        """Give an expression whose chain, if it is one, flows through a variable."""
        return self.module.interpreter.flowing(self, expr, flow)

    def run(self, stage: tree.Expr, current: Piece, flow: str) -> Piece:
        """Write one stage for the piece that arrives, and give the piece that leaves."""
        outer = self.scope.arriving
        result = self.module.interpreter.stage(self, stage, current, flow)
        self.scope.arriving = outer
        return result

    def branch(self, stage: tree.Expr, current: Piece, flow: str) -> Piece:
        """Write a chain of its own: a branch of a fork, from what arrives or from a tensor that it names, or an arm."""
        with self.within(self.scope.inner()):
            return self.run(stage, current, flow)

    def emit(self, statement: ast.stmt) -> None:
        out, comment = self._waiting
        if out is self.out and comment:
            code.put_above(statement, comment)
            self._waiting = (out, ())
        self.out.append(statement)

    @contextmanager
    def commented(self, node: tree.Node, *, waits: bool = True) -> Iterator[None]:
        """Put the spec's comment above a statement or stage above the first line that this comes to.

        What has no line yet may get one from what follows, where the comment `waits` for it.
        """
        comment = self.module.comment_above(self.unit, node)
        out, first = self.out, len(self.out)
        yield
        if not comment:
            return
        if len(out) > first:
            code.put_above(out[first], comment)
        elif waits:
            self._waiting = (out, comment)

    @contextmanager
    def block(self) -> Iterator[list[ast.stmt]]:
        """Collect the statements of an indented block."""
        outer, self.out = self.out, []
        try:
            yield self.out
        finally:
            self.out = outer

    @contextmanager
    def within(self, scope: Scope) -> Iterator[Scope]:
        outer, self.scope = self.scope, scope
        try:
            yield scope
        finally:
            self.scope = outer

    @contextmanager
    def aside(self, scope: Scope) -> Iterator[None]:
        """Write a function of its own while another one is being written, in a scope of that one."""
        kept = (self.hint, self.holds, self.anchor, self.holding, self.given, self.steps)
        self.hint, self.holds, self.holding, self.given, self.steps = None, None, False, None, 0
        with self.within(scope), self.own_temporaries():
            yield
        self.hint, self.holds, self.anchor, self.holding, self.given, self.steps = kept

    @contextmanager
    def made_before(self, making: Making, body: list[ast.stmt] | None) -> Iterator[None]:
        """Make layers before the function that is written, whose statements are `body` if it is always called alike."""
        outer, self.making = self.making, making
        if body is not None:
            making.steady.append(body)
        yield
        if body is not None:
            making.steady.pop()
        self.making = outer

    def made(
        self, layer: ast.Call, variable: str, *, named_by: str = "name", is_taken: bool = False
    ) -> ast.expr:
        """Give a layer, model or block that is made here: where it is met again, the same one each time.

        The `variable` is its own where it `is_taken` already.
        """
        if self.making is None:
            return layer
        if self.making.may_stand_before(layer, self.out):
            return self.making.make_before(layer, variable, is_taken=is_taken)
        return self.making.make_at_first_use(layer, named_by)

    def emit_early(self, statement: ast.stmt, variable: str) -> None:
        """Write what is worked out of values alone: before what is called again and again."""
        making, own = self.making, (variable, *bound_in(statement))
        if making is not None and making.may_stand_before(statement, self.out, *own):
            making.stand_before(statement, variable)
        else:
            self.emit(statement)

    def variable_for(self, node: tree.Node, fallback: str) -> str:
        """Name the variable of a layer after the layer."""
        planned = self.plan.of(node) if self.plan is not None else None
        is_said = planned is not None and planned.explicit is None
        return python_name(planned.base if planned is not None and is_said else fallback)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Write an argument that takes a layer."""
        outer, self.holding = self.holding, True
        yield
        self.holding = outer

    @contextmanager
    def stepping(self, axes: int) -> Iterator[None]:
        """Write the arguments of a layer that takes so many axes off before what it holds."""
        self.steps += axes
        yield
        self.steps -= axes

    @contextmanager
    def arriving(self, given: Given) -> Iterator[None]:
        """Write the arguments of a layer that gets a tensor of this shape and dtype."""
        outer, self.given, self.steps = (self.given, self.steps), given, 0
        yield
        self.given, self.steps = outer

    def step(self) -> list[ast.expr]:
        """Spell the shape and dtype of what arrives inside the layers whose arguments are written."""
        assert self.given is not None
        shape, dtype, first = self.given
        start = first + self.steps
        cut = code.subscript(shape, ast.Slice(code.constant(start))) if start else shape
        return [cut, dtype]

    def assign(self, variable: str, piece: Piece) -> Piece:
        """Put a piece in a variable, unless it is that variable."""
        if not code.is_name(piece.code, variable):
            self.emit(code.assign(variable, piece.code))
        return Piece(code.name(variable), piece.kind)

    def reusable(self, piece: Piece, flow: str) -> Piece:
        """Give a piece that may be used several times: a variable, to which it is assigned unless it is one already."""
        return piece if piece.is_name else self.passed_on(piece, flow)

    def keep(self, piece: Piece, variable: str) -> Piece:
        """Put a piece in a variable of its own, unless it is in one; the variables of other pieces stay taken."""
        return piece if piece.is_name else self.assign(variable, piece)

    def passed_on(self, piece: Piece, flow: str) -> Piece:
        """Assign a stage's result to `flow`, the variable that the chain's next stage reads, and free the others."""
        result = self.assign(flow, piece)
        self.drop_temporaries()
        return result

    def temporary(self, *candidates: str) -> str:
        """Take a variable for the time being: a branch of a fork, an argument's chain.

        One that a loop of the spec has as its own makes way, unless there is no other.
        """
        own = [word for word in candidates if word not in self.words]
        variable = self.names.first_free(own or candidates)
        self._temporary.append(variable)
        return variable

    def lend(self, *variables: str) -> None:
        """Have variables given back when the chain goes on."""
        self._temporary += variables

    def is_temporary(self, piece: Piece) -> bool:
        """Tell whether a piece is in a variable that is given back when its chain goes on."""
        return isinstance(piece.code, ast.Name) and piece.code.id in self._temporary

    def drop_temporaries(self) -> None:
        """Give back the variables whose tensors have been used."""
        self.names.release(*self._temporary)
        self._temporary.clear()

    @contextmanager
    def own_temporaries(self) -> Iterator[None]:
        """Keep the variables of a chain around while one inside it is written."""
        outer, self._temporary = self._temporary, []
        try:
            yield
        finally:
            self._temporary = outer + self._temporary

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Write an expression whose result is put in a variable that is there already, and give back all others."""
        outer, self._temporary = self._temporary, []
        yield
        self.names.release(*self._temporary)
        self._temporary = outer

    @contextmanager
    def flow(self, *candidates: str) -> Iterator[str]:
        """Take a variable for a chain of its own; it is kept until the chain around goes on."""
        variable = self.temporary(*candidates)
        with self.own_temporaries():
            yield variable

    def stage_name(self, node: tree.Node, fallback: str) -> ast.expr:
        """Spell the `name=` of a stage: where it stands, in this turn of the loops around it."""
        planned = self.plan.of(node) if self.plan is not None else None
        base: ast.expr = code.constant(planned.base if planned else fallback)
        explicit = planned.explicit if planned is not None else None
        if explicit is not None and not isinstance(explicit, tree.Literal):
            base = self.value(explicit)
        parts: list[ast.expr] = [base]
        if self.in_block:
            self.uses_name = True
            parts = [code.name(marked("name")), code.constant("_"), base]
        for loop in planned.loops if planned else ():
            index = self.scope.index_of(loop)
            if index is not None:
                parts += [code.constant("_"), index]
        if len(parts) == 1 and not isinstance(base, ast.JoinedStr):
            return base
        return joined(parts)
