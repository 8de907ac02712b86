"""A model in another format, held against itself: what was written is run on a batch, and compared."""

from __future__ import annotations

import contextlib
import io
import logging
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from netdsl.elaborate.training.experiment import Experiment, Port
from netdsl.extras import needed
from netdsl.foreign import Array, Foreign
from netdsl.record import record

#: What a format is called by Keras, and what its file is called.
FORMATS: Mapping[str, tuple[str, str]] = {
    "savedmodel": ("tf_saved_model", "saved_model"),
    "onnx": ("onnx", "model.onnx"),
    "litert": ("litert", "model.tflite"),
}

#: The packages that write a format, and that run it.
NEEDED: Mapping[str, tuple[str, ...]] = {
    "onnx": ("onnx", "tf2onnx", "onnxruntime"),
    "litert": ("ai_edge_litert",),
}

#: Samples that are compared, and how far outputs may be apart, of what they are large.
SAMPLES = 4
TOLERANCE = 1e-3


class NotExported(Exception):
    """The model could not be written, or what was written gives something else; says why, and at which layer."""


@record
class Exported:
    """Where it was written, and how far apart the outputs are at most."""

    path: Path
    difference: float


def export_model(model: Foreign, experiment: Experiment, format: str, path: Path) -> Exported:
    """Write a model, run what was written, and compare."""
    for package in NEEDED.get(format, ()):
        needed(package, f"to export {format}")
    batch = make_batch(experiment.inputs)
    try:
        difference = _write_and_compare(model, format, path, batch)
    except Exception as error:
        _remove(path)  # what does not run, or gives something else, is not left
        layer = _in_the_way(model, format, batch)
        where = f"`{layer.name}` ({type(layer).__name__}) stands in the way: " if layer else ""
        said = " ".join(str(error).split())[:300]
        raise NotExported(f"{where}{type(error).__name__}: {said}") from error
    return Exported(path, difference)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Leave out what exporters print and log: what matters of it is raised."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def make_batch(ports: Sequence[Port]) -> list[Array]:
    """Make samples that any model takes: small numbers, indices of the first rows, short words."""
    numpy = needed("numpy")
    generator = numpy.random.default_rng(0)
    batch = []
    for port in ports:
        shape = (SAMPLES, *(side or 16 for side in port.shape[1:]))
        if port.dtype == "string":
            batch.append(generator.choice(["a", "b", "some words"], shape).astype(object))
        elif port.dtype.startswith(("int", "uint", "bool")):
            batch.append(generator.integers(0, 2, shape).astype(port.dtype))
        else:
            batch.append(generator.random(shape).astype(port.dtype))
    return batch


def _write_and_compare(model: Foreign, format: str, path: Path, batch: list[Array]) -> float:
    kind, _ = FORMATS[format]
    wanted = _flat(model(_as_given(batch), training=False))  # some formats want it called before
    with _silence():
        model.export(path, format=kind, verbose=False)
    found = RUNNERS[format](path, batch, [tensor.name for tensor in model.inputs])
    return _difference(wanted, found)


def _as_given(batch: list[Array]) -> Foreign:
    tensorflow = needed("tensorflow")
    arrays = [tensorflow.constant(a) if a.dtype == object else a for a in batch]
    return arrays[0] if len(arrays) == 1 else arrays


def _flat(outputs: Foreign) -> list[Array]:
    import keras

    numpy = needed("numpy")
    return [numpy.asarray(keras.ops.convert_to_numpy(t)) for t in keras.tree.flatten(outputs)]


def _difference(wanted: list[Array], found: list[Array]) -> float:
    """Give how far apart outputs are, of what they are large; raises ValueError where that is too far."""
    numpy = needed("numpy")
    left = list(found)
    worst = 0.0
    for one in wanted:
        near = [o for o in left if o.shape == one.shape]
        if not near:
            raise ValueError(f"no output of shape {one.shape} comes out")
        distances = [float(numpy.abs(o.astype("float64") - one).max(initial=0)) for o in near]
        size = max(1.0, float(numpy.abs(one).max(initial=0)))
        best = min(range(len(near)), key=distances.__getitem__)
        left = [o for o in left if o is not near[best]]
        worst = max(worst, distances[best] / size)
        if not distances[best] / size <= TOLERANCE:
            raise ValueError(f"what was written gives other numbers: {distances[best]:.3g} apart")
    return worst


def _run_savedmodel(path: Path, batch: list[Array], names: list[str]) -> list[Array]:
    tensorflow = needed("tensorflow")
    loaded = tensorflow.saved_model.load(str(path))
    return _flat(loaded.serve(*[tensorflow.constant(a) for a in batch]) if len(batch) == 1 else loaded.serve(
        [tensorflow.constant(a) for a in batch]))  # fmt: skip


def _matched(names: list[str], there: list[str]) -> list[str]:
    """Give what inputs are called in a file, in the order of the model's: by their names, else by their numbers."""
    found = [[t for t in there if name in re.split(r"\W+|serving_default_", t)] for name in names]
    if all(len(matches) == 1 for matches in found):
        return [matches[0] for matches in found]
    return there


def _run_onnx(path: Path, batch: list[Array], names: list[str]) -> list[Array]:
    session = needed("onnxruntime").InferenceSession(str(path), providers=["CPUExecutionProvider"])
    there = _matched(names, [node.name for node in session.get_inputs()])
    return list(session.run(None, dict(zip(there, batch, strict=True))))


def _run_litert(path: Path, batch: list[Array], names: list[str]) -> list[Array]:
    numpy = needed("numpy")
    interpreter = needed("ai_edge_litert.interpreter").Interpreter(model_path=str(path))
    by_name = {detail["name"]: detail for detail in interpreter.get_input_details()}
    details = [by_name[name] for name in _matched(names, sorted(by_name))]
    rows = []
    for sample in range(SAMPLES):
        for detail, array in zip(details, batch, strict=True):
            one = array[sample : sample + 1]
            interpreter.resize_tensor_input(detail["index"], one.shape)
        interpreter.allocate_tensors()
        for detail, array in zip(details, batch, strict=True):
            interpreter.set_tensor(
                detail["index"], array[sample : sample + 1].astype(detail["dtype"])
            )
        interpreter.invoke()
        rows.append([interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()])
    return [numpy.concatenate(parts) for parts in zip(*rows, strict=True)]


RUNNERS = {"savedmodel": _run_savedmodel, "onnx": _run_onnx, "litert": _run_litert}


def _in_the_way(model: Foreign, format: str, batch: list[Array]) -> Foreign | None:
    """Find the first layer up to which the model cannot be exported, by halving."""
    import keras

    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    low, high = 0, len(layers)  # up to `low` it can, up to `high` it cannot
    while high - low > 1:
        middle = (low + high) // 2
        if _can(model, layers[middle - 1], format, batch):
            low = middle
        else:
            high = middle
    if not layers or _can(model, layers[high - 1], format, batch):
        return None
    return layers[high - 1]


def _can(model: Foreign, layer: Foreign, format: str, batch: list[Array]) -> bool:
    import keras

    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        try:
            part = keras.Model(model.inputs, layer.output)
            _write_and_compare(part, format, Path(folder, FORMATS[format][1]), batch)
        except Exception:
            return False
    return True
