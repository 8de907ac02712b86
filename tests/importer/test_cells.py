"""Cells: parts with several tensors on the way are blocks with statements, runs of them loops that hand several on."""

from __future__ import annotations

from typing import Any

from netdsl.importer.imported import imported
from netdsl.importer.sources import read_value
from tests.importer.again import again
from tests.importer.test_hostile import layer, model


def joined(name: str, *sources: str, kind: str = "Add") -> dict[str, Any]:
    """Give a layer that takes a list."""
    made = layer(name, *sources, kind=kind, module="keras.layers")
    made["config"] = {"name": name}
    made["inbound_nodes"][0]["args"] = [made["inbound_nodes"][0]["args"]]
    return made


def dense(name: str, source: str, units: int = 2) -> dict[str, Any]:
    made = layer(name, source)
    return {**made, "config": {"name": name, "units": units}}


def written(*layers: dict[str, Any], output: str) -> str:
    found = imported(read_value(model(layer("x"), *layers, output=output), "m"), "m")
    assert found.comparison.is_equal
    return found.text


def cell(number: int, first: str, second: str, units: int) -> list[dict[str, Any]]:
    """Give layers that call one another by name: two of them are taken twice."""
    n = str(number)
    return [
        dense(f"h{n}", first, units),
        dense(f"p{n}", second, units),
        joined(f"a{n}", f"h{n}", f"p{n}"),
        joined(f"b{n}", f"h{n}", f"a{n}", kind="Multiply"),
        joined(f"c{n}", f"a{n}", f"p{n}", kind="Maximum"),
        joined(f"out{n}", f"b{n}", f"c{n}", f"h{n}", kind="Concatenate"),
    ]


def test_what_recurs_with_several_tensors_on_the_way_is_a_block_with_statements() -> None:
    layers = [*cell(0, "x", "x", 4), *cell(1, "out0", "x", 8), *cell(2, "out1", "out0", 16)]
    text = written(*layers, dense("y", "out2"), output="y")
    assert text.count("Maximum()") == text.count("Multiply()") == 1
    (block,) = [part for part in text.split("\n\n") if part.startswith("block ")]
    assert "input other" in block


def test_cells_each_from_the_one_before_and_the_one_before_that_are_a_loop_that_hands_two_on() -> (
    None
):
    layers = [dense("out0", "x", 4), dense("out1", "out0", 4)]
    for number in range(2, 9):
        layers += cell(number, f"out{number - 1}", f"out{number - 2}", 4)
    text = written(*layers, dense("y", "out8"), output="y")
    assert "-> repeat 7 {" in text
    assert "x2, before = _" in text
    assert "output x2\n" in text
    assert text.count("Maximum()") == 1


def test_what_lies_between_one_tensor_and_the_next_is_a_block_with_its_own_weights_and_arrays() -> (
    None
):
    """Attention by functions: queries, keys and values at once, a learned table, round it a shortcut."""
    text = again(
        "block attention(width) {\n    input x\n    weight table: [4, 4] = zeros\n"
        "    query, key, value = x -> [for _ in range(3) { Dense(width) }]\n"
        "    bias = table -> ops.take([1, 0, 3, 2], axis=0)\n"
        "    scores = ops.matmul(query, ops.transpose(key, (0, 2, 1))) + bias\n"
        "    output x + (ops.matmul(scores -> Softmax(), value) -> Dense(width))\n}\n"
        "model M {\n    input x: [4, 8]\n"
        "    output y = x -> repeat 3 { attention(8) } -> Dense(16) -> attention(16)\n}\n"
    )
    assert text.count("weight ") == text.count("Softmax()") == 1
    assert "repeat 3 { feed_forward(8) } -> Dense(16) -> feed_forward(16)" in text


def test_a_time_that_is_taken_everywhere_goes_into_each_block_beside_what_arrives() -> None:
    text = again(
        "block residual(width) {\n    input x\n    input time\n"
        "    main = (x -> Dense(width, activation=relu)) + (time -> Dense(width))\n"
        "    output x + (main -> Dense(width))\n}\n"
        "model M {\n    input x: [8]\n    input step: [1]\n    time = step -> Dense(4) -> Dense(4)\n"
        "    output y = x -> repeat 8 { residual(8)(time=time) }\n}\n"
    )
    assert "x -> repeat 8 {" in text
    assert text.count("Dense(8, activation=relu)") == 1
