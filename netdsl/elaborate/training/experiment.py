"""What a `train` block comes to: an experiment, as the module, the commands and the checks of data read it.

A setting has its value, evaluated (objects of Keras as `ObjectValue`, functions of the user's own as `ExternFunction`,
identifiers as strings), and the expression as it is written, which may name hyperparameters of the block.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from netdsl.catalog.kind import ExternFunction
from netdsl.elaborate.scope.entities import Tried
from netdsl.graph import Graph
from netdsl.record import record
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.tensor import TensorSpec
from netdsl.value import Entity, Value


@record(eq=False)
class Made(Entity):
    """A named maker with its arguments, `npz("f.npz")` or `MirroredStrategy()`: what each argument is and where.

    The arguments are those that were given, by name, identifiers as strings. `function` is the user's own where that
    makes it; the positional ones of its arguments go by their number, "0".
    """

    kind: str
    arguments: Mapping[str, Value]
    places: Mapping[str, Span] = field(default_factory=dict)
    span: Span | None = None
    function: ExternFunction | None = None

    def place(self, argument: str) -> Span | None:
        """Give where an argument stands, or the whole where it was left out."""
        return self.places.get(argument, self.span)


@record(eq=False)
class DataSource(Made):
    """`npz("f.npz")`, `image_folder(…)`, a function of the user's own: where samples come from."""


@record(eq=False)
class Strategy(Made):
    """`MirroredStrategy()`, `DataParallel()`: how several devices share the work."""


@record(eq=False)
class Start(Made):
    """`weights("base.weights.h5")`, `run("runs/base")`, `applications.ResNet50(…)`: what weights are taken from.

    `kind` of a network is `applications.ResNet50`.
    """


#: The samples of a step where a block does not say, as in Keras.
BATCH_SIZE = 32


@record(eq=False)
class Setting:
    """One setting: its value, the place of what is written for it, and the hyperparameters that it names."""

    name: str
    value: Value
    span: Span
    written: tree.Expr
    uses: tuple[str, ...] = ()


@record(eq=False)
class Hyperparameter:
    """A hyperparameter of the experiment, at the value that it was compiled at.

    Those of the block come first, in order, then those that only the model has. `reaches_model` tells that the
    model has one of this name, to which the value is passed on; `tree.Parameter` holds the default as it is written.
    """

    name: str
    value: Value
    parameter: tree.Parameter
    is_of_block: bool
    reaches_model: bool
    tried: Tried | None = None

    @property
    def type(self) -> str | None:
        """The word after the colon, None where it was left out."""
        return self.parameter.type


@record(eq=False)
class Port:
    """An input or output of the model: its name, type and place; of an output also what is applied last, and its loss.

    `activation` is "linear" where nothing is applied, and "" where that cannot be told or it is an input.
    """

    name: str
    spec: TensorSpec
    layer: str  # the Keras layer's name
    place: Span
    activation: str = ""
    loss: Value = None

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape as Keras has it, the batch first: None for what is no fixed number."""
        return tuple(size if isinstance(size, int) else None for size in self.spec.shape)

    @property
    def dtype(self) -> str:
        return self.spec.dtype


@record(eq=False)
class Experiment:
    """A `train` block with the model that it trains, at one set of hyperparameters.

    `graph` is the model's at the hyperparameters of the block, which may differ from the model's own defaults.
    `folder` is what relative paths of data are relative to: that of the spec, "" for the current one.
    """

    model: str
    span: Span
    graph: Graph
    settings: Mapping[str, Setting]
    hyperparameters: tuple[Hyperparameter, ...]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    folder: str = ""
    docstring: str | None = None

    def value(self, name: str, default: Value = None) -> Value:
        """Give the value of a setting, or `default` where it is not set."""
        setting = self.settings.get(name)
        return default if setting is None else setting.value

    @property
    def data(self) -> DataSource | None:
        """The source of training data, None where the caller brings data."""
        return self._source("data")

    @property
    def validation(self) -> DataSource | None:
        """The source of validation data of its own."""
        return self._source("validation")

    @property
    def test(self) -> DataSource | None:
        """The source of test data of its own."""
        return self._source("test")

    def _source(self, name: str) -> DataSource | None:
        found = self.value(name)
        return found if isinstance(found, DataSource) else None

    @property
    def backend(self) -> str | None:
        """The backend that the strategy for several devices belongs to; None where any will do."""
        strategy = self.value("distribute")
        if not isinstance(strategy, Strategy):
            return None
        return "tensorflow" if strategy.kind in ("MirroredStrategy", "TPUStrategy") else "jax"

    @property
    def seed(self) -> int | None:
        """The seed of everything drawn, None where it is not set."""
        found = self.value("seed")
        return found if isinstance(found, int) else None

    @property
    def epochs(self) -> int:
        """How often training goes through the data: once unless set, as in Keras."""
        found = self.value("epochs")
        return found if isinstance(found, int) else 1

    @property
    def batch_size(self) -> int:
        """The samples of a step, over all devices."""
        found = self.value("batch_size")
        return found if isinstance(found, int) else BATCH_SIZE

    @property
    def losses(self) -> Mapping[str, Value]:
        """The loss of each output that has one, by its name."""
        return {port.name: port.loss for port in self.outputs if port.loss is not None}
