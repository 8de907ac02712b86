"""The types of the arguments of data sources and strategies."""

from __future__ import annotations

from collections.abc import Mapping

from netdsl.catalog.argument_types import (
    BOOLEAN,
    COUNT,
    POSITIVE,
    TEXT,
    ArgumentMismatch,
    ArgumentType,
    Items,
    Mapped,
    Repeated,
    Text,
    choice,
    either,
    items,
    mismatch,
    optional,
)
from netdsl.catalog.kind import Identifier
from netdsl.catalog.signature import names_and_aliases
from netdsl.catalog.spell import spell
from netdsl.diagnostics.problems.arguments import UnknownChoice
from netdsl.diagnostics.suggest import closest
from netdsl.record import record
from netdsl.value import Value


@record
class Path(Text):
    """The path of a file or folder, which is not empty."""

    spelled: str = "a path"

    def accept(self, value: Value) -> str:
        path = super().accept(value)
        if not path.strip():
            raise ArgumentMismatch("is empty", help="name a file or folder beside the spec")
        return path


@record
class Sign(Text):
    """One character."""

    spelled: str = 'a sign such as `";"`'

    def accept(self, value: Value) -> str:
        if isinstance(value, str) and len(value) != 1:
            raise ArgumentMismatch(
                f"is `{spell(value)}`, not {self.spelled}",
                help='write one character: `"\\t"` for tabs',
            )
        return super().accept(value)


@record
class WeightsPath(Path):
    """A file that Keras loads weights from, which it tells by its ending."""

    spelled: str = "the path of a file of weights"

    def accept(self, value: Value) -> str:
        path = super().accept(value)
        if not path.endswith((".weights.h5", ".weights.json", ".h5", ".hdf5", ".keras")):
            raise ArgumentMismatch(
                f"is `{spell(path)}`, and Keras loads weights from `.weights.h5` and `.keras`",
                help="name a file that `save_weights` or `save` has written",
            )
        return path


@record
class ByName(ArgumentType):
    """One name, or a dict that gives each input or output its own."""

    spelled: str = "a name, or a dict of them"
    item: ArgumentType = TEXT
    example: str = ""

    def accept(self, value: Value) -> Value:
        if isinstance(value, dict):
            return {self._key(key): self._item(key, one) for key, one in value.items()}
        try:
            return self.item.accept(value)
        except ArgumentMismatch as refusal:
            if refusal.help or isinstance(value, (list, tuple)):
                raise
            raise mismatch(value, self.spelled, self.example) from None

    def _key(self, key: Value) -> str:
        if not isinstance(key, str):
            raise ArgumentMismatch(
                f"has the key `{spell(key)}`, not the name of an input or output", self.example
            )
        return key

    def _item(self, key: Value, one: Value) -> Value:
        try:
            return self.item.accept(one)
        except ArgumentMismatch as refusal:
            refusal.label = f"gives `{key}` what {refusal.label}"
            refusal.help = refusal.help or self.example
            raise


@record
class DataSetName(ArgumentType):
    """The name of a data set, bare or in quotes."""

    spelled: str = 'the name of a data set, such as `"mnist"`'

    def accept(self, value: Value) -> str:
        known = names_and_aliases("dataset")
        name = value.name if isinstance(value, Identifier) else value
        if isinstance(name, str) and name in known:
            return known[name]
        if not isinstance(name, str):
            raise mismatch(value, self.spelled, "there are " + ", ".join(f"`{k}`" for k in known))
        near = closest(name, known)
        raise ArgumentMismatch(
            f"is `{name}`, which names no data set",
            f'did you mean `"{near}"`?'
            if near
            else "there are " + ", ".join(f"`{k}`" for k in known),
            suggestion=f'"{near}"' if near else None,
            problem=UnknownChoice,
        )


@record
class Layouts(ArgumentType):
    """`{"encoder/.*/kernel": (None, "model")}`: axes of the mesh for the axes of variables, by their paths."""

    spelled: str = 'a dict such as `{"dense/kernel": (None, "model")}`'

    def accept(self, value: Value) -> dict[Value, Value]:  # of paths to tuples of axes
        if not isinstance(value, dict) or not value:
            raise mismatch(value, self.spelled)
        return {self._key(key): self._axes(key, axes) for key, axes in value.items()}

    def _key(self, key: Value) -> str:
        if not isinstance(key, str):
            raise mismatch(key, "the path of variables, a string")
        return key

    def _axes(self, key: Value, axes: Value) -> tuple[str | None, ...]:
        if not isinstance(axes, (list, tuple)):
            raise ArgumentMismatch(
                f"gives `{key}` `{spell(axes)}`, not a tuple of axes",
                help=f'write an axis of the mesh or `None` for each axis: `{{"{key}": (None, "model")}}`',
            )
        return tuple(self._axis(key, axis) for axis in axes)

    def _axis(self, key: Value, axis: Value) -> str | None:
        name = axis.name if isinstance(axis, Identifier) else axis
        if name is not None and not isinstance(name, str):
            raise ArgumentMismatch(
                f"gives `{key}` the axis `{spell(axis)}`",
                help="an axis is a name of the mesh, or `None`",
            )
        return name


