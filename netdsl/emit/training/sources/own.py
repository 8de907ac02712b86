"""A function of the user's own, which gives arrays or a data set of TensorFlow."""

from __future__ import annotations

from netdsl.emit.python import code
from netdsl.emit.python.layout import flat
from netdsl.emit.training.sources.source import Place, Source
from netdsl.emit.training.words import OWN, literal, written
from netdsl.syntax import tree


def own(place: Place) -> Source:
    """Write the call of the function."""
    function, words = place.source.function, place.words
    assert function is not None
    if words.written is not None:
        read = flat(written(words, place.experiment, place.setting.written))
        if not isinstance(place.setting.written, tree.Call):
            read = f"{read}()"
    else:
        given = [(name, literal(value, words)) for name, value in place.source.arguments.items()]
        positional = [value for name, value in given if name.isdigit()]
        named = [(name, value) for name, value in given if not name.isdigit()]
        read = flat(code.call(OWN + words.extern(function), positional, named))
    return Source(
        "own",
        ("own", "whole"),
        f"what {function.name} gives",
        f"given({read})",
        facts={"rank": len(place.experiment.inputs[0].shape) - 1},
    )
