"""What binding takes and refuses, a row for each claim; `tests/keras` puts many more values to Keras."""

from __future__ import annotations

from typing import Any

import pytest

from netdsl.catalog.binding import Binding, bind_arguments, bind_object, switch_mismatch
from netdsl.catalog.kind import (
    UNRESOLVED,
    BoundLayer,
    ExternFunction,
    Identifier,
    ObjectValue,
)
from netdsl.catalog.signature import FAMILIES, Family, names, signature
from netdsl.tensor import UNKNOWN, Sym


def bind(kind: str, /, *positional: Any, family: Family = "layer", **named: Any) -> Binding:
    found = signature(family, kind)
    assert found is not None, kind
    return bind_arguments(found, None, positional, named)


def layer(kind: str) -> BoundLayer:
    return BoundLayer(kind, {}, lambda *inputs, **call: None)  # type: ignore[arg-type, return-value]


CANONICAL: list[tuple[str, dict[str, Any], str, Any]] = [
    ("Conv2D", {"filters": 8, "kernel_size": 3}, "kernel_size", (3, 3)),
    ("Conv2D", {"filters": 8, "kernel_size": [3, 5]}, "kernel_size", (3, 5)),
    ("Conv2D", {"filters": 8, "kernel_size": 3}, "data_format", "channels_last"),
    ("Conv2D", {"filters": 8, "kernel_size": 3, "padding": "SAME"}, "padding", "same"),
    ("Conv1D", {"filters": 8, "kernel_size": 3, "strides": 2}, "strides", (2,)),
    ("Conv3D", {"filters": 8, "kernel_size": 3, "dilation_rate": 2}, "dilation_rate", (2, 2, 2)),
    ("Conv2DTranspose", {"filters": 8, "kernel_size": 3}, "output_padding", None),
    ("MaxPooling2D", {"pool_size": 2}, "strides", None),
    ("MaxPooling2D", {"pool_size": 2, "strides": 1}, "strides", (1, 1)),
    ("UpSampling2D", {}, "size", (2, 2)),
    ("ZeroPadding1D", {"padding": (1, 2)}, "padding", ((1, 2),)),
    ("ZeroPadding2D", {"padding": (1, 2)}, "padding", ((1, 1), (2, 2))),
    ("Cropping2D", {"cropping": ((1, 2), (3, 4))}, "cropping", ((1, 2), (3, 4))),
    ("Cropping3D", {"cropping": 2}, "cropping", ((2, 2), (2, 2), (2, 2))),
    ("Reshape", {"target_shape": [-1, 4]}, "target_shape", (-1, 4)),
    ("LayerNormalization", {"axis": [1, 2]}, "axis", (1, 2)),
    ("Dense", {"units": 4, "activation": Identifier("swish")}, "activation", "silu"),
    ("Dense", {"units": 4, "activation": Identifier("keras.activations.relu")}, "activation", "relu"),
    ("Dense", {"units": 4, "activation": ExternFunction("f", "m")}, "activation", ExternFunction("f", "m")),
    ("Dense", {"units": 4, "kernel_initializer": "HeNormal"}, "kernel_initializer", "he_normal"),
    ("Dense", {"units": 4, "kernel_regularizer": Identifier("l2")}, "kernel_regularizer", "l2"),
    ("Dense", {"units": 4, "dtype": Identifier("mixed_float16")}, "dtype", "mixed_float16"),
    ("Dense", {"units": 4, "use_bias": 0}, "use_bias", False),
    ("RandomRotation", {"factor": [-0.1, 0.2]}, "factor", (-0.1, 0.2)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "written", "argument", "expected"), CANONICAL)
def test_an_argument_reaches_rules_in_one_form(
    name: str, written: dict[str, Any], argument: str, expected: Any
) -> None:
    bound = bind(name, **written)
    assert not bound.problems
    assert bound.arguments[argument] == expected


REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("Dense", {"units": 0}, "N0306", "`units` is `0`, not a positive integer"),
    ("Dense", {"units": 2.5}, "N0305", "`units` is `2.5`, not a positive integer"),
    ("Dense", {"units": True}, "N0305", "`units` is `True`, not a positive integer"),
    ("Dense", {"units": 10**40}, "N0306", "`units` is `10000"),
    ("Dense", {"units": Sym.variable("H")}, "N0309", "`units` is the symbolic dimension `H`"),
    ("Dense", {"units": UNKNOWN}, "N0309", "`units` is a dimension that nobody knows yet"),
    ("Dense", {}, "N0304", "it takes a positive integer"),
    ("Dense", {"units": 1, "stride": 2}, "N0301", ""),
    ("Dense", {"units": 1, "activation": Identifier("rleu")}, "N0308", "`activation` is `rleu`"),
    ("Dense", {"units": 1, "activation": "threshold"}, "N0308", "`activation` is `\"threshold\"`"),
    ("Dense", {"units": 1, "kernel_initializer": 0.1}, "N0305", "`kernel_initializer` is `0.1`"),
    ("Dense", {"units": 1, "dtype": "int8"}, "N0307", "`dtype` is `\"int8\"`"),
    ("Dense", {"units": 1, "dtype": "flot32"}, "N0307", "`dtype` is `\"flot32\"`"),
    ("Dense", {"units": 1, "trainable": 1}, "N0305", "`trainable` is `1`"),
    ("Dense", {"units": 1, "use_bias": Identifier("true")}, "N0305", "`use_bias` is `true`"),
    ("Dense", {"units": 1, "name": "a/b"}, "N0305", "`name` is `\"a/b\"`"),
    ("Conv2D", {"filters": 1, "kernel_size": (3, 3, 3)}, "N0305", "`kernel_size` is `(3, 3, 3)`, of length 3"),
    ("Conv2D", {"filters": 1, "kernel_size": (3, Sym.variable("K"))}, "N0309", "`kernel_size` is `(3, K)`"),
    ("Conv2D", {"filters": 1, "kernel_size": 3, "padding": "causal"}, "N0307", "`padding` is `\"causal\"`"),
    ("Cropping2D", {"cropping": ((1, 2, 3), 1)}, "N0305", "`cropping` is `(1, 2, 3)`, of length 3"),
    ("ZeroPadding2D", {"padding": -1}, "N0306", "`padding` is `-1`"),
    ("Dropout", {"rate": 1.5}, "N0306", "`rate` is `1.5`, not a number from 0 to 1"),
    ("Permute", {"dims": (1, 3)}, "N0306", "`dims` is `(1, 3)`"),
    ("Reshape", {"target_shape": (-1, -1)}, "N0305", "`target_shape` is `(-1, -1)`"),
    ("Embedding", {"input_dim": 4, "output_dim": 2, "weights": [[1.0]]}, "N0310", "`weights` is"),
    ("RandomZoom", {"height_factor": -1}, "N0306", "`height_factor` is `-1`"),
    ("CategoryEncoding", {}, "N0304", "it takes a positive integer"),
    ("RNN", {"cell": layer("LSTM")}, "N0305", "`cell` is `LSTM()`, which steps through"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "written", "code", "label"), REFUSED)
def test_an_argument_that_keras_refuses_is_refused(
    name: str, written: dict[str, Any], code: str, label: str
) -> None:
    problems = bind(name, **written).problems
    assert [p.problem.code for p in problems] == [code]
    assert problems[0].label.startswith(label)


SUGGESTIONS: list[tuple[str, dict[str, Any], str]] = [
    ("Conv2D", {"filters": 1, "kernel": 3, "kernel_size": 3}, "kernel_size"),
    ("Conv2D", {"filters": 1, "kernel_size": 3, "stride": 2}, "strides"),
    ("Conv2D", {"filters": 1, "kernel_size": 3, "padding": "smae"}, '"same"'),
    ("Dense", {"units": 1, "activation": "rellu"}, '"relu"'),
    ("Dense", {"units": 1, "activation": Identifier("tf.nn.relu")}, "relu"),
    ("Dense", {"units": 1, "use_bias": Identifier("false")}, "False"),
    ("Dense", {"units": 1, "dtype": "bloat16"}, '"bfloat16"'),
    ("TextVectorization", {"ngrams": [1, 2]}, "(1, 2)"),
]


@pytest.mark.parametrize(("name", "written", "suggestion"), SUGGESTIONS)
def test_a_near_miss_is_answered_with_what_was_meant(
    name: str, written: dict[str, Any], suggestion: str
) -> None:
    assert bind(name, **written).problems[0].suggestion == suggestion


