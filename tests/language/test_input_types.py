"""What a block's input may say of the tensors it takes: Keras's `InputSpec`, written as a type."""

from __future__ import annotations

import pytest

from tests.language.front_door import codes, compiled, complaint


def spec(written: str, arriving: str) -> str:
    block = f"block b {{ input x: {written}\n output x }}"
    return f"{block}\nmodel M {{ input x: {arriving}\n output y = x -> b() -> Identity() }}"


@pytest.mark.parametrize(
    ("written", "arriving"),
    [
        ("[h, w, 3]", "[8, 9, 3]"),
        ("[h, w, 3]", "[H, W, 3]"),
        ("[?, ?, 3]", "[8, H, 3]"),
        ("[n, n]", "[7, 7]"),
        ("int32[n]", "int32[5]"),
    ],
)
def test_type_takes_what_fits(written: str, arriving: str) -> None:
    result = compiled(spec(written, arriving))
    assert result.ok, result.diagnostics


@pytest.mark.parametrize(
    ("written", "arriving", "code", "said"),
    [
        ("[h, w, 3]", "[8, 8, 4]", "N0511", "axis 3 is 4 in (None, 8, 8, 4), the type says 3"),
        (
            "[h, w, 3]",
            "[8, 8]",
            "N0501",
            "takes 3 dimensions beside the batch, (None, 8, 8) arrives",
        ),
        ("[n, n]", "[7, 8]", "N0511", "axis 2 is 8 in (None, 7, 8), `n` is 7"),
        ("int32[n]", "[5]", "N0510", "takes int32, float32 arrives"),
    ],
)
def test_type_refuses_what_does_not(written: str, arriving: str, code: str, said: str) -> None:
    text = spec(written, arriving)
    assert codes(text) == [code]
    assert complaint(text).endswith(said)


@pytest.mark.parametrize(
    "model",
    [
        "model M { input x: [8, 9]\n output y = x -> «InputSpec(ndim=3)» -> Flatten() }",
        "model M { input x: [8]\n output y = x -> Dense(2, activity_regularizer=«InputSpec(ndim=2)») }",
    ],
)
def test_input_spec_is_pointed_to_the_type_of_an_input(model: str) -> None:
    result = compiled(model.replace("«", "").replace("»", ""))
    assert any("as the type of a block's input" in d.help for d in result.diagnostics)
