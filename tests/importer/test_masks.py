"""Masks that travel by themselves are not said; masks that somebody computed are."""

from __future__ import annotations

from typing import Any

import pytest

from netdsl.importer.imported import imported
from netdsl.importer.sources import read_value
from tests.importer.test_hostile import model


def tensor(name: str) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}}


def source(*sizes: int | None, dtype: str = "float32") -> dict[str, Any]:
    config = {"name": "x", "batch_shape": [None, *sizes], "dtype": dtype}
    return {"class_name": "InputLayer", "config": config, "name": "x"}


def use(name: str, kind: str, *args: Any, called: Any = (), **config: Any) -> dict[str, Any]:
    return {
        "class_name": kind,
        "module": config.pop("module", "keras.layers"),
        "config": {"name": name} | config,
        "name": name,
        "inbound_nodes": [{"args": list(args), "kwargs": dict(called)}],
    }


def words(mask: str, left_out: float = 0, **numbers: Any) -> Any:
    """Give a model of words whose mask is taken by a recurrent layer, and by one that stands behind it."""
    functions = "keras.src.ops.numpy"
    return model(
        source(5, dtype="int32"),
        use("embedding", "Embedding", tensor("x"), input_dim=9, output_dim=4, mask_zero=True),
        use("not_equal", "NotEqual", tensor("x"), left_out, module=functions),
        use("own", "Greater", tensor("x"), 3, module=functions),
        use("gru", "GRU", tensor("embedding"), units=3, called={"mask": tensor(mask)}, **numbers),
        use("dropout", "Dropout", tensor("gru"), rate=0.5),
        use("lstm", "LSTM", tensor("dropout"), units=2, called={"mask": tensor(mask)})
        if numbers
        else use("dense", "Dense", tensor("dropout"), units=2),
        output="lstm" if numbers else "dense",
    )


def text_of(value: Any, *, flat: bool = False) -> str:
    return imported(read_value(value, "m"), "m", flat=flat).text


@pytest.mark.parametrize("is_flat", [True, False], ids=["flat", "folded"])
def test_the_mask_that_comes_with_a_tensor_is_not_said(is_flat: bool) -> None:
    text = text_of(words("not_equal", return_sequences=True), flat=is_flat)
    assert "GRU(3, return_sequences=True)" in text
    assert "mask=" not in text
    assert "!=" not in text


def test_another_mask_is_said() -> None:
    assert "mask=own" in text_of(words("own", return_sequences=True), flat=True)
    assert "mask=not_equal" in text_of(words("not_equal", left_out=1), flat=True)


def test_masking_makes_one_of_all_features() -> None:
    functions = "keras.src.ops.numpy"
    for mask_value, axis, is_said in ((-1.0, -1, False), (-2.0, -1, True), (-1.0, 1, True)):
        value = model(
            source(5, 2),
            use("masking", "Masking", tensor("x"), mask_value=-1.0),
            use("not_equal", "NotEqual", tensor("x"), mask_value, module=functions),
            use("any", "Any", tensor("not_equal"), module=functions, axis=axis, keepdims=False),
            use("b", "LSTM", tensor("masking"), units=3, called={"mask": tensor("any")}),
        )
        if (
            axis == 1
        ):  # it has another shape, and Keras would refuse it; nothing is left out all the same
            assert "any" in {u.made.kind for u in read_value(value, "m").uses}
        else:
            assert ("mask=" in text_of(value)) is is_said
