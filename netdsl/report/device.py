"""What a training step takes on a device, as text and as data: memory, the largest batch, time by layer."""

from __future__ import annotations

from rich.text import Text

from netdsl.analyse.memory import optimizer_name
from netdsl.analyse.roofline import LayerTime, Step
from netdsl.report.table import spell_bytes
from netdsl.value import Document

#: How many of the slowest layers, and of those that miss tensor cores or cuDNN, are told of.
TOLD = 8


def device_lines(step: Step) -> list[Text]:
    """Write a step for people: a heading and a few lines."""
    setup = step.setup
    heading = f"Training on {step.device.title} at batch {step.batch:,}"
    how = f"{setup.precision}, {optimizer_name(setup.optimizer)}"
    lines = [Text.assemble((heading, "bold"), f" ({how}{_replicas(step)})")]
    lines += [Text.assemble((f"{name}: ", "bold"), value) for name, value in _rows(step)]
    return lines + _slowest(step) + _missing(step)


def _replicas(step: Step) -> str:
    count = step.setup.replicas
    return f", {count} replicas of {step.on_each:,}" if count > 1 else ""


def _rows(step: Step) -> list[tuple[str, str]]:
    memory, device = step.memory, step.device
    if step.needed is None or memory.activations is None:
        return [("Memory", "not a fixed number: give the sizes with `--at`")]
    parts = (
        f"{spell_bytes(memory.weights)} weights, {spell_bytes(memory.gradients)} gradients, "
        f"{spell_bytes(memory.optimizer)} optimizer state, {spell_bytes(memory.activations * step.on_each)} activations"
    )
    largest = step.largest_batch
    without = f", without the weights of {', '.join(memory.untold)}" if memory.untold else ""
    rows = [
        ("Memory", f"{spell_bytes(step.needed)} of {spell_bytes(device.memory)}: {parts}{without}"),
        ("Largest batch", f"{largest:,}" if largest else "none: not even one sample fits"),
    ]
    if step.seconds is not None:
        rows.append(("A step takes at least", _speed(step, step.seconds)))
    return rows


def _speed(step: Step, seconds: float) -> str:
    working = sum(layer.seconds for layer in step.layers if layer.bound == "compute")
    return (
        f"{spell_seconds(seconds)} ({step.samples_a_second or 0:,.0f} samples a second), {working / seconds:.0%} of it "
        f"bound by arithmetic and {1 - working / seconds:.0%} by memory, {step.update / seconds:.0%} for the optimizer"
    )


def _slowest(step: Step) -> list[Text]:
    total = step.seconds
    if not total:
        return []
    layers = sorted(step.layers, key=lambda layer: layer.seconds, reverse=True)[:TOLD]
    width = max((len(layer.node.name) for layer in layers), default=0)
    rows = [
        f"  {layer.node.name:<{width}}  {spell_seconds(layer.seconds):>8}  {layer.seconds / total:>4.0%}  {layer.bound}"
        for layer in layers
    ]
    return [Text("Slowest layers", style="bold"), *map(Text, rows)]


def _missing(step: Step) -> list[Text]:
    missing = [layer for layer in step.layers if layer.misses]
    if not missing:
        return []
    rows = [f"  {layer.node.name}: {layer.misses}" for layer in missing[:TOLD]]
    more = [f"  and {len(missing) - TOLD} more"] if len(missing) > TOLD else []
    return [Text("Off the fast paths", style="bold"), *map(Text, rows + more)]


def spell_seconds(seconds: float) -> str:
    """Write a short time: 0.0194 -> "19.4 ms"."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def device_dict(step: Step) -> Document:
    """Give a step as data; what is not a fixed number is None."""
    memory, needed = step.memory, step.needed
    activations = None if memory.activations is None else memory.activations * step.on_each
    told = not memory.untold
    return {
        "name": step.device.name,
        "title": step.device.title,
        "source": step.device.source,
        "memory_bytes": step.device.memory,
        "bandwidth": step.device.bandwidth,
        "batch": step.batch,
        "replicas": step.setup.replicas,
        "precision": step.setup.precision,
        "optimizer": optimizer_name(step.setup.optimizer),
        "weight_bytes": memory.weights if told else None,
        "gradient_bytes": memory.gradients if told else None,
        "optimizer_bytes": memory.optimizer if told else None,
        "activation_bytes": activations,
        "needed_bytes": needed if told else None,
        "largest_batch": step.largest_batch if told else None,
        "step_seconds": step.seconds,
        "samples_per_second": step.samples_a_second,
        "update_seconds": step.update,
        "layers": [_layer(layer) for layer in step.layers],
    }


def _layer(layer: LayerTime) -> Document:
    return {
        "name": layer.node.name,
        "kind": layer.node.kind,
        "seconds": layer.seconds,
        "bound": layer.bound,
        "misses": layer.misses or None,
    }
