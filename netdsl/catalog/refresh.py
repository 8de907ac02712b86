"""Takes the facts of the catalogue from the installed Keras: `python -m netdsl.catalog.refresh [FILE]`.

Everything that Keras itself can say is written to `signatures.json` and nowhere else: names and aliases, the
order and defaults of arguments, the arguments of `call`, the strings that `keras.*.get` understands, the
dtypes. `signature.py` reads the file and says how an entry is laid out. This is the only module of the
compiler that imports Keras.
"""

from __future__ import annotations

import ast
import inspect
import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

from netdsl.catalog.signature import SIGNATURES
from netdsl.foreign import Foreign
from netdsl.value import Arguments

#: What Keras's layers need before they can be made at all; asking a layer whether it takes an argument
#: means making one.
SAMPLES: Arguments = {
    "activation": "relu",
    "axes": 1,
    "dims": (1,),
    "equation": "ab,bc->ac",
    "factor": 1,
    "filters": 2,
    "head_dim": 2,
    "height": 2,
    "height_factor": 0.5,
    "input_dim": 2,
    "kernel_size": 3,
    "key_dim": 2,
    "max_number": 2,
    "n": 2,
    "num_bins": 2,
    "num_heads": 2,
    "num_key_value_heads": 2,
    "num_query_heads": 2,
    "output_dim": 2,
    "output_shape": (2,),
    "output_size": 2,
    "pool_size": 2,
    "rate": 0.5,
    "scale": 1.0,
    "stddev": 0.5,
    "target_shape": (2,),
    "units": 2,
    "width": 2,
    "width_factor": 0.5,
}

#: What some need besides, by class.
NEEDED_ANYWAY: Mapping[str, Arguments] = {
    "CategoryEncoding": {"num_tokens": 2},
    "Discretization": {"num_bins": 2},
    "InputLayer": {"shape": (2,)},
    "JaxLayer": {"call_fn": lambda inputs: inputs, "params": {}},
    "MeanMetricWrapper": {"fn": abs},
}

#: What metrics cannot be made without; of four classes, as many as there are where they are tried.
METRIC_SAMPLES: Mapping[str, Arguments] = {
    "IoU": {"num_classes": 4, "target_class_ids": (0, 1)},
    "OneHotIoU": {"num_classes": 4, "target_class_ids": (0, 1)},
    "MeanIoU": {"num_classes": 4},
    "OneHotMeanIoU": {"num_classes": 4},
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.9},
    "SensitivityAtSpecificity": {"specificity": 0.9},
    "SpecificityAtSensitivity": {"sensitivity": 0.9},
}

#: Arguments whose default does not show whether they are taken, and one that does.
POPPED_SAMPLES: Arguments = {"alpha": 0.5, "factor": 1}

#: What an argument of any name is for something: a function's own arguments, the sizes of axes, ways to compute.
HANDING_ON = ("MeanMetricWrapper", "rearrange", "einsum")

#: Base classes to derive from: public, but nothing that a spec can name.
ABSTRACT = {
    "Layer", "Initializer", "Regularizer", "Constraint", "Loss", "Metric", "Optimizer",
    "LearningRateSchedule", "Callback", "InputSpec",
}  # fmt: skip
PLUMBING = {"get", "serialize", "deserialize"}

#: What Keras takes from `**kwargs` for loading a saved model, or takes and ignores.
UNSAID = {
    "batch_input_shape", "dtype", "has_input_vocabulary", "input_dim", "input_length", "input_shape", "trainable",
    "vocabulary_size",
}  # fmt: skip


def encode(value: object) -> object:
    """Write a default as JSON that tells a tuple from a list and infinity from a string."""
    if isinstance(value, tuple):
        return {"tuple": [encode(item) for item in value]}
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"no JSON for the default {value!r}")


def encode_parameters(parameters: Iterable[inspect.Parameter]) -> Iterator[object]:
    """Write parameters in order; a bare "*" separates those that go by name only."""
    seen_star = False
    for parameter in parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            seen_star = True
            yield f"*{parameter.name}"
            continue
        if parameter.kind is parameter.VAR_KEYWORD:
            yield f"**{parameter.name}"
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not seen_star:
            seen_star = True
            yield "*"
        required = parameter.default is parameter.empty
        yield parameter.name if required else [parameter.name, encode(parameter.default)]


