"""Mistakes of declarations, whether they are used or not: types of parameters, layers of `defaults`."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from keyword import iskeyword

from netdsl.catalog.signature import Signature, names_and_aliases, signature
from netdsl.catalog.weight_statement import KIND
from netdsl.diagnostics.diagnostic import Edit, Fix, Label
from netdsl.diagnostics.problems import names as problems
from netdsl.diagnostics.problems.arguments import RepeatedArgument, UnknownArgument
from netdsl.diagnostics.problems.structure import WrongUse
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate.arguments.held_layers import check_defaults
from netdsl.elaborate.arguments.parameters import default_value, scope_of
from netdsl.elaborate.arguments.tried import declare_tried
from netdsl.elaborate.scope.frame import Frame, defaults_for
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.faults import shorten
from netdsl.syntax.tokens import TYPE_WORDS
from netdsl.syntax.walk import bodies_in, free_names
from netdsl.value import Value


def check_declarations(frame: Frame) -> None:
    """Report what no use of a unit's declarations could put right."""
    _check_repeated(frame.unit.module.statements, frame)
    for statement in frame.unit.module.statements:
        if isinstance(statement, (tree.Block, tree.Model)):
            for body in bodies_in(statement.body):
                _check_repeated(body.statements, frame)
        for parameter in getattr(statement, "parameters", ()):
            _check_type(parameter, frame)
            _check_tried(parameter, statement, frame)
        if isinstance(statement, (tree.Block, tree.Model, tree.Function)):
            _evaluate_defaults(statement, frame)
        if isinstance(statement, (tree.ExternLayer, tree.ExternFn, tree.ExternObject)):
            _check_module(statement, frame)
        for inner in _with_body(statement):
            if isinstance(inner, (tree.Block, tree.Model, tree.Function)):
                check_defaults(inner, frame)
            if isinstance(inner, tree.Defaults):
                _check_layers(inner, frame)
            elif isinstance(inner, tree.Assert):
                _check_promise(inner, frame)
            elif isinstance(inner, tree.Function) and inner is not statement:
                for parameter in inner.parameters:
                    _check_type(parameter, frame)
                    _check_tried(parameter, inner, frame)


def _evaluate_defaults(node: tree.Block | tree.Model | tree.Function, frame: Frame) -> None:
    """Have defaults checked that no use asks for: the generated Python evaluates them all the same."""
    values: dict[str, Value] = {}
    before: set[str] = set()
    for parameter in node.parameters:
        can_be = _can_be_worked_out(parameter, before, values)
        before.add(parameter.name)
        if parameter.default is None or not can_be:
            continue
        frame.session.place = parameter.default.span
        scope = scope_of(parameter, values, frame)
        values[parameter.name] = default_value(parameter, node.name, scope)


def _can_be_worked_out(
    parameter: tree.Parameter, before: Container[str], values: Mapping[str, Value]
) -> bool:
    """Tell whether the parameters before it that a default uses have values; what else it uses is evaluated."""
    used = () if parameter.default is None else free_names(parameter.default)
    return all(name in values for name in used if name in before)


def _with_body(statement: tree.Node) -> Iterator[tree.Node]:
    yield statement
    body = getattr(statement, "body", None)
    if body is not None:
        for inner in bodies_in(body):
            yield from inner.statements


def _check_promise(promise: tree.Assert, frame: Frame) -> None:
    """`assert (params < 1e6, "small")`: a tuple of two always holds."""
    condition = promise.condition
    if not isinstance(condition, tree.TupleExpr) or not condition.items:
        return
    text = ", ".join(item.span.text for item in condition.items)
    before = condition.span.file.text[condition.span.start - 1]
    fix = Fix((Edit(condition.span, text if before.isspace() else f" {text}"),), safe=True)
    label, help_ = "a tuple always holds, so nothing is checked", f"write `assert {shorten(text)}`"
    frame.report(WrongUse.at(condition.span, label, name="assert", help=help_, fix=fix))


def _as_module(statement: tree.ExternLayer | tree.ExternFn | tree.ExternObject) -> Fix | None:
    """`"gan/losses.py"` -> `"gan.losses"`."""
    name = statement.module.removesuffix(".py").strip("./").replace("/", ".").replace("-", "_")
    if not all(word.isidentifier() for word in name.split(".")):
        return None
    text = f'"{name}"'
    return Fix((Edit(statement.module_span, text),), safe=True, text=f"write `from {text}`")


def _check_module(
    statement: tree.ExternLayer | tree.ExternFn | tree.ExternObject, frame: Frame
) -> None:
    """The generated code says `from module import name`, so both have to be what Python takes there."""
    words = statement.module.split(".")
    if not all(word.isidentifier() and not iskeyword(word) for word in words):
        frame.report(
            problems.UnreadableImport.at(
                statement.module_span,
                "a Python module is named with words and dots",
                name=shorten(statement.module),
                help='write it as Python\'s `import` does: `from "package.module"`',
                fix=_as_module(statement),
            )
        )
    if iskeyword(statement.name):
        frame.report(
            problems.UnreadableImport.at(
                statement.name_span,
                "Python reserves this word, so no module has anything of this name",
                name=statement.name,
            )
        )


