"""Value classes that cost next to nothing to declare.

`@record` is `@dataclass(frozen=True, slots=True)` and `@mutable` is `@dataclass(eq=False, slots=True)`, with one
difference: the standard library writes and compiles half a dozen methods for each class when it is declared, which
for the two hundred classes of this package was a third of the time that the command line took to start. Here
`__init__` is compiled when the first object is made, and the other methods are shared. Fields, defaults, `replace`,
`fields` and pattern matching are the standard library's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cached_property, partial
from operator import attrgetter
from types import FunctionType
from typing import Any, NoReturn, TypeAlias, TypeVar, dataclass_transform, overload

T = TypeVar("T")

#: A record, or the class of one: its fields are told to a type checker where it is declared, and not here.
Made: TypeAlias = Any

_MISSING = object()


@overload
def record(cls: type[T]) -> type[T]: ...
@overload
def record(*, eq: bool = True) -> Callable[[type[T]], type[T]]: ...


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def record(
    cls: type[T] | None = None, *, eq: bool = True
) -> type[T] | Callable[[type[T]], type[T]]:
    """Make a frozen class with equality by its compared fields, or by identity with `eq=False`."""
    return partial(_make_frozen, eq=eq) if cls is None else _make_frozen(cls, eq=eq)


@dataclass_transform(eq_default=False, field_specifiers=(dataclasses.field,))
def mutable(cls: type[T]) -> type[T]:
    """Make a class with equality by identity, whose fields may be set."""
    return _make(cls)


def _make_frozen(cls: type[T], *, eq: bool) -> type[T]:
    made: Made = _make(cls)
    made.__setattr__ = made.__delattr__ = _refuse
    if eq:
        for name, method in (("__eq__", _eq), ("__hash__", _hash)):
            if cls.__dict__.get(name) is None:
                setattr(made, name, method)
    made._key_ = None
    return made  # type: ignore[no-any-return]


def _make(cls: type[T]) -> type[T]:
    slots = not any(_keeps_dict(value) for value in cls.__dict__.values())
    if not cls.__doc__:
        cls.__doc__ = cls.__name__  # the standard library would look for a signature to write here
    made: Made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
    if "__init__" not in cls.__dict__:
        made.__init__ = _first_init(made)
    if cls.__dict__.get("__repr__") is None:
        made.__repr__ = _repr
    return made  # type: ignore[no-any-return]


def _keeps_dict(value: object) -> bool:
    """Tell what needs a class without slots: a cached property, and `super()`, which names the class as written."""
    if isinstance(value, property):
        value = value.fget
    is_super = isinstance(value, FunctionType) and "__class__" in value.__code__.co_freevars
    return is_super or isinstance(value, cached_property)


def _first_init(made: Made) -> Callable[..., None]:
    def __init__(self: Made, *args: object, **kwargs: object) -> None:
        made.__init__ = _compile_init(made)
        made.__init__(self, *args, **kwargs)

    return __init__


def _compile_init(made: Made) -> Made:
    """Write `__init__` with the parameters of the fields, which are set past the `__setattr__` of a frozen class."""
    scope: dict[str, Made] = {"_MISSING": _MISSING}
    parameters, lines = ["self"], []
    for field in dataclasses.fields(made):
        name = field.name
        if not field.init:
            continue  # `__post_init__` sets it
        value = name
        if field.default is not dataclasses.MISSING:
            scope[f"_default_{name}"] = field.default
            parameters.append(f"{name}=_default_{name}")
        elif field.default_factory is not dataclasses.MISSING:
            scope[f"_make_{name}"] = field.default_factory
            parameters.append(f"{name}=_MISSING")
            value = f"_make_{name}() if {name} is _MISSING else {name}"
        else:
            parameters.append(name)
        slot: Made = getattr(made, name, None)
        if made.__setattr__ is not _refuse:
            lines.append(f"    self.{name} = {value}")
        elif hasattr(slot, "__set__"):
            scope[f"_set_{name}"] = slot.__set__
            lines.append(f"    _set_{name}(self, {value})")
        else:
            lines.append(f"    self.__dict__[{name!r}] = {value}")
    if hasattr(made, "__post_init__"):
        lines.append("    self.__post_init__()")
    body = "\n".join(lines) or "    pass"
    exec(f"def __init__({', '.join(parameters)}):\n{body}", scope)
    return scope["__init__"]


def _refuse(self: object, name: str, value: object = None) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _compared(made: Made) -> Made:
    """Give a function from an object to the tuple of what is compared, made at its first use."""
    if made._key_ is None:
        names = [f.name for f in dataclasses.fields(made) if f.compare]
        made._key_ = staticmethod(_getter(names))
    return made._key_


def _getter(names: list[str]) -> Callable[[Made], object]:
    if len(names) > 1:
        return attrgetter(*names)
    if len(names) == 1:
        only = attrgetter(names[0])
        return lambda value: (only(value),)
    return lambda value: ()


def _eq(self: object, other: object) -> object:
    if other.__class__ is not self.__class__:
        return NotImplemented
    key = _compared(self.__class__)
    return key(self) == key(other)


def _hash(self: object) -> int:
    return hash(_compared(self.__class__)(self))


def _repr(self: Made) -> str:
    shown = (f"{f.name}={getattr(self, f.name)!r}" for f in dataclasses.fields(self) if f.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"
