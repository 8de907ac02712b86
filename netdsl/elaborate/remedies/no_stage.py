"""What follows an arrow and is no stage: unknown names, things of Keras that are no layer, plain values."""

from __future__ import annotations

from netdsl.catalog.kind import BoundLayer, ExternFunction, Identifier
from netdsl.catalog.signature import (
    ARTICLES,
    FAMILY_MODULES,
    Family,
    families_of,
    names_and_aliases,
)
from netdsl.diagnostics.diagnostic import Edit, Fix, first_that_helps
from netdsl.diagnostics.habits import help_for, modules_with
from netdsl.diagnostics.problems import names as name_problems
from netdsl.diagnostics.problems import structure as problems
from netdsl.elaborate.remedies import habits
from netdsl.elaborate.remedies.declared_in_chain import statement_in_chain
from netdsl.elaborate.remedies.other_case import in_other_case, named_in_other_case
from netdsl.elaborate.remedies.other_places import fix_from_other_places
from netdsl.elaborate.remedies.replacements import in_other_words
from netdsl.elaborate.remedies.unbound import bound_in_braces, misspelled_declaration
from netdsl.elaborate.scope.entities import POISON, Tensor, is_poisoned, short, spell_entity
from netdsl.elaborate.scope.frame import Frame
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import turns, walk
from netdsl.value import Value


def unknown_stage(span: Span, name: str, frame: Frame, call: tree.Call | None = None) -> Value:
    """Report a stage that nothing declares."""
    if frame.unit.may_have_lost(name) or name in frame.unit.poisoned:
        return POISON
    family = next((f for f in families_of(name) if f in FAMILY_MODULES), None)
    if family is not None:
        return _object_as_stage(span, name, family, frame, call)
    if call is None and (told := statement_in_chain(span, name, frame)) is not None:
        frame.report(told)
        return POISON
    if call is None and (inside := bound_in_braces(name, span, frame)) is not None:
        frame.report(
            name_problems.UnknownStage.at(
                span,
                "nothing outside those braces has this name",
                name=name,
                help=inside[0],
                related=(inside[1],),
            )
        )
        return POISON
    known, replaced = in_other_words(name, call, frame.arriving)
    near = None
    if not known:
        near = _of_rank(name, frame) or frame.near_name(name, names_and_aliases("layer"))
    if (
        near
        and (renamed := misspelled_declaration(span, name, near, frame, name_problems.UnknownStage))
        is not None
    ):
        frame.report(renamed)
        return POISON
    fixes = [Fix((Edit(span, near),), safe=True) if near else None]
    if near and call is None:  # `x -> encoder` of a model `Encoder`
        fixes.append(Fix((Edit(span, f"{near}()"),), text=f"write `{near}()`"))
    help_ = known or (f"did you mean `{near}`?" if near else how_to_declare(name, call))
    if replaced is not None:
        fixes = [replaced]
    elif call is not None and name == "Sequential":
        fixes, help_ = [habits.sequential(call)], "write its layers one after the other, with `->`"
    elif name in help_for("statement of its own"):
        fixes, help_ = [], help_for("statement of its own")[name]
    elif (
        near is None
        and not known
        and (found := fix_from_other_places(span, frame.unit, call)) is not None
    ):
        fixes = [found]
        help_ = found.text if found.safe or "." in span.text else help_
    elif call is not None and (method := habits.method_of_torch(call, name)) is not None:
        fixes.insert(0, method)
    elif call is not None and habits.is_pytorch(name):
        fixes.insert(0, habits.from_pytorch(call, name))
    if near is None:  # nothing to say of its other uses than is said of this one
        frame.unit.poisoned.add(name)
    frame.report(
        name_problems.UnknownStage.at(
            span,
            "no layer, block or model of this name",
            name=name,
            help=help_,
            fix=first_that_helps(fixes),
        )
    )
    return POISON


