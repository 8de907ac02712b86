"""A body in Python: its statements in the order that they need each other, each in the variable it names.

What the spec names keeps its name. A chain that ends in an output flows through `x` while nothing else needs `x`, and
through another short name otherwise.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import assert_never

from netdsl.elaborate.chains.bodies import output_name
from netdsl.elaborate.plans.ordering import Step, arrange
from netdsl.elaborate.scope.frame import defaults_by_kind
from netdsl.emit.kinds import (
    TENSOR,
    VALUE,
    Inlined,
    Kind,
    ListOf,
    Parts,
    Piece,
    is_tensorial,
    member,
)
from netdsl.emit.loops import dict_comprehension
from netdsl.emit.named import named_outside, spelled_outside
from netdsl.emit.names import DefaultSet
from netdsl.emit.pieces import flattened
from netdsl.emit.python import code, simplify
from netdsl.emit.python.layout import flat
from netdsl.emit.python.spelling import kept_name
from netdsl.emit.python.unread import tidied, without_unread
from netdsl.emit.shared import write_layer
from netdsl.emit.weights import weight
from netdsl.emit.writer import Promised, Writer
from netdsl.syntax import tree
from netdsl.syntax.walk import (
    free_names,
    is_of_ops,
    makes_weight,
    names_after_as,
    pattern_names,
    reads_arriving,
    statement_names,
    uses_others,
    walk,
)


def body_names(node: tree.Node) -> list[str]:
    """Give the names after `as` in a chain."""
    return [n for n in names_after_as(node) if n != "_"]


_MOST_CARRIED = 8  # tensors whose variables a loop may take over

#: The variables of chains without a name, which take one tensor after the other.
_FLOWING = ("x", "y", "z", "hidden")


class BodyWriter:
    """Writes the statements of one body; `around` is the variable that flows through the braces which hold it."""

    def __init__(
        self, w: Writer, body: tree.Body | tree.Statements, around: str | None = None
    ) -> None:
        self.w = w
        self._around = around
        arranged = self._arranged = arrange(body)
        self.inputs = arranged.inputs
        self.outputs = arranged.outputs
        self.steps = _assertions_early(arranged.steps)
        self.write_input: Callable[[Writer, tree.Input], None] | None = (
            None  # a model's, not a block's
        )
        self.lets: set[str] = set()
        self.write_group: Callable[[Writer, tree.Inputs], None] | None = None
        self.group_kind: Callable[[tree.Inputs], Kind] = lambda _: Parts((TENSOR,))
        self._begun: set[str] = set()  # lists that statements fill
        self._bound: list[str] = []  # the names that statements of its own bind
        self._results: dict[int, Piece] = {}  # of outputs, by the statement
        self._parts: dict[str, dict[int, str]] = {}  # of lists, by where the statements begin
        self._body = body
        self.given = arranged.given
        self._kept: set[str] = set() if w.in_block else {i.name for i in self.given}

    @cached_property
    def _has_sources(self) -> bool:
        """Tell whether what a function of `keras.ops` gives without a tensor may have to be tied to the graph."""
        calls = (n for n in walk(self._body) if isinstance(n, tree.Call))
        functions = (call for call in calls if is_of_ops(call.function))
        return any(self.w.module.is_tied(call) is not False for call in functions)

    def _makes_weights_after(self, number: int) -> bool:
        """Tell whether a weight is made from here on, which is called on the input that comes first."""
        return self._last_weight >= number

    @cached_property
    def _last_weight(self) -> int:
        """The last step that makes a weight, by itself or in braces."""
        return max((n for n, s in enumerate(self.steps) if makes_weight(s.statement)), default=-1)

    def _anchor(self) -> Piece:
        """Give the input that a weight is called on."""
        variable = self.w.anchor
        assert variable is not None
        function = self.w.scope.function
        pieces = [*function.bindings.values(), *filter(None, [function.arriving])]
        found = (piece for piece in pieces if code.is_name(piece.code, variable))
        return next(found, Piece(code.name(variable), TENSOR))

    def declare(self) -> None:
        """Give every name of the body its variable, and put the body's `defaults` in force."""
        w = self.w
        for written in self.inputs:
            if written.name not in w.scope.bindings:
                spelled = w.names.take(kept_name(written.name))
                w.scope.bindings[written.name] = Piece(code.name(spelled), TENSOR)
        for group in self.given:
            if isinstance(group, tree.Inputs):
                self._take(group.name, kept_name(group.name), self.group_kind(group))
        if not w.in_block:
            self._declare_symbols()
        for step in self.steps:
            for identifier in statement_names(step.statement):
                if id(step.statement) in w.carried:
                    w.scope.bindings[identifier] = self._outer(identifier)
                else:
                    self._take(identifier, kept_name(identifier))
                    self._bound.append(identifier)
        self._declare_named()
        found = defaults_by_kind(self._body.statements)
        if found:
            w.scope.defaults = (*w.scope.defaults, DefaultSet(found, w.scope))

    def _take(self, identifier: str, spelled: str, kind: Kind = TENSOR) -> None:
        if identifier not in self.w.scope.bindings:
            variable = self._promised(identifier) or self.w.names.take(spelled)
            self.w.scope.bindings[identifier] = Piece(code.name(variable), kind)

    def _promised(self, identifier: str) -> str | None:
        """Give the variable of a name that the statement around the braces binds too: nothing is in it yet."""
        flow = self.w.promised.flow
        variable = self.w.promised.variables.get(identifier)
        arriving = self.w.scope.arriving
        if self._around is None or flow != self._around or variable is None:
            return None
        nodes = () if arriving is None else ast.walk(arriving.code)
        is_read = any(isinstance(n, ast.Name) and n.id == variable for n in nodes)
        return None if is_read else variable

    def _free_for(
        self, flow: str, target: tree.Pattern | None, number: int, written: tree.Expr
    ) -> Promised:
        """Give the variables that a chain may use: of what its statement binds, and of what only it begins with."""
        stages = written.stages if isinstance(written, tree.Pipe) else (written,)
        items = stages[0].items if isinstance(stages[0], tree.ListExpr) else ()
        if len(items) > _MOST_CARRIED or not any(isinstance(s, tree.Braced) for s in stages):
            items = ()
        begins = [item.id for item in items if isinstance(item, tree.Name)]
        own = [
            n for n in begins if n in self.w.scope.bindings and self._is_dead(n, number, written)
        ]
        bound = pattern_names(target) if isinstance(target, tree.TuplePattern) else []
        variables = {name: variable_of(self.w, name) for name in (*own, *bound)}
        is_flat = isinstance(target, tree.TuplePattern) and len(bound) == len(target.parts)
        targets = tuple(variables[name] for name in bound) if is_flat else ()
        return Promised(flow, variables, targets, self._free_head(number, written) or "")

    @contextmanager
    def _promising(self, promised: Promised) -> Iterator[None]:
        outer, self.w.promised = self.w.promised, promised
        yield
        self.w.promised = outer

    def _outer(self, identifier: str) -> Piece:
        found = self.w.scope.lookup(identifier)
        assert found is not None
        return found

    def _declare_named(self) -> None:
        """Give the names after `as` their variables, where something reads them."""
        w = self.w
        read = {name for step in self.steps for name in step.uses}
        for step in self.steps:
            value = getattr(step.statement, "value", None)
            if not isinstance(step.statement, (tree.Bind, tree.Output)) or value is None:
                continue
            for identifier in named_outside(value, read):
                is_held = any(not is_repeated for _, is_repeated in w.scope.holders(identifier))
                is_needed = self._around is None or identifier in read
                if is_needed and not is_held:
                    self._take(identifier, spelled_outside(identifier, value))
        for identifier in self._arranged.gathered:
            if identifier in read:
                self._take(identifier, kept_name(identifier), ListOf(TENSOR))

    def _declare_symbols(self) -> None:
        """Sizes of a model's inputs that nothing else binds are None in Keras."""
        own = {n for step in self.steps for n in _defined(step.statement)}
        types = (
            n for written in self.given for n in walk(written) if isinstance(n, tree.TensorType)
        )
        bound = {n for written in self.given for n in _names_of_turns(written)}
        for written in types:
            for dim in written.dims:
                for identifier in free_names(dim).keys() - bound:
                    known = self.w.scope.lookup(identifier) is not None or identifier in own
                    if not known and not self.w.module.is_value(self.w.unit, identifier):
                        self.w.symbols.add(identifier)
                        self.w.scope.bindings[identifier] = Piece(code.constant(None), VALUE)

    def read_sizes(self, written: tree.Input) -> None:
        """Read the sizes that `input x: [n, c]` of a block names off what arrives, where they are used."""
        w = self.w
        if written.type is None:
            return
        statements = (step.statement for step in self.steps)
        used = {n for s in statements if not isinstance(s, tree.Input) for n in free_names(s)}
        new: list[tuple[int, str]] = []
        for axis, dim in enumerate(written.type.dims, 1):
            if not isinstance(dim, tree.Name) or dim.id not in used:
                continue
            if w.scope.lookup(dim.id) is None and not w.module.is_value(w.unit, dim.id):
                spelled = w.names.take(kept_name(dim.id))
                w.scope.bindings[dim.id] = Piece(code.name(spelled), VALUE)
                new.append((axis, spelled))
        binding = w.scope.lookup(written.name)
        assert binding is not None
        shape = code.attribute(binding.code, "shape")
        count = len(written.type.dims)
        if len(new) > 1 and len(new) == count:
            target = code.tuple_of(code.name(n) for _, n in new)
            rest = code.subscript(shape, ast.Slice(code.constant(1), None, None))
            w.emit(code.assign(target, rest))
            return
        for axis, spelled in new:
            index = (
                code.constant(axis) if axis < count else ast.UnaryOp(ast.USub(), code.constant(1))
            )
            w.emit(code.assign(spelled, code.subscript(shape, index)))

    def write(self, *, returning: bool) -> list[Piece]:
        """Write the body and give its outputs; with `returning` the last one may be left unassigned."""
        results = self._results
        last = self._last_step()
        outer, self.w.later = self.w.later, self._own_variables()
        for number, step in enumerate(self.steps):
            statement = step.statement
            self.w.later -= {variable_of(self.w, n) for n in statement_names(statement)}
            if id(statement) in self.w.carried:
                continue
            self._begin_lists(step)
            waits = isinstance(statement, tree.Output)  # for the `return`
            with self._in_text_order(step), self.w.commented(statement, waits=waits):
                if isinstance(statement, tree.Output):
                    alone = number == last and len(self.outputs) == 1
                    direct = alone and (returning or self._leaves_listed(statement))
                    results[id(step.part_of)] = self._output(statement, number, direct)
                else:
                    self._statement(step, number)
            self.w.drop_temporaries()
        self.w.later = outer
        return [results[id(output)] for output in self.outputs]

    def _own_variables(self) -> set[str]:
        """Give the variables of what statements bind, each of which has one to itself."""
        w = self.w
        found = Counter(variable_of(w, name) for name in self._bound)
        shared = {*w.promised.variables.values(), self._around, w.anchor}
        return {variable for variable, count in found.items() if count == 1} - shared

    def _begin_lists(self, step: Step) -> None:
        """Begin the lists that this body fills by `as *name`, before the first statement that does."""
        for identifier in step.fills:
            binding = self.w.scope.bindings.get(identifier)
            if (
                self._arranged.gathered.get(identifier)
                and identifier not in self._begun
                and binding
            ):
                self._begun.add(identifier)
                self.w.emit(code.assign(binding.code, code.list_of([])))

    @contextmanager
    def _in_text_order(self, step: Step) -> Iterator[None]:
        """Let a statement fill a list of its own, where the lists come in another order than that of the text."""
        w, outermost = self.w, self.w.scope.function
        own: list[tuple[str, Piece, str]] = []
        for identifier in step.fills.keys() & self._arranged.rearranged:
            whole = outermost.bindings.get(identifier)
            if whole is None:
                continue
            part = w.names.take(f"{identifier}_part")
            w.emit(code.assign(part, code.list_of([])))
            outermost.bindings[identifier] = Piece(code.name(part), whole.kind)
            own.append((identifier, whole, part))
        yield
        for identifier, whole, part in own:
            kind = outermost.bindings[identifier].kind
            outermost.bindings[identifier] = Piece(whole.code, kind)
            parts = self._parts.setdefault(identifier, {})
            parts[step.statement.span.start] = part
            if len(parts) == sum(identifier in other.fills for other in self.steps):
                items = [code.starred(code.name(p)) for _, p in sorted(parts.items())]
                extend = code.attribute(whole.code, "extend")
                w.emit(code.expression(code.call(extend, [code.list_of(items)])))

    def _leaves_listed(self, output: tree.Output) -> bool:
        """Tell whether an output is the list in which a model gives its tensors."""
        return self.write_input is not None and bool(output.elements)

    def _last_step(self) -> int:
        numbers = [
            n for n, s in enumerate(self.steps) if not isinstance(s.statement, tree.Defaults)
        ]
        return numbers[-1] if numbers else -1

    def _statement(self, step: Step, number: int) -> None:
        w = self.w
        match step.statement:
            case tree.Let(_, name, written):
                self._let(name, written)
            case tree.Function() as function:
                w.emit_early(nested_function(w, function), variable_of(w, function.name))
            case tree.LayerDecl() as declared:
                write_layer(w, declared)
            case tree.WeightDecl() as learned:
                made = weight(w, learned, self._anchor())
                w.assign(variable_of(w, learned.name), made)
            case tree.Bind(_, target, written):
                self._bind(target, written, number)
            case tree.Assert() as claim:
                write_assert(w, claim)
            case tree.Input() as written_input:
                if self.write_input is not None:
                    self.write_input(w, written_input)
            case tree.Inputs() as group:
                if self.write_group is not None:
                    self.write_group(w, group)
            case tree.Defaults():  # in force since the body was declared
                pass
            case tree.Output():
                raise AssertionError("an output is written by `write`")
            case other:
                assert_never(other)

    def _let(self, name: str, written: tree.Expr) -> None:
        w = self.w
        binding = w.scope.bindings[name]
        if w.module.is_layer(w, written):
            w.scope.bindings[name] = Piece(binding.code, Inlined(written))
            return
        assert isinstance(binding.code, ast.Name)
        if isinstance(written, tree.DictComprehension):
            piece = dict_comprehension(w, written, binding.code.id)
        else:
            piece = w.expression(written)
        if code.is_name(piece.code, binding.code.id):
            return
        w.emit_early(code.assign(binding.code.id, piece.code), binding.code.id)
        self.lets.add(binding.code.id)
        w.scope.bindings[name] = Piece(binding.code, piece.kind)

    def _bind(self, target: tree.Pattern, written: tree.Expr, number: int) -> None:
        w = self.w
        if isinstance(target, tree.NamePattern) and target.id != "_":
            flow = variable_of(w, target.id)
            with self._promising(self._free_for(flow, target, number, written)):
                piece = w.flowing(written, flow)
            w.assign(flow, piece)
            w.scope.learn(target.id, piece.kind)
            return
        flow = self._flow(number, written)
        reserved = w.names.reserve(flow)
        with self._promising(self._free_for(flow, target, number, written)):
            piece = w.flowing(written, flow)
        if reserved:
            w.names.release(flow)
        if isinstance(target, tree.TuplePattern):
            self._unpack(target, piece)
        elif not piece.is_name:
            w.emit(code.expression(piece.code))

    def _unpack(self, target: tree.TuplePattern, piece: Piece) -> None:
        w = self.w
        if isinstance(piece.kind, Parts) and piece.kind.by_key:
            piece = w.keep(piece, w.temporary("outputs"))
            keys = [code.subscript(piece.code, code.constant(n)) for n in piece.kind.names]  # type: ignore[union-attr]
            piece = Piece(code.tuple_of(keys), piece.kind)
        elif isinstance(piece.code, ast.List):
            piece = Piece(code.tuple_of(piece.code.elts), piece.kind)
        targets = self._targets(target, piece.kind)
        if flat(targets) != flat(
            piece.code
        ):  # a loop may have carried them in these very variables
            w.emit(code.assign(targets, piece.code))

    def _targets(self, pattern: tree.Pattern, kind: Kind) -> ast.expr:
        if isinstance(pattern, tree.NamePattern):
            if pattern.id == "_":
                return code.name("_")
            self.w.scope.learn(pattern.id, kind if is_tensorial(kind) else TENSOR)
            return code.name(variable_of(self.w, pattern.id))
        parts = enumerate(pattern.parts)
        return code.tuple_of(self._targets(p, member(kind, i)) for i, p in parts)

    def _output(self, output: tree.Output, number: int, direct: bool) -> Piece:
        w = self.w
        flow = self._flow(number, output.value)
        used_later = output.name is not None and self._is_used_after(number, output.name)
        if output.name is not None and not direct and not _flows(output.value):
            flow = variable_of(w, output.name)
        reserved = w.names.reserve(flow)
        with self._promising(self._free_for(flow, None, number, output.value)):
            if used_later and output.name is not None and flow != variable_of(w, output.name):
                piece = self._ending_in(variable_of(w, output.name), output.value, flow)
            else:
                piece = w.flowing(output.value, flow)
        if self._leaves_listed(output):
            piece = flattened(piece)
        is_there = isinstance(output.value, tree.Name) and self._is_kept(piece.code)
        is_there |= isinstance(piece.code, (ast.Subscript, ast.List)) and self._stays(piece.code)
        is_there |= piece.is_name and number == self._last_step()  # no later chain takes it
        if output.name is not None and (used_later or not (direct or is_there)):
            piece = w.assign(variable_of(w, output.name), piece)
            w.scope.learn(output.name, piece.kind)
        elif not direct and not piece.is_name and not self._stays(piece.code):
            piece = w.assign(flow, piece)
        if reserved and not code.is_name(piece.code, flow):
            w.names.release(flow)
        return piece

    def _ending_in(self, variable: str, written: tree.Expr, flow: str) -> Piece:
        """Write a chain whose last stage, a loop, carries the output in its own variable, which later chains read."""
        w = self.w
        stages = written.stages if isinstance(written, tree.Pipe) else ()
        if len(stages) < 3 or not isinstance(stages[-1], (tree.Repeat, tree.For)):
            return w.flowing(written, flow)
        with w.within(w.scope.inner()):
            before = w.flowing(tree.Pipe(written.span, tuple(stages[:-1])), flow)
            if before.kind != TENSOR:
                return w.run(stages[-1], before, flow)
            return w.run(stages[-1], w.passed_on(before, variable), variable)

    def _is_kept(self, node: ast.expr) -> bool:
        """Tell whether it is the variable of a name that an output gives, which no later chain takes."""
        return isinstance(node, ast.Name) and self._owner(node.id) is not None

    def _stays(self, node: ast.expr) -> bool:
        """Tell whether it is an element of what the spec names, in a variable that no later chain takes, or a list."""
        if isinstance(node, ast.List):
            return all(self._is_kept(item) or self._stays(item) for item in node.elts)
        while isinstance(node, ast.Subscript):
            node = node.value
        if not isinstance(node, ast.Name) or node.id in _FLOWING:
            return False
        return self._owner(node.id) is not None

    def _flow(self, number: int, written: tree.Expr) -> str:
        """Pick the variable of a chain without a name: `x` where no one needs what it holds.

        Another name that the spec gave takes a new tensor only where the chain goes on from the one it has.
        """
        w = self.w
        if self._around is not None and self._may_flow_on(self._around, number, written):
            return self._around
        free = {"x", _head(written), *_defined(self.steps[number].statement)}
        if isinstance(written, tree.Pipe) and len(written.stages) == 2:
            chosen = self._free_head(number, written)
            if chosen is not None:
                return chosen
        for candidate in _FLOWING:
            if candidate in self._counted_by(number):
                continue
            owner = self._owner(candidate)
            if owner is None and candidate not in w.names:
                return candidate
            if owner is not None and owner in free and self._is_dead(owner, number, written):
                return candidate
        return w.temporary("hidden")

    def _counted_by(self, number: int) -> set[str]:
        """Give the names that the loops of a statement bind, which keep their letters."""
        if not self.w.words & {*_FLOWING}:
            return set()
        nodes = walk(self.steps[number].statement)
        loops = (n.target for n in nodes if isinstance(n, (tree.For, tree.Clause)))
        return {name for target in loops for name in pattern_names(target)}

    def _free_head(self, number: int, written: tree.Expr) -> str | None:
        """Give the variable that `m -> if c { … } -> …` chooses in: that of `m`, where nothing else needs it."""
        match written:
            case tree.Pipe(span, (tree.Name(_, identifier) as head, tree.If() as choice, *rest)):
                arms = _arms_without_else(choice)
                bound = self.w.scope.bindings.get(identifier)
                if arms and bound is not None and bound.kind == TENSOR:
                    chain = tree.Pipe(
                        span, (head, *arms, *rest)
                    )  # conditions read it before it is changed
                    is_free = self._is_dead(identifier, number, chain)
                    return variable_of(self.w, identifier) if is_free else None
        return None

    def _may_flow_on(self, variable: str, number: int, written: tree.Expr) -> bool:
        """Tell whether a chain may take the variable that flows through the braces: nothing later reads it."""
        owner = self._owner(variable)
        if owner is not None:
            return self._is_dead(owner, number, written)
        results = (node for piece in self._results.values() for node in ast.walk(piece.code))
        if any(isinstance(node, ast.Name) and node.id == variable for node in results):
            return False
        arriving = self.w.scope.arriving
        if arriving is None or not code.is_name(arriving.code, variable):
            return True
        if self._last_arriving > number:
            return False
        head = written.stages[0] if isinstance(written, tree.Pipe) else written
        is_plain = isinstance(head, tree.Arriving)
        return is_plain or not any(isinstance(n, (tree.Pipe, tree.Stage)) for n in walk(head))

    def _owner(self, variable: str) -> str | None:
        """Give the name of the spec that a variable holds."""
        bindings = self.w.scope.bindings
        if variable not in self.w.names:
            return None
        namesake = [variable] if variable in bindings else []  # nearly always, and first of many
        for identifier in (*namesake, *bindings):
            piece = bindings[identifier]
            if code.is_name(piece.code, variable) and is_tensorial(piece.kind):
                return identifier
        return None

    def _is_dead(self, identifier: str, number: int, written: tree.Expr) -> bool:
        """Tell whether a variable may take another tensor: nothing later reads it, this chain only begins with it."""
        if identifier in self._kept or self._is_used_after(number, identifier):
            return False
        before = (s.statement for s in self.steps[:number])
        if any(isinstance(s, tree.Output) and s.name == identifier for s in before):
            return False
        if code.is_name(self.w.scope.bindings[identifier].code, self.w.anchor) and (
            self._has_sources or self._makes_weights_after(number)
        ):
            return False
        head = written.stages[0] if isinstance(written, tree.Pipe) else written
        later = written.stages[1:] if isinstance(written, tree.Pipe) else ()
        is_read_later = any(identifier in free_names(stage) for stage in later)
        arrives = any(isinstance(n, tree.Arriving) for n in walk(head))
        nested = any(isinstance(n, tree.Pipe) for n in walk(head)) and head is not written
        return not is_read_later and not arrives and not nested

    def _is_used_after(self, number: int, identifier: str) -> bool:
        last, kept_from = self._last_use.get(identifier, -1), self._kept_from.get(identifier)
        return last > number or (kept_from is not None and kept_from <= number)

    @cached_property
    def _last_arriving(self) -> int:
        """The last step that reads what arrives."""
        return max((n for n, s in enumerate(self.steps) if reads_arriving(s.statement)), default=-1)

    @cached_property
    def _last_use(self) -> dict[str, int]:
        """The last step that uses a name."""
        last: dict[str, int] = {}
        arriving = [i.name for i in self.inputs] if self.w.in_block else []
        for number, step in enumerate(self.steps):
            last |= dict.fromkeys(free_names(step.statement), number)
            if reads_arriving(step.statement):
                last |= dict.fromkeys(arriving, number)
        return last

    @cached_property
    def _kept_from(self) -> dict[str, int]:
        """The first step that keeps what a name stands for until the body ends: an output, or what is called later."""
        kept: dict[str, int] = {}
        for number, step in enumerate(self.steps):
            names: Iterable[str] = ()
            match step.statement:
                case tree.Output(value=tree.Name(id=identifier)):
                    names = (identifier,)
                case tree.Output(value=tree.Arriving()):
                    names = [i.name for i in self.inputs]
                case tree.Function() | tree.LayerDecl() as declared:
                    names = free_names(declared)
            for name in names:
                kept.setdefault(name, number)
        return kept

    def tidy(self) -> None:
        """Leave out constants that nothing reads; keep an application nobody names, without its variable."""
        self.w.out[:] = tidied(code.settled(self.w.out), self.lets)

    def tidy_inside(self, first: int, outputs: list[Piece]) -> None:
        """Leave out constants that nothing reads, among the statements from number `first` on."""
        statements, given = code.settled(self.w.out[first:]), (piece.code for piece in outputs)
        self.w.out[first:] = without_unread(statements, self.lets, given)


