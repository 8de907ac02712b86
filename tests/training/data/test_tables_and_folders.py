"""Tables, folders of pictures and texts, and records: what is right, and mistakes in them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.training.data.asking import check, spec, told

numpy = pytest.importorskip("numpy")
pandas = pytest.importorskip("pandas")
Image = pytest.importorskip("PIL.Image")

PICTURES = {
    "inputs": "input x: [8, 8, 3]",
    "output": "x -> Flatten() -> Dense(2, activation=softmax)",
}


def table(folder: Path, name: str = "f.csv", **columns: object) -> None:
    """Write a table of fifty flowers; columns may be given other values."""
    x = numpy.random.default_rng(0).normal(size=(50, 4)).round(3)
    frame = pandas.DataFrame(x, columns=list("abcd"))
    frame["kind"] = [["rose", "tulip", "lily"][i % 3] for i in range(50)]
    frame = frame.assign(**columns)
    frame.to_parquet(folder / name) if name.endswith("parquet") else frame.to_csv(
        folder / name, index=False
    )


def test_a_table_with_classes_as_text(tmp_path: Path) -> None:
    table(tmp_path)
    checked, found = check(tmp_path, spec('csv("f.csv", label="kind")'))
    assert found == []
    assert checked.counts == {"train": 50}


def test_several_tables_are_one(tmp_path: Path) -> None:
    table(tmp_path, "a1.csv")
    table(tmp_path, "a2.csv")
    checked, found = check(tmp_path, spec('csv("a*.csv", label="kind")'))
    assert found == []
    assert checked.counts == {"train": 100}


def test_columns_of_several_inputs_by_their_names(tmp_path: Path) -> None:
    table(tmp_path)
    inputs = "input a: [1]\n    input b: [1]"
    output = "[a, b] -> Concatenate() -> Dense(3, activation=softmax)"
    _, found = check(tmp_path, spec('csv("f.csv", label="kind")', inputs=inputs, output=output))
    assert found == []


TABLES = {
    "a_column_that_is_not_there": (
        {}, 'csv("f.csv", label="kin")',
        ("N0852", '"kin"', "there are `a`, `b`, `c`, `d`, `kind`", "did you mean `kind`?"),
    ),
    "an_empty_cell": (
        {"b": [None if i in (4, 9) else 0.5 for i in range(50)]}, 'csv("f.csv", label="kind")',
        ("N0859", 'csv("f.csv", label="kind")', "2 values, the first in column `b`, row 4",
         "leave those samples out, or put numbers for them, before they are saved"),
    ),
    "text_among_numbers": (
        {"b": ["n/k" if i == 4 else 0.5 for i in range(50)]}, 'csv("f.csv", label="kind")',
        ("N0854", 'csv("f.csv", label="kind")', "column `b`, row 4 is 'n/k', and float32 is wanted",
         "leave the column out by `features=[…]`, or give it an input: `input name: string[1]`"),
    ),
    "a_column_of_names_for_classes": (
        {"kind": [f"n{i}" for i in range(50)]}, 'csv("f.csv", label="kind")',
        ("N0855", '"kind"', "column `kind` holds 50 different texts, the output tells 3 classes apart",
         "give the output 50 units, one for each class"),
    ),
    "one_kind_alone": (
        {"kind": ["rose"] * 50}, 'csv("f.csv", label="kind")',
        ("N0861", '"kind"', "every label of column `kind` is `rose`",
         "there is nothing to tell apart: is the data sorted, and cut off?"),
    ),
    "a_label_outside_the_classes": (
        {"kind": [3 if i == 8 else i % 3 for i in range(50)]}, 'csv("f.csv", label="kind")',
        ("N0855", '"kind"', "column `kind`, row 8 is 3, classes are 0 to 2",
         "give the output 4 units, one for each class"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLES)
def test_a_mistake_in_a_table(tmp_path: Path, case: str) -> None:
    columns, source, expected = TABLES[case]
    table(tmp_path, **columns)
    assert told(tmp_path, spec(source)) == [expected]


HEAD = "a,b,c,d,kind\n"

#: Files by their names, the source, and what is told.
FILES: dict[str, tuple[dict[str, str | bytes], str, tuple[str, str, str, str]]] = {
    "another_delimiter": (
        {"f.csv": "a;b;c;d;kind\n1;2;3;4;0\n"}, 'csv("f.csv", label="kind")',
        ("N0864", '"f.csv"', "all of its first line is one column, `a;b;c;d;kind`",
         'say what stands between columns: `delimiter=";"`'),
    ),
    "a_name_that_stands_twice": (
        {"f.csv": "a,b,c,c,kind\n1,2,3,4,0\n"}, 'csv("f.csv", label="kind")',
        ("N0864", '"f.csv"', "column `c` stands twice in `f.csv`",
         "give each column a name of its own, or drop one of the two"),
    ),
    "a_decimal_comma": (
        {"f.csv": "a;b;c;d;kind\n1;2,5;3;4;0\n1;2;3;4;1\n"}, 'csv("f.csv", label="kind", delimiter=";")',
        ("N0854", 'csv("f.csv", label="kind", delimiter=";")', "column `b`, row 0 is '2,5', and float32 is wanted",
         "numbers are written with a point, and without marks of thousands: `1.5`, `1200`"),
    ),
    "numbers_of_classes_for_a_loss_of_rows": (
        {"f.csv": HEAD + "1,2,3,4,0\n1,2,3,4,1\n"}, 'csv("f.csv", label="kind")\n loss = categorical_crossentropy',
        ("N0857", "categorical_crossentropy",
         "`CategoricalCrossentropy` takes rows with a 1 at the class, of 3; column `kind` are numbers of classes",
         "write `loss = sparse_categorical_crossentropy` for numbers of classes"),
    ),
    "a_spreadsheet": (
        {"f.csv": b"PK\x03\x04\x14\0\6\0"}, 'csv("f.csv", label="kind")',
        ("N0864", '"f.csv"', "is no CSV table: it is a spreadsheet, or an archive", "save it as CSV, in UTF-8"),
    ),
    "another_encoding": (
        {"f.csv": (HEAD + "1,2,3,4,café\n").encode("latin-1")}, 'csv("f.csv", label="kind")',
        ("N0864", '"f.csv"', "can't decode byte 0xe9", "save it as UTF-8: it is read as such"),
    ),
    "rows_that_are_longer": (
        {"f.csv": HEAD + "1,2,3,4,0,9\n1,2,3,4,1,9\n"}, 'csv("f.csv", label="kind")',
        ("N0864", '"f.csv"', "its rows have more fields than its first line has names",
         "write it anew, or leave it out"),
    ),
    "columns_in_another_order": (
        {"p1.csv": HEAD + "1,2,3,4,0\n", "p2.csv": "b,a,c,d,kind\n1,2,3,4,1\n"}, 'csv("p*.csv", label="kind")',
        ("N0853", '"p*.csv"', "`p2.csv` has its columns in another order than the first file",
         'say which are meant, and in which order: `features=["a", "b", …]`'),
    ),
    "held_out_columns_in_another_order": (
        {"f.csv": HEAD + "1,2,3,4,0\n1,2,3,4,1\n", "v.csv": "b,a,c,d,kind\n1,2,3,4,1\n"},
        'csv("f.csv", label="kind")\n validation = csv("v.csv", label="kind")',
        ("N0853", '"v.csv"', "`v.csv` has its columns in another order than the training data",
         'say which are meant, and in which order: `features=["a", "b", …]`'),
    ),
    "a_class_that_training_has_not": (
        {"f.csv": HEAD + "1,2,3,4,x\n1,2,3,4,y\n", "v.csv": HEAD + "1,2,3,4,z\n1,2,3,4,x\n"},
        'csv("f.csv", label="kind")\n validation = csv("v.csv", label="kind")',
        ("N0855", '"kind"', "column `kind` holds `z`, which the training data has not", "it has `x`, `y`"),
    ),
    "numbers_for_text": (
        {"f.csv": HEAD + "1,2,3,4,x\n1,2,3,4,y\n", "v.csv": HEAD + "1,2,3,4,1\n1,2,3,4,0\n"},
        'csv("f.csv", label="kind")\n validation = csv("v.csv", label="kind")',
        ("N0855", '"kind"', "column `kind` holds numbers, in the training data text",
         "write the classes alike in both"),
    ),
    "weights_below_0": (
        {"f.csv": "a,b,c,d,kind,w\n1,2,3,4,0,1\n1,2,3,4,1,-1\n"}, 'csv("f.csv", label="kind", sample_weight="w")',
        ("N0868", '"w"', "column `w`, row 1 is -1", "a weight is 0, or more"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
def test_a_mistake_in_files(tmp_path: Path, case: str) -> None:
    files, source, expected = FILES[case]
    for name, text in files.items():
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    given = spec(source)
    if "loss" in source:
        given = given.replace("loss = sparse_categorical_crossentropy", "")
    ((code, marked, label, help_),) = told(tmp_path, given)
    assert (code, marked, help_) == (expected[0], expected[1], expected[3])
    assert label.endswith(expected[2]) or (expected[2].startswith("can't") and expected[2] in label)


def test_a_folder_where_files_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    assert told(tmp_path, spec('csv("tables", label="kind")')) == [
        ("N0851", '"tables"', "it is a folder", "name the files in it: `tables/*.csv`")
    ]


def test_an_index_of_pandas_is_no_column(tmp_path: Path) -> None:
    table(tmp_path)
    frame = pandas.read_csv(tmp_path / "f.csv")
    frame[frame.index % 2 == 0].to_parquet(tmp_path / "f.parquet")
    checked, found = check(tmp_path, spec('parquet("f.parquet", label="kind")'))
    assert found == []
    assert checked.counts == {"train": 25}


def test_a_table_without_rows(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("a,b,c,d,kind\n")
    assert [d[:3] for d in told(tmp_path, spec('csv("f.csv", label="kind")'))] == [
        ("N0858", 'csv("f.csv", label="kind")', "it has columns, and no rows")
    ]


def test_a_wrong_cell_far_down_is_found_at_its_row(tmp_path: Path) -> None:
    rows = [f"{i % 7},1,2,3,{i % 3}" for i in range(120_000)]
    rows[110_000] = "1,,2,3,0"
    (tmp_path / "f.csv").write_text("a,b,c,d,kind\n" + "\n".join(rows))
    ((_, _, label, _),) = told(tmp_path, spec('csv("f.csv", label="kind")'))
    assert label == "1 value, in column `b`, row 110,000"


# -- folders ------------------------------------------------------------------------------------


def pictures(folder: Path, *classes: str, count: int = 3) -> None:
    generator = numpy.random.default_rng(0)
    for name in classes:
        (folder / name).mkdir(parents=True)
        for i in range(count):
            noise = generator.integers(0, 255, (8, 8, 3)).astype("uint8")
            Image.fromarray(noise).save(folder / name / f"{i}.{'jpg' if i % 2 else 'png'}")


def test_pictures_and_their_classes(tmp_path: Path) -> None:
    pictures(tmp_path / "f/train", "rose", "tulip")
    pictures(tmp_path / "f/validation", "rose", "tulip", count=2)
    checked, found = check(tmp_path, spec('image_folder("f")', **PICTURES))
    assert found == []
    assert checked.counts == {"train": 6, "validation": 4}
    assert checked.classes == ["rose", "tulip"]


def test_pictures_that_cannot_be_decoded_are_named(tmp_path: Path) -> None:
    pictures(tmp_path / "f", "rose", "tulip")
    (tmp_path / "f/rose/8.png").write_text("not a picture")
    jpeg = (tmp_path / "f/tulip/1.jpg").read_bytes()
    (tmp_path / "f/tulip/7.jpg").write_bytes(jpeg[: len(jpeg) // 2])
    (tmp_path / "f/tulip/9.png").write_bytes(b"")
    ((code, marked, label, _),) = told(tmp_path, spec('image_folder("f")', **PICTURES))
    assert (code, marked) == ("N0863", '"f"')
    assert label.replace(f"{tmp_path}/", "") == (
        "`f/rose/8.png`: it is no picture; so are `f/tulip/7.jpg`, `f/tulip/9.png`"
    )


def test_pictures_that_tensorflow_does_not_make_of_their_kind(tmp_path: Path) -> None:
    pictures(tmp_path / "f", "rose", "tulip")
    picture = Image.open(tmp_path / "f/rose/0.png")
    picture.save(tmp_path / "f/rose/whole.gif")
    picture.convert("CMYK").save(tmp_path / "f/rose/print.jpg")
    picture.convert("L").save(tmp_path / "f/rose/grey.bmp")
    assert told(tmp_path, spec('image_folder("f")', **PICTURES)) == []
    gif = (tmp_path / "f/rose/whole.gif").read_bytes()
    (tmp_path / "f/rose/half.gif").write_bytes(gif[:-1])
    ((code, _, label, _),) = told(tmp_path, spec('image_folder("f")', **PICTURES))
    assert code == "N0863"
    assert label.endswith("half.gif`: it is cut off")
    grey = {**PICTURES, "inputs": "input x: [8, 8, 1]"}
    ((_, _, label, _),) = told(tmp_path, spec('image_folder("f")', **grey))
    found = [
        word for word in ("whole.gif", "print.jpg", "grey.bmp", "0.png", "1.jpg") if word in label
    ]
    assert found == ["whole.gif", "print.jpg", "grey.bmp"]


def test_parts_that_are_named_otherwise(tmp_path: Path) -> None:
    pictures(tmp_path / "f/train", "rose", "tulip")
    pictures(tmp_path / "f/val", "rose", "tulip")
    checked, found = check(tmp_path, spec('image_folder("f")', **PICTURES))
    assert (found, checked.counts) == ([], {"train": 6, "validation": 6})
    pictures(tmp_path / "f/testing", "rose", "tulip")
    assert [d[::2] for d in told(tmp_path, spec('image_folder("f")', **PICTURES))] == [
        ("N0864", "`testing` stands beside `train`, and is not read")
    ]
    pictures(tmp_path / "g/Train", "rose", "tulip")
    pictures(tmp_path / "g/Test", "rose", "tulip")
    assert [d[::2] for d in told(tmp_path, spec('image_folder("g")', **PICTURES))] == [
        ("N0864", "`Test`, `Train` are parts of the data, and were taken for classes")
    ]


def test_classes_of_held_out_pictures(tmp_path: Path) -> None:
    three = {**PICTURES, "output": "x -> Flatten() -> Dense(3, activation=softmax)"}
    pictures(tmp_path / "f", "daisy", "rose", "tulip")
    pictures(tmp_path / "v", "rose", "tulip")
    for classes, expected in (
        ("", 'say which classes there are: `class_names=["daisy", "rose", "tulip"]`'),
        (', class_names=["daisy", "rose", "tulip"]', None),
    ):
        text = spec('image_folder("f")', more=f'validation = image_folder("v"{classes})', **three)
        found = told(tmp_path, text)
        assert [d[3] for d in found] == ([expected] if expected else [])
    pictures(tmp_path / "w", "rose", "weed")
    ((code, marked, label, _),) = told(tmp_path, text.replace('"v"', '"w"').replace(classes, ""))
    assert (code, marked) == ("N0855", '"w"')
    assert (
        label
        == "the validation data has `rose`, `weed`, the training data `daisy`, `rose`, `tulip`"
    )


def test_an_empty_class(tmp_path: Path) -> None:
    pictures(tmp_path / "f", "rose", "tulip")
    (tmp_path / "f/daisy").mkdir()
    (tmp_path / "f/daisy/1.webp").write_text("")
    ((code, marked, label, _),) = told(tmp_path, spec('image_folder("f")', **PICTURES))
    assert (code, marked) == ("N0860", '"f"')
    assert label.startswith("it holds `.webp` alone; ")


def test_one_class_alone_more_than_units_and_none(tmp_path: Path) -> None:
    pictures(tmp_path / "one", "rose")
    pictures(tmp_path / "three", "rose", "tulip", "daisy")
    found = [
        told(tmp_path, spec(f'image_folder("{f}")', **PICTURES))[0]
        for f in ("one", "three", "one/rose")
    ]
    assert [code for code, *_ in found] == ["N0861", "N0855", "N0858"]
    assert (
        found[1][2]
        == "there are 3 folders, `daisy`, `rose`, `tulip`; the output tells 2 classes apart"
    )
    assert (
        found[2][2].endswith("`one/rose` holds no folder for a class, and 3 files of its own")
        or "3 files" in found[2][2]
    )


def test_texts_that_are_none(tmp_path: Path) -> None:
    for name in ("good", "bad"):
        (tmp_path / "f" / name).mkdir(parents=True)
        (tmp_path / "f" / name / "1.txt").write_text("words")
    (tmp_path / "f/bad/2.txt").write_bytes(b"caf\xe9")
    text = spec(
        'text_folder("f")', inputs="input x: string[1]", loss="binary_crossentropy",
        output="x -> TextVectorization(50, output_sequence_length=4) -> Embedding(50, 2) -> Flatten() "
        "-> Dense(1, activation=sigmoid)",
    )  # fmt: skip
    ((code, _, label, _),) = told(tmp_path, text)
    assert code == "N0863"
    assert label.endswith("f/bad/2.txt`: it is not UTF-8")


# -- records ------------------------------------------------------------------------------------


def varint(number: int) -> bytes:
    found = b""
    while number > 127:
        found += bytes([number & 127 | 128])
        number >>= 7
    return found + bytes([number])


def message(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def example(features: dict[str, list[float] | list[int]]) -> bytes:
    entries = b""
    for name, values in features.items():
        floats = isinstance(values[0], float)
        packed = b"".join(struct.pack("<f", v) if floats else varint(int(v)) for v in values)
        feature = message(2 if floats else 3, message(1, packed))
        entries += message(1, message(1, name.encode()) + message(2, feature))
    data = message(1, entries)
    return struct.pack("<Q", len(data)) + b"\0" * 4 + data + b"\0" * 4


def records(path: Path, labels: list[int]) -> None:
    path.write_bytes(b"".join(example({"x": [0.5, 1.0, 2.0, 3.0], "y": [n]}) for n in labels))


def test_records_are_read_without_tensorflow(tmp_path: Path) -> None:
    records(tmp_path / "f.tfrecord", [i % 3 for i in range(30)])
    checked, found = check(tmp_path, spec('tfrecord("f.tfrecord")'))
    assert found == []
    assert checked.counts == {"train": 30}


def test_a_label_in_records(tmp_path: Path) -> None:
    records(tmp_path / "f.tfrecord", [0, 1, 2, 7])
    assert told(tmp_path, spec('tfrecord("f.tfrecord")'))[0][:3] == (
        "N0855", 'tfrecord("f.tfrecord")', "feature `y`, record 3 is 7, classes are 0 to 2",
    )  # fmt: skip


def test_records_that_are_cut_off(tmp_path: Path) -> None:
    records(tmp_path / "f.tfrecord", [0, 1, 2])
    whole = (tmp_path / "f.tfrecord").read_bytes()
    (tmp_path / "f.tfrecord").write_bytes(whole[:-9])
    assert told(tmp_path, spec('tfrecord("f.tfrecord")'))[0][::2] == (
        "N0864", "it breaks off while it is read: it is cut off",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"x": [0.5, 1.0, 2.0, 3.0]}, "record 2 has no feature `y`"),
        ({"x": [0.5, 1.0], "y": [1]}, "feature `x` of record 2 holds 2 values, of the first 4"),
        (
            {"x": [1, 2, 3, 4], "y": [1]},
            "feature `x` of record 2 holds integers, of the first floats",
        ),
    ],
)
def test_a_record_that_is_not_as_the_first(
    tmp_path: Path, other: dict[str, list[float] | list[int]], said: str
) -> None:
    records(tmp_path / "f.tfrecord", [0, 1])
    with (tmp_path / "f.tfrecord").open("ab") as file:
        file.write(example(other))
    ((code, _, label, help_),) = told(tmp_path, spec('tfrecord("f.tfrecord")'))
    assert (code, label) == ("N0864", f"it breaks off while it is read: {said}")
    assert help_.startswith("write the same features into each record")


def test_records_of_a_length_that_is_not_said(tmp_path: Path) -> None:
    (tmp_path / "f.tfrecord").write_bytes(
        example({"x": [1, 2], "y": [1]}) + example({"x": [1, 2], "y": [0]})
    )
    given = {
        "inputs": "input x: int32[?]",
        "output": "x -> Embedding(9, 4) -> LSTM(2) -> Dense(3, activation=softmax)",
    }
    ((code, _, label, help_),) = told(tmp_path, spec('tfrecord("f.tfrecord")', **given))
    assert (code, label) == ("N0853", "records keep no shapes, and that of the input is [?]")
    assert help_.startswith('say it: `features={"x": [100]}`')
    assert told(tmp_path, spec('tfrecord("f.tfrecord", features={"x": [2]})', **given)) == []
