"""Compares everything that is made of one program: no two ways to the same network may differ.

    python -m tests.keras.drawn_comparison --programs 2000 [--seed 1] [--first 0]

For each program: the structured and the flat module build the same layers, names and weights, with the parameters that
were printed, and compute the same; what is saved and reloaded computes it too; the formatter's layout is read as the
same program. Prints what differs, and exits 1 where anything does.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from netdsl.analyse.reloading import not_found_again
from netdsl.compiler import Compiled, compile_text
from netdsl.format.printer import format_source
from netdsl.source import SourceFile
from tests.keras.drawn_programs import draw


def differences(text: str) -> Iterator[str]:
    """Give a sentence for each way in which what is made of a sound program differs."""
    compiled = compile_text(text)
    if not compiled.ok:
        return
    yield from _layout_differs(text, compiled)
    structured, flat = compiled.build(), compiled.build(flat=True)
    yield from _graphs_differ(compiled, structured, flat)
    inputs = _batch(structured)
    expected = _outputs(structured, inputs)
    for layer in flat.layers:
        layer.set_weights(structured.get_layer(layer.name).get_weights())
    if not _equal(expected, _outputs(flat, inputs)):
        yield "the flat module computes something else"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        structured.save(path)
        told = any(not_found_again(compiled.model().net))
        try:
            reloaded = keras.models.load_model(path)
        except Exception as error:  # as it is told of layers that are shared inside others
            if not told:
                yield f"what was saved is not loaded again, and nothing says so: {error}"
            return
    if told:
        yield "what was saved is loaded again, and was said not to be"
    if not _equal(expected, _outputs(reloaded, inputs)):
        yield "what was saved and reloaded computes something else"


def _layout_differs(text: str, compiled: Compiled) -> Iterator[str]:
    laid_out = format_source(SourceFile("drawn.net", text))
    again = compile_text(laid_out)
    if format_source(SourceFile("drawn.net", laid_out)) != laid_out:
        yield "laid out twice it is not as laid out once"
    if not again.ok or _without_header(again.source) != _without_header(compiled.source):
        yield "laid out it is another program"


def _without_header(source: str) -> str:
    return source.partition("\nimport keras")[2] or source.partition("\nfrom tensorflow")[2]


def _graphs_differ(compiled: Compiled, structured: Any, flat: Any) -> Iterator[str]:
    summary = compiled.model().summary()
    printed = {row["name"] for row in summary["layers"] if not row["name"].startswith("ops.")}
    shapes = [tuple(output["shape"]) for output in summary["outputs"]]
    for way, model in (("structured", structured), ("flat", flat)):
        if (names := {layer.name for layer in model.layers}) != printed:
            yield f"the {way} model has other layers: {sorted(names ^ printed)[:4]}"
        if [tuple(t.shape) for t in model.outputs] != shapes:
            yield f"the {way} model has outputs of other shapes"
        if _start_alike(model):
            yield f"two layers of the {way} model start alike"
        if model.count_params() != summary["totals"]["parameters"]:
            yield f"the {way} model has {model.count_params()} parameters"


def _start_alike(model: Any) -> bool:
    """Tell whether two matrices hold the same values, as those of one initializer do; two states start as zeros."""
    values = [np.asarray(w) for w in model.weights if len(w.shape) > 1]
    drawn = [value.tobytes() for value in values if np.unique(value).size > 2]
    return len(drawn) > len(set(drawn))


def _batch(model: Any) -> list[Any]:
    chance = np.random.default_rng(0)
    shapes = [[2, *(6 if size is None else size for size in t.shape[1:])] for t in model.inputs]
    return [chance.normal(size=shape).astype("float32") for shape in shapes]


def _outputs(model: Any, inputs: list[Any]) -> list[Any]:
    return [
        np.asarray(t) for t in keras.tree.flatten(model(inputs if len(inputs) > 1 else inputs[0]))
    ]


def _equal(left: list[Any], right: list[Any]) -> bool:
    return all(np.allclose(a, b, rtol=1e-4, atol=1e-5) for a, b in zip(left, right, strict=True))


def main() -> None:
    options = argparse.ArgumentParser(description="compare many drawn programs")
    options.add_argument("--programs", type=int, default=2000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--first", type=int, default=0)
    asked = options.parse_args()
    counts: Counter[str] = Counter()
    for number in range(asked.first, asked.first + asked.programs):
        text = draw(asked.seed, number)
        try:
            found = list(differences(text))
        except Exception as error:  # of any kind: it is told, and the run goes on
            found = [f"{type(error).__name__}: {str(error)[:300]}"]
        counts["differ" if found else "same" if compile_text(text).ok else "refused"] += 1
        for difference in found:
            print(f"program {number}: {difference}", flush=True)
        keras.backend.clear_session()
    print(dict(counts))
    sys.exit(bool(counts["differ"]))


if __name__ == "__main__":
    main()
