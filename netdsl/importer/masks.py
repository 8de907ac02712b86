"""Masks that travel by themselves: Keras writes them into the calls that receive them, and a spec does not say them.

`Embedding(mask_zero=True)` and `Masking` make a mask, of functions that stand in the configuration beside the layers.
Where a call is given the very mask that comes with its tensor, it is left out, and the functions go where nothing else
reads them. A mask that somebody computed is an argument of a call as any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from netdsl.catalog import layer_kind
from netdsl.catalog.kind import Call
from netdsl.catalog.signature import signature
from netdsl.importer.network import (
    Given,
    Made,
    Network,
    Tensor,
    Use,
    rewired,
    tensors_in,
    with_tensors,
)
from netdsl.tensor import UNKNOWN, TensorSpec

#: The end of the names of arguments that take the mask of another: `query_mask` is that of `query`.
_OF = "_mask"


def without_travelling_masks(network: Network) -> Network:
    """Give a network in which no call says a mask that comes with its tensors."""
    left_out: set[int] = set()
    uses: list[Use] = []
    for use in network.uses:  # those before it say no such masks any more
        idle = {name for name in use.keywords if _travels(uses, use, name)}
        left_out |= {t.use for name in idle for t in tensors_in(use.keywords[name])}
        keywords = {k: v for k, v in use.keywords.items() if k not in idle}
        uses.append(Use(use.id, use.made, use.positional, keywords))
    if not left_out:
        return network
    return _without_unread(network, uses, left_out)


def _without_unread(network: Network, uses: list[Use], left_out: Iterable[int]) -> Network:
    """Take out functions whose masks are said no more, and those that nothing but these read."""
    read = {t.use: 0 for _, t in network.outputs}
    for use in uses:
        for tensor in use.inputs:
            read[tensor.use] = read.get(tensor.use, 0) + 1
    kept = {t.use for _, t in network.outputs}
    gone: set[int] = set()
    pending = [number for number in left_out if not read.get(number) and number not in kept]
    while pending:
        number = pending.pop()
        if number in gone or uses[number].made.family != "op":
            continue
        gone.add(number)
        for tensor in uses[number].inputs:
            read[tensor.use] -= 1
            if not read[tensor.use] and tensor.use not in kept:
                pending.append(tensor.use)
    left = [use for use in uses if use.id not in gone]
    moved = {use.id: place for place, use in enumerate(left)}
    return rewired(network, [_moved(use, moved) for use in left], moved)


def _moved(use: Use, moved: Mapping[int, int]) -> Use:
    keywords = with_tensors(use.keywords, moved)
    return Use(moved[use.id], use.made, with_tensors(use.positional, moved), keywords)


def _travels(uses: Sequence[Use], use: Use, name: str) -> bool:
    """Tell whether an argument of a call is the mask that comes with what the call is given."""
    if use.made.family != "layer" or not (name == "mask" or name.endswith(_OF)):
        return False
    mask = use.keywords[name]
    if not any(True for _ in tensors_in(mask)):
        return False
    found = signature("layer", use.made.kind)
    names = [p.name for p in found.call_parameters] if found is not None else []
    given = dict(zip(names, use.positional, strict=False)) | dict(use.keywords)
    of = names[0] if name == "mask" else name.removesuffix(_OF)
    return of in given and _is_of(uses, mask, given[of])


def _is_of(uses: Sequence[Use], mask: Given, value: Given) -> bool:
    """Tell whether a mask, or a list of masks, is that of a tensor, or of a list of tensors."""
    if isinstance(value, (list, tuple)):
        return (
            isinstance(mask, (list, tuple))
            and len(mask) == len(value)
            and all(_is_of(uses, m, v) for m, v in zip(mask, value, strict=True))
        )
    if not isinstance(value, Tensor):
        return False
    maker = _maker(uses, value)
    if mask is None or maker is None:
        return mask is None and maker is None
    return isinstance(mask, Tensor) and _is_made_by(uses, maker, mask)


def _maker(uses: Sequence[Use], tensor: Tensor) -> Use | None:
    """Give the use of the layer whose mask comes with a tensor; None where none does that can be told."""
    while True:
        use = uses[tensor.use]
        if use.made.family != "layer":
            return None
        if _makes_one(use.made):
            return use
        if not _passes(use.made, len(use.inputs), tensor.output):
            return None
        tensor = use.inputs[0]


def _makes_one(made: Made) -> bool:
    """Tell whether a layer makes a mask, of the numbers that it is given or of the features of each step."""
    kind = layer_kind(made.kind)
    makes = kind is not None and kind.mask == "make"
    return makes or made.arguments.get("mask_zero") is True


def _passes(made: Made, inputs: int, output: int) -> bool:
    """Tell whether a layer hands on the mask of its first input."""
    kind = layer_kind(made.kind)
    if kind is None or (inputs != 1 and not kind.is_a("attention")) or not inputs:
        return False
    if not callable(kind.mask):
        return kind.mask == "carry"
    found = signature("layer", made.kind)
    usual = {p.name: p.default for p in found.parameters if not p.required} if found else {}
    masked = TensorSpec((UNKNOWN,), "float32", masked=True)
    try:
        told = kind.mask(Call(kind, usual | dict(made.arguments), (masked,) * inputs))
    except (AttributeError, LookupError):
        return False
    return told if isinstance(told, bool) else output < len(told) and told[output]


def _is_made_by(uses: Sequence[Use], maker: Use, mask: Tensor) -> bool:
    """Tell whether a mask is that which a layer makes of what it is given."""
    found = uses[mask.use]
    left_out = maker.made.arguments.get("mask_value")
    if left_out is not None:  # of all features of a step
        if found.made.kind != "any" or found.keywords.get("axis") != -1:
            return False
        inner = found.keywords.get("x")
        if not isinstance(inner, Tensor):
            return False
        found = uses[inner.use]
    told = dict(found.keywords)
    return (
        found.made.family == "op"
        and found.made.kind == "not_equal"
        and (told.get("x1"), told.get("x2")) == (maker.inputs[0], left_out or 0)
    )
