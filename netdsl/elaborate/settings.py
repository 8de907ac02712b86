"""The settings of a `train` block: what each takes, read and checked one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netdsl.catalog.argument_types import BOOLEAN, ArgumentType, Integer, Number
from netdsl.catalog.kind import BoundLayer, ExternFunction, Identifier, ObjectValue
from netdsl.catalog.signature import Family, identifiers, names_and_aliases, policy_names, signature
from netdsl.catalog.spell import spell
from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.diagnostics.problems import training as problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate import binding
from netdsl.elaborate import evaluate as ev
from netdsl.elaborate.entities import POISON, is_poisoned, spell_entity
from netdsl.elaborate.frame import Frame
from netdsl.elaborate.parameters import evaluate_arguments
from netdsl.graph import Graph
from netdsl.record import record
from netdsl.source import Span
from netdsl.syntax import tree


@record(eq=False)
class DataSource:
    """`npz("f.npz")`, `image_folder(…)`, `MirroredStrategy()`: a named maker with its arguments."""

    name: str
    arguments: Mapping[str, Any]
    function: ExternFunction | None = None


#: Makers of data sets and the arguments they take, the required first.
DATA_SOURCES: Mapping[str, tuple[str, ...]] = {
    "npz": ("path", "x", "y"),
    "csv": ("path", "label", "features", "delimiter", "header"),
    "image_folder": (
        "path", "image_size", "label_mode", "class_names", "color_mode", "shuffle", "seed", "interpolation",
        "crop_to_aspect_ratio", "pad_to_aspect_ratio", "validation_split", "subset", "follow_links", "batch_size",
    ),
    "text_folder": (
        "path", "label_mode", "class_names", "max_length", "shuffle", "seed", "validation_split", "subset",
        "follow_links", "batch_size",
    ),
    "tfrecord": ("path", "features", "label", "compression"),
    "dataset": ("name", "split"),
}  # fmt: skip


STRATEGIES = (
    "MirroredStrategy", "MultiWorkerMirroredStrategy", "TPUStrategy", "OneDeviceStrategy",
    "ParameterServerStrategy", "CentralStorageStrategy",
)  # fmt: skip


ADAPTABLE = (
    "Normalization",
    "TextVectorization",
    "StringLookup",
    "IntegerLookup",
    "Discretization",
)


@record
class Context:
    frame: Frame
    graph: Graph | None


def wrong(
    setting: tree.Setting,
    label: str,
    frame: Frame,
    span: Span | None = None,
    help: str = "",
    instead: str | None = None,
) -> Any:
    """Report a setting's value; `instead` is what was most likely meant."""
    place = span or setting.value.span
    fix = Fix((Edit(place, instead),)) if instead is not None else None
    help = help or (f"did you mean `{instead}`?" if instead is not None else "")
    frame.report(problems.WrongSetting.at(place, label, name=setting.name, help=help, fix=fix))
    return POISON


def _meant(value: Any, kind: ArgumentType, name: str) -> str | None:
    from netdsl.catalog.meant import likely_meant  # loaded where there is a mistake

    return likely_meant(kind, value, name)


def _whole(minimum: int, *words: str) -> Callable[[tree.Setting, Context], Any]:
    def read(setting: tree.Setting, context: Context) -> Any:
        value = _plain(setting, context)
        if is_poisoned(value) or value in words:
            return value
        if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
            also = "".join(f' or "{w}"' for w in words)
            return wrong(
                setting,
                f"takes a whole number from {minimum}{also}, this is {_shown(value)}",
                context.frame,
                instead=_meant(value, Integer("", minimum), setting.name),
            )
        return value

    return read


def _flag(*words: str) -> Callable[[tree.Setting, Context], Any]:
    def read(setting: tree.Setting, context: Context) -> Any:
        value = _plain(setting, context)
        if is_poisoned(value) or isinstance(value, bool) or value in words:
            return value
        also = "".join(f' or "{w}"' for w in words)
        label = f"takes True or False{also}, this is {_shown(value)}"
        return wrong(setting, label, context.frame, instead=_meant(value, BOOLEAN, setting.name))

    return read


