"""`npz("f.npz")`: arrays in a file."""

from __future__ import annotations

from collections.abc import Callable

from netdsl.catalog.spell import spell
from netdsl.elaborate.training.experiment import Port
from netdsl.emit.training.labels import labelled
from netdsl.emit.training.sources.source import Place, Source, names_of, of_inputs, of_outputs
from netdsl.value import Value


def npz(place: Place) -> Source:
    """Write what reads arrays by their names."""
    experiment, given = place.experiment, place.source.arguments
    path, constant = place.path()
    outputs = labelled(experiment)
    features, labels = (
        names_of(given.get("x"), experiment.inputs),
        names_of(given.get("y"), outputs),
    )
    samples = [of_inputs(experiment, _array(features)), of_outputs(experiment, _array(labels))]
    if place.weight is not None:
        samples.append(f"arrays[{spell(place.weight)}]")
    is_plain = len(experiment.inputs) == len(experiment.outputs) == 1
    names = f"({spell(experiment.inputs[0].name)}, {spell(outputs[0].name)})"
    return Source(
        "npz",
        ("npz", "whole", "disk"),
        place.title,
        f"read_npz{place.ending}(here / {path})",
        constant,
        facts={
            "names": names if is_plain and not features and not labels else "",
            "picked": f"(*names, {spell(place.weight)})" if place.weight is not None else "names",
            "samples": f"({', '.join(samples)})",
        },
    )


def _array(names: dict[str, Value]) -> Callable[[Port], str]:
    return lambda port: f"arrays[{spell(names.get(port.name, port.name))}]"
