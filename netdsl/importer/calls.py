"""Calls: what a layer or function is called with, in the one form that spelling and proof read."""

from __future__ import annotations

from collections.abc import Mapping

from netdsl.catalog import layer_kind
from netdsl.catalog.signature import signature
from netdsl.importer.errors import not_sayable
from netdsl.importer.network import Given, Made, Tensor, Use, tensors_in
from netdsl.importer.objects import same
from netdsl.importer.operations import SEVERAL
from netdsl.record import record


@record
class CallForm:
    """What arrives through the arrow, as one tensor or a list, and what stands in the second parentheses."""

    arriving: tuple[Tensor, ...]
    is_list: bool
    named: Mapping[str, Given]


def call_form(use: Use) -> CallForm:
    """Lay a call out for a spec; raises CannotImport where a spec has no such call."""
    made = use.made
    if made.family in ("model", "extern"):
        return _whole(use)
    if made.family == "std":
        first = use.positional[0]
        is_list = isinstance(first, tuple)
        return CallForm(first if is_list else (first,), is_list, use.keywords)
    found = signature("layer", made.kind)
    assert found is not None
    parameters = [p.name for p in found.call_parameters]
    given = dict(zip(parameters, use.positional, strict=False)) | dict(use.keywords)
    defaults = {p.name: p.default for p in found.call_parameters if not p.required}
    given = {
        k: v
        for k, v in given.items()
        if not (k in defaults and same(v, defaults[k])) and not _is_idle(k, v)
    }
    first = parameters[0] if parameters else "inputs"
    if len(use.positional) > len(parameters) or first not in given:
        raise not_sayable(made.name, f"`{made.kind}` is called in a way that a spec does not have")
    arriving = given.pop(first)
    kind = layer_kind(made.kind)
    takes = kind.takes if kind is not None else "one"
    if isinstance(arriving, Tensor):
        return CallForm((arriving,), False, given)
    flat = tuple(tensors_in(arriving))
    if takes == "positional" and not isinstance(arriving, Tensor):
        raise not_sayable(
            made.name, f"`{made.kind}` gets a list, where a spec gives tensors one by one"
        )
    if not flat or len(flat) != len(arriving):
        raise not_sayable(made.name, f"`{made.kind}` is called with values that are no tensors")
    return CallForm(flat, True, given)


def _is_idle(name: str, value: Given) -> bool:
    return name in ("mask", "training", "initial_state") and value is None


def _whole(use: Use) -> CallForm:
    """A model, or a layer of the user's own, takes its tensors in order; names of a dict are its inputs'."""
    named = {k: v for k, v in use.keywords.items() if v is not None}
    positional = list(use.positional)
    if not positional and "inputs" in named:
        positional = [named.pop("inputs")]
    if len(positional) == 1 and isinstance(positional[0], Mapping):
        positional = [tuple(_by_input(use.made, positional[0]))]
    flat = tuple(tensors_in(positional))
    whole = positional[0] if len(positional) == 1 else tuple(positional)
    if not flat or (named and use.made.family == "model" and set(named) - {"training", "mask"}):
        raise not_sayable(
            use.made.name, f"`{use.made.kind}` is called in a way that a spec does not have"
        )
    return CallForm(flat, not isinstance(whole, Tensor), named)


def _by_input(made: Made, given: Mapping[str, Given]) -> list[Given]:
    network = made.network
    if network is None:
        return list(given.values())
    names = [network.uses[number].made.name for number in network.inputs]
    return [given[name] for name in names if name in given]


def gives_several(made: Made, highest: int, use: Use) -> bool:
    """Tell whether a layer gives several tensors, so that each is taken by its number."""
    if highest > 0 or made.gives > 1 or made.arguments.get("return_state") is True:
        return True
    if made.family == "op":
        return made.kind in SEVERAL
    if made.network is not None:
        return made.network.form != "one" and len(made.network.outputs) > 1
    return use.keywords.get("return_attention_scores") is True
