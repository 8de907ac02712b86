"""Calls in values: functions, configured objects, and layers that are not applied to anything."""

from __future__ import annotations

from functools import partial
from typing import cast

from netdsl.catalog.kind import ExternFunction, Identifier, ObjectValue
from netdsl.catalog.signature import Family, names_and_aliases, signature
from netdsl.diagnostics.diagnostic import Edit, Fix, first_that_helps
from netdsl.diagnostics.habits import help_for, modules_with, own_losses
from netdsl.diagnostics.problems import names as name_problems
from netdsl.diagnostics.problems import structure as problems
from netdsl.elaborate import evaluate as ev
from netdsl.elaborate.arguments import binding, objects, parameters
from netdsl.elaborate.arguments.held_layers import check_parameters
from netdsl.elaborate.chains import stages
from netdsl.elaborate.layers import arithmetic, wrapped
from netdsl.elaborate.remedies import (
    dicts,
    feature_maps,
    habits,
    other_case,
    other_places,
    uncalled,
)
from netdsl.elaborate.scope.entities import (
    APPLIED_BY_NAME,
    POISON,
    BlockRef,
    BuiltinFunction,
    ExternLayerRef,
    ExternObjectRef,
    FunctionValue,
    InputGroup,
    KindRef,
    ModelFact,
    ModelRef,
    SharedLayer,
    Tensor,
    is_poisoned,
    short,
    spell_entity,
    tensors_in,
)
from netdsl.elaborate.scope.families import OBJECTS, object_families, of_several
from netdsl.elaborate.scope.frame import Frame, catalogue_layer
from netdsl.elaborate.scope.functions import FUNCTIONS, call_function
from netdsl.elaborate.scope.limits import CALL_STEPS, LAYER_STEPS, MAX_DEPTH, NeverEnds
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import nodes_around
from netdsl.value import Value


def call(expr: tree.Call, frame: Frame) -> Value:
    if _is_get_layer(expr, frame):
        return POISON
    if isinstance(expr.function, tree.Attribute) and expr.function.name in _OF_DICTS:
        group = ev.evaluate(expr.function.value, frame)
        if isinstance(group, InputGroup):
            return _as_in_python(expr, group, frame)
        if isinstance(group, dict):
            return dicts.report_member(expr.function, expr, list(group), frame)
    if isinstance(expr.function, tree.Attribute) and _is_method(expr.function, frame):
        return _method_of_tensor(expr, frame)
    if isinstance(expr.function, tree.Call) and _makes_layer(expr.function, frame):
        return _python_style_call(expr, frame)
    target = ev.target_of(expr.function, frame)
    if uncalled.refused_as_value(expr.function, target, frame):
        return POISON
    match target:
        case BuiltinFunction(name):
            return _call_builtin(name, expr, frame)
        case FunctionValue():
            return _call_function(target, expr, frame)
        case ModelFact():
            return target.compute(expr, frame)
        case KindRef(name) if several := object_families(name):
            make = partial(_of_family, expr, name, frame=frame)
            return of_several(expr, name, ("layer", *several), make, frame)
        case KindRef() | ExternLayerRef():
            frame.session.budget.step(LAYER_STEPS)
            return wrapped.bound_layer(expr, target, frame)
        case BlockRef() | ModelRef() | SharedLayer():
            return _applied_as_function(expr, frame)
        case ExternObjectRef():
            return objects.extern_object(expr, target, frame)
        case Identifier():
            return _call_identifier(expr, target, frame)
        case ExternFunction():
            own = short(expr.function.span.text)
            ways = [
                Fix((Edit(expr.span, own),), text=f"write its name alone: `{own}`"),
                Fix((Edit(expr.span, f"Lambda({own})"),), text=f"write `Lambda({own})`"),
            ]
            label, help_ = "a function of Python, which a spec cannot run", ways[1].text
            return _cannot_call(expr, frame, label, help_, first_that_helps(ways))
    if is_poisoned(target):
        return POISON
    is_written_out = isinstance(expr.function, (tree.TupleExpr, tree.Literal))
    if not is_written_out:
        return _cannot_call(expr, frame, spell_entity(target))
    gap = Span(expr.span.file, expr.function.span.end, expr.function.span.end)
    comma = Fix((Edit(gap, ","),), safe=True)
    return _cannot_call(expr, frame, spell_entity(target), "write `,` between two values", comma)


