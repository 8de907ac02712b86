"""The types of arguments that name something of the catalogue: an activation, an initializer, a dtype, a layer.

Canonical are the string that Keras calls the thing by itself (`"silu"` for `swish`, `"he_normal"` for `HeNormal`),
or the configured object as it was given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from netdsl.catalog.argument_types import ArgumentMismatch, ArgumentType, mismatch
from netdsl.catalog.kind import (
    UNRESOLVED,
    Ambiguous,
    BoundLayer,
    ExternFunction,
    Identifier,
    ObjectValue,
    Unresolved,
)
from netdsl.catalog.signature import (
    ARTICLES,
    FAMILY_MODULES,
    Family,
    dtype_aliases,
    dtype_names,
    identifiers,
    names_and_aliases,
    policy_names,
    signature,
)
from netdsl.catalog.spell import one_of, spell
from netdsl.diagnostics.problems.arguments import UnknownChoice, UnknownIdentifier
from netdsl.diagnostics.suggest import closest
from netdsl.record import record
from netdsl.value import Value

#: Names for what a number would mean where an object is taken.
INSTEAD_OF_NUMBER: Mapping[Family, str] = {
    "initializer": "Constant",
    "regularizer": "L2",
    "constraint": "MaxNorm",
}

#: L1 and L2 by themselves are as strong as this in Keras; `L1L2()` has a strength of 0.
BOTH_NORMS = "L1L2(l1=0.01, l2=0.01)"

_NUMBER = re.compile(r"\d*\.?\d+(e-?\d+)?", re.ASCII | re.IGNORECASE)
_NORMS = re.compile(r"l[12]")
_SHORT_LIST = 8  # numbers that are written out in a help
_SHORT = 2  # a name of so few letters is as near to one as to another: `l3` to `l1` and `l2`


def _both_norms(listed: Sequence[Value]) -> str:
    """`[L1(0.1), L2(0.2)]` is one regularizer: `L1L2(l1=0.1, l2=0.2)`."""
    strengths = {
        item.kind.lower(): item.arguments.get(item.kind.lower(), 0.01)
        for item in listed
        if isinstance(item, ObjectValue) and item.kind in ("L1", "L2")
    }
    if len(listed) != 2 or len(strengths) != 2:
        return ""
    return (
        f"L1L2({', '.join(f'{name}={spell(value)}' for name, value in sorted(strengths.items()))})"
    )


#: Layers that do nothing but activate and own no weights, which Keras calls like any function.
ACTIVATION_LAYERS = ("Activation", "ELU", "LeakyReLU", "ReLU", "Softmax")


@cache
def canonical_identifier(family: Family, text: str) -> str | None:
    """Give the one string for what `text` stands for, or None: ("activation", "swish") -> "silu"."""
    own = identifiers(family).get(text)
    if own is None:
        return None
    found = signature(family, own)
    assert found is not None
    lower = [n for n in (own, *found.aliases, *found.identifiers) if n == n.lower()]
    return next((n for n in lower if n in found.identifiers), text)


def required_besides_tensor(activation: str) -> list[str]:
    """Name what an activation cannot do without: `threshold(x, threshold, default_value)`."""
    found = signature("activation", activation)
    return [p.name for p in found.parameters[1:] if p.required] if found else []


def strip_module(identifier: Identifier, family: Family) -> str | None:
    """Give the bare name of `keras.activations.relu`; None for a name from elsewhere (`tf.nn.relu`)."""
    module, _, name = identifier.name.rpartition(".")
    if not module:
        return name
    known = FAMILY_MODULES[family]
    homes = {f"{root}{known}" for root in ("", "keras.", "tf.keras.")}
    return name if module in homes else None


@record
class Reference(ArgumentType):
    """Something of one family: a string, a bare name, a configured object, or an `extern fn`."""

    family: Family = "activation"
    takes_function: bool = True
    takes_none: bool = True

    @property
    def families(self) -> tuple[Family, ...]:
        return (self.family,)

    def accept(self, value: Value) -> Value:
        match value:
            case None if self.takes_none:
                return None
            case str() if identifiers(self.family):
                return self._named(value, value)
            case Identifier() if identifiers(self.family):
                return self._named(strip_module(value, self.family) or value.name, value)
            case ObjectValue():
                return self._configured(value)
            case ExternFunction() if self.takes_function:
                return value
            case BoundLayer() if self.family == "activation":
                return self._layer(value)
            case Ambiguous() if self.family in value.families:
                made = value.made(self.family)
                return made if made is UNRESOLVED else self.accept(made)
            case [ObjectValue(), *_] if both := _both_norms(value):
                raise mismatch(value, self.spelled, f"did you mean `{both}`?", both)
            case {"class_name": str(name), "config": dict(config)}:
                arguments = {str(argument): given for argument, given in config.items()}
                return self._configured(ObjectValue(self.family, name, arguments))
            case _:
                raise mismatch(value, self.spelled, self._instead(value))

    def _named(self, text: str, written: object) -> str:
        found = canonical_identifier(self.family, text)
        if found is None:
            raise self._unknown(text, written)
        if self.family == "activation" and (more := required_besides_tensor(found)):
            raise ArgumentMismatch(
                f"is `{spell(written)}`, which needs {one_of(f'`{name}`' for name in more)} as well",
                help="call it in a function of your own, declared with `extern fn`",
                problem=UnknownIdentifier,
            )
        return found

    def _unknown(self, text: str, written: object) -> ArgumentMismatch:
        if (instead := self._meant(text)) is not None:
            return ArgumentMismatch(
                f"is `{spell(written)}`, which is not {ARTICLES[self.family]} of Keras",
                help=f"did you mean `{instead}`?",
                suggestion=instead,
                problem=UnknownIdentifier,
            )
        if text in names_and_aliases(self.family):  # `Constant` needs its parentheses in Keras too
            return ArgumentMismatch(
                f"is `{spell(written)}`, which is not made by its name alone",
                help=f"write `{text}(…)` with its arguments",
                problem=UnknownIdentifier,
            )
        last = text.rpartition(".")[2]
        known = (*identifiers(self.family), *names_and_aliases(self.family))
        nearest = closest(last, known) if len(last) > _SHORT else None
        quoted = nearest and (f'"{nearest}"' if isinstance(written, str) else nearest)
        return ArgumentMismatch(
            f"is `{spell(written)}`, which is not {ARTICLES[self.family]} of Keras",
            help=f"did you mean `{quoted}`?"
            if quoted
            else "`netdsl layers` lists what there is; `extern fn` declares a function of your own",
            suggestion=quoted,
            problem=UnknownIdentifier,
        )

    def _meant(self, text: str) -> str | None:
        """A number in quotes is that number; both norms of a regularizer take their strengths, or do nothing."""
        wanted = INSTEAD_OF_NUMBER.get(self.family)
        if wanted and _NUMBER.fullmatch(text):
            return f"{wanted}({text})"
        words = text.lower()
        if self.family == "regularizer" and (
            {"l1", "l2"} <= set(_NORMS.findall(words)) or "elastic" in words
        ):
            return BOTH_NORMS
        return None

    def _configured(self, value: ObjectValue) -> ObjectValue:
        if value.module and value.family == self.family:
            return value
        found = signature(self.family, value.kind)
        if found is None:
            raise ArgumentMismatch(
                f"is `{spell(value)}`, {ARTICLES.get(value.family, 'something else')}, "
                f"not {self.spelled}",
                problem=UnknownIdentifier,
            )
        return ObjectValue(self.family, found.name, value.arguments)

    def _layer(self, value: BoundLayer) -> BoundLayer:
        if value.kind in ACTIVATION_LAYERS:
            return value
        raise ArgumentMismatch(
            f"is the layer `{spell(value)}`, not {self.spelled}",
            help=f"put it after this layer: `-> {spell(value)}`",
        )

    def _instead(self, value: object) -> str:
        wanted = INSTEAD_OF_NUMBER.get(self.family)
        is_number = _is_number(value) or (wanted == "Constant" and _is_numbers(value))
        return f"write `{wanted}({spell(value)})`" if wanted and is_number else ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_numbers(value: object) -> bool:
    """Tell whether it is a short list of numbers."""
    is_list = isinstance(value, list | tuple) and 0 < len(value) <= _SHORT_LIST
    return is_list and all(map(_is_number, value))  # type: ignore[call-overload]


ACTIVATION = Reference("the name of an activation, or `None`", "activation")
INITIALIZER = Reference("an initializer", "initializer")
REGULARIZER = Reference("a regularizer, or `None`", "regularizer")
CONSTRAINT = Reference("a constraint, or `None`", "constraint")
OPTIMIZER = Reference("an optimizer", "optimizer", takes_function=False, takes_none=False)


@record
class Dtype(ArgumentType):
    """A dtype, or the policy of a layer such as `"mixed_float16"`; `None` is what Keras is set to."""

    spelled: str = "a dtype"
    policies: bool = False
    takes_none: bool = True

    def accept(self, value: Value) -> str | None:
        if value is None and self.takes_none:
            return None
        text = value.name if isinstance(value, Identifier) else value
        if not isinstance(text, str):
            raise mismatch(value, self.spelled)
        text = dtype_aliases().get(text, text)
        known = policy_names() if self.policies else dtype_names()
        if text in known:
            return text
        nearest = closest(text, known)
        raise ArgumentMismatch(
            f"is `{spell(value)}`, not {self.spelled}",
            help=f'did you mean `"{nearest}"`?' if nearest else "",
            suggestion=f'"{nearest}"' if nearest else None,
            problem=UnknownChoice,
        )


DTYPE = Dtype('a dtype such as `"float32"`, or `None`')
POLICY = Dtype('a dtype such as `"float32"`, a policy such as `"mixed_float16"`, or `None`', True)


@record
class LayerReference(ArgumentType):
    """A layer, made but not applied; a chain in its place is one as well."""

    spelled: str = "a layer"
    only_cells: bool = False

    @property
    def families(self) -> tuple[Family, ...]:
        return ("layer",)

    def accept(self, value: Value) -> BoundLayer | Unresolved:
        if isinstance(value, Ambiguous) and "layer" in value.families:
            value = value.made("layer")
        if isinstance(value, Unresolved):
            return value
        if not isinstance(value, BoundLayer):
            help = f"write `{value.name}(…)`" if isinstance(value, Identifier) else ""
            raise mismatch(value, self.spelled, help)
        if self.only_cells and value.kind in whole_recurrences():
            raise ArgumentMismatch(
                f"is `{spell(value)}`, which steps through a sequence itself, not {self.spelled}",
                help=f"give its cell: `{value.kind}Cell(…)`",
            )
        return value


@cache
def whole_recurrences() -> tuple[str, ...]:
    """Name the layers that have a cell of their own: `LSTM` has `LSTMCell`."""
    known = names_and_aliases("layer")
    return tuple(name.removesuffix("Cell") for name in known if name.endswith("Cell"))


LAYER = LayerReference()
CELL = LayerReference("a recurrent cell such as `LSTMCell(64)`", True)


@record
class FunctionReference(ArgumentType):
    """A Python function of the user's own, or one of the catalogue's activations."""

    spelled: str = "a function declared with `extern fn`"

    def accept(self, value: Value) -> Value:
        if isinstance(value, ExternFunction):
            return value
        if isinstance(value, Identifier) and strip_module(value, "activation") is not None:
            found = canonical_identifier("activation", value.last)
            if found is not None:
                return found
        raise mismatch(value, self.spelled, 'declare it: `extern fn name from "module"`')


FUNCTION = FunctionReference()
