"""Data sets that Keras and scikit-learn bring along: how each is loaded, and brought into the shape of the inputs."""

from __future__ import annotations

from netdsl.elaborate.training.experiment import Experiment
from netdsl.emit.training.labels import labels_of
from netdsl.graph import Graph
from netdsl.record import record

#: Those of scikit-learn, and the shape of a sample.
OF_SKLEARN: dict[str, tuple[int, ...]] = {
    "digits": (64,),
    "iris": (4,),
    "wine": (13,),
    "breast_cancer": (30,),
    "diabetes": (10,),
}

#: Those of keras.datasets, and the shape of a sample; None for texts, which are as long as they are.
_OF_KERAS: dict[str, tuple[int, ...] | None] = {
    "mnist": (28, 28),
    "fashion_mnist": (28, 28),
    "cifar10": (32, 32, 3),
    "cifar100": (32, 32, 3),
    "boston_housing": (13,),
    "california_housing": (8,),
    "imdb": None,
    "reuters": None,
}


@record
class Embedded:
    """What is written for a data set."""

    title: str
    lines: tuple[str, ...]
    imports: tuple[str, ...] = ()


def embedded(name: str, experiment: Experiment) -> Embedded:
    """Give what loads a data set."""
    shape = experiment.inputs[0].shape[1:]
    if name in OF_SKLEARN:
        return _of_sklearn(name, experiment)
    known = _OF_KERAS.get(name, shape)
    if known is None:
        return _texts(name, experiment)
    lines = [f"train, test = keras.datasets.{name}.load_data()"]
    pairs = 'for name, (features, labels) in {"train": train, "test": test}.items()'
    features = "features" if known == shape else f"features.reshape({_sizes(shape)})"
    lines.append(f"return {{name: whole(({features}, {_labels(experiment)})) {pairs}}}")
    return Embedded(f"the data set {name} of Keras", tuple(lines))


def _of_sklearn(name: str, experiment: Experiment) -> Embedded:
    shape = experiment.inputs[0].shape[1:]
    lines = [f"features, labels = load_{name}(return_X_y=True)"]
    features = "features" if OF_SKLEARN[name] == shape else f"features.reshape({_sizes(shape)})"
    lines.append(f'return {{"train": whole(({features}, {_labels(experiment)}))}}')
    return Embedded(f"the data set {name} of scikit-learn", tuple(lines), (f"sklearn.{name}",))


def _texts(name: str, experiment: Experiment) -> Embedded:
    """Write texts as numbers of words, cut or padded to what the input takes."""
    words = _rows_of_embedding(experiment.graph)
    length = experiment.inputs[0].shape[1] if len(experiment.inputs[0].shape) > 1 else None
    loaded = f"keras.datasets.{name}.load_data({f'num_words={words}' if words else ''})"
    padded = f"keras.utils.pad_sequences(texts{f', maxlen={length}' if length else ''})"
    pairs = 'for name, (texts, labels) in {"train": train, "test": test}.items()'
    return Embedded(
        f"the data set {name} of Keras",
        (
            f"train, test = {loaded}",
            f"return {{name: whole(({padded}, {_labels(experiment)})) {pairs}}}",
        ),
    )


def _rows_of_embedding(graph: Graph) -> int | None:
    found = [
        node.operation.bound.get("input_dim") for node in graph.nodes if node.is_a("embedding")
    ]
    sizes = [size for size in found if isinstance(size, int)]
    return min(sizes, default=None)


def _labels(experiment: Experiment) -> str:
    """Spell the labels as the loss takes them."""
    port = experiment.outputs[0]
    kind = labels_of(port)
    return (
        "labels.reshape(-1)"
        if kind in ("numbers", "one_hot")
        else 'labels.reshape(-1, 1).astype("float32")'
    )


def _sizes(shape: tuple[int | None, ...]) -> str:
    return ", ".join(str(size) for size in ("-1", *shape))
