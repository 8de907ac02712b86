"""Scales the recorded layers of a MobileNet to the width that `alpha` asks for."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.catalog.application_records import Layer
from netdsl.tensor import TensorSpec
from netdsl.value import Arguments


def rounded(filters: float) -> int:
    """Round to a multiple of 8 (at least 8), and not down by more than a tenth."""
    found = max(8, int(filters + 4) // 8 * 8)
    return found + 8 if found < 0.9 * filters else found


def widened(
    name: str, layer: Layer, written: Arguments, arguments: Arguments, tensors: Sequence[TensorSpec]
) -> Arguments:
    """Scale a recorded layer to the width that `alpha` asks for."""
    alpha: float = arguments["alpha"]
    if layer.kind == "DepthwiseConv2D" and name == "MobileNet":
        return {**written, "depth_multiplier": arguments["depth_multiplier"]}
    if layer.kind != "Conv2D" or alpha == 1.0 or layer.name in ("conv_preds", "logits"):
        return written
    filters: int = written["filters"]
    if name == "MobileNet":
        return {**written, "filters": int(filters * alpha)}
    scaled = _scaled(name, layer, filters, alpha, tensors)
    return {**written, "filters": scaled}


def _scaled(
    name: str, layer: Layer, filters: int, alpha: float, tensors: Sequence[TensorSpec]
) -> int:
    """Give the filters of a convolution of MobileNetV2 or V3: by width, or by the channels that arrive."""
    own = layer.name or ""
    arriving = tensors[layer.sources[0]].shape[-1]
    assert isinstance(arriving, int)
    if own.endswith("squeeze_excite_conv"):
        return rounded(arriving * 0.25)
    if own.endswith("squeeze_excite_conv_1"):
        return _excited(layer, tensors)
    if layer.widening is not None:
        return rounded(arriving * layer.widening)
    if own in ("Conv_1", "conv_2"):
        return rounded(filters * alpha) if alpha > 1.0 else filters
    if name == "MobileNetV2":
        return rounded(filters * alpha if own == "Conv1" else int(filters * alpha))
    return filters if own == "conv" else rounded(filters * alpha)


def _excited(layer: Layer, tensors: Sequence[TensorSpec]) -> int:
    """Give the channels that were squeezed: those of the pooling, before a convolution and its ReLU."""
    channels = tensors[layer.sources[0] - 2].shape[-1]
    assert isinstance(channels, int)
    return channels


def leaves_shortcut_out(name: str, layer: Layer, inputs: Sequence[TensorSpec]) -> bool:
    """Tell whether a shortcut of the record is gone: its ends are of different widths at this `alpha`."""
    joins = name.startswith("MobileNet") and layer.kind == "Add"
    return joins and inputs[0].shape[-1] != inputs[-1].shape[-1]
