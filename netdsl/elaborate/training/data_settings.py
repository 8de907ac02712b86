"""The settings that name a maker: sources of data, `npz("f.npz")`, and strategies, `MirroredStrategy()`."""

from __future__ import annotations

from collections.abc import Mapping

from netdsl.catalog.kind import ExternFunction, Identifier
from netdsl.catalog.signature import names_and_aliases
from netdsl.catalog.spell import spell
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate import evaluate as ev
from netdsl.elaborate.arguments.parameters import evaluate_arguments
from netdsl.elaborate.scope.entities import POISON, Given, is_poisoned
from netdsl.elaborate.scope.frame import Frame
from netdsl.elaborate.training.experiment import Made
from netdsl.elaborate.training.setting_values import Context, Reader, report_setting, what_it_is_not
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.value import Value

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


#: Strategies of `tf.distribute` and the arguments they take, the required first.
STRATEGIES: Mapping[str, tuple[str, ...]] = {
    "MirroredStrategy": ("devices", "cross_device_ops"),
    "MultiWorkerMirroredStrategy": ("cluster_resolver", "communication_options"),
    "TPUStrategy": ("tpu_cluster_resolver", "experimental_device_assignment", "experimental_spmd_xla_partitioning"),
    "OneDeviceStrategy": ("device",),
    "ParameterServerStrategy": ("cluster_resolver", "variable_partitioner"),
    "CentralStorageStrategy": ("compute_devices", "parameter_device"),
}  # fmt: skip


#: Which source reads a file, by the ending of its name.
_BY_ENDING = {".npz": "npz", ".csv": "csv", ".tfrecord": "tfrecord", ".tfrecords": "tfrecord"}


def maker(makers: Mapping[str, tuple[str, ...]], what: str, made: type[Made]) -> Reader:
    """Read a call of a data source or strategy."""

    def read(setting: tree.Setting, context: Context) -> Value:
        value, frame = setting.value, context.frame
        if not isinstance(value, tree.Call) or not isinstance(value.function, tree.Name):
            return _not_a_call(setting, makers, what, made, frame)
        name = value.function.id
        found = frame.lookup(name)
        given = evaluate_arguments(value.arguments, frame)
        if isinstance(found, ExternFunction):
            keys = [g.name or str(i) for i, g in enumerate(given)]
            values = {key: g.value for key, g in zip(keys, given, strict=True)}
            places = {key: g.span for key, g in zip(keys, given, strict=True)}
            return made(name, values, places, value.span, found)
        if name not in makers:
            place = value.function.span
            near, help = closest(name, makers), _listed(makers)
            return report_setting(
                setting, f"`{name}` is not {what}", frame, place, help * (not near), near
            )
        return _bind_maker(name, makers[name], given, setting, made, frame)

    return read


def _listed(makers: Mapping[str, tuple[str, ...]]) -> str:
    return "there are " + ", ".join(f"`{m}(…)`" for m in makers)


def _not_a_call(
    setting: tree.Setting,
    makers: Mapping[str, tuple[str, ...]],
    what: str,
    made: type[Made],
    frame: Frame,
) -> Value:
    found = ev.evaluate(setting.value, frame)
    if isinstance(found, ExternFunction):
        return made(found.name, {}, {}, setting.value.span, found)
    if is_poisoned(found):
        return POISON
    plain = found.name if isinstance(found, Identifier) else found
    instead = _made(plain, makers) if isinstance(plain, str) else None
    label = what_it_is_not(setting, plain, what)
    return report_setting(
        setting, label, frame, help="" if instead else _listed(makers), instead=instead
    )


def _made(name: str, makers: Mapping[str, tuple[str, ...]]) -> str | None:
    """`mnist` is a data set, `"train.csv"` a file, `MirroredStrategy` or `mirrored` a strategy without parentheses."""
    if "dataset" in makers:
        ending = name[name.rfind(".") :] if "." in name else ""
        if ending in _BY_ENDING:
            return f"{_BY_ENDING[ending]}({spell(name)})"
        near = closest(name, names_and_aliases("dataset"))
        return f'dataset("{near}")' if near else None
    for strategy in makers:
        if name.lower() in (strategy.lower(), strategy.lower().removesuffix("strategy")):
            return f"{strategy}()"
    return None


def _bind_maker(
    name: str,
    parameters: tuple[str, ...],
    given: list[Given],
    setting: tree.Setting,
    made: type[Made],
    frame: Frame,
) -> Value:
    bound: dict[str, Value] = {}
    places: dict[str, Span] = {}
    for position, item in enumerate(given):
        own = item.name or (parameters[position] if position < len(parameters) else None)
        if own not in parameters:
            return _wrong_argument(name, parameters, item, len(given), setting, frame)
        key = str(own or position)
        bound[key] = item.value.name if isinstance(item.value, Identifier) else item.value
        places[key] = item.span
    if name == "dataset" and not is_poisoned(bound.get("name")):
        if "name" not in bound:
            help = 'name one: `dataset("mnist")`'
            return report_setting(
                setting, "`dataset` takes the name of a data set", frame, help=help
            )
        if not _is_known(bound["name"]):
            return _unknown_dataset(bound["name"], setting, places["name"], frame)
    if is_poisoned(list(bound.values())):
        return POISON
    return made(name, bound, places, setting.value.span)


def _is_known(name: Value) -> bool:
    return isinstance(name, str) and name in names_and_aliases("dataset")


def _unknown_dataset(name: Value, setting: tree.Setting, place: Span, frame: Frame) -> Value:
    known = names_and_aliases("dataset")
    near = closest(name, known) if isinstance(name, str) else None
    label = f"keras.datasets has no `{name if isinstance(name, str) else place.text}`"
    help = "there are " + ", ".join(f"`{k}`" for k in sorted(known))
    return report_setting(
        setting, label, frame, place, help * (not near), f'"{near}"' if near else None
    )


def _wrong_argument(
    name: str,
    parameters: tuple[str, ...],
    item: Given,
    count: int,
    setting: tree.Setting,
    frame: Frame,
) -> Value:
    """Report an argument of another name, or one too many."""
    takes = "it takes " + ", ".join(f"`{p}`" for p in parameters)
    if item.name is None:
        label = f"`{name}` takes {len(parameters)} arguments, {count} are given"
        return report_setting(setting, label, frame, item.span, help=takes)
    near = closest(item.name, parameters)
    place = item.name_span or item.span
    return report_setting(
        setting, f"`{name}` has no argument `{item.name}`", frame, place, takes * (not near), near
    )
