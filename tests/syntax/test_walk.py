"""What walks, names and orders stages is driven by the parts that their fields play."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args

from netdsl.diagnostics.sink import Diagnostics
from netdsl.source import SourceFile
from netdsl.syntax import tree
from netdsl.syntax.grammar import stage_words
from netdsl.syntax.parse import parse
from netdsl.syntax.walk import (
    arms,
    asked,
    begins_with,
    free_names,
    names_of_turns,
    turns,
)


def stage(text: str) -> tree.Expr:
    source = f"model M {{ input x: [8] output x -> {text} -> Dense(1) }}"
    (model,) = parse(SourceFile("a.net", source), Diagnostics()).statements
    assert isinstance(model, tree.Model)
    output = model.body.statements[-1]
    assert isinstance(output, tree.Output)
    assert isinstance(output.value, tree.Pipe)
    return output.value.stages[1]


def texts(nodes: list[Any]) -> list[str]:
    return [node.span.text for node in nodes]


def test_every_stage_hands_what_arrives_to_an_arm() -> None:
    stages = [kind for kind in get_args(tree.Expr) if issubclass(kind, tree.Stage)]
    assert {kind.__name__ for kind in stages} >= {"Repeat", "For", "If", "As"}
    for kind in stages:
        if kind is tree.Statements:  # in which it is `_`
            continue
        assert any("arm" in field.metadata for field in fields(kind)), kind


def test_arms_turns_and_what_is_asked() -> None:
    loop = stage("for a, (b, _) in pairs { Dense(a) -> Dense(b + c) }")
    assert texts(arms(loop)) == texts(turns(loop)) == ["Dense(a) -> Dense(b + c)"]
    assert texts(asked(loop)) == ["pairs"]
    assert names_of_turns(loop) == ["a", "b"]
    choice = stage("if deep { Dense(1) } else if wide { Dense(2) }")
    assert texts(arms(choice)) == ["Dense(1)", "if wide { Dense(2) }"]
    assert texts(asked(choice)) == ["deep"]
    assert turns(choice) == names_of_turns(choice) == []
    assert arms(stage("Dense(n)")) == asked(stage("Dense(n)")) == []


def test_a_branch_begins_with_what_an_arm_begins_with_and_with_a_loop_as_a_whole() -> None:
    choice = stage("if deep { _ -> Dense(1) } else { repeat 2 { Dense(2) } }")
    assert sorted(texts(list(begins_with(choice)))) == ["_", "repeat 2 { Dense(2) }"]
    assert texts(list(begins_with(stage("Dense(1) as y")))) == ["Dense(1)"]


def test_names_of_turns_are_bound_in_the_turns_alone() -> None:
    loop = stage("for n in range(n) { Dense(n, units=[n + k for k in ks]) }")
    assert list(free_names(loop)) == ["range", "n", "Dense", "ks"]


def test_the_words_that_stages_begin_with_are_read_out_of_the_grammar() -> None:
    assert set(stage_words()) >= {"repeat", "for", "if"}
