"""Where samples come from: for each kind of source the functions that read it, and the call that does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field

from netdsl.catalog.spell import spell
from netdsl.elaborate.training.experiment import DataSource, Experiment, Port, Setting
from netdsl.emit.python import code
from netdsl.emit.python.layout import flat
from netdsl.emit.training.embedded import embedded
from netdsl.emit.training.labels import labels_of
from netdsl.emit.training.words import Words, literal
from netdsl.record import record
from netdsl.syntax import tree
from netdsl.value import Value

#: Whole numbers of Keras's types, which examples and tables hold as int64.
_WHOLE = ("int", "uint", "bool")

_PICTURES = 'in (".bmp", ".gif", ".jpeg", ".jpg", ".png")'


@record(eq=False)
class Source:
    """A source: what its templates need, the constant that names it and the expression that reads it."""

    kind: str
    templates: tuple[str, ...]
    title: str
    read: str
    constant: str | None = None
    imports: frozenset[str] = frozenset()
    batches: str = "arrays"  # the template that makes batches
    facts: Mapping[str, object] = field(default_factory=dict)
    encodes: bool = False  # whether labels may be text

    def __getattr__(self, name: str) -> object:
        if name in ("facts", "__deepcopy__") or name not in self.facts:
            raise AttributeError(name)
        return self.facts[name]


@record(eq=False)
class Place:
    """Where a source stands: its setting, the constant for its path, the ending of its functions' names."""

    setting: Setting
    constant: str
    ending: str


def source_of(words: Words, experiment: Experiment, place: Place) -> Source:
    """Give what is written for a source."""
    source = place.setting.value
    assert isinstance(source, DataSource)
    if source.function is not None:
        return _own(words, experiment, place)
    return _WRITERS[source.kind](words, experiment, place)


def structure(ports: Iterable[Port], of: Callable[[Port], str]) -> str:
    """Spell one tensor as itself, several as a dict by their names."""
    found = list(ports)
    if len(found) == 1:
        return of(found[0])
    return "{" + ", ".join(f"{spell(port.name)}: {of(port)}" for port in found) + "}"


def argument(words: Words, experiment: Experiment, place: Place, name: str) -> str | None:
    """Spell an argument of a source, as written where it names hyperparameters."""
    source = place.setting.value
    assert isinstance(source, DataSource)
    if name not in source.arguments:
        return None
    if (
        words.written is not None
        and place.setting.uses
        and isinstance(place.setting.written, tree.Call)
    ):
        written = dict(zip(source.arguments, place.setting.written.arguments, strict=False))
        return flat(words.written.expression(experiment, written[name].value))
    return flat(literal(source.arguments[name], words))


def _path(words: Words, experiment: Experiment, place: Place) -> tuple[str, str | None]:
    """Spell the path of a source, and the constant's value where it is one."""
    spelled = argument(words, experiment, place, "path") or '""'
    if place.setting.uses and words.written is not None:
        return spelled, None
    return place.constant, spelled


def _paths(words: Words, experiment: Experiment, place: Place) -> tuple[str, str | None]:
    """Spell a list of files: one, several, or all that a pattern finds."""
    name, constant = _path(words, experiment, place)
    source = place.setting.value
    assert isinstance(source, DataSource)
    value = source.arguments.get("path")
    if isinstance(value, list | tuple):
        if any(_is_pattern(item) for item in value):
            return f"[path for pattern in {name} for path in here.glob(pattern)]", constant
        return f"[here / path for path in {name}]", constant
    if not _is_pattern(value):
        return f"[here / {name}]", constant
    if str(value).startswith("/"):
        return f"glob.glob({name})", constant
    return f"here.glob({name})", constant


def _is_pattern(value: object) -> bool:
    return any(letter in str(value) for letter in "*?[")


def _names(value: Value, ports: tuple[Port, ...]) -> dict[str, Value]:
    """Give what is said for each tensor: by its name, or for the only one."""
    if isinstance(value, Mapping):
        return {str(key): item for key, item in value.items()}
    if value is None or len(ports) > 1:  # several go by their own names
        return {}
    return {ports[0].name: value}


