"""Values of a configuration: what Keras writes as JSON, in the forms that the catalogue has for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

from netdsl.catalog.argument_table import argument_type
from netdsl.catalog.kind import ExternFunction, ObjectValue
from netdsl.catalog.signature import Family, Parameter, identifiers, names_and_aliases, signature
from netdsl.elaborate.plans.naming import snake_case
from netdsl.importer.network import Given
from netdsl.importer.sequences import short, single
from netdsl.record import record

#: Families of objects that are configured, in the order in which a name is looked up.
OBJECT_FAMILIES: tuple[Family, ...] = (
    "initializer", "regularizer", "constraint", "activation", "loss", "metric", "schedule", "optimizer",
)  # fmt: skip


@record
class Custom:
    """An object of a class that Keras does not have."""

    kind: str
    module: str
    arguments: Mapping[str, Given]


@record
class LambdaCode:
    """The function of a `Lambda`, which a file holds as bytecode; it is never run."""


#: What stands for functions of which a file does not say where they are, or holds in a form that is not run.
LAMBDAS = "lambdas"

#: What reads a layer that stands among the values of another.
ReadLayer = Callable[[Mapping[str, Given]], Given]


def decode(value: Given, layer: ReadLayer) -> Given:
    """Bring a value of a configuration in."""
    if isinstance(value, list):
        return tuple(decode(item, layer) for item in value)
    if not isinstance(value, dict):
        return value
    if "class_name" not in value:
        return {str(k): decode(v, layer) for k, v in value.items()}
    return _object(value, layer)


def _object(value: Mapping[str, Given], layer: ReadLayer) -> Given:
    kind, config = str(value["class_name"]), value.get("config")
    if kind in _MARKED:
        return _MARKED[kind](config, layer)
    if kind.endswith("DTypePolicy") and isinstance(config, dict):
        return config.get("name")
    module = str(value.get("module") or "")
    if kind == "function":
        return _function(str(config), module)
    family = family_of(kind, module)
    if family is not None:
        inside = config if isinstance(config, dict) else {}
        arguments = {
            k: decode(v, layer)
            for k, v in inside.items()
            if not (k == "name" and _is_own_name(kind, v))
        }
        return object_of(family, kind, _as_given(family, arguments))
    if isinstance(config, dict) and "name" in config:
        return layer(value)
    inside = config if isinstance(config, dict) else {}
    return Custom(kind, module, {k: decode(v, layer) for k, v in inside.items()})


def as_extern(custom: Custom, family: Family) -> ObjectValue:
    """Give an object of somebody's own as one of a class that is declared, `extern regularizer Own(rate: float)`."""
    arguments = {k: v for k, v in custom.arguments.items() if v is not None}
    return ObjectValue(family, f"{custom.module}.{custom.kind}", arguments, custom.module)


def _is_own_name(kind: str, name: Given) -> bool:
    """Tell whether an object is called as Keras calls it by itself: after its class, with a number."""
    return re.fullmatch(rf"{re.escape(snake_case(kind))}(_\d+)?", str(name)) is not None


def _as_given(family: Family, arguments: dict[str, Given]) -> dict[str, Given]:
    """Bring back the factors of a regularizer, which Keras keeps as float32: 1e-6, not 9.999999974752427e-07."""
    if family != "regularizer":
        return arguments
    return {
        k: short(v) if isinstance(v, float) and single(v) == v else v for k, v in arguments.items()
    }


def _inner(key: str) -> Callable[[Given, ReadLayer], Given]:
    def read(config: Given, layer: ReadLayer) -> Given:
        return decode(config.get(key) if isinstance(config, dict) else config, layer)

    return read


def _slice(config: Given, layer: ReadLayer) -> slice:
    parts = config if isinstance(config, dict) else {}
    return slice(*(decode(parts.get(name), layer) for name in ("start", "stop", "step")))


