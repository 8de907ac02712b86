"""Records the networks of `keras.applications`: `python -m netdsl.catalog.refresh_applications [FILE]`.

Each network is built with the installed Keras, without weights being made or fetched, and its layers are written
to `applications.zip`, one JSON document a network. `application_records.py` reads it and says how it is laid out. A
padding that depends on the size of the image is marked, and so are names that Keras numbers as it goes.
"""

from __future__ import annotations

import io
import itertools
import json
import sys
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from pathlib import Path
from typing import TypeAlias
from unittest import mock

from netdsl.catalog.application_records import DATA
from netdsl.catalog.signature import names, signature
from netdsl.foreign import Foreign, Plain
from netdsl.value import Document

#: A layer as it is recorded: its name, kind, arguments, and how many entries back each input lies.
Entry: TypeAlias = list[Plain]

#: A number of classes that no network has for another reason.
CLASSES = 1017

AUTOMATIC = "automatic name "

#: What decides shapes, weights and work; the rest of a configuration does not.
KEPT = {
    "axis", "center", "cropping", "data_format", "depth_multiplier", "dilation_rate", "filters", "groups", "keepdims",
    "kernel_size", "mean", "padding", "pool_size", "projection_dim", "size", "strides", "target_shape", "units",
    "use_bias", "variance",
}  # fmt: skip

#: Layers that keep what arrives and have no weights, whatever they are set to.
INERT = {"Activation", "Dropout", "ReLU", "Rescaling", "StochasticDepth"}


class SizedPadding(tuple[Foreign, ...]):
    """A padding that Keras worked out from the size of the image."""


@contextmanager
def marked() -> Iterator[dict[str, int]]:
    """Build networks so that nothing is fetched or initialized, and what is to be marked can be told."""
    import keras
    from keras.src.applications import imagenet_utils
    from keras.src.backend.common.stateless_scope import StatelessScope
    from keras.src.ops import operation
    from keras.src.utils import file_utils

    seen: dict[str, int] = {}
    obtain = imagenet_utils.obtain_input_shape
    counter = itertools.count()

    def note_sizes(
        input_shape: Foreign, default_size: int, min_size: int, **rest: object
    ) -> Foreign:
        seen.update(default=default_size, least=min_size)
        return obtain(input_shape, default_size=default_size, min_size=min_size, **rest)

    padding_layer = keras.layers.ZeroPadding2D
    correct_pad, make_padding = imagenet_utils.correct_pad, padding_layer.__init__

    @wraps(make_padding)
    def remember_padding(self: Foreign, padding: object = (1, 1), **rest: object) -> None:
        make_padding(self, padding, **rest)
        self.depends_on_size = isinstance(padding, SizedPadding)

    with ExitStack() as stack:
        stack.enter_context(StatelessScope())
        for target, attribute, value in (
            (imagenet_utils, "obtain_input_shape", note_sizes),
            (imagenet_utils, "correct_pad", lambda x, kernel: SizedPadding(correct_pad(x, kernel))),
            (padding_layer, "__init__", remember_padding),
            (operation, "auto_name", lambda prefix: f"{AUTOMATIC}{next(counter)}"),
            (file_utils, "get_file", lambda *_, **__: "nowhere.h5"),
            (keras.Model, "load_weights", lambda *_, **__: None),
        ):
            stack.enter_context(mock.patch.object(target, attribute, value))
        yield seen


def record_network(name: str, endings: Document) -> Document:
    """Build a network with its top, and give the other endings that networks of its module have."""
    import keras

    network = getattr(keras.applications, name)
    facts = signature("application", name)
    assert facts is not None
    kinds = ("", "minimalistic") if "minimalistic" in facts.names else ("",)
    table: dict[str, int] = {}
    graphs: dict[str, list[int]] = {}
    sizes: dict[str, int] = {}
    for kind in kinds:
        entries, sizes = record_variant(network, **{kind: True} if kind else {})
        graphs[kind] = [table.setdefault(json.dumps(e), len(table)) for e in entries]
        if network.__module__ not in endings:
            endings[network.__module__] = find_endings(network, entries, sizes.get("default", 224))
    return {
        "sizes": sizes,
        "layers": [json.loads(text) for text in table],
        "graphs": graphs,
        "endings": endings[network.__module__],
    }


