"""What the advice on categories, pixels and idle arguments rests on, asked of Keras."""

from __future__ import annotations

import os
from typing import Any

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np
import tensorflow as tf

from netdsl.catalog import layer_kinds
from netdsl.catalog.application_inputs import by_preprocess_input, scales_itself
from netdsl.catalog.application_records import application_names
from netdsl.catalog.idle_arguments import idle_arguments
from netdsl.catalog.signature import names, signature
from netdsl.compiler import compile_text
from netdsl.elaborate.remedies.categories import Followed

pytestmark = pytest.mark.keras

WORDS = ["a", "b", "c"]

#: A stage, and data among which every number that it can give occurs.
COUNTED: list[tuple[str, str, Any]] = [
    (f"StringLookup(vocabulary={WORDS})", "string[1]", [["a"], ["b"], ["c"], ["?"]]),
    (f"StringLookup(vocabulary={WORDS}, num_oov_indices=3)", "string[1]", [[w] for w in "abcdefghijkl"]),
    (f'StringLookup(vocabulary={WORDS}, mask_token="")', "string[1]", [["a"], ["c"], [""], ["?"]]),
    ("IntegerLookup(vocabulary=[7, 9])", "int64[1]", [[7], [9], [1]]),
    ("IntegerLookup(vocabulary=[7, 9], mask_token=0)", "int64[1]", [[7], [9], [1], [0]]),
    (f"TextVectorization(vocabulary={WORDS})", "string[1]", [["a b c ?"]]),
    ("Hashing(7)", "string[1]", [[str(n)] for n in range(200)]),
    ('Hashing(7, mask_value="1")', "string[1]", [[str(n)] for n in range(200)]),
    ("Discretization(bin_boundaries=[0.0, 1.0])", "[1]", [[-1.0], [0.5], [2.0]]),
]  # fmt: skip


@pytest.mark.parametrize(("stage", "kind", "data"), COUNTED, ids=lambda v: str(v)[:40])
def test_numbers_go_up_to_what_is_counted(stage: str, kind: str, data: Any) -> None:
    compiled = compile_text(f"model M {{ input x: {kind} output y = x -> {stage} }}")
    graph = compiled.model().net
    (made,) = Followed().through(graph, {}).values()
    given = np.asarray(compiled.build()(tf.constant(data)))
    assert int(given.max()) + 1 == made.count


def test_max_tokens_bounds_what_is_learned() -> None:
    layer = keras.layers.TextVectorization(max_tokens=5)
    layer.adapt(tf.constant(["a b c d e f g h"]))
    assert int(np.asarray(layer(tf.constant(["a b c d e f g h"]))).max()) == 4


@pytest.mark.parametrize(("jit", "fails"), [(False, True), (True, False)])
def test_a_number_without_a_row_fails_or_is_trained_on_in_silence(jit: bool, fails: bool) -> None:
    model = keras.Sequential([keras.Input((1,), dtype="int64"), keras.layers.Embedding(3, 4)])
    model.add(keras.layers.Flatten())
    model.compile("sgd", "mse", jit_compile=jit)
    numbers, values = np.array([[3], [7]]), np.zeros((2, 4))
    if fails:
        with pytest.raises(tf.errors.InvalidArgumentError):
            model.fit(numbers, values, verbose=0)
    else:
        assert np.isfinite(model.fit(numbers, values, verbose=0).history["loss"]).all()


def test_a_code_of_a_number_without_a_place_is_zero() -> None:
    coded = keras.layers.CategoryEncoding(3, output_mode="one_hot")(np.array([[7]]))
    assert not np.asarray(coded).any()


@pytest.mark.parametrize(
    ("layer", "data"),
    [
        ("StringLookup()", tf.constant([["a"]])),
        ("IntegerLookup()", tf.constant([[1]])),
        ("TextVectorization()", tf.constant([["a"]])),
        ("Discretization(num_bins=3)", tf.constant([[1.0]])),
        ("Normalization()", tf.constant([[1.0], [3.0]])),
    ],
)
def test_what_learns_fails_or_does_nothing_before_it_has_learned(layer: str, data: Any) -> None:
    made = eval(f"keras.layers.{layer}")
    definition = layer_kinds()[type(made).__name__]
    arguments = {p.name: p.default for p in signature("layer", definition.name).parameters}  # type: ignore[union-attr]
    assert definition.learns is not None
    assert definition.learns(arguments | ({"num_bins": 3} if "bins" in layer else {}))
    model = keras.Sequential([keras.Input((1,), dtype=data.dtype), made])
    if definition.is_a("normalization"):
        assert np.allclose(model.predict(data, verbose=0), data)
    else:
        with pytest.raises(Exception, match=r"adapt|table|Table|lookup|bin_boundaries"):
            model.predict(data, verbose=0)


