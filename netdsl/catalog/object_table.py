"""Which argument has which type, for what is not a layer: initializers, losses, optimizers, callbacks and so on.

Read like `argument_table.py`: by name within a family, and by class where a name means several things.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from netdsl.catalog.argument_types import (
    ANY,
    ARRAY,
    AXES,
    BOOLEAN,
    COUNT,
    FRACTION,
    FRACTION_FLOAT,
    INTEGER,
    NON_NEGATIVE,
    NUMBER,
    NUMBERS,
    POSITIVE,
    POSITIVE_NUMBER,
    TEXT,
    ArgumentType,
    Integer,
    Items,
    Mapped,
    Number,
    Unsupported,
    choice,
    either,
    items,
    optional,
)
from netdsl.catalog.factor_types import Share, Unit
from netdsl.catalog.reference_types import ACTIVATION, FUNCTION, OPTIMIZER, POLICY, Reference
from netdsl.catalog.signature import Family
from netdsl.catalog.training_types import ENGINE_TYPES, OF_ONE, SOURCE_TYPES, START_TYPES
from netdsl.catalog.window_types import WINDOW

SEED = optional(INTEGER)
SCHEDULE = Reference("a schedule such as `CosineDecay(…)`", "schedule", takes_none=False)
LEARNING_RATE = either(Number("a float of at least 0", 0.0, only_floats=True), SCHEDULE)
THRESHOLDS = optional(either(FRACTION, Items("a list of them", FRACTION, only=list)))
VERBOSITY = either(Integer("0, 1 or 2", 0, 2), BOOLEAN)
SAVE_FREQUENCY = either(choice("epoch"), POSITIVE)

#: What the families have in common.
SHARED: dict[str, ArgumentType] = {
    "name": optional(TEXT),
    "dtype": POLICY,
    "seed": SEED,
    "axis": optional(AXES),
}

INITIALIZERS: dict[str, ArgumentType] = {
    "mean": NUMBER,
    "stddev": NON_NEGATIVE,
    "minval": NUMBER,
    "maxval": NUMBER,
    "value": ARRAY,
    "gain": NUMBER,
    "scale": POSITIVE_NUMBER,
    "mode": choice("fan_in", "fan_out", "fan_avg"),
    "distribution": choice(
        "uniform", "truncated_normal", "untruncated_normal", "normal", folds=True
    ),
    "input_axes": optional(AXES),
    "output_axes": optional(AXES),
    "side": choice("real", "imag"),
    "window": WINDOW,
    "scaling": optional(choice("density", "spectrum")),
    "periodic": BOOLEAN,
}

REGULARIZERS: dict[str, ArgumentType] = {
    "l1": NON_NEGATIVE,
    "l2": NON_NEGATIVE,
    "factor": NON_NEGATIVE,
    "mode": choice("rows", "columns"),
}

CONSTRAINTS: dict[str, ArgumentType] = {
    "max_value": NON_NEGATIVE,
    "min_value": NON_NEGATIVE,
    "rate": FRACTION,
    "axis": AXES,
}

LOSSES: dict[str, ArgumentType] = {
    "from_logits": BOOLEAN,
    "label_smoothing": FRACTION,
    "reduction": optional(
        choice("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none")
    ),
    "apply_class_balancing": BOOLEAN,
    "alpha": NUMBER,
    "beta": NUMBER,
    "gamma": NUMBER,
    "delta": NUMBER,
    "margin": NUMBER,
    "remove_diagonal": BOOLEAN,
    "ignore_class": optional(INTEGER),
    "q": Number("a number between 0 and 1", 0.0, 1.0, True, True),
}

METRICS: dict[str, ArgumentType] = {
    "from_logits": BOOLEAN,
    "label_smoothing": FRACTION,
    "ignore_class": optional(INTEGER),
    "threshold": FRACTION,
    "thresholds": THRESHOLDS,
    "top_k": optional(POSITIVE),
    "class_id": optional(COUNT),
    "num_thresholds": POSITIVE,
    "curve": choice("ROC", "PR", "PRGAIN", "roc", "pr", "prgain"),
    "summation_method": choice(
        "interpolation", "majoring", "minoring", "Interpolation", "Majoring", "Minoring"
    ),
    "multi_label": BOOLEAN,
    "num_labels": optional(POSITIVE),
    "label_weights": optional(NUMBERS),
    "num_classes": POSITIVE,
    "target_class_ids": items(COUNT, "a list of class numbers", minimum=1),
    "sparse_y_true": BOOLEAN,
    "sparse_y_pred": BOOLEAN,
    "average": optional(choice("micro", "macro", "weighted")),
    "beta": Number("a float above 0", 0.0, open_minimum=True, only_floats=True),
    "recall": FRACTION,
    "precision": FRACTION,
    "specificity": FRACTION,
    "sensitivity": FRACTION,
    "class_aggregation": optional(choice("uniform_average", "variance_weighted_average")),
    "num_regressors": COUNT,
    "k": POSITIVE,
    "from_sorted_ids": BOOLEAN,
    "fn": FUNCTION,
}

OPTIMIZERS: dict[str, ArgumentType] = {
    "learning_rate": LEARNING_RATE,
    "rho": FRACTION,
    "momentum": FRACTION,
    "beta_1": FRACTION,
    "beta_2": FRACTION,
    "adam_beta_1": FRACTION,
    "adam_beta_2": FRACTION,
    "epsilon": NON_NEGATIVE,
    "weight_decay": optional(NON_NEGATIVE),
    "clipnorm": optional(POSITIVE_NUMBER),
    "clipvalue": optional(POSITIVE_NUMBER),
    "global_clipnorm": optional(POSITIVE_NUMBER),
    "use_ema": BOOLEAN,
    "ema_momentum": FRACTION,
    "ema_overwrite_frequency": optional(POSITIVE),
    "loss_scale_factor": optional(POSITIVE_NUMBER),
    "gradient_accumulation_steps": optional(Integer("an integer of at least 2", 2)),
    "amsgrad": BOOLEAN,
    "nesterov": BOOLEAN,
    "centered": BOOLEAN,
    "relative_step": BOOLEAN,
    "initial_accumulator_value": NON_NEGATIVE,
    "learning_rate_power": Number("a number of at most 0", maximum=0.0),
    "l1_regularization_strength": NON_NEGATIVE,
    "l2_regularization_strength": NON_NEGATIVE,
    "l2_shrinkage_regularization_strength": NON_NEGATIVE,
    "warmup_steps": COUNT,
    "inner_optimizer": OPTIMIZER,
    "initial_scale": POSITIVE_NUMBER,
    "dynamic_growth_steps": POSITIVE,
    "exclude_embeddings": BOOLEAN,
    "ns_steps": POSITIVE,
}

SCHEDULES: dict[str, ArgumentType] = {
    "initial_learning_rate": NUMBER,
    "decay_steps": POSITIVE_NUMBER,
    "first_decay_steps": POSITIVE_NUMBER,
    "decay_rate": NUMBER,
    "end_learning_rate": NUMBER,
    "power": NUMBER,
    "alpha": NUMBER,
    "t_mul": NUMBER,
    "m_mul": NUMBER,
    "staircase": BOOLEAN,
    "cycle": BOOLEAN,
    "warmup_target": optional(NUMBER),
    "warmup_steps": COUNT,
    "boundaries": items(NUMBER, "a list of step numbers"),
    "values": items(NUMBER, "a list of learning rates, one more than boundaries"),
    "name": TEXT,
}

CALLBACKS: dict[str, ArgumentType] = {
    "monitor": TEXT,
    "filepath": TEXT,
    "filename": TEXT,
    "directory": TEXT,
    "backup_dir": TEXT,
    "log_dir": TEXT,
    "separator": TEXT,
    "append": BOOLEAN,
    "verbose": VERBOSITY,
    "patience": COUNT,
    "cooldown": COUNT,
    "start_from_epoch": COUNT,
    "min_delta": NUMBER,
    "min_lr": NON_NEGATIVE,
    "baseline": optional(NUMBER),
    "factor": Share(
        "a number from 0 up to 1, without 1",
        0.0,
        1.0,
        open_maximum=True,
        unit=Unit("what the rate is multiplied by", "a tenth is `0.1`"),
    ),
    "mode": choice("auto", "min", "max"),
    "save_freq": SAVE_FREQUENCY,
    "save_best_only": BOOLEAN,
    "save_weights_only": BOOLEAN,
    "initial_value_threshold": optional(NUMBER),
    "restore_best_weights": BOOLEAN,
    "schedule": either(FUNCTION, SCHEDULE),
    "swap_on_epoch": BOOLEAN,
    "double_checkpoint": BOOLEAN,
    "delete_checkpoint": BOOLEAN,
    "raise_error": BOOLEAN,
    "histogram_freq": COUNT,
    "embeddings_freq": COUNT,
    "write_graph": BOOLEAN,
    "write_images": BOOLEAN,
    "write_steps_per_second": BOOLEAN,
    "update_freq": either(choice("epoch", "batch"), POSITIVE),
    "profile_batch": either(COUNT, items(COUNT, "a pair of them", 2)),
    "send_as_json": BOOLEAN,
    "max_to_keep": optional(POSITIVE),
    "save_on_background": BOOLEAN,
}

APPLICATIONS: dict[str, ArgumentType] = {
    "include_top": BOOLEAN,
    "weights": optional(TEXT),
    "input_shape": optional(items(optional(POSITIVE), "a tuple of sizes such as `(224, 224, 3)`")),
    "input_tensor": Unsupported(reason="the tensor comes through the arrow"),
    "pooling": optional(choice("avg", "max")),
    "classes": POSITIVE,
    "classifier_activation": ACTIVATION,
    "include_preprocessing": BOOLEAN,
    "alpha": POSITIVE_NUMBER,
    "depth_multiplier": POSITIVE,
    "dropout": FRACTION,
    "minimalistic": BOOLEAN,
    "name": optional(TEXT),
}

BY_FAMILY: Mapping[Family, Mapping[str, ArgumentType]] = {
    "initializer": SHARED | INITIALIZERS,
    "regularizer": REGULARIZERS,
    "constraint": SHARED | CONSTRAINTS,
    "loss": SHARED | LOSSES,
    "metric": SHARED | METRICS,
    "optimizer": SHARED | OPTIMIZERS,
    "schedule": SCHEDULES,
    "callback": CALLBACKS,
    "application": APPLICATIONS,
    "source": SOURCE_TYPES,
    "engine": ENGINE_TYPES,
    "start": START_TYPES,
}

BY_CLASS: Mapping[tuple[str, str], ArgumentType] = {
    ("SGD", "momentum"): FRACTION_FLOAT,
    ("AdamW", "weight_decay"): NON_NEGATIVE,
    ("Lion", "beta_1"): Number("a number above 0, up to 1", 0.0, 1.0, open_minimum=True),
    ("F1Score", "threshold"): optional(
        Number("a float above 0, up to 1", 0.0, 1.0, open_minimum=True, only_floats=True)
    ),
    ("FBetaScore", "threshold"): optional(
        Number("a float above 0, up to 1", 0.0, 1.0, open_minimum=True, only_floats=True)
    ),
    ("BinaryIoU", "target_class_ids"): items(
        Integer("0 or 1", 0, 1), "a list of 0 and 1", minimum=1
    ),
    ("AUC", "num_thresholds"): Integer("an integer of at least 2", 2),
    ("AUC", "thresholds"): optional(items(NUMBER, "a list of numbers")),
    ("CategoricalFocalCrossentropy", "alpha"): either(NUMBER, NUMBERS),
    ("RemoteMonitor", "headers"): optional(Mapped("a dict of strings", TEXT)),
    **OF_ONE,
}


@cache
def object_argument_type(family: Family, kind: str, name: str) -> ArgumentType:
    """Find the type of an argument of something that is not a layer."""
    if (kind, name) in BY_CLASS:
        return BY_CLASS[kind, name]
    if name.startswith("on_") and family == "callback":
        return optional(FUNCTION)
    return BY_FAMILY.get(family, {}).get(name, ANY)
