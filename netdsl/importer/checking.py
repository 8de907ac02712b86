"""`--check` and `--weights`: both models built with Keras, weights carried over, outputs compared.

The comparison has a control: with one weight changed the outputs must differ, as fresh weights may hide anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from netdsl.compiler import compile_text
from netdsl.importer.errors import differs, not_run
from netdsl.importer.network import Live
from netdsl.importer.sources import HDF5
from netdsl.record import record

if TYPE_CHECKING:
    from netdsl.importer.imported import Imported

#: How many samples are tried, what an unknown size of an input is taken to be, and how near outputs must be.
SAMPLES, UNKNOWN_SIZE, NEAR = 2, 32, 1e-4

#: What a model is run on, in the order in which its configuration tells its inputs, which is that of the spec.
Batch: TypeAlias = list[Live]

#: How many weights from either end are changed, one after the other, until a change is seen.
MOST_CHANGED = 20


@record(eq=False)
class Pair:
    """The model that was imported, and the one that the spec builds, with the same weights."""

    old: Live
    new: Live


def paired(live: Callable[[], Live], found: Imported, source: str) -> Pair:
    """Build the spec, and give it the weights of the model: they must fit one by one, in order.

    The spec comes first: its code registers the class of a `weight`, which a file of Keras needs to be loaded.
    """
    new = _built(found, source)
    model = live()
    old_shapes = [tuple(weight.shape) for weight in model.weights]
    new_shapes = [tuple(weight.shape) for weight in new.weights]
    if old_shapes != new_shapes:
        place = next(
            (i for i, (a, b) in enumerate(zip(old_shapes, new_shapes, strict=False)) if a != b), -1
        )
        raise differs(source, f"the weights differ, first at number {place}")
    _set(new, model.get_weights())
    return Pair(model, new)


def _built(found: Imported, source: str) -> Live:
    """Build the spec; what it leaves to modules of the user's own must be there."""
    try:
        return compile_text(found.text, name="imported.net").build(found.model)
    except ImportError as error:
        raise not_run(
            source,
            f"the spec cannot be built: {error}",
            help="write what the spec declares with `extern` into that module first",
        ) from error


def _set(model: Live, values: list[Live]) -> None:
    """Give a model its weights; layers that have worked something out of them do so again."""
    model.set_weights(values)
    for layer in model._flatten_layers(include_self=False):
        if layer.weights and hasattr(layer, "finalize_state"):
            layer.finalize_state()


def compare_outputs(pair: Pair, source: str) -> str:
    """Run both on one random batch; raises CannotImport where they differ, or where that could not be seen."""
    import numpy

    numbers = numpy.random.default_rng(0)
    _stir(pair, numbers)
    batch = [_random(tensor, numbers) for tensor in _inputs(pair.old)]
    try:
        before, after = _outputs(pair.old, batch), _outputs(pair.new, batch)
    except Exception as error:
        why = str(error).strip().splitlines() or [type(error).__name__]
        raise not_run(source, f"Keras cannot run both on a random batch here: {why[0]}") from error
    if len(before) != len(after) or not all(map(_near, before, after)):
        raise differs(
            source,
            "both were built, given the same weights and one batch, and their outputs differ",
        )
    if pair.new.weights and not _is_seen(pair.new, batch, after):
        raise differs(
            source, "outputs do not depend on any one weight, so comparing them says nothing"
        )
    count = f"{len(pair.new.weights):,} weights in order"
    return f"built with Keras: {count}, equal outputs on a random batch, others with one weight changed"


def _stir(pair: Pair, numbers: Live) -> None:
    """Move weights that are as they were made: biases of 0 and scales of 1 would hide mistakes."""
    import numpy

    stirred = []
    for value in pair.old.get_weights():
        is_fresh = value.dtype.kind == "f" and value.size and float(numpy.ptp(value)) == 0.0
        stirred.append(
            value + numbers.uniform(0.0, 0.2, value.shape).astype(value.dtype)
            if is_fresh
            else value
        )
    _set(pair.old, stirred)
    _set(pair.new, stirred)


def _is_seen(model: Live, batch: Batch, usual: list[Live]) -> bool:
    """Tell whether outputs differ where one weight does: the first for which they do will do."""
    weights = model.get_weights()
    for place in [
        *range(len(weights))[::-1][:MOST_CHANGED],
        *range(min(len(weights), MOST_CHANGED)),
    ]:
        value = weights[place]
        if value.dtype.kind != "f" or not value.size:
            continue
        changed = [*weights[:place], value * 1.7 + 0.3, *weights[place + 1 :]]
        _set(model, changed)
        is_seen = not all(map(_near, usual, _outputs(model, batch)))
        _set(model, weights)
        if is_seen:
            return True
    return False


def _near(a: Live, b: Live) -> bool:
    import numpy

    if a.dtype.kind != "f":
        return bool((a == b).all())
    return a.shape == b.shape and bool(numpy.allclose(a, b, rtol=NEAR, atol=NEAR, equal_nan=True))


def _random(tensor: Live, numbers: Live) -> Live:
    import numpy

    shape = [
        SAMPLES if size is None and axis == 0 else size or UNKNOWN_SIZE
        for axis, size in enumerate(tensor.shape)
    ]
    if str(tensor.dtype) == "string":
        words = numpy.array(["a", "b", "c"], dtype=object)
        return words[numbers.integers(0, 3, shape)]
    if "int" in str(tensor.dtype) or str(tensor.dtype) == "bool":
        return numbers.integers(0, 2, shape).astype(str(tensor.dtype))
    return numbers.normal(0.5, 0.5, shape).astype("float32")


def _outputs(model: Live, batch: Batch) -> list[Live]:
    """Run a model on a batch, which it is given in the form in which it takes its inputs: alone, a list, a dict."""
    import keras

    struct = getattr(model, "_inputs_struct", model.inputs)
    if len(model.inputs) == 1 and not isinstance(struct, dict):
        struct = model.inputs[0]
    values = {id(tensor): _fed(value) for tensor, value in zip(_inputs(model), batch, strict=True)}
    given = keras.tree.map_structure(lambda tensor: values[id(tensor)], struct)
    return [keras.ops.convert_to_numpy(y) for y in keras.tree.flatten(model(given, training=False))]


def _inputs(model: Live) -> list[Live]:
    """Give the inputs in their order; a dict has them as it was made, where Keras sorts them by their names."""
    struct = getattr(model, "_inputs_struct", None)
    return list(struct.values()) if isinstance(struct, dict) else list(model.inputs)


def _fed(value: Live) -> Live:
    """Give a batch as a tensor: Keras takes no arrays beside tensors, and words are tensors of TensorFlow."""
    import keras

    if value.dtype != object:
        return keras.ops.convert_to_tensor(value)
    import tensorflow

    return tensorflow.constant(value)


def live_model(source: str) -> Live:
    """Give the live model of a file, with Keras; a `Lambda` in it is not run."""
    import keras

    try:
        with open(source, "rb") as stream:
            start = stream.read(8)
        if start == HDF5 or start.startswith(b"PK"):
            return keras.models.load_model(source, compile=False, safe_mode=True)
        with open(source, encoding="utf-8") as text:
            return keras.models.model_from_json(text.read())
    except Exception as error:
        raise not_run(source, f"Keras cannot load it: {str(error).splitlines()[0]}") from error
