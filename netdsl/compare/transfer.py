"""Python that carries trained weights from one version of a model to another, by the names of layers."""

from __future__ import annotations

from netdsl.compare.breaking import Comparison
from netdsl.version import __version__

_TEMPLATE = '''"""Carry the weights of {old} over to {new}.

Made by netdsl {version}. {count} of {total} layers with weights are carried; {rest}
"""

# The layer that had the weights, and the layer that gets them.
PAIRS = [
{pairs}]


def layer_at(model, path):
    """Find a layer by its name, inside models within the model too."""
    for name in path.split("/"):
        model = model.get_layer(name)
    return model


def carry_weights(old, new):
    """Set the weights of `new` from those of `old`; the layers that are not in PAIRS stay as they are."""
    for before, after in PAIRS:
        layer_at(new, after).set_weights(layer_at(old, before).get_weights())
    return new
'''


def transfer_source(comparison: Comparison, old: str, new: str) -> str:
    """Write the module; its `carry_weights(old, new)` takes two built models."""
    carried = [m for m in comparison.matches if m.before is not None and m.after is not None]
    pairs = [
        (m.before.name, m.after.name)
        for m in carried
        if m.fate != "reshaped" and m.before and m.after
    ]
    left = [
        m.after.name
        for m in comparison.matches
        if m.after is not None and m.fate in ("new", "reshaped")
    ]
    rest = f"these start anew: {', '.join(left)}." if left else "none starts anew."
    total = sum(1 for m in comparison.matches if m.after is not None)
    return _TEMPLATE.format(
        old=old,
        new=new,
        version=__version__,
        count=len(pairs),
        total=total,
        rest=rest,
        pairs="".join(f"    ({_quoted(a)}, {_quoted(b)}),\n" for a, b in pairs),
    )


def _quoted(name: str) -> str:
    return '"' + repr(name)[1:-1].replace('"', '\\"') + '"'
