"""Of every name of the catalogue it is told what it is for and what to watch for, in a few words of its own."""

from __future__ import annotations

import re

import pytest

from netdsl.catalog import layer_kinds
from netdsl.catalog.activations import activation_facts
from netdsl.catalog.knowledge import known, named_class
from netdsl.catalog.signature import Family, names, signature

FAMILIES: tuple[Family, ...] = (
    "initializer", "regularizer", "constraint", "loss", "metric", "optimizer", "schedule", "callback", "dataset",
)  # fmt: skip


def texts(family: Family, name: str) -> tuple[str, str]:
    """What is said of one name."""
    if family == "layer":
        kind = layer_kinds()[name]
        return kind.use_for, kind.watch_for
    facts = activation_facts(name) if family == "activation" else known(family, name)
    assert facts is not None, name
    return facts.belongs, facts.watch_for


#: Arguments that are spoken of and belong to a layer, to any optimizer, to `fit`, or to earlier Keras.
ELSEWHERE = {"trainable", "use_ema", "verbose", "decay"}

ALL = [(family, name) for family in (*FAMILIES, "layer", "activation") for name in names(family)]  # type: ignore[arg-type]


@pytest.mark.parametrize("family", [*FAMILIES, "layer", "activation"])
def test_no_name_lacks_what_it_is_for_and_what_to_watch_for(family: Family) -> None:
    assert [name for name in names(family) if not all(texts(family, name))] == []


@pytest.mark.parametrize("family", FAMILIES)
def test_texts_are_phrases_of_a_line_or_two(family: Family) -> None:
    said = [(name, text) for name in names(family) for text in texts(family, name)]
    assert [name for name, text in said if text.endswith(".") or len(text) > 330] == []
    assert [name for name, text in said if text.count("`") % 2] == []


def test_arguments_that_are_spoken_of_are_there() -> None:
    """What stands as `argument=` in a text is one of the object, of another that it names, or of `fit`."""
    wrong = []
    for family, name in ALL:
        facts = signature(family, name)  # type: ignore[arg-type]
        assert facts is not None
        own = named_class(family, name) or name  # type: ignore[arg-type]
        of_class = signature(family, own) or signature("loss", own)  # type: ignore[arg-type]
        taken = {*facts.names, *(of_class.names if of_class else ()), *ELSEWHERE}
        for text in texts(family, name):  # type: ignore[arg-type]
            found = set(re.findall(r"`(\w+)=", text))
            others = set(re.findall(r"\b([A-Z]\w+)\b", text))
            for other in others:
                for known_family in (*FAMILIES, "layer"):
                    there = signature(known_family, other)  # type: ignore[arg-type]
                    taken |= set(there.names) if there else set()
            if family in FAMILIES and not found <= taken:
                wrong.append((name, found - taken))
    assert wrong == []


def test_a_function_is_told_of_as_its_class_is() -> None:
    assert known("loss", "mean_squared_error") is known("loss", "MeanSquaredError")
    assert named_class("metric", "sparse_categorical_accuracy") == "SparseCategoricalAccuracy"
    assert named_class("metric", "huber") == "Huber"
    assert named_class("loss", "Huber") is None


def test_a_name_of_two_families_is_told_of_in_each() -> None:
    loss, metric = known("loss", "CosineSimilarity"), known("metric", "CosineSimilarity")
    assert loss is not None
    assert metric is not None
    assert loss.watch_for != metric.watch_for
