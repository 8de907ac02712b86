"""`tfrecord("f*.tfrecord")`: examples as TensorFlow keeps them."""

from __future__ import annotations

from collections.abc import Iterable

from netdsl.catalog.spell import spell
from netdsl.elaborate.training.experiment import Port
from netdsl.emit.training.labels import labelled, labels_of
from netdsl.emit.training.sources.source import Place, Source, names_of, of_inputs, of_outputs


def tfrecord(place: Place) -> Source:
    """Write what reads examples; records keep no shapes, so those of the model are taken."""
    experiment, given = place.experiment, place.source.arguments
    paths, constant = place.paths()
    compression = place.argument("compression")
    renamed = given.get("features")
    features = {p.name: p.name for p in experiment.inputs}
    if isinstance(renamed, dict):
        features |= {str(k): v for k, v in renamed.items() if isinstance(v, str)}
    outputs = labelled(experiment)
    said = names_of(given.get("label"), outputs)
    labels = {p.name: str(said.get(p.name, p.name)) for p in outputs}
    shapes: dict[str, Iterable[object]] = {}
    for port in experiment.inputs:
        said_of = renamed.get(port.name) if isinstance(renamed, dict) else None
        shape = said_of if isinstance(said_of, list | tuple) else port.shape[1:]
        shapes[features[port.name]] = shape
    shapes |= {labels[p.name]: _label_shape(p) for p in outputs}
    samples = [
        of_inputs(experiment, lambda port: f"found[{spell(features[port.name])}]"),
        of_outputs(experiment, lambda port: f"found[{spell(labels[port.name])}]"),
    ]
    if place.weight is not None:
        shapes[place.weight] = ()
        samples.append(f"found[{spell(place.weight)}]")
    pictures = [p for p in experiment.inputs if len(p.shape) == 4 and p.shape[-1] in (1, 3, 4)]
    return Source(
        "tfrecord",
        ("tfrecord", "gather", "whole", "disk"),
        place.title,
        f"read_tfrecord{place.ending}({paths})",
        constant,
        facts={
            "shapes": "{" + ", ".join(f"{spell(k)}: {list(v)}" for k, v in shapes.items()) + "}",
            "pictures": [(spell(features[p.name]), p.shape[-1]) for p in pictures],
            "samples": ", ".join(samples),
            "compression": f", {compression}" if compression else "",
            "size": "10 * size" if compression else "size",
        },
    )


def _label_shape(port: Port) -> tuple[int | None, ...]:
    return port.shape[1:-1] if labels_of(port) == "numbers" else port.shape[1:]
