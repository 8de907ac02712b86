"""Data from a function of the user's own, seen when it has run: its first batches are held against the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from netdsl.elaborate.training.experiment import Experiment, Port
from netdsl.extras import needed
from netdsl.foreign import Array, Foreign
from netdsl.training.checks.checking import Checked, check_part
from netdsl.training.sources.parts import Field, Opening, Part, PartName, Piece, Report, Role

#: So many batches are looked at.
MOST_BATCHES = 20


def check_loaded(experiment: Experiment, data: Foreign, report: Report) -> bool:
    """Check what functions of the user's own gave; tell whether all of it fits."""
    good = True

    def told(diagnostic: Foreign) -> None:
        nonlocal good
        good = False
        report(diagnostic)

    parts: tuple[tuple[str, PartName], ...] = (
        ("data", "train"), ("validation", "validation"), ("test", "test"),
    )  # fmt: skip
    for setting, name in parts:
        source = getattr(experiment, setting)
        if source is None or source.function is None or getattr(data, name) is None:
            continue
        opening = Opening(source, experiment, told, name)
        part = _part(opening, getattr(data, name))
        if part is not None:
            check_part(opening, part, Checked())
    return good


def _part(opening: Opening, dataset: Foreign) -> Part | None:
    """See the first batches as a part of the data; None where they are not features and labels."""
    first = next(iter(dataset.take(1)), None)
    if first is None:
        return Part(opening.part, 0, (), lambda: iter(()), opening.span)
    if not isinstance(first, tuple) or len(first) < 2:
        return None
    fields = [
        *_fields(opening, "input", opening.inputs, first[0]),
        *_fields(opening, "output", opening.labelled, first[1]),
    ]

    def pieces() -> Iterator[Piece]:
        for features, labels, *_ in islice(iter(dataset), MOST_BATCHES):
            yield {
                **{f"input {n}": a for n, a in _by_name(opening.inputs, features).items()},
                **{f"output {n}": a for n, a in _by_name(opening.labelled, labels).items()},
            }

    return Part(opening.part, None, tuple(fields), pieces, opening.span)


def _fields(
    opening: Opening, role: Role, ports: tuple[Port, ...], tensors: Foreign
) -> Iterator[Field]:
    by_name = _by_name(ports, tensors)
    what = "the samples" if role == "input" else "the labels"
    for port in ports:
        if port.name in by_name:
            array = by_name[port.name]
            dtype = "string" if array.dtype.kind in "OSU" else str(array.dtype.name)
            shown = f"{what} of `{opening.source.kind}`"
            yield Field(
                role,
                port,
                f"{role} {port.name}",
                shown,
                tuple(array.shape[1:]),
                dtype,
                opening.span,
            )


def _by_name(ports: tuple[Port, ...], tensors: Foreign) -> Mapping[str, Array]:
    numpy = needed("numpy")
    if isinstance(tensors, Mapping):
        return {str(name): numpy.asarray(tensor) for name, tensor in tensors.items()}
    listed = tensors if isinstance(tensors, (list, tuple)) else [tensors]
    return {port.name: numpy.asarray(t) for port, t in zip(ports, listed, strict=False)}
