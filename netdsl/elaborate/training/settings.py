"""The settings of a `train` block: what each takes, read and checked one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from netdsl.catalog.kind import Ambiguous, BoundLayer, ExternFunction, Identifier, ObjectValue
from netdsl.catalog.signature import (
    FAMILIES,
    FAMILY_MODULES,
    Family,
    Signature,
    identifiers,
    names_and_aliases,
    signature,
)
from netdsl.catalog.spell import spell
from netdsl.catalog.training_fits import LOSS_WORDS, METRIC_WORDS
from netdsl.catalog.training_types import NAME
from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.diagnostics.problems import training as problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate import evaluate as ev
from netdsl.elaborate.arguments import binding
from netdsl.elaborate.scope.entities import POISON, KindRef, is_poisoned
from netdsl.elaborate.scope.families import layer_of
from netdsl.elaborate.scope.frame import Frame
from netdsl.elaborate.training.data_settings import source, start, strategy
from netdsl.elaborate.training.setting_values import (
    Context,
    by_output,
    class_weight,
    device,
    flag,
    precision,
    report_setting,
    share,
    taken,
    what_it_is_not,
    whole,
)
from netdsl.graph import Graph
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.faults import shorten
from netdsl.value import Value

__all__ = ["SETTINGS", "Context"]

#: What to write where nothing near is known.
_HELP: Mapping[str, str] = {
    "optimizer": "write `optimizer = adam`, or `optimizer = SGD(0.01, momentum=0.9)`",
    "loss": "write `loss = mse`, or `loss = SparseCategoricalCrossentropy(…)`",
    "metric": "write `metrics = [accuracy]`, or `metrics = [AUC()]`",
    "callback": "write `callbacks = [EarlyStopping(patience=5)]`",
}
#: What a function of the user's own may be.
_OF_ONES_OWN = ("loss", "metric")
_OWN = "declare a function of your own with `extern fn`"


def catalogue_object(
    expr: tree.Expr, family: Family, setting: tree.Setting, frame: Frame, *also: str
) -> Value:
    """Read an optimizer, loss, metric or callback: an identifier, a string, or one with its arguments."""
    value = _object_value(expr, family, frame)
    if isinstance(value, Ambiguous) and family in value.families:
        value = value.made(family)
    if is_poisoned(value) or (isinstance(value, ExternFunction) and family in _OF_ONES_OWN):
        return value
    if value is None and family == "loss" and expr is not setting.value:
        return value  # an output without a loss, among others that have one
    if isinstance(value, ObjectValue) and value.family == family:
        return value
    name = value.last if isinstance(value, Identifier) else value
    if isinstance(name, str):
        if name in identifiers(family) or name in also:
            return name
        found = signature(family, name)
        if found is not None and found.is_function:
            return _only_a_function(expr, found, setting, frame)
        if found is not None:
            label = f"{_an(family)} is written with parentheses"
            called = f"{name}()"
            help = f"write `{name}(…)`"
            return report_setting(setting, label, frame, expr.span, help=help, instead=called)
        return _unknown_object(expr, name, family, frame, also)
    takes = _an(family)
    is_schedule = isinstance(value, ObjectValue) and value.family == "schedule"
    instead = f"Adam({expr.span.text})" if is_schedule and family == "optimizer" else None
    help = f"give it to an optimizer: `{instead}`" if instead else _HELP.get(family, "")
    label = what_it_is_not(
        setting, value, takes, expr.span, "" if expr is setting.value else "this"
    )
    return report_setting(setting, label, frame, expr.span, help=help, instead=instead)


def _only_a_function(
    expr: tree.Expr, found: Signature, setting: tree.Setting, frame: Frame
) -> Value:
    """Report a function of Keras that `compile` does not find by its name: `huber` as a metric."""
    family, plain = found.family, found.name.replace("_", "")
    by_class = {n.lower(): n for n in names_and_aliases(family) if n[0].isupper()}
    label = f"Keras has a function of this name, and takes no {family} by it"
    if plain in by_class:
        instead = f"{by_class[plain]}()"
        return report_setting(setting, label, frame, expr.span, instead=instead)
    module = f"keras.{FAMILY_MODULES[family]}"
    help = f'import it: `extern fn {found.name} from "{module}"` at the top of the file'
    return report_setting(setting, label, frame, expr.span, help=help)


def _an(family: str) -> str:
    return f"an {family}" if family[0] in "aeio" else f"a {family}"


def _unknown_object(
    expr: tree.Expr, name: str, family: Family, frame: Frame, also: tuple[str, ...]
) -> Value:
    """Report a name that is none of a family's."""
    own = [n for n in frame.known_names() if isinstance(frame.lookup(n), ExternFunction)]
    near = closest(name, [*own, *identifiers(family), *also, *names_and_aliases(family)])
    is_made = near and signature(family, near) is not None and near not in identifiers(family)
    other = next((f for f in FAMILIES if name in identifiers(f) and f != family), None)
    label = f"it names {_an(other)}" if other else f"this names no {family}"
    shown = f"{near}(…)" if is_made else near
    help = f"did you mean `{shown}`?" if near else _HELP.get(family, "")
    if not near and family in ("loss", "metric") and other is None:
        help = _OWN
    fix = Fix((Edit(expr.span, near),), safe=True) if near and not is_made else None
    frame.report(
        problems.UnknownObject.at(expr.span, label, family=family, name=name, help=help, fix=fix)
    )
    return POISON


