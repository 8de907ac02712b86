"""Reads the configuration of a model: what `to_json` writes, in all its forms, into a `Network`.

Nothing that a configuration names is looked up in Python. Work is bounded by `MOST_LAYERS`, nesting by `DEEPEST`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from netdsl.catalog import has_role
from netdsl.catalog.kind import Role
from netdsl.importer import operations
from netdsl.importer.arrays import array_uses, shape_of, untied
from netdsl.importer.errors import CannotImport, not_sayable, unreadable
from netdsl.importer.layers import CLASSES, is_own, make_layer
from netdsl.importer.masks import without_travelling_masks
from netdsl.importer.network import Json, Made, Network, Sizes, Tensor, Use, layers_in
from netdsl.importer.objects import decode
from netdsl.importer.weights import is_weight, make_weight, with_weights

MOST_LAYERS = 50_000
DEEPEST = 40

#: Classes of models that are read from the layers which they hold.
SEQUENTIAL, FUNCTIONAL = ("Sequential",), ("Functional", "Model")
INPUT = ("InputLayer",)

#: Arrays that a call was given.
ARRAYS = ("__tensor__", "__numpy__")


def read_model(value: Json, source: str) -> Network:
    """Read a whole model; raises CannotImport for what is none, and for what cannot be said in a spec."""
    if not isinstance(value, dict) or not isinstance(value.get("config"), dict):
        raise unreadable(source, "it holds no configuration of a model")
    network = _Reader(source).model(value, 0)
    compiled = value.get("compile_config")
    network.training = compiled if isinstance(compiled, dict) else {}
    return network


class _Reader:
    """Reads one file; counts the layers in it."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._left = MOST_LAYERS

    def model(self, value: Mapping[str, Json], depth: int) -> Network:
        kind, config = str(value.get("class_name")), value["config"]
        name = str(config.get("name") or value.get("name") or "model")
        if depth > DEEPEST:
            raise unreadable(self._source, f"models lie in models more than {DEEPEST} deep")
        if kind in SEQUENTIAL:
            return self._sequential(name, value, depth)
        if "layers" not in config or "output_layers" not in config:
            raise not_sayable(
                name,
                f"`{kind}` is a class whose layers its configuration does not tell",
                help="import the Functional or Sequential models that it is made of",
            )
        reading = partial(self.layer, depth=depth + 1)
        read = _Functional(reading, config, name, self._source).read()
        return without_travelling_masks(untied(with_weights(read)))

    def _sequential(self, name: str, value: Mapping[str, Json], depth: int) -> Network:
        config = value["config"]
        network = Network(name, is_sequential=True)
        made = [self.layer(item, depth + 1) for item in _dicts(config.get("layers"))]
        if made and made[0].family == "input":
            first, *made = made
        else:
            first = Made("input_layer", "InputLayer", "input", self._input_of(name, value))
        network.uses = [Use(0, first)]
        network.inputs = [0]
        for number, layer in enumerate(made, start=1):
            network.uses.append(Use(number, layer, (Tensor(number - 1),)))
        network.outputs = [(network.uses[-1].made.name, Tensor(len(made)))]
        return with_weights(network)

    def _input_of(self, name: str, value: Mapping[str, Json]) -> dict[str, Json]:
        config, built = value["config"], value.get("build_config") or {}
        shape = config.get("build_input_shape") or built.get("input_shape")
        first = next(iter(_dicts(config.get("layers"))), {}).get("config", {})
        shape = shape or first.get("batch_input_shape") or first.get("batch_shape")
        if not isinstance(shape, list) or not all(s is None or isinstance(s, int) for s in shape):
            raise not_sayable(
                name,
                "it is a Sequential that has not been built, so the shape of its input is not known",
                help="call it once, or give it a `keras.Input`, and save it again",
            )
        return {"batch_shape": tuple(shape), "dtype": "float32"}

    def layer(self, value: Mapping[str, Json], depth: int) -> Made:
        """Read one layer; models are layers too."""
        self._left -= 1
        if self._left < 0:
            raise unreadable(self._source, f"it has more than {MOST_LAYERS:,} layers")
        if depth > DEEPEST:
            raise unreadable(self._source, f"layers lie in layers more than {DEEPEST} deep")
        kind, module = str(value.get("class_name")), str(value.get("module") or "")
        kind = CLASSES.get(kind, kind)
        config = value.get("config")
        if not isinstance(config, dict):
            raise unreadable(self._source, f"a layer of class `{kind}` has no configuration")
        name = str(config.get("name") or value.get("name") or kind.lower())
        if kind in (*SEQUENTIAL, *FUNCTIONAL) and "layers" in config:
            return self._inner_model(name, kind, value, depth)
        decoded = {
            str(k): decode(v, partial(self.layer, depth=depth + 1)) for k, v in config.items()
        }
        if kind in INPUT:
            decoded.setdefault("batch_shape", decoded.get("batch_input_shape"))  # of Keras 2
            return Made(name, kind, "input", decoded)
        if is_weight(value):
            return make_weight(name, decoded)
        function = operations.function_of(value)
        if function is not None:
            if isinstance(config.get("dtype"), dict):  # the policy, and no dtype that is asked for
                del decoded["dtype"]
            return Made(name, function, "op", decoded)
        if is_own(kind, module):
            return make_layer(name, kind, decoded, _rank(value.get("build_config")))
        return Made(
            name,
            kind,
            "extern",
            decoded,
            module=module,
            trainable=decoded.get("trainable") is not False,
        )

    def _inner_model(self, name: str, kind: str, value: Mapping[str, Json], depth: int) -> Made:
        trainable = value["config"].get("trainable") is not False
        parts: tuple[Made, ...] = ()
        if kind in SEQUENTIAL:
            layers = [self.layer(item, depth + 1) for item in _dicts(value["config"].get("layers"))]
            parts = tuple(layer for layer in layers if layer.family != "input")
            if not layers or (
                layers[0].family != "input" and not value["config"].get("build_input_shape")
            ):
                return Made(name, kind, "model", trainable=trainable, parts=parts)
        network = self.model(value, depth)
        if not trainable:
            _frozen_once(network)
        return Made(name, kind, "model", network=network, trainable=trainable, parts=parts)


