"""Whether a loss fits the output it is for: its last axis, its dtype, what the last layer makes of it, its weight.

Keras compiles a model with any loss and fails, or learns nothing, at the first batch. What is certain to be wrong
is an error here; what is merely doubtful is advice.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from netdsl.catalog.kind import ObjectValue
from netdsl.catalog.signature import identifiers, names
from netdsl.catalog.spell import spell
from netdsl.catalog.training_fits import LOSS_WORDS
from netdsl.diagnostics.diagnostic import Edit, Fix, Label
from netdsl.diagnostics.problems import training as problems
from netdsl.elaborate.scope.frame import Frame
from netdsl.elaborate.training.plan import TrainPlan
from netdsl.elaborate.training.setting_values import by_output
from netdsl.graph import Graph
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.tensor import TensorSpec, spell_shape
from netdsl.value import Value

#: Losses over classes along the last axis.
_CLASSES = (
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "SparseCategoricalCrossentropy",
)
_FLOATS = ("float16", "bfloat16", "float32", "float64")


def loss_of(plan: TrainPlan, graph: Graph) -> dict[str, Value]:
    """Give the loss of each output by its name."""
    loss = plan.settings.get("loss")
    outputs = list(graph.outputs)
    if isinstance(loss, dict):
        return {name: loss[name] for name in outputs if name in loss}
    if isinstance(loss, list):
        return dict(zip(outputs, loss, strict=False))
    return {} if loss is None else dict.fromkeys(outputs, loss)


def loss_kind(loss: Value, spec: TensorSpec | None = None) -> str:
    """Give a loss's class: `sparse_categorical_crossentropy` -> SparseCategoricalCrossentropy.

    Of a word for which `compile` picks one, such as `crossentropy`, it is the likeliest for the output.
    """
    if isinstance(loss, ObjectValue):
        return loss.kind
    if str(loss).lower() in LOSS_WORDS:
        alone = spec is not None and (spec.rank < 2 or spec.shape[-1] == 1)
        return "BinaryCrossentropy" if alone else "SparseCategoricalCrossentropy"
    function = identifiers("loss").get(str(loss), str(loss))
    return _classes_by_letters().get(function.replace("_", "").lower(), function)


@cache
def _classes_by_letters() -> Mapping[str, str]:
    """Map the letters of each loss's class to it: `kldivergence` is KLDivergence."""
    return {name.lower(): name for name in names("loss") if name[0].isupper()}


def _is_key(key: tree.Expr, name: str) -> bool:
    """Tell whether a key of a dict is a name, bare or as a string."""
    return name == (key.id if isinstance(key, tree.Name) else getattr(key, "value", None))


def loss_place(plan: TrainPlan, graph: Graph, name: str) -> Span:
    """Give the place of an output's loss: its own where there is one for each."""
    written, whole = plan.trees["loss"], plan.spans["loss"]
    outputs = list(graph.outputs)
    if isinstance(written, tree.DictExpr):
        own = (value.span for key, value in written.items if _is_key(key, name))
        return next(own, whole)
    if isinstance(written, (tree.ListExpr, tree.TupleExpr)) and name in outputs:
        return written.items[outputs.index(name)].span
    return whole


def check_losses(plan: TrainPlan, graph: Graph, frame: Frame) -> None:
    """Report each output whose loss cannot work on it."""
    for name, loss in loss_of(plan, graph).items():
        ref = graph.outputs[name]
        label, help_ = _misfit(loss_kind(loss, graph.spec(ref)), graph.spec(ref))
        if label:
            place = graph.nodes[ref.node].origin.span
            shape = spell_shape(graph.spec(ref).shape)
            frame.report(
                problems.LossDoesNotFit.at(
                    loss_place(plan, graph, name),
                    label,
                    name=name,
                    help=help_,
                    related=(Label(place, f"the output is {shape}"),),
                )
            )


def check_weights(plan: TrainPlan, graph: Graph, frame: Frame) -> None:
    """Report weights that do not go with the losses one by one: Keras counts them at the first batch."""
    loss, weights = plan.settings.get("loss"), plan.settings.get("loss_weights")
    outputs = list(graph.outputs)
    if loss is None or weights is None or len(outputs) == 1:
        return
    with_loss, with_weight = _named(loss, outputs), _named(weights, outputs)
    if with_weight == with_loss or (not with_weight and len(with_loss) == 1):
        return
    wanted = [name for name in outputs if name in with_loss] or outputs
    changed = {}
    if not with_loss:
        changed["loss"] = by_output(dict.fromkeys(wanted, plan.spans["loss"].text))
    if with_weight != set(wanted):
        each = {name: spell(_weight_of(weights, name, outputs)) for name in wanted}
        changed["loss_weights"] = by_output(each)
    frame.report(
        problems.OutputsDiffer.at(
            plan.spans["loss_weights"],
            _disagreement(with_loss, with_weight),
            name="loss_weights",
            help="write " + " and ".join(f"`{name} = {text}`" for name, text in changed.items()),
            fix=Fix(tuple(Edit(plan.spans[name], text) for name, text in changed.items())),
        )
    )


def _named(setting: Value, outputs: list[str]) -> set[str]:
    """Give the outputs that a setting is given for one by one; none where it is one for all."""
    if isinstance(setting, dict):
        return {name for name in setting if isinstance(name, str)}
    return set(outputs) if isinstance(setting, list) else set()


def _disagreement(with_loss: set[str], with_weight: set[str]) -> str:
    if not with_loss:
        return "each output has a weight, and one loss is given for all"
    if not with_weight:
        return f"one weight is given for {len(with_loss)} losses"
    for name in sorted(with_loss - with_weight):
        return f"`{name}` has a loss, and no weight"
    return f"`{min(with_weight - with_loss)}` has a weight, and no loss"


def _weight_of(weights: Value, name: str, outputs: list[str]) -> Value:
    if isinstance(weights, dict):
        return weights.get(name, 1.0)
    return weights[outputs.index(name)] if isinstance(weights, list) else weights


def _misfit(kind: str, spec: TensorSpec) -> tuple[str, str]:
    if spec.dtype not in _FLOATS:
        return f"a loss works on numbers with fractions, the output is {spec.dtype}", ""
    last = spec.shape[-1] if spec.rank > 1 else None
    if kind in _CLASSES and last == 1:
        return (
            f"`{kind}` compares classes along the last axis, which has size 1 in {spell_shape(spec.shape)}",
            "use `binary_crossentropy` for one probability, or as many units as there are classes",
        )
    return "", ""