def _is_size_one(port: Port) -> bool:
    return port.shape[1:] in ((), (1,))


def _npz(words: Words, experiment: Experiment, place: Place) -> Source:
    source = place.setting.value
    assert isinstance(source, DataSource)
    path, constant = _path(words, experiment, place)
    features = _names(source.arguments.get("x"), experiment.inputs)
    labels = _names(source.arguments.get("y"), experiment.outputs)
    weights = source.arguments.get("sample_weight") or experiment.value("sample_weight")

    def array(found: dict[str, Value]) -> Callable[[Port], str]:
        return lambda port: f"arrays[{spell(found.get(port.name, port.name))}]"

    samples = [
        structure(experiment.inputs, array(features)),
        structure(experiment.outputs, array(labels)),
    ]
    samples += [f"arrays[{spell(weights)}]"] if isinstance(weights, str) else []
    alone = len(experiment.inputs) == len(experiment.outputs) == 1
    bare = alone and not features and not labels and len(samples) == 2
    names = (experiment.inputs[0].name, experiment.outputs[0].name)
    return Source(
        "npz",
        ("npz", "whole", "disk"),
        _title(place),
        f"read_npz{place.ending}(here / {path})",
        constant,
        frozenset({"zipfile", "atexit", "shutil", "tempfile", "np", "Path"}),
        facts={
            "bare": f"({spell(names[0])}, {spell(names[1])})" if bare else "",
            "samples": f"({', '.join(samples)})",
        },
    )


def _title(place: Place) -> str:
    source = place.setting.value
    assert isinstance(source, DataSource)
    path = source.arguments.get("path")
    if isinstance(path, list | tuple):
        return f"{len(path)} files"
    return str(path).rstrip("/").rpartition("/")[2] if not place.setting.uses else "the data"


def _table(words: Words, experiment: Experiment, place: Place) -> Source:
    source = place.setting.value
    assert isinstance(source, DataSource)
    paths, constant = _paths(words, experiment, place)
    options = [
        f"{theirs}={argument(words, experiment, place, ours)}"
        for ours, theirs in (("delimiter", "sep"), ("header", "header"))
        if ours in source.arguments
    ]
    is_csv = source.kind == "csv"
    return Source(
        source.kind,
        ("table", "gather", "whole", "disk"),
        _title(place),
        f"read_table{place.ending}({paths})",
        constant,
        frozenset(
            {"collections", "os", "atexit", "shutil", "tempfile", "np", "Path"}
            | {"pd" if is_csv else "ParquetFile"}
            | ({"glob"} if paths.startswith("glob.") else set())
        ),
        facts={
            "read_csv": ", ".join(["path", *options, "chunksize=100_000"]),
            "size": "size" if is_csv else "4 * size",
            "extra_parameters": "",
            **_columns(experiment, source),
        },
        encodes=True,
    )


def _columns(experiment: Experiment, source: DataSource) -> dict[str, object]:
    """Spell how the columns of a frame become features and labels."""
    labels = _names(source.arguments.get("label"), experiment.outputs)
    weight = experiment.value("sample_weight")
    taken = [labels.get(port.name, port.name) for port in experiment.outputs]
    lines = []
    given = source.arguments.get("features")
    features = _names(given, experiment.inputs) if given is not None else {}
    if len(experiment.inputs) == 1 and not features and not _has_own_column(experiment.inputs[0]):
        left = [*_flat(taken), *([weight] if isinstance(weight, str) else [])]
        rest = f"frame.drop(columns={_list(left)})"
        port = experiment.inputs[0]
        if _is_size_one(port):
            own = spell(port.name)
            lines.append(f"others = frame[[{own}]] if {own} in frame else {rest}")
            rest = "others"
        lines.append(f"features = {rest}{_numbers(port)}")
        spelled = "features"
    else:
        spelled = structure(
            experiment.inputs, lambda port: _column(port, features.get(port.name, port.name))
        )
        lines.append(f"features = {spelled}")
    wanted = structure(
        experiment.outputs, lambda port: _label(port, labels.get(port.name, port.name))
    )
    lines.append(f"labels = {wanted}")
    samples = ["features", "labels"]
    if isinstance(weight, str):
        samples.append(f'frame[{spell(weight)}].to_numpy("float32")')
    return {"columns": lines, "samples": ", ".join(samples)}