#: What Python asks a dict for.
_OF_DICTS = ("items", "keys", "values", "get")


def _as_in_python(expr: tree.Call, group: InputGroup, frame: Frame) -> Value:
    """Report `features.items()`, and go on with what was meant."""
    function = expr.function
    assert isinstance(function, tree.Attribute)
    written = function.value.span.text
    label = "a loop over the group gives pairs of name and tensor, a layer takes the tensors"
    fix = Fix((Edit(expr.span, written),), safe=True, text=f"write `{written}`")
    help_ = f"leave it out: `for name, x in {written}`, `{written} -> Concatenate()`"
    member = function.name
    frame.report(
        name_problems.UnknownMember.at(
            function.name_span,
            label,
            name=member,
            help=help_,
            fix=None if member in ("keys", "get") else fix,
        )
    )
    if member == "get":
        return POISON
    return [*group.pairs] if member == "items" else list(group.names if member == "keys" else group)


def _is_get_layer(expr: tree.Call, frame: Frame) -> bool:
    """Report `get_layer("name")` of a network of Keras, whose maps are taken otherwise; False where it is none."""
    function = expr.function
    if not isinstance(function, tree.Attribute) or function.name != "get_layer":
        return False
    named = next((a.value for a in expr.arguments if isinstance(a.value, tree.Literal)), None)
    member = str(named.value) if named is not None else function.name
    root = ev.evaluate(function.value, frame)
    return feature_maps.report_member(function.name_span, member, root, frame)


def _makes_layer(call: tree.Call, frame: Frame) -> bool:
    target = call.function
    if isinstance(target, tree.Name):
        found = frame.lookup(target.id)
        return isinstance(found, APPLIED_BY_NAME)
    if isinstance(target, tree.Attribute):
        root = target.span.text.partition(".")[0]
        return target.name in names_and_aliases("layer") and root in modules_with("layers")
    return False


def _is_method(function: tree.Attribute, frame: Frame) -> bool:
    """Tell whether a name behind a dot is called on a tensor: `image.Flatten()`, `image.a().b()`."""
    root: tree.Expr = function.value
    while True:
        if isinstance(root, tree.Call) and isinstance(root.function, tree.Attribute):
            root = root.function.value
        elif isinstance(root, tree.Name):
            return isinstance(frame.lookup(root.id), Tensor)
        else:
            return False


def _method_of_tensor(expr: tree.Call, frame: Frame) -> Value:
    assert isinstance(expr.function, tree.Attribute)
    blocks = [n for n in frame.known_names() if isinstance(frame.lookup(n), BlockRef)]
    fix = habits.size_of(expr) or habits.method_chain(expr, [*blocks, *names_and_aliases("layer")])
    frame.report(
        name_problems.UnknownMember.at(
            expr.function.name_span,
            "a tensor has `shape` and `dtype`; layers are applied by an arrow",
            name=expr.function.name,
            help=fix.text if fix else "write `-> Layer(…)`, or `-> ops.function(…)`",
            fix=fix,
        )
    )
    return POISON


def _applied_as_function(expr: tree.Call, frame: Frame) -> Value:
    """`block(x)` for `x -> block()`, or a block to which nothing comes."""
    first = expr.arguments[0].value if expr.arguments else None
    given = isinstance(first, tree.Name) and isinstance(frame.lookup(first.id), Tensor)
    fix = habits.applied(expr, expr.function.span.text) if given else None
    if fix is None:
        return uncalled.not_applied(expr.span, frame)
    name = short(expr.function.span.text)
    label = "a layer is applied by an arrow"
    frame.report(problems.NotApplied.at(expr.span, label, name=name, help=fix.text, fix=fix))
    return POISON


