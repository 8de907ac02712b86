"""Tables of what recorded networks of `keras.applications` give, without Keras: shapes, counts, work, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from math import prod
from typing import Any

import pytest

from netdsl.catalog.application_records import DATA, application_names, layer_names
from netdsl.catalog.application_taps import taps, usual_tap
from netdsl.catalog.applications import apply_network
from netdsl.catalog.binding import bind_arguments
from netdsl.catalog.kind import Refusal
from netdsl.catalog.signature import signature
from netdsl.tensor import Sym, substitute
from tests.catalog.symbols import tensor


def bound(name: str, **written: Any) -> Mapping[str, Any]:
    facts = signature("application", name)
    assert facts is not None
    found = bind_arguments(facts, None, (), written)
    assert not found.problems, found.problems
    return found.arguments


def apply(name: str, image: str, cuts: tuple[str, ...] = (), **written: Any) -> Any:
    return apply_network(name, bound(name, **written), tensor(image), cuts)


#: Parameters as Keras's own table of its networks gives them, in millions.
TABLE = {
    "Xception": (299, 22.9), "VGG16": (224, 138.4), "VGG19": (224, 143.7), "ResNet50": (224, 25.6),
    "ResNet50V2": (224, 25.6), "ResNet101": (224, 44.7), "ResNet101V2": (224, 44.7), "ResNet152": (224, 60.4),
    "ResNet152V2": (224, 60.4), "InceptionV3": (299, 23.9), "InceptionResNetV2": (299, 55.9),
    "MobileNet": (224, 4.3), "MobileNetV2": (224, 3.5), "DenseNet121": (224, 8.1), "DenseNet169": (224, 14.3),
    "DenseNet201": (224, 20.2), "NASNetMobile": (224, 5.3), "NASNetLarge": (331, 88.9),
    "EfficientNetB0": (224, 5.3), "EfficientNetB7": (600, 66.7), "EfficientNetV2B0": (224, 7.2),
    "EfficientNetV2L": (480, 119.0), "ConvNeXtTiny": (224, 28.6), "ConvNeXtXLarge": (224, 350.1),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_a_network_has_as_many_parameters_as_its_table_says(name: str) -> None:
    side, millions = TABLE[name]
    applied = apply(name, f"?, {side}, {side}, 3")
    assert applied.outputs[0].shape[1:] == (1000,)
    assert sum(prod(w.shape) for w in applied.weights) / 1e6 == pytest.approx(
        millions, rel=5e-4, abs=0.06
    )


#: Multiply-accumulates at 224 x 224, in millions, of the papers.
PAPERS = {
    "VGG16": 15_470,
    "ResNet50": 3_860,
    "MobileNet": 569,
    "MobileNetV2": 300,
    "DenseNet121": 2_834,
}


@pytest.mark.parametrize("name", PAPERS)
def test_a_network_works_as_much_as_its_paper_says(name: str) -> None:
    assert apply(name, "?, 224, 224, 3").macs / 1e6 == pytest.approx(PAPERS[name], rel=0.03)


def test_every_network_is_recorded_and_the_records_are_small() -> None:
    assert len(application_names()) == 40
    for name in application_names():
        assert layer_names(name, bound(name))
    assert DATA.stat().st_size < 300_000


SHAPES: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    ("ResNet50", "?, 224, 224, 3", {"include_top": False}, "?, 7, 7, 2048"),
    ("ResNet50", "?, ?, ?, 3", {"include_top": False}, "?, ?, ?, 2048"),
    ("ResNet50", "?, 100, 60, 3", {"include_top": False, "pooling": "avg"}, "?, 2048"),
    ("VGG16", "?, H, 64, 3", {"include_top": False}, "?, H // 32, 2, 512"),
    ("MobileNetV2", "?, 97, 97, 1", {"include_top": False, "weights": None}, "?, 4, 4, 1280"),
    ("MobileNetV2", "?, 96, 96, 3", {"weights": None, "classes": 7, "alpha": 0.4}, "?, 7"),
    ("MobileNetV3Small", "?, ?, ?, 3", {}, "?, 1000"),
    ("NASNetMobile", "?, 224, 224, 3", {"include_top": False}, "?, 7, 7, 1056"),
)


@pytest.mark.parametrize(("name", "image", "written", "gives"), SHAPES)
def test_a_network_gives(name: str, image: str, written: dict[str, Any], gives: str) -> None:
    assert apply(name, image, **written).outputs[0] == tensor(gives)


def test_a_symbolic_size_agrees_with_the_numbers_put_for_it() -> None:
    symbolic = apply("EfficientNetB0", "?, H, W, 3", include_top=False)
    for height, width in ((64, 96), (128, 160)):
        sizes = {"H": height, "W": width}
        exact = apply("EfficientNetB0", f"?, {height}, {width}, 3", include_top=False)
        shape = symbolic.outputs[0].shape
        assert (
            tuple(substitute(d, sizes) if isinstance(d, Sym) else d for d in shape[1:])
            == exact.outputs[0].shape[1:]
        )
        assert substitute(symbolic.macs, sizes) == exact.macs
    assert {str(d) for d in symbolic.demands} >= {"H >= 32", "W >= 32"}


def test_cuts_give_their_tensors_in_order_and_count_only_what_they_need() -> None:
    names = ("conv4_block6_out", "conv3_block4_out")
    cut = apply("ResNet50", "?, 128, 160, 3", names, include_top=False)
    whole = apply("ResNet50", "?, 128, 160, 3", include_top=False)
    assert cut.outputs == (tensor("?, 8, 10, 1024"), tensor("?, 16, 20, 512"))
    assert 0 < sum(prod(w.shape) for w in cut.weights) < sum(prod(w.shape) for w in whole.weights)
    assert cut.macs < whole.macs


REFUSALS: tuple[tuple[str, str, tuple[str, ...], dict[str, Any], str, str], ...] = (
    ("ResNet50", "?, 224, 224", (), {}, "N0501", "rank 4"),
    ("ResNet50", "?, 20, 224, 3", (), {"include_top": False}, "N0505", "32 x 32"),
    ("Xception", "?, 70, 70, 3", (), {"include_top": False}, "N0505", "71 x 71"),
    ("ResNet50", "?, 128, 128, 3", (), {}, "N0511", "224 x 224"),
    ("MobileNet", "?, 128, 128, 1", (), {}, "N0511", "1 channel arrives"),
    ("ResNet50", "?, ?, ?, 3", (), {"weights": None}, "N0504", "known size"),
    ("NASNetMobile", "?, ?, ?, 3", (), {"include_top": False}, "N0504", "decides the layers"),
    ("ResNet50", "?, 64, 64, 3", (), {"classes": 7}, "N0512", "1000"),
    ("ResNet50", "?, 224, 224, 3", (), {"classifier_activation": "sigmoid"}, "N0512", "softmax"),
    ("MobileNet", "?, 64, 64, 3", (), {"alpha": 0.3, "include_top": False}, "N0512", "alpha"),
    ("VGG16", "?, 64, 64, 3", (), {"weights": "imagnet", "include_top": False}, "N0307", "imagnet"),
    ("VGG16", "?, 64, 64, 3", (), {"input_shape": (32, 32, 3), "include_top": False}, "N0511", "(32, 32, 3)"),
    ("VGG16", "?, 64, 64, 3", ("block3_pol",), {"include_top": False}, "N0513", "block3_pol"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "image", "cuts", "written", "code", "words"), REFUSALS)
def test_a_network_refuses(
    name: str, image: str, cuts: tuple[str, ...], written: dict[str, Any], code: str, words: str
) -> None:
    with pytest.raises(Refusal) as caught:
        apply(name, image, cuts, **written)
    assert caught.value.problem.code == code
    assert words in caught.value.label


#: What pyramids on these backbones take, c2 to c5, in papers and public code.
USUAL = {
    "ResNet50": ("conv2_block3_out", "conv3_block4_out", "conv4_block6_out", "conv5_block3_out"),
    "ResNet101V2": (
        "conv2_block3_1_relu",
        "conv3_block4_1_relu",
        "conv4_block23_1_relu",
        "post_relu",
    ),
    "VGG16": ("block3_conv3", "block4_conv3", "block5_conv3", "block5_pool"),
    "DenseNet121": ("pool2_relu", "pool3_relu", "pool4_relu", "relu"),
    "MobileNet": ("conv_pw_3_relu", "conv_pw_5_relu", "conv_pw_11_relu", "conv_pw_13_relu"),
    "MobileNetV2": (
        "block_3_expand_relu",
        "block_6_expand_relu",
        "block_13_expand_relu",
        "out_relu",
    ),
    "EfficientNetB0": (
        "block3a_expand_activation",
        "block4a_expand_activation",
        "block6a_expand_activation",
        "top_activation",
    ),
}


@pytest.mark.parametrize("name", USUAL)
def test_the_usual_maps_are_those_that_people_take(name: str) -> None:
    found = taps(name)
    assert tuple(found[level].name for level in ("c2", "c3", "c4", "c5")) == USUAL[name]


def test_every_network_has_maps_to_take_each_half_of_the_one_before() -> None:
    for name in application_names():
        found = taps(name)
        assert {"c3", "c4", "c5"} <= set(found), name
        heights = [tap.height for tap in found.values()]
        assert all(1.8 < fine / coarse < 2.5 for fine, coarse in pairwise(heights))
        cut = apply(
            name, "?, 320, 320, 3", tuple(t.name for t in found.values()), include_top=False
        )
        assert [spec.shape[1:] for spec in cut.outputs] == [t.shape for t in found.values()], name


@pytest.mark.parametrize(
    ("written", "meant"), [("c4", "conv4_block6_out"), ("C3", "conv3_block4_out"), ("4", None)]
)
def test_a_level_stands_for_its_usual_map(written: str, meant: str | None) -> None:
    assert usual_tap("ResNet50", written) == meant
