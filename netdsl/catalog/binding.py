"""Joins the arguments that a spec writes to the parameters that Keras has.

In: a `Signature`, the values by position and by name, already evaluated. Out: a `Binding` with a canonical
value for every parameter and a list of everything that is wrong. Nothing is known of places in a file:
a problem names the argument, or the position, that is to blame.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from netdsl.catalog.argument_table import NEEDED_ANYWAY, argument_type
from netdsl.catalog.argument_types import (
    BOOLEAN,
    LEAVE_OUT,
    ArgumentMismatch,
    ArgumentType,
    optional,
)
from netdsl.catalog.kind import UNRESOLVED, ObjectValue
from netdsl.catalog.object_checks import contradictions
from netdsl.catalog.signature import Family, Parameter, Signature
from netdsl.catalog.spell import spell
from netdsl.diagnostics.habits import help_for
from netdsl.diagnostics.problem import Problem
from netdsl.diagnostics.problems.arguments import (
    ArgumentOutOfRange,
    MissingArgument,
    RepeatedArgument,
    TooManyArguments,
    UnknownArgument,
)
from netdsl.diagnostics.problems.shapes import ConflictingArguments
from netdsl.diagnostics.suggest import closest
from netdsl.record import record
from netdsl.tensor import Sym, Unknown
from netdsl.value import Value

#: What the words of an argument mean, for those who bring another.
WORDS: Mapping[str, str] = {
    "padding": '`"same"` pads so that only strides make it smaller, `"valid"` does not pad',
    "layer": "write a layer with its arguments: `LSTM(64)`",
    "cell": "write a cell with its arguments: `LSTMCell(64)`",
    "dims": "name each axis but the batch once, counted from 1: `(2, 1)` swaps two",
    "layout": 'give paths of variables axes of the mesh: `layout={"dense/kernel": (None, "model")}`',
    "mesh": 'name the axes of the devices with their sizes: `mesh={"batch": 2, "model": 4}`',
    "target_shape": "write the sizes without the batch: `(28, 28, 1)`",
}

ANY_OF_THEM = "*"  # a wrong name that may have been meant for any argument
FIRST_MISPLACED = 2  # from this position on, people lose count of what stands where

#: Arguments of `call` that are not tensors.
SWITCHES: Mapping[str, ArgumentType] = {
    "training": optional(BOOLEAN),
    "return_attention_scores": BOOLEAN,
    "use_causal_mask": BOOLEAN,
    "reverse": BOOLEAN,
}


@record
class BindingError:
    """One thing that is wrong: a code, what to say (nothing where its title says it all), and whom to blame.

    `argument` is a parameter's name, or the name that was written; it is None only where a value too many was
    given by position. `position` is set where the value to blame was given by position. A missing
    argument has no value: the call is to blame.
    """

    problem: type[Problem]
    label: str
    argument: str | None = None
    position: int | None = None
    help: str = ""
    # Code that would do in place of the value, or of the argument's name; empty where the argument is to go.
    suggestion: str | None = None
    may_go: bool = False  # the argument has a default, and nothing is known that was meant by it
    moves_to: str = ""  # the name it has in the second pair of parentheses, where the call takes it
    # Code in place of the whole argument, and the same for a value that is worked out, with `{}` for it.
    instead: tuple[str, str] | None = None
    facts: Mapping[str, object] = field(
        default_factory=dict
    )  # for the braces of the problem's title


@record
class Binding:
    """What came of it. `arguments` has every parameter, `written` only those that the spec wrote.

    An argument that is wrong or missing is `UNRESOLVED` in both.
    """

    arguments: Mapping[str, Value]
    written: Mapping[str, Value]
    problems: tuple[BindingError, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every value is known, so that a rule can be run."""
        return not any(value is UNRESOLVED for value in self.arguments.values())


def bind_arguments(
    signature: Signature,
    overrides: Mapping[str, ArgumentType] | None = None,
    positional: Sequence[Value] = (),
    named: Mapping[str, Value] | Iterable[tuple[str, Value]] = (),
) -> Binding:
    """Bind values to parameters, fill in defaults, and say all that is wrong.

    `named` may be pairs, so that a name that was written twice arrives twice.
    """
    return _Binder(signature, overrides or {}).bind(
        positional, named.items() if isinstance(named, Mapping) else named
    )


def bind_object(
    signature: Signature,
    positional: Sequence[Value] = (),
    named: Mapping[str, Value] | Iterable[tuple[str, Value]] = (),
) -> tuple[ObjectValue, tuple[BindingError, ...]]:
    """Make `HeNormal(seed=1)` or `Adam(1e-3)` of its signature and what was written."""
    bound = bind_arguments(signature, None, positional, named)
    return ObjectValue(signature.family, signature.name, bound.written), bound.problems


def switch_mismatch(name: str, value: Value) -> ArgumentMismatch | None:
    """Say what is wrong with a call-time argument that is a switch and no tensor: `use_causal_mask=3`."""
    try:
        if name in SWITCHES and value is not UNRESOLVED:
            SWITCHES[name].accept(value)
    except ArgumentMismatch as refusal:
        return refusal
    return None


