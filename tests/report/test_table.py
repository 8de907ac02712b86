"""The table: its rows, its widths, and what it counts together."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from netdsl.compiler import compile_text
from netdsl.report.rows import Row, table_rows
from netdsl.report.table import Display, print_summary, spell_bytes, spell_scaled
from tests.report import specs


def rows(text: str, *, expand: bool = False) -> list[Row]:
    return table_rows(compile_text(text).model().net, expand=expand)


def table(text: str, width: int = 80, display: Display | None = None) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, highlight=False)
    print_summary(compile_text(text).model().net, console, display or Display())
    return stream.getvalue()


def layers(found: list[Row]) -> list[Row]:
    return [row for row in found if row.role == "layer"]


def test_equal_blocks_in_a_row_are_told_once() -> None:
    found = rows(specs.RESIDUAL)
    (repeat,) = (row for row in found if row.role == "repeat")
    assert repeat.times == 4
    assert len(layers(found)) < len(layers(rows(specs.RESIDUAL, expand=True)))


def test_a_repeat_has_the_sums_of_all_its_turns() -> None:
    (repeat,) = (row for row in rows(specs.RESIDUAL) if row.role == "repeat")
    others = 8 * 8 * 16 * 10 + 10 + 3 * 9 * 16 + 4 * 16
    total = compile_text(specs.RESIDUAL).model().totals["parameters"]
    assert repeat.parameters == total - others


def test_blocks_are_told_as_they_are_called() -> None:
    text = (
        "block pair(n: int, act: activation = relu) = Dense(n, activation=act) -> Dropout(0.5)\n"
        "block four(n: int) = pair(n) -> pair(n, act=tanh)\n"
        "model M { input x: [8]  output y = x -> repeat 4 { four(16) } -> pair(8) -> Dense(1) }"
    )
    found = [(row.label, row.times) for row in rows(text) if row.role != "layer"]
    assert found == [
        ("four(16)", 4),
        ("pair(16)", 1),
        ("pair(16, act=tanh)", 1),
        ("pair(8)", 1),
    ]
    assert "four(16) × 4 as four_0 … 3" in table(text, width=120)


def test_a_block_that_is_shared_is_a_row_for_each_use() -> None:
    text = (
        "block code(n: int) = Dense(n) -> ReLU() -> Dense(n) -> ReLU() -> Dense(n)\n"
        "model M { input x: [8]  input z: [8]  layer c = code(4)\n"
        "    output y = [x -> c, z -> c] -> Concatenate() -> Dense(1) }"
    )
    (repeat,) = (row for row in rows(text) if row.role == "repeat")
    assert (repeat.label, repeat.times, repeat.parameters) == ("code(4)", 2, 36 + 20 + 20)


def test_expanded_rows_are_the_layers_in_order() -> None:
    model = compile_text(specs.RESIDUAL).model()
    found = layers(rows(specs.RESIDUAL, expand=True))
    assert sorted(row.name for row in found) == sorted(layer["name"] for layer in model.layers)


def test_a_deep_stack_of_equal_layers_is_one_row() -> None:
    text = "model Deep { input x: [8] output y = x -> repeat 500 { Dense(8, activation=relu) } -> Dense(1) }"
    assert len(rows(text)) == 4


def test_layers_that_differ_in_an_argument_are_told_apart() -> None:
    text = (
        "model Wave { input x: [64, 8] output y = x -> for d in [1, 2, 4, 8, 16, 32, 64] "
        '{ Conv1D(8, 2, padding="causal", dilation_rate=d) } }'
    )
    assert len(rows(text)) == 8


def test_the_second_use_of_a_layer_is_marked() -> None:
    assert [row.parameters for row in rows(specs.SHARED) if row.name == "embed"] == [36, None]
    assert "shared" in table(specs.SHARED)


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize("text", [specs.LENET, specs.RESIDUAL, specs.SYMBOLIC])
def test_the_table_keeps_within_its_width(text: str, width: int) -> None:
    drawn = table(text, width).split("Total params")[0]
    assert max(map(cell_len, drawn.splitlines())) <= width


def test_a_plain_chain_needs_no_column_for_inputs() -> None:
    assert "Connected to" not in table(specs.LENET)
    assert "Connected to" in table(specs.RESIDUAL)


def test_symbolic_sizes_are_spelled() -> None:
    drawn = table(specs.SYMBOLIC, 120)
    assert "(None, H // 4, W // 4, 3)" in drawn
    assert "H % 4 == 0" in drawn


def test_memory_grows_with_the_batch() -> None:
    one, many = (table(specs.LENET, display=Display(batch=n)) for n in (1, 1024))
    assert "Memory at batch 1:" in one
    assert "Memory at batch 1,024:" in many
    assert one.split("Memory")[0] == many.split("Memory")[0]


def test_what_is_not_a_terminal_gets_no_colour() -> None:
    assert "\x1b" not in table(specs.RESIDUAL)


@pytest.mark.parametrize(
    ("count", "spelled"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.00 KiB"), (1536, "1.50 KiB"), (5 << 30, "5.00 GiB")],
)
def test_bytes_are_spelled_in_powers_of_two(count: int, spelled: str) -> None:
    assert spell_bytes(count) == spelled


def test_what_depends_on_a_size_says_so() -> None:
    assert "activations by H, W" in table(specs.SYMBOLIC)
    assert "`--at H=224,W=224` makes it a number" in table(specs.SYMBOLIC)
    unknown = specs.SYMBOLIC.replace("[H, W, 3]", "[?, ?, 3]")
    assert "unknown, as a size is" in table(unknown)


OWN = """
extern layer Open(): [d] -> [d] weights ? from "my.layers"
extern layer Bare(): [d] -> [d] from "my.layers"
model M {
    input x: [4]
    layer shared = Open()
    output y = x -> shared -> Dense(3) -> Bare() -> repeat 9 { Open() } -> Dense(4) -> shared
}
model Outer { input x: [4] output y = x -> M() }
"""


def test_weights_that_only_a_class_knows_are_told_of() -> None:
    found = {row.label: row for row in table_rows(compile_text(OWN).model("M").net)}
    assert not found["shared"].told
    drawn = table(OWN.partition("model Outer")[0])
    assert "Total params: 31 (124 B) without those of shared, open_0, open_1, …" in drawn
    assert "Trainable params: 31 + ?" in drawn
    assert "124 B + ? weights" in drawn
    assert "Declared to own no weights: Bare" in drawn
    assert [row.parameters for row in table_rows(compile_text(OWN).model("M").net)][-1] is None
    assert "31 + ?" in table(OWN)
    assert "Declared to own no weights: Bare" in table(OWN)


@pytest.mark.parametrize(
    ("count", "spelled"), [(999, "999"), (999_600, "1 M"), (4_089_184_256, "4.09 G")]
)
def test_large_counts_are_spelled_in_thousands(count: int, spelled: str) -> None:
    assert spell_scaled(count) == spelled