def _cannot_call(
    expr: tree.Call, frame: Frame, what: str, help: str = "", fix: Fix | None = None
) -> Value:
    name = short(expr.function.span.text)
    shadows = signature("layer", name) is not None
    help_ = f"`{name}` is bound in this file, over the layer of Keras: choose another name there"
    help_ = help or help_ * shadows
    if not help_ and isinstance(expr.function, tree.Name):
        help_, fix = other_case.named_in_other_case(expr.function.span, expr.function.id, frame)
    frame.report(problems.WrongUse.at(expr.span, f"this is {what}", name=name, help=help_, fix=fix))
    return POISON


def _python_style_call(expr: tree.Call, frame: Frame) -> Value:
    """`Dense(10)(x)`: Keras's way to apply; here the tensor comes through an arrow."""
    text = _as_chain(expr)
    if text is None:
        return uncalled.not_applied(expr.span, frame)
    frame.report(
        problems.NotApplied.at(
            expr.span,
            "a layer is applied by an arrow",
            name=short(expr.function.span.text),
            help=f"write `{' '.join(text.split())}`",
            fix=Fix((Edit(expr.span, text),), safe=True),
        )
    )
    return POISON


def _as_chain(expr: tree.Expr) -> str | None:
    """Spell nested calls as a chain: `Dense(10)(Flatten()(x))` -> `x -> Flatten() -> Dense(10)`."""
    stages: list[str] = []
    while isinstance(expr, tree.Call) and isinstance(expr.function, tree.Call):
        maker = expr.function
        if len(expr.arguments) != 1 or expr.arguments[0].name is not None:
            return None
        stages.append(_without_module(maker))
        expr = expr.arguments[0].value
    return " -> ".join([expr.span.text, *reversed(stages)])


def _without_module(maker: tree.Call) -> str:
    """Spell `keras.layers.Dense(10)` as a spec does: `Dense(10)`."""
    if not isinstance(maker.function, tree.Attribute):
        return maker.span.text
    start = maker.function.name_span.start
    return Span(maker.span.file, start, maker.span.end).text


def _arguments(expr: tree.Call, frame: Frame) -> tuple[list[Value], dict[str, Value]] | None:
    """Evaluate the arguments of a function over values; None where one is poisoned."""
    positional: list[Value] = []
    named: dict[str, Value] = {}
    for argument in expr.arguments:
        if argument.star == "*":
            positional.extend(ev.spread(tree.Starred(argument.span, argument.value), frame))
        elif argument.name is not None:
            named[argument.name] = ev.evaluate(argument.value, frame)
        else:
            positional.append(ev.evaluate(argument.value, frame))
    everything = [*positional, *named.values()]
    if any(isinstance(v, Identifier) for v in everything):
        for argument in expr.arguments:
            ev.value_of(argument.value, frame)
        return None
    if any(isinstance(v, type(POISON)) for v in everything):
        return None
    return positional, named


def _call_builtin(name: str, expr: tree.Call, frame: Frame) -> Value:
    arguments = _arguments(expr, frame)
    if arguments is None:
        return POISON
    positional, named = arguments
    if name in ("enumerate", "zip", "list", "tuple"):
        positional = [[*v.pairs] if isinstance(v, InputGroup) else v for v in positional]
    if name != "len":
        for value in (*positional, *named.values()):
            frame.session.budget.go_through(value)
    if name == "abs" and len(positional) == 1 and not named and isinstance(positional[0], Tensor):
        return arithmetic.tensor_absolute(expr, positional[0], frame)
    if name not in ("len", "zip", "enumerate", "reversed", "list", "tuple") and any(
        next(tensors_in(v), None) is not None for v in positional
    ):
        frame.report(
            problems.WrongUse.at(
                expr.span,
                f"`{name}` works on values, not on tensors",
                name=name,
                help=_tensor_alternative(name),
            )
        )
        return POISON
    return ev.guarded(expr.span, frame, lambda: call_function(name, positional, named))


def _tensor_alternative(name: str) -> str:
    layer = {"sum": "Add()", "max": "Maximum()", "min": "Minimum()"}.get(name)
    if layer:
        return f"join tensors with a layer: `[a, b] -> {layer}`"
    return f"write `ops.{name}(…)`" if name in names_and_aliases("op") else ""


