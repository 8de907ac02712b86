"""Declarations that lack something: a body without an output, a model made of one that is not there."""

from __future__ import annotations

from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from netdsl.diagnostics.problems import names as name_problems
from netdsl.diagnostics.problems import structure as problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate.scope.frame import MISSING, Frame
from netdsl.source import Span
from netdsl.syntax import tree

_MEANT = ("output", "outputs", "out", "result", "logits")


def no_output(node: tree.Block | tree.Model, label: str) -> Diagnostic:
    """Word a body that gives nothing; the fix makes its last tensor the output, or the one that is called so."""
    assert isinstance(node.body, tree.Body)
    bound = [s for s in node.body.statements if isinstance(s, tree.Bind)]
    named = [s for s in bound if isinstance(s.target, tree.NamePattern)]
    meant = [s for s in named if s.target.span.text in _MEANT] or named[-1:]
    fix, related = None, []
    if meant and meant[-1].target.span.text == "output":
        name = meant[-1].target.span
        sign = Span(name.file, name.end, meant[-1].value.span.start)
        # A repaired statement may have another sign there, of which its own mistake speaks.
        if sign.text.strip() == "=":
            fix = Fix((Edit(sign, " "),), text="write `output …` without the `=`")
            related.append(Label(name, "with `=` this is a name, `output`"))
    elif meant:
        start = meant[-1].span.start
        place = Span(meant[-1].span.file, start, start)
        name_text = meant[-1].target.span.text
        fix = Fix((Edit(place, "output "),), text=f"write `output {name_text} = …`")
    return problems.NoOutput.at(
        node.name_span,
        label,
        name=node.name,
        related=related,
        help="add an `output name = …`",
        fix=fix,
    )


def no_such_model(node: tree.SpecialisedModel, function: tree.Expr, home: Frame) -> Diagnostic:
    """Word `model A = B(…)` where `B` is no model, or where a chain stands in its place."""
    name = function.span.text
    if not isinstance(function, tree.Name) or home.lookup(function.id) is not MISSING:
        return problems.WrongUse.at(
            node.value.span,
            "`model Name = Other(…)` takes a model and its hyperparameters",
            name=name[:40],
            help=f"write a body: `model {node.name} {{ input x: [8]  output y = x -> … }}`",
        )
    models = [n for n, s in home.unit.names.items() if isinstance(s.node, tree.Model)]
    near = closest(name, models)
    return name_problems.UnknownModel.at(
        function.span,
        "no model of this name is declared or imported here",
        name=name,
        help=f"did you mean `{near}`?"
        if near
        else f"the only model is `{models[0]}`"
        if len(models) == 1
        else f"the models are {', '.join(f'`{m}`' for m in models)}"
        if models
        else "declare it first, with a body",
        fix=Fix((Edit(function.span, near),)) if near else None,
    )