def _plain(setting: tree.Setting, context: Context) -> Any:
    value = ev.evaluate(setting.value, context.frame)
    return value.name if isinstance(value, Identifier) else value


def _shown(value: Any) -> str:
    plain = isinstance(value, (int, float, str, BoundLayer, ObjectValue))
    return f"`{spell(value)}`" if plain else spell_entity(value)


def _fraction(setting: tree.Setting, context: Context) -> Any:
    value = _plain(setting, context)
    if is_poisoned(value) or (
        isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1
    ):
        return value
    label = f"takes a share from 0 to 1, 1 left out; this is {_shown(value)}"
    share = Number("", 0, 1, open_maximum=True)
    return wrong(setting, label, context.frame, instead=_meant(value, share, setting.name))


def _string(setting: tree.Setting, context: Context) -> Any:
    value = _plain(setting, context)
    if is_poisoned(value) or isinstance(value, str):
        return value
    return wrong(setting, f"takes a string, this is {_shown(value)}", context.frame)


def _precision(setting: tree.Setting, context: Context) -> Any:
    value = _plain(setting, context)
    known = ("float32", "float16", "bfloat16", "float64", *policy_names())
    if is_poisoned(value) or value in known:
        return value
    near = closest(str(value), known)
    return wrong(
        setting,
        f"takes a dtype policy such as `mixed_bfloat16`, this is {_shown(value)}",
        context.frame,
        instead=near,
    )


def _class_weight(setting: tree.Setting, context: Context) -> Any:
    value = _plain(setting, context)
    if is_poisoned(value):
        return value
    if not isinstance(value, dict) or not all(
        isinstance(k, int) and isinstance(v, (int, float)) for k, v in value.items()
    ):
        return wrong(
            setting, "takes a dict from class number to weight: `{0: 1.0, 1: 2.5}`", context.frame
        )
    return value


def catalogue_object(
    expr: tree.Expr, family: Family, setting: tree.Setting, frame: Frame, *also: str
) -> Any:
    """Read an optimizer, loss, metric or callback: an identifier, a string, or one with its arguments."""
    value = _object_value(expr, family, frame)
    if is_poisoned(value) or isinstance(value, ExternFunction) or value is None:
        return value
    if isinstance(value, ObjectValue) and value.family == family:
        return value
    name = value.last if isinstance(value, Identifier) else value
    if isinstance(name, str) and (name in identifiers(family) or name in also):
        return name
    if isinstance(name, str):
        known = [*identifiers(family), *also, *names_and_aliases(family)]
        near = closest(name, known)
        if name in names_and_aliases(family):
            near = f"{name}(…)"
        frame.report(
            problems.UnknownObject.at(
                expr.span,
                f"this names no {family}",
                family=family,
                name=name,
                help=f"did you mean `{near}`?"
                if near
                else "declare a function of your own with `extern fn`",
                fix=Fix((Edit(expr.span, near),), safe=True) if near and "…" not in near else None,
            )
        )
        return POISON
    takes = "an optimizer" if family == "optimizer" else f"a {family}"
    help = {"loss": "write `loss = mse`, or `loss = SparseCategoricalCrossentropy(…)`"}
    label = f"takes {takes}, this is {_shown(value)}"
    return wrong(setting, label, frame, expr.span, help=help.get(family, ""))


def _object_value(expr: tree.Expr, family: Family, frame: Frame) -> Any:
    """Evaluate; a class that is public in several families is the one of this setting."""
    if isinstance(expr, tree.Call) and isinstance(expr.function, tree.Name):
        found = signature(family, expr.function.id)
        if found is not None and not found.is_function and expr.function.id not in frame.unit.names:
            prepared = binding.bind_call(expr, found, {}, frame, label=found.name)
            if prepared is None or not prepared.complete:
                return POISON
            return ObjectValue(family, found.name, prepared.written)
    return ev.evaluate(expr, frame)


