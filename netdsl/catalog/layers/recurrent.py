"""Recurrent layers and their cells: SimpleRNN, GRU, LSTM, RNN and StackedRNNCells.

A layer of this family is a cell and the way it is led over the time axis. `Cell` tells what one step is;
`over_time` does the rest for each of them, the convolutional ones too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netdsl.catalog.kind import (
    BoundLayer,
    Call,
    Inference,
    LayerKind,
    Refusal,
    Rule,
    StateSize,
    Structure,
    Weight,
)
from netdsl.catalog.shape_rules import numeric
from netdsl.catalog.state_rules import State, check_states, is_group, spell_states
from netdsl.catalog.training_costs import off_cudnn
from netdsl.catalog.weight_rules import filled_weight, frozen
from netdsl.diagnostics.problems.shapes import (
    NeedsFixedBatch,
    SeveralInputs,
    TooFewInputs,
    UnequalInputs,
    WrongRank,
    WrongValue,
    WrongWrapped,
)
from netdsl.record import record
from netdsl.tensor import Dim, Shape, TensorSpec, equal, spell_shape
from netdsl.value import Value


@record
class Cell:
    """One step: its weights, its work, the shapes of its output and its states without the batch."""

    weights: tuple[Weight, ...]
    macs: Dim
    output: Shape
    states: tuple[State, ...]  # a shape for each state, nested as Keras nests them
    caveats: tuple[str, ...] = ()
    kept: Dim = 0  # elements of a step beside its output that are needed again backwards


@record
class Gates:
    """How a cell of `units` is made: matrices side by side, states, rows of bias."""

    gates: int
    states: int
    rows_of_bias: int = 1  # 2 where input and recurrence have a bias each

    def step(self, call: Call, features: int, within: str = "") -> Cell:
        """Say what one step on a row of `features` takes."""
        units, wide = call.units, self.gates * call.units
        weights = [
            filled_weight(call, "kernel", (features, wide), within=within),
            filled_weight(call, "recurrent_kernel", (units, wide), within=within,
                          initializer="recurrent_initializer"),
        ]  # fmt: skip
        if call.use_bias:
            bias = (wide,) if self.rows_of_bias == 1 else (self.rows_of_bias, wide)
            weights.append(filled_weight(call, "bias", bias, within=within))
        states = ((units,),) * self.states
        kept = wide if self.gates > 1 else 0
        macs = features * wide + units * wide
        return Cell(tuple(weights), macs, (units,), states, kept=kept)


SIMPLE, LSTM_GATES = Gates(1, 1), Gates(4, 2)


def gru_gates(call: Call) -> Gates:
    """Give a GRU's gates: with `reset_after` the recurrence has a bias of its own, as cuDNN wants it."""
    return Gates(3, 1, rows_of_bias=2 if call.reset_after else 1)


def sequence(call: Call, rank: int | None) -> TensorSpec:
    """Give the one sequence that a recurrent layer takes; its states go in by name."""
    numeric(call)
    if len(call.inputs) > 1:
        raise Refusal(
            SeveralInputs,
            f"takes one sequence, {len(call.inputs)} tensors arrive",
            help="join them first, or give the states by name: "
            f"`x -> {call.kind.name}(…)(initial_state=[…])`",
        )
    return call.one(rank=rank)


def over_time(call: Call, x: TensorSpec, cell: Cell) -> Inference:
    """Lead a cell along axis 1, and give the last output or all of them, with the last states if they are asked for."""
    batch, steps = x.shape[0], x.shape[1]
    _check_stateful(call, batch)
    _check_mask(call, x)
    check_states(call, "initial_state", cell.states, batch)
    lead: Shape = (batch, steps) if call.return_sequences else (batch,)
    output = TensorSpec((*lead, *cell.output), call.compute_dtype)
    outputs: Structure = output
    if call.return_state:
        _refuse_deep_states(cell.states)
        outputs = (output, *(_batched(call, batch, state) for state in cell.states))
    caveats = cell.caveats
    if call.arguments.get("unroll") and not isinstance(steps, int):
        caveats = (*caveats, f"`unroll=True` needs the number of time steps, and axis 1 is {steps}")
    macs, kept = steps * cell.macs, steps * cell.kept
    return Inference(outputs, cell.weights, macs, caveats, kept=kept)


def _batched(call: Call, batch: Dim, state: State) -> Structure:
    if is_group(state):
        return tuple(_batched(call, batch, part) for part in state)
    return TensorSpec((batch, *state), call.compute_dtype)


