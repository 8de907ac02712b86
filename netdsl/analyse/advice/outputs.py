"""Advice on outputs and losses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netdsl.analyse.advice import Rule
from netdsl.analyse.advice.ends import End, end_of
from netdsl.analyse.advice.view import View, activation, argument, at, uses
from netdsl.catalog.kind import ExternFunction, ObjectValue
from netdsl.catalog.measures import LABEL_WORDS, LOSS_LABELS, in_words, loss_labels
from netdsl.catalog.training_fits import (
    LOSS_WORDS,
    Column,
    columns,
    form_of,
    layout_of,
    row_of,
    verdict_on,
)
from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from netdsl.diagnostics.problems import advice as problems
from netdsl.elaborate.training import losses, metrics
from netdsl.graph import Node
from netdsl.source import Span
from netdsl.tensor import TensorSpec, spell_shape
from netdsl.value import Value

#: Losses of probabilities that can be told to take logits.
_BINARY = frozenset({"BinaryCrossentropy", "BinaryFocalCrossentropy"})
_CATEGORICAL = frozenset({"CategoricalCrossentropy", "CategoricalFocalCrossentropy"})
_SPARSE = frozenset({"SparseCategoricalCrossentropy"})
_PROBABILITIES = _BINARY | _CATEGORICAL | _SPARSE
_REGRESSION = frozenset(
    {
        "MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError", "Huber", "LogCosh",
        "MeanSquaredLogarithmicError",
    }
)  # fmt: skip
_SQUASHING = frozenset({"softmax", "sigmoid", "hard_sigmoid"})
_CLIPPED = frozenset({"relu", "relu6"})

#: Losses of probabilities that cannot be told to take logits.
_OF_PROBABILITIES = frozenset(
    {"Dice", "Tversky", "KLDivergence", "CategoricalGeneralizedCrossEntropy"}
)


def _losses(view: View) -> Iterator[tuple[str, Value, str, End, TensorSpec]]:
    """Give each output that has a loss of Keras's own: its name, the loss and its class, its end and type."""
    given = view.losses()
    for name, ref in view.graph.outputs.items():
        loss = given.get(name)
        if loss is not None and not isinstance(loss, ExternFunction):
            spec = view.spec(ref)
            if not spec.rank:  # one number for all samples, whatever it is of
                continue
            yield name, loss, losses.loss_kind(loss, spec), end_of(view.graph, ref), spec


def _from_logits(loss: Value) -> bool:
    return isinstance(loss, ObjectValue) and bool(loss.arguments.get("from_logits"))


def _place(view: View, name: str) -> Span:
    assert view.training is not None
    return losses.loss_place(view.training, view.graph, name)


def _here(end: End, text: str) -> tuple[Label, ...]:
    return (Label(at(end.node), text),)


def squashed_twice(view: View) -> Iterable[Diagnostic]:
    """Report softmax or sigmoid on an output whose loss applies it too."""
    for name, loss, kind, end, _ in _losses(view):
        if kind in _PROBABILITIES and _from_logits(loss) and end.activation in _SQUASHING:
            own = "sigmoid" if kind in _BINARY else "softmax"
            yield problems.SquashedTwice.at(
                _place(view, name),
                f"`from_logits=True` makes the loss apply {own}",
                name=name,
                related=_here(end, f"`{end.activation}` is applied here already"),
                help="leave the activation out of the model, or `from_logits=True` out of the loss",
                fix=_without_logits(_place(view, name)),
            )


def _without_logits(place: Span) -> Fix | None:
    """Take the argument out of a loss that is written as one call."""
    text = place.text
    for written in (", from_logits=True", "from_logits=True, ", "from_logits=True"):
        if text.count(written) == 1 and text.count("from_logits") == 1:
            start = place.start + text.index(written)
            cut = Edit(Span(place.file, start, start + len(written)), "")
            return Fix((cut,), text="let the loss take probabilities: leave out `from_logits=True`")
    return None


def not_probabilities(view: View) -> Iterable[Diagnostic]:
    """Report logits, or what is no probability, in a loss of probabilities."""
    for name, loss, kind, end, spec in _losses(view):
        if (
            kind not in _PROBABILITIES
            or _from_logits(loss)
            or (spec.shape[-1] == 1 and kind not in _BINARY)
        ):
            continue
        if end.activation in ("", *_SQUASHING):
            continue
        linear = end.activation == "linear"
        own = "sigmoid" if kind in _BINARY else "softmax"
        yield problems.NotProbabilities.at(
            _place(view, name),
            "nothing squashes the output" if linear else f"`{end.activation}` gives other numbers",
            name=name,
            loss=kind,
            related=_here(end, "the output is computed here"),
            help=f"end the model in `{own}`"
            + (f", or write `{kind}(from_logits=True)`" if linear else ""),
            fix=_with_logits(_place(view, name), kind) if linear else None,
        )


