"""Rules against recorded Keras verdicts: shapes, weights, counts and dtypes of one layer at a time.

Runs where the recordings are (see `recorded.py`), and is skipped elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from netdsl.catalog.kind import Refusal, as_shape
from netdsl.tensor import TensorSpec, keras_shape
from tests.catalog import recorded
from tests.catalog.rule_harness import apply_rule, flatten

#: Where netdsl refuses what Keras lets through while building, since the net could not run.
CARELESS = {
    "Dot: axes=0",  # sums over the batch
    "Softmax: rank 0 and batch: shape (None,)",  # its axis is not there
    "LayerNormalization: list of two tensors instead of one",
    "UpSampling2D: interpolation='nonsense'",
    "Resizing: interpolation='nonsense'",
    "Resizing: list of two tensors instead of one",  # it puts the sizes in place of the tensors
    "GroupQueryAttention: rank+1: axis of 2 inserted after the batch",  # reads the wrong axis
    "HashedCrossing: num_bins='a'",
    "HashedCrossing: num_bins=2.5",
    "HashedCrossing: num_bins=None",
    "HashedCrossing: unknown constructor argument",  # it would be dropped
    "Hashing: num_bins=2.5",
}

#: The family files whose rules are compared.
FAMILIES = (
    "core", "convolution", "pooling", "reshaping", "merging", "normalization", "regularization",
    "activation", "recurrent", "convolutional_recurrent", "wrappers", "attention", "embedding",
    "preprocessing", "augmentation", "audio",
)  # fmt: skip

Recorded = dict[str, Any]


def in_family(family: str) -> set[str]:
    module = import_module(f"netdsl.catalog.layers.{family}")
    return {kind.name for kind in module.KINDS}


def sayable(family: str, *names: str) -> Iterator[Recorded]:
    """Give the recorded cases of a family whose arguments and inputs a spec can say."""
    kinds = in_family(family)
    for layer, arguments, case in recorded.constructions(*names):
        tensors = case.get("input")
        if layer not in kinds or tensors is None:
            continue
        named = dict(tensors) if case.get("input_struct") == "dict" else {}
        listed = list(named.values()) or (tensors if isinstance(tensors, list) else [tensors])
        if all(isinstance(x, dict) and x.get("shape") and not x.get("ragged") for x in listed):
            yield {**case, "arguments": arguments, "listed": listed, "names": list(named)}


def inputs(case: Recorded, batch: str) -> tuple[TensorSpec, ...]:
    """Give the inputs with nothing (`concrete`), the batch or all but the channels (`dynamic`) unknown."""
    channels = 1 if case["arguments"].get("data_format") == "channels_first" else -1

    def shape(dims: list[int | None]) -> list[int | None]:
        if batch == "concrete":
            return dims
        kept = set(range(1, len(dims)))
        if batch == "dynamic":
            kept &= {channels % len(dims)}
        return [size if axis in kept else None for axis, size in enumerate(dims)]

    return tuple(
        TensorSpec(as_shape(shape(x["shape"])), x["dtype"], sparse=bool(x.get("sparse")))
        for x in case["listed"]
    )


def infer(case: Recorded, batch: str = "batch_none") -> Any:
    is_list = isinstance(case["input"], list)
    call_arguments = recorded.value(case.get("call_kwargs") or {})
    tensors = inputs(case, batch)
    if case["names"]:  # the first arrives through the arrow, the others are given by name
        call_arguments |= dict(zip(case["names"][1:], tensors[1:], strict=True))
        tensors = tensors[:1]
    return apply_rule(case["layer"], case["arguments"], tensors, is_list, call_arguments)[1]


def shapes(recorded_shape: Any) -> list[list[int | None]]:
    """Flatten a recorded structure of shapes."""
    if not recorded_shape or not isinstance(recorded_shape[0], list):
        return [recorded_shape]
    return [shape for part in recorded_shape for shape in shapes(part)]


def disagreement(case: Recorded) -> str | None:
    """Compare what a rule says of an accepted case with what Keras made of it."""
    batch = "batch_none" if "output_shape" in case["keras"]["batch_none"] else "concrete"
    wanted = case["keras"][batch]
    try:
        got = infer(case, batch)
    except Refusal as refusal:
        return f"refused: {refusal.problem.code} {refusal.label}"
    found = [keras_shape(y.shape) for y in flatten(got.outputs)]
    if found != shapes(wanted["output_shape"]):
        return f"shape {found}, Keras {wanted['output_shape']}"
    dtypes = [y.dtype for y in flatten(got.outputs)]
    if isinstance(wanted["output_dtype"], str) and set(dtypes) != {wanted["output_dtype"]}:
        return f"dtype {dtypes}, Keras {wanted['output_dtype']}"
    trains = case["arguments"].get("trainable", True)  # the elaborator freezes a layer's weights
    weights = [[w.name, list(w.shape), w.trainable and trains] for w in got.weights]
    if weights != [[w[0], w[1], w[2]] for w in case["keras"]["weights"]]:
        return f"weights {weights}, Keras {case['keras']['weights']}"
    return dynamic_disagreement(case)


def dynamic_disagreement(case: Recorded) -> str | None:
    """Compare under unknown sizes; Keras gives a shape there, or nothing where it refuses to build."""
    wanted = case["keras"].get("dynamic")
    if not wanted or "output_shape" not in wanted:
        return None
    try:
        found = [keras_shape(y.shape) for y in flatten(infer(case, "dynamic").outputs)]
    except Refusal:
        return None  # the recording kept the sizes that Keras needs, such as the channels
    right = found == shapes(wanted["output_shape"])
    return None if right else f"dynamic {found}, Keras {wanted['output_shape']}"


each_family = pytest.mark.parametrize("family", FAMILIES)


def skip_where_absent(cases: list[Recorded]) -> None:
    if not cases:
        pytest.skip("no recordings here")


@each_family
def test_accepted_layers_have_the_recorded_shapes_dtypes_and_weights(family: str) -> None:
    cases = [
        c
        for c in sayable(family, "layer_cases", "supplement_cases")
        if c.get("verdict") == "accepted"
    ]
    skip_where_absent(cases)
    wrong = [f"{c['layer']} {c['init_kwargs']}: {d}" for c in cases if (d := disagreement(c))]
    assert not wrong, f"{len(wrong)} of {len(cases)}:\n" + "\n".join(wrong)


@each_family
def test_concrete_batches_are_carried(family: str) -> None:
    cases = [
        c
        for c in sayable(family, "layer_cases", "supplement_cases")
        if c.get("verdict") == "accepted" and c["keras"].get("concrete")
    ]
    skip_where_absent(cases)
    wrong = []
    for case in cases:
        found = [keras_shape(y.shape) for y in flatten(infer(case, "concrete").outputs)]
        if found != shapes(case["keras"]["concrete"]["output_shape"]):
            wrong.append(f"{case['layer']} {case['init_kwargs']}: {found}")
    assert not wrong, "\n".join(wrong)


def is_refused(case: Recorded) -> bool:
    try:
        infer(case)
    except Refusal:
        return True
    return False


@each_family
def test_what_keras_rejects_is_refused(family: str) -> None:
    cases = [c for c in sayable(family, "bad_inputs") if not c["keras"]["accepted"]] + [
        c
        for c in sayable(family, "layer_cases", "supplement_cases")
        if c.get("verdict") == "rejected"
    ]
    skip_where_absent(cases)
    missed = [
        f"{c['layer']} {c.get('mutation')} {c['init_kwargs']}: {c['keras'].get('message')}"
        for c in cases
        if not is_refused(c)
    ]
    assert not missed, f"{len(missed)} of {len(cases)}:\n" + "\n".join(missed)


@each_family
def test_what_keras_takes_is_refused_only_with_care(family: str) -> None:
    cases = [c for c in sayable(family, "bad_inputs") if c["keras"]["accepted"]]
    skip_where_absent(cases)
    named = {f"{c['layer']}: {c['mutation']}" for c in cases}
    refused = {f"{c['layer']}: {c['mutation']}" for c in cases if is_refused(c)}
    assert refused == named & CARELESS


@each_family
def test_mutations_that_keras_takes_have_its_shapes(family: str) -> None:
    cases = [
        c for c in sayable(family, "bad_inputs") if c["keras"]["accepted"] and not is_refused(c)
    ]
    skip_where_absent(cases)
    wrong = []
    for case in cases:
        found = [keras_shape(y.shape) for y in flatten(infer(case).outputs)]
        if found != shapes(case["keras"]["output_shape"]):
            wrong.append(f"{case['layer']} {case['mutation']} {case['init_kwargs']}: {found}")
    assert not wrong, "\n".join(wrong)
