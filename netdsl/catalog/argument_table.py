"""Which argument has which type: by its name, and by layer where a name means several things.

A kind that needs something else says so in `LayerKind.arguments`. What has no line here takes any value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

from netdsl.catalog.argument_types import (
    ANY,
    AXES,
    BOOLEAN,
    COUNT,
    FRACTION,
    INTEGER,
    NON_NEGATIVE,
    NUMBER,
    NUMBERS,
    ONLY_BOOLEAN,
    POSITIVE,
    POSITIVE_NUMBER,
    TEXT,
    ArgumentType,
    Integer,
    Items,
    Mapped,
    Repeated,
    Unsupported,
    choice,
    either,
    items,
    margins,
    optional,
    pair,
    repeated,
)
from netdsl.catalog.factor_types import (
    DEVIATION,
    FROM_ZERO_TO_ONE,
    MAGNITUDE,
    OF_A_TURN,
    OF_COLOURS,
    OF_HEIGHT,
    OF_IMAGE,
    OF_LEVELS,
    OF_RANGE,
    OF_WIDTH,
    ZOOM,
    factor,
)
from netdsl.catalog.layer_argument_types import (
    DataFormat,
    LayerName,
    OddSizes,
    Permutation,
    RenormClipping,
    TargetShape,
)
from netdsl.catalog.object_table import object_argument_type
from netdsl.catalog.reference_types import (
    ACTIVATION,
    CELL,
    CONSTRAINT,
    DTYPE,
    FUNCTION,
    INITIALIZER,
    LAYER,
    POLICY,
    REGULARIZER,
    Reference,
)
from netdsl.catalog.signature import Signature
from netdsl.catalog.token_types import NUMERALS, WORDS
from netdsl.catalog.window_types import WINDOW

SIZE = optional(POSITIVE)
DATA_FORMAT = DataFormat()
VALUE_RANGE = pair("a pair of numbers such as `(0, 255)`")
SEED = optional(INTEGER)
PADDING = choice("valid", "same", folds=True)
PADDING_AS_SPELLED = choice("valid", "same")
FILL_MODE = choice("reflect", "wrap", "constant", "nearest")
MODES_OF_TOKENS = ("int", "one_hot", "multi_hot", "count")

#: Types by the argument's name, for layers.
BY_NAME: Mapping[str, ArgumentType] = {
    "name": optional(LayerName()),
    "trainable": ONLY_BOOLEAN,
    "dtype": POLICY,
    "autocast": BOOLEAN,
    "seed": SEED,
    "data_format": DATA_FORMAT,
    "axis": AXES,
    "padding": PADDING,
    "units": POSITIVE,
    "filters": POSITIVE,
    "groups": POSITIVE,
    "depth_multiplier": POSITIVE,
    "input_dim": POSITIVE,
    "output_dim": POSITIVE,
    "n": POSITIVE,
    "rate": FRACTION,
    "dropout": FRACTION,
    "recurrent_dropout": FRACTION,
    "activation": ACTIVATION,
    "recurrent_activation": ACTIVATION,
    "activity_regularizer": REGULARIZER,
    "layer": LAYER,
    "cell": CELL,
    "lora_rank": SIZE,
    "lora_alpha": optional(NUMBER),
    "quantization_config": Unsupported(),
    "weights": Unsupported(),
    "noise_shape": optional(
        items(optional(Integer("a positive integer", 1)), "a tuple of integers and `None`")
    ),
    "momentum": FRACTION,
    "epsilon": NON_NEGATIVE,
    "center": BOOLEAN,
    "scale": BOOLEAN,
    "alpha": NUMBER,
    "negative_slope": NON_NEGATIVE,
    "shared_axes": optional(AXES),
    "interpolation": choice("nearest", "bilinear"),
    "fill_mode": FILL_MODE,
    "fill_value": NUMBER,
    "value_range": VALUE_RANGE,
    "factor": optional(factor(-1, 1)),
    "height": optional(COUNT),  # Keras builds with None and with 0, and so must netdsl
    "width": optional(COUNT),
    "score_mode": choice("dot", "concat"),
    "merge_mode": optional(choice("sum", "mul", "concat", "ave")),
    "num_heads": POSITIVE,
    "key_dim": POSITIVE,
    "value_dim": SIZE,
    "head_dim": POSITIVE,
    "num_query_heads": COUNT,
    "num_key_value_heads": POSITIVE,
    "sliding_window": SIZE,
    "flash_attention": optional(BOOLEAN),
    "attention_axes": optional(AXES),
    "num_bins": POSITIVE,
    "max_tokens": optional(Integer("an integer of at least 2", 2)),
    "num_oov_indices": COUNT,
    "vocabulary": WORDS,
    "idf_weights": optional(NUMBERS),
    "encoding": optional(TEXT),
    "target_shape": TargetShape(),
    "dims": Permutation(),
    "equation": TEXT,
    "power_iterations": POSITIVE,
    "salt": optional(either(INTEGER, pair("a pair of integers", INTEGER))),
    "num_tokens": POSITIVE,
    "vocabulary_dtype": choice("int32", "int64"),
    "reverse_dtype": DTYPE,
    "max_number": POSITIVE,
    "oov_method": choice("floormod", "farmhash"),
    "bounding_box_format": optional(TEXT),
}

BOOLEANS = (
    "use_bias normalize mask_zero return_sequences return_state go_backwards stateful unroll reset_after "
    "unit_forget_bias use_scale keepdims invert sparse pad_to_max_tokens zero_output_for_mask synchronized "
    "renorm antialias crop_to_aspect_ratio pad_to_aspect_ratio tie_weights use_gate periodic expand_dims "
    "power_to_db all_ops optional rms_scaling"
).split()

#: Types that depend on the number of spatial axes, which a layer's name tells: `Conv2D`.
BY_RANK: Mapping[str, Callable[[int], ArgumentType]] = {
    "kernel_size": repeated,
    "strides": repeated,
    "dilation_rate": repeated,
    "pool_size": repeated,
    "size": repeated,
    "output_size": lambda rank: repeated(rank, COUNT),
    "output_padding": lambda rank: optional(repeated(rank, COUNT)),
    "cropping": margins,
}

#: Arguments that Keras asks for although it declares a default for them.
NEEDED_ANYWAY = {("CategoryEncoding", "num_tokens")}

LOOKUP_MODES = (*MODES_OF_TOKENS, "tf_idf")

BY_LAYER: Mapping[tuple[str, str], ArgumentType] = {
    ("Conv1D", "padding"): choice("valid", "same", "causal", folds=True),
    ("ZeroPadding1D", "padding"): margins(1),
    ("ZeroPadding2D", "padding"): margins(2),
    ("ZeroPadding3D", "padding"): margins(3),
    ("BatchNormalization", "axis"): INTEGER,
    ("Concatenate", "axis"): INTEGER,
    ("GroupNormalization", "axis"): INTEGER,
    ("RMSNormalization", "axis"): AXES,
    ("Normalization", "axis"): optional(AXES),
    ("Dot", "axes"): either(INTEGER, pair("a pair of integers", INTEGER)),
    ("GroupNormalization", "groups"): either(
        POSITIVE, Integer("-1 for one group to a channel", -1, -1)
    ),
    ("GaussianNoise", "stddev"): DEVIATION,
    ("ConvLSTM1D", "filters"): COUNT,
    ("ConvLSTM2D", "filters"): COUNT,
    ("ConvLSTM3D", "filters"): COUNT,
    ("LeakyReLU", "alpha"): NON_NEGATIVE,
    ("ReLU", "max_value"): optional(NON_NEGATIVE),
    ("ReLU", "threshold"): NON_NEGATIVE,
    ("Masking", "mask_value"): NUMBER,
    ("Hashing", "mask_value"): optional(either(INTEGER, TEXT)),
    ("ActivityRegularization", "l1"): NON_NEGATIVE,
    ("ActivityRegularization", "l2"): NON_NEGATIVE,
    ("Rescaling", "scale"): either(NUMBER, NUMBERS),
    ("Rescaling", "offset"): either(NUMBER, NUMBERS),
    ("Lambda", "function"): FUNCTION,
    ("Lambda", "mask"): optional(FUNCTION),
    ("Lambda", "output_shape"): optional(
        either(items(optional(POSITIVE), "a tuple of sizes"), FUNCTION)
    ),
    ("Lambda", "arguments"): optional(Mapped("a dict of arguments")),
    ("EinsumDense", "output_shape"): either(
        POSITIVE, items(optional(POSITIVE), "a tuple of them and `None`")
    ),
    ("EinsumDense", "bias_axes"): optional(TEXT),
    ("MultiHeadAttention", "output_shape"): optional(
        either(POSITIVE, items(POSITIVE, "a tuple of them"))
    ),
    ("BatchNormalization", "renorm_clipping"): optional(RenormClipping()),
    ("BatchNormalization", "renorm_momentum"): FRACTION,
    ("PReLU", "alpha_initializer"): INITIALIZER,
    ("Bidirectional", "backward_layer"): optional(LAYER),
    ("StackedRNNCells", "cells"): items(CELL, "a list of recurrent cells", minimum=1),
    ("RNN", "cell"): either(CELL, items(CELL, "a list of cells", minimum=1)),
    ("Pipeline", "layers"): items(LAYER, "a list of layers"),
    ("GRU", "use_cudnn"): either(choice("auto"), BOOLEAN),
    ("LSTM", "use_cudnn"): either(choice("auto"), BOOLEAN),
    ("CategoryEncoding", "output_mode"): choice("count", "one_hot", "multi_hot"),
    ("Discretization", "output_mode"): choice(*MODES_OF_TOKENS),
    ("HashedCrossing", "output_mode"): choice("int", "one_hot"),
    ("Hashing", "output_mode"): choice(*MODES_OF_TOKENS),
    ("IntegerLookup", "output_mode"): choice(*LOOKUP_MODES),
    ("StringLookup", "output_mode"): choice(*LOOKUP_MODES),
    ("TextVectorization", "output_mode"): choice("int", "multi_hot", "count", "tf_idf"),
    ("Discretization", "num_bins"): SIZE,
    ("Discretization", "bin_boundaries"): optional(NUMBERS),
    ("IntegerLookup", "vocabulary"): NUMERALS,
    ("IntegerLookup", "mask_token"): optional(INTEGER),
    ("IntegerLookup", "oov_token"): optional(INTEGER),
    ("StringLookup", "mask_token"): optional(TEXT),
    ("StringLookup", "oov_token"): optional(TEXT),
    ("TextVectorization", "standardize"): optional(
        either(choice("lower_and_strip_punctuation", "lower", "strip_punctuation"), FUNCTION)
    ),
    ("TextVectorization", "split"): optional(either(choice("whitespace", "character"), FUNCTION)),
    ("TextVectorization", "ngrams"): optional(
        either(POSITIVE, Items("a tuple of them", POSITIVE, only=tuple))
    ),
    ("TextVectorization", "output_sequence_length"): SIZE,
    ("TextVectorization", "ragged"): BOOLEAN,
    ("Normalization", "mean"): optional(either(NUMBER, NUMBERS)),
    ("Normalization", "variance"): optional(either(NUMBER, NUMBERS)),
    ("UpSampling1D", "size"): Repeated("a positive integer", 1, takes_sequence=False),
    ("UpSampling2D", "interpolation"): choice(
        "nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area", folds=True
    ),
    ("Resizing", "interpolation"): choice(
        "bilinear", "nearest", "bicubic", "lanczos3", "lanczos5", "area"
    ),
    ("Resizing", "fill_mode"): choice("constant"),
    ("RandomElasticTransform", "fill_mode"): choice(
        "constant", "nearest", "wrap", "mirror", "reflect"
    ),
    ("RandomElasticTransform", "scale"): FROM_ZERO_TO_ONE,
    ("RandomErasing", "scale"): FROM_ZERO_TO_ONE,
    ("RandomErasing", "fill_value"): optional(NUMBER),
    ("RandomPerspective", "scale"): FRACTION,
    ("RandomGaussianBlur", "sigma"): FROM_ZERO_TO_ONE,
    ("RandomGaussianBlur", "kernel_size"): OddSizes(),
    ("RandomGrayscale", "factor"): FRACTION,
    ("AugMix", "factor"): MAGNITUDE,
    ("RandAugment", "factor"): MAGNITUDE,
    ("RandomRotation", "factor"): factor(-1, 1, pairs_overlap=False, unit=OF_A_TURN),
    ("RandomHue", "factor"): factor(0, 1, unit=OF_COLOURS),
    ("RandomBrightness", "factor"): factor(-1, 1, unit=OF_RANGE),
    ("RandomPosterization", "factor"): factor(1, 8),
    ("RandomSaturation", "factor"): factor(-1, 1),
    ("RandomColorDegeneration", "factor"): factor(-1, 1),
    ("RandomTranslation", "height_factor"): factor(-1, 1, pairs_overlap=False, unit=OF_HEIGHT),
    ("RandomTranslation", "width_factor"): factor(-1, 1, pairs_overlap=False, unit=OF_WIDTH),
    ("RandomZoom", "height_factor"): ZOOM,
    ("RandomZoom", "width_factor"): optional(ZOOM),
    ("RandomShear", "x_factor"): factor(0, 1, pairs_overlap=False, unit=OF_IMAGE),
    ("RandomShear", "y_factor"): factor(0, 1, pairs_overlap=False, unit=OF_IMAGE),
    ("RandomColorJitter", "brightness_factor"): optional(factor(-1, 1, unit=OF_RANGE)),
    ("RandomColorJitter", "contrast_factor"): optional(FROM_ZERO_TO_ONE),
    ("RandomColorJitter", "saturation_factor"): optional(factor(-1, 1)),
    ("RandomColorJitter", "hue_factor"): optional(factor(0, 1, unit=OF_COLOURS)),
    ("Solarization", "addition_factor"): OF_LEVELS,
    ("Solarization", "threshold_factor"): OF_LEVELS,
    ("RandomFlip", "mode"): choice("horizontal", "vertical", "horizontal_and_vertical"),
    ("AugMix", "num_chains"): POSITIVE,
    ("AugMix", "chain_depth"): POSITIVE,
    ("RandAugment", "num_ops"): COUNT,
    ("Equalization", "bins"): POSITIVE,
    ("ContrastLimitedAdaptiveHistogramEqualization", "clip_limit"): NUMBER,
    ("ContrastLimitedAdaptiveHistogramEqualization", "tile_grid_size"): pair(
        "a pair of positive integers", POSITIVE
    ),
    ("STFTSpectrogram", "mode"): choice("log", "magnitude", "psd", "real", "imag", "angle", "stft"),
    ("STFTSpectrogram", "frame_length"): POSITIVE,
    ("STFTSpectrogram", "frame_step"): SIZE,
    ("STFTSpectrogram", "fft_length"): SIZE,
    ("STFTSpectrogram", "window"): WINDOW,
    ("STFTSpectrogram", "scaling"): choice("density", "spectrum"),
    ("MelSpectrogram", "fft_length"): POSITIVE,
    ("MelSpectrogram", "sequence_stride"): POSITIVE,
    ("MelSpectrogram", "sequence_length"): SIZE,
    ("MelSpectrogram", "window"): optional(TEXT),
    ("MelSpectrogram", "sampling_rate"): POSITIVE,
    ("MelSpectrogram", "num_mel_bins"): POSITIVE,
    ("MelSpectrogram", "min_freq"): NON_NEGATIVE,
    ("MelSpectrogram", "max_freq"): optional(POSITIVE_NUMBER),
    ("MelSpectrogram", "top_db"): NUMBER,
    ("MelSpectrogram", "mag_exp"): POSITIVE_NUMBER,
    ("MelSpectrogram", "min_power"): POSITIVE_NUMBER,
    ("MelSpectrogram", "ref_power"): POSITIVE_NUMBER,
}

#: Augmentations whose factor is a probability or a share.
SHARES = (
    "CutMix RandomContrast RandomElasticTransform RandomErasing RandomGaussianBlur "
    "RandomInvert RandomPerspective RandomSharpness"
).split()

#: Layers that copy their initializers into layers of their own, where Keras cannot do without one.
BUILT_OF_LAYERS = ("MultiHeadAttention", "GroupQueryAttention")
SOME_INITIALIZER = Reference("an initializer", "initializer", takes_none=False)

#: Ends of names, such as `kernel_initializer`.
BY_ENDING: Mapping[str, ArgumentType] = {
    "_initializer": INITIALIZER,
    "_regularizer": REGULARIZER,
    "_constraint": CONSTRAINT,
}


def spatial_rank(layer: str) -> int | None:
    """Read the number of spatial axes off a layer's name: `Conv2DTranspose` has 2, `Dense` none."""
    found = re.search(r"([123])D", layer)
    return int(found[1]) if found else None


