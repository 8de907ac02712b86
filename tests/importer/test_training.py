"""How a model was compiled becomes a `train` block, and what a spec cannot say is told with the reason."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from netdsl.importer.imported import Imported, imported
from netdsl.importer.sources import read_value
from tests.importer.record import read
from tests.importer.test_hostile import layer, model


def compiled(**config: Any) -> Imported:
    value = model(layer("x"), layer("b", "x"))
    value["compile_config"] = {"optimizer": "sgd", "loss": "mse"} | config
    return imported(read_value(value, "m"), "m")


def made(kind: str, module: str, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "module": module, "config": config}


def adam(**config: Any) -> dict[str, Any]:
    return made("Adam", "keras.optimizers", name="adam", learning_rate=0.0010000000474974513, **config)  # fmt: skip


SETTINGS = [
    ({"optimizer": adam()}, "optimizer = Adam()"),
    ({"optimizer": adam(weight_decay=0.5, amsgrad=True)}, "Adam(amsgrad=True, weight_decay=0.5)"),
    ({"optimizer": made("SGD", "keras.optimizers", learning_rate=0.10000000149011612, momentum=0.9)},
     "SGD(0.1, momentum=0.9)"),
    ({"loss": made("BinaryCrossentropy", "keras.losses", name="binary_crossentropy", from_logits=True)},
     "loss = BinaryCrossentropy(from_logits=True)"),
    ({"loss": made("Huber", "keras.losses", name="huber_loss", reduction="sum")}, 'Huber(reduction="sum")'),
    ({"metrics": [made("MeanAbsoluteError", "keras.metrics", name="error", dtype="float32")]},
     'MeanAbsoluteError(name="error")'),
    ({"metrics": [made("MeanAbsoluteError", "keras.metrics", name="mean_absolute_error_3")]},
     "metrics = [MeanAbsoluteError()]"),
    ({"loss": made("function", "blocks", ) | {"config": "own"}}, 'extern fn own from "blocks"'),
    ({"loss": made("Focal", "blocks", name="focal", reduction="sum_over_batch_size", gamma=2.0)},
     'extern loss Focal(gamma: float) from "blocks"'),
]  # fmt: skip


@pytest.mark.parametrize(("config", "text"), SETTINGS)
def test_a_setting_is_written_as_people_write_it(config: dict[str, Any], text: str) -> None:
    found = compiled(**config)
    assert text in found.text
    assert not found.notes


def test_a_registered_function_is_to_be_filled_in() -> None:
    own = {"class_name": "function", "module": "builtins", "config": "mine>error"}
    found = compiled(loss=own)
    assert 'extern fn error from "lambdas"' in found.text
    assert "`error`" in found.notes[0]


def test_an_output_without_metrics_has_an_empty_list() -> None:
    value = model(layer("x"), layer("a", "x"), layer("b", "x"))
    value["config"]["output_layers"] = [["a", 0, 0], ["b", 0, 0]]
    value["compile_config"] = {
        "optimizer": "sgd",
        "loss": ["mse", None],
        "metrics": [["mae"], None],
    }
    found = imported(read_value(value, "m"), "m")
    assert "loss = [mse, None]" in found.text
    assert "metrics = [[mae], []]" in found.text
    assert not found.notes


def test_what_cannot_be_said_is_left_out_alone_and_told() -> None:
    own = made("Own", "", name="own")
    found = compiled(optimizer=own, metrics=["mae"], weighted_metrics=["mse"], run_eagerly=True)
    assert "loss = mse" in found.text
    assert "metrics = [mae]" in found.text
    assert "optimizer" not in found.text
    assert [note.partition(" ")[0] for note in found.notes] == [
        "`optimizer`",
        "`weighted_metrics`",
        "`run_eagerly`",
    ]
    assert "Own" in found.notes[0]


def test_a_setting_that_the_language_refuses_is_left_out_with_its_words() -> None:
    found = compiled(loss={"nobody": "mse"}, metrics=["mae"])
    assert "metrics = [mae]" in found.text
    assert "loss" not in found.text
    assert "nobody" in found.notes[0]


def test_a_function_is_declared_once_for_layers_and_settings() -> None:
    value = copy.deepcopy(read("hand_written")["learned_lambda"])
    own = {"class_name": "function", "config": "twice", "module": "lambdas"}
    value["compile_config"] = {"optimizer": "sgd", "loss": own}
    found = imported(read_value(value, "m"), "m")
    assert found.text.count('extern fn twice from "lambdas"') == 1


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_setting_that_is_no_number_of_a_spec_is_told(number: float) -> None:
    found = compiled(steps_per_execution=number)
    assert "steps_per_execution" not in found.text
    assert any("steps_per_execution" in note for note in found.notes)
