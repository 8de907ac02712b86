"""Files of strangers: whatever is in them is told in a sentence, in bounded time, and nothing of it is run."""

from __future__ import annotations

import copy
import io
import json
import marshal
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest

from netdsl.importer import bounds, sources, vocabularies
from netdsl.importer import read as reading
from netdsl.importer.bounds import MOST_BYTES, too_much
from netdsl.importer.errors import CannotImport
from netdsl.importer.imported import imported
from netdsl.importer.sources import read_file, read_text, read_value
from tests.cli.cases import run
from tests.importer.record import read

SMALL = read("hand_written")["squeezenet"]


def layer(name: str, *sources: str, **more: Any) -> dict[str, Any]:
    args = [
        {"class_name": "__keras_tensor__", "config": {"keras_history": [s, 0, 0]}} for s in sources
    ]
    kind = more.pop("kind", "Dense" if sources else "InputLayer")
    config = {"name": name, "units": 2} if sources else {"name": name, "batch_shape": [None, 2]}
    calls = [{"args": args, "kwargs": {}}] if sources else []
    return {"class_name": kind, "config": config, "name": name, "inbound_nodes": calls, **more}


def model(*layers: dict[str, Any], output: str = "b") -> dict[str, Any]:
    config = {
        "name": "m",
        "layers": list(layers),
        "input_layers": ["x", 0, 0],
        "output_layers": [output, 0, 0],
    }
    return {"class_name": "Functional", "config": config}


def archive(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return buffer.getvalue()


FILES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "no JSON"),
    "no text": (b"\xff\xfe\x00", "neither"),
    "no object": (b"[1, 2]", "no configuration"),
    "a spec": (b"model M { }", "no JSON"),
    "half a character": (b'{"config": {"name": "\\ud800"}}', "half of a character"),
    "cut off": (json.dumps(SMALL).encode()[:5000], "no JSON"),
    "deep": (b'{"config": ' + b"[" * 100_000, "nested"),
    "deep but closed": (b'{"a":' * 5000 + b"1" + b"}" * 5000, "nested"),
    "a damaged archive": (archive({"config.json": b"{}"})[:40], "damaged"),
    "no member": (archive({"other.json": b"{}"}), "holds no `config.json`"),
    "a bomb": (archive({"config.json": b" " * (MOST_BYTES + 10)}), "larger than"),
    "weights alone": (sources.HDF5 + b"nothing", "HDF5"),
}


def many_members() -> bytes:
    """Give an archive that lists more than any model has; its list is read whole, so its weight is looked at first."""
    return archive({f"{number:0200}": b"" for number in range(5000)})


