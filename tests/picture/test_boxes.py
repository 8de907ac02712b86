"""Which boxes a picture has: blocks as they are called, repeats counted, what sticks, what is shared."""

from __future__ import annotations

import netdsl
from netdsl.picture.boxes import Box
from netdsl.picture.picture import Options, Picture, boxes_of, svg_of
from tests.work import calls, grows_in_proportion


def boxes(text: str) -> list[Box]:
    compiled = netdsl.compile_text(text)
    assert compiled.ok, compiled.diagnostics
    return [box for box in boxes_of(compiled.model().net).root.within() if box.role != "root"]


def spelled(box: Box) -> str:
    lines = " | ".join(f"{line.name} {line.arguments}".strip() for line in box.lines)
    return f"{lines} × {box.times}" if box.times > 1 else lines


def shown(text: str) -> list[str]:
    return [spelled(box) for box in boxes(text)]


def test_equal_turns_are_one_box_and_others_stand_alone() -> None:
    text = "model M { input x: [8]  output y = x -> for n in [8, 8, 4, 4, 4, 8] { Dense(n) } }"
    assert shown(text) == ["x", "Dense 8 × 2", "Dense 4 × 3", "Dense 8", "y"]


def test_turns_of_several_layers_are_a_box_without_a_name() -> None:
    text = 'model M { input x: [8]  output y = x -> repeat 3 { Dense(8) -> Dense(4) -> Dense(8, activation="tanh") } }'
    assert shown(text) == ["x", " × 3", "Dense 8", "Dense 4", "Dense 8, tanh", "y"]


def test_turns_that_alternate_are_one_box() -> None:
    turn = 'if i % 3 == 2 { Dense(8, activation="tanh") -> Dense(8) } else { Dense(8) }'
    text = f"model M {{ input x: [8]  output y = x -> for i in range(COUNT) {{ {turn} }} }}"
    body = [" × 3", "Dense 8 × 2", "Dense 8, tanh", "Dense 8"]
    assert shown(text.replace("COUNT", "9")) == ["x", *body, "y"]
    assert shown(text.replace("COUNT", "10")) == ["x", *body, "Dense 8", "y"]
    once = ["Dense 8 × 2", "Dense 8, tanh", "Dense 8", "Dense 8 × 2"]
    assert shown(text.replace("COUNT", "5")) == ["x", *once, "y"]


def test_what_arrives_from_outside_may_differ_from_turn_to_turn() -> None:
    text = (
        "model M { input x: [T, 8]\n"
        "    _ = x -> repeat 3 { LSTM(8, return_sequences=True, return_state=True) as states -> _[0] }\n"
        "    output y = x -> for _, h, c in states { LSTM(8, return_sequences=True)(initial_state=[h, c]) }\n"
        "}"
    )
    found = boxes(text)
    assert [spelled(box) for box in found] == ["x", "LSTM 8 × 3", "LSTM 8 × 3", "y"]
    assert len(found[1].outs) == 2
    assert found[2].ins[1:] == found[1].outs


def test_each_turn_may_take_its_own_part_of_a_tensor() -> None:
    text = "model M { input x: [8, 4]  output y = [for i in range(8) { x[:, i] -> Dense(2) }] -> Add() }"
    assert shown(text) == ["x", " × 8", "[:, 0…7]", "Dense 2", "Add", "y"]


def test_channels_may_grow_from_turn_to_turn() -> None:
    text = (
        "model M { input x: [8]\n    output y = x -> repeat 3 { [_, Dense(4)] -> Concatenate() } }"
    )
    assert shown(text) == ["x", " × 3", "Dense 4", "Concatenate", "y"]
    assert "20" in netdsl.compile_text(text).model().picture()


def test_turns_that_are_joined_otherwise_are_not_equal() -> None:
    text = "model M { input x: [8]\n    output y = x -> for i in range(2) { [_, x] -> Add() -> Dense(8) } }"
    assert sum(box.lines[0].name == "Dense" for box in boxes(text)) == 2