def _flat(names: Iterable[Value]) -> list[Value]:
    return [n for name in names for n in (name if isinstance(name, list | tuple) else [name])]


def _list(names: Iterable[Value]) -> str:
    return "[" + ", ".join(spell(name) for name in names) + "]"


def _has_own_column(port: Port) -> bool:
    """Tell whether it is an input that is a column of its own name: text, for which there is no other way."""
    return port.dtype == "string" and _is_size_one(port)


def _numbers(port: Port) -> str:
    return "" if port.dtype == "string" else f'.to_numpy("{port.dtype}")'


def _column(port: Port, name: Value) -> str:
    if isinstance(name, list | tuple):
        picked = f"frame[{_list(name)}]"
    else:
        picked = f"frame[{spell(name)}]" if port.shape[1:] == () else f"frame[[{spell(name)}]]"
    return (
        f"{picked}.astype(str).to_numpy(object)"
        if port.dtype == "string"
        else picked + _numbers(port)
    )


def _label(port: Port, name: Value) -> str:
    kind = labels_of(port)
    if isinstance(name, list | tuple):
        return f'frame[{_list(name)}].to_numpy("float32")'
    if kind == "values":
        picked = f"frame[[{spell(name)}]]" if port.shape[-1] == 1 else f"frame[{spell(name)}]"
        return f'{picked}.to_numpy("float32")'
    return f"np.asarray(pd.Categorical(frame[{spell(name)}]))"


def _folder(words: Words, experiment: Experiment, place: Place) -> Source:
    source = place.setting.value
    assert isinstance(source, DataSource)
    path, constant = _path(words, experiment, place)
    is_images = source.kind == "image_folder"
    label = _folder_label(experiment, source)
    read = f"load_image{place.ending}(paths[n])" if is_images else "tf.io.read_file(paths[n])"
    if not is_images and experiment.inputs[0].shape[1:] == (1,):
        read = f"[{read}]"
    sample = f"({read}, {label})" if label else f"(lambda image: (image, image))({read})"
    return Source(
        source.kind,
        ("folder", "whole"),
        _title(place),
        f"read_folder{place.ending}(here / {path})",
        constant,
        frozenset({"np", "Path"}),
        "folder",
        {
            "sample": sample,
            "plain_sample": sample.replace("[n", "[number").replace("n + 1", "number + 1"),
            "class_names": argument(words, experiment, place, "class_names"),
            "suffixes": _PICTURES if is_images else '== ".txt"',
            **(_picture(words, experiment, place) if is_images else {}),
        },
    )


def _folder_label(experiment: Experiment, source: DataSource) -> str:
    mode = source.arguments.get("label_mode", "")
    if mode is None:
        return ""
    kind = {"int": "numbers", "categorical": "one_hot", "binary": "binary"}.get(str(mode))
    kind = kind or labels_of(experiment.outputs[0])
    if kind == "one_hot":
        return f"tf.one_hot(labels[n], {experiment.outputs[0].shape[-1]})"
    return "labels[n]" if kind == "numbers" else 'tf.cast(labels[n:n + 1], "float32")'


def _picture(words: Words, experiment: Experiment, place: Place) -> dict[str, object]:
    source = place.setting.value
    assert isinstance(source, DataSource)
    port = next((p for p in experiment.inputs if len(p.shape) == 4), experiment.inputs[0])
    shape = port.shape[1:] if len(port.shape) == 4 else (256, 256, 3)
    size = argument(words, experiment, place, "image_size")
    modes = {"grayscale": 1, "rgb": 3, "rgba": 4}
    channels = modes.get(str(source.arguments.get("color_mode"))) or shape[2] or 3
    method = argument(words, experiment, place, "interpolation")
    return {
        "size": size or f"({shape[0] or 256}, {shape[1] or 256})",
        "channels": channels,
        "method": f", {method}" if method else "",
        "crop": bool(source.arguments.get("crop_to_aspect_ratio")),
        "pad": bool(source.arguments.get("pad_to_aspect_ratio")),
    }


