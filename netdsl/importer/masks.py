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
    if not any(_names_masks(use) for use in network.uses):
        return network
    masks = _Masks()
    left_out: set[int] = set()
    uses: list[Use] = []
    for use in network.uses:
        idle = {name for name in use.keywords if masks.travels(use, name)}
        left_out |= {t.use for name in idle for t in tensors_in(use.keywords[name])}
        keywords = {k: v for k, v in use.keywords.items() if k not in idle}
        uses.append(Use(use.id, use.made, use.positional, keywords))
        masks.note(uses[-1])
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


def _names_masks(use: Use) -> bool:
    return any(True for name in use.keywords if name == "mask" or name.endswith(_OF))


class _Masks:
    """Knows of each tensor what it is computed as, and which mask comes with it; uses are noted in their order.

    Both are numbers, one for each expression of functions over tensors of layers: equal numbers are equal expressions.
    """

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}
        self._said: dict[int, int] = {}  # by the number of a use of a function
        self._own: dict[
            int, tuple[int | None, ...]
        ] = {}  # by that of a layer's use: of each output

    def note(self, use: Use) -> None:
        """Note what a use gives."""
        if use.made.family == "op":
            self._said[use.id] = self._function(use)
        elif use.made.family == "layer":
            self._own[use.id] = self._made_or_passed(use)

    def travels(self, use: Use, name: str) -> bool:
        """Tell whether an argument of a call is the mask that comes with what the call is given."""
        if use.made.family != "layer" or not (name == "mask" or name.endswith(_OF)):
            return False
        mask = use.keywords[name]
        if not any(True for _ in tensors_in(mask)):
            return False
        of = _first(use) if name == "mask" else _given(use).get(name.removesuffix(_OF))
        return self._is_of(mask, of)

    def _is_of(self, mask: Given, value: Given) -> bool:
        """Tell whether a mask, or a list of masks, is that of a tensor, or of a list of tensors."""
        if isinstance(value, (list, tuple)):
            return (
                isinstance(mask, (list, tuple))
                and len(mask) == len(value)
                and all(map(self._is_of, mask, value))
            )
        if not isinstance(value, Tensor):
            return False
        own = self._mask_of(value)
        said = self._number_of(mask) if isinstance(mask, Tensor) else None
        return own == said and (mask is None or isinstance(mask, Tensor))

    def _mask_of(self, tensor: Tensor) -> int | None:
        own = self._own.get(tensor.use, ())
        return own[tensor.output] if tensor.output < len(own) else None

    def _number(self, *told: object) -> int:
        return self._numbers.setdefault(told, len(self._numbers))

    def _number_of(self, tensor: Tensor) -> int:
        if tensor.use in self._said and not tensor.output:
            return self._said[tensor.use]
        return self._number("tensor", tensor.use, tensor.output)

    def _told(self, value: Given) -> object:
        if isinstance(value, Tensor):
            return ("number", self._number_of(value))
        if isinstance(value, (list, tuple)):
            return tuple(self._told(item) for item in value)
        return value if isinstance(value, (int, float)) else repr(value)

    def _called(self, function: str, **given: Given) -> int:
        return self._number(function, *((k, self._told(given[k])) for k in sorted(given)))

    def _function(self, use: Use) -> int:
        """Number what a function gives; one that only makes a tensor of a tensor gives what it was given."""
        given = {str(k): v for k, v in use.keywords.items()}
        inside = [v for v in given.values() if isinstance(v, Tensor)]
        if use.made.kind == "convert_to_tensor" and len(inside) == 1:
            return self._number_of(inside[0])
        return self._called(use.made.kind, **given)

    def _made_or_passed(self, use: Use) -> tuple[int | None, ...]:
        """Give the masks of what a layer gives, as Keras works them out while a model is built."""
        kind, arguments = layer_kind(use.made.kind), use.made.arguments
        first = _first(use)
        tensors = list(tensors_in(first))
        if kind is None or not tensors:
            return ()
        if kind.mask == "make" or arguments.get("mask_zero") is True:
            return (self._made(tensors[0], arguments.get("mask_value")),)
        given = use.keywords.get("mask")
        arriving = [self._mask_of(tensor) for tensor in tensors]
        if isinstance(given, Tensor):
            arriving[0] = self._number_of(given)
        if len(tensors) > 1 and kind.takes == "list" and not kind.is_a("attention"):
            return (self._joined(use.made, tensors, arriving),)
        return tuple(arriving[0] if passed else None for passed in _passed(use.made, len(tensors)))

    def _made(self, tensor: Tensor, left_out: Given) -> int:
        """Number the mask of a layer that makes one: of its numbers, or of all features of a step."""
        if left_out is None:
            return self._called("not_equal", x1=tensor, x2=0)
        features = self._called("not_equal", x1=tensor, x2=left_out)
        return self._number("any", ("axis", -1), ("x", ("number", features)))

    def _joined(
        self, made: Made, tensors: Sequence[Tensor], arriving: Sequence[int | None]
    ) -> int | None:
        """Number the mask of tensors that are joined: of any of them where they lie side by side, else of all."""
        is_any = any(_passed(made, 2, masked=(True, False)))
        if all(mask is None for mask in arriving) or (None in arriving and not is_any):
            return None
        if not is_any:
            whole = arriving[0]
            for mask in arriving[1:]:
                whole = self._number(
                    "logical_or", ("x1", ("number", whole)), ("x2", ("number", mask))
                )
            return whole
        wide = tuple(("number", self._wide(t, m)) for t, m in zip(tensors, arriving, strict=True))
        axis = made.arguments.get("axis", -1)
        beside = (("axis", axis),) if axis else ()
        whole = self._number("concatenate", *beside, ("xs", wide))
        return self._number("any", ("axis", -1), ("x", ("number", whole)))

    def _wide(self, tensor: Tensor, mask: int | None) -> int:
        """Number a mask as wide as the tensor that it comes with."""
        if mask is None:
            return self._called("ones_like", x=tensor, dtype="bool")
        steps = self._number("expand_dims", ("axis", -1), ("x", ("number", mask)))
        nothing = self._called("zeros_like", x=tensor, dtype="bool")
        return self._number("logical_or", ("x1", ("number", steps)), ("x2", ("number", nothing)))


def _given(use: Use) -> dict[str, Given]:
    """Give what a layer is called with, by the names of its parameters."""
    found = signature("layer", use.made.kind)
    names = [p.name for p in found.call_parameters] if found is not None else []
    return dict(zip(names, use.positional, strict=False)) | dict(use.keywords)


def _first(use: Use) -> Given:
    """Give what a layer is called with first."""
    return use.positional[0] if use.positional else next(iter(_given(use).values()), None)


def _passed(made: Made, inputs: int, masked: Sequence[bool] = ()) -> tuple[bool, ...]:
    """Tell which outputs of a layer carry a mask where its inputs do, the first of them or as is said."""
    kind, found = layer_kind(made.kind), signature("layer", made.kind)
    assert kind is not None
    if not callable(kind.mask):
        return (kind.mask == "carry",)
    usual = {p.name: p.default for p in found.parameters if not p.required} if found else {}
    tensors = tuple(
        TensorSpec((UNKNOWN,), "float32", masked=is_masked)
        for is_masked in masked or (True,) * inputs
    )
    try:
        told = kind.mask(Call(kind, usual | dict(made.arguments), tensors))
    except (AttributeError, LookupError):
        return ()
    return (told,) if isinstance(told, bool) else tuple(told)