def never_probabilities(view: View) -> Iterable[Diagnostic]:
    """Report an output that nothing squashes in a loss of probabilities that squashes none."""
    for name, _, kind, end, _spec in _losses(view):
        if kind in _OF_PROBABILITIES and end.activation == "linear":
            yield problems.NotProbabilities.at(
                _place(view, name),
                "nothing squashes the output",
                name=name,
                loss=kind,
                related=_here(end, "the output is computed here"),
                help="end the model in `sigmoid`, or in `softmax` where one class excludes the others",
            )


def nothing_to_learn(view: View) -> Iterable[Diagnostic]:
    """Report a loss that is as low for wrong predictions as for right ones, whatever the labels, or is no number."""
    for name, loss, kind, end, spec in _losses(view):
        layout, form = layout_of(spec.shape), form_of(end.activation)
        tried = any((c.activation, c.layout) == (form, layout) for c in columns())
        if not tried or layout is None or kind not in LOSS_LABELS:
            continue
        if kind in _PROBABILITIES | _OF_PROBABILITIES:
            continue  # which are told of by themselves
        arguments = loss.arguments if isinstance(loss, ObjectValue) else {}
        if not loss_labels(kind, arguments, Column(form, layout, "")):
            ends = "`softplus` or `exponential`" if kind == "Poisson" else ""
            yield problems.NothingToLearn.at(
                _place(view, name),
                f"no labels of an output of {spell_shape(spec.shape)} make it lower for right predictions",
                name=name,
                loss=kind,
                related=_here(end, "the output is computed here"),
                help=f"end the model in {ends}: it takes a logarithm"
                if ends
                else "use `mse` or `mae`",
            )


def _with_logits(place: Span, kind: str) -> Fix | None:
    """Say `from_logits=True` in a loss that is written as one name or call."""
    text = place.text
    if text.strip("\"'").isidentifier():
        new = f"{kind}(from_logits=True)"
    elif text.startswith(f"{kind}(") and text.endswith(")") and text.count("(") == 1:
        inside = text[len(kind) + 1 : -1].strip()
        new = f"{kind}({inside}, from_logits=True)" if inside else f"{kind}(from_logits=True)"
    else:
        return None
    return Fix((Edit(place, new),), text=f"tell the loss that it gets logits: `{new}`")


def sigmoid_over_classes(view: View) -> Iterable[Diagnostic]:
    """Report sigmoid outputs in a loss over classes that exclude one another."""
    for name, loss, kind, end, spec in _losses(view):
        if kind not in _CATEGORICAL | _SPARSE or _from_logits(loss) or spec.shape[-1] == 1:
            continue
        if end.activation in ("sigmoid", "hard_sigmoid"):
            yield problems.SigmoidOverClasses.at(
                at(end.node),
                f"the {spec.shape[-1]} probabilities do not add up to 1",
                name=name,
                loss=kind,
                related=(Label(_place(view, name), "this loss takes one class of them"),),
                help="use `softmax`, or `binary_crossentropy` where several classes may hold at once",
            )


def softmax_in_binary_loss(view: View) -> Iterable[Diagnostic]:
    """Report softmax outputs in a binary loss."""
    for name, loss, kind, end, spec in _losses(view):
        one = spec.shape[-1] == 1  # softmax over one unit is told of by itself
        if kind in _BINARY and end.activation == "softmax" and not _from_logits(loss) and not one:
            yield problems.SoftmaxInBinaryLoss.at(
                _place(view, name),
                f"softmax makes {spec.shape[-1]} units share one probability",
                name=name,
                loss=kind,
                related=_here(end, "softmax is applied here"),
                help="use a categorical crossentropy, or sigmoid where several classes may hold at once",
            )


def clipped_regression(view: View) -> Iterable[Diagnostic]:
    """Report relu on an output that is compared with numbers."""
    for name, _, kind, end, _spec in _losses(view):
        if kind in _REGRESSION and end.activation in _CLIPPED:
            yield problems.ClippedRegression.at(
                at(end.node),
                f"`{end.activation}` gives 0, and no gradient, for every negative input",
                name=name,
                related=(Label(_place(view, name), "the loss of the output"),),
                help="leave the activation out, or use `softplus` for a quantity that is never negative",
            )


def softmax_of_one(view: View) -> Iterable[Diagnostic]:
    """Report softmax along an axis of size 1, anywhere in a model."""
    for node in view.nodes:
        if node.operation.family == "layer" and activation(node) == "softmax":
            spec = node.flat_outputs[0]
            if all(spec.shape[axis] == 1 for axis in _softmax_axes(node, spec)):
                yield problems.SoftmaxOfOne.at(
                    at(node),
                    f"its output is {spell_shape(spec.shape)}",
                    related=uses(node),
                    help="use `sigmoid` for one probability, or as many units as there are classes",
                    fix=_sigmoid_instead(at(node)),
                )


