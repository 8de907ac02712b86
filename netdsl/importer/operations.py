"""Functions of `keras.ops`: which one a class of a configuration is, and what it is called with."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from netdsl.catalog.signature import Signature, names_and_aliases, signature
from netdsl.importer.errors import not_sayable
from netdsl.importer.network import Given, Json
from netdsl.importer.objects import is_default

#: Functions that give several tensors.
SEVERAL = frozenset(
    "array_split broadcast_arrays divmod eig eigh fft fft2 frexp histogram ifft2 meshgrid modf moments nonzero qr rfft "
    "slogdet split stft svd top_k unstack unravel_index".split()
)

#: Classes whose name is not that of their function.
OTHER_NAMES = {"GetItem": "getitem"}

#: The function that takes a part of a tensor, which a spec writes in brackets.
INDEXED = "getitem"

#: Functions that do the same.
SAME = {
    "true_divide": "divide",
    "absolute": "abs",
    "concat": "concatenate",
    "permute_dims": "transpose",
}


#: Signs that functions are written with.
OPERATORS = {
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "true_divide": "/",
    "add": "+",
    "power": "**",
    "matmul": "@",
}
COMPARISONS = {
    "equal": "==",
    "not_equal": "!=",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
}


def has_sign(function: str) -> bool:
    """Tell whether a function is written with a sign between what it takes."""
    return function in OPERATORS or function in COMPARISONS


@cache
def _by_class() -> Mapping[str, str]:
    return {
        name.rpartition(".")[2].replace("_", "").lower(): own
        for name, own in names_and_aliases("op").items()
    }


def function_of(value: Mapping[str, Json]) -> str | None:
    """Give the function that makes the operation of a configuration; None where it is none.

    An `.h5` file tells no modules: what is called as in Keras 3 and has no `trainable` is no layer there.
    """
    kind, module = str(value.get("class_name")), str(value.get("module") or "")
    match value.get("inbound_nodes"):
        case [dict(), *_] if not module:
            is_function = "trainable" not in value["config"]
        case _:
            is_function = module.startswith("keras.src.ops")
    if not is_function:
        return None
    return OTHER_NAMES.get(kind) or _by_class().get(kind.lower())


def arguments_of(
    name: str,
    function: str,
    config: Mapping[str, Given],
    positional: tuple[Given, ...],
    keywords: Mapping[str, Given],
) -> dict[str, Given]:
    """Give what a function is called with, by the names of its parameters."""
    found = signature("op", function)
    if found is None:  # an index in brackets
        if len(positional) != 2 or keywords:
            raise not_sayable(
                name, "it takes a part of a tensor, and its configuration does not tell which"
            )
        return {"x": positional[0], "key": _index(positional[1])}
    options = {k: v for k, v in config.items() if k in found.names and k not in keywords}
    rest = [
        k
        for k, v in config.items()
        if k not in found.names and k != "name" and v not in (None, False)
    ]
    free = [p.name for p in found.positional if p.name not in options and p.name not in keywords]
    many = many_of(found)
    if rest or (len(positional) > len(free) and not many):
        what = (
            f"its configuration has `{rest[0]}`"
            if rest
            else f"it is called with {len(positional)} values"
        )
        raise not_sayable(name, f"{what}, which `ops.{function}` does not take")
    given = dict(zip(free, positional, strict=False)) | options | dict(keywords)
    if many:
        given[many] = tuple(positional[len(free) :])
    return {
        p.name: given[p.name]
        for p in found.parameters
        if p.name in given and not is_default(given[p.name], p)
    }


def many_of(found: Signature) -> str:
    """Name what a function takes any number of, as `ops.einsum` does; empty where it takes none so."""
    return next((p.name for p in found.parameters if p.kind == "many"), "")


def takes_many(function: str) -> bool:
    """Tell whether a function takes any number of tensors one by one."""
    found = signature("op", function)
    return found is not None and bool(many_of(found))


def _index(value: Given) -> Given:
    return tuple(value) if isinstance(value, (list, tuple)) else value