def write_braces(w: Writer, stage: tree.Statements, current: Piece | None, flow: str) -> Piece:
    """Write statements in braces where they stand, in variables of their own; gives what leaves them."""
    read = any(reads_arriving(s) for s in stage.statements if id(s) not in w.carried)
    if current is not None and read:
        current = w.reusable(current, flow)
    before = w.names.mark
    first = len(w.out)
    with w.within(w.scope.inner()) as scope:
        scope.arriving = current
        writer = BodyWriter(w, stage, flow)
        writer.declare()
        outputs = writer.write(returning=True)
        writer.tidy_inside(first, outputs)
    result = outputs[0]
    if len(outputs) > 1:
        names = tuple(output_name(o) for o in writer.outputs)
        kind = Parts(tuple(o.kind for o in outputs), names)
        result = Piece(code.tuple_of(o.code for o in outputs), kind)
    held = {n.id for n in ast.walk(result.code) if isinstance(n, ast.Name)}
    held |= w.making.known if w.making is not None else set()
    own = w.names.since(before)
    w.names.release(*(own - held))
    w.lend(*sorted(own & held))
    return result


def _arms_without_else(choice: tree.If) -> list[tree.Expr]:
    """Give the arms of an `if` that lets what arrives through where no condition holds; none for any other."""
    arms: list[tree.Expr] = []
    node: tree.Expr | None = choice
    while isinstance(node, tree.If):
        arms.append(node.then)
        node = node.otherwise
    return arms if node is None else []


