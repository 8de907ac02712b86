"""Spells layers, functions and values as a person writes them in a spec."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from math import isfinite

from netdsl.catalog.argument_table import layer_argument_type
from netdsl.catalog.argument_types import ArgumentMismatch, ArgumentType
from netdsl.catalog.kind import ExternFunction, ObjectValue
from netdsl.catalog.signature import Parameter, identifiers, names_and_aliases, signature
from netdsl.elaborate.plans.naming import snake_case
from netdsl.importer.arrays import Array, spell_rows
from netdsl.importer.errors import not_sayable
from netdsl.importer.layers import canonical, parameters_of
from netdsl.importer.network import Given, Made, Tensor
from netdsl.importer.objects import Custom, LambdaCode, families_taken, plain
from netdsl.importer.sequences import Raw, spell_computed, spell_number, spell_sequence
from netdsl.importer.std import block_of_library
from netdsl.importer.weights import OPTIONS, starts_by_itself

#: What gives the name of an extern function, and what spells a layer that a model is.
SpellTensor = Callable[[Tensor], str]


class Speller:
    """Spells values; what has to be declared before is noted in `functions`."""

    def __init__(self, models: Mapping[int, str], externs: Mapping[int, str]) -> None:
        self._models = models  # by the identity of their network
        self._externs = externs  # by the identity of the layer
        self.functions: dict[str, str] = {}  # the extern functions by name, with their modules
        #: What objects of classes of one's own are made with, by their family, class and module.
        self.classes: dict[tuple[str, str, str], list[Mapping[str, Given]]] = {}
        self.library: dict[str, dict[str, None]] = {}  # blocks of the library, by their file
        self.held: dict[int, str] = {}  # names of models that layers hold, by the identity of these
        self.defaults: dict[
            str, dict[str, Given]
        ] = {}  # what `defaults` statements of the file say

    def value(self, value: Given, kind: str = "", argument: str = "") -> str:
        match value:
            case Raw(text):
                return text
            case Made():
                return self.layer(value)
            case Array():
                return value.text
            case ObjectValue():
                return self.object(value)
            case ExternFunction(name, module):
                self.functions[name] = module
                return name
            case LambdaCode() | Custom():
                raise not_sayable(
                    kind or "a layer", f"its `{argument}` is Python, which a spec does not hold"
                )
            case str():
                return self._text(value, kind, argument)
            case list() | tuple():
                return self._items(value, kind, argument)
            case dict():
                pairs = (f"{self.value(k)}: {self.value(v)}" for k, v in value.items())
                return "{" + ", ".join(pairs) + "}"
        if isinstance(value, float) and not isfinite(value):
            raise not_sayable(
                kind or "a setting",
                f"its `{argument or 'value'}` is {value}, which no number of a spec is",
            )
        computed = spell_computed(value) if kind and isinstance(value, float) else None
        return computed or number(value)

    def _text(self, value: str, kind: str, argument: str) -> str:
        families = families_taken(kind, argument) if kind else ()
        is_name = any(value in identifiers(family) for family in families)
        return value if is_name and value.isidentifier() else json.dumps(value, ensure_ascii=False)

    def _items(self, value: Iterable[Given], kind: str, argument: str) -> str:
        short = shortened(kind, argument, value) if kind else value
        if not isinstance(short, (list, tuple)):
            return self.value(short, kind, argument)
        made = spell_sequence(short, spell_number) or spell_rows(short)
        if made is not None:
            return made
        inside = [self.value(item, "", argument) for item in short]
        if any(isinstance(item, (Made, str, dict)) for item in short):
            return f"[{', '.join(inside)}]"
        return f"({inside[0]},)" if len(inside) == 1 else f"({', '.join(inside)})"

    def _whole(self, value: Given) -> str:
        """Spell what a class of one's own is given: a short name would be a text there."""
        if isinstance(value, ObjectValue) and not value.arguments:
            return f"{value.kind}()"
        return self.value(value)

    def object(self, value: ObjectValue) -> str:
        """Spell a configured object: by its short name, where it is as it comes."""
        if value.module:
            name = value.kind.rpartition(".")[2]
            self.classes.setdefault((value.family, name, value.module), []).append(value.arguments)
            return (
                f"{name}({', '.join(f'{k}={self.value(v)}' for k, v in value.arguments.items())})"
            )
        if not value.arguments:
            if value.family in ("initializer", "regularizer", "constraint"):
                short = snake_case(value.kind)
                known = identifiers(value.family).get(short)
                return short if known == value.kind else f"{value.kind}()"
            return f"{value.kind}()"
        found = signature(value.family, value.kind)
        assert found is not None
        inside: list[str] = []
        by_position = True
        for place, parameter in enumerate(found.parameters):
            by_position &= parameter.name in value.arguments and parameter.kind == "positional"
            if parameter.name in value.arguments:
                given = value.arguments[parameter.name]
                text = self.value(given)
                is_plain = by_position and _goes_by_place(value.family, parameter, place, given)
                inside.append(text if is_plain else f"{parameter.name}={text}")
        return f"{value.kind}({', '.join(inside)})"

    def layer(self, made: Made) -> str:
        """Spell a layer that stands where a layer is taken."""
        if id(made) in self.held:
            return self.held[id(made)]
        if made.parts and (made.network is None or not made.network.uses):
            return " -> ".join(self.layer(part) for part in made.parts)
        if made.parts:
            return " -> ".join(self.layer(part) for part in made.parts)
        return self.call(made, made.given)

    def call(
        self, made: Made, given: Mapping[str, Given], extra: Iterable[tuple[str, str]] = ()
    ) -> str:
        """Spell the call that makes a layer; what must be given stands first, by position."""
        if made.family == "model":
            head = self._models[id(made.network)]
            inside = [self.value(value) for value in given.values()]  # of those of one form
        elif made.family == "extern":
            head = self._externs[id(made)]
            inside = [f"{k}={self._whole(v)}" for k, v in given.items()]
        elif made.family == "std":
            self.library.setdefault(made.module, {})[made.kind] = None
            head, inside = made.kind, self._of_block(made.kind, given)
        else:
            head, inside = made.kind, self.arguments(made.kind, given)
        inside += [f"{name}={text}" for name, text in extra]
        if not made.trainable:
            inside.append("trainable=False")
        return f"{head}({', '.join(inside)})"

    def _of_block(self, kind: str, given: Mapping[str, Given]) -> list[str]:
        """Spell what a block of the library is given: what it needs by position, then the size of a window."""
        inside: list[str] = []
        by_position = True
        for parameter in block_of_library(kind).parameters:
            by_position &= parameter.required or parameter.name == "kernel_size"
            if parameter.name not in given:
                by_position = False
                continue
            text = self.of_block(given[parameter.name], kind, parameter.name)
            inside.append(text if by_position else f"{parameter.name}={text}")
        return inside

    def of_block(self, value: Given, kind: str, argument: str) -> str:
        """Spell a value for a parameter of a block of the library."""
        parameter = block_of_library(kind).parameter(argument)
        wanted = parameter.type if parameter is not None else "any"
        if isinstance(value, str) and wanted in ("activation", "initializer"):
            return value
        if isinstance(value, tuple) and wanted == "list":
            return f"[{', '.join(map(self.value, value))}]"
        return self.value(value)

    def arguments(self, kind: str, given: Mapping[str, Given]) -> list[str]:
        left = self._beyond_defaults(kind, given)
        inside = []
        for parameter in (*parameters_of(kind), *_second(kind)):
            if parameter.name not in left:
                break
            inside.append(self.value(left.pop(parameter.name), kind, parameter.name))
        found = signature("layer", kind)
        order = found.names if found is not None else tuple(left)
        for name in sorted(left, key=lambda name: order.index(name) if name in order else 999):
            inside.append(f"{name}={self.value(left[name], kind, name)}")
        return inside

    def weight(
        self, variable: str, given: Mapping[str, Given], *, trainable: Given = True, name: str = ""
    ) -> str:
        """Spell the statement that declares a weight; `name` is spelled, where it is to have one."""
        dtype = str(given["dtype"])
        sizes = ", ".join(self.value(size) for size in given["shape"])
        options = [
            f"{option}={self.value(given[option])}" for option in OPTIONS if given.get(option)
        ]
        options += [] if trainable is True else [f"trainable={self.value(trainable)}"]
        options += [f"name={name}"] if name else []
        text = f"weight {variable}: {'' if dtype == 'float32' else dtype}[{sizes}]"
        text += f"({', '.join(options)})" if options else ""
        start = given.get("initializer")
        return text if start is None or starts_by_itself(start) else f"{text} = {self.value(start)}"

    def _beyond_defaults(self, kind: str, given: Mapping[str, Given]) -> dict[str, Given]:
        """Leave out what a `defaults` statement says, and write out Keras's default where it says something else."""
        defaults = self.defaults.get(kind)
        if not defaults:
            return dict(given)
        found = signature("layer", kind)
        assert found is not None
        left = {k: v for k, v in given.items() if k not in defaults or not is_one(v, defaults[k])}
        for name in defaults:
            if name not in given:
                parameter = found.parameter(name)
                assert parameter is not None
                left[name] = canonical(kind, name, parameter.default)
        return left


