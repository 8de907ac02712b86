"""What Keras takes: the arguments of each public layer, initializer, optimizer and so on, as `Signature`s.

The facts lie in `signatures.json`, which `refresh.py` writes. An entry there is laid out as a Python
signature is: `"units"` is a required parameter, `["rate", 0.5]` one with a default (a tuple is
`{"tuple": [1, 1]}`), `"*"` precedes those that go by name only, `"**"` stands for the arguments that every layer
takes, and `"*x"` or `"**x"` for any number more. The file is parsed once, on the first question; entries
become objects when somebody asks for them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from netdsl.catalog.training_names import ADDED
from netdsl.record import record
from netdsl.value import Value

SIGNATURES = Path(__file__).with_name("signatures.json")

Family = Literal[
    "layer", "activation", "initializer", "regularizer", "constraint", "loss", "metric", "optimizer",
    "schedule", "callback", "op", "application", "dataset", "source", "engine",
    "start",
]  # fmt: skip
EVERY_FAMILY: tuple[Family, ...] = Family.__args__  # type: ignore[attr-defined]

#: Those of Keras; what only a `train` block names is looked for there alone.
FAMILIES: tuple[Family, ...] = tuple(
    f for f in EVERY_FAMILY if f not in ("source", "engine", "start")
)

#: Where Keras keeps what is no layer: `keras.activations.relu`.
FAMILY_MODULES: Mapping[str, str] = {
    "activation": "activations",
    "initializer": "initializers",
    "regularizer": "regularizers",
    "constraint": "constraints",
    "loss": "losses",
    "metric": "metrics",
    "optimizer": "optimizers",
    "schedule": "optimizers.schedules",
    "callback": "callbacks",
}

#: Families as sentences name them: "an activation", "a loss".
ARTICLES: Mapping[str, str] = {
    family: f"{'an' if family[0] in 'aeiou' else 'a'} {family}" for family in EVERY_FAMILY
}

#: `many` is `*args` and `any_name` is `**kwargs`.
ParameterKind = Literal["positional", "keyword", "many", "any_name"]


@record
class Parameter:
    """One parameter: its name, its default where it has one, and how it is passed."""

    name: str
    default: Value = None
    required: bool = False
    kind: ParameterKind = "positional"
    is_base: bool = False  # taken by every layer: name, dtype, trainable, …

    def __str__(self) -> str:
        stars = {"many": "*", "any_name": "**"}.get(self.kind, "")
        plain = self.required or bool(stars)
        return f"{stars}{self.name}" if plain else f"{self.name}={self.default!r}"


@record
class Signature:
    """What Keras says of one public name."""

    name: str
    family: Family
    parameters: tuple[Parameter, ...]
    call_parameters: tuple[Parameter, ...] = ()
    aliases: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()  # the strings that `keras.<family>.get` understands

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters, in order."""
        return tuple(p.name for p in self.parameters if p.kind in ("positional", "keyword"))

    @property
    def positional(self) -> tuple[Parameter, ...]:
        return tuple(p for p in self.parameters if p.kind == "positional")

    @property
    def takes_any_name(self) -> bool:
        return any(p.kind == "any_name" for p in self.parameters)

    @property
    def is_function(self) -> bool:
        """Whether it is used by its name and not made by calling it: `relu`, `mean_squared_error`."""
        return self.name[0].islower() and self.family in ("activation", "loss", "metric")

    def parameter(self, name: str) -> Parameter | None:
        return next((p for p in self.parameters if p.name == name), None)

    def takes_anyway(self, name: str, value: object) -> bool:
        """Tell whether an argument says what Keras takes without it, as `strides=1` of a convolution does."""
        parameter = self.parameter(name)
        if parameter is None or parameter.required:
            return False
        default = parameter.default
        if type(value) is int and isinstance(default, tuple):  # one number is that of all axes
            return set(default) == {value}
        if default is None and name.endswith("activation"):
            return value in (None, "linear")
        plain = (bool, int, float, str, type(None))
        return isinstance(value, plain) and type(value) is type(default) and value == default


@cache
def facts() -> Mapping[str, Any]:
    """Read `signatures.json`, once, and join what `train` blocks name besides."""
    recorded: dict[str, Any] = json.loads(SIGNATURES.read_text(encoding="utf-8"))
    return recorded | {name: recorded.get(name, {}) | added for name, added in ADDED.items()}


def keras_version() -> str:
    """Give the version of Keras that the catalogue was taken from."""
    return str(facts()["keras"])


def dtype_names() -> tuple[str, ...]:
    """Give the dtypes that Keras knows."""
    return tuple(facts()["dtypes"])


def dtype_aliases() -> Mapping[str, str]:
    """Give what Keras calls some dtypes besides: "int" is "int32"."""
    return cast(Mapping[str, str], facts()["dtype_aliases"])


def policy_names() -> tuple[str, ...]:
    """Give all that a layer's `dtype` may be: dtypes, "mixed_float16", "int8_from_float32" and so on."""
    return tuple(facts()["policies"])


def names(family: Family) -> tuple[str, ...]:
    """Give the public names of a family in order, without aliases."""
    return tuple(facts()[family])


@cache
def names_and_aliases(family: Family) -> Mapping[str, str]:
    """Map every name of a family, alias or not, to the name that Keras gives the object itself."""
    entries = facts()[family]
    table = {alias: name for name, entry in entries.items() for alias in entry.get("aliases", ())}
    return table | {name: name for name in entries}


@cache
def identifiers(family: Family) -> Mapping[str, str]:
    """Map every string that `keras.<family>.get` understands to the object it stands for."""
    entries = facts()[family]
    return {text: name for name, entry in entries.items() for text in entry.get("identifiers", ())}


@cache
def signature(family: Family, name: str) -> Signature | None:
    """Look a public name or alias up in a family; None where the family has no such name."""
    own = names_and_aliases(family).get(name)
    if own is None:
        return None
    entry = facts()[family][own]
    return Signature(
        own,
        family,
        tuple(_parameters(entry["parameters"])),
        tuple(_parameters(entry.get("call", ()))),
        tuple(entry.get("aliases", ())),
        tuple(entry.get("identifiers", ())),
    )


def families_of(name: str) -> tuple[Family, ...]:
    """Say in which families a name is public: `CosineSimilarity` is a loss and a metric."""
    return tuple(family for family in FAMILIES if name in names_and_aliases(family))


def _parameters(items: Iterable[Any]) -> Iterable[Parameter]:
    kind: ParameterKind = "positional"
    for item in items:
        if item == "*":
            kind = "keyword"
        elif item == "**":
            yield from _base_parameters()
        elif isinstance(item, list):
            yield Parameter(item[0], _decode(item[1]), kind=kind)
        elif item.startswith("**"):
            yield Parameter(item[2:], kind="any_name")
        elif item.startswith("*"):
            kind = "keyword"
            yield Parameter(item[1:], kind="many")
        else:
            yield Parameter(item, required=True, kind=kind)


def _base_parameters() -> Iterable[Parameter]:
    for name, default in facts()["base"]:
        yield Parameter(name, _decode(default), kind="keyword", is_base=True)


def _decode(value: Any) -> Any:  # a default, as JSON has it and as Keras does
    if isinstance(value, list):
        return [_decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "tuple" in value:
        return tuple(_decode(item) for item in value["tuple"])
    return float(value["float"])