def families_taken(
    signature: Signature, argument: str, overrides: Mapping[str, ArgumentType] | None = None
) -> tuple[Family, ...]:
    """Say which families' objects an argument takes: `kernel_initializer` takes initializers.

    A name such as `Identity` or `CosineSimilarity` is public in several families; this decides which is meant.
    """
    return argument_type(signature, argument, overrides).families


class _Binder:
    """One binding under way."""

    def __init__(self, signature: Signature, overrides: Mapping[str, ArgumentType]) -> None:
        self.signature = signature
        self.overrides = overrides
        self.written: dict[str, Value] = {}
        self.positions: dict[str, int] = {}
        self.too_many = False  # then a value's position does not tell what it was meant for
        self.is_shifted = (
            False  # a value was no good where it stands: those behind it are not either
        )
        self.meant: set[str] = set()  # parameters that a wrong name was most likely meant for
        self.problems: list[BindingError] = []

    def bind(self, positional: Sequence[Value], named: Iterable[tuple[str, Value]]) -> Binding:
        self._take_positional(positional)
        for name, value in named:
            self._take_named(name, value)
        canonical = {name: self._accept(name, value) for name, value in self.written.items()}
        arguments = {
            parameter.name: self._fill(parameter, canonical)
            for parameter in self.signature.parameters
            if parameter.kind in ("positional", "keyword")
        }
        arguments |= canonical
        for name, label, help in contradictions(self.signature, arguments):
            place = self.positions.get(name)
            self._report(ConflictingArguments, label, argument=name, position=place, help=help)
        return Binding(arguments, canonical, tuple(self.problems))

    def _take_positional(self, values: Sequence[Value]) -> None:
        parameters = self.signature.positional
        many = next((p.name for p in self.signature.parameters if p.kind == "many"), None)
        for position, value in enumerate(values):
            if position < len(parameters):
                self.written[parameters[position].name] = value
                self.positions[parameters[position].name] = position
            elif many is None:
                self.too_many = True
                self._report(
                    TooManyArguments,
                    _too_many(len(parameters), len(values)),
                    position=position,
                    help=self._next_by_name(),
                )
                return

    def _take_named(self, name: str, value: Value) -> None:
        if self.signature.parameter(name) is None and not self.signature.takes_any_name:
            self._report_unknown(name, value)
        elif name in self.positions and not self._fits(name, self.written[name]):
            label, place = "here by position, and once by name", self.positions[name]
            help = "leave one of the two out"
            self._report(RepeatedArgument, label, argument=name, position=place, help=help)
            self.written[name] = value
        elif name in self.written:
            first = "by position" if name in self.positions else "by name"
            label = f"once {first}, and here by name"
            self._report(RepeatedArgument, label, argument=name, help="leave one of the two out")
        else:
            self.written[name] = value

    def _fits(self, name: str, value: Value) -> bool:
        return value is UNRESOLVED or likely(
            argument_type(self.signature, name, self.overrides), value
        )

    def _report_unknown(self, name: str, value: Value) -> None:
        from netdsl.catalog.leftovers import gone, translated  # loaded where there is a mistake

        help = help_for("argument").get(name, "")
        suggestion: str | None = ""
        if now := translated(self.signature, name, value):
            self.meant.add(now[0].partition("=")[0])
            self._report(UnknownArgument, "", argument=name, help=f"write `{now[0]}`", instead=now)
            return
        if left := gone(self.signature, name, value):
            help, suggestion = left[0], "" if left[1] else None
            self.meant.update(() if left[1] else (ANY_OF_THEM,))
        if not help:
            near = closest(name, self.signature.names)
            if near is None and (atcall := self._at_call(name)):
                help = f"the call takes it, in a second pair of parentheses: `{self.signature.name}(…)({atcall}=…)`"
                self._report(UnknownArgument, "", argument=name, help=help, moves_to=atcall)
                return
            own = [p.name for p in self.signature.parameters if not p.is_base]
            if near is None and len(own) == 1 and own[0] not in self.written:
                near = own[0]
            help, suggestion = f"did you mean `{near}`?" if near else self._what_there_is(), near
            self.meant.add(near or ANY_OF_THEM)
        self._report(UnknownArgument, "", argument=name, help=help, suggestion=suggestion)

    def _at_call(self, name: str) -> str:
        """`MultiHeadAttention(2, 16, use_causal_mask=True)`: an argument of the call, not of the layer."""
        near = closest(name, [p.name for p in self.signature.call_parameters])
        return near if near is not None and self.signature.family == "layer" else ""

    def _accept(self, name: str, value: Value) -> Value:
        if value is UNRESOLVED:
            return value
        position = self.positions.get(name)
        kind = argument_type(self.signature, name, self.overrides)
        try:
            return kind.accept(value)
        except ArgumentMismatch as refusal:
            if position is not None and (self.too_many or self.is_shifted):
                return UNRESOLVED
            help, suggestion, may_go = refusal.help, refusal.suggestion, refusal.may_go
            if not help and suggestion is None and not isinstance(value, (Sym, Unknown)):
                suggestion = self._meant(kind, name, value, position or 0)
                if suggestion is None and position == len(self.positions) - 1:
                    suggestion = self._misplaced(value)
                help = self._way_out(name, position or 0, suggestion)
                if not help and isinstance(value, list) and value and likely(kind, value[0]):
                    help = f"go through them: `for value in {spell(value)} {{ {self.signature.name}(value) }}`"
                help = help or self._in_general(kind, value)
                out = refusal.problem is ArgumentOutOfRange  # something was meant by it
                may_go = not help and self._has_default(name) and not out
                help = LEAVE_OUT if may_go else help
            self.is_shifted = suggestion is None and (position or 0) >= FIRST_MISPLACED
            self._report(
                refusal.problem,
                f"`{name}` {refusal.label}",
                argument=name,
                position=position,
                help=help,
                suggestion=suggestion,
                may_go=may_go,
            )
            return UNRESOLVED

    def _meant(self, kind: ArgumentType, name: str, value: Value, position: int) -> str | None:
        if position >= FIRST_MISPLACED:
            return None  # more likely it was meant for another argument
        parameter = self.signature.parameter(name)
        if value is None and parameter is not None and parameter.default is not None:
            return None if parameter.required else spell(parameter.default)
        if name == "cell" and isinstance(value, int) and self.signature.name == "RNN":
            return f"LSTMCell({value})"
        if name == "layer" and isinstance(value, int):
            return f"{'LSTM' if self.signature.name == 'Bidirectional' else 'Dense'}({value})"
        from netdsl.catalog.likely_values import likely_meant  # loaded where there is a mistake

        return likely_meant(kind, value, name)

    def _misplaced(self, value: Value) -> str | None:
        from netdsl.catalog.argument_help import misplaced  # loaded where there is a mistake

        def type_of(name: str) -> ArgumentType:
            return argument_type(self.signature, name, self.overrides)

        return misplaced(self.signature, type_of, value, self.written)

    def _in_general(self, kind: ArgumentType, value: Value) -> str:
        from netdsl.catalog.argument_help import in_general  # loaded where there is a mistake

        return in_general(kind, value)

    def _has_default(self, name: str) -> bool:
        parameter = self.signature.parameter(name)
        return parameter is not None and not parameter.required

    def _way_out(self, name: str, position: int, suggestion: str | None) -> str:
        if suggestion is not None:
            return f"did you mean `{suggestion}`?"
        if position >= FIRST_MISPLACED:
            return f"value number {position + 1} is `{name}`; give what was meant by its name"
        return WORDS.get(name, "")

    def _fill(self, parameter: Parameter, canonical: Mapping[str, Value]) -> Value:
        if parameter.name in canonical:
            return canonical[parameter.name]
        if parameter.required or (self.signature.name, parameter.name) in NEEDED_ANYWAY:
            if not self.meant & {parameter.name, ANY_OF_THEM} and not self.too_many:
                self._report_missing(parameter.name)
            return UNRESOLVED
        return canonical_default(self.signature, parameter, self.overrides)

    def _report_missing(self, name: str) -> None:
        kind = argument_type(self.signature, name, self.overrides)
        help = f"give it, by its place or by name: `{self.signature.name}({name}=…)`"
        self._report(MissingArgument, f"it takes {kind.spelled}", argument=name, help=help)

    def _next_by_name(self) -> str:
        parameters = self.signature.parameters
        keywords = [p.name for p in parameters if p.kind == "keyword" and not p.is_base]
        return f"`{keywords[0]}` and what follows go by name" if keywords else LEAVE_OUT

    def _what_there_is(self) -> str:
        own = [p.name for p in self.signature.parameters if not p.is_base and p.kind != "many"]
        return (
            f"it takes {', '.join(f'`{n}`' for n in own[:6])}{', …' * (len(own) > 6)}"
            if own
            else ""
        )

    def _report(
        self,
        problem: type[Problem],
        label: str,
        *,
        argument: str | None = None,
        position: int | None = None,
        help: str = "",
        suggestion: str | None = None,
        may_go: bool = False,
        moves_to: str = "",
        instead: tuple[str, str] | None = None,
    ) -> None:
        facts = {"layer": self.signature.name, "argument": argument or ""}
        self.problems.append(
            BindingError(
                problem,
                label,
                argument,
                position,
                help,
                suggestion,
                may_go,
                moves_to,
                instead,
                facts,
            )
        )


def likely(kind: ArgumentType, value: Value) -> bool:
    """Tell whether a value is of a type."""
    try:
        kind.accept(value)
    except ArgumentMismatch:
        return False
    return True


def canonical_default(
    signature: Signature, parameter: Parameter, overrides: Mapping[str, ArgumentType]
) -> Value:
    """Give a default in canonical form; one that its own type refuses (`None`, mostly) stays as it is."""
    try:
        return argument_type(signature, parameter.name, overrides).accept(parameter.default)
    except ArgumentMismatch:
        return parameter.default


def _too_many(most: int, given: int) -> str:
    takes = "no argument" if most == 0 else "1 argument" if most == 1 else f"{most} arguments"
    return f"takes {takes} by position, {given} {'is' if given == 1 else 'are'} given"
