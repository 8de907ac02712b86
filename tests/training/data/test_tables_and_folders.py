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
        ("N0855", '"kind"', "column `kind` holds 50 different texts, the output tells 3 classes apart", ""),
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