def _call_function(function: FunctionValue, expr: tree.Call, frame: Frame) -> Value:
    node = function.node
    budget = frame.session.budget
    budget.step(CALL_STEPS)
    budget.depth += 1
    try:
        if budget.depth > MAX_DEPTH:
            raise NeverEnds(node.name, "calls itself")
        bound = parameters.bind_parameters(
            node.name,
            node.parameters,
            expr,
            frame,
            function.home,
            is_stage=False,
            takes_tensors=True,
        )
        if bound is None or not check_parameters(node, bound, function.home):
            return POISON
        inner = Frame(frame.session, function.home.unit, function.home, bound, None)
        return ev.evaluate(node.value, inner)
    finally:
        budget.depth -= 1


def _call_identifier(expr: tree.Call, target: Identifier, frame: Frame) -> Value:
    """A call of a catalogue name: a source of tensors, or a configured object such as `L2(1e-4)`."""
    root, _, rest = target.name.partition(".")
    if root in ("ops", "applications") and rest:
        return stages.source_operation(expr, target.name, frame)
    name = target.last
    families = object_families(target.name)
    if len(families) > 1:
        make = partial(_of_family, expr, name, frame=frame)
        return of_several(expr, name, families, make, frame)
    if families:
        return make_object(expr, families[0], name, frame)
    return _unknown_callable(expr, target, frame)


def _unknown_callable(expr: tree.Call, target: Identifier, frame: Frame) -> Value:
    name = target.last
    if frame.unit.may_have_lost(name):
        return POISON
    objects = [n for f in OBJECTS for n in names_and_aliases(f)]
    near = frame.near_name(name, objects, FUNCTIONS, names_and_aliases("layer"))
    fixes: list[Fix | None] = [habits.joined(expr, name)]
    help_ = f"did you mean `{near}`?" if near else own_losses().get(name, "")
    statements = help_for("statement of its own")
    if name in statements:
        fixes.append(habits.input_statement(expr, frame.unit.module) if name == "Input" else None)
        help_ = statements[name]
    if near is not None:
        fixes.append(Fix((Edit(expr.function.span, near),), safe=True))
        fixes.append(habits.applied(expr, near))
    if name not in statements:
        fixes.append(other_places.fix_from_other_places(expr.function.span, frame.unit, expr))
        help_ = help_ or _how_to_declare(expr, name, frame)
    frame.report(
        name_problems.UnknownName.at(
            expr.function.span,
            "nothing of this name can be called",
            name=target.name,
            help=help_,
            fix=first_that_helps(fixes),
        )
    )
    return POISON


#: What an argument or a setting takes, by how its name ends; `extern` declares one of the user's own.
_TAKEN = {
    "regularizer": "regularizer", "constraint": "constraint", "initializer": "initializer", "loss": "loss",
    "metrics": "metric", "learning_rate": "schedule", "callbacks": "callback", "optimizer": "optimizer",
}  # fmt: skip


def _how_to_declare(expr: tree.Call, name: str, frame: Frame) -> str:
    """Say how what is called is declared: a function over values, or a class of Python where an object is taken."""
    around = nodes_around(frame.unit.module, expr.span)
    holder = next(
        (n for n in reversed(around) if isinstance(n, (tree.Argument, tree.Setting))), None
    )
    ending = "" if holder is None else str(holder.name)
    family = next((f for end, f in _TAKEN.items() if ending.endswith(end)), None)
    if family is None or not name[:1].isupper():
        return f"declare it: `fn {name}(…) = …` for values, or import it"
    return f'declare a class of Python: `extern {family} {name}(…) from "my_module"`, or import it'


def _of_family(expr: tree.Call, name: str, family: str, frame: Frame) -> Value:
    """Make what a name that several families have is in one of them."""
    kind = catalogue_layer(name) if family == "layer" else None
    if isinstance(kind, KindRef):
        return wrapped.bound_layer(expr, kind, frame)
    return make_object(expr, family, name, frame)


def make_object(expr: tree.Call, family: str, name: str, frame: Frame) -> Value:
    """Make an ObjectValue; its arguments are named, and checked where the object is used."""
    found = signature(cast(Family, family), name)
    assert found is not None
    prepared = binding.bind_call(expr, found, {}, frame, label=name)
    if prepared is None:
        return POISON
    return ObjectValue(family, found.name, prepared.written)
