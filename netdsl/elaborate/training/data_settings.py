"""The settings that name a maker: sources of data, `npz("f.npz")`, and strategies, `MirroredStrategy()`.

Their arguments are bound as those of layers are, to what the catalogue says of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from netdsl.catalog.kind import ExternFunction, Identifier
from netdsl.catalog.signature import Signature, names, names_and_aliases, signature
from netdsl.catalog.spell import spell
from netdsl.diagnostics.problems import training as problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate import evaluate as ev
from netdsl.elaborate.arguments import binding
from netdsl.elaborate.arguments.parameters import evaluate_arguments
from netdsl.elaborate.remedies import unbound
from netdsl.elaborate.scope.entities import POISON, is_poisoned
from netdsl.elaborate.scope.frame import Frame
from netdsl.elaborate.training.experiment import DataSource, Made, Start, Strategy
from netdsl.elaborate.training.setting_values import Context, Reader, report_setting, what_it_is_not
from netdsl.record import record
from netdsl.syntax import tree
from netdsl.value import Value


@record(eq=False)
class _Makers:
    """The makers of one kind: their family in the catalogue, what they are called, and what they make."""

    family: Literal["source", "engine", "start"]
    what: str
    made: type[Made]
    likely: Callable[[str], str | None]  # code that was likely meant by a name alone

    def signature(self, name: str) -> Signature | None:
        return signature(self.family, name)

    @property
    def names(self) -> tuple[str, ...]:
        return names(self.family)

    @property
    def listed(self) -> str:
        shown = [f"{name}(…)" for name in self.names]
        shown += ["applications.ResNet50(…)"] if self.family == "start" else []
        return "there are " + ", ".join(f"`{name}`" for name in shown)


#: Which source reads a file, by the ending of its name.
_BY_ENDING = {
    ".npz": "npz", ".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".tfrecord": "tfrecord",
    ".tfrecords": "tfrecord",
}  # fmt: skip


def _likely_source(name: str) -> str | None:
    """`mnist` is a data set, `"train.csv"` a file."""
    ending = name[name.rfind(".") :] if "." in name else ""
    if ending in _BY_ENDING:
        return f"{_BY_ENDING[ending]}({spell(name)})"
    near = closest(name, names_and_aliases("dataset"))
    return f'dataset("{near}")' if near else None


def _likely_strategy(name: str) -> str | None:
    """`MirroredStrategy`, `mirrored`: a strategy without parentheses."""
    for strategy in names("engine"):
        if name.lower() in (strategy.lower(), strategy.lower().removesuffix("strategy")):
            return f"{strategy}()" if strategy != "ModelParallel" else None
    return None


_SOURCES = _Makers("source", "a source of data", DataSource, _likely_source)


def _likely_start(name: str) -> str | None:
    """`"base.weights.h5"` is a file of weights, `ResNet50` a network."""
    if name.endswith((".h5", ".keras")):
        return f"weights({spell(name)})"
    known = names_and_aliases("application")
    return f'applications.{known[name]}(weights="imagenet")' if name in known else None


_STARTS = _Makers("start", "weights to start from", Start, _likely_start)
_ENGINES = _Makers("engine", "a strategy for several devices", Strategy, _likely_strategy)


_FAILS = "`fit` with it ends in an error about `PerReplica` values (keras issue 20585)"
_SEVERAL = "several machines share the work by `distribute = DataParallel()`, on JAX: `--workers host:port,…`"
_NOT_IN_KERAS_3 = {
    "MultiWorkerMirroredStrategy": (_FAILS, _SEVERAL),
    "ParameterServerStrategy": (_FAILS, _SEVERAL),
    "CentralStorageStrategy": (_FAILS, "write `distribute = MirroredStrategy()`, or `DataParallel()` on JAX"),
}  # fmt: skip


def source() -> Reader:
    """Read where samples come from."""
    return lambda setting, context: _read(setting, context, _SOURCES)


def strategy() -> Reader:
    """Read how several devices share the work."""
    return lambda setting, context: _read(setting, context, _ENGINES)


def start() -> Reader:
    """Read where the weights come from that training starts with."""

    def read(setting: tree.Setting, context: Context) -> Value:
        found = _network(setting, context.frame)
        return _read(setting, context, _STARTS) if found is None else found

    return read


def _network(setting: tree.Setting, frame: Frame) -> Value | None:
    """Read `applications.ResNet50(weights="imagenet")`; None where something else is written."""
    call = setting.value
    function = call.function if isinstance(call, tree.Call) else None
    if not isinstance(call, tree.Call) or not isinstance(function, tree.Attribute):
        return None
    if not isinstance(function.value, tree.Name) or function.value.id != "applications":
        return None
    name = function.name
    facts = signature("application", name)
    if facts is None:
        near = closest(name, names_and_aliases("application"))
        label, instead = f"Keras has no network `{name}`", f"applications.{near}" if near else None
        return report_setting(setting, label, frame, function.span, instead=instead)
    prepared = binding.bind_call(call, facts, {}, frame, label=name)
    if prepared is None or not prepared.complete:
        return POISON
    if prepared.arguments.get("weights") is None:
        label, help_ = "it has no weights to start from", 'write `weights="imagenet"`'
        return report_setting(setting, label, frame, prepared.spans.get("weights"), help_)
    return Start(f"applications.{facts.name}", prepared.written, prepared.spans, call.span)


def with_names_as_keys(setting: tree.Setting, frame: Frame) -> tree.Setting:
    """Take bare names for keys in the arguments of a maker, as `loss` does: `npz("f.npz", x={left: "a"})`."""
    call = setting.value
    if not isinstance(call, tree.Call) or not isinstance(call.function, tree.Name):
        return setting
    if not any(makers.signature(call.function.id) for makers in (_SOURCES, _ENGINES)):
        return setting
    arguments = tuple(
        replace(argument, value=_quoted_keys(argument.value, frame))
        if isinstance(argument.value, tree.DictExpr)
        else argument
        for argument in call.arguments
    )
    return (
        setting
        if arguments == call.arguments
        else replace(setting, value=replace(call, arguments=arguments))
    )


def _quoted_keys(written: tree.DictExpr, frame: Frame) -> tree.DictExpr:
    items = tuple(
        (tree.Literal(key.span, key.id, key.span.text), value)
        if isinstance(key, tree.Name) and not frame.holds_value(key.id)
        else (key, value)
        for key, value in written.items
    )
    return replace(written, items=items)


def _read(setting: tree.Setting, context: Context, makers: _Makers) -> Value:
    value, frame = setting.value, context.frame
    name = (
        value.function.id
        if isinstance(value, tree.Call) and isinstance(value.function, tree.Name)
        else ""
    )
    if not isinstance(value, tree.Call) or not name:
        return _not_a_call(setting, makers, frame)
    found = frame.lookup(name)
    if isinstance(found, ExternFunction) and makers is _SOURCES:
        return _of_a_function(value, found, makers, frame)
    facts = makers.signature(name)
    if facts is None and (why := _NOT_IN_KERAS_3.get(name)) and makers is _ENGINES:
        place = value.function.span
        frame.report(problems.NoSuchEngine.at(place, why[0], name=name, help=why[1]))
        return POISON
    if facts is None:
        near = closest(name, makers.names) if name != "OneDeviceStrategy" else None
        label = f"`{name}` is not {makers.what}"
        return report_setting(
            setting, label, frame, value.function.span, makers.listed * (not near), near
        )
    prepared = binding.bind_call(value, facts, {}, frame, label=name)
    if prepared is None or not prepared.complete:
        return POISON
    written = {key: prepared.arguments[key] for key in prepared.spans if key in prepared.arguments}
    return makers.made(name, written, prepared.spans, value.span)


def _of_a_function(
    call: tree.Call, function: ExternFunction, makers: _Makers, frame: Frame
) -> Value:
    given = evaluate_arguments(call.arguments, frame)
    for item in given:
        if isinstance(item.value, Identifier):
            unbound.unknown_name(item.span, item.value.name, frame)
            return POISON
    if is_poisoned([item.value for item in given]):
        return POISON
    keys = [item.name or str(number) for number, item in enumerate(given)]
    arguments = {key: item.value for key, item in zip(keys, given, strict=True)}
    places = {key: item.span for key, item in zip(keys, given, strict=True)}
    return makers.made(function.name, arguments, places, call.span, function)


def _plain(value: Value) -> Value:
    return value.name if isinstance(value, Identifier) else value


def _not_a_call(setting: tree.Setting, makers: _Makers, frame: Frame) -> Value:
    found = _plain(ev.evaluate(setting.value, frame))
    if isinstance(found, ExternFunction) and makers is _SOURCES:
        return makers.made(found.name, {}, {}, setting.value.span, found)
    if is_poisoned(found):
        return POISON
    instead = makers.likely(found) if isinstance(found, str) else None
    label = what_it_is_not(setting, found, makers.what)
    return report_setting(
        setting, label, frame, help="" if instead else makers.listed, instead=instead
    )
