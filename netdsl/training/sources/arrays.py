"""What sources of whole arrays share: counting them, and giving them by pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from netdsl.diagnostics.problems import data as problems
from netdsl.foreign import Array
from netdsl.training.sources.parts import PIECE_BYTES, Field, Opening, Part, PartName, Piece


def report_counts(opening: Opening, counts: Mapping[str, int]) -> int | None:
    """Give how many samples the arrays have, or report that they differ."""
    if len(set(counts.values())) <= 1:
        return next(iter(counts.values()), 0)
    said = ", ".join(f"`{name}` has {count:,}" for name, count in counts.items())
    help = "each sample has its place in every array: were some of them left out of one?"
    opening.report(problems.CountsDiffer.at(opening.span, said, help=help))
    return None


def part_of_arrays(
    opening: Opening, name: PartName, features: Array, labels: Array, shown: str
) -> Part | None:
    """Make a part of one array of features and one of labels; None after reporting."""
    numpy_kind = {"U": "string", "S": "string", "O": "string"}
    fields, arrays = [], {}
    pairs = zip(
        ("input", "output"), (features, labels), (opening.inputs, opening.labelled), strict=True
    )
    for role, array, ports in pairs:
        if len(ports) != 1:
            label = f"it gives one array for {len(ports)} {role}s"
            opening.report(
                problems.UnknownColumn.at(opening.span, label, name=ports[0].name, what=role)
            )
            return None
        dtype = numpy_kind.get(array.dtype.kind, str(array.dtype.name))
        what = "samples" if role == "input" else "labels"
        arrays[what] = array
        fields.append(
            Field(
                "input" if role == "input" else "output",
                ports[0], what, f"the {what} of {shown}", tuple(array.shape[1:]), dtype, opening.span,
            )
        )  # fmt: skip
    count = report_counts(opening, {key: len(array) for key, array in arrays.items()})
    if count is None:
        return None
    return Part(name, count, tuple(fields), in_pieces(arrays), opening.span)


def in_pieces(arrays: Mapping[str, Array]) -> Callable[[], Iterator[Piece]]:
    """Cut arrays that are in memory into pieces."""

    def pieces() -> Iterator[Piece]:
        count = min(len(array) for array in arrays.values())
        rows = max(1, PIECE_BYTES // max(1, sum(a[:1].nbytes for a in arrays.values())))
        for start in range(0, count, rows):
            yield {key: array[start : start + rows] for key, array in arrays.items()}

    return pieces
