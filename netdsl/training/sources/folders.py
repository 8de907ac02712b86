"""Folders with one folder for each class: of pictures, and of texts."""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from netdsl.diagnostics.diagnostic import Label
from netdsl.diagnostics.problems import data as problems
from netdsl.extras import needed
from netdsl.source import Span
from netdsl.training.labels import classes_of, form_of
from netdsl.training.sources.parts import (
    Field,
    Opening,
    Part,
    PartName,
    listed,
    located,
    report_missing,
    unknown_column,
)

PICTURES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
TEXTS = (".txt",)

#: Folders below the one that is named, for the parts of the data.
DIVISIONS: Mapping[PartName, tuple[str, ...]] = {
    "train": ("train",),
    "validation": ("validation", "val"),
    "test": ("test",),
}

Check = Callable[[Path], str]

#: Words for parts of the data, in whatever letters.
WORDS = {"train", "training", "val", "valid", "validation", "test", "testing"}


def open_image_folder(opening: Opening) -> list[Part]:
    """Open a folder of pictures; their size is that of the input unless it is said."""
    needed("PIL.Image", "to read pictures")
    port = opening.inputs[0]
    shape = _picture_shape(opening)
    field = Field("input", port, "pictures", "the pictures", shape, "float32", _size_place(opening))
    return _open(opening, field, PICTURES, partial(check_picture, channels=shape[-1]))


def open_text_folder(opening: Opening) -> list[Part]:
    """Open a folder of text files."""
    port = opening.inputs[0]
    field = Field("input", port, "texts", "the texts", (), "string", opening.span)
    return _open(opening, field, TEXTS, check_text)


def _open(opening: Opening, field: Field, endings: tuple[str, ...], check: Check) -> list[Part]:
    folder = _folder(opening)
    if folder is None or not _has_one_input(opening):
        return []
    divisions = _divisions(opening, folder)
    parts: list[Part] = []
    for name, place in divisions:
        part = _part(opening, name, place, field, endings, check)
        if part is None:
            return []
        parts.append(part)
    return parts


def _folder(opening: Opening) -> Path | None:
    written = opening.argument("path")
    if not isinstance(written, str):
        report_missing(opening, "path", str(written), Path(str(written)), "it names no folder")
        return None
    path = located(opening, written)
    if path.is_dir():
        return path
    why, help = ("it is a file", "name the folder of the classes") if path.is_file() else ("", "")
    report_missing(opening, "path", written, path, why, help)
    return None


def _has_one_input(opening: Opening) -> bool:
    for ports, what in ((opening.inputs, "input"), (opening.labelled, "output")):
        if len(ports) != 1:
            label = f"it gives one {what}, and the model has {len(ports)}"
            opening.report(
                problems.UnknownColumn.at(
                    opening.span, label, what=f"{what} for", name=ports[1].name,
                    help="a function of your own gives several: `extern fn load from \"module\"`",
                )
            )  # fmt: skip
            return False
    return True


def _divisions(opening: Opening, folder: Path) -> list[tuple[PartName, Path]]:
    """Take `train`, `validation` and `test` below the folder as such, where there is a `train`."""
    found: list[tuple[PartName, Path]] = []
    for part, names in DIVISIONS.items():
        found += [(part, folder / name) for name in names if (folder / name).is_dir()][:1]
    if not found or found[0][0] != "train" or opening.part != "train":
        return [(opening.part, folder)]
    known = {name for names in DIVISIONS.values() for name in names}
    for entry in sorted(e.name for e in os.scandir(folder) if e.is_dir()):
        if entry.lower() in WORDS - known or (entry.lower() in known and entry not in known):
            label = f"`{entry}` stands beside `train`, and is not read"
            help = "call it `test`" if entry.lower().startswith("test") else "call it `validation`"
            opening.report(problems.UnreadableData.at(opening.place("path"), label, help=help))
            return []
    return found


