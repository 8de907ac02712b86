"""Advice on running on a GPU: tensor cores, cuDNN, XLA, memory."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from netdsl.analyse.advice import Rule
from netdsl.analyse.advice.ends import end_of
from netdsl.analyse.advice.view import (
    CONVOLUTIONS,
    View,
    argument,
    at,
    uses,
)
from netdsl.analyse.memory import Setup, optimizer_name, training_memory
from netdsl.analyse.roofline import BLOCK, cudnn_refusal, ragged_channels
from netdsl.catalog.devices import GIB, device
from netdsl.catalog.kind import BoundLayer
from netdsl.diagnostics.diagnostic import Diagnostic, Label
from netdsl.diagnostics.problems import gpu as problems
from netdsl.elaborate.remedies.argument_fixes import with_argument
from netdsl.elaborate.training import experiment
from netdsl.graph import Node, compute_dtype
from netdsl.source import Span
from netdsl.tensor import Dim
from netdsl.value import Value

_HALF = ("float16", "bfloat16")

#: A width is told of where its layer does this share of the work; thin convolutions where they are this share of all.
_WORK, _THIN = 0.05, 0.25

#: From this many classes on an output is a vocabulary.
_VOCABULARY = 4096


def setup_of(view: View) -> Setup:
    """Say how a model is trained: by its `train` block, else with Adam in float32."""
    return Setup(
        precision=str(view.setting("precision") or "float32"),
        optimizer=view.setting("optimizer") or "adam",
        replicas=replicas(view.setting("distribute")) or 1,
    )


def replicas(strategy: Value) -> int | None:
    """Count the parts that a strategy makes of a batch, where it says them."""
    if not isinstance(strategy, experiment.Strategy):
        return None
    mesh = strategy.arguments.get("mesh")
    if isinstance(mesh, dict) and mesh:
        size = mesh.get(strategy.arguments.get("batch_dim_name") or next(iter(mesh)))
        return size if isinstance(size, int) else None
    devices = strategy.arguments.get("devices")
    return len(devices) if isinstance(devices, (list, tuple)) and devices else None


def ragged_width(view: View) -> Iterable[Diagnostic]:
    """Report layers in half precision that do much of the work at a width that is no multiple of eight."""
    precision = setup_of(view).precision
    work: dict[int, Dim] = {node.id: node.macs for node in view.nodes}
    known = [count for count in work.values() if isinstance(count, int)]
    total = sum(known)
    ends = {end_of(view.graph, ref).node.id for ref in view.graph.outputs.values()}
    for node in view.nodes:
        own = work[node.id]
        if compute_dtype(node, precision) not in _HALF or not own or node.is_a("depthwise"):
            continue
        ragged = "" if _counts_classes(view, node, ends) else ragged_channels(node)
        share = own / total if isinstance(own, int) and len(known) == len(work) else 1.0
        if ragged and share >= _WORK:
            yield problems.RaggedWidth.at(
                at(node),
                f"{ragged} is not a multiple of {BLOCK}, in {share:.0%} of the work",
                layer=node.kind,
                related=uses(node),
                help=_nearest(ragged),
            )


def _counts_classes(view: View, node: Node, ends: Container[int]) -> bool:
    """Tell whether a width is that of an output, which the task sets; a vocabulary can be padded all the same."""
    size = node.flat_outputs[0].shape[-1]
    if not isinstance(size, int) or size >= _VOCABULARY:
        return False
    after = view.only_consumer(node)
    own = after if after is not None and after.is_a("activation") else None
    return node.id in ends or (own is not None and own.id in ends)


def _nearest(ragged: str) -> str:
    digits = "".join(c for c in ragged if c.isdigit())
    size = int(digits)
    lower, upper = size // BLOCK * BLOCK, (size // BLOCK + 1) * BLOCK
    return f"use {lower} or {upper}" if lower else f"use {upper}"


def thin_convolutions(view: View) -> Iterable[Diagnostic]:
    """Report a net in float16 much of which is depthwise or grouped convolutions."""
    if view.training is None or not str(view.setting("precision")).endswith("float16"):
        return
    layers = view.having(*CONVOLUTIONS, "depthwise", "separable")
    thin = [
        n for n in layers if n.is_a("depthwise", "separable") or (argument(n, "groups") or 1) > 1
    ]
    if len(thin) >= 3 and len(thin) >= _THIN * len(layers):
        yield problems.ThinConvolutions.at(
            view.training.spans["precision"],
            "depthwise and grouped convolutions wait for memory, not for arithmetic",
            count=len(thin),
            all=len(layers),
            related=(Label(at(thin[0]), "the first of them"),),
            help="expect half of the memory, not half of the time",
        )


def half_output(view: View) -> Iterable[Diagnostic]:
    """Report outputs that are trained or squashed in half precision."""
    precision, losses = setup_of(view).precision, view.losses()
    for name, node, _ in view.outputs():
        dtype = compute_dtype(node, precision)
        if dtype not in _HALF or node.operation.family != "layer":
            continue
        squashed = end_of(view.graph, view.graph.outputs[name]).activation in ("softmax", "sigmoid")
        if name in losses or squashed:
            source = view.training.spans.get("precision") if view.training is not None else None
            label = f"{'probabilities and losses' if squashed else 'losses'} want more digits"
            if node.operation.bound.get("dtype") is None:
                label += (
                    ": the generated module computes it in float32, and the spec does not say so"
                )
            yield problems.HalfOutput.at(
                at(node),
                label,
                name=name,
                dtype=dtype,
                related=(
                    *((Label(source, "this policy is every layer's"),) if source else ()),
                    *uses(node),
                ),
                help='write `dtype="float32"` in the last layer',
                fix=with_argument(
                    node.operation.call, "dtype", '"float32"', "compute the output in full: "
                ),
            )


def leaves_cudnn(view: View) -> Iterable[Diagnostic]:
    """Report LSTM and GRU layers, also inside Bidirectional, that run a step at a time."""
    for node in view.nodes:
        for kind, reason in _recurrent(node):
            if reason:
                yield problems.LeavesCudnn.at(
                    at(node),
                    f"cuDNN has no kernel with {reason}, so a GPU runs it a step at a time",
                    layer=kind,
                    related=uses(node),
                    help="leave it out where speed counts; `dropout=` is no hindrance",
                )


def _recurrent(node: Node) -> Iterator[tuple[str, str]]:
    """Give a layer and those inside it, each with what keeps it from cuDNN."""
    yield node.kind, cudnn_refusal(node.operation.definition, node.operation.bound)
    for name in ("layer", "backward_layer"):
        inner = argument(node, name)
        if isinstance(inner, BoundLayer):
            yield inner.kind, cudnn_refusal(inner.definition, inner.arguments)


def overridden_training(view: View) -> Iterable[Diagnostic]:
    """Report `training=` given at a call."""
    for node in view.nodes:
        value = node.keywords.get("training")
        if isinstance(value, bool):
            frozen = "say `trainable=False` to keep the layer as it is" if not value else ""
            yield problems.OverriddenTraining.at(
                node.origin.span,
                "`fit` makes it True and `predict` False",
                layer=node.kind,
                value=value,
                related=uses(node),
                help=frozen or "call the model with `training=True` where it is used",
            )


def strings_under_xla(view: View) -> Iterable[Diagnostic]:
    """Report strings and lookup tables in a model that is compiled by XLA."""
    if view.setting("jit_compile") is not True or view.training is None:
        return
    for node in view.having("lookup"):
        text = any(view.spec(ref).dtype == "string" for ref in node.inputs)
        yield problems.StringsUnderXla.at(
            at(node),
            "it works on strings" if text else "it looks values up in a table",
            layer=node.kind,
            related=(
                Label(view.training.spans["jit_compile"], "XLA compiles the whole step"),
                *uses(node),
            ),
            help="do this in the input pipeline, or leave `jit_compile` out",
        )


def uneven_replicas(view: View) -> Iterable[Diagnostic]:
    """Report a batch that does not divide among the devices of a strategy."""
    if view.training is None:
        return
    count, spans = replicas(view.setting("distribute")), view.training.spans
    batch = view.setting("batch_size") or experiment.BATCH_SIZE
    if not isinstance(batch, int):
        return
    found = uneven(batch, count, spans.get("batch_size"), spans.get("distribute"))
    if found is not None:
        yield found


def uneven(
    batch: int, count: int | None, place: Span | None, strategy: Span | None
) -> Diagnostic | None:
    """Report a batch that does not divide among so many devices: where it is set, else at the strategy."""
    if strategy is None or count is None or batch % count == 0:
        return None
    lower, upper = batch // count * count, (batch // count + 1) * count
    return problems.UnevenReplicas.at(
        place or strategy,
        f"{batch % count} of {batch} samples are left over",
        batch=batch,
        replicas=count,
        related=(Label(strategy, f"{count} devices"),) if place is not None else (),
        help=f"use `batch_size = {lower}` or `{upper}`" if lower else f"use `batch_size = {upper}`",
    )


def out_of_memory(view: View) -> Iterable[Diagnostic]:
    """Report a model whose training does not fit the device that was named."""
    target = device(view.surroundings.device)
    batch = batch_of(view)
    if target is None or view.graph.span is None:
        return
    setup = setup_of(view)
    memory = training_memory(view.graph, setup)
    share = -(-batch // setup.replicas)
    needed, largest = memory.at(share), memory.largest_batch(target.memory)
    if needed is None or largest is None or share <= largest:
        return
    fitting = largest * setup.replicas
    parts = (
        f"{_gib(memory.weights)} weights, {_gib(memory.gradients)} gradients, {_gib(memory.optimizer)} state of "
        f"{optimizer_name(setup.optimizer)}, {_gib(share * (memory.activations or 0))} activations at batch {share:,}"
    )
    yield problems.OutOfMemory.at(
        view.graph.span,
        f"{_gib(needed)} of {_gib(target.memory)}: {parts}",
        model=view.graph.name,
        device=target.title,
        help=f"a batch of {fitting:,} fits"
        if largest
        else "not even a batch of 1 fits: make the model smaller",
    )


def batch_of(view: View) -> int:
    """Give the batch size: the command line's, the `train` block's, the usual one, or 32 as in Keras."""
    for chosen in (
        view.surroundings.batch,
        view.setting("batch_size"),
        view.surroundings.usual_batch,
    ):
        if isinstance(chosen, int):
            return chosen
    return 32


def _gib(count: int) -> str:
    return f"{count / GIB:.3g} GiB"


RULES: tuple[Rule, ...] = (
    ragged_width,
    thin_convolutions,
    half_output,
    leaves_cudnn,
    overridden_training,
    strings_under_xla,
    uneven_replicas,
    out_of_memory,
)