def test_a_branch_for_each_value_is_counted_too() -> None:
    text = "model M { input x: [8]  output y = x -> [for _ in range(4) { Dense(8) }] -> Concatenate() }"
    assert shown(text) == ["x", "Dense 8 × 4", "Concatenate", "y"]


def test_normalization_and_activation_stick_to_the_layer_before() -> None:
    text = (
        "model M { input x: [8, 8, 3]\n"
        "    output y = x -> Conv2D(4, 3) -> BatchNormalization() -> ReLU() -> Dropout(0.5) -> Flatten() }"
    )
    assert shown(text) == [
        "x",
        "Conv2D 3×3, 4 | BatchNormalization | ReLU | Dropout 0.5",
        "Flatten",
        "y",
    ]


def test_what_others_read_too_does_not_stick() -> None:
    text = (
        "model M { input x: [8]\n    h = x -> Dense(4)\n    output y = [h, h -> ReLU()] -> Add() }"
    )
    assert shown(text) == ["x", "Dense 4", "ReLU", "Add", "y"]


def test_shared_layers_are_a_box_each_time_with_one_mark() -> None:
    text = (
        "block code(n: int) = Dense(n) -> Dense(n)\n"
        "model M { input x: [8]  input z: [8]\n"
        "    layer one = code(4)  layer two = Dense(3)\n"
        "    output y = [x -> one -> two, z -> one -> two] -> Concatenate() }"
    )
    found = boxes(text)
    marks = [(spelled(box), box.mark) for box in found if box.mark]
    assert marks == [
        ("one = code (4)", "A"),
        ("Dense 3", "B"),
        ("one = code (4)", "A"),
        ("Dense 3", "B"),
    ]


def test_a_shared_block_that_has_all_weights_of_a_model_has_the_mark() -> None:
    found = boxes(
        """
block tower = Conv2D(4, 3, activation=relu) -> GlobalAveragePooling2D() -> Dense(8)
model Triplet {
    input anchor: [32, 32, 3]
    input near: [32, 32, 3]
    input far: [32, 32, 3]
    layer embed = tower()
    a = anchor -> embed
    output distances = [a - (near -> embed), a - (far -> embed)] -> Concatenate()
}"""
    )
    assert [(spelled(box), box.mark) for box in found if box.mark] == [
        ("embed = tower ()", "A")
    ] * 3


def test_many_inputs_that_are_alike_are_one_box() -> None:
    text = """model Table(count: int = 12) {
    inputs fields: {f"c{i}": int32[1] for i in range(count)}
    input age: [1]
    words = [for name, x in fields { x -> Embedding(100, 4) -> Flatten() }] -> Concatenate()
    straight = [for name, x in fields { x -> Embedding(100, 1) }] -> Add() -> Flatten()
    output click = [words -> Dense(1), straight, age] -> Concatenate() -> Dense(1)
}"""
    names = [spelled(box) for box in boxes(text) if box.role == "input"]
    assert names == ["c0 … c11 × 12", "age"]
    few = [spelled(box) for box in boxes(text.replace("= 12", "= 3")) if box.role == "input"]
    assert few == ["c0", "c1", "c2", "age"]
    assert "Embedding 100, 4" in " ".join(shown(text))


def test_a_model_inside_is_a_box_and_twice_is_two() -> None:
    text = (
        "model Inner(n: int = 4) { input a: [8]  output b = a -> Dense(n) -> Dense(2) }\n"
        "model M { input x: [8]  input z: [8]\n"
        "    output y = [x -> Inner(n=3), z -> Inner(5)] -> Concatenate() }"
    )
    assert [line for line in shown(text) if "Inner" in line] == ["Inner (n=3)", "Inner (5)"]
    assert shown(text).count("Dense 2") == 2


def test_models_in_models_without_end_stay_closed() -> None:
    models = ["model M0 { input a: [8]  output b = a -> Dense(8) }"]
    for n in range(1, 14):
        models.append(f"model M{n} {{ input a: [8]  output b = a -> M{n - 1}() -> M{n - 1}() }}")
    compiled = netdsl.compile_text("\n".join(models))
    assert compiled.model().picture()


