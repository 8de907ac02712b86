"""Random networks, written as a spec and built in Keras by hand: one verdict, and the same shapes, weights and names.

A draw is a small program: inputs, shared layers, blocks, and statements of forks, merges, loops and conditions. It is
told twice, once as text for netdsl and once as calls of Keras, with nothing in common. `NETDSL_DRAWS` sets how many.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np

from netdsl.compiler import compile_text
from tests.language.front_door import spelled

pytestmark = pytest.mark.keras

DRAWS = int(os.environ.get("NETDSL_DRAWS", "25"))

MERGES = ("Add", "Multiply", "Maximum", "Subtract", "Concatenate", "Average")
OPERATORS = {"+": "Add", "-": "Subtract", "*": "Multiply"}

#: A stage as data: what it is, and what belongs to it.
Stage = tuple[Any, ...]
Chain = list[Stage]


@dataclass
class Program:
    """A network as data. Statements bind `t0`, `t1`, … and may use any earlier name and the inputs `a`, `b`, `c`."""

    inputs: dict[str, tuple[int, ...]]
    shared: list[Chain]
    blocks: list[Chain]
    statements: list[tuple[Any, ...]]
    outputs: list[str]
    made: dict[int, list[Any]] = field(default_factory=dict)


# -- drawing ------------------------------------------------------------------------------------

widths = st.sampled_from([4, 4, 4, 8])
layers = st.one_of(
    st.tuples(st.just("Dense"), widths),
    st.tuples(st.just("Dense"), widths),
    st.sampled_from(
        [("ReLU",), ("Dropout",), ("LayerNormalization",), ("Identity",), ("BatchNormalization",)]
    ),
    st.sampled_from(
        [
            ("Conv1D", 4, "same"),
            ("Conv1D", 8, "valid"),
            ("GlobalAveragePooling1D",),
            ("Flatten",),
            ("LSTM", 4),
        ]
    ),
)


def chains(depth: int, blocks: int, shared: int) -> st.SearchStrategy[Chain]:
    """Draw a few stages; loops, forks and conditions nest to a depth."""
    options: list[st.SearchStrategy[Stage]] = [layers, layers]
    if shared:
        options.append(st.tuples(st.just("shared"), st.integers(0, shared - 1)))
    if blocks:
        options.append(st.tuples(st.just("block"), st.integers(0, blocks - 1), widths))
    if depth:
        inner = chains(depth - 1, blocks, shared)
        branches = st.lists(st.one_of(inner, st.just([("same",)])), min_size=2, max_size=3)
        options += [
            st.tuples(st.just("repeat"), st.integers(0, 3), inner),
            st.tuples(st.just("for"), st.lists(widths, max_size=3)),
            st.tuples(st.just("fork"), branches, st.sampled_from(MERGES)),
            st.tuples(st.just("residual"), inner),
            st.tuples(st.just("if"), st.integers(1, 8), inner, st.one_of(st.none(), inner)),
        ]
    return st.lists(st.one_of(options), min_size=1, max_size=3)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    shapes = st.sampled_from([(4,), (4,), (8,), (6, 4), (6, 8)])
    inputs = {name: draw(shapes) for name in "abc"[: draw(st.integers(1, 3))]}
    shared = draw(st.lists(chains(0, 0, 0), max_size=2))
    blocks = [draw(chains(1, number, 0)) for number in range(draw(st.integers(0, 2)))]
    names = list(inputs)
    statements: list[tuple[Any, ...]] = []
    for number in range(draw(st.integers(1, 4))):
        source = st.sampled_from(names)
        body = chains(2, len(blocks), len(shared))
        statements.append(
            draw(
                st.one_of(
                    st.tuples(st.just("chain"), source, body),
                    st.tuples(st.just("merge"), source, source, st.sampled_from(MERGES)),
                    st.tuples(
                        st.just("operator"), source, source, st.sampled_from(sorted(OPERATORS))
                    ),
                )
            )
        )
        names.append(f"t{number}")
    made = [name for name in names if name.startswith("t")]
    extra = draw(st.sampled_from([[], [], made[:1]]))
    outputs = list(dict.fromkeys([*extra, made[-1]]))
    return Program(inputs, shared, blocks, statements, outputs)


# -- told as a spec -----------------------------------------------------------------------------


def written(chain: Chain, width: str = "n") -> str:
    return " -> ".join(_stage(stage, width) for stage in chain)


def _stage(stage: Stage, width: str) -> str:
    match stage:
        case ("Dense", units):
            return f"Dense({units})"
        case ("Conv1D", filters, padding):
            return f'Conv1D({filters}, 3, padding="{padding}")'
        case ("LSTM", units):
            return f"LSTM({units}, return_sequences=True)"
        case ("Dropout",):
            return "Dropout(0.5)"
        case ("same",):
            return "_"
        case ("shared", number):
            return f"shared{number}"
        case ("block", number, n):
            return f"block{number}({n})"
        case ("repeat", count, body):
            return f"repeat {count} {{ {written(body, width)} }}"
        case ("for", values):
            return f"for n in {values} {{ Dense(n) }}"
        case ("fork", branches, merge):
            return f"[{', '.join(written(b, width) for b in branches)}] -> {merge}()"
        case ("residual", body):
            return f"[_, {written(body, width)}] -> Add()"
        case ("if", least, then, otherwise):
            text = f"if _.shape[-1] >= {least} {{ {written(then, width)} }}"
            return text if otherwise is None else f"{text} else {{ {written(otherwise, width)} }}"
        case (kind,):
            return f"{kind}()"
    raise AssertionError(stage)


def as_spec(program: Program) -> str:
    lines = [
        f"block block{number}(n: int) = Dense(n) -> {written(chain)}"
        for number, chain in enumerate(program.blocks)
    ]
    lines.append("model Drawn {")
    lines += [f"    input {name}: {list(shape)}" for name, shape in program.inputs.items()]
    lines += [f"    layer shared{n} = {written(chain)}" for n, chain in enumerate(program.shared)]
    for number, statement in enumerate(program.statements):
        match statement:
            case ("chain", source, chain):
                value = f"{source} -> {written(chain)}"
            case ("merge", left, right, merge):
                value = f"[{left}, {right}] -> {merge}()"
            case (_, left, right, operator):
                value = f"{left} {operator} {right}"
        lines.append(f"    t{number} = {value}")
    lines += [f"    output {name}" for name in program.outputs]
    return "\n".join([*lines, "}"])


# -- told to Keras ------------------------------------------------------------------------------


def new_layer(stage: Stage) -> Any:
    match stage:
        case ("Dense", units):
            return keras.layers.Dense(units)
        case ("Conv1D", filters, padding):
            return keras.layers.Conv1D(filters, 3, padding=padding)
        case ("LSTM", units):
            return keras.layers.LSTM(units, return_sequences=True)
        case ("Dropout",):
            return keras.layers.Dropout(0.5)
        case (kind,):
            return getattr(keras.layers, kind)()
    raise AssertionError(stage)


def run(program: Program, chain: Chain, x: Any) -> Any:
    for stage in chain:
        match stage:
            case ("same",):
                pass
            case ("shared", number):
                if number not in program.made:
                    program.made[number] = [new_layer(s) for s in program.shared[number]]
                for layer in program.made[number]:
                    x = layer(x)
            case ("block", number, n):
                x = run(program, [("Dense", n), *program.blocks[number]], x)
            case ("repeat", count, body):
                for _ in range(count):
                    x = run(program, body, x)
            case ("for", values):
                for n in values:
                    x = keras.layers.Dense(n)(x)
            case ("fork", branches, merge):
                x = getattr(keras.layers, merge)()([run(program, b, x) for b in branches])
            case ("residual", body):
                x = keras.layers.Add()([x, run(program, body, x)])
            case ("if", least, then, otherwise):
                chosen = then if x.shape[-1] >= least else otherwise
                x = x if chosen is None else run(program, chosen, x)
            case _:
                x = new_layer(stage)(x)
    return x


def by_hand(program: Program) -> Any:
    """Build the network in Keras; None where Keras refuses it."""
    tensors = {name: keras.Input(shape, name=name) for name, shape in program.inputs.items()}
    inputs = list(tensors.values())
    try:
        for number, statement in enumerate(program.statements):
            match statement:
                case ("chain", source, chain):
                    value = run(program, chain, tensors[source])
                case ("merge", left, right, merge):
                    value = getattr(keras.layers, merge)()([tensors[left], tensors[right]])
                case (_, left, right, operator):
                    value = getattr(keras.layers, OPERATORS[operator])()(
                        [tensors[left], tensors[right]]
                    )
            tensors[f"t{number}"] = value
        return keras.Model(inputs, [tensors[name] for name in program.outputs])
    except (ValueError, TypeError, IndexError, AttributeError) as refusal:
        note(f"Keras: {refusal}")
        return None


# -- the claim ----------------------------------------------------------------------------------


def shapes_of(tensors: Any) -> list[tuple[Any, ...]]:
    return [tuple(t.shape) for t in keras.tree.flatten(tensors)]


def outputs_of(model: Any, names: list[str]) -> list[Any]:
    """Give the outputs in the order of the spec; several leave as a dict by name."""
    found = model.output
    return [found[name] for name in names] if isinstance(found, dict) else keras.tree.flatten(found)


def weights_of(model: Any) -> list[tuple[int, ...]]:
    return sorted(tuple(w.shape) for w in model.weights)


@settings(
    max_examples=DRAWS,
    deadline=None,
    derandomize=DRAWS == 25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(programs())
def test_random_network_is_the_one_that_keras_builds(program: Program) -> None:
    text = as_spec(program)
    note(text)
    compiled = compile_text(text)
    note(spelled(compiled))
    expected = by_hand(program)
    assert compiled.ok is (expected is not None)
    event("refused" if expected is None else "built")
    if expected is None:
        return

    summary = compiled.model().summary()
    assert summary["totals"]["parameters"] == expected.count_params()
    assert [tuple(o["shape"]) for o in summary["outputs"]] == shapes_of(expected.outputs)
    for flat in (False, True):
        note(compiled.emit(flat=flat))
        built = compiled.build(flat=flat)
        assert shapes_of(outputs_of(built, program.outputs)) == shapes_of(expected.outputs)
        assert weights_of(built) == weights_of(expected)
        assert {layer.name for layer in built.layers} == {row["name"] for row in summary["layers"]}
        for row in summary["layers"]:
            weights = sorted(tuple(w.shape) for w in built.get_layer(row["name"]).weights)
            assert weights == sorted(map(tuple, row["weights"])), row["name"]
    keras.backend.clear_session()


def test_one_random_network_computes_what_keras_does() -> None:
    """The wiring too: given the same weights, order of operands included, the numbers agree."""
    chain: Chain = [
        ("Dense", 8),
        ("fork", [[("Dense", 8)], [("same",)]], "Subtract"),
        ("residual", [("shared", 0)]),
    ]
    program = Program({"a": (4,)}, [[("Dense", 8)]], [], [("chain", "a", chain)], ["t0"])
    expected = by_hand(program)
    built = compile_text(as_spec(program)).build()
    for own, other in zip(built.layers, expected.layers, strict=True):
        own.set_weights(other.get_weights())
    batch = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    np.testing.assert_allclose(np.asarray(built(batch)), np.asarray(expected(batch)), rtol=1e-5)
