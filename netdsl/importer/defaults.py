"""`defaults` statements: arguments that most layers of a kind are given alike, said once for the whole file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from netdsl.catalog.signature import signature
from netdsl.importer import cost
from netdsl.importer.fold import Program
from netdsl.importer.network import Given, Made, held_in
from netdsl.importer.spell import Speller
from netdsl.importer.terms import Item, Leaf, Parameter, walk

#: What share of the layers of a kind must agree.
MOST = 0.7

#: What a reader wants to see at the layer.
SIZES = ("filters", "kernel_size", "pool_size", "rate", "size", "strides", "units")

#: What a `defaults` statement costs, for a kind and for an argument of it.
STATEMENT, ARGUMENT = 6, 3


def choose_defaults(programs: Iterable[Program], speller: Speller) -> None:
    """Find what is worth a statement, and have the speller leave it out of the layers."""
    uses: defaultdict[str, list[dict[str, Given]]] = defaultdict(list)
    for program in programs:
        for row in _bodies(program):
            for kind, given in _layers(row):
                uses[kind].append(given)
    for kind, found in uses.items():
        chosen = _worth_it(kind, found)
        if chosen:
            speller.defaults[kind] = chosen


def statements(speller: Speller) -> Iterator[str]:
    """Write them; kinds that have the same share none, as each is read by itself."""
    for kind, arguments in speller.defaults.items():
        inside = ", ".join(
            f"{name}={speller.value(v, kind, name)}" for name, v in arguments.items()
        )
        yield f"defaults {kind}({inside})"


def _bodies(program: Program) -> Iterator[list[Item]]:
    yield from (line.row for line in program.lines)
    yield from (block.row for block in program.blocks)
    yield from program.shared.values()


def _layers(row: list[Item]) -> Iterator[tuple[str, dict[str, Given]]]:
    """Give every layer of Keras that a row writes, those inside others too, with what it is given."""
    for item in walk(row):
        if isinstance(item, Leaf) and item.kind[0] in ("layer", "model"):
            if item.kind[0] == "layer":
                yield (
                    item.made.kind,
                    {k: v for k, v in item.arguments.items() if not k.startswith("(")},
                )
            yield from _inside(item.made)


def _inside(made: Made) -> Iterator[tuple[str, dict[str, Given]]]:
    held = [part for value in made.given.values() for part in held_in(value)]
    for part in (*held, *made.parts):
        if part.family == "layer":
            yield part.kind, dict(part.given)
        yield from _inside(part)


def _worth_it(kind: str, uses: list[dict[str, Given]]) -> dict[str, Given]:
    found = signature("layer", kind)
    if found is None or len(uses) < 3:
        return {}
    chosen: dict[str, Given] = {}
    saved = 0
    for parameter in found.parameters:
        if parameter.required or parameter.name in SIZES:
            continue
        values = [given[parameter.name] for given in uses if parameter.name in given]
        counts = Counter(repr(v) for v in values if not isinstance(v, Parameter))
        if not counts:
            continue
        text, count = counts.most_common(1)[0]
        value = next(v for v in values if repr(v) == text)
        without = sum(parameter.name not in given for given in uses)
        gain = (count - without) * (2 + cost.of_value(value)) - ARGUMENT - cost.of_value(value)
        if count >= MOST * len(uses) and gain > 0:
            chosen[parameter.name] = value
            saved += gain
    return chosen if saved > STATEMENT else {}
