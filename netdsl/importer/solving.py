"""What a block of the library is given for it to be what stands at a place of a model.

What stands in the places that a parameter fills is its value; one that stands nowhere as it is, as `expansion` in
`expansion * filters`, is tried at what the numbers of the place make likely. Then the block is elaborated with these
values for what arrives there, and taken only if it is the same to the last value of every configuration.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from math import floor, isfinite, log10

from netdsl.catalog.kind import ObjectValue
from netdsl.catalog.spell import spell
from netdsl.importer.elaborated import elaborated
from netdsl.importer.laying import Match
from netdsl.importer.network import Given, Made, Network, Sizes, Tensor, Use
from netdsl.importer.objects import plain
from netdsl.importer.patterns import given_of, value_at
from netdsl.importer.proof import compare
from netdsl.importer.replacing import WHOLE, put_in_place
from netdsl.importer.std import At, Declared, library
from netdsl.value import is_number_of

#: The shape and dtype of a tensor.
Told = tuple[Sizes, str]

#: How many values are tried for a parameter that stands nowhere as it is, and how many rows of such values.
MOST_VALUES, MOST_ROWS = 6, 32


def told_by(match: Match) -> dict[str, Given] | None:
    """Give the options of a pattern, and the values that stand where its parameters do; None where one has two."""
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
    return known


def guessed(
    match: Match, known: Mapping[str, Given], types: Sequence[Told], widths: Sequence[int]
) -> Mapping[str, Given] | None:
    """Give values of the parameters that stand nowhere, such that the block is what it lies on; None where there are
    none. `widths` are those of what it gives there."""
    pattern = match.pattern
    block = library()[0][pattern.block]
    unknown = {
        name: list(islice(_likely(match, block, name, place, types, widths), MOST_VALUES))
        for name, place in pattern.within.items()
    }
    unknown |= {name: list(values) for name, values in pattern.tries.items()}
    for row in islice(product(*unknown.values()), MOST_ROWS):
        found = dict(zip(unknown, row, strict=True))
        given = without_defaults(block, {**known, **found})
        if given is not None and _is_the_block(match, block, given, types):
            return found
    return None


def _likely(
    match: Match,
    block: Declared,
    name: str,
    place: At,
    types: Sequence[Told],
    widths: Sequence[int],
) -> Iterator[Given]:
    """Give values for a parameter that stands nowhere as it is: the default, and how the number at the place where it
    has a say is to other numbers there; or what makes the numbers of the array there."""
    parameter = block.parameter(name)
    assert parameter is not None
    met: list[Given] = []
    value = value_at(match.uses, place)
    numbers = [size for shape, _ in types for size in shape[1:] if isinstance(size, int)]
    for use in match.uses:
        for held in given_of(use.made).values():
            numbers += [v for v in (held, *_elements(held)) if isinstance(v, int) and v is not True]
    row = _elements(value)
    made: Iterable[float] = _related(value, list(dict.fromkeys(numbers)))
    if len(row) > 1 and all(isinstance(n, (int, float)) and isfinite(n) for n in row):
        made = (*widths, len(row), 2 * len(row)) if parameter.type == "int" else _bases(row)
    for found in made:
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


def _bases(numbers: Sequence[float]) -> Iterator[float]:
    """Give what numbers are powers of, each a fixed part of the one before, as `base ** (-i / n)` is."""
    first, second = numbers[:2]
    if first > 0 < second and first != second:
        for power in (-len(numbers), len(numbers)):
            base = (second / first) ** power
            if isfinite(base) and base > 0:
                yield round(base, 3 - floor(log10(base)))


def without_defaults(block: Declared, known: Mapping[str, Given]) -> dict[str, Given] | None:
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
    match: Match, block: Declared, given: Mapping[str, Given], types: Sequence[Told]
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


def _alone(match: Match, types: Sequence[Told]) -> Network:
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
        given = (put_in_place(value, moved) for value in (use.positional, use.keywords))
        network.uses.append(Use(number, use.made, *given))
        moved[Tensor(use.id, WHOLE)] = Tensor(number, WHOLE)
    network.outputs = [("y", put_in_place(tensor, moved)) for tensor in match.outputs]
    return network


__all__ = ["Told", "guessed", "told_by", "without_defaults"]
