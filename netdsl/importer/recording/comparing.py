"""What two uses of a block have in common, which is its pattern; and where its parameters stand in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from netdsl.catalog.kind import ObjectValue
from netdsl.importer.arrays import FUNCTION
from netdsl.importer.network import Given, Network, Tensor, Use
from netdsl.importer.patterns import called, given_of, reachable, single, spelled
from netdsl.importer.recording.making import Options, Setting, made
from netdsl.importer.recording.trying import ROUNDED
from netdsl.importer.std import At

#: What stands at a place in the one use and in the other, where that is not the same.
Places = dict[At, tuple[Given, Given]]


def pattern_of(setting: Setting) -> Mapping[str, Given] | None:
    """Give the pattern of a block at some options; None where both uses are not the same layers, tied in one way."""
    networks = made(setting)
    if networks is None:
        return None
    places: Places = {}
    parts = _parts(networks, places)
    if parts is None:
        return None
    first = networks[0]
    numbers = _numbers(first, reachable(first))
    outputs = [[numbers[t.use], t.output] for _, t in first.outputs]
    if any(number < 0 for number, _ in outputs):
        return None
    values, told = setting.options
    fills = {name: _filled(values[name], places) for name in values if name in told}
    value: dict[str, Given] = {
        "fixed": {n: v[0] for n, v in values.items() if n not in told and n not in ROUNDED},
        "tries": {n: ROUNDED[n] for n in values if n in ROUNDED},
        "fills": {n: at for n, at in fills.items() if at},
        "within": {},
        "outputs": outputs,
        "parts": parts,
    }
    for name in sorted(told - set(value["fills"])):
        at = _where(setting, name)
        if at is not None:
            value["within"][name] = at
        elif setting.block.is_required(name):
            return None
    return value


def _numbers(network: Network, uses: Sequence[Use]) -> dict[int, int]:
    """Number the uses of a block in order, and what arrives from -1 on downwards."""
    inside = {use.id: place for place, use in enumerate(uses)}
    return inside | {number: -1 - place for place, number in enumerate(network.inputs)}


def _parts(networks: tuple[Network, Network], places: Places) -> list[dict[str, Given]] | None:
    """Give what the uses of two networks have in common; None where they are not the same layers."""
    uses, others = map(reachable, networks)
    if [_form(use) for use in uses] != [_form(use) for use in others]:
        return None
    numbers = [_numbers(n, found) for n, found in zip(networks, (uses, others), strict=True)]
    layers: dict[int, int] = {}
    parts = []
    for place, (one, other) in enumerate(zip(uses, others, strict=True)):
        call = _call(place, one, other, numbers, places)
        if call is None:
            return None
        number = layers.setdefault(id(one.made), len(layers))
        about = {"family": one.made.family, "kind": one.made.kind, "call": call}
        parts.append({**about, **_configuration(place, one, other, places), "layer": number})
    return parts


def _form(use: Use) -> tuple[str, str, list[str]]:
    return use.made.family, use.made.kind, list(called(use))


def _call(
    place: int, one: Use, other: Use, numbers: Sequence[Mapping[int, int]], places: Places
) -> dict[str, list[Given]] | None:
    """Give what two uses are called with; None where they take other tensors."""
    found: dict[str, list[Given]] = {}
    theirs = called(other)
    for name, leaves in called(one).items():
        if len(leaves) != len(theirs[name]):  # it is longer the second time
            if any(isinstance(value, Tensor) for value in (*leaves, *theirs[name])):
                return None
            found[name] = [None]
            continue
        row: list[Given] = []
        for number, (a, b) in enumerate(zip(leaves, theirs[name], strict=True)):
            if isinstance(a, Tensor) != isinstance(b, Tensor):
                return None
            if isinstance(a, Tensor):
                if numbers[0][a.use] != numbers[1][b.use] or a.output != b.output:
                    return None
                row.append([numbers[0][a.use], a.output])
            elif repr(a) == repr(b) and not _is_array(one):
                row.append(repr(a))
            else:
                row.append(None)
                places[place, f"({name}", number] = (a, b)
        found[name] = row
    return found


def _is_array(use: Use) -> bool:
    return use.made.family == "op" and use.made.kind == FUNCTION


def _configuration(place: int, one: Use, other: Use, places: Places) -> dict[str, Given]:
    """Give what two layers are given alike, and what varies between them; `places` notes where that stands."""
    given, varies = {}, set()
    for name in dict.fromkeys((*given_of(one.made), *given_of(other.made))):
        a, b = (m.given.get(name, m.arguments.get(name)) for m in (one.made, other.made))
        if spelled(one.made, name, a) == spelled(one.made, name, b):
            given[name] = spelled(one.made, name, a)
            continue
        varies.add(name)
        places[place, name, None] = (single(a), single(b))
        if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
            places.update({(place, name, n): pair for n, pair in enumerate(zip(a, b, strict=True))})
    return {"given": given, "varies": sorted(varies)}


def _filled(wanted: tuple[Given, Given], places: Places) -> Given:
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


def _where(setting: Setting, name: str) -> list[Given] | None:
    """Give a place at which a parameter has a say: what stands there is another with another value of it alone."""
    options = setting.options
    second = options.values[name][1]
    changed = Options({**options.values, name: (second, second)}, options.told)
    networks = made(setting), made(setting._replace(options=changed))
    if networks[0] is None or networks[1] is None:
        return None
    first, other = (reachable(pair[0]) for pair in networks if pair is not None)
    for place, (one, two) in enumerate(zip(first, other, strict=False)):
        for at, value in _values(one):
            if repr(value) != repr(dict(_values(two)).get(at)):
                return [place, *at]
    return None


def _values(use: Use) -> Iterator[tuple[tuple[str, int | None], Given]]:
    """Give what a use is given and called with, tensors apart, by the place of each in it."""
    yield from (((name, None), value) for name, value in given_of(use.made).items())
    for name, leaves in called(use).items():
        for number, value in enumerate(leaves):
            if not isinstance(value, Tensor):
                yield (f"({name}", number), value


__all__ = ["pattern_of"]
