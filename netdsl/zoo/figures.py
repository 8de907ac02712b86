"""The figures of the shipped specs, worked out by a compile: what `specs/figures.json` keeps."""

from __future__ import annotations

import json

from netdsl.compiler import Compiled
from netdsl.syntax import tree
from netdsl.value import Document


def figures_of(compiled: Compiled) -> Document:
    """Give the parameters, the multiply-accumulates and the inputs of each model of a spec."""
    bases = {
        s.name: s.value.function.id
        for s in compiled.unit.module.statements
        if isinstance(s, tree.SpecialisedModel)
        and isinstance(s.value, tree.Call)
        and isinstance(s.value.function, tree.Name)
    }
    found: Document = {}
    for name in compiled.models:
        model = compiled.model(name)
        totals = model.totals
        inputs = [_spelled(spec) for spec in model.summary()["inputs"]]
        found[name] = {"parameters": totals["parameters"], "macs": totals["macs"], "inputs": inputs}
        if name in bases:
            found[name]["base"] = bases[name]
    return found


def _spelled(spec: Document) -> str:
    """Write an input as a spec does, without the batch: `[224, 224, 3]`, `int32[T]`."""
    dims = ", ".join("?" if d is None else str(d) for d in spec["shape"][1:])
    dtype = "" if spec["dtype"] == "float32" else spec["dtype"]
    return f"{dtype}[{dims}]"


def recorded(figures: Document) -> str:
    """Write the figures of all specs, a line for each model."""
    files = []
    for stem, models in sorted(figures.items()):
        lines = ",\n".join(f"    {json.dumps(n)}: {json.dumps(f)}" for n, f in models.items())
        files.append(f"  {json.dumps(stem)}: {{\n{lines}\n  }}")
    return "{\n" + ",\n".join(files) + "\n}\n"
