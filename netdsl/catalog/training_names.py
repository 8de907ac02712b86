"""What a `train` block names beside Keras's own: sources of data, strategies for several devices, more data sets.

The arguments are written as in `signatures.json`; their types stand in `training_types.py`, what each is for in
`training_facts.py`. The settings of the block itself are in `training_settings.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

#: A name, or a name with its default; `*` precedes those that go by name only.
Parameters: TypeAlias = tuple[str | list[object], ...]

_FOLDER: Parameters = ("path", "*", ["label_mode", None], ["class_names", None])

SOURCES: Mapping[str, Parameters] = {
    "npz": ("path", "*", ["x", None], ["y", None], ["sample_weight", None]),
    "csv": (
        "path", ["label", None], "*", ["features", None], ["sample_weight", None], ["delimiter", ","],
        ["header", True],
    ),
    "parquet": ("path", ["label", None], "*", ["features", None], ["sample_weight", None]),
    "image_folder": (
        *_FOLDER, ["image_size", None], ["color_mode", None], ["interpolation", "bilinear"],
        ["crop_to_aspect_ratio", False], ["pad_to_aspect_ratio", False], ["follow_links", False],
    ),
    "text_folder": (*_FOLDER, ["max_length", None], ["follow_links", False]),
    "tfrecord": (
        "path", "*", ["features", None], ["label", None], ["sample_weight", None], ["compression", ""],
    ),
    "dataset": (
        "name", "*", ["num_words", None], ["maxlen", None], ["skip_top", 0], ["start_char", 1], ["oov_char", 2],
        ["index_from", 3], ["label_mode", "fine"], ["version", "large"],
    ),
}  # fmt: skip

ENGINES: Mapping[str, Parameters] = {
    "MirroredStrategy": (["devices", None],),
    "TPUStrategy": (["tpu", ""],),
    "DataParallel": (["devices", None],),
    "ModelParallel": ("*", "layout", "mesh", ["batch_dim_name", None]),
}

STARTS: Mapping[str, Parameters] = {"weights": ("path",), "run": ("folder",)}

#: Data sets that ship with scikit-learn, which need no network.
SHIPPED: Mapping[str, Parameters] = dict.fromkeys(
    ("breast_cancer", "diabetes", "digits", "iris", "wine"), ()
)

#: Families with the entries that are added to what was recorded of Keras.
ADDED: Mapping[str, Mapping[str, Mapping[str, Parameters]]] = {
    "source": {name: {"parameters": own} for name, own in SOURCES.items()},
    "engine": {name: {"parameters": own} for name, own in ENGINES.items()},
    "start": {name: {"parameters": own} for name, own in STARTS.items()},
    "dataset": {name: {"parameters": own} for name, own in SHIPPED.items()},
}