def _check_type(parameter: tree.Parameter, frame: Frame) -> None:
    if parameter.type is None or parameter.type in TYPE_WORDS:
        return
    near = closest(parameter.type, TYPE_WORDS)
    span = parameter.type_span or parameter.span
    frame.report(
        problems.UnknownName.at(
            span,
            f"the types are {', '.join(f'`{word}`' for word in TYPE_WORDS)}",
            name=parameter.type,
            help=f"did you mean `{near}`?" if near else "leave the type out",
            fix=Fix((Edit(span, near),), safe=True) if near else None,
        )
    )


def _check_tried(parameter: tree.Parameter, owner: tree.Node, frame: Frame) -> None:
    if parameter.tried is None:
        return
    if not isinstance(owner, tree.Function):
        name = owner.model if isinstance(owner, tree.Train) else getattr(owner, "name", "")
        frame.session.place = parameter.tried.span
        declare_tried(parameter, name, frame)
        return
    frame.report(
        WrongUse.at(
            parameter.tried.span,
            "a function takes any value: only hyperparameters are tried",
            name="in",
            help=f"leave `in {shorten(parameter.tried.span.text)}` out",
        )
    )


def _check_repeated(statements: Iterable[tree.Node], frame: Frame) -> None:
    """Report an argument that the `defaults` of one scope give a layer twice: one of the two would be lost."""
    first: dict[tuple[str, str], tree.Argument] = {}
    for statement in statements:
        if not isinstance(statement, tree.Defaults):
            continue
        for layer in statement.layers:
            _check_given_once(layer, statement, first, frame)


def _check_given_once(
    layer: tree.Name,
    statement: tree.Defaults,
    first: dict[tuple[str, str], tree.Argument],
    frame: Frame,
) -> None:
    kind, arguments = defaults_for(layer, statement)
    for argument in arguments:
        name = argument.name or ""
        before = first.setdefault((kind, name), argument)
        if name and before is not argument:
            problem = RepeatedArgument.at(
                argument.name_span or argument.span,
                "given again here",
                argument=name,
                layer=layer.id,
                related=(Label(before.span, "given here first"),),
                help="leave one of the two out",
            )
            frame.report(problem)


def _check_layers(defaults: tree.Defaults, frame: Frame) -> None:
    first: dict[str, Span] = {}
    for layer in defaults.layers:
        _check_layer(layer, frame)
        before = first.setdefault(layer.id, layer.span)
        if before is not layer.span:
            related = (Label(before, "named here first"),)
            frame.report(
                WrongUse.at(
                    layer.span,
                    "named again here",
                    name=layer.id,
                    related=related,
                    help="leave one of the two out",
                )
            )
    for argument in defaults.arguments:
        if argument.name == "name":
            label, help_ = (
                "a name is of one layer, and this would be of all",
                "give it where the layer is written",
            )
            frame.report(WrongUse.at(argument.span, label, name="name", help=help_))
    found = [signature("layer", layer.id) for layer in defaults.layers]
    known = [kind for kind in found if kind is not None]
    if len(found) == 1 or len(known) < len(found):
        return  # of a single layer, told where it is made
    for argument in defaults.arguments:
        if argument.name and not any(kind.parameter(argument.name) for kind in known):
            _report_untaken(argument, argument.name, known, frame)


def _report_untaken(
    argument: tree.Argument, name: str, layers: list[Signature], frame: Frame
) -> None:
    """Report an argument that `defaults` set and none of their layers takes."""
    place = argument.name_span or argument.span
    near = closest(name, [known for layer in layers for known in layer.names])
    frame.report(
        UnknownArgument.at(
            place,
            f"none of the {len(layers)} takes `{name}`",
            layer=", ".join(layer.name for layer in layers),
            argument=name,
            help=f"did you mean `{near}`?" if near else "leave it out",
            fix=Fix((Edit(place, near),), safe=True) if near else None,
        )
    )


def _check_layer(layer: tree.Name, frame: Frame) -> None:
    if signature("layer", layer.id) is not None:
        return
    if layer.id in frame.unit.names:
        label, help_ = (
            "`defaults` are for layers of Keras",
            "give the parameter a default where it is declared",
        )
        near = None
    elif layer.id in (KIND, KIND.lower()):
        near = None
        label, help_ = "`defaults` are for layers", "give a weight its options behind its type"
    else:
        near = closest(layer.id, names_and_aliases("layer"))
        label, help_ = "Keras has no layer of this name", f"did you mean `{near}`?" if near else ""
    fix = Fix((Edit(layer.span, near),), safe=True) if near else None
    frame.report(problems.UnknownStage.at(layer.span, label, name=layer.id, help=help_, fix=fix))