@record
class Mesh(ArgumentType):
    """`{"batch": 2, "model": 4}`: the axes of a mesh of devices and how many there are along each."""

    spelled: str = 'a dict of sizes such as `{"batch": 2, "model": 4}`'

    def accept(self, value: Value) -> dict[Value, Value]:  # of axes to sizes
        if not isinstance(value, dict) or not value:
            raise mismatch(value, self.spelled)
        if not all(isinstance(key, str) for key in value):
            raise mismatch(value, self.spelled)
        return {key: self._size(key, size) for key, size in value.items()}

    def _size(self, key: Value, size: Value) -> int:
        try:
            return POSITIVE.accept(size)
        except ArgumentMismatch as refusal:
            refusal.label = f"gives axis `{key}` a size that {refusal.label}"
            raise


@record
class Devices(Items):
    """Names of devices."""

    spelled: str = 'a list of devices such as `["GPU:0", "GPU:1"]`'
    item: ArgumentType = TEXT
    minimum: int = 1

    def accept(self, value: Value) -> tuple[Value, ...]:
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 64:
            wanted = "[" + ", ".join(f'"GPU:{n}"' for n in range(value)) + "]"
            raise ArgumentMismatch(
                f"is `{value}`, not {self.spelled}", f"write `{wanted}`", suggestion=wanted
            )
        return super().accept(value)


PATH = Path()
FILES = either(PATH, items(PATH, "a list of paths", minimum=1))
NAME = Text("a name")
ARRAY_NAMES = optional(
    ByName(
        "the name of an array, or a dict of them",
        NAME,
        'write the name that it has in the file, `"images"`, or one for each: `{"left": "images"}`',
    )
)
COLUMNS = optional(
    ByName(
        "columns: a name, a list of names, or a dict of those",
        either(NAME, items(NAME, "a list of names", minimum=1)),
        'write names of columns: `"price"`, `["age", "income"]`',
    )
)
RECORDED = optional(
    Mapped(
        "a dict of names or shapes by input",
        either(NAME, items(optional(POSITIVE), "a shape such as `[28, 28]`")),
    )
)

SOURCE_TYPES: Mapping[str, ArgumentType] = {
    "path": FILES,
    "x": ARRAY_NAMES,
    "y": ARRAY_NAMES,
    "label": COLUMNS,
    "features": COLUMNS,
    "sample_weight": optional(NAME),
    "delimiter": Sign(),
    "header": BOOLEAN,
    "image_size": optional(Repeated("a pair of sizes such as `(224, 224)`", 2)),
    "label_mode": choice("int", "categorical", "binary"),
    "class_names": optional(items(NAME, "a list of names", minimum=1)),
    "color_mode": choice("grayscale", "rgb", "rgba"),
    "interpolation": choice(
        *("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"),
        folds=True,
    ),
    "crop_to_aspect_ratio": BOOLEAN,
    "pad_to_aspect_ratio": BOOLEAN,
    "follow_links": BOOLEAN,
    "max_length": optional(POSITIVE),
    "compression": choice("", "GZIP", "ZLIB"),
    "num_words": optional(POSITIVE),
    "maxlen": optional(POSITIVE),
    "skip_top": COUNT,
    "start_char": optional(COUNT),
    "oov_char": optional(COUNT),
    "index_from": COUNT,
    "version": choice("small", "large"),
}  # fmt: skip

ENGINE_TYPES: Mapping[str, ArgumentType] = {
    "devices": optional(Devices()),
    "layout": Layouts(),
    "mesh": Mesh(),
    "batch_dim_name": optional(NAME),
    "tpu": TEXT,
}

START_TYPES: Mapping[str, ArgumentType] = {"path": WeightsPath(), "folder": PATH}

#: Where an argument of one source is another thing than in the others.
OF_ONE: Mapping[tuple[str, str], ArgumentType] = {
    ("npz", "path"): PATH,
    ("image_folder", "path"): PATH,
    ("text_folder", "path"): PATH,
    ("tfrecord", "features"): RECORDED,
    ("tfrecord", "label"): ARRAY_NAMES,
    ("dataset", "name"): DataSetName(),
    ("dataset", "label_mode"): choice("fine", "coarse"),
}
