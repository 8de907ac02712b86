"""Every layer of the catalogue, alone and in training: the rules and figures cope with each."""

from __future__ import annotations

import re

import pytest

from netdsl.analyse.memory import Setup
from netdsl.analyse.roofline import training_step
from netdsl.catalog import layer_kinds
from netdsl.catalog.devices import DEVICES
from tests.advice.asking import compiled

EXAMPLES = sorted((name, kind.example) for name, kind in layer_kinds().items() if kind.example)
PRECISIONS = ("float32", "float64", "mixed_float16", "bfloat16")


def spec_of(example: str, precision: str) -> str:
    """Write an example as a model that is trained: `[[4], [4]] -> Add()` has two inputs."""
    types, stage = example.split(" -> ", 1)
    several = types.startswith("[[") or re.match(r"\[\w+\[", types)
    parts = re.findall(r"\w*\[[^\[\]]*\]", types) if several else [types]
    inputs = "".join(f" input x{i}: {part}\n" for i, part in enumerate(parts))
    source = f"[{', '.join(f'x{i}' for i in range(len(parts)))}]" if several else "x0"
    return (
        f'extern fn my_function from "functions"\nmodel M {{\n{inputs} output y = {source} -> {stage}\n}}\n'
        f"train M {{ optimizer = adam precision = {precision} jit_compile = True }}"
    )


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=lambda value: str(value).split(" ")[0])
def test_advice_and_figures_come_to_an_end(name: str, example: str) -> None:
    for precision in PRECISIONS:
        (graph,) = compiled(spec_of(example, precision), "N").graphs.values()
        for device in DEVICES[::4]:
            step = training_step(graph, device, Setup(precision), 32)
            assert step.seconds is None or step.seconds >= 0
