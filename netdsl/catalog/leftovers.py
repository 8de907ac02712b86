"""Arguments of earlier Keras that are gone, or that said the same in another way.

`translated` puts one into Keras 3's words, value and all: `dim_ordering="th"` is `data_format="channels_first"`.
`GONE` are those that nothing takes the place of. What was renamed alone is in `diagnostics/habits.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from netdsl.catalog.kind import Identifier
from netdsl.catalog.signature import Signature
from netdsl.catalog.spell import spell
from netdsl.value import Value

#: What to say of an argument that Keras 3 has no word for; it is left out.
GONE: Mapping[str, str] = {
    "time_major": "leave it out: in Keras 3 the batch always comes first, then the steps",
    "implementation": "leave it out: Keras 3 picks the way that is fastest",
    "consume_less": "leave it out: Keras 3 picks the way that is fastest",
    "fused": "leave it out: Keras 3 picks the way that is fastest",
    "dynamic": "leave it out: Keras 3 traces every layer",
    "experimental_autocast": "leave it out: Keras 3 calls it `autocast`, and it is on",
    "renorm": "leave it out: Keras 3 has no batch renormalization",
    "renorm_clipping": "leave it out: Keras 3 has no batch renormalization",
    "renorm_momentum": "leave it out: Keras 3 has no batch renormalization",
    "virtual_batch_size": "leave it out: Keras 3 normalises over the whole batch",
    "adjustment": "leave it out: Keras 3 has no adjustment of batch statistics",
    "batch_size": "leave it out: it is an option of the input, `input x: [8](batch_size=32)`",
    "weights": "leave it out: load weights into the built model, or fill them with `Constant([…])` as the initializer",
}  # fmt: skip

#: What another argument, or another layer, says now.
_OTHERWISE: Mapping[str, str] = {
    **dict.fromkeys(
        ("nb_row", "nb_col"), "give rows and columns as one: `kernel_size=(3, 3)`, or `3` for both"
    ),
    "dropout": "put a layer behind it: `SpatialDropout1D(0.2)` drops whole features of a sequence",
}

#: By itself: one group is what a layer without groups has.
_ONE_GROUP = "leave it out: this layer has no groups, which one group comes to"
_NO_GROUPS = "leave it out: this layer works on each channel by itself"
_OTHER_GROUPS = "a convolution with groups is `Conv1D`, `Conv2D` or `Conv3D`"

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
    if name in _OTHERWISE:
        return _OTHERWISE[name], False
    help_ = GONE.get(name)
    return (help_, True) if help_ is not None else None


#: What functions of Keras take that read data, and what a source does by itself.
_BY_ITSELF: Mapping[str, str] = {
    "shuffle": "leave it out: training data is shuffled before each epoch, the rest keeps its order",
    "subset": "leave it out: `validation_split` gives both parts, and the seed keeps them apart",
    "labels": "leave it out: the folders are the classes",
    "verbose": "leave it out: what is found is said",
    "format": "leave it out: the input pipeline is `tf.data`",
    "data_format": "leave it out: pictures have their channels last",
    "num_epochs": "leave it out: `epochs` is a setting of the `train` block",
}  # fmt: skip

#: What they take that is a setting beside `data`.
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
    help_ = None if is_label else _BY_ITSELF.get(name)
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
