"""What the data sets hold that are known by name: the shape and dtype of a sample, its labels, how many there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from netdsl.record import record
from netdsl.value import Value


@record
class DataSet:
    """One data set. `shapes` are those that a sample may have, None for a length that differs from sample to sample.

    `labels` is a form of labels as `training_fits` names them, `classes` their number, 0 where they are values.
    """

    shapes: tuple[tuple[int | None, ...], ...]
    dtype: str
    labels: str
    classes: int
    training: int
    testing: int = 0  # samples that are kept for testing, where the set says which
    is_shipped: bool = False  # with scikit-learn: it needs no network

    @property
    def label_shape(self) -> tuple[int, ...]:
        """The shape of a sample's label."""
        return (1,) if self.labels == "numbers_in_rows" else ()

    @property
    def label_dtype(self) -> str:
        return "int64" if self.classes else "float64"


_SHIPPED = {
    "breast_cancer": DataSet(((30,),), "float64", "numbers", 2, 569, is_shipped=True),
    "diabetes": DataSet(((10,),), "float64", "values_flat", 0, 442, is_shipped=True),
    "digits": DataSet(((8, 8), (64,)), "float64", "numbers", 10, 1797, is_shipped=True),
    "iris": DataSet(((4,),), "float64", "numbers", 3, 150, is_shipped=True),
    "wine": DataSet(((13,),), "float64", "numbers", 3, 178, is_shipped=True),
}

DATA_SETS: Mapping[str, DataSet] = {
    "boston_housing": DataSet(((13,),), "float64", "values_flat", 0, 404, 102),
    "california_housing": DataSet(((8,),), "float32", "values_flat", 0, 16_512, 4_128),
    "cifar10": DataSet(((32, 32, 3),), "uint8", "numbers_in_rows", 10, 50_000, 10_000),
    "cifar100": DataSet(((32, 32, 3),), "uint8", "numbers_in_rows", 100, 50_000, 10_000),
    "fashion_mnist": DataSet(((28, 28),), "uint8", "numbers", 10, 60_000, 10_000),
    "imdb": DataSet(((None,),), "int64", "numbers", 2, 25_000, 25_000),
    "mnist": DataSet(((28, 28),), "uint8", "numbers", 10, 60_000, 10_000),
    "reuters": DataSet(((None,),), "int64", "numbers", 46, 8_982, 2_246),
    **_SHIPPED,
}

#: Arguments that a data set takes beside its name, and which; all others take none.
_WORDS = ("num_words", "maxlen", "skip_top", "start_char", "oov_char", "index_from")
TAKEN: Mapping[str, tuple[str, ...]] = {
    "imdb": _WORDS,
    "reuters": _WORDS,
    "cifar100": ("label_mode",),
    "california_housing": ("version",),
}


def data_set(name: str, arguments: Mapping[str, Value]) -> DataSet | None:
    """Give what a data set holds, with its arguments; None for one that is not known."""
    found = DATA_SETS.get(name)
    if found is None:
        return None
    if arguments.get("label_mode") == "coarse":
        return replace(found, classes=20)
    if arguments.get("version") == "small":
        return replace(found, training=480, testing=120)
    return found