@cache
def layer_argument_type(layer: str, name: str) -> ArgumentType:
    """Find the type of a layer's argument."""
    if (layer, name) in BY_LAYER:
        return BY_LAYER[layer, name]
    if name == "factor" and layer in SHARES:
        return FROM_ZERO_TO_ONE
    if name == "data_format" and layer.startswith("Adaptive"):
        return DataFormat(folds=False)
    if name == "padding" and "Pooling" in layer:
        return PADDING_AS_SPELLED
    if name.endswith("_initializer") and layer in BUILT_OF_LAYERS:
        return SOME_INITIALIZER
    rank = spatial_rank(layer)
    if name in BY_RANK and rank:
        ranked = BY_RANK[name](rank)
        return optional(ranked) if name == "strides" and "Pooling" in layer else ranked
    if name in BY_NAME:
        return BY_NAME[name]
    if name in BOOLEANS:
        return BOOLEAN
    return next((kind for end, kind in BY_ENDING.items() if name.endswith(end)), ANY)


def argument_type(
    signature: Signature, name: str, overrides: Mapping[str, ArgumentType] | None = None
) -> ArgumentType:
    """Find the type of an argument; `overrides` are those of a `LayerKind`."""
    if overrides and name in overrides:
        return overrides[name]
    if signature.family == "layer":
        return layer_argument_type(signature.name, name)
    return object_argument_type(signature.family, signature.name, name)
