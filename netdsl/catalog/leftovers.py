"""Arguments of earlier Keras that are gone, or that said the same in another way.

`translated` puts one into Keras 3's words, value and all: `dim_ordering="th"` is `data_format="channels_first"`.
`gone` tells of those that nothing takes the place of, out of the table of habits, which has what was renamed alone too.
"""

from __future__ import annotations

from netdsl.catalog.kind import Identifier
from netdsl.catalog.signature import Signature
from netdsl.catalog.spell import spell
from netdsl.diagnostics.habits import help_for, left_out
from netdsl.value import Value

#: By itself: one group is what a layer without groups has.
_ONE_GROUP = "leave it out: this layer has no groups, which one group comes to"
_NO_GROUPS = "leave it out: this layer works on each channel by itself"
_OTHER_GROUPS = "a convolution with groups is `Conv1D`, `Conv2D` or `Conv3D`"

_OF_LAYER = "argument of a layer"

_ORDERINGS = {
    "th": "channels_first",
    "channels_first": "channels_first",
    "tf": "channels_last",
    "channels_last": "channels_last",
}


def gone(found: Signature, name: str, value: Value) -> tuple[str, bool] | None:
    """Say what to do about an argument that is gone, and whether leaving it out leaves the layer the same."""
    if name == "groups" and found.family == "layer":
        if value == 1:
            return _ONE_GROUP, True
        own = "filters" not in found.names
        return (_NO_GROUPS, True) if own else (_OTHER_GROUPS, False)
    if found.family == "source":
        return _of_the_block(found, name, value)
    if found.family != "layer":
        return None
    help_ = help_for(_OF_LAYER).get(name)
    return None if help_ is None else (help_, name in left_out(_OF_LAYER))


#: What functions of Keras take that read data, and is a setting beside `data` here.
_BESIDE = (
    "validation_split",
    "test_split",
    "batch_size",
    "seed",
    "steps_per_epoch",
    "class_weight",
)


def _of_the_block(found: Signature, name: str, value: Value) -> tuple[str, bool] | None:
    """Say what to do with an argument that a source has not, for the `train` block has it as a setting."""
    if name in _BESIDE:
        shown = spell(value) if isinstance(value, (int, float, str)) else "…"
        return f"it is a setting of the `train` block: write `{name} = {shown}` beside it", False
    is_label = name == "labels" and found.parameter("label") is not None
    help_ = None if is_label else help_for("argument of a source").get(name)
    return (help_, True) if help_ is not None else None


def translated(found: Signature, name: str, value: Value) -> tuple[str, str] | None:
    """Spell what an argument of earlier Keras is now, with its value; None where it is no such argument.

    The second text is for a value that is worked out: `{}` in it stands for how that is written.
    """
    value = value.name if isinstance(value, Identifier) else value
    if name == "training" and value is False and found.family in ("application", "layer"):
        return "trainable=False", "trainable=False"
    if name in ("dim_ordering", "channel_order") and found.parameter("data_format") is not None:
        now = _ORDERINGS.get(value) if isinstance(value, str) else None
        text = f'data_format="{now}"'
        return (text, text) if now else None
    if name in ("keep_prob", "keep_rate", "survival_probability"):
        rate = next((n for n in ("rate", "dropout") if found.parameter(n) is not None), None)
        if rate is not None and isinstance(value, float) and 0 < value <= 1:
            return f"{rate}={spell(round(1 - value, 6))}", f"{rate}=1 - {{}}"
    return None