def _frozen_once(network: Network) -> None:
    """A frozen model freezes its layers: that is said of the model alone, where it holds for all of them."""
    layers = [
        layer for use in network.uses for layer in layers_in(use.made) if layer.family != "input"
    ]
    if not any(layer.trainable for layer in layers if layer.family != "op"):
        for layer in layers:
            layer.trainable = True


def _rank(built: Json) -> int | None:
    """Give the rank of what a layer was built for."""
    shape = built.get("input_shape") if isinstance(built, dict) else None
    if shape is None and isinstance(built, dict) and isinstance(built.get("shapes_dict"), dict):
        shape = next(iter(built["shapes_dict"].values()), None)
    return len(shape) if isinstance(shape, list) else None


def _dicts(value: Json) -> Iterator[Mapping[str, Json]]:
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                yield item


#: A use as configurations call it: the layer's name, and which of its uses.
Key = tuple[str, int]


class _Functional:
    """Reads one functional model: its layers, then their uses in an order in which each comes after its inputs."""

    def __init__(
        self,
        layer: Callable[[Mapping[str, Json]], Made],
        config: Mapping[str, Json],
        name: str,
        source: str,
    ) -> None:
        self._layer, self._config, self._source = layer, config, source
        self._network = Network(name)
        self._made: dict[str, Made] = {}
        self._calls: dict[Key, tuple[Json, Json]] = {}
        self._numbers: dict[Key, int] = {}
        self._at = name  # the layer whose use is read
        self._is_older = False  # it is of Keras 2, which counts so in calls too

    def read(self) -> Network:
        for item in _dicts(self._config.get("layers")):
            self._read_layer(item)
        form, ends = _ends(self._config.get("output_layers"))
        outputs = form, [(name, self._counted(key), output) for name, key, output in ends]
        self._order([key for _, key, _ in outputs[1]])
        network = self._network
        network.inputs = [
            self._number(key) for _, key, _ in _ends(self._config.get("input_layers"))[1]
        ]
        network.form = outputs[0]
        network.outputs = [
            (name or key[0], Tensor(self._number(key), output)) for name, key, output in outputs[1]
        ]
        if not network.outputs or not network.inputs:
            raise unreadable(self._source, f"`{network.name}` has no inputs, or no outputs")
        return network

    def _read_layer(self, item: Mapping[str, Json]) -> None:
        name = str(item.get("name") or item.get("config", {}).get("name"))
        made = self._layer(item)
        made.name = name
        if name in self._made:
            raise unreadable(self._source, f"two layers are called `{name}`")
        self._made[name] = made
        calls = item.get("inbound_nodes")
        if made.family == "input" or not isinstance(calls, list) or not calls:
            self._calls[name, 0] = ((), {})
            return
        for number, call in enumerate(calls):
            self._calls[name, number] = _call(call)
        self._is_older |= not isinstance(calls[0], dict)

    def _counted(self, key: Key) -> Key:
        """Give the use of a model that outputs refer to: Keras counts its own making as the first one there."""
        made = self._made.get(key[0])
        is_model = made is not None and made.network is not None
        is_counted = is_model and (self._is_older or not made.network.is_sequential)  # type: ignore[union-attr]
        return (key[0], key[1] - 1) if is_counted and key[1] > 0 else key

    def _order(self, outputs: list[Key]) -> None:
        """Number the uses from the outputs, the first input first; what leads nowhere comes last."""
        entered: set[Key] = set()
        for start in [*outputs, *self._calls]:
            stack: list[tuple[Key, bool]] = [(start, False)]
            while stack:
                key, is_ready = stack.pop()
                if key in self._numbers:
                    continue
                if is_ready:
                    self._use(key)
                    continue
                if key in entered:
                    raise unreadable(self._source, f"`{key[0]}` is computed from itself")
                entered.add(key)
                stack.append((key, True))
                before = [k for k in self._before(key) if k not in self._numbers]
                stack += [(k, False) for k in reversed(before)]

    def _before(self, key: Key) -> list[Key]:
        keys = _keys_in(self._call_of(key))
        return [self._counted(k) for k in keys] if self._is_older else list(keys)

    def _call_of(self, key: Key) -> tuple[Json, Json]:
        if key not in self._calls:
            raise unreadable(self._source, f"there is no use {key[1]} of a layer `{key[0]}`")
        return self._calls[key]

    def _number(self, key: Key) -> int:
        if key not in self._numbers:
            raise unreadable(self._source, f"there is no layer `{key[0]}`")
        return self._numbers[key]

    def _use(self, key: Key) -> None:
        positional, keywords = self._call_of(key)
        made = self._made[key[0]]
        self._at = made.name
        values = tuple(self._value(v) for v in positional)
        named = {str(k): self._value(v) for k, v in keywords.items()}
        if made.family == "op":
            named = operations.arguments_of(made.name, made.kind, made.arguments, values, named)
            values = ()
        mode = named.get("training") if made.family == "model" else None
        if isinstance(mode, bool) and not runs_the_same(made, named.pop("training")):
            raise _other_mode(made)
        number = self._numbers[key] = len(self._network.uses)
        self._network.uses.append(Use(number, made, values, named))

    def _value(self, value: Json) -> Json:
        if isinstance(value, list):
            return tuple(self._value(item) for item in value)
        if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            config = value.get("config", {})
            key, output = _history(config.get("keras_history"))
            tensor = Tensor(self._numbers[self._counted(key) if self._is_older else key], output)
            shape = config.get("shape")
            if isinstance(shape, list):
                self._network.types[tensor] = (_sizes(shape), str(config.get("dtype")))
            return tensor
        if isinstance(value, dict) and "class_name" not in value:
            return {str(k): self._value(v) for k, v in value.items()}
        found = decode(value, self._layer)
        is_array = isinstance(value, dict) and value.get("class_name") in ARRAYS
        return (
            self._array(found, value["config"]) if is_array and isinstance(found, tuple) else found
        )

    def _array(self, found: tuple[Json, ...], config: Json) -> Tensor:
        """Make the function that gives an array, before the layer that is called with it."""
        uses = self._network.uses
        dtype = str(config.get("dtype") or "float32")
        uses += array_uses(self._at, found, dtype, len(uses))
        self._network.types[Tensor(uses[-1].id)] = (shape_of(found), dtype)
        return Tensor(uses[-1].id)


