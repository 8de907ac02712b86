"""Cases of the layer harness through the front door: written as a spec, compiled, and compared with Keras's answer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from netdsl.catalog import layer_kinds
from netdsl.catalog.kind import Weight
from netdsl.compiler import Compiled, compile_text
from netdsl.graph import Graph, Node
from netdsl.tensor import keras_shape
from tests.keras.layer_harness import Answer, Case, Tensor
from tests.keras.nesting import Inner, ask_keras


class _Speller:
    """Writes values of the language; tensors among them become inputs of their own."""

    def __init__(self) -> None:
        self.inputs: list[str] = []
        self._numbers = count()

    def tensor(self, tensor: Tensor) -> str:
        name = f"x{next(self._numbers)}"
        sizes = ", ".join("?" if size is None else str(size) for size in tensor.shape[1:])
        options = "(sparse=True)" if tensor.sparse else ""
        self.inputs.append(f"    input {name}: {tensor.dtype}[{sizes}]{options}\n")
        if not tensor.masked:
            return name
        self.inputs.append(f'    masked_{name} = {name} -> Masking(dtype="{tensor.dtype}")\n')
        return f"masked_{name}"

    def value(self, value: Any) -> str:
        match value:
            case Inner(kind, arguments):
                return f"{kind}({self.arguments(arguments)})"
            case Tensor():
                return self.tensor(value)
            case list():
                return f"[{', '.join(map(self.value, value))}]"
            case tuple():
                return f"({', '.join(map(self.value, value))}{',' * (len(value) == 1)})"
            case dict():
                return f"{{{', '.join(f'{k!r}: {self.value(v)}' for k, v in value.items())}}}"
            case _:
                return repr(value)

    def arguments(self, arguments: Any) -> str:
        return ", ".join(f"{name}={self.value(value)}" for name, value in arguments.items())


def spec_of(case: Case) -> str | None:
    """Write a case as a spec; None where the language has no way to: an input without a batch."""
    if any(not x.shape or x.shape[0] is not None for x in case.inputs):
        return None
    speller = _Speller()
    names = [speller.tensor(x) for x in case.inputs]
    arriving = f"[{', '.join(names)}]" if case.is_list else names[0]
    stage = f"{case.kind}({speller.arguments(case.arguments)})"
    if case.call_arguments:
        stage += f"({speller.arguments(case.call_arguments)})"
    return f"model Drawn {{\n{''.join(speller.inputs)}    output y = {arriving} -> {stage}\n}}\n"


def _last(graph: Graph, kind: str) -> Node | None:
    return next((node for node in reversed(graph.nodes) if node.kind == kind), None)


def ask_netdsl(case: Case, text: str) -> tuple[Answer, Compiled]:
    """Compile the spec; the answer is what the graph holds of the layer."""
    compiled = compile_text(text)
    node = _last(compiled.graphs["Drawn"], case.kind) if "Drawn" in compiled.graphs else None
    if not compiled.ok or node is None:
        errors = [f"{d.code} {d.message}" for d in compiled.diagnostics if d.severity == "error"]
        return Answer(False, why="; ".join(errors)), compiled
    outputs = tuple(
        (tuple(keras_shape(y.shape)), y.dtype, y.masked, y.sparse) for y in node.flat_outputs
    )
    return Answer(True, outputs, tuple(map(_row, node.operation.weights))), compiled


def _row(weight: Weight) -> tuple[str, tuple[int, ...], bool, str]:
    return (weight.name, weight.shape, weight.trainable, weight.dtype)


def disagreement(case: Case) -> str | None:
    """Say in which point the compiler and Keras disagree on a case, or None."""
    text = spec_of(case)
    if text is None:
        return None
    wanted = ask_keras(case)
    got, _ = ask_netdsl(case, text)
    if wanted.accepted and "N0527" in got.why:
        # Keras calls the layer and then makes no model of it, as `test_every_kind` holds against Keras.
        return None
    if wanted.accepted != got.accepted:
        who = "Keras takes it" if wanted.accepted else f"Keras refuses it ({wanted.why})"
        return f"{text}  {who}, netdsl {'takes it' if got.accepted else 'refuses: ' + got.why}"
    if wanted != got:
        return f"{text}  Keras:  {wanted.outputs} {wanted.weights}\n  netdsl: {got.outputs} {got.weights}"
    return None


def missing_kinds(drawn: set[str]) -> Iterator[str]:
    """Give the kinds of the catalogue that nothing is drawn for."""
    yield from sorted(set(layer_kinds()) - drawn)
