"""What a model is asked about: pictures, arrays, tables and texts from files, as arrays for its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from netdsl.elaborate.training.experiment import Experiment, Port
from netdsl.elaborate.training.sources import is_taken
from netdsl.extras import needed
from netdsl.foreign import Array, Foreign
from netdsl.record import record
from netdsl.training.checks.samples import spelled
from netdsl.training.sources.folders import PICTURES, TEXTS


class NotAnInput(Exception):
    """A file cannot be given to the model; says which, and why."""


@record(eq=False)
class Asked:
    """Arrays by input, and a name for each sample."""

    arrays: Mapping[str, Array]
    names: list[str]

    def __len__(self) -> int:
        return len(self.names)


def read_inputs(paths: tuple[str, ...], experiment: Experiment) -> list[Asked]:
    """Read all files, and those in folders; pictures come together, other files one by one."""
    reads_pictures = any(len(port.shape) == 4 for port in experiment.inputs)
    reads_text = any(port.dtype == "string" for port in experiment.inputs)
    # A folder of pictures may hold notes as well, and one of texts their pictures: as in training they are passed over.
    others = () if reads_pictures == reads_text else TEXTS if reads_pictures else PICTURES
    files = [file for path in paths for file in _files(Path(path), others)]
    pictures = [file for file in files if file.suffix.lower() in PICTURES]
    texts = [file for file in files if file.suffix.lower() in TEXTS]
    found = []
    if pictures:
        found.append(_pictures(pictures, experiment))
    if texts:
        found.append(_texts(texts, experiment))
    for file in files:
        if file not in pictures and file not in texts:
            found.append(_arrays(file, experiment))
    return found


def _files(path: Path, others: tuple[str, ...]) -> list[Path]:
    if path.is_dir():
        known = {*PICTURES, *TEXTS, ".npy", ".npz", ".csv", ".parquet"} - {*others}
        inside = sorted(f for f in path.rglob("*") if f.suffix.lower() in known)
        if not inside:
            raise NotAnInput(f"`{path}` holds no file that a model could be given")
        return inside
    if not path.is_file():
        raise NotAnInput(f"there is no file `{path}`")
    return [path]


def _only(experiment: Experiment, file: Path, what: str) -> Port:
    if len(experiment.inputs) != 1:
        names = ", ".join(f"`{port.name}`" for port in experiment.inputs)
        raise NotAnInput(
            f"{what} are for a model of one input, this has {names}: give an npz or csv file"
        )
    return experiment.inputs[0]


def _pictures(files: list[Path], experiment: Experiment) -> Asked:
    """Read pictures as training does: decoded by TensorFlow, and brought to the input's size."""
    numpy, tensorflow = needed("numpy"), needed("tensorflow")
    port = _only(experiment, files[0], "pictures")
    if len(port.shape) != 4:
        raise NotAnInput(
            f"`{files[0]}` is a picture, and `{port.name}` takes {spelled(port.shape[1:])}"
        )
    height, width, channels = port.shape[1:]
    source = experiment.data
    how = source.arguments.get("interpolation", "bilinear") if source is not None else "bilinear"
    rows = []
    for file in files:
        try:
            picture = tensorflow.io.decode_image(
                file.read_bytes(), channels=channels or 3, expand_animations=False
            )
        except tensorflow.errors.InvalidArgumentError as error:
            raise NotAnInput(f"`{file}` is no picture that can be decoded") from error
        if height is not None and width is not None:
            picture = tensorflow.image.resize(picture, (height, width), method=str(how))
        rows.append(numpy.asarray(tensorflow.cast(picture, "float32")))
    return Asked({port.name: numpy.stack(rows)}, [str(file) for file in files])


def _texts(files: list[Path], experiment: Experiment) -> Asked:
    numpy = needed("numpy")
    port = _only(experiment, files[0], "texts")
    if port.dtype != "string":
        raise NotAnInput(f"`{files[0]}` is text, and `{port.name}` takes {port.dtype}")
    texts = numpy.array([file.read_text("utf-8", "replace") for file in files], dtype=object)
    shape = (len(files), *[1] * (len(port.shape) - 1))
    return Asked({port.name: texts.reshape(shape)}, [str(file) for file in files])


