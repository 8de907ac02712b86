"""Patterns of the library laid beside a model: what stands in a use, in the form in which both are compared.

A pattern is recorded from the library (`python -m netdsl.importer.recording`), since making one takes some uses of the
block at values that nothing else has: where such a value comes out, the parameter fills it, and what varies otherwise
is made of parameters, or of what arrives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netdsl.catalog.signature import signature
from netdsl.importer.arrays import FUNCTION, Array
from netdsl.importer.layers import canonical
from netdsl.importer.network import Given, Made, Network, Use
from netdsl.importer.objects import families_taken, plain
from netdsl.importer.proof import call_of, leaves_in
from netdsl.importer.std import At


def spelled(made: Made, argument: str, value: Given) -> str:
    """Give the text by which two values of an argument are compared."""
    return repr(plain(value, families_taken(made.kind, argument), argument))


def given_of(made: Made) -> Mapping[str, Given]:
    """Give the arguments of a layer that are not as they come; of a weight what it is made with."""
    return made.given if made.family in ("layer", "weight") else {}


def called(use: Use) -> dict[str, list[Given]]:
    """Give what stands in each argument of a call, tensors and values one after the other."""
    if use.made.family == "weight":
        return {}
    if use.made.kind == FUNCTION and use.made.family == "op":  # its numbers are one value
        return {name: [value] for name, value in use.keywords.items()}
    call = dict(use.keywords) if use.made.family == "op" else call_of(use)
    return {name: list(leaves_in(value)) for name, value in call.items()}


def value_at(uses: Sequence[Use], place: At) -> Given:
    """Give what stands at a place of a block that uses make."""
    number, name, element = place
    use = uses[number]
    if name.startswith("("):
        found = called(use)[name[1:]][element or 0]
        return found.values if isinstance(found, Array) else found
    made = use.made
    value = made.given[name] if name in made.given else _default(made, name)
    if element is None:
        return single(value)
    return value[element] if isinstance(value, tuple) and element < len(value) else None


def _default(made: Made, name: str) -> Given:
    found = signature("layer", made.kind)
    parameter = found.parameter(name) if found is not None else None
    if parameter is None or parameter.required:
        return made.arguments.get(name)
    return canonical(made.kind, name, parameter.default)


def single(value: Given) -> Given:
    """Give the one value of a tuple of equal ones."""
    if isinstance(value, tuple) and value and all(item == value[0] for item in value):
        return value[0]
    return value


def reachable(network: Network) -> list[Use]:
    """Give the uses that lead to the outputs of a network, but for its inputs."""
    pending = [tensor.use for _, tensor in network.outputs]
    found: set[int] = set()
    while pending:
        number = pending.pop()
        if number not in found:
            found.add(number)
            pending += [tensor.use for tensor in network.uses[number].inputs]
    return [use for use in network.uses if use.id in found and use.made.family != "input"]
