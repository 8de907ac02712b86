"""Value classes that cost next to nothing to declare.

`@record` is `@dataclass(frozen=True, slots=True)` and `@mutable` is `@dataclass(eq=False, slots=True)`, with one
difference: the standard library writes and compiles half a dozen methods for each class when it is declared, which
for the two hundred classes of this package was a third of the time that the command line took to start. Here
`__init__` is made with the first object, out of code that classes share, and so are the other methods. Fields,
defaults, `replace`, `fields` and pattern matching are the standard library's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache, cached_property, partial
from inspect import get_annotations
from operator import attrgetter
from types import CodeType, FunctionType
from typing import Any, NoReturn, TypeAlias, TypeVar, dataclass_transform, overload

T = TypeVar("T")

#: A record, or the class of one: its fields are told to a type checker where it is declared, and not here.
Record: TypeAlias = Any
Field: TypeAlias = dataclasses.Field[object]

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
    made: Record = _make(cls)
    made.__setattr__ = made.__delattr__ = _refuse
    if eq:
        for name, method in (("__eq__", _eq), ("__hash__", _hash)):
            if cls.__dict__.get(name) is None:
                setattr(made, name, method)
    made._key_ = None
    return made  # type: ignore[no-any-return]


def _make(cls: type[T]) -> type[T]:
    """Do what `@dataclass(init=False, repr=False, eq=False, slots=True)` does, in a quarter of the time."""
    own = _own_fields(cls)
    inherited = [base.__dict__.get("__dataclass_fields__", {}) for base in cls.__mro__[:0:-1]]
    fields: dict[str, Field] = {}
    for known in (*inherited, own):
        fields |= known
    made: Record = _slotted(cls, own) if _may_be_slotted(cls) else _with_defaults(cls, own)
    matched = tuple(name for name, field in fields.items() if field.init)
    for name, told in (("__dataclass_fields__", fields), ("__match_args__", matched)):
        setattr(made, name, told)
    if "__init__" not in cls.__dict__:
        made.__init__ = _first_init(made)
    if cls.__dict__.get("__repr__") is None:
        made.__repr__ = _repr
    return made  # type: ignore[no-any-return]


def _own_fields(cls: type) -> dict[str, Field]:
    """Give the fields that a class declares itself, as the standard library describes them."""
    found: dict[str, Field] = {}
    for name, annotation in get_annotations(cls).items():
        if annotation.startswith("ClassVar"):
            continue
        default = cls.__dict__.get(name, dataclasses.MISSING)
        field: Field = (
            default
            if isinstance(default, dataclasses.Field)
            else dataclasses.field(default=default)
        )
        if field.default.__class__.__hash__ is None:
            raise ValueError(f"the default of {name} could be changed: use `default_factory`")
        field.name, field.type, field.kw_only = name, annotation, False
        field._field_type = dataclasses._FIELD  # type: ignore[attr-defined]
        found[name] = field
    return found


def _may_be_slotted(cls: type) -> bool:
    return not any(_keeps_dict(value) for value in cls.__dict__.values())


def _slotted(cls: type, own: dict[str, Field]) -> Record:
    """Make the class again, with slots for its fields; there a default is the affair of `__init__` alone."""
    slots = {slot for base in cls.__mro__[1:] for slot in base.__dict__.get("__slots__", ())}
    namespace = {name: value for name, value in cls.__dict__.items() if name not in own}
    namespace["__slots__"] = tuple(name for name in own if name not in slots)
    namespace.pop("__dict__", None)
    namespace.pop("__weakref__", None)
    made = type(cls)(cls.__name__, cls.__bases__, namespace)
    made.__qualname__ = cls.__qualname__
    return made


def _with_defaults(cls: type, own: dict[str, Field]) -> Record:
    """Put the defaults of fields in their place, in a class that keeps its `__dict__`."""
    for name, field in own.items():
        if field.default is not dataclasses.MISSING:
            setattr(cls, name, field.default)
        elif name in cls.__dict__:
            delattr(cls, name)
    return cls


def _keeps_dict(value: object) -> bool:
    """Tell what needs a class without slots: a cached property, and `super()`, which names the class as written."""
    if isinstance(value, property):
        value = value.fget
    is_super = isinstance(value, FunctionType) and "__class__" in value.__code__.co_freevars
    return is_super or isinstance(value, cached_property)


def _first_init(made: Record) -> Callable[..., None]:
    def __init__(self: Record, *args: object, **kwargs: object) -> None:
        made.__init__ = _compile_init(made)
        made.__init__(self, *args, **kwargs)

    return __init__


def _compile_init(made: Record) -> Record:
    """Make `__init__` with the parameters of the fields, out of the code that all classes of its form share."""
    fields = [field for field in made.__dataclass_fields__.values() if field.init]
    scope: dict[str, object] = {"missing": _MISSING}
    form, defaults = "", []
    for number, field in enumerate(fields):
        slot: Record = getattr(made, field.name, None)
        way = "a" if made.__setattr__ is not _refuse else "s" if hasattr(slot, "__set__") else "d"
        if way == "s":
            scope[f"set{number}"] = slot.__set__
        if field.default_factory is not dataclasses.MISSING:
            scope[f"make{number}"] = field.default_factory
            way = way.upper()
            defaults.append(_MISSING)
        elif field.default is not dataclasses.MISSING:
            defaults.append(field.default)
        elif defaults:
            raise TypeError(
                f"{made.__name__}: {field.name} has no default and follows one that has"
            )
        form += way
    code = _code(form, then=hasattr(made, "__post_init__"))
    spelled = {f"field{number}": field.name for number, field in enumerate(fields)}
    code = code.replace(
        co_varnames=tuple(spelled.get(name, name) for name in code.co_varnames),
        co_names=tuple(spelled.get(name, name) for name in code.co_names),
        co_consts=tuple(spelled.get(c, c) if isinstance(c, str) else c for c in code.co_consts),
    )
    return FunctionType(code, scope, "__init__", tuple(defaults))


@cache
def _code(form: str, *, then: bool) -> CodeType:
    """Compile an `__init__` by the way that each field is set: as an attribute, by its slot, or in `__dict__`.

    A capital stands for a field whose default is made anew for each object; `then` calls `__post_init__`.
    """
    lines = []
    for number, way in enumerate(form):
        name = f"field{number}"
        value = f"make{number}() if {name} is missing else {name}" if way.isupper() else name
        lines.append(
            {
                "a": f"    self.{name} = {value}",
                "s": f"    set{number}(self, {value})",
                "d": f"    self.__dict__['{name}'] = {value}",
            }[way.lower()]
        )
    if then:
        lines.append("    self.__post_init__()")
    parameters = ", ".join(["self", *(f"field{number}" for number in range(len(form)))])
    scope: dict[str, Record] = {}
    exec("\n".join([f"def __init__({parameters}):", *lines, "    pass"]), scope)
    code: CodeType = scope["__init__"].__code__
    return code


def _refuse(self: object, name: str, value: object = None) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _compared(made: Record) -> Record:
    """Give a function from an object to the tuple of what is compared, made at its first use."""
    if made._key_ is None:
        names = [f.name for f in dataclasses.fields(made) if f.compare]
        made._key_ = staticmethod(_getter(names))
    return made._key_


def _getter(names: list[str]) -> Callable[[Record], object]:
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


def _repr(self: Record) -> str:
    shown = (f"{f.name}={getattr(self, f.name)!r}" for f in dataclasses.fields(self) if f.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"