def _goes_by_place(family: str, parameter: Parameter, place: int, given: Given) -> bool:
    """Tell whether people write an argument of an object by its place: `L1L2(1e-5, 1e-4)`, `SGD(0.1, momentum=0.9)`."""
    if family in ("initializer", "regularizer", "constraint"):
        return place < 2
    return place < 2 if parameter.required else place == 0 and not isinstance(given, (bool, str))


def is_one(a: Given, b: Given) -> bool:
    """Tell whether two values are one, of one type."""
    return type(a) is type(b) and bool(a == b)


@cache
def _second(kind: str) -> tuple[Given, ...]:
    """Give the first parameter where none is required, if it is what people write by position."""
    found = signature("layer", kind)
    if found is None or any(p.required for p in found.positional):
        return ()
    first = next(iter(found.positional), None)
    return (
        (first,)
        if first is not None
        and first.name in ("pool_size", "padding", "cropping", "size", "mode", "factor")
        else ()
    )


def _accepted(wanted: ArgumentType, value: Given) -> Given:
    """Give a value as an argument takes it; what is in that form already may be refused, as `((0, 1),)` is."""
    try:
        return wanted.accept(value)
    except ArgumentMismatch:
        return value


def shortened(kind: str, argument: str, value: Iterable[Given]) -> Given:
    """Give a size of all axes as one number, where the argument takes that: 3 for (3, 3)."""
    whole = tuple(value)
    if (
        not whole
        or any(item != whole[0] for item in whole)
        or not isinstance(whole[0], (int, tuple))
    ):
        return whole
    wanted = layer_argument_type(kind, argument)
    short = shortened(kind, argument, whole[0]) if isinstance(whole[0], tuple) else whole[0]
    for candidate in (short, whole[0]):
        try:
            if plain(wanted.accept(candidate)) == plain(_accepted(wanted, whole)):
                return candidate
        except ArgumentMismatch:
            continue
    return whole


