"""Blocks of the library in a model: what `std` has under a name becomes one use of it, options and all.

Each pattern of the library is laid over the graph, from what it gives back to what arrives. Where the layers agree,
what stands in the places that a parameter fills is its value; one that stands nowhere as it is, as `expansion` in
`expansion * filters`, is tried at what the numbers of the place make likely. Then the block is elaborated with these
values for what arrives there, and taken only if it is the same to the last value of every configuration.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, product, takewhile

from netdsl.catalog import has_role
from netdsl.catalog.kind import ObjectValue
from netdsl.catalog.spell import spell
from netdsl.importer.elaborated import elaborated
from netdsl.importer.laying import Finder, Match
from netdsl.importer.network import Given, Made, Network, Sizes, Tensor, Use
from netdsl.importer.objects import plain
from netdsl.importer.patterns import called, given_of, value_at
from netdsl.importer.proof import compare
from netdsl.importer.std import At, Declared, Pattern, library
from netdsl.record import record
from netdsl.value import is_number_of

#: Gives the shape and dtype of a tensor of a network, where they can be known.
TypeOf = Callable[[Tensor], tuple[Sizes, str] | None]

#: The family of what stands for a use of a block of the library.
STD = "std"

#: How many values are tried for a parameter that stands nowhere as it is, and how many rows of such values.
MOST_VALUES, MOST_ROWS = 6, 32


def with_library(network: Network, type_of: TypeOf) -> Network | None:
    """Give a network in which blocks of the library are uses of these; None where it has none of them."""
    chosen = _Choice(network, type_of).chosen()
    return _rewritten(network, chosen) if chosen else None


@record(eq=False)
class _Taken:
    """Matches that are one layer, or one use of a block: most of the time a single one; and what the block is given."""

    matches: tuple[Match, ...]
    arguments: Mapping[str, Given]


class _Choice:
    """Chooses matches that do not overlap, the largest first, each held to what the library makes."""

    def __init__(self, network: Network, type_of: TypeOf) -> None:
        self._network, self._type_of = network, type_of
        self._counts = Counter(id(use.made) for use in network.uses if use.made.family != "op")
        self._taken: set[int] = set()
        self._last: dict[int, Pattern] = {}  # what gives a tensor, by the number of its last use
        self._known: dict[Given, Mapping[str, Given] | None] = {}

    def chosen(self) -> list[_Taken]:
        finder = Finder(self._network)
        groups: dict[Given, list[Match]] = {}
        for number, pattern in enumerate(library()[1]):
            for match in finder.matches(pattern):
                whole = match.made if self._is_shared(match) else match.uses[-1].id
                groups.setdefault((number, whole), []).append(match)
        found: list[_Taken] = []
        for group in sorted(groups.values(), key=_size):
            if self._is_free(group):
                arguments = self._arguments(group)
                if arguments is not None:
                    found.append(_Taken(tuple(group), arguments))
                    self._take(group)
        return found

    def _is_shared(self, match: Match) -> bool:
        own = Counter(id(use.made) for use in match.uses if use.made.family != "op")
        return any(self._counts[made] > count for made, count in own.items())

    def _is_free(self, group: Sequence[Match]) -> bool:
        numbers = [use.id for match in group for use in match.uses]
        if not self._taken.isdisjoint(numbers) or len(set(numbers)) < len(numbers):
            return False
        used = Counter(
            id(use.made) for match in group for use in match.uses if use.made.family != "op"
        )
        if any(self._counts[made] != count for made, count in used.items()):
            return False
        return not any(map(self._begins_oddly, group))

    def _begins_oddly(self, match: Match) -> bool:
        """Tell whether a block would begin with what belongs to the layer before it: a normalization after its
        convolution, unless that ends a block that began so."""
        first = match.pattern.parts[0]
        arriving = match.inputs[0].use
        source = self._network.uses[arriving].made
        if first.family != "layer" or not has_role(first.kind, "batch_normalization", "activation"):
            return False
        if len(match.pattern.parts) > MOST_OF_A_LAYER or arriving in self._last:
            return False
        return source.family == "layer" and has_role(source.kind, "convolution", "dense")

    def _take(self, group: Sequence[Match]) -> None:
        for match in group:
            self._taken.update(use.id for use in match.uses)
            self._last.update((tensor.use, match.pattern) for tensor in match.outputs)

    def _arguments(self, group: Sequence[Match]) -> Mapping[str, Given] | None:
        """Give what the block is given for it to be what stands in the network; None where it is not."""
        match = group[0]
        types = [self._type_of(tensor) for tensor in match.inputs]
        if any(told is None or not told[0] for told in types):
            return None
        key = (
            id(match.pattern),
            repr([use.made for use in match.uses]),
            repr(types),
            _calls(match),
        )
        if key not in self._known:
            self._known[key] = _solved(match, [told for told in types if told is not None])
        return self._known[key]


#: How many parts a block has that stands for a layer with what goes with it.
MOST_OF_A_LAYER = 3


def _calls(match: Match) -> str:
    return repr(
        [
            [v for v in leaves if not isinstance(v, Tensor)]
            for use in match.uses
            for leaves in called(use).values()
        ]
    )


def _size(group: Sequence[Match]) -> tuple[int, int]:
    """The largest first, and of one size in the order of the network."""
    return -len(group[0].uses), group[0].uses[-1].id


def _solved(match: Match, types: Sequence[tuple[Sizes, str]]) -> Mapping[str, Given] | None:
    pattern = match.pattern
    block = library()[0][pattern.block]
    known: dict[str, Given] = dict(pattern.fixed)
    for name, places in pattern.fills.items():
        parameter = block.parameter(name)
        assert parameter is not None
        values = [value_at(match.uses, place) for place in places]
        if parameter.type == "list":
            known[name] = tuple(values)
        elif any(repr(value) != repr(values[0]) for value in values):
            return None
        else:
            known[name] = values[0]
    unknown = {
        name: list(islice(_likely(match, block, name, place, types), MOST_VALUES))
        for name, place in pattern.within.items()
    }
    unknown |= {name: list(values) for name, values in pattern.tries.items()}
    for row in islice(product(*unknown.values()), MOST_ROWS):
        given = _without_defaults(block, {**known, **dict(zip(unknown, row, strict=True))})
        if given is not None and _is_the_block(match, block, given, types):
            return given
    return None


def _likely(
    match: Match, block: Declared, name: str, place: At, types: Sequence[tuple[Sizes, str]]
) -> Iterator[Given]:
    """Give values for a parameter that stands nowhere as it is: the default, and how the number at the place where it
    has a say is to other numbers there."""
    parameter = block.parameter(name)
    assert parameter is not None
    met: list[Given] = []
    value = value_at(match.uses, place)
    numbers = [size for shape, _ in types for size in shape[1:] if isinstance(size, int)]
    for use in match.uses:
        for held in given_of(use.made).values():
            numbers += [v for v in (held, *_elements(held)) if isinstance(v, int) and v is not True]
    for found in _related(value, list(dict.fromkeys(numbers))):
        is_whole = found == int(found)
        if parameter.type != "int" or is_whole:
            wanted: Given = int(found) if is_whole and parameter.type != "float" else found
            met += [] if wanted in met else [wanted]
    if not parameter.required:
        met.insert(0 if parameter.default in met else 1, parameter.default)
    yield from dict.fromkeys(met)


def _elements(value: Given) -> Sequence[Given]:
    return value if isinstance(value, tuple) else ()


def _related(value: Given, numbers: Sequence[int]) -> Iterator[float]:
    """Give how often a number goes into others, or they into it: what is whole first."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        return
    parts = [(number, value) for number in numbers if number >= value]
    parts += [(value, number) for number in numbers if number > 0]
    yield from (a // b for a, b in parts if a % b == 0)
    yield from (a / b for a, b in parts if a % b)
    yield from (b / a for a, b in parts)


def _without_defaults(block: Declared, known: Mapping[str, Given]) -> dict[str, Given] | None:
    """Give what a use of a block must be given; None where a value is none that a spec has."""
    given: dict[str, Given] = {}
    for parameter in block.parameters:
        if parameter.name not in known:
            if parameter.required:
                return None
            continue
        value = known[parameter.name]
        if not _may_be_given(parameter.type, value):
            return None
        default = block.default_of(parameter.name, known)
        is_default = not parameter.required and (
            default is not None and _text(value, parameter.type) == _text(default, parameter.type)
        )
        is_none = value is None and default is None
        if not is_default and not is_none:
            given[parameter.name] = value
    return given


def _may_be_given(kind: str, value: Given) -> bool:
    match kind:
        case "int" | "float" | "bool":
            return is_number_of(kind, value)
        case "activation":
            return isinstance(value, str)
        case "list":
            return isinstance(value, tuple)
        case "initializer":
            return isinstance(value, (str, ObjectValue))
    return value is None or isinstance(value, (int, float, tuple))


def _text(value: Given, kind: str) -> str:
    """Spell what a block is given."""
    if kind == "list" and isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    if kind == "initializer":
        return repr(plain(value, ("initializer",)))
    return str(value) if isinstance(value, str) else str(spell(value))


def _is_the_block(
    match: Match, block: Declared, given: Mapping[str, Given], types: Sequence[tuple[Sizes, str]]
) -> bool:
    """Elaborate a use of a block for what arrives, and compare it with what stands in the network."""
    names = [f"a{place}" for place in range(len(types))]
    inputs = "\n".join(
        f"input {name}: {dtype}[{', '.join('?' if s is None else str(s) for s in shape[1:])}]"
        for name, (shape, dtype) in zip(names, types, strict=True)
    )
    arguments = ", ".join(f"{name}={_spelled(block, name, value)}" for name, value in given.items())
    source = names[0] if len(names) == 1 else f"[{', '.join(names)}]"
    outputs = [f"y{place}" for place in range(len(match.outputs))]
    call = f"{source} -> {block.name}({arguments})"
    body = f"output y0 = {call}" if len(outputs) == 1 else f"{', '.join(outputs)} = {call}"
    several = f"output [{', '.join(outputs)}]" if len(outputs) > 1 else ""
    found = elaborated(
        f"from {block.module} import {block.name}\nmodel M {{\n{inputs}\n{body}\n{several}\n}}\n"
    )
    graph = found.graphs.get("M")
    if found.error is not None or graph is None:
        return False
    return compare(_alone(match, types), graph).is_equal


def _spelled(block: Declared, name: str, value: Given) -> str:
    parameter = block.parameter(name)
    assert parameter is not None
    if isinstance(value, ObjectValue):
        inside = ", ".join(f"{k}={spell(v)}" for k, v in value.arguments.items())
        return f"{value.kind}({inside})"
    return _text(value, parameter.type)


def _alone(match: Match, types: Sequence[tuple[Sizes, str]]) -> Network:
    """Give the part of a network that a match is, as a network of its own."""
    network = Network("m", form="one" if len(match.outputs) == 1 else "list")
    moved: dict[Tensor, Tensor] = {}
    for tensor, (shape, dtype) in zip(match.inputs, types, strict=True):
        moved[tensor] = Tensor(len(network.uses))
        about = {"batch_shape": shape, "dtype": dtype}
        network.inputs.append(len(network.uses))
        network.uses.append(Use(len(network.uses), Made("a", "InputLayer", "input", about)))
    for use in sorted(match.uses, key=lambda use: use.id):
        number = len(network.uses)
        given = (_moved(value, moved, use.id, number) for value in (use.positional, use.keywords))
        network.uses.append(Use(number, use.made, *given))
        moved[Tensor(use.id, WHOLE)] = Tensor(number, WHOLE)
    network.outputs = [("y", _moved(tensor, moved, -1, -1)) for tensor in match.outputs]
    return network


#: The output that stands for all outputs of a use.
WHOLE = -1


def _moved(value: Given, moved: Mapping[Tensor, Tensor], use: int, number: int) -> Given:
    """Put other tensors in the place of some: of all outputs of a use, or of one."""
    if isinstance(value, Tensor):
        if value in moved:
            return moved[value]
        whole = moved.get(Tensor(value.use, WHOLE))
        return value if whole is None else Tensor(whole.use, value.output)
    if isinstance(value, (list, tuple)):
        return tuple(_moved(item, moved, use, number) for item in value)
    if isinstance(value, Mapping):
        return {name: _moved(item, moved, use, number) for name, item in value.items()}
    return value


def _rewritten(network: Network, chosen: Sequence[_Taken]) -> Network | None:
    """Put one use of a block in the place of each match."""
    return _Rewriting(network, chosen).network()


class _Rewriting:
    def __init__(self, network: Network, chosen: Sequence[_Taken]) -> None:
        self._old = network
        self._new = Network(network.name)
        self._moved: dict[Tensor, Tensor] = {}
        self._part_of: dict[int, Match] = {}
        self._made: dict[int, Made] = {}  # by the identity of a match
        self._done: set[int] = set()
        for taken in chosen:
            made = _made_of(taken)
            for match in taken.matches:
                self._made[id(match)] = made
                self._part_of.update((use.id, match) for use in match.uses)

    def network(self) -> Network | None:
        old, new = self._old, self._new
        for use in old.uses:
            match = self._part_of.get(use.id)
            if match is None or use.id == max(u.id for u in match.uses):
                self._emit(use.id)
        for number in old.inputs:
            self._emit(number)
        new.inputs = [self._at(Tensor(number)).use for number in old.inputs]
        new.outputs = [(name, self._at(tensor)) for name, tensor in old.outputs]
        new.form, new.training, new.is_sequential = old.form, old.training, old.is_sequential
        new.types = {
            self._at(tensor): told for tensor, told in old.types.items() if self._is_there(tensor)
        }
        return new

    def _is_there(self, tensor: Tensor) -> bool:
        match = self._part_of.get(tensor.use)
        return match is None or tensor in match.outputs

    def _at(self, tensor: Tensor) -> Tensor:
        found: Tensor = _moved(tensor, self._moved, -1, -1)
        return found

    def _emit(self, number: int) -> None:
        """Give a use, or the block that it is in, after what it takes."""
        if number in self._done:
            return
        match = self._part_of.get(number)
        self._done.update([number] if match is None else [use.id for use in match.uses])
        use = self._old.uses[number]
        for tensor in use.inputs if match is None else match.inputs:
            self._emit(tensor.use)
        place = len(self._new.uses)
        if match is None:
            given = (_moved(v, self._moved, -1, -1) for v in (use.positional, use.keywords))
            self._new.uses.append(Use(place, use.made, *given))
            self._moved[Tensor(number, WHOLE)] = Tensor(place, WHOLE)
            return
        first, *others = (self._at(tensor) for tensor in match.inputs)
        if len(others) > 1:
            used = Use(place, self._made[id(match)], ((first, *others),))
        else:
            named = dict(zip(match.pattern.inputs[1:], others, strict=True))
            used = Use(place, self._made[id(match)], (first,), named)
        self._new.uses.append(used)
        for output, tensor in enumerate(match.outputs):
            self._moved[tensor] = Tensor(place, output)


def _made_of(taken: _Taken) -> Made:
    """Make what stands for a use of a block, called after what its layers are called."""
    match = taken.matches[0]
    pattern = match.pattern
    names = [use.made.name for use in match.uses if use.made.family != "op"]
    stem = _beginning(names) if len(names) > 1 else ""
    name = stem.rpartition("_")[0] if "_" in stem else ""
    return Made(
        name or pattern.block,
        pattern.block,
        STD,  # type: ignore[arg-type]
        taken.arguments,
        taken.arguments,
        module=pattern.module,
        kinds=pattern.kinds,
        gives=len(pattern.outputs),
    )


def _beginning(names: Sequence[str]) -> str:
    """Give what all names begin with."""
    first, last = min(names), max(names)
    same = (a == b for a, b in zip(first, last, strict=False))
    return first[: sum(takewhile(bool, same))]


__all__ = ["STD", "with_library"]
