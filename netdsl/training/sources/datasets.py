"""Data sets by name: those that scikit-learn ships are read, of Keras's own it is known what they hold."""

from __future__ import annotations

from collections.abc import Iterator

from netdsl.catalog.data_sets import data_set
from netdsl.extras import needed
from netdsl.foreign import Array
from netdsl.training.sources.arrays import part_of_arrays
from netdsl.training.sources.parts import Field, Opening, Part, Piece

#: The largest numbers that words have in the sets of texts.
LAST_WORDS = {"imdb": 88_586, "reuters": 30_981}

#: What scikit-learn calls the functions that give its data sets.
SKLEARN = ("digits", "iris", "wine", "breast_cancer", "diabetes")


def open_dataset(opening: Opening) -> list[Part]:
    """Open a data set by its name."""
    name = str(opening.argument("name", opening.argument("path", "")))
    if name in SKLEARN:
        part = _of_sklearn(opening, name)
        return [part] if part is not None else []
    return _of_keras(opening, name)


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
    """Say what a data set of Keras holds, which is downloaded later: its outermost values stand for all."""
    found = data_set(name, opening.source.arguments)
    if found is None or len(opening.inputs) != 1 or len(opening.labelled) != 1:
        return []
    place, port = opening.span, opening.inputs[0]
    shown = f'`dataset("{name}")`'
    shape = port.shape[1:] if None in found.shapes[0] else found.shapes[0]
    x = Field("input", port, "x", f"the numbers of {shown}", shape, found.dtype, place, counted="")
    y = Field(
        "output", opening.labelled[0], "y", f"the labels of {shown}",
        found.label_shape, found.label_dtype, place, counted="",
    )  # fmt: skip

    def pieces() -> Iterator[Piece]:
        numpy = needed("numpy")
        labels = [0, 1, found.classes - 1] if found.classes else [0.5, 1.5, 2.5]
        yield {
            "x": numpy.array([[0], [0], [_last_word(opening, name)]]),
            "y": numpy.array(labels).reshape(-1, *found.label_shape),
        }

    return [
        Part("train", found.training, (x, y), pieces, place),
        Part("test", found.testing, (x, y), pieces, place),
    ]


def _last_word(opening: Opening, name: str) -> int:
    """Give the largest number of a word; without `num_words` that of the rarest."""
    count = opening.argument("num_words")
    return int(count) - 1 if isinstance(count, int) else LAST_WORDS.get(name, 0)