FILES |= {
    "many values": (b'{"config":[' + b"[]," * 60_000 + b"1]}", "more values"),
    "many strings": (b'{"config":[' + b'"",' * 160_000 + b"1]}", "more values"),
    "many members": (many_members(), "lists more files"),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_is_no_model_is_told(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MOST_MARKS", 150_000)
    data, why = FILES[what]
    path = tmp_path / "model.keras"
    path.write_bytes(data)
    with pytest.raises(CannotImport, match=why) as caught:
        read_file(str(path))
    assert caught.value.diagnostic.code == "N1001"


def test_only_the_configuration_is_taken_out_of_an_archive(tmp_path: Path) -> None:
    members = {
        "../../escaped.txt": b"out",
        "config.json": json.dumps(SMALL).encode(),
        "model.weights.h5": b"x",
    }
    path = tmp_path / "inside" / "model.keras"
    path.parent.mkdir()
    path.write_bytes(archive(members))
    assert len(read_file(str(path)).uses) > 30
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["inside", "model.keras"]


def test_brackets_in_strings_are_no_brackets() -> None:
    deep = b"[" * 300
    for text in (b'{"a": "%s"}', b'{"a": "\\"%s"}', b'{"a\\\\": "%s\\\\"}', b'"%s'):
        assert too_much(text % deep) == ""
    for text in (b'{"a": %s', b'{"a": "\\"", "b": %s', b'{"a\\\\": %s'):
        assert "nested" in too_much(text % deep)
    assert "nested" in too_much(b'"' + b" " * (1024 * 1024 - 1) + b'"' + deep)  # between two pieces


def test_words_beside_a_configuration_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vocabularies, "MOST_WORDS", 1_000)
    monkeypatch.setattr(sources, "MOST_BYTES", 10_000)
    lookup = {"class_name": "StringLookup", "config": {"name": "towns", "vocabulary": None}}
    value = model(layer("x"), {**layer("b", "x"), **lookup})
    members = {
        "config.json": json.dumps(value).encode(),
        "assets/layers/string_lookup/vocabulary.txt": b"a\n" * 1_001,
    }
    path = tmp_path / "model.keras"
    path.write_bytes(archive(members))
    with pytest.raises(CannotImport, match="more than 1,000 words"):
        read_file(str(path))
    members["assets/layers/string_lookup/vocabulary.txt"] = b" " * 9_900
    path.write_bytes(archive(members))
    with pytest.raises(CannotImport, match="larger than"):
        read_file(str(path))


h5py = pytest.importorskip("h5py")

#: What strangers may have put where a model's configuration is read in an `.h5` file.
ATTRIBUTES = {
    "a number": 10**9,
    "nothing": h5py.Empty("S10"),
    "no UTF-8": b"\xff\xfe{",
}


def test_hdf5_is_read_as_it_is_and_no_further(tmp_path: Path) -> None:
    """One that is right gives model and training, whatever else lies in it; others are told, each in its process."""
    training = {
        "loss": "mse",
        "optimizer_config": {"class_name": "SGD", "config": {"learning_rate": 0.5}},
    }
    path = tmp_path / "model.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(SMALL)
        file.attrs["training_config"] = json.dumps(training)
        file["outside"] = h5py.ExternalLink("/etc/passwd", "/x")
        file["circle"] = h5py.SoftLink("/circle")
        file.create_dataset("huge", (10**12,), "f8", chunks=(10**6,), compression="gzip")
    found = imported(read_file(str(path)), "m")
    assert "optimizer = SGD(0.5)" in found.text
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(CannotImport, match="HDF5"):
        read_file(str(path))
    for what, value in ATTRIBUTES.items():
        with h5py.File(path, "w") as file:
            file.attrs["model_config"] = value
        with pytest.raises(CannotImport) as caught:
            read_file(str(path))
        assert caught.value.diagnostic.code == "N1001", what


def test_folders_devices_and_what_is_not_there(tmp_path: Path) -> None:
    for path in (str(tmp_path), "/dev/zero", str(tmp_path / "none.keras"), "\0"):
        result = run("import", path)
        assert result.exit_code == 2, path
        assert "N1001" in result.stderr


CONFIGURATIONS: dict[str, tuple[Any, str]] = {
    "a circle": (model(layer("x"), layer("a", "b"), layer("b", "a")), "computed from itself"),
    "itself": (model(layer("x"), layer("b", "b")), "computed from itself"),
    "no such layer": (model(layer("x"), layer("b", "c")), "no use 0 of a layer `c`"),
    "no output": (model(layer("x"), output="y"), "no use 0 of a layer `y`"),
    "twice one name": (model(layer("x"), layer("b", "x"), layer("b", "x")), "two layers"),
    "no configuration": (model(layer("x"), layer("b", "x", config=None)), "configuration"),
    "a class of anywhere": (model(layer("x"), layer("b", "x", kind="system", module="os")), "`b`"),
    "a reference that is none": (model(layer("x"), {**layer("b", "x"), "inbound_nodes": [{"args": [
        {"class_name": "__keras_tensor__", "config": {"keras_history": 5}}], "kwargs": {}}]}), "no reference"),
    "a Sequential of nothing": ({"class_name": "Sequential", "config": {"name": "s", "layers": []}}, "not been built"),
}  # fmt: skip


@pytest.mark.parametrize("what", CONFIGURATIONS)
def test_a_configuration_that_is_wrong_is_told(what: str) -> None:
    value, why = CONFIGURATIONS[what]
    with pytest.raises(CannotImport, match=why):
        imported(read_value(value, "m"), "m")


def test_a_value_that_the_language_refuses_is_told_with_its_layer() -> None:
    value = model(layer("x"), layer("b", "x", config={"name": "b", "units": -1}))
    with pytest.raises(
        CannotImport,
        match=r"`b` cannot be written in a spec: netdsl refuses `b = x -> Dense\(-1\)`",
    ):
        imported(read_value(value, "m"), "m")


def test_words_that_json_does_not_hold_are_told_of() -> None:
    value = copy.deepcopy(read("hand_written")["adapted"])
    (lookup,) = (item for item in value["config"]["layers"] if "vocabulary" in item["config"])
    lookup["config"]["vocabulary"] = None
    with pytest.raises(CannotImport) as caught:
        imported(read_value(value, "m"), "m")
    assert "has no vocabulary here" in str(caught.value.diagnostic.help)


def test_models_in_models_are_bounded() -> None:
    inner: Any = model(layer("x"), layer("b", "x"))
    for _ in range(200):
        outer = copy.copy(layer("b", "x"))
        outer |= {"class_name": "Functional", "config": inner["config"]}
        inner = model(layer("x"), outer)
    with pytest.raises(CannotImport, match=r"nested|deep"):
        read_text(json.dumps(inner).encode(), "m")
    with pytest.raises(CannotImport, match="deep"):
        read_value(inner, "m")


def test_layers_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_LAYERS", 20)
    with pytest.raises(CannotImport, match="more than 20 layers"):
        read_value(SMALL, "m")


def test_the_code_of_a_lambda_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    imported(
        read_value(copy.deepcopy(read("hand_written")["learned_lambda"]), "m"), "m"
    )  # modules are loaded
    # Keras's own way to the code: bytes read by marshal.
    monkeypatch.setattr(marshal, "loads", lambda data: pytest.fail("the code was read"))
    value = copy.deepcopy(read("hand_written")["learned_lambda"])
    found = imported(read_value(value, "m"), "m")
    assert 'extern fn twice from "lambdas"' in found.text
    assert any("not run" in note for note in found.notes)


def test_quotes_in_names_and_texts_stay_texts() -> None:
    evil = 'a"; model Own { } #'
    value = model(
        layer("x"),
        {**layer("b", "x"), "name": evil, "config": {"name": evil, "units": 2}},
        output=evil,
    )
    found = imported(read_value(value, "m"), 'm"""\nmodel Evil { }')
    assert found.comparison.is_equal
    assert found.text.count("model ") == 2  # one is in the docstring
    assert list(imported(read_value(value, "m"), "m", flat=True).comparison.unnamed) == []


# -- drawn changes ----------------------------------------------------------------------------------

JUNK: list[Any] = [
    None, True, -1, 0, 2**70, 1e400, float("nan"), "", "x", "relu", [], [[]], {}, [None], {"class_name": "Dense"},
    {"class_name": "__keras_tensor__", "config": {}}, {"class_name": "__slice__", "config": 3}, {"config": {}},
    {"class_name": "Functional", "config": {"layers": 3, "output_layers": 5}}, ["x", 0, 0], [1, 2, 3],
    {"class_name": "__lambda__", "config": {"code": "gASV"}}, {"module": "os", "class_name": "system", "config": "ls"},
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, item in items:
        found += places(item, (*path, key))
    return found


def spoilt(value: Any, chance: random.Random) -> Any:
    """Give a configuration with a few of its values taken out, doubled or put in the place of others."""
    value = copy.deepcopy(value)
    for _ in range(chance.choice((1, 1, 2, 4))):
        path = chance.choice(places(value))
        holder = value
        for key in path[:-1]:
            holder = holder[key]
        what = chance.random()
        if what < 0.25 and isinstance(holder, (dict, list)):
            del holder[path[-1]]
        elif what < 0.4 and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[path[-1]]))
        else:
            holder[path[-1]] = copy.deepcopy(chance.choice(JUNK))
    return value