def constructor_parameters(cls: type) -> list[inspect.Parameter]:
    """Give what a class takes; one that defines no constructor takes nothing."""
    if cls.__init__ is object.__init__:  # type: ignore[misc]
        return []
    return list(inspect.signature(cls).parameters.values())


def layer_entry(cls: type, base: list[inspect.Parameter]) -> dict[str, object]:
    parameters = constructor_parameters(cls)
    explicit = [p for p in parameters if p.kind is not p.VAR_KEYWORD]
    encoded = list(encode_parameters(explicit))
    if len(explicit) < len(parameters):
        encoded += forwarded_arguments(cls, explicit, base)
    call = list(inspect.signature(cls.call).parameters.values())[1:]  # type: ignore[attr-defined]
    return {"parameters": encoded, "call": list(encode_parameters(call))}


def forwarded_arguments(
    cls: type, explicit: list[inspect.Parameter], base: list[inspect.Parameter]
) -> list[object]:
    """Say what a layer takes through `**kwargs`: "**" for all of `Layer`'s own, and others by name."""
    named = {p.name for p in explicit}
    inherited = {
        p.name: p
        for parent in cls.__mro__[1:]
        if parent.__name__ != "Layer" and "__init__" in vars(parent) and parent is not object
        for p in inspect.signature(parent.__init__).parameters.values()  # type: ignore[misc]
        if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) and p.name != "self"
    }
    base_names = {p.name for p in base}
    inherited |= popped_arguments(cls)
    extra = [p for n, p in sorted(inherited.items()) if n not in named | base_names]
    taken = [p for p in extra if takes(cls, explicit, p)]
    wanted = [p for p in base if p.name not in named]
    accepted = [p for p in wanted if takes(cls, explicit, p)]
    everything = accepted == wanted
    keywords = taken if everything else taken + accepted
    by_name = [p.replace(kind=p.KEYWORD_ONLY) for p in keywords]
    return [*encode_parameters(by_name), *(["**"] if everything else [])]


def popped_arguments(item: Callable[..., Foreign]) -> dict[str, inspect.Parameter]:
    """Find what is taken out of `**kwargs` by hand, mostly names of earlier versions."""
    source = inspect.getsource(item.__init__ if isinstance(item, type) else item)  # type: ignore[misc]
    found = re.findall(r'kwargs\.pop\(\s*"(\w+)"(?:, ([\w.]+))?', source)
    return {
        name: inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=ast.literal_eval(default or "None")
        )
        for name, default in found
        if name not in UNSAID
    }


def takes(cls: type, explicit: list[inspect.Parameter], extra: inspect.Parameter) -> bool:
    """Make a layer with one more argument (at its default) and see whether it is let through."""
    if extra.default is extra.empty:
        return False
    value = POPPED_SAMPLES.get(extra.name, extra.default)
    needed = {p.name: sample(p.name) for p in explicit if p.default is p.empty}
    needed |= NEEDED_ANYWAY.get(cls.__name__, {})
    try:
        cls(**needed, **{extra.name: value})
    except ImportError:  # wrappers of other frameworks, which forward as every layer does
        return True
    except (TypeError, ValueError) as refusal:
        if extra.name in str(refusal):
            return False
        raise
    return True


def sample(name: str) -> Foreign:
    """Give a value that suits a required argument of that name."""
    from keras import layers

    makers: dict[str, Callable[[], Foreign]] = {
        "layer": lambda: layers.LSTM(2),
        "cell": lambda: layers.LSTMCell(2),
        "cells": lambda: [layers.LSTMCell(2)],
        "layers": lambda: [layers.Rescaling(1.0)],
        "function": lambda: abs,
        "call_fn": lambda: abs,
        "module": lambda: abs,
    }
    return makers[name]() if name in makers else SAMPLES[name]


def plain_entry(item: Callable[..., Foreign]) -> dict[str, object]:
    if isinstance(item, type):
        parameters = constructor_parameters(item)
    else:
        parameters = list(inspect.signature(item).parameters.values())
    if any(p.kind is p.VAR_KEYWORD for p in parameters) and not hands_on(item):
        parameters = [p for p in parameters if p.kind is not p.VAR_KEYWORD]
        parameters += [p.replace(kind=p.KEYWORD_ONLY) for p in read_by_name(item, parameters)]
    return {"parameters": list(encode_parameters(parameters))}


