"""Branches that are alike are one loop in the fork, with what each has for itself."""

from __future__ import annotations

from typing import Any

import pytest

from netdsl.importer.imported import imported
from netdsl.importer.printing import as_list
from netdsl.importer.sources import read_value
from tests.importer.again import again
from tests.importer.test_hostile import layer, model


def joined(name: str, *sources: str) -> dict[str, Any]:
    made = layer(name, *sources, kind="Concatenate")
    tensors = made["inbound_nodes"][0]["args"]
    return {**made, "config": {"name": name}, "inbound_nodes": [{"args": [tensors], "kwargs": {}}]}


def part(name: str, start: int, stop: int) -> dict[str, Any]:
    """Give `x[:, start:stop]`."""
    made = layer(name, "x", kind="GetItem", module="keras.src.ops.numpy")
    slices = [
        {"class_name": "__slice__", "config": {"start": a, "stop": b, "step": None}}
        for a, b in ((None, None), (start, stop))
    ]
    args = [*made["inbound_nodes"][0]["args"], slices]
    return {**made, "config": {"name": name}, "inbound_nodes": [{"args": args, "kwargs": {}}]}


def parts_of_width(width: int, first: int = 0, count: int = 6) -> Any:
    found = [layer("x")]
    found[0]["config"]["batch_shape"] = [None, 100]
    for number in range(count):
        start = first + width * number
        found += [part(f"p{number}", start, start + width), layer(f"d{number}", f"p{number}")]
    return model(*found, joined("c", *(f"d{n}" for n in range(count))), output="c")


@pytest.mark.parametrize(
    ("width", "first", "index"),
    [(1, 0, "i:i + 1"), (3, 0, "3 * i:3 * (i + 1)"), (1, 4, "i + 4:i + 5")],
)
def test_parts_that_are_counted_are_a_loop(width: int, first: int, index: str) -> None:
    found = imported(read_value(parts_of_width(width, first), "m"), "m")
    assert found.comparison.is_equal
    assert f"[for i in range(6) {{ _[:, {index}] -> Dense(2) }}]" in found.text


def test_branches_that_are_the_same_are_a_loop() -> None:
    value = model(
        layer("x"),
        *(layer(f"d{n}", "x") for n in range(6)),
        joined("c", *(f"d{n}" for n in range(6))),
        output="c",
    )
    assert "x -> [for _ in range(6) { Dense(2) }]" in imported(read_value(value, "m"), "m").text


def test_few_branches_stay_as_they_are() -> None:
    text = imported(read_value(parts_of_width(1, count=2), "m"), "m").text
    assert "for " not in text


def test_tensors_that_all_go_on_in_their_order_need_no_list() -> None:
    head = "model M {\n    input x: [8, 4]\n    output y = x -> LSTM(8, return_state=True) -> "
    assert "return_state=True) -> Concatenate()" in again(head + "Concatenate()\n}\n")
    part = again(head + "[_[0], _[2]] -> Concatenate()\n}\n")
    assert "[_[0], _[2]] -> Concatenate()" in part.replace("_ -> ", "")


#: Elements of a list of four tensors, and how a loop over them is written.
PARTS = {
    (0, 1, 2, 3): "skip",
    (3, 2, 1, 0): "skip[::-1]",
    (1, 2, 3): "skip[1:]",
    (0, 1, 2): "skip[:3]",
    (3, 2, 1): "skip[1:][::-1]",
    (1, 2): "skip[1:3]",
    (0, 2, 3): "[skip[0], skip[2], skip[3]]",
    (2,): "[skip[2]]",
}


@pytest.mark.parametrize("places", PARTS)
def test_a_loop_over_a_part_of_a_list(places: tuple[int, ...]) -> None:
    elements = [f"skip[{place}]" for place in places]
    assert as_list(elements, {"skip": 4}) == PARTS[places]
    assert as_list([*elements, "x"], {"skip": 4}) == f"[{', '.join(elements)}, x]"