def _object_value(expr: tree.Expr, family: Family, frame: Frame) -> Value:
    """Evaluate; a class that is public in several families is the one of this setting."""
    if isinstance(expr, tree.Call) and isinstance(expr.function, tree.Name):
        found = signature(family, expr.function.id)
        if found is not None and not found.is_function and expr.function.id not in frame.unit.names:
            prepared = binding.bind_call(expr, found, {}, frame, label=found.name)
            if prepared is None or not prepared.complete:
                return POISON
            return ObjectValue(family, found.name, prepared.written)
    return ev.evaluate(expr, frame)


def _optimizer(setting: tree.Setting, context: Context) -> Value:
    return catalogue_object(setting.value, "optimizer", setting, context.frame)


def _loss(setting: tree.Setting, context: Context) -> Value:
    def loss(expr: tree.Expr) -> Value:
        return catalogue_object(expr, "loss", setting, context.frame, *LOSS_WORDS)

    found = _by_output(setting, context, loss)
    each = list(found.values()) if isinstance(found, dict) else found
    if isinstance(each, list) and all(one is None for one in each):
        return report_setting(setting, "no output has a loss", context.frame, help=_HELP["loss"])
    return found


def _loss_weights(setting: tree.Setting, context: Context) -> Value:
    def number(expr: tree.Expr) -> Value:
        value = ev.evaluate(expr, context.frame)
        if is_poisoned(value) or (isinstance(value, (int, float)) and not isinstance(value, bool)):
            return value
        plain = value.name if isinstance(value, Identifier) else value
        what = "" if expr is setting.value else "this weight"
        label = what_it_is_not(setting, plain, "a number", expr.span, what)
        return report_setting(setting, label, context.frame, expr.span)

    return _by_output(setting, context, number)


def _metrics(setting: tree.Setting, context: Context) -> Value:
    def metric(expr: tree.Expr) -> Value:
        if isinstance(expr, (tree.ListExpr, tree.TupleExpr)):
            return [metric(item) for item in expr.items]
        return catalogue_object(expr, "metric", setting, context.frame, *METRIC_WORDS)

    if isinstance(setting.value, tree.ListExpr):
        found = [metric(item) for item in setting.value.items]
        return found if _is_for_outputs(setting, context) else POISON
    if isinstance(setting.value, tree.DictExpr):
        return _by_output(setting, context, metric)
    return POISON if is_poisoned(metric(setting.value)) else _in_a_list(setting, context)


def _is_for_outputs(setting: tree.Setting, context: Context) -> bool:
    """Report a list of metrics of several outputs that does not have one, or a list of them, for each."""
    outputs, value = context.outputs, setting.value
    assert isinstance(value, tree.ListExpr)
    if outputs is None or len(outputs) == 1 or len(value.items) in (0, len(outputs)):
        return True
    each = by_output(dict.fromkeys(outputs, value.span.text))
    label = f"a list has an entry for each output: {len(value.items)} for {len(outputs)} outputs"
    _differ(setting, value.span, label, f"write `metrics = {each}`", context, instead=each)
    return False


def _in_a_list(setting: tree.Setting, context: Context) -> Value:
    """Report one object where a list of them is taken."""
    text = setting.value.span.text
    label = f"`{shorten(text)}` stands alone, and a list is needed"
    help = f"write `{setting.name} = [{text}]`"
    return report_setting(setting, label, context.frame, help=help, instead=f"[{text}]")


def _by_output(
    setting: tree.Setting, context: Context, read: Callable[[tree.Expr], Value]
) -> Value:
    """Read a setting given once, in a list in the order of the outputs, or in a dict by their names."""
    outputs, value = context.outputs, setting.value
    if isinstance(value, (tree.ListExpr, tree.TupleExpr)):
        if outputs is not None and len(value.items) != len(outputs):
            return _differ(
                setting,
                value.span,
                f"{len(value.items)} {'is' if len(value.items) == 1 else 'are'} given for {len(outputs)} outputs",
                f"give one for each: `{by_output(dict.fromkeys(outputs, '…'))}`",
                context,
            )
        return [read(item) for item in value.items]
    if not isinstance(value, tree.DictExpr):
        return read(value)
    result: dict[Value, Value] = {}
    fine = True
    for key, item in value.items:
        name = ev.evaluate(key, context.frame)
        name = name.name if isinstance(name, Identifier) else name
        if outputs is not None and name not in outputs:
            called = name if isinstance(name, str) else spell(name)
            _no_such_output(setting, called, key.span, outputs, context)
            fine = False
            continue
        result[str(name)] = read(item)
    return result if fine and not is_poisoned(list(result.values())) else POISON