def hands_on(item: Callable[..., Foreign]) -> bool:
    """Say whether an argument of any name has a use: the function inside gets it, or it names an axis."""
    return item.__name__ in HANDING_ON


def read_by_name(
    item: Callable[..., Foreign], named: list[inspect.Parameter]
) -> list[inspect.Parameter]:
    """Give the arguments that are looked for among `**kwargs`; whatever else is there is swallowed, and lost."""
    from keras.callbacks import Callback

    if isinstance(item, type) and issubclass(item, Callback):
        hooks = {n for n in vars(Callback) if n.startswith("on_")}
        own = {p.name for p in named}
        return [optional_keyword(name) for name in sorted(hooks - own)] if hooks & own else []
    return [] if isinstance(item, type) else list(popped_arguments(item).values())


def optional_keyword(name: str) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None)


def public(module: ModuleType) -> dict[str, Foreign]:
    """Give what a module offers by name: classes and functions, without plumbing and base classes."""
    return {
        name: item
        for name, item in sorted(vars(module).items())
        if not name.startswith("_")
        and callable(item)
        and name not in PLUMBING
        and getattr(item, "__name__", name) not in ABSTRACT
        and not isinstance(item, ModuleType)
    }


def canonical(items: dict[str, Foreign]) -> dict[str, tuple[Foreign, list[str]]]:
    """Join the names of one object: its own name, and the other names it is public under."""
    names: dict[int, list[str]] = {}
    for name, item in items.items():
        names.setdefault(id(item), []).append(name)
    joined = {}
    for group in names.values():
        item = items[group[0]]
        own = item.__name__ if item.__name__ in group else group[0]
        joined[own] = (item, [name for name in group if name != own])
    return dict(sorted(joined.items()))


def identifiers(module: ModuleType, item: object, names: Iterable[str]) -> list[str]:
    """List the strings for which `keras.<family>.get` gives this object."""
    table = getattr(sys.modules[module.get.__module__], "ALL_OBJECTS_DICT", {})
    found = []
    for text in sorted({*names, *table}):
        try:
            got = module.get(text)
        except (KeyError, TypeError, ValueError):
            continue
        except ImportError:  # the STFT initializer needs scipy, which may not be there
            got = table.get(text)
        if got is item or type(got) is item:
            found.append(text)
    return found


def family(module: ModuleType, *, strings: bool = False) -> dict[str, dict[str, object]]:
    """Describe everything public in one module of Keras."""
    return described(module, public(module), strings=strings)


def operations() -> dict[str, dict[str, object]]:
    """Describe `keras.ops` and the modules in it: `image.resize`; `nn.relu` is another name of `relu`."""
    from keras import ops

    modules = {name: item for name, item in vars(ops).items() if isinstance(item, ModuleType)}
    nested = {
        f"{name}.{function}": item
        for name, module in sorted(modules.items())
        for function, item in public(module).items()
        if not name.startswith("_")
    }
    return described(ops, public(ops) | nested)


def described(
    module: ModuleType, items: dict[str, Foreign], *, strings: bool = False
) -> dict[str, dict[str, object]]:
    entries = {}
    for name, (item, aliases) in canonical(items).items():
        entry = plain_entry(item)
        if aliases:
            entry["aliases"] = aliases
        if strings and (accepted := identifiers(module, item, [name, *aliases])):
            entry["identifiers"] = accepted
        entries[name] = entry
    return entries


def layer_family() -> dict[str, dict[str, object]]:
    from keras import layers

    base = base_parameters()
    entries = {}
    for name, (item, aliases) in canonical(public(layers)).items():
        if isinstance(item, type):
            entries[name] = layer_entry(item, base) | ({"aliases": aliases} if aliases else {})
    return entries


def base_parameters() -> list[inspect.Parameter]:
    """Give the arguments that every layer takes by name, from `keras.layers.Layer` itself."""
    from keras import layers

    parameters = inspect.signature(layers.Layer.__init__).parameters.values()
    return [p for p in parameters if p.kind is p.KEYWORD_ONLY]


def directed(metrics: dict[str, dict[str, object]]) -> dict[str, dict[str, object]]:
    """Add which way a metric gets better, "up" or "down", where Keras says so."""
    from keras import metrics as module

    for name, entry in metrics.items():
        item = getattr(module, name)
        if isinstance(item, type) and name not in HANDING_ON:
            way = getattr(item(**METRIC_SAMPLES.get(name, {})), "_direction", None)
            entry |= {"better": way} if way else {}
    return metrics


