"""The numeric activations give what Keras gives, and initializers have the spread that is told of them."""

from __future__ import annotations

import pytest

from netdsl.catalog.activations import ACTIVATIONS, ActivationFacts
from netdsl.report.reference import layer_activation

pytestmark = pytest.mark.keras

keras = pytest.importorskip("keras")
np = pytest.importorskip("numpy")

GRID = [x / 16 for x in range(-160, 161)] + [-40.0, 40.0]

#: `sparsemax` of Keras 3.15 on TensorFlow sums the cumulated values, and so is right only where one class has all.
OFF_IN_KERAS = "sparsemax"


def by_keras(name: str, values: object) -> object:
    tensor = keras.ops.convert_to_tensor(values, dtype="float64")
    return keras.ops.convert_to_numpy(getattr(keras.activations, name)(tensor))


@pytest.mark.parametrize("facts", [f for f in ACTIVATIONS if f.value], ids=lambda f: f.name)
def test_a_point_activation_is_the_one_of_keras(facts: ActivationFacts) -> None:
    assert facts.value is not None
    if facts.name == "prelu":
        layer = keras.layers.PReLU(dtype="float64")
        theirs = keras.ops.convert_to_numpy(layer(keras.ops.convert_to_tensor([GRID])))[0]
    else:
        theirs = by_keras(facts.name, GRID)
    assert theirs == pytest.approx([facts.value(x) for x in GRID], rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("layer", [f.layer for f in ACTIVATIONS if f.layer])
def test_a_layer_that_activates_is_plotted_as_it_is_by_default(layer: str) -> None:
    facts = layer_activation(layer)
    assert facts is not None
    made = getattr(keras.layers, layer)(dtype="float64")
    rows = [[x, 0.0] for x in GRID]
    theirs = keras.ops.convert_to_numpy(made(keras.ops.convert_to_tensor(rows, dtype="float64")))
    assert theirs[:, 0] == pytest.approx([facts.at(x) for x in GRID], rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("facts", [f for f in ACTIVATIONS if f.row], ids=lambda f: f.name)
def test_a_row_activation_is_the_one_of_keras(facts: ActivationFacts) -> None:
    assert facts.row is not None
    rows = np.random.default_rng(0).normal(size=(20, 6)) * 3
    if facts.name == OFF_IN_KERAS:
        rows = np.eye(6) * 4
    ours = [facts.row([float(x) for x in row]) for row in rows]
    assert np.asarray(by_keras(facts.name, rows)) == pytest.approx(np.asarray(ours), abs=1e-12)


VARIANCES = {
    "HeNormal": 2 / 400,
    "HeUniform": 2 / 400,
    "LecunNormal": 1 / 400,
    "LecunUniform": 1 / 400,
    "GlorotNormal": 2 / 700,
    "GlorotUniform": 2 / 700,
    "VarianceScaling": 1 / 400,
    "RandomNormal": 0.05**2,
    "RandomUniform": 0.05**2 / 3,
}


@pytest.mark.parametrize(("name", "variance"), VARIANCES.items())
def test_an_initializer_has_the_variance_told(name: str, variance: float) -> None:
    drawn = np.asarray(getattr(keras.initializers, name)(seed=1)((400, 300)))
    assert float(drawn.var()) == pytest.approx(variance, rel=0.03)
    assert float(drawn.mean()) == pytest.approx(0.0, abs=0.001)


@pytest.mark.parametrize("name", ["Identity", "Orthogonal"])
def test_a_matrix_initializer_gives_orthonormal_rows(name: str) -> None:
    matrix = np.asarray(getattr(keras.initializers, name)()((6, 6)))
    assert matrix @ matrix.T == pytest.approx(np.eye(6), abs=1e-5)


def test_identity_takes_no_convolution_kernel() -> None:
    with pytest.raises(ValueError, match="2D"):
        keras.initializers.Identity()((3, 3, 4, 4))
