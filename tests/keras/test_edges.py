"""The filters of `std.edges` on a photograph, against SciPy and scikit-image."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.language.front_door import compiled

keras = pytest.importorskip("keras")
ndimage = pytest.importorskip("scipy.ndimage")
skimage = pytest.importorskip("skimage")  # its modules load when they are first asked for

pytestmark = pytest.mark.keras

BLOCKS = (
    "sobel prewitt scharr roberts laplacian gaussian laplacian_of_gaussian canny "
    "dilate erode opening closing morphological_gradient"
).split()

#: Three channels: a photograph, the same upside down, and one that is dark.
SIZE = (144, 176)


@cache
def photograph() -> Any:
    gray = skimage.data.camera()[40:184, 150:326].astype("float32") / 255
    assert gray.shape == SIZE
    return np.stack([gray, gray[::-1], gray * 0.25], axis=-1)


def spec(expressions: list[str], size: tuple[Any, ...] = (*SIZE, 3)) -> str:
    outputs = "".join(f"    output o{i} = x -> {e}\n" for i, e in enumerate(expressions))
    shape = ", ".join(str(n) for n in size)
    return f"from std.edges import {', '.join(BLOCKS)}\nmodel Filters {{\n    input x: [{shape}]\n{outputs}}}\n"


def built(expressions: list[str], size: tuple[Any, ...] = (*SIZE, 3)) -> Any:
    result = compiled(spec(expressions, size))
    assert result.ok, result.diagnostics
    return result.build()


def filtered(model: Any, expressions: list[str], images: Any) -> dict[str, Any]:
    """Run a model of filters on one image and give what each expression makes of it."""
    outputs = model(images[None])
    if not isinstance(outputs, dict):
        outputs = {"o0": outputs}
    found = (outputs[f"o{number}"] for number in range(len(expressions)))
    return {e: keras.ops.convert_to_numpy(y)[0] for e, y in zip(expressions, found, strict=True)}


# -- what the filters should give -----------------------------------------------------------------


def per_channel(function: Callable[..., Any], **options: Any) -> Any:
    return np.stack(
        [function(channel, **options) for channel in np.moveaxis(photograph(), -1, 0)], axis=-1
    )


def correlated(kernel: list[list[float]], origin: int = 0) -> Any:
    return per_channel(ndimage.correlate, weights=np.array(kernel), mode="constant", origin=origin)


def along(x: Any, y: Any, degrees: float) -> Any:
    return np.cos(np.radians(degrees)) * x + np.sin(np.radians(degrees)) * y


def derivatives() -> dict[str, tuple[Any, Any]]:
    """Give each operator's derivatives along x and y, as SciPy has them."""
    scharr = [[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]]
    return {
        "sobel": tuple(per_channel(ndimage.sobel, axis=a, mode="constant") for a in (1, 0)),
        "prewitt": tuple(per_channel(ndimage.prewitt, axis=a, mode="constant") for a in (1, 0)),
        "scharr": (correlated(scharr), correlated(np.transpose(scharr))),
        # An even kernel lies over a place and what is right of and below it.
        "roberts": (
            correlated([[1, 0], [0, -1]], origin=-1),
            correlated([[0, 1], [-1, 0]], origin=-1),
        ),
    }  # type: ignore[return-value]


def wanted() -> dict[str, Any]:
    """Give what each expression should make of the photograph; outside the image SciPy has zeros as Keras does."""
    found: dict[str, Any] = {}
    for name, (x, y) in derivatives().items():
        found |= {f"{name}({axis})": x for axis in ("", '"x"', 'axis="horizontal"', "0")}
        found |= {f"{name}({axis})": y for axis in ('"y"', '"vertical"', "90")}
        found |= {f"{name}({angle})": along(x, y, angle) for angle in (30, 45.0, -120)}
    zeros: dict[str, Any] = {"mode": "constant"}
    found["laplacian()"] = per_channel(ndimage.laplace, **zeros)
    for sigma in (0.5, 1.0, 2.3):
        found[f"gaussian({sigma})"] = per_channel(ndimage.gaussian_filter, sigma=sigma, **zeros)
        found[f"laplacian_of_gaussian({sigma})"] = per_channel(
            ndimage.gaussian_laplace, sigma=sigma, **zeros
        )
    for size, window in (("3", (3, 3)), ("4", (4, 4)), ("(2, 5)", (2, 5))):
        found[f"dilate({size})"] = per_channel(ndimage.grey_dilation, size=window)
        found[f"erode({size})"] = per_channel(ndimage.grey_erosion, size=window)
        found[f"opening({size})"] = per_channel(ndimage.grey_opening, size=window)
        found[f"closing({size})"] = per_channel(ndimage.grey_closing, size=window)
        found[f"morphological_gradient({size})"] = per_channel(
            ndimage.morphological_gradient, size=window
        )
    return found