@pytest.mark.parametrize("layer", [
    "StringLookup(vocabulary=['a'])", "IntegerLookup(vocabulary=[1])", "TextVectorization(vocabulary=['a'])",
    "Discretization(bin_boundaries=[0.0])", "Normalization(mean=0.0, variance=1.0)",
])  # fmt: skip
def test_what_was_given_is_not_adapted(layer: str) -> None:
    data = tf.constant(["a"] if "'a'" in layer else [[1.0]] if "Int" not in layer else [[1]])
    with pytest.raises((ValueError, AttributeError)):
        eval(f"keras.layers.{layer}").adapt(data)


# -- pixels -------------------------------------------------------------------------------------

STRENGTH: dict[str, dict[str, Any]] = {
    "RandomColorJitter": {"brightness_factor": 0.2, "contrast_factor": 0.2, "saturation_factor": 0.2},
    "RandomPosterization": {"factor": 4},
    "Solarization": {"addition_factor": 0.1, "threshold_factor": 0.5},
    **{
        name: {"factor": 0.2}
        for name in ("RandomBrightness", "RandomContrast", "RandomHue", "RandomSaturation", "RandomColorDegeneration",
                     "RandomSharpness")
    },
    **{
        name: {"factor": 1.0}
        for name in ("RandomInvert", "RandomErasing", "RandomGaussianBlur", "RandomElasticTransform")
    },
}  # fmt: skip
WITH_RANGE = [name for name in names("layer") if "value_range" in signature("layer", name).names]  # type: ignore[union-attr]


def changed(kind: str, images: Any, **arguments: Any) -> Any:
    keras.utils.set_random_seed(1)
    seed = {"seed": 3} if "seed" in signature("layer", kind).names else {}  # type: ignore[union-attr]
    layer = getattr(keras.layers, kind)(**STRENGTH.get(kind, {}), **seed, **arguments)
    return np.asarray(layer(images, training=True))


@pytest.mark.parametrize("kind", WITH_RANGE)
def test_a_range_that_is_not_that_of_the_pixels_spoils_them(kind: str) -> None:
    images = np.random.default_rng(0).uniform(0, 255, (2, 16, 16, 3)).astype("float32")
    wanted = changed(kind, images) / 255
    spoilt = np.abs(changed(kind, images / 255) - wanted).mean()
    assert (spoilt > 0.01) == layer_kinds()[kind].is_a("by_range")
    told = np.abs(changed(kind, images / 255, value_range=(0, 1)) - wanted).mean()
    assert told < 1e-3
    cut = np.abs(changed(kind, images, value_range=(0, 1)) - 255 * wanted).mean()
    assert cut > 5 or kind == "RandomSaturation"


def preprocess_input(name: str) -> Any:
    """Find the function that prepares images for a network; that of MobileNetV3 lies in a module without it."""
    modules = [m for m in vars(keras.applications).values() if hasattr(m, "preprocess_input")]
    own = next((m for m in modules if hasattr(m, name)), keras.applications.mobilenet_v3)
    return own.preprocess_input


@pytest.mark.parametrize("name", application_names())
def test_stages_make_of_pixels_what_preprocess_input_does(name: str) -> None:
    expected = by_preprocess_input(name)
    images = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3))
    wanted = preprocess_input(name)(images.astype("float32"))
    stages = expected.stages or "Identity()"
    compiled = compile_text(f"model M {{ input x: [4, 4, 3] output y = x -> {stages} }}")
    made = np.asarray(compiled.build()(images.astype("float32")))
    assert np.allclose(made, wanted, atol=1e-3 * np.abs(wanted).max())
    if expected.range is not None:
        ends = np.array([0.0, 255.0], "float32").reshape((2, 1, 1, 1)).repeat(3, axis=-1)
        low, high = preprocess_input(name)(ends)[:, 0, 0, 0]
        assert (expected.range.low, expected.range.high) == pytest.approx((low, high))


@pytest.mark.slow
def test_networks_that_scale_themselves_begin_with_it() -> None:
    for name in ("EfficientNetB0", "EfficientNetV2B0", "MobileNetV3Small", "MobileNetV2"):
        network = getattr(keras.applications, name)(weights=None)
        first = type(network.layers[1]).__name__
        assert scales_itself(name, {"include_top": True}) == (
            first in ("Rescaling", "Normalization")
        )


# -- what does nothing --------------------------------------------------------------------------