def _optimizer(setting: tree.Setting, context: Context) -> Any:
    return catalogue_object(setting.value, "optimizer", setting, context.frame)


def _loss(setting: tree.Setting, context: Context) -> Any:
    return _by_output(
        setting, context, lambda e: catalogue_object(e, "loss", setting, context.frame)
    )


def _loss_weights(setting: tree.Setting, context: Context) -> Any:
    def number(expr: tree.Expr) -> Any:
        value = ev.evaluate(expr, context.frame)
        if isinstance(value, (int, float)) or is_poisoned(value):
            return value
        return wrong(
            setting, f"takes numbers, this is {spell_entity(value)}", context.frame, expr.span
        )

    return _by_output(setting, context, number)


def _metrics(setting: tree.Setting, context: Context) -> Any:
    also = ("accuracy", "acc", "crossentropy", "ce")

    def metric(expr: tree.Expr) -> Any:
        if isinstance(expr, (tree.ListExpr, tree.TupleExpr)):
            return [metric(item) for item in expr.items]
        return catalogue_object(expr, "metric", setting, context.frame, *also)

    if isinstance(setting.value, tree.ListExpr):
        return [metric(item) for item in setting.value.items]
    if isinstance(setting.value, tree.DictExpr):
        return _by_output(setting, context, metric)
    frame = context.frame
    return wrong(
        setting, "takes a list", frame, help=f"write `metrics = [{setting.value.span.text}]`"
    )


def _by_output(setting: tree.Setting, context: Context, read: Callable[[tree.Expr], Any]) -> Any:
    """Read a setting given once, in a list in the order of the outputs, or in a dict by their names."""
    outputs = (
        list(context.graph.outputs)
        if context.graph is not None and context.graph.complete
        else None
    )
    value = setting.value
    if isinstance(value, (tree.ListExpr, tree.TupleExpr)):
        if outputs is not None and len(value.items) != len(outputs):
            return _differ(
                setting,
                value.span,
                f"{len(value.items)} are given for {len(outputs)} outputs",
                outputs,
                context,
            )
        return [read(item) for item in value.items]
    if not isinstance(value, tree.DictExpr):
        return read(value)
    result: dict[str, Any] = {}
    fine = True
    for key, item in value.items:
        name = ev.evaluate(key, context.frame)
        name = name.name if isinstance(name, Identifier) else name
        if outputs is not None and name not in outputs:
            _differ(setting, key.span, f"no output is called `{name}`", outputs, context)
            fine = False
            continue
        result[str(name)] = read(item)
    return result if fine and not is_poisoned(list(result.values())) else POISON


def _differ(
    setting: tree.Setting, span: Span, label: str, outputs: list[str], context: Context
) -> Any:
    spelled = ", ".join(f"`{o}`" for o in outputs)
    context.frame.report(
        problems.OutputsDiffer.at(span, label, name=setting.name, help=f"the outputs are {spelled}")
    )
    return POISON


def _callbacks(setting: tree.Setting, context: Context) -> Any:
    if not isinstance(setting.value, tree.ListExpr):
        text = setting.value.span.text
        return wrong(setting, "takes a list", context.frame, help=f"write `callbacks = [{text}]`")
    return [catalogue_object(i, "callback", setting, context.frame) for i in setting.value.items]


def _maker(
    makers: Mapping[str, tuple[str, ...]], what: str
) -> Callable[[tree.Setting, Context], Any]:
    """Read a call of a data source or strategy."""

    def read(setting: tree.Setting, context: Context) -> Any:
        value, frame = setting.value, context.frame
        if not isinstance(value, tree.Call) or not isinstance(value.function, tree.Name):
            found = ev.evaluate(value, frame)
            if isinstance(found, ExternFunction):
                return DataSource(found.name, {}, found)
            return POISON if is_poisoned(found) else wrong(setting, f"takes {what}", frame)
        name = value.function.id
        found = frame.lookup(name)
        given = evaluate_arguments(value.arguments, frame)
        if isinstance(found, ExternFunction):
            return DataSource(name, {g.name or str(i): g.value for i, g in enumerate(given)}, found)
        if name not in makers:
            near = closest(name, makers)
            return wrong(
                setting,
                f"`{name}` is not {what}",
                frame,
                value.function.span,
                help=f"did you mean `{near}`?"
                if near
                else "there are " + ", ".join(f"`{m}`" for m in makers),
            )
        return _bind_maker(name, makers[name], given, setting, frame)

    return read