def _head(written: tree.Expr) -> str | None:
    """Give the name that a chain starts from."""
    first = written.stages[0] if isinstance(written, tree.Pipe) else written
    return first.id if isinstance(first, tree.Name) else None


def _flows(written: tree.Expr) -> bool:
    return isinstance(written, tree.Pipe)


def variable_of(w: Writer, identifier: str) -> str:
    binding = w.scope.lookup(identifier)
    assert binding is not None
    assert isinstance(binding.code, ast.Name)
    return binding.code.id


def _names_of_turns(written: tree.Input | tree.Inputs) -> list[str]:
    """Give the names that the clauses of a group bind."""
    clauses = (n for n in walk(written) if isinstance(n, tree.Clause))
    return [name for clause in clauses for name in pattern_names(clause.target)]


def _defined(statement: tree.BodyStatement) -> list[str]:
    """Give the names a statement binds, those after `as` included."""
    match statement:
        case tree.Let(_, name, _) | tree.Function(_, name):
            return [name]
        case tree.LayerDecl(_, name) | tree.WeightDecl(_, name):
            return [name]
        case tree.Bind(_, target, written):
            return [*pattern_names(target), *body_names(written)]
        case tree.Output(_, name, written):
            return [*([name] if name else []), *body_names(written)]
        case tree.Inputs(_, name):
            return [name]
        case tree.Input() | tree.Defaults() | tree.Assert():
            return []
        case _:
            assert_never(statement)


