"""What the settings of a `train` block take, asked of Keras: seeds, files of weights, policies, devices, paths."""

from __future__ import annotations

import numpy as np
import pytest

import netdsl
from netdsl.catalog import layer_kinds
from netdsl.catalog.data_sets import DATA_SETS
from netdsl.elaborate.training.engines import variables
from tests.keras.test_every_kind import REFUSED, example

keras = pytest.importorskip("keras")

pytestmark = pytest.mark.keras

SPEC = """model Net {{ input x: [4]  output y = x -> Dense(3, activation=softmax) }}
train Net {{ optimizer = sgd  loss = sparse_categorical_crossentropy  {} }}
"""


def is_taken(setting: str) -> bool:
    return netdsl.compile_text(SPEC.format(setting)).ok


def fitted() -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(np.zeros((8, 4)), np.zeros(8), verbose=0)


@pytest.mark.parametrize("seed", [0, 2**32 - 1, 2**32, -1])
def test_a_seed_is_taken_where_keras_takes_it(seed: int) -> None:
    try:
        keras.utils.set_random_seed(seed)
        works = True
    except ValueError:
        works = False
    assert is_taken(f"seed = {seed}") == works


@pytest.mark.parametrize(
    "ending", ["weights.h5", "keras", "h5", "hdf5", "txt", "npz", "pt", "weights.json"]
)
def test_a_file_of_weights_is_taken_where_keras_tells_what_it_is(ending: str) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    with pytest.raises((OSError, ValueError)) as raised:
        model.load_weights(f"not_there.{ending}")
    known = "File format not supported" not in str(raised.value)
    assert is_taken(f'start_from = weights("not_there.{ending}")') == known


@pytest.mark.parametrize(
    "policy",
    ["float32", "float64", "bfloat16", "mixed_bfloat16", "int8", "int8_from_float32", "bool", "string", "complex64"],
)  # fmt: skip
def test_a_policy_is_taken_where_a_model_trains_under_it(policy: str) -> None:
    before = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy(policy)
        fitted()
        trains = True
    except Exception:  # Keras raises ValueError, NotImplementedError, errors of the backend
        trains = False
    finally:
        keras.config.set_dtype_policy(before)
    assert is_taken(f"precision = {policy}") == trains


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="names of TensorFlow")
@pytest.mark.parametrize(
    "device",
    ["cpu", "CPU:0", "/device:CPU:0", "device:CPU:0", "/CPU:0", "/job:localhost/replica:0/task:0/device:CPU:0",
     "gpu:x", "cuda:0", "the first"],
)  # fmt: skip
def test_a_device_is_taken_where_keras_finds_it(device: str) -> None:
    try:
        with keras.device(device):
            keras.ops.ones((2,))
        found = True
    except Exception:
        found = False
    assert is_taken(f'device = "{device}"') == found


@pytest.mark.parametrize("name", [n for n, facts in DATA_SETS.items() if facts.is_shipped])
def test_a_shipped_data_set_is_as_it_is_told(name: str) -> None:
    sets, facts = pytest.importorskip("sklearn.datasets"), DATA_SETS[name]
    found = getattr(sets, f"load_{name}")()
    assert found.data.shape[1:] in facts.shapes
    assert (len(found.data), str(found.data.dtype)) == (facts.training, facts.dtype)
    assert (found.target.shape[1:], str(found.target.dtype)) == (
        facts.label_shape,
        facts.label_dtype,
    )
    if facts.classes:
        assert sorted(set(found.target)) == list(range(facts.classes))


@pytest.mark.parametrize("kind", sorted(set(layer_kinds()) - REFUSED))
def test_a_path_that_is_certain_is_keras_own(kind: str) -> None:
    compiled = netdsl.compile_text(example(kind))
    if not compiled.ok:
        pytest.skip("its example is no model")
    known = list(variables(compiled.model().net))
    if not known:
        return
    model = compiled.build()
    paths = {variable.path: tuple(variable.shape) for variable in model.variables}
    for variable in known:
        if variable.is_exact:
            assert paths[variable.path] == tuple(variable.shape), paths
        else:
            assert any(path.startswith(f"{variable.operation.name}/") for path in paths)
