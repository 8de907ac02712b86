"""Memory and time of a training step: what they depend on, and on what not."""

from __future__ import annotations

import math

import pytest

from netdsl.analyse.memory import Setup, training_memory
from netdsl.analyse.roofline import Step, training_step
from netdsl.catalog.devices import DEVICES, device
from netdsl.catalog.kind import ObjectValue
from netdsl.compiler import compile_text
from netdsl.graph import Graph

MLP = "model M { input x: [100] output y = x -> Dense(200, activation=relu) -> Dense(10) }"


def graph_of(text: str) -> Graph:
    return compile_text(text).model().net


def step(text: str, batch: int = 64, name: str = "h100", **setup: object) -> Step:
    found = device(name)
    assert found is not None
    return training_step(graph_of(text), found, Setup(**setup), batch)  # type: ignore[arg-type]


def test_the_parts_are_those_counted_by_hand() -> None:
    weights = (101 * 200 + 201 * 10) * 4
    memory = training_memory(graph_of(MLP), Setup())
    assert (memory.weights, memory.gradients, memory.optimizer) == (weights, weights, 2 * weights)
    assert memory.activations == (100 + 200 + 10) * 4
    assert memory.at(32) == 4 * weights + 32 * 310 * 4


def test_a_frozen_layer_has_no_gradient_and_no_state() -> None:
    frozen = graph_of(MLP.replace("Dense(200,", "Dense(200, trainable=False,"))
    memory = training_memory(frozen, Setup())
    assert memory.gradients == 201 * 10 * 4
    assert memory.optimizer == 2 * memory.gradients


def test_shared_weights_are_counted_once() -> None:
    text = "model M { input x: [8] layer d = Dense(8) output y = x -> repeat 3 { d() } }"
    assert training_memory(graph_of(text), Setup()).weights == 72 * 4


def test_a_mixed_policy_halves_activations_and_leaves_weights() -> None:
    full, mixed = (training_memory(graph_of(MLP), Setup(p)) for p in ("float32", "mixed_bfloat16"))
    assert mixed.weights == full.weights
    assert full.activations is not None
    assert mixed.activations == full.activations // 2


def test_a_model_in_a_model_takes_what_its_layers_take() -> None:
    inner = "model In { input x: [100] output y = x -> Dense(200, activation=relu) }"
    outer = inner + " model M { input x: [100] output y = x -> In() -> Dense(10) }"
    assert training_memory(graph_of(outer), Setup()) == training_memory(graph_of(MLP), Setup())


def test_attention_holds_its_scores() -> None:
    def activations(steps: int) -> int:
        text = f"model M {{ input x: [{steps}, 64] output y = x -> MultiHeadAttention(8, 8)(value=x) }}"
        found = training_memory(graph_of(text), Setup()).activations
        assert found is not None
        return found

    assert activations(1024) > 8 * 1024 * 1024 * 4
    assert activations(1024) > 3 * activations(512)


#: A layer, and the elements of a sample that it keeps beside its output: scores, projections, gates.
KEPT = (
    ("x -> Dense(4)", 0),
    ("[x, x] -> Attention()", 32 * 32),
    ("[x, x] -> Attention()(return_attention_scores=True)", 0),
    ("[x, x] -> AdditiveAttention()", 32 * 32 * (1 + 16)),
    ("x -> MultiHeadAttention(2, 4, value_dim=3)(value=y)", 2 * 32 * 8 + (32 + 8) * 2 * (4 + 3)),
    ("x -> MultiHeadAttention(2, 4, flash_attention=True)(value=y)", (32 + 8) * 2 * (4 + 4)),
    ("x -> GroupQueryAttention(4, 4, 2)(value=y)", 4 * 32 * 8 + 2 * 4 * (32 * 4 + 8 * 2)),
    ("ops.dot_product_attention(h, h, h)", 2 * 32 * 32),
    ("x -> SimpleRNN(5)", 0),
    ("x -> GRU(5)", 32 * 15),
    ("x -> LSTM(5)", 32 * 20),
    ("x -> RNN([LSTMCell(5), GRUCell(3)])", 32 * (20 + 9)),
    ("x -> Bidirectional(LSTM(5))", 2 * 32 * 20),
    ("z -> TimeDistributed(LSTM(5))", 3 * 32 * 20),
    ("i -> ConvLSTM1D(2, 3)", 32 * 4 * (6 * 2)),
)


@pytest.mark.parametrize(("stage", "kept"), KEPT, ids=[stage for stage, _ in KEPT])
def test_summary_assertion_and_device_count_activations_alike(stage: str, kept: int) -> None:
    shapes = {"x": (32, 16), "y": (8, 16), "z": (3, 32, 16), "i": (32, 8, 2), "h": (32, 2, 4)}
    given = "".join(
        f"    input {n}0: {list(s)}\n    {n} = {n}0 -> Dense({s[-1]})\n" for n, s in shapes.items()
    )
    also = "".join(f"    output {n}\n" for n in shapes)
    names = "out, scores" if "return_attention_scores" in stage else "out"
    outputs = "".join(f"    output {n}\n" for n in names.split(", "))
    text = f"model M {{\n{given}    {names} = {stage}\n{outputs}{also}    assert memory(batch=10) < 1\n}}\n"
    model = compile_text(text.replace("    assert memory(batch=10) < 1\n", "")).model()
    made = [s for layer in model.summary()["layers"] for s in layer["output_shapes"]]
    held = 4 * (sum(math.prod(shape[1:]) for shape in made) + kept)
    assert model.totals["activation_bytes"] == held
    assert training_memory(model.net, Setup()).activations == held
    (refused,) = compile_text(text).diagnostics
    assert f"{10 * held + 4 * model.totals['parameters']:,}" in refused.message