def _other_mode(made: Made) -> CannotImport:
    return not_sayable(
        made.name,
        "it is called with `training=`, and layers in it do something else then",
        help="a frozen model without dropout runs the same in both modes: call it without `training=`",
    )


def runs_the_same(made: Made, training: bool) -> bool:
    """Tell whether a model does the same without `training=False`: frozen normalization does, dropout does not."""
    if training or made.trainable:
        return False
    layers = (
        (inner for use in made.network.uses for inner in layers_in(use.made))
        if made.network
        else made.parts
    )
    return not any(
        layer.family == "extern" or (layer.family == "layer" and has_role(layer.kind, *RANDOM))
        for layer in layers
    )


#: Roles of layers that do something else in training, whether they are frozen or not.
RANDOM: tuple[Role, ...] = ("dropout", "augmentation", "zeroing", "user_code", "recurrent")


def _sizes(shape: list[Json]) -> Sizes:
    return tuple(size if isinstance(size, int) else None for size in shape)


def _history(value: Json) -> tuple[Key, int]:
    match value:
        case [str(name), int(use), int(output), *_]:
            return (name, use), output
    raise unreadable("model", f"`{str(value)[:60]}` is no reference to a tensor")


def _keys_in(value: Json) -> Iterator[Key]:
    """Give the uses whose tensors a call receives, in order."""
    pending = [value]
    while pending:
        found = pending.pop()
        if isinstance(found, (list, tuple)):
            pending += reversed(found)
        elif isinstance(found, dict):
            if found.get("class_name") == "__keras_tensor__":
                yield _history(found.get("config", {}).get("keras_history"))[0]
            else:
                pending += reversed(found.values())


