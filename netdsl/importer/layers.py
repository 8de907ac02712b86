"""Layers of a configuration: which arguments a spec gives them, and what else their configuration tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from netdsl.catalog.argument_table import layer_argument_type
from netdsl.catalog.argument_types import ArgumentMismatch
from netdsl.catalog.signature import Family, Parameter, signature
from netdsl.catalog.worked_out import is_worked_out
from netdsl.importer.errors import not_sayable
from netdsl.importer.network import Given, Made
from netdsl.importer.objects import Custom, LambdaCode, as_extern, families_taken, plain

Arguments = dict[str, Given]

#: Among the arguments, what is none: the rank of what the layer was built for.
RANK = "(rank)"

#: What configurations hold besides arguments: worked out by Keras, or of no meaning any more.
BESIDE = {
    "name", "dtype", "trainable", "build_config", "vocabulary_size", "batch_input_shape", "batch_shape", "lora_enabled",
    "activity_regularizer", "synchronized", "build_input_shape", "shared_object_id", "autocast", "implementation",
    "time_major", "quantization_config", "lora_rank", "lora_alpha", "ragged", "is_graph_network",
}  # fmt: skip

#: Modules that hold Keras's own layers, and the older spellings of their place.
OWN_MODULES = ("keras.layers", "keras.src.layers", "keras", "tf_keras", "tensorflow.keras")


#: Layers whose class is called otherwise than they are, as `.h5` files say it.
CLASSES = {"GroupedQueryAttention": "GroupQueryAttention"}


def is_own(kind: str, module: str) -> bool:
    """Tell whether a class is a layer of Keras's own."""
    if signature("layer", kind) is None:
        return False
    return (
        not module
        or module in OWN_MODULES
        or module.startswith(("keras.src.layers.", "keras.layers."))
    )


def make_layer(name: str, kind: str, config: Mapping[str, Given], rank: int | None = None) -> Made:
    """Make a layer of Keras's own from its decoded configuration; `rank` is that of what it was built for."""
    found = signature("layer", kind)
    assert found is not None
    values = {k: _declared(k, v) for k, v in config.items()}
    if found.name in ADJUSTED:
        values = ADJUSTED[found.name](values)
    arguments: Arguments = {RANK: rank}
    for parameter in found.parameters:
        if parameter.name in values and parameter.name != "name":
            arguments[parameter.name] = canonical(
                found.name, parameter.name, values[parameter.name]
            )
    _refuse_unknown(name, found.names, values)
    given = {}
    for parameter in found.parameters:
        value = arguments.get(parameter.name)
        if parameter.name in arguments and not _goes_without(
            found.name, parameter, value, arguments
        ):
            _refuse_foreign(name, found.name, parameter.name, value)
            given[parameter.name] = value
    trainable = bool(arguments.pop("trainable", True))
    given.pop("trainable", None)
    return Made(name, found.name, "layer", arguments, given, trainable=trainable)


def arriving_of(arguments: Arguments, value: Given) -> tuple[None, ...]:
    """Give what arrives at a layer, of which a configuration tells at most how many axes it has."""
    many = len(value) if isinstance(value, (list, tuple)) else 1
    return (None,) * (arguments.get(RANK) or many + 2)


#: Families whose objects may be of a class of one's own, which a spec declares; arguments are called after them.
DECLARED: tuple[Family, ...] = ("initializer", "regularizer", "constraint")


def _declared(argument: str, value: Given) -> Given:
    """Give an object of somebody's own as one of a class that the spec declares, where that can be."""
    family = next((f for f in DECLARED if argument.endswith(f)), None)
    if family is None or not isinstance(value, Custom) or not value.module:
        return value
    is_plain = value.kind.isidentifier() and all(map(str.isidentifier, value.arguments))
    return as_extern(value, family) if is_plain else value


def canonical(kind: str, argument: str, value: Given) -> Given:
    """Give a value in the form that the catalogue has for it, if it takes it."""
    if isinstance(value, Made) or (
        isinstance(value, tuple) and any(isinstance(v, Made) for v in value)
    ):
        return value
    try:
        return layer_argument_type(kind, argument).accept(value)
    except ArgumentMismatch:
        return value


def _refuse_unknown(name: str, names: tuple[str, ...], values: Arguments) -> None:
    """Refuse what a configuration says and no argument takes."""
    for key, value in values.items():
        if key not in names and key not in BESIDE and value not in (None, False):
            raise not_sayable(
                name, f"its configuration has `{key}`, which is no argument of the layer"
            )


