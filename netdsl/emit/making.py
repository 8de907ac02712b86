"""Layers that are made before what applies them, so that each call of that meets the same ones.

A block that is shared is written as a function that makes its layers and returns the function that applies them. What
needs nothing of a tensor is made before, in a list where it is made turn by turn; the rest at its first use, and kept
by its name.
"""

from __future__ import annotations

import ast
from dataclasses import field

from netdsl.elaborate.plans.naming import snake_case
from netdsl.emit.names import Locals
from netdsl.emit.python import code
from netdsl.emit.python.layout_statements import names_in
from netdsl.emit.python.own_names import is_marked, marked
from netdsl.record import mutable


@mutable
class Making:
    """What is made before a function that applies it, while that is written."""

    before: list[ast.stmt]
    known: set[str]  # the variables that what stands before may read
    names: Locals
    steady: list[list[ast.stmt]] = field(default_factory=list)  # what runs once at each call
    made: dict[str, str] = field(default_factory=dict)  # what was made, and its variable
    memory: str = ""  # the variable of what is made later

    def may_stand_before(self, node: ast.AST, out: list[ast.stmt], *own: str) -> bool:
        """Tell whether code at this place gives the same at each call; names that are its `own` may stand in it."""
        return self.is_steady(out) and self.is_known(names_in([node]) - {*own})

    def is_known(self, read: set[str]) -> bool:
        """Tell whether what code reads has its value before."""
        return all(name in self.known or name not in self.names for name in read)

    def is_steady(self, out: list[ast.stmt]) -> bool:
        """Tell whether statements run once at each call."""
        return any(out is statements for statements in self.steady)

    def stand_before(self, statement: ast.stmt, variable: str) -> None:
        self.before.append(statement)
        self.known.add(variable)

    def make_before(self, made: ast.expr, variable: str, *, is_taken: bool) -> ast.expr:
        """Make a layer before, in a variable of its own; the same code makes the same layer."""
        key = ast.dump(made)
        if key not in self.made:
            spelled = variable if is_taken else self.names.take_new(variable, ("_layer",))
            self.stand_before(code.assign(spelled, made), spelled)
            self.made[key] = spelled
        return code.layer_name(self.made[key])

    def make_at_first_use(self, made: ast.Call, named_by: str) -> ast.expr:
        """Make a layer where it is first applied, and find it again there."""
        if not self.memory:
            self.memory = self.names.take_new("made")
            self.before.insert(0, code.assign(self.memory, ast.Dict([], [])))
            self.known.add(self.memory)
        keywords = [(keyword.arg, keyword.value) for keyword in made.keywords]
        if named_by != "name":
            keywords.append(("named_by", code.constant(named_by)))
        return code.call(marked("once"), [code.name(self.memory), made.func, *made.args], keywords)

    def make_turns_before(
        self, target: ast.expr, over: ast.expr, body: list[ast.stmt], out: list[ast.stmt]
    ) -> ast.For | None:
        """Make what each turn of a loop applies before, in a list, where that is all that the loop does.

        `for i in range(3): x = once(made, dense, 8, name=f"d{i}")(x)` is `for layer in dense_layers: x = layer(x)`.
        """
        found = [_applied_in_step(statement) for statement in body]
        steps = [step for step in found if step is not None]
        flows = {flow for flow, _ in steps}
        if len(steps) < len(found) or len(flows) != 1 or not self.may_stand_before(over, out):
            return None
        made = [ast.Call(call.args[1], call.args[2:], call.keywords) for _, call in steps]
        read = names_in(made)
        if not self.is_known(read - names_in([target])) or read & flows:
            return None
        layer = self.names.take("layer", ())
        turns = [ast.comprehension(target, over, [], 0)]
        listed: ast.expr = made[0]
        if len(made) > 1:
            listed = code.name(layer)
            turns.append(ast.comprehension(code.name(layer), code.tuple_of(made), [], 0))
        base = f"{_called(made[0].func)}_layers" if len(made) == 1 else "stages"
        variable = self.names.take_new(base)
        self.stand_before(code.assign(variable, ast.ListComp(listed, turns)), variable)
        self.names.release(layer)
        (flow,) = flows
        step = code.assign(flow, code.call(code.layer_name(layer), [code.name(flow)]))
        return ast.For(code.name(layer), code.name(variable), [step], [])


def _applied_in_step(statement: ast.stmt) -> tuple[str, ast.Call] | None:
    """Give the variable and the making of `x = once(made, …)(x)`; None for any other statement."""
    match statement:
        case ast.Assign(
            targets=[ast.Name(id=flow)],
            value=ast.Call(func=ast.Call() as made, args=[ast.Name(id=given)], keywords=[]),
        ) if flow == given and is_marked(made.func, "once"):
            is_plain = all(keyword.arg != "named_by" for keyword in made.keywords)
            return (flow, made) if is_plain else None
    return None


def _called(maker: ast.expr) -> str:
    return snake_case(
        maker.attr if isinstance(maker, ast.Attribute) else getattr(maker, "id", "turn")
    )


#: So many layers that are only applied one after the other are a list.
_ROW = 4


def applied_in_turn(
    before: list[ast.stmt], applying: ast.FunctionDef, names: Locals
) -> tuple[list[ast.stmt], ast.FunctionDef]:
    """Put layers that are only applied one after the other into a list."""
    row = _row(applying)
    made = {
        s.targets[0].id: s
        for s in before
        if isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Name)
    }
    if len(row) < _ROW or len(set(row)) < len(row) or not set(row) <= set(made):
        return before, applying
    values = [made[layer].value for layer in row]
    others = [s for s in before if not any(s is made[layer] for layer in row)]
    if names_in([*others, *values]) & set(row):
        return before, applying
    listed = names.take_new("stages")
    layer = names.take("layer")
    flow = _flow(applying)
    turn = code.assign(flow, code.call(layer, [code.name(flow)]))
    loop = ast.For(code.name(layer), code.name(listed), [turn], [])
    function = code.function(applying.name, [(flow, None)], [loop, code.returns(code.name(flow))])
    return [*others, code.assign(listed, code.list_of(values))], function


def _row(applying: ast.FunctionDef) -> list[str]:
    """Give the layers that a function applies one after the other, if it does nothing else."""
    row: list[str] = []
    current = [a.arg for a in applying.args.args]
    for statement in applying.body:
        match statement:
            case (
                ast.Assign(value=ast.Call(func=ast.Name() as layer, args=[ast.Name(id=given)], keywords=[]) as call)
                | ast.Return(value=ast.Call(func=ast.Name() as layer, args=[ast.Name(id=given)], keywords=[]) as call)
            ) if [given] == current and code.applies_layer(call):  # fmt: skip
                row.append(layer.id)
            case _:
                return []
        if isinstance(statement, ast.Assign):
            (target,) = statement.targets
            current = [target.id] if isinstance(target, ast.Name) else []
    return row


def _flow(applying: ast.FunctionDef) -> str:
    first = applying.body[0]
    assert isinstance(first, ast.Assign)
    (target,) = first.targets
    assert isinstance(target, ast.Name)
    return target.id
