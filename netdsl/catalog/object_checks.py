"""What must hold between the arguments of one object: lengths, file names, ranges.

Most layers say such things in their rules; what is no layer has none.
A check gives what is wrong as (argument, label, help).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from netdsl.catalog.data_sets import TAKEN
from netdsl.catalog.kind import UNRESOLVED
from netdsl.catalog.signature import Signature, signature
from netdsl.catalog.spell import LONGEST_TEXT, one_of, spell
from netdsl.value import Arguments

Finding: TypeAlias = tuple[str, str, str]
Check: TypeAlias = Callable[[Arguments], Iterator[Finding]]


def contradictions(signature: Signature, arguments: Arguments) -> list[Finding]:
    """List what is wrong between arguments that are each fine alone."""
    if any(value is UNRESOLVED for value in arguments.values()):
        return []
    checks = [CHECKS[signature.name]] if signature.name in CHECKS else []
    if signature.family == "optimizer":
        checks.append(one_way_to_clip)
    return [finding for check in checks for finding in check(arguments)]


def one_way_to_clip(given: Arguments) -> Iterator[Finding]:
    """An optimizer clips gradients in one way at most."""
    ways = [
        way for way in ("clipnorm", "clipvalue", "global_clipnorm") if given.get(way) is not None
    ]
    if len(ways) > 1:
        yield ways[1], f"`{ways[0]}` and `{ways[1]}` are both set", f"leave `{ways[1]}` out"


def one_value_more_than_boundaries(given: Arguments) -> Iterator[Finding]:
    """Two boundaries make three stretches, each with its value."""
    boundaries, values = len(given["boundaries"]), len(given["values"])
    if values != boundaries + 1:
        label = f"`values` has {values} items and `boundaries` {boundaries}"
        yield (
            "values",
            label,
            f"give {boundaries + 1} values, one before each boundary and one after",
        )


def checkpoint_has_its_ending(given: Arguments) -> Iterator[Finding]:
    """Keras tells by the ending what a checkpoint holds."""
    path = given["filepath"]
    if given["save_weights_only"]:
        if not path.endswith(".weights.h5"):
            label = f"`filepath` is `{spell(path)}`, and weights alone go into `.weights.h5`"
            yield "filepath", label, "let it end in `.weights.h5`"
    elif not path.endswith((".keras", ".h5")):
        label = f"`filepath` is `{spell(path)}`, which does not end in `.keras`"
        yield "filepath", label, "let it end in `.keras`"


def labels_need_multi_label(given: Arguments) -> Iterator[Finding]:
    """`AUC` counts labels only where there are several."""
    if given["num_labels"] is not None and not given["multi_label"]:
        label = "`num_labels` is set, and `multi_label` is `False`"
        yield "num_labels", label, "add `multi_label=True`"


def classes_are_there(given: Arguments) -> Iterator[Finding]:
    """The class numbers of an intersection over union lie below the number of classes."""
    classes, largest = given["num_classes"], max(given["target_class_ids"])
    if largest >= classes:
        label = f"`target_class_ids` has {largest}, and there are {classes} classes from 0"
        yield "target_class_ids", label, f"give numbers below {classes}"


def forget_bias_is_added_to_one(given: Arguments) -> Iterator[Finding]:
    """An LSTM lets its bias start from an initializer, with ones in the part that forgets."""
    if given["use_bias"] and given["unit_forget_bias"] and given["bias_initializer"] is None:
        label = "`unit_forget_bias` puts ones into a bias, and `bias_initializer` is `None`"
        yield "bias_initializer", label, 'leave it out: the bias starts from "zeros"'


def one_way_to_keep_the_aspect(given: Arguments) -> Iterator[Finding]:
    """Pictures of another form are cut, or padded, to that of the input."""
    if given["crop_to_aspect_ratio"] and given["pad_to_aspect_ratio"]:
        label = "`crop_to_aspect_ratio` and `pad_to_aspect_ratio` are both set"
        yield "pad_to_aspect_ratio", label, "leave one of the two out"
    yield from two_classes_where_binary(given)


def two_classes_where_binary(given: Arguments) -> Iterator[Finding]:
    """Labels of 0 and 1 are of two folders; no folder is named twice."""
    names = given["class_names"] or ()
    if given["label_mode"] == "binary" and names and len(names) != 2:
        label = f'`label_mode` is `"binary"`, and `class_names` has {len(names)}'
        yield "class_names", label, 'name two folders, or write `label_mode="int"`'
    if len(set(names)) < len(names):
        yield "class_names", "`class_names` names a class twice", "name each folder once"


def arguments_of_the_data_set(given: Arguments) -> Iterator[Finding]:
    """A data set takes its own arguments: word lists have a number of words, pictures none."""
    name = given["name"]
    facts = signature("source", "dataset")
    assert facts is not None
    taken = TAKEN.get(name, ())
    for parameter in facts.parameters:
        if parameter.name not in ("name", *taken) and given[parameter.name] != parameter.default:
            label = f"`{name}` takes no `{parameter.name}`"
            others = [key for key, own in TAKEN.items() if parameter.name in own]
            yield (
                parameter.name,
                label,
                f"leave it out: it is of {one_of(f'`{o}`' for o in others)}",
            )


def each_device_once(given: Arguments) -> Iterator[Finding]:
    """A device holds one copy of the model."""
    names = given["devices"] or ()
    again = next((name for n, name in enumerate(names) if name in names[:n]), None)
    if again is not None:
        yield "devices", f"`devices` names `{again}` twice", "name each device once"


LONGEST_KEY = 500  # characters of a regular expression for paths of variables


def _cut(key: str) -> str:
    return key if len(key) <= LONGEST_TEXT else key[:LONGEST_TEXT] + "…"


def axes_are_of_the_mesh(given: Arguments) -> Iterator[Finding]:
    """A layout spreads axes of variables along axes of the mesh, each along one."""
    mesh = given["mesh"]
    axes = ", ".join(f"`{axis}`" for axis in mesh)
    for key, layout in given["layout"].items():
        named = [axis for axis in layout if axis is not None]
        for axis in named:
            if axis not in mesh:
                yield (
                    "layout",
                    f"`{_cut(key)}` goes along `{axis}`, which the mesh has not",
                    f"its axes are {axes}",
                )
        if len(set(named)) < len(named):
            yield (
                "layout",
                f"`{_cut(key)}` goes along `{named[0]}` twice",
                "spread one axis of a variable along it",
            )
        if len(key) > LONGEST_KEY:
            label = f"`{_cut(key)}` is longer than any path: {len(key):,} characters"
            yield "layout", label, "write `.*` for any text"
            continue
        try:
            re.compile(key)
        except (re.error, OverflowError) as error:
            yield (
                "layout",
                f"`{_cut(key)}` is no regular expression: {error}",
                "write `.*` for any text",
            )
    batch = given["batch_dim_name"]
    if batch is not None and batch not in mesh:
        yield (
            "batch_dim_name",
            f"`batch_dim_name` is `{batch}`, which the mesh has not",
            f"its axes are {axes}",
        )


_LSTMS = ("LSTM", "LSTMCell", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")

CHECKS: Mapping[str, Check] = {
    "PiecewiseConstantDecay": one_value_more_than_boundaries,
    "ModelCheckpoint": checkpoint_has_its_ending,
    "AUC": labels_need_multi_label,
    "IoU": classes_are_there,
    "OneHotIoU": classes_are_there,
    "image_folder": one_way_to_keep_the_aspect,
    "text_folder": two_classes_where_binary,
    "dataset": arguments_of_the_data_set,
    "ModelParallel": axes_are_of_the_mesh,
    "MirroredStrategy": each_device_once,
    "DataParallel": each_device_once,
    **dict.fromkeys(_LSTMS, forget_bias_is_added_to_one),
}