@cache
def model_of_all() -> Any:
    return built(list(wanted()))


@cache
def outputs_of_all() -> dict[str, Any]:
    return filtered(model_of_all(), list(wanted()), photograph())


# -- claims ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("expression", list(wanted()))
def test_filter_gives_what_scipy_gives(expression: str) -> None:
    expected = wanted()[expression]
    scale = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(outputs_of_all()[expression], expected, atol=2e-6 * scale)


@pytest.mark.parametrize(
    ("expression", "of_skimage", "scale"),
    [
        ("sobel()", lambda x: skimage.filters.sobel(x, axis=1), 4),
        ("prewitt()", lambda x: skimage.filters.prewitt(x, axis=1), 3),
        ("scharr()", lambda x: skimage.filters.scharr(x, axis=1), 16),
        ('scharr("y")', lambda x: skimage.filters.scharr(x, axis=0), 16),
        (
            "roberts()",
            skimage.filters.roberts_pos_diag,
            -1,
        ),  # which convolves: the kernel is turned round
        ('roberts("y")', skimage.filters.roberts_neg_diag, -1),
    ],
)
def test_filter_gives_what_skimage_gives_inside(
    expression: str, of_skimage: Any, scale: float
) -> None:
    expected = per_channel(of_skimage) * scale
    found = outputs_of_all()[expression]
    np.testing.assert_allclose(found[1:-1, 1:-1], expected[1:-1, 1:-1], atol=1e-4)


def test_filters_have_no_weight_that_trains() -> None:
    model = model_of_all()
    assert not model.trainable_weights
    assert len(model.weights) == sum(
        layer.__class__.__name__ == "DepthwiseConv2D" for layer in model.layers
    )


def test_filters_reload_with_equal_output(tmp_path: Path) -> None:
    model_of_all().save(tmp_path / "filters.keras")
    reloaded = keras.models.load_model(tmp_path / "filters.keras")
    for expression, found in filtered(reloaded, list(wanted()), photograph()).items():
        np.testing.assert_array_equal(found, outputs_of_all()[expression])


CANNY = {  # what canny is given, and at least what part of the pixels it decides as scikit-image does
    "canny(reach=128)": ((1.0, 0.1, 0.2), 1.0),
    "canny()": ((1.0, 0.1, 0.2), 0.999),
    "canny(2.0, 0.05, 0.15)": ((2.0, 0.05, 0.15), 0.999),
    "canny(1.4, low=0.02, high=0.3, reach=32)": ((1.4, 0.02, 0.3), 0.99),
}


@cache
def canny_outputs() -> dict[str, Any]:
    return filtered(built(list(CANNY)), list(CANNY), photograph())


@pytest.mark.parametrize("expression", CANNY)
def test_canny_decides_as_skimage_does(expression: str) -> None:
    (sigma, low, high), least = CANNY[expression]
    expected = per_channel(
        skimage.feature.canny, sigma=sigma, low_threshold=low, high_threshold=high
    )
    found = canny_outputs()[expression]
    assert set(np.unique(found)) <= {0.0, 1.0}
    assert expected.any()
    assert (found.astype(bool) == expected).mean() >= least
    assert not (
        found.astype(bool) & ~expected
    ).any()  # what a short reach loses is the end of weak edges


def test_filters_take_images_of_any_size() -> None:
    expressions = ["sobel(30)", "canny(reach=4)", "opening(2)"]
    model = built(expressions, ("H", "W", 3))
    for image in (photograph(), photograph()[:40, 8:]):
        found = filtered(model, expressions, image)
        expected = filtered(built(expressions, image.shape), expressions, image)
        for expression in expressions:
            np.testing.assert_allclose(found[expression], expected[expression], atol=1e-5)


def test_structured_and_flat_python_filter_alike() -> None:
    expressions = ["scharr(20)", "laplacian_of_gaussian(1.5)", "canny(reach=3)", "closing(4)"]
    result = compiled(spec(expressions))
    by_structure, flat = (
        filtered(result.build(flat=flat), expressions, photograph()) for flat in (False, True)
    )
    for expression in expressions:
        np.testing.assert_array_equal(by_structure[expression], flat[expression])
