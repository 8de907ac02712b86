"""What a setting is read with: its value, the report of one that does not fit, and the settings of plain values."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import field

from netdsl.catalog.argument_help import in_general
from netdsl.catalog.argument_types import (
    BOOLEAN,
    LARGEST,
    ArgumentMismatch,
    ArgumentType,
    Integer,
    Number,
)
from netdsl.catalog.kind import BoundLayer, Identifier, ObjectValue
from netdsl.catalog.spell import spell
from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.diagnostics.problems import training as problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate import evaluate as ev
from netdsl.elaborate.scope.entities import POISON, is_poisoned, spell_entity
from netdsl.elaborate.scope.frame import Frame
from netdsl.graph import Graph
from netdsl.record import record
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.faults import shorten
from netdsl.value import Value

Reader = Callable[[tree.Setting, "Context"], Value]

#: Short names of dtype policies in other tools.
_POLICIES = {
    "16": "mixed_float16", "half": "mixed_float16", "mixed": "mixed_float16", "amp": "mixed_float16",
    "bf16": "mixed_bfloat16", "32": "float32", "single": "float32", "64": "float64", "double": "float64",
}  # fmt: skip


#: How a setting is written, for those who wrote something far from it.
_EXAMPLES = {
    "validation_split": "write a share of the data: `validation_split = 0.2`",
    "loss_weights": 'give each output its weight: `loss_weights = {"main": 1.0, "side": 0.3}`',
    "sample_weight": 'name an array or column of the data: `sample_weight = "weight"`',
    "test_split": "write a share of the data: `test_split = 0.2`",
    "adapt": "name layers that the model makes by `layer name = …`: `adapt = [name]`",
    "class_weight": "give each class its weight: `class_weight = {0: 1.0, 1: 2.5}`",
    "jit_compile": "write `True` or `False`",
    "memory_growth": "write `True` or `False`",
    "precision": "write `precision = mixed_float16`",
}


@record
class Context:
    """Where a setting stands: the top level of its file, and the graph of its model where there is one."""

    frame: Frame
    graph: Graph | None
    no_outputs: set[str] = field(default_factory=set)  # names taken for outputs, each told once

    @property
    def outputs(self) -> list[str] | None:
        """Give the names of the model's outputs, or None where they are not known."""
        if self.graph is None or not self.graph.complete:
            return None
        return list(self.graph.outputs)


def report_setting(
    setting: tree.Setting,
    label: str,
    frame: Frame,
    span: Span | None = None,
    help: str = "",
    instead: str | None = None,
) -> Value:
    """Report the value of a setting, and give POISON; `instead` is what was most likely meant."""
    place = span or setting.value.span
    fix = Fix((Edit(place, instead),)) if instead is not None else None
    help = help or (f"did you mean `{instead}`?" if instead is not None else "")
    help = help or _EXAMPLES.get(setting.name, "")
    frame.report(problems.WrongSetting.at(place, label, name=setting.name, help=help, fix=fix))
    return POISON


def what_it_is_not(
    setting: tree.Setting, value: Value, wanted: str, span: Span | None = None, what: str = ""
) -> str:
    """Say what a value is and what it is not: `epochs` is `"10"`, not a positive integer.

    `what` names a part of the setting's value, where that is to blame.
    """
    named = what or f"`{setting.name}`"
    return f"{named} is {shown(value, span or setting.value.span)}, not {wanted}"


def shown(value: Value, span: Span) -> str:
    """Name a value: a plain one as it is, an object as it is written with what it is, anything else by its kind."""
    if isinstance(value, ObjectValue):
        article = "an" if value.family[0] in "aeio" else "a"
        return f"{article} {value.family}, `{shorten(span.text)}`"
    if isinstance(value, BoundLayer):
        return f"a layer, `{shorten(span.text)}`"
    if isinstance(value, str) and value == span.text:
        return f"`{value}`"
    if value is None or isinstance(value, (int, float, str)):
        return f"`{spell(value)}`"
    return spell_entity(value)


def plain(setting: tree.Setting, context: Context) -> Value:
    """Give the value of a setting, an identifier as a string."""
    value = ev.evaluate(setting.value, context.frame)
    return value.name if isinstance(value, Identifier) else value


def _meant(value: Value, kind: ArgumentType, name: str) -> str | None:
    from netdsl.catalog.likely_values import likely_meant  # loaded where there is a mistake

    return likely_meant(kind, value, name)


def whole(minimum: int, *words: str, maximum: int = LARGEST) -> Reader:
    """Read a whole number from `minimum` on, or one of `words`."""
    wanted = "a positive integer" if minimum == 1 else f"an integer of at least {minimum}"
    if maximum < LARGEST:
        wanted = f"an integer from {minimum} to {maximum}"
    wanted += "".join(f' or `"{w}"`' for w in words)

    def read(setting: tree.Setting, context: Context) -> Value:
        value = plain(setting, context)
        if is_poisoned(value) or value in words:
            return value
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if not isinstance(value, int) or not is_whole or not minimum <= value <= maximum:
            kind = Integer("", minimum, maximum)
            meant = _meant(value, kind, setting.name)
            help_ = in_general(kind, value) if meant is None else ""
            label = what_it_is_not(setting, value, wanted)
            return report_setting(setting, label, context.frame, help=help_, instead=meant)
        return value

    return read


