"""What a block is given: values by which its parameters are known again, and options that make other layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from netdsl.importer.network import Given
from netdsl.importer.patterns import given_of, reachable, single
from netdsl.importer.recording.blocks import LibraryBlock, default_of
from netdsl.importer.recording.making import CHANNELS, Arrival, Options, Setting, made, skeleton
from netdsl.syntax import tree

#: Values that nothing else has, for either of two uses of a block: sizes that divide one another, windows, rates.
SIZES = ((1680, 210, 30, 10, 5, 15), (2520, 504, 56, 28, 14, 4))
WINDOWS = ((13, 17, 19, 7), (11, 23, 29, 9))
RATES = ((0.37, 0.43, 0.47), (0.31, 0.41, 0.29))
ACTIVATIONS = (("softsign", "selu", "hard_silu"), ("elu", "mish", "celu"))
ELEMENTS = ((310, 370, 410, 430, 290, 230), (470, 530, 590, 610, 670, 710))
NARROW = ("kernel", "stride", "rate", "pool", "scale", "patch")

#: What a parameter is called that says how often a part comes, how often that may be, and how many elements a list has.
COUNTS = ("depth", "layers", "levels")
TIMES = (1, 2, 3, 4, 5, 6, 7, 8)
LENGTHS = (2, 3, 4, 5, 6)

#: Parameters that others are rounded by, which are told by nothing: what is tried for them.
ROUNDED = {"divisor": (1, 8)}

MOST = 400  # combinations of options that are tried of a block

#: At how many of the sizes the first parameter may begin: a block may want smaller ones.
FIRST_SIZES = 4

#: A value for either use, and whether a parameter is known again by it.
Choice = tuple[tuple[Given, Given], bool]


def combinations(block: LibraryBlock, arrival: Arrival) -> Iterator[Options]:
    """Give options of a block, those at which it makes other layers among them."""
    for first_size, base in _bases(block, arrival):
        yield from _combined(block, arrival, base, first_size)


def with_ones(block: LibraryBlock, options: Options) -> Iterator[Options]:
    """Give options, and those in which nothing is left out on the way: only then may a shortcut be nothing."""
    yield options
    names = (p.name for p in block.statement.parameters)
    ones = {name for name in names if "stride" in name and name in options.told}
    if ones:
        values = {n: (1, 1) if n in ones else pair for n, pair in options.values.items()}
        yield Options(values, options.told - ones)


def channels_of(setting: Setting) -> Iterator[tuple[int, int]]:
    """Give how many channels may arrive: as many as anything, or as many as a layer in the block makes."""
    yield CHANNELS
    networks = made(setting)
    if networks is None or "{c}" not in setting.arrival.types[0][0]:
        return
    met: set[tuple[int, int]] = set()
    for one, other in zip(*map(reachable, networks), strict=False):
        for name, value in given_of(one.made).items():
            pair = (single(value), single(given_of(other.made).get(name)))
            if all(isinstance(v, int) and v > 9 for v in pair) and pair not in met:
                met.add(pair)
                yield pair


def _bases(block: LibraryBlock, arrival: Arrival) -> Iterator[tuple[int, Options]]:
    """Give options at which a block is made: all known again by their values, or all but one that has a default, as
    strides beside a rate; or else as many as the block takes."""
    plain = [p.name for p in block.statement.parameters if p.default is not None]
    for first_size in range(FIRST_SIZES):
        options = _base(block, set(), first_size)
        if options and made(Setting(block, arrival, options)) is not None:
            yield first_size, options
            return
    several = [
        [{name} for name in plain],
        [set(plain[-kept:]) for kept in range(2, len(plain) + 1)],
    ]
    for is_one, left_out in zip((True, False), several, strict=True):
        found = False
        for left in left_out:
            options = _base(block, left, 0)
            if options and made(Setting(block, arrival, options)) is not None:
                found = True
                yield 0, options
                if not is_one:
                    return
        if found:
            return


def _base(block: LibraryBlock, left: set[str], first_size: int) -> Options | None:
    """Give options of which all but some are known again by their values."""
    chosen = {}
    for name, options in _choices(block, first_size).items():
        own = [o for o in options if o[1] != (name in left)] or options
        if not own:
            return None
        chosen[name] = own[0]
    return _options(chosen)


def _options(chosen: Mapping[str, Choice]) -> Options:
    return Options(
        {name: values for name, (values, _) in chosen.items()},
        frozenset(name for name, (_, told) in chosen.items() if told),
    )


def _combined(
    block: LibraryBlock, arrival: Arrival, base: Options, first_size: int
) -> Iterator[Options]:
    """Give options that make other layers: those that do by themselves, together."""
    chosen = {name: (base.values[name], name in base.told) for name in base.values}
    wanted = skeleton(Setting(block, arrival, base))
    varied: dict[str, list[Choice]] = {}
    for name, options in _choices(block, first_size).items():
        met = [wanted]
        for option in options:
            if option == chosen[name]:
                continue
            found = skeleton(Setting(block, arrival, _options({**chosen, name: option})))
            if found is not None and found not in met:
                met.append(found)
                varied.setdefault(name, [chosen[name]]).append(option)
            elif found is not None and option[1] and not chosen[name][1]:
                chosen[name] = option
    names = list(varied)
    for number, row in enumerate(product(*varied.values())):
        if number < MOST:
            yield _options({**chosen, **dict(zip(names, row, strict=True))})


def _choices(block: LibraryBlock, first_size: int) -> dict[str, list[Choice]]:
    """Give what may be tried for each parameter, with whether it is known again; first what is likeliest."""
    counts = {"size": first_size - 1}
    return {
        parameter.name: _choices_of(parameter, counts) for parameter in block.statement.parameters
    }


def _choices_of(parameter: tree.Parameter, counts: dict[str, int]) -> list[Choice]:
    choices: list[Choice] = []
    default = default_of(parameter)
    lengths: Sequence[int] = (0,)
    if parameter.type == "list":
        is_open = parameter.default is None
        lengths = LENGTHS if is_open else (len(default) if isinstance(default, list) else 0,)
    for length in lengths:
        told = _told_values(parameter, counts, length)
        choices += [] if told is None else [(told, True)]
    for value in _others(parameter, default):
        if all(value != known[0] or type(value) is not type(known[0]) for known, _ in choices):
            choices.append(((value, value), False))
    return choices


def _others(parameter: tree.Parameter, default: Given) -> list[Given]:
    """Give values by which a parameter is not known again, but which may make other layers."""
    is_derived = isinstance(parameter.default, tree.Name) and default is None
    if is_derived and parameter.default is not None and parameter.default.span.text != "None":
        return []
    found: list[Given] = [] if parameter.default is None else [default]
    match parameter.type or "any":
        case "int" | "any":
            found += TIMES if parameter.name in COUNTS else (1,)[parameter.name in ROUNDED :]
        case "float":
            found += [0.0]
        case "bool":
            found += [True, False]
        case "activation":
            found += ["linear"]
    return found


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


__all__ = ["ROUNDED", "channels_of", "combinations", "with_ones"]
