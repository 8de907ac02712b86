"""Trainable parameters of the shelf's networks: figures that were published, or worked out here from the papers."""

from __future__ import annotations

import pytest

from tests.zoo.specs import made, path_of

#: By file and model, what is trained, and who says so.
PUBLISHED = [
    ("lenet1998", "LeNet1998", 60_000),  # section II.B of the paper
    ("alexnet", "AlexNet", 60_965_224),  # bvlc_alexnet of Caffe
    ("alexnet", "AlexNetUndivided", 62_378_344),
    ("alexnet", "OneWeirdTrick", 61_100_840),  # alexnet of torchvision
    ("network_in_network", "NetworkInNetwork", 966_986),
    ("network_in_network", "NetworkInNetworkImageNet", 7_595_176),  # 29 MB in Caffe's model zoo
    ("resnext50", "ResNeXt50", 25_028_904),  # resnext50_32x4d of torchvision
    ("se_resnet50", "SEResNet50", 28_088_024),  # seresnet50 of timm
    ("wide_resnet", "WideResNet", 36_479_194),  # 36.5 million in the paper's table 4
    ("squeezenet", "SqueezeNet", 1_248_424),  # table 1 of the paper
    ("squeezenet", "SqueezeNet11", 1_235_496),  # squeezenet1_1 of torchvision
    (
        "shufflenet_v2",
        "ShuffleNetV2Half",
        1_366_792,
    ),  # shufflenet_v2_x0_5 of torchvision, and so on
    ("shufflenet_v2", "ShuffleNetV2", 2_278_604),
    ("shufflenet_v2", "ShuffleNetV2OneAndAHalf", 3_503_624),
    ("shufflenet_v2", "ShuffleNetV2Double", 7_393_996),
    (
        "efficientnet_lite",
        "EfficientNetLite",
        4_652_008,
    ),  # 4.7, 5.4, 6.1, 8.2, 13.0 million of the authors
    ("efficientnet_lite", "EfficientNetLite1", 5_416_680),
    ("efficientnet_lite", "EfficientNetLite2", 6_092_072),
    ("efficientnet_lite", "EfficientNetLite3", 8_197_096),
    ("efficientnet_lite", "EfficientNetLite4", 13_006_568),
    ("regnet_y", "RegNetY", 4_344_144),  # regnet_y_400mf of torchvision
    (
        "regnet_y",
        "RegNetY8GF",
        39_180_068,
    ),  # regnety_080 of timm; 39.2 million in the paper's table 4
]


def trained(stem: str, model: str) -> int:
    return int(made(path_of(stem)).model(model).totals["trainable_parameters"])


@pytest.mark.parametrize(
    ("stem", "model", "parameters"), PUBLISHED, ids=[m for _, m, _ in PUBLISHED]
)
def test_what_is_trained_is_what_was_published(stem: str, model: str, parameters: int) -> None:
    assert trained(stem, model) == parameters


# -- worked out from the papers ---------------------------------------------------------------------


def conv(kernel: int, before: int, after: int, bias: bool = True) -> int:
    """Weights of a convolution with a square kernel."""
    return kernel * kernel * before * after + bias * after


def test_wide_resnet_is_the_sum_of_its_groups() -> None:
    total = conv(3, 3, 16, bias=False)
    before = 16
    for filters in (160, 320, 640):
        for unit in range(4):
            arrives = before if unit == 0 else filters
            total += 2 * arrives + conv(3, arrives, filters, bias=False)
            total += 2 * filters + conv(3, filters, filters, bias=False)
            total += conv(1, arrives, filters, bias=False) if unit == 0 else 0
        before = filters
    assert trained("wide_resnet", "WideResNet") == total + 2 * 640 + 641 * 10