def _refuse_foreign(name: str, kind: str, argument: str, value: Given) -> None:
    if isinstance(value, Made) and "activation" in families_taken(kind, argument):
        raise not_sayable(
            name,
            f"its `{argument}` is the layer `{value.kind}`, and a spec takes functions there",
            help=f"let the layer follow: `… -> {value.kind}()`",
        )
    if isinstance(value, Custom):
        raise not_sayable(
            name,
            f"its `{argument}` is a `{value.kind}`, which is not one of Keras's own",
            help=f'declare it, `extern {argument.rpartition("_")[2]} {value.kind}(…) from "{value.module}"`, by hand',
        )


def _goes_without(kind: str, parameter: Parameter, value: Given, arguments: Arguments) -> bool:
    """Tell whether an argument need not be written: it has its default, or what Keras works out for it."""
    if parameter.required or isinstance(value, Made):
        return False
    families = families_taken(kind, parameter.name)
    default = canonical(kind, parameter.name, parameter.default)
    mine = plain(value, families, parameter.name)
    if mine == plain(default, families, parameter.name):
        return True
    return is_worked_out(parameter.name, value, arguments, arriving_of(arguments, value))


def _bidirectional(values: Arguments) -> Arguments:
    """Keras renames the layer, and makes the one that reads backwards of it."""
    forward, backward = values.get("layer"), values.get("backward_layer")
    if not isinstance(forward, Made):
        return values
    forward = without(forward, "zero_output_for_mask")
    forward.name = forward.name.removeprefix("forward_")
    values["layer"] = forward
    if isinstance(backward, Made) and _is_mirrored(
        forward, without(backward, "zero_output_for_mask")
    ):
        del values["backward_layer"]
    return values


def without(made: Made, *names: str) -> Made:
    """Give a layer without some of its arguments."""
    arguments = {k: v for k, v in made.arguments.items() if k not in names}
    given = {k: v for k, v in made.given.items() if k not in names}
    return Made(
        made.name,
        made.kind,
        made.family,
        arguments,
        given,
        made.network,
        made.module,
        made.trainable,
        made.parts,
    )


def _is_mirrored(forward: Made, backward: Made) -> bool:
    turned = {k: not v if k == "go_backwards" else v for k, v in forward.arguments.items()}
    return forward.kind == backward.kind and _told(turned) == _told(backward.arguments)


def _told(value: Given) -> Given:
    """Give a value in the form in which two are compared, layers by how they are made and not by their names."""
    if isinstance(value, Made):
        return (value.kind, value.trainable, _told(value.arguments), _told(value.parts))
    if isinstance(value, Mapping):
        return {name: _told(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(_told(item) for item in value)
    return plain(value)


def _recurrent(values: Arguments) -> Arguments:
    """A list of cells is one `StackedRNNCells` in the configuration."""
    cell = values.get("cell")
    if isinstance(cell, Made) and "cells" in cell.arguments and set(cell.given) == {"cells"}:
        values["cell"] = cell.arguments["cells"]
    return values


def _lambda(values: Arguments) -> Arguments:
    if isinstance(values.get("function"), str):
        values["function"] = LambdaCode()
    return {k: v for k, v in values.items() if not (k == "arguments" and not v)}


def _discretization(values: Arguments) -> Arguments:
    """Once its boundaries are known, how many it was to find says nothing, and Keras takes either."""
    return {k: v for k, v in values.items() if k != "num_bins" or not values.get("bin_boundaries")}


def _one_axis(values: Arguments) -> Arguments:
    """Layers over one axis keep a pair in a list of pairs."""
    found = dict(values)
    for name in ("padding", "cropping"):
        match found.get(name):
            case ((_, _) as pair,):
                found[name] = pair
    return found


def _normalization(values: Arguments) -> Arguments:
    """Keras keeps mean and variance in the shape in which it uses them."""
    for name in ("mean", "variance"):
        while isinstance(values.get(name), tuple) and len(values[name]) == 1:
            values[name] = values[name][0]
    return values


ADJUSTED: Mapping[str, Callable[[Arguments], Arguments]] = {
    "Bidirectional": _bidirectional,
    "RNN": _recurrent,
    "Lambda": _lambda,
    "Normalization": _normalization,
    "Discretization": _discretization,
    "ZeroPadding1D": _one_axis,
    "Cropping1D": _one_axis,
}


def parameters_of(kind: str) -> Iterator[Parameter]:
    """Give the parameters of a layer that are written by position where they are required."""
    found = signature("layer", kind)
    if found is not None:
        for parameter in found.positional:
            if not parameter.required:
                return
            yield parameter
