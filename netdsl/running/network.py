"""The network itself: built, its weights read where they are given, and asked once."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from netdsl.extras import needed, without_chatter
from netdsl.foreign import Array, Foreign
from netdsl.running.inputs import CannotRun


def computed(
    build: Callable[[], Foreign],
    arrays: Sequence[Array],
    outputs: Sequence[str],
    weights: str | None,
    seed: int,
) -> tuple[Foreign, dict[str, Array]]:
    """Build a network with weights drawn from a seed, and give it with what it makes of the arrays, by output.

    Raises CannotRun where a file of weights is not of this network.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with without_chatter():
        keras = needed("keras", "to run a network")
        keras.utils.set_random_seed(seed)
        model = build()
        if weights is not None:
            _load(model, weights)
        result = model(list(arrays) if len(arrays) > 1 else arrays[0], training=False)
    in_order = isinstance(result, dict)
    found = [result[name] for name in outputs] if in_order else keras.tree.flatten(result)
    values = [keras.ops.convert_to_numpy(value) for value in found]
    return model, dict(zip(outputs, values, strict=True))


def _load(model: Foreign, path: str) -> None:
    try:
        model.load_weights(path)
    except (ValueError, OSError, KeyError) as error:
        told = str(error).partition("\n")[0]
        raise CannotRun(f"`{path}` holds no weights of this network: {told}") from error