def _part(
    opening: Opening,
    name: PartName,
    folder: Path,
    field: Field,
    endings: tuple[str, ...],
    check: Check,
) -> Part | None:
    classes = _classes(opening, folder, endings)
    if classes is None:
        return None
    files = {label: sorted(_files(folder / label, endings)) for label in classes}
    lacks = opening.part != "train" and opening.argument("class_names") is not None
    for label, found in files.items():
        if not found and not lacks:
            _report_empty(opening, folder, label, endings)
            return None
    if name == "train" and not _tells_classes_apart(opening, list(files)):
        return None
    output = opening.labelled[0]
    labels = Field(
        "output", output, "labels", "the labels", _label_shape(opening, len(files)), "int32", opening.span
    )  # fmt: skip
    counts = {label: len(found) for label, found in files.items()}
    every = [path for found in files.values() for path in found]

    def broken() -> Iterator[tuple[str, str]]:
        with ThreadPoolExecutor(min(8, (os.cpu_count() or 1) + 2)) as pool:
            for path, why in zip(every, pool.map(check, every), strict=True):
                if why:
                    yield path.as_posix(), why

    return Part(
        name, len(every), (field, labels), lambda: iter(()), opening.span, broken, counts
    )  # fmt: skip


def _classes(opening: Opening, folder: Path, endings: tuple[str, ...]) -> list[str] | None:
    inside = sorted(e.name for e in os.scandir(folder) if e.is_dir() and not e.name.startswith("."))
    given = opening.argument("class_names")
    if isinstance(given, (list, tuple)):
        for name in given:
            if name not in inside and opening.part == "train":  # held-out data may lack a class
                unknown_column(
                    opening, str(name), inside, "folder for class", opening.place("class_names")
                )
                return None
        return [str(name) for name in given]
    if len(inside) > 1 and {name.lower() for name in inside} <= WORDS:
        label = f"{listed(inside)} are parts of the data, and were taken for classes"
        help = "call the parts `train`, `validation` and `test`, in small letters"
        opening.report(problems.UnreadableData.at(opening.place("path"), label, help=help))
        return None
    if inside:
        return inside
    loose = sum(entry.name.lower().endswith(endings) for entry in os.scandir(folder))
    label = f"`{folder.as_posix()}` holds no folder for a class"
    label += f", and {loose} files of its own" if loose else ""
    help = "each class is a folder of its own: `flowers/rose/1.jpg`, `flowers/tulip/1.jpg`"
    opening.report(problems.NoSamples.at(opening.place("path"), label, help=help))
    return None


