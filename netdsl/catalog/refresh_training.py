"""Records which losses and metrics go with which outputs: `python -m netdsl.catalog.refresh_training [FILE]`.

Each loss and metric of the installed Keras is put to work as `fit` puts it to work, compiled with XLA and without, on
every form of output (what is applied last, and how it is laid out) and every form of labels that may come with it. What
it says of right and of wrong predictions tells whether it measures anything. The verdicts are written to
`training.json`; `training_fits.py` reads the file and says what they mean.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netdsl.catalog.refresh import METRIC_SAMPLES
from netdsl.catalog.signature import Family, names, signature
from netdsl.catalog.training_fits import (
    FITS,
    LABELS,
    LAYOUTS,
    SWITCHES,
    VERDICTS,
    Column,
    columns,
    row_name,
    switched,
)
from netdsl.foreign import Array, Foreign
from netdsl.value import Arguments, Document

#: Enough samples that each class occurs as often as every other.
SAMPLES, CLASSES = 16, 4
#: How far apart two results are that are not the same.
APART = 1e-3

#: What a class cannot be made without, and fewer than all classes where its first few count.
REQUIRED: Mapping[str, Arguments] = {
    **METRIC_SAMPLES,
    "SparseTopKCategoricalAccuracy": {"k": 2},
    "TopKCategoricalAccuracy": {"k": 2},
}

#: Metrics that wrap a function of the user's own: there is nothing to try.
LEFT_OUT = ("MeanMetricWrapper",)


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


class Trial:
    """The labels of one column, and predictions that are right, wrong, and known as logits and as probabilities."""

    def __init__(self, column: Column) -> None:
        self.column = column
        self.rng = np.random.default_rng(0)
        self.shape = (SAMPLES, *LAYOUTS[column.layout])
        self.units = self.shape[-1]
        kind, self.flat = LABELS[column.labels]
        make: Callable[[], tuple[Array, Array]] = getattr(self, f"_{kind}")
        self.labels, self.truth = make()

    def _classes(self) -> tuple[Array, Array]:
        places = self.shape[:-1]
        count = int(np.prod(places))
        number = self.rng.permutation(np.arange(count) % self.units).reshape(places)
        truth = np.eye(self.units, dtype="float32")[number]
        if self.column.labels == "one_hot":
            return truth, truth
        number = number.astype("int32")
        return (number if self.flat else number[..., None]), truth

    def _binary(self) -> tuple[Array, Array]:
        count = int(np.prod(self.shape))
        truth = self.rng.permutation(np.arange(count) % 2).reshape(self.shape).astype("float32")
        return self._laid_out(truth), truth

    def _values(self) -> tuple[Array, Array]:
        truth = self.rng.normal(size=self.shape).astype("float32") * 2
        if self.column.activation == "sigmoid":
            truth = sigmoid(truth).astype("float32")
        if self.column.activation == "positive":
            truth = np.abs(truth) + 0.2
        return self._laid_out(truth), truth

    def _laid_out(self, truth: Array) -> Array:
        return truth[..., 0] if self.flat else truth

    def good(self) -> Array:
        if LABELS[self.column.labels][0] == "classes":
            return self._predicted(self._ranked())
        return self._predicted(self.truth)

    def _ranked(self) -> Array:
        """The right class comes first, the one before it last."""
        return self.truth - 0.04 * np.roll(self.truth, -1, axis=-1)

    def bad(self) -> Array:
        """Give what is wrong everywhere: the right class last, the other answer, the value of another sample."""
        kind = LABELS[self.column.labels][0]
        if kind == "classes":
            return self._predicted(np.roll(self._ranked(), 1, axis=-1))
        if kind == "binary":
            return self._predicted(1 - self.truth)
        return self._predicted(np.roll(self.truth, 1, axis=0))

    def _predicted(self, truth: Array) -> Array:
        if LABELS[self.column.labels][0] == "values":
            return (truth * 0.999).astype("float32")
        if self.column.activation == "softmax":
            return softmax(truth * 4).astype("float32")
        if self.column.activation == "logits":
            return (truth * 8 - 4).astype("float32")
        if self.column.activation == "positive":
            return (truth * 0.9 + 0.05).astype("float32")
        return (truth * 0.88 + 0.06).astype("float32")

    def logits(self) -> Iterator[tuple[Array, Array]]:
        """Give logits neither right nor wrong, some of them small, and the probabilities that they stand for."""
        squash = softmax if LABELS[self.column.labels][0] == "classes" else sigmoid
        for scale in (0.3, 0.5, 1.0, 2.0):
            logits = (self.rng.normal(size=self.shape) * scale).astype("float32")
            yield logits, squash(logits).astype("float32")


@dataclass
class Maker:
    """A class, or what gives a word, with the arguments that it is made with."""

    make: Callable[..., Foreign]
    settings: Arguments

    def __call__(self) -> Foreign:
        return self.make(**self.settings)

    @property
    def reads_scores(self) -> bool:
        """Whether it is told that it gets scores."""
        return "from_logits" in self.settings

    def told_of_probabilities(self) -> Foreign:
        return self.make(**{**self.settings, "from_logits": False})


class Runner:
    """A loss or a metric as `compile` takes it, in a function that TensorFlow traced for any batch size."""

    def __init__(self, family: str, make: Callable[[], Foreign], trial: Trial, jit: bool) -> None:
        import tensorflow as tf
        from keras.src.trainers import compile_utils

        labels, shape = trial.labels, trial.shape
        types = [
            tf.TensorSpec((None, *labels.shape[1:]), labels.dtype),
            tf.TensorSpec((None, *shape[1:]), "float32"),
        ]
        self.labels = labels
        if family == "loss":
            held = compile_utils.CompileLoss(make())

            def run(y_true: Foreign, y_pred: Foreign) -> Foreign:
                with tf.GradientTape() as tape:
                    tape.watch(y_pred)
                    value = held(y_true, y_pred)
                return value + 0 * tf.reduce_sum(tape.gradient(value, y_pred))

            self.reset: Callable[[], None] = lambda: None
        else:
            held = compile_utils.CompileMetrics([make()], None)

            def run(y_true: Foreign, y_pred: Foreign) -> Foreign:
                held.update_state(y_true, y_pred)
                (value,) = held.result().values()
                return value

            import keras

            held.build(*(keras.KerasTensor(t.shape, t.dtype.name) for t in types))
            self.reset = held.reset_state
        # XLA knows the sizes, and without it a batch of any size may come.
        self.run = tf.function(run, jit_compile=True) if jit else tf.function(run, types)

    def operations(self) -> set[str]:
        """Trace it, and give the operations that it consists of, those of functions inside among them."""
        graph = self.run.get_concrete_function().graph
        inner = (f for f in graph.as_graph_def().library.function)
        return {op.type for op in graph.get_operations()} | {
            n.op for f in inner for n in f.node_def
        }

    def __call__(self, predictions: Array) -> float:
        import tensorflow as tf

        self.reset()
        return float(np.mean(self.run(tf.constant(self.labels), tf.constant(predictions))))


#: Operations that XLA was seen to compile to what TensorFlow itself makes of them.
_PROVEN: set[str] = set()


def verdict(family: str, make: Maker, column: Column) -> str:
    """Try one loss or metric on one form of output and labels, without XLA and where it may differ with it."""
    trial = Trial(column)
    try:
        runner = Runner(family, make, trial, jit=False)
        used = runner.operations()
    except Exception:
        return "fails"  # while it is traced, so that XLA never sees it
    plain = _measured(runner, family, make, trial, jit=False)
    if used <= _PROVEN and plain != "fails":
        return plain
    with_jit = _measured(Runner(family, make, trial, jit=True), family, make, trial, jit=True)
    if plain == with_jit:
        _PROVEN.update(used - {"Assert"} if plain != "fails" else ())
        return plain
    if plain == "fails":
        return f"asserts, {with_jit}"
    if with_jit == "fails":
        return f"{plain}, no jit"
    raise ValueError(f"{column}: {plain} without jit, {with_jit} with it")


def _measured(runner: Runner, family: str, make: Maker, trial: Trial, jit: bool) -> str:
    try:
        good, bad = runner(trial.good()), runner(trial.bad())
        if not np.isfinite(good) or not np.isfinite(bad) or _alike(good, bad):
            return "blind"
        if family == "loss" and good > bad:
            return "backwards"
        if trial.column.activation == "logits":
            return _of_logits(runner, family, make, trial, jit)
    except Exception:
        return "fails"
    return "fits"


def _of_logits(runner: Runner, family: str, make: Maker, trial: Trial, jit: bool) -> str:
    """Tell whether logits mean to it what the probabilities mean that they stand for."""
    told = Runner(family, make.told_of_probabilities, trial, jit) if make.reads_scores else runner
    same = all(_alike(runner(left), told(right)) for left, right in trial.logits())
    return "fits" if same else "squashed"


def _alike(left: float, right: float) -> bool:
    return abs(left - right) <= APART * max(1.0, abs(left), abs(right))


def rows(family: Family) -> Iterator[tuple[str, Maker]]:
    """Give each class with each combination of the switches that matter, and how to make it."""
    import keras

    module = getattr(keras, {"loss": "losses", "metric": "metrics"}[family])
    words = {"loss": "crossentropy", "metric": "accuracy"}[family]
    yield words, Maker(lambda: words, {})
    for name in names(family):
        found = signature(family, name)
        assert found is not None
        if found.is_function or name in LEFT_OUT:
            continue
        for on in switched(name):
            switches = {switch: SWITCHES[name][switch] for switch in on}
            settings = {**REQUIRED.get(name, {}), **switches}
            yield row_name(name, on), Maker(getattr(module, name), settings)


def gather() -> Document:
    import keras

    facts: Document = {"keras": keras.__version__, "columns": [str(c) for c in columns()]}
    families: tuple[Family, ...] = ("loss", "metric")
    for family in families:
        facts[family] = {}
        for name, make in rows(family):
            line = "".join(VERDICTS[verdict(family, make, column)] for column in columns())
            facts[family][name] = line
            print(f"{name:55} {line}", flush=True)
    return facts


def laid_out(facts: Document) -> str:
    """Lay the facts out with a loss, a metric and a column to a line, so that a new Keras shows as a short diff."""
    parts = [f'"keras": {json.dumps(facts["keras"])}']
    listed = ",\n".join(map(json.dumps, facts["columns"]))
    parts.append(f'"columns": [\n{listed}\n]')
    for family in ("loss", "metric"):
        rows = ",\n".join(f"{json.dumps(n)}: {json.dumps(v)}" for n, v in facts[family].items())
        parts.append(f'"{family}": {{\n{rows}\n}}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else FITS
    target.write_text(laid_out(gather()), encoding="utf-8")
    print(f"wrote {target}")


if __name__ == "__main__":
    main()
