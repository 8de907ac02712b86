"""Regularization: dropout in its variants, noise, and a penalty on activities."""

from __future__ import annotations

from netdsl.catalog.argument_types import FRACTION
from netdsl.catalog.kind import Call, Inference, LayerKind, Rule
from netdsl.catalog.shape_rules import elementwise, image, mapped


def spatial_dropout(rank: int) -> Rule:
    """Make the rule of a dropout that drops whole channels of `rank` spatial axes."""

    def rule(call: Call) -> Inference:
        """Drop whole channels while training. (None, 32, 32, 8) -> the same"""
        return call.gives(image(call, rank).shape)

    return rule


_INPUTS = {1: "[128, 8]", 2: "[32, 32, 8]", 3: "[16, 32, 32, 8]"}

KINDS = (
    LayerKind(
        "Dropout",
        elementwise,
        arguments={"rate": FRACTION},
        roles=("dropout", "zeroing", "each_place"),
        group="regularization",
        shape_rule="what arrives",
        use_for="large dense layers that learn their data by heart; rates of 0.1 to 0.5",
        watch_for="BatchNormalization right after it sees another variance than at inference",
        example="[64] -> Dropout(0.5)",
    ),
    LayerKind(
        "AlphaDropout",
        elementwise,
        roles=("dropout", "self_normalizing", "each_place"),
        group="regularization",
        shape_rule="what arrives",
        use_for="self-normalising nets: it keeps mean and variance through `selu`",
        watch_for="made for `selu` with `lecun_normal`, nothing else",
        example="[64] -> AlphaDropout(0.1)",
    ),
    LayerKind(
        "GaussianDropout",
        elementwise,
        roles=("dropout", "each_place"),
        group="regularization",
        shape_rule="what arrives",
        use_for="dropout by multiplying with noise of mean 1 and variance rate / (1 - rate)",
        watch_for="a rate of 1 asks for infinite noise",
        example="[64] -> GaussianDropout(0.3)",
    ),
    LayerKind(
        "GaussianNoise",
        elementwise,
        roles=("each_place",),
        group="regularization",
        shape_rule="what arrives",
        use_for="making inputs noisy while training, as in denoising autoencoders",
        watch_for="its strength is in the units of its input",
        example="[64] -> GaussianNoise(0.1)",
    ),
    *(
        LayerKind(
            f"SpatialDropout{rank}D",
            spatial_dropout(rank),
            arguments={"rate": FRACTION},
            roles=("dropout", "zeroing", "each_place"),
            group="regularization",
            shape_rule="what arrives",
            use_for="dropout after convolutions, where neighbouring values say the same",
            watch_for="whole channels go, so a low rate is enough",
            example=f"{_INPUTS[rank]} -> SpatialDropout{rank}D(0.1)",
        )
        for rank in (1, 2, 3)
    ),
    LayerKind(
        "ActivityRegularization",
        mapped,
        roles=("identity", "each_place"),
        idle=lambda arguments: not arguments["l1"] and not arguments["l2"],
        group="regularization",
        shape_rule="what arrives",
        use_for="a penalty on what a layer puts out, for sparse codes",
        watch_for="the penalty is a mean over the batch",
        example="[64] -> ActivityRegularization(l1=1e-4)",
    ),
)
