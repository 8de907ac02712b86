"""The table of other tools' habits is well formed, and what it offers is there."""

from __future__ import annotations

from collections import Counter

import pytest

from netdsl.catalog.signature import FAMILIES, identifiers, names_and_aliases, signature
from netdsl.diagnostics.habits import (
    TABLE,
    Habit,
    habits,
    help_for,
    left_out,
    modules_with,
    names_for,
    own_losses,
)

REMEDIES = {"is", "omit", "say", "stage", "layers", "functions", "layers, functions"}


def test_each_line_has_its_four_parts_and_each_word_one_line_for_a_place_and_remedy() -> None:
    with open(TABLE, encoding="utf-8") as lines:
        parts = [line.count(" | ") for line in lines if " | " in line]
    assert set(parts) == {2, 3}
    assert {habit.remedy for habit in habits()} == REMEDIES
    twice = Counter((habit.place, habit.word, habit.remedy) for habit in habits())
    assert [key for key, count in twice.items() if count > 1] == []


def offered(place: str) -> list[Habit]:
    return [habit for habit in habits() if habit.place == place and habit.remedy == "is"]


@pytest.mark.parametrize(
    "place", ["layer", "layer that takes its size first", "function of tensors"]
)
def test_layers_that_are_offered_are_layers_of_keras(place: str) -> None:
    layers = names_and_aliases("layer").keys() | names_and_aliases("op").keys()
    assert [h for h in offered(place) if not layers & set(h.names)] == []


def test_arguments_that_are_offered_are_arguments_of_something() -> None:
    signatures = [signature(f, n) for f in FAMILIES for n in names_and_aliases(f)]
    taken = {name for found in signatures if found is not None for name in found.names}
    own = {"path", "features", "image_size", "delimiter", "compression", "layout", "mesh"}
    own |= {"label", "label_mode", "min_delta", "loss", "optimizer", "batch_size", "epochs"}
    own |= {"attention_mask", "use_causal_mask"}  # of calls
    assert [h for h in offered("argument") if not (taken | own) & set(h.names)] == []


def test_authors_are_those_of_initializers() -> None:
    known = names_and_aliases("initializer").keys() | identifiers("initializer").keys()
    assert [h for h in offered("author") if not set(h.names) <= known] == []


def test_each_remedy_is_worded_as_it_is_said() -> None:
    assert names_for("layer")["Linear"] == ("Dense",)
    assert help_for("setting")["shuffle"].startswith("leave it out: training data")
    assert "`extern layer`" in own_losses()["add_loss"]
    assert left_out("argument") >= {"inplace", "in_channels"}
    assert modules_with("layers") & modules_with("functions") == {"keras", "tf", "nn", "torch"}
