"""Units in a long skip, and what parts of a network are called that do nearly the same."""

from __future__ import annotations

import pytest

from netdsl.importer.errors import CannotImport
from netdsl.importer.imported import imported
from netdsl.importer.sequences import spell_computed
from netdsl.importer.sources import read_value
from tests.importer.again import again
from tests.importer.test_hostile import layer, model

CONV = 'Conv2D(4, 3, padding="same"'


def test_the_first_unit_of_a_stack_in_a_long_skip_is_like_the_others() -> None:
    """What arrives at the stack is taken three times: by the first unit, round it, and round all of them."""
    unit = f"[_, {CONV}, activation=relu) -> {CONV})] -> Add()"
    text = again(
        f"model M {{ input x: [8, 8, 4] output y = x -> {CONV})"
        f" -> [_, repeat 5 {{ {unit} }} -> {CONV})] -> Add() -> Conv2D(1, 1) }}"
    )
    assert "repeat 5 {" in text
    assert " as " not in text


def test_forks_in_forks_are_opened_though_units_on_the_way_are_forks_too() -> None:
    """A way down and a way up of residual units, whose sums are of the kind that closes the long skips."""
    text = again(
        """
        block unit(filters: int) = [_, Conv2D(filters, 3, padding="same") -> ReLU()] -> Add()
        model M {
            input x: [32, 32, 8]
            deep = x
                -> for filters in [16, 32, 64] {
                    unit(_.shape[-1]) as skip -> Conv2D(filters, 3, strides=2, padding="same")
                }
                -> unit(64)
            output y = deep
                -> for filters, across in zip([32, 16, 8], skip[::-1]) {
                    Conv2DTranspose(filters, 2, strides=2) -> [_, across] -> Add()
                }
        }
        """
    )
    assert text.count("for ") == 2
    assert text.count(" as ") == 1, text


def test_blocks_that_differ_by_what_ends_them_are_told_apart() -> None:
    """`conv_bn2` says nothing."""
    conv = 'Conv2D({}, 3, padding="same", use_bias=False, kernel_regularizer=L2(1e-4)) -> BatchNormalization()'
    wide, narrow = conv.format(64), conv.format(16)
    units = " -> ".join(
        f"{wide} -> LeakyReLU(0.1) -> MaxPooling2D() -> {narrow} -> PReLU() -> {narrow}"
        for _ in range(4)
    )
    text = again(f"model M {{ input x: [64, 64, 3] output y = x -> {units} }}")
    assert "conv_bn2" not in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1 / 255, "1 / 255"), (1 / 127.5, "1 / 127.5"), (-1 / 3, "-1 / 3"), (2 / 3, "2 / 3"),
        (0.5**0.5, "sqrt(0.5)"), (0.1, None), (0.1234567890123, None), (0.0, None), (float("inf"), None),
        (float("nan"), None), (5e-324, None), (1.7976931348623157e308, None),
    ],
)  # fmt: skip
def test_a_number_that_somebody_computed_is_written_as_that(value: float, text: str) -> None:
    assert spell_computed(value) == text


def test_states_of_a_layer_are_taken_by_their_numbers() -> None:
    text = again(
        """
        model M {
            input words: int32[9]
            encoder = words -> Embedding(50, 8) -> LSTM(8, return_sequences=True, return_state=True)
            hidden = [encoder[1], encoder[2]] -> Concatenate()
            carried = [encoder[2], encoder[1]] -> Concatenate()
            output y = encoder[0] -> LSTM(16)(initial_state=[hidden, carried])
        }
        """
    )
    assert "hidden = [encoder[1], encoder[2]] -> Concatenate()" in text
    assert "skip" not in text


def test_gates_of_experts_are_no_residual() -> None:
    """A product by a function, with a tensor that both get from outside."""
    gate = "Dense(8, activation=softmax) -> ops.expand_dims(-1) -> ops.multiply(e) -> ops.sum(axis=1) -> Dense(8)"
    text = again(
        f"""
        model M {{
            input x: [64]
            e = x -> [for _ in range(8) {{ Dense(16) }}] -> ops.stack(axis=1)
            output a = x -> {gate} -> Dense(1)
            output b = x -> {gate} -> Dense(5)
        }}
        """
    )
    assert "block gated(" in text
    assert "residual" not in text


def test_a_number_of_numpy_makes_no_float64_of_what_a_saved_model_computes() -> None:
    """The configuration of a live model tells float64, and that it is from a number that is like any other in it."""
    scaled = layer("f", "x", kind="Multiply", module="keras.src.ops.numpy")
    scaled["config"] = {"name": "f"}
    scaled["inbound_nodes"][0]["args"].append(0.5**0.5)
    after = layer("g", "f", kind="Tanh", module="keras.src.ops.numpy")
    after["config"] = {"name": "g"}
    end = layer("b", "g")
    for made in (after, end):
        config = made["inbound_nodes"][0]["args"][0]["config"]
        config |= {"shape": [None, 2], "dtype": "float64"}
    found = imported(read_value(model(layer("x"), scaled, after, end), "m"), "m")
    assert found.comparison.is_equal
    assert [note.partition(":")[0] for note in found.notes] == ["`f`"]
    scaled["inbound_nodes"][0]["args"][1] = 2  # a whole number makes none
    with pytest.raises(CannotImport, match="float64"):
        imported(read_value(model(layer("x"), scaled, after, end), "m"), "m")