def _tfrecord(words: Words, experiment: Experiment, place: Place) -> Source:
    source = place.setting.value
    assert isinstance(source, DataSource)
    paths, constant = _paths(words, experiment, place)
    labels = _names(source.arguments.get("label"), experiment.outputs)
    compression = argument(words, experiment, place, "compression")
    named = {p.name: str(labels.get(p.name, p.name)) for p in experiment.outputs}
    features = {p.name: _fixed(p.shape[1:], p.dtype) for p in experiment.inputs}
    for port in experiment.outputs:
        shape, dtype = _label_type(port)
        features[named[port.name]] = _fixed(shape, dtype)
    weight = experiment.value("sample_weight")
    samples = [
        structure(experiment.inputs, lambda port: f"found[{spell(port.name)}]"),
        structure(experiment.outputs, lambda port: f"found[{spell(named[port.name])}]"),
    ]
    if isinstance(weight, str):
        features[weight] = _fixed((), "float32")
        samples.append(f"found[{spell(weight)}]")
    return Source(
        "tfrecord",
        ("tfrecord", "gather", "whole", "disk"),
        _title(place),
        f"read_tfrecord{place.ending}({paths})",
        constant,
        frozenset({"collections", "os", "atexit", "shutil", "tempfile", "np", "Path"})
        | ({"glob"} if paths.startswith("glob.") else set()),
        facts={
            "features": "{" + ", ".join(f"{spell(k)}: {v}" for k, v in features.items()) + "}",
            "samples": ", ".join(samples),
            "compression": f", {compression}" if compression else "",
            "size": "10 * size" if compression else "size",
        },
    )


def _fixed(shape: tuple[int | None, ...], dtype: str) -> str:
    kept = "int64" if dtype.startswith(_WHOLE) else "string" if dtype == "string" else "float32"
    return f"tf.io.FixedLenFeature({list(shape)}, tf.{kept})"


def _label_type(port: Port) -> tuple[tuple[int | None, ...], str]:
    if labels_of(port) == "numbers":
        return port.shape[1:-1], "int64"
    return port.shape[1:], "float32"


def _dataset(words: Words, experiment: Experiment, place: Place) -> Source:
    source = place.setting.value
    assert isinstance(source, DataSource)
    found = embedded(str(source.arguments["name"]), experiment)
    return Source(
        "dataset",
        ("dataset", "whole"),
        found.title,
        f"read_dataset{place.ending}()",
        imports=frozenset({"np", *found.imports}),
        facts={"lines": found.lines, "title": found.title},
    )


def _own(words: Words, experiment: Experiment, place: Place) -> Source:
    source = place.setting.value
    assert isinstance(source, DataSource)
    assert source.function is not None
    if words.written is not None:
        read = flat(words.written.expression(experiment, place.setting.written))
    else:
        arguments = [
            (None if k.isdigit() else k, literal(v, words)) for k, v in source.arguments.items()
        ]
        given = [v for k, v in arguments if k is None]
        read = flat(
            code.call(
                words.extern(source.function),
                given,
                [(k, v) for k, v in arguments if k is not None],
            )
        )
    if not isinstance(place.setting.written, tree.Call):
        read += "()" if not read.endswith(")") else ""
    return Source(
        "own",
        ("whole",),
        f"what {source.function.name} gives",
        read,
        imports=frozenset({"np"}),
        facts={"rank": len(experiment.inputs[0].shape) - 1},
    )


_WRITERS: Mapping[str, Callable[[Words, Experiment, Place], Source]] = {
    "npz": _npz,
    "csv": _table,
    "parquet": _table,
    "image_folder": _folder,
    "text_folder": _folder,
    "tfrecord": _tfrecord,
    "dataset": _dataset,
}
