"""What is known of the networks of `keras.applications`: what each is for, what to watch for, how well it does.

Accuracy is the share of ImageNet's validation pictures whose class comes first, one crop each, as Keras's documentation
gives it for the weights that it fetches. Size, cost and input are worked out from the network itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from netdsl.record import record


@record
class ApplicationFacts:
    """One network. `accuracy` is in percent."""

    name: str
    belongs: str
    watch_for: str
    accuracy: float


@record
class _Kin:
    """Networks of one paper; what is special to one of them follows what holds for all."""

    belongs: str
    watch_for: str
    members: Mapping[str, tuple[float, str]]  # accuracy, and what else to watch for


MORE_DATA = "its weights saw the larger ImageNet-21k first, so it is not to be compared with others"
FREEZE = (
    "freeze it first when the data are few, and keep its BatchNormalizations frozen when it thaws"
)

KIN: tuple[_Kin, ...] = (
    _Kin(
        "maps of plain convolutions that style transfer and perceptual losses build on (Simonyan and Zisserman, 2015)",
        "most of its parameters are in the top, which `include_top=False` leaves out; as a classifier ResNet50 does "
        "better at a quarter of the work",
        {"VGG16": (71.3, ""), "VGG19": (71.3, "no better than VGG16")},
    ),
    _Kin(
        "the backbone that all others are compared with: classification, detection, segmentation (He et al., 2016)",
        "it halves the picture five times, so that of 32 pixels one place is left; its convolutions have biases, which "
        "other libraries leave out, so counts differ a little",
        {
            "ResNet50": (74.9, ""),
            "ResNet101": (76.4, ""),
            "ResNet152": (76.6, "hardly better than ResNet101 for half as much work again"),
        },
    ),
    _Kin(
        "as ResNet, with the normalization before each convolution: easier to train from scratch (He et al., 2016)",
        "its pixels are scaled otherwise than those of ResNet; the last map has yet to be normalized if it is cut "
        "before `post_relu`",
        {"ResNet50V2": (76.0, ""), "ResNet101V2": (77.2, ""), "ResNet152V2": (78.0, "")},
    ),
    _Kin(
        "accuracy for few parameters, and features of all depths side by side (Huang et al., 2017)",
        "small on disk and not in memory: training keeps every map of a block, and joining them costs time on a GPU",
        {"DenseNet121": (75.0, ""), "DenseNet169": (76.2, ""), "DenseNet201": (77.3, "")},
    ),
    _Kin(
        "features at several scales in one layer; half the work of ResNet152 at better accuracy (Szegedy et al., 2016)",
        "made for pictures of 299 pixels, and takes none below 75",
        {"InceptionV3": (77.9, "")},
    ),
    _Kin(
        "accuracy where work does not matter much; Inception with shortcuts (Szegedy et al., 2017)",
        "hundreds of layers, so that building and tracing it take long; pictures of 75 pixels at least",
        {"InceptionResNetV2": (80.3, "")},
    ),
    _Kin(
        "segmentation and detection; separable convolutions all through (Chollet, 2017)",
        "on a GPU it is slower than its work lets expect, as depthwise convolutions wait for memory; pictures of "
        "71 pixels at least",
        {"Xception": (79.0, "")},
    ),
    _Kin(
        "phones and small boards, as a baseline (Howard et al., 2017)",
        "ImageNet weights are there for `alpha` of 0.25, 0.5, 0.75 and 1 alone; MobileNetV2 does better for less",
        {"MobileNet": (70.4, "")},
    ),
    _Kin(
        "phones and small boards, and a light backbone of detectors (Sandler et al., 2018)",
        "ImageNet weights are there for `alpha` of 0.35, 0.5, 0.75, 1, 1.3 and 1.4 alone; " + FREEZE,
        {"MobileNetV2": (71.3, "")},
    ),
    _Kin(
        "phones: the most accuracy for a given time on their processors (Howard et al., 2019)",
        "ImageNet weights are there for `alpha` of 0.75 and 1 alone; `minimalistic=True` leaves out what some chips "
        "lack, at 3 to 6 points less",
        {"MobileNetV3Large": (75.6, ""), "MobileNetV3Small": (68.1, "")},
    ),
    _Kin(
        "following papers that used it; its cells were found by search (Zoph et al., 2018)",
        "many small layers, which are slow for their work: EfficientNet does better for less",
        {"NASNetMobile": (74.4, ""), "NASNetLarge": (82.5, "")},
    ),
    _Kin(
        "fine-tuning with few parameters; B0 to B3 are the usual choice (Tan and Le, 2019)",
        "made for the picture size below, and worse at others; " + FREEZE,
        {
            "EfficientNetB0": (77.1, ""),
            "EfficientNetB1": (79.1, ""),
            "EfficientNetB2": (80.1, ""),
            "EfficientNetB3": (81.6, ""),
            "EfficientNetB4": (82.9, ""),
            "EfficientNetB5": (83.6, "training takes much memory: small batches"),
            "EfficientNetB6": (84.0, "training takes much memory: small batches"),
            "EfficientNetB7": (84.3, "training takes much memory: small batches"),
        },
    ),
    _Kin(
        "fine-tuning: faster to train than EfficientNet at the same accuracy (Tan and Le, 2021)",
        "made for the picture size below, and worse at others; " + FREEZE,
        {
            "EfficientNetV2B0": (78.7, ""),
            "EfficientNetV2B1": (79.8, ""),
            "EfficientNetV2B2": (80.5, ""),
            "EfficientNetV2B3": (82.0, ""),
            "EfficientNetV2S": (83.9, ""),
            "EfficientNetV2M": (85.3, "training takes much memory: small batches"),
            "EfficientNetV2L": (85.7, "training takes much memory: small batches"),
        },
    ),
    _Kin(
        "accuracy on a par with transformers, from convolutions alone; small batches, as it has no BatchNormalization "
        "(Liu et al., 2022)",
        "from scratch it needs much data, augmentation and AdamW",
        {
            "ConvNeXtTiny": (81.3, ""),
            "ConvNeXtSmall": (82.3, ""),
            "ConvNeXtBase": (85.3, MORE_DATA),
            "ConvNeXtLarge": (86.3, MORE_DATA),
            "ConvNeXtXLarge": (86.7, MORE_DATA),
        },
    ),
)  # fmt: skip


@cache
def application_facts(name: str) -> ApplicationFacts:
    """Look up what is known of a network."""
    for kin in KIN:
        if name in kin.members:
            accuracy, more = kin.members[name]
            watch_for = f"{more}; {kin.watch_for}" if more else kin.watch_for
            return ApplicationFacts(name, kin.belongs, watch_for, accuracy)
    raise KeyError(name)
