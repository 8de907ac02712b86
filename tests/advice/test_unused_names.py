"""Warnings of names that are declared and never read."""

from __future__ import annotations

import pytest

import netdsl

MODEL = "model Net { input x: [8] output y = x -> part(4, 2) -> Dense(3) }\n"


def unused(text: str) -> list[str]:
    compiled = netdsl.compile_text(text)
    assert compiled.ok, [d.message for d in compiled.diagnostics]
    found = [d for d in compiled.diagnostics if d.code == "N0211"]
    assert {d.severity for d in found} <= {"warning"}
    return [d.primary.span.text for d in found]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("block part(units, rate) = Dense(units)", ["rate"]),
        ("block part(units, rate) { input x output x -> Dense(units) -> Dropout(1 / rate) }", []),
        ("block part(a, b) { let twice = 2 * a  input x  output x -> Dense(b) }", ["twice"]),
        ("block part(a, b) { fn half(n) = n  input x  output x -> Dense(a * b) }", ["half"]),
        ("block part(a, b) { layer one = Dense(a)  input x  output x -> Dense(b) }", ["one"]),
        ("fn first(a, b) = a\nblock part(a, b) = Dense(first(a, b))", ["b"]),
        ("block part(a, b) = Dense(sum([a for a in range(b)]))", ["a"]),
        ("let a = 3\nblock part(a, b, c=a) = Dense(b * c)", []),
        ('block part(a, b) = Dense(a, name=f"width_{b}")', []),
        (
            "block part(a, b) { input x output x -> repeat a { Dense(b) as *all -> ReLU() as *all } }",
            ["all"],
        ),
        (
            "block part(a, b) { input x y = x -> repeat a { Dense(b) as *all } output [y, *all] -> Add() }",
            [],
        ),
        (
            "block part(a, b) = Dense(a) as *_all -> Dense(b) as *all -> [_, *all] -> Concatenate()",
            [],
        ),
        ("block part(a, _b) = Dense(a)", []),
        ("block part(a, b) { input x: [b * 4] output x -> Dense(a) }", []),
        ("# netdsl: allow N0211\nblock part(units, rate) = Dense(units)", []),
    ],
)
def test_what_a_declaration_names_is_to_be_read_in_it(text: str, names: list[str]) -> None:
    assert unused(f"{text}\n{MODEL}") == names


def test_a_function_that_is_handed_on_takes_what_others_take() -> None:
    text = "fn wide(a, b) = a * b\nfn narrow(a, b) = a\nblock part(a, b, size=wide) = Dense(size(a, b))\n"
    assert unused(text + MODEL) == ["b"]
    assert unused(text + MODEL.replace("(4, 2)", "(4, 2, size=narrow)")) == []


def test_a_mistake_comes_before_what_is_not_used() -> None:
    compiled = netdsl.compile_text(f"block part(units, rate) = Dense(unit)\n{MODEL}")
    assert [d.code for d in compiled.diagnostics] == ["N0201"]
