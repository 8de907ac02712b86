"""Dtypes and refused calls against recorded Keras: which dtype leaves a layer, and which tensors it does not take."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from netdsl.catalog import layer_kinds
from netdsl.catalog.kind import Inference, Refusal, as_shape
from netdsl.catalog.signature import signature
from netdsl.tensor import TensorSpec
from tests.catalog import recorded
from tests.catalog.rule_harness import apply_rule, flatten

pytestmark = pytest.mark.skipif(
    not recorded.folder().exists(), reason="no recorded verdicts beside this checkout"
)

Recorded = dict[str, Any]
ROWS: list[Recorded] = recorded.load("dtype_rules")


#: Recorded with the policy on the layer inside as well, whose orthogonal weights cannot be made in bfloat16.
INSIDE_AS_WELL = {("Bidirectional", "bfloat16"), ("RNN", "bfloat16")}


@cache
def plainest(layer: str) -> tuple[dict[str, Any], list[Recorded]]:
    """Give a layer's accepted case that has the fewest arguments and none for its dtype: (arguments, inputs)."""
    cases = [
        (arguments, listed if isinstance(listed := case["input"], list) else [listed])
        for name, arguments, case in recorded.constructions("layer_cases", "supplement_cases")
        if name == layer and case.get("verdict") == "accepted" and "dtype" not in arguments
        if isinstance(case["input"], list) or "shape" in case["input"]
    ]
    return min(cases, key=lambda found: len(found[0]))


def applied(row: Recorded) -> Inference:
    arguments, listed = plainest(row["layer"])
    policy = {} if "default" in row["policy"] else {"dtype": row["policy"]}
    inputs = tuple(
        TensorSpec(as_shape([None, *x["shape"][1:]]), row["input_dtype"]) for x in listed
    )
    return apply_rule(row["layer"], {**arguments, **policy}, inputs, len(inputs) > 1)[1]


def difference(row: Recorded) -> str | None:
    """Compare the dtype that a rule gives with the one that Keras announces; an error there is a refusal here."""
    try:
        found = flatten(applied(row).outputs)[0].dtype
    except Refusal as refusal:
        found = f"error {refusal.label}"
    said = str(row["symbolic"])
    same = found == said or (found.startswith("error") and said.startswith("error"))
    return None if same else f"{row['policy']}, {row['input_dtype']}: {found}, Keras {said}"


def sayable(layer: str) -> bool:
    try:
        return signature("layer", layer) is not None and bool(plainest(layer))
    except (ValueError, recorded.Unsayable):
        return False


@pytest.mark.parametrize("layer", sorted({row["layer"] for row in ROWS if sayable(row["layer"])}))
def test_every_dtype_leaves_as_keras_announces(layer: str) -> None:
    rows = [r for r in ROWS if r["layer"] == layer and (layer, r["policy"]) not in INSIDE_AS_WELL]
    found = [d for row in rows if (d := difference(row))]
    assert not found, "\n".join(found)


def refused_calls() -> Iterator[tuple[str, dict[str, Any], tuple[TensorSpec, ...], bool]]:
    """Give the calls that Keras's own tests see refused, where a spec can say them."""
    for error in recorded.load("layer_errors"):
        call = error.get("call") or {}
        if error["op"] != "__call__" or error["custom_layer"] or set(call) - {"*args", "training"}:
            continue
        given = call["*args"][0]
        listed = given if isinstance(given, list) else [given]
        if error["layer"] not in layer_kinds() or not all(
            isinstance(x, dict) and x["shape"] for x in listed
        ):
            continue
        try:
            arguments = recorded.value(error["config"])
        except recorded.Unsayable:
            continue
        specs = tuple(
            TensorSpec(as_shape(x["shape"]), x["dtype"], sparse=bool(x.get("sparse")))
            for x in listed
        )
        yield error["layer"], arguments, specs, isinstance(given, list)


@pytest.mark.parametrize(
    ("layer", "arguments", "inputs", "is_list"),
    list(refused_calls()),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_keras_refuses_of_a_call_is_refused_or_warned_of(
    layer: str, arguments: dict[str, Any], inputs: tuple[TensorSpec, ...], is_list: bool
) -> None:
    """Keras builds some of them all the same, where the tensors hold no data yet: those have a caveat."""
    try:
        found = apply_rule(layer, arguments, inputs, is_list)[1]
    except Refusal:
        return
    assert found.caveats