def number(value: Given) -> str:
    """Spell a number, True, False, None or `...`: as short as it is exact."""
    if isinstance(value, Raw):
        return value.text
    return spell_number(value)


#: Words that begin a statement or a stage, or that values use.
_WORDS = frozenset(
    "let layer input inputs output weight weights defaults fn block model train extern assert repeat for if "
    "else in not and or as from import is None True False ops applications range len min max round int float abs "
    "sum enumerate zip ceil floor sqrt log2 params macs memory regularizer constraint initializer loss metric "
    "optimizer schedule callback bool str any list shape activation std keras".split()
)


@cache
def _taken(name: str) -> bool:
    families = ("layer", "activation", "initializer", "regularizer", "constraint", "loss", "metric")
    return any(
        name in names_and_aliases(f) or (f != "layer" and name in identifiers(f)) for f in families
    )


def may_be_name(name: str) -> bool:
    """Tell whether a name may be given to a tensor: it means nothing else in a spec."""
    return name.isidentifier() and name not in _WORDS and not _taken(name) and name.strip("_") != ""


def may_be_input(name: str) -> bool:
    """Tell whether an input may have a name, which Keras keeps: any but a word of expressions."""
    return name.isidentifier() and name not in _EXPRESSIONS and name.strip("_") != ""


#: Words of expressions, which are never names.
_EXPRESSIONS = frozenset("for if else in not and or as is None True False repeat".split())


def as_name(text: str, otherwise: str = "x") -> str:
    """Make a name of what a layer is called."""
    name = "".join(c if c.isalnum() or c == "_" else "_" for c in text)
    if not name or name[0].isdigit():
        name = f"{otherwise}_{name}" if name.strip("_") else otherwise
    return name if may_be_name(name) else f"{name}_1" if name.isidentifier() else otherwise


def unique(name: str, taken: set[str] | Mapping[str, Given]) -> str:
    """Number a name until nothing else has it."""
    number, found = 2, name
    while found in taken:
        found, number = f"{name}{'_' if name[-1:].isdigit() else ''}{number}", number + 1
    return found