_MARKED: Mapping[str, Callable[[Given, ReadLayer], Given]] = {
    "__tensor__": _inner("value"),
    "__numpy__": _inner("value"),
    "__bytes__": _inner("value"),
    "__slice__": _slice,
    "__ellipsis__": lambda config, layer: Ellipsis,
    "__lambda__": lambda config, layer: LambdaCode(),
}


def _function(name: str, module: str) -> Given:
    """Give a function: one that Keras has by this name is called by it.

    One that is registered is called after its package too, `mine>swish`, and where it is from is not told.
    """
    is_own = module in ("", "builtins") or module.split(".")[0] == "keras"
    if is_own and any(name in identifiers(family) for family in ("activation", "loss", "metric")):
        return name
    return ExternFunction(
        name.rpartition(">")[2], LAMBDAS if module in ("", "builtins") else module
    )


@cache
def family_of(kind: str, module: str) -> Family | None:
    """Tell of which family of objects a class is; None for a layer and for what Keras does not have."""
    last = module.removeprefix("keras.").removeprefix("src.").split(".")[0].rstrip("s")
    for family in OBJECT_FAMILIES:
        own = "optimizer" if family == "schedule" else family
        stem = "losse" if family == "loss" else own
        if kind in names_and_aliases(family) and (not module or last in (own, stem)):
            return family
    return None


def object_of(family: Family, kind: str, arguments: Mapping[str, Given]) -> ObjectValue:
    """Make an object; arguments at their default are left out."""
    found = signature(family, kind)
    assert found is not None
    given = {
        p.name: arguments[p.name]
        for p in found.parameters
        if p.name in arguments and (p.required or not is_default(arguments[p.name], p))
    }
    return ObjectValue(family, found.name, given)


def is_default(value: Given, parameter: Parameter) -> bool:
    """Tell whether a value is the default of a parameter."""
    return not parameter.required and same(value, parameter.default)


def same(a: Given, b: Given) -> bool:
    """Compare two values; lists are tuples, and a number is as good as another kind of number, but for booleans."""
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, bool) != isinstance(b, bool):
        return False
    if isinstance(a, float) and isinstance(b, float) and a != a and b != b:
        return True
    return bool(a == b)


def plain(value: Given, families: tuple[Family, ...] = (), name: str = "") -> Given:
    """Give the one form of a value in which those of a configuration and of a spec are compared."""
    if name in ("dtype", "policy"):
        return "float32" if value is None else value
    if name in ("axis", "axes") and isinstance(value, (list, tuple)) and len(value) == 1:
        return value[0]
    if "activation" in families and value is None:
        return "linear"
    if isinstance(value, str):
        for family in families:
            known = identifiers(family).get(value)
            if known is not None:
                is_class = family in ("initializer", "regularizer", "constraint")
                return (family, known, ()) if is_class else known
    if isinstance(value, ObjectValue) and value.module:
        inside = tuple(sorted((k, plain(v)) for k, v in value.arguments.items()))
        return (value.family, value.kind, inside)
    if isinstance(value, ObjectValue):
        given = object_of(value.family, value.kind, value.arguments)  # type: ignore[arg-type]
        inside = tuple(sorted((k, plain(v)) for k, v in given.arguments.items()))
        return (value.family, given.kind, inside)
    if isinstance(value, (list, tuple)):
        return tuple(plain(item, families) for item in value)
    if isinstance(value, dict):
        return tuple(sorted((str(k), plain(v)) for k, v in value.items()))
    if isinstance(value, slice):
        return ("slice", value.start, value.stop, value.step)
    return value


@cache
def families_taken(kind: str, argument: str) -> tuple[Family, ...]:
    """Give the families whose objects an argument of a layer takes."""
    found = signature("layer", kind)
    if found is None:
        return ()
    from netdsl.catalog import layer_kind

    definition = layer_kind(kind)
    overrides = definition.arguments if definition is not None else {}
    return argument_type(found, argument, overrides).families
