"""Whether the settings of a `train` block go with one another, and its names with those of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netdsl.catalog.data_sets import data_set
from netdsl.catalog.kind import BoundLayer, Refusal
from netdsl.diagnostics.diagnostic import Diagnostic, Label
from netdsl.diagnostics.problems import training as problems
from netdsl.elaborate.scope.entities import AlreadyTold
from netdsl.elaborate.scope.frame import Frame
from netdsl.elaborate.training.experiment import DataSource, Strategy
from netdsl.elaborate.training.lacking import lacking_on
from netdsl.elaborate.training.losses import loss_of
from netdsl.elaborate.training.plan import TrainPlan
from netdsl.graph import Graph, Ref
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.tensor import TensorSpec, spell_shape

Rule = Callable[[TrainPlan], Iterator[Diagnostic]]


def check_together(plan: TrainPlan, frame: Frame) -> None:
    """Report settings that contradict one another; each rule tells of one pair."""
    for rule in _RULES:
        for found in rule(plan):
            frame.report(found)


def _clash(plan: TrainPlan, name: str, other: str, label: str, help_: str) -> Diagnostic:
    return problems.SettingsClash.at(
        plan.spans[name],
        label,
        name=name,
        other=other,
        help=help_,
        related=(Label(plan.spans[other], f"`{other}` is set here"),),
    )


def one_source_of_each_part(plan: TrainPlan) -> Iterator[Diagnostic]:
    """Validation and test data come from a source of their own, or are taken from the training data."""
    for part in ("validation", "test"):
        split = f"{part}_split"
        if plan.settings.get(split) and part in plan.spans:
            label = f"`{part}` has data of its own, so nothing would be split off"
            yield _clash(
                plan, split, part, label, f"leave one of the two out: `{split}` or `{part}`"
            )


def splits_leave_something(plan: TrainPlan) -> Iterator[Diagnostic]:
    """What is split off leaves samples to train on."""
    names = [name for name in ("validation_split", "test_split") if plan.settings.get(name)]
    shares = [plan.settings[name] for name in names]
    numbers = [share for share in shares if isinstance(share, (int, float))]
    if len(numbers) == 2 and sum(numbers) >= 1:
        first, last = sorted(names, key=lambda name: plan.spans[name].start)
        label = f"{numbers[0]} and {numbers[1]} of the data leave nothing to train on"
        yield _clash(plan, last, first, label, "let the two add up to less than 1")


def test_part_of_a_set(plan: TrainPlan) -> Iterator[Diagnostic]:
    """A data set that keeps samples for testing is tested on those."""
    source = plan.settings.get("data")
    if not plan.settings.get("test_split") or not isinstance(source, DataSource):
        return
    name = str(source.arguments.get("name", ""))
    found = data_set(name, source.arguments) if source.kind == "dataset" else None
    if found is not None and found.testing:
        label = f"`{name}` keeps {found.testing:,} samples for testing"
        yield _clash(plan, "test_split", "data", label, "leave it out: those are what is tested on")


def one_weight_for_a_sample(plan: TrainPlan) -> Iterator[Diagnostic]:
    """Keras weighs samples by their classes, or one by one."""
    source = plan.settings.get("data")
    own = isinstance(source, DataSource) and source.arguments.get("sample_weight") is not None
    other = "sample_weight" if "sample_weight" in plan.settings else "data" if own else None
    if "class_weight" in plan.settings and other is not None:
        label = "samples have weights of their own, and Keras takes one or the other"
        help_ = (
            "leave one of the two out, or put the weights of the classes into those of the samples"
        )
        yield _clash(plan, "class_weight", other, label, help_)
    if "sample_weight" in plan.settings and own:
        label = "the source of the data names weights already"
        yield _clash(plan, "sample_weight", "data", label, "leave one of the two out")


def weights_are_in_the_data(plan: TrainPlan) -> Iterator[Diagnostic]:
    """The weights of samples are an array or a column, which only some sources have."""
    source = plan.settings.get("data")
    if "sample_weight" not in plan.settings or not isinstance(source, DataSource):
        return
    if source.function is not None:
        label = "it names an array or a column, and this is a function of your own"
        help_ = "leave it out: the function gives `(features, labels, weights)`"
        yield _clash(plan, "sample_weight", "data", label, help_)
    elif source.kind in ("image_folder", "text_folder", "dataset"):
        label = f"it names an array or a column, and `{source.kind}` has none"
        help_ = "leave it out, or weigh classes: `class_weight = {0: 1.0, 1: 2.5}`"
        yield _clash(plan, "sample_weight", "data", label, help_)


def metrics_have_labels(plan: TrainPlan) -> Iterator[Diagnostic]:
    """Keras measures nothing where an output has no labels, which come with its loss."""
    source, graph = plan.settings.get("data"), plan.graph
    if graph is None or not plan.settings.get("metrics") or not plan.settings.get("loss"):
        return
    losses = loss_of(plan, graph)
    without = [f"`{name}`" for name in graph.outputs if losses.get(name) is None]
    if without and isinstance(source, DataSource) and source.function is None:
        names = ", ".join(without)
        label = f"Keras measures only where every output has labels, which it gets for a loss: {names} has none"
        help_ = "leave it out: the loss is measured anyway; or train a model without those outputs"
        yield _clash(plan, "metrics", "loss", label, help_)


def mirrored_steps(plan: TrainPlan) -> Iterator[Diagnostic]:
    """Under `MirroredStrategy` neither XLA nor several steps at once work."""
    strategy = plan.settings.get("distribute")
    if not isinstance(strategy, Strategy) or strategy.kind != "MirroredStrategy":
        return
    if plan.settings.get("jit_compile") is True:
        label = "under `MirroredStrategy` a step that XLA compiles fails"
        help_ = "leave it out, or write `distribute = DataParallel()`, which runs on JAX"
        yield _clash(plan, "jit_compile", "distribute", label, help_)
    steps = plan.settings.get("steps_per_execution")
    if steps == "auto" or (isinstance(steps, int) and steps > 1):
        label = "under `MirroredStrategy` several steps at once fail"
        yield _clash(plan, "steps_per_execution", "distribute", label, "leave it out")


def one_device_or_several(plan: TrainPlan) -> Iterator[Diagnostic]:
    """A strategy says itself which devices it takes."""
    if "device" in plan.settings and "distribute" in plan.settings:
        label = "it puts everything on one device, and a strategy takes several"
        help_ = (
            "leave it out; a strategy takes the names of its own: `MirroredStrategy(devices=[…])`"
        )
        yield _clash(plan, "device", "distribute", label, help_)


#: Strategies of `keras.distribution`.
_ON_JAX = ("DataParallel", "ModelParallel")


def nothing_that_jax_lacks(plan: TrainPlan) -> Iterator[Diagnostic]:
    """`keras.distribution` runs on JAX, where a model takes no strings and nothing ragged."""
    strategy = plan.settings.get("distribute")
    if isinstance(strategy, Strategy) and strategy.kind in _ON_JAX and plan.graph is not None:
        found = lacking_on(plan.graph, "jax", f"distribute = {strategy.kind}(…)")
        if found is not None:
            yield found


_RULES: tuple[Rule, ...] = (
    one_source_of_each_part,
    splits_leave_something,
    test_part_of_a_set,
    one_weight_for_a_sample,
    weights_are_in_the_data,
    metrics_have_labels,
    mirrored_steps,
    one_device_or_several,
    nothing_that_jax_lacks,
)


def check_augment(plan: TrainPlan, graph: Graph, frame: Frame) -> None:
    """Report a chain of augmentation that cannot take the samples, changes their shape, or learns something."""
    chain = plan.settings.get("augment")
    if not isinstance(chain, BoundLayer) or not graph.inputs:
        return
    numbers = graph.inputs
    number = next((n for n in numbers if graph.spec(Ref(n)).rank == 4), numbers[0])
    name, spec = graph.nodes[number].name, graph.spec(Ref(number))
    place, label, help_ = plan.spans["augment"], "", ""
    try:
        found = chain.infer((spec,))
    except AlreadyTold:
        return
    except Refusal as refusal:
        label, help_ = f"on input `{name}`: {refusal.label}", refusal.help
    else:
        outputs = found.outputs
        if found.weights and any(weight.trainable for weight in found.weights):
            label = "it has weights, and nothing trains them in the input pipeline"
            help_ = "put layers that learn into the model"
        elif not isinstance(outputs, TensorSpec) or not _same_sample(outputs, spec):
            shown = (
                spell_shape(outputs.shape) if isinstance(outputs, TensorSpec) else "several tensors"
            )
            label = f"it makes {shown} of {spell_shape(spec.shape)}, which input `{name}` takes"
            help_ = "what changes the shape of samples belongs into the model"
    if label:
        related = (
            Label(graph.nodes[number].origin.span, f"the input is {spell_shape(spec.shape)}"),
        )
        frame.report(
            problems.AugmentDoesNotFit.at(place, label, name=name, help=help_, related=related)
        )


def _same_sample(made: TensorSpec, wanted: TensorSpec) -> bool:
    return made.rank == wanted.rank and all(
        not (isinstance(a, int) and isinstance(b, int)) or a == b
        for a, b in zip(made.shape[1:], wanted.shape[1:], strict=True)
    )


#: What a `train` block puts into the generated module; of several blocks each ends in the name of its model.
MODULE_NAMES = (
    "Data", "load_data", "make_model", "compile_model", "fit", "evaluate", "predict", "main",
)  # fmt: skip

#: Parameters of those functions beside the hyperparameters that their settings use.
_THEIR_OWN = ("model", "data", "inputs", "out", "resume", "callbacks", "verbose")


def check_names(statements: tuple[tree.TopStatement, ...], frame: Frame) -> None:
    """Report declarations, and hyperparameters of blocks, that are named like what training puts into the module."""
    trains = [s for s in statements if isinstance(s, tree.Train)]
    if not trains:
        return
    taken = set(MODULE_NAMES)
    if len(trains) > 1:
        taken |= {f"{name}_{train.model}" for name in MODULE_NAMES for train in trains}
    for statement in statements:
        for name, place in _declared(statement):
            if name in taken:
                frame.report(_is_of_the_module(name, place, "name it otherwise"))
    for train in trains:
        for parameter in train.parameters:
            if parameter.name in _THEIR_OWN:
                place, label = (
                    parameter.name_span,
                    "`fit` and its kin have a parameter of this name",
                )
                help_ = "name the hyperparameter otherwise"
                frame.report(_is_of_the_module(parameter.name, place, help_, label))


def _declared(statement: tree.TopStatement) -> Iterator[tuple[str, Span]]:
    if isinstance(statement, tree.Import):
        for imported in statement.names:
            yield imported.alias or imported.name, imported.span
    elif not isinstance(statement, (tree.Train, tree.Defaults, tree.Assert)):
        yield statement.name, statement.name_span


def _is_of_the_module(name: str, place: Span, help_: str, label: str = "") -> Diagnostic:
    own = label or f"with a `train` block the module has `{name}` of its own"
    return problems.NameOfModule.at(place, own, name=name, help=help_)