def record_variant(network: Foreign, **arguments: object) -> tuple[list[Entry], dict[str, int]]:
    with marked() as sizes:
        model = network(weights=None, classes=CLASSES, **arguments)
    return list(flat_entries(model)), sizes


def find_endings(network: Foreign, whole: list[Entry], size: int) -> Document:
    """Say for each pooling how many layers to take off the whole network, and which to put there instead."""
    found = {}
    image = (size, size, 3)  # which layers a NASNet has depends on it
    for pooling in (None, "avg", "max"):
        entries, _ = record_variant(network, include_top=False, pooling=pooling, input_shape=image)
        shared = sum(
            1
            for _ in itertools.takewhile(
                lambda pair: pair[0] == pair[1], zip(whole, entries, strict=False)
            )
        )
        found[str(pooling).lower()] = [len(whole) - shared, entries[shared:]]
    return found


def flat_entries(model: Foreign) -> Iterator[Entry]:
    """Give the layers in order: name, kind, arguments, and how many entries back each input lies."""
    positions: dict[int, int] = {}
    count = 0
    for operation in model.operations:
        node = operation._inbound_nodes[0]
        if type(operation).__name__ == "InputLayer":
            positions[id(node.output_tensors[0])] = count
            count += 1
            continue
        sources = [positions[id(t)] for t in node.input_tensors]
        for entry in operation_entries(operation, node, [count - s for s in sources]):
            count += 1
            yield entry
        positions[id(node.output_tensors[0])] = count - 1


def operation_entries(operation: Foreign, node: Foreign, back: list[int]) -> Iterator[Entry]:
    """Give the entry of a layer; a Sequential is a row of its layers, the last under its own name."""
    import keras

    inner = getattr(operation, "layers", None)
    own = None if operation.name.startswith(AUTOMATIC) else operation.name
    if inner is not None:
        for number, layer in enumerate(inner):
            last = number == len(inner) - 1
            yield [
                own if last else None,
                type(layer).__name__,
                kept_arguments(layer),
                back if number == 0 else [1],
            ]
    elif isinstance(operation, keras.layers.Layer):
        yield [
            own,
            type(operation).__name__,
            kept_arguments(operation),
            back,
            *widening(operation, node),
        ]
    else:  # a function of keras.ops: tensors of one shape are added, a number leaves the tensor as it is
        yield [None, "Activation" if len(back) == 1 else "Add", {}, back]


def widening(layer: Foreign, node: Foreign) -> list[float]:
    """Say how many times wider than its input a convolution is, where MobileNet works its width out from that."""
    if type(layer).__name__ != "Conv2D" or not layer.name.endswith(("expand", "conv_1")):
        return []
    return [layer.filters / node.input_tensors[0].shape[-1]]


def kept_arguments(layer: Foreign) -> Document:
    """Give the arguments that matter and are not at their default."""
    kind = type(layer).__name__
    facts = signature("layer", kind)
    defaults = {} if facts is None else {p.name: p.default for p in facts.parameters}
    if kind in INERT:
        return {}
    if getattr(layer, "depends_on_size", False):
        return {"padding": [["odd", after] for _, after in layer.padding]}
    config = layer.get_config()
    wanted = KEPT | ({"scale"} if kind == "BatchNormalization" else set())
    found = {}
    for name in sorted(wanted & set(config)):
        value = plain(config[name])
        if value != plain(defaults.get(name, ...)) and not (
            name == "data_format" and value == "channels_last"
        ):
            found[name] = value
    return found


def plain(value: object) -> Plain:
    """Write a value as JSON; the number of classes becomes a word."""
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return value.tolist()
    return "classes" if type(value) is int and value == CLASSES else value


def write_archive(documents: Document) -> bytes:
    """Pack the documents, the same bytes on each run."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        for name, document in documents.items():
            entry = zipfile.ZipInfo(f"{name}.json", (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_LZMA
            archive.writestr(entry, json.dumps(document, separators=(",", ":")))
    return buffer.getvalue()


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    documents: Document = {}
    endings: Document = {}
    for name in names("application"):
        documents[name] = record_network(name, endings)
        print(f"{name}: {len(documents[name]['layers'])} layers", flush=True)
    target.write_bytes(write_archive(documents))
    print(f"wrote {target}, {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
