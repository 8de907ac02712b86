"""`compiled.experiments`: what a `train` block comes to."""

from __future__ import annotations

from pathlib import Path

import pytest

import netdsl
from netdsl.compiler import Compiled
from netdsl.elaborate.training.experiment import DataSource, Strategy

SPEC = """
extern fn load from "project.data"

model Net(width: int = 8, classes: int = 3) {
    input x: int32[5]
    output y = x -> Embedding(10, width) -> Flatten() -> Dense(classes, activation=softmax)
}

model Other {
    input x: [8]
    output a = x -> Dense(3)
    output b = x -> Dense(1, activation=sigmoid)
}

train Net(lr: float = 1e-3, width: int = 16, folder: str = "flowers") {
    data = csv(folder, label="price")
    validation = load(2)
    optimizer = Adam(lr, beta_1=1 - lr)
    loss = sparse_categorical_crossentropy
    distribute = MirroredStrategy()
    seed = 3
    epochs = 7
}

train Other {
    optimizer = adam
    loss = {"a": mse, "b": binary_crossentropy}
}
"""


def compiled(**hyperparameters: object) -> Compiled:
    return netdsl.compile_text(SPEC, name="specs/net.net", **hyperparameters)


def test_each_block_is_an_experiment_in_order() -> None:
    assert [e.model for e in compiled().experiments] == ["Net", "Other"]
    assert compiled().experiment().model == "Other"
    assert compiled().experiment("Net").model == "Net"
    with pytest.raises(LookupError, match="trains no 'Nett': it trains Net, Other"):
        compiled().experiment("Nett")
    with pytest.raises(LookupError, match="no `train` block"):
        netdsl.compile_text("").experiment()


def test_hyperparameters_go_on_to_the_model_where_it_has_them() -> None:
    experiment = compiled().experiment("Net")
    told = [(h.name, h.value, h.is_of_block, h.reaches_model) for h in experiment.hyperparameters]
    assert told == [
        ("lr", 1e-3, True, False),
        ("width", 16, True, True),
        ("folder", "flowers", True, False),
        ("classes", 3, False, True),
    ]
    assert experiment.graph.hyperparameters == {"width": 16, "classes": 3}
    assert compiled().model("Net").net.hyperparameters == {"width": 8, "classes": 3}


def test_a_setting_from_outside_reaches_block_and_model() -> None:
    found = compiled(width=32, lr=0.5, classes=2)
    experiment = found.experiment("Net")
    assert found.unused_settings == ()
    assert experiment.graph.hyperparameters == {"width": 32, "classes": 2}
    assert found.model("Net").net.hyperparameters == {"width": 32, "classes": 2}
    assert experiment.value("optimizer").arguments["learning_rate"] == 0.5


def test_a_setting_has_its_value_and_the_hyperparameters_that_it_names() -> None:
    experiment = compiled().experiment("Net")
    optimizer = experiment.settings["optimizer"]
    assert optimizer.uses == ("lr",)
    assert optimizer.span.text == "Adam(lr, beta_1=1 - lr)"
    assert dict(optimizer.value.arguments) == {"learning_rate": 1e-3, "beta_1": 1 - 1e-3}
    assert experiment.settings["loss"].uses == ()
    assert (experiment.seed, experiment.epochs, experiment.batch_size) == (3, 7, 32)


def test_a_source_has_its_arguments_and_their_places() -> None:
    experiment = compiled().experiment("Net")
    data, validation = experiment.data, experiment.validation
    assert isinstance(data, DataSource)
    assert (data.kind, dict(data.arguments)) == ("csv", {"path": "flowers", "label": "price"})
    assert {name: span.text for name, span in data.places.items()} == {
        "path": "folder",
        "label": '"price"',
    }
    assert experiment.folder == "specs"
    assert validation is not None
    assert validation.function is not None
    assert validation.function.module == "project.data"
    assert dict(validation.arguments) == {"0": 2}
    assert isinstance(experiment.value("distribute"), Strategy)


def test_inputs_and_outputs_are_those_of_the_trained_model() -> None:
    net, other = compiled().experiments
    (port,) = net.inputs
    assert (port.name, port.shape, port.dtype) == ("x", (None, 5), "int32")
    told = [(p.name, p.shape, p.activation, p.loss) for p in (*net.outputs, *other.outputs)]
    assert told == [
        ("y", (None, 3), "softmax", "sparse_categorical_crossentropy"),
        ("a", (None, 3), "linear", "mse"),
        ("b", (None, 1), "sigmoid", "binary_crossentropy"),
    ]
    assert dict(other.losses) == {"a": "mse", "b": "binary_crossentropy"}


def test_a_model_of_another_file_is_checked_where_it_is_trained(tmp_path: Path) -> None:
    (tmp_path / "nets.net").write_text("model Net { input x: [4]  output y = x -> Dense(2) }")
    text = (
        'from "nets.net" import Net as Small\ntrain Small { optimizer = adam  loss = {"z": mse} }'
    )
    compiled = netdsl.compile_text(text, name=str(tmp_path / "spec.net"))
    (found,) = [d for d in compiled.diagnostics if d.severity == "error"]
    assert (found.code, found.line) == ("N0804", 2)


def test_a_setting_between_the_parentheses_is_told() -> None:
    text = """model N { input x: [8]  output y = x -> Dense(1) }
train N(loss=mse, epochs: int = 2) {
    optimizer = adam
    epochs = epochs
}
"""
    (found,) = [d for d in netdsl.compile_text(text).diagnostics if d.severity != "advice"]
    assert (found.code, found.line, found.column) == ("N0811", 2, 9)
