"""The states that a recurrent layer or a cell is given by name: their number, and the shape of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netdsl.catalog.kind import Call, Refusal
from netdsl.catalog.spell import spell
from netdsl.diagnostics.problems.shapes import WrongState
from netdsl.tensor import Dim, Shape, TensorSpec, equal, spell_shape


def check_states(call: Call, argument: str, states: Sequence[Any], batch: Dim) -> None:
    """Refuse states given by name that are not of the cell's number and shapes."""
    given = call.call_arguments.get(argument)
    if given is None:
        return
    group = (given,) if isinstance(given, TensorSpec) else given
    try:
        _fit(call, argument, group, tuple(states), batch)
    except Refusal as refusal:
        flat = all(len(state) == 1 and isinstance(state[0], int) for state in states)
        refusal.facts["needs"] = tuple(state[0] for state in states) if flat else ()
        raise


def _fit(call: Call, argument: str, given: Any, states: tuple[Any, ...], batch: Dim) -> None:
    """Compare what is given with the states, group by group."""
    if not isinstance(given, (tuple, list)):
        label = f"takes a list of states, this is {spell(given)}"
        raise Refusal(WrongState, label, blames=argument)
    if len(given) != len(states):
        raise Refusal(
            WrongState,
            f"{len(given)} given, and the layer has {len(states)}: {spell_states(states)}",
            blames=argument,
            help="list one tensor for each: the output `h` of the last step, and the cell's `c` for an `LSTM`",
        )
    for tensor, state in zip(given, states, strict=True):
        if state and isinstance(state[0], tuple):
            _fit(
                call,
                argument,
                (tensor,) if isinstance(tensor, TensorSpec) else tensor,
                state,
                batch,
            )
        else:
            _fit_one(call, argument, tensor, (batch, *state))


def _fit_one(call: Call, argument: str, tensor: Any, shape: Shape) -> None:
    if not isinstance(tensor, TensorSpec):
        tensor = tensor[0] if isinstance(tensor, tuple) and len(tensor) == 1 else None
    if (
        tensor is None
        or tensor.rank != len(shape)
        or not all(call.holds(equal(a, b)) for a, b in zip(tensor.shape, shape, strict=True))
    ):
        got = spell_shape(tensor.shape) if tensor is not None else "several tensors"
        raise Refusal(
            WrongState,
            f"a state of {spell_shape(shape)} is given {got}",
            blames=argument,
            help="a state has a value for each unit: give both layers the same number of units",
        )


def spell_states(states: Sequence[Any]) -> str:
    return ", ".join(
        f"[{spell_states(s)}]"
        if s and isinstance(s[0], tuple)
        else f"(None, {', '.join(map(str, s))})"
        for s in states
    )