def test_an_unknown_size_makes_activations_unknown() -> None:
    memory = training_memory(
        graph_of("model M { input x: [T, 8] output y = x -> Dense(4) }"), Setup()
    )
    assert memory.activations is None
    assert memory.largest_batch(10**9) is None


def test_the_largest_batch_is_nought_where_the_model_alone_is_too_large() -> None:
    assert training_memory(graph_of(MLP), Setup()).largest_batch(10_000) == 0


def test_an_optimizer_is_known_however_it_is_written() -> None:
    written = ["sgd", "SGD", ObjectValue("optimizer", "SGD", {"learning_rate": 0.1})]
    assert {training_memory(graph_of(MLP), Setup(optimizer=o)).optimizer for o in written} == {0}


def test_no_layer_is_faster_than_the_peaks_allow() -> None:
    found = step(MLP, batch=4096)
    work = sum(layer.node.macs for layer in found.layers if isinstance(layer.node.macs, int))
    assert found.seconds is not None
    assert found.seconds >= 3 * 2 * work * 4096 / found.device.rate("float32")


@pytest.mark.parametrize("entry", DEVICES, ids=lambda entry: entry.name)
def test_wide_products_are_bound_by_arithmetic_and_activations_by_memory(entry: object) -> None:
    text = "model M { input x: [8192] output y = x -> Dense(8192) -> ReLU() }"
    found = step(text, batch=8192, name=entry.name)  # type: ignore[attr-defined]
    bounds = {layer.node.kind: layer.bound for layer in found.layers}
    assert bounds["Dense"] == "compute"
    assert bounds["ReLU"] == "memory"


def test_replicas_share_a_batch() -> None:
    alone, shared = step(MLP, 64), step(MLP, 64, replicas=4)
    assert (shared.on_each, alone.on_each) == (16, 64)
    assert alone.needed is not None
    assert shared.needed is not None
    assert shared.needed < alone.needed


def test_what_leaves_the_fast_paths_is_named() -> None:
    text = """model M {
        input x: [20, 16]
        output y = x -> LSTM(8, recurrent_dropout=0.5, return_sequences=True) -> Conv1D(7, 3) -> DepthwiseConv1D(3)
    }"""
    missed = [
        layer.misses for layer in step(text, precision="mixed_float16").layers if layer.misses
    ]
    assert [m.split(":")[0] for m in missed] == ["cuDNN", "tensor cores", "tensor cores"]
    assert [layer.misses for layer in step(text).layers if layer.misses] == missed[:1]


def frozen(text: str) -> str:
    return text.replace("Dense(200,", "Dense(200, trainable=False,")


def test_no_gradient_comes_to_a_frozen_layer_with_nothing_to_train_before_it() -> None:
    def seconds(text: str) -> list[float]:
        return [layer.seconds for layer in step(text).layers if layer.node.kind == "Dense"]

    (whole, head), (once, same) = seconds(MLP), seconds(frozen(MLP))
    assert whole == pytest.approx(3 * once)
    assert head == same


def test_what_frozen_layers_give_is_held_where_a_layer_that_trains_reads_it() -> None:
    deep = "model M { input x: [100] output y = x -> FROZEN -> Dense(1000) }"
    layers = " -> ".join(["Dense(200, trainable=False)"] * 5)
    memory = training_memory(graph_of(deep.replace("FROZEN", layers)), Setup())
    assert memory.activations == (100 + 200 + 1000) * 4
    trained = training_memory(graph_of(deep.replace("FROZEN", "Dense(8) -> " + layers)), Setup())
    assert trained.activations == (100 + 8 + 5 * 200 + 1000) * 4


def test_a_wide_layer_that_runs_forwards_alone_has_to_fit_all_the_same() -> None:
    text = "model M { input x: [10] output y = x -> Dense(9999, trainable=False) -> Dense(2, trainable=False) }"
    assert training_memory(graph_of(text), Setup()).activations == 2 * 9999 * 4


APPLICATION = (
    "model M { input x: [224, 224, 3] output y = x -> applications.ResNet50(include_top=False, weights=None) "
    "-> GlobalAveragePooling2D() -> Dense(2) }"
)


def test_an_application_takes_what_its_layers_take() -> None:
    compiled = compile_text(APPLICATION).model()
    trained = training_memory(compiled.net, Setup()).activations
    resting = compile_text(
        APPLICATION.replace("weights=None", "weights=None, trainable=False")
    ).model()
    frozen_memory = training_memory(resting.net, Setup()).activations
    assert trained is not None
    assert frozen_memory is not None
    assert trained == compiled.totals["activation_bytes"]
    assert frozen_memory < trained / 10
