"""The specs that ship with netdsl, and sizes at which each is quick to build and to run."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import netdsl
from netdsl.compiler import Compiled
from netdsl.resources import resource_dir, std_dir
from netdsl.syntax import tree

SPECS: tuple[Path, ...] = tuple(sorted(resource_dir("specs").glob("*.net")))
LIBRARY: tuple[Path, ...] = tuple(sorted(std_dir().glob("*.net")))

#: Hyperparameters that keep a spec's structure and make it small, where the paper's sizes take gigabytes.
SMALL: dict[str, dict[str, Any]] = {
    "autoencoder": {"filters": 4},
    "bert": {"words": 50, "length": 9, "width": 16, "heads": 2, "depth": 2},
    "convlstm": {"steps": 3, "size": 16, "widths": [4, 3]},
    "crnn": {"units": 8},
    "cyclegan": {"size": 32},
    "dcgan": {"widths": [16, 8, 6, 4]},
    "dcn_v2": {"bins": 20, "width": 2, "deep": [8]},
    "ddpm": {"width": 32, "blocks": 1, "size": 16},
    "deeplabv3_plus": {"blocks": [2, 1, 2, 1], "size": 64},
    "dlrm": {"bins": 20, "bottom": [8, 4], "top": [8]},
    "edges": {},
    "gpt2": {"words": 50, "length": 9, "width": 16, "heads": 2, "depth": 2},
    "lenet1998": {},
    "mlp_mixer": {"width": 16, "depth": 2, "size": 32},
    "mobilevit": {"classes": 7, "size": 64},
    "multi_task": {"width": 9},
    "regnet_y": {"classes": 7, "depth": 8},
    "retinanet": {"classes": 7, "size": 64},
    "seq2seq": {"source_words": 50, "target_words": 40, "units": 8},
    "seq2seq_attention": {"source_words": 50, "target_words": 40, "units": 8},
    "siamese": {"code": 16},
    "swin": {"width": 24},
    "tab_transformer": {"bins": 20, "depth": 2},
    "text_classifiers": {"vocabulary": 50, "units": 8},
    "transformer": {"words": 50, "width": 16, "hidden": 32, "depth": 2},
    "two_tower": {"people": 50, "films": 40, "widths": [8], "code": 4},
    "unet": {"widths": [4, 8, 16, 32]},
    "unet_plus_plus": {"widths": [4, 5, 6, 7, 8], "size": 16},
    "vae": {"hidden": 50},
    "vgg16": {"units": 16},
    "vit": {"width": 16, "heads": 2, "depth": 2, "size": 32},
    "wavenet": {"doublings": 3, "skip": 8},
    "wgan_gp": {"filters": 8},
    "wide_and_deep": {"crosses": 20, "hidden": [8]},
    "yolov3": {"classes": 7, "size": 64},
    "yolov8": {"classes": 7, "size": 64},
}


def name_of(path: Path) -> str:
    return path.stem


#: What takes long to build in Keras even so: tried where slow tests are asked for.
SLOW = frozenset({"deeplabv3_plus", "resnet152", "yolov3"})


@cache
def made(path: Path) -> Compiled:
    """Compile a spec once for all tests of it."""
    return netdsl.compile_file(path)


def path_of(stem: str) -> Path:
    return next(path for path in SPECS if path.stem == stem)


def spec(stem: str) -> Compiled:
    """Give a shipped spec, compiled, by its file's name."""
    return made(path_of(stem))


def own_models(compiled: Compiled) -> list[str]:
    """Give the models of a spec that have a body of their own; the others are these at other hyperparameters."""
    return [
        statement.name
        for statement in compiled.unit.module.statements
        if isinstance(statement, tree.Model) and isinstance(statement.body, tree.Body)
    ]


#: The networks of `keras.applications` that the specs are equal to, and the spec of each.
APPLICATIONS: dict[str, str] = {
    name: stem
    for stem, names in {
        "vgg": "VGG16 VGG19",
        "inception_v3": "InceptionV3",
        "inception_resnet_v2": "InceptionResNetV2",
        "resnet": "ResNet50 ResNet101 ResNet152",
        "resnet_v2": "ResNet50V2 ResNet101V2 ResNet152V2",
        "densenet": "DenseNet121 DenseNet169 DenseNet201",
        "xception": "Xception",
        "mobilenet": "MobileNet",
        "mobilenet_v2": "MobileNetV2",
        "mobilenet_v3": "MobileNetV3Small MobileNetV3Large",
        "efficientnet": " ".join(f"EfficientNetB{n}" for n in range(8)),
        "efficientnet_v2": " ".join(f"EfficientNetV2{n}" for n in "B0 B1 B2 B3 S M L".split()),
        "nasnet": "NASNetMobile NASNetLarge",
        "convnext": "ConvNeXtTiny ConvNeXtSmall ConvNeXtBase ConvNeXtLarge ConvNeXtXLarge",
    }.items()
    for name in names.split()
}

#: Families of large networks: `tests/keras/test_zoo.py` builds them, one model at a time, and no other test does.
FAMILIES = frozenset(APPLICATIONS.values())
