"""What was read of a Keras model: layers made once, their uses in order, tensors between them; no Keras in it.

Values are in the forms that the catalogue has for them: numbers, strings, tuples, `ObjectValue`, `ExternFunction`, and
`Made` for a layer inside another layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any, Literal, TypeAlias

from netdsl.record import mutable, record

#: What a model holds where Keras takes anything: a value in the catalogue's form, a tensor, a layer, or lists of them;
#: what JSON holds, and what is Keras's own object. They are looked at piece by piece.
Given: TypeAlias = Any
Json: TypeAlias = Any
Live: TypeAlias = Any

Family = Literal["input", "layer", "op", "model", "extern", "weight", "std"]

#: What the sizes of a tensor are in a configuration: None where one is not known.
Sizes: TypeAlias = tuple[int | None, ...]


@record
class Tensor:
    """One tensor: output `output` of use `use`; `is_only` where the layer gives no other."""

    use: int
    output: int = 0


@mutable
class Made:
    """A layer made once. `arguments` has every argument that its configuration tells, `given` those that a spec
    must give: they differ from the default, or have none.

    `parts` are the layers of a chain that stands where a layer takes a layer; `network` is a model's.
    """

    name: str
    kind: str
    family: Family
    arguments: Mapping[str, Given] = field(default_factory=dict)
    given: Mapping[str, Given] = field(default_factory=dict)
    network: Network | None = None
    module: str = ""
    trainable: bool = True
    parts: tuple[Made, ...] = ()
    #: Of a block of the library, which stands for a part of a model: the layers in it, and how many tensors it gives.
    kinds: tuple[str, ...] = ()
    gives: int = 1

    def __repr__(self) -> str:
        """Tell how it is made, and not what it is called."""
        about = f" of {id(self.network)}" if self.network is not None and not self.parts else ""
        return f"{self.kind}{about}({dict(self.given)}, {self.trainable}, {self.parts})"


@mutable
class Use:
    """One application: what it is called with, tensors as `Tensor`s; what it gives where that was told."""

    id: int
    made: Made
    positional: tuple[Given, ...] = ()
    keywords: Mapping[str, Given] = field(default_factory=dict)
    inputs: tuple[Tensor, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.inputs = tuple(tensors_in((self.positional, tuple(self.keywords.values()))))


@mutable
class Network:
    """A model. `outputs` are tensors in order with their names; `form` is how they leave it."""

    name: str
    uses: list[Use] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    outputs: list[tuple[str, Tensor]] = field(default_factory=list)
    form: Literal["one", "list", "dict"] = "one"
    #: Shapes and dtypes of tensors, as far as the configuration tells them.
    types: dict[Tensor, tuple[Sizes, str]] = field(default_factory=dict)
    training: Mapping[str, Given] = field(default_factory=dict)
    is_sequential: bool = False
    #: Hyperparameters by their types, of a model that stands for several of one form.
    parameters: Mapping[str, str] = field(default_factory=dict)

    def consumers(self) -> dict[int, list[int]]:
        """Give for each use those that read from it, in order, repeats kept."""
        found: dict[int, list[int]] = {use.id: [] for use in self.uses}
        for use in self.uses:
            for tensor in use.inputs:
                found[tensor.use].append(use.id)
        return found


def tensors_in(value: Given) -> Iterator[Tensor]:
    """Give the tensors inside an argument of a call, in order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from tensors_in(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from tensors_in(item)


def with_tensors(value: Given, moved: Mapping[int, int]) -> Given:
    """Put the tensors of a new network in place of those of the old, by the numbers of their uses."""
    if isinstance(value, Tensor):
        return Tensor(moved[value.use], value.output)
    if isinstance(value, (list, tuple)):
        return tuple(with_tensors(item, moved) for item in value)
    if isinstance(value, Mapping):
        return {name: with_tensors(item, moved) for name, item in value.items()}
    return value


def rewired(network: Network, uses: list[Use], moved: Mapping[int, int]) -> Network:
    """Give a network of other uses, numbered in their order; `moved` tells which gives what an old one gave."""
    types = {
        with_tensors(tensor, moved): told
        for tensor, told in network.types.items()
        if tensor.use in moved
    }
    return Network(
        network.name,
        uses,
        [moved[number] for number in network.inputs],
        [(name, with_tensors(tensor, moved)) for name, tensor in network.outputs],
        network.form,
        types,
        network.training,
        network.is_sequential,
    )


def networks_of(network: Network) -> Iterator[Network]:
    """Give a network and those inside it, each once, the innermost first."""
    seen: dict[int, Network] = {}
    pending: list[tuple[Network, bool]] = [(network, False)]
    while pending:
        found, is_ready = pending.pop()
        if id(found) in seen:
            continue
        if is_ready:
            seen[id(found)] = found
            continue
        pending.append((found, True))
        pending += [(inner, False) for inner in _inside(found)]
    yield from seen.values()


def _inside(network: Network) -> Iterator[Network]:
    for use in network.uses:
        for made in layers_in(use.made):
            if made.network is not None:
                yield made.network


def held_models(network: Network) -> list[Made]:
    """Give the models that layers of a network hold, each once; a row of layers stands where it is held."""
    found: dict[int, Made] = {}
    for use in network.uses:
        for made in layers_in(use.made):
            if made is not use.made and made.network is not None and not made.parts:
                found[id(made)] = made
    return list(found.values())


def layers_in(made: Made) -> Iterator[Made]:
    """Give a layer and those that its arguments hold."""
    yield made
    for part in made.parts:
        yield from layers_in(part)
    for value in made.arguments.values():
        for held in held_in(value):
            yield from layers_in(held)


def held_in(value: Given) -> Iterator[Made]:
    """Give the layers that an argument is, or is a list of."""
    if isinstance(value, Made):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from held_in(item)