def _refuse_deep_states(states: Sequence[State]) -> None:
    inner = [shape for part in states if is_group(part) for shape in part]
    if any(is_group(shape) for shape in inner):
        raise Refusal(
            WrongWrapped,
            "a stack of cells within a stack has states that cannot be returned",
            blames="return_state",
            help="put all cells in one list",
        )


def _check_stateful(call: Call, batch: Dim) -> None:
    if call.stateful and not isinstance(batch, int):
        raise Refusal(
            NeedsFixedBatch,
            f"`stateful=True` makes a state for each sample, and the batch is {batch}",
            blames="stateful",
            help="fix it where the input is declared: `input x: [12, 8](batch_size=32)`",
        )


def _check_mask(call: Call, x: TensorSpec) -> None:
    mask = call.call_arguments.get("mask")
    if not isinstance(mask, TensorSpec):
        return
    if mask.rank < 2 or not all(
        call.holds(equal(a, b)) for a, b in zip(mask.shape[:2], x.shape[:2], strict=True)
    ):
        raise Refusal(
            UnequalInputs,
            f"the mask is {spell_shape(mask.shape)} and the sequence {spell_shape(x.shape)}: "
            "a mask has one entry for each time step",
            blames="mask",
        )


def _gated_layer(gates: Gates | None, within: str) -> Rule:
    def rule(call: Call) -> Inference:
        x = sequence(call, rank=3)
        features = call.known(x.shape[2], 2, "the kernel")
        return over_time(call, x, (gates or gru_gates(call)).step(call, features, within))

    return rule


def carries_mask(call: Call) -> bool | tuple[bool, ...]:
    """Say which outputs keep the mask: a sequence does; a last output and the states do not."""
    sequence_masked = bool(call.return_sequences) and call.x.masked
    return (sequence_masked,) if call.return_state else sequence_masked


def output_words(given: frozenset[str], count: int) -> tuple[str, ...]:
    """Name what a recurrence gives: what it has read, then the states that it ended in."""
    states = {2: ("state",), 3: ("state_h", "state_c")}.get(count, ())
    return ("sequence" if "return_sequences" in given else "output", *states)


def _gated_cell(gates: Gates | None) -> Rule:
    def rule(call: Call) -> Inference:
        x = step_input(call)
        cell = (gates or gru_gates(call)).step(call, call.known(x.shape[1], 1, "the kernel"))
        states = states_of(call, cell.states, x.shape[0])
        output = TensorSpec((x.shape[0], *cell.output), call.compute_dtype)
        alone = isinstance(states, TensorSpec)
        new: Structure = output if alone else (output,) * len(cell.states)
        return Inference((output, new), cell.weights, cell.macs, kept=cell.kept)

    return rule


def step_input(call: Call) -> TensorSpec:
    """Give what a cell takes at one time step: a row of features for each sample."""
    numeric(call)
    if len(call.inputs) > 1:
        raise Refusal(
            SeveralInputs,
            f"takes the input of one step, {len(call.inputs)} tensors arrive",
            help=f"give the states by name: `x -> {call.kind.name}(…)(states=[…])`",
        )
    return call.one(rank=2)


def states_of(call: Call, states: Sequence[State], batch: Dim) -> Sequence[Structure]:
    """Give the states that a cell is called with; refuse where there are none, or others."""
    if call.call_arguments.get("states") is None:
        raise Refusal(
            TooFewInputs,
            f"a cell takes the input of one step and its states: {spell_states(states)}",
            help=f"lead it over a sequence with `RNN({call.kind.name}(…))`, or give "
            "`(states=[…])` in a second pair of parentheses",
        )
    check_states(call, "states", states, batch)
    given: Sequence[Structure] = call.call_arguments["states"]
    return given


def _one_state(arguments: BoundLayer | Call) -> StateSize:
    return int(arguments.units)


def _two_states(arguments: BoundLayer | Call) -> StateSize:
    return (int(arguments.units), int(arguments.units))


def rnn(call: Call) -> Inference:
    """Lead a cell, or a list of them, over the time axis. (None, 9, 8), LSTMCell(4) -> (None, 4)"""
    numeric(call)
    x = sequence(call, rank=None)
    if x.rank < 3:
        raise Refusal(
            WrongRank,
            f"needs (batch, time, features), {spell_shape(x.shape)} has rank {x.rank}",
        )
    several = isinstance(call.cell, list | tuple)
    cells = tuple(call.cell) if several else (call.cell,)
    step = x.with_shape((x.shape[0], x.shape[-1]))
    cell = stack(cells, step, "cell") if several else _single(cells[0], step)
    if x.rank > 3:
        caveat = f"a cell takes rows, and each step of {spell_shape(x.shape)} has rank {x.rank - 1}"
        cell = replace(cell, caveats=(*cell.caveats, caveat))
    return over_time(call, x, cell)


