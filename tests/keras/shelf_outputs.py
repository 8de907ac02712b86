"""What each shipped spec gives for drawn inputs on a backend, from weights that the first backend made.

    KERAS_BACKEND=tensorflow python -m tests.keras.shelf_outputs FOLDER [STEM…]
    KERAS_BACKEND=jax python -m tests.keras.shelf_outputs FOLDER [STEM…]

The first run draws weights and keeps them in the folder, with the outputs and what the last layers take, since a
softmax may be certain whatever comes. A later one starts from those weights, prints how far its tensors are from
those kept, and exits 1 where that is more than 1e-4 of the largest, or where all have one number everywhere, which
says nothing. Strings are read by TensorFlow alone.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np

import netdsl
from netdsl.emit.declarations import model_functions
from tests.keras.drawn_weights import drawn
from tests.zoo.specs import SMALL, SPECS, own_models


def models(path: Path) -> dict[str, Any]:
    """Build the models of a spec that have a body, from the code for any backend."""
    compiled = netdsl.compile_file(path, **SMALL.get(path.stem, {}))
    namespace: dict[str, Any] = {"__name__": "generated"}
    exec(compiled.emit("keras"), namespace)
    functions = model_functions(compiled.unit)
    settings = SMALL.get(path.stem, {})
    found = {}
    for name in own_models(compiled):
        if any(tensor["dtype"] == "string" for tensor in compiled.model(name).summary()["inputs"]):
            continue
        takes = compiled.graphs[name].hyperparameters
        found[name] = namespace[functions[name]](
            **{key: value for key, value in settings.items() if key in takes}
        )
    return found


def batch_for(model: Any) -> list[Any]:
    generator = np.random.default_rng(0)
    batch = []
    for tensor in model.inputs:
        shape = [1, *(32 if size is None else size for size in tensor.shape[1:])]
        whole = "int" in keras.backend.standardize_dtype(tensor.dtype)
        batch.append(
            generator.integers(0, 2, shape).astype("int32")
            if whole
            else (_scale(tensor) * generator.normal(size=shape)).astype("float32")
        )
    return batch


def _scale(tensor: Any) -> float:
    """Pictures of any size are those of edge detectors, whose values go to 255."""
    return 100.0 if len(tensor.shape) == 4 and tensor.shape[1] is None else 1.0


def outputs_of(model: Any) -> list[np.ndarray]:
    batch = batch_for(model)
    ends = [tensor._keras_history for tensor in keras.tree.flatten(model.outputs)]
    taken = [
        tensor
        for end in ends
        for tensor in end.operation._inbound_nodes[end.node_index].input_tensors
    ]
    shown = keras.Model(model.inputs, [*keras.tree.flatten(model.outputs), *taken])
    found = shown(batch, training=False)
    return [keras.ops.convert_to_numpy(tensor) for tensor in keras.tree.flatten(found)]


def distance(found: list[np.ndarray], kept: list[np.ndarray]) -> float:
    """Give how far outputs are apart, as a part of the largest."""
    return max(
        float(np.abs(one - other).max() / max(1e-6, np.abs(other).max()))
        for one, other in zip(found, kept, strict=True)
    )


def agrees(model: Any, file: Path) -> bool:
    """Keep what a model gives, or hold it against what was kept."""
    if not file.exists():
        model.set_weights(drawn(model, np.random.default_rng(0)))
        arrays = {f"weight{n}": value for n, value in enumerate(model.get_weights())}
        arrays |= {f"output{n}": value for n, value in enumerate(outputs_of(model))}
        np.savez(file, **arrays)
        return True
    with np.load(file) as kept:
        model.set_weights([kept[f"weight{n}"] for n in range(len(model.weights))])
        outputs = [kept[name] for name in kept.files if name.startswith("output")]
    apart = distance(outputs_of(model), outputs)
    varied = max(float(np.std(values.astype(float))) for values in outputs)
    print(f"{file.stem}: {apart:.1e} of outputs with a deviation of {varied:.1e}", flush=True)
    return apart <= 1e-4 and varied > 1e-3


def main() -> int:
    folder, *stems = sys.argv[1:]
    failed = []
    for path in SPECS:
        if stems and path.stem not in stems:
            continue
        try:
            for name, model in models(path).items():
                if not agrees(model, Path(folder) / f"{path.stem}.{name}.npz"):
                    failed.append(name)
        except Exception as error:
            failed.append(f"{path.stem}: {type(error).__name__}: {error}")
        keras.backend.clear_session()
        gc.collect()
    print("\n".join(failed))
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
