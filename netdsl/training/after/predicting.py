"""What a model says of samples: as rows for people, and as files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from netdsl.elaborate.training.experiment import Experiment
from netdsl.extras import needed
from netdsl.foreign import Array, Foreign, Plain
from netdsl.training.after.inputs import Asked
from netdsl.training.folder.making import write_bytes, write_text
from netdsl.training.run.loading import Module

#: So many numbers of an output are shown in a row.
MOST_SHOWN = 8


def ask(module: Module, model: Foreign, experiment: Experiment, asked: Asked) -> dict[str, Array]:
    """Give what the model makes of samples, by output."""
    numpy, tensorflow = needed("numpy"), needed("tensorflow")
    names = [port.name for port in experiment.inputs]
    arrays = [asked.arrays[name] for name in names]
    inputs = [tensorflow.constant(a) if a.dtype == object else a for a in arrays]
    outputs = module.predict(
        model, inputs[0] if len(names) == 1 else dict(zip(names, inputs, strict=True))
    )
    if isinstance(outputs, Mapping):
        return {name: numpy.asarray(value) for name, value in outputs.items()}
    values = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    ports = [port.name for port in experiment.outputs]
    return {name: numpy.asarray(value) for name, value in zip(ports, values, strict=True)}


def rows_of(
    asked: Asked,
    outputs: Mapping[str, Array],
    experiment: Experiment,
    classes: Sequence[str] | None,
) -> list[dict[str, Plain]]:
    """Give a row for each sample: its name, and of each output the class with its probability, or its numbers."""
    rows: list[dict[str, Plain]] = [{"input": name} for name in asked.names]
    several = len(outputs) > 1
    for port in experiment.outputs:
        found = outputs[port.name]
        before = f"{port.name} " if several else ""
        for row, values in zip(rows, found, strict=True):
            row |= {
                f"{before}{k}": v
                for k, v in _said(values, port.activation, classes, port.name).items()
            }
    return rows


def _said(
    values: Array, activation: str, classes: Sequence[str] | None, name: str
) -> dict[str, Plain]:
    numpy = needed("numpy")
    if values.ndim == 1 and len(values) > 1 and (classes or activation == "softmax"):
        best = int(values.argmax())
        if classes and best < len(classes):
            return {"class": classes[best], "probability": float(values[best])} if activation == "softmax" else {
                "class": classes[best], "score": float(values[best])}  # fmt: skip
        return {"class": best, "probability": float(values[best])}
    if values.size == 1:
        value = float(values.reshape(-1)[0])
        if activation == "sigmoid":
            number = int(value > 0.5)
            shown: Plain = classes[number] if classes and len(classes) == 2 else number
            return {"class": shown, "probability": value if number else 1 - value}
        return {name: value}
    flat = numpy.asarray(values, "float64").reshape(-1)
    if flat.size <= MOST_SHOWN:
        return {f"{name}[{i}]": float(v) for i, v in enumerate(flat)}
    return {name: f"{list(values.shape)}, mean {float(flat.mean()):.4g}"}


def write_predictions(
    path: Path,
    rows: list[dict[str, Plain]],
    outputs: Sequence[Mapping[str, Array]],
    names: Sequence[str],
) -> None:
    """Write predictions as the path's ending says: rows as CSV or JSON, whole arrays as npz."""
    numpy = needed("numpy")
    match path.suffix.lower():
        case ".npz":
            arrays = {n: numpy.concatenate([o[n] for o in outputs]) for n in outputs[0]}
            stream = io.BytesIO()
            numpy.savez_compressed(stream, input=numpy.array(names), **arrays)
            write_bytes(path, stream.getvalue())
        case ".json":
            whole = [
                {**row, "outputs": {n: values[i].tolist() for n, values in each.items()}}
                for each, start in zip(outputs, _starts(outputs), strict=True)
                for i, row in enumerate(rows[start : start + len(next(iter(each.values())))])
            ]
            write_text(path, json.dumps(whole, indent=2, ensure_ascii=False) + "\n")
        case _:
            write_text(path, as_csv(rows))


def _starts(outputs: Sequence[Mapping[str, Array]]) -> list[int]:
    starts = [0]
    for each in outputs[:-1]:
        starts.append(starts[-1] + len(next(iter(each.values()))))
    return starts


def as_csv(rows: list[dict[str, Plain]]) -> str:
    """Spell rows as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(
        text, list(dict.fromkeys(k for row in rows for k in row)), lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