def test_every_mistake_of_a_call_is_reported() -> None:
    bound = bind("Conv2D", 0, (3, "a"), stride=2, padding="sme", filters=4)
    codes = sorted(p.problem.code for p in bound.problems)
    # A value given twice is not looked at twice.
    assert codes == ["N0301", "N0302", "N0305", "N0307"]
    assert not bound.is_complete


def test_a_value_by_position_is_blamed_by_position() -> None:
    assert [p.position for p in bind("Conv2D", 8, "a").problems] == [1]


def test_one_value_too_many_is_one_mistake() -> None:
    problems = bind("RepeatVector", 3, 4, 5).problems
    assert [(p.problem.code, p.position) for p in problems] == [("N0303", 1)]


def test_arguments_of_every_layer_go_by_name_only() -> None:
    assert bind("Add", "sum").problems[0].problem.code == "N0303"
    assert bind("Add", name="sum").arguments["name"] == "sum"


def test_a_name_given_twice_is_refused() -> None:
    found = signature("layer", "Dense")
    assert found is not None
    bound = bind_arguments(found, None, (), [("units", 1), ("units", 2)])
    assert [p.problem.code for p in bound.problems] == ["N0302"]


def test_an_input_shape_is_answered_with_how_inputs_are_declared() -> None:
    assert "input x" in bind("Dense", 8, input_shape=(4,)).problems[0].help


def test_a_value_whose_mistake_was_reported_is_not_blamed_again() -> None:
    bound = bind("Dense", UNRESOLVED)
    assert not bound.problems
    assert not bound.is_complete


def test_an_alias_binds_as_the_layer_itself() -> None:
    assert signature("layer", "MaxPool2D") == signature("layer", "MaxPooling2D")


def test_binding_twice_changes_nothing() -> None:
    for name, written, *_ in CANONICAL:
        once = bind(name, **written)
        again = bind(name, **once.written)
        if name not in ("ZeroPadding1D", "UpSampling1D"):
            assert again.arguments == once.arguments


def test_an_object_of_another_family_is_refused() -> None:
    decay = ObjectValue("regularizer", "L2", {"l2": 0.1})
    (problem,) = bind("Dense", 4, kernel_initializer=decay).problems
    assert (
        problem.label == "`kernel_initializer` is `L2(l2=0.1)`, a regularizer, not an initializer"
    )


def test_a_name_of_two_families_is_taken_in_the_right_one() -> None:
    square = ObjectValue("layer", "Identity", {})
    bound = bind("Dense", 4, kernel_initializer=square)
    assert bound.arguments["kernel_initializer"] == ObjectValue("initializer", "Identity", {})


def test_an_activation_layer_is_an_activation_and_others_are_not() -> None:
    assert not bind("Dense", 4, activation=layer("LeakyReLU")).problems
    assert bind("Dense", 4, activation=layer("PReLU")).problems


OBJECTS: list[tuple[Family, str, dict[str, Any], str | None]] = [
    ("initializer", "HeNormal", {"seed": 1}, None),
    ("initializer", "Constant", {"value": [[0.0, 1.0]]}, None),
    ("initializer", "VarianceScaling", {"mode": "fan_im"}, "N0307"),
    ("regularizer", "L2", {"l2": -1.0}, "N0306"),
    ("constraint", "MaxNorm", {"max_value": 2}, None),
    ("optimizer", "Adam", {"learning_rate": 1}, "N0305"),
    ("optimizer", "Adam", {"lr": 0.1}, "N0301"),
    ("optimizer", "Adam", {"learning_rate": ObjectValue("schedule", "CosineDecay", {})}, None),
    ("optimizer", "SGD", {"momentum": 1}, "N0305"),
    ("optimizer", "SGD", {"clipnorm": 1.0, "clipvalue": 1.0}, "N0512"),
    ("schedule", "PiecewiseConstantDecay", {"boundaries": [1], "values": [0.1]}, "N0512"),
    ("loss", "CategoricalCrossentropy", {"label_smoothing": 0.1}, None),
    ("metric", "AUC", {"curve": "PR"}, None),
    ("callback", "ModelCheckpoint", {"filepath": "best.kears"}, "N0512"),
    ("callback", "EarlyStopping", {"patience": 3, "restore_best_weights": True}, None),
    ("application", "MobileNetV2", {"weights": None, "pooling": "avg"}, None),
]