def _single(cell: Value, step: TensorSpec) -> Cell:
    cell, size = cell_of(cell, "cell")
    result, output = _run_cell(cell, step, size)
    return Cell(result.weights, result.macs, output, as_shapes(size), kept=result.kept)


def stack(cells: Sequence[Value], step: TensorSpec, argument: str) -> Cell:
    """Put cells on top of each other: the output of one is the input of the next."""
    if not cells:
        raise Refusal(WrongValue, "an empty list has no cell to run", blames=argument)
    weights: list[Weight] = []
    macs: Dim = 0
    kept: Dim = 0
    shape = step.shape[1:]
    sizes: list[StateSize] = []
    for cell in cells:
        made, size = cell_of(cell, argument)
        sizes.append(size)
        result, shape = _run_cell(made, step.with_shape((step.shape[0], *shape)), size)
        weights.extend(result.weights)
        macs, kept = macs + result.macs, kept + result.kept
    return Cell(tuple(weights), macs, shape, as_shapes(tuple(sizes)), kept=kept)


def _run_cell(cell: BoundLayer, step: TensorSpec, size: StateSize) -> tuple[Inference, Shape]:
    """Ask a cell for one step from states of its own sizes."""
    result = cell.infer((step,), states=_state_specs(size, step))
    output = result.outputs[0] if isinstance(result.outputs, tuple) else result.outputs
    assert isinstance(output, TensorSpec)
    return replace(result, weights=frozen(cell, result.weights)), output.shape[1:]


def _state_specs(size: StateSize, step: TensorSpec) -> Structure:
    if isinstance(size, int):
        return step.with_shape((step.shape[0], size)).with_dtype("float32")
    return tuple(_state_specs(part, step) for part in size)


def as_shapes(size: StateSize) -> tuple[State, ...]:
    """Turn sizes into shapes without the batch: 5 -> ((5,),); ((5, 5), 4) -> (((5,), (5,)), (4,))."""
    if isinstance(size, int):
        return ((size,),)
    return tuple((part,) if isinstance(part, int) else as_shapes(part) for part in size)


def cell_of(cell: Value, argument: str) -> tuple[BoundLayer, StateSize]:
    """Give a cell and the sizes of its states; refuse what is no cell."""
    if isinstance(cell, BoundLayer):
        definition = cell.definition
        if definition is not None and definition.state_size is not None:
            return cell, definition.state_size(cell)
    name = cell.label if isinstance(cell, BoundLayer) else repr(cell)
    raise Refusal(
        WrongWrapped,
        f"`{name}` is no recurrent cell: it has no state to carry from step to step",
        blames=argument,
        help="cells are `SimpleRNNCell`, `GRUCell`, `LSTMCell` and `StackedRNNCells`; "
        "any other layer goes over time in `TimeDistributed`",
    )


def state_size(cell: Value, argument: str) -> StateSize:
    """Give the sizes of a cell's states; refuse what is no cell."""
    return cell_of(cell, argument)[1]


def stacked_cells(call: Call) -> Inference:
    """Run one step of several cells on top of each other; states are nested cell by cell."""
    x = step_input(call)
    cell = stack(tuple(call.cells), x, "cells")
    new = tuple(
        _like(given, _batched(call, x.shape[0], state))
        for given, state in zip(states_of(call, cell.states, x.shape[0]), cell.states, strict=True)
    )
    output = TensorSpec((x.shape[0], *cell.output), call.compute_dtype)
    outputs = (output, new[0] if len(new) == 1 else new)
    return Inference(outputs, cell.weights, cell.macs, kept=cell.kept)


def _like(given: Structure, state: Structure) -> Structure:
    """Give one state back as it came: alone, or in a list of one."""
    alone = isinstance(given, TensorSpec) or not isinstance(state, TensorSpec)
    return state if alone else (state,)


def _stacked_sizes(arguments: BoundLayer | Call) -> StateSize:
    return tuple(state_size(cell, "cells") for cell in arguments.cells)


CALL_TENSORS = frozenset({"initial_state", "mask"})
OVER_TIME, OF_THE_LAST_CELL = (
    f"(batch, time, features) → (batch, {units}), or (batch, time, {units}) with return_sequences"
    for units in ("units", "output of the last cell")
)
ONE_STEP = "(batch, features) and states → (batch, units) and the new states"

#: The matrices of all gates stand side by side: a column leads into one unit of one gate.
_OF_GATES = dict.fromkeys(("kernel_constraint", "recurrent_constraint"), ((0,), 2))