def how_to_declare(name: str, call: tree.Call | None) -> str:
    """Spell the head of the block that is missing: `block conv(a, b) = …`, for a use with two arguments."""
    if not name.isidentifier():
        return "declare it with `block`, or import it"
    given = call.arguments if call is not None else ()
    names = [a.name or "abcdefgh"[i] for i, a in enumerate(given[:8])]
    head = f"{name}({', '.join(names)})"
    if name[0].isupper() and not name.isupper():  # spelled as a class of Python is
        own = f'`extern layer {head}: [...] -> [...] weights ? from "my_layers"`'
        return f"declare it, `block {head} = …`, import it, or name a class of Python: {own}"
    return f"declare it, `block {head} = …`, or import it"


#: Where an object of Keras that is no layer belongs; the families of a `train` block stand for themselves.
_TAKEN_BY = {
    "regularizer": "an argument takes it, such as `kernel_regularizer={name}`",
    "initializer": "an argument takes it, such as `kernel_initializer={name}`",
    "constraint": "an argument takes it, such as `kernel_constraint={name}`",
}


def _object_as_stage(
    span: Span, name: str, family: Family, frame: Frame, call: tree.Call | None
) -> Value:
    """`x -> relu`, `x -> L2(1e-4)`: a thing that Keras has, and that is not a layer."""
    written = call.span.text if call is not None else name
    help_ = _TAKEN_BY.get(family, "it belongs into a `train` block").format(name=short(written))
    fix = None
    if family == "activation":
        help_ = f"write `Activation({name})`"
        fix = Fix((Edit(call.span if call is not None else span, f"Activation({name})"),))
    frame.report(
        name_problems.UnknownStage.at(
            span, f"{ARTICLES[family]}, not a layer", name=name, help=help_, fix=fix
        )
    )
    return POISON


def _of_rank(name: str, frame: Frame) -> str | None:
    """`MaxPooling` on a picture is `MaxPooling2D`."""
    rank = frame.arriving.spec.rank if isinstance(frame.arriving, Tensor) else 4
    wanted = f"{name}{max(1, rank - 2)}D"
    return wanted if wanted in names_and_aliases("layer") else None


def tensor_as_stage(stage: tree.Expr, frame: Frame) -> Value:
    """Report a named tensor after an arrow; it may be named as a model is, in another case."""
    text = stage.span.text
    help_, fix = (
        (
            f"bring both together: `[_, {text}] -> Add()`"
            if len(text) < 40
            else "bring both together in a fork"
        ),
        None,
    )
    if isinstance(stage, tree.Name) and (other := in_other_case(stage.id, frame)) is not None:
        help_, fix = named_in_other_case(stage.span, stage.id, frame)
        help_ = f"{help_} Its name is `{other}()`, and this tensor's `{stage.id}`"
    elif isinstance(stage, tree.Name) and _is_weight(frame.lookup(stage.id), frame):
        help_ = f"bring both together: `(_ * {text})`, `(_ + {text})` or `(_ @ {text})`"
    elif (arrives := _names_of_what_arrives(stage, frame)) and not isinstance(stage, tree.Name):
        fix = Fix(tuple(Edit(name.span, "_") for name in arrives))
        help_ = f"inside a chain `_` is what arrives, here `{arrives[0].id}`: write `_` for it"
    label = "this is a tensor, and what arrives here would be lost"
    frame.report(problems.NotAStage.at(stage.span, label, help=help_, fix=fix))
    return POISON


def _names_of_what_arrives(stage: tree.Expr, frame: Frame) -> list[tree.Name]:
    """Give the names inside an expression that stand for the very tensor that arrives: `near -> if c { x + near }`."""
    if not isinstance(frame.arriving, Tensor):
        return []
    named = (node for node in walk(stage) if isinstance(node, tree.Name))
    found = [(name, frame.lookup(name.id)) for name in named]
    return [n for n, t in found if isinstance(t, Tensor) and t.ref == frame.arriving.ref]


