"""Advice on outputs and losses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from netdsl.analyse.advice import Rule
from netdsl.analyse.advice.ends import End, end_of
from netdsl.analyse.advice.view import View, activation, argument, at, uses
from netdsl.analyse.logs import logged_names
from netdsl.catalog.kind import ExternFunction, ObjectValue
from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from netdsl.diagnostics.problems import advice as problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate.training.losses import loss_kind
from netdsl.elaborate.training.settings import DataSource
from netdsl.graph import Node
from netdsl.source import Span
from netdsl.tensor import TensorSpec, spell_shape

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

#: Data sets of Keras whose labels are numbers of classes.
_NUMBERED = frozenset({"mnist", "fashion_mnist", "cifar10", "cifar100", "imdb", "reuters"})

#: What callbacks record besides losses and metrics.
_BY_CALLBACKS = ("learning_rate",)
# Keras numbers names that are there already: `auc_1`.
_NUMBERED_NAME = re.compile(r"_[0-9]+$")


def _losses(view: View) -> Iterator[tuple[str, Any, str, End, TensorSpec]]:
    """Give each output that has a loss of Keras's own: its name, the loss and its class, its end and type."""
    losses = view.losses()
    for name, ref in view.graph.outputs.items():
        loss = losses.get(name)
        if loss is not None and not isinstance(loss, ExternFunction):
            yield name, loss, loss_kind(loss), end_of(view.graph, ref), view.spec(ref)


def _from_logits(loss: Any) -> bool:
    return isinstance(loss, ObjectValue) and bool(loss.arguments.get("from_logits"))


def _place(view: View) -> Span:
    assert view.training is not None
    return view.training.spans["loss"]


def _here(end: End, text: str) -> tuple[Label, ...]:
    return (Label(at(end.node), text),)


def squashed_twice(view: View) -> Iterable[Diagnostic]:
    """Report softmax or sigmoid on an output whose loss applies it too."""
    for name, loss, kind, end, _ in _losses(view):
        if kind in _PROBABILITIES and _from_logits(loss) and end.activation in _SQUASHING:
            own = "sigmoid" if kind in _BINARY else "softmax"
            yield problems.SquashedTwice.at(
                _place(view),
                f"`from_logits=True` makes the loss apply {own}",
                name=name,
                related=_here(end, f"`{end.activation}` is applied here already"),
                help="leave the activation out of the model, or `from_logits=True` out of the loss",
                fix=_without_logits(_place(view)),
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
            _place(view),
            "nothing squashes the output" if linear else f"`{end.activation}` gives other numbers",
            name=name,
            loss=kind,
            related=_here(end, "the output is computed here"),
            help=f"end the model in `{own}`"
            + (f", or write `{kind}(from_logits=True)`" if linear else ""),
            fix=_with_logits(_place(view), kind) if linear else None,
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
                related=(Label(_place(view), "this loss takes one class of them"),),
                help="use `softmax`, or `binary_crossentropy` where several classes may hold at once",
            )