def taken(kind: ArgumentType) -> Reader:
    """Read a value of a type."""

    def read(setting: tree.Setting, context: Context) -> Value:
        value = ev.evaluate(setting.value, context.frame)
        if is_poisoned(value):
            return value
        try:
            return kind.accept(value)
        except ArgumentMismatch as refusal:
            label, instead = f"`{setting.name}` {refusal.label}", refusal.suggestion
            return report_setting(setting, label, context.frame, help=refusal.help, instead=instead)

    return read


def flag(*words: str) -> Reader:
    """Read `True` or `False`, or one of `words`."""
    wanted = "".join([f'`"{w}"`, ' for w in words]) + "`True` or `False`"

    def read(setting: tree.Setting, context: Context) -> Value:
        value = plain(setting, context)
        if is_poisoned(value) or isinstance(value, bool) or value in words:
            return value
        meant = str(bool(value)) if value in (0, 1) else _meant(value, BOOLEAN, setting.name)
        return report_setting(
            setting, what_it_is_not(setting, value, wanted), context.frame, instead=meant
        )

    return read


def share(setting: tree.Setting, context: Context) -> Value:
    """Read a share of the data, a number from 0 to less than 1."""
    value = plain(setting, context)
    if is_poisoned(value) or (
        isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1
    ):
        return value
    label = what_it_is_not(setting, value, "a share of the data, a number from 0 to less than 1")
    kind = Number("", 0, 1, open_maximum=True)
    return report_setting(setting, label, context.frame, instead=_meant(value, kind, setting.name))


#: A device as TensorFlow and JAX name it.
_DEVICE = re.compile(
    r"(?:/?(?:job:\w+/)?(?:replica:\d+/)?(?:task:\d+/)?/?(?:device:)?)?(cpu|gpu|tpu)(?::\d+)?", re.I
)

#: What other tools call a GPU.
_GPUS = re.compile(r"(?:cuda|mps|xpu|rocm)(?::(\d+))?", re.I)


def device(setting: tree.Setting, context: Context) -> Value:
    """Read the name of a device; its number alone is that of a GPU."""
    value = plain(setting, context)
    if is_poisoned(value) or (isinstance(value, str) and _DEVICE.fullmatch(value)):
        return value
    is_number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    instead = f'"GPU:{value}"' if is_number else None
    if isinstance(value, str) and (elsewhere := _GPUS.fullmatch(value)):
        instead = f'"GPU:{elsewhere[1] or 0}"'
    label = what_it_is_not(setting, value, "the name of a device")
    help_ = "" if instead else 'write `device = "GPU:0"`'
    return report_setting(setting, label, context.frame, instead=instead, help=help_)


def precision(setting: tree.Setting, context: Context) -> Value:
    """Read the name of a dtype policy, such as "mixed_float16"."""
    value = plain(setting, context)
    known = ("float32", "float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16")
    if is_poisoned(value) or value in known:
        return value
    near = _POLICIES.get(str(value)) or closest(str(value), known)
    label = what_it_is_not(setting, value, "a dtype policy such as `mixed_bfloat16`")
    return report_setting(setting, label, context.frame, instead=near)


def _is_weight(value: Value) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return 0 <= value < math.inf


def class_weight(setting: tree.Setting, context: Context) -> Value:
    """Read a dict of weights by class."""
    value = plain(setting, context)
    if is_poisoned(value):
        return value
    if not isinstance(value, dict):
        label, instead = what_it_is_not(setting, value, "a dict"), None
        if isinstance(setting.value, tree.ListExpr):
            weights = (item.span.text for item in setting.value.items)
            instead = "{" + ", ".join(f"{i}: {w}" for i, w in enumerate(weights)) + "}"
        help = f"give each class its weight: `class_weight = {instead or '{0: 1.0, 1: 2.5}'}`"
        return report_setting(setting, label, context.frame, help=help, instead=instead)
    for key, weight in value.items():
        if isinstance(key, bool) or not isinstance(key, int):
            label = f"{shown(key, setting.value.span)} is not the number of a class"
            return report_setting(setting, label, context.frame, help="count the classes from 0")
        if not _is_weight(weight):
            label = f"the weight of class {key} is {shown(weight, setting.value.span)}, not a number of at least 0"
            return report_setting(setting, label, context.frame)
    outputs = context.outputs or ()
    if len(outputs) > 1:
        label = f"it weighs the classes of one output, and the model has {len(outputs)}"
        help = "weigh the outputs against one another by `loss_weights`"
        context.frame.report(
            problems.OutputsDiffer.at(setting.value.span, label, name=setting.name, help=help)
        )
        return POISON
    return value


def by_output(texts: Mapping[str, str]) -> str:
    """Spell a setting given by output: `{"a": mse, "b": mae}`."""
    return "{" + ", ".join(f'"{name}": {text}' for name, text in texts.items()) + "}"