def applications() -> dict[str, dict[str, object]]:
    from keras import applications as networks

    described = {name: entry for name, entry in family(networks).items() if name[0].isupper()}
    for name, entry in described.items():
        entry["pixels"] = preprocessing(networks, name)
    return described


def preprocessing(networks: ModuleType, name: str) -> dict[str, object]:
    """Say what `preprocess_input` makes of a pixel: the order of the colours, a factor and a summand for each."""
    import numpy

    homes = [m for m in vars(networks).values() if hasattr(m, "preprocess_input")]
    own = inspect.getmodule(getattr(networks, name)).__name__.rpartition(".")[2]  # type: ignore[union-attr]
    home = next(m for m in homes if hasattr(m, name) or m.__name__.endswith(f".{own}"))
    colours = numpy.eye(3, dtype="float32").reshape((1, 1, 3, 3)) * 255
    black = numpy.asarray(home.preprocess_input(numpy.zeros((1, 1, 1, 3), "float32"))).reshape(3)
    changed = numpy.asarray(home.preprocess_input(colours)).reshape((3, 3)) - black
    order = changed.argmax(axis=0)
    scale = [round(float(changed[c, place]) / 255, 7) for place, c in enumerate(order)]
    return {"order": order.tolist(), "scale": scale, "offset": [round(float(b), 4) for b in black]}


def datasets() -> dict[str, dict[str, object]]:
    from keras import datasets as sets

    loaders = {
        name: [
            p
            for p in inspect.signature(item.load_data).parameters.values()
            if p.kind is not p.VAR_KEYWORD  # which `imdb` has, to refuse what is in it
        ]
        for name, item in sorted(vars(sets).items())
        if hasattr(item, "load_data")
    }
    return {name: {"parameters": list(encode_parameters(ps))} for name, ps in loaders.items()}


def dtype_policies(dtypes: Iterable[str]) -> list[str]:
    """List what a layer's `dtype` may be: dtypes, mixed policies and quantized ones, as far as Keras goes."""
    import keras
    from keras.src.dtype_policies.dtype_policy import QUANTIZATION_MODES

    sources = [*dtypes, *(f"mixed_{name}" for name in dtypes)]
    floats = [name for name in sources if "float" in name and "float8" not in name]
    quantized = (f"{mode}_from_{name}" for mode in QUANTIZATION_MODES for name in floats)
    found = []
    for name in (*sources, *quantized):
        try:
            found.append(keras.dtype_policies.get(name).name)
        except (TypeError, ValueError):
            continue
    return sorted(found)


def gather() -> dict[str, object]:
    """Ask the installed Keras everything."""
    import keras
    from keras.src.backend.common import dtypes

    allowed = sorted(dtypes.ALLOWED_DTYPES)
    return {
        "keras": keras.__version__,
        "dtypes": allowed,
        "dtype_aliases": {k: v for k, v in dtypes.PYTHON_DTYPES_MAP.items() if isinstance(k, str)},
        "policies": dtype_policies(allowed),
        "base": list(encode_parameters(base_parameters()))[1:],
        "layer": layer_family(),
        "activation": family(keras.activations, strings=True),
        "initializer": family(keras.initializers, strings=True),
        "regularizer": family(keras.regularizers, strings=True),
        "constraint": family(keras.constraints, strings=True),
        "loss": family(keras.losses, strings=True),
        "metric": directed(family(keras.metrics, strings=True)),
        "optimizer": family(keras.optimizers, strings=True),
        "schedule": family(keras.optimizers.schedules),
        "callback": family(keras.callbacks),
        "op": operations(),
        "application": applications(),
        "dataset": datasets(),
    }


def write_lines(facts: dict[str, object]) -> str:
    """Lay the facts out with one entry to a line, so that a new Keras shows as a short diff."""
    parts = []
    for key, value in facts.items():
        if isinstance(value, dict) and any(isinstance(v, dict) for v in value.values()):
            rows = ",\n".join(f"{json.dumps(n)}: {json.dumps(e)}" for n, e in value.items())
            parts.append(f"{json.dumps(key)}: {{\n{rows}\n}}")
        else:
            parts.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else SIGNATURES
    target.write_text(write_lines(gather()), encoding="utf-8")
    print(f"wrote {target}")


if __name__ == "__main__":
    main()
