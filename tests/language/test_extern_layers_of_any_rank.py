"""`extern layer` with `[...]` and `[..., c]`: the sizes that `...` stands for, and where it stands for nothing."""

from __future__ import annotations

import pytest

from netdsl.compiler import compile_text

MODEL = """
extern layer Own(n: int = 3): {types} from "m"
model M {{ {inputs}  outs = {before} -> Own()  output y = outs{part} }}
"""


def shapes(types: str, inputs: str, before: str = "x", part: str = "") -> list[object]:
    text = MODEL.format(types=types, inputs=inputs, before=before, part=part)
    compiled = compile_text(text)
    assert compiled.ok, [d.message for d in compiled.diagnostics]
    (layer,) = (found for found in compiled.model().summary()["layers"] if found["kind"] == "Own")
    return list(layer["output_shapes"])


@pytest.mark.parametrize(
    ("types", "inputs", "given"),
    [
        ("[...] -> [...]", "input x: [4, 5]", [[None, 4, 5]]),
        ("[...] -> [...]", "input x: []", [[None]]),
        ("[..., c] -> [..., 2 * c]", "input x: [4, 5, 6]", [[None, 4, 5, 12]]),
        ("[..., c] -> [..., n]", "input x: [6]", [[None, 3]]),
        ("[h, ..., c] -> [c, ..., h]", "input x: [2, 3, 4, 5]", [[None, 5, 3, 4, 2]]),
        ("[..., h, w] -> [...]", "input x: [T, 3, 4]", [[None, None]]),
    ],
)
def test_what_arrives_says_what_leaves(types: str, inputs: str, given: list[object]) -> None:
    assert shapes(types, inputs) == given


def test_several_leave_and_arrive() -> None:
    assert shapes("[..., c] -> ([..., 2 * c], int32[...])", "input x: [4, 5]", part="[0]") == [
        [None, 4, 10],
        [None, 4],
    ]
    both = "input x: [7, 2] input z: [7, 3]"
    assert shapes("([..., a], [..., b]) -> [..., a + b]", both, "[x, z]") == [[None, 7, 5]]


@pytest.mark.parametrize(
    ("types", "inputs", "code", "words"),
    [
        ("[..., h, w] -> [h]", "input x: [3]", "N0501", "at least 2 dimensions"),
        ("[..., ..., c] -> [c]", "input x: [3]", "N0419", "one `...`"),
        ("[c] -> [..., c]", "input x: [3]", "N0419", "no input has a `...`"),
        ("[...] -> [...] weights [...]", "input x: [3]", "N0419", "nowhere else"),
        ("[c] -> [c]", "input x: [..., 3]", "N0419", "nowhere else"),
    ],
)
def test_what_stands_for_nothing_is_told(types: str, inputs: str, code: str, words: str) -> None:
    text = MODEL.format(types=types, inputs=inputs, before="x", part="")
    told = [d for d in compile_text(text).diagnostics if d.severity == "error"]
    assert [d.code for d in told] == [code]
    assert words in told[0].message


def test_sizes_that_differ_between_inputs_are_told() -> None:
    text = MODEL.format(
        types="([..., a], [..., a]) -> [a]",
        inputs="input x: [4, 3] input z: [5, 3]",
        before="[x, z]",
        part="",
    )
    (told,) = compile_text(text).diagnostics
    assert told.code == "N0511"
    assert "axis 1 is 5" in told.message
    assert "`...` is 4" in told.message


def test_a_spread_list_stands_in_the_types_of_a_layer() -> None:
    text = 'let grid = [4, 4]\nextern layer Own(): [*grid, c] -> [c, *grid] from "m"\n'
    text += "model M { input x: [4, 4, 3]  output y = x -> Own() }"
    assert compile_text(text).model().outputs[0]["shape"] == [None, 3, 4, 4]
