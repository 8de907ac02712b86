"""Names that nothing binds: what to write for them, an output's tensor, an input, a constant, an argument."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.catalog.kind import Identifier
from netdsl.catalog.signature import Family, families_of, identifiers
from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label, first_that_helps
from netdsl.diagnostics.habits import help_for
from netdsl.diagnostics.problem import Problem
from netdsl.diagnostics.problems import names as name_problems
from netdsl.diagnostics.problems import structure as problems
from netdsl.elaborate.scope import values
from netdsl.elaborate.scope.entities import POISON, NotTaken, short
from netdsl.elaborate.scope.frame import MISSING, Frame
from netdsl.elaborate.scope.functions import FUNCTIONS
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import (
    bodies_in,
    gathered_names,
    names_after_as,
    nodes_around,
    statement_names,
    turns,
    written_names,
)
from netdsl.value import Value


def how_to_bind(span: Span, name: str, frame: Frame) -> str:
    """Give the help for an unknown name that is near to none of the known ones."""
    name = name.split(".")[0]
    around = nodes_around(frame.unit.module, span)
    if any(isinstance(node, tree.ExternLayer) for node in around):
        return "a size on the right is made of those on the left of the arrow, or is a number"
    if late := _declared_later(name, around):
        return late
    if frame.body is None and any(isinstance(node, tree.Assert) for node in around):
        return f"move the assertion into the body that binds `{name}`"
    if any(isinstance(n, tree.Output) and _begins_with(n, span) for n in around):
        return f"give the output its tensor: `output {name} = …`"
    statements = frame.unit.module.statements if frame.session.suggestions > 0 else ()
    for statement in statements:
        body = getattr(statement, "body", None)
        if isinstance(statement, tree.Block) and name in _after_as(statement.body):
            inside = f"it is named inside `{statement.name}`"
            if isinstance(body, tree.Body):
                return f"{inside}: let that give it, with `output {name}`"
            return f"{inside}: give that a body in braces, and let it `output {name}`"
        if isinstance(statement, tree.Block) and isinstance(body, tree.Body):
            bound = (s.target.span.text for s in body.statements if isinstance(s, tree.Bind))
            if name in bound:
                return (
                    f"it is bound inside `{statement.name}`: let that give it, with `output {name}`"
                )
    if statements and name in frame.unit.loop_names:
        return f"it is bound by a `for`, inside its braces only: bind it here, `let {name} = …`"
    if name in help_for(*_OF_PYTHON):
        return help_for(*_OF_PYTHON)[name]
    if any(isinstance(node, tree.Bind) and is_setting(node) for node in around):
        return how_to_train(next(node for node in around if isinstance(node, tree.Bind)), around)
    if any(_takes_values(node, span) for node in around):
        return f"bind it, `let {name} = …`, or make it a parameter"
    return f"declare it, `input {name}: […]`, or bind it, `{name} = …`"


#: What Python has as a name or a function, and a spec otherwise.
_OF_PYTHON = ("statement of its own", "name of Python")
#: What is set for training, and stands in a body by mistake: `optimizer = Adam(1e-3)`.
_SETTINGS = ("optimizer", "loss", "metrics", "callbacks", "loss_fn", "criterion")


def is_setting(bound: tree.Bind) -> bool:
    """Tell a setting of training that is written among the statements of a body, by its name."""
    return isinstance(bound.target, tree.NamePattern) and bound.target.id in _SETTINGS


def how_to_train(bound: tree.Bind, around: Sequence[tree.Node]) -> str:
    """Say where a setting stands: `train Net { loss = mse }`."""
    model = next((node.name for node in around if isinstance(node, tree.Model)), "Net")
    return f"settings stand in a block of their own, outside: `train {model} {{ {short(bound.span.text)} }}`"


def _after_as(node: tree.Node) -> set[str]:
    return {*names_after_as(node), *gathered_names(node)}


def bound_in_braces(name: str, span: Span, frame: Frame) -> tuple[str, Label] | None:
    """Word the way out for a name that only statements in braces have, elsewhere in the same body."""
    if frame.session.suggestions <= 0:
        return None
    around = nodes_around(frame.unit.module, span)
    owner = next((n for n in around if isinstance(n, (tree.Block, tree.Model))), None)
    for braces in () if owner is None else bodies_in(owner.body):
        if not isinstance(braces, tree.Statements) or any(braces is node for node in around):
            continue
        for statement in braces.statements:
            if name not in statement_names(statement):
                continue
            help_ = f"let the braces give it, `output {name}`, or name it where it is made, `… as {name}`"
            if not isinstance(statement, (tree.Bind, tree.Output)):
                help_ = "declare it outside of those braces"
            return help_, Label(statement.span, "bound here, between braces, and known there only")
    return None


def _begins_with(output: tree.Output, span: Span) -> bool:
    return output.name is None and output.value.span.start == span.start


def _takes_values(node: tree.Node, span: Span) -> bool:
    """Tell whether a place stands in a part of a node that is a value: an argument, a condition, what `let` binds."""
    match node:
        case tree.Let() | tree.Assert() | tree.Function() | tree.Argument():
            return True
        case tree.If():
            return node.condition.span.start <= span.start < node.condition.span.end
    return False


def _declared_later(name: str, around: Sequence[tree.Node]) -> str:
    """Word the way out for a default that uses a parameter which does not come before it."""
    own = next((node for node in around if isinstance(node, tree.Parameter)), None)
    if own is None:
        return ""
    if name == own.name:
        return "a default uses the parameters before it, not itself"
    declared = {p.name for node in around for p in getattr(node, "parameters", ())}
    if name in declared:
        return f"a default uses the parameters before it: declare `{name}` before `{own.name}`"
    return ""


def misspelled_declaration(
    span: Span,
    name: str,
    near: str,
    frame: Frame,
    problem: type[Problem] = name_problems.UnknownName,
) -> Diagnostic | None:
    """Word a name that is used several times and bound nowhere, where one like it is bound and not used.

    The name is poisoned, so that its other uses are not told of; None where the case is another.
    """
    if near not in frame.known_names() or not frame.unit.seems_misspelled(near, name):
        return None
    bound = next((p for n, p in written_names(frame.unit.module) if n == near), None)
    if bound is None:
        return None
    frame.unit.poisoned.add(name)
    return problem.at(
        span,
        "nothing binds this name",
        name=name,
        related=[Label(bound, "bound here, and used nowhere")],
        help=f"did you mean `{near}`? Nothing uses it: bind it as `{name}`",
        fix=Fix((Edit(bound, name),), safe=True),
    )


def other_readings(span: Span, name: str, frame: Frame) -> Fix | None:
    """Give the fix for an argument that is an unknown name: `strides1` for `strides=1`, `name=fc` for `name="fc"`."""
    argument = _argument_at(span, frame)
    if argument is None:
        return None
    if argument.name == "name":
        return Fix((Edit(span, f'"{name}"'),), safe=True, text=f'write it as a string: `"{name}"`')
    if argument.name is not None:
        return None
    known = set(frame.known_names())
    cuts = (
        cut
        for cut in range(len(name) - 1, 1, -1)
        if name[cut].isdigit() or name[cut:] in known or keras_has_name(name[cut:])
    )
    return first_that_helps(
        Fix(
            (Edit(Span(span.file, span.start + cut, span.start + cut), "="),),
            text=f"write `{name[:cut]}={name[cut:]}`",
        )
        for cut in cuts
        if not name[cut - 1].isdigit()
    )


def _argument_at(span: Span, frame: Frame) -> tree.Argument | None:
    """Give the argument whose value begins at a place."""
    around = reversed(nodes_around(frame.unit.module, span))
    inner = next((node for node in around if isinstance(node, tree.Argument)), None)
    return inner if inner is not None and inner.value.span.start == span.start else None


def is_unbound_argument(expr: tree.Expr, frame: Frame) -> bool:
    """Tell whether an argument begins with a name that nothing binds: `Dense(4, activation==relu)`."""
    if not isinstance(expr, tree.Name) or frame.lookup(expr.id) is not MISSING:
        return False
    argument = None if families_of(expr.id) else _argument_at(expr.span, frame)
    return argument is not None and argument.name is None


def equals_too_many(expr: tree.Compare, frame: Frame) -> Value:
    """Report `activation==relu`, and what was meant."""
    assert isinstance(expr.first, tree.Name)
    gap = Span(expr.span.file, expr.first.span.end, expr.operands[0].span.start)
    text = f"{expr.first.id}={expr.operands[0].span.text}"
    frame.report(
        name_problems.UnknownName.at(
            expr.first.span,
            "nothing binds this name, so it cannot be compared",
            name=expr.first.id,
            help=f"an argument's value follows one `=`: `{short(text)}`",
            fix=Fix((Edit(gap, "="),), safe=True),
        )
    )
    return POISON


def text_and_value(expr: tree.Binary, left: Value, right: Value, frame: Frame) -> Value:
    """Report `"fc" + width`, and put the value into the text: `f"fc{width}"`."""
    text, value = (expr.left, expr.right) if isinstance(left, str) else (expr.right, expr.left)
    help_, fix = 'put a value into text: `f"conv{width}"`', None
    quote = text.span.text[:1]
    if isinstance(text, tree.Literal) and quote in ("'", '"') and quote not in value.span.text:
        hole = f"{{{value.span.text}}}"
        inside = text.span.text[1:-1]
        whole = f"{inside}{hole}" if text is expr.left else f"{hole}{inside}"
        fix = Fix((Edit(expr.span, f"f{quote}{whole}{quote}"),), safe=True)
        help_ = f"put the value into the text: `f{quote}{whole}{quote}`"
    kinds = (values.spell_type(v) for v in (left, right))
    label = "`+` does not take " + " and ".join(kinds)
    frame.report(problems.Uncomputable.at(expr.op_span, label, help=help_, fix=fix))
    return POISON


def fact_of_no_model(expr: tree.Expr, frame: Frame) -> Value:
    """Report a fact that is asked of no model: `assert params < 1e6` at top level."""
    text = short(expr.span.text)
    model = next(
        (n for n, symbol in frame.unit.names.items() if isinstance(symbol.node, tree.Model)), "Name"
    )
    named = f"{text}(batch=64)" if text == "memory" and frame.body else f"{text}({model})"
    frame.report(
        problems.WrongUse.at(
            expr.span,
            "it does not say of what",
            name=text,
            help=f"write `{named}`",
            fix=Fix((Edit(expr.span, named),), safe=True),
        )
    )
    return POISON


_IDENTIFIED: tuple[Family, ...] = (
    "activation",
    "initializer",
    "regularizer",
    "constraint",
    "loss",
    "metric",
    "optimizer",
)


def unknown_name(span: Span, name: str, frame: Frame) -> Value:
    """Report a name that nothing binds, and suggest the nearest one that something does."""
    if frame.unit.may_have_lost(name):
        return POISON
    above = nodes_around(frame.unit.module, span)[-2:-1]
    is_called = any(isinstance(n, tree.Call) and n.function.span == span for n in above)
    near = frame.near_name(name, FUNCTIONS if is_called else (), ("True", "False", "None"))
    root, _, last = name.rpartition(".")
    if root == "self" and frame.lookup(last) is not MISSING:  # nothing here belongs to an object
        near = last
    inside = bound_in_braces(name, span, frame)
    near = None if inside is not None else near
    if near and (found := misspelled_declaration(span, name, near, frame)) is not None:
        frame.report(found)
        return POISON
    if not near:  # nothing to say of its other uses than is said of this one
        frame.unit.poisoned.add(name)
    help_ = f"did you mean `{near}`?" if near else how_to_bind(span, name, frame)
    frame.report(
        name_problems.UnknownName.at(
            span,
            "nothing binds this name" + " here" * (inside is not None),
            name=name,
            help=help_ if inside is None else inside[0],
            related=() if inside is None else inside[1:],
            fix=Fix((Edit(span, near),), safe=True) if near else other_readings(span, name, frame),
        )
    )
    return POISON


def known_or_reported(expr: tree.Expr, value: Value, frame: Frame) -> Value:
    """Give a constant's value; a bare name that the catalogue does not have either is reported."""
    if isinstance(value, Identifier) and not keras_has_name(value.last):
        return unknown_name(expr.span, value.name, frame)
    return value


