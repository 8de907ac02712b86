"""`image_folder("flowers")` and `text_folder("reviews")`: a folder for each class."""

from __future__ import annotations

from netdsl.elaborate.training.experiment import Experiment
from netdsl.emit.training.labels import labelled, labels_of
from netdsl.emit.training.sources.source import Place, Source
from netdsl.value import Value

_PICTURES = 'in (".bmp", ".gif", ".jpeg", ".jpg", ".png")'
_CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}
_MODES = {"int": "numbers", "categorical": "one_hot", "binary": "binary"}


def folder(place: Place) -> Source:
    """Write what finds the files and reads one of them."""
    path, constant = place.path()
    given, is_images = place.source.arguments, place.source.kind == "image_folder"
    read = f"load_image{place.ending}(paths[n])" if is_images else _text(place)
    links = 'map(Path, glob.glob(f"{folder / name}/**", recursive=True))'
    return Source(
        place.source.kind,
        ("folder", "whole"),
        place.title,
        f"read_folder{place.ending}(here / {path})",
        constant,
        batches="folder_batches",
        facts={
            "sample": f"{read}, {_label(place.experiment, given.get('label_mode'))}",
            "class_names": place.argument("class_names"),
            "found": links if given.get("follow_links") else '(folder / name).rglob("*")',
            "suffixes": _PICTURES if is_images else '== ".txt"',
            **(_picture(place) if is_images else {}),
        },
    )


def _text(place: Place) -> str:
    read = "tf.io.read_file(paths[n])"
    if place.source.arguments.get("max_length"):
        read = f"tf.strings.substr({read}, 0, {place.argument('max_length')})"
    return f"[{read}]" if place.experiment.inputs[0].shape[1:] == (1,) else read


def _label(experiment: Experiment, mode: object) -> str:
    """Spell the label of file `n`, as the loss takes it unless the mode is said."""
    port = labelled(experiment)[0]
    kind = _MODES.get(str(mode)) or labels_of(port)
    if kind == "one_hot":
        return f"tf.one_hot(labels[n], {port.shape[-1]})"
    return "labels[n]" if kind == "numbers" else 'tf.cast([labels[n]], "float32")'


def _picture(place: Place) -> dict[str, object]:
    given = place.source.arguments
    inputs = place.experiment.inputs
    port = next((p for p in inputs if len(p.shape) == 4), inputs[0])
    shape = port.shape[1:] if len(port.shape) == 4 else (256, 256, 3)
    method = place.argument("interpolation")
    height, width = _sides(given.get("image_size")) or (shape[0] or 256, shape[1] or 256)
    channels = _CHANNELS.get(str(given.get("color_mode"))) or shape[2] or 3
    return {
        "bytes": 4 * height * width * channels,
        "size": place.argument("image_size") or f"({shape[0] or 256}, {shape[1] or 256})",
        "channels": channels,
        "method": f", {method}" if method else "",
        "crop": bool(given.get("crop_to_aspect_ratio")),
        "pad": bool(given.get("pad_to_aspect_ratio")),
    }


def _sides(size: Value) -> tuple[int, int] | None:
    if isinstance(size, list | tuple) and len(size) == 2:
        height, width = size
        if isinstance(height, int) and isinstance(width, int):
            return height, width
    return None