def _bind_maker(
    name: str, parameters: tuple[str, ...], given: list[Any], setting: tree.Setting, frame: Frame
) -> Any:
    bound: dict[str, Any] = {}
    for position, item in enumerate(given):
        own = item.name or (parameters[position] if position < len(parameters) else None)
        if parameters and own not in parameters:
            near = closest(str(own), parameters)
            return wrong(
                setting,
                f"`{name}` takes no `{own}`",
                frame,
                item.name_span or item.span,
                help=f"did you mean `{near}`?"
                if near
                else "it takes " + ", ".join(f"`{p}`" for p in parameters),
            )
        bound[str(own or position)] = (
            item.value.name if isinstance(item.value, Identifier) else item.value
        )
    if name == "dataset" and bound.get("name") not in names_and_aliases("dataset"):
        near = closest(str(bound.get("name")), names_and_aliases("dataset"))
        return wrong(
            setting,
            f"keras.datasets has no `{bound.get('name')}`",
            frame,
            help=f"did you mean `{near}`?" if near else "",
        )
    return POISON if is_poisoned(list(bound.values())) else DataSource(name, bound)


def _augment(setting: tree.Setting, context: Context) -> Any:
    value = ev.evaluate(setting.value, context.frame)
    if isinstance(value, BoundLayer) or is_poisoned(value):
        return value
    return wrong(
        setting,
        f"takes a chain of augmentation layers, this is {spell_entity(value)}",
        context.frame,
    )


def _adapt(setting: tree.Setting, context: Context) -> Any:
    value = setting.value
    items = value.items if isinstance(value, (tree.ListExpr, tree.TupleExpr)) else (value,)
    names: list[str] = []
    for item in items:
        name = ev.evaluate(item, context.frame)
        name = name.name if isinstance(name, Identifier) else name
        if is_poisoned(name):
            return POISON
        problem = _adapt_problem(name, context.graph)
        if problem:
            context.frame.report(problems.NotAdaptable.at(item.span, problem, name=name))
            return POISON
        names.append(name)
    return names


def _adapt_problem(name: Any, graph: Graph | None) -> str:
    if graph is None or not graph.complete:
        return ""
    kinds = {node.name: node.kind for node in graph.nodes}
    if name not in kinds:
        near = closest(str(name), kinds)
        return f"the model has no layer `{name}`" + (f"; did you mean `{near}`?" if near else "")
    return (
        ""
        if kinds[name] in ADAPTABLE
        else f"it is a `{kinds[name]}`, which learns nothing before fitting"
    )


SETTINGS: Mapping[str, Callable[[tree.Setting, Context], Any]] = {
    "optimizer": _optimizer,
    "loss": _loss,
    "loss_weights": _loss_weights,
    "metrics": _metrics,
    "epochs": _whole(1),
    "batch_size": _whole(1),
    "validation_split": _fraction,
    "class_weight": _class_weight,
    "callbacks": _callbacks,
    "data": _maker(DATA_SOURCES, "a source of data"),
    "validation": _maker(DATA_SOURCES, "a source of data"),
    "test": _maker(DATA_SOURCES, "a source of data"),
    "augment": _augment,
    "adapt": _adapt,
    "precision": _precision,
    "jit_compile": _flag("auto"),
    "steps_per_execution": _whole(1, "auto"),
    "memory_growth": _flag(),
    "device": _string,
    "distribute": _maker(dict.fromkeys(STRATEGIES, ()), "a `tf.distribute` strategy"),
    "seed": _whole(0),
}
