"""The states that a recurrent layer or a cell is given by name: their number, and the shape of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, TypeGuard

from netdsl.catalog.kind import Call, Refusal
from netdsl.catalog.spell import spell
from netdsl.diagnostics.problems.shapes import WrongState
from netdsl.tensor import Dim, Shape, TensorSpec, equal, spell_shape
from netdsl.value import Value

#: A state's shape without the batch, or those of several in a group: (4,); ((5,), (5,)).
State: TypeAlias = Shape | tuple["State", ...]


def is_group(state: State) -> TypeGuard[tuple[State, ...]]:
    """Tell whether a state is a group, as that of a cell within a stack is, and not the shape of one."""
    return bool(state) and isinstance(state[0], tuple)


def check_states(call: Call, argument: str, states: Sequence[State], batch: Dim) -> None:
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


def _fit(call: Call, argument: str, given: Value, states: tuple[State, ...], batch: Dim) -> None:
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
        if is_group(state):
            _fit(
                call,
                argument,
                (tensor,) if isinstance(tensor, TensorSpec) else tensor,
                state,
                batch,
            )
        else:
            _fit_one(call, argument, tensor, (batch, *state))


def _fit_one(call: Call, argument: str, given: Value, shape: Shape) -> None:
    tensor = given[0] if isinstance(given, tuple) and len(given) == 1 else given
    if (
        not isinstance(tensor, TensorSpec)
        or tensor.rank != len(shape)
        or not all(call.holds(equal(a, b)) for a, b in zip(tensor.shape, shape, strict=True))
    ):
        got = spell_shape(tensor.shape) if isinstance(tensor, TensorSpec) else "several tensors"
        raise Refusal(
            WrongState,
            f"a state of {spell_shape(shape)} is given {got}",
            blames=argument,
            help="a state has a value for each unit: give both layers the same number of units",
        )


def spell_states(states: Sequence[State]) -> str:
    return ", ".join(
        f"[{spell_states(state)}]" if is_group(state) else f"(None, {', '.join(map(str, state))})"
        for state in states
    )
