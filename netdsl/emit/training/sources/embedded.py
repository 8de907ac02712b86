"""`dataset("mnist")`: what Keras and scikit-learn bring along, brought into the shape of the input."""

from __future__ import annotations

from netdsl.catalog.data_sets import data_set
from netdsl.emit.training.labels import labelled, labels_of
from netdsl.emit.training.sources.source import Place, Source


def dataset(place: Place) -> Source:
    """Write what loads a data set by its name."""
    name = str(place.source.arguments["name"])
    found = data_set(name, {})
    is_shipped = found is not None and found.is_shipped
    shape = place.experiment.inputs[0].shape[1:]
    known = found.shapes[-1] if found is not None else shape
    features = "features"
    if None in known:  # texts, as the numbers of their words
        length = f", maxlen={shape[0]}" if shape and shape[0] is not None else ""
        features = f"keras.utils.pad_sequences(features{length})"
    elif known != shape:
        features = f"features.reshape({', '.join(str(size) for size in ('-1', *shape))})"
    samples = f"whole(({features}, {_labels(place)}))"
    if is_shipped:
        lines = [
            f"features, labels = load_{name}(return_X_y=True)",
            f'return {{"train": {samples}}}',
        ]
    else:
        given = [f"{n}={place.argument(n)}" for n in place.source.arguments if n != "name"]
        pairs = 'for name, (features, labels) in {"train": train, "test": test}.items()'
        lines = [
            f"train, test = keras.datasets.{name}.load_data({', '.join(given)})",
            f"return {{name: {samples} {pairs}}}",
        ]
    title = f"the data set {name}"
    return Source(
        "dataset",
        ("dataset", "whole"),
        title,
        f"read_dataset{place.ending}()",
        facts={"lines": lines, "title": title},
    )


def _labels(place: Place) -> str:
    """Spell the labels in the shape that the loss takes."""
    kind = labels_of(labelled(place.experiment)[0])
    if kind not in ("numbers", "one_hot"):
        return 'labels.reshape(-1, 1).astype("float32")'
    found = data_set(str(place.source.arguments["name"]), {})
    in_rows = found is not None and found.labels == "numbers_in_rows"
    return "labels.reshape(-1)" if in_rows else "labels"
