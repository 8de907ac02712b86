"""Layers that Keras does not have: the `extern layer` that says what the model shows of them.

Those of `keras.applications` are known by a table. Of others the shapes are told by the tensors of the model: a size
that comes out as it went in has a name, one that is always the same is a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from netdsl.importer.errors import not_sayable
from netdsl.importer.network import Given, Made, Network, Sizes, Tensor, Use
from netdsl.importer.objects import Custom, LambdaCode
from netdsl.importer.weights import refuse_policy
from netdsl.record import record


@record
class Extern:
    """A declaration: its name, its parameters in order with their types, what it takes, gives and owns."""

    name: str
    module: str
    parameters: tuple[tuple[str, str], ...]
    shapes: str
    weights: str = ""

    @property
    def text(self) -> str:
        inside = ", ".join(f"{name}: {kind}" for name, kind in self.parameters)
        owns = f" weights {self.weights}" if self.weights else ""
        return f'extern layer {self.name}({inside}): {self.shapes}{owns} from "{self.module}"'


#: What the layers of `keras.applications` own; each gives what its first input is.
KNOWN: Mapping[str, str] = {
    "LayerScale": "[projection_dim]",
    "CustomScaleLayer": "",
    "StochasticDepth": "",
}

#: What is in every configuration, and no parameter.
_OF_ALL = {"name", "dtype", "trainable", "autocast"}


def given_to(made: Made) -> dict[str, Given]:
    """Give the arguments of a layer that Keras does not have."""
    return {k: v for k, v in made.arguments.items() if k not in _OF_ALL}


def declared(uses: Sequence[tuple[Network, Use]]) -> Extern:
    """Declare the class of layers that are used so; all of them have it."""
    first = uses[0][1].made
    for _, use in uses:
        refuse_policy(use.made.name, use.made.arguments.get("dtype"), "a layer")
    arguments = [given_to(use.made) for _, use in uses]
    for given in arguments:
        for name, value in given.items():
            if isinstance(value, (Custom, LambdaCode)) or not name.isidentifier():
                raise not_sayable(
                    first.name, f"its `{name}` is an object of Python, which a spec does not hold"
                )
    parameters = parameter_types(arguments)
    if not first.module:
        raise not_sayable(
            first.name,
            f"`{first.kind}` is no layer of Keras, and the model does not say where it is from",
        )
    if first.kind in KNOWN and first.module.startswith("keras.src.applications."):
        return Extern(first.kind, first.module, parameters, _as_it_comes(uses), KNOWN[first.kind])
    return Extern(first.kind, first.module, parameters, _shapes(uses), "?")


def _as_it_comes(uses: Sequence[tuple[Network, Use]]) -> str:
    """Declare a layer that gives the shape of its inputs, of which all are alike."""
    first = uses[0][1]
    ranks = {
        len(network.types[t][0]) for network, use in uses for t in use.inputs if t in network.types
    }
    if len(ranks) != 1:
        raise not_sayable(
            first.made.name, f"`{first.made.kind}` is used on tensors of several ranks"
        )
    dims = f"[{', '.join(f'd{axis}' for axis in range(1, ranks.pop()))}]"
    count = len(first.inputs)
    return f"{dims if count == 1 else '(' + ', '.join([dims] * count) + ')'} -> {dims}"


def parameter_types(arguments: Sequence[Mapping[str, Given]]) -> tuple[tuple[str, str], ...]:
    """Give the parameters of a class with their types, as all its objects are made with them."""
    names = dict.fromkeys(name for given in arguments for name in given)
    return tuple((n, _type_of(given.get(n) for given in arguments)) for n in names)


def _type_of(values: Iterable[Given]) -> str:
    kinds = {type(value) for value in values if value is not None}
    for kind in (bool, int, float, str):
        if kinds == {kind}:
            return kind.__name__
    return "float" if kinds == {int, float} else "any"


def _shapes(uses: Sequence[tuple[Network, Use]]) -> str:
    """Say what goes in and comes out, as it is in all uses."""
    seen: list[_Seen] = []
    for network, use in uses:
        given = network.types.get(Tensor(use.id))
        inputs = [network.types[t] for t in use.inputs if t in network.types]
        if given is None or len(inputs) != len(use.inputs):
            raise not_sayable(
                use.made.name,
                f"`{use.made.kind}` is no layer of Keras, and the model does not tell the shape that it gives",
                help="import the live model, `netdsl.import_model(model)`, or declare the layer by hand",
            )
        seen.append((inputs, given, given_to(use.made)))
    return _by_axis(uses[0][1].made, seen)


#: What one use of a layer shows: the types of its inputs and of what it gives, and its arguments.
_Seen = tuple[Sequence[tuple[Sizes, str]], tuple[Sizes, str], Mapping[str, Given]]


def _by_axis(made: Made, seen: list[_Seen]) -> str:
    ranks = {(tuple(len(shape) for shape, _ in inputs), len(given[0])) for inputs, given, _ in seen}
    if len(ranks) != 1 or len({given[1] for _, given, _ in seen}) != 1:
        raise not_sayable(made.name, f"`{made.kind}` is used on tensors of several ranks or dtypes")
    ((input_ranks, rank),) = ranks
    names = {(i, axis): f"d{i}_{axis}" if len(input_ranks) > 1 else f"d{axis}"
             for i, length in enumerate(input_ranks) for axis in range(1, length)}  # fmt: skip
    dims = []
    for axis in range(1, rank):
        sizes = [given[0][axis] for _, given, _ in seen]
        told = {name: [inputs[i][0][a] for inputs, _, _ in seen] for (i, a), name in names.items()}
        here = {name: told[name] for (_, a), name in names.items() if a == axis}
        same = _equal(here, sizes)
        if same is None and all(sizes):
            same = _equal(_sizes_given(seen) | told, sizes)
        if same is None and len(set(sizes)) > 1:
            raise not_sayable(
                made.name,
                f"`{made.kind}` gives shapes that cannot be told from those that it takes: {sizes[0]} and "
                f"{next(s for s in sizes if s != sizes[0])} on axis {axis}",
                help="declare the layer by hand",
            )
        dims.append(same or ("?" if sizes[0] is None else str(sizes[0])))
    taken = [
        "[" + ", ".join(names[i, a] for a in range(1, length)) + "]"
        for i, length in enumerate(input_ranks)
    ]
    dtype = seen[0][1][1]
    result = f"{'' if dtype == 'float32' else dtype}[{', '.join(dims)}]"
    return f"{taken[0] if len(taken) == 1 else '(' + ', '.join(taken) + ')'} -> {result}"


def _equal(told: Mapping[str, list[Given]], sizes: list[int | None]) -> str | None:
    """Name what is the size of an axis in every use."""
    return next((name for name, own in told.items() if own == sizes), None)


def _sizes_given(seen: list[_Seen]) -> dict[str, list[Given]]:
    """Give the arguments that may be sizes, each with its value in all uses."""
    names = [n for n, v in seen[0][2].items() if isinstance(v, int) and not isinstance(v, bool)]
    return {name: [arguments.get(name) for _, _, arguments in seen] for name in names}
