"""Data sets by name: those that scikit-learn ships are read, of Keras's own it is known what they hold."""

from __future__ import annotations

from collections.abc import Mapping

from netdsl.extras import needed
from netdsl.foreign import Array
from netdsl.training.sources.arrays import part_of_arrays
from netdsl.training.sources.parts import Field, Opening, Part

#: Samples of the data sets of Keras, their dtype, labels, and how many there are to train and to test with.
KERAS: Mapping[str, tuple[tuple[int, ...], str, tuple[int, ...], int, int]] = {
    "mnist": ((28, 28), "uint8", (), 60_000, 10_000),
    "fashion_mnist": ((28, 28), "uint8", (), 60_000, 10_000),
    "cifar10": ((32, 32, 3), "uint8", (1,), 50_000, 10_000),
    "cifar100": ((32, 32, 3), "uint8", (1,), 50_000, 10_000),
    "boston_housing": ((13,), "float64", (), 404, 102),
    "california_housing": ((8,), "float32", (), 16_512, 4_128),
}  # fmt: skip

#: What scikit-learn calls the functions that give its data sets.
SKLEARN = ("digits", "iris", "wine", "breast_cancer", "diabetes")


def open_dataset(opening: Opening) -> list[Part]:
    """Open a data set by its name."""
    name = str(opening.argument("name", opening.argument("path", "")))
    if name in SKLEARN:
        part = _of_sklearn(opening, name)
        return [part] if part is not None else []
    return _of_keras(opening, name) if name in KERAS else []


def load_sklearn(name: str, pictures: bool) -> tuple[Array, Array]:
    """Give features and labels; `digits` as pictures where the input has two axes or more."""
    sets = needed("sklearn.datasets", f'for dataset("{name}")')
    bunch = getattr(sets, f"load_{name}")()
    features = bunch.images if name == "digits" and pictures else bunch.data
    return features, bunch.target


def _of_sklearn(opening: Opening, name: str) -> Part | None:
    pictures = len(opening.inputs) == 1 and len(opening.inputs[0].shape) > 2
    features, labels = load_sklearn(name, pictures)
    return part_of_arrays(opening, opening.part, features, labels, f'`dataset("{name}")`')


def _of_keras(opening: Opening, name: str) -> list[Part]:
    """Say what a data set of Keras holds: it is downloaded when it is first used, and its values are right."""
    if len(opening.inputs) != 1 or len(opening.labelled) != 1:
        return []
    shape, dtype, labels, training, testing = KERAS[name]
    shown = f'`dataset("{name}")`'
    fields = (
        Field(
            "input", opening.inputs[0], "x", f"the samples of {shown}", shape, dtype, opening.span
        ),
        Field(
            "output",
            opening.labelled[0],
            "y",
            f"the labels of {shown}",
            labels,
            "int64",
            opening.span,
        ),
    )
    return [
        Part("train", training, fields, lambda: iter(()), opening.span),
        Part("test", testing, fields, lambda: iter(()), opening.span),
    ]