def told_of(value: Any) -> CannotImport | None:
    """Import a configuration; give what is told of it, None where it is imported and proven."""
    try:
        assert imported(read_value(value, "m"), "m").comparison.is_equal
    except CannotImport as error:
        return error
    return None


@pytest.mark.parametrize(
    "name", ["wrapped", "tabular", "siamese", "arithmetic", "seq2seq", "tied", "mixed_precision"]
)
def test_a_spoilt_configuration_is_told_or_imported_and_never_a_traceback(name: str) -> None:
    chance = random.Random(name)
    value = read("hand_written")[name]
    told = 0
    for _ in range(30):
        error = told_of(spoilt(value, chance))
        if error is not None:
            told += 1
            assert error.diagnostic.code in ("N1001", "N1002", "N1004")
            assert error.diagnostic.primary.text
    assert told > 5


def nested(depth: int) -> Any:
    """Give a model whose forks lie in one another, each of another kind than the one around it."""
    kinds = ("Add", "Multiply", "Maximum", "Average")
    made = [layer("x")]
    for number in range(depth):
        made.append(layer(f"d{number}", f"d{number - 1}" if number else "x"))
    last = f"d{depth - 1}"
    for number in reversed(range(depth - 1)):
        other = {**layer(f"j{number}", last, f"d{number}"), "class_name": kinds[number % 4]}
        other["inbound_nodes"] = [{"args": [other["inbound_nodes"][0]["args"]], "kwargs": {}}]
        other["config"] = {"name": f"j{number}", "trainable": True}
        made.append(other)
        last = f"j{number}"
    return model(*made, output=last)


def test_forks_in_forks_without_end_are_imported() -> None:
    found = imported(read_value(nested(600), "m"), "m")
    assert found.comparison.is_equal
    assert found.comparison.layers == 1200
