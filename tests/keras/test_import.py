"""Models imported, built again with Keras, given the same weights and compared: there and back."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import netdsl
from netdsl.catalog.signature import names
from netdsl.compiler import compile_text
from netdsl.importer.checking import compare_outputs, live_model, paired
from netdsl.importer.errors import CannotImport
from netdsl.importer.imported import imported
from netdsl.importer.proof import compare
from netdsl.importer.python import live_network, made_by
from netdsl.importer.sources import read_file, read_value
from tests.cli.cases import run
from tests.importer.hand_written import MODELS, by_name
from tests.keras.drawn_programs import draw

pytestmark = pytest.mark.keras

#: A model whose function is bytecode, which is not there to be run again, and one of strings.
WITHOUT_BUILDING = ("learned_lambda",)


#: Of many or large layers, which take Keras seconds.
LARGE = (
    "unet",
    "feature_pyramid",
    "wavenet",
    "squeezenet",
    "encoder_classifier",
    "deep_dense",
)


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(m, marks=pytest.mark.slow) if m.__name__ in LARGE else m
        for m in MODELS
        if m.__name__ not in WITHOUT_BUILDING
    ],
    ids=lambda m: m.__name__,
)
def test_outputs_are_equal_and_the_comparison_can_fail(build: Any) -> None:
    keras.backend.clear_session()
    model = build()
    found = imported(live_network(model), build.__name__)
    pair = paired(lambda: model, found, build.__name__)
    assert "equal outputs" in compare_outputs(pair, build.__name__)


def small() -> Any:
    x = keras.Input((8,), name="x")
    h = layers.Dense(4, activation="relu", name="first")(x)
    return keras.Model(x, layers.Dense(2, name="second")(h), name="small")


@pytest.mark.parametrize("name", ["m.keras", "m.h5", "m.json"])
def test_each_kind_of_file_gives_the_same_spec(name: str, tmp_path: Path) -> None:
    model, path = small(), tmp_path / name
    if name.endswith("json"):
        path.write_text(model.to_json(), "utf-8")
    else:
        model.save(path)
    text = imported(read_file(str(path)), "m").text
    assert text == imported(live_network(model), "m").text
    assert text == netdsl.import_model(model).replace("from small.", "from m.")
    pair = paired(lambda: live_model(str(path)), imported(read_file(str(path)), "m"), "m")
    assert "1 weight" in compare_outputs(pair, "m") or "4 weights" in compare_outputs(pair, "m")


def test_how_a_model_was_compiled_comes_back(tmp_path: Path) -> None:
    """From the live model and each kind of file: optimizer, losses, their weights, metrics by their names."""
    keras.backend.clear_session()  # which numbers optimizers anew
    model = by_name()
    wanted = model.get_compile_config()
    text = imported(
        live_network(model), "m"
    ).text  # first, as saving to HDF5 makes Keras forget the optimizer
    for name in ("m.json", "m.keras", "m.h5"):
        if name.endswith("json"):
            (tmp_path / name).write_text(model.to_json(), "utf-8")
        else:
            model.save(tmp_path / name)
    for name in ("m.json", "m.keras", "m.h5"):
        assert imported(read_file(str(tmp_path / name)), "m").text == text, name
    namespace: dict[str, Any] = {"__name__": "generated"}
    exec(compile_text(text).emit("keras"), namespace)
    keras.backend.clear_session()
    assert namespace["compile_model"](namespace["ByName"]()).get_compile_config() == wanted


def test_functions_in_hdf5_which_tells_no_modules(tmp_path: Path) -> None:
    x = keras.Input((4, 3), name="x")
    y = keras.ops.reshape(x * x + layers.Add()([x, x]), (-1, 12))
    model = keras.Model(x, keras.ops.concatenate([y, layers.Flatten()(x)], axis=-1), name="small")
    model.save(tmp_path / "m.h5")
    assert (
        imported(read_file(str(tmp_path / "m.h5")), "m").text
        == imported(live_network(model), "m").text
    )


def test_weights_are_saved_so_that_they_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = small()
    model.save("m.keras")
    result = run("import", "m.keras", "-o", "m.net", "--check", "--weights", "m.weights.h5")
    assert result.exit_code == 0, result.stderr
    assert "equal outputs" in result.stderr
    again = netdsl.compile_file("m.net").build()
    again.load_weights("m.weights.h5")
    batch = keras.random.normal((3, 8))
    assert keras.ops.max(keras.ops.abs(again(batch) - model(batch))) < 1e-6


def test_a_function_of_a_file_is_called_as_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("nets.py").write_text(
        "import keras\n"
        "def net(classes, width=4):\n"
        "    x = keras.Input((8,), name='x')\n"
        "    h = keras.layers.Dense(width)(x)\n"
        "    return keras.Model(x, keras.layers.Dense(classes)(h))\n",
        "utf-8",
    )
    result = run("import", "nets.py:net", "--call", "net(classes=7, width=5)")
    assert "Dense(5) -> Dense(7)" in result.stdout
    result = run("import", "nets.py:net")
    assert result.exit_code == 2
    assert "N1003" in result.stderr
    assert "missing 1 required positional argument" in result.stderr


def test_the_weights_of_applications_are_not_fetched() -> None:
    model = made_by(
        "applications:MobileNet", "MobileNet(input_shape=(32, 32, 3), alpha=0.25, classes=5)"
    )
    found = imported(live_network(model), "MobileNet")
    assert "equal outputs" in compare_outputs(
        paired(lambda: model, found, "MobileNet"), "MobileNet"
    )


@keras.saving.register_keras_serializable("own")
class Scale(layers.Layer):
    def __init__(self, factor: float = 2.0, **rest: Any) -> None:
        super().__init__(**rest)
        self.factor = factor

    def call(self, x: Any) -> Any:
        return x * self.factor

    def get_config(self) -> Any:
        return {**super().get_config(), "factor": self.factor}


def test_a_layer_of_ones_own_is_declared_with_what_the_model_shows() -> None:
    x = keras.Input((6, 4), name="x")
    y = layers.Dense(3)(Scale(0.5)(x))
    model = keras.Model(x, Scale(3.0)(y))
    found = imported(live_network(model), "own")
    assert (
        "extern layer Scale(factor: float): [d1, d2] -> [d1, d2] weights ?"
        in found.text.replace("\n    ", " ")
    )
    assert "Scale(factor=0.5)" in found.text
    assert compile_text(found.text).ok


def test_a_subclassed_model_is_refused() -> None:
    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__(name="own")
            self.dense = layers.Dense(2)

        def call(self, x: Any) -> Any:
            return self.dense(x)

    model = Own()
    model(keras.random.normal((1, 3)))
    with pytest.raises(CannotImport, match="`Own` is a class"):
        imported(live_network(model), "own")


@pytest.mark.parametrize("number", range(12))
def test_a_drawn_spec_comes_back_as_itself(number: int) -> None:
    """Compiled, built, written as JSON, read: the graph is that of the spec, and of the one that is written."""
    spec = compile_text(draw(7, number))
    if not spec.ok:
        return
    keras.backend.clear_session()
    model = spec.build()
    text = model.to_json()
    if "__tensor__" in text:  # `ops.eye(4)` is an array of numbers once the model is built
        with pytest.raises(CannotImport, match="array of numbers"):
            read_value(json.loads(text), "drawn")
        return
    network = read_value(json.loads(text), "drawn")
    theirs = compare(network, spec.model().net)
    ours = [d for d in theirs.differences if "ops." not in d]  # sources tied to an input
    assert not ours
    folded = imported(network, "drawn")
    assert folded.comparison.is_equal
    assert compare(read_value(json.loads(model.to_json()), "drawn"), spec.model().net).layers > 1


def test_what_lookups_have_learned_comes_along(tmp_path: Path) -> None:
    words, numbers = layers.StringLookup(output_mode="one_hot"), layers.IntegerLookup()
    text = layers.TextVectorization(output_sequence_length=4)
    words.adapt(["Paris", "Rome", "Paris"])
    numbers.adapt([[5], [7], [5]])
    text.adapt(["a cat", "a dog"])
    a = keras.Input((1,), dtype="string", name="a")
    b = keras.Input((1,), dtype="int64", name="b")
    c = keras.Input((1,), dtype="string", name="c")
    model = keras.Model([a, b, c], [words(a), numbers(b), text(c)])
    live = imported(live_network(model), "m").text
    assert 'vocabulary=["Paris", "Rome"]' in live
    assert "vocabulary=(5, 7)" in live or "vocabulary=[5, 7]" in live
    model.save(tmp_path / "m.keras")
    assert imported(read_file(str(tmp_path / "m.keras")), "m").text == live


def test_what_lookups_in_models_of_a_model_have_learned_comes_along(tmp_path: Path) -> None:
    def encoder(words: list[str], name: str) -> Any:
        lookup = layers.StringLookup(output_mode="one_hot")
        lookup.adapt(words)
        a = keras.Input((1,), dtype="string")
        return keras.Model(a, layers.Dense(3)(lookup(a)), name=name)

    a = keras.Input((1,), dtype="string", name="a")
    inner = keras.Sequential([keras.Input((1,), dtype="string"), encoder(["c", "d"], "second")])
    model = keras.Model(a, [encoder(["a", "b"], "first")(a), inner(a)])
    live = imported(live_network(model), "m").text
    assert 'vocabulary=["b", "a"]' in live
    assert 'vocabulary=["d", "c"]' in live
    model.save(tmp_path / "m.keras")
    assert imported(read_file(str(tmp_path / "m.keras")), "m").text == live


def test_weights_of_words_come_along_from_a_live_model(tmp_path: Path) -> None:
    said = np.array([["the dog sat"], ["a cat"], ["a mouse"]])
    text = layers.TextVectorization(max_tokens=20, output_mode="tf_idf", pad_to_max_tokens=True)
    numbers = layers.IntegerLookup(output_mode="tf_idf", num_oov_indices=2)
    text.adapt(["the cat sat on the mat", "a dog ate", "the dog sat"])
    numbers.adapt([[5, 7], [5, 9]])
    a = keras.Input((1,), dtype="string", name="a")
    b = keras.Input((2,), dtype="int64", name="b")
    model = keras.Model([a, b], [text(a), numbers(b)])
    again = compile_text(imported(live_network(model), "m").text).build()
    values = [tf.constant(said), tf.constant([[5, 7], [9, 5], [1, 2]], tf.int64)]
    for one, other in zip(model(values), again(values), strict=True):
        assert np.abs(one).max() > 0
        np.testing.assert_allclose(one, other, rtol=1e-6)
    model.save(tmp_path / "m.keras")
    with pytest.raises(CannotImport, match="`idf_weights` of its words among the weights"):
        read_file(str(tmp_path / "m.keras"))


@pytest.mark.slow
@pytest.mark.parametrize("name", names("application"))
def test_a_network_of_applications_is_there_and_back(name: str) -> None:
    keras.backend.clear_session()
    gc.collect()  # models lie in circles, and the largest weigh gigabytes
    model = made_by(f"applications:{name}")
    found = imported(live_network(model), name)
    assert "equal outputs" in compare_outputs(paired(lambda: model, found, name), name)