def _files(folder: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in [*names, *folders]:
            if name.lower().endswith(endings):
                yield Path(place, name)


def _report_empty(opening: Opening, folder: Path, label: str, endings: tuple[str, ...]) -> None:
    there = sorted(
        {Path(name).suffix or name for _, _, names in os.walk(folder / label) for name in names}
    )
    what = f"it holds {listed(there)} alone" if there else "nothing is in it"
    opening.report(
        problems.EmptyClass.at(
            opening.place("path"),
            f"{what}; files that are read end in {', '.join(endings)}",
            name=label,
            help=f"put files into `{(folder / label).as_posix()}`, or remove the folder",
        )
    )


def _label_shape(opening: Opening, classes: int) -> tuple[int | None, ...]:
    """Give the shape of a label: as `label_mode` says, or else as the loss takes it."""
    mode = opening.argument("label_mode")
    rows = mode == "categorical" or (mode is None and form_of(opening.labelled[0]) == "one_hot")
    return (classes,) if rows else (1,) if mode == "binary" else ()


def _tells_classes_apart(opening: Opening, names: list[str]) -> bool:
    """Report one folder alone, and more folders than the output has classes."""
    port, place = opening.labelled[0], opening.place("path")
    units = classes_of(port)
    form = form_of(port)
    room = 2 if form in ("binary", "margin") and units == 1 else units
    if len(names) == 1:
        label = f"`{names[0]}` is the only folder in it"
        help = "there is nothing to tell apart: each class is a folder of its own"
        opening.report(problems.OneClass.at(place, label, name=port.name, help=help))
        return True  # to evaluate a model on one class is right
    if room is not None and len(names) > room and form not in ("values", "any"):
        label = f"there are {len(names)} folders, {listed(names)}; the output tells {room} classes apart"
        opening.report(
            problems.LabelOutside.at(
                place,
                label,
                name=port.name,
                help=f"give the output {len(names)} units, one for each class",
                related=(Label(port.place, f"{units} {'unit' if units == 1 else 'units'}"),),
            )
        )
    else:
        return True
    return False


def _size_place(opening: Opening) -> Span:
    given = opening.source.arguments
    return opening.place(
        "color_mode" if "image_size" not in given and "color_mode" in given else "image_size"
    )


def _picture_shape(opening: Opening) -> tuple[int | None, ...]:
    """Give what pictures are brought to: the size that is said, or the input's; channels likewise."""
    wanted = opening.inputs[0].shape[1:]
    fallback = wanted if len(wanted) == 3 else (256, 256, 3)
    size, mode = opening.argument("image_size"), opening.argument("color_mode")
    sides = tuple(size) if isinstance(size, (list, tuple)) else fallback[:2]
    channels = {"grayscale": 1, "rgb": 3, "rgba": 4}.get(
        str(mode), fallback[2] if mode is None else None
    )
    return (*sides, channels)


def check_picture(path: Path, channels: int | None = 3) -> str:
    """Say why TensorFlow will not decode a picture; nothing where it will.

    Pillow reads the head and holds a PNG to its checksums. A JPEG that was cut off lacks its end.
    """
    image = needed("PIL.Image")
    try:
        if path.is_dir():
            return "it is a folder"
        if path.stat().st_size == 0:
            return "it is empty"
        with image.open(path) as picture:
            form, mode = picture.format, picture.mode
            if form in ("BMP", "GIF"):
                picture.load()
            else:
                picture.verify()
        if form not in ("BMP", "GIF", "JPEG", "PNG", "MPO"):
            return f"it is in the format {form}, which TensorFlow does not decode"
        if not _has_channels(str(form), mode, channels):
            return (
                f"TensorFlow reads no {form} of mode {mode} with {channels} channels; a PNG it does"
            )
        return "" if _is_ended(path, str(form)) else "it is cut off"
    except Exception as error:  # Pillow raises OSError, SyntaxError, ValueError and more
        unknown = type(error).__name__ == "UnidentifiedImageError"
        return (
            "it is no picture" if unknown else " ".join(str(error).split())[:120] or "it is broken"
        )


def _has_channels(form: str, mode: str, channels: int | None) -> bool:
    """Tell whether TensorFlow decodes a picture to so many channels; of a PNG it makes any."""
    if form == "GIF":
        return channels in (None, 3)
    if form == "BMP":
        return mode != "1" and channels != 1
    return form == "PNG" or (channels != 4 and not (mode == "CMYK" and channels == 1))


#: What a picture ends with, where its reader does not look; cameras write more after it.
_ENDS = {"JPEG": b"\xff\xd9", "MPO": b"\xff\xd9", "GIF": b"\x00;"}


def _is_ended(path: Path, form: str) -> bool:
    """Tell whether a picture has the mark of its end."""
    with open(path, "rb") as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(max(0, stream.tell() - 64 * 1024))
        return _ENDS.get(form, b"") in stream.read()


def check_text(path: Path) -> str:
    """Say why a text file is none."""
    try:
        decoder = codecs.getincrementaldecoder("utf-8")()
        with open(path, "rb") as stream:
            while piece := stream.read(1 << 20):
                decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "it is not UTF-8"
    except OSError as error:
        return error.strerror or str(error)
    return ""
