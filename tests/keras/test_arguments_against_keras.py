"""Random values for the arguments of every class: where Keras's constructor refuses, binding refuses.

The other way round Keras is lazy (it takes `Conv2D(8.0, 3)` and fails when the layer is built), so there the claim is
only made for values of the sort that the argument's default is of.
"""

from __future__ import annotations

import inspect
import os
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netdsl.catalog.binding import bind_arguments
from netdsl.catalog.kind import BoundLayer, ExternFunction
from netdsl.catalog.signature import Family, Parameter, Signature, names, signature

pytestmark = pytest.mark.keras

keras = pytest.importorskip("keras")

from netdsl.catalog.refresh import NEEDED_ANYWAY, sample  # noqa: E402

#: Arguments whose refusals depend on another argument (the layer's rule has them) or on a file.
BETWEEN_ARGUMENTS = {
    ("Discretization", "bin_boundaries"), ("Discretization", "num_bins"), ("Normalization", "mean"),
    ("Normalization", "variance"), ("GroupQueryAttention", "num_query_heads"),
    ("GroupQueryAttention", "num_key_value_heads"), ("TensorBoard", "profile_batch"),
}  # fmt: skip
BETWEEN_NAMES = {
    "groups", "output_padding", "sparse", "idf_weights", "pad_to_max_tokens", "salt", "vocabulary", "seed",
}  # fmt: skip

#: Arguments with a whole number for a default and a range that Keras does not check.
SHARES_AND_LEVELS = {"label_smoothing", "verbose"}

#: Wrappers of other frameworks, and what needs a package that may be missing.
LEFT_OUT = {
    "TFSMLayer", "JaxLayer", "FlaxLayer", "TorchModuleWrapper", "InputLayer", "Wrapper", "STFTSpectrogram",
    "STFT", "OrbaxCheckpoint", "MeanMetricWrapper", "LossScaleOptimizer", "MultiOptimizer", "OptimizerMap",
    "LearningRateScheduler", "CallbackList",
}  # fmt: skip

SAMPLES: dict[str, Any] = {
    "num_classes": 3, "target_class_ids": [1], "recall": 0.5, "precision": 0.5, "specificity": 0.5,
    "sensitivity": 0.5, "initial_learning_rate": 0.1, "decay_steps": 10, "first_decay_steps": 10,
    "decay_rate": 0.5, "boundaries": [1], "values": [1.0, 2.0], "filepath": "a.keras",
    "filename": "a", "backup_dir": "backup", "directory": "d",
}  # fmt: skip

MODULES: dict[Family, Any] = {
    "layer": keras.layers,
    "initializer": keras.initializers,
    "regularizer": keras.regularizers,
    "constraint": keras.constraints,
    "loss": keras.losses,
    "metric": keras.metrics,
    "optimizer": keras.optimizers,
    "schedule": keras.optimizers.schedules,
    "callback": keras.callbacks,
}

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 9),
    st.sampled_from([0.0, 0.25, 0.5, 1.0, 1.5, 2.5, -0.5]),
    st.sampled_from(
        "a same valid SAME causal relu l2 max_norm he_normal float32 int8 mixed_float16 bilinear reflect "
        "channels_first Channels_Last int count sum auto min".split()
    ),
)
values = st.one_of(
    scalars,
    st.lists(scalars, max_size=4),
    st.lists(scalars, max_size=4).map(tuple),
    st.lists(st.integers(-1, 4), min_size=1, max_size=3).map(tuple),
    st.tuples(st.tuples(st.integers(-1, 3), st.integers(0, 3)), st.integers(0, 3)),
    st.dictionaries(st.sampled_from(["rmin", "rmax", "class_name"]), st.integers(0, 2), max_size=2),
)


@cache
def arguments() -> list[tuple[Signature, Parameter]]:
    """Give every argument of every class that can be made here; the base's once, with `Dense`."""
    found = []
    for family, module in MODULES.items():
        for name in names(family):
            one = signature(family, name)
            if one is None or name in LEFT_OUT or not inspect.isclass(getattr(module, name)):
                continue
            found += [
                (one, p)
                for p in one.parameters
                if p.kind in ("positional", "keyword") and (not p.is_base or name == "Dense")
            ]
    return found


def needed(one: Signature) -> dict[str, Any]:
    required = [p.name for p in one.parameters if p.required]
    if one.family == "layer":
        return {name: sample(name) for name in required} | NEEDED_ANYWAY.get(one.name, {})
    return {name: SAMPLES[name] for name in required}


def as_netdsl(value: Any) -> Any:
    """Put a stand-in where Keras gets a layer or a function."""
    if value is abs:
        return ExternFunction("magnitude", "functions")
    if isinstance(value, keras.layers.Layer):
        return BoundLayer(type(value).__name__, {}, lambda *a, **k: None)  # type: ignore[arg-type, return-value]
    if isinstance(value, list) and any(isinstance(v, keras.layers.Layer) for v in value):
        return [as_netdsl(v) for v in value]
    return value


def keras_takes(one: Signature, arguments: dict[str, Any]) -> bool:
    try:
        getattr(MODULES[one.family], one.name)(**arguments)
    except Exception:
        return False
    return True


def netdsl_takes(one: Signature, arguments: dict[str, Any]) -> bool:
    ours = {name: as_netdsl(value) for name, value in arguments.items()}
    return not bind_arguments(one, None, (), ours).problems


effort = settings(
    max_examples=int(os.environ.get("NETDSL_EXAMPLES", "400")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@effort
@given(st.data())
def test_what_a_constructor_refuses_is_refused(data: st.DataObject) -> None:
    one, parameter = data.draw(st.sampled_from(arguments()))
    value = data.draw(values)
    if (one.name, parameter.name) in BETWEEN_ARGUMENTS or parameter.name in BETWEEN_NAMES:
        return
    given_ = needed(one) | {parameter.name: value}
    if netdsl_takes(one, given_):
        assert keras_takes(one, given_), (one.name, parameter.name, value)


def plausible(default: Any) -> st.SearchStrategy[Any]:
    """Values of the sort that a default is of."""
    if isinstance(default, bool):
        return st.booleans()
    if isinstance(default, int):
        return st.integers(1, 8)
    if isinstance(default, float):
        return st.floats(0.01, 0.99)
    return st.just(default)


@effort
@given(st.data())
def test_a_plausible_value_is_taken_where_keras_takes_it(data: st.DataObject) -> None:
    one, parameter = data.draw(st.sampled_from(arguments()))
    if parameter.name in SHARES_AND_LEVELS:
        return
    value = data.draw(plausible(needed(one).get(parameter.name, parameter.default)))
    given_ = needed(one) | {parameter.name: value}
    if keras_takes(one, given_):
        assert netdsl_takes(one, given_), (one.name, parameter.name, value)


def test_every_default_is_taken() -> None:
    refused = [
        (one.name, parameter.name, parameter.default)
        for one, parameter in arguments()
        if not parameter.required
        and not netdsl_takes(one, needed(one) | {parameter.name: parameter.default})
        and keras_takes(one, needed(one) | {parameter.name: parameter.default})
    ]
    assert not refused