def test_a_line_of_thousands_takes_work_in_proportion() -> None:
    def work(count: int) -> int:
        text = (
            "block unit(n: int) = [_, Dense(n) -> ReLU() -> Dense(n)] -> Add()\n"
            f"model M {{ input x: [8]  output y = x -> for i in range({count}) "
            "{ unit(8) -> Dense(8 + i % 3) -> Dense(8) } }"
        )
        net = netdsl.compile_text(text).model().net
        return calls(lambda: svg_of(net, Options(depth=9)))

    assert grows_in_proportion(work, 40, 4)


def test_turns_that_differ_in_numbers_are_joined_where_all_would_not_fit_a_page() -> None:
    def text(count: int) -> str:
        return (
            "block gated(n: int, rate: int) = "
            '[Conv1D(n, 2, dilation_rate=rate, padding="causal"), Conv1D(n, 1)] -> Multiply() -> Conv1D(n, 1)\n'
            "model M { input x: [T, 8]\n"
            f"    output y = x -> for i in range({count}) {{ [_, gated(8, 2 + i)] -> Add() }} }}"
        )

    few, many = (netdsl.compile_text(text(count)).model().picture() for count in (2, 60))
    assert few.count(">gated<") == 2
    assert many.count(">gated<") == 1
    assert "(8, 2…61)" in many
    assert "× 60" in many


def test_what_only_one_of_two_turns_is_told_is_told_as_such() -> None:
    body = "[_, Conv1D(8, 2, dilation_rate=i + 1, padding='causal') -> Dense(8 + 0 * i)] -> Add()"
    text = f"model M {{ input x: [T, 8]  output y = x -> for i in range(90) {{ {body} }} }}"
    assert ">2, 8, dilated …90<" in netdsl.compile_text(text).model().picture()


def _chain(layers: list[str]) -> Picture:
    text = f"model M {{ input x: [8]  output y = x -> {' -> '.join(layers)} }}"
    return Picture(netdsl.compile_text(text).model().net)


def test_a_flat_chain_that_repeats_itself_is_folded_where_it_would_not_fit_a_page() -> None:
    assert [spelled(box) for box in _chain(["Dense(8)"] * 90).nested.root.children] == [
        "x",
        "Dense 8 × 90",
        "y",
    ]
    turns = ["Dense(8)", "LayerNormalization()", "Dense(16, activation=relu)", "Dropout(0.1)"]
    flat = _chain([*turns * 30, "Dense(3)"]).nested.root.children
    assert [(len(box.children), box.times) for box in flat] == [(0, 1), (2, 30), (0, 1), (0, 1)]
    assert [box.times for box in _chain(["Dense(8)"] * 4).nested.root.children] == [1] * 6


def test_flat_turns_are_joined_only_where_the_count_says_it_all() -> None:
    read = "model M { input x: [8]\n    a0 = x -> Dense(8)\n"
    read += "".join(f"    a{i} = a{i - 1} -> Dense(8)\n" for i in range(1, 60))
    net = netdsl.compile_text(read + "    output y = [a59, a20] -> Add() }").model().net
    times = [box.times for box in Picture(net).nested.root.children]
    assert times == [1, 21, 39, 1, 1]
    residual = "model M { input x: [8]\n    d0 = x -> Dense(8)\n" + "".join(
        f"    d{i} = [d{i - 1}, d{i - 1} -> Dense(8, activation=relu) -> Dense(8)] -> Add()\n"
        for i in range(1, 40)
    )
    net = netdsl.compile_text(residual + "    output y = d39 -> Dense(2) }").model().net
    whole = Picture(net).nested.root.children
    assert [(len(box.children), box.times) for box in whole][2] == (3, 39)


