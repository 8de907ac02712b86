"""Which advice is shown: by code, by beginning of a code, and by comments in the spec."""

from __future__ import annotations

import pytest

from netdsl.analyse.selection import Selection
from netdsl.compiler import compile_source
from netdsl.source import SourceFile

EVEN = 'Conv2D(8, 4, padding="same", activation=relu)'

PLAIN = f"""model M {{
    input x: [7, 7, 3]
    output y = x
        -> {EVEN}
        -> MaxPooling2D(2)
        -> Flatten() -> Dense(4)
}}
"""


def codes(text: str, select: tuple[str, ...] = (), ignore: tuple[str, ...] = ()) -> list[str]:
    def load(path: str) -> str:
        return f"block even() = {EVEN}\nblock allowed() {{\n input x\n # netdsl: allow N0644\n output x -> {EVEN}\n}}"

    found = compile_source(SourceFile("spec.net", text), load, selection=Selection(select, ignore))
    return [d.code for d in found.diagnostics]


@pytest.mark.parametrize(
    ("select", "ignore", "shown"),
    [
        ((), (), ["N0644", "N0646"]),
        ((), ("N0644",), ["N0646"]),
        ((), ("N06",), []),
        (("N0646",), ("N06",), ["N0646"]),
        (("N06",), ("N0646",), ["N0644"]),
        (("N0646",), ("N0646",), ["N0644"]),
    ],
)
def test_the_longer_beginning_of_a_code_decides(
    select: tuple[str, ...], ignore: tuple[str, ...], shown: list[str]
) -> None:
    assert codes(PLAIN, select, ignore) == shown


def test_a_comment_after_code_covers_its_line() -> None:
    assert codes(PLAIN.replace("MaxPooling2D(2)", "MaxPooling2D(2)  # netdsl: allow N0646")) == [
        "N0644"
    ]


def test_a_comment_on_a_line_of_its_own_covers_the_next() -> None:
    text = PLAIN.replace(
        "        -> MaxPooling2D", "        # netdsl: allow N0646\n        -> MaxPooling2D"
    )
    assert codes(text) == ["N0644"]


def test_a_comment_before_everything_covers_the_file() -> None:
    assert codes("# netdsl: allow N0644, N0646\n\n" + PLAIN) == []


def test_a_comment_covers_no_other_code_and_no_other_line() -> None:
    text = PLAIN.replace("MaxPooling2D(2)", "MaxPooling2D(2)  # netdsl: allow N0644")
    assert codes(text) == ["N0644", "N0646"]


def test_the_use_of_a_block_may_allow_what_is_told_inside_it() -> None:
    text = 'from "blocks.net" import even\nmodel M {{ input x: [32, 32, 3]\n output y = x -> even(){}\n}}'
    assert codes(text.format("")) == ["N0644"]
    assert codes(text.format("  # netdsl: allow N0644")) == []


def test_a_comment_before_everything_covers_the_uses_of_the_library() -> None:
    text = (
        "from std.vision import conv_bn\nmodel M { input x: [32, 32, 3]\n"
        " output y = x -> conv_bn(16, act=linear) -> conv_bn(32) -> GlobalAveragePooling2D() }"
    )
    assert codes(text) == ["N0623"]
    assert codes(f"# netdsl: allow N0623\n{text}") == []
    own = 'from "blocks.net" import even\nmodel M { input x: [32, 32, 3]\n output y = x -> even() }'
    assert codes(f"# netdsl: allow N0644\n{own}") == ["N0644"]  # that file has comments of its own


def test_an_imported_file_may_allow_for_itself() -> None:
    text = 'from "blocks.net" import allowed\nmodel M { input x: [32, 32, 3] output y = x -> allowed() }'
    assert codes(text) == []


def test_errors_are_always_shown() -> None:
    wrong = "# netdsl: allow N0302\nmodel M { input x: [8] output y = x -> Dense(4, unit=3) }"
    assert codes(wrong, ignore=("N",)) != []
