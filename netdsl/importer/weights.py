"""Weights: the layers of emitted modules that hold one, and what `keras.applications` has for them.

Such a layer is called on some tensor of its model, which says nothing: it is read as a source that is used once,
however often it was called. `LayerScale` of ConvNeXt is a weight that multiplies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from netdsl.catalog.signature import Family
from netdsl.catalog.weight_statement import KIND, REGISTERED
from netdsl.importer.errors import not_sayable
from netdsl.importer.network import (
    Given,
    Json,
    Made,
    Network,
    Sizes,
    Tensor,
    Use,
    rewired,
    with_tensors,
)
from netdsl.importer.objects import object_of, plain

#: What stands in the parentheses after the type of a weight, but for its name.
OPTIONS = ("regularizer", "constraint")

#: The layer of `keras.applications` that is a weight which multiplies.
SCALE, SCALE_MODULE = "LayerScale", "keras.src.applications.convnext"


def is_weight(value: Mapping[str, Json]) -> bool:
    """Tell whether a layer of a configuration is that of an emitted module."""
    return REGISTERED in (value.get("registered_name"), value.get("class_name"))


def make_weight(name: str, config: Mapping[str, Given]) -> Made:
    """Make a weight of its decoded configuration."""
    shape, dtype = config.get("shape"), config.get("dtype") or "float32"
    if not isinstance(shape, tuple) or not all(isinstance(size, int) for size in shape):
        raise not_sayable(name, "its configuration does not tell the shape of the weight")
    refuse_policy(name, dtype, "a weight")
    arguments: dict[str, Given] = {"shape": shape, "dtype": dtype}
    for argument in ("initializer", *OPTIONS):
        arguments[argument] = config.get(argument)
    trainable = config.get("trainable") is not False
    return Made(name, KIND, "weight", arguments, dict(arguments), trainable=trainable)


def refuse_policy(name: str, dtype: Given, what: str) -> None:
    """Refuse a dtype that is a policy of several: what computes in less than it keeps."""
    if "mixed" in str(dtype) or "_from_" in str(dtype):
        raise not_sayable(
            name, f"its dtype is the policy `{dtype}`, and {what} of a spec has a dtype"
        )


def with_weights(network: Network) -> Network:
    """Give a network in which each weight is a source, used once, and a layer scale a weight that multiplies."""
    if not any(_is_one(use.made) for use in network.uses):
        return network
    moved: dict[
        int, int
    ] = {}  # by the number of a use, that of the use which gives its tensors now
    met: dict[int, int] = {}  # weights, by their identity
    uses: list[Use] = []
    for use in network.uses:
        for made, positional, keywords in _as_uses(use, moved, met, len(uses)):
            uses.append(Use(len(uses), made, positional, keywords))
        moved[use.id] = met[id(use.made)] if use.made.family == "weight" else len(uses) - 1
    found = rewired(network, uses, moved)
    found.types |= {Tensor(place): _type_of(uses[place].made) for place in met.values()}
    return found


def _is_one(made: Made) -> bool:
    return made.family == "weight" or _is_scale(made)


def _is_scale(made: Made) -> bool:
    """Tell whether it is the layer scale of ConvNeXt, in a precision in which it is a plain product."""
    return (
        made.family == "extern"
        and (made.kind, made.module) == (SCALE, SCALE_MODULE)
        and made.arguments.get("dtype") in (None, "float32")
        and isinstance(made.arguments.get("projection_dim"), int)
    )


_Call = tuple[Made, tuple[Given, ...], Mapping[str, Given]]


def _as_uses(
    use: Use, moved: Mapping[int, int], met: dict[int, int], place: int
) -> Iterator[_Call]:
    """Give what stands for a use: nothing for a weight that was met before."""
    made = use.made
    if not _is_one(made):
        yield made, with_tensors(use.positional, moved), with_tensors(use.keywords, moved)
        return
    if id(made) not in met:
        met[id(made)] = place
        yield made if made.family == "weight" else _scale(made), (), {}
    if made.family != "weight":
        (arriving,) = with_tensors(use.inputs, moved)
        product = Made(f"{made.name}_multiply", "multiply", "op")
        yield product, (), {"x1": arriving, "x2": Tensor(met[id(made)])}


def _scale(made: Made) -> Made:
    width, start = made.arguments["projection_dim"], made.arguments.get("init_values", 0.0)
    config = {
        "shape": (width,),
        "initializer": object_of("initializer", "Constant", {"value": start}),
        "trainable": made.trainable,
    }
    return make_weight(made.name, config)


def _type_of(made: Made) -> tuple[Sizes, str]:
    return tuple(made.arguments["shape"]), str(made.arguments["dtype"])


def starts_by_itself(initializer: Given) -> bool:
    """Tell whether an initializer is the one that a weight has of which nothing is said."""
    return bool(plain(initializer, ("initializer",)) == ("initializer", "GlorotUniform", ()))


def differing(mine: Mapping[str, Given], theirs: Mapping[str, Given]) -> Iterator[str]:
    """Give what of two weights differs."""
    for argument, value in mine.items():
        families: tuple[Family, ...] = () if argument in ("shape", "dtype") else (argument,)  # type: ignore[assignment]
        other = theirs.get(argument)
        if argument == "initializer":
            value, other = (
                "glorot_uniform" if v is None else v for v in (value, other)
            )  # as in Keras
        if plain(value, families, argument) != plain(other, families, argument):
            yield argument


def inside(argument: str, made: Made) -> dict[str, Given]:
    """Give a weight as arguments of the function that it is an argument of, so that folding sees what it is made of."""
    given = made.arguments
    found = {f"{argument}.size{axis}": size for axis, size in enumerate(given["shape"])}
    found |= {
        f"{argument}.{name}": given[name] for name in ("initializer", *OPTIONS) if given[name]
    }
    if given["dtype"] != "float32":
        found[f"{argument}.dtype"] = given["dtype"]
    if not made.trainable:
        found[f"{argument}.trainable"] = False
    return found


def outside(argument: str, arguments: Mapping[str, Given]) -> dict[str, Given]:
    """Give the weight again that such arguments stand for."""
    start = f"{argument}."
    own = {name.removeprefix(start): v for name, v in arguments.items() if name.startswith(start)}
    sizes = [own.pop(f"size{axis}") for axis in range(len(own)) if f"size{axis}" in own]
    return {"dtype": "float32", **own, "shape": tuple(sizes)}


def word_of(made: Made) -> str:
    """Name a weight in a block by the last word of its layer's name: `residual_0_scale` is a scale."""
    words = re.findall(r"[^\W\d_]+", made.name)
    return words[-1] if words and words[-1] != KIND.lower() else "w"