def _sigmoid_instead(place: Span) -> Fix | None:
    """Name the activation for one probability, where the layer itself names softmax."""
    first = place.text.find("softmax")
    if place.text.count("softmax") != 1:
        return None
    start = place.start + first
    text = place.text.replace("softmax", "sigmoid")
    edit = Edit(Span(place.file, start, start + len("softmax")), "sigmoid")
    return Fix((edit,), text=f"for one probability write `{text}`; for classes give each its unit")


def _softmax_axes(node: Node, spec: TensorSpec) -> list[int]:
    axis = argument(node, "axis", -1) if node.is_a("activation") else -1
    axes = axis if isinstance(axis, (list, tuple)) else [axis]
    return [a for a in axes if -spec.rank <= a < spec.rank]


#: The loss for each form of labels.
_LOSS_FOR = {
    "numbers": "sparse_categorical_crossentropy",
    "numbers_in_rows": "sparse_categorical_crossentropy",
    "one_hot": "categorical_crossentropy",
    "binary": "binary_crossentropy",
    "binary_flat": "binary_crossentropy",
    "values": "mse",
    "values_flat": "mse",
}


def other_labels(view: View) -> Iterable[Diagnostic]:
    """Report a loss whose labels are, by the data setting, of another form than it takes."""
    if view.training is None or len(view.graph.outputs) > 1:
        return
    for name, loss, kind, _, spec in _losses(view):
        layout = layout_of(spec.shape)
        given = None if layout is None else metrics.data_labels(view.training, layout)
        if layout is None or given is None or str(loss).lower() in LOSS_WORDS:
            continue
        taken = _taken(loss, kind, layout)
        known = {column.labels for column in columns() if column.layout == layout}
        if not taken or given in taken or given not in known:
            continue
        other = _LOSS_FOR[given]
        yield problems.OtherLabels.at(
            _place(view, name),
            f"takes {in_words(taken)}",
            loss=kind,
            related=(Label(view.training.spans["data"], f"gives {LABEL_WORDS[given]}"),),
            help=f"use `{other}`",
            fix=_other_loss(_place(view, name), loss, other),
        )


def _taken(loss: Value, kind: str, layout: str) -> tuple[str, ...]:
    """List the labels with which a loss can work on outputs that are laid out so, whatever is applied last."""
    row = row_of(kind, loss.arguments if isinstance(loss, ObjectValue) else {})
    cells = (column for column in columns() if column.layout == layout)
    found = (c.labels for c in cells if verdict_on("loss", row, c) in ("fits", "squashed"))
    meant = {one for labels in LOSS_LABELS.get(kind, ()) for one in labels}
    return tuple(dict.fromkeys(one for one in found if one in meant))


def _other_loss(place: Span, loss: Value, other: str) -> Fix | None:
    written = place.text.strip("\"'")
    if isinstance(loss, ObjectValue) or not written.isidentifier() or "focal" in written:
        return None
    return Fix((Edit(place, other),), text=f"use the loss for these labels: `loss = {other}`")


def classes_without_a_unit(view: View) -> Iterable[Diagnostic]:
    """Report an output with fewer units than the data set has classes."""
    classes = metrics.data_classes(view.training) if view.training is not None else None
    if view.training is None or classes is None or len(view.graph.outputs) > 1:
        return
    for name, _, kind, _end, spec in _losses(view):
        units = spec.shape[-1]
        if kind not in _SPARSE | _BINARY or not isinstance(units, int) or spec.rank < 2:
            continue  # rows for labels are told of by themselves
        if units >= classes or (units == 1 and classes == 2):
            continue
        yield problems.ClassesWithoutUnit.at(
            _place(view, name),
            f"labels go from 0 to {classes - 1}, and the output has {units} unit{'s' * (units > 1)}",
            name=name,
            related=(
                Label(view.training.spans["data"], f"has {classes} classes"),
                *_here(end_of(view.graph, view.graph.outputs[name]), f"gives {units}"),
            ),
            help=f"give each class its unit: `Dense({classes}, activation=softmax)`",
        )


def dropped_output(view: View) -> Iterable[Diagnostic]:
    """Report dropout on an output that is compared with labels, or that has its last activation already."""
    given = view.losses()
    for name, node, _ in view.outputs():
        if not node.is_a("dropout") or not argument(node, "rate"):
            continue
        end = end_of(view.graph, view.graph.outputs[name])
        if name in given or end.activation in _SQUASHING:
            rate = argument(node, "rate")
            yield problems.DroppedOutput.at(
                at(node),
                f"a share of {rate:g} of output `{name}` is set to 0 while training",
                related=uses(node),
                help="move it before the last layer, or leave it out",
            )


RULES: tuple[Rule, ...] = (
    squashed_twice,
    not_probabilities,
    never_probabilities,
    nothing_to_learn,
    sigmoid_over_classes,
    softmax_of_one,
    softmax_in_binary_loss,
    clipped_regression,
    other_labels,
    classes_without_a_unit,
    dropped_output,
)
