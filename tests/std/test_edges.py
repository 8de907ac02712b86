"""`std.edges` without Keras: sizes stay, kernels are constants, wrong axes are errors."""

from __future__ import annotations

import pytest

from tests.language.front_door import (
    argument,
    blamed,
    codes,
    complaint,
    graph_of,
    kinds,
    layers,
    shape,
)

FILTERS = (
    "sobel()", 'prewitt("y")', "scharr(45)", "roberts()", "laplacian()", "gaussian(1.5)", "laplacian_of_gaussian(2)",
    "canny(1.0, 0.1, 0.2)", "dilate(3)", "erode(4)", "opening(5)", "closing((3, 5))", "morphological_gradient(3)",
)  # fmt: skip


def model(stage: str, image: str = "[32, 24, 3]") -> str:
    block = stage.partition("(")[0]
    return (
        f"from std.edges import {block}\nmodel M {{ input x: {image}\n output y = x -> {stage} }}"
    )


@pytest.mark.parametrize("stage", FILTERS)
@pytest.mark.parametrize("image", [(32, 24, 3), (17, 40, 1), ("H", "W", 5)])
def test_filter_keeps_the_shape(stage: str, image: tuple[object, ...]) -> None:
    written = ", ".join(str(size) for size in image)
    assert shape(graph_of(model(stage, f"[{written}]"))) == image


@pytest.mark.parametrize("stage", FILTERS)
def test_filter_has_nothing_that_trains(stage: str) -> None:
    for node in layers(graph_of(model(stage))):
        assert not node.operation.trainable or not node.operation.weights


def kernel(stage: str) -> list[list[float]]:
    """Give the constant of a filter's only convolution, as rows."""
    graph = graph_of(model(stage))
    assert kinds(graph) == ["DepthwiseConv2D"]
    value = argument(graph, "depthwise_initializer").arguments["value"]
    return [[place[0][0] for place in row] for row in value]


@pytest.mark.parametrize(
    ("stage", "rows"),
    [
        ("sobel()", [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
        ('sobel("vertical")', [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
        ('prewitt("horizontal")', [[-1, 0, 1]] * 3),
        ('scharr("y")', [[-3, -10, -3], [0, 0, 0], [3, 10, 3]]),
        ("roberts()", [[1, 0], [0, -1]]),
        ('roberts("y")', [[0, 1], [-1, 0]]),
        ("laplacian()", [[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
    ],
)
def test_kernel_is_the_textbook_one(stage: str, rows: list[list[float]]) -> None:
    assert kernel(stage) == rows


@pytest.mark.parametrize("block", ["sobel", "prewitt", "scharr", "roberts"])
def test_angle_turns_from_x_to_y(block: str) -> None:
    for angle, axis in ((0, '"x"'), (90, '"y"'), (450, '"y"')):
        for turned, straight in zip(
            kernel(f"{block}({angle})"), kernel(f"{block}({axis})"), strict=True
        ):
            assert turned == pytest.approx(straight, abs=1e-12)


@pytest.mark.parametrize("block", ["sobel", "prewitt", "scharr", "roberts"])
def test_unknown_axis_is_an_error(block: str) -> None:
    assert "an angle in degrees" in complaint(model(f'{block}("sideways")'))


@pytest.mark.parametrize(
    "stage",
    [
        "gaussian(0)",
        "gaussian(-1.0)",
        "laplacian_of_gaussian(0)",
        "canny(1.0, 0.3, 0.2)",
        "dilate(0)",
    ],
)
def test_filter_that_makes_no_sense_is_an_error(stage: str) -> None:
    assert codes(model(stage))


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("exp(0.0)", 1.0),
        ("log(exp(2.0))", 2.0),
        ("sin(pi / 2)", 1.0),
        ("cos(pi)", -1.0),
        ("log(8, 2)", 3.0),
    ],
)
def test_functions_of_a_kernel_are_values(call: str, value: float) -> None:
    graph = graph_of(
        f"model M {{ input x: [1]\n output y = x -> Dense(1, kernel_initializer=Constant({call})) }}"
    )
    assert argument(graph, "kernel_initializer").arguments["value"] == pytest.approx(value)


def test_logarithm_of_zero_is_an_error_at_its_place() -> None:
    code, place, expected = blamed("model M { input x: [1]\n output y = x -> Dropout(«log(0)») }")
    assert (code, place) == ("N0416", expected)