def _is_weight(value: Value, frame: Frame) -> bool:
    if frame.body is None or not isinstance(value, Tensor):
        return False
    return frame.body.graph.nodes[value.ref.node].alone == "weight"


def not_a_stage(stage: tree.Expr, value: Value, frame: Frame) -> Value:
    if is_poisoned(value):
        return POISON
    fix = help_ = None
    if isinstance(stage, tree.Comprehension):
        help_, fix = "write a branch for each value: `[for …]`", habits.branch_for_each(stage)
    elif isinstance(stage, tree.TupleExpr):
        help_ = "write the branches of a fork between `[` and `]`"
        fix = habits.rewritten(stage.span, f"[{', '.join(i.span.text for i in stage.items)}]")
    elif isinstance(stage, tree.DictExpr):
        help_ = "write the branches of a fork between `[` and `]`, without names"
        fix = habits.rewritten(stage.span, f"[{', '.join(v.span.text for _, v in stage.items)}]")
    elif isinstance(value, int) and not isinstance(value, bool):
        help_ = f"give it to a layer: `Dense({short(stage.span.text)})`"
    elif isinstance(value, str) and "activation" in families_of(value):
        help_ = f"write `Activation({short(stage.span.text)})`"
        fix = Fix((Edit(stage.span, f"Activation({stage.span.text})"),))
    elif isinstance(value, ExternFunction):
        fix = habits.rewritten(stage.span, f"Lambda({stage.span.text})")
        help_ = fix.text
    elif isinstance(value, BoundLayer):
        fix = habits.declared_as_value(stage, frame.unit.module) if frame.may_search() else None
        help_ = (
            fix.text
            if fix
            else "bind a layer by `layer name = …`, a chain of layers by `block`; a parameter of type `layer` "
            "stands for one layer here, written out where it is given: `(Dense(64))`"
        )
    label = f"this is {spell_entity(value)}"
    frame.report(problems.NotAStage.at(stage.span, label, help=help_ or "", fix=fix))
    return POISON


def outside_bodies(span: Span, frame: Frame) -> Value:
    """Report a stage in a function, or in another value at top level: `fn half(x) = x -> Dense(4)`."""
    label = "layers are applied in the body of a block or a model"
    frame.report(problems.NotAStage.at(span, label, help="declare a `block` for it"))
    return POISON


def nothing_comes(expr: tree.Expr, frame: Frame) -> Value:
    """Report a condition without a branch, or a loop without a turn, where no tensor arrives either."""
    while isinstance(expr, (tree.As, tree.Pipe)):
        expr = expr.stage if isinstance(expr, tree.As) else expr.stages[0]
    is_choice = not turns(expr)
    frame.report(
        problems.NotATensor.at(
            expr.span,
            "no branch of it is taken, so it gives nothing"
            if is_choice
            else "it has no turn, so it gives nothing",
            help="say what there is otherwise: `else { … }`"
            if is_choice
            else "let a tensor go through it: `x -> …`",
        )
    )
    return POISON


def unknown_call(maker: tree.Call, target: Identifier, frame: Frame) -> Value:
    """Report a stage that nothing in reach has the name of."""
    root = target.name.partition(".")[0]
    name = target.last if root in modules_with("layers") else target.name
    if root in modules_with("layers") and name in names_and_aliases("layer"):
        return _qualified_layer(maker, name, frame)
    return unknown_stage(maker.function.span, name, frame, maker)


def _qualified_layer(maker: tree.Call, name: str, frame: Frame) -> Value:
    frame.report(
        name_problems.UnknownStage.at(
            maker.function.span,
            "layers are written by their class name alone",
            name=maker.function.span.text,
            help=f"write `{name}(…)`",
            fix=Fix((Edit(maker.function.span, name),), safe=True),
        )
    )
    return POISON