def _assertions_early(steps: list[Step]) -> list[Step]:
    """Put each assertion right after what it speaks of, so that it keeps no variable busy."""
    ordered: list[Step] = []
    claims = [s for s in steps if isinstance(s.statement, tree.Assert)]
    pending = {id(s): set(s.uses) for s in claims}
    defined_here = {n for s in steps for n in s.defines}
    seen: set[str] = set()

    def release() -> None:
        for claim in claims:
            needs = pending.get(id(claim))
            if needs is not None and needs & defined_here <= seen:
                ordered.append(claim)
                del pending[id(claim)]

    release()  # what speaks of hyperparameters alone
    for step in steps:
        if isinstance(step.statement, tree.Assert):
            continue
        ordered.append(step)
        seen |= set(step.defines)
        release()
    release()
    return ordered


def nested_function(w: Writer, function: tree.Function) -> ast.FunctionDef:
    """Write a `fn` of a body as a function inside the function."""
    spelled = variable_of(w, function.name)
    return function_over_values(w, function, spelled)


def function_over_values(w: Writer, function: tree.Function, spelled: str) -> ast.FunctionDef:
    """Write `fn name(a, b=1) = value` as a `def` that returns it."""
    parameters: list[tuple[str, ast.expr | None]] = []
    bindings: dict[str, Piece] = {}
    worked_out: list[tuple[str, tree.Expr]] = []
    for parameter in function.parameters:
        own = kept_name(parameter.name)
        default = parameter.default
        if default is not None and uses_others(parameter, function.parameters):
            worked_out.append((own, default))
            parameters.append((own, code.constant(None)))
        else:
            parameters.append((own, None if default is None else w.value(default)))
        bindings[parameter.name] = Piece(code.name(own), VALUE)
    with w.within(w.scope.inner(bindings)), w.block() as body:
        body += [
            code.where_none(own, code.assign(own, w.value(default))) for own, default in worked_out
        ]
        result = w.value(function.value)
        if w.module.is_gone_through(function):
            result = simplify.gone_through(result)
        body.append(code.returns(result))
    return code.function(spelled, parameters, body)


def write_assert(w: Writer, claim: tree.Assert) -> None:
    """Keep a fact about values or shapes; what only the compiler knows, and unknown sizes, stay with it."""
    uses = free_names(claim.condition)
    for identifier in uses:
        known = w.scope.lookup(identifier) is not None or w.module.is_value(w.unit, identifier)
        if not known or identifier in w.symbols:
            return
    test = w.value(claim.condition)
    message = w.value(claim.message) if claim.message is not None else None
    w.emit(ast.Assert(test, message))
