"""Records the patterns of the library: each block is elaborated at values that tell its parameters apart.

A block is used twice over, with other values and for other inputs: what is a parameter's value both times is filled
by it, what differs otherwise varies. Options that change which layers there are, as `act=linear` does, are found by
trying.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from hashlib import sha256
from itertools import chain, product, repeat
from typing import NamedTuple

from netdsl.catalog.kind import ObjectValue
from netdsl.catalog.spell import spell
from netdsl.diagnostics.sink import Diagnostics
from netdsl.importer.elaborated import elaborated
from netdsl.importer.graphs import network_of
from netdsl.importer.network import Given, Network, Tensor, Use
from netdsl.importer.patterns import called, given_of, reachable, single, spelled
from netdsl.importer.std import RECORDED
from netdsl.record import record
from netdsl.resources import std_dir
from netdsl.source import SourceFile
from netdsl.syntax import tree
from netdsl.syntax.parse import parse
from netdsl.syntax.walk import walk

#: The files of the library that are looked into, and blocks that say less than what they are made of, or a loop of it.
MODULES = ("vision", "attention", "mlp", "sequence", "detection", "tabular")
LEFT_OUT = ("shortcut", "stochastic_depth", "ceil_pool", "dense_block")

#: Values that nothing else has, for either of two uses of a block: sizes that divide one another, windows, rates.
SIZES = ((1680, 210, 30, 10, 5, 15), (2520, 504, 56, 28, 14, 4))
WINDOWS = ((13, 17, 19, 7), (11, 23, 29, 9))
RATES = ((0.37, 0.43, 0.47), (0.31, 0.41, 0.29))
ACTIVATIONS = (("softsign", "selu", "hard_silu"), ("elu", "mish", "celu"))
ELEMENTS = ((310, 370, 410, 430, 290, 230), (470, 530, 590, 610, 670, 710))
NARROW = ("kernel", "stride", "rate", "pool", "scale", "patch")

#: What arrives, for either use, by the file: maps, sequences, heads of sequences, features, and words.
MAPS = ("[504, 504, {c}]", "[756, 756, {c}]")
SEQUENCES = ("[504, {c}]", "[756, {c}]")
ARRIVING = {
    "std.vision": (MAPS,),
    "std.attention": (SEQUENCES, MAPS, ("[504, 24, 48]", "[756, 36, 96]"), ("[1]", "[1]")),
    "std.mlp": (("[{c}]", "[{c}]"), SEQUENCES),
    "std.sequence": (SEQUENCES,),
    "std.detection": (MAPS,),
    "std.tabular": (("string[5]", "string[5]"), SEQUENCES),
}
CHANNELS = (5040, 12600)

#: What a parameter is called that says how often a part comes, how often that may be, and how many elements a list has.
COUNTS = ("depth", "layers", "levels")
TIMES = (1, 2, 3, 4, 5, 6, 7, 8)
LENGTHS = (2, 3, 4, 5, 6)

#: Parameters that others are rounded by, which are told by nothing: what is tried for them.
ROUNDED = {"divisor": (1, 8)}

MOST = 400  # combinations of options that are tried of a block


class Options(NamedTuple):
    """What a use gives for each parameter: a value for either use, and whether it is one that is told by its value."""

    values: Mapping[str, tuple[Given, Given]]
    told: frozenset[str]


@record(eq=False)
class Arrival:
    """The types of what arrives at the inputs of a block, for either use."""

    types: tuple[Sequence[str], Sequence[str]]

    def with_channels(self, channels: tuple[int, int]) -> tuple[list[str], list[str]]:
        first, second = (
            [text.format(c=count) for text in types]
            for types, count in zip(self.types, channels, strict=True)
        )
        return first, second


def write_patterns() -> None:
    """Write the patterns beside the importer."""
    RECORDED.write_text(recorded(), "utf-8")


def recorded() -> str:
    """Give the patterns of the library as text, a line for each."""
    lines = []
    for module, block in _blocks():
        parameters = [_parameter(p) for p in block.parameters]
        found = [json.dumps(pattern, separators=(",", ":")) for pattern in _patterns(module, block)]
        if not found:
            continue
        head = {"module": module, "inputs": _inputs(block), "parameters": parameters}
        inside = ",\n".join(found)
        lines.append(
            f'{json.dumps(block.name)}: {json.dumps(head)[:-1]}, "patterns": [\n{inside}]}}'
        )
    return f'{{"origin": "{origin()}", "blocks": {{\n' + ",\n".join(lines) + "\n}}\n"


def origin() -> str:
    """Give what tells the text of the library apart from any other."""
    texts = [(std_dir() / f"{name}.net").read_bytes() for name in MODULES]
    return sha256(b"".join(texts)).hexdigest()[:16]


def _blocks() -> Iterator[tuple[str, tree.Block]]:
    for name in MODULES:
        for statement in _module(f"std.{name}").statements:
            if isinstance(statement, tree.Block) and statement.name not in LEFT_OUT:
                yield f"std.{name}", statement


@cache
def _module(name: str) -> tree.Module:
    text = (std_dir() / f"{name.removeprefix('std.')}.net").read_text("utf-8")
    return parse(SourceFile(f"{name}.net", text), Diagnostics())


@cache
def _source(module: str, block: str) -> str:
    """Give a block with what it is made of, which is read faster than the whole file."""
    statements = _module(module).statements
    named = {s.name: s for s in statements if isinstance(s, tree.Block | tree.Function)}
    wanted, pending = {block}, [block]
    while pending:
        for node in walk(named[pending.pop()]):
            if isinstance(node, tree.Name) and node.id in named and node.id not in wanted:
                wanted.add(node.id)
                pending.append(node.id)
    kept = [
        s for s in statements if isinstance(s, tree.Defaults) or getattr(s, "name", "") in wanted
    ]
    return "\n".join(statement.span.text for statement in kept)


def _inputs(block: tree.Block) -> list[str]:
    if not isinstance(block.body, tree.Body):
        return ["x"]
    return [s.name for s in block.body.statements if isinstance(s, tree.Input)]


def _parameter(parameter: tree.Parameter) -> list[Given]:
    default = _default(parameter)
    return [parameter.name, parameter.type or "any", parameter.default is None, default]


def _default(parameter: tree.Parameter) -> Given:
    """Give the default where it is a value: a number, a name, a list of numbers."""
    text = "" if parameter.default is None else parameter.default.span.text
    if isinstance(parameter.default, tree.Name):
        return text if parameter.type in ("activation", "initializer") else None
    try:
        return json.loads(text.replace("True", "true").replace("False", "false").replace("_", ""))
    except ValueError:
        return None


def _patterns(module: str, block: tree.Block) -> Iterator[Mapping[str, Given]]:
    """Give the patterns of a block, those first that leave the most open."""
    found: dict[str, tuple[int, Mapping[str, Given]]] = {}
    for arrival in _arrivals(module, block):
        bases = _bases(module, block, arrival)
        combinations = chain.from_iterable(
            _combinations(module, block, arrival, base) for base in bases
        )
        for options in chain.from_iterable(map(_with_ones, repeat(block), combinations)):
            for channels in _channels(module, block, arrival, options):
                value = _pattern(module, block, arrival, options, channels)
                if value is None:
                    continue
                shape = json.dumps([value["parts"], value["outputs"]])
                fixed = len(value["fixed"])
                if shape not in found or fixed < found[shape][0]:
                    found[shape] = (fixed, value)
    kept: list[Mapping[str, Given]] = []
    for _, value in sorted(found.values(), key=lambda one: (one[0], -_open(one[1]))):
        if not any(_covers(other, value) for other in kept):
            kept.append(value)
    yield from kept


def _with_ones(block: tree.Block, options: Options) -> Iterator[Options]:
    """Give options, and those in which nothing is left out on the way: only then may a shortcut be nothing."""
    yield options
    ones = {p.name for p in block.parameters if "stride" in p.name and p.name in options.told}
    if ones:
        values = {n: (1, 1) if n in ones else pair for n, pair in options.values.items()}
        yield Options(values, options.told - ones)


def _open(value: Mapping[str, Given]) -> int:
    return sum(len(part["varies"]) for part in value["parts"])


def _covers(wide: Mapping[str, Given], narrow: Mapping[str, Given]) -> bool:
    """Tell whether a pattern is found wherever another is, and fixes no option that the other leaves open."""
    if len(wide["parts"]) != len(narrow["parts"]) or wide["outputs"] != narrow["outputs"]:
        return False
    if not wide["fixed"].items() <= narrow["fixed"].items():
        return False
    return all(_part_covers(a, b) for a, b in zip(wide["parts"], narrow["parts"], strict=True))


def _part_covers(wide: Mapping[str, Given], narrow: Mapping[str, Given]) -> bool:
    if any(wide[key] != narrow[key] for key in ("family", "kind", "layer")):
        return False
    if list(wide["call"]) != list(narrow["call"]):
        return False
    for name, leaves in wide["call"].items():
        other = narrow["call"][name]
        if len(other) != len(leaves) or any(
            mine is not None and mine != theirs for mine, theirs in zip(leaves, other, strict=True)
        ):
            return False
    if not set(narrow["varies"]) <= set(wide["varies"]):
        return False
    left = {k: v for k, v in narrow["given"].items() if k not in wide["varies"]}
    return bool(left == wide["given"])


def _arrivals(module: str, block: tree.Block) -> Iterator[Arrival]:
    count = len(_inputs(block))
    for first, second in ARRIVING[module]:
        yield Arrival(([first] * count, [second] * count))
    if count > 1:  # maps of a pyramid
        halves = [
            [f"[{size // 2**level}, {size // 2**level}, {{c}}]" for level in range(count)]
            for size in (512, 1024)
        ]
        yield Arrival((halves[0], halves[1]))


def _told_values(
    parameter: tree.Parameter, counts: dict[str, int], length: int
) -> tuple[Given, Given] | None:
    """Give values for a parameter by which it is known again; None where there are none."""
    kind = parameter.type or "any"
    table: tuple[Sequence[Given], Sequence[Given]]
    match kind:
        case "int" if parameter.name in COUNTS or parameter.name in ROUNDED:
            return None
        case "int" | "any" if parameter.default is None or parameter.default.span.text != "None":
            is_narrow = any(word in parameter.name for word in NARROW)
            kind, table = ("window", WINDOWS) if is_narrow else ("size", SIZES)
        case "any":
            return ((1, 2), (2,))
        case "float":
            table = RATES
        case "activation":
            table = ACTIVATIONS
        case "list":
            return (list(ELEMENTS[0][:length]), list(ELEMENTS[1][:length]))
        case "initializer":
            return ("ones", "he_normal")
        case _:
            return None
    place = counts[kind] = counts.get(kind, -1) + 1
    return (table[0][place], table[1][place]) if place < len(table[0]) else None


def _choices(block: tree.Block) -> dict[str, list[tuple[tuple[Given, Given], bool]]]:
    """Give what may be tried for each parameter, with whether it is known again; first what is likeliest."""
    found: dict[str, list[tuple[tuple[Given, Given], bool]]] = {}
    counts: dict[str, int] = {}
    for parameter in block.parameters:
        kind = parameter.type or "any"
        choices: list[tuple[tuple[Given, Given], bool]] = []
        default = _default(parameter)
        lengths = (
            LENGTHS
            if parameter.default is None
            else (len(default) if isinstance(default, list) else 0,)
        )
        for length in lengths if kind == "list" else (0,):
            told = _told_values(
                parameter, counts if length in (0, lengths[0]) else dict(counts), length
            )
            choices += [] if told is None else [(told, True)]
        others: list[Given] = [] if parameter.default is None else [default]
        match kind:
            case "int" | "any":
                others += TIMES if parameter.name in COUNTS else (1,)[parameter.name in ROUNDED :]
            case "float":
                others += [0.0]
            case "bool":
                others += [True, False]
            case "activation":
                others += ["linear"]
        is_derived = isinstance(parameter.default, tree.Name) and default is None
        others = [] if is_derived and parameter.default.span.text != "None" else others  # type: ignore[union-attr]
        for value in others:
            if all(value != known[0] or type(value) is not type(known[0]) for known, _ in choices):
                choices.append(((value, value), False))
        found[parameter.name] = choices
    return found


def _bases(module: str, block: tree.Block, arrival: Arrival) -> Iterator[Options]:
    """Give options at which a block is made: all known again by their values, or all but one that has a default, as
    strides beside a rate; or else as many as the block takes."""
    plain = [p.name for p in block.parameters if p.default is not None]
    found = False
    for left in [set[str](), *({name} for name in plain)]:
        options = _base(block, left)
        if options and _made(module, block, arrival, options, CHANNELS) is not None:
            yield options
            if not left:
                return
            found = True
    for kept in range(2, len(plain) + 1) if not found else ():
        options = _base(block, set(plain[-kept:]))
        if options and _made(module, block, arrival, options, CHANNELS) is not None:
            yield options
            return


def _base(block: tree.Block, left: set[str]) -> Options | None:
    """Give options of which all but some are known again by their values."""
    chosen = {}
    for name, options in _choices(block).items():
        own = [o for o in options if o[1] != (name in left)] or options
        if not own:
            return None
        chosen[name] = own[0]
    return _options(chosen)


def _options(chosen: Mapping[str, tuple[tuple[Given, Given], bool]]) -> Options:
    return Options(
        {name: values for name, (values, _) in chosen.items()},
        frozenset(name for name, (_, told) in chosen.items() if told),
    )


def _combinations(
    module: str, block: tree.Block, arrival: Arrival, base: Options
) -> Iterator[Options]:
    """Give options that make other layers: those that do by themselves, together."""
    choices = _choices(block)
    chosen = {name: (base.values[name], name in base.told) for name in base.values}
    wanted = _skeleton(module, block, arrival, base)
    varied: dict[str, list[tuple[tuple[Given, Given], bool]]] = {}
    for name, options in choices.items():
        met = [wanted]
        for option in options:
            if option == chosen[name]:
                continue
            skeleton = _skeleton(module, block, arrival, _options({**chosen, name: option}))
            if skeleton is not None and skeleton not in met:
                met.append(skeleton)
                varied.setdefault(name, [chosen[name]]).append(option)
            elif skeleton is not None and option[1] and not chosen[name][1]:
                chosen[name] = option
    names = list(varied)
    for number, row in enumerate(product(*varied.values())):
        if number < MOST:
            yield _options({**chosen, **dict(zip(names, row, strict=True))})


def _skeleton(
    module: str, block: tree.Block, arrival: Arrival, options: Options
) -> tuple[Given, ...] | None:
    made = _made(module, block, arrival, options, CHANNELS)
    if made is None:
        return None
    return tuple(
        (use.made.family, use.made.kind, [t.use for t in use.inputs], _marked(use))
        for use in reachable(made[0])
    )


def _marked(use: Use) -> tuple[str, ...]:
    """Give what is called with besides tensors, where it is a mark: it is causal or not."""
    return tuple(
        f"{name}={value}"
        for name, leaves in called(use).items()
        for value in leaves
        if isinstance(value, bool)
    )


def _channels(
    module: str, block: tree.Block, arrival: Arrival, options: Options
) -> Iterator[tuple[int, int]]:
    """Give how many channels may arrive: as many as anything, or as many as a layer in the block makes."""
    made = _made(module, block, arrival, options, CHANNELS)
    yield CHANNELS
    if made is None or "{c}" not in arrival.types[0][0]:
        return
    met: set[tuple[int, int]] = set()
    for one, other in zip(reachable(made[0]), reachable(made[1]), strict=False):
        for name, value in given_of(one.made).items():
            pair = (single(value), single(given_of(other.made).get(name)))
            if all(isinstance(v, int) and v > 9 for v in pair) and pair not in met:
                met.add(pair)
                yield pair


@lru_cache(maxsize=100_000)
def _elaborated(module: str, block: str, arguments: str, types: tuple[str, ...]) -> Network | None:
    names = [f"a{place}" for place in range(len(types))]
    inputs = "\n".join(f"    input {n}: {t}" for n, t in zip(names, types, strict=True))
    source = names[0] if len(names) == 1 else f"[{', '.join(names)}]"
    text = f"{_source(module, block)}\nmodel Probe {{\n{inputs}\n"
    for outputs in ("y", "y, y2", "y, y2, y3"):
        given = "" if not names else f"{source} -> "
        several = "" if outputs == "y" else f"\n    output {outputs}"
        head = f"    output y = {given}" if not several else f"    {outputs} = {given}"
        found = elaborated(f"{text}{head}{block}({arguments}){several}\n}}\n")
        if found.error is None and found.graphs["Probe"].complete:
            return network_of(found.graphs["Probe"])
    return None


def _made(
    module: str, block: tree.Block, arrival: Arrival, options: Options, channels: tuple[int, int]
) -> tuple[Network, Network] | None:
    """Give the two networks that a block makes; None where it refuses, or makes other layers the second time."""
    found: list[Network] = []
    for which, types in enumerate(arrival.with_channels(channels)):
        arguments = ", ".join(
            f"{name}={_spelled(values[which])}" for name, values in options.values.items()
        )
        made = _elaborated(module, block.name, arguments, tuple(types))
        if made is None or not reachable(made):
            return None
        found.append(made)
    return found[0], found[1]


def _spelled(value: Given) -> str:
    return value if isinstance(value, str) else str(spell(value))


def _pattern(
    module: str,
    block: tree.Block,
    arrival: Arrival,
    options: Options,
    channels: tuple[int, int],
) -> Mapping[str, Given] | None:
    made = _made(module, block, arrival, options, channels)
    if made is None:
        return None
    uses, others = map(reachable, made)
    if len(uses) != len(others) or any(
        (a.made.family, a.made.kind, list(called(a)))
        != (b.made.family, b.made.kind, list(called(b)))
        for a, b in zip(uses, others, strict=True)
    ):
        return None
    numbers = [{use.id: place for place, use in enumerate(found)} for found in (uses, others)]
    for network, table in zip(made, numbers, strict=True):
        table.update({number: -1 - place for place, number in enumerate(network.inputs)})
    places: dict[tuple[int, str, int | None], tuple[Given, Given]] = {}
    layers: dict[int, int] = {}
    parts = []
    for place, (one, other) in enumerate(zip(uses, others, strict=True)):
        part = _part(place, one, other, numbers, places)
        if part is None:
            return None
        part["layer"] = layers.setdefault(id(one.made), len(layers))
        parts.append(part)
    outputs = [[numbers[0][t.use], t.output] for _, t in made[0].outputs]
    if any(number < 0 for number, _ in outputs):
        return None
    fills = {
        name: _filled(options.values[name], places)
        for name in options.values
        if name in options.told
    }
    value: dict[str, Given] = {
        "fixed": {
            n: v[0] for n, v in options.values.items() if n not in options.told and n not in ROUNDED
        },
        "tries": {n: ROUNDED[n] for n in options.values if n in ROUNDED},
        "fills": {n: at for n, at in fills.items() if at},
        "within": {},
        "outputs": outputs,
        "parts": parts,
    }
    for name in sorted(options.told - set(value["fills"])):
        at = _where(module, block, arrival, options, channels, name, places)
        if at is not None:
            value["within"][name] = at
        elif block_default(block, name) is None:
            return None
    return value


def block_default(block: tree.Block, name: str) -> tree.Expr | None:
    return next(p.default for p in block.parameters if p.name == name)


def _part(
    place: int,
    one: Use,
    other: Use,
    numbers: list[dict[int, int]],
    places: dict[tuple[int, str, int | None], tuple[Given, Given]],
) -> dict[str, Given] | None:
    """Give what two uses have in common; `places` notes what varies between them, and where."""
    call: dict[str, list[Given]] = {}
    theirs = called(other)
    for name, leaves in called(one).items():
        if len(leaves) != len(theirs[name]):
            return None
        row: list[Given] = []
        for number, (a, b) in enumerate(zip(leaves, theirs[name], strict=True)):
            if isinstance(a, Tensor) != isinstance(b, Tensor):
                return None
            if isinstance(a, Tensor):
                if numbers[0][a.use] != numbers[1][b.use] or a.output != b.output:
                    return None
                row.append([numbers[0][a.use], a.output])
            elif repr(a) == repr(b) and one.made.kind != "array":
                row.append(repr(a))
            else:
                row.append(None)
                places[place, f"({name}", number] = (a, b)
        call[name] = row if one.made.kind != "array" else [None]
    given, varies = {}, set()
    mine, their = given_of(one.made), given_of(other.made)
    for name in dict.fromkeys((*mine, *their)):
        a, b = (m.given.get(name, m.arguments.get(name)) for m in (one.made, other.made))
        if spelled(one.made, name, a) == spelled(one.made, name, b):
            given[name] = spelled(one.made, name, a)
            continue
        varies.add(name)
        places[place, name, None] = (single(a), single(b))
        if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
            places.update({(place, name, n): pair for n, pair in enumerate(zip(a, b, strict=True))})
    return {
        "family": one.made.family,
        "kind": one.made.kind,
        "call": call,
        "given": given,
        "varies": sorted(varies),
    }


def _filled(
    wanted: tuple[Given, Given], places: Mapping[tuple[int, str, int | None], tuple[Given, Given]]
) -> Given:
    """Give the places that a parameter fills; of a list, those of each element, in its order."""
    if isinstance(wanted[0], list):
        rows = [_filled(pair, places) for pair in zip(*wanted, strict=True)]
        return [row[0] for row in rows] if all(rows) else []
    return [
        list(place)
        for place, pair in places.items()
        if all(_is(v, w) for v, w in zip(pair, wanted, strict=True))
    ]


def _is(value: Given, wanted: Given) -> bool:
    if isinstance(value, ObjectValue):
        return not value.arguments and value.kind.lower() == str(wanted).replace("_", "")
    return type(value) is type(wanted) and bool(value == wanted)


def _where(
    module: str,
    block: tree.Block,
    arrival: Arrival,
    options: Options,
    channels: tuple[int, int],
    name: str,
    places: Mapping[tuple[int, str, int | None], tuple[Given, Given]],
) -> list[Given] | None:
    """Give a place at which a parameter has a say: what stands there is another with another value of it alone."""
    values = options.values[name]
    changed = Options({**options.values, name: (values[1], values[1])}, options.told)
    first = _made(module, block, arrival, options, channels)
    second = _made(module, block, arrival, changed, channels)
    if first is None or second is None:
        return None
    for place, (one, other) in enumerate(
        zip(reachable(first[0]), reachable(second[0]), strict=False)
    ):
        for argument, value in given_of(one.made).items():
            if repr(value) != repr(given_of(other.made).get(argument)):
                return [place, argument, None]
    return None


__all__ = ["origin", "recorded", "write_patterns"]


if __name__ == "__main__":
    write_patterns()