def _call(call: Json) -> tuple[Json, Json]:
    """Give the arguments of a call; earlier Keras wrote lists of `[layer, use, output, keywords]`."""
    if isinstance(call, dict):
        args, kwargs = call.get("args"), call.get("kwargs")
        return tuple(args) if isinstance(args, list) else (), kwargs if isinstance(
            kwargs, dict
        ) else {}
    if isinstance(call, list) and call and isinstance(call[0], str):
        call = [call]
    tensors: list[Json] = []
    keywords: dict[str, Json] = {}
    for item in call if isinstance(call, list) else ():
        key, output = _history(item)
        tensors.append(_tensor(key, output))
        if len(item) > 3 and isinstance(item[3], dict):
            keywords |= {k: _older(v) for k, v in item[3].items()}
    return (tensors[0] if len(tensors) == 1 else tensors,), keywords


def _tensor(key: Key, output: int) -> dict[str, Json]:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [*key, output]}}


def _older(value: Json) -> Json:
    """Give a tensor of an earlier configuration, `["layer", 0, 0]`, in the form of today."""
    match value:
        case [str(name), int(use), int(output)]:
            return _tensor((name, use), output)
    return value


def _ends(value: Json) -> tuple[Json, list[tuple[str, Key, int]]]:
    """Give the form of inputs or outputs, and each with its name where it has one."""
    if isinstance(value, dict):
        return "dict", [(str(k), *_history(v)) for k, v in value.items()]
    if isinstance(value, list) and len(value) == 3 and isinstance(value[0], str):
        return "one", [("", *_history(value))]
    if isinstance(value, list):
        found = [("", *_history(v)) for v in _flat(value)]
        return "list", found
    raise unreadable("model", "its inputs or outputs are not told")


def _flat(value: list[Json]) -> Iterator[Json]:
    for item in value:
        if isinstance(item, list) and len(item) == 3 and isinstance(item[0], str):
            yield item
        elif isinstance(item, list):
            yield from _flat(item)
        else:
            yield item