def keras_has_name(name: str) -> bool:
    """Tell whether Keras has a name: that of a class, or of something that an argument takes by its name."""
    return bool(families_of(name)) or any(name in identifiers(family) for family in _IDENTIFIED)


def not_taken(expr: tree.Name, found: NotTaken, frame: Frame) -> Value:
    """Report a name that only a branch binds which is not taken, or that a turn reads before it is given."""
    around = nodes_around(frame.unit.module, expr.span)
    given = [mark for node in around if turns(node) for mark in _given_in(node, expr.id)]
    if found.in_turn and given and given[-1].name_span.start > expr.span.start:
        diagnostic = problems.Cycle.at(
            expr.span,
            "in this turn nothing has been given this name yet",
            name=expr.id,
            related=[Label(given[-1].name_span, "given here")],
            help="names are new in each turn: carry what the turns before gave in a list, "
            "`output [*_, …]`, which is `_` in the next",
        )
    else:
        diagnostic = problems.BranchNotTaken.at(
            expr.span,
            "nothing was named: the branch is not taken here",
            name=expr.id,
            help="use it in that branch only, or give the name in the other branch as well",
        )
    frame.report(diagnostic)
    return POISON


def _given_in(loop: tree.Node, name: str) -> list[tree.As]:
    mark = names_after_as(loop).get(name)
    return [] if mark is None else [mark]
