"""Weights to start from: a file of them, an earlier run, or a network of `keras.applications`."""

from __future__ import annotations

from netdsl.elaborate.training.experiment import Experiment, Start
from netdsl.emit.python import code
from netdsl.emit.python.layout import flat
from netdsl.emit.training.words import Words, literal


def starting(words: Words, experiment: Experiment) -> str | None:
    """Spell the statement that gives `model` its first weights; None where it has those that it is made with."""
    start = experiment.value("start_from")
    if not isinstance(start, Start):
        return None
    if start.kind == "weights":
        path = flat(literal(start.arguments["path"], words))
        return f"model.load_weights({words.here} / {path}, skip_mismatch=True)"
    if start.kind == "run":
        folder = flat(literal(start.arguments["folder"], words))
        return f'take_weights(model, keras.models.load_model(Path({folder}) / "model.keras"))'
    given = [(name, literal(value, words)) for name, value in start.arguments.items()]
    return f"take_weights(model, {flat(code.call(f'keras.{start.kind}', (), given))})"