KINDS = (
    LayerKind(
        "SimpleRNN",
        _gated_layer(SIMPLE, "simple_rnn_cell"),
        mask=carries_mask,
        output_words=output_words,
        roles=("recurrent",),
        unit_axes=_OF_GATES,
        group="recurrent",
        shape_rule=OVER_TIME,
        use_for="short sequences, and to show what a recurrence is",
        watch_for="gradients vanish over a few dozen steps; LSTM and GRU hold on for longer",
        example="[12, 8] -> SimpleRNN(16)",
        tensor_arguments=CALL_TENSORS,
    ),
    LayerKind(
        "GRU",
        _gated_layer(None, "gru_cell"),
        mask=carries_mask,
        output_words=output_words,
        roles=("recurrent",),
        off_cudnn=off_cudnn,
        unit_axes=_OF_GATES,
        group="recurrent",
        shape_rule=OVER_TIME,
        use_for="sequences where an LSTM works, with a quarter fewer weights",
        watch_for="cuDNN runs it only with tanh, sigmoid, bias, reset_after, no recurrent_dropout and no unroll",
        example="[12, 8] -> GRU(16, return_sequences=True)",
        tensor_arguments=CALL_TENSORS,
    ),
    LayerKind(
        "LSTM",
        _gated_layer(LSTM_GATES, "lstm_cell"),
        mask=carries_mask,
        output_words=output_words,
        roles=("recurrent",),
        off_cudnn=off_cudnn,
        unit_axes=_OF_GATES,
        group="recurrent",
        shape_rule=OVER_TIME + "; return_state adds h and c",
        use_for="sequences with long dependencies",
        watch_for="cuDNN runs it only with tanh, sigmoid, bias, no recurrent_dropout and no unroll",
        example="[12, 8] -> LSTM(16, return_sequences=True)",
        tensor_arguments=CALL_TENSORS,
    ),
    LayerKind(
        "RNN",
        rnn,
        mask=carries_mask,
        output_words=output_words,
        roles=("recurrent",),
        group="recurrent",
        shape_rule=OF_THE_LAST_CELL,
        use_for="cells stacked in one loop, or of different kinds",
        watch_for="never runs on cuDNN; states come back nested cell by cell",
        example="[12, 8] -> RNN([LSTMCell(32), LSTMCell(16)])",
        holds_layers=True,
        tensor_arguments=CALL_TENSORS,
    ),
    LayerKind(
        "SimpleRNNCell",
        _gated_cell(SIMPLE),
        mask="drop",
        unit_axes=_OF_GATES,
        group="recurrent",
        shape_rule=ONE_STEP,
        use_for="one step of SimpleRNN, inside RNN or StackedRNNCells",
        watch_for="on its own it takes its state by name: `x -> SimpleRNNCell(16)(states=[h])`",
        example="[12, 8] -> RNN(SimpleRNNCell(16))",
        tensor_arguments=frozenset({"states"}),
        state_size=_one_state,
        traced=True,
    ),
    LayerKind(
        "GRUCell",
        _gated_cell(None),
        mask="drop",
        unit_axes=_OF_GATES,
        group="recurrent",
        shape_rule=ONE_STEP,
        use_for="one step of GRU, inside RNN or StackedRNNCells",
        watch_for="on its own it takes its state by name: `x -> GRUCell(16)(states=[h])`",
        example="[12, 8] -> RNN(GRUCell(16))",
        tensor_arguments=frozenset({"states"}),
        state_size=_one_state,
        traced=True,
    ),
    LayerKind(
        "LSTMCell",
        _gated_cell(LSTM_GATES),
        mask="drop",
        unit_axes=_OF_GATES,
        group="recurrent",
        shape_rule=ONE_STEP + " h and c",
        use_for="one step of LSTM, inside RNN or StackedRNNCells",
        watch_for="on its own it takes both states by name: `x -> LSTMCell(16)(states=[h, c])`",
        example="[12, 8] -> RNN(LSTMCell(16))",
        tensor_arguments=frozenset({"states"}),
        state_size=_two_states,
        traced=True,
    ),
    LayerKind(
        "StackedRNNCells",
        stacked_cells,
        mask="drop",
        group="recurrent",
        shape_rule="(batch, features) and states → the last cell's output and the states, cell by cell",
        use_for="several cells as one, inside RNN",
        watch_for="`RNN([a, b])` makes one by itself",
        example="[12, 8] -> RNN(StackedRNNCells([GRUCell(32), GRUCell(16)]))",
        holds_layers=True,
        tensor_arguments=frozenset({"states"}),
        state_size=_stacked_sizes,
        traced=True,
    ),
)