def bounded_weight(kind: str, argument: str, axes: tuple[int, ...]) -> Any:
    """Build the example of a layer with a constraint, and give the weight that it bounds."""
    arrives, _, stage = layer_kinds()[kind].example.rpartition(" -> ")
    stage = f"{stage[:-1]}, {argument}=UnitNorm(axis={list(axes)}))"
    if kind.endswith("Cell"):
        arrives, stage = "[5, 3]", f"RNN({kind}(4, {argument}=UnitNorm(axis={list(axes)})))"
    model = compile_text(f"model M {{ input x: {arrives} output y = x -> {stage} }}").build()
    variables = [variable for variable in model.variables if variable.constraint is not None]
    assert len(variables) == 1
    return variables[0]


@pytest.mark.parametrize(
    "kind", [name for name, definition in layer_kinds().items() if definition.unit_axes]
)
def test_a_norm_over_the_axes_that_are_told_is_that_of_a_unit(kind: str) -> None:
    """Over what leads into one unit; so there are as many norms as the weight has units."""
    for argument, (axes, rank) in layer_kinds()[kind].unit_axes.items():
        variable = bounded_weight(kind, argument, axes)
        assert len(variable.shape) == rank
        norms = np.sqrt((np.asarray(variable.constraint(variable)) ** 2).sum(axis=axes))
        assert np.allclose(norms, 1, atol=1e-3)
        fan_in = variable.shape[0] if rank == 2 else None
        if "Embedding" not in kind and fan_in is not None:
            assert norms.shape == (variable.shape[1],)


def test_a_unit_of_a_transposed_convolution_is_along_its_third_axis() -> None:
    layer = keras.layers.Conv2DTranspose(5, 3)
    layer.build((None, 8, 8, 2))
    assert layer.kernel.shape == (3, 3, 5, 2)  # rows, columns, units, channels that arrive


IDLE = ["ActivityRegularization", "Cropping2D", "RandomColorJitter", "RandomShear"]


def test_what_is_told_to_do_nothing_does_nothing() -> None:
    images = np.random.default_rng(0).uniform(0, 255, (2, 8, 8, 3)).astype("float32")
    told = []
    for name, definition in layer_kinds().items():
        if definition.idle is None:
            continue
        layer = getattr(keras.layers, name)
        arguments = {p.name: p.default for p in signature("layer", name).parameters}  # type: ignore[union-attr]
        if not definition.idle(_canonical(name, arguments)):
            continue
        made = layer()
        assert np.allclose(np.asarray(made(images, training=True)), images), name
        assert sum(float(loss) for loss in made.losses) == 0
        told.append(name)
    assert sorted(told) == IDLE


def _canonical(name: str, arguments: dict[str, Any]) -> Any:
    from netdsl.catalog.binding import bind_arguments

    found = signature("layer", name)
    assert found is not None
    return bind_arguments(found, layer_kinds()[name].arguments, (), {}).arguments


@pytest.mark.parametrize(
    ("family", "kind", "arguments", "idle"),
    [
        ("optimizers", "SGD", {"nesterov": True}, "nesterov"),
        ("losses", "BinaryFocalCrossentropy", {"alpha": 0.9}, "alpha"),
    ],
)
def test_an_argument_that_counts_for_nothing_changes_no_figure(
    family: str, kind: str, arguments: dict[str, Any], idle: str
) -> None:
    found = signature({"optimizers": "optimizer", "losses": "loss"}[family], kind)  # type: ignore[arg-type]
    assert found is not None
    bound = {p.name: p.default for p in found.parameters} | arguments
    assert [name for name, _ in idle_arguments(found.family, kind, arguments, bound)] == [idle]
    make = getattr(getattr(keras, family), kind)

    def figure(**given: Any) -> Any:
        item = make(**given)
        if family != "optimizers":
            return float(
                item(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[0.3, 0.6], [0.2, 0.4]]))
            )
        weight = keras.Variable(1.0)
        item.build([weight])
        for _ in range(3):
            item.apply([keras.ops.convert_to_tensor(0.5)], [weight])
        return float(weight)

    assert figure(**arguments) == pytest.approx(figure())


def test_a_metric_asks_for_labels_of_every_output() -> None:
    """Which N0815 says before the first batch; without metrics labels of the outputs with a loss are enough."""
    x = keras.Input((2,))
    code = keras.layers.Dense(2)(x)
    model = keras.Model(x, {"code": code, "kind": keras.layers.Dense(1)(code)})
    rows, labels = np.ones((4, 2)), {"kind": np.ones((4, 1))}
    model.compile(loss={"kind": "mse"})
    model.fit(rows, labels, verbose=0)
    model.compile(loss={"kind": "mse"}, metrics={"kind": ["mae"]})
    with pytest.raises(KeyError, match="code"):
        model.fit(rows, labels, verbose=0)
