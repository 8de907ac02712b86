"""Mistakes in data, each told once at its place, before TensorFlow is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.training.data.asking import check, savez, spec, told

numpy = pytest.importorskip("numpy")

X = numpy.random.default_rng(0).normal(size=(50, 4)).astype("float32")
Y = numpy.arange(50) % 3
TOKENS = numpy.random.default_rng(1).integers(0, 20, (50, 6))
EMBEDDED = {
    "inputs": "input x: int32[6]",
    "output": "x -> Embedding(20, 4) -> GlobalAveragePooling1D() -> Dense(3, activation=softmax)",
}
BINARY = {"output": "x -> Dense(1, activation=sigmoid)", "loss": "binary_crossentropy"}


def with_at(array: object, index: object, value: float) -> object:
    changed = numpy.array(array)
    changed[index] = value
    return changed


#: Arrays, how the spec differs, and what is told: the code, what is marked, what is said, the way out.
ARRAYS = {
    "labels_counted_from_1": (
        {"x": X, "y": Y + 1}, {},
        ("N0855", 'npz("f.npz")', "array `y`, sample 2 is 3, classes are 0 to 2; 16 such labels",
         "count classes from 0: subtract 1 from each label"),
    ),
    "a_label_below_0": (
        {"x": X, "y": with_at(Y, 7, -1)}, {},
        ("N0855", 'npz("f.npz")', "array `y`, sample 7 is -1, classes are 0 to 2",
         "count classes from 0; what is to be left out is named by the loss: `ignore_class=-1`"),
    ),
    "more_classes_than_units": (
        {"x": X, "y": with_at(Y, 9, 5)}, {},
        ("N0855", 'npz("f.npz")', "array `y`, sample 9 is 5, classes are 0 to 2",
         "give the output 6 units, one for each class"),
    ),
    "values_for_classes": (
        {"x": X, "y": Y + 0.5}, {},
        ("N0855", 'npz("f.npz")', "array `y`, sample 0 is 0.5, classes are 0 to 2; 50 such labels",
         "numbers with fractions are values: `loss = mse`"),
    ),
    "rows_under_a_sparse_loss": (
        {"x": X, "y": numpy.eye(3)[Y]}, {},
        ("N0857", "sparse_categorical_crossentropy",
         "`SparseCategoricalCrossentropy` takes the number of a class for each sample, array `y` are rows of 3",
         "write `loss = categorical_crossentropy` for rows with a 1 at the class"),
    ),
    "numbers_under_a_loss_of_rows": (
        {"x": X, "y": Y}, {"loss": "categorical_crossentropy"},
        ("N0857", "categorical_crossentropy",
         "`CategoricalCrossentropy` takes rows with a 1 at the class, of 3; array `y` are numbers of classes",
         "write `loss = sparse_categorical_crossentropy` for numbers of classes"),
    ),
    "ten_classes_under_a_binary_loss": (
        {"x": X, "y": numpy.arange(50) % 10}, BINARY,
        ("N0857", "binary_crossentropy", "`BinaryCrossentropy` takes 0 or 1, array `y` holds 0 to 9",
         "for 10 classes: `Dense(10, activation=softmax)` and `loss = sparse_categorical_crossentropy`"),
    ),
    "minus_one_under_a_binary_loss": (
        {"x": X, "y": 2 * (Y % 2) - 1}, BINARY,
        ("N0855", 'npz("f.npz")', "array `y`, sample 0 is -1, it takes 0 or 1; 33 such labels",
         "there are two values: save `(y == 1)`, which is 0 or 1"),
    ),
    "an_index_outside_a_table": (
        {"x": with_at(TOKENS, (3, 2), 20), "y": Y}, EMBEDDED,
        ("N0856", 'npz("f.npz")', "array `x`, sample 3, at 2 is 20, `Embedding` has rows 0 to 19",
         "give it room for all: `input_dim=21`"),
    ),
    "an_index_below_0": (
        {"x": with_at(TOKENS, (3, 2), -1), "y": Y}, EMBEDDED,
        ("N0856", 'npz("f.npz")', "array `x`, sample 3, at 2 is -1, `Embedding` has rows 0 to 19",
         "numbers below 0 look nothing up"),
    ),
    "floats_into_an_integer_input": (
        {"x": TOKENS.astype("float32"), "y": Y}, EMBEDDED,
        ("N0854", 'npz("f.npz")', "array `x` is float32, the input is int32",
         'save whole numbers: `x.astype("int32")`, or declare the input as float32'),
    ),
    "text_into_numbers": (
        {"x": X.astype(str), "y": Y}, {},
        ("N0854", 'npz("f.npz")', "array `x` holds text, the input is float32",
         'save numbers: `x.astype("float32")`'),
    ),
    "python_objects": (
        {"x": numpy.array([{}] * 50), "y": Y}, {},
        ("N0854", 'npz("f.npz")',
         "array `x` holds Python objects, which are not read: unpickling them may run anything",
         "save an array of numbers, each sample of the same shape"),
    ),
    "nan_and_infinity": (
        {"x": with_at(with_at(X, (3, 2), numpy.nan), (9, 0), numpy.inf), "y": Y}, {},
        ("N0859", 'npz("f.npz")', "2 values, the first in array `x`, sample 3, at 2",
         "leave those samples out, or put numbers for them, before they are saved"),
    ),
    "nan_in_the_labels": (
        {"x": X, "y": with_at(X[:, 0], 11, numpy.nan)}, {"output": "x -> Dense(1)", "loss": "mse"},
        ("N0859", 'npz("f.npz")', "1 value, in array `y`, sample 11",
         "leave those samples out, or put numbers for them, before they are saved"),
    ),
    "a_sample_of_another_shape": (
        {"x": X[:, :3], "y": Y}, {},
        ("N0853", 'npz("f.npz")', "a sample of array `x` is [3], the input takes [4]",
         "declare the input as it comes: `input x: [3]`"),
    ),
    "a_label_of_another_shape": (
        {"x": X, "y": X}, {"output": "x -> Dense(2)", "loss": "mse"},
        ("N0853", 'npz("f.npz")', "a label of array `y` is [4], the loss compares [2]", "give the output 4 units"),
    ),
    "arrays_of_other_lengths": (
        {"x": X[:-1], "y": Y}, {},
        ("N0865", 'npz("f.npz")', "`x` has 49, `y` has 50",
         "each sample has its place in every array: were some of them left out of one?"),
    ),
    "objects_of_another_length": (
        {"x": numpy.array([[1, 2], [3]], dtype=object), "y": Y}, {},
        ("N0854", 'npz("f.npz")',
         "array `x` holds Python objects, which are not read: unpickling them may run anything",
         "save an array of numbers, each sample of the same shape"),
    ),
    "dates": (
        {"x": numpy.zeros((50, 4), "M8[s]"), "y": Y}, {},
        ("N0854", 'npz("f.npz")', "array `x` is datetime64[s], which TensorFlow does not take",
         'save numbers: `array.astype("float32")`'),
    ),
    "one_value": (
        {"x": numpy.float32(3), "y": Y}, {},
        ("N0853", 'npz("f.npz")', "array `x` is one value", "save an array, with a sample in each row"),
    ),
    "more_than_float32_holds": (
        {"x": with_at(X.astype("float64"), (3, 2), 1e40), "y": Y}, {},
        ("N0859", 'npz("f.npz")', "1 value, in array `x`, sample 3, at 2: 1e+40 is infinite in float32",
         "leave those samples out, or put numbers for them, before they are saved"),
    ),
    "more_than_a_byte_holds": (
        {"x": with_at(numpy.ones((50, 4), int), (3, 2), 300), "y": Y},
        {"inputs": "input x: uint8[4]", "output": "x -> Rescaling(1.0) -> Dense(3, activation=softmax)"},
        ("N0854", 'npz("f.npz")', "array `x`, sample 3, at 2 is 300, uint8 holds 0 to 255",
         "declare the input as a type that holds them"),
    ),
    "rows_that_tell_several_classes": (
        {"x": X, "y": with_at(numpy.eye(3)[Y], (4, slice(None)), 1)}, {"loss": "categorical_crossentropy"},
        ("N0855", 'npz("f.npz")', "array `y`, sample 4 adds up to 3, it takes rows with a 1 at the class",
         "for several classes at once, or none: `Dense(3, activation=sigmoid)` and `loss = binary_crossentropy`"),
    ),
    "one_and_two_under_a_binary_loss": (
        {"x": X, "y": Y % 2 + 1}, BINARY,
        ("N0855", 'npz("f.npz")', "array `y`, sample 1 is 2, it takes 0 or 1; 17 such labels",
         "there are two values: save `(y == 2)`, which is 0 or 1"),
    ),
    "rows_of_two_for_one_unit": (
        {"x": X, "y": numpy.eye(2)[Y % 2]}, BINARY,
        ("N0853", 'npz("f.npz")', "a label of array `y` is [2], the loss compares [1]",
         "for rows with a 1 at the class: `Dense(2, activation=softmax)` and `loss = categorical_crossentropy`"),
    ),
    "counts_below_0": (
        {"x": X, "y": -Y}, {"output": "x -> Dense(1, activation=exponential)", "loss": "poisson"},
        ("N0855", 'npz("f.npz")', "array `y`, sample 1 is -1, `Poisson` takes 0 or more; 33 such labels",
         "values of either sign: `loss = mse`"),
    ),
    "weights_below_0": (
        {"x": X, "y": Y, "w": with_at(numpy.ones(50), 3, -2)}, {"more": 'sample_weight = "w"'},
        ("N0868", '"w"', "array `w`, sample 3 is -2.0", "a weight is 0, or more"),
    ),
    "weights_that_are_none": (
        {"x": X, "y": Y, "w": numpy.full(50, numpy.nan)}, {"more": 'sample_weight = "w"'},
        ("N0868", '"w"', "array `w`, sample 0 is nan; 50 such weights", "a weight is 0, or more"),
    ),
    "weights_that_leave_nothing": (
        {"x": X, "y": Y, "w": numpy.zeros(50)}, {"more": 'sample_weight = "w"'},
        ("N0868", '"w"', "all of array `w` are 0: no sample counts", "a weight is 0, or more"),
    ),
    "several_weights_for_a_sample": (
        {"x": X, "y": Y, "w": numpy.ones((50, 3))}, {"more": 'sample_weight = "w"'},
        ("N0868", '"w"', "a sample of array `w` is [3]", "a weight is one number for each sample, 0 or more"),
    ),
    "a_part_by_another_name": (
        {"x_train": X, "y_train": Y, "x_valid": X}, {},
        ("N0852", '"f.npz"', "`x_valid` stands beside `x_train`, and is not read", "call it `x_val`"),
    ),
    "a_part_without_labels": (
        {"x_train": X, "y_train": Y, "x_test": X}, {},
        ("N0852", 'npz("f.npz")', "there are `x_train`, `y_train`, `x_test`", "`x_test` goes with `y_test`"),
    ),
    "a_split_beside_a_part": (
        {"x_train": X, "y_train": Y, "x_val": X, "y_val": Y}, {"more": "validation_split = 0.2"},
        ("N0815", "0.2", "`data` has validation data of its own, so nothing would be split off",
         "leave it out, or the validation data"),
    ),
    "one_class_alone": (
        {"x": X, "y": Y * 0 + 2}, {},
        ("N0861", 'npz("f.npz")', "every label of array `y` is 2",
         "there is nothing to tell apart: is the data sorted, and cut off?"),
    ),
    "one_class_in_rows": (
        {"x": X, "y": numpy.eye(3)[Y * 0 + 1]}, {"loss": "categorical_crossentropy"},
        ("N0861", 'npz("f.npz")', "every label of array `y` is 1",
         "there is nothing to tell apart: is the data sorted, and cut off?"),
    ),
    "no_samples": (
        {"x": X[:0], "y": Y[:0]}, {},
        ("N0858", 'npz("f.npz")', "train data has no samples", "save samples in it, or name another file"),
    ),
    "no_such_array": (
        {"x": X, "labels": Y}, {},
        ("N0852", 'npz("f.npz")', "there are `x`, `labels`", 'say which it is: `y="…"`'),
    ),
    "no_such_array_of_weights": (
        {"x": X, "y": Y, "weights": Y}, {"more": 'sample_weight = "weight"'},
        ("N0852", '"weight"', "there are `x`, `y`, `weights`", "did you mean `weights`?"),
    ),
    "weights_of_another_length": (
        {"x": X, "y": Y, "w": Y[:9]}, {"more": 'sample_weight = "w"'},
        ("N0865", 'npz("f.npz")', "`x` has 50, `y` has 50, `w` has 9",
         "each sample has its place in every array: were some of them left out of one?"),
    ),
    "a_split_of_nothing": (
        {"x": X, "y": Y}, {"more": "validation_split = 0.001"},
        ("N0862", "0.001", "0.001 of 50 samples is none",
         "take a larger share: `validation_split = 0.02`"),
    ),
    "a_split_of_everything": (
        {"x": X, "y": Y}, {"more": "validation_split = 0.999"},
        ("N0862", "0.999", "of 50 samples none are left to train with", "take a smaller share"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ARRAYS)
def test_a_mistake_in_arrays(tmp_path: Path, case: str) -> None:
    arrays, differences, expected = ARRAYS[case]
    savez(tmp_path / "f.npz", **arrays)
    assert told(tmp_path, spec('npz("f.npz")', **differences)) == [expected]


#: Arrays that are right, though they look like one of the mistakes.
RIGHT = {
    "labels_in_rows_of_one": ({"x": X, "y": Y[:, None]}, {}),
    "labels_as_floats": ({"x": X, "y": Y.astype("float64")}, {}),
    "softened_rows": (
        {"x": X, "y": numpy.full((50, 3), 0.1) + 0.7 * numpy.eye(3)[Y]},
        {"loss": "categorical_crossentropy"},
    ),
    "a_class_that_is_ignored": (
        {"x": X, "y": with_at(Y, 7, -1)}, {"loss": "SparseCategoricalCrossentropy(ignore_class=-1)"},
    ),
    "probabilities_as_labels": ({"x": X, "y": numpy.linspace(0, 1, 50)}, BINARY),
    "margins": ({"x": X, "y": 2 * (Y % 2) - 1}, {"output": "x -> Dense(1)", "loss": "hinge"}),
    "several_questions": (
        {"x": X, "y": numpy.stack([Y % 2, Y * 0], 1)},
        {"output": "x -> Dense(2, activation=sigmoid)", "loss": "binary_crossentropy"},
    ),
    "pictures_without_channels": (
        {"x": numpy.zeros((50, 8, 8), "uint8"), "y": Y},
        {"inputs": "input x: [8, 8, 1]", "output": "x -> Flatten() -> Dense(3, activation=softmax)"},
    ),
    "whole_numbers_into_floats": ({"x": X.astype("int64"), "y": Y}, {}),
    "indices_up_to_the_last_row": ({"x": with_at(TOKENS, (0, 0), 19), "y": Y}, EMBEDDED),
    "several_maps_of_classes": (
        {"x": numpy.zeros((50, 4, 4, 1), "float32"), "y": numpy.arange(800).reshape(50, 4, 4) % 3},
        {"inputs": "input x: [4, 4, 1]", "output": "x -> Conv2D(3, 1, activation=softmax)"},
    ),
    "weights_of_steps": (
        {"x": numpy.zeros((50, 6), int), "y": numpy.arange(300).reshape(50, 6) % 3, "w": numpy.ones((50, 6))},
        {"inputs": "input x: int32[6]", "output": "x -> Embedding(20, 4) -> Dense(3, activation=softmax)",
         "more": 'sample_weight = "w"'},
    ),
    "rows_of_characters": (
        {"x": numpy.zeros((50, 6), int), "y": numpy.tile([1, 2, 0], (50, 1))},
        {"inputs": "input x: int32[6]", "output": "x -> Embedding(20, 4) -> Dense(3)", "loss": "CTC()"},
    ),
    "classes_of_vectors": (
        {"x": X, "y": Y}, {"output": "x -> Dense(6) -> UnitNormalization()", "loss": "Circle()"},
    ),
    "a_compressed_column_order": ({"x": numpy.asfortranarray(X), "y": Y}, {}),
}  # fmt: skip


@pytest.mark.parametrize("case", RIGHT)
def test_nothing_is_told_of_what_is_right(tmp_path: Path, case: str) -> None:
    arrays, differences = RIGHT[case]
    savez(tmp_path / "f.npz", **arrays)
    checked, found = check(tmp_path, spec('npz("f.npz")', **differences))
    assert found == []
    assert checked.counts == {"train": 50}


def test_parts_of_an_archive_are_told_by_its_names(tmp_path: Path) -> None:
    savez(
        tmp_path / "f.npz",
        x_train=X,
        y_train=Y,
        x_val=X[:9],
        y_val=Y[:9],
        x_test=X[:7],
        y_test=Y[:7],
    )
    checked, found = check(tmp_path, spec('npz("f.npz")'))
    assert found == []
    assert checked.counts == {"train": 50, "validation": 9, "test": 7}


def test_a_mistake_in_the_test_data_says_so(tmp_path: Path) -> None:
    savez(tmp_path / "f.npz", x_train=X, y_train=Y, x_test=X, y_test=Y + 1)
    ((_, _, label, _),) = told(tmp_path, spec('npz("f.npz")'))
    assert (
        label
        == "array `y_test`, sample 2 of the test data is 3, classes are 0 to 2; 16 such labels"
    )


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    savez(tmp_path / "flowers.npz", x=X, y=Y)
    assert told(tmp_path, spec('npz("flower.npz")')) == [
        ("N0851", '"flower.npz"', "nothing is there", "did you mean `flowers.npz`?")
    ]


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "f.npz").write_text("a,b\n1,2\n")
    ((code, marked, label, _),) = told(tmp_path, spec('npz("f.npz")'))
    assert (code, marked) == ("N0864", '"f.npz"')
    assert label.endswith("is no archive of NumPy arrays: File is not a zip file")


def test_a_file_that_is_cut_off(tmp_path: Path) -> None:
    savez(tmp_path / "f.npz", x=numpy.zeros((50_000, 4)), y=Y)
    whole = (tmp_path / "f.npz").read_bytes()
    (tmp_path / "f.npz").write_bytes(whole[: len(whole) // 2])
    assert [code for code, *_ in told(tmp_path, spec('npz("f.npz")'))] == ["N0864"]


def test_data_is_checked_without_tensorflow(tmp_path: Path) -> None:
    savez(tmp_path / "f.npz", x=X, y=Y)
    (tmp_path / "m.net").write_text(spec('npz("f.npz")'))
    program = (
        "import sys, netdsl\n"
        "from netdsl.training.checks import check_data\n"
        "assert check_data(netdsl.compile_file(sys.argv[1]).experiment(), print).good\n"
        "assert not {'tensorflow', 'keras', 'jax', 'torch'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "m.net")], check=True, timeout=60)


@pytest.mark.parametrize(
    ("start", "marked", "said", "help_"),
    [
        (
            'weights("bas.weights.h5")',
            '"bas.weights.h5"',
            "no file is there",
            "did you mean `base.weights.h5`?",
        ),
        (
            'run("runs/gone")',
            '"runs/gone"',
            "no folder is there: a run is found from the current folder",
            "",
        ),
        ('run("half")', '"half"', "it holds no model.keras: the run did not come to its end", ""),
    ],
)
def test_weights_to_start_from_that_are_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: str, marked: str, said: str, help_: str
) -> None:
    monkeypatch.chdir(tmp_path)
    savez(tmp_path / "f.npz", x=X, y=Y)
    (tmp_path / "base.weights.h5").write_text("")
    (tmp_path / "half").mkdir()
    text = spec('npz("f.npz")', more=f"start_from = {start}")
    assert told(tmp_path, text) == [("N0851", marked, said, help_)]


@pytest.mark.parametrize(
    ("data", "differences", "expected"),
    [
        (
            'dataset("mnist")',
            {"inputs": "input x: [28, 28]", "output": "x -> Flatten() -> Dense(3, activation=softmax)"},
            ("N0855", 'dataset("mnist")', 'one of the labels of `dataset("mnist")` is 9, classes are 0 to 2',
             "give the output 10 units, one for each class"),
        ),
        (
            'dataset("mnist")',
            {"inputs": "input x: [28, 28]", "output": "x -> Flatten() -> Dense(1, activation=sigmoid)",
             "loss": "binary_crossentropy"},
            ("N0857", "binary_crossentropy",
             '`BinaryCrossentropy` takes 0 or 1, the labels of `dataset("mnist")` holds 0 to 9',
             "for 10 classes: `Dense(10, activation=softmax)` and `loss = sparse_categorical_crossentropy`"),
        ),
        (
            'dataset("imdb", num_words=99)', {
                "inputs": "input x: int32[40]", "loss": "binary_crossentropy",
                "output": "x -> Embedding(50, 4) -> Flatten() -> Dense(1, activation=sigmoid)",
            },
            ("N0856", 'dataset("imdb", num_words=99)',
             'one of the numbers of `dataset("imdb")` is 98, `Embedding` has rows 0 to 49',
             "give it room for all: `input_dim=99`"),
        ),
    ],
)  # fmt: skip
def test_a_data_set_of_keras_is_held_against_the_model(
    tmp_path: Path, data: str, differences: dict[str, str], expected: tuple[str, ...]
) -> None:
    assert told(tmp_path, spec(data, **differences)) == [expected]


def test_counts_of_a_data_set_go_by_its_arguments(tmp_path: Path) -> None:
    text = spec(
        'dataset("california_housing", version="small")',
        inputs="input x: [8]",
        output="x -> Dense(1)",
        loss="mse",
    )
    checked, found = check(tmp_path, text)
    assert (found, checked.counts) == ([], {"train": 480, "test": 120})
