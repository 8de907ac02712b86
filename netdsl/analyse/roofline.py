"""How long a training step takes at best on a device, layer by layer, and what bounds it (Williams et al., 2009).

A layer can be no faster than its work at the device's peak rate, nor than its traffic at the memory's bandwidth; the
larger of the two is its bound. A training step counts three times the forward pass: the backward pass computes the
gradients of inputs and of weights; a layer that no gradient comes to counts once. Nothing is fused, no kernel takes
time to start, and all traffic goes to memory.
"""

from __future__ import annotations

from typing import Literal

from netdsl.analyse.costs import counted_nodes
from netdsl.analyse.gradients import in_gradient, leaves_of
from netdsl.analyse.memory import (
    Memory,
    Setup,
    training_memory,
    variable_bytes,
)
from netdsl.catalog.devices import Device
from netdsl.catalog.kind import LayerKind
from netdsl.graph import Graph, Node, compute_dtype, held_bytes, output_bytes
from netdsl.record import record
from netdsl.tensor import Dim, sum_of
from netdsl.value import Arguments

#: A training step is a forward pass and two like it.
PASSES = 3

#: Tensor cores work on blocks of eight numbers of 16 bits.
BLOCK = 8

Bound = Literal["memory", "compute"]


@record
class LayerTime:
    """One layer of a step: seconds at best, and what they are spent on."""

    node: Node
    seconds: float
    bound: Bound
    misses: str = ""  # why the layer does not run on tensor cores or cuDNN at their best


@record
class Step:
    """A training step at a batch size; `seconds` is None where a size is not known."""

    device: Device
    setup: Setup
    batch: int
    memory: Memory
    layers: tuple[LayerTime, ...]
    update: float  # seconds that the optimizer takes
    seconds: float | None

    @property
    def samples_a_second(self) -> float | None:
        return self.batch / self.seconds if self.seconds else None

    @property
    def needed(self) -> int | None:
        return self.memory.at(self.on_each)

    @property
    def on_each(self) -> int:
        """The samples that each replica has in memory."""
        return -(-self.batch // self.setup.replicas)

    @property
    def largest_batch(self) -> int | None:
        """The largest batch whose share fits on each replica."""
        largest = self.memory.largest_batch(self.device.memory)
        return None if largest is None else largest * self.setup.replicas


def training_step(graph: Graph, device: Device, setup: Setup, batch: int) -> Step:
    """Estimate a training step from below."""
    memory = training_memory(graph, setup)
    share = -(-batch // setup.replicas)
    running = in_gradient(graph)
    layers = [
        _layer_time(graph, leaf, device, setup, share, PASSES if node.id in running else 1)
        for node in counted_nodes(graph)
        for leaf in leaves_of(node)
    ]
    known = tuple(layer for layer in layers if layer is not None)
    update = _update_bytes(memory) / device.bandwidth
    complete = len(known) == len(layers)
    total = sum(layer.seconds for layer in known) + update if complete else None
    return Step(device, setup, batch, memory, known, update, total)


def _layer_time(
    graph: Graph, node: Node, device: Device, setup: Setup, batch: int, passes: int
) -> LayerTime | None:
    """Time one layer, None where it depends on a size that nobody knows."""
    written: Dim = 0 if node.is_a("view") else held_bytes(node, setup.precision)
    traffic = written + _input_bytes(graph, node, setup)
    if not isinstance(traffic, int) or not isinstance(node.macs, int):
        return None
    if node.operation.family == "input":
        return LayerTime(node, 0.0, "memory")
    weights = sum(variable_bytes(weight, setup.precision) for weight in node.operation.weights)
    moving = passes * (batch * traffic + weights) / device.bandwidth
    dtype = compute_dtype(node, setup.precision)
    rate = device.rate(dtype, tensor_cores=_on_tensor_cores(node))
    working = passes * 2 * node.macs * batch / rate
    bound: Bound = "compute" if working > moving else "memory"
    return LayerTime(node, max(working, moving), bound, misses(node, setup.precision))


def _input_bytes(graph: Graph, node: Node, setup: Setup) -> Dim:
    """Give what a node reads. Nodes of a model used as a layer read about what the node before them gave."""
    if node.operation.family == "application":
        return held_bytes(node, setup.precision)
    if node.id >= len(graph.nodes) or graph.nodes[node.id] is not node:
        return output_bytes(node, setup.precision)
    return sum_of(
        output_bytes(graph.nodes[ref.node], setup.precision) for ref in dict.fromkeys(node.inputs)
    )


def _update_bytes(memory: Memory) -> int:
    """The optimizer reads gradients, weights and its state, and writes the last two."""
    return 3 * memory.gradients + 2 * memory.optimizer


def _on_tensor_cores(node: Node) -> bool:
    return (
        not node.is_a("depthwise", "separable") and (node.operation.bound.get("groups") or 1) == 1
    )


def misses(node: Node, precision: str) -> str:
    """Say why a layer leaves tensor cores or cuDNN, or nothing."""
    reason = cudnn_refusal(node.operation.definition, node.operation.bound)
    if reason:
        return f"cuDNN: {reason}"
    if not node.macs or compute_dtype(node, precision) not in ("float16", "bfloat16"):
        return ""
    if not _on_tensor_cores(node):
        return "tensor cores: one kernel for each channel or group"
    ragged = ragged_channels(node)
    return f"tensor cores: {ragged} is not a multiple of {BLOCK}" if ragged else ""


def ragged_channels(node: Node) -> str:
    """Name the width of a layer's matrix product that is no multiple of eight, "" where there is none.

    Three channels of an image do not count: cuDNN pads them.
    """
    for name in ("units", "filters", "key_dim", "head_dim"):
        value = node.operation.bound.get(name)
        if isinstance(value, int) and value % BLOCK:
            return f"`{name}={value}`"
    kernel = next((w for w in node.operation.weights if w.name == "kernel"), None)
    if kernel is not None and node.is_a("dense") and kernel.shape[0] % BLOCK:
        return f"the width {kernel.shape[0]} of what arrives"
    return ""


def cudnn_refusal(layer: LayerKind | None, bound: Arguments) -> str:
    """Say which arguments keep a layer that cuDNN could run from it; "" where none do."""
    refused = layer.off_cudnn if layer is not None else None
    return " and ".join(refused(bound)) if refused is not None else ""
