"""`csv("f.csv", label="price")` and `parquet(…)`: rows of named columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netdsl.catalog.spell import spell
from netdsl.elaborate.training.experiment import Port
from netdsl.emit.training.labels import labelled, labels_of
from netdsl.emit.training.sources.source import (
    Place,
    Source,
    is_size_one,
    names_of,
    of_inputs,
    of_outputs,
)
from netdsl.value import Value


def table(place: Place) -> Source:
    """Write what reads the files of a table, some rows at a time."""
    given = place.source.arguments
    paths, constant = place.paths()
    options = ["path", *([f"sep={place.argument('delimiter')}"] if "delimiter" in given else [])]
    has_header = given.get("header") is not False
    options += ["chunksize=20_000"] if has_header else ["header=None", "chunksize=20_000"]
    return Source(
        place.source.kind,
        ("table", "gather", "whole", "disk"),
        place.title,
        f"read_table{place.ending}({paths})",
        constant,
        facts={
            "read_csv": ", ".join(options),
            "frame": "frame" if has_header else "frame.rename(columns=str)",
            "columns": list(_columns(place)),
            "has_text": any(port.dtype == "string" for port in place.experiment.inputs),
            "samples": "features, labels" + (", weights" if place.weight is not None else ""),
            "size": "size" if place.source.kind == "csv" else "4 * size",
        },
        encodes=True,
    )


def _columns(place: Place) -> Iterator[str]:
    """Spell how the columns of a frame become features, labels and weights."""
    experiment, given, weight = place.experiment, place.source.arguments, place.weight
    labels = names_of(given.get("label"), labelled(experiment))
    features = names_of(given.get("features"), experiment.inputs)
    only = experiment.inputs[0]
    if len(experiment.inputs) > 1 or features:
        spelled = of_inputs(experiment, lambda p: _column(p, features.get(p.name, p.name)))
        yield f"features = {spelled}"
    else:
        taken = _flat(labels.get(port.name, port.name) for port in labelled(experiment))
        others = f"frame.drop(columns={_list([*taken, *([weight] if weight else [])])})"
        if is_size_one(only):
            own = spell(only.name)
            yield f"columns = frame[[{own}]] if {own} in frame else {others}"
            others = "columns"
        yield f"features = {_array(only, others)}"
    yield f"labels = {of_outputs(experiment, lambda p: _label(p, labels.get(p.name, p.name)))}"
    if weight is not None:
        yield f'weights = frame[{spell(weight)}].to_numpy("float32")'


def _flat(names: Iterable[Value]) -> list[Value]:
    return [n for name in names for n in (name if isinstance(name, list | tuple) else [name])]


def _list(names: Iterable[Value]) -> str:
    return "[" + ", ".join(spell(name) for name in names) + "]"


def _array(port: Port, cells: str) -> str:
    return f"text({cells})" if port.dtype == "string" else f'{cells}.to_numpy("{port.dtype}")'


def _column(port: Port, name: Value) -> str:
    if isinstance(name, list | tuple):
        return _array(port, f"frame[{_list(name)}]")
    picked = f"frame[{spell(name)}]" if port.shape[1:] == () else f"frame[[{spell(name)}]]"
    return _array(port, picked)


def _label(port: Port, name: Value) -> str:
    if isinstance(name, list | tuple):
        return f'frame[{_list(name)}].to_numpy("float32")'
    if labels_of(port) != "values":  # which may be text: equal ones are one object
        return f"np.asarray(pd.Categorical(frame[{spell(name)}]))"
    picked = f"frame[[{spell(name)}]]" if port.shape[-1] == 1 else f"frame[{spell(name)}]"
    return f'{picked}.to_numpy("float32")'