def test_arguments_are_short_enough_for_a_figure() -> None:
    text = (
        "block scaled(rate: float, table: list, n: int) = Dense(n)\n"
        "model M { input x: [8, 6, 4]\n"
        "    output y = x[:, 0, ..., 1:3] -> ops.transpose((0, 2, 1)) -> ops.sum(axis=1) -> Rescaling(1 / 255)\n"
        "        -> scaled(1 / 275, [[i, i + 1, i + 2] for i in range(12)], 3)\n"
        "    output z = x[:, 0] -> Permute((2, 1)) -> Rescaling(1 / 127.5, offset=-1)\n"
        "        -> LayerNormalization(scale=False) }"
    )
    assert [line for line in shown(text) if line[0] != "D"] == [
        "x",
        "[:, 0, …, 1:3]",
        "ops.transpose (0, 2, 1)",
        "ops.sum axis 1",
        "Rescaling 1/255",
        "scaled (0.003636, […], 3)",
        "[:, 0]",
        "Permute 2, 1",
        "Rescaling 1/127.5, -1 | LayerNormalization",
        "y",
        "z",
    ]


def test_strides_of_a_transposed_convolution_are_what_the_map_grows_by() -> None:
    text = (
        "model M { input x: [8, 8, 4]\n"
        "    output y = x -> Conv2D(8, 3, strides=2) -> Conv2DTranspose(4, 3, strides=2)\n"
        "        -> Conv2DTranspose(2, 3, strides=(1, 2)) -> Conv2DTranspose(2, 3) }"
    )
    assert [line for line in shown(text) if line.startswith("Conv")] == [
        "Conv2D 3×3, 8, /2",
        "Conv2DTranspose 3×3, 4, ×2",
        "Conv2DTranspose 3×3, 2, ×1×2",
        "Conv2DTranspose 3×3, 2",
    ]


def test_blocks_that_learn_nothing_are_opened_last() -> None:
    body = " -> ".join(["ops.square()", "ops.negative()"] * 12)
    text = (
        f"block wave = {body}\nblock layer(n: int) = Dense(n) -> Dense(8)\n"
        "model M { input x: [8]  output y = x -> wave() -> layer(4) -> for n in range(16) { Dense(n + 1) } }"
    )
    svg = netdsl.compile_text(text).model().picture()
    assert ">24 layers<" in svg
    assert svg.count(">2 layers<") == 0


def test_a_weight_has_its_name_and_its_whole_shape() -> None:
    text = "model M { input x: [4, 8]  weight places: [4, 8] = zeros  output y = x + places -> Dense(2) }"
    assert "places weight" in shown(text)
    assert netdsl.compile_text(text).model().picture().count(">4×8<") == 2


def test_every_family_of_layers_has_its_colour() -> None:
    from netdsl.catalog import layer_kinds
    from netdsl.picture.nest import FAMILIES
    from netdsl.picture.themes import DARK, LIGHT

    families = {kind.group for kind in layer_kinds().values()} | set(FAMILIES.values()) | {"output"}
    assert families <= set(LIGHT)
    assert set(LIGHT) == set(DARK)


def test_blocks_in_blocks_a_hundred_deep() -> None:
    text = (
        "block down(n: int) = Dense(n) -> if n > 1 { down(n - 1) }\n"
        "model M { input x: [8]  output y = x -> down(60) }"
    )
    net = netdsl.compile_text(text).model().net
    assert svg_of(net, Options(depth=99)).count(">Dense<") == 60
    assert svg_of(net)


def test_layers_inside_others_are_told() -> None:
    text = (
        "model M { input x: [3, 8, 8, 1]\n"
        "    output y = x -> TimeDistributed(Conv2D(4, 3) -> GlobalAveragePooling2D())\n"
        "        -> Bidirectional(LSTM(8, return_sequences=True)) -> RNN([LSTMCell(4), GRUCell(8)]) }"
    )
    assert shown(text)[1:-1] == [
        "TimeDistributed Conv2D 3×3, 4 → GlobalAveragePooling2D",
        "Bidirectional LSTM 8",
        "RNN LSTMCell 4, GRUCell 8",
    ]
