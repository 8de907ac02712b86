"""A stand-in for Keras that only notes which layer is applied to what: both outputs of a spec run on it in no time.

`graph_of` runs a generated module and gives a number for what its model computes: two modules that build the same
graph, with the same names, give the same one.
"""

from __future__ import annotations

import builtins
from types import SimpleNamespace
from typing import Any

_numbers: dict[tuple[Any, ...], int] = {}


def _number(*how: Any) -> int:
    """Give the number of a way to come about, the same one each time."""
    return _numbers.setdefault(how, len(_numbers))


def _operator(function: str, *, turned: bool = False) -> Any:
    """Give an operator that is the function of `keras.ops`, as those of Keras's symbolic tensors are."""

    def apply(tensor: Tensor, other: Any) -> Tensor:
        return Tensor(function, _plain((other, tensor) if turned else (tensor, other)), ())

    return apply


class Tensor:
    """What a layer gives: `key` is how it came about."""

    shape = (None, 8)
    dtype = "float32"

    def __init__(self, *how: Any) -> None:
        self.key = _number(*how)

    __add__, __radd__ = _operator("add"), _operator("add", turned=True)
    __sub__, __rsub__ = _operator("subtract"), _operator("subtract", turned=True)
    __mul__, __rmul__ = _operator("multiply"), _operator("multiply", turned=True)
    __truediv__, __rtruediv__ = _operator("divide"), _operator("divide", turned=True)
    __pow__, __rpow__ = _operator("power"), _operator("power", turned=True)
    __matmul__ = _operator("matmul")
    __lt__, __le__ = _operator("less"), _operator("less_equal")
    __gt__, __ge__ = _operator("greater"), _operator("greater_equal")

    def __ne__(self, other: object) -> Any:
        return Tensor("not_equal", _plain((self, other)), ())

    def __neg__(self) -> Tensor:
        return Tensor("negative", _plain((self,)), ())

    def __getitem__(self, index: Any) -> Tensor:
        return Tensor("getitem", _plain(index), self.key)

    def __bool__(self) -> bool:
        raise TypeError("a tensor is no condition")

    def __iter__(self) -> Any:
        raise TypeError("a tensor is no list")


class Layer:
    """A layer by its kind, name and arguments, or a model by its own graph."""

    def __init__(self, kind: str, name: str, *arguments: Any) -> None:
        self.key = _number(kind, name, _plain(arguments))

    def __call__(self, *tensors: Any, **others: Any) -> Tensor:
        _only_tensors([tensors, others])
        return Tensor(self.key, _plain(tensors), _plain(others))


class Model(Layer):
    def __init__(self, inputs: Any, outputs: Any, *, name: str) -> None:
        _only_tensors([inputs, outputs])
        super().__init__("Model", name, inputs, outputs)
        self._names = list(outputs) if isinstance(outputs, dict) else None

    def __call__(self, *tensors: Any, **others: Any) -> Any:
        applied = super().__call__(*tensors, **others)
        if self._names is None:
            return applied
        return {name: Tensor("output", name, applied.key) for name in self._names}


def _only_tensors(value: Any) -> None:
    """Raise where something else than tensors and numbers reaches a layer."""
    if isinstance(value, (list, tuple)):
        for item in value:
            _only_tensors(item)
    elif isinstance(value, dict):
        _only_tensors(list(value.values()))
    elif not isinstance(value, (Tensor, int, float)):
        raise TypeError(f"no tensor: {value!r}")


def _plain(value: Any) -> Any:
    match value:
        case Tensor() | Layer():
            return ("made", value.key)
        case list() | tuple():
            return tuple(map(_plain, value))
        case dict():
            return tuple(sorted((key, _plain(item)) for key, item in value.items()))
        case slice():
            return ("slice", value.start, value.stop, value.step)
    return value


class _Layers:
    def __getattr__(self, kind: str) -> Any:
        return lambda *args, name, **kwargs: Layer(kind, name, args, kwargs)


class _Ops:
    def __getattr__(self, function: str) -> Any:
        return lambda *args, **kwargs: Tensor(function, _plain(args), _plain(kwargs))


def _keras() -> SimpleNamespace:
    return SimpleNamespace(
        layers=_Layers(),
        ops=_Ops(),
        Model=Model,
        Input=lambda shape, *, name, **options: Tensor("input", name, shape, _plain(options)),
        Sequential=lambda layers, *, name: Layer("Sequential", name, layers),
    )


def graph_of(source: str, function: str, **hyperparameters: Any) -> int:
    """Run a module that imports `keras`, and call the function of a model."""
    keras = _keras()

    def imported(name: str, *others: Any, **more: Any) -> Any:
        return keras if name == "keras" else builtins.__import__(name, *others, **more)

    space = {"__name__": "generated", "__builtins__": vars(builtins) | {"__import__": imported}}
    exec(compile(source, "<generated>", "exec"), space)
    if "tied" in space:  # which only makes an array a part of the graph
        space["tied"] = lambda values, tensor: values
    key: int = space[function](**hyperparameters).key
    return key