def _spelled(outputs: list[str]) -> str:
    return f"the outputs are {', '.join(f'`{o}`' for o in outputs)}"


def _no_such_output(
    setting: tree.Setting, name: str, span: Span, outputs: list[str], context: Context
) -> None:
    """Report a name that no output has; what `loss` says of it, `metrics` need not repeat."""
    if name in context.no_outputs:
        return
    context.no_outputs.add(name)
    near = closest(name, outputs)
    help_ = f"did you mean `{near}`?" if near else _spelled(outputs)
    instead = f'"{near}"' if near else None
    _differ(setting, span, f"no output is called `{name}`", help_, context, instead)


def _differ(
    setting: tree.Setting,
    span: Span,
    label: str,
    help: str,
    context: Context,
    instead: str | None = None,
) -> Value:
    fix = Fix((Edit(span, instead),)) if instead else None
    context.frame.report(
        problems.OutputsDiffer.at(span, label, name=setting.name, help=help, fix=fix)
    )
    return POISON


def _callbacks(setting: tree.Setting, context: Context) -> Value:
    value, frame = setting.value, context.frame
    if isinstance(value, tree.ListExpr):
        return [catalogue_object(item, "callback", setting, frame) for item in value.items]
    found = catalogue_object(value, "callback", setting, frame)
    return POISON if is_poisoned(found) else _in_a_list(setting, context)


def _augment(setting: tree.Setting, context: Context) -> Value:
    value = layer_of(ev.evaluate(setting.value, context.frame))
    if isinstance(value, BoundLayer) or is_poisoned(value):
        return value
    text, instead = setting.value.span.text, None
    if isinstance(value, KindRef):
        instead = f"{text}()"
    elif isinstance(setting.value, (tree.ListExpr, tree.TupleExpr)) and setting.value.items:
        instead = " -> ".join(item.span.text for item in setting.value.items)
    label = what_it_is_not(setting, value, "a chain of augmentation layers")
    help = "" if instead else "write `augment = RandomFlip() -> RandomRotation(0.1)`"
    return report_setting(setting, label, context.frame, help=help, instead=instead)


def _adapt(setting: tree.Setting, context: Context) -> Value:
    value = setting.value
    items = value.items if isinstance(value, (tree.ListExpr, tree.TupleExpr)) else (value,)
    names: list[Value] = []
    for item in items:
        name = ev.evaluate(item, context.frame)
        name = name.name if isinstance(name, Identifier) else name
        if is_poisoned(name):
            return POISON
        if not isinstance(name, str):
            label = what_it_is_not(setting, name, "the name of a layer", item.span)
            return report_setting(setting, label, context.frame, item.span)
        problem = _adapt_problem(name, context.graph)
        if problem:
            help_ = (
                "name a preprocessing layer of the model by its `name=`, such as a `Normalization`"
            )
            context.frame.report(
                problems.NotAdaptable.at(item.span, problem, name=name, help=help_)
            )
            return POISON
        names.append(name)
    return names


def _adapt_problem(name: str, graph: Graph | None) -> str:
    if graph is None or not graph.complete:
        return ""
    nodes = {node.name: node for node in graph.nodes}
    if name not in nodes:
        near = closest(name, nodes)
        return f"the model has no layer `{name}`" + (f"; did you mean `{near}`?" if near else "")
    node = nodes[name]
    learns = node.operation.definition.learns if node.operation.definition else None
    if learns is None:
        return f"it is a `{node.kind}`, which learns nothing before fitting"
    if not learns(node.operation.bound):
        return f"this `{node.kind}` was given what it would learn"
    return ""


SETTINGS: Mapping[str, Callable[[tree.Setting, Context], Value]] = {
    "optimizer": _optimizer,
    "loss": _loss,
    "loss_weights": _loss_weights,
    "metrics": _metrics,
    "epochs": whole(1),
    "batch_size": whole(1),
    "steps_per_epoch": whole(1),
    "validation_split": share,
    "test_split": share,
    "sample_weight": taken(NAME),
    "class_weight": class_weight,
    "callbacks": _callbacks,
    "data": source(),
    "validation": source(),
    "test": source(),
    "augment": _augment,
    "adapt": _adapt,
    "precision": precision,
    "jit_compile": flag("auto"),
    "steps_per_execution": whole(1, "auto"),
    "memory_growth": flag(),
    "device": device,
    "distribute": strategy(),
    "seed": whole(0, maximum=2**32 - 1),
    "start_from": start(),
}