def _arrays(file: Path, experiment: Experiment) -> Asked:
    match file.suffix.lower():
        case ".npy":
            arrays = {_only(experiment, file, "npy files").name: _of_file(file)}
        case ".npz":
            arrays = _of_archive(file, experiment)
        case ".csv" | ".parquet":
            arrays = _of_table(file, experiment)
        case _:
            raise NotAnInput(f"`{file}` is no picture, text, npy, npz, csv or parquet file")
    for port in experiment.inputs:
        given = tuple(arrays[port.name].shape[1:])
        if not is_taken(given, port.shape[1:]):
            wanted = spelled(port.shape[1:])
            raise NotAnInput(
                f"a sample in `{file}` is {spelled(given)}, `{port.name}` takes {wanted}"
            )
    count = len(next(iter(arrays.values())))
    return Asked(arrays, [f"{file}:{number}" for number in range(count)])


def _of_file(file: Path) -> Array:
    try:
        return needed("numpy").load(file, allow_pickle=False)
    except (ValueError, OSError) as error:
        raise NotAnInput(f"`{file}` is no array of NumPy: {error}") from error


def _of_archive(file: Path, experiment: Experiment) -> dict[str, Array]:
    import zipfile

    numpy = needed("numpy")
    try:
        with numpy.load(file, allow_pickle=False) as archive:
            held = {name: archive[name] for name in archive.files}
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise NotAnInput(f"`{file}` is no archive of NumPy arrays: {error}") from error
    source = experiment.data
    given = source.arguments.get("x") if source is not None and source.kind == "npz" else None
    found = {}
    for port in experiment.inputs:
        own = given.get(port.name) if isinstance(given, Mapping) else given
        sole = ("x", "x_test") if len(experiment.inputs) == 1 else ()
        name = next((n for n in (own, port.name, *sole) if n in held), None)
        if name is None and len(experiment.inputs) == len(held) == 1:
            name = next(iter(held))
        if name is None:
            there = ", ".join(f"`{n}`" for n in held)
            raise NotAnInput(f"`{file}` has no array `{port.name}`; there are {there}")
        found[port.name] = held[name]
    return found


def _of_table(file: Path, experiment: Experiment) -> dict[str, Array]:
    """Find the columns as in training; a table of one kind may be given where another was trained on."""
    pandas = needed("pandas", "to read tables")
    source = experiment.data
    arguments = source.arguments if source is not None and source.kind in ("csv", "parquet") else {}
    if file.suffix.lower() == ".csv":
        frame = pandas.read_csv(
            file,
            sep=arguments.get("delimiter", ","),
            header=0 if arguments.get("header", True) else None,
        ).rename(columns=str)
    else:
        frame = pandas.read_parquet(file)
    features, label = arguments.get("features"), arguments.get("label")
    said = label.values() if isinstance(label, Mapping) else [label]
    labels = {n for names in said for n in (names if isinstance(names, (list, tuple)) else [names])}
    labels |= {port.name for port in experiment.outputs} if label is None else set()
    labels.add(arguments.get("sample_weight") or experiment.value("sample_weight"))
    found = {}
    for port in experiment.inputs:
        own = features.get(port.name) if isinstance(features, Mapping) else features
        if own is None and (len(experiment.inputs) > 1 or port.name in frame.columns):
            own = port.name
        names = own if isinstance(own, (list, tuple)) else [own] if own else None
        chosen = [n for n in frame.columns if n not in labels] if names is None else list(names)
        lacking = [n for n in chosen if n not in frame.columns]
        if lacking:
            there = ", ".join(f"`{n}`" for n in frame.columns)
            raise NotAnInput(f"`{file}` has no column `{lacking[0]}`; there are {there}")
        found[port.name] = _column(frame[chosen], port)
    return found


def _column(frame: Foreign, port: Port) -> Array:
    if port.dtype == "string":  # as in training: a cell with nothing in it is an empty text
        return frame.astype(object).fillna("").astype(str).to_numpy(object)
    values = frame.to_numpy()
    try:
        return values.astype(port.dtype)
    except (ValueError, TypeError) as error:
        raise NotAnInput(
            f"column `{frame.columns[0]}` holds text, and `{port.name}` takes numbers"
        ) from error