def softmax_in_binary_loss(view: View) -> Iterable[Diagnostic]:
    """Report softmax outputs in a binary loss."""
    for name, loss, kind, end, spec in _losses(view):
        one = spec.shape[-1] == 1  # softmax over one unit is told of by itself
        if kind in _BINARY and end.activation == "softmax" and not _from_logits(loss) and not one:
            yield problems.SoftmaxInBinaryLoss.at(
                _place(view),
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
                related=(Label(_place(view), "the loss of the output"),),
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


def other_labels(view: View) -> Iterable[Diagnostic]:
    """Report a categorical loss whose labels are, by the data setting, of the other form."""
    data = view.setting("data")
    one_hot = _gives_one_hot(data)
    if one_hot is None or view.training is None:
        return
    for _, loss, kind, _, spec in _losses(view):
        takes = True if kind in _CATEGORICAL else False if kind in _SPARSE else one_hot
        if takes == one_hot or spec.shape[-1] == 1:
            continue
        gives = "rows with a 1 at the class" if one_hot else "numbers of classes"
        other = "categorical_crossentropy" if one_hot else "sparse_categorical_crossentropy"
        yield problems.OtherLabels.at(
            _place(view),
            "takes " + ("numbers of classes" if one_hot else "rows with a 1 at the class"),
            loss=kind,
            related=(Label(view.training.spans["data"], f"gives {gives}"),),
            help=f"use `{other}`",
            fix=_other_loss(_place(view), loss, other),
        )


def _other_loss(place: Span, loss: Any, other: str) -> Fix | None:
    written = place.text.strip("\"'")
    if isinstance(loss, ObjectValue) or not written.isidentifier() or "focal" in written:
        return None
    return Fix((Edit(place, other),), text=f"use the loss for these labels: `loss = {other}`")


def _gives_one_hot(data: Any) -> bool | None:
    """Say whether labels are one-hot, None where the setting does not tell."""
    if not isinstance(data, DataSource) or data.function is not None:
        return None
    if data.name in ("image_folder", "text_folder"):
        mode = data.arguments.get("label_mode", "int")
        return {"categorical": True, "int": False}.get(str(mode))
    if data.name == "dataset" and data.arguments.get("name") in _NUMBERED:
        return False
    return None


def dropped_output(view: View) -> Iterable[Diagnostic]:
    """Report dropout on an output that is compared with labels, or that has its last activation already."""
    losses = view.losses()
    for name, node, _ in view.outputs():
        if not node.is_a("dropout") or not argument(node, "rate"):
            continue
        end = end_of(view.graph, view.graph.outputs[name])
        if name in losses or end.activation in _SQUASHING:
            rate = argument(node, "rate")
            yield problems.DroppedOutput.at(
                at(node),
                f"a share of {rate:g} of output `{name}` is set to 0 while training",
                related=uses(node),
                help="move it before the last layer, or leave it out",
            )


def not_recorded(view: View) -> Iterable[Diagnostic]:
    """Report a callback that waits for a metric which the model does not have: Keras warns, and goes on without."""
    names = logged_names(view.training, view.graph) if view.training is not None else []
    for callback in view.setting("callbacks") or ():
        monitor = callback.arguments.get("monitor") if isinstance(callback, ObjectValue) else None
        if not names or not isinstance(monitor, str):
            continue
        lead, name = ("val_", monitor[4:]) if monitor.startswith("val_") else ("", monitor)
        if {name, _NUMBERED_NAME.sub("", name)} & {*names, *_BY_CALLBACKS}:
            continue
        longer = (n for n in names if n.startswith(name) or name.startswith(n))  # acc, accuracy
        near = closest(name, names) or next(longer, None)
        place = _written(view, "callbacks", monitor)
        is_text = place.text == monitor
        yield problems.NotRecorded.at(
            place,
            f"the model records no `{name}`",
            name=callback.kind,
            monitor=monitor,
            help=f"did you mean `{lead}{near}`?"
            if near
            else "it records " + ", ".join(f"`{n}`" for n in names),
            fix=Fix((Edit(place, lead + near),)) if near and is_text else None,
        )


def _written(view: View, setting: str, text: str) -> Span:
    """Give the place of a string in a setting, or of all the setting where it is computed or stands there twice."""
    assert view.training is not None
    place = view.training.spans[setting]
    quoted = list(re.finditer(rf"([\"']){re.escape(text)}\1", place.text))
    if len(quoted) != 1:
        return place
    start = place.start + quoted[0].start() + 1
    return Span(place.file, start, start + len(text))


RULES: tuple[Rule, ...] = (
    squashed_twice,
    not_probabilities,
    sigmoid_over_classes,
    softmax_of_one,
    softmax_in_binary_loss,
    clipped_regression,
    other_labels,
    dropped_output,
    not_recorded,
)
