"""The `train` block of a model that was compiled: its optimizer, its loss, its metrics, and how it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from netdsl.catalog.kind import ObjectValue
from netdsl.catalog.signature import Family, identifiers
from netdsl.elaborate.plans.naming import snake_case
from netdsl.importer.errors import CannotImport, not_sayable
from netdsl.importer.externs import parameter_types
from netdsl.importer.network import Given, Json
from netdsl.importer.objects import Custom, decode, object_of
from netdsl.importer.sequences import short, single
from netdsl.importer.spell import Speller
from netdsl.record import mutable

#: Settings of objects, in the order in which people write them, and of which family each is.
OBJECTS: Mapping[str, Family | None] = {
    "optimizer": "optimizer",
    "loss": "loss",
    "loss_weights": None,
    "metrics": "metric",
}

#: Settings that are written where they are not as Keras has them by itself.
SWITCHES: Mapping[str, Given] = {
    "jit_compile": ("auto", None, False),
    "steps_per_execution": (1, None),
}

#: What `compile` takes besides, and a spec does not.
BESIDE = ("weighted_metrics", "run_eagerly")

#: Metrics that count in whole numbers, whose configurations say so whether they were told to or not.
_COUNTING = frozenset({"IoU", "BinaryIoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU"})


@mutable
class Training:
    """The settings that a block can have, by their names, the declarations they need, and what is left out."""

    settings: dict[str, str]
    declarations: dict[str, str]
    notes: list[str]

    def text(self, model: str, without: str = "") -> str:
        """Write the declarations and the block."""
        lines = [f"    {k} = {v}" for k, v in self.settings.items() if k != without]
        whole = " ".join(lines)
        heads = [text for name, text in self.declarations.items() if name in whole]
        return "\n".join([*heads, f"train {model} {{", *lines, "}"]) + "\n"

    def leave_out(self, name: str, why: str) -> None:
        """Leave a setting out, and say why."""
        self.settings.pop(name, None)
        self.notes.append(f"`{name}` of how the model was compiled is left out: {why}")


def with_training(
    text: str,
    config: Mapping[str, Json],
    model: str,
    speller: Speller,
    error_of: Callable[[str], str],
) -> tuple[str, list[str]]:
    """Add how a model was compiled to its spec; what a spec cannot say is left out, and told with the reason."""
    found = _read(config, speller)

    def tried(without: str = "") -> str:
        return error_of(f"{text}\n{found.text(model, without)}")

    while found.settings and (why := tried()):
        name = next((n for n in found.settings if not tried(n)), next(iter(found.settings)))
        found.leave_out(name, why)
    if not found.settings.keys() & {"optimizer", "loss"}:
        return text, found.notes
    return f"{text}\n{found.text(model)}", found.notes


def _read(config: Mapping[str, Json], speller: Speller) -> Training:
    found = Training({}, {}, [])
    known = dict(speller.functions)
    for name, family in OBJECTS.items():
        if not config.get(name):
            continue
        try:
            value = _rounded(decode(config[name], _own_object))
            found.declarations |= _declared(value, family)
            found.settings[name] = _spell(value, family, speller)
        except CannotImport as error:
            found.leave_out(name, error.diagnostic.primary.text)
    for name, module in speller.functions.items():
        if name not in known:
            found.declarations[name] = f'extern fn {name} from "{module}"'
    for name, usual in SWITCHES.items():
        if name in config and config[name] not in usual:
            try:
                found.settings[name] = speller.value(config[name], "", name)
            except CannotImport as error:
                found.leave_out(name, error.diagnostic.primary.text)
    for name in BESIDE:
        if config.get(name):
            found.leave_out(name, "a spec has no such setting")
    return found


def _own_object(value: Mapping[str, Json]) -> Given:
    """Read an object of a class that Keras does not have: none of the settings is a layer."""
    config, module = value.get("config"), str(value.get("module") or "")
    arguments = decode(config, _own_object) if isinstance(config, dict) else {}
    return Custom(str(value.get("class_name")), module, arguments)


def _declared(value: Given, family: Family | None) -> dict[str, str]:
    """Declare the classes of somebody's own whose objects a setting has."""
    found: dict[str, list[Custom]] = {}
    for custom in _customs(value):
        found.setdefault(custom.kind, []).append(custom)
    for kind, customs in found.items():
        if family is None or not customs[0].module or not kind.isidentifier():
            raise not_sayable(kind, f"`{kind}` is no class of Keras, and its module is not told")
    return {kind: _declaration(str(family), customs) for kind, customs in found.items()}


def _declaration(family: str, customs: list[Custom]) -> str:
    types = parameter_types([_own(custom) for custom in customs])
    inside = ", ".join(f"{name}: {kind}" for name, kind in types)
    return f'extern {family} {customs[0].kind}({inside}) from "{customs[0].module}"'


def _customs(value: Given) -> Iterator[Custom]:
    if isinstance(value, Custom):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _customs(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _customs(item)


def _own(custom: Custom) -> dict[str, Given]:
    """Give the arguments of an object of somebody's own, without those that Keras adds to all of them."""
    usual = {
        "name": snake_case(custom.kind),
        "dtype": "float32",
        "reduction": "sum_over_batch_size",
    }
    return {k: v for k, v in custom.arguments.items() if usual.get(k, v is None or ()) != v}


def _spell(value: Given, family: Family | None, speller: Speller) -> str:
    if isinstance(value, Mapping):
        pairs = (f'"{k}": {_spell(v, family, speller)}' for k, v in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, tuple):
        return f"[{', '.join(_spell(item, family, speller) for item in value)}]"
    if value is None and family == "metric":  # of one output among several
        return "[]"
    if isinstance(value, str):
        words = ("accuracy", "acc", "crossentropy")
        is_name = family is not None and value in (*identifiers(family), *words)
        return value if is_name and value.isidentifier() else speller.value(value)
    if isinstance(value, Custom):
        inside = ", ".join(f"{k}={speller.value(v)}" for k, v in _own(value).items())
        return f"{value.kind}({inside})"
    return speller.value(value)


def _rounded(value: Given) -> Given:
    """Bring back what a number was before Keras kept it as a float32: 3e-4, not 0.0003000000142492354."""
    if isinstance(value, ObjectValue):
        usual = "int64" if value.kind in _COUNTING else "float32"
        given = {
            k: _rounded(v) for k, v in value.arguments.items() if not (k == "dtype" and v == usual)
        }
        return object_of(value.family, value.kind, given)  # type: ignore[arg-type]
    if isinstance(value, Custom):
        return Custom(value.kind, value.module, _rounded(value.arguments))
    if isinstance(value, (list, tuple)):
        return tuple(_rounded(item) for item in value)
    if isinstance(value, Mapping):
        return {name: _rounded(item) for name, item in value.items()}
    return shortest(value) if isinstance(value, float) else value


def shortest(value: float) -> float:
    """Give the shortest number that is the same float32, where the value is one exactly."""
    return short(value) if single(value) == value else value
