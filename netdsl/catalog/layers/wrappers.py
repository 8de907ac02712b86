"""Layers that hold layers: Bidirectional, TimeDistributed, SpectralNormalization, Pipeline; and those that
only Python can fill.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

from netdsl.catalog.kind import (
    BoundLayer,
    Call,
    Inference,
    LayerKind,
    Refusal,
    Rule,
    Structure,
    Weight,
)
from netdsl.catalog.shape_rules import split_axes
from netdsl.catalog.weight_rules import frozen
from netdsl.diagnostics.problems.shapes import (
    BaseClass,
    NeedsPython,
    UnequalInputs,
    UnknownDimension,
    WrongRank,
    WrongWrapped,
)
from netdsl.tensor import Dim, TensorSpec, equal, spell_shape
from netdsl.value import Arguments, Value


def apply_inside(
    layer: BoundLayer, x: TensorSpec, argument: str, **call_arguments: Value
) -> Inference:
    """Give what the layer inside a wrapper makes of `x`.

    The wrapper hands its `call_arguments` on. Raises Refusal where the layer inside refuses: one of these call-time
    arguments is blamed for it where the layer blames it, else `argument`, which holds the layer.
    """
    given = {name: value for name, value in call_arguments.items() if value is not None}
    try:
        result = layer.infer((x,), **given)
    except Refusal as refusal:
        if refusal.blames in given:
            raise
        told = Refusal(
            refusal.problem if refusal.blames is None else WrongWrapped,
            f"`{layer.label}` sees {spell_shape(x.shape)} here: {refusal.label}",
            blames=argument,
            help=refusal.help,
        )
        told.facts = refusal.facts
        raise told from refusal
    return replace(result, weights=frozen(layer, result.weights))


def one_output(layer: BoundLayer, result: Inference, argument: str) -> TensorSpec:
    """Give the only output of the layer inside; refuse several."""
    if isinstance(result.outputs, TensorSpec):
        return result.outputs
    raise Refusal(
        WrongWrapped,
        f"`{layer.label}` gives {len(result.outputs)} tensors here, and one is taken",
        blames=argument,
        help="leave `return_state` out"
        if layer.arguments.get("return_state")
        else "end it in a layer that gives one tensor, such as `Concatenate()`",
    )


def _takes_one(layer: BoundLayer, argument: str) -> None:
    """Refuse a layer that takes several tensors, or whose shape Keras learns only by running it."""
    definition = layer.definition
    if definition is not None and definition.takes != "one":
        raise Refusal(
            WrongWrapped, f"`{layer.label}` takes several tensors, and one arrives", blames=argument
        )
    if definition is not None and definition.traced:
        raise Refusal(
            WrongWrapped,
            f"`{layer.label}` does not say its output shape before it runs",
            blames=argument,
        )


def within(weights: tuple[Weight, ...], part: str) -> tuple[Weight, ...]:
    """Give the weights of a layer inside, each told to stand within a part of the layer around it."""
    return tuple(replace(w, within=f"{part}/{w.within}" if w.within else part) for w in weights)


def time_distributed(call: Call) -> Inference:
    """Apply a layer to each step of axis 1, with the same weights.

    (None, 9, 32, 32, 3), Conv2D(8, 3) -> (None, 9, 30, 30, 8)
    """
    x = call.one()
    if x.rank < 3:
        raise Refusal(
            WrongRank,
            f"needs (batch, time, …) of rank 3 or more, {spell_shape(x.shape)} has rank {x.rank}",
        )
    _takes_one(call.layer, "layer")
    _check_time_mask(call, x)
    result = apply_inside(call.layer, x.with_shape((x.shape[0], *x.shape[2:])), "layer")
    y = one_output(call.layer, result, "layer").shape
    outputs = TensorSpec((y[0], x.shape[1], *y[1:]), call.compute_dtype)
    return Inference(
        outputs,
        within(result.weights, "layer"),
        x.shape[1] * result.macs,
        result.caveats,
        unsaved=result.unsaved,
        kept=x.shape[1] * result.kept,
    )


def _check_time_mask(call: Call, x: TensorSpec) -> None:
    mask = call.call_arguments.get("mask")
    if not isinstance(mask, TensorSpec):
        return
    fits = mask.rank >= 2 and all(
        call.holds(equal(a, b)) for a, b in zip(mask.shape[:2], x.shape[:2], strict=True)
    )
    if not fits:
        raise Refusal(
            UnequalInputs,
            f"the mask is {spell_shape(mask.shape)}, and the first two axes of "
            f"{spell_shape(x.shape)} are those it must have",
            blames="mask",
        )


KERNELS = ("kernel", "embeddings")


def spectral_normalization(call: Call) -> Inference:
    """Divide the kernel of a layer by its largest singular value, which a vector of its own follows."""
    x = call.one()
    _takes_one(call.layer, "layer")
    result = apply_inside(call.layer, x, "layer")
    own = (
        result.weights if call.layer.definition is not None else ()
    )  # not those of layers in a row
    kernel = next((w for w in own if not w.within and w.name in KERNELS), None)
    if kernel is None:
        raise Refusal(
            WrongWrapped,
            f"`{call.layer.label}` has no kernel or embeddings of its own to normalise",
            blames="layer",
            help="wrap the `Dense`, convolution or `Embedding` itself",
        )
    vector = Weight("vector_u", (1, kernel.shape[-1]), trainable=False, dtype=kernel.dtype)
    rest = tuple(w for w in result.weights if w is not kernel)
    y = one_output(call.layer, result, "layer")
    return Inference(
        y.with_dtype(call.compute_dtype),
        (kernel, vector, *within(rest, "layer")),
        result.macs,
        result.caveats,
        kept=result.kept,
    )


def pipeline(call: Call) -> Inference:
    """Apply layers one after the other, as one; Keras runs them to find the shape."""
    x: Structure = call.one()
    if not call.layers:
        raise Refusal(WrongWrapped, "an empty list has no layer to apply", blames="layers")
    weights: tuple[Weight, ...] = ()
    macs: Dim = 0
    kept: Dim = 0
    unsaved: tuple[str, ...] = ()
    for place, layer in enumerate(call.layers):
        if not isinstance(layer, BoundLayer):
            raise Refusal(WrongWrapped, f"item {place} is no layer", blames="layers")
        if not isinstance(x, TensorSpec):
            raise Refusal(
                WrongWrapped,
                f"`{layer.label}` gets several tensors from before it",
                blames="layers",
            )
        _check_counted(layer, x)
        result = apply_inside(layer, x, "layers")
        runs_otherwise = (
            result.when_run is not None or x.rank == 3
        )  # an image is as good to Keras as a batch
        if result.caveats and not runs_otherwise:
            raise Refusal(WrongWrapped, f"`{layer.label}`: {result.caveats[0]}", blames="layers")
        x = result.outputs if result.when_run is None else result.when_run
        weights, macs = (*weights, *result.weights), macs + result.macs
        kept = kept + result.kept
        unsaved = (*unsaved, *(f"`{layer.label}`: {lost}" for lost in result.unsaved))
    return Inference(x, within(weights, "layers"), macs, unsaved=unsaved, kept=kept)


def _check_counted(layer: BoundLayer, x: TensorSpec) -> None:
    """Refuse an unknown size that Keras counts with where it runs the layer to learn its shape."""
    kind = layer.definition
    if kind is None or not kind.counts or x.rank < 3:
        return
    one_image = x.rank == 3 and kind.is_a("augmentation")
    shape = (1, *x.shape) if one_image else x.shape
    arguments: Arguments = layer.arguments
    _, sides, channels = split_axes(shape, arguments.get("data_format"))
    needed = {"sides": sides, "channels": (channels,), "all": (*sides, channels)}[kind.counts]
    if not all(isinstance(size, int) for size in needed):
        raise Refusal(
            UnknownDimension,
            f"`{layer.label}` is run on {spell_shape(x.shape)} to learn its shape, and counts with its {kind.counts}",
            blames="layers",
            help="give these sizes as numbers where the input is declared, or put a `Resizing` first",
        )


def needs_python(what: str, module: str) -> Rule:
    """Make the rule of a layer that holds a Python object."""

    def rule(call: Call) -> NoReturn:
        raise Refusal(
            NeedsPython,
            f"holds {what}, which a spec has no value for",
            help=f"write a layer around it in Python and name it: `extern layer {module}(): "
            f'[n] -> [32] from "my_package.layers"`',
        )

    return rule


def base_class(help: str) -> Rule:
    """Make the rule of a class that is only derived from."""

    def rule(call: Call) -> NoReturn:
        raise Refusal(BaseClass, "computes nothing by itself", help=help)

    return rule


def _foreign(name: str, what: str, module: str, use_for: str) -> LayerKind:
    return LayerKind(
        name,
        needs_python(what, module),
        mask="drop",
        group="wrappers",
        shape_rule="what the object gives",
        use_for=use_for,
        watch_for="a spec cannot hold the object: declare an `extern layer` that makes it in Python",
        example="",
    )


KINDS = (
    LayerKind(
        "TimeDistributed",
        time_distributed,
        roles=("step_by_step",),
        group="wrappers",
        shape_rule="(batch, time, …) → (batch, time, what the layer makes of one step)",
        use_for="one layer for each frame, sentence or patch, with shared weights",
        watch_for="a Dense does so by itself on the last axis; the layer's mask and dtype are the wrapper's",
        example="[9, 32, 32, 3] -> TimeDistributed(Conv2D(8, 3))",
        holds_layers=True,
        tensor_arguments=frozenset({"mask"}),
    ),
    LayerKind(
        "SpectralNormalization",
        spectral_normalization,
        mask="drop",
        roles=("normalization",),
        group="wrappers",
        shape_rule="as the layer inside",
        use_for="discriminators of GANs, which it keeps Lipschitz",
        watch_for="the layer needs a kernel or embeddings of its own; adds one vector that is not trained",
        example="[32, 32, 3] -> SpectralNormalization(Conv2D(8, 3))",
        holds_layers=True,
    ),
    LayerKind(
        "Pipeline",
        pipeline,
        mask="drop",
        group="wrappers",
        shape_rule="as its layers one after the other",
        use_for="several preprocessing layers as one",
        watch_for="takes no dtype; calls its layers with training=True unless told otherwise",
        example="[32, 32, 3] -> Pipeline([RandomFlip(), RandomRotation(0.1)])",
        traced=True,
    ),
    LayerKind(
        "Wrapper",
        base_class("use the layer inside, or a wrapper such as `TimeDistributed`"),
        group="wrappers",
        shape_rule="none: a base class",
        use_for="deriving wrappers in Python",
        watch_for="is no layer to use",
    ),
    LayerKind(
        "InputLayer",
        base_class("declare it in the body: `input x: float32[28, 28, 1]`"),
        group="wrappers",
        shape_rule="what the declaration says",
        use_for="what `input name: type` makes",
        watch_for="is never written",
    ),
    _foreign("FlaxLayer", "a Flax module", "Encoder", "a Flax module among Keras layers, on JAX"),
    _foreign("JaxLayer", "a JAX function", "Encoder", "a JAX function among Keras layers, on JAX"),
    _foreign(
        "TorchModuleWrapper",
        "a PyTorch module",
        "Encoder",
        "a PyTorch module, on the torch backend",
    ),
    _foreign(
        "TFSMLayer", "a SavedModel on disk", "Encoder", "serving an exported SavedModel again"
    ),
)
