"""Models inside a model that one function made: one model of the spec, with the hyperparameters in which they differ.

model Down(size: int, channels: int, filters: int) { input x: [size, size, channels] … }
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from netdsl.importer.network import Given, Made, Network, Use, layers_in, rewired
from netdsl.importer.sequences import Raw
from netdsl.importer.spell import unique
from netdsl.record import record

#: How many hyperparameters such a model may have.
MOST = 5

#: Where a value stands in a model: the number of a use, the argument of its layer, the axis of a size of an input.
Place = tuple[int, str, int]


@record(eq=False)
class _Kin:
    """Models of one form: `chosen` stands for all; `values` are what each is given, by names of hyperparameters."""

    chosen: int
    names: Mapping[Place, str]
    values: Mapping[int, Mapping[str, Given]]


def with_kin(own: Sequence[Network], bodies: Sequence[Network]) -> list[Network | None] | None:
    """Give the bodies with models of one form as one, None in the place of those that another stands for.

    `own` are the networks of the document, to which uses of models refer. None where there are no such models.
    """
    numbers = {id(network): place for place, network in enumerate(own)}
    families = [kin for group in _groups(own, bodies) if (kin := _kin(group, bodies)) is not None]
    if not families:
        return None
    of = {member: kin for kin in families for member in kin.values}
    copies: dict[int, Made] = {}

    def made_of(made: Made) -> Made:
        kin = of.get(numbers.get(id(made.network), -1)) if made.family == "model" else None
        if kin is None:
            return made
        if id(made) not in copies:
            given = kin.values[numbers[id(made.network)]]
            copies[id(made)] = _copied(made, given=given, network=own[kin.chosen])
        return copies[id(made)]

    found: list[Network | None] = []
    for place, body in enumerate(bodies):
        kin = of.get(place)
        if kin is not None and kin.chosen != place:
            found.append(None)
            continue
        uses = [
            Use(use.id, made_of(use.made), use.positional, use.keywords)
            if kin is None
            else _with_names(use, kin.names)
            for use in body.uses
        ]
        made = rewired(body, uses, {use.id: use.id for use in body.uses})
        if kin is not None:
            made.parameters = {name: _type(kin, name) for name in dict.fromkeys(kin.names.values())}
        found.append(made)
    return found


def _copied(made: Made, *, given: Mapping[str, Given], network: Network | None) -> Made:
    return Made(
        made.name, made.kind, made.family, made.arguments, given, network, made.module, made.trainable,
        made.parts, made.kinds, made.gives,
    )  # fmt: skip


def _groups(own: Sequence[Network], bodies: Sequence[Network]) -> Iterator[list[int]]:
    """Give the places of models of one form: those inside others, which no layer holds."""
    used = Counter(
        id(made.network)
        for body in own
        for use in body.uses
        for made in layers_in(use.made)
        if made.network is not None and made is not use.made
    )
    found: dict[str, list[int]] = {}
    for place, body in enumerate(bodies[:-1]):
        if not used[id(own[place])] and all(use.made.network is None for use in body.uses):
            found.setdefault(_form(body), []).append(place)
    return (group for group in found.values() if len(group) > 1)


def _form(body: Network) -> str:
    """Tell what a model is like: its layers and how they are joined, without names and what they are given."""
    uses = []
    for use in body.uses:
        made = use.made
        shape = made.arguments.get("batch_shape") or ()
        about = len(shape) if made.family == "input" else sorted(made.given)
        calls = (use.positional, tuple(use.keywords.items()))
        uses.append((made.family, made.kind, made.module, made.trainable, repr(about), repr(calls)))
    ends = [tensor for _, tensor in body.outputs]
    named = [name for name, _ in body.outputs] if body.form == "dict" else []
    return repr((body.form, named, body.is_sequential, body.inputs, ends, uses))


def _kin(group: Sequence[int], bodies: Sequence[Network]) -> _Kin | None:
    """Give what models of one form differ in; None where that is more than a few numbers."""
    columns: dict[Place, list[Given]] = {}
    for place in group:
        for at, value in _values(bodies[place]):
            columns.setdefault(at, []).append(value)
    varied = {at: column for at, column in columns.items() if len(set(map(repr, column))) > 1}
    if not all(_is_number(value) for column in varied.values() for value in column):
        return None
    names: dict[Place, str] = {}
    known: dict[str, str] = {}
    for at, column in varied.items():
        name = known.get(repr(column))
        if name is None:
            name = known[repr(column)] = unique(_name(at, bodies[group[0]]), set(known.values()))
        names[at] = name
    if len(known) > MOST:
        return None
    values = {
        member: {names[at]: column[number] for at, column in varied.items()}
        for number, member in enumerate(group)
    }
    return _Kin(group[-1], names, values)  # the last has the shortest name


def _values(body: Network) -> Iterator[tuple[Place, Given]]:
    for use in body.uses:
        if use.made.family == "input":
            for axis, size in enumerate(use.made.arguments.get("batch_shape") or ()):
                yield (use.id, "batch_shape", axis), size
            yield (use.id, "dtype", -1), use.made.arguments.get("dtype")
        else:
            for name, value in use.made.given.items():
                yield (use.id, name, -1), value


def _is_number(value: Given) -> bool:
    return isinstance(value, (int, float))


def _name(at: Place, body: Network) -> str:
    number, argument, axis = at
    if axis < 0:
        return argument
    shape = body.uses[number].made.arguments["batch_shape"]
    return "channels" if axis == len(shape) - 1 and len(shape) > 2 else "size"


def _type(kin: _Kin, name: str) -> str:
    kinds = {type(values[name]) for values in kin.values.values()}
    return "bool" if kinds == {bool} else "int" if kinds == {int} else "float"


def _with_names(use: Use, names: Mapping[Place, str]) -> Use:
    """Put hyperparameters in the place of what differs."""
    made = use.made
    if made.family == "input":
        shape = tuple(
            Raw(names[use.id, "batch_shape", axis])
            if (use.id, "batch_shape", axis) in names
            else size
            for axis, size in enumerate(made.arguments.get("batch_shape") or ())
        )
        copy = _copied(made, given=made.given, network=None)
        copy.arguments = {**made.arguments, "batch_shape": shape} if shape else made.arguments
    else:
        given = {
            name: Raw(names[use.id, name, -1]) if (use.id, name, -1) in names else value
            for name, value in made.given.items()
        }
        copy = _copied(made, given=given, network=made.network)
    return Use(use.id, copy, use.positional, use.keywords)


__all__ = ["with_kin"]