@pytest.mark.parametrize(("family", "name", "written", "code"), OBJECTS)
def test_objects_check_their_own_arguments(
    family: Family, name: str, written: dict[str, Any], code: str | None
) -> None:
    found = signature(family, name)
    assert found is not None
    made, problems = bind_object(found, (), written)
    assert [p.problem.code for p in problems] == ([code] if code else [])
    assert (made.family, made.kind) == (family, name)


def test_an_unknown_learning_rate_name_suggests_the_known_one() -> None:
    assert bind("Adam", family="optimizer", lr=0.1).problems[0].suggestion == "learning_rate"


def test_a_switch_at_call_time_is_true_or_false() -> None:
    assert switch_mismatch("use_causal_mask", True) is None
    assert switch_mismatch("training", None) is None
    refusal = switch_mismatch("training", "yes")
    assert refusal is not None
    assert refusal.label == 'is `"yes"`, not `True` or `False`'


def test_no_class_swallows_an_argument_of_any_name() -> None:
    """Keras takes `ReduceLROnPlateau(epsilon=0.1)`, and loses it."""
    taking = []
    for family in FAMILIES:
        for name in names(family):
            found = signature(family, name)
            assert found is not None
            problems = bind_arguments(found, None, (), {"no_such_argument": 1}).problems
            if not any(p.argument == "no_such_argument" for p in problems):
                taking.append(name)
    # A function inside gets it, it is the size of an axis, or a way to compute.
    assert sorted(taking) == ["MeanMetricWrapper", "einsum", "rearrange"]


@pytest.mark.parametrize(
    ("layer", "argument", "value", "meant"),
    [
        ("RandomRotation", "factor", 45, "0.125"),
        ("RandomRotation", "factor", -90, "-0.25"),
        ("RandomRotation", "factor", 30, "30 / 360"),
        ("RandomRotation", "factor", (-30, 30), "(-30 / 360, 30 / 360)"),
        ("RandomRotation", "factor", 3.14, None),  # in what?
        ("RandomTranslation", "height_factor", 10, None),  # of how many pixels?
        ("RandomBrightness", "factor", 50, None),
        ("RandomHue", "factor", 18, None),
        ("GaussianNoise", "stddev", 25, None),  # of 255 levels
        ("RandomZoom", "height_factor", 20, "0.2"),
        ("RandomZoom", "height_factor", 1.5, None),
        ("Conv2D", "use_bias", 64, None),
        ("RandAugment", "factor", 9, "0.9"),
        ("RandomContrast", "factor", 20, "0.2"),
        ("RandomCrop", "height", 0.8, None),  # of how many pixels?
        ("Dropout", "rate", 50, "0.5"),
        ("Dropout", "rate", 5, None),  # 5 % or one half
        ("BatchNormalization", "momentum", 9, None),
        ("BatchNormalization", "momentum", 99, "0.99"),
        ("Dense", "units", -1, None),
        ("Dense", "units", -64, "64"),
        ("Dense", "kernel_regularizer", "l1+l2", "L1L2(l1=0.01, l2=0.01)"),
        ("Dense", "kernel_regularizer", "l1_l2", "L1L2(l1=0.01, l2=0.01)"),
        ("Dense", "bias_regularizer", "ElasticNet", "L1L2(l1=0.01, l2=0.01)"),
        ("Dense", "activity_regularizer", "1e-4", "L2(1e-4)"),
        ("Dense", "kernel_regularizer", "l3", None),  # as near to one as to the other
        ("Dense", "kernel_initializer", "0", "Constant(0)"),
    ],
)
def test_a_suggestion_means_what_was_written(
    layer: str, argument: str, value: Any, meant: str | None
) -> None:
    required = {
        "filters": 8,
        "kernel_size": 3,
        "units": 4,
        "width": 8,
        "width_factor": 0.1,
        "rate": 0.1,
    }
    found = signature("layer", layer)
    assert found is not None
    others = {
        p.name: required[p.name] for p in found.parameters if p.required and p.name != argument
    }
    (problem,) = bind_arguments(found, None, (), {**others, argument: value}).problems
    assert problem.suggestion == meant
